"""Lesson 1.5: its numbers against scikit-learn, SciPy, arithmetic by hand and the foundations' own training."""

import math
from itertools import product

import numpy as np
import pytest
from scipy import special, stats

from vitral.course import lesson
from vitral.course.lessons.lesson_1_5 import claims_functions, confident, depth, functions, overflow, race
from vitral.course.lessons.lesson_1_5.experiment import EXERCISES, LIVE, PREDICTIONS
from vitral.foundations import activations, train
from vitral.foundations.activations import relu, selu, sigmoid, softmax, tanh
from vitral.foundations.optimizers import SGD

TEXT = {language: lesson("1.5", language).text for language in ("es", "en")}


def panel(name, language="es"):
    return LIVE[name](TEXT[language].block("live", name).words, language)


def drawn(shown, kind):
    assert shown.status["state"] == "done", shown.status
    return [drawing for drawing in shown.drawings if drawing["kind"] == kind]


# ---- functions


@pytest.mark.parametrize("f", functions.ELEMENTWISE, ids=lambda f: f.name)
def test_every_activation_of_the_catalogue_has_a_formula_that_gives_its_value(f):
    """The formulas of the table, read as code, against the catalogue."""
    assert set(functions.FORMULAS) == set(functions.SLOPES) == {g.name for g in functions.ELEMENTWISE}
    formula = {
        "identity": lambda z: z,
        "step": lambda z: float(z > 0),
        "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
        "tanh": lambda z: (math.exp(z) - math.exp(-z)) / (math.exp(z) + math.exp(-z)),
        "softsign": lambda z: z / (1 + abs(z)),
        "relu": lambda z: max(0, z),
        "leaky_relu": lambda z: z if z >= 0 else 0.2 * z,
        "elu": lambda z: z if z > 0 else math.exp(z) - 1,
        "selu": lambda z: 1.0507 * z if z > 0 else 1.7581 * (math.exp(z) - 1),
        "softplus": lambda z: math.log(1 + math.exp(z)),
        "swish": lambda z: z * special.expit(z),
        "gelu": lambda z: z * stats.norm.cdf(z),
        "gelu_tanh": lambda z: z * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))) / 2,
    }[f.name]
    for z in (-2.5, -0.3, 0.4, 3.0):
        assert float(f.value(z)) == pytest.approx(formula(z), rel=1e-4, abs=1e-12)


def test_a_wrong_slope_is_found():
    class Wrong(type(tanh)):
        def _derivative(self, z):
            return 1.001 * super()._derivative(z)

    away = functions.places_away_from_kinks()
    assert functions.slope_error(tanh, away) < 1e-6 < functions.slope_error(Wrong(), away)
    assert np.abs(away).min() == pytest.approx(0.01)


def test_saturated_shares_are_those_of_many_draws():
    rng = np.random.default_rng(0)
    for f, spread in product((sigmoid, tanh, relu, activations.gelu, activations.identity), (0.5, 3.0, 20.0)):
        z = rng.normal(0, spread, 100_000)
        left, right = f.active()
        outside = ((z < left) | (z > right)).mean()
        assert functions.saturated_share(f, spread) == pytest.approx(outside, abs=0.006)


def test_steepest_and_lowest_by_algebra():
    assert functions.largest_slope(sigmoid) == (0.25, 0.0)
    slope, z = functions.largest_slope(activations.gelu)
    assert z == pytest.approx(math.sqrt(2), abs=1e-4)  # (z φ)'' = 0 beside Φ'' : z² = 2
    assert slope == pytest.approx(stats.norm.cdf(math.sqrt(2)) + math.sqrt(2) * stats.norm.pdf(math.sqrt(2)))
    low, at = functions.lowest_value(activations.swish)
    assert low == pytest.approx(activations.swish.range[0])
    assert 1 + at * (1 - special.expit(at)) == pytest.approx(0, abs=1e-4)


def test_softmax_and_log_sum_exp_against_scipy():
    z = np.random.default_rng(1).normal(0, 5, (50, 4))
    assert np.allclose(overflow.naive_softmax(z), special.softmax(z, axis=1), rtol=1e-12)
    assert np.allclose(overflow.stable_softmax(1e3 * z), special.softmax(1e3 * z, axis=1), rtol=1e-9)
    assert overflow.log_sum_exp([1000.0, 999.0]) == pytest.approx(special.logsumexp([1000.0, 999.0]))
    assert overflow.naive_log_sum_exp([1000.0, 999.0]) == math.inf
    assert np.isnan(overflow.naive_softmax([-800.0, -801.0])).all()  # 0/0, not ∞/∞


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_threshold_is_between_two_neighbours(dtype):
    end = np.dtype(dtype).type(overflow.overflow_threshold(dtype))
    with np.errstate(over="ignore"):
        assert np.isfinite(np.exp(end))
        assert np.isinf(np.exp(np.nextafter(end, np.dtype(dtype).type(np.inf))))


def test_two_slopes_by_differences():
    h = 1e-6
    for z in (-6.0, -1.0, 0.5, 4.0):
        squared, entropy = confident.two_slopes(z)
        assert squared == pytest.approx(((special.expit(z + h) - 1) ** 2 - (special.expit(z - h) - 1) ** 2) / (2 * h))
        by_differences = -(math.log(special.expit(z + h)) - math.log(special.expit(z - h))) / (2 * h)
        assert entropy == pytest.approx(by_differences, rel=1e-6)
    climbed = confident.climb(-4.0, "cross_entropy", rate=0.5, steps=2)
    z1 = -4 + 0.5 * (1 - special.expit(-4))
    assert climbed[:2] == pytest.approx([special.expit(-4), special.expit(z1)])


# ---- races


@pytest.mark.parametrize("f", [sigmoid, relu, selu], ids=lambda f: f.name)
def test_each_network_of_a_stack_trains_as_it_would_alone(f):
    x, t = race.points("moons")
    start = race.Stack.create(3, hidden=4)
    together = race.run_race(f, x, t, start, rate=0.7, epochs=40)
    for i in range(3):
        alone = train(
            start.network(i, f), x, t[:, None], "binary_cross_entropy", optimizer=SGD(learning_rate=0.7), epochs=40
        )
        assert np.allclose(together.losses[:, i], alone.losses, rtol=1e-9, atol=1e-12)
        assert np.allclose(together.last.network(i, f).predict(x), alone.network.predict(x), rtol=1e-8)


def test_epochs_and_medians():
    start = race.Stack.create(1)
    found = race.Race(losses=np.array([[0.7, 0.7, 0.7], [0.2, 0.09, 0.7], [0.05, 0.01, 0.7]]), last=start)
    assert found.epochs == [2, 1, None]
    assert (found.n_solved, found.median) == (2, 2.0)
    lost = race.Race(losses=np.array([[0.7, 0.7]]), last=start)
    assert (lost.n_solved, lost.median) == (0, math.inf)


def test_twins_compute_the_same():
    start = race.Stack.create(2)
    x = np.random.default_rng(3).normal(0, 2, (100, 2))
    twin = start.from_tanh_to_sigmoid().network(1, sigmoid)
    assert np.allclose(start.network(1, tanh).predict(x), twin.predict(x), atol=1e-14)


# ---- depth


def test_a_signal_by_hand():
    signal = depth.send(relu, scale=2.0, layers=3, units=5, n=7, seed=4)
    rng = np.random.default_rng(4)
    a = rng.normal(0, 1, (7, 5))
    for layer in range(3):
        z = a @ rng.normal(0, 2 / math.sqrt(5), (5, 5))
        a = np.maximum(z, 0)
        assert signal.saturated[layer] == pytest.approx((z <= 0).mean())
        assert signal.dead[layer] == pytest.approx((z <= 0).all(axis=0).mean())
        assert signal.variance[layer] == pytest.approx(a.var())


def test_selu_keeps_what_tanh_loses():
    kept, lost = depth.send(selu, layers=20, units=100), depth.send(tanh, layers=20, units=100)
    assert 0.6 < kept.variance[-1] < 1.5
    assert lost.variance[-1] < 0.1


def test_units_die_at_large_rates_only():
    x, t = race.points("moons")
    assert depth.dead_share(x, t, 0.1) < 0.1 < 0.5 < depth.dead_share(x, t, 30.0)


# ---- what the page shows


def test_a_claim_that_is_not_so_fails(monkeypatch):
    monkeypatch.setattr(claims_functions, "two_slopes", lambda _: (-1e-3, -1e-3))
    assert not claims_functions.claim_confidently_wrong().holds
    monkeypatch.setattr(claims_functions, "naive_softmax", softmax.value)
    assert not claims_functions.claim_stable().holds


@pytest.mark.parametrize("name", PREDICTIONS)
def test_the_answer_is_one_of_the_options(name):
    for language in ("es", "en"):
        assert PREDICTIONS[name]().answer in TEXT[language].block("predict", name).words
    asked = lesson("1.5", "es").prediction(name)
    asked.chosen = next(iter(TEXT["es"].block("predict", name).words))
    asked._task.wait(60)
    assert asked.answer == PREDICTIONS[name]().answer
    assert asked.sentence
    assert not asked.failure


@pytest.mark.parametrize("name", LIVE)
def test_every_panel_computes_at_both_ends_of_every_control(name):
    shown = panel(name).wait()
    assert shown.status["state"] == "done", shown.status
    first = dict(shown.values)
    for control in shown.controls:
        if control["kind"] == "slider":
            for value in (-1e12, 1e12):  # brought to its ends
                shown.set(**{control["name"]: value})
                assert shown.status["state"] == "done", (control["name"], value, shown.status)
        elif control["kind"] == "hidden":
            for value in (-1e9, []):
                shown.set(**{control["name"]: value})
                assert shown.status["state"] == "done", (control["name"], value, shown.status)
        shown.set(**first)
    shown.close()


def test_comparing_shows_value_slope_and_saturation():
    shown = panel("compare").set(first="tanh", second="tanh", z=0.5, spread=4.0)
    (table,) = drawn(shown, "table")
    assert len(table["rows"]) == 1  # the same function twice is one
    assert table["rows"][0][2:4] == pytest.approx([math.tanh(0.5), 1 - math.tanh(0.5) ** 2], rel=1e-4)
    assert table["rows"][0][1] == pytest.approx(100 * 2 * stats.norm.sf(3.0, scale=4), abs=0.3)


def test_the_worked_example_says_three_sixteenths():
    lines = drawn(panel("worked").set(z=1.1, h=0.01), "steps")[0]["lines"]
    assert "0.75026" in lines[1][1][0]
    assert "0.18737" in lines[2][3][0]
    assert float(lines[-1][-1][0]) == pytest.approx(0.18737, abs=2e-5)


def test_a_constant_changes_nothing_on_the_page():
    shown = panel("three_scores").wait()
    before = drawn(shown, "bars")[0]["values"]
    shown.set(constant=1000)
    assert drawn(shown, "bars")[0]["values"] == pytest.approx(before, abs=1e-9)
    assert drawn(shown, "note")[0]["text"] == TEXT["es"].block("live", "three_scores").words["shifted"]
    heat = np.array(drawn(shown, "heat")[0]["values"])
    assert np.abs(heat.sum(axis=1)).max() < 2e-4
    assert np.array(drawn(shown, "bars")[1]["values"]).sum() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"size": 80, "dtype": "float32", "sign": "plus"}, "fine"),
        ({"size": 95, "dtype": "float32", "sign": "plus"}, "overflow"),
        ({"size": 95, "dtype": "float64", "sign": "plus"}, "fine"),
        ({"size": 10_000, "dtype": "float64", "sign": "plus"}, "overflow"),
        ({"size": 10_000, "dtype": "float64", "sign": "minus"}, "underflow"),
    ],
)
def test_overflow_is_explained(values, word):
    shown = panel("overflow").set(**values)
    assert drawn(shown, "note")[0]["text"] == TEXT["es"].block("live", "overflow").words[word]
    (table,) = drawn(shown, "table")
    assert any("NaN" in row for row in table["rows"]) == (word != "fine")
    assert sum(float(row[2].replace("−", "-")) for row in table["rows"]) == pytest.approx(1, abs=1e-3)


def test_a_race_of_functions_that_cannot_learn():
    (table,) = drawn(panel("race").set(first="identity", second="step"), "table")
    assert [row[1] for row in table["rows"]] == ["0 / 5", "0 / 5"]
    assert [row[2] for row in table["rows"]] == ["–", "–"]


# ---- exercises


@pytest.mark.parametrize(
    ("name", "answers", "right", "say"),
    [
        ("slopes_from_outputs", {"sigmoid": "0.09", "tanh": "0.19"}, True, "right"),
        ("slopes_from_outputs", {"sigmoid": "9/100", "tanh": "0,19"}, True, "right"),
        ("slopes_from_outputs", {"sigmoid": "0.2055", "tanh": "0.19"}, False, "at_output"),
        ("slopes_from_outputs", {"sigmoid": "0.25", "tanh": "0.19"}, False, "sigmoid"),
        ("slopes_from_outputs", {"sigmoid": "0.09", "tanh": "0.81"}, False, "tanh"),
        ("slopes_from_outputs", {"sigmoid": "", "tanh": "0.19"}, False, "number"),
        ("scores_for", {"z1": "-0.693", "z2": "-1.204", "z3": "−1.609"}, True, "right"),
        ("scores_for", {"z1": "0.916", "z2": "0.405", "z3": "0"}, True, "right"),
        ("scores_for", {"z1": "5000.916", "z2": "5000.405", "z3": "5000"}, True, "right"),
        ("scores_for", {"z1": "0.5", "z2": "0.3", "z3": "0.2"}, False, "probabilities"),
        ("scores_for", {"z1": "1", "z2": "0", "z3": "0"}, False, "off"),
        ("scores_for", {"z1": "1e999", "z2": "x", "z3": "0"}, False, "number"),
        ("sigmoid_as_tanh", {"a": "2", "b": "2", "c": "-1"}, True, "right"),
        ("sigmoid_as_tanh", {"a": "-2", "b": "-2", "c": "1"}, True, "mirrored"),
        ("sigmoid_as_tanh", {"a": "2", "b": "1", "c": "-1"}, False, "steepness"),
        ("sigmoid_as_tanh", {"a": "1", "b": "2", "c": "0"}, False, "ends"),
        ("sigmoid_as_tanh", {"a": "1", "b": "", "c": "0"}, False, "number"),
    ],
)
def test_exercises(name, answers, right, say):
    verdict = EXERCISES[name](answers)
    assert (verdict.right, verdict.say) == (right, say)
    for language in ("es", "en"):
        said = lesson("1.5", language).exercise(name).answer(**answers)
        assert said["right"] is right
        assert said["sentence"]

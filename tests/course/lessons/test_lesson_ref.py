"""The reading: each step of the derivation against scikit-learn, differences, and sums done by hand."""

import math
from fractions import Fraction

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from vitral.course import lesson
from vitral.course.lessons.lesson_ref import (
    claims_likelihood,
    claims_loss,
    convexity,
    descent,
    likelihood,
    loss,
    peers,
    questions,
)
from vitral.course.lessons.lesson_ref.data import tumours
from vitral.course.lessons.lesson_ref.experiment import EXERCISES, LIVE, PREDICTIONS
from vitral.foundations import LogisticUnit

TEXT = {language: lesson("ref", language).text for language in ("es", "en")}


def panel(name, language="en"):
    return LIVE[name](TEXT[language].block("live", name).words, language)


def drawn(shown, kind):
    assert shown.status["state"] == "done", shown.status
    return [drawing for drawing in shown.drawings if drawing["kind"] == kind]


def read(shown, number):
    """The value of one item of the panel's readout."""
    return drawn(shown, "readout")[0]["items"][number][1]


# ---- the steps of the derivation


def test_the_data_are_what_the_text_says():
    data = tumours()
    assert (len(data.radius), int(data.malignant.sum())) == (569, 212)
    assert data.radius[data.malignant == 1].mean() > data.radius[data.malignant == 0].mean() + 4
    assert data.z_score.std() == pytest.approx(1)


def test_losses_against_scikit_learn():
    data, rng = tumours(), np.random.default_rng(0)
    rows = loss.with_bias(data.z_score)
    w = rng.normal(size=(4, 2))
    p = 1 / (1 + np.exp(-(w @ rows.T)))
    entropy, squared = (loss.loss_at(w, rows, data.malignant, kind) for kind in ("cross_entropy", "squared"))
    assert entropy == pytest.approx([log_loss(data.malignant, each) for each in p])
    assert squared == pytest.approx(((p - data.malignant) ** 2).mean(axis=1))


def test_the_optimum_is_scikit_learns():
    data = tumours()
    theirs = LogisticRegression(C=np.inf, tol=1e-10).fit(data.z_score, data.malignant)
    assert loss.best_fit() == pytest.approx([theirs.coef_[0, 0], theirs.intercept_[0]], abs=1e-6)


def test_the_hessian_by_differences():
    rng, h = np.random.default_rng(1), 1e-5
    x, t = rng.normal(size=(30, 3)), rng.integers(0, 2, 30)
    w, unit = rng.normal(size=4), LogisticUnit()
    columns = [(unit.gradient(w + h * e, x, t) - unit.gradient(w - h * e, x, t)) / (2 * h) for e in np.eye(4)]
    assert loss.hessian(w, loss.with_bias(x)) == pytest.approx(np.array(columns), abs=1e-9)


def test_walking_is_what_the_foundations_do():
    rng = np.random.default_rng(2)
    x, t, start = rng.normal(size=(20, 2)), rng.integers(0, 2, 20), rng.normal(size=3)
    way = descent.walk(loss.with_bias(x), t, start, rate=0.8, steps=30, l2=0.05)
    unit = LogisticUnit(l2=0.05, learning_rate=0.8, epochs=30)
    assert way == pytest.approx(unit.fit(x, t, start=start).weights, abs=1e-12)


def test_chords():
    data = tumours()
    rows = loss.with_bias(data.z_score)
    a, b = np.array([-8.0, 0.0]), np.array([8.0, 0.0])
    assert convexity.above_chord(a, b, rows, data.malignant, "cross_entropy") < 1e-12
    one = np.array([[1.0, 0.0]])
    middle = (1 / (1 + math.exp(4))) ** 2  # by hand: p at w = 4 of a target 0 … the plateau lies above its chord
    over = convexity.above_chord(np.array([8.0, 0.0]), np.array([0.0, 0.0]), one, np.array([0]), "squared")
    chord = ((1 / (1 + math.exp(-8))) ** 2 + 0.25) / 2
    assert over >= (1 - middle**0.5) ** 2 - chord > 0


def test_products_end_where_fractions_say():
    assert likelihood.product(np.array([0.5, 0.25, 0.5])) == 1 / 16
    smallest = Fraction(float(np.nextafter(0, 1)))
    assert Fraction(1, 2) ** 1074 == smallest
    assert likelihood.standstill(0.5) == (1075, 0.0)
    for p in (0.25, 0.6, 0.95):
        count, last = likelihood.standstill(p)
        assert likelihood.product(np.full(count, p)) == likelihood.product(np.full(count + 1, p)) == last
        assert likelihood.product(np.full(count - 1, p)) > last
        assert (last == 0) == (p <= 0.5)


def test_the_limit_rate_of_a_single_point_with_two_answers():
    """x = 1 with t = 0 and t = 1: the optimum is w + b = 0, H = [[1, 1], [1, 1]] / 4, λ = 1/2, so the limit is 4."""
    rows, t = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0, 1])
    assert np.linalg.eigvalsh(loss.hessian(np.zeros(2), rows))[-1] == pytest.approx(0.5)
    assert descent.largest_rate(rows, t, np.zeros(2)) == pytest.approx(4, rel=0.01)


# ---- what the page shows


def test_a_claim_that_is_not_so_fails(monkeypatch):
    monkeypatch.setattr(descent, "largest_rate", lambda *_: 10.0)
    descent.rates.cache_clear()
    assert not claims_loss.claim_rate_limit().holds
    monkeypatch.undo()
    descent.rates.cache_clear()
    monkeypatch.setattr(claims_likelihood, "standstill", lambda _: (500, 0.0))
    assert not claims_likelihood.claim_underflow().holds


@pytest.mark.parametrize("data", ["radius", "all", "iris"])
def test_peers_meet_at_the_same_loss(data):
    found = peers.compare_with_sklearn(data, 0.3)
    assert found.ours == pytest.approx(found.theirs, abs=1e-4)
    assert found.our_loss == pytest.approx(found.their_loss, abs=1e-10)


@pytest.mark.parametrize("name", PREDICTIONS)
def test_the_answer_is_one_of_the_options(name):
    for language in ("es", "en"):
        assert PREDICTIONS[name]().answer in TEXT[language].block("predict", name).words
    asked = lesson("ref", "es").prediction(name)
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
        elif control["kind"] == "switch":
            shown.set(**{control["name"]: not first[control["name"]]})
            assert shown.status["state"] == "done", (control["name"], shown.status)
        elif control["kind"] == "hidden":
            for value in (-1e9, [], [1.0], [20.0, -20.0]):
                shown.set(**{control["name"]: value})
                assert shown.status["state"] == "done", (control["name"], value, shown.status)
        shown.set(**first)
    shown.close()


def test_the_curve_by_hand_reaches_the_optimum():
    shown = panel("fit_by_hand").set(w=1.0336, middle=14.75, show=True)
    assert read(shown, 0) == pytest.approx(0.28999, abs=1e-4)
    assert read(shown, 2) == pytest.approx(0, abs=1e-4)
    assert len(drawn(shown, "curves")[0]["series"]) == 3
    shown.set(w=0.0)
    assert read(shown, 0) == pytest.approx(math.log(2), rel=1e-5)  # a coin
    assert read(shown, 1) == pytest.approx(1, rel=1e-5)


def test_four_points_by_hand():
    shown = panel("four").wait()  # w = ln 3, b = 0, as in the text
    assert read(shown, 0) == pytest.approx(27 / 320, rel=1e-5)
    assert read(shown, 2) == pytest.approx(-math.log(27 / 320) / 4, rel=1e-5)
    assert [read(shown, 3), read(shown, 4)] == pytest.approx([0.075, 0.1], rel=1e-5)
    shown.set(w=0.0, b=0.0, t1=True, t3=True)
    assert read(shown, 0) == pytest.approx(1 / 16)
    assert read(shown, 4) == pytest.approx(-0.5)


def test_the_chain_comes_out_alike_by_both_ways():
    for values in ({"x": 2.0, "t": "0", "w": 1.1}, {"x": 3.0, "t": "1", "w": -5.0}, {"x": -3.0, "t": "1", "w": 5.0}):
        lines = drawn(panel("chain").set(**values), "steps")[0]["lines"]
        by_rule = float(lines[6][0][0].split("= ")[2].split(",")[0].replace("−", "-"))
        by_differences = float(lines[7][0][0].split("= ")[1].replace("−", "-"))
        assert by_rule == pytest.approx(by_differences, abs=2e-5)


def test_segments_of_both_losses():
    words = TEXT["en"].block("live", "segments").words
    shown = panel("segments").wait()
    for which in range(0, 61, 12):
        shown.set(kind="cross_entropy", which=which)
        assert drawn(shown, "note")[0]["text"] == words["below"]
    notes = set()
    for which in range(8):
        shown.set(kind="squared", which=which)
        notes.add(drawn(shown, "note")[0]["text"])
    assert notes == {words["below"], words["bends"]}


@pytest.mark.parametrize(("rate", "word"), [(7.9, "safe"), (20.0, "between"), (30.0, "beyond")])
def test_the_rate_is_said_to_be_what_it_is(rate, word):
    shown = panel("descent").set(rate=rate)
    assert drawn(shown, "note")[0]["text"] == TEXT["en"].block("live", "descent").words[word]
    left = drawn(shown, "curves")[0]["series"][0]["y"]
    reached = None in left  # float64 tells it no more from the optimum: a gap, no made-up number
    assert reached == (word != "beyond")
    shown = [each for each in left if each is not None]
    assert min(shown) > 0
    if word == "safe":
        assert (np.diff(shown) <= 1e-9).all()
    assert (left[-1] is not None and left[-1] > 1e-3) == (word == "beyond")


def test_a_mixed_point_stops_the_weights():
    shown = panel("infinite").set(mixed=False)
    assert read(shown, 2) > 0.05
    shown.set(mixed=True)
    assert abs(read(shown, 2)) < 1e-6


def test_the_gradient_of_the_flowers_vanishes_at_the_end():
    shown = panel("species").wait()
    heat = np.array(drawn(shown, "heat")[0]["values"])
    assert heat.shape == (12, 3, 3)
    assert np.abs(heat[0]).max() > 0.1
    assert np.abs(heat[-1]).max() < 1e-3
    assert np.abs(heat[0].sum(axis=1)).max() < 1e-4  # P - T has rows of sum 0


# ---- exercises


@pytest.mark.parametrize(
    ("name", "answers", "right", "say"),
    [
        ("three_points", {"likelihood": "0.36", "loss": "0.3406"}, True, "right"),
        ("three_points", {"likelihood": "9/25", "loss": "0,34"}, True, "right"),
        ("three_points", {"likelihood": "0.04", "loss": "1"}, False, "class0"),
        ("three_points", {"likelihood": "0.5", "loss": "0.34"}, False, "likelihood"),
        ("three_points", {"likelihood": "0.36", "loss": "1.0217"}, False, "mean"),
        ("three_points", {"likelihood": "0.36", "loss": "0.4913"}, False, "bits"),
        ("three_points", {"likelihood": "0.36", "loss": "-0.34"}, False, "loss"),
        ("three_points", {"likelihood": "a", "loss": ""}, False, "number"),
        ("good_enough", {"w": "1.1", "b": "-2.8"}, True, "right"),
        ("good_enough", {"w": "0.9", "b": "-2.2"}, True, "right"),
        ("good_enough", {"w": "0.5", "b": "-1"}, False, "gradient"),
        ("good_enough", {"w": "-3", "b": "2"}, False, "coin"),
        ("good_enough", {"w": "nan", "b": "2"}, False, "number"),
        ("hump", {"a": "-6", "b": "-2"}, True, "right"),
        ("hump", {"a": "-1", "b": "-12"}, True, "right"),
        ("hump", {"a": "0", "b": "5"}, False, "positive"),
        ("hump", {"a": "-1", "b": "9"}, False, "below"),
        ("hump", {"a": "-2", "b": "-2"}, False, "same"),
        ("hump", {"a": "", "b": "-2"}, False, "number"),
    ],
)
def test_exercises(name, answers, right, say):
    verdict = EXERCISES[name](answers)
    assert (verdict.right, verdict.say) == (right, say)
    for language in ("es", "en"):
        said = lesson("ref", language).exercise(name).answer(**answers)
        assert said["right"] is right
        assert said["sentence"]


def test_the_hump_begins_where_the_solution_says():
    """(1 - p)² changes its bend at w = -ln 2: p = 1/3."""
    h, bend = 1e-3, -math.log(2)

    def squared(w):
        return (1 / (1 + math.exp(w))) ** 2

    second = [squared(w + h) - 2 * squared(w) + squared(w - h) for w in (bend - 0.1, bend + 0.1)]
    assert second[0] < 0 < second[1]
    assert questions.exercise_hump({"a": str(bend - 1), "b": str(bend - 0.1)}).right

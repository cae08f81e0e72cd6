"""Lesson 1.2: what it shows and claims, against scikit-learn, arithmetic by hand and brute force."""

import json
import re
from importlib.resources import files
from itertools import pairwise, product

import numpy as np
import pytest

from vitral.course import lesson
from vitral.course.lessons.lesson_1_2 import cycle, data, experiment, pictures, questions, rule, trainings
from vitral.course.truth_tables import FUNCTIONS, truth_rows
from vitral.foundations import LogisticUnit, Perceptron, margin
from vitral.views import widgets
from vitral.views.widgets import Hidden, Menu, Panel, Slider


@pytest.fixture(scope="module", params=["es", "en"])
def shown(request):
    return lesson("1.2", request.param)


def computed(panel: Panel) -> Panel:
    panel.wait()
    assert panel.status["state"] == "done", panel.status
    assert len(json.dumps(panel.drawings, separators=(",", ":"))) < 60_000
    return panel


def by_kind(panel: Panel, kind: str) -> list[dict]:
    return [drawing for drawing in panel.drawings if drawing["kind"] == kind]


# ---- data


def test_flowers_are_those_of_scikit_learn():
    from sklearn.datasets import load_iris

    bunch = load_iris()
    for features, columns in data.FEATURES.items():
        x, t = data.flowers(features, 1, 2)
        np.testing.assert_array_equal(x, bunch.data[50:, list(columns)])
        np.testing.assert_array_equal(t, bunch.target[50:] - 1)


@pytest.mark.parametrize("gap", [0.05, 0.8])
def test_gap_data_leave_the_band_empty(gap):
    x, t = data.gap_data(200, gap, 3)
    from scipy.spatial.distance import cdist

    assert cdist(x[t == 0], x[t == 1]).min() >= gap
    assert np.abs(x).max() <= 1


def test_read_points_drops_what_is_no_point():
    x, t = rule.read_points([[1, 2, 1], [3], 4, [1, 2, [3]], [99, -0.64, 0.2]])
    assert x.tolist() == [[1, 2], [10, -0.6]]
    assert t.tolist() == [1, 0]
    assert rule.read_points([[1.4, -2.6, 1]], decimals=0)[0].tolist() == [[1, -3]]


# ---- the rule


def test_trajectory_and_sides_by_hand():
    training = Perceptron(max_epochs=1).fit(questions.EXERCISE_X, questions.EXERCISE_T)
    weights = trainings.trajectory(training)
    assert weights.tolist() == [[0, 0, 0], [2, 1, 1], [1, -2, 0]]
    x, t = np.array(questions.EXERCISE_X), np.array(questions.EXERCISE_T)
    assert trainings.sides(weights, x, t).tolist() == [[0, 0, 0], [6, -6, 8], [0, 5, 1]]


def test_worked_lines_follow_the_foundations():
    x, t = rule.read_points(rule.WORKED_POINTS, decimals=0)
    words = {"fine": "fine", "mistake": "mistake", "finished": "end"}
    lines, weights, rows = rule.worked_lines(x, t, np.zeros(3), 1.0, words)
    training = Perceptron().fit(x, t)
    moved = [row for row, (a, b) in zip(rows[1:], pairwise(weights), strict=True) if (a != b).any()]
    assert moved == [c.row for c in training.corrections]
    assert weights[-1].tolist() == training.weights[-1].tolist()
    assert len(lines) == len(weights) == len(rows)
    text = "".join(part for part, _ in lines[2])
    assert text == "x = (1, 3), s = −1:  z = 2·1 + 1·3 + 1 = 6  →  mistake:  (2, 1, 1) − (1, 3, 1) = (1, −2, 0)"
    assert lines[-1][-1][0].endswith("end")


def test_period_finds_the_first_return():
    assert cycle.period_of(np.array([[0, 0], [1, 2], [3, 4], [1, 2]])) == (1, 3)
    assert cycle.period_of(np.array([[0, 0], [1, 2]])) is None


def test_xor_comes_back_to_zero_after_four_corrections_by_hand():
    revealed = questions.predict_xor()
    assert revealed.answer == "returns"
    assert revealed.values["way"] == "(0, 0, −1) → (0, 1, 0) → (1, 1, 1) → (0, 0, 0)"
    assert revealed.values["mistakes"] == 4 * revealed.values["epochs"]


# ---- live panels


@pytest.mark.parametrize("name", list(experiment.LIVE))
def test_panel_computes_at_first_and_at_the_ends_of_every_control(name):
    panel = computed(lesson("1.2", "es").live(name))
    for control in panel._controls.values():
        first = panel.values[control.name]
        ends: list = []
        if isinstance(control, Slider):
            ends = [-1e9, 1e9]  # brought to its ends
        elif isinstance(control, Menu):
            ends = [key for key, _ in control.options]
        for value in ends:
            computed(panel.set(**{control.name: value}))
        panel.set(**{control.name: first})


@pytest.mark.parametrize(
    "points",
    [[], [[0, 0, 1]], [[0, 0, 1], [0, 0, 0]], [[1e6, -1e6, 1], [0, 0, 7]], [1, [2], [[3]]], [[0, 0, 1], [1e-9, 0, 0]]],
)
@pytest.mark.parametrize("name", ["turning", "worked"])
def test_clicked_panels_survive_hostile_points(name, points):
    panel = lesson("1.2", "en").live(name).wait()
    computed(panel.set(points=points))


@pytest.mark.parametrize(("name", "value"), [("points", "x"), ("points", [[0, None, 1]]), ("order", float("nan"))])
def test_hostile_values_are_refused_in_words(name, value):
    panel = lesson("1.2", "en").live("turning").wait()
    panel.set(**{name: value})
    assert panel.status["state"] == "failed"
    assert name in panel.status["message"]


def test_turning_shows_every_mistake_and_says_when_it_never_ends(shown):
    panel = computed(shown.live("turning"))
    points = np.array(rule.FIRST_POINTS)
    training = Perceptron().fit(points[:, :2], points[:, 2])
    boundary, readout = by_kind(panel, "boundary")[0], by_kind(panel, "readout")[0]
    assert boundary["frames"] == training.n_mistakes + 1 > 10
    assert boundary["edits"] == "points"
    assert isinstance(panel._controls["points"], Hidden)
    assert readout["items"][1][1] == str(training.n_mistakes)
    assert by_kind(panel, "note")[0]["tone"] == "good"
    computed(panel.set(points=[[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]))
    assert by_kind(panel, "note")[0]["tone"] == "warning"
    assert [item[1] for item in by_kind(panel, "readout")[0]["items"][1:3]] == ["∞", "∞"]


@pytest.mark.parametrize(("low", "high", "tone"), [(2.9, 3.0, "good"), (9.9, 10.0, "info")])
def test_turning_shows_the_first_of_many_mistakes_and_says_so(shown, low, high, tone):
    panel = shown.live("turning").wait()
    computed(panel.set(points=[[high, high, 1], [low, low, 0]]))
    note = by_kind(panel, "note")[0]
    assert note["tone"] == tone
    assert note["text"].endswith(shown.block("live", "turning").words["cut"].format(n=pictures.MOST_FRAMES - 1))
    assert by_kind(panel, "boundary")[0]["frames"] == pictures.MOST_FRAMES


def test_bound_curves_keep_the_order_of_the_proof():
    panel = computed(lesson("1.2", "en").live("bound"))
    for seed in (0, 7, 33):
        computed(panel.set(seed=seed))
        ceiling, length, shadow, floor = by_kind(panel, "curves")[0]["series"]
        k = np.array(length["x"])
        radius, gamma = ceiling["y"][0], floor["y"][0]
        assert (gamma * k <= np.array(shadow["y"]) * (1 + 1e-4)).all()
        assert (np.array(shadow["y"]) <= np.array(length["y"]) * (1 + 1e-4)).all()
        assert (np.array(length["y"]) <= radius * np.sqrt(k) * (1 + 1e-4)).all()


def test_sigmoid_panel_says_whether_the_loss_rose():
    panel = computed(lesson("1.2", "en").live("sigmoid"))
    assert by_kind(panel, "note")[0]["tone"] == "good"
    computed(panel.set(rate=10.0))
    assert by_kind(panel, "note")[0]["tone"] == "warning"


def test_sigmoid_panel_draws_the_loss_as_it_is_however_small():
    panel = lesson("1.2", "en").live("sigmoid").wait()
    computed(panel.set(rate=1000.0))
    drawn = by_kind(panel, "curves")[0]["series"][0]["y"]
    losses = LogisticUnit(learning_rate=1000.0, epochs=300).fit(*data.flowers("petal")).losses[1:]
    np.testing.assert_allclose(drawn, losses, rtol=1e-3)
    assert 0 < min(drawn) < 1e-60


def test_worked_panel_opens_where_the_text_has_led(shown):
    panel = computed(shown.live("worked"))
    lines = by_kind(panel, "steps")[0]["lines"]
    opened = "".join(part for part, _ in lines[panel.player["start"]])
    assert opened.endswith("= (1, −2, 0)")
    assert panel.player["start"] < len(lines) - 1  # the rest is the reader's


def test_cycle_panel_ends_on_and_and_goes_round_on_xor():
    panel = computed(lesson("1.2", "en").live("cycle"))
    assert by_kind(panel, "note")[0]["tone"] == "warning"
    assert by_kind(panel, "note")[0]["text"].startswith("At the end of epoch 1 the weights are back where they started")
    computed(panel.set(w1=2, b=1))
    assert "(2, 0, 1)" not in by_kind(panel, "note")[0]["text"]  # a start that the round does not lead back to
    for table in ("and", "or"):
        computed(panel.set(table=table, w1=3, w2=-3, b=2))
        assert by_kind(panel, "note")[0]["tone"] == "good"


@pytest.mark.parametrize(("language", "said"), [("es", "Tras 1 época"), ("en", "After 1 epoch")])
def test_cycle_panel_says_when_it_has_seen_no_return(language, said, monkeypatch):
    monkeypatch.setattr(cycle, "MOST_EPOCHS", 1)
    panel = lesson("1.2", language).live("cycle").wait()
    (note,) = by_kind(computed(panel.set(w1=2, b=1)), "note")
    assert note["tone"] == "warning"
    assert note["text"].startswith(said)


@pytest.mark.parametrize("table", cycle.TABLES)
def test_every_start_of_the_sliders_ends_or_comes_round(table):
    for start in product(range(-3, 4), repeat=3):
        training = Perceptron(max_epochs=cycle.MOST_EPOCHS).fit(truth_rows(2), FUNCTIONS[table], start=start)
        assert training.converged == (table != "xor")
        assert training.converged or cycle.period_of(training.weights)


@pytest.mark.parametrize("name", [*experiment.LIVE, "large"])
def test_no_two_lines_of_a_drawing_share_a_colour(name):
    """Without colours they have dashes: those go by role in curves, and by turns in planes."""
    css = (files(widgets) / "js" / "widgets.css").read_text()
    colours = dict(re.findall(r"--v-(\w+): light-dark\((#\w+)", css))
    if name in experiment.LIVE:
        drawings = computed(lesson("1.2", "en").live(name)).drawings
    else:
        drawings = [drawing.payload() for drawing in experiment.PREDICTIONS[name]().drawings]
    drawn = [drawing.get("series") or drawing.get("lines") or [] for drawing in drawings if drawing["kind"] != "steps"]
    assert any(drawn)
    for lines in drawn:
        assert len({colours[line["role"]] for line in lines}) == len(lines)


# ---- predictions and claims


@pytest.mark.parametrize("name", list(experiment.PREDICTIONS))
def test_prediction_reveals_one_of_its_options(shown, name):
    assert experiment.PREDICTIONS[name]().answer in shown.block("predict", name).words


def test_mistaken_rows_do_not_depend_on_the_rate_but_the_weights_do():
    x, t = data.flowers("petal")
    assert trainings.mistaken_rows(x, t, 0.125, 4) == trainings.mistaken_rows(x, t, 512.0, 4)
    small, large = (Perceptron(learning_rate=rate).fit(x, t).weights[-1] for rate in (1.0, 8.0))
    np.testing.assert_array_equal(large, 8 * small)


def test_widest_margin_beats_a_search_over_directions():
    x, t = data.flowers("petal")
    rng = np.random.default_rng(0)
    near = trainings.iris_bound("petal").separator + rng.normal(scale=0.02, size=(3000, 3))
    best = max(margin(w, x, t) for w in near)
    assert 0.9 * trainings.iris_bound("petal").margin < best <= trainings.iris_bound("petal").margin + 1e-12


def test_sigmoid_direction_agrees_with_a_support_vector_machine():
    from sklearn.svm import LinearSVC

    x, t = data.flowers("petal")
    rows = np.column_stack([x, np.ones(100)])
    svm = LinearSVC(C=1e4, loss="hinge", fit_intercept=False, max_iter=200_000, tol=1e-6, random_state=0).fit(rows, t)
    w = svm.coef_[0] / np.linalg.norm(svm.coef_)
    np.testing.assert_allclose(trainings.iris_bound("petal").separator, w, atol=2e-3)


# ---- exercises


@pytest.mark.parametrize(
    ("answers", "right", "say"),
    [
        (("1", "-2", "0"), True, "right"),
        ((" 1,0", "−2", "0.0"), True, "right"),
        (("2", "1", "1"), False, "one"),
        (("-1", "2", "0"), False, "sign"),
        (("1", "-2", "1"), False, "bias"),
        (("5", "5", "5"), False, "wrong"),
        (("", "two", "nan"), False, "number"),
        (("inf", "0", "0"), False, "number"),
    ],
)
def test_first_exercise(shown, answers, right, say):
    verdict = questions.exercise_first(dict(zip(("w1", "w2", "b"), answers, strict=True)))
    assert (verdict.right, verdict.say) == (right, say)
    assert shown.exercise("first").answer(w1=answers[0], w2=answers[1], b=answers[2])["right"] is right


@pytest.mark.parametrize(
    ("one", "zero", "right", "say"),
    [
        ("10, 10", "10, 9.8", True, "right"),
        ("10, 10", "10, 9", False, "few"),
        ("(-10; 3)", "(-10; 2.5)", True, "right"),
        ("(9,5; 10)", "(9,5; 9,8)", True, "right"),
        ("(9,5, 10)", "(9,5, 9,8)", False, "number"),
        ("10,10", "10,9.999", True, "endless"),
        ("3, -2", "-3, 2", False, "few"),
        ("1, 1", "1, 1", False, "same"),
        ("11, 0", "0, 0", False, "outside"),
        ("1", "2, 3", False, "number"),
        ("1, 2, 3", "4, 5", False, "number"),
        ("", "", False, "number"),
    ],
)
def test_slow_exercise(shown, one, zero, right, say):
    verdict = questions.exercise_slow({"one": one, "zero": zero})
    assert (verdict.right, verdict.say) == (right, say)
    assert shown.exercise("slow").answer(one=one, zero=zero)["right"] is right


@pytest.mark.parametrize(
    ("text", "right", "say"),
    [
        ("0.4385", True, "right"),
        ("0,44", True, "right"),
        ("0.1923", False, "root"),
        ("0.5", False, "large"),
        ("0.3", False, "small"),
        ("0", False, "positive"),
        ("-1", False, "positive"),
        ("much", False, "number"),
    ],
)
def test_limit_exercise(shown, text, right, say):
    verdict = questions.exercise_limit({"margin": text})
    assert (verdict.right, verdict.say) == (right, say)
    assert shown.exercise("limit").answer(margin=text)["right"] is right

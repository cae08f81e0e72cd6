"""What somebody writes in a notebook at the first try: it works where it can, or one sentence says how."""

import math

import ipywidgets
import numpy as np
import pytest

import vitral.views.widgets as widgets
from vitral._errors import ArgumentError
from vitral.foundations import MLP
from vitral.views.widgets import (
    DecisionBoundary,
    Exercise,
    LossSurface,
    Menu,
    NetworkView,
    Note,
    Panel,
    Prediction,
    Slider,
    Switch,
    TrainingMonitor,
    Widget,
    places_of,
)

X, Y = [[0, 0], [1, 1]], [0, 1]
NET = MLP.create((2, 3, 1), seed=0)
W = [np.zeros((2, 3)), np.zeros(3)]


def right(places):
    return places[:, 0] > 0.5


def bowl(x, y):
    return x**2 + y**2


def nothing(*_):
    return []


class Model:
    """As scikit-learn's estimators are: no function, and `fit` returns itself."""

    def fit(self, points, labels):
        self.middle = points[:, 0].mean()
        return self

    def predict(self, places):
        return (places[:, 0] > getattr(self, "middle", 0.5)).astype(int)


def boundary(*arguments, **more):
    return lambda: DecisionBoundary(*(arguments or (X, Y)), **more)


def surface(loss=bowl, *arguments, **more):
    return lambda: LossSurface(loss, *arguments, **more)


def network(model=NET, **more):
    return lambda: NetworkView(model, **more)


def panel(compute=nothing, **more):
    return lambda: Panel(compute, **more)


@pytest.mark.parametrize(
    ("make", "argument", "remedy"),
    [
        (boundary(X, Y, predict="model"), "predict must be a function of places", "model.predict"),
        (boundary(X, Y, predict=Model), "predict must be a function of places", "model.predict"),
        (boundary(X, Y, predict=X), "predict must be a function of places", "model.predict"),
        (boundary(X, Y, fit=Model()), "fit must be a function of (points, labels): got Model", "fit=model.fit"),
        (boundary(Model(), X), "points must be numbers, (N, 2): got Model", "predict=model.predict"),
        (boundary(right, X), "points must be numbers, (N, 2)", "predict=model.predict"),
        (boundary([["a", "b"]], [0]), "points must be numbers", "two columns"),
        (boundary("x", [0]), "points must be numbers: got 'x'", "two columns"),
        (boundary([[1, 2], [3]], Y), "points must have rows of one length", "two columns"),
        (boundary(None, Y), "points must have shape (N, 2)", "two columns"),
        (boundary(np.zeros((2000, 2)), np.zeros(2000)), "points must be at most 1000: got 2000", "some of them"),
        (boundary(X, ["cat", "dog"]), "labels must be class numbers from 0: got 'cat'", "np.unique"),
        (boundary(X, [[0], [1, 2]]), "labels must have rows of one length: got [[0], [1, 2]]", "one number"),
        (boundary(X, [0, 10**400]), "labels must be class numbers from 0: got", "np.unique"),
        (boundary([[0, 10**400]], [0]), "points must be numbers: got [[0, 1000", "two columns"),
        (boundary([[0, 10**5000]], [0]), "points must be numbers: got list", "two columns"),
        (boundary(X, Y, limits=(0, 1, 0, 10**400)), "limits must be four finite numbers", "(-1, 1, -1, 1)"),
        (boundary(X, Y, grid=10**400), "grid must be a whole number from 2 to 400: got a number too", "grid=40"),
        (boundary(X, [None, 1]), "labels must be class numbers from 0: got None", "np.unique"),
        (boundary(X, [0, 0.5]), "labels must be class numbers from 0", "Count"),
        (boundary(X, [0, math.nan]), "labels must be class numbers from 0", "Count"),
        (boundary(X, [0, 10**9]), "labels must be class numbers from 0 to 99", "Count"),
        (boundary(X), "labels must have one number for each of 2 points", "as long as points"),
        (boundary([], Y), "labels must have one number for each of 0 points", "as long as points"),
        (boundary(X, Y, classes="ab"), "classes must be a list of names: got 'ab'", '("cat", "dog")'),
        (boundary(X, Y, classes=["a"]), "classes must name every class of labels", "Name the rest"),
        (boundary(X, Y, grid=-1), "grid must be a whole number from 2 to 400: got -1", "grid=40"),
        (boundary(X, Y, grid="x"), "grid must be a whole number from 2 to 400: got 'x'", "grid=40"),
        (boundary(X, Y, grid=math.nan), "grid must be a whole number from 2 to 400: got nan", "grid=40"),
        (boundary(X, Y, grid=True), "grid must be a whole number from 2 to 400: got True", "grid=40"),
        (boundary(X, Y, limits=(0, 1)), "limits must be four finite numbers", "(-1, 1, -1, 1)"),
        (boundary(X, Y, limits="abcd"), "limits must be four finite numbers", "(-1, 1, -1, 1)"),
        (boundary(X, Y, limits=(0, 0, 0, 1)), "limits must be four finite numbers", "smaller number first"),
        (surface(bowl, (1, -1, 0, 1)), "limits must be four finite numbers", "smaller number first"),
        (surface(bowl, (0, math.nan, 0, 1)), "limits must be four finite numbers", "(-1, 1, -1, 1)"),
        (surface("x"), "loss must be numbers: got 'x'", "loss(x, y)"),
        (surface([[1, 2], [3]]), "loss must have rows of one length", "loss(x, y)"),
        (surface(np.zeros((0, 0))), "loss must give a grid of values", "array-wise"),
        (surface(lambda x, _: x * math.nan), "loss must be finite somewhere", "limits"),
        (surface(lambda x, _: x, log=True), "loss must not be below 0 where log is set: got -1", "constant"),
        (surface(lambda w: w[0]), "loss must be a function of two arrays", "NumPy"),
        (surface(lambda x, _: math.sin(x)), "loss must be a function of two arrays", "NumPy"),
        (surface(start=(1,)), "start must be a place", "(x, y)"),
        (surface(start="x"), "start must be numbers", "(x, y)"),
        (surface(paths="x"), "paths must be numbers: got 'x'", "(S, 2)"),
        (surface(paths=3), "paths must hold (S, 2) places", "two columns"),
        (surface(grid=1), "grid must be a whole number from 2", "grid=40"),
        (network([2, 3, 1]), "model must be a built Keras model", "MLP.create((2, 3, 1))"),
        (network([]), "model must be a built Keras model", "MLP.create"),
        (network(["a", "b"]), "model must be a built Keras model", "MLP.create"),
        (network(MLP), "model must be a built Keras model, a vitral.foundations.MLP or a list", "MLP.create"),
        (network([[["a"]], ["b"]]), "model must be numbers: got [['a']]", "W (D_in, D_out)"),
        (network([[[1, 2], [3]], [1, 2]]), "model must be a built Keras model", "MLP.create"),
        (network([np.zeros((2, 3)), np.zeros(2)]), "weights must be W (D_in, D_out) and b (D_out,)", "MLP.create"),
        (network(W, activations="tanh"), "activations must be a list, one a layer: got 'tanh'", '["tanh", "sigmoid"]'),
        (network(W, activations=["tan"]), "activation must be one of the known names: got 'tan'", "'tanh'"),
        (network(sample="x"), "sample must be numbers: got 'x'", "one row of x"),
        (network(sample=[1, "a"]), "sample must be numbers: got [1, 'a']", "one row of x"),
        (network(names="abc"), "names must be one for each of the 3 layers: got 'abc'", "Inputs first"),
        (network(names=3), "names must be one for each of the 3 layers: got 3", "Inputs first"),
        (network(units=["ab", "c"]), "units must be a list of names for each layer", '["h"]'),
        (panel(None), "compute must be a function of (values, task): got None", "def compute(values, task)"),
        (panel([Note(text="a")]), "compute must be a function of (values, task)", "def compute(values, task)"),
        (panel(controls=["x"]), "controls must be Slider, Menu, Switch, Button or Hidden: got 'x'", "Slider(name=…)"),
        (panel(controls="x"), "controls must be a list of controls: got 'x'", "[Slider(name=…)]"),
        (panel(controls=[Switch(name="a", value=True)] * 2), "controls must have a name each: got 'a'", "other names"),
        (panel(player="fast"), "player must be a dict: got 'fast'", '"fps"'),
        (panel(player={"speed": 3}), "player must be one of the known names: got 'speed'", "fps"),
        (panel(player={"fps": 0}), 'player["fps"] must be a finite number above 0', "frames a second"),
        (panel(player={"start": "middle"}), 'player["start"] must be one of the known names', "first, last"),
        (panel(player={"start": -1}), 'player["start"] must be a finite number at least 0', "frame's number"),
        (panel(warm=[3]), "warm must be a list of values: got [3]", '"rate"'),
        (lambda: Slider(name="a", low=1, high=0), "a.low must be below high: got 1 and 0", "Swap"),
        (lambda: Slider(name="a", step=0), "a.step must be above 0: got 0", "one step"),
        (lambda: Slider(name="a", low=0, log=True), "a.low must be above 0 where log is set: got 0", "Raise it"),
        (lambda: Slider(name="a", low="x"), "a.low must be a finite number: got 'x'", "Send one"),
        (lambda: Menu(name="a", options=[("a", "b", "c")]), "a.options must be (value, label) pairs", '("a", "A")'),
        (lambda: Menu(name="a"), "a.options must be (value, label) pairs: got ()", '("a", "A")'),
        (lambda: Menu(name="a", options=3), "a.options must be (value, label) pairs: got 3", '("a", "A")'),
        (lambda: Prediction("ab", nothing), "options must be (key, label) pairs: got 'ab'", '("a", "One")'),
        (lambda: Prediction([("a", "A")], 3), "measure must be a function: got 3", "measure=lambda"),
        (lambda: Exercise(["w"], nothing), "fields must be a dict, name to (label, choices)", '("weight", ())'),
        (lambda: Exercise({"w": "w"}, nothing), "fields must be a dict, name to (label, choices)", '("weight", ())'),
        (lambda: Exercise({"w": ("w", ())}, 3), "check must be a function of the answers: got 3", "check=lambda"),
        (lambda: TrainingMonitor().watch(3), "train must be a function of the callbacks: got 3", "lambda callbacks"),
    ],
)
def test_bad_input_is_one_sentence_with_what_to_write_instead(make, argument, remedy):
    with pytest.raises(ArgumentError) as caught:
        make()
    sentence = str(caught.value)
    assert sentence.startswith(argument)
    assert remedy in sentence
    assert len(sentence) < 260
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda p: np.sign(p[:, 0] - 0.5), "predict must return shares of class 1 from 0 to 1, or class numbers"),
        (lambda p: p[:, 0] * math.nan, "predict must return numbers: got NaN or infinity everywhere"),
        (lambda p: p * math.nan, "predict must return numbers: got NaN or infinity everywhere"),
        (lambda _: None, "predict must return one number for each place"),
        (lambda _: 1, "predict must return one number for each place"),
        (lambda p: np.where(right(p), "dog", "cow"), "predict must be numbers: got an array of shape"),
        (lambda _: 1 / 0, "This could not be computed. (ZeroDivisionError"),
    ],
)
def test_an_answer_that_is_none_is_a_sentence_in_the_page(answer, said):
    widget = DecisionBoundary(X, Y, predict=answer, classes=("cat", "dog")).wait()
    assert widget.status["state"] == "failed"
    assert widget.status["message"].startswith(said)
    widget.close()


@pytest.mark.parametrize(
    "predict",
    [
        lambda p: right(p).astype(int),
        lambda p: right(p).tolist(),
        lambda p: right(p)[:, None] * 0.98 + 0.01,
        lambda p: np.stack([~right(p), right(p)], axis=1) * 0.9 + 0.05,
        lambda p: np.stack([0.5 - p[:, 0], p[:, 0] - 0.5], axis=1) * 7,  # scores before softmax
        lambda p: np.where(right(p), "dog", "cat"),
        Model(),
    ],
    ids=["numbers", "list", "(N, 1)", "(N, 2)", "scores", "names", "model"],
)
def test_shares_class_numbers_and_models_all_draw_the_same_sides(predict):
    widget = DecisionBoundary([[0, 0], [1, 1], [1, 0]], [0, 1, 0], predict=predict, classes=("cat", "dog"), grid=20.0)
    drawn = widget.wait().drawings[0]
    sides = right(places_of(drawn["limits"], 20)).reshape(20, 20)
    np.testing.assert_array_equal(np.array(drawn["grid"]) > 0.5, sides)
    assert drawn["wrong"] == [False, False, True]
    widget.close()


def test_shares_of_three_classes_are_their_largest():
    points, labels = [[0, 0], [1, 0], [2, 0]], np.array([[0.0], [1.0], [1.0]])  # a column, of floats

    def predict(places):
        return np.exp(-((places[:, :1] - np.arange(3)) ** 2))

    widget = DecisionBoundary(points, labels, predict=predict, classes=("a", "b", "c")).wait()
    assert widget.drawings[0]["wrong"] == [False, False, True]
    assert set(np.unique(widget.drawings[0]["regions"])) == {0, 1, 2}
    widget.close()


@pytest.mark.parametrize("k", [2, 3])
def test_a_softmax_that_has_diverged_everywhere_is_said(k):
    widget = DecisionBoundary(X, Y, predict=lambda p: np.full((len(p), k), np.nan), classes=["a", "b", "c"][:k])
    assert widget.wait().status["state"] == "failed"
    assert "got NaN or infinity everywhere" in widget.status["message"]
    widget.close()


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("is_share", [True, False])
@pytest.mark.parametrize("hole", [math.nan, math.inf])
def test_where_a_softmax_has_diverged_nothing_is_drawn(k, is_share, hole):
    points, labels = [[0.2, 0.5], [0.2, 0.6], [0.9, 0.5], [0.9, 0.6]], [0, 1, 0, 1]

    def predict(places):
        answers = np.zeros((len(places), k)) + [0.2, 0.8, 0.0][:k]
        answers = answers if is_share else 7 * answers
        answers[places[:, 0] > 0.5, 0] = hole
        return answers

    widget = DecisionBoundary(points, labels, predict=predict, classes=["a", "b", "c"][:k], limits=(0, 1, 0, 1), grid=8)
    drawn = widget.wait().drawings[0]
    rows = drawn["grid"] if k == 2 else drawn["regions"]
    assert rows == [[0.8 if k == 2 and is_share else 1] * 4 + [None] * 4] * 8
    assert drawn["wrong"] == [True, False, False, False]
    widget.close()


def test_points_where_the_model_says_nothing_are_not_on_a_side():
    widget = DecisionBoundary(
        [[0.9, 0.5]], [1], predict=lambda p: np.where(p[:, 0] < 0.5, 0.2, math.nan), limits=(0, 1, 0, 1)
    ).wait()
    assert (widget.status["state"], widget.drawings[0]["wrong"]) == ("done", [False])
    widget.close()


def test_fit_may_return_the_model():
    widget = DecisionBoundary([[0, 0], [4, 0]], [0, 1], fit=Model().fit).wait()
    assert widget.drawings[0]["wrong"] == [False, False]
    assert np.mean(widget.drawings[0]["grid"]) == pytest.approx(0.5, abs=0.03)
    widget.close()


def test_one_path_needs_no_name_and_one_drawing_no_list():
    surface = LossSurface(bowl, paths=[[1, 1], [0.5, 0.5]], start=np.array([0.0, 0.5])).wait()
    assert surface.drawings[0]["paths"][0]["points"] == [[1, 1], [0.5, 0.5]]
    assert surface.start == (0.0, 0.5)
    one = Panel(lambda *_: Note(text="one"), controls=Menu(name="m", value="b", options=["a", "b"])).wait()
    assert one.drawings[0]["text"] == "one"
    assert one.controls[0]["options"] == [["a", "a"], ["b", "b"]]
    surface.close()
    one.close()


def test_the_public_names_are_sorted_and_hold_what_a_lesson_needs():
    assert widgets.__all__ == sorted(widgets.__all__)
    assert {"Control", "Limits", "Widget", "places_of"} <= set(widgets.__all__)
    assert all(hasattr(widgets, name) for name in widgets.__all__)


@pytest.mark.parametrize(
    "make",
    [
        panel(), boundary(X, Y), surface(), network(), TrainingMonitor, lambda: Prediction([("a", "A")], nothing),
        lambda: Exercise({"w": ("w", ())}, nothing),
    ],
)  # fmt: skip
def test_each_is_a_widget_and_leaves_nothing_open(make):
    opened = ipywidgets.widgets.widget._instances
    before = set(opened)
    widget = make()
    assert isinstance(widget, Widget)
    assert set(opened) - before
    widget.close()
    assert set(opened) <= before

"""Lesson 1.8: what it says of Keras is asked of Keras, of NumPy and of scikit-learn."""

import json
import threading

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from vitral import keras
from vitral.course.lesson import lesson
from vitral.course.lessons.lesson_1_8 import (
    experiment,
    forms,
    inside,
    methods,
    questions,
    race,
    same,
    trainer,
    trainings,
    trials,
)
from vitral.foundations import MLP
from vitral.training import CancelledError, Task, fit_live, keras_turn
from vitral.views.widgets import Panel

WARM = {"trainer": 10, "inside": 2, "mistakes": 5}


@pytest.fixture(autouse=True)
def warmed(monkeypatch):
    """What each panel made would compile beforehand; here it does not, for nobody is going to choose it."""
    asked = []
    monkeypatch.setattr(Panel, "_warm", lambda _self, _channel, values: asked.append(values))
    return asked


def panel(name, language="es"):
    return lesson("1.8", language).live(name).wait(120)


def shown(live, kind):
    """The drawings of one kind; the panel must have computed."""
    assert live.status["state"] == "done", live.status
    return [drawing for drawing in live.drawings if drawing["kind"] == kind]


# ---- the network


@pytest.mark.parametrize("form", forms.FORMS)
def test_each_form_is_the_same_function(form):
    x = forms.digits().test.x
    with keras_turn():
        model = forms.seeded(lambda: forms.BUILDERS[form](32, "tanh"), 2)
        network = MLP(weights=tuple(model.get_weights()), activations=("tanh", "softmax"))
        assert model.count_params() == 65 * 32 + 33 * 10
        assert forms.answers_of(model, x) == pytest.approx(network.predict(x), abs=1e-5)
        assert forms.answers_of(model, x) == pytest.approx(model.predict(x, verbose=0), abs=1e-6)


def test_a_subclassed_network_has_no_weights_before_it_sees_a_row():
    with keras_turn():
        assert forms.subclass()(32, "relu").weights == []
        assert len(forms.subclassed().weights) == 4


def test_difference_finds_the_weight_that_differs():
    with keras_turn():
        one, other = forms.seeded(forms.sequential, 1), forms.seeded(forms.functional, 1)
        assert forms.difference(one, other) == 0
        weights = other.get_weights()
        weights[3][4] += 0.25
        other.set_weights(weights)
        assert forms.difference(one, other) == pytest.approx(0.25)


def test_what_evaluate_says_is_what_scikit_learn_says():
    loss, by_hand, accuracy, right = methods.evaluated()
    test = forms.digits().test
    with keras_turn():
        p = methods.example_model().predict(test.x, verbose=0)
    assert loss == pytest.approx(
        log_loss(test.y, p.astype(float) / p.sum(axis=1, keepdims=True, dtype=float), labels=range(10)), abs=1e-5
    )
    assert accuracy == pytest.approx(accuracy_score(test.y, p.argmax(axis=1)), abs=1e-6)
    assert (by_hand, right) == pytest.approx((loss, accuracy), abs=1e-5)


def test_numpy_and_keras_part_when_their_batches_do():
    """The agreement is of the same training: with another seed for the start it would not be there."""
    keras_losses, numpy_losses, gaps = inside.beside_numpy("adam", 4, 3)
    assert numpy_losses == pytest.approx(keras_losses, abs=1e-4)
    assert 0 < gaps[-1] < 1e-3
    assert inside.beside_numpy("adam", 5, 1)[0][0] != pytest.approx(keras_losses[0], abs=1e-3)


def test_a_network_that_starts_again_is_a_new_one():
    """To the last bit, whatever it had learnt and whichever rate it had before."""
    part = forms.digits().train
    with keras_turn():
        new = forms.seeded(forms.sequential, 5, trainings.make_optimizer("adam", 0.01))
        first = fit_live(Task(), new, part.x, part.y, epochs=2, seed=5).history
        used = forms.seeded(forms.sequential, 6, trainings.make_optimizer("adam", 0.5))
        for _ in range(3):  # not yet fitted, and fitted
            forms.start_again(used, forms.sequential, seed=5, rate=0.01)
            assert fit_live(Task(), used, part.x, part.y, epochs=2).history == first
            assert forms.difference(used, new) == 0


@pytest.mark.slow  # what the test before says, of Keras's own loop
def test_a_trial_is_a_training_of_a_new_network():
    """The one that Keras's own loop trains: fewer outputs than classes."""
    part, task = forms.digits().train, Task()
    trials.attempt(task, "few", 1, 1)
    with keras_turn():
        model = forms.seeded(lambda: forms.sequential(classes=5), 2)
        history = model.fit(part.x, part.y, batch_size=forms.BATCH, epochs=1, verbose=0).history
    assert trials.attempt(task, "few", 2, 1).losses == history["loss"]


# ---- one training for all who ask, and an end to it when nobody does


@pytest.mark.parametrize(
    ("module", "ask"),
    [
        (trainings, lambda task: trainings.trained(task, "sequential", "adam", 0.0123, "relu", 8, 1)),
        (trials, lambda task: trials.outcome("right", 17, 1, task)),
        (inside, lambda task: inside.beside_numpy("adam", 17, 1, task)[0]),
    ],
)
def test_readers_who_come_together_share_one_training(module, ask, monkeypatch):
    fitted, found, together = [], [], threading.Barrier(6)

    def counting(task, *args, **arguments):
        fitted.append(task)
        return fit_live(task, *args, **arguments)

    def reader():
        together.wait()
        found.append(ask(Task()))

    monkeypatch.setattr(module, "fit_live", counting)
    readers = [threading.Thread(target=reader) for _ in range(6)]
    for each in readers:
        each.start()
    for each in readers:
        each.join()
    assert len(fitted) == 1
    assert len(found) == 6
    assert all(each is found[0] for each in found)


@pytest.mark.parametrize(
    "train",
    [
        lambda task: race.timed(task, "keras", "sequential", 0, 1000),
        lambda task: trials.outcome("few", 3, 1000, task),  # vitral.fit refuses it, model.fit trains
        lambda task: same._engine(task, "keras", 1000),
    ],
)
def test_stop_is_heard_by_keras_own_loop(train):
    task = Task(on_progress=lambda _share: task.cancel())
    with pytest.raises(CancelledError):
        train(task)


def test_a_training_that_was_stopped_is_not_remembered():
    stopped = Task(on_progress=lambda _share: stopped.cancel())
    with pytest.raises(CancelledError):
        trainings.trained(stopped, "sequential", "adam", 0.0456, "relu", 8, 3)
    assert len(trainings.trained(Task(), "sequential", "adam", 0.0456, "relu", 8, 3).history["loss"]) == 3


def test_the_exercise_that_trains_can_be_stopped():
    task = Task()
    task.cancel()
    with pytest.raises(CancelledError):
        questions.exercise_small({"units": "10", "activation": "tanh", "rate": "0.02", "epochs": "7"}, task)


# ---- mistakes


@pytest.mark.parametrize(
    ("name", "keras_says", "ours"),
    [
        ("columns", "ValueError", "ShapeError: x must have rows of shape (rows, 64)"),
        ("one_hot", "ValueError", "DataError: y must hold class numbers"),
        ("numbers", "ValueError", "DataError: y must hold one column per class"),
        ("uncompiled", "ValueError: You must call `compile()`", "ArgumentError: model must be compiled"),
    ],
)
def test_mistakes_that_announce_themselves(name, keras_says, ours):
    found = trials.outcome(name)
    assert found.keras.startswith(keras_says)
    assert found.ours.startswith(ours)
    assert "\x1b" not in found.keras
    assert not found.losses


def test_the_loss_of_softmax_twice_has_a_floor():
    """ln(e + 9) - 1 is the loss of the best answer, 1 for the true class and 0 for the nine others, taken as logits."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    best = float(loss(np.array([3]), np.eye(10, dtype="float32")[[3]]))
    assert best == pytest.approx(np.log(np.e + 9) - 1, abs=1e-6)
    rng = np.random.default_rng(0)
    others = rng.dirichlet(np.ones(10), 500).astype("float32")
    assert all(float(loss(np.array([3]), p[None])) > best for p in others)


def test_keras_divides_what_is_no_probability_by_its_sum():
    p = np.array([[0.5, 0.25, 0.5]], "float32")
    loss = keras.losses.SparseCategoricalCrossentropy()
    assert float(loss(np.array([1]), p)) == pytest.approx(-np.log(0.25 / 1.25), abs=1e-6)


# ---- panels


@pytest.mark.parametrize(
    "values",
    [
        {"epochs": -4, "digit": 1e9, "wrong": True},
        {"form": "functional", "digit": 0, "epochs": 1},
        {"form": "subclassed", "rate": 1e9, "epochs": 2},
    ],
)
def test_trainer(values):
    live = panel("trainer")
    live.set(**values)
    (table,) = shown(live, "table")
    assert len(table["rows"]) == 4
    assert table["rows"][-1][2] == sum(row[2] for row in table["rows"][:-1])
    assert len(json.dumps(live.drawings)) < 60_000
    for bars in shown(live, "bars"):
        assert sum(bars["values"]) == pytest.approx(1, abs=1e-3)


def test_trainer_shows_a_digit_that_it_gets_wrong():
    live = panel("trainer")
    live.set(wrong=True, digit=100, epochs=3)
    (bars,) = shown(live, "bars")
    assert bars["roles"].count("right") == bars["roles"].count("wrong") == 1
    assert bars["values"][bars["roles"].index("wrong")] > bars["values"][bars["roles"].index("right")]


def test_a_training_that_diverges_is_a_sentence(monkeypatch):
    diverged = trainings.Trained(
        history={key: [float("nan")] for key in ("loss", "accuracy", "val_loss", "val_accuracy")},
        layers=[((None, 64), 0)],
        probabilities=np.full((352, 10), np.nan),
        diverged=True,
        code_lines=("",),
    )
    monkeypatch.setattr(trainer, "trained", lambda *_: diverged)
    (note,) = shown(panel("trainer"), "note")
    assert note["tone"] == "warning"


def test_race():
    live = panel("race")
    live.set(epochs=2, seed=30, again=5)
    rows = shown(live, "table")[0]["rows"]
    assert [row[3] for row in rows] == [0, 0, 0, 0]
    assert all(row[1] > 0 and row[2] > 0 for row in rows)


@pytest.mark.parametrize("rows", [1, 40])
def test_methods(rows):
    live = panel("methods", "en")
    live.set(rows=rows)
    calls, by_row = shown(live, "table")
    assert calls["rows"][2][1].startswith(f"({rows}, 10)")
    assert len(by_row["rows"]) == min(rows, 8)
    assert all(row[4] == pytest.approx(-np.log(row[3]), abs=1e-4) for row in by_row["rows"])
    mean, evaluated = (item[1] for item in shown(live, "readout")[0]["items"][:2])
    assert mean == pytest.approx(evaluated, abs=1e-4)


def test_inside():
    live = panel("inside")
    live.set(seed=20)
    losses, gaps = shown(live, "curves")
    assert losses["series"][0]["y"] == pytest.approx(losses["series"][1]["y"], abs=1e-3)
    assert max(gaps["series"][0]["y"]) < 1e-3


@pytest.mark.parametrize("name", ["right", "columns"])
def test_mistakes(name):
    live = panel("mistakes")
    live.set(mistake=name)
    notes = [note["text"].split(" → ")[0] for note in shown(live, "note")]
    assert notes == ["model.fit", "vitral.fit"] if name == "columns" else len(notes) == 1
    assert len(shown(live, "curves")) == (name == "right")


@pytest.mark.parametrize("name", sorted(experiment.LIVE))
def test_what_is_compiled_beforehand_is_what_a_reader_can_choose(name, warmed):
    live = lesson("1.8", "en").live(name)
    live.close()
    options = {c["name"]: [key for key, _ in c["options"]] for c in live.controls if c["kind"] == "menu"}
    first = {c["name"]: c["value"] for c in live.controls}
    assert len(warmed) == WARM.get(name, 0)
    for values in warmed:
        (changed,) = (key for key in values if values[key] != first[key])
        assert values[changed] in options[changed]


# ---- questions


@pytest.mark.parametrize("name", sorted(experiment.PREDICTIONS))
def test_predictions_answer_one_of_the_options(name):
    revealed = experiment.PREDICTIONS[name]()
    for language in ("es", "en"):
        assert revealed.answer in lesson("1.8", language).block("predict", name).words


SPARSE, CATEGORICAL, BINARY, SQUARED = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "binary_crossentropy",
    "mean_squared_error",
)


@pytest.mark.parametrize(
    ("answers", "right", "say"),
    [
        ((SPARSE, CATEGORICAL, BINARY, SQUARED), True, "right"),
        ((CATEGORICAL, CATEGORICAL, BINARY, SQUARED), False, "digit"),
        ((SPARSE, SPARSE, BINARY, SQUARED), False, "one_hot"),
        ((SPARSE, CATEGORICAL, SPARSE, SQUARED), False, "tumour"),
        ((SPARSE, CATEGORICAL, BINARY, BINARY), False, "price"),
        ((SPARSE, CATEGORICAL, BINARY, ""), False, "all"),
        (("x",) * 4, False, "all"),
    ],
)
def test_exercise_losses(answers, right, say):
    verdict = questions.exercise_losses(dict(zip(questions.CASES, answers, strict=True)))
    assert (verdict.right, verdict.say) == (right, say)


@pytest.mark.parametrize(
    ("last", "y"),
    [
        ("digit", np.array([3, 9])),
        ("one_hot", np.eye(10)[[3, 9]]),
        ("tumour", np.array([0, 1])),
        ("price", np.array([2.5, -1.0])),
    ],
)
def test_the_right_losses_are_those_that_keras_takes(last, y):
    """A right answer gives a finite loss for its labels; class numbers and one column a class exclude each other."""
    outputs = {"digit": (10, "softmax"), "one_hot": (10, "softmax"), "tumour": (1, "sigmoid"), "price": (1, "linear")}
    with keras_turn():
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(outputs[last][0], outputs[last][1])])
        model.compile("sgd", questions.CASES[last])
        assert np.isfinite(model.evaluate(np.ones((2, 3)), y, verbose=0))
        if last in ("digit", "one_hot"):
            model.compile("sgd", questions.CASES["one_hot" if last == "digit" else "digit"])
            with pytest.raises(ValueError, match="must have the same shape"):
                model.evaluate(np.ones((2, 3)), y, verbose=0)


@pytest.mark.parametrize(
    ("shape", "parameters", "right", "say"),
    [
        ("352, 10", "2410", True, "right"),
        ("(352,10)", "2 410", True, "right"),
        ("352 10", "2.410", True, "right"),
        ("10, 352", "2410", False, "turned"),
        ("352, 64", "2410", False, "shape"),
        ("352", "2410", False, "two"),
        ("muchos", "2410", False, "two"),
        ("352, 10", "2368", False, "parameters"),
        ("352, 10", "", False, "parameters"),
        ("352, 10", "241.0", False, "parameters"),
    ],
)
def test_exercise_shapes(shape, parameters, right, say):
    verdict = questions.exercise_shapes({"shape": shape, "parameters": parameters})
    assert (verdict.right, verdict.say) == (right, say)


@pytest.mark.parametrize(
    ("answers", "right", "say"),
    [
        (("10", "sigmoid", "0.03", "50"), True, "right"),
        (("10", "sigmoid", "0,05", "40"), True, "right"),
        (("10", "sigmoid", "0.0001", "2"), False, "low"),
        (("10", "sigmoid", "9", "2"), False, "low"),
        (("11", "relu", "0.01", "50"), False, "many"),
        (("10", "relu", "0", "50"), False, "numbers"),
        (("10", "relu", "x", "50"), False, "numbers"),
        (("10", "relu", "0.01", "500"), False, "numbers"),
        (("", "", "", ""), False, "numbers"),
    ],
)
def test_exercise_small(answers, right, say):
    verdict = questions.exercise_small(dict(zip(("units", "activation", "rate", "epochs"), answers, strict=True)))
    assert (verdict.right, verdict.say) == (right, say), verdict

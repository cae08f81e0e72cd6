"""Lesson 1.3: what is counted is counted again by brute force, and what is trained side by side is trained alone."""

from itertools import product

import numpy as np
import pytest

from vitral.course.lesson import lesson
from vitral.course.lessons.lesson_1_3 import counting, experiment, forward, points, questions, trained
from vitral.course.lessons.lesson_1_3.many import train_many
from vitral.course.lessons.lesson_1_3.shapes import folding, interpolating, n_pieces, n_regions, pieces, scattered
from vitral.foundations import MLP, optimizers, train, xor_network
from vitral.training import worker

CORNERS = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
XOR = np.array([0.0, 1.0, 1.0, 0.0])


@pytest.fixture
def panel():
    """A live panel, computed; nothing is compiled beforehand for whoever plays with it."""
    opened = []

    def show(name, language="es"):
        live = lesson("1.3", language).live(name)
        opened.append(live)
        for channel in live._warming:
            channel.close()
        return live.wait(120)

    yield show
    for live in opened:
        live.close()


def shown(live, kind):
    """The drawings of one kind; the panel must have computed."""
    assert live.status["state"] == "done", live.status
    return [drawing for drawing in live.drawings if drawing["kind"] == kind]


def bends_by_brute_force(network, low, high, n=400_001):
    """Pieces counted on a fine grid: a run of equal second differences that are not zero is one bend."""
    x = np.linspace(low, high, n)
    bent = np.abs(np.diff(network.predict(x[:, None])[:, 0], 2)) > 1e-9
    return 1 + int((np.diff(np.flatnonzero(bent)) > 1).sum() + bent.any())


# ---- what a network can draw


@pytest.mark.parametrize(("shape", "seed"), [((1, 1), 0), ((7,), 1), ((5, 4), 2), ((4, 4, 4), 3), ((2,) * 6, 8)])
def test_pieces_are_those_of_a_fine_grid(shape, seed):
    network = scattered((1, *shape, 1), seed)
    x, y = pieces(network, -2.0, 2.0)
    assert len(x) - 1 == bends_by_brute_force(network, -2.0, 2.0)
    between = np.linspace(-2, 2, 999)
    assert np.interp(between, x, y) == pytest.approx(network.predict(between[:, None])[:, 0], abs=1e-9)


@pytest.mark.parametrize("widths", [(2,), (2, 2, 2), (3,), (3, 3), (5, 2, 3), (1, 4)])
def test_folding_multiplies_the_pieces(widths):
    x, y = pieces(folding(widths))
    assert len(x) - 1 == np.prod(widths)
    assert x == pytest.approx(np.linspace(0, 1, len(x)), abs=1e-9)
    assert y == pytest.approx(np.arange(len(x)) % 2, abs=1e-9)  # from 0 to 1 and back, each time


def test_one_layer_never_has_more_than_one_piece_more_than_units():
    assert all(n_pieces(scattered((1, H, 1), s), -9, 9) <= H + 1 for H in (1, 3, 9) for s in range(100))


def test_the_network_made_by_hand_meets_the_function_at_its_corners():
    network = interpolating(np.cos, 7, -1.0, 3.0)
    corners = np.linspace(-1, 3, 8)
    assert network.predict(corners[:, None])[:, 0] == pytest.approx(np.cos(corners), abs=1e-12)
    assert network.n_parameters == 3 * 7 + 1


@pytest.mark.parametrize("width", [1, 2, 4, 5])
def test_regions_are_those_found_by_throwing_many_points(width):
    rng = np.random.default_rng(width)
    weights, biases = rng.normal(size=(2, width)), rng.normal(size=width)
    places = np.concatenate([rng.normal(0, scale, (60_000, 2)) for scale in (1.0, 10.0, 1000.0)])
    assert n_regions(weights, biases) == len(set(((places @ weights + biases > 0) @ 2 ** np.arange(width)).tolist()))


# ---- training


@pytest.mark.parametrize(("hidden", "classes"), [("tanh", True), ("relu", False)])
def test_many_networks_are_each_the_one_that_is_trained_alone(hidden, classes):
    many = train_many(CORNERS, XOR, width=3, seeds=(4, 9), steps=40, hidden=hidden, classes=classes)
    for r, seed in enumerate((4, 9)):
        network = MLP.create((2, 3, 1), hidden=hidden, output="sigmoid" if classes else "identity", seed=seed)
        loss, adam = "binary_cross_entropy" if classes else "mse", optimizers.Adam(learning_rate=0.05)
        alone = train(network, CORNERS, XOR[:, None], loss, optimizer=adam, epochs=40).network
        for ours, theirs in zip(many.weights, alone.weights, strict=True):
            assert ours[r] == pytest.approx(theirs, abs=1e-9)
        assert many.outputs[r] == pytest.approx(alone.predict(CORNERS)[:, 0], abs=1e-9)


def test_keras_and_the_foundations_compute_the_same_network():
    x, y = points.cloud("moons", 0.1)
    with worker.keras_turn():
        model = trained.build([2], "tanh")
        ours = trained.in_numpy(model.get_weights(), "tanh")
        assert ours.predict(x) == pytest.approx(np.asarray(model(x)), abs=1e-5)
    training = trained.learn(x, y, [2], "tanh", 0)
    assert len(training.networks) == 1 + len(trained.SNAPSHOTS)
    told = training.networks[-1].predict(x)[:, 0] > 0.5
    assert training.accuracies[-1] == pytest.approx((told == (y == 1)).mean(), abs=0.02)
    assert training.losses[-1] < 0.7 * training.losses[0]


def test_a_training_is_that_of_a_new_network_whatever_was_trained_before():
    x, y = points.cloud("circles", 0.08)
    first, other, again = (trained.learn(x, y, [2], "tanh", seed) for seed in (3, 4, 3))
    assert first.losses != other.losses
    with worker.keras_turn():
        from vitral import fit, keras

        keras.utils.set_random_seed(3)
        model = trained.compiled(trained.build([2], "tanh"))
        each_epoch = [keras.callbacks.Callback()]  # told of one at a time, as those that keep snapshots
        options = {"batch_size": trained.BATCH, "epochs": trained.SNAPSHOTS[-1], "callbacks": each_epoch}
        run = fit(model, x, y, seed=3, verbose=0, **options)
    assert first.losses == again.losses == run.history["loss"]
    for training in (first, again):
        for ours, theirs in zip(training.networks[-1].weights, model.get_weights(), strict=True):
            assert np.array_equal(ours, theirs)


def test_who_trains_or_builds_has_the_turn(monkeypatch):
    """Claims are measured without it: what needs it asks for it."""
    held = []

    def watched(function):
        def call(*arguments, **options):
            held.append(worker._turn._is_owned())
            return function(*arguments, **options)

        return call

    from vitral import keras

    monkeypatch.setattr(keras, "Sequential", watched(keras.Sequential))
    monkeypatch.setattr(trained, "fit_live", watched(trained.fit_live))
    x, y = points.cloud("circles", 0.08)
    trained.learn(x, y, [2], "tanh", 5)
    experiment.claim_count()
    assert len(held) >= 8
    assert all(held)


def test_counts_by_hand():
    assert counting.n_parameters((2, 3, 1)) == 13
    assert counting.keras_count((2, 3, 1)) == 13


def test_xor_by_hand_is_exact():
    assert forward.xor_by_hand().predict([[0, 0], [0, 1], [1, 0], [1, 1]])[:, 0].tolist() == [0, 1, 1, 0]


# ---- panels


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"width": 1, "depth": 0, "data": "xor", "noise": 0.0},
        {"width": 8, "depth": 4, "data": "spirals", "activation": "relu", "seed": 30, "noise": 0.3},
        {"width": 1e9, "depth": -3, "seed": 5.4, "data": "moons"},
    ],
)
def test_playground(panel, values):
    live = panel("playground")
    live.set(**values)
    (boundary,), (network,) = shown(live, "boundary"), shown(live, "network")
    assert np.shape(boundary["grid"]) == (9, 26, 26)
    assert len(network["weights"]) == len(network["biases"]) == len(network["names"]) - 1
    assert len(repr(live.drawings).replace(" ", "")) < 60_000


def test_playground_refuses_what_is_no_choice(panel):
    live = panel("playground")
    live.set(data="../../etc")
    assert live.status["state"] == "failed"
    assert "data must be one of circles, xor, moons, spirals" in live.status["message"]


def test_forward_pass_follows_the_edited_weights(panel):
    live = panel("forward")
    (note,), (steps,), (network,) = (shown(live, kind) for kind in ("note", "steps", "network"))
    assert note["tone"] == "good"
    assert network["frames"] == len(steps["lines"]) == len(network["lit"]) == 7
    assert [frame[0] for frame in network["activations"][2]] == [None] * 6 + [1]
    live.set(inputs=[1.0, 1.0], biases=[[0.0, -1.0], [0.25]], weights=[[[3.0, 1.0], [1.0, 1.0]], [[1.0], [-2.0]]])
    (note,), (network,) = shown(live, "note"), shown(live, "network")
    assert network["activations"][2][-1] == [pytest.approx(1 * 4 - 2 * 1 + 0.25)]
    assert note["tone"] == "info"


@pytest.mark.parametrize(
    "values",
    [
        {"weights": [[1.0]]},
        {"weights": [[[1.0, 2.0], [3.0]], [[1.0], [2.0]]]},
        {"weights": [[[1.0]], [[1.0]]], "biases": [[1.0], [1.0]]},
        {"weights": []},
        {"biases": [[0.0, "x"], [0.0]]},
        {"inputs": [1.0]},
        {"inputs": [[1.0, 2.0]]},
        {"inputs": 3.0},
    ],
)
def test_forward_pass_refuses_other_networks_in_a_sentence(panel, values):
    live = panel("forward")
    live.set(**values)
    assert live.status["state"] == "failed"
    assert "Error" not in live.status["message"]


@pytest.mark.parametrize("language", ["es", "en"])
def test_forward_pass_says_that_it_brings_numbers_in(panel, language):
    live = panel("forward", language)
    assert len(shown(live, "note")) == 1
    live.set(weights=[[[500.0, 1.0], [1.0, 1.0]], [[1.0], [-2.0]]], inputs=[0.0, -1e9])
    (network,), (_, note) = shown(live, "network"), shown(live, "note")
    assert network["weights"][0][0] == [100, 1]
    assert network["activations"][0][-1] == [0, -100]
    assert (note["text"], note["tone"]) == (lesson("1.4", language).block("live", "trace").words["clipped"], "warning")
    live.set(weights=[[[100.0, 1.0], [1.0, 1.0]], [[1.0], [-2.0]]], inputs=[0.0, 1.0])
    assert len(shown(live, "note")) == 1


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "step", "identity"])
def test_forward_pass_with_every_activation(panel, activation):
    live = panel("forward", "en")
    live.set(activation=activation, inputs=[100.0, -1e9])
    assert shown(live, "table")[0]["rows"][0][:2] == [0, 0]


@pytest.mark.parametrize("values", [{}, {"epoch": 0, "seed": 0}, {"epoch": 1000, "seed": 1000}])
def test_hidden_space(panel, values):
    live = panel("hidden")
    live.set(**values)
    before, after = shown(live, "boundary")
    assert np.shape(before["grid"]) == np.shape(after["grid"]) == (32, 32)
    assert np.abs(after["points"]).max() <= 1


def test_the_hidden_layer_parts_the_classes_where_training_got_there(panel):
    live = panel("hidden")
    (readout,) = shown(live, "readout")
    assert [item[1] for item in readout["items"]] == [0, "no", "sí"]


@pytest.mark.parametrize("values", [{}, {"inputs": 784, "width": 128, "depth": 6, "outputs": 10}, {"depth": 0}])
def test_count(panel, values):
    live = panel("count")
    live.set(**values)
    (readout,) = shown(live, "readout")
    assert readout["items"][0][1] == readout["items"][1][1]


@pytest.mark.parametrize(("function", "width"), list(product(("sine", "bump", "jump"), (1, 32))))
def test_waves(panel, function, width):
    live = panel("waves")
    live.set(function=function, width=width, seed=30)
    by_hand, trained = shown(live, "curves")[0]["series"][1:]
    assert len(by_hand["y"]) == len(trained["y"]) == 65
    assert None not in trained["y"]


@pytest.mark.parametrize("depth", [1, 8])
def test_folds(panel, depth):
    live = panel("folds")
    live.set(depth=depth)
    rows = shown(live, "table")[0]["rows"]
    assert rows[0][1:] == [2 * depth, 4 + 6 * (depth - 1) + 3, 2**depth]
    assert rows[3][1] == 2**depth - 1


# ---- questions


@pytest.mark.parametrize("name", sorted(experiment.PREDICTIONS))
def test_predictions_answer_one_of_the_options(name):
    revealed = experiment.PREDICTIONS[name]()
    for language in ("es", "en"):
        assert revealed.answer in lesson("1.3", language).block("predict", name).words


@pytest.mark.parametrize(
    ("answer", "right", "say"),
    [
        ("109386", True, "right"),
        (" 109 386 ", True, "right"),
        ("109.386", True, "right"),
        ("109,386", True, "right"),
        ("109184", False, "biases"),
        ("100480", False, "more"),
        ("200000", False, "less"),
        ("mil", False, "number"),
        ("", False, "number"),
        ("-5", False, "number"),
        ("10938.6", False, "number"),
    ],
)
def test_exercise_count(answer, right, say):
    verdict = experiment.exercise_count({"n": answer})
    assert (verdict.right, verdict.say) == (right, say)


def as_text(unit):
    return " ".join(str(number) for number in (*unit.weights, unit.bias))


@pytest.mark.parametrize(
    ("units", "right", "say"),
    [
        (("1 1 -0.5", "-1 -1 1.5", "1 1 -1.5"), True, "right"),
        (("1 -1 -0.5", "-1 1 -0.5", "1 1 -0.5"), True, "right"),  # one of them, each in its own unit
        (("1, 1, -1.5", "1; 1; -0.5", "−2 1 −0.5"), True, "right"),
        (("1 1 -0,5", "-1; -1; 1,5", "1,1,-1.5"), True, "right"),
        (("1 1 -1/2", " -1\t-1  3/2 ", "1 1 -1,5"), True, "right"),
        (tuple(as_text(u) for u in (*xor_network().hidden, xor_network().output)), True, "right"),
        (("1 1 -0.5", "1 1 -0.5", "1 1 -0.5"), False, "row"),
        (("0 0 0", "0 0 0", "0 0 0"), False, "row"),
        (("1 1", "1 1 1", "1 1 1"), False, "three"),
        (("1 1 1 1", "1 1 1", "1 1 1"), False, "three"),
        (("1e300 1 1", "1 1 1", "1 1 1"), False, "three"),
        (("1 1 x", "1 1 1", "1 1 1"), False, "three"),
        (("", "", ""), False, "three"),
        (("nan 1 1", "1 1 1", "1 1 1"), False, "three"),
        (("1e400 1 1", "1 1 1", "1 1 1"), False, "three"),
    ],
)
def test_exercise_xor(units, right, say):
    verdict = experiment.exercise_xor(dict(zip(("first", "second", "output"), units, strict=True)))
    assert (verdict.right, verdict.say) == (right, say)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1 1 -0,5", [1, 1, -0.5]),
        ("1,1,-0.5", [1, 1, -0.5]),
        ("1, 1, −0.5", [1, 1, -0.5]),
        ("0,5; 1; 2", [0.5, 1, 2]),
        (" 3 ", [3]),
        ("1/2", [0.5]),
    ],
)
def test_numbers_of_one_field(text, numbers):
    assert questions.numbers_of(text).tolist() == numbers


@pytest.mark.parametrize("text", ["", " ", ",", ";", "uno", "1 uno", "1e6", "nan", "2.5.1"])
def test_what_is_no_list_of_numbers(text):
    assert questions.numbers_of(text) is None


def test_exercise_xor_says_which_row_fails():
    verdict = experiment.exercise_xor({"first": "1 1 -0.5", "second": "1 1 -0.5", "output": "1 1 -0.5"})
    assert verdict.values == {"x1": 1, "x2": 1, "y": 1, "t": 0, "n": 1}


@pytest.mark.parametrize(
    ("widths", "right", "say"),
    [
        ("2 2 2 2 2 2 2 2 2 2", True, "right"),
        ("3 3 3 3 3 3 3", True, "right"),
        ("4,4,4,4,4", True, "right"),
        ("4, 4, 4; 4, 4", True, "right"),
        ("2,5 2", False, "numbers"),
        (" , ", False, "numbers"),
        ("4 4 4 2 2 2", False, "few"),
        ("2 2 2", False, "few"),
        ("33", False, "many"),
        ("99999", False, "many"),
        ("5 5 5", False, "few"),
        ("1 1 1", False, "few"),
        ("2 2.5", False, "numbers"),
        ("-2 2", False, "numbers"),
        ("dos", False, "numbers"),
        ("", False, "numbers"),
    ],
)
def test_exercise_fold(widths, right, say):
    verdict = experiment.exercise_fold({"widths": widths})
    assert (verdict.right, verdict.say) == (right, say)


@pytest.mark.parametrize("name", sorted(experiment.EXERCISES))
def test_every_sentence_of_an_exercise_can_be_filled(name):
    answers = {
        "count": [{"n": n} for n in ("109386", "109184", "1", "999999", "x")],
        "xor": [dict.fromkeys(("first", "second", "output"), text) for text in ("1 1 -0.5", "1")]
        + [{"first": "1 1 -0.5", "second": "-1 -1 1.5", "output": "1 1 -1.5"}],
        "fold": [{"widths": w} for w in ("2 " * 10, "x", "99", "2")],
    }
    for language in ("es", "en"):
        exercise, said = lesson("1.3", language).exercise(name), set()
        for answer in answers[name]:
            said.add(exercise.answer(**answer)["sentence"])
        assert len(said) == len(lesson("1.3", language).block("exercise", name).words)

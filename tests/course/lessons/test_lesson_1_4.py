"""Lesson 1.4 against arithmetic by hand, central differences, brute force, and what a reader may do to it."""

import threading

import numpy as np
import pytest

from vitral.course import lesson
from vitral.course.lessons.lesson_1_4 import (
    claims_gradient,
    differences,
    networks,
    paths,
    programs,
    questions,
    routes,
    step,
    symmetry,
    telling,
    walk,
    xor,
)
from vitral.course.lessons.lesson_1_4.experiment import EXERCISES, LIVE, PREDICTIONS
from vitral.foundations import MLP, backprop
from vitral.training import CancelledError, Task

GIVEN = {"given": "{x} {t}"}


def text_of(line):
    return "".join(part for part, _ in line)


@pytest.fixture(scope="module", params=["es", "en"])
def told(request):
    return lesson("1.4", request.param)


# ---- the trace


def test_the_trace_of_round_numbers_is_what_one_finds_by_hand():
    network = networks.network_of([np.array(w) for w in networks.ROUND_WEIGHTS], "sigmoid", "sigmoid")
    result, story = telling.tell(network, networks.ROUND_X, networks.ROUND_T, "mse", GIVEN)
    assert result.loss == 0.25
    lines = [text_of(line) for line in story.lines]
    assert lines[0] == "(2, 1) 1"
    assert lines[1] == "z₁⁽¹⁾ = w₁₁⁽¹⁾·x₁ + w₂₁⁽¹⁾·x₂ + b₁⁽¹⁾ = 1·2 + (−2)·1 + 0 = 0"
    assert lines[7] == "L = (a⁽²⁾ − t)² = (0.5 − 1)² = 0.25"
    assert lines[10] == "δ⁽²⁾ = ∂L/∂a⁽²⁾·σ′(z⁽²⁾) = (−1)·0.25 = −0.25"
    assert lines[16] == "δ₁⁽¹⁾ = ∂L/∂a₁⁽¹⁾·σ′(z₁⁽¹⁾) = (−0.5)·0.25 = −0.125"
    assert lines[20] == "∂L/∂w₁₁⁽¹⁾ = x₁·δ₁⁽¹⁾ = 2·(−0.125) = −0.25"
    assert story.culprit == ("w₁₁⁽¹⁾", 1.0, -0.25)


@pytest.mark.parametrize("shape", networks.SHAPES)
@pytest.mark.parametrize("hidden", networks.HIDDEN)
@pytest.mark.parametrize("ending", networks.OUTPUTS)
def test_the_trace_ends_with_the_gradients_that_differences_find(shape, hidden, ending):
    output, loss = networks.OUTPUTS[ending]
    network = networks.network_of(networks.first_weights(shape), hidden, output)
    x, t = [0.7, -1.3], 0.25
    _, story = telling.tell(network, x, t, loss, GIVEN)
    numeric = differences.differences(differences.loss_of(network, [x], [[t]], loss), network.weights)
    for layer, (weights, biases) in enumerate(zip(numeric[::2], numeric[1::2], strict=True)):
        np.testing.assert_allclose(story.weight_gradients[layer][-1], weights, atol=1e-7)
        np.testing.assert_allclose(story.deltas[layer + 1][-1], biases, atol=1e-7)
    told = sorted(gradient for *_, gradient in story.parameters)
    np.testing.assert_allclose(told, np.sort(np.concatenate([g.ravel() for g in numeric])), atol=1e-7)
    assert len(story.parameters) == network.n_parameters
    assert len(story.lines) <= 60
    assert {len(part) for part in (story.lit, *story.activations, *story.deltas)} == {len(story.lines)}


def test_a_frame_knows_only_what_has_been_computed():
    network = networks.network_of(networks.first_weights("2-2-1"), "sigmoid", "sigmoid")
    _, story = telling.tell(network, (1, 2), 1.0, "mse", GIVEN)
    known = [np.isfinite(np.concatenate([a[f] for a in story.activations])).sum() for f in range(len(story.lines))]
    assert known[0] == 2
    assert known[2] == 3
    assert known[6] == known[-1] == 5
    owed = [np.isfinite(np.concatenate([d[f] for d in story.deltas])).sum() for f in range(len(story.lines))]
    assert max(owed[:10]) == 0
    assert owed[10] == 1
    assert owed[-1] == 3
    assert np.isnan(story.weight_gradients[0][19]).all()
    assert np.isfinite(story.weight_gradients[0][-1]).all()


def test_a_parameter_is_found_in_the_line_that_says_its_name():
    network = networks.network_of(networks.first_weights("2-3-1"), "tanh", "sigmoid")
    _, story = telling.tell(network, (1, 2), 1.0, "binary_cross_entropy", GIVEN)
    for (name, *_), found in zip(story.parameters, story.found, strict=True):
        assert text_of(story.lines[found]).startswith(f"∂L/∂{name} = ")


def test_every_line_lights_what_it_speaks_of():
    network = networks.network_of(networks.first_weights("2-2-2-1"), "tanh", "sigmoid")
    _, story = telling.tell(network, (1, 2), 1.0, "binary_cross_entropy", GIVEN)
    sizes = networks.SHAPES["2-2-2-1"]
    for lit in story.lit:
        assert lit
        for kind, layer, *where in lit:
            if kind == "weight":
                assert where[0] < sizes[layer]
                assert where[1] < sizes[layer + 1]
            else:
                assert where[0] < sizes[layer + (kind == "bias")]
    last = text_of(story.lines[-1])
    assert last.startswith("∂L/∂b₂⁽¹⁾")
    assert ["bias", 0, 1] in story.lit[-1]


# ---- the panels


@pytest.mark.parametrize("name", LIVE)
def test_every_panel_computes_at_the_ends_of_its_controls(told, name):
    panel = told.live(name).wait()
    try:
        assert panel.status["state"] == "done", panel.status
        for control in panel.controls:
            ends = {
                "slider": lambda c: [c["low"], c["high"]],
                "menu": lambda c: [key for key, _ in c["options"]],
                "button": lambda _: [1],
                "hidden": lambda _: [],
            }[control["kind"]](control)
            if told.language == "en" and control["kind"] != "menu":
                continue  # the same numbers as in Spanish
            for value in ends:
                panel.set(**{control["name"]: value})
                assert panel.status["state"] == "done", (control["name"], value, panel.status)
            panel.set(**{control["name"]: control["value"]})
    finally:
        panel.close()


@pytest.mark.parametrize(
    "hostile",
    [
        {"weights": [[1e9, 1], "x"]},
        {"weights": []},
        {"weights": [[[1.0, 2.0], [3.0]], [[1.0], [2.0]]]},
        {"x": [1.0, 2.0, 3.0]},
        {"x": [[1.0], [2.0]]},
        {"biases": [[1e9, 0.0], [0.0]], "loss": "linear", "hidden": "identity"},
        {"shape": "9-9"},
        {"step": 10**9, "rate": 100},
    ],
)
def test_hostile_values_get_a_drawing_or_a_sentence(hostile):
    panel = lesson("1.4", "es").live("trace").wait().set(**hostile)
    assert panel.status["state"] in ("done", "failed")
    if panel.status["state"] == "failed":
        assert "must" in panel.status["message"]
    panel.close()


def test_the_button_takes_steps_and_an_edit_goes_on_from_there():
    panel = lesson("1.4", "en").live("trace").wait()
    network = networks.network_of(networks.first_weights("2-2-1"), "sigmoid", "sigmoid")
    for _ in range(2):
        gradients = backprop(network, [list(networks.FIRST_X)], [[1.0]], "mse").gradients
        network = network.with_weights([w - g for w, g in zip(network.weights, gradients, strict=True)])
    panel.set(step=1)
    panel.set(step=2)
    np.testing.assert_allclose(panel.drawings[0]["weights"][0], network.weights[0], rtol=1e-5)
    # A later rate does not change steps that were taken.
    panel.set(rate=5.0)
    np.testing.assert_allclose(panel.drawings[0]["weights"][0], network.weights[0], rtol=1e-5)
    edited = [[list(row) for row in w] for w in panel.values["weights"]]
    edited[0][0][0] = 3.0
    panel.set(weights=edited)
    shown = np.array(panel.drawings[0]["weights"][0])
    assert shown[0, 0] == 3.0
    np.testing.assert_allclose(shown.ravel()[1:], network.weights[0].ravel()[1:], rtol=1e-5)
    first = {c["name"]: c["value"] for c in panel.controls}
    panel.set(weights=first["weights"], biases=first["biases"], step=0)
    np.testing.assert_allclose(panel.drawings[0]["weights"][0], networks.FIRST_WEIGHTS[0])
    panel.close()


def test_an_older_press_that_comes_late_leaves_the_walk_alone():
    steps, start = walk.Walk(), [np.array([1.0])]
    older, newer = Task(), Task()
    older.cancel()
    steps.go(start, 0, lambda w: [w[0] + 1], Task())
    assert steps.go(start, 2, lambda w: [w[0] + 1], newer)[0] == 3
    with pytest.raises(CancelledError):
        steps.go(start, 1, lambda w: [w[0] + 1], older)
    assert steps.go(start, 3, lambda w: [w[0] + 1], Task())[0] == 4


def test_nothing_is_told_before_it_is_found():
    panel = lesson("1.4", "es").live("trace").wait()
    assert not panel.player.get("autoplay")
    table = next(drawing for drawing in panel.drawings if drawing["kind"] == "table")
    _, slopes, after = table["rows"]
    network = networks.network_of(networks.first_weights("2-2-1"), "sigmoid", "sigmoid")
    gradients = backprop(network, [list(networks.FIRST_X)], [[networks.FIRST_T]], "mse").gradients
    for told in (*slopes[1:], *after[1:]):
        assert len(told) == table["frames"]
        assert set(told[:11]) == {"?"}  # forward, the loss, and the output's delta
    np.testing.assert_allclose([cell[-1] for cell in slopes[1:3]], gradients[2][:, 0], rtol=1e-5)
    stepped = network.weights[2] - gradients[2]
    np.testing.assert_allclose([cell[-1] for cell in after[1:3]], stepped[:, 0], rtol=1e-5)
    panel.close()


@pytest.mark.parametrize("name", ["trace", "worked"])
def test_a_number_beyond_the_limits_is_brought_in_and_the_reader_told(told, name):
    panel = told.live(name).wait()
    assert panel.drawings[-1]["kind"] != "note"
    far = [[[1e9, -1.0], [1.0, 0.5]], [[-1.0], [0.5]]]
    panel.set(weights=far, x=[1.0, -200.0])
    assert panel.drawings[0]["weights"][0][0][0] == 100
    assert panel.drawings[0]["activations"][0][-1] == [1, -100]
    assert panel.drawings[-1]["text"] == told.block("live", name).words["clipped"]
    far[0][0][0] = 100.0
    panel.set(weights=far, x=[1.0, 2.0])
    assert panel.drawings[-1]["kind"] != "note"
    panel.close()


def test_a_rate_far_too_large_is_told_in_words():
    told = lesson("1.4", "es")
    panel = told.live("trace").wait()
    panel.set(loss="linear", hidden="identity", rate=100.0)
    for press in range(1, 8):
        panel.set(step=press)
    assert panel.status["state"] == "done"
    assert panel.drawings[0]["kind"] == "note"
    assert panel.drawings[0]["tone"] == "warning"
    assert panel.drawings[0]["text"] == told.block("live", "trace").words["lost"]
    panel.close()


def test_payloads_stay_small():
    for name in LIVE:
        panel = lesson("1.4", "es").live(name).wait()
        assert len(str(panel.drawings)) < 60_000
        panel.close()


# ---- paths


@pytest.mark.parametrize("sizes", [(2, 1), (3, 2, 2), (2, 3, 2, 2), (1, 2, 3, 4, 1)])
def test_products_are_what_counting_finds(sizes):
    network = MLP.create(sizes, hidden="sigmoid", output="sigmoid", seed=3)
    result = backprop(network, np.ones((1, sizes[0])), np.zeros((1, sizes[-1])), "mse")
    walked, products, _ = paths.by_paths(result)
    shared, fewer = paths.by_layers(result)
    assert paths.costs(sizes)["paths"] == products
    assert paths.costs(sizes)["layers"] == fewer
    assert differences.relative_error(walked, result.gradients) < 1e-14
    assert differences.relative_error(shared, result.gradients) < 1e-14
    assert paths.costs(sizes)["parameters"] == network.n_parameters
    assert paths.costs(sizes)["routes"] == len(list(routes.routes(sizes, 10**6)))


# ---- doubt


def test_one_sided_differences_of_a_parabola_are_off_by_h():
    found = differences.one_sided(lambda arrays: float((arrays[0] ** 2).sum()), [np.array([0.5, -0.25])], 0.125)
    np.testing.assert_allclose(found[0], [1.0 + 0.125, -0.5 + 0.125])


def test_without_a_mistake_the_judged_program_is_backpropagation():
    network = xor.xor_network("sigmoid", 5)
    right = backprop(network, xor.XOR_X, xor.XOR_T, "mse").gradients
    found = programs.buggy_gradients(network, xor.XOR_X, xor.XOR_T, "mse", "none")
    for a, b in zip(found, right, strict=True):
        np.testing.assert_array_equal(a, b)


def test_jax_in_float64_leaves_other_threads_and_the_configuration_alone():
    import jax.numpy as jnp

    network = xor.xor_network("tanh", 1)
    seen, stop = set(), threading.Event()

    def look():
        while not stop.wait(0.001):
            seen.add(str(jnp.asarray(np.ones(2)).dtype))

    other = threading.Thread(target=look)
    other.start()
    found = claims_gradient.jax_gradients(network, xor.XOR_X, xor.XOR_T, "binary_cross_entropy")
    stop.set()
    other.join()
    assert {g.dtype for g in found} == {np.dtype("float64")}
    assert seen == {"float32"} == {str(jnp.asarray(np.ones(2)).dtype)}
    right = backprop(network, xor.XOR_X, xor.XOR_T, "binary_cross_entropy").gradients
    assert differences.relative_error(right, found) < 1e-12


@pytest.mark.parametrize(
    ("program", "passes"),
    [("A", [False, False, True, True]), ("B", [True] * 4), ("C", [True, False, True, False]), ("D", [False] * 4)],
)
@pytest.mark.parametrize("seed", [0, 2, 17])
def test_the_judge_finds_where_each_program_is_wrong(program, passes, seed):
    rows, fine = programs.program_table(program, seed)
    assert [row[-1] for row in rows] == passes
    assert fine == all(passes)


# ---- questions


@pytest.mark.parametrize("name", PREDICTIONS)
def test_the_measured_answer_is_one_of_the_options(told, name):
    prediction = told.prediction(name)
    assert prediction.reveal().wait(60)
    assert prediction.answer in dict(told.block("predict", name).words)
    assert not prediction.failure
    assert "{" not in prediction.sentence
    prediction.close()


def say(name, **answers):
    verdict = EXERCISES[name](answers)
    return verdict.right, verdict.say


def test_the_delta_by_hand():
    assert questions.hand_delta() == pytest.approx((0.112, 0.336))
    assert say("delta", delta="0,112", gradient="0.336") == (True, "right")
    assert say("delta", delta="0.112", gradient="0.112") == (False, "gradient")
    assert say("delta", delta="0.7", gradient="2.1") == (False, "slope")
    assert say("delta", delta="0.56", gradient="1") == (False, "activation")
    assert say("delta", delta="−0.016", gradient="1") == (False, "sign")
    assert say("delta", delta="0.048", gradient="1") == (False, "one")
    assert say("delta", delta="5", gradient="1") == (False, "wrong")
    assert say("delta", delta="", gradient="1") == (False, "number")
    # Independent: a network of which this unit is a part, by central differences.
    unit = MLP.create((1, 1, 2), hidden="sigmoid").with_weights(
        [np.array([[0.1]]), np.array([np.log(4) - 0.3]), np.array([questions.HAND_W]), np.zeros(2)]
    )
    pull = np.array(questions.HAND_DELTAS)
    slope = differences.differences(
        lambda w: float(unit.with_weights(w).predict([[questions.HAND_X]])[0] @ pull), unit.weights
    )
    assert slope[0][0, 0] == pytest.approx(0.336, abs=1e-8)
    assert slope[1][0] == pytest.approx(0.112, abs=1e-8)


@pytest.mark.parametrize(("x1", "x2"), [("2", "-3"), ("-10", "−1"), ("0.5", "-0.25"), ("-4", "1,5")])
def test_many_inputs_free_the_culprit(x1, x2):
    assert say("zero", x1=x1, x2=x2) == (True, "right")


@pytest.mark.parametrize(
    ("x1", "x2", "why"),
    [("1", "2", "alive"), ("0", "-3", "small"), ("20", "-30", "outside"), ("a", "1", "number"), ("nan", "1", "number")],
)
def test_other_inputs_do_not(x1, x2, why):
    assert say("zero", x1=x1, x2=x2) == (False, why)


def test_the_four_programs():
    assert say("programs", a="f′", b="✓", c="1/N", d="−1") == (True, "right")
    assert say("programs", a="−1", b="✓", c="1/N", d="f′") == (False, "some")
    assert say("programs", a="f′", b="", c="✓", d="−1") == (False, "innocent")


@pytest.mark.parametrize("name", EXERCISES)
def test_every_verdict_has_its_sentence_and_every_choice_is_known(told, name):
    block = told.block("exercise", name)
    assert set(block.words) >= {"right"}
    for _, choices in block.fields.values():
        assert set(choices) in (set(), set(questions.SIGNS.values()))
    exercise = told.exercise(name)
    verdict = exercise.answer(**dict.fromkeys(block.fields, "?"))
    assert not verdict["right"]
    assert "{" not in verdict["sentence"]
    exercise.close()


# ---- learning


def test_equal_units_stay_one_and_a_hundredth_parts_them():
    equal, almost = (symmetry.learn_xor(symmetry.start_of(start, "tanh")) for start in ("equal", "almost"))
    columns = equal.network.weights[0]
    assert (columns == columns[:, :1]).all()
    assert equal.losses[-1] > 0.4
    assert almost.losses[-1] < 0.1
    assert np.ptp(almost.network.weights[0], axis=1).max() > 0.1


def test_a_step_promises_what_a_small_one_keeps():
    losses, before, square = step.along(xor.xor_network(), xor.XOR_X, xor.XOR_T, "binary_cross_entropy", [1e-4, 10.0])
    assert (before - losses[0]) / 1e-4 == pytest.approx(square, rel=1e-2)
    assert losses[1] > before

"""What cannot be measured is refused in one sentence that names the argument, the rule, the value and the remedy."""

import jax
import keras
import numpy as np
import pytest
from probing import build, labels, rows

from vitral import _keras, probes
from vitral._errors import ArgumentError, ShapeError, UnknownNameError


@pytest.mark.parametrize("kind", [probes.Weights, probes.Gradients, probes.Activations, probes.Updates])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"every": 0}, "every must be a whole number of at least 1: got 0"),
        ({"every": 1.5}, "every must be a whole number"),
        ({"every": True}, "every must be a whole number"),
        ({"every": -1}, "every must be a whole number of at least 1: got -1. 1 measures each time"),
        ({"every": None}, "every must be a whole number of at least 1: got None"),
        ({"every": "2"}, "every must be a whole number of at least 1: got '2'"),
        ({"every": float("nan")}, "every must be a whole number of at least 1: got nan"),
        ({"unit": "batches"}, "unit must be one of the known names: got 'batches'.*Known: epochs, steps"),
        ({"unit": "epoch"}, "Did you mean 'epochs'"),
        ({"unit": "Steps"}, "unit must be .* got 'Steps'. Did you mean 'steps'"),
        ({"unit": None}, "unit must be one of the known names: got None. Known: epochs, steps"),
        ({"layers": 3}, "layers must be a list of names of layers: got 3"),
        ({"layers": []}, "Leave it out to measure all"),
        ({"layers": [3]}, "layers must be a list of names"),
        ({"layers": b"dense"}, "layers must be a list of names"),
        ({"layers": ""}, "layers must be a list of names of layers: got ''"),
        ({"layers": [["hidden"]]}, r"layers must be a list of names of layers: got \[\['hidden'\]\]"),
        ({"layers": {"hidden": 1}}, "layers must be a list of names of layers: got {'hidden': 1}"),
        ({"layers": ["a", "b", "a"]}, "layers must name each layer once: got 'a' twice. Drop one."),
        ({"layers": {"hidden"}}, "layers must be a list of names of layers: got {'hidden'}"),
    ],
)
def test_a_probe_s_arguments(kind, arguments, words):
    with pytest.raises(ArgumentError, match=words):
        kind(**arguments)


def test_a_probe_is_a_value():
    assert probes.Weights(layers=["a"]) == probes.Weights(layers=("a",)) == probes.Weights(layers="a")
    assert hash(probes.Updates(every=2)) == hash(probes.Updates(every=2))
    with pytest.raises(AttributeError):
        probes.Weights().every = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        probes.Weights(["a"])  # type: ignore[misc]


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("every", "probes must be \"all\" or a list of probes: got 'every'"),
        ([], "probes must be"),
        ([3], r"probes must be .* got \[3\]"),
        (None, "probes must be .* got None"),
        (probes.Weights, "probes must be"),
        ("All", "probes must be \"all\" or a list of probes: got 'All'. Did you mean 'all'\\?"),
        ("weights", r"got 'weights'. Did you mean \[vitral\.probes\.Weights\(\)\]\?"),
        ("gradient", r"got 'gradient'. Did you mean \[vitral\.probes\.Gradients\(\)\]\?"),
        (["all"], r"probes must be .* got \['all'\]"),
        (["weights"], r"probes must be .* got \['weights'\]\. As in probes=\[vitral.probes.Weights\(\)\]"),
        ([probes.Weights, probes.Updates], r"probes must be .* got \[<class .*Weights\(\)"),
        ({"weights": 1}, "probes must be .* got {'weights': 1}"),
        (True, "probes must be .* got True"),
        ([probes.Weights(), None], "probes must be .* None"),
        (
            [probes.Weights(), probes.Weights(layers=["hidden"])],
            "each thing once: got two .* weights of 'hidden/kernel'",
        ),
        (probes.Weights(layers=["hiden"]), r"Weights\.layers must name layers .* got 'hiden'. Did you mean 'hidden'"),
        (probes.Weights(layers="nothing"), r"got 'nothing'\. Known: hidden/bias, hidden/kernel"),
        (probes.Updates(layers="Hidden"), "Updates.layers .* got 'Hidden'. Did you mean 'hidden'"),
        (probes.Gradients(layers="hidden/bais"), "Gradients.layers .* Did you mean 'hidden/bias'"),
        (probes.Activations(layers="hidden/kernel"), "Activations.layers .* Did you mean 'hidden'"),
        (probes.Activations(layers=["otu"]), r"Activations\.layers .* Did you mean 'out'\? Known: hidden, out"),
    ],
)
def test_what_is_no_list_of_probes_or_finds_nothing(what, words):
    model, batch = build("dense")
    with pytest.raises(ArgumentError, match=words):
        probes.plan(model, what, batch)


def test_an_unknown_layer_is_an_unknown_name():
    model, batch = build("dense")
    with pytest.raises(UnknownNameError):
        probes.plan(model, probes.Gradients(layers=["hidden", "nowhere"]), batch)
    assert all(type(layer) in (keras.layers.Dense,) for layer in model.layers)


def test_a_model_that_is_not_compiled_or_none():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)], name="raw")
    batch = (rows(4, 4), rows(4, 3))
    with pytest.raises(ArgumentError, match="model must be compiled before it can be probed: got 'raw'"):
        probes.plan(model, "all", batch)
    with pytest.raises(ArgumentError, match=r"model must be a keras\.Model: got a Dense"):
        probes.plan(model.layers[0], "all", batch)


def test_a_batch_of_another_shape():
    model, (x, y, _) = build("dense")
    plan = probes.plan(model, probes.Weights(), (x, y))
    state = _keras.state_of(model)
    with pytest.raises(ShapeError, match=r"shapes that were planned: got \(9, 4\) instead of \(10, 4\)"):
        plan.measure(state, (x[:9], y[:9]))
    with pytest.raises(ShapeError, match="another structure"):
        plan.measure(state, (x, y, np.ones(10, "float32")))
    with pytest.raises(ShapeError, match="planned"):
        jax.jit(plan.measure)((state[0][:2], *state[1:]), (x, y))


def test_a_train_step_that_hides_its_gradient():
    class Hidden(keras.Model):
        def train_step(self, state, data):
            return {"loss": 0.0}, state

    x = keras.Input((4,))
    model = Hidden(x, keras.layers.Dense(3, name="out")(x))
    model.compile("sgd", "mse")
    batch = (rows(4, 4), rows(4, 3))
    with pytest.raises(ArgumentError, match=r"train_step does not call self\.optimizer\.stateless_apply"):
        probes.plan(model, probes.Gradients(), batch)
    assert probes.plan(model, [probes.Weights(), probes.Activations()], batch).entries[-1] == ("activations", "out")


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda r: r.histogram("hiden", "weights"), "layer must name .* got 'hiden'. Did you mean 'hidden'"),
        (lambda r: r.histogram("hidden/kernel", "weight"), "probe must be .* got 'weight'. Did you mean 'weights'"),
        (lambda r: r.histogram("hidden", None), "probe must be .* got None. Known: weights"),
        (
            lambda r: r.histogram("hidden", "weights", epoch=7),
            "epoch must be one after which .* got 7. Known epochs: 0, 1",
        ),
        (lambda r: r.histogram("hidden", "weights", epoch="last"), "epoch must be one after which .* got 'last'"),
        (lambda r: r.get("weights", "hidden/kernel", "men"), "quantity must be .* got 'men'. Did you mean 'mean'"),
        (lambda r: r.get("weights", "hidden", "mean"), "layer must be .* got 'hidden'. Did you mean 'hidden/"),
        (lambda r: r.layers("activations"), "probe must be .* got 'activations'. Known: weights"),
        (lambda r: r.at("weights", 3), "layer must be .* got 3"),
    ],
)
def test_what_a_recording_does_not_hold(ask, words):
    model, (x, y, _) = build("dense")
    recorder = probes.Recorder(probes.Weights(), x, y)
    model.fit(x, y, verbose=0, callbacks=[recorder])
    with pytest.raises(ArgumentError, match=words) as caught:
        ask(recorder.recording)
    assert "\n" not in str(caught.value)


def test_a_recorder_s_arguments():
    with pytest.raises(ArgumentError, match="probes must be"):
        probes.Recorder("some", rows(4, 4))
    with pytest.raises(ArgumentError, match="must be arrays"):
        probes.Recorder("all", None)
    model, (x, y, _) = build("dense")
    with pytest.raises(UnknownNameError, match="Did you mean 'hidden'"):
        model.fit(x, y, verbose=0, callbacks=[probes.Recorder(probes.Weights(layers=["hiden"]), x, y)])


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ([probes.Weights(), probes.Weights()], "the weights of every layer"),
        ([probes.Gradients(), probes.Updates(), probes.Gradients(every=2)], "the gradients of every layer"),
        ([probes.Updates(layers="b"), probes.Updates(layers=["a", "b"])], "the updates of 'b'"),
    ],
)
def test_two_that_measure_the_same_are_refused_without_a_model(what, words):
    with pytest.raises(ArgumentError, match=f"probes must measure each thing once: got two that measure {words}. Drop"):
        probes.Recorder(what, rows(4, 4))


def test_two_of_a_kind_may_look_at_different_layers():
    both = [probes.Weights(layers="a"), probes.Weights(layers="b", every=2), probes.Gradients(layers="a")]
    assert probes.Recorder(both, rows(4, 4))._probes == tuple(both)


@pytest.mark.parametrize(
    ("x", "y", "weight", "words"),
    [
        (rows(4, 4), labels(5, 3), None, "y must have one row per row of x: x has 4 rows, y has 5"),
        (rows(4, 4), labels(4, 3), np.ones(3), "sample_weight must have one row per row of x: x has 4 rows, .* has 3"),
        (rows(4, 4)[:0], None, None, r"x must not be empty: got shape \(0, 4\)"),
        (rows(4, 4)[:0], labels(4, 3)[:0], None, r"x must not be empty: got shape \(0, 4\)"),
        (rows(4, 4) * np.nan, None, None, "x "),
    ],
)
def test_rows_that_are_none_or_do_not_go_together(x, y, weight, words):
    with pytest.raises(ArgumentError, match=words) as caught:
        probes.Recorder("all", x, y, sample_weight=weight)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("n_x", "n_y", "words"),
    [
        (0, 0, r"batch must have at least one row: got shape \(0, 4\)\. 100 to 200"),
        (4, 5, r"batch must have arrays with the same number of rows: got 4 and 5\. Take"),
        (None, None, r"batch must have at least one row: got shape \(\)\."),
    ],
)
def test_a_batch_without_rows_or_of_unequal_ones(n_x, n_y, words):
    model, (x, y, _) = build("dense")
    batch = (np.float32(1), np.float32(1)) if n_x is None else (x[:n_x], y[:n_y])
    with pytest.raises(ShapeError, match=words) as caught:
        probes.plan(model, "all", batch)
    assert "\n" not in str(caught.value)

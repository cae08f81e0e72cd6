"""What a plan measures against the slow way, for models of many kinds."""

import gc
import threading
import weakref

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from probing import FAST, KINDS, build, check, check_exactly, labels, measure, rows, steps, trainable, values

from vitral import _keras, probes

layers = keras.layers


# ---------------------------------------------------------------- weights, gradients, updates


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_the_model_s(kind):
    model, _, recording = values(kind)
    assert len(recording.layers("weights")) == len(model.weights)
    ours = {id(v): name for name, v in zip(trainable(model), model.trainable_variables, strict=True)}
    for variable in model.trainable_variables:
        name, array = ours[id(variable)], np.asarray(variable.value)
        check_exactly(recording, "weights", name, array)
        assert name.endswith(variable.name)


_QUICK = ("dense", "several", "pictures")


@pytest.mark.parametrize("kind", [pytest.param(k, marks=[pytest.mark.slow] * (k not in _QUICK)) for k in KINDS])
def test_gradients_are_those_of_keras_s_own_step(kind):
    """Plain gradient descent at rate 1 moves each weight by its gradient."""
    model, batch, recording = values(kind)
    other, _ = build(kind, optimizer=keras.optimizers.SGD(1.0))
    for variable, value in zip(other.variables, model.variables, strict=True):
        variable.assign(value)
    before, after = steps(other, batch)
    for name, old, new in zip(trainable(model), before[0], after[0], strict=True):
        gradient = np.asarray(old, np.float64) - np.asarray(new, np.float64)
        for quantity, expected in (("min", gradient.min()), ("max", gradient.max()), ("mean", gradient.mean())):
            found = recording.get("gradients", name, quantity)[0]
            # The difference of two weights has their rounding.
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=3e-7, err_msg=f"{name} {quantity}")
        norm = np.sqrt((gradient**2).sum())
        np.testing.assert_allclose(recording.get("gradients", name, "norm")[0], norm, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "optimizer"),
    [
        ("dense", keras.optimizers.Adam(0.05, weight_decay=0.01, clipnorm=0.1)),
        ("subclassed", keras.optimizers.SGD(0.5, momentum=0.9, nesterov=True)),
        ("own_step", keras.optimizers.RMSprop(0.01)),
    ],
)
def test_updates_are_what_the_optimizer_really_does(kind, optimizer):
    """In the middle of a training, when its slots are no longer empty."""
    model, batch = build(kind, optimizer=optimizer)
    _, _, before, after = steps(model, batch, 3)
    recording = measure(model, probes.Updates(), batch, before)
    for name, old, new in zip(trainable(model), before[0], after[0], strict=True):
        old, new = np.asarray(old), np.asarray(new)
        update = new - old
        # A step's rounding differs between programs by one unit in the last place of a weight.
        slack = 3e-7 * max(np.abs(old).max(), 1e-3)
        for quantity, expected in (("min", update.min()), ("max", update.max()), ("std", update.std())):
            found = recording.get("updates", name, quantity)[0]
            np.testing.assert_allclose(found, expected, rtol=2e-3, atol=slack, err_msg=f"{name} {quantity}")
        ratio = np.linalg.norm(update.ravel()) / np.linalg.norm(old.ravel())
        np.testing.assert_allclose(recording.get("updates", name, "ratio")[0], ratio, rtol=2e-3)


def test_the_gradient_of_a_loss_written_by_hand():
    """Softmax, cross-entropy and a penalty, differentiated by JAX from a formula."""
    model, (x, y, _), recording = values("dense")

    def loss(weights):
        w1, b1, w2, b2 = weights
        hidden = jnp.tanh(x @ w1 + b1)
        z = hidden @ w2 + b2
        told = -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1).mean()
        return told + 0.01 * (w1**2).sum()

    gradients = jax.grad(loss)(_keras.state_of(model)[0])
    for name, gradient in zip(trainable(model), gradients, strict=True):
        check(recording, "gradients", name, gradient, rtol=2e-4)


def test_the_gradient_by_central_differences():
    model, batch, recording = values("weighted")
    state = _keras.state_of(model)

    @jax.jit
    def loss(weights):
        x, y, weight = batch
        value, _ = model.compute_loss_and_updates(
            weights, state[1], state[3], x, y, weight, training=True, optimizer_variables=state[2]
        )
        return value

    bias = np.asarray(state[0][1])  # of the first layer
    slopes = []
    for i in range(len(bias)):
        step = np.eye(len(bias), dtype="float32")[i] * 1e-2
        up, down = ([*state[0][:1], bias + s, *state[0][2:]] for s in (step, -step))
        slopes.append(float(loss(up) - loss(down)) / 2e-2)
    found = [recording.get("gradients", "hidden/bias", name)[0] for name in ("min", "max", "mean")]
    np.testing.assert_allclose(found, [min(slopes), max(slopes), np.mean(slopes)], atol=2e-4)


# ---------------------------------------------------------------- activations


@pytest.mark.parametrize("kind", ["dense", "several", "pictures", "sequences", "remembering_less", "own_step"])
def test_activations_are_what_the_layers_put_out(kind):
    """Read off by a second model that ends at that layer."""
    model, (x, _, _), recording = values(kind)
    said = recording.layers("activations")
    for layer in model.layers:
        if isinstance(layer, layers.InputLayer | layers.Flatten):
            assert layer.name not in said
            continue
        for node in range(len(layer._inbound_nodes)):
            part = keras.Model(model.inputs, layer._inbound_nodes[node].output_tensors[0])
            name = layer.name if node == 0 else f"{layer.name} ({node + 1})"
            output = np.asarray(part(list(x.values()) if isinstance(x, dict) else [x], training=True))
            check(recording, "activations", name, output, rtol=1e-4)
            said.remove(name)
    assert said == []


def test_a_model_within_a_model_called_twice():
    model, (x, _, _), recording = values("nested")
    assert recording.layers("activations") == ["encoder/inner", "encoder/inner (2)", "out"]
    inner = model.get_layer("encoder").layers[0]
    once = np.asarray(inner(x))
    check(recording, "activations", "encoder/inner", once, rtol=1e-4)
    check(recording, "activations", "encoder/inner (2)", np.asarray(inner(once)), rtol=1e-4)
    assert recording.layers("weights") == ["encoder/inner/kernel", "encoder/inner/bias", "out/kernel", "out/bias"]


def test_a_subclass_with_a_list_and_a_weight_of_its_own():
    model, (x, _, _), recording = values("subclassed")
    assert recording.layers("activations") == ["first", "second", "third"]
    assert "scale" in recording.layers("weights")
    first = np.tanh(x @ np.asarray(model.first.kernel.value) + np.asarray(model.first.bias.value))
    check(recording, "activations", "first", first, rtol=1e-4)


def test_dropout_drops_as_in_training():
    keras.utils.set_random_seed(0)
    stack = [layers.Dense(200, "relu", bias_initializer="ones"), layers.Dropout(0.25, name="drop"), layers.Dense(1)]
    model = keras.Sequential([keras.Input((3,)), *stack])
    model.compile("sgd", "mse")
    recording = measure(model, probes.Activations(layers="drop"), (np.zeros((50, 3), "float32"), np.zeros((50, 1))))
    assert recording.get("activations", "drop", "zeros")[0] == pytest.approx(0.25, abs=0.02)
    assert recording.get("activations", "drop", "max")[0] == pytest.approx(1 / 0.75)


def test_of_several_outputs_each_is_measured():
    x = keras.Input((5, 2))
    sequence, state, _ = layers.LSTM(3, return_sequences=True, return_state=True, name="lstm")(x)
    model = keras.Model(x, layers.Dense(1)(layers.Concatenate(name="both")([layers.Flatten()(sequence), state])))
    model.compile("sgd", "mse")
    recording = measure(model, probes.Activations(layers=["lstm"]), (rows(4, 5, 2), rows(4, 1)))
    assert recording.layers("activations") == ["lstm", "lstm[1]", "lstm[2]"]
    assert [recording.size("activations", name) for name in recording.layers("activations")] == [60, 12, 12]


def test_a_layer_inside_a_loop_is_not_heard_but_the_rest_is():
    class Twice(keras.Model):
        def __init__(self):
            super().__init__()
            self.inside, self.outside = layers.Dense(3, name="inside"), layers.Dense(1, name="outside")

        def build(self, shape):
            self.inside.build(shape)
            self.outside.build(shape)

        def call(self, x):
            return self.outside(keras.ops.fori_loop(0, 2, lambda _, a: self.inside(a), x))

    model = Twice()
    model.build((None, 3))
    model.compile("sgd", "mse")
    recording = measure(model, probes.Activations(), (rows(4, 3), rows(4, 1)))
    assert recording.layers("activations") == ["outside"]


# ---------------------------------------------------------------- dead and saturated


def dead_and_saturated(output, axis, low=None, high=None):
    """Counted one by one."""
    moved = np.moveaxis(output, axis, 0).reshape(output.shape[axis], -1)
    dead = np.mean([all(v == 0 for v in unit) for unit in moved])
    if low is None:
        return dead, np.nan
    near = [abs(v - (low + high) / 2) > 0.99 * (high - low) / 2 for v in output.ravel()]
    return dead, np.mean(near)


@pytest.mark.parametrize(
    ("activation", "low", "high"),
    [
        ("relu", None, None),
        ("linear", None, None),
        ("tanh", -1, 1),
        ("sigmoid", 0, 1),
        ("softmax", 0, 1),
        ("relu6", 0, 6),
    ],
)
def test_dead_units_and_saturated_outputs(activation, low, high):
    keras.utils.set_random_seed(1)
    layer = layers.Dense(12, activation, kernel_initializer=keras.initializers.RandomNormal(stddev=3), name="layer")
    model = keras.Sequential([keras.Input((2,)), layer, layers.Dense(1)])
    layer.bias.assign(np.linspace(-9, 9, 12))
    model.compile("sgd", "mse")
    x = rows(16, 2)
    recording = measure(model, probes.Activations(layers=["layer"]), (x, rows(16, 1)))
    dead, saturated = dead_and_saturated(np.asarray(layer(x)), 1, low, high)
    assert recording.get("activations", "layer", "dead")[0] == pytest.approx(dead)
    np.testing.assert_allclose(recording.get("activations", "layer", "saturated")[0], saturated, rtol=1e-6)
    assert (dead > 0) == (activation in ("relu", "relu6"))
    assert np.isnan(saturated) or 0 < saturated < 1


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
def test_a_picture_s_unit_is_its_channel(layout):
    shape = (6, 6, 2) if layout == "channels_last" else (2, 6, 6)
    layer = layers.Conv2D(4, 3, activation="relu", data_format=layout, name="layer")
    model = keras.Sequential([keras.Input(shape), layer, layers.Flatten(), layers.Dense(1)])
    layer.bias.assign([-100, 0, 100, -100])
    model.compile("sgd", "mse")
    recording = measure(model, probes.Activations(layers=["layer"]), (rows(3, *shape), rows(3, 1)))
    assert recording.get("activations", "layer", "dead")[0] == 0.5


# ---------------------------------------------------------------- numbers that are none, other types


def test_a_network_that_has_broken_is_measured_all_the_same():
    model, batch = build("dense")
    model.layers[0].kernel.assign(np.full((4, 6), np.nan, "float32"))
    recording = measure(model, "all", batch)
    assert recording.get("weights", "hidden/kernel", "nonfinite")[0] == 24
    assert recording.get("activations", "out", "nonfinite")[0] == 30
    assert np.isnan(recording.get("gradients", "hidden/kernel", "mean")[0])
    assert np.isnan(recording.get("weights", "hidden/kernel", "q50")[0])
    assert recording.histogram("hidden", "weights")[1].sum() == 6  # the bias


def test_mixed_precision_is_measured_unscaled():
    def built(policy):
        keras.utils.clear_session()
        keras.utils.set_random_seed(3)
        policy = keras.DTypePolicy(policy)
        stack = [layers.Dense(6, "tanh", dtype=policy, name="hidden"), layers.Dense(1, dtype=policy, name="out")]
        model = keras.Sequential([keras.Input((4,)), *stack])
        inner = keras.optimizers.SGD(0.1)
        model.compile(inner if policy.name == "float32" else keras.optimizers.LossScaleOptimizer(inner), "mse")
        return measure(model, "all", (rows(8, 4), rows(8, 1)))

    exact, mixed = built("float32"), built("mixed_float16")
    assert mixed.layers("gradients") == exact.layers("gradients")
    for probe in ("gradients", "updates", "activations", "weights"):
        for layer in exact.layers(probe):
            for quantity in ("norm", "max"):
                found, expected = mixed.get(probe, layer, quantity), exact.get(probe, layer, quantity)
                np.testing.assert_allclose(found, expected, rtol=0.02, atol=2e-3, err_msg=f"{probe} {layer}")


# ---------------------------------------------------------------- a pure function


@pytest.mark.parametrize("kind", ["dense", "pictures", "own_step"])
def test_measuring_leaves_no_trace(kind):
    model, batch = build(kind)
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    before = [np.asarray(v.value).tobytes() for v in variables], [type(layer) for layer in model.layers]
    random = np.random.get_state()[1].tobytes()
    measure(model, "all", batch)
    assert ([np.asarray(v.value).tobytes() for v in variables], [type(layer) for layer in model.layers]) == before
    assert np.random.get_state()[1].tobytes() == random


def test_in_a_loop_under_vmap_and_in_threads_the_numbers_are_the_same():
    model, batch = build("dense")
    plan = probes.plan(model, [probes.Weights(layers="hidden"), probes.Gradients(layers="hidden")], batch)
    state, options = _keras.state_of(model), {"compiler_options": FAST}
    compiled = jax.jit(plan.measure, **options)
    alone = jax.device_get(compiled(state, batch))
    assert {k: (a.shape, a.dtype) for k, a in alone.items()} == {k: (s.shape, s.dtype) for k, s in plan.shapes.items()}

    def loop(state):
        slots = jax.tree.map(lambda s: jnp.zeros((3, *s.shape), s.dtype), plan.shapes)

        def body(carry):
            i, slots = carry
            found = plan.measure(state, batch)
            return i + 1, jax.tree.map(lambda slot, a: slot.at[i].set(a), slots, found)

        return jax.lax.while_loop(lambda carry: carry[0] < 3, body, (0, slots))[1]

    twice = jax.tree.map(lambda a: jnp.stack([a, a * 2 if a.dtype == jnp.float32 else a]), state)
    beside = jax.jit(jax.vmap(plan.measure, in_axes=(0, None)), **options)(twice, batch)
    found: list = []
    threads = [threading.Thread(target=lambda: found.append(compiled(state, batch))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    looped = jax.jit(loop, **options)(state)
    others = [{k: a[2] for k, a in looped.items()}, {k: a[0] for k, a in beside.items()}, *found]
    assert len(others) == 5
    weights = [k for k, (probe, _) in enumerate(plan.entries) if probe == "weights"]
    for other in others:
        np.testing.assert_allclose(other["numbers"], alone["numbers"], rtol=1e-5, atol=1e-7)
        np.testing.assert_array_equal(np.asarray(other["counts"])[weights], alone["counts"][weights])
        np.testing.assert_array_equal(other["counts"].sum(-1), alone["counts"].sum(-1))


def test_the_state_is_an_argument():
    model, batch = build("dense")
    plan = probes.plan(model, probes.Weights(), batch)
    state = _keras.state_of(model)
    doubled = ([2 * a for a in state[0]], *state[1:])
    run = jax.jit(plan.measure, compiler_options=FAST)
    found, other = (np.asarray(run(s, batch)["numbers"]) for s in (state, doubled))
    np.testing.assert_allclose(other, 2 * found, rtol=1e-6)


def test_what_no_probe_needs_is_not_computed():
    model, batch = build("dense")
    names = {
        name: {eqn.primitive.name for eqn in probes.plan(model, probe, batch).program.jaxpr.eqns}
        for name, probe in (("weights", probes.Weights()), ("updates", probes.Updates()))
    }
    assert "dot_general" not in names["weights"]
    program = str(probes.plan(model, probes.Activations(), batch).program)
    assert program.count("dot_general") == 2
    assert str(probes.plan(model, probes.Gradients(), batch).program).count("dot_general") == 5


# ---------------------------------------------------------------- when


def test_each_probe_is_kept_when_it_was_due():
    model, batch = build("dense")
    plan = probes.plan(model, [probes.Weights(every=2), probes.Activations(every=3)], batch)
    assert [n for n in range(7) if plan.is_due(n)] == [0, 2, 3, 4, 6]
    measured = {name: np.zeros(s.shape, s.dtype) for name, s in plan.shapes.items()}
    recording = plan.record(range(7), {k: np.stack([a] * 7) for k, a in measured.items()})
    assert recording.at("weights", "out/bias").tolist() == [0, 2, 4, 6]
    assert recording.at("activations", "out").tolist() == [0, 3, 6]
    nothing = plan.record([], {k: np.zeros((0, *a.shape), a.dtype) for k, a in measured.items()})
    assert len(nothing.at("weights", "out/bias")) == 0


def test_many_measurements_are_recorded_as_one_by_one():
    """They are taken apart some at a time."""
    model, batch = build("dense")
    plan = probes.plan(model, "all", batch)
    rng, n = np.random.default_rng(0), 70
    shape = plan.shapes["counts"].shape
    many = {"numbers": rng.normal(size=(n, *plan.shapes["numbers"].shape)).astype("float32")}
    many["counts"] = rng.integers(0, 3, (n, *shape)).astype("int32")
    whole = plan.record(range(n), many)
    single = whole.join([plan.record([i], {k: a[i : i + 1] for k, a in many.items()}) for i in range(n)])
    assert whole.to_frame().equals(single.to_frame())
    for one, other in zip(whole.series, single.series, strict=True):
        np.testing.assert_array_equal(one.spread(), other.spread())


def test_epochs_and_steps_are_plans_of_their_own():
    model, batch = build("dense")
    plan = probes.plan(model, [probes.Weights(), probes.Gradients(unit="steps", every=10)], batch)
    epochs, steps = plan.only("epochs"), plan.only("steps")
    assert {p for p, _ in epochs.entries} == {"weights"}
    assert {p for p, _ in steps.entries} == {"gradients"}
    assert epochs.only("epochs") is epochs
    assert epochs.only("steps") is None


def test_layers_are_chosen_by_name():
    model, batch = build("nested")
    plan = probes.plan(model, [probes.Weights(layers=["encoder"]), probes.Activations(layers="encoder/inner")], batch)
    assert plan.entries == [
        ("weights", "encoder/inner/kernel"),
        ("weights", "encoder/inner/bias"),
        ("activations", "encoder/inner"),
        ("activations", "encoder/inner (2)"),
    ]
    plan = probes.plan(model, probes.Gradients(layers=["out/bias"]), batch)
    assert plan.entries == [("gradients", "out/bias")]


def test_a_plan_does_not_keep_its_model_alive():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(3)])
    model.compile("sgd", "mse")
    plan, gone = probes.plan(model, "all", (rows(4, 2), rows(4, 3))), weakref.ref(model)
    del model
    keras.utils.clear_session()
    gc.collect()
    assert gone() is None
    assert plan.shapes["counts"].shape == (7, 1024)


def test_a_model_that_is_not_built_yet_is_built():
    model = keras.Sequential([layers.Dense(3, name="only")])
    model.compile("adam", "mse")
    plan = probes.plan(model, "all", (rows(4, 2), rows(4, 3)))
    assert ("updates", "only/kernel") in plan.entries


def test_labels_of_other_types_are_taken():
    model, (x, y, _) = build("dense")
    plan = probes.plan(model, probes.Gradients(), (x.astype("float64"), y.astype("int64")))
    found = jax.eval_shape(plan.measure, _keras.state_of(model), (x, labels(10, 3)))
    assert found == plan.shapes

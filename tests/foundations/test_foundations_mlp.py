"""The MLP: gradients against central differences and jax.grad, the trace against itself, training against Keras."""

import itertools

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from vitral._errors import ArgumentError, DataError, ShapeError, UnknownNameError
from vitral.foundations import MLP, activations, backprop, gradcheck, losses, train
from vitral.foundations.initializers import GlorotUniform, Normal
from vitral.foundations.optimizers import SGD, Adam, Momentum, Nesterov
from vitral.foundations.schemes import batch, mini_batch, online

N, SIZES = 6, (3, 5, 4, 2)
X = np.random.default_rng(2).normal(0, 1, (N, SIZES[0]))
SIGNS = np.where(np.random.default_rng(3).random((N, SIZES[-1])) < 0.5, -1.0, 1.0)
VALUES = np.random.default_rng(4).normal(0, 1, (N, SIZES[-1]))
LABELS = losses.one_hot([0, 1, 1, 0, 1, 0], 2)
TARGETS = {"mse": VALUES, "mae": VALUES, "huber": VALUES, "hinge": SIGNS}
OUTPUTS = {"binary_cross_entropy": "sigmoid", "categorical_cross_entropy": "softmax"}
HIDDEN = [f.name for f in activations.ALL if f.name != "step"]
LOSSES = [loss.name for loss in losses.ALL]
JAX_ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "softsign": jax.nn.soft_sign,
    "relu": jax.nn.relu,
    "leaky_relu": lambda z: jax.nn.leaky_relu(z, 0.2),
    "elu": jax.nn.elu,
    "selu": jax.nn.selu,
    "softplus": jax.nn.softplus,
    "swish": jax.nn.silu,
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
    "gelu_tanh": lambda z: jax.nn.gelu(z, approximate=True),
    "softmax": jax.nn.softmax,
}
JAX_LOSSES = {
    "mse": lambda y, t: ((y - t) ** 2).mean(),
    "mae": lambda y, t: jnp.abs(y - t).mean(),
    "huber": lambda y, t: jnp.where(jnp.abs(y - t) <= 1, (y - t) ** 2 / 2, jnp.abs(y - t) - 0.5).mean(),
    "hinge": lambda y, t: jnp.maximum(0, 1 - t * y).mean(),
    "binary_cross_entropy": lambda p, t: -(t * jnp.log(p) + (1 - t) * jnp.log(1 - p)).mean(),
    "categorical_cross_entropy": lambda p, t: -(t * jnp.log(p)).sum(axis=1).mean(),
    "sigmoid_cross_entropy": lambda z, t: (jax.nn.softplus(z) - t * z).mean(),
    "softmax_cross_entropy": lambda z, t: -(t * jax.nn.log_softmax(z)).sum(axis=1).mean(),
}


def network(hidden, loss, seed=0):
    """Weights and biases of a size at which nothing saturates and nothing lies on a kink."""
    made = MLP.create(SIZES, hidden=hidden, output=OUTPUTS.get(loss, "identity"), seed=seed)
    rng = np.random.default_rng(seed + 100)
    return made.with_weights([w + 0.3 * rng.normal(0, 1, w.shape) for w in made.weights])


def jax_gradients(net, x, t, loss):
    names = [f.name for f in net.activations]

    def function(weights):
        a = jnp.asarray(x)
        for W, b, name in zip(weights[::2], weights[1::2], names, strict=True):
            a = JAX_ACTIVATIONS[name](a @ W + b)
        return JAX_LOSSES[loss](a, jnp.asarray(t))

    with jax.enable_x64(True):
        value, gradients = jax.jit(jax.value_and_grad(function))([jnp.asarray(w) for w in net.weights])
        return float(value), [np.asarray(g) for g in gradients]


@pytest.mark.parametrize(("hidden", "loss"), list(itertools.product(HIDDEN, LOSSES)))
def test_gradients_are_central_differences(hidden, loss):
    net, t = network(hidden, loss), TARGETS.get(loss, LABELS)
    result = backprop(net, X, t, loss)

    def function(weights):
        return losses.get(loss).value(net.with_weights(weights).predict(X), t)

    found = gradcheck(function, net.weights, result.gradients)
    assert max(worst.error for worst in found) <= 1e-7
    assert all(np.abs(gradient).max() > 1e-5 for gradient in result.gradients[::2])
    assert result.loss == pytest.approx(function(net.weights), rel=1e-13)


@pytest.mark.parametrize(
    ("hidden", "loss"), [*((h, "categorical_cross_entropy") for h in HIDDEN), *(("tanh", each) for each in LOSSES)]
)
def test_gradients_are_jaxs(hidden, loss):
    net, t = network(hidden, loss, seed=1), TARGETS.get(loss, LABELS)
    result = backprop(net, X, t, loss)
    value, gradients = jax_gradients(net, X, t, loss)
    assert result.loss == pytest.approx(value, rel=1e-13)
    for ours, theirs in zip(result.gradients, gradients, strict=True):
        assert theirs.dtype == np.float64
        assert np.abs(ours - theirs).max() <= 1e-12 * np.abs(theirs).max()


@pytest.mark.parametrize(
    ("output", "loss"), [("softmax", "mse"), ("tanh", "huber"), ("softmax", "binary_cross_entropy")]
)
def test_outputs_that_do_not_fuse(output, loss):
    t = np.where(LABELS > 0, 0.9, 0.1)
    net = MLP.create(SIZES, hidden=["relu", "softmax"], output=output, seed=4)
    result = backprop(net, X, t, loss)
    for ours, theirs in zip(result.gradients, jax_gradients(net, X, t, loss)[1], strict=True):
        assert np.abs(ours - theirs).max() <= 1e-12 * np.abs(theirs).max()
    assert result.upstream[-1] is not None


RECOMPUTED = {
    "affine": lambda a, W, b: a @ W + b,
    "upstream": lambda delta, W: delta @ W.T,
    "weight_gradient": lambda a, delta: a.T @ delta,
    "bias_gradient": lambda delta: delta.sum(axis=0),
}


@pytest.mark.parametrize(
    ("output", "loss"), [("sigmoid", "binary_cross_entropy"), ("tanh", "mse"), ("softmax", "mse"), ("identity", "mse")]
)
@pytest.mark.parametrize("hidden", ["tanh", "softmax"])
def test_every_step_follows_from_those_before(hidden, output, loss):
    net = MLP.create(SIZES, hidden=hidden, output=output, seed=7)
    t = LABELS
    result = backprop(net, X, t, loss)
    known = {"a[0]": X, "t": t}
    for l, (W, b) in enumerate(zip(net.weights[::2], net.weights[1::2], strict=True), start=1):  # noqa: E741
        known |= {f"W[{l}]": W, f"b[{l}]": b}
    for step in result.steps():
        for name, array in step.inputs.items():
            np.testing.assert_array_equal(array, known[name])  # a KeyError: used before it was computed
        assert step.name not in known
        known[step.name] = step.output
        f = net.activations[step.layer - 1]
        fused = losses.fuse(f, losses.get(loss))
        match step.kind:
            case "activation":
                expected = f.value(*step.inputs.values())
            case "slope":
                expected = f.derivative(*step.inputs.values())
            case "jacobian":
                expected = f.jacobian(*step.inputs.values())
            case "loss_gradient":
                expected = losses.get(loss).gradient(*step.inputs.values())
            case "delta" if "t" in step.inputs:
                expected = fused.gradient(*step.inputs.values())
            case "delta":
                upstream, local = step.inputs.values()
                expected = upstream * local if local.ndim == 2 else np.einsum("nij,ni->nj", local, upstream)
            case kind:
                expected = RECOMPUTED[kind](*step.inputs.values())
        np.testing.assert_allclose(step.output, expected, rtol=1e-12, atol=1e-16)
        assert step.equation
    for i, gradient in enumerate(result.gradients):
        np.testing.assert_array_equal(known[f"dL/d{'Wb'[i % 2]}[{i // 2 + 1}]"], gradient)
    assert {f"delta[{l}]" for l in (1, 2, 3)} <= known.keys()  # noqa: E741


def test_the_steps_come_in_the_order_of_the_computation():
    result = backprop(MLP.create((3, 2, 2), output="softmax"), X, LABELS, "categorical_cross_entropy")
    assert [step.name for step in result.steps()] == [
        *("z[1]", "a[1]", "z[2]", "a[2]", "delta[2]", "dL/dW[2]", "dL/db[2]"),
        *("dL/da[1]", "f'(z[1])", "delta[1]", "dL/dW[1]", "dL/db[1]"),
    ]


OPTIMIZERS = [
    (SGD(learning_rate=0.1), lambda: keras.optimizers.SGD(0.1)),
    (Momentum(learning_rate=0.05), lambda: keras.optimizers.SGD(0.05, momentum=0.9)),
    (Nesterov(learning_rate=0.05), lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)),
    (Adam(learning_rate=0.01), lambda: keras.optimizers.Adam(0.01)),
]


@pytest.mark.parametrize(("optimizer", "theirs"), OPTIMIZERS, ids=["sgd", "momentum", "nesterov", "adam"])
def test_a_hundred_steps_are_keras(optimizer, theirs):
    rng = np.random.default_rng(8)
    x = rng.normal(0, 1, (45, 3)).astype("float32").astype("float64")
    t = losses.one_hot((x[:, 0] * x[:, 1] > 0).astype(int), 2)
    net = MLP.create((3, 8, 6, 2), hidden=["tanh", "swish"], output="softmax", seed=5)
    net = net.with_weights([w.astype("float32") for w in net.weights])
    scheme = mini_batch(20, seed=3)  # 20, 20 and 5 rows: 34 epochs are 102 steps
    ours = train(net, x, t, "categorical_cross_entropy", optimizer=optimizer, scheme=scheme, epochs=34, keep="steps")

    model = keras.Sequential(
        [keras.Input((3,))]
        + [keras.layers.Dense(h, activation=f) for h, f in ((8, "tanh"), (6, "silu"), (2, "softmax"))]
    )
    model.compile(theirs(), "categorical_crossentropy")
    model.set_weights(net.weights)
    plan = [rows for epoch in range(34) for rows in scheme.epoch(len(x), epoch)]
    for rows, expected, loss in zip(plan, ours.weights[1:], ours.step_losses, strict=True):
        found = model.train_on_batch(x[rows].astype("float32"), t[rows].astype("float32"), return_dict=True)
        model.reset_metrics()
        assert float(found["loss"]) == pytest.approx(loss, rel=1e-4, abs=1e-5)
        for w, v in zip(expected, model.get_weights(), strict=True):
            np.testing.assert_allclose(w, v, rtol=0, atol=2e-5)  # float32 there, float64 here
    assert len(plan) == 102
    moved = max(np.abs(a - b).max() for a, b in zip(ours.weights[0], ours.weights[-1], strict=True))
    assert moved > 0.3
    assert ours.losses[-1] < ours.losses[0]


def test_losses_of_epochs_are_over_all_rows_and_those_of_steps_before_their_update():
    net, t = network("tanh", "mse"), VALUES
    result = train(net, X, t, "mse", optimizer=SGD(learning_rate=0.1), scheme=online(seed=1), epochs=3, keep="steps")
    assert result.losses.shape == (4,)
    assert result.step_losses.shape == (3 * N,)
    assert len(result.weights) == 3 * N + 1
    for epoch in range(4):
        at = net.with_weights(result.weights[epoch * N])
        assert result.losses[epoch] == pytest.approx(((at.predict(X) - t) ** 2).mean(), rel=1e-13)
    rows = [row for epoch in range(3) for row in online(seed=1).epoch(N, epoch)]
    for row, weights, loss in zip(rows, result.weights, result.step_losses, strict=False):
        assert loss == pytest.approx(((net.with_weights(weights).predict(X[row]) - t[row]) ** 2).mean(), rel=1e-13)
    by_epoch = train(net, X, t, "mse", optimizer=SGD(learning_rate=0.1), scheme=online(seed=1), epochs=3, keep="epochs")
    for a, b in zip(by_epoch.weights, result.weights[::N], strict=True):
        np.testing.assert_array_equal(a[0], b[0])
    assert result.diverged is None
    np.testing.assert_array_equal(net.weights[0], network("tanh", "mse").weights[0])


def test_the_plain_gradient_step_is_what_batch_training_takes():
    net = network("tanh", "mse")
    result = train(net, X, VALUES, "mse", optimizer=SGD(learning_rate=0.5), scheme=batch(), epochs=1)
    for w, g, new in zip(net.weights, backprop(net, X, VALUES, "mse").gradients, result.network.weights, strict=True):
        np.testing.assert_array_equal(new, w - 0.5 * g)


def test_divergence_is_an_answer():
    net = network("identity", "mse")
    result = train(net, X, VALUES, "mse", optimizer=SGD(learning_rate=1e3), epochs=500)
    assert result.diverged is not None
    assert result.diverged < 499
    assert len(result.losses) == result.diverged + 2
    assert np.isfinite(result.losses[:-1]).all()
    assert not np.isfinite(result.losses[-1])


def test_no_epochs_change_nothing():
    net = network("tanh", "mse")
    result = train(net, X, VALUES, "mse", epochs=0)
    assert result.network is net
    assert result.step_losses.shape == (0,)


def test_initial_weights_have_their_distribution_and_come_again():
    wide = GlorotUniform().draw(np.random.default_rng(0), 300, 200)
    assert np.abs(wide).max() <= np.sqrt(6 / 500)
    assert wide.var() == pytest.approx(2 / 500, rel=0.02)
    assert Normal(sigma=0.3).draw(np.random.default_rng(0), 300, 200).std() == pytest.approx(0.3, rel=0.02)
    first, again, other = (MLP.create((4, 3, 2), seed=seed) for seed in (1, np.random.default_rng(1), 2))
    for a, b in zip(first.weights, again.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first.weights[0], other.weights[0])
    assert [b.any() for b in first.weights[1::2]] == [False, False]


def test_parameters_are_as_many_as_keras_counts():
    model = keras.Sequential([keras.Input((784,)), *(keras.layers.Dense(h) for h in (32, 16, 10))])
    assert MLP.create((784, 32, 16, 10)).n_parameters == model.count_params() == 25_818


MADE = MLP.create((3, 2))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: MLP.create((3,)), ArgumentError, "sizes must name the inputs and the outputs"),
        (lambda: MLP.create((3, 0, 1)), ArgumentError, r"sizes\[1\] must be"),
        (lambda: MLP.create((3, 2), output="softmaxx"), UnknownNameError, "Did you mean 'softmax'"),
        (
            lambda: MLP.create((3, 2, 1), hidden=["relu", "relu"]),
            ShapeError,
            "activations must be one for each of the 2",
        ),
        (lambda: MADE.with_weights([np.ones((3, 2)), np.ones(3)]), ShapeError, "weights must be W"),
        (lambda: MADE.with_weights([np.ones((3, 2))]), ShapeError, "weights must be W"),
        (lambda: MADE.with_weights([]), ShapeError, "weights must be W"),
        (
            lambda: MLP(
                weights=(np.ones((2, 2)), np.ones(2), np.ones((3, 1)), np.ones(1)),
                activations=(activations.tanh, activations.identity),
            ),
            ShapeError,
            "each layer taking what the one before gives",
        ),
        (lambda: MADE.forward(np.ones((4, 2))), ShapeError, "x must have 3 columns"),
        (lambda: MADE.forward(np.ones(3)), ShapeError, r"x must be of shape \(N, D\)"),
        (lambda: MADE.forward([["a", "b", "c"]]), DataError, "real numbers"),
        (lambda: backprop(MADE, X, VALUES[:-1], "mse"), ShapeError, "x has 6 rows, target has 5"),
        (lambda: backprop(MADE, X, VALUES[:, :1], "mse"), ShapeError, "shape of prediction"),
        (lambda: train(MADE, X, VALUES, "mse", epochs=-1), ArgumentError, "epochs must be"),
        (lambda: train(MADE, X, VALUES, "mse", keep="all"), UnknownNameError, "keep must be"),
        (lambda: train(MADE, X, VALUES, "mee"), UnknownNameError, "Did you mean"),
        (lambda: Normal(sigma=-1), ArgumentError, "sigma must be"),
    ],
)
def test_bad_arguments_are_one_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()

"""The slow way: every quantity again, in float64, from definitions; and models of many kinds."""

import functools

import jax
import keras
import numpy as np

from vitral import _keras, probes
from vitral.probes import bin_edges
from vitral.probes.anatomy import examine

PERCENTS = (5, 25, 50, 75, 95)
layers = keras.layers


# ---------------------------------------------------------------- quantities


def histogram(x):
    """Counts on the edges, by NumPy: the negative side as the mirror of the positive one."""
    x = np.asarray(x).ravel()
    x = x[np.isfinite(x)].astype(np.float64)
    edges = bin_edges()
    middle = len(edges) // 2 - 1
    positive = np.append(edges[middle + 1 :], np.inf)[:-1]
    up = np.histogram(x[x >= positive[0]], positive)[0]
    down = np.histogram(-x[x <= -positive[0]], positive)[0]
    return np.concatenate([down[::-1], [(np.abs(x) < positive[0]).sum()], up])


def slowly(x):
    """All that every probe tells of an array, but the quantiles."""
    x = np.asarray(x, np.float64).ravel()
    with np.errstate(all="ignore"):
        return {
            "mean": x.mean(),
            "std": x.std(),
            "norm": np.sqrt((x**2).sum()),
            "min": x.min(),
            "max": x.max(),
            "zeros": (np.abs(x) < 2.0**-127).mean(),
            "nonfinite": (~np.isfinite(x)).sum(),
        }


def check(recording, probe, layer, x, row=-1, rtol=2e-5):
    """Compare one row of a recording with the array that it was made of, known but for its rounding."""
    x = np.asarray(x, np.float32)
    scale = np.abs(x).max(initial=0, where=np.isfinite(x))
    for name, expected in slowly(x).items():
        found = recording.get(probe, layer, name)[row]
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol * scale, err_msg=f"{probe} {layer} {name}")
    assert recording.get(probe, layer, "histogram")[row].sum() == np.isfinite(x).sum()
    assert recording.size(probe, layer) == x.size


def check_exactly(recording, probe, layer, x, row=-1):
    """The same for an array that is known to the bit: its quantiles and the very counts too."""
    check(recording, probe, layer, x, row)
    check_quantiles([recording.get(probe, layer, f"q{p:02d}")[row] for p in PERCENTS], x)
    np.testing.assert_array_equal(recording.get(probe, layer, "histogram")[row], histogram(x))


def check_quantiles(found, x):
    """Each is in the bin of the exact one, which is one of the numbers: off by less than a factor 1.5."""
    x = np.sort(np.asarray(x, np.float64)[np.isfinite(x)])
    for percent, value in zip(PERCENTS, found, strict=True):
        exact = x[-(-percent * len(x) // 100) - 1]
        if abs(exact) < 2.0**-127:
            assert value == 0
        else:
            assert np.sign(value) == np.sign(exact)
            bound = 1.5 if abs(exact) >= 2.0**-126 else 2
            assert 1 / bound <= value / exact <= bound
            assert x[0] <= value <= x[-1]


# ---------------------------------------------------------------- models


def rows(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def labels(n, k, seed=1):
    return np.random.default_rng(seed).integers(0, k, n).astype("int32")


def compiled(model, optimizer=None, loss="sparse_categorical_crossentropy", **more):
    model.compile(optimizer or keras.optimizers.Adam(0.01), loss, **more)
    return model


def dense(**more):
    """4-6-3 with a tanh, a penalty and metrics."""
    stack = [layers.Dense(6, "tanh", kernel_regularizer="l2", name="hidden"), layers.Dense(3, "softmax", name="out")]
    return compiled(keras.Sequential([keras.Input((4,)), *stack]), metrics=["accuracy"], **more), (
        rows(10, 4),
        labels(10, 3),
        None,
    )


def weighted(**more):
    model, (x, y, _) = dense(**more)
    return model, (x, y, np.linspace(0, 2, 10).astype("float32"))


def several(**more):
    """Two inputs through one shared layer, two outputs."""
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(5, "relu", name="shared")
    both = layers.Concatenate(name="both")([shared(a), shared(b)])
    outputs = {"kind": layers.Dense(3, "softmax", name="kind")(both), "size": layers.Dense(1, name="size")(both)}
    model = keras.Model({"a": a, "b": b}, outputs)
    losses = {"kind": "sparse_categorical_crossentropy", "size": "mse"}
    return compiled(model, loss=losses, **more), (
        {"a": rows(8, 4), "b": rows(8, 4, seed=2)},
        {"kind": labels(8, 3), "size": rows(8, 1, seed=3)},
        None,
    )


def nested(**more):
    """A model in a model, called twice."""
    encoder = keras.Sequential([layers.Dense(4, "sigmoid", name="inner")], name="encoder")
    x = keras.Input((4,))
    model = keras.Model(x, layers.Dense(3, "softmax", name="out")(encoder(encoder(x))))
    return compiled(model, **more), (rows(9, 4), labels(9, 3), None)


def pictures(**more):
    stack = [
        layers.Conv2D(3, 3, activation="relu", name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.MaxPooling2D(name="pool"),
        layers.Flatten(name="flat"),
        layers.Dense(2, "softmax", name="out"),
    ]
    return compiled(keras.Sequential([keras.Input((8, 8, 1)), *stack]), **more), (rows(6, 8, 8, 1), labels(6, 2), None)


def sequences(**more):
    """Words, a mask, a recurrent layer, a bidirectional one."""
    x = keras.Input((7,), dtype="int32")
    words = layers.Embedding(11, 4, mask_zero=True, name="words")(x)
    inner = layers.LSTM(5, return_sequences=True, name="lstm")(words)
    last = layers.Bidirectional(layers.SimpleRNN(3), name="both_ways")(inner)
    model = keras.Model(x, layers.Dense(2, "softmax", name="out")(last))
    return compiled(model, **more), (labels(6, 7 * 11).reshape(6, 1) % np.arange(2, 9), labels(6, 2), None)


class Branches(keras.Model):
    """A subclass with a list of layers, a weight of its own and a layer that says two things."""

    def __init__(self):
        super().__init__(name="branches")
        self.first = layers.Dense(5, "tanh", name="first")
        self.rest = [layers.Dense(4, "relu", name="second"), layers.Dense(3, "softmax", name="third")]
        self.scale = self.add_weight(shape=(4,), initializer="ones", name="scale")

    def call(self, x):
        return self.rest[1](self.rest[0](self.first(x)) * self.scale)


def subclassed(**more):
    model = Branches()
    model(rows(2, 4))
    return compiled(model, **more), (rows(8, 4), labels(8, 3), None)


class OwnStep(keras.Model):
    """A `train_step` of one's own: a loss that Keras does not know of."""

    def train_step(self, state, data):
        import jax

        trainable, other, optimizer, metrics = state
        x, y = data

        def loss(trainable):
            out, new = self.stateless_call(trainable, other, x, training=True)
            return 3 * jax.numpy.mean((out[:, 0] - y) ** 2), new

        (value, other), gradients = jax.value_and_grad(loss, has_aux=True)(trainable)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        return {"loss": value}, (trainable, other, optimizer, metrics)


def own_step(**more):
    x = keras.Input((4,))
    model = OwnStep(x, layers.Dense(3, name="out")(layers.Dense(5, "relu", name="hidden")(x)))
    return compiled(model, loss=None, **more), (rows(8, 4), rows(8, seed=5), None)


def remembering_less(**more):
    """Activations computed anew on the way back."""
    with keras.RematScope(mode="full"):
        hidden = layers.Dense(6, "tanh", name="hidden")
    model = keras.Sequential([keras.Input((4,)), hidden, layers.Dense(3, "softmax", name="out")])
    return compiled(model, **more), (rows(8, 4), labels(8, 3), None)


KINDS = {
    f.__name__: f
    for f in (dense, weighted, several, nested, pictures, sequences, subclassed, own_step, remembering_less)
}


FAST = {"xla_backend_optimization_level": 0}
"""Compile options for programs that run once or twice."""


def build(kind, **more):
    """A compiled and built model of a kind, and its probe batch."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    model, batch = KINDS[kind](**more)
    _keras.symbolic_build(model, keras.utils.pack_x_y_sample_weight(*batch))
    return model, batch


def steps(model, batch, n=1):
    """States of n steps of Keras's own `train_step` on the batch, the first as the model has it."""
    step = jax.jit(lambda state, data: model.train_step(state, data)[1], compiler_options=FAST)
    states = [_keras.state_of(model)]
    for _ in range(n):
        states.append(step(states[-1], keras.utils.pack_x_y_sample_weight(*batch)))
    return states


def measure(model, what, batch, state=None):
    """One measurement as a recording."""
    plan = probes.plan(model, what, batch)
    run = jax.jit(plan.measure, compiler_options=FAST)
    measured = run(_keras.state_of(model) if state is None else state, batch)
    return plan.record([0], {name: np.asarray(a)[None] for name, a in measured.items()})


def trainable(model):
    """Names of the model's trainable variables as its anatomy has them, in the state's order."""
    named = {v.place: v.name for v in examine(model).variables if v.is_trainable}
    return [named[i] for i in range(len(named))]


@functools.cache
def values(kind):
    """One kind, measured with everything."""
    model, batch = build(kind)
    return model, batch, measure(model, "all", batch)

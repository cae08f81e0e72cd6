"""Steps on vectors: the same bits, where the update allows it; whole programs elsewhere."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from vitral import _keras
from vitral.training.rewriting import NeedsArraysError, as_function
from vitral.training.steps import Step, choose_vectors

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((8, 12)).astype("float32"), RNG.integers(0, 3, size=8)
UPDATES = {"add", "sub", "mul", "div", "sqrt"}


def traced(optimizer, **options):
    """A `train_step` of a small classifier, its state, and which leaves are matrices of weights or slots."""
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(10, "relu", **options), keras.layers.Dense(7, "softmax", **options)]
    model = keras.Sequential([keras.Input((12,)), *layers])
    model.compile(optimizer, "sparse_categorical_crossentropy")
    _keras.symbolic_build(model, (X, Y))
    state = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), _keras.state_of(model))
    batch = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), (X, Y.astype("int32")))
    return model, Step(model.train_step, state, batch), state


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.SGD(0.1),
        keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        keras.optimizers.Adam(0.01),
        keras.optimizers.AdamW(0.01, clipvalue=0.1),
        keras.optimizers.Lion(0.01),
    ],
    ids=lambda o: o.name,
)
def test_elementwise_updates_are_computed_on_vectors_alone(optimizer):
    model, step, state = traced(optimizer)
    vectors = choose_vectors([step], state)
    assert sum(vectors) == 2 * (1 + (len(model.optimizer.variables) - 2) // 4)  # kernels, and each slot of a kernel
    leaves = [jnp.ravel(a) if v else a for a, v in zip(jax.tree.leaves(_keras.state_of(model)), vectors, strict=True)]
    program = jax.make_jaxpr(lambda leaves: step(leaves, (X, Y.astype("int32")), [])[1])(leaves)
    kernels = {(12, 10), (10, 7)}
    on_matrices = [e for e in program.jaxpr.eqns if e.primitive.name in UPDATES and e.outvars[0].aval.shape in kernels]
    assert on_matrices == []


@pytest.mark.parametrize(
    ("optimizer", "options"),
    [
        (keras.optimizers.Lamb(0.01), {}),
        (keras.optimizers.RMSprop(0.01), {}),
        (keras.optimizers.Adam(0.01, global_clipnorm=1.0), {}),
        (keras.optimizers.Muon(0.01), {}),
        (keras.optimizers.Adam(0.01), {"kernel_regularizer": keras.regularizers.L2(0.01)}),
        (keras.optimizers.Adam(0.01), {"kernel_constraint": keras.constraints.MaxNorm(1.0)}),
    ],
    ids=[
        "a norm of the update",
        "a reciprocal root",
        "a norm of the gradients",
        "a product of matrices",
        "a penalty",
        "a norm of the weights",
    ],
)
def test_other_updates_stay_as_they_were(optimizer, options):
    _, step, state = traced(optimizer, **options)
    assert not any(choose_vectors([step], state))


def test_a_short_last_axis_stays():
    """It is unrolled to the end, and rounded otherwise than a vector."""
    _, _, state = traced(keras.optimizers.SGD(0.1))
    short = jax.ShapeDtypeStruct((12, 4), "float32")
    assert choose_vectors([], ([short, state[0][0]], [], [], [])) == [False, True]


def test_vectors_give_the_same_bits():
    def update(w, slot, x):
        gradient = (x.T @ jnp.tanh(x @ w)) * 0.5
        slot = slot + (gradient - slot) * 0.1
        return w - slot / (jnp.sqrt(jnp.square(slot)) + 1e-7), slot

    w, slot = (RNG.standard_normal((12, 10)).astype("float32") for _ in range(2))
    closed = jax.make_jaxpr(update)(w, slot, X)
    rewritten = jax.jit(lambda *args: as_function(closed, [True, True, False], [True, True])(list(args)))
    for ours, plain in zip(rewritten(w.ravel(), slot.ravel(), X), jax.jit(update)(w, slot, X), strict=True):
        assert ours.shape == (120,)
        assert np.asarray(ours).tobytes() == np.asarray(plain).tobytes()


def _doubled_and_centred(w, _):
    doubled = 2 * w
    return doubled - doubled.sum()


def _plus_what_no_kernel_made(w, x):
    return w - jnp.tanh(x[:, :1]) * x


def _product_of_what_was_computed(w, _):
    return (2 * w) @ jnp.eye(10, dtype="float32")


def _no_vector(_, x):
    return x


@pytest.mark.parametrize(
    "function", [_doubled_and_centred, _plus_what_no_kernel_made, _product_of_what_was_computed, _no_vector]
)
def test_what_needs_arrays_says_so(function):
    w, x = np.ones((12, 10), "float32"), np.ones((12, 10), "float32")
    closed = jax.make_jaxpr(lambda w, x: [function(w, x)])(w, x)
    run = as_function(closed, [True, False], [True])
    with pytest.raises(NeedsArraysError):
        jax.eval_shape(run, [w.ravel(), x])
    np.testing.assert_array_equal(as_function(closed)([w, x])[0], function(w, x))

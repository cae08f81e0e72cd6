"""Losses: values against Keras, gradients against central differences and jax.grad, and the ends of the scale."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from vitral._errors import ArgumentError, DataError, ShapeError, UnknownNameError
from vitral.foundations import differences, losses
from vitral.foundations.activations import identity, sigmoid, softmax, tanh
from vitral.foundations.losses import ALL, Huber, one_hot

N, K = 7, 4
RNG = np.random.default_rng(11)
LOGITS = RNG.normal(0, 2, (N, K))
ROWS = softmax.value(RNG.normal(0, 1, (N, K)))  # soft targets, which ask more of a formula than 0 and 1
SIGNS = np.where(RNG.random((N, K)) < 0.5, -1.0, 1.0)
VALUES = RNG.normal(0, 2, (N, K))
CASES = {  # prediction, target, the same in JAX (mean over rows), the same in Keras
    "mse": (LOGITS, VALUES, lambda y, t: ((y - t) ** 2).mean(), keras.losses.MeanSquaredError()),
    "mae": (LOGITS, VALUES, lambda y, t: jnp.abs(y - t).mean(), keras.losses.MeanAbsoluteError()),
    "huber": (
        LOGITS,
        VALUES,
        lambda y, t: jnp.where(jnp.abs(y - t) <= 1, (y - t) ** 2 / 2, jnp.abs(y - t) - 0.5).mean(),
        keras.losses.Huber(),
    ),
    "hinge": (LOGITS, SIGNS, lambda y, t: jnp.maximum(0, 1 - t * y).mean(), keras.losses.Hinge()),
    "binary_cross_entropy": (
        sigmoid.value(LOGITS),
        ROWS,
        lambda p, t: -(t * jnp.log(p) + (1 - t) * jnp.log(1 - p)).mean(),
        keras.losses.BinaryCrossentropy(),
    ),
    "categorical_cross_entropy": (
        softmax.value(LOGITS / 2),  # no p so small that differences of 1/p would show their curve
        ROWS,
        lambda p, t: -(t * jnp.log(p)).sum(axis=1).mean(),
        keras.losses.CategoricalCrossentropy(),
    ),
    "sigmoid_cross_entropy": (
        LOGITS,
        ROWS,
        lambda z, t: (jax.nn.softplus(z) - t * z).mean(),
        keras.losses.BinaryCrossentropy(from_logits=True),
    ),
    "softmax_cross_entropy": (
        LOGITS,
        ROWS,
        lambda z, t: -(t * jax.nn.log_softmax(z)).sum(axis=1).mean(),
        keras.losses.CategoricalCrossentropy(from_logits=True),
    ),
}
by_name = pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)


def test_there_is_a_case_for_every_loss():
    assert set(CASES) == {loss.name for loss in ALL}


@by_name
def test_values_are_keras(loss):
    y, t, _, theirs = CASES[loss.name]
    expected = float(theirs(t.astype("float32"), y.astype("float32")))
    assert loss.value(y, t) == pytest.approx(expected, rel=1e-5)
    assert loss.rows(y, t).shape == (N,)
    assert loss.rows(y, t).mean() == pytest.approx(expected, rel=1e-5)


@by_name
def test_value_and_gradient_are_jaxs(loss):
    y, t, function, _ = CASES[loss.name]
    with jax.enable_x64(True):
        value, gradient = jax.value_and_grad(function)(jnp.asarray(y), jnp.asarray(t))
        value, gradient = float(value), np.asarray(gradient)
    assert loss.value(y, t) == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(loss.gradient(y, t), gradient, rtol=1e-12, atol=1e-16)


@by_name
def test_the_gradient_is_central_differences(loss):
    y, t, _, _ = CASES[loss.name]
    (numeric,) = differences(lambda arrays: loss.value(arrays[0], t), [y])
    np.testing.assert_allclose(loss.gradient(y, t), numeric, rtol=1e-7, atol=1e-9)


@by_name
def test_a_vector_is_one_column(loss):
    y, t, _, _ = CASES[loss.name]
    t = np.ones_like(t) if "categorical" in loss.name or "softmax" in loss.name else t
    assert loss.value(y[:, 0], t[:, 0]) == loss.value(y[:, :1], t[:, :1])
    np.testing.assert_array_equal(loss.gradient(y[:, 0], t[:, 0]), loss.gradient(y[:, :1], t[:, :1])[:, 0])


@pytest.mark.parametrize(
    ("activation", "loss", "share"),
    [(sigmoid, losses.binary_cross_entropy, N * K), (softmax, losses.categorical_cross_entropy, N)],
    ids=["sigmoid", "softmax"],
)
def test_the_fused_gradient_is_p_minus_t_and_that_of_the_two_in_turn(activation, loss, share):
    fused = losses.fuse(activation, loss)
    assert fused is not None
    p = activation.value(LOGITS)
    np.testing.assert_allclose(fused.gradient(LOGITS, ROWS), (p - ROWS) / share, rtol=1e-14)
    in_turn = activation.pull_back(LOGITS, loss.gradient(p, ROWS))
    np.testing.assert_allclose(fused.gradient(LOGITS, ROWS), in_turn, rtol=1e-12, atol=1e-16)
    assert fused.value(LOGITS, ROWS) == pytest.approx(loss.value(p, ROWS), rel=1e-13)


def test_what_does_not_simplify_is_not_fused():
    assert losses.fuse(tanh, losses.mse) is None
    assert losses.fuse(sigmoid, losses.categorical_cross_entropy) is None
    assert losses.fuse(softmax, losses.binary_cross_entropy) is None
    assert losses.fuse(identity, losses.huber) is losses.huber


@by_name
@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_the_ends_of_the_scale_are_finite_and_silent(loss, scale):
    z = scale * np.array([[1.0, 0.0], [0.0, 1.0]])
    y = {"binary_cross_entropy": sigmoid, "categorical_cross_entropy": softmax}.get(loss.name, identity).value(z)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, gradient = loss.value(y, np.eye(2)), loss.gradient(y, np.eye(2))
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def test_fused_losses_grow_with_z_where_the_others_stop():
    assert losses.softmax_cross_entropy.value([[0.0, 1e4]], [[1, 0]]) == 1e4
    assert losses.sigmoid_cross_entropy.value([[1e4]], [[0]]) == 1e4
    assert losses.categorical_cross_entropy.value([[0.0, 1.0]], [[1, 0]]) == pytest.approx(-np.log(2.0**-52))


def test_another_delta_is_another_loss():
    assert Huber(delta=2.0).value([3.0], [0.0]) == 2 * 3 - 2**2 / 2
    assert Huber(delta=5.0).value([3.0], [0.0]) == 4.5


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: losses.get("msee"), UnknownNameError, "Did you mean 'mse'"),
        (lambda: losses.mse.value([[1.0]], [1.0]), ShapeError, r"shape of prediction, \(1, 1\): got \(1,\). Class num"),
        (lambda: losses.mse.value([], []), ShapeError, "not empty"),
        (lambda: losses.hinge.value([1.0], [2.0]), DataError, "from -1 to 1: got 2"),
        (lambda: losses.binary_cross_entropy.value([0.5], [-1]), DataError, "from 0 to 1: got -1"),
        (lambda: losses.binary_cross_entropy.value([0.5], [np.nan]), DataError, "from 0 to 1: got nan"),
        (lambda: losses.softmax_cross_entropy.value([[0.5, 0.1]], [[1, 1]]), DataError, "row 0 has sum 2"),
        (lambda: one_hot([0, 3], 3), DataError, "from 0 to 2: got 3"),
        (lambda: one_hot([0.5], 3), DataError, "got 0.5"),
        (lambda: Huber(delta=0), ArgumentError, "delta must be"),
    ],
)
def test_bad_arguments_are_one_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()

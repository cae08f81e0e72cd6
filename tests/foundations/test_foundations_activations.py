"""Activations: values and slopes against JAX in float64, central differences, and what holds for every z."""

import math

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vitral._errors import ArgumentError, DataError, ShapeError, UnknownNameError
from vitral.foundations import activations
from vitral.foundations.activations import ALL, ELU, Elementwise, LeakyReLU, Softmax, softmax

ELEMENTWISE = [f for f in ALL if isinstance(f, Elementwise)]
OTHERS = [LeakyReLU(slope=0.01), ELU(alpha=0.5)]
JAX = {
    "identity": lambda z: z,
    "step": lambda z: jnp.where(z > 0, 1.0, 0.0),
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "softsign": jax.nn.soft_sign,
    "relu": jax.nn.relu,
    "leaky_relu": lambda z, slope=0.2: jax.nn.leaky_relu(z, slope),
    "elu": lambda z, alpha=1.0: jax.nn.elu(z, alpha),
    "selu": jax.nn.selu,
    "softplus": jax.nn.softplus,
    "swish": jax.nn.silu,
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
    "gelu_tanh": lambda z: jax.nn.gelu(z, approximate=True),
}
MONOTONE = {"identity", "step", "sigmoid", "tanh", "softsign", "relu", "leaky_relu", "elu", "selu", "softplus"}
Z = np.concatenate([np.linspace(-12, 12, 301), [-0.5, 0.0, 0.5, 1e-8, -1e-8]])
by_name = pytest.mark.parametrize("f", ELEMENTWISE, ids=lambda f: f.name)
WIDE = hnp.arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=st.floats(-1e4, 1e4))
checked = settings(derandomize=True, max_examples=60, deadline=None)


def in_jax(f):
    options = {"slope": f.slope} if isinstance(f, LeakyReLU) else {"alpha": f.alpha} if isinstance(f, ELU) else {}
    return lambda z: JAX[f.name](z, **options)


def test_the_catalogue_has_them_all_once():
    assert {f.name for f in ELEMENTWISE} == set(JAX)
    assert len({f.name for f in ALL}) == len(ALL) == len(JAX) + 1


@pytest.mark.parametrize("f", [*ELEMENTWISE, *OTHERS], ids=repr)
def test_values_and_slopes_are_jaxs(f):
    with jax.enable_x64(True):
        value = np.asarray(jax.vmap(in_jax(f))(jnp.asarray(Z)))
        slope = np.asarray(jax.vmap(jax.grad(in_jax(f)))(jnp.asarray(Z)))
    assert value.dtype == np.float64
    # The absolute part: in the tails 1 + tanh u cancels, here and in JAX, and each is off by its own rounding times z.
    np.testing.assert_allclose(f.value(Z), value, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(f.derivative(Z), slope, rtol=1e-12, atol=5e-14)


@pytest.mark.parametrize("f", [f for f in ELEMENTWISE if f.name not in ("identity", "step")], ids=lambda f: f.name)
def test_values_are_keras_by_the_same_name(f):
    name, options = ("gelu", {"approximate": True}) if f.name == "gelu_tanh" else (f.name, {})
    theirs = getattr(keras.activations, "silu" if name == "swish" else name)(Z.astype("float32"), **options)
    np.testing.assert_allclose(f.value(Z.astype("float32")), np.asarray(theirs), rtol=1e-4, atol=1e-5)


@by_name
def test_slopes_are_central_differences(f):
    z = Z[np.abs(Z) > 0.01]  # away from the kinks
    h = 1e-5 * np.maximum(1, np.abs(z))
    numeric = (f.value(z + h) - f.value(z - h)) / (2 * h)
    np.testing.assert_allclose(f.derivative(z), numeric, rtol=1e-7, atol=1e-9)


@by_name
@checked
@given(z=WIDE)
def test_every_z_gives_finite_numbers_in_range_and_no_warning(f, z):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, slope = f.value(z), f.derivative(z)
    assert value.shape == slope.shape == z.shape
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()
    lowest, highest = f.range
    assert ((value >= lowest - 1e-12) & (value <= highest)).all()


@by_name
def test_the_range_is_not_wider_than_what_is_reached(f):
    value = f.value(np.linspace(-1e4, 1e4, 4_000_001))
    for end, reached in zip(f.range, (value.min(), value.max()), strict=True):
        assert reached == pytest.approx(end, abs=1e-3) if math.isfinite(end) else abs(reached) > 1e3


@pytest.mark.parametrize("f", [f for f in ELEMENTWISE if f.name in MONOTONE], ids=lambda f: f.name)
@checked
@given(z=hnp.arrays(np.float64, 8, elements=st.floats(-1e4, 1e4)))
def test_these_are_monotone(f, z):
    assert (np.diff(f.value(np.sort(z))) >= 0).all()
    assert (f.derivative(z) >= 0).all()


@pytest.mark.parametrize("f", [f for f in ELEMENTWISE if f.name not in MONOTONE], ids=lambda f: f.name)
def test_the_others_are_not(f):
    assert (f.derivative(Z) < 0).any()


@by_name
def test_outside_of_the_active_interval_the_slope_is_small(f):
    left, right = f.active(0.01)
    z = np.linspace(-200, 200, 80_001)
    outside = (z < left) | (z > right)
    assert (np.abs(f.derivative(z[outside])) < 0.01).all()
    for end, inwards in ((left, 0.01), (right, -0.01)):
        if math.isfinite(end) and f.name != "step":
            assert abs(float(f.derivative(end + inwards))) >= 0.01 - 1e-12
    assert (left == -math.inf) == (abs(float(f.derivative(-1e4))) >= 0.01)
    assert (right == math.inf) == (abs(float(f.derivative(1e4))) >= 0.01)


def test_softmax_its_jacobian_and_its_product_are_jaxs():
    rng = np.random.default_rng(5)
    z, g = rng.normal(0, 3, (6, 4)), rng.normal(0, 1, (6, 4))
    with jax.enable_x64(True):
        value = np.asarray(jax.nn.softmax(jnp.asarray(z)))
        jacobian = np.asarray(jax.vmap(jax.jacrev(jax.nn.softmax))(jnp.asarray(z)))
        product = np.asarray(jax.vjp(jax.nn.softmax, jnp.asarray(z))[1](jnp.asarray(g))[0])
    np.testing.assert_allclose(softmax.value(z), value, rtol=1e-12)
    np.testing.assert_allclose(softmax.jacobian(z), jacobian, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(softmax.pull_back(z, g), product, rtol=1e-12, atol=1e-15)


@checked
@given(z=WIDE, shift=st.floats(-1e4, 1e4))
def test_softmax_sums_to_one_and_does_not_see_a_shift(z, shift):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        p, moved, slopes = softmax.value(z), softmax.value(z + shift), softmax.pull_back(z, np.ones_like(z))
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-12)
    np.testing.assert_allclose(moved, p, rtol=1e-9, atol=1e-12)  # z + shift is rounded at 1e4
    np.testing.assert_allclose(slopes, 0, atol=1e-12)  # a gradient that is equal everywhere moves nothing
    in_order = np.take_along_axis(p, np.argsort(z, axis=-1), axis=-1)
    assert (np.diff(in_order, axis=-1) >= 0).all()


@pytest.mark.parametrize("f", ALL, ids=lambda f: f.name)
def test_pulling_back_is_the_product_with_the_jacobian(f):
    rng = np.random.default_rng(6)
    z, g = rng.normal(0, 2, (5, 3)), rng.normal(0, 1, (5, 3))
    np.testing.assert_allclose(f.pull_back(z, g), np.einsum("nij,ni->nj", f.jacobian(z), g), atol=1e-14)


@pytest.mark.parametrize("f", ALL, ids=lambda f: f.name)
def test_every_name_finds_its_activation(f):
    assert activations.get(f.name) is f
    assert activations.get(f) is f
    assert f([0, 1]).dtype == np.float64
    assert f.formula
    assert f.derivative_formula


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: activations.get("sigmod"), UnknownNameError, "Did you mean 'sigmoid'"),
        (lambda: LeakyReLU(slope=0), ArgumentError, "slope must be a finite number above 0: got 0.0. For no slope"),
        (lambda: ELU(alpha=-1), ArgumentError, "alpha must be"),
        (lambda: activations.relu.value(["a"]), DataError, "z must hold real numbers"),
        (lambda: activations.relu.value([[1], [1, 2]]), ShapeError, "unequal length"),
        (lambda: activations.relu.pull_back([1.0], [1.0, 2.0]), ShapeError, r"shape of z, \(1,\): got \(2,\)"),
        (lambda: Softmax().value(1.0), ShapeError, "last axis over K units"),
        (lambda: activations.tanh.active(0), ArgumentError, "at least 0.001"),
    ],
)
def test_bad_arguments_are_one_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()

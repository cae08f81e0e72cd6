"""Convolutions rewritten to one layout compute the same, gradients included; max pooling's gradient, the same bits."""

import jax
import numpy as np
import pytest
from jax import lax

from vitral.training.rewriting import as_function

RNG = np.random.default_rng(0)


def value_and_gradient(conv):
    def function(x, w):
        return jax.value_and_grad(lambda w: conv(x, w).sum())(w)

    return function


def nhwc(x, w, strides=(1, 1), padding="SAME", **options):
    return lax.conv_general_dilated(x, w, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC"), **options)


def nwc(x, w):
    return lax.conv_general_dilated(x, w, (1,), "SAME", rhs_dilation=(2,), dimension_numbers=("NWC", "WIO", "NWC"))


CASES = {
    "2d": (nhwc, (2, 6, 6, 3), (3, 3, 3, 4)),
    "strided": (lambda x, w: nhwc(x, w, (2, 2), "VALID"), (2, 7, 7, 3), (3, 3, 3, 4)),
    "channels first": (lambda x, w: lax.conv_general_dilated(x, w, (1, 1), "SAME"), (2, 3, 6, 6), (4, 3, 3, 3)),
    "1d dilated": (nwc, (2, 9, 3), (3, 3, 4)),
    "grouped": (lambda x, w: nhwc(x, w, feature_group_count=2), (2, 6, 6, 4), (3, 3, 2, 4)),
    "in a scan": (
        lambda x, w: lax.scan(lambda c, _: (nhwc(c, w), None), x, None, length=2)[0],
        (2, 6, 6, 3),
        (3, 3, 3, 3),
    ),
    "in a branch": (
        lambda x, w: lax.cond(x.sum() > 0, lambda: nhwc(x, w), lambda: x),
        (2, 6, 6, 3),
        (3, 3, 3, 3),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rewritten_equals_plain(name):
    conv, x_shape, w_shape = CASES[name]
    x, w = (RNG.standard_normal(s).astype("float32") for s in (x_shape, w_shape))
    function = value_and_gradient(conv)
    closed = jax.make_jaxpr(function)(x, w)
    plain = jax.tree.leaves(jax.jit(function)(x, w))
    rewritten = jax.jit(lambda x, w: as_function(closed)([x, w]))(x, w)
    assert "conv_general_dilated" in str(closed)
    for a, b in zip(plain, rewritten, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
    value, gradient = plain
    assert gradient.shape == w.shape
    assert value.shape == ()


def test_every_convolution_of_the_rewritten_program_is_canonical():
    conv, x_shape, w_shape = CASES["channels first"]
    x, w = (np.ones(s, "float32") for s in (x_shape, w_shape))
    closed = jax.make_jaxpr(value_and_gradient(conv))(x, w)
    rewritten = jax.make_jaxpr(lambda x, w: as_function(closed)([x, w]))(x, w)
    specs = [e.params["dimension_numbers"] for e in rewritten.jaxpr.eqns if e.primitive.name == "conv_general_dilated"]
    assert len(specs) >= 2
    assert all(s.lhs_spec == (0, 3, 1, 2) and s.rhs_spec == (3, 2, 0, 1) for s in specs)


def test_a_convolution_in_a_loop_of_the_steps_own_stays():
    """Keras's program has it in a loop, too: canonical, it would round in another way (ConvLSTM's bias did)."""
    loop, x_shape, w_shape = CASES["in a scan"]
    x, w = (np.ones(s, "float32") for s in (x_shape, w_shape))
    closed = jax.make_jaxpr(value_and_gradient(loop))(x, w)
    rewritten = jax.make_jaxpr(lambda x, w: as_function(closed)([x, w]))(x, w)
    before, after = ([str(e) for e in c.jaxpr.eqns if e.primitive.name == "scan"] for c in (closed, rewritten))
    assert before
    assert "conv_general_dilated" in before[0]
    assert [text.split("jaxpr=")[1] for text in after] == [text.split("jaxpr=")[1] for text in before]


@pytest.mark.parametrize(
    ("shape", "window"),
    [
        ((4, 8, 8, 3), (1, 2, 2, 1)),
        ((2, 11, 7, 2), (1, 3, 2, 1)),
        ((2, 9, 4), (1, 3, 1)),
        ((2, 5, 5, 5, 2), (1, 2, 2, 2, 1)),
    ],
)
def test_max_pooling_gradient_to_the_last_bit(shape, window):
    """Ties, signed zeros, NaN, infinities and rows left over by the windows included."""
    x = np.maximum(np.round(RNG.standard_normal(shape), 1), 0).astype("float32")
    for value in (np.nan, -0.0, -np.inf):
        x.ravel()[RNG.integers(x.size, size=6)] = value
    weights = RNG.standard_normal([(n - w) // w + 1 for n, w in zip(shape, window, strict=True)]).astype("float32")
    weights.ravel()[::5], weights.ravel()[::7] = 0.0, -0.0

    def gradient(x, weights):
        pool = lambda x: lax.reduce_window(x, -np.inf, lax.max, window, window, "VALID")  # noqa: E731
        return jax.vjp(pool, x)[1](weights)[0]

    closed = jax.make_jaxpr(gradient)(x, weights)
    assert "select_and_scatter_add" in str(closed)
    rewritten = jax.jit(lambda *args: as_function(closed)(list(args))[0])
    assert "cond" in str(jax.make_jaxpr(rewritten)(x, weights))
    assert np.asarray(rewritten(x, weights)).tobytes() == np.asarray(jax.jit(gradient)(x, weights)).tobytes()

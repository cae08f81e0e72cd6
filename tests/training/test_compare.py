"""Equal programs share a compilation; programs that differ in a number, a constant or an equation never do."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from vitral.training.compare import same_program, signature


def trace(function, *args):
    return jax.jit(function).trace(*args).jaxpr


X = np.ones((3, 4), "float32")


def scaled(factor):
    return lambda x: jax.nn.relu(x * factor) @ np.full((4, 2), 0.5, "float32")


def test_same_function_traced_twice_is_the_same():
    a, b = trace(scaled(2.0), X), trace(scaled(2.0), X)
    assert signature(a) == signature(b)
    assert same_program(a, b)


@pytest.mark.parametrize(
    "other",
    [
        scaled(2.0000002),  # a literal, one float32 step away
        lambda x: jax.nn.relu(x * 2.0) @ np.full((4, 2), 0.25, "float32"),  # a constant
        lambda x: jnp.tanh(x * 2.0) @ np.full((4, 2), 0.5, "float32"),  # an equation
        lambda x: jax.nn.relu(2.0 * (x * 1.0)) @ np.full((4, 2), 0.5, "float32"),  # one more equation
    ],
)
def test_any_difference_is_seen(other):
    assert not same_program(trace(scaled(2.0), X), trace(other, X))


def test_zero_and_minus_zero_differ_and_nan_equals_itself():
    assert not same_program(trace(lambda x: x + 0.0, X), trace(lambda x: x + -0.0, X))
    nan = trace(lambda x: x + np.full((4,), np.nan, "float32"), X)
    assert same_program(nan, trace(lambda x: x + np.full((4,), np.nan, "float32"), X))


def test_wiring_counts_not_names():
    assert not same_program(trace(lambda x, y: x - y, X, X), trace(lambda x, y: y - x, X, X))
    assert same_program(trace(lambda x, y: x - y, X, X), trace(lambda p, q: p - q, X, X))


def loop(limit, factor):
    return lambda x: lax.while_loop(lambda c: c[0] < limit, lambda c: (c[0] + 1, c[1] * factor), (0, x))[1]


def test_numbers_inside_loops_and_branches_count():
    assert same_program(trace(loop(3, 2.0), X), trace(loop(3, 2.0), X))
    assert not same_program(trace(loop(3, 2.0), X), trace(loop(4, 2.0), X))
    assert not same_program(trace(loop(3, 2.0), X), trace(loop(3, 2.5), X))

    def branch(k):
        return lambda x: lax.cond(x[0, 0] > 0, lambda a: a * k, lambda a: a, x)

    assert not same_program(trace(branch(2.0), X), trace(branch(3.0), X))


def test_shapes_and_types_count():
    assert not same_program(trace(scaled(2.0), X), trace(scaled(2.0), np.ones((5, 4), "float32")))
    assert not same_program(trace(jnp.sin, X), trace(jnp.sin, X.astype("float16")))

"""Numbers found by comparing programs, as inputs of one program: the same values come out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from vitral.training import lifting
from vitral.training.compare import differences, same_program
from vitral.training.lifting import CannotLiftError, lift, numbers_at

X = np.linspace(-2, 3, 12, dtype="float32").reshape(3, 4)


def trace(function):
    return jax.jit(function).trace(X).jaxpr


@jax.custom_jvp
def own(x):
    return x


own.defjvp(lambda primals, tangents: (primals[0], tangents[0] * 2))

PROGRAMS = {
    "a literal": lambda n: lambda x: x * n,
    "a constant": lambda n: lambda x: x @ np.full((4, 2), n, "float32"),
    "in a call": lambda n: lambda x: jax.jit(lambda x: jnp.maximum(x, n))(x) + 1.0,
    "in a call of the same function": lambda n: lambda x: jax.nn.leaky_relu(x, n) + jax.nn.leaky_relu(-x, n),
    "in a branch": lambda n: lambda x: lax.cond(x.sum() > 0, lambda x: x * n, lambda x: x - n, x),
    "in a scan": lambda n: lambda x: lax.scan(lambda c, r: (c * n + r.sum(), c + r * n), 0.0, x)[1],
    "in a while": lambda n: lambda x: lax.while_loop(lambda c: c[0] < n, lambda c: (c[0] + 1, c[1] * n), (0.0, x))[1],
    "a divisor": lambda n: lambda x: x / n,
    "a gradient": lambda n: jax.grad(lambda x: jnp.sum(jnp.tanh(x * n) ** 2) + n * jnp.sum(own(x))),
    "checkpointed": lambda n: jax.grad(lambda x: jnp.sum(jax.checkpoint(lambda x: jnp.sin(x * n))(x))),
    "a result": lambda n: lambda x: (x, n),
    "random": lambda n: lambda x: jnp.where(jax.random.bernoulli(jax.random.PRNGKey(0), n / 10, x.shape), x / n, 0),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_one_program_serves_all_numbers(name):
    make = PROGRAMS[name]
    values = (2.5, 3.7, 0.3)
    programs = [trace(make(value)) for value in values]
    found = [differences(programs[0], other) for other in programs[1:]]
    places = sorted({place for places in found for place in places}, key=str)
    assert places
    lifted = lift(programs[0], places)
    run = jax.jit(lambda *args: jax.core.eval_jaxpr(lifted.jaxpr, lifted.consts, *args))
    for value, program in zip(values, programs, strict=True):
        plain = jax.tree.leaves(jax.jit(make(value))(X))
        for ours, theirs in zip(run(X, *numbers_at(program, places)), plain, strict=True):
            assert np.asarray(ours).tobytes() == np.asarray(theirs).tobytes()


def test_a_lifted_program_is_the_same_for_all():
    a, b = (trace(PROGRAMS["a gradient"](n)) for n in (2.0, 3.0))
    places = differences(a, b)
    assert same_program(lift(a, places), lift(b, places))
    assert not same_program(a, b)


@pytest.mark.parametrize(
    "other",
    [
        lambda x: jnp.tanh(x * 2.0),  # another equation
        lambda x: jnp.maximum(x * 2.0, 0.0) + 1.0,  # one more
        lambda x: jnp.maximum(x * np.full((4,), 2.0, "float32"), 0.0),  # a constant instead of a literal
        lambda x: jnp.maximum(0.0, x * 2.0),  # operands exchanged
        lambda x: x**3,
    ],
)
def test_other_programs_are_not_one_with_other_numbers(other):
    assert differences(trace(lambda x: jnp.maximum(x * 2.0, 0.0)), trace(other)) is None


def test_a_number_that_is_a_parameter_is_another_program():
    assert differences(trace(lambda x: x**2), trace(lambda x: x**3)) is None


def test_what_is_not_taken_apart_is_said(monkeypatch):
    a, b = (trace(PROGRAMS["in a call"](n)) for n in (2.0, 3.0))
    monkeypatch.setattr(lifting, "_CALLS", set())
    with pytest.raises(CannotLiftError, match="inside jit"):
        lift(a, differences(a, b))

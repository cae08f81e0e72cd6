"""A traced program with some of its numbers as inputs: one compilation then serves every value that they may have.

`compare.differences` says where two programs hold other numbers. Here the program is evaluated equation by equation,
those places read from inputs, and traced again. What is inside a call is taken out of it; loops and branches are made
anew around their rewritten bodies.

A compiler that does not know a number cannot fold it into another: most programs round the same either way. Where XLA
would have turned a division by a constant into a product with its reciprocal, the same is done here.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from vitral.training.compare import Place

_CALLS = {"jit", "pjit", "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call", "checkpoint", "remat2"}


class CannotLiftError(Exception):
    """A number stands where it cannot become an input: inside an operation that is not taken apart here."""


def numbers_at(closed: ClosedJaxpr, places: Sequence[Place]) -> list[np.ndarray]:
    """What the program holds at `places`, one array for each."""
    return [_value_at(closed.jaxpr, closed.consts, place) for place in places]


def _value_at(jaxpr: Jaxpr, consts: Sequence[Any], place: Place) -> np.ndarray:
    if place[0] == "const":
        return np.asarray(consts[place[1]])
    if place[0] == "out":
        return _of_literal(jaxpr.outvars[place[1]])
    eqn = jaxpr.eqns[place[0]]
    if place[1] == "in":
        return _of_literal(eqn.invars[place[2]])
    return _value_at(*_go_in(jaxpr, place))


def _go_in(jaxpr: Jaxpr, place: Place) -> tuple[Jaxpr, Sequence[Any], Place]:
    """The program that an equation holds, its constants, and the rest of the way."""
    e, key, *rest = place
    body = jaxpr.eqns[e].params[key]
    while isinstance(body, tuple | list):
        body, rest = body[rest[0]], rest[1:]
    return *_opened(body), tuple(rest)


def describe_place(closed: ClosedJaxpr, place: Place) -> str:
    """The operation that reads the number, and what it makes, as in "mul -> float32[8,3]"."""
    jaxpr = closed.jaxpr
    while len(place) > 2 and place[1] != "in":
        jaxpr, _, place = _go_in(jaxpr, place)
    first = place[0] if place else "out"
    if isinstance(first, str):
        return "a constant" if first == "const" else "a result"
    eqn = jaxpr.eqns[first]
    return f"{eqn.primitive.name} -> {eqn.outvars[0].aval.str_short()}"


def _of_literal(literal: Any) -> np.ndarray:
    return np.asarray(literal.val, literal.aval.dtype)


def _opened(body: ClosedJaxpr | Jaxpr) -> tuple[Jaxpr, Sequence[Any]]:
    return (body.jaxpr, body.consts) if isinstance(body, ClosedJaxpr) else (body, ())


def lift(closed: ClosedJaxpr, places: Sequence[Place]) -> ClosedJaxpr:
    """The program with the numbers at `places` as its last inputs, in that order.

    Raises:
        CannotLiftError: one of them cannot become an input.
    """
    n = len(closed.jaxpr.invars)
    inputs = [jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in closed.jaxpr.invars]
    numbers = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in numbers_at(closed, places)]

    def function(*args: Any) -> list[Any]:
        return _evaluate((), closed.jaxpr, closed.consts, args[:n], dict(zip(places, args[n:], strict=True)))

    return jax.make_jaxpr(function)(*inputs, *numbers)


def _evaluate(path: Place, jaxpr: Jaxpr, consts: Sequence[Any], args: Sequence[Any], numbers: dict[Place, Any]) -> list:
    """The results of a program, or of a body at `path` in it, with the given numbers in their places."""
    known: dict[Any, Any] = dict(zip(jaxpr.invars, args, strict=True))
    for i, (variable, constant) in enumerate(zip(jaxpr.constvars, consts, strict=True)):
        known[variable] = numbers.get((*path, "const", i), constant)

    def read(place: Place, atom: Any) -> Any:
        if place in numbers:
            return numbers[place]
        return atom.val if isinstance(atom, Literal) else known[atom]

    for e, eqn in enumerate(jaxpr.eqns):
        here = (*path, e)
        operands = [read((*here, "in", i), a) for i, a in enumerate(eqn.invars)]
        if any(place[: len(here)] == here and place[len(here)] != "in" for place in numbers):
            out = _apply_holder(here, eqn, operands, numbers)
        elif eqn.primitive.name == "div" and (*here, "in", 1) in numbers and jnp.issubdtype(operands[1].dtype, "float"):
            out = [lax.mul(operands[0], lax.div(jnp.ones_like(operands[1]), operands[1]))]
        else:
            out = eqn.primitive.bind(*operands, **eqn.primitive.get_bind_params(eqn.params))
            out = out if eqn.primitive.multiple_results else [out]
        known |= dict(zip(eqn.outvars, out, strict=True))
    return [read((*path, "out", i), a) for i, a in enumerate(jaxpr.outvars)]


def _apply_holder(here: Place, eqn: Any, operands: list[Any], numbers: dict[Place, Any]) -> list[Any]:
    """The results of an equation that holds a program in which some numbers are inputs."""
    params = eqn.params

    def body(*key: Any) -> Any:
        found = params[key[0]] if len(key) == 1 else params[key[0]][key[1]]
        return lambda *args: _evaluate((*here, *key), *_opened(found), args, numbers)

    name = eqn.primitive.name
    if name in _CALLS:
        held = [key for key, value in params.items() if isinstance(value, ClosedJaxpr | Jaxpr)]
        return body(held[0])(*operands)
    if name == "cond":
        return lax.switch(operands[0], [body("branches", i) for i in range(len(params["branches"]))], *operands[1:])
    if name == "scan":
        n_consts, n_carry = params["num_consts"], params["num_carry"]
        consts, start, rows = operands[:n_consts], operands[n_consts:][:n_carry], operands[n_consts + n_carry :]

        def step(carry: Any, row: Any) -> tuple[Any, Any]:
            out = body("jaxpr")(*consts, *carry, *row)
            return tuple(out[:n_carry]), tuple(out[n_carry:])

        options = {key: params[key] for key in ("length", "reverse", "unroll")}
        end, kept = lax.scan(step, tuple(start), tuple(rows), **options)
        return [*end, *kept]
    if name == "while":
        n_cond, n_body = params["cond_nconsts"], params["body_nconsts"]
        for_cond, for_body, start = operands[:n_cond], operands[n_cond:][:n_body], operands[n_cond + n_body :]
        return list(
            lax.while_loop(
                lambda carry: body("cond_jaxpr")(*for_cond, *carry)[0],
                lambda carry: tuple(body("body_jaxpr")(*for_body, *carry)),
                tuple(start),
            )
        )
    raise CannotLiftError(f"a number varies inside {name}")

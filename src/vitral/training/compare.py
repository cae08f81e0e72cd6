"""Are two traced programs the same? Then what was compiled for one serves the other. And if not, where do they differ?

A jaxpr is a list of equations over numbered variables. Two are the same when their equations name the same
primitives with the same parameters, read the same variables, and hold equal literals and constants.
Unknown kinds of parameters count as different unless they are the same object: at worst one more compilation.

Two that hold other literals or constants, and differ in nothing else, are one program with other numbers in it: that
is what `differences` finds. Nobody has to declare what varies.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

# Where a number stands, from the outside in: (3, "in", 1) is operand 1 of equation 3; (3, "jaxpr", ...) goes on in the
# program that equation 3 holds under that name; ("const", 0) and ("out", 0) are a constant and a result.
Place = tuple[Any, ...]  # numbers and names

# Functions kept beside a call for differentiating it later; the call itself is in the program already.
IGNORED = {"jvp_jaxpr_fun", "jvp_jaxpr_thunk", "fwd_jaxpr_thunk", "bwd", "name", "debug_info"}


class _OtherProgramError(Exception):
    """The two differ in more than the numbers that they hold; the message says in what first."""


def signature(closed: ClosedJaxpr) -> tuple:
    """A cheap hashable summary that equal programs share: shapes in, primitives in order, shapes out."""
    jaxpr = closed.jaxpr
    return (
        tuple((v.aval.shape, str(v.aval.dtype)) for v in jaxpr.invars),
        tuple(eqn.primitive.name for eqn in jaxpr.eqns),
        len(jaxpr.outvars),
    )


def same_program(a: ClosedJaxpr, b: ClosedJaxpr) -> bool:
    """Whether two traced programs compute the same, bit for bit, from the same inputs."""
    return differences(a, b) == []


def differences(a: ClosedJaxpr, b: ClosedJaxpr) -> list[Place] | None:
    """The places where two programs hold other numbers; None where they differ in anything else.

    Numbers of other shapes or types are a difference in something else.
    """
    found, reason = compare(a, b)
    return found if reason is None else None


def compare(a: ClosedJaxpr, b: ClosedJaxpr) -> tuple[list[Place], str | None]:
    """The places where two programs hold other numbers; and what else they differ in first, None for nothing."""
    found: list[Place] = []
    try:
        _walk_closed((), a, b, found)
    except _OtherProgramError as reason:
        return found, str(reason)
    return found, None


def _walk_closed(path: Place, a: ClosedJaxpr, b: ClosedJaxpr, found: list[Place]) -> None:
    _walk(path, a.jaxpr, b.jaxpr, found)
    _require(len(a.consts) == len(b.consts), "one has more constants")
    for i, (x, y) in enumerate(zip(a.consts, b.consts, strict=True)):
        _compare_values((*path, "const", i), x, y, found)


def _walk(path: Place, a: Jaxpr, b: Jaxpr, found: list[Place]) -> None:
    for x, y in zip(a.eqns, b.eqns, strict=False):
        _require(x.primitive is y.primitive, f"{x.primitive.name} stands where the other has {y.primitive.name}")
    n_a, n_b = len(a.eqns), len(b.eqns)
    _require(n_a == n_b, f"one has {n_a} operations, the other {n_b}")
    sizes = [(len(j.invars), len(j.constvars), len(j.outvars)) for j in (a, b)]
    _require(sizes[0] == sizes[1], "one takes or returns more arrays")
    number_a: dict[Any, int] = {}
    number_b: dict[Any, int] = {}

    def define(vars_a: Sequence[Any], vars_b: Sequence[Any]) -> None:
        for va, vb in zip(vars_a, vars_b, strict=True):
            _require(
                _same_type(va.aval, vb.aval),
                f"an array is {va.aval.str_short()} in one, {vb.aval.str_short()} in the other",
            )
            number_a[va] = number_b[vb] = len(number_a)

    def compare_atoms(path: Place, atoms_a: Sequence[Any], atoms_b: Sequence[Any]) -> None:
        for i, (x, y) in enumerate(zip(atoms_a, atoms_b, strict=True)):
            _require(isinstance(x, Literal) == isinstance(y, Literal), "a number in one is computed in the other")
            if isinstance(x, Literal):
                _require(_same_type(x.aval, y.aval), "a number has another type")
                _compare_values((*path, i), x.val, y.val, found)
            else:
                _require(number_a[x] == number_b[y], "an operation reads another array")

    define([*a.constvars, *a.invars], [*b.constvars, *b.invars])
    for e, (eqn_a, eqn_b) in enumerate(zip(a.eqns, b.eqns, strict=True)):
        same_counts = (len(eqn_a.invars), len(eqn_a.outvars)) == (len(eqn_b.invars), len(eqn_b.outvars))
        _require(same_counts, f"{eqn_a.primitive.name} takes or returns more arrays in one")
        compare_atoms((*path, e, "in"), eqn_a.invars, eqn_b.invars)
        _walk_params((*path, e), eqn_a.params, eqn_b.params, found)
        define(eqn_a.outvars, eqn_b.outvars)
    compare_atoms((*path, "out"), a.outvars, b.outvars)


def _require(is_same: bool, reason: str) -> None:
    if not is_same:
        raise _OtherProgramError(reason)


def _same_type(a: Any, b: Any) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and a.weak_type == b.weak_type


def _compare_values(place: Place, a: Any, b: Any, found: list[Place]) -> None:
    """Note the place where the values differ by their bytes: 0.0 and -0.0 do, a NaN equals itself."""
    if a is b:
        return
    # What has no bytes (typed random keys) is equal only to itself.
    _require(_has_bytes(a) and _has_bytes(b), "a constant cannot be compared")
    (*kind_a, bytes_a), (*kind_b, bytes_b) = _bytes(a), _bytes(b)
    _require(kind_a == kind_b, "a constant has another shape or type")
    if bytes_a != bytes_b:
        found.append(place)


def _has_bytes(value: Any) -> bool:
    if isinstance(value, np.ndarray | np.generic | bool | int | float):
        return True
    return hasattr(value, "__array__") and not str(value.dtype).startswith("key")


def _bytes(value: Any) -> tuple:
    array = np.asarray(value)
    return array.shape, str(array.dtype), array.tobytes()


def _walk_params(path: Place, a: dict[str, Any], b: dict[str, Any], found: list[Place]) -> None:
    _require(a.keys() == b.keys(), "an operation has other settings")
    for key in a:
        if key not in IGNORED:
            _walk_param((*path, key), a[key], b[key], found)


def _walk_param(path: Place, a: Any, b: Any, found: list[Place]) -> None:
    """Numbers may differ inside a program that is a parameter; a parameter that is a number itself may not."""
    if a is b:
        return
    reason = f"an operation has another {path[-1]}"
    _require(type(a) is type(b), reason)
    if isinstance(a, ClosedJaxpr):
        _walk_closed(path, a, b, found)
    elif isinstance(a, Jaxpr):
        _walk(path, a, b, found)
    elif isinstance(a, tuple | list) and not hasattr(a, "_fields"):
        _require(len(a) == len(b), reason)
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            _walk_param((*path, i), x, y, found)
    elif isinstance(a, np.ndarray | float):
        _require(_bytes(a) == _bytes(b), reason)
    else:
        try:
            is_same = bool(a == b)
        except Exception:  # an unknown kind without a usable comparison
            is_same = False
        _require(is_same, reason)

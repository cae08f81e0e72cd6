"""Are two traced programs the same? Then what was compiled for one serves the other.

A jaxpr is a list of equations over numbered variables. Two are the same when their equations name the same
primitives with the same parameters, read the same variables, and hold equal literals and constants.
Unknown kinds of parameters count as different unless they are the same object: at worst one more compilation.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

# Functions kept beside a call for differentiating it later; the call itself is in the program already.
_IGNORED = {"jvp_jaxpr_fun", "jvp_jaxpr_thunk", "fwd_jaxpr_thunk", "bwd", "name", "debug_info"}


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
    return _same_jaxpr(a.jaxpr, b.jaxpr) and _same_values(a.consts, b.consts)


def _same_jaxpr(a: Jaxpr, b: Jaxpr) -> bool:
    if (len(a.eqns), len(a.invars), len(a.constvars), len(a.outvars)) != (
        len(b.eqns),
        len(b.invars),
        len(b.constvars),
        len(b.outvars),
    ):
        return False
    number_a: dict[Any, int] = {}
    number_b: dict[Any, int] = {}

    def define(vars_a: Sequence[Any], vars_b: Sequence[Any]) -> bool:
        for va, vb in zip(vars_a, vars_b, strict=True):
            if not _same_type(va.aval, vb.aval):
                return False
            number_a[va] = number_b[vb] = len(number_a)
        return True

    def same_atoms(atoms_a: Sequence[Any], atoms_b: Sequence[Any]) -> bool:
        for x, y in zip(atoms_a, atoms_b, strict=True):
            if isinstance(x, Literal) != isinstance(y, Literal):
                return False
            if isinstance(x, Literal):
                if not (_same_type(x.aval, y.aval) and _same_values([x.val], [y.val])):
                    return False
            elif number_a[x] != number_b[y]:
                return False
        return True

    if not define([*a.constvars, *a.invars], [*b.constvars, *b.invars]):
        return False
    for eqn_a, eqn_b in zip(a.eqns, b.eqns, strict=True):
        if eqn_a.primitive is not eqn_b.primitive or len(eqn_a.invars) != len(eqn_b.invars):
            return False
        if len(eqn_a.outvars) != len(eqn_b.outvars) or not same_atoms(eqn_a.invars, eqn_b.invars):
            return False
        if not _same_params(eqn_a.params, eqn_b.params) or not define(eqn_a.outvars, eqn_b.outvars):
            return False
    return same_atoms(a.outvars, b.outvars)


def _same_type(a: Any, b: Any) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and a.weak_type == b.weak_type


def _same_values(a: Sequence[Any], b: Sequence[Any]) -> bool:
    # By bytes: 0.0 and -0.0 differ, a NaN equals itself. What has no bytes (typed random keys) is equal only to itself.
    return all(
        x is y or (_has_bytes(x) and _has_bytes(y) and _bytes(x) == _bytes(y)) for x, y in zip(a, b, strict=True)
    )


def _has_bytes(value: Any) -> bool:
    if isinstance(value, np.ndarray | np.generic | bool | int | float):
        return True
    return hasattr(value, "__array__") and not str(value.dtype).startswith("key")


def _bytes(value: Any) -> tuple:
    array = np.asarray(value)
    return array.shape, str(array.dtype), array.tobytes()


def _same_params(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a.keys() == b.keys() and all(key in _IGNORED or _same_param(a[key], b[key]) for key in a)


def _same_param(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, ClosedJaxpr):
        return same_program(a, b)
    if isinstance(a, Jaxpr):
        return _same_jaxpr(a, b)
    if isinstance(a, tuple | list) and not hasattr(a, "_fields"):
        return len(a) == len(b) and all(_same_param(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.ndarray | float):
        return _bytes(a) == _bytes(b)
    try:
        return bool(a == b)
    except Exception:  # an unknown kind without a usable comparison
        return False

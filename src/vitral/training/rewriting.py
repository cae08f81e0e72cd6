"""A traced step, evaluated equation by equation, some by rules: the same bits in a form that is fast inside a loop.

Convolutions and max pooling's gradient have their rules in `canonical`. Those in a loop of the step's own, a recurrent
layer's, stay as they are: there Keras's program has them in a loop as well, with the bits of a loop.

The third rule is here: weights and the optimizer's slots travel through the loop as vectors, and the update is computed
on vectors. XLA's CPU compiler uses vector instructions along the innermost axis alone: Adam's update of a (784, 10)
kernel takes 23 µs, of (7840,) 3.6.

Each number still comes from the same operations; but whether a product is rounded before it is added depends on what
the compiler puts into one kernel, and on how it unrolls that kernel's loop. The rule is therefore for updates that are
elementwise from end to end: they start from vectors and from what a kernel of its own has made (a gradient, out of a
product of matrices), and only the next step reads them. Where anything else takes part, a norm or a penalty, or a
reciprocal root, which the compiler writes anew as a product, the whole step stays as it was.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from vitral.training.canonical import convolution, is_tiling, pooling_gradient

_CONV, _POOL = "conv_general_dilated", "select_and_scatter_add"
_CALLS = {"jit", "pjit", "closed_call", "core_call"}
_CUSTOM_CALLS = {"custom_jvp_call", "custom_vjp_call"}
_ELEMENTWISE_NAMES = """
abs add add_any and ceil clamp convert_element_type copy div eq exp expm1 floor ge gt integer_pow is_finite le log log1p
logistic lt max min mul ne neg not or pow rem rsqrt select_n sign sqrt square sub tanh xor
"""
_ELEMENTWISE = frozenset(_ELEMENTWISE_NAMES.split())
_LOOPS = {"scan", "while"}
_KERNELS = {"conv_general_dilated", "dot_general", "reduce_sum", "scan", "scatter-add", "while"}
_MOVES = {"convert_element_type", "copy", "reshape", "squeeze", "transpose"}


class NeedsArraysError(Exception):
    """The program cannot do with vectors: something reads as an array what is computed as a vector, say."""


class _Value:
    """One value of the program: an array, a vector, or what waits to be computed as the one that its readers need."""

    def __init__(
        self,
        shape: tuple,
        *,
        array: Any = None,
        vector: Any = None,
        compute: Callable[[bool], Any] | None = None,
        is_input: bool = False,
        is_root: bool = False,
        readers: set[str] | None = None,
    ) -> None:
        self.shape, self._array, self._vector, self._compute = shape, array, vector, compute
        self._is_input = is_input  # given: reshaping it is free
        self.is_root = is_root  # a square root
        # Of what a kernel of its own has made, and perhaps was moved since: how it is read, which has to be one way.
        self.readers = readers
        self.is_vector = vector is not None

    @property
    def can_be_vector(self) -> bool:
        return self.is_vector or self.readers is not None or self._compute is not None

    def array(self, *, to_move: bool = False) -> Any:
        if not to_move:
            self._note_reader("array")
        if self._array is None:
            if self._is_input:
                self._array = lax.reshape(self._vector, self.shape)
            elif self._compute is None or self._vector is not None:
                raise NeedsArraysError
            else:
                self._array = self._compute(False)
        return self._array

    def vector(self) -> Any:
        self._note_reader("vector")
        if self._vector is None:
            if self.readers is not None:
                # Behind a barrier, so that reshaping is no part of the update's loop.
                self._vector = lax.optimization_barrier(jnp.ravel(self._array))
            elif self._compute is None or self._array is not None:
                raise NeedsArraysError
            else:
                self._vector = self._compute(True)
        return self._vector

    def _note_reader(self, kind: str) -> None:
        if self.readers is not None:
            self.readers.add(kind)
            if len(self.readers) > 1:
                raise NeedsArraysError


def as_function(
    closed: ClosedJaxpr,
    vectors_in: Sequence[bool] = (),
    vectors_out: Sequence[bool] = (),
) -> Callable[[list[Any]], list[Any]]:
    """A traced program as a function of its flat inputs, rewritten as this module says.

    Args:
        closed: the program.
        vectors_in, vectors_out: which of its inputs and results are given and returned as vectors; none by default.

    Raises:
        NeedsArraysError: when the function is called with vectors and the program cannot do with them.
    """
    jaxpr = closed.jaxpr
    vectors_in = vectors_in or [False] * len(jaxpr.invars)
    vectors_out = vectors_out or [False] * len(jaxpr.outvars)

    def function(args: list[Any]) -> list[Any]:
        values = [
            _Value(_shape(v), vector=a, is_input=True) if is_vector else _Value(_shape(v), array=a)
            for v, a, is_vector in zip(jaxpr.invars, args, vectors_in, strict=True)
        ]
        out = _evaluate(closed, values, any(vectors_in))
        return [v.vector() if is_vector else v.array() for v, is_vector in zip(out, vectors_out, strict=True)]

    return function


def _evaluate(closed: ClosedJaxpr, inputs: list[_Value], has_vectors: bool) -> list[_Value]:
    """Bind the program's equations one by one, those with a rule by their rule."""
    known: dict[Any, _Value] = {
        v: _Value(_shape(v), array=c) for v, c in zip(closed.jaxpr.constvars, closed.consts, strict=True)
    }
    known |= dict(zip(closed.jaxpr.invars, inputs, strict=True))

    def read(atom: Any) -> _Value:
        return _Value(_shape(atom), array=atom.val) if isinstance(atom, Literal) else known[atom]

    for eqn in closed.jaxpr.eqns:
        known |= dict(zip(eqn.outvars, _apply(eqn, [read(a) for a in eqn.invars], has_vectors), strict=True))
    return [read(a) for a in closed.jaxpr.outvars]


def _apply(eqn: Any, operands: list[_Value], has_vectors: bool) -> list[_Value]:
    """The results of one equation."""
    name, shapes = eqn.primitive.name, [_shape(v) for v in eqn.outvars]
    bodies = [] if name in _LOOPS else _bodies(eqn.params)
    has_rule_inside = any(_needs_rules(body.jaxpr) for body in bodies)
    reads_vector = any(v.is_vector for v in operands)
    can_be_vector = has_vectors and any(v.can_be_vector for v in operands)
    if (name in _CALLS and (has_rule_inside or can_be_vector)) or (name in _CUSTOM_CALLS and has_rule_inside):
        return _evaluate(bodies[0], operands, has_vectors)
    if name in _ELEMENTWISE and can_be_vector and all(v.shape in ((), shapes[0]) for v in operands):
        if name == "rsqrt" or (name == "div" and operands[1].is_root):
            raise NeedsArraysError

        def compute(as_vector: bool) -> Any:
            return _bind(eqn, [v.vector() if as_vector and v.shape else v.array() for v in operands])[0]

        if reads_vector:
            return [_Value(shapes[0], vector=compute(True), is_root=name == "sqrt")]
        if all(v.can_be_vector or v.shape == () for v in operands):
            return [_Value(shapes[0], compute=compute, is_root=name == "sqrt")]
    arguments = [v.array(to_move=name in _MOVES) for v in operands]
    if name == _CONV:
        out = [convolution(arguments, eqn.params)]
    elif name == _POOL and is_tiling(eqn.params):
        out = [pooling_gradient(eqn, *arguments)]
    elif has_rule_inside:
        out = eqn.primitive.bind(*arguments, **{key: _rewrite(value) for key, value in eqn.params.items()})
    else:
        out = _bind(eqn, arguments)
    return [
        _Value(shape, array=a, readers=_readers(eqn, operands) if has_vectors else None)
        for shape, a in zip(shapes, out, strict=True)
    ]


def _readers(eqn: Any, operands: list[_Value]) -> set[str] | None:
    """A new note of readers for what a kernel of its own makes; moving it keeps the note; None for anything else."""
    if eqn.primitive.name in _MOVES:
        return operands[0].readers
    if eqn.primitive.name == "dot_general":
        (contracted, _), _ = eqn.params["dimension_numbers"]
        # Over one row it is no sum, but a product that the compiler puts into the next kernel.
        return set() if any(operands[0].shape[axis] > 1 for axis in contracted) else None
    return set() if eqn.primitive.name in _KERNELS else None


def _shape(variable: Any) -> tuple:
    return getattr(variable.aval, "shape", ())


def _bind(eqn: Any, arguments: list[Any]) -> list[Any]:
    out = eqn.primitive.bind(*arguments, **eqn.primitive.get_bind_params(eqn.params))
    return out if eqn.primitive.multiple_results else [out]


def _bodies(params: dict[str, Any]) -> list[ClosedJaxpr]:
    """The programs inside an equation."""
    values = [v for p in params.values() for v in (p if isinstance(p, tuple | list) else (p,))]
    return [
        v if isinstance(v, ClosedJaxpr) else ClosedJaxpr(v, ()) for v in values if isinstance(v, ClosedJaxpr | Jaxpr)
    ]


def is_simple(closed: ClosedJaxpr) -> bool:
    """Whether a program has neither convolutions nor loops of its own."""

    def simple(jaxpr: Jaxpr) -> bool:
        return not any(
            eqn.primitive.name in {_CONV, _POOL, *_LOOPS} or not all(simple(body.jaxpr) for body in _bodies(eqn.params))
            for eqn in jaxpr.eqns
        )

    return simple(closed.jaxpr)


def _needs_rules(jaxpr: Jaxpr) -> bool:
    return any(
        eqn.primitive.name in (_CONV, _POOL) or any(_needs_rules(body.jaxpr) for body in _bodies(eqn.params))
        for eqn in jaxpr.eqns
        if eqn.primitive.name not in _LOOPS
    )


def _rewrite(value: Any) -> Any:
    """The bodies of a branch, rewritten; any other parameter as it is."""
    if isinstance(value, tuple):
        return tuple(_rewrite(v) for v in value)
    if isinstance(value, ClosedJaxpr) and _needs_rules(value.jaxpr):
        shapes = [jax.ShapeDtypeStruct(_shape(v), v.aval.dtype) for v in value.jaxpr.invars]
        return jax.make_jaxpr(lambda *args: as_function(value)(list(args)))(*shapes)
    return value

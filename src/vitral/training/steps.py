"""Keras's own steps, traced: what a program repeats.

`model.train_step(state, data)` is Keras's documented, overridable step on JAX, so metrics, regularisers, dropout,
sample weights and a user's own step keep Keras's meaning by construction.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax import lax

from vitral.training.compare import Place
from vitral.training.layout import Layout
from vitral.training.rewriting import NeedsArraysError, as_function
from vitral.training.traced import Traced


class UnsuitableStepError(Exception):
    """The model's step cannot be a loop's body; the reason is the message."""


class Step(Traced):
    """A traced `train_step` or `test_step`: leaves of state, a batch and numbers in, logs and new leaves out.

    Attributes:
        log_shapes: of its logs, by name.
    """

    def __init__(self, function: Callable, state: tuple, batch: Any) -> None:
        closed, shapes = jax.make_jaxpr(function, return_shape=True)(state, batch)
        try:
            logs, new_state = shapes
        except (TypeError, ValueError):
            raise UnsuitableStepError("the model's step does not return (logs, state)") from None
        if not isinstance(logs, dict):
            raise UnsuitableStepError("the model's step does not return its logs as a dict")
        before, after = jax.tree.leaves(state), jax.tree.leaves(new_state)
        if [(a.shape, a.dtype) for a in before] != [(a.shape, a.dtype) for a in after]:
            raise UnsuitableStepError("the model's step changes the shape or type of its state")
        super().__init__(closed)
        self.log_shapes = logs
        self._tree = jax.tree.structure(logs)
        self._run = as_function(closed)
        self._types = [a.dtype for a in before]

    def lift(self, places: Sequence[Place]) -> None:
        super().lift(places)
        self._run = as_function(self.closed)

    def take_vectors(self, vectors: Sequence[bool]) -> None:
        """From now on take and return those leaves of the state as vectors.

        Raises:
            NeedsArraysError: the step cannot do with them.
        """
        inputs = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in self.closed.in_avals]
        taken = [*vectors, *[False] * (len(inputs) - len(vectors))]
        run = as_function(self.closed, taken, [*[False] * self._tree.num_leaves, *vectors])
        jax.eval_shape(run, [_raveled(a) if is_one else a for a, is_one in zip(inputs, taken, strict=True)])
        self._run = run

    def __call__(self, leaves: Sequence[Any], batch: Any, numbers: Sequence[Any]) -> tuple[dict[str, Any], list[Any]]:
        # Behind a barrier the step is compiled as Keras compiles it alone: what surrounds it in the loop (the gathering
        # of the batch, the last step's update) is not fused into its first operations.
        out = self._run(list(lax.optimization_barrier((*leaves, *jax.tree.leaves(batch), *numbers))))
        n_logs = self._tree.num_leaves
        # A loop's carry must not be weakly typed where its input was not.
        new = [lax.convert_element_type(a, t) for a, t in zip(out[n_logs:], self._types, strict=True)]
        return jax.tree.unflatten(self._tree, out[:n_logs]), new


@dataclass(frozen=True, kw_only=True)
class Steps:
    """The steps that a training repeats, each None where there is no batch of its size.

    Attributes:
        train, tail: on a full batch and on the smaller last one.
        val, val_tail: the same of validation.
    """

    train: Step | None
    tail: Step | None
    val: Step | None
    val_tail: Step | None

    def all(self) -> dict[str, Step]:
        """Those that there are, by name."""
        return {name: step for name, step in vars(self).items() if step is not None}

    def pack(self) -> list[np.ndarray]:
        """The numbers of all steps as few arrays, because each one that is given to a program takes its time."""
        scalars: dict[np.dtype, list[np.ndarray]] = {}
        others = []
        for number in self._numbers():
            if number.ndim:
                others.append(number)
            else:
                scalars.setdefault(number.dtype, []).append(number)
        return [*(np.stack(group) for group in scalars.values()), *others]

    def unpack(self, packed: Sequence[Any]) -> dict[str, list[Any]]:
        """What `pack` has packed, inside a program: the numbers of each step, by its name."""
        kinds = list(dict.fromkeys(a.dtype for a in self._numbers() if not a.ndim))
        scalars = {kind: iter(range(len(self._numbers()))) for kind in kinds}
        vectors, others = dict(zip(kinds, packed, strict=False)), iter(packed[len(kinds) :])
        return {
            name: [next(others) if a.ndim else vectors[a.dtype][next(scalars[a.dtype])] for a in step.numbers]
            for name, step in self.all().items()
        }

    def _numbers(self) -> list[np.ndarray]:
        return [number for step in self.all().values() for number in step.numbers]


def trace_steps(model: Any, layout: Layout, state: Any, data: Any, validation: Any) -> Steps:
    """The steps of `model`, for arrays of these shapes.

    Raises:
        UnsuitableStepError: a step cannot be repeated inside a program.
    """
    val_state = (state[0], state[1], state[3])
    val_rows = jax.tree.leaves(validation)[0].shape[0] if validation is not None else 0
    has_val = validation is not None and val_rows >= layout.val_batch
    return Steps(
        train=Step(model.train_step, state, _rows(data, layout.batch)) if layout.full else None,
        tail=Step(model.train_step, state, _rows(data, layout.tail)) if layout.tail else None,
        val=Step(model.test_step, val_state, _rows(validation, layout.val_batch)) if has_val else None,
        val_tail=Step(model.test_step, val_state, _rows(validation, layout.val_tail)) if layout.val_tail else None,
    )


def choose_vectors(steps: list[Step], state: Any) -> list[bool]:
    """Which leaves travel through the loop as vectors (see `rewriting`): weights and slots, if the update allows."""
    # Not where the last axis is short: a loop over four or fewer is unrolled to its end, and may round otherwise.
    vectors = [i in (0, 2) and len(a.shape) > 1 and a.shape[-1] > 4 for i, part in enumerate(state) for a in part]
    try:
        for step in steps:
            step.take_vectors(vectors)
    except NeedsArraysError:
        vectors = [False] * len(vectors)
        for step in steps:
            step.take_vectors(vectors)
    return vectors


def _raveled(shape: Any) -> Any:
    return jax.ShapeDtypeStruct((math.prod(shape.shape),), shape.dtype)


def _rows(tree: Any, n: int) -> Any:
    return jax.tree.map(lambda a: jax.ShapeDtypeStruct((n, *a.shape[1:]), a.dtype), tree)

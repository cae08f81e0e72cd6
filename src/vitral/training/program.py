"""A compiled block of epochs: found or made for a model, dispatched, and read.

`block` has the function that is compiled, `steps` what it repeats.
"""

import math
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from vitral import _keras
from vitral.training.block import BALLAST, block_function
from vitral.training.epoch_logs import EpochLogs
from vitral.training.layout import Control, Layout
from vitral.training.programs import Compiled, compiled_program, counts
from vitral.training.steps import Steps, trace_steps


@dataclass(frozen=True)
class Outcome:
    """What came back from one dispatch.

    Attributes:
        halted_at: the batch whose loss was not finite, −1 for none. n_epochs: that were run.
    """

    program: "Program"
    model: Any
    arrays: tuple[list[np.ndarray], list[np.ndarray]]  # logs of training and of validation, by epoch
    halted_at: int
    n_epochs: int

    def logs(self, e: int = 0) -> dict[str, Any]:
        """Of training in one epoch."""
        return self.program.logs.finish(self.model, [a[e] for a in self.arrays[0]])

    def val_logs(self, e: int = 0) -> dict[str, Any]:
        """Of validation in one epoch; without meaning where there was none."""
        return self.program.val_logs.finish(self.model, [a[e] for a in self.arrays[1]])

    def columns(self, validated: list[int]) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        """Of all epochs, name -> values: those of training, and those of validation in the epochs that had one."""
        logs, val_logs = self.arrays
        found = self.program.logs.columns(self.model, logs, list(range(self.n_epochs)))
        if not validated:
            return found, {}
        return found, self.program.val_logs.columns(self.model, val_logs, validated)


@dataclass
class Speed:
    """What was measured of a program: seconds a training step and a validation step, None before one ran."""

    step: float | None = None
    val_step: float | None = None

    def predict(self, n_steps: int, n_val: int) -> float:
        """Seconds that so many steps will take; infinite while that is unknown."""
        if (n_steps and self.step is None) or (n_val and self.val_step is None):
            return math.inf
        return n_steps * (self.step or 0.0) + n_val * (self.val_step or 0.0)

    def learn(self, seconds: float, n_steps: int, n_val: int) -> None:
        """Take in one measurement; of a mixture, both speeds change in proportion."""
        if n_steps and n_val and math.isinf(self.predict(n_steps, n_val)):
            self.step = self.val_step = seconds / (n_steps + n_val)
        elif n_steps and n_val:
            ratio = seconds / max(self.predict(n_steps, n_val), 1e-9)
            self.step, self.val_step = (self.step or 0.0) * ratio, (self.val_step or 0.0) * ratio
        elif n_steps:
            self.step = seconds / n_steps
        elif n_val:
            self.val_step = seconds / n_val


@dataclass(frozen=True)
class Program:
    """A compiled block of epochs and how to read what it returns."""

    compiled: Compiled
    layout: Layout
    logs: EpochLogs
    val_logs: EpochLogs
    speed: Speed
    numbers: list[Any]  # what the compiled program has as inputs instead of literals, on the device

    def dispatch(
        self, model: Any, arrays: tuple[Any, Any], plan: Any, tails: Any, control: Control, validates: Any, state: Any
    ) -> tuple[_keras.State, Callable[[], Outcome]]:
        """Start one block. The state given is used up; the outcome is fetched by calling the second result."""
        data, validation = arrays
        counts.dispatches += 1
        leaves, logs, val_logs, halted_at, n_epochs = self.compiled(
            [a for part in state for a in part],
            jax.tree.leaves(data),
            jax.tree.leaves(validation),
            plan,
            tails,
            np.asarray(control, dtype="int32"),
            validates,
            BALLAST,
            self.numbers,
        )

        def fetch() -> Outcome:
            *arrays, halted, n = jax.device_get((logs, val_logs, halted_at, n_epochs))
            return Outcome(self, model, tuple(arrays), int(halted), int(n))

        return _keras.as_state(leaves, state), fetch


_programs: "weakref.WeakKeyDictionary[Any, tuple[Any, dict[Any, Program]]]" = weakref.WeakKeyDictionary()


def build_program(model: Any, layout: Layout, data: Any, validation: Any) -> tuple[Program, float]:
    """Trace and compile the block of epochs of `model` on `data`, or find it traced or compiled already.

    As Keras keeps its own compiled step, a program is kept for a model until `model.compile` is called again.

    Args:
        model: a compiled Keras model, everything built.
        layout: the sizes.
        data: what `train_step` takes, all N rows; nested arrays on the device.
        validation: the same for `test_step`, or None.

    Returns:
        The program, and the seconds it took to trace and compile.

    Raises:
        UnsuitableStepError: the model's step cannot be repeated inside a program.
    """
    started = time.perf_counter()
    state, data, validation = shapes_of(_keras.state_of(model)), shapes_of(data), shapes_of(validation)
    token, known = _programs.get(model, (lambda: None, {}))
    if token() is not _keras.compile_token(model):
        known = {}
        # Weakly, because a compile config may hold the model: by a loss that is its own method, say.
        _programs[model] = weakref.ref(_keras.compile_token(model)), known
    leaves, tree = jax.tree.flatten((state, data, validation))
    key = (layout, tree, tuple((a.shape, a.dtype) for a in leaves))
    if key not in known:
        steps = trace_steps(model, layout, state, data, validation)
        known[key] = compile_steps(model, layout, state, data, validation, steps)
    return known[key], time.perf_counter() - started


def compile_steps(model: Any, layout: Layout, state: Any, data: Any, validation: Any, steps: Steps) -> Program:
    """The program that repeats `steps`, for arrays of these shapes; found or compiled."""
    block, logs, val_logs = block_function(model, layout, state, data, validation, steps)
    compiled = compiled_program(block, _arguments(layout, state, data, validation, steps))
    return Program(compiled, layout, logs, val_logs, Speed(), jax.device_put(steps.pack()))


def _arguments(layout: Layout, state: Any, data: Any, validation: Any, steps: Steps) -> tuple[Any, ...]:
    """Shapes and types of what a block takes."""
    return (
        jax.tree.leaves(state),
        jax.tree.leaves(data),
        jax.tree.leaves(validation),
        jax.ShapeDtypeStruct((layout.block, layout.full * layout.batch), "int32"),
        jax.ShapeDtypeStruct((layout.block, layout.tail), "int32"),
        jax.ShapeDtypeStruct((len(Control._fields),), "int32"),
        jax.ShapeDtypeStruct((layout.block,), "bool"),
        jax.ShapeDtypeStruct(BALLAST.shape, BALLAST.dtype),
        [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in steps.pack()],
    )


def compile_wide(
    model: Any, layout: Layout, state: Any, data: Any, validation: Any, steps: Steps, *, width: int, shared: list[bool]
) -> Program:
    """The program that does the same for `width` variants at once; found or compiled.

    Variants' states, plans, numbers and logs have a first axis of `width`; the control is one for all. After the
    arguments of a solo program it takes `moves` (width,) bool: the state of the others stays as it is.

    Args:
        shared: by leaf of data and validation, whether all variants look at the same array.
    """
    block, logs, val_logs = block_function(model, layout, state, data, validation, steps, by_many=True)
    leaves, rows, val_rows, plan, tails, control, validates, ballast, numbers = _arguments(
        layout, state, data, validation, steps
    )
    axes = [None if is_shared else 0 for is_shared in shared]
    own = axes[: len(rows)], axes[len(rows) :]
    many = jax.vmap(block, in_axes=(0, *own, 0, 0, None, None, None, 0), axis_size=width)

    def stop_some(leaves: list[Any], *inputs: Any) -> tuple[Any, ...]:
        *of_block, moves = inputs
        new, *rest = many(leaves, *of_block)
        kept = [jnp.where(moves.reshape(-1, *[1] * (a.ndim - 1)), a, b) for a, b in zip(new, leaves, strict=True)]
        return kept, *rest

    def widen(tree: Any) -> Any:
        return jax.tree.map(lambda a: jax.ShapeDtypeStruct((width, *a.shape), a.dtype), tree)

    both = [a if is_shared else widen(a) for a, is_shared in zip([*rows, *val_rows], shared, strict=True)]
    given = (
        *(widen(leaves), both[: len(rows)], both[len(rows) :], widen(plan), widen(tails), control, validates, ballast),
        *(widen(numbers), jax.ShapeDtypeStruct((width,), "bool")),
    )
    return Program(compiled_program(stop_some, given), layout, logs, val_logs, Speed(), [])


def shapes_of(tree: Any) -> Any:
    """Shapes and types of nested arrays."""
    return jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), tree)

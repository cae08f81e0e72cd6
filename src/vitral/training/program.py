"""An epoch is one program: a loop of Keras's own `train_step` over an index plan, data resident on the device.

    for e in epochs:                          run_block
        metrics = reset(metrics)              run_epoch
        for i in steps:   state = train_step(state, data[plan[e, i]])
        one smaller step  state = train_step(state, data[tails[e]])      if N is no multiple of B
        logs[e] = results(metrics)
        metrics = reset(metrics)
        for j in steps:   state = test_step(state, validation[j])        if this epoch validates
        val_logs[e] = results(metrics)

`model.train_step(state, data)` is Keras's documented, overridable step on JAX, so metrics, regularisers, dropout,
sample weights and a user's own step keep Keras's meaning by construction. All counts are inputs of the program, not
constants in it: one compilation serves any number of epochs, a part of an epoch, or validation alone; and a loop whose
length the compiler does not know is never unrolled, so that its body rounds as the step alone does.
"""

import itertools
import math
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from vitral import _keras
from vitral.training.programs import Compiled, compiled_program, counts
from vitral.training.rewriting import NeedsArraysError, as_function

# XLA's CPU compiler turns a whole loop whose body touches less than 1,024 bytes into one kernel, which rounds
# differently. Each of our loops therefore looks at these 2,048 (50 ns): zeros, which the compiler cannot know.
_BALLAST = np.zeros(512, "int32")


class UnsuitableStepError(Exception):
    """The model's step cannot be a loop's body; the reason is the message."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The sizes that fix a program's shape, besides those of the model and the data.

    Attributes:
        batch: rows of a full batch, B.
        full: most full steps in an epoch, S.
        tail: rows of the smaller last batch, 0 for none.
        val_batch, val_tail: the same for validation.
        block: most epochs in one dispatch.
        halts: stop at the first batch whose loss is not finite (Keras's TerminateOnNaN).
    """

    batch: int
    full: int
    tail: int
    val_batch: int = 0
    val_tail: int = 0
    block: int = 1
    halts: bool = False


class Control(NamedTuple):
    """What one dispatch shall do; becomes one small integer array."""

    fresh: bool = True  # an epoch begins here: metrics are reset
    n_epochs: int = 1
    start: int = 0  # first full step
    stop: int = 0  # one past the last full step
    n_tail: int = 0  # 1: the smaller last batch too
    val_fresh: bool = True  # a validation begins here: its metrics are reset
    val_start: int = 0  # first full validation step, in an epoch that validates
    val_stop: int = 0  # one past its last
    n_val_tail: int = 0  # 1: its smaller last batch too


class Outcome(NamedTuple):
    """What came back from one dispatch: logs by epoch; an epoch that did not validate has val_logs without meaning."""

    logs: list[dict[str, Any]]
    val_logs: list[dict[str, Any]]
    halted_at: int  # the batch whose loss was not finite, −1 for none
    n_epochs: int


class Step:
    """A traced `train_step` or `test_step`: leaves of state and a batch in, logs and new leaves out."""

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
        self.log_shapes = logs
        self._tree = jax.tree.structure(logs)
        self._closed, self._run = closed, as_function(closed)
        self._types = [a.dtype for a in before]

    def take_vectors(self, vectors: Sequence[bool]) -> None:
        """From now on take and return those leaves of the state as vectors.

        Raises:
            NeedsArraysError: the step cannot do with them.
        """
        inputs = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in self._closed.in_avals]
        taken = [*vectors, *[False] * (len(inputs) - len(vectors))]
        run = as_function(self._closed, taken, [*[False] * self._tree.num_leaves, *vectors])
        jax.eval_shape(run, [_raveled(a) if is_one else a for a, is_one in zip(inputs, taken, strict=True)])
        self._run = run

    def __call__(self, leaves: Sequence[Any], batch: Any) -> tuple[dict[str, Any], list[Any]]:
        # Behind a barrier the step is compiled as Keras compiles it alone: what surrounds it in the loop (the gathering
        # of the batch, the last step's update) is not fused into its first operations.
        out = self._run(list(lax.optimization_barrier((*leaves, *jax.tree.leaves(batch)))))
        n_logs = self._tree.num_leaves
        # A loop's carry must not be weakly typed where its input was not.
        new = [lax.convert_element_type(a, t) for a, t in zip(out[n_logs:], self._types, strict=True)]
        return jax.tree.unflatten(self._tree, out[:n_logs]), new


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
        if n_steps and n_val:
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
    logs: "EpochLogs"
    val_logs: "EpochLogs"
    speed: Speed

    def dispatch(
        self, model: Any, arrays: tuple[Any, Any], plan: Any, tails: Any, control: Control, validates: Any, state: Any
    ) -> tuple[_keras.State, Callable[[], Outcome]]:
        """Start one block. The state given is used up; the outcome is fetched by calling the second result."""
        data, validation = arrays
        counts.dispatches += 1
        sizes = [len(part) for part in state]
        leaves, logs, val_logs, halted_at, n_epochs = self.compiled(
            [a for part in state for a in part],
            jax.tree.leaves(data),
            jax.tree.leaves(validation),
            plan,
            tails,
            np.asarray(control, dtype="int32"),
            validates,
            _BALLAST,
        )
        ends = np.cumsum([0, *sizes])
        new_state = tuple(leaves[a:b] for a, b in itertools.pairwise(ends))

        def fetch() -> Outcome:
            host = jax.device_get((logs, val_logs, halted_at, n_epochs))
            n = int(host[3])
            return Outcome(
                [self.logs.finish(model, [a[e] for a in host[0]]) for e in range(n)],
                [self.val_logs.finish(model, [a[e] for a in host[1]]) for e in range(n)],
                int(host[2]),
                n,
            )

        return new_state, fetch  # type: ignore[return-value]


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
    state, data, validation = _shapes(_keras.state_of(model)), _shapes(data), _shapes(validation)
    token, known = _programs.get(model, (lambda: None, {}))
    if token() is not _keras.compile_token(model):
        known = {}
        # Weakly, because a compile config may hold the model: by a loss that is its own method, say.
        _programs[model] = weakref.ref(_keras.compile_token(model)), known
    leaves, tree = jax.tree.flatten((state, data, validation))
    key = (layout, tree, tuple((a.shape, a.dtype) for a in leaves))
    if key not in known:
        block, logs, val_logs = _block_function(model, layout, state, data, validation)
        compiled = compiled_program(
            block,
            (
                jax.tree.leaves(state),
                jax.tree.leaves(data),
                jax.tree.leaves(validation),
                jax.ShapeDtypeStruct((layout.block, layout.full * layout.batch), "int32"),
                jax.ShapeDtypeStruct((layout.block, layout.tail), "int32"),
                jax.ShapeDtypeStruct((len(Control._fields),), "int32"),
                jax.ShapeDtypeStruct((layout.block,), "bool"),
                jax.ShapeDtypeStruct(_BALLAST.shape, _BALLAST.dtype),
            ),
        )
        known[key] = Program(compiled, layout, logs, val_logs, Speed())
    return known[key], time.perf_counter() - started


def _shapes(tree: Any) -> Any:
    return jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), tree)


def _raveled(shape: Any) -> Any:
    return jax.ShapeDtypeStruct((math.prod(shape.shape),), shape.dtype)


def _choose_vectors(steps: list[Step], state: Any) -> list[bool]:
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


def _rows(tree: Any, n: int) -> Any:
    return jax.tree.map(lambda a: jax.ShapeDtypeStruct((n, *a.shape[1:]), a.dtype), tree)


def _block_function(
    model: Any, layout: Layout, state: Any, data: Any, validation: Any
) -> tuple[Callable, "EpochLogs", "EpochLogs"]:
    """The pure function of flat arrays that `build_program` compiles, and how to read its two kinds of logs."""
    n_trainable, n_other, n_optimizer, n_metrics = (len(part) for part in state)
    n_leaves = n_trainable + n_other + n_optimizer + n_metrics
    n_weights = n_trainable + n_other
    first_metric = n_leaves - n_metrics
    data_tree, val_tree = jax.tree.structure(data), jax.tree.structure(validation)

    step = Step(model.train_step, state, _rows(data, layout.batch)) if layout.full else None
    tail = Step(model.train_step, state, _rows(data, layout.tail)) if layout.tail else None
    vectors = _choose_vectors([s for s in (step, tail) if s is not None], state)
    shapes = [a.shape for part in state for a in part]
    val_state = (state[0], state[1], state[3])
    val_rows = jax.tree.leaves(validation)[0].shape[0] if validation is not None else 0
    has_val_full = validation is not None and val_rows >= layout.val_batch
    val_step = Step(model.test_step, val_state, _rows(validation, layout.val_batch)) if has_val_full else None
    val_tail = Step(model.test_step, val_state, _rows(validation, layout.val_tail)) if layout.val_tail else None

    train_logs = EpochLogs(model, [s for s in (step, tail) if s is not None])
    val_logs = EpochLogs(model, [s for s in (val_step, val_tail) if s is not None])

    def ravel(leaves: list[Any]) -> list[Any]:
        return [jnp.ravel(a) if is_one else a for a, is_one in zip(leaves, vectors, strict=True)]

    def unravel(leaves: list[Any]) -> list[Any]:
        return [lax.reshape(a, shape) for a, shape in zip(leaves, shapes, strict=True)]

    def reset(metrics: list[Any]) -> list[Any]:
        new = _keras.reset_metrics(model, metrics)
        return [lax.convert_element_type(a, m.dtype) for a, m in zip(new, metrics, strict=True)]

    def run_steps(
        step: Step,
        leaves: Any,
        carried: Any,
        bad: Any,
        take: Callable,
        bounds: Any,
        ballast: Any,
        *,
        halts: bool,
        room: Any = (),
    ) -> Any:
        """Repeat `step` between the bounds, or (`halts`) until the loss is no longer finite."""
        start, stop = bounds

        def running(carry: Any) -> Any:
            i, _, _, bad, _ = carry
            return (i < stop) & ~bad if halts else i < stop

        def body(carry: Any) -> Any:
            i, leaves, carried, bad, room = carry
            batch, room = take(i, room)
            logs, leaves = step(leaves, batch)
            if halts and "loss" in logs:
                bad = ~jnp.isfinite(logs["loss"])
            i = i + 1 + jnp.any(ballast == -1 - i)
            return i, leaves, (jax.tree.leaves(logs) if carried else carried), bad, room

        return lax.while_loop(running, body, (start, leaves, carried, bad, room))[:4]

    def run_epoch(leaves: Any, e: Any, arrays: Any, plans: Any, control: Any, fresh: Any, validates: Any) -> Any:
        (data, validation, ballast), (plan, tails) = arrays, plans
        metrics = leaves[first_metric:]
        metrics = [jnp.where(fresh, new, old) for new, old in zip(reset(metrics), metrics, strict=True)]
        leaves = [*leaves[:first_metric], *metrics]
        carried, bad, at = train_logs.empty(), jnp.asarray(False), control.start

        def take_full(i: Any, room: Any) -> Any:
            index = lax.dynamic_slice(plan, (e, i * layout.batch), (1, layout.batch))[0]
            return _take_rows(data, index, room)

        def take_tail(_: Any, room: Any) -> Any:
            return _take(data, lax.dynamic_slice(tails, (e, 0), (1, layout.tail))[0]), room

        if step is not None:
            bounds = (at, control.stop)
            at, leaves, carried, bad = run_steps(
                step,
                leaves,
                carried,
                bad,
                take_full,
                bounds,
                ballast,
                halts=layout.halts,
                room=_make_room(data, layout.batch),
            )
        if tail is not None:
            bounds = (jnp.zeros_like(at), control.n_tail)
            more, leaves, carried, bad = run_steps(
                tail, leaves, carried, bad, take_tail, bounds, ballast, halts=layout.halts
            )
            at = at + more
        halted_at = jnp.where(bad, at - 1, -1)
        logs = train_logs.read(model, leaves[first_metric:], carried)
        leaves, new_val_logs = run_validation(unravel(leaves), validation, ballast, control, validates)
        return ravel(leaves), logs, new_val_logs, halted_at

    def run_validation(leaves: Any, validation: Any, ballast: Any, control: Any, validates: Any) -> Any:
        if validation is None:
            return leaves, []
        metrics, fresh = leaves[first_metric:], validates & (control.val_fresh != 0)
        metrics = [jnp.where(fresh, new, old) for new, old in zip(reset(metrics), metrics, strict=True)]
        seen, carried, bad = [*leaves[:n_weights], *metrics], val_logs.empty(), jnp.asarray(False)
        zero = jnp.zeros_like(control.val_stop)
        stop = jnp.where(validates, control.val_stop, 0)

        def take_full(i: Any, room: Any) -> Any:
            return _slice(validation, i * layout.val_batch, layout.val_batch), room

        def take_tail(_: Any, room: Any) -> Any:
            return _slice(validation, control.val_stop * layout.val_batch, layout.val_tail), room

        if val_step is not None:
            bounds = (control.val_start, stop)
            _, seen, carried, bad = run_steps(val_step, seen, carried, bad, take_full, bounds, ballast, halts=False)
        if val_tail is not None:
            n_tail = jnp.where(validates, control.n_val_tail, 0)
            bounds = (zero, n_tail)
            _, seen, carried, bad = run_steps(val_tail, seen, carried, bad, take_tail, bounds, ballast, halts=False)
        logs = val_logs.read(model, seen[n_weights:], carried)
        return [*seen[:n_weights], *leaves[n_weights:first_metric], *seen[n_weights:]], logs

    def run_epochs(
        leaves: Any, data: Any, validation: Any, plan: Any, tails: Any, control: Any, validates: Any, ballast: Any
    ) -> tuple[Any, ...]:
        control = Control(*control)  # type: ignore[arg-type]
        arrays = (
            jax.tree.unflatten(data_tree, data),
            jax.tree.unflatten(val_tree, validation) if validation else None,
            ballast,
        )

        def epoch(leaves: Any, e: Any, fresh: Any) -> Any:
            return run_epoch(leaves, e, arrays, (plan, tails), control, fresh, validates[e])

        if layout.block == 1:
            leaves, logs, new_val_logs, halted_at = epoch(leaves, 0, control.fresh != 0)
            logs, new_val_logs = ([a[None] for a in arrays] for arrays in (logs, new_val_logs))
            return leaves, logs, new_val_logs, halted_at, control.n_epochs

        def body(carry: Any) -> Any:
            e, leaves, kept, _ = carry
            leaves, logs, new_val_logs, halted_at = epoch(leaves, e, (e > 0) | (control.fresh != 0))
            kept = [k.at[e].set(a) for k, a in zip(kept, [*logs, *new_val_logs], strict=True)]
            return e + 1, leaves, kept, halted_at

        def running(carry: Any) -> Any:
            e, _, _, halted_at = carry
            return (e < control.n_epochs) & (halted_at < 0)

        slots = [jnp.zeros((layout.block, *a.shape), a.dtype) for a in (*train_logs.shapes, *val_logs.shapes)]
        start = (jnp.zeros_like(control.n_epochs), leaves, slots, jnp.asarray(-1, "int32"))
        done, leaves, kept, halted_at = lax.while_loop(running, body, start)
        n = len(train_logs.shapes)
        return leaves, kept[:n], kept[n:], halted_at, done

    def run_block(leaves: Any, *inputs: Any) -> tuple[Any, ...]:
        leaves, *outcome = run_epochs(ravel(leaves), *inputs)
        return unravel(leaves), *outcome

    return run_block, train_logs, val_logs


class EpochLogs:
    """What an epoch reports: the metrics' results, or the last step's logs where a custom step names others.

    Keras decides the same way (`Trainer._get_metrics_result_or_logs`). Only in the second case are logs carried
    through the loop. Keras computes results on the host, operation by operation; a quotient is the same inside the
    program, but what the compiler may fuse (an R², an AUC) can differ in the last bit, so such metrics leave the
    program as they are and are finished on the host.
    """

    def __init__(self, model: Any, steps: list[Step]) -> None:
        self.shapes: list[Any] = []
        self._tree: Any = None
        self._is_last = self._is_host = False
        if not steps:
            return
        kinds = [
            (jax.tree.structure(s.log_shapes), [(a.shape, a.dtype) for a in jax.tree.leaves(s.log_shapes)])
            for s in steps
        ]
        if any(kind != kinds[0] for kind in kinds):
            raise UnsuitableStepError("the model's logs have another shape on the smaller last batch")
        metrics = [jax.ShapeDtypeStruct(v.shape, v.dtype) for v in model.metrics_variables]
        results = jax.eval_shape(lambda values: _keras.metric_results(model, values), metrics)
        if set(results) != set(steps[0].log_shapes):
            self._is_last = True
            results = steps[0].log_shapes
        elif not _keras.has_plain_results(model):
            self._is_host = True
            results = metrics
        self.shapes, self._tree = jax.tree.flatten(results)

    def empty(self) -> list[Any]:
        """What the loop carries: nothing, or a place for the last step's logs."""
        return [jnp.zeros(a.shape, a.dtype) for a in self.shapes] if self._is_last else []

    def read(self, model: Any, metrics: list[Any], carried: list[Any]) -> list[Any]:
        """Inside the program: the arrays that leave it."""
        if not self.shapes or self._is_host:
            return metrics if self._is_host else []
        return (
            carried
            if self._is_last
            else [jnp.asarray(a) for a in jax.tree.leaves(_keras.metric_results(model, metrics))]
        )

    def finish(self, model: Any, arrays: list[Any]) -> dict[str, Any]:
        """On the host: what left the program, as logs."""
        if self._is_host:
            return dict(_keras.metric_results(model, [jnp.asarray(a) for a in arrays]))
        return jax.tree.unflatten(self._tree, arrays) if arrays else {}


def _take(tree: Any, index: Any) -> Any:
    return jax.tree.map(lambda a: a.at[index].get(mode="promise_in_bounds"), tree)


# Rows of at least this many numbers are copied one by one: XLA's gather on the CPU moves number by number.
_WIDE = 64
_MOST_WRITTEN_OUT = 32


def _is_wide(array: Any) -> bool:
    return array.size // max(array.shape[0], 1) >= _WIDE


def _make_room(tree: Any, n_rows: int) -> list[Any]:
    """A place for the batch of each wide array, carried through the loop so that it is not made anew every step."""
    return [jnp.zeros((n_rows, *a.shape[1:]), a.dtype) for a in jax.tree.leaves(tree) if _is_wide(a)]


def _take_rows(tree: Any, index: Any, room: list[Any]) -> tuple[Any, list[Any]]:
    """The rows `index` (B,) of every array; those of wide arrays are copied into `room`."""
    leaves, structure = jax.tree.flatten(tree)
    wide = [a for a in leaves if _is_wide(a)]

    def copy_row(r: Any, room: list[Any]) -> list[Any]:
        row = lax.dynamic_slice(index, (r,), (1,), allow_negative_indices=False)[0]
        return [_copy_row(a, row, place, r) for a, place in zip(wide, room, strict=True)]

    if wide:
        # Written out where that is short: a loop within the loop costs more than its copies.
        n_rows = index.shape[0]
        room = lax.fori_loop(0, n_rows, copy_row, room, unroll=True if n_rows <= _MOST_WRITTEN_OUT else 1)
    places = iter(room)
    batch = [next(places) if _is_wide(a) else _take(a, index) for a in leaves]
    return jax.tree.unflatten(structure, batch), room


def _copy_row(source: Any, row: Any, place: Any, r: Any) -> Any:
    first = (0,) * (source.ndim - 1)
    taken = lax.dynamic_slice(source, (row, *first), (1, *source.shape[1:]), allow_negative_indices=False)
    return lax.dynamic_update_slice(place, taken, (r, *first), allow_negative_indices=False)


def _slice(tree: Any, start: Any, size: int) -> Any:
    return jax.tree.map(lambda a: lax.dynamic_slice_in_dim(a, start, size), tree)

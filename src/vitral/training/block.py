"""The function that a program is compiled from: some epochs of training, each with its validation.

    for e in epochs:                          run_block
        metrics = reset(metrics)              run_epoch
        for i in steps:   state = train_step(state, data[plan[e, i]])
        one smaller step  state = train_step(state, data[tails[e]])      if N is no multiple of B
        logs[e] = results(metrics)
        metrics = reset(metrics)
        for j in steps:   state = test_step(state, validation[j])        if this epoch validates
        val_logs[e] = results(metrics)

All counts are inputs of the program, not constants in it: one compilation serves any number of epochs, a part of an
epoch, or validation alone; and a loop whose length the compiler does not know is never unrolled, so that its body
rounds as the step alone does.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from vitral import _keras
from vitral.training.epoch_logs import EpochLogs
from vitral.training.layout import Control, Layout
from vitral.training.rows import make_room, take, take_rows, take_slice
from vitral.training.steps import Step, Steps, choose_vectors

# XLA's CPU compiler turns a whole loop whose body touches less than 1,024 bytes into one kernel, which rounds
# differently. Each of our loops therefore looks at these 2,048 (50 ns): zeros, which the compiler cannot know.
BALLAST = np.zeros(512, "int32")


def block_function(
    model: Any, layout: Layout, state: Any, data: Any, validation: Any, steps: Steps, *, by_many: bool = False
) -> tuple[Callable, EpochLogs, EpochLogs]:
    """The pure function of flat arrays that a program is compiled from, and how to read its two kinds of logs.

    Args:
        model: whose metrics are reset and read.
        layout: the sizes.
        state, data, validation: their shapes.
        steps: what is repeated; the function takes the numbers that were lifted out of them, packed.
        by_many: the function will be mapped over variants.
    """
    n_trainable, n_other, n_optimizer, n_metrics = (len(part) for part in state)
    n_leaves = n_trainable + n_other + n_optimizer + n_metrics
    n_weights = n_trainable + n_other
    first_metric = n_leaves - n_metrics
    data_tree, val_tree = jax.tree.structure(data), jax.tree.structure(validation)

    step, tail = steps.train, steps.tail
    vectors = choose_vectors([s for s in (step, tail) if s is not None], state)
    shapes = [a.shape for part in state for a in part]
    train_logs = EpochLogs(model, [s for s in (step, tail) if s is not None])
    val_logs = EpochLogs(model, [s for s in (steps.val, steps.val_tail) if s is not None])

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
        numbers: Any,
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
            logs, leaves = step(leaves, batch, numbers)
            if halts and "loss" in logs:
                bad = ~jnp.isfinite(logs["loss"])
            i = i + 1 + jnp.any(ballast == -1 - i)
            return i, leaves, (jax.tree.leaves(logs) if carried else carried), bad, room

        return lax.while_loop(running, body, (start, leaves, carried, bad, room))[:4]

    def run_epoch(leaves: Any, e: Any, arrays: Any, plans: Any, control: Any, fresh: Any, validates: Any) -> Any:
        (data, _, numbers, ballast), (plan, tails) = arrays, plans
        metrics = leaves[first_metric:]
        metrics = [jnp.where(fresh, new, old) for new, old in zip(reset(metrics), metrics, strict=True)]
        leaves = [*leaves[:first_metric], *metrics]
        carried, bad, at = train_logs.empty(), jnp.asarray(False), control.start

        def take_full(i: Any, room: Any) -> Any:
            index = lax.dynamic_slice(plan, (e, i * layout.batch), (1, layout.batch))[0]
            return take_rows(data, index, room, by_many=by_many)

        def take_tail(_: Any, room: Any) -> Any:
            return take(data, lax.dynamic_slice(tails, (e, 0), (1, layout.tail))[0]), room

        if step is not None:
            bounds = (at, control.stop)
            at, leaves, carried, bad = run_steps(
                step,
                leaves,
                carried,
                bad,
                take_full,
                bounds,
                numbers["train"],
                ballast,
                halts=layout.halts,
                room=make_room(data, layout.batch),
            )
        if tail is not None:
            bounds = (jnp.zeros_like(at), control.n_tail)
            more, leaves, carried, bad = run_steps(
                tail, leaves, carried, bad, take_tail, bounds, numbers["tail"], ballast, halts=layout.halts
            )
            at = at + more
        halted_at = jnp.where(bad, at - 1, -1)
        logs = train_logs.read(model, leaves[first_metric:], carried)
        leaves, new_val_logs = run_validation(unravel(leaves), arrays, control, validates)
        return ravel(leaves), logs, new_val_logs, halted_at

    def run_validation(leaves: Any, arrays: Any, control: Any, validates: Any) -> Any:
        _, validation, numbers, ballast = arrays
        if validation is None:
            return leaves, []
        metrics, fresh = leaves[first_metric:], validates & (control.val_fresh != 0)
        metrics = [jnp.where(fresh, new, old) for new, old in zip(reset(metrics), metrics, strict=True)]
        seen, carried, bad = [*leaves[:n_weights], *metrics], val_logs.empty(), jnp.asarray(False)
        zero = jnp.zeros_like(control.val_stop)
        stop = jnp.where(validates, control.val_stop, 0)

        def take_full(i: Any, room: Any) -> Any:
            return take_slice(validation, i * layout.val_batch, layout.val_batch), room

        def take_tail(_: Any, room: Any) -> Any:
            return take_slice(validation, control.val_stop * layout.val_batch, layout.val_tail), room

        parts = [
            ("val", take_full, (control.val_start, stop)),
            ("val_tail", take_tail, (zero, jnp.where(validates, control.n_val_tail, 0))),
        ]
        for name, take_batch, bounds in parts:
            if name in numbers:
                _, seen, carried, bad = run_steps(
                    steps.all()[name], seen, carried, bad, take_batch, bounds, numbers[name], ballast, halts=False
                )
        logs = val_logs.read(model, seen[n_weights:], carried)
        return [*seen[:n_weights], *leaves[n_weights:first_metric], *seen[n_weights:]], logs

    def run_epochs(
        leaves: Any,
        data: Any,
        validation: Any,
        plan: Any,
        tails: Any,
        control: Any,
        validates: Any,
        ballast: Any,
        numbers: Any,
    ) -> tuple[Any, ...]:
        control = Control(*control)  # type: ignore[arg-type]
        arrays = (
            jax.tree.unflatten(data_tree, data),
            jax.tree.unflatten(val_tree, validation) if validation else None,
            steps.unpack(numbers),
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

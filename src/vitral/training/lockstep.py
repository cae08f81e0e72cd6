"""Variants side by side in one program: each step is taken by all of them at once.

    on_epoch_begin of each, draw each one's rows, [program], the meters of each, on_epoch_end of each, who stops?

On processors this pays for tiny networks, where a step is mostly overhead; on accelerators always. Sums are taken in
another order than alone, so the last bits differ. One that has stopped goes along, and its state stays as it is.
"""

import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from vitral import _keras
from vitral.training.block import BALLAST
from vitral.training.callbacks import is_keras_own
from vitral.training.compiled import CompiledTraining, as_validation
from vitral.training.layout import Control
from vitral.training.program import Outcome, Program
from vitral.training.programs import counts


def can_go_in_step(training: CompiledTraining) -> bool:
    """Whether nothing of this training asks for a look at single batches or at its validation, or comes in chunks.

    Callbacks of a user's own may also stop a training as an epoch begins: Keras then takes one step more, a team none.
    """
    meters = training.meters
    hooks = ("on_train_begin", "on_epoch_begin")
    return (
        training.planner.is_uniform
        and not training.is_streamed
        and all(
            is_keras_own(c) or all(_keras.is_default_hook(c, h) for h in hooks) for c in training.callbacks.callbacks
        )
        and not training.nan_stoppers
        and not training.watches_validation
        and (meters is None or not meters.counts_steps)
    )


def step_key(training: CompiledTraining) -> tuple[Any, ...]:
    """What trainings of one family must have in common to go in step."""
    request = training.request
    return training.first_epoch, request.epochs, repr(request.validation_freq), training.is_passive


class _Slices:
    """The state of all variants, and each one's own, cut out when somebody asks."""

    def __init__(self, states: list[_keras.State], width: int) -> None:
        self._like = states[0]
        flat = [[a for part in state for a in part] for state in states]
        flat += [flat[0]] * (width - len(flat))
        self.leaves = [jax.numpy.stack(arrays) for arrays in zip(*flat, strict=True)]

    def of(self, number: int) -> _keras.State:
        return _keras.as_state(_cut(self.leaves, number), self._like)

    def put(self, number: int, old: _keras.State, new: _keras.State) -> None:
        """Take over what a callback has changed of one variant."""
        pairs = zip([a for part in old for a in part], [a for part in new for a in part], strict=True)
        for i, (before, after) in enumerate(pairs):
            if after is not before:
                self.leaves[i] = self.leaves[i].at[number].set(after)


class _Own:
    """The state of one variant, cut out when the first of its parts is looked at."""

    def __init__(self, slices: _Slices, number: int) -> None:
        self._slices, self._number = slices, number

    @functools.cached_property
    def state(self) -> _keras.State:
        return self._slices.of(self._number)

    def parts(self) -> Any:
        """Four iterables, no lists: Keras would read those at once."""
        return tuple(_Part(self, i) for i in range(4))


class _Part:
    def __init__(self, own: _Own, place: int) -> None:
        self._own, self._place = own, place

    def __iter__(self) -> Iterator[Any]:
        return iter(self._own.state[self._place])


@jax.jit
def _cut(leaves: list[Any], number: int) -> list[Any]:
    return [a[number] for a in leaves]


class Lockstep:
    """Some trainings of one family that go in step."""

    def __init__(self, trainings: list[CompiledTraining], program: Program, width: int) -> None:
        """Take trainings that were prepared, and the program that has their numbers, for `width` of them at most."""
        self._trainings, self._program, self._width = trainings, program, width
        self.errors: dict[int, Exception] = {}  # by place, what a callback has raised
        self._moves = np.zeros(width, "bool")

    def run(self) -> None:
        """All epochs of all of them."""
        with contextlib.ExitStack() as stack:
            for training in self._trainings:
                stack.enter_context(training.begun())
            self._moves[: len(self._trainings)] = True
            for i in self._moving():
                self._try(i, self._trainings[i].begin)
            self._slices = _Slices([_keras.state_of(t.model) for t in self._trainings], self._width)
            self._data, self._validation = (self._together(name) for name in ("data", "validation"))
            self._run_epochs()
            for i, training in enumerate(self._trainings):
                if i not in self.errors:
                    self._try(i, self._end, i, training)

    def _end(self, i: int, training: CompiledTraining) -> None:
        _keras.offer(training.model, self._slices.of(i))
        _keras.settle(training.model)
        _keras.finalize(training.model)
        training.end()

    def _moving(self) -> list[int]:
        return [i for i in range(len(self._trainings)) if self._moves[i]]

    def _try(self, i: int, act: Callable[..., Any], *arguments: Any) -> None:
        """Do something for one variant; what it raises stops that one alone."""
        try:
            act(*arguments)
        except Exception as error:
            self.errors[i] = error
            self._moves[i] = False

    # ---- epochs

    def _run_epochs(self) -> None:
        epoch, last = self._trainings[0].first_epoch, self._trainings[0].request.epochs
        for i in self._moving():
            self._try(i, self._measure, i, epoch)
        while epoch < last and self._moves.any():
            first = self._trainings[self._moving()[0]]
            n = 1
            if first.is_passive:
                n = min(self._trainings[i].epochs_a_dispatch(epoch, self._program.speed) for i in self._moving())
            else:
                for i in self._moving():
                    self._try(i, self._begin_epoch, i, epoch)
                if not self._moves.any():
                    break
            outcomes, validates = self._dispatch(epoch, n)
            for i in self._moving():
                self._try(i, self._measure, i, epoch + n)
                self._try(i, self._end_epochs, i, epoch, outcomes[i], validates)
            epoch += n

    def _begin_epoch(self, i: int, epoch: int) -> None:
        training = self._trainings[i]
        with self._looking(i):
            if not training.is_lazy:
                training.model.reset_metrics()
            training.callbacks.on_epoch_begin(epoch)

    def _end_epochs(self, i: int, epoch: int, outcome: Outcome, validates: list[bool]) -> None:
        training = self._trainings[i]
        if training.is_passive:
            training.tell_epochs(epoch, outcome, validates)
        else:
            logs = outcome.logs()
            if validates[0]:
                logs = logs | as_validation(outcome.val_logs())
            with self._looking(i):
                training.callbacks.on_epoch_end(epoch, logs)
            training.last_logs = logs
        if training.model.stop_training:
            self._moves[i] = False

    @contextlib.contextmanager
    def _looking(self, i: int) -> Iterator[None]:
        """Let callbacks see and change the state of one variant."""
        model = self._trainings[i].model
        own = _Own(self._slices, i)
        _keras.offer(model, own.parts())
        if not self._trainings[i].is_lazy:
            _keras.sync(model)
        try:
            yield
            if _keras.was_looked_at(model):
                self._slices.put(i, own.state, _keras.state_of(model))
        finally:
            _keras.forget(model)

    def _measure(self, i: int, done: int) -> None:
        training = self._trainings[i]
        if training.meters is not None and training.meters.is_due(done):
            training.meters.after_epoch(self._slices.of(i), done)
            training.tell()
            training.meters.collect()

    # ---- the program

    def _dispatch(self, epoch: int, n: int) -> tuple[list[Outcome], list[bool]]:
        """Run some epochs; what came back of each variant, and which epochs were validated."""
        program, layout, width = self._program, self._program.layout, self._width
        plans = {i: [self._trainings[i].planner.draw() for _ in range(n)] for i in self._moving()}
        filled = [layout.fill(plans.get(i, ())) for i in range(width)]
        rows, tails = (np.stack(arrays) for arrays in zip(*filled, strict=True))
        first, plan = self._trainings[min(plans)], plans[min(plans)][0]
        validates = [first.validates(e) for e in range(epoch, epoch + n)]
        control = Control(fresh=True, n_epochs=n, stop=plan.n_full, n_tail=int(len(plan.tail) > 0))
        control = first.with_validation(control)
        started = time.perf_counter()
        counts.dispatches += 1
        self._slices.leaves, logs, val_logs, *_ = program.compiled(
            self._slices.leaves,
            self._data,
            self._validation,
            rows,
            tails,
            np.asarray(control, dtype="int32"),
            np.array([*validates, *[False] * (layout.block - n)]),
            BALLAST,
            program.numbers,
            self._moves,
        )
        logs, val_logs = jax.device_get((logs, val_logs))
        n_val = sum(validates) * first.n_val
        program.speed.learn(time.perf_counter() - started, n * first.planner.n_batches, n_val)
        return [
            Outcome(program, t.model, ([a[i] for a in logs], [a[i] for a in val_logs]), -1, n)
            for i, t in enumerate(self._trainings)
        ], validates

    def _together(self, name: str) -> list[Any]:
        """The arrays of all variants, one where it is the same."""
        everyone = [jax.tree.leaves(getattr(t, name)) for t in self._trainings]
        return [
            arrays[0]
            if all(a is arrays[0] for a in arrays)
            else jax.numpy.stack([*arrays, *[arrays[0]] * (self._width - len(arrays))])
            for arrays in zip(*everyone, strict=True)
        ]

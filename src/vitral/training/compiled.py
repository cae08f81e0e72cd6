"""The compiled engine's host side: Keras's order of events around programs that each run many steps.

    reset, on_epoch_begin, draw the permutation, [program], on_epoch_end, stop?

Epochs that somebody on the host must see go one to a dispatch, long ones in pieces of about a second, so that
stopping is prompt. Epochs that nobody needs to see run many to a dispatch, again up to about a second.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from vitral import _keras
from vitral.training import callbacks as kinds
from vitral.training.interrupts import deferred_interrupt
from vitral.training.plan import EpochPlan, Planner, ValidationPlan, plan_validation
from vitral.training.program import Control, Layout, Outcome, build_program
from vitral.training.request import Request, Timing

# A dispatch should take about this long at most: Ctrl-C and callbacks wait for it.
_SECONDS_A_DISPATCH = 1.0
# Steps run before the speed of a program is known.
_PROBE_STEPS = 4
# Row numbers of one block of epochs, at most: 1 MiB of them.
_PLAN_ROWS = 2**18
_MOST_EPOCHS = 256


class SparseDataError(Exception):
    """The arrays include a sparse one, which only Keras's loop can slice."""


def train_compiled(model: Any, request: Request, callbacks: Any, history: Any, timing: Timing) -> None:
    """Train `model` as `model.fit` would, in compiled programs.

    Args:
        model: a compiled Keras model on the JAX backend.
        request: the training arguments, checked.
        callbacks: Keras callbacks, a `CallbackList` or None.
        history: the engine's own `History`; added last to the callbacks.
        timing: receives the seconds spent compiling.

    Raises:
        SparseDataError, UnsuitableStepError: this training needs Keras's loop; the model is as it was, built.
    """
    request = _split(request)
    batches = _keras.make_batches(
        request.data,
        batch_size=request.batch_size,
        steps=request.steps_per_epoch,
        shuffle=request.shuffle,
        class_weight=request.class_weight,
    )
    arrays = _keras.adapter_arrays(batches)
    validation, val_plan = _validation(model, request)
    if arrays is None or (request.validation_data is not None and validation is None):
        raise SparseDataError("the data are sparse")
    n_rows, batch_size = _keras.batch_sizes(batches)
    planner = Planner(
        n_rows=n_rows,
        batch_size=batch_size,
        shuffle=request.shuffle,
        steps=request.steps_per_epoch,
        steps_per_execution=model.steps_per_execution,
    )
    if _keras.peeks_at_batch(model):
        planner.peek()
    _keras.symbolic_build(model, jax.tree.map(lambda a: a[: planner.batch], arrays))
    planner.begin()

    everyone = _keras.callback_list(
        callbacks,
        add_history=False,
        add_progbar=request.verbose != 0,
        verbose=request.verbose,
        epochs=request.epochs,
        steps=planner.n_batches,
        model=model,
    )
    with _added_history(everyone, history, model):
        loop = _Loop(model, request, planner, val_plan, everyone, history)
        loop.compile(jax.device_put(arrays), jax.device_put(validation), timing)
        loop.run()


def _split(request: Request) -> Request:
    """The request with `validation_split` carried out."""
    if not request.validation_split or request.validation_data is not None:
        return request
    data, validation = _keras.split_validation(request.data, request.validation_split)
    return replace(request, data=data, validation_data=validation)


def _validation(model: Any, request: Request) -> tuple[Any, ValidationPlan | None]:
    if request.validation_data is None:
        return None, None
    data = _keras.import_keras().utils.unpack_x_y_sample_weight(request.validation_data)
    batches = _keras.make_batches(
        data, batch_size=request.validation_batch_size or request.batch_size, steps=request.validation_steps
    )
    n_rows, batch_size = _keras.batch_sizes(batches)
    plan = plan_validation(
        n_rows=n_rows,
        batch_size=batch_size,
        steps=request.validation_steps,
        steps_per_execution=model.steps_per_execution,
    )
    return _keras.adapter_arrays(batches), plan


class _added_history:  # noqa: N801  (reads as a verb in a with statement)
    """Put the engine's own history where Keras puts its own: after the user's callbacks, before the progress bar."""

    def __init__(self, callbacks: Any, history: Any, model: Any) -> None:
        self._list, self._history, self._model = callbacks.callbacks, history, model
        history.set_params(callbacks.params)

    def __enter__(self) -> None:
        known = _keras.import_keras().callbacks
        bars = [i for i, c in enumerate(self._list) if isinstance(c, known.ProgbarLogger)]
        self._list.insert(bars[-1] if bars else len(self._list), self._history)
        self._history.set_model(self._model)
        if not any(isinstance(c, known.History) for c in self._list if c is not self._history):
            self._model.history = self._history

    def __exit__(self, *_: object) -> None:
        self._list.remove(self._history)


class _Loop:
    """One training: the model's live state, its programs, and Keras's order of events."""

    def __init__(
        self,
        model: Any,
        request: Request,
        planner: Planner,
        val_plan: ValidationPlan | None,
        callbacks: Any,
        history: Any,
    ) -> None:
        self.model, self.request, self.planner, self.val_plan = model, request, planner, val_plan
        self.callbacks, self._history = callbacks, history
        listed = callbacks.callbacks
        self._is_passive = kinds.are_passive(listed)
        self._is_lazy = kinds.look_only_through_model(listed)
        self._watches_validation = kinds.watches_validation(listed)
        self._nan_stoppers = kinds.nan_stoppers(listed)
        bar = _keras.import_keras().callbacks.ProgbarLogger
        self._progress = next((c for c in listed if isinstance(c, bar)), None)
        self._is_first_take = True
        self._before_epoch: _keras.State | None = None
        self._unrecorded: tuple[int, dict[str, Any]] | None = None
        self._last_logs: dict[str, Any] = {}

    # ---- programs

    def compile(self, data: Any, validation: Any, timing: Timing) -> None:
        """Build or find the program; `data` and `validation` are on the device."""
        planner, val = self.planner, self.val_plan
        self._data, self._validation = data, validation
        block = 1
        if self._is_passive and planner.n_rows:
            left = self.request.epochs - self.request.initial_epoch
            block = min(_PLAN_ROWS // planner.n_rows, _MOST_EPOCHS) if left > 1 else 1
        layout = Layout(
            batch=planner.batch,
            full=planner.full,
            tail=planner.tail,
            val_batch=val.batch if val else 0,
            val_tail=val.tail if val else 0,
            block=max(block, 1),
            halts=bool(self._nan_stoppers),
        )
        self._program, seconds = build_program(self.model, layout, data, validation)
        timing.compile_seconds += seconds

    def _dispatch(self, plans: list[EpochPlan], control: Control, validates: list[bool]) -> Callable[[], Outcome]:
        """Run one block; its state becomes the model's. Call within `deferred_interrupt`."""
        layout = self._program.layout
        rows = np.zeros((layout.block, layout.full * layout.batch), "int32")
        tails = np.zeros((layout.block, layout.tail), "int32")
        for e, plan in enumerate(plans):
            rows[e, : len(plan.rows)] = plan.rows
            tails[e, : len(plan.tail)] = plan.tail
        flags = np.zeros(layout.block, "bool")
        flags[: len(validates)] = validates
        if self.val_plan:
            control = control._replace(n_val=self.val_plan.n_full, n_val_tail=int(self.val_plan.tail > 0))
        state = self._take_state()
        try:
            state, fetch = self._program.dispatch(
                self.model, (self._data, self._validation), rows, tails, control, flags, state
            )
        finally:  # a dispatch that failed has not used the state up
            _keras.offer(self.model, state)
        return fetch

    def _take_state(self) -> _keras.State:
        """The state to give to a program, which overwrites it."""
        offered = _keras.offered(self.model)
        if offered is not None:
            return offered
        state = _keras.state_of(self.model)
        if self._is_first_take:
            # Copied once, so that until the first epoch ends the model still holds what it held before.
            self._is_first_take = False
            return _copy(state)
        _keras.release(self.model)
        return state

    # ---- events

    def run(self) -> None:
        """All epochs, with callbacks, as `keras.Model.fit` orders them."""
        model, request, callbacks = self.model, self.request, self.callbacks
        model.stop_training = False
        finished = False
        callbacks.on_train_begin()
        epoch = _keras.first_epoch(model, request.initial_epoch)
        try:
            while epoch < request.epochs:
                if self._is_passive and self._program.layout.block > 1:
                    epoch = self._run_block(epoch)
                else:
                    self._run_epoch(epoch)
                    epoch += 1
                if model.stop_training:
                    break
            finished = True
        except KeyboardInterrupt:
            if self._before_epoch is not None:
                _keras.offer(model, self._before_epoch)
            self._record_finished()
            raise
        finally:
            _keras.settle(model)
            if request.epochs > 0:
                _keras.finalize(model)
            if finished:
                callbacks.on_train_end(logs=self._last_logs)

    def _run_epoch(self, epoch: int) -> None:
        """One epoch that the host looks at."""
        model, callbacks = self.model, self.callbacks
        if not self._is_lazy:
            model.reset_metrics()  # the program does so too; here for who looks
        callbacks.on_epoch_begin(epoch)
        plan = self.planner.draw()
        stop, n_tail = plan.n_full, int(len(plan.tail) > 0)
        if model.stop_training:
            # Keras notices after the first batch of the epoch.
            stop, n_tail = min(stop, 1), n_tail if stop == 0 else 0
        validates = self._validates(epoch)
        outcome = self._run_pieces(plan, stop, n_tail, validates and not self._watches_validation)
        logs = outcome.logs[0]
        self._before_epoch, self._unrecorded = None, (epoch, logs)
        if outcome.halted_at >= 0:
            self._report_nan(outcome.halted_at, logs)
        if not self._is_lazy:
            _keras.sync(model)
        if validates and self._watches_validation:
            outcome = self._run_watched_validation(plan)
        if validates:
            logs |= {f"val_{name}": value for name, value in outcome.val_logs[0].items()}
        callbacks.on_epoch_end(epoch, logs)
        self._unrecorded, self._last_logs = None, logs

    def _run_pieces(self, plan: EpochPlan, stop: int, n_tail: int, validates: bool) -> Outcome:
        """The steps of one epoch, in as few dispatches as promptness allows."""
        at = 0
        while True:
            until = stop if self._fits(stop - at) else at + self._most_steps()
            is_last = until >= stop
            until = min(until, stop)
            if not is_last and self._before_epoch is None:
                self._take_backup()
            control = Control(fresh=at == 0, start=at, stop=until, n_tail=n_tail if is_last else 0)
            with deferred_interrupt():
                started = time.perf_counter()
                outcome = self._dispatch([plan], control, [validates and is_last])()
                self._learn_speed(time.perf_counter() - started, until - at + control.n_tail)
            if is_last or outcome.halted_at >= 0:
                break
            at = until
            if self._progress is not None:
                logs = outcome.logs[0]
                self._progress.on_train_batch_end(at - 1, _keras.plain_logs(logs))
        if outcome.halted_at >= 0 and not is_last and validates:
            # The loss failed in an early piece: Keras still validates this epoch.
            with deferred_interrupt():
                validated = self._dispatch([plan], Control(fresh=False), [True])()
            outcome = outcome._replace(val_logs=validated.val_logs)
        return outcome

    def _run_watched_validation(self, plan: EpochPlan) -> Outcome:
        """Validation alone, with the callbacks that must see its beginning and end."""
        self.callbacks.on_test_begin()
        with deferred_interrupt():
            outcome = self._dispatch([plan], Control(fresh=False), [True])()
        if not self._is_lazy:
            _keras.sync(self.model)
        self.callbacks.on_test_end(_keras.plain_logs(outcome.val_logs[0]))
        return outcome

    def _run_block(self, epoch: int) -> int:
        """Several epochs that nobody needs to see one by one; returns the number of the next epoch."""
        seconds = self._program.speed.per_step
        n_steps = self.planner.n_batches
        n = self._program.layout.block
        if seconds is None or not self._fits(n_steps):
            self._run_epoch(epoch)
            return epoch + 1
        n = max(1, min(n, self.request.epochs - epoch, int(_SECONDS_A_DISPATCH / max(seconds * n_steps, 1e-9))))
        plans = [self.planner.draw() for _ in range(n)]
        validates = [self._validates(e) for e in range(epoch, epoch + n)]
        if any(plan.n_full != plans[0].n_full or len(plan.tail) != len(plans[0].tail) for plan in plans):
            raise AssertionError("epochs of one block differ in their number of batches")
        control = Control(n_epochs=n, stop=plans[0].n_full, n_tail=int(len(plans[0].tail) > 0))
        with deferred_interrupt():
            started = time.perf_counter()
            outcome = self._dispatch(plans, control, validates)()
            self._learn_speed(time.perf_counter() - started, n * n_steps)
            for e in range(outcome.n_epochs):
                logs = outcome.logs[e]
                if validates[e]:
                    logs |= {f"val_{name}": value for name, value in outcome.val_logs[e].items()}
                self.callbacks.on_epoch_begin(epoch + e)
                if outcome.halted_at >= 0 and e == outcome.n_epochs - 1:
                    self._report_nan(outcome.halted_at, logs)
                self.callbacks.on_epoch_end(epoch + e, logs)
                self._last_logs = logs
        return epoch + outcome.n_epochs

    def _report_nan(self, batch: int, logs: dict[str, Any]) -> None:
        for callback in self._nan_stoppers:
            callback.on_batch_end(batch, _keras.plain_logs(logs))

    # ---- small decisions

    def _validates(self, epoch: int) -> bool:
        return self.val_plan is not None and _keras.validates(self.model, epoch, self.request.validation_freq)

    def _record_finished(self) -> None:
        """An epoch whose steps were done when the interrupt came counts as finished."""
        if self._unrecorded is not None and self._unrecorded[0] not in self._history.epoch:
            epoch, logs = self._unrecorded
            self._history.on_epoch_end(epoch, _keras.plain_logs(logs))

    def _take_backup(self) -> None:
        state = self._take_state()
        _keras.offer(self.model, state)
        self._before_epoch = _copy(state)

    def _fits(self, n_steps: int) -> bool:
        """Whether so many steps can go in one dispatch."""
        return n_steps <= self._most_steps()

    def _most_steps(self) -> int:
        seconds = self._program.speed.per_step
        return _PROBE_STEPS if seconds is None else max(1, int(_SECONDS_A_DISPATCH / max(seconds, 1e-9)))

    def _learn_speed(self, seconds: float, n_steps: int) -> None:
        if n_steps:
            self._program.speed.per_step = seconds / n_steps


def _copy(state: _keras.State) -> _keras.State:
    return jax.tree.map(jnp.copy, state)

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
from vitral.training.interrupts import held_interrupt
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

    An interrupt acts while callbacks run and between programs, where the state is whole; elsewhere it waits. While a
    step is traced it waits too: Keras and JAX have places there where an exception vanishes.

    Args:
        model: a compiled Keras model on the JAX backend.
        request: the training arguments, checked.
        callbacks: Keras callbacks, a `CallbackList` or None.
        history: the engine's own `History`; added last to the callbacks.
        timing: receives the seconds spent compiling.

    Raises:
        SparseDataError, UnsuitableStepError: this training needs Keras's loop; the model is as it was, built.
    """
    with held_interrupt() as interrupt:
        _train(model, _split(request), callbacks, history, timing, interrupt)


def _train(
    model: Any, request: Request, callbacks: Any, history: Any, timing: Timing, interrupt: held_interrupt
) -> None:
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
    interrupt.check()
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
        loop = _Loop(model, request, planner, val_plan, everyone, history, interrupt)
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
        interrupt: held_interrupt,
    ) -> None:
        self.model, self.request, self.planner, self.val_plan = model, request, planner, val_plan
        self.callbacks, self._history, self._interrupt = callbacks, history, interrupt
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
        if self._is_passive and planner.is_uniform:
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
        """Run one block; its state becomes the model's."""
        layout = self._program.layout
        rows = np.zeros((layout.block, layout.full * layout.batch), "int32")
        tails = np.zeros((layout.block, layout.tail), "int32")
        for e, plan in enumerate(plans):
            rows[e, : len(plan.rows)] = plan.rows
            tails[e, : len(plan.tail)] = plan.tail
        flags = np.zeros(layout.block, "bool")
        flags[: len(validates)] = validates
        state = self._take_state()
        try:
            state, fetch = self._program.dispatch(
                self.model, (self._data, self._validation), rows, tails, control, flags, state
            )
        finally:  # a dispatch that was refused has not used the state up
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
        self.model.stop_training = False
        with self._interrupt.let_through():
            self.callbacks.on_train_begin()
        try:
            self._run_epochs()
        except KeyboardInterrupt:
            self._interrupt.hold()
            if self._before_epoch is not None:
                _keras.offer(self.model, self._before_epoch)
            self._record_finished()
            raise
        finally:
            _keras.settle(self.model)
            _keras.finalize(self.model)
        with self._interrupt.let_through():
            self.callbacks.on_train_end(logs=self._last_logs)

    def _run_epochs(self) -> None:
        epoch = _keras.first_epoch(self.model, self.request.initial_epoch)
        while epoch < self.request.epochs:
            self._interrupt.check()
            if self._is_passive and self._program.layout.block > 1:
                epoch = self._run_block(epoch)
            else:
                self._run_epoch(epoch)
                epoch += 1
            if self.model.stop_training:
                break

    def _run_epoch(self, epoch: int) -> None:
        """One epoch that the host looks at."""
        model, callbacks = self.model, self.callbacks
        if not self._is_lazy:
            model.reset_metrics()  # the program does so too; here for who looks
        with self._interrupt.let_through():
            callbacks.on_epoch_begin(epoch)
        plan = self.planner.draw()
        stop, n_tail = plan.n_full, int(len(plan.tail) > 0)
        if model.stop_training:
            # Keras notices after the first batch of the epoch.
            stop, n_tail = min(stop, 1), n_tail if stop == 0 else 0
        validates = self._validates(epoch)
        validates_inside = validates and not self._watches_validation
        logs = self._train_epoch(epoch, plan, stop, n_tail, validates_inside)
        if not self._is_lazy:
            _keras.sync(model)
        if validates and self._watches_validation:
            with self._interrupt.let_through():
                callbacks.on_test_begin()
            val_logs = self._validate(plan)
            if not self._is_lazy:
                _keras.sync(model)
            with self._interrupt.let_through():
                callbacks.on_test_end(_keras.plain_logs(val_logs))
            logs |= _as_validation(val_logs)
        with self._interrupt.let_through():
            callbacks.on_epoch_end(epoch, logs)
        self._unrecorded, self._last_logs = None, logs

    def _train_epoch(self, epoch: int, plan: EpochPlan, stop: int, n_tail: int, validates: bool) -> dict[str, Any]:
        """The steps of one epoch, and its validation, in as few dispatches as promptness allows; returns the logs."""
        speed = self._program.speed
        is_whole = validates and speed.predict(stop + n_tail, self._n_val) <= _SECONDS_A_DISPATCH
        at, halted_at = 0, -1
        while True:
            until = min(stop, at + self._most_steps(speed.step))
            is_last = until == stop
            if not is_last and self._before_epoch is None:
                self._take_backup()
            # Where somebody may look, metrics were reset before `on_epoch_begin`; what happened to them since counts.
            fresh = at == 0 and self._is_lazy
            control = Control(fresh=fresh, start=at, stop=until, n_tail=n_tail if is_last else 0)
            if is_whole:
                control = self._with_validation(control)
            started = time.perf_counter()
            outcome = self._dispatch([plan], control, [is_whole])()
            logs, halted_at = outcome.logs[0], outcome.halted_at
            n_steps = until - at + control.n_tail if halted_at < 0 else halted_at - at + 1
            speed.learn(time.perf_counter() - started, n_steps, self._n_val if is_whole else 0)
            if is_last or halted_at >= 0:
                if is_whole:
                    logs = logs | _as_validation(outcome.val_logs[0])
                self._before_epoch, self._unrecorded = None, (epoch, logs)
                break
            at = until
            self._interrupt.check()
            if self._progress is not None:
                self._progress.on_train_batch_end(at - 1, _keras.plain_logs(logs))
        if halted_at >= 0:
            self._report_nan(halted_at, logs)
        if validates and not is_whole:
            logs |= _as_validation(self._validate(plan))
        return logs

    def _validate(self, plan: EpochPlan) -> dict[str, Any]:
        """Validation alone, in pieces where it is long."""
        assert self.val_plan is not None
        at, stop, speed = 0, self.val_plan.n_full, self._program.speed
        while True:
            until = min(stop, at + self._most_steps(speed.val_step))
            is_last = until == stop
            control = Control(
                fresh=False,
                val_fresh=at == 0,
                val_start=at,
                val_stop=until,
                n_val_tail=int(is_last and self.val_plan.tail > 0),
            )
            started = time.perf_counter()
            outcome = self._dispatch([plan], control, [True])()
            speed.learn(time.perf_counter() - started, 0, until - at + control.n_val_tail)
            if is_last:
                return outcome.val_logs[0]
            at = until
            self._interrupt.check()

    def _run_block(self, epoch: int) -> int:
        """Several epochs that nobody needs to see one by one; returns the number of the next epoch."""
        speed, n_steps = self._program.speed, self.planner.n_batches
        seconds = speed.predict(n_steps, self._n_val)
        if seconds > _SECONDS_A_DISPATCH:
            self._run_epoch(epoch)
            return epoch + 1
        n = int(_SECONDS_A_DISPATCH / max(seconds, 1e-9))
        n = max(1, min(n, self._program.layout.block, self.request.epochs - epoch))
        random_state = np.random.get_state() if self._nan_stoppers else None
        plans = [self.planner.draw() for _ in range(n)]
        validates = [self._validates(e) for e in range(epoch, epoch + n)]
        control = self._with_validation(Control(n_epochs=n, stop=plans[0].n_full, n_tail=int(len(plans[0].tail) > 0)))
        started = time.perf_counter()
        outcome = self._dispatch(plans, control, validates)()
        if outcome.halted_at < 0:
            speed.learn(time.perf_counter() - started, n * n_steps, sum(validates) * self._n_val)
        if random_state is not None and outcome.n_epochs < n:
            # The program stopped early: leave the generator where Keras would have left it.
            np.random.set_state(random_state)
            for _ in range(outcome.n_epochs):
                self.planner.draw()
        for e in range(outcome.n_epochs):
            logs = outcome.logs[e]
            if validates[e]:
                logs = logs | _as_validation(outcome.val_logs[e])
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

    def _with_validation(self, control: Control) -> Control:
        """The same dispatch with a whole validation after each epoch that has one."""
        if self.val_plan is None:
            return control
        return control._replace(val_stop=self.val_plan.n_full, n_val_tail=int(self.val_plan.tail > 0))

    @property
    def _n_val(self) -> int:
        """Batches of one validation."""
        return self.val_plan.n_full + (self.val_plan.tail > 0) if self.val_plan is not None else 0

    def _take_backup(self) -> None:
        state = self._take_state()
        _keras.offer(self.model, state)
        self._before_epoch = _copy(state)

    @staticmethod
    def _most_steps(seconds: float | None) -> int:
        """So many steps go in one dispatch."""
        return _PROBE_STEPS if seconds is None else max(1, int(_SECONDS_A_DISPATCH / max(seconds, 1e-9)))


def _as_validation(logs: dict[str, Any]) -> dict[str, Any]:
    return {f"val_{name}": value for name, value in _keras.plain_logs(logs).items()}


def _copy(state: _keras.State) -> _keras.State:
    return jax.tree.map(jnp.copy, state)

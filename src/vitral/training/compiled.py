"""The compiled engine's host side: Keras's order of events around programs that each run many steps.

    reset, on_epoch_begin, draw the permutation, [program], on_epoch_end, stop?

Epochs that somebody on the host must see go one to a dispatch, long ones in pieces of about a second, so that
stopping is prompt. Epochs that nobody needs to see run many to a dispatch, again up to about a second.
"""

import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from vitral import _keras
from vitral.probes import Probe
from vitral.training import callbacks as kinds
from vitral.training.attempt import Attempt
from vitral.training.interrupts import held_interrupt
from vitral.training.keeping import Keeper
from vitral.training.layout import Control, Layout
from vitral.training.meters import Meters
from vitral.training.plan import EpochPlan, Planner, ValidationPlan, plan_validation
from vitral.training.probing import probe_rows
from vitral.training.program import Outcome, Program, Speed, build_program
from vitral.training.request import Request, Timing, split
from vitral.training.streaming import Feed, Stream, Take, make_feed

# A dispatch should take about this long at most: Ctrl-C and callbacks wait for it.
_SECONDS_A_DISPATCH = 1.0
# Steps run before the speed of a program is known.
_PROBE_STEPS = 4
# Row numbers of one block of epochs, at most: 1 MiB of them.
_PLAN_ROWS = 2**18
_MOST_EPOCHS = 256


# Makes or finds a program: model, layout, data and validation in, the program and the seconds that it took out.
Build = Callable[[Any, Layout, Any, Any], tuple[Program, float]]


class SparseDataError(Exception):
    """The arrays include a sparse one, which only Keras's loop can slice."""


def train_compiled(
    model: Any,
    request: Request,
    callbacks: Any,
    attempt: Attempt,
    chosen: tuple[Probe, ...] = (),
    keeper: Keeper | None = None,
) -> None:
    """Train `model` as `model.fit` would, in compiled programs.

    An interrupt acts while callbacks run and between programs, where the state is whole; elsewhere it waits. While a
    step is traced it waits too: Keras and JAX have places there where an exception vanishes.

    Args:
        model: a compiled Keras model on the JAX backend.
        request: the training arguments, checked.
        callbacks: Keras callbacks, a `CallbackList` or None.
        attempt: whose history is added last to the callbacks; receives the seconds spent compiling.
        chosen: what to measure meanwhile.
        keeper: writes checkpoints, and restores one.

    Raises:
        SparseDataError, UnsuitableStepError: this training needs Keras's loop; the model is as it was, built.
    """
    with held_interrupt() as interrupt:
        training = prepare(model, request, callbacks, attempt.history, interrupt, chosen=chosen)
        training.compile(build_program, attempt.timing)
        training.keeper = keeper
        attempt.note_streams(training.streams)
        if training.meters is not None:
            attempt.recording = training.meters.recording
        training.run()


def prepare(
    model: Any,
    request: Request,
    callbacks: Any,
    history: Any,
    interrupt: held_interrupt,
    *,
    place: Callable[[Any, Any, str], Any] = lambda arrays, *_: jax.device_put(arrays),
    chosen: tuple[Probe, ...] = (),
) -> "CompiledTraining":
    """Everything up to the program: the model is built, the rows are counted, the generator is where Keras leaves it.

    Args:
        model, request, callbacks, history: as `train_compiled` takes them.
        interrupt: the block that holds Ctrl-C back.
        place: brings nested arrays to the device; its other arguments are what Keras made them of, and which part of
            it, where that was split.
        chosen: what to measure while it trains.

    Raises:
        SparseDataError: this training needs Keras's loop.
    """
    given, request = request, split(request)
    batches = _keras.make_batches(
        request.data,
        batch_size=request.batch_size,
        steps=request.steps_per_epoch,
        shuffle=request.shuffle,
        class_weight=request.class_weight,
    )
    arrays = _keras.adapter_arrays(batches, lazily=True)
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
    meters = Meters(model, chosen, probe_rows(model, arrays)) if chosen else None

    everyone = _keras.callback_list(
        callbacks,
        add_history=False,
        add_progbar=request.verbose != 0,
        verbose=request.verbose,
        epochs=request.epochs,
        steps=planner.n_batches,
        model=model,
    )
    sources = (given.data, ""), (given.validation_data, "")
    if request is not given:
        sources = (given.data, "first"), (given.data, "last")
    val_sizes = (val_plan.batch, val_plan.tail) if val_plan is not None else (1, 0)
    data = make_feed(arrays, planner.batch, planner.tail, lambda a: place(a, *sources[0]))
    val_data = make_feed(validation, *val_sizes, lambda a: place(a, *sources[1]))
    return CompiledTraining(model, request, planner, val_plan, everyone, history, interrupt, data, val_data, meters)


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
    return _keras.adapter_arrays(batches, lazily=True), plan


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


class CompiledTraining:
    """One training: the model's live state, its programs, and Keras's order of events. `prepare` makes it.

    Attributes:
        model, request, planner: what is trained, how, and who draws its batches.
        feeds: where the data and those of validation come from. data, validation: what they say of their arrays.
        meters: what is measured meanwhile; None for nothing.
        callbacks: Keras's list of them. is_passive, is_lazy, watches_validation, nan_stoppers: what they need.
        program: what trains it, from `compile` on.
        keeper: writes checkpoints, and restores one; None for neither.
    """

    def __init__(
        self,
        model: Any,
        request: Request,
        planner: Planner,
        val_plan: ValidationPlan | None,
        callbacks: Any,
        history: Any,
        interrupt: held_interrupt,
        data: Feed,
        validation: Feed,
        meters: Meters | None,
    ) -> None:
        self.feeds, self.meters = (data, validation), meters
        self.data, self.validation = data.arrays, validation.arrays
        self.model, self.request, self.planner, self.val_plan = model, request, planner, val_plan
        self.callbacks, self._history, self._interrupt = callbacks, history, interrupt
        listed = callbacks.callbacks
        self.is_passive = kinds.are_passive(listed)
        self.is_lazy = kinds.look_only_through_model(listed)
        self.watches_validation = kinds.watches_validation(listed)
        self.nan_stoppers = kinds.nan_stoppers(listed)
        self._hear_of_many = all(hasattr(c, "on_epochs") for c in listed)
        self._hearers = [c for c in listed if hasattr(c, "on_recording")]
        bar = _keras.import_keras().callbacks.ProgbarLogger
        self._progress = next((c for c in listed if isinstance(c, bar)), None)
        self.keeper: Keeper | None = None
        self._is_first_take = True
        self._before_epoch: _keras.State | None = None
        self._unrecorded: tuple[int, dict[str, Any]] | None = None
        self.last_logs: dict[str, Any] = {}

    # ---- programs

    @property
    def layout(self) -> Layout:
        """The sizes of its program."""
        planner, val, (data, _) = self.planner, self.val_plan, self.feeds
        block = 1
        counts_steps = self.meters is not None and self.meters.counts_steps
        if self.is_passive and planner.is_uniform and not counts_steps and not self.is_streamed:
            left = self.request.epochs - self.request.initial_epoch
            block = min(_PLAN_ROWS // planner.n_rows, _MOST_EPOCHS) if left > 1 else 1
        return Layout(
            batch=planner.batch,
            full=data.steps if isinstance(data, Stream) else planner.full,
            tail=planner.tail,
            val_batch=val.batch if val else 0,
            val_tail=val.tail if val else 0,
            block=max(block, 1),
            halts=bool(self.nan_stoppers),
        )

    @property
    def is_streamed(self) -> bool:
        """Whether its data or those of its validation come in chunks."""
        return bool(self.streams)

    @property
    def streams(self) -> list[str]:
        """Which data come in chunks, and of how many rows, in words."""
        named = zip(("data", "validation data"), self.feeds, strict=True)
        return [f"{name} in chunks of {feed.n_rows:,} rows" for name, feed in named if isinstance(feed, Stream)]

    def compile(self, build: Build, timing: Timing) -> None:
        """Build or find the program."""
        self.program, seconds = build(self.model, self.layout, self.data, self.validation)
        timing.compile_seconds += seconds
        if self.meters is not None:
            started = time.perf_counter()
            self.meters.compile()
            timing.compile_seconds += time.perf_counter() - started

    def _dispatch(
        self, plans: list[EpochPlan], control: Control, validates: list[bool], *, data: Any = None, val: Any = None
    ) -> Callable[[], Outcome]:
        """Run one block; its state becomes the model's. `data` and `val` are the arrays to look at."""
        layout = self.program.layout
        rows, tails = layout.fill(plans)
        flags = np.zeros(layout.block, "bool")
        flags[: len(validates)] = validates
        given = zip((data, val), self.feeds, strict=True)
        arrays = tuple(feed.stand_in() if one is None else one for one, feed in given)
        state = self._take_state()
        try:
            state, fetch = self.program.dispatch(self.model, arrays, rows, tails, control, flags, state)
        finally:  # a dispatch that was refused has not used the state up
            _keras.offer(self.model, state)
        if self.meters is not None and not self._hearers:
            self.meters.collect()  # while the program runs
        return fetch

    def _measure(self, what: Callable[[Meters, _keras.State], None]) -> None:
        """Let the meters look at the state as it is."""
        if self.meters is not None:
            state = self._take_state()
            try:
                what(self.meters, state)
            finally:
                _keras.offer(self.model, state)
            self.tell()

    def tell(self) -> None:
        """Give what was just measured to the callbacks that ask for it."""
        if self.meters is not None and self._hearers and (part := self.meters.collect(1)) is not None:
            for callback in self._hearers:
                callback.on_recording(part)

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
        with self.begun():
            self._run()

    def begun(self) -> Any:
        """A context in which the history is one of the callbacks."""
        return _added_history(self.callbacks, self._history, self.model)

    def begin(self) -> None:
        """What comes before the first epoch."""
        self.model.stop_training = False
        with self._interrupt.let_through():
            self.callbacks.on_train_begin()
        if self.keeper is not None:
            self.keeper.restore()

    def end(self) -> None:
        """What comes after the last epoch."""
        with self._interrupt.let_through():
            self.callbacks.on_train_end(logs=self.last_logs)

    def _run(self) -> None:
        self.begin()
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
        self.end()

    @property
    def first_epoch(self) -> int:
        """The number of its first epoch."""
        otherwise = _keras.first_epoch(self.model, self.request.initial_epoch)
        return otherwise if self.keeper is None else self.keeper.first_epoch(otherwise)

    def _run_epochs(self) -> None:
        epoch = self.first_epoch
        if self.keeper is not None and self.keeper.start is not None:
            if self.meters is not None:
                self.meters.go_on(self.keeper.start.measured, self.keeper.start.steps)
            self.last_logs = {name: values[-1] for name, values in self.keeper.start.history.items() if values}
            if self.keeper.start.is_over:
                return
        elif epoch < self.request.epochs:
            self._measure(lambda meters, state: meters.begin(state, epoch))
        while epoch < self.request.epochs:
            self._interrupt.check()
            if self.is_passive and self.program.layout.block > 1:
                epoch = self._run_block(epoch)
            else:
                self._run_epoch(epoch)
                epoch += 1
            self._keep(epoch)
            if self.model.stop_training:
                break

    def _keep(self, done: int) -> None:
        """Write a checkpoint if it is time."""
        if self.keeper is None or not self.keeper.is_due(done):
            return
        measured = (None, 0) if self.meters is None else (self.meters.recording(), self.meters.steps)
        _keras.offer(self.model, self._take_state())
        _keras.sync(self.model)  # the first checkpoint saves the model
        self.keeper.write(done, _keras.state_of(self.model), *measured)

    def _run_epoch(self, epoch: int) -> None:
        """One epoch that the host looks at."""
        model, callbacks = self.model, self.callbacks
        if not self.is_lazy:
            model.reset_metrics()  # the program does so too; here for who looks
        with self._interrupt.let_through():
            callbacks.on_epoch_begin(epoch)
        plan = self.planner.draw()
        stop, n_tail = plan.n_full, int(len(plan.tail) > 0)
        if model.stop_training:
            # Keras notices after the first batch of the epoch.
            stop, n_tail = min(stop, 1), n_tail if stop == 0 else 0
        validates = self.validates(epoch)
        validates_inside = validates and not self.watches_validation
        logs = self._train_epoch(epoch, plan, stop + n_tail, validates_inside)
        if validates and self.watches_validation:
            if not self.is_lazy:
                _keras.sync(model)
            with self._interrupt.let_through():
                callbacks.on_test_begin()
            val_logs = self._validate()
            if not self.is_lazy:
                _keras.sync(model)
            with self._interrupt.let_through():
                callbacks.on_test_end(_keras.plain_logs(val_logs))
            logs |= as_validation(val_logs)
        self._measure(lambda meters, state: meters.after_epoch(state, epoch + 1))
        if not self.is_lazy:
            _keras.sync(model)
        with self._interrupt.let_through():
            callbacks.on_epoch_end(epoch, logs)
        self._unrecorded, self.last_logs = None, logs

    def _train_epoch(self, epoch: int, plan: EpochPlan, n_steps: int, validates: bool) -> dict[str, Any]:
        """The first steps of one epoch's plan, and its validation; returns the logs."""
        with self.feeds[0].epoch(plan, n_steps, self._interrupt.check) as take:
            logs, is_validated = self._run_steps(epoch, take, n_steps, validates)
        if validates and not is_validated:
            logs |= as_validation(self._validate())
        return logs

    def _run_steps(self, epoch: int, take: Take, n_steps: int, validates: bool) -> tuple[dict[str, Any], bool]:
        """Steps in as few dispatches as promptness allows; the logs, and whether the validation was among them."""
        speed, meters = self.program.speed, self.meters
        is_whole = validates and not self.is_streamed and speed.predict(n_steps, self.n_val) <= _SECONDS_A_DISPATCH
        at, halted_at = 0, -1
        while True:
            chunk = take(at)
            most = min(chunk.end - at, self._most_steps(speed.step))
            until = at + (most if meters is None else meters.steps_until_due(most))
            is_last = until == n_steps
            if not is_last and self._before_epoch is None:
                self._take_backup()
            start, stop, n_tail = chunk.bounds(at, until)
            # Where somebody may look, metrics were reset before `on_epoch_begin`; what happened to them since counts.
            control = Control(fresh=at == 0 and self.is_lazy, start=start, stop=stop, n_tail=n_tail)
            with_validation = is_whole and is_last
            if with_validation:
                control = self.with_validation(control)
            started = time.perf_counter()
            outcome = self._dispatch([chunk.plan], control, [with_validation], data=chunk.arrays)()
            halted_at = outcome.halted_at + (chunk.first if outcome.halted_at >= 0 else 0)
            n_done = until - at if halted_at < 0 else halted_at - at + 1
            speed.learn(time.perf_counter() - started, n_done, self.n_val if with_validation else 0)
            if meters is not None and meters.counts_steps:
                self._measure(lambda meters, state, n=n_done: meters.after_steps(state, n))
            if is_last or halted_at >= 0:
                logs = outcome.logs()
                if with_validation:
                    logs = logs | as_validation(outcome.val_logs())
                self._before_epoch, self._unrecorded = None, (epoch, logs)
                break
            at = until
            self._interrupt.check()
            if self._progress is not None:
                self._progress.on_train_batch_end(at - 1, _keras.plain_logs(outcome.logs()))
        if halted_at >= 0:
            self._report_nan(halted_at, logs)
        return logs, is_whole and is_last

    def _validate(self) -> dict[str, Any]:
        """Validation alone, in pieces where it is long."""
        assert self.val_plan is not None
        at, speed = 0, self.program.speed
        with self.feeds[1].epoch(self.val_plan.in_order(), self.n_val, self._interrupt.check) as take:
            while True:
                chunk = take(at)
                until = min(chunk.end, at + self._most_steps(speed.val_step))
                start, stop, n_tail = chunk.bounds(at, until)
                control = Control(fresh=False, val_fresh=at == 0, val_start=start, val_stop=stop, n_val_tail=n_tail)
                started = time.perf_counter()
                outcome = self._dispatch([], control, [True], val=chunk.arrays)()
                speed.learn(time.perf_counter() - started, 0, until - at)
                if until == self.n_val:
                    return outcome.val_logs()
                at = until
                self._interrupt.check()

    def _run_block(self, epoch: int) -> int:
        """Several epochs that nobody needs to see one by one; returns the number of the next epoch."""
        speed, n_steps = self.program.speed, self.planner.n_batches
        if speed.predict(n_steps, self.n_val) > _SECONDS_A_DISPATCH:
            self._run_epoch(epoch)
            return epoch + 1
        n = self.epochs_a_dispatch(epoch, speed)
        random_state = self.planner.random.get_state() if self.nan_stoppers else None
        plans = [self.planner.draw() for _ in range(n)]
        validates = [self.validates(e) for e in range(epoch, epoch + n)]
        control = self.with_validation(Control(n_epochs=n, stop=plans[0].n_full, n_tail=int(len(plans[0].tail) > 0)))
        started = time.perf_counter()
        outcome = self._dispatch(plans, control, validates)()
        if outcome.halted_at < 0:
            speed.learn(time.perf_counter() - started, n * n_steps, sum(validates) * self.n_val)
        if random_state is not None and outcome.n_epochs < n:
            # The program stopped early: leave the generator where Keras would have left it.
            self.planner.random.set_state(random_state)
            for _ in range(outcome.n_epochs):
                self.planner.draw()
        self._measure(lambda meters, state: meters.after_epoch(state, epoch + outcome.n_epochs))
        self.tell_epochs(epoch, outcome, validates)
        return epoch + outcome.n_epochs

    def tell_epochs(self, epoch: int, outcome: Outcome, validates: list[bool]) -> None:
        """Tell passive callbacks of the epochs that have been run from this one on."""
        n = outcome.n_epochs
        validated = {e: place for place, e in enumerate(e for e in range(n) if validates[e])}
        logs, val_logs = outcome.columns(list(validated))
        val_logs = {f"val_{name}": values for name, values in val_logs.items()}

        def logs_of(e: int) -> dict[str, Any]:
            found = {name: values[e] for name, values in logs.items()}
            if e in validated:
                found |= {name: values[validated[e]] for name, values in val_logs.items()}
            return found

        if outcome.halted_at < 0 and self._hear_of_many:
            for callback in self.callbacks.callbacks:
                callback.on_epochs(range(epoch, epoch + n), {**logs, **val_logs})
        else:
            for e in range(n):
                self.callbacks.on_epoch_begin(epoch + e)
                if outcome.halted_at >= 0 and e == n - 1:
                    self._report_nan(outcome.halted_at, logs_of(e))
                self.callbacks.on_epoch_end(epoch + e, logs_of(e))
        self.last_logs = logs_of(n - 1)

    def _report_nan(self, batch: int, logs: dict[str, Any]) -> None:
        for callback in self.nan_stoppers:
            callback.on_batch_end(batch, _keras.plain_logs(logs))

    # ---- small decisions

    def epochs_a_dispatch(self, epoch: int, speed: Speed) -> int:
        """How many epochs from this one on go together, as far as time, memory and meters allow; 1 at least."""
        seconds = speed.predict(self.planner.n_batches, self.n_val)
        n = int(_SECONDS_A_DISPATCH / max(seconds, 1e-9))
        n = max(1, min(n, self.layout.block, self.request.epochs - epoch))
        n = n if self.keeper is None else self.keeper.epochs_until_due(epoch, n)
        return n if self.meters is None else self.meters.epochs_until_due(epoch, n)

    def validates(self, epoch: int) -> bool:
        return self.val_plan is not None and _keras.validates(self.model, epoch, self.request.validation_freq)

    def _record_finished(self) -> None:
        """An epoch whose steps were done when the interrupt came counts as finished."""
        if self._unrecorded is not None and self._unrecorded[0] not in self._history.epoch:
            epoch, logs = self._unrecorded
            self._history.on_epoch_end(epoch, _keras.plain_logs(logs))

    def with_validation(self, control: Control) -> Control:
        """The same dispatch with a whole validation after each epoch that has one."""
        if self.val_plan is None:
            return control
        return control._replace(val_stop=self.val_plan.n_full, n_val_tail=int(self.val_plan.tail > 0))

    @property
    def n_val(self) -> int:
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


def as_validation(logs: dict[str, Any]) -> dict[str, Any]:
    return {f"val_{name}": value for name, value in _keras.plain_logs(logs).items()}


def _copy(state: _keras.State) -> _keras.State:
    return jax.tree.map(jnp.copy, state)

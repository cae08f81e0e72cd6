"""A sweep at work: many variants of one training, each as its own `vitral.fit` would have it, side by side.

    for each variant, in the calling thread:    seed, build, seed, draw what Keras draws, trace, find its group
    for each variant, in a thread per core:     run the group's compiled program with the variant's own numbers

Models are built and traced one after another, because Keras draws its seeds from generators that the process shares;
meanwhile others train, and few models are alive at a time. Each variant shuffles with a generator of its own, which
starts where the shared one was left for it: the order of its rows is that of its solo training.
"""

import copy
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import jax
import numpy as np

from vitral import _keras
from vitral._errors import ArgumentError, VitralError
from vitral.data import Dataset
from vitral.probes import Probe
from vitral.runs import Group, Sweep, VariantFiles, VariantResult, plain_fields
from vitral.runs.sweep_checkpoint import SweepKeeper
from vitral.training.advice import advise, warn
from vitral.training.apart import keep_dask_apart
from vitral.training.attempt import Attempt
from vitral.training.callbacks import history_class
from vitral.training.checks import check_callbacks, check_data, check_model, check_rate, check_sizes
from vitral.training.compiled import CompiledTraining, SparseDataError, prepare
from vitral.training.devices import local_devices, on
from vitral.training.fit import why_keras_loop
from vitral.training.groups import Groups
from vitral.training.interrupts import held_interrupt
from vitral.training.lockstep import Lockstep, can_go_in_step, step_key
from vitral.training.ownership import Owners, SharedModelError
from vitral.training.plan import global_random
from vitral.training.probing import check_probe_data
from vitral.training.program import Program
from vitral.training.progress import SweepProgress
from vitral.training.request import Request, make_request
from vitral.training.shared import Shared
from vitral.training.steps import UnsuitableStepError
from vitral.training.variants import Variant, makes_callbacks

_SCOUTED_VALUES = 3  # of each name
_MOST_SCOUTS = 12
_WIDTH = 16  # variants that go in step


@dataclass(eq=False)
class _Job:
    """A variant that is built, traced and ready to train."""

    variant: Variant
    model: Any
    config: dict[str, Any] | None
    attempt: Attempt
    training: CompiledTraining


class Sweeping:
    """One sweep while it runs; its arguments are those of `vitral.sweep`, `over` spelled out."""

    def __init__(
        self,
        build: Callable[..., Any],
        x: Any,
        y: Any,
        data: Callable[..., Any] | None,
        arguments: dict[str, Any],
        variants: list[Variant],
        verbose: Any,
        chosen: tuple[Probe, ...],
        exact: bool,
    ):
        self._chosen, self.width = chosen, 1 if exact else _WIDTH
        self._build, self._x, self._y, self._data = build, x, y, data
        self._arguments, self._variants, self._verbose = arguments, variants, verbose
        self._shared, self._groups, self._kept = Shared(), Groups(), VariantFiles()
        self._todo = variants  # those to train here
        self._results = [VariantResult(values=variant.values) for variant in variants]
        self._keeper: SweepKeeper | None = None
        self._before: list[int] = []  # that an earlier part of the sweep has finished
        self._owners = Owners()
        self._stop = threading.Event()
        self._outcome = threading.Lock()  # over what a variant's result says
        self._at = ""  # which of the user's functions this thread, the main one, is in
        self._failed_at: dict[int, str] = {}
        self._compile_seconds = 0.0
        self._advice: dict[str, str] = {}  # by rule, so that many variants are one warning
        self._n_said = 0
        epochs = [variant.training.get("epochs", arguments["epochs"]) for variant in variants]
        self._progress = SweepProgress(len(variants), epochs, verbose)
        self._devices = local_devices()

    def keep_in(self, keeper: SweepKeeper) -> None:
        """Keep each variant there as it finishes, and take from there those that are finished."""
        self._keeper = keeper
        finished = keeper.take([variant.values for variant in self._variants], self._kept)
        self._before = sorted(finished)
        for number, result in finished.items():
            self._results[number] = result
        self._todo = [variant for variant in self._todo if variant.number not in finished]

    def run(self, interrupt: held_interrupt) -> Sweep:
        """Train all variants; `interrupt` is held, and let through only while there is something to break off."""
        started = time.perf_counter()
        keep_dask_apart()
        generators = np.random.get_state()
        n_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        status = "done"
        try:
            with self._progress:
                for number in self._before:
                    self._progress.advance(len(self._results[number].record["epoch"]))
                self._train_all(max(n_threads, len(self._devices)), interrupt)
        except KeyboardInterrupt:
            status = "interrupted"
        finally:
            np.random.set_state(generators)
        self._check_failures()
        return Sweep(
            over=list(dict.fromkeys(name for variant in self._variants for name in variant.values)),
            results=self._results,
            groups=self._described_groups(),
            status=status,
            seconds=time.perf_counter() - started,
            compile_seconds=self._compile_seconds,
            files=self._kept,
            rebuild=self._rebuild,
        )

    def _described_groups(self) -> list[Group]:
        """The groups, those that were finished before as one of their own."""
        groups = self._groups.described()
        if self._before:
            reason = "they were finished before the sweep was resumed"
            groups.append(Group(number=len(groups), variants=self._before, lifted=[], reason=reason))
        return groups

    def _train_all(self, n_threads: int, interrupt: held_interrupt) -> None:
        """Build and trace in this thread, train in the others; so many models are alive at a time."""
        width = self.width
        room = threading.Semaphore((n_threads + 1) * width)
        futures: list[Future[None]] = []
        pool = ThreadPoolExecutor(n_threads, thread_name_prefix="vitral-sweep")
        try:
            with interrupt.let_through():
                for jobs in self._teams(self._jobs(room), width):
                    program = self._compile(jobs, width)
                    if program is None:
                        room.release(len(jobs))
                    else:
                        futures.append(pool.submit(self._train, jobs, program, width, room))
                    del jobs
                for future in futures:
                    future.result()
        except KeyboardInterrupt:
            interrupt.hold()  # also where a second one came before the first had left that block
            self._stop.set()
            raise
        finally:
            # Held: whoever presses again and again waits all the same until each thread has kept what it has.
            pool.shutdown(wait=True)

    def _jobs(self, room: threading.Semaphore) -> Iterator[_Job]:
        """The variants that are ready to train.

        Some of each value are traced before any is compiled: the numbers that vary are known then, and one
        compilation serves all.
        """
        ahead = {number: self._prepare(self._variants[number]) for number in scouts(self._todo)}
        for variant in self._todo:
            self._say_advice()
            while not room.acquire(timeout=0.1):
                pass  # in pieces, so that Ctrl-C is heard
            job = ahead.pop(variant.number) if variant.number in ahead else self._prepare(variant)
            if job is None or self._results[variant.number].status == "failed":  # because another has its model, too
                room.release()
                continue
            yield job
            del job
        self._say_advice()

    def _say_advice(self) -> None:
        """Warn of what has come up since, outside what marks a variant as failed."""
        new, self._n_said = list(self._advice.values())[self._n_said :], len(self._advice)
        for sentence in new:
            warn(sentence)

    def _teams(self, jobs: Iterator[_Job], width: int) -> Iterator[list[_Job]]:
        """Variants that train together: alone, or `width` of a family in step."""
        waiting: dict[Any, list[_Job]] = {}
        n_waiting = 0
        for job in jobs:
            if width == 1 or not self._goes_in_step(job):
                yield [job]
                continue
            family = self._groups.key_of(job.variant.number)
            team = waiting.setdefault((family, str(self._device_of(job.variant)), step_key(job.training)), [])
            team.append(job)
            n_waiting += 1
            if len(team) < width and n_waiting < 2 * width:
                continue
            # Full; or so many wait for others of their kind that there would be no room to build those.
            key = max(waiting, key=lambda k: len(waiting[k]))
            n_waiting -= len(waiting[key])
            yield waiting.pop(key)
        yield from waiting.values()

    def _goes_in_step(self, job: _Job) -> bool:
        """Whether it can, and whether it pays: on an accelerator always."""
        pays = not is_exact_here() or self._groups.is_small(job.variant.number, job.model)
        return pays and can_go_in_step(job.training)

    def _device_of(self, variant: Variant) -> Any:
        """In turn; those that may go in step together."""
        return self._devices[variant.number // self.width % len(self._devices)]

    # ---- one variant

    def _prepare(self, variant: Variant) -> _Job | None:
        """Build and trace a variant; None where it failed, or had to run in Keras's own loop, and has."""
        try:
            with on(self._device_of(variant)), global_random, held_interrupt() as interrupt:
                model, request, dataset, callbacks = self._make(variant)
                attempt = Attempt(
                    model,
                    request,
                    dataset=dataset,
                    callbacks=callbacks,
                    seed=variant.seed,
                    fingerprint=self._shared.fingerprint,
                )
                attempt.reason = why_keras_loop(model, request, callbacks)
                if attempt.reason is None:
                    try:
                        training = prepare(
                            model,
                            request,
                            callbacks,
                            attempt.history,
                            interrupt,
                            place=self._shared.place,
                            chosen=self._chosen,
                        )
                        attempt.note_streams(training.streams)
                        self._owners.claim(model, variant.number)  # what is built by now was not there before
                        if training.meters is not None:
                            attempt.recording = training.meters.recording
                        training.planner.own_random()
                        self._groups.join(variant.number, training)
                        return _Job(variant, model, _keras.config_of(model), attempt, training)
                    except (SparseDataError, UnsuitableStepError) as reason:
                        attempt.reason = str(reason)
                with interrupt.let_through():
                    attempt.train_keras(callbacks, self._chosen)
                self._owners.claim(model, variant.number)
                self._record(variant, model, _keras.config_of(model), attempt)
        except Exception as error:
            self._failed_at.setdefault(variant.number, self._at)
            if isinstance(error, SharedModelError) and self._results[error.other].status != "failed":
                # What it had before may have been compiled anew meanwhile: it can no longer be told from the other.
                self._fail(self._variants[error.other], error)
            self._fail(variant, error)
        return None

    def _make(self, variant: Variant) -> tuple[Any, Request, Dataset | None, list[Any]]:
        """The model and the training of a variant, checked; the generators are as a `fit` with its seed finds them."""
        set_seed = _keras.import_keras().utils.set_random_seed
        arguments = {**self._arguments, **variant.training}
        callbacks, sample_weight = arguments.pop("callbacks"), arguments.pop("sample_weight")
        x, y = self._x, self._y
        if self._data is not None:
            if variant.seed is not None:
                set_seed(variant.seed)
            self._at = "x"
            x, y, sample_weight = _unpack(self._shared.data(self._data, variant.data), y, sample_weight)
        if variant.seed is not None:
            set_seed(variant.seed)
        self._at = "build"
        model = self._build(**variant.build)
        check_model(model)
        self._owners.claim(model, variant.number)
        self._at = "callbacks"
        callbacks = [*_own(callbacks, variant.callbacks), _watch_class()(self._stop, self._progress)]
        self._at = ""
        check_callbacks(callbacks)
        check_rate(model, callbacks[:-1])
        request, dataset = make_request(x, y, sample_weight, verbose=0, **arguments)
        request = check_sizes(request)
        check_data(model, request)
        if self._chosen:
            check_probe_data(request)
        for rule, sentence in advise(model, request, callbacks).items():
            self._advice.setdefault(rule, f"Variant {variant.number}: {sentence}" if variant.number else sentence)
        if variant.seed is not None:
            set_seed(variant.seed)
        return model, request, dataset, callbacks

    def _compile(self, jobs: list[_Job], width: int) -> Program | None:
        """Find or make the program of variants that train together; None where that failed."""
        started = time.perf_counter()
        try:
            with on(self._device_of(jobs[0].variant)), held_interrupt():
                if len(jobs) > 1:
                    return self._groups.build_wide({job.variant.number: job.training for job in jobs}, width)
                jobs[0].training.program = self._groups.build(jobs[0].variant.number, jobs[0].training)
                return jobs[0].training.program
        except Exception as error:
            for job in jobs:
                self._fail(job.variant, error)
            return None
        finally:
            seconds = time.perf_counter() - started
            jobs[0].attempt.timing.compile_seconds += seconds
            self._compile_seconds += seconds

    def _train(self, jobs: list[_Job], program: Program, width: int, room: threading.Semaphore) -> None:
        """Train variants; in one of several threads."""
        with on(self._device_of(jobs[0].variant)):
            self._train_here(jobs, program, width, room)

    def _train_here(self, jobs: list[_Job], program: Program, width: int, room: threading.Semaphore) -> None:
        try:
            if self._stop.is_set():
                return
            if len(jobs) > 1:
                lockstep = Lockstep([job.training for job in jobs], program, width)
                lockstep.run()
                errors = lockstep.errors
            else:
                jobs[0].training.run()
                errors = {}
            for place, job in enumerate(jobs):
                try:
                    if place in errors:
                        raise errors[place]
                    self._record(job.variant, job.model, job.config, job.attempt)
                except Exception as error:  # its own alone
                    self._fail(job.variant, error)
        except Exception as error:
            for job in jobs:
                self._fail(job.variant, error)
        finally:
            room.release(len(jobs))

    def _record(self, variant: Variant, model: Any, config: dict[str, Any] | None, attempt: Attempt) -> None:
        """Keep what came of a variant, and let go of its model.

        Its description was made in the main thread: what silences warnings for a moment, as Keras's need there, would
        silence them for good in several threads at once.
        """
        was_stopped = self._stop.is_set() and len(attempt.history.epoch) < attempt.history.params.get("epochs", 0)
        run = attempt.interrupted() if was_stopped else attempt.finished()
        self._kept.write(variant.number, _keras.state_of(model), run.recording)
        result = self._results[variant.number]
        with self._outcome:
            if result.status == "failed":  # meanwhile: another variant was given its model
                return
            result.record, result.history, result.source = plain_fields(run), run.history, run.evaluation_source
            result.config, result.status, result.message = config, run.status, run.message
        if self._keeper is not None:
            self._keeper.keep(variant.number, result, self._kept)

    def _fail(self, variant: Variant, error: Exception) -> None:
        message = str(error) if isinstance(error, VitralError) else f"{type(error).__name__}: {error}"
        with self._outcome:
            self._results[variant.number] = VariantResult(
                values=variant.values,
                status="failed",
                message=message,
                error=_without_frames(error),
            )

    # ---- all of them

    def _check_failures(self) -> None:
        """Where every variant fails, the first error is the user's."""
        if all(result.status == "failed" for result in self._results):
            error = self._results[0].error
            assert error is not None
            if isinstance(error, VitralError):
                raise error
            at, variant = self._failed_at.get(0, ""), self._variants[0]
            call, place = {
                "x": (f"x({_written(variant.data)})", " in x"),
                "build": (f"build({_written(variant.build)})", " in build"),
                "callbacks": (f"callbacks({_written(variant.callbacks)})", " in callbacks"),
            }.get(at, (f"vitral.fit with build({_written(variant.build)})", ""))
            raise ArgumentError(
                f"every variant must be trainable: all {len(self._results)} failed, the first "
                f"({_written(variant.values)}){place} with {_shortly(self._results[0].message or '', 140)}. "
                f"Call {call} alone to see where."
            ) from error

    def _rebuild(self, number: int) -> Any:
        """The untrained model of a variant, its variables made."""
        with global_random, held_interrupt() as interrupt:
            model, request, _, callbacks = self._make(self._variants[number])
            prepare(model, request, callbacks, history_class()(), interrupt)
        return model


def is_exact_here() -> bool:
    """Whether a sweep is exact where nobody says: on processors."""
    return jax.default_backend() == "cpu"


def _without_frames(error: BaseException) -> BaseException:
    """An error, and those that it came of, without what holds the model."""
    at: BaseException | None = error
    seen = set()
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        at.__traceback__ = None
        at = at.__cause__ or at.__context__
    return error


def scouts(variants: list[Variant]) -> list[int]:
    """The first variants of the first few values of each name."""
    found, seen = set(), {}
    for variant in variants:
        for name, value in variant.values.items():
            known = seen.setdefault(name, set())
            if len(known) < _SCOUTED_VALUES and repr(value) not in known:
                known.add(repr(value))
                found.add(variant.number)
    return sorted(found)[:_MOST_SCOUTS]


def _unpack(given: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
    """What a data function returned, as x, y and sample_weight."""
    if isinstance(given, tuple):
        if not 1 <= len(given) <= 3:
            raise ArgumentError(
                f"x, as a function, must return x, (x, y) or (x, y, sample_weight): got {len(given)} parts. "
                "Put several inputs into one list or dict."
            )
        for name, part, own in zip(("y", "sample_weight"), given[1:], (y, sample_weight), strict=False):
            if part is not None and own is not None:
                what = "targets" if name == "y" else "weights of rows"
                kind = "an array" if hasattr(own, "shape") else f"a {type(own).__name__}"
                raise ArgumentError(
                    f"{name} must be None when x is a function that returns {what}: got {kind}. Drop it."
                )
        x, own_y, own_weight = (*given, None, None)[:3]
        return x, y if own_y is None else own_y, sample_weight if own_weight is None else own_weight
    return given, y, sample_weight


def _written(arguments: dict[str, Any]) -> str:
    """Arguments as they stand in a call: "rate=0.1, width=4"."""
    return _shortly(", ".join(f"{name}={_shortly(repr(value), 24)}" for name, value in arguments.items()), 60)


def _shortly(text: str, most: int) -> str:
    """Text on one line, its end cut off where it is long, without the full stop."""
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= most else line[: most - 1] + "…"


def _own(callbacks: Any, values: dict[str, Any]) -> list[Any]:
    """Callbacks for one variant alone: they remember what they saw."""
    if makes_callbacks(callbacks):
        callbacks = callbacks(**values)
    try:
        return [copy.deepcopy(callback) for callback in _keras.callbacks_in(callbacks)]
    except Exception as error:
        raise ArgumentError(
            f"callbacks must be such that each variant can have copies: copying raised {type(error).__name__} "
            f"({error}). Give a function instead that returns new ones: callbacks=lambda: [...]."
        ) from error


@cache
def _watch_class() -> type:
    keras = _keras.import_keras()

    class Watch(keras.callbacks.Callback):
        """Ends a variant's training when the sweep is interrupted, and says how far it is."""

        is_passive = True  # it may be told of all the epochs of a dispatch after it

        def __init__(self, stop: threading.Event, progress: SweepProgress):
            super().__init__()
            self._stop, self._progress = stop, progress

        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            self.on_epochs(range(epoch, epoch + 1), {})

        def on_epochs(self, epochs: range, logs: dict[str, list[Any]]) -> None:
            """Several epochs at once."""
            self._progress.advance(len(epochs))
            if self._stop.is_set():
                self.model.stop_training = True

    return Watch

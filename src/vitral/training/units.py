"""A work unit: some variants of one sweep, trained by a process that may be anywhere.

A worker of Dask's runs a unit as one task, in one thread, as an ordinary sweep of those variants alone; what it gives
back is plain: the fields of each variant's result, and the bytes of its file. Units that run side by side in a process
share the sweep's data and what they compile; they build and trace in turn, because Keras draws its seeds from
generators of the process.

Before a unit begins it raises a flag at the scheduler, and takes it down when it ends. Where the flag stands already, a
worker has died with this unit at work: the unit does not begin again by itself, its sweep is told.
"""

import contextlib
import os
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cloudpickle
import jax
import jaxlib.version

from vitral import _keras
from vitral.probes import Probe
from vitral.runs import VariantFiles, VariantResult
from vitral.runs.environment import versions
from vitral.training.apart import keep_dask_apart
from vitral.training.groups import Groups
from vitral.training.interrupts import held_interrupt
from vitral.training.made import Made
from vitral.training.outline import Outline
from vitral.training.shared import Shared
from vitral.training.sweeping import Sweeping, is_exact_here
from vitral.training.variants import Variant

_MOST_SWEEPS = 2  # whose data a process keeps
_FIELDS = ("status", "message", "record", "history", "config")


@dataclass(frozen=True, kw_only=True)
class Work:
    """What all units of a sweep have in common; arguments as `Sweeping` takes them.

    Attributes:
        policy: Keras's dtype policy where the sweep was called, which is a thread's own.
    """

    build: Callable[..., Any]
    x: Any
    y: Any
    data: Callable[..., Any] | None
    arguments: dict[str, Any]
    variants: list[Variant]
    chosen: tuple[Probe, ...]
    exact: bool | None
    policy: Any


@dataclass(kw_only=True)
class Trained:
    """One variant that was trained or has failed.

    Attributes:
        fields: of its result. file: the bytes of its file; None where nothing was trained.
        error, at: what it has raised, pickled, and in which of the user's functions.
    """

    fields: dict[str, Any]
    file: bytes | None = None
    error: bytes | None = None
    at: str = ""


@dataclass(kw_only=True)
class UnitResult:
    """What a unit gives back.

    Attributes:
        trained: by the variants' numbers.
        outlines: the families of their programs. compile_seconds: that were spent compiling.
        lost: whether a worker has died with it at work before; refused: why this worker cannot run it.
    """

    trained: dict[int, Trained] = field(default_factory=dict)
    outlines: list[Outline] = field(default_factory=list)
    compile_seconds: float = 0.0
    lost: bool = False
    refused: str | None = None


def run_unit(sweep: str, packed: bytes, numbers: list[int], flag: str, *, alone: bool) -> UnitResult:
    """Train some variants, on a worker.

    Args:
        sweep: tells the sweep from others. packed: its `Work`, pickled.
        numbers: of the variants. flag: the name of this unit's flag.
        alone: run no other unit in this process meanwhile, so that a death is this one's.
    """
    from distributed import Event

    keep_dask_apart()
    with _turns.taken(alone=alone):
        if sweep in _stopped:
            return UnitResult()
        mark = Event(flag)
        if mark.is_set():
            mark.clear()
            return UnitResult(lost=True)
        mark.set()
        try:
            bench = _bench(sweep, packed)
            if isinstance(bench, str):
                return UnitResult(refused=bench)
            with _policy(bench.work.policy):
                return _Unit(sweep, bench, numbers).train()
        except (SystemExit, KeyboardInterrupt) as error:  # which would end the worker's thread
            raise RuntimeError(f"{type(error).__name__}: {error}") from None
        finally:
            mark.clear()


def stop(sweep: str) -> None:
    """End what is at work for a sweep in this process, soon; begin no more for it."""
    _stopped[sweep] = None
    while len(_stopped) > 64:
        _stopped.popitem(last=False)
    for unit in list(_at_work):
        if unit.sweep == sweep:
            unit.stop()
    with _opening:
        _benches.pop(sweep, None)


class _Unit(Sweeping):
    """An ordinary sweep of some of the variants, in one thread."""

    def __init__(self, sweep: str, bench: "_Bench", numbers: list[int]) -> None:
        work = bench.work
        exact = is_exact_here() if work.exact is None else work.exact
        variants = work.variants
        super().__init__(work.build, work.x, work.y, work.data, work.arguments, variants, 0, work.chosen, exact)
        self.sweep, self._shared, self._groups = sweep, bench.shared, Groups(bench.made)
        self._todo = [variants[number] for number in numbers]

    def stop(self) -> None:
        self._stop.set()

    def train(self) -> UnitResult:
        """All of them."""
        _at_work.append(self)
        try:
            with held_interrupt() as interrupt:
                self._train_all(1, interrupt)
        finally:
            _at_work.remove(self)
        results = {variant.number: self._results[variant.number] for variant in self._todo}
        return UnitResult(
            trained={n: _plain(result, n, self._kept, self._failed_at.get(n, "")) for n, result in results.items()},
            outlines=self._groups.outlines(),
            compile_seconds=self._compile_seconds,
        )


def _plain(result: VariantResult, number: int, files: VariantFiles, at: str) -> Trained:
    return Trained(
        fields={name: getattr(result, name) for name in _FIELDS},
        file=files.content(number) if result.record else None,
        error=None if result.error is None else pack_error(result.error),
        at=at,
    )


def pack_error(error: BaseException) -> bytes:
    """An error as bytes that can be read back; where it cannot be pickled, one that says the same."""
    try:
        packed = cloudpickle.dumps(error)
        pickle.loads(packed)
    except Exception:
        return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
    return packed


# ---------------------------------------------------------------- what a process keeps


@dataclass(eq=False)
class _Bench:
    """A sweep in this process: what it is, and the data and the compiled programs that its units share."""

    work: Work
    shared: Shared
    made: Made


_benches: OrderedDict[str, _Bench] = OrderedDict()
_opening = threading.Lock()
_stopped: OrderedDict[str, None] = OrderedDict()
_at_work: list[_Unit] = []


def _bench(sweep: str, packed: bytes) -> _Bench | str:
    """What this process keeps of a sweep; a sentence where it cannot be opened here."""
    with _opening:
        if sweep not in _benches:
            try:
                _benches[sweep] = _Bench(pickle.loads(packed), Shared(), Made())
            except Exception as error:
                return (
                    "build, the data and callbacks must be such that workers can open them: "
                    f"{type(error).__name__} ({error}). Install the module that defines them there, too, or define "
                    "them in the script or notebook that calls the sweep."
                )
            while len(_benches) > _MOST_SWEEPS:
                _benches.popitem(last=False)
        _benches.move_to_end(sweep)
        return _benches[sweep]


@contextlib.contextmanager
def _policy(policy: Any) -> Iterator[None]:
    """Keras's dtype policy within the block, which is this thread's own."""
    known = _keras.import_keras()
    before = known.config.dtype_policy()
    known.config.set_dtype_policy(known.dtype_policies.get(policy))
    try:
        yield
    finally:
        known.config.set_dtype_policy(before)


class _Turns:
    """Many may be inside at once, or one alone, before whom nobody else is let in."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._n_inside = self._n_waiting_alone = 0
        self._is_alone = False

    @contextlib.contextmanager
    def taken(self, *, alone: bool) -> Iterator[None]:
        with self._changed:
            self._n_waiting_alone += alone
            self._changed.wait_for(lambda: self._may_enter(alone))
            self._n_waiting_alone -= alone
            self._is_alone = alone
            self._n_inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._n_inside -= 1
                self._is_alone = False
                self._changed.notify_all()

    def _may_enter(self, alone: bool) -> bool:
        if alone:
            return not self._n_inside
        return not self._is_alone and not self._n_waiting_alone


_turns = _Turns()


# ---------------------------------------------------------------- what a process is


def describe_process() -> dict[str, Any]:
    """What has to be the same wherever a sweep is trained, and what should be; Keras's backend is chosen by then."""
    config = _keras.import_keras().config
    found = versions(config.backend())
    python = ".".join(found["python"].split(".")[:2])
    return {
        "must": {
            **found,
            "jaxlib": jaxlib.version.__version__,
            "python": python,
            "Keras's backend": config.backend(),
            "floatx": config.floatx(),
            "epsilon": config.epsilon(),
            "image_data_format": config.image_data_format(),
            **{name: getattr(jax.config, name) for name in ("jax_enable_x64", "jax_default_matmul_precision")},
        },
        "kind": f"{_processor()}, {jax.devices()[0].device_kind}",
        "is_exact": is_exact_here(),
    }


def _processor() -> str:
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    model = ""
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    return f"{n_cores} cores {model}".rstrip()

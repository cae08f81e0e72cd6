"""A run, or some variants of a sweep, written for TensorBoard.

    run       DIR/train  DIR/validation
    sweep     DIR/000-rate=0.1,seed=3  DIR/007-rate=0.3,seed=3 …

`tensorboard_events` says what is written, `tensorboard_variants` of which variants and with which hyperparameters,
`tensorboard_files` where, and what is in the way; `vitral.training.tensorboard` writes the same while training goes on.
"""

import contextlib
import hashlib
import itertools
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitral._checks import check_int
from vitral._errors import ArgumentError
from vitral.runs import codec
from vitral.runs.tensorboard_events import TRAIN, Clock, Placed, metric_events, recording_events
from vitral.runs.tensorboard_files import EventFiles, check_directory, check_free, failing_as_folder, remove
from vitral.runs.tensorboard_variants import folder_names, hyperparameter_events, sample

if TYPE_CHECKING:
    from vitral.runs.run import Run
    from vitral.runs.sweep import Sweep


def write_run(run: "Run", directory: Any, *, overwrite: bool) -> Path:
    """What `Run.to_tensorboard` does."""
    folder = check_directory(directory)
    mark = _mark(run.started, run.history)
    with failing_as_folder(folder):
        stale = check_free(folder, mark, overwrite=overwrite)
        remove(stale, folder)
        _write(EventFiles(folder, mark, began(run)), run_events(run, apart=True))
    return folder


def write_sweep(sweep: "Sweep", directory: Any, most: int, *, overwrite: bool) -> tuple[Path, list[int]]:
    """What `Sweep.to_tensorboard` does; also the numbers of the variants that were written."""
    most = check_int("most", most, minimum=1, remedy="So many variants are written.")
    folder = check_directory(directory)
    numbers = sample(sweep, most)
    if not numbers:
        raise ArgumentError("sweep must have a variant that was trained: got none. See its .table.")
    mark = _mark(*([r.record.get("started"), r.history] for r in sweep.results))
    with failing_as_folder(folder):
        stale = check_free(folder, mark, overwrite=overwrite)
        remove(stale, folder)
        for number, name in zip(numbers, folder_names(sweep, numbers), strict=True):
            run = sweep[number]
            what = hyperparameter_events(sweep, numbers, number, began(run), run.seconds)
            _write(EventFiles(folder / name, mark, began(run)), itertools.chain(what, run_events(run, apart=False)))
    return folder, numbers


# ---------------------------------------------------------------- events of a run


def run_events(run: "Run", *, apart: bool) -> Iterator[Placed]:
    """Its history, and what was measured, at the times at which they may have come about.

    Args:
        apart: training and validation in two folders; else all in one.
    """
    clocks = _clocks(run)
    for name, values in run.history.items():
        for done, value in zip(run.epochs_of(name), values, strict=False):
            yield from metric_events(done - 1, {name: value}, clocks["epochs"](done), apart=apart)
    if run.recording is not None:
        yield from recording_events(run.recording, clocks, part=TRAIN if apart else "")


def began(run: "Run") -> float:
    """When a run began, in seconds since 1970; now, where it does not say."""
    with contextlib.suppress(ValueError, OverflowError, OSError):
        return max(datetime.fromisoformat(run.started).timestamp(), 0.0)
    return time.time()


def _clocks(run: "Run") -> dict[str, Clock]:
    """The epochs lie evenly between the end of compiling and the end of training: a run tells no more."""
    start = began(run) + run.compile_seconds
    span = max(run.seconds - run.compile_seconds, 0.0)
    n_epochs, first = max(len(run.epoch), 1), min(run.epoch, default=0)
    per_epoch = run.params.get("steps")
    series = () if run.recording is None else run.recording.series
    seen = max((int(s.at.max(initial=0)) for s in series if s.unit == "steps"), default=0)
    n_steps = max(per_epoch * n_epochs if isinstance(per_epoch, int) else seen, 1)
    return {"epochs": _evenly(start, span, first, n_epochs), "steps": _evenly(start, span, 0, n_steps)}


def _evenly(start: float, span: float, first: int, n: int) -> Clock:
    return lambda done: start + span * min(max((done - first) / n, 0.0), 1.0)


# ---------------------------------------------------------------- writing


def _write(files: EventFiles, events: Iterator[Placed]) -> None:
    files.add(sorted(events, key=lambda placed: placed[1].wall_time))
    files.flush()


def _mark(*facts: Any) -> str:
    """Twelve hexadecimal digits for a training, the same after it was saved and opened."""
    return hashlib.sha256(codec.dumps(facts).encode()).hexdigest()[:12]

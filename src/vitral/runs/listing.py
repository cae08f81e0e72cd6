"""What runs there are in a folder, from their run.json alone: quick, and with nothing heavy imported."""

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vitral._checks import CHECKPOINT
from vitral._errors import ArgumentError, RunFolderError
from vitral.runs import checkpoint, folder, store, sweep_checkpoint, sweep_store
from vitral.runs.metrics import main_metric
from vitral.runs.run import Run
from vitral.runs.sweep import Sweep


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """A line about a run or a sweep. All but `path`, `status` and `reason` are None where the run is damaged.

    Example:
        >>> RunSummary(path=Path("runs/digits"), status="done", epochs=20).status
        'done'
    """

    path: Path
    status: str  # "done" | "interrupted" | "diverged" | "unfinished" (a process was killed) | "damaged"
    reason: str | None = None  # why it is damaged, a sentence
    message: str | None = None
    data: str | None = None  # name of the data set, where it has one
    engine: str | None = None
    epochs: int | None = None
    seconds: float | None = None
    started: str | None = None  # ISO 8601, UTC
    metrics: dict[str, dict[str, Any]] | None = None  # as in Run.summary()
    evaluation: dict[str, Any] | None = None
    has_successor: bool = False  # whether another training, not finished yet, shall take its place
    variants: int | None = None  # how many, where it is a sweep: then epochs are those of all, metrics of the best


def list_runs(path: Any) -> list[RunSummary]:
    """The runs and sweeps directly in a folder, oldest first, damaged ones last; a run's own folder lists itself.

    Raises:
        RunFolderError: there is no such folder, or it cannot be read.

    Example:
        >>> import tempfile
        >>> from vitral.runs import list_runs
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     list_runs(folder)
        []
    """
    parent = Path(path).expanduser().absolute()
    try:
        if _holds_run(parent):
            found = [parent]
        else:
            found = [c for c in parent.iterdir() if not c.name.startswith(".") and c.name != CHECKPOINT]
            found = [child for child in found if _holds_run(child)]
    except OSError as error:
        raise RunFolderError(f"{str(path)!r} must be a folder that can be read: {error.strerror or error}.") from error
    summaries = [_summarise(child) for child in found]
    return sorted(summaries, key=lambda s: (s.status == "damaged", s.started or "", str(s.path)))


def _holds_run(path: Path) -> bool:
    return (path / folder.RUN_FILE).is_file() or checkpoint.has_checkpoint(path)


def _summarise(path: Path) -> RunSummary:
    try:
        if not (path / folder.RUN_FILE).is_file():
            if sweep_checkpoint.is_sweep(path):
                return _summarise_unfinished_sweep(path, *sweep_checkpoint.summarise(path))
            return _summarise_checkpoint(path, checkpoint.summarise(path))
        found = folder.read_folder(path, _read)
        found = found if isinstance(found, RunSummary) else _summarise_run(path, found)
        # One that was broken off has its own checkpoint beside it.
        return replace(found, has_successor=checkpoint.has_checkpoint(path) and found.status != "interrupted")
    except RunFolderError as error:
        return RunSummary(path=path, status="damaged", reason=str(error))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        return RunSummary(path=path, status="damaged", reason=f"Its {folder.RUN_FILE} lacks what a run has ({error}).")


def _read(handle: folder.Handle) -> Any:
    record = folder.read_json(handle)
    if record.get("format") == sweep_store.FORMAT:
        return _summarise_sweep(handle.path, Sweep(**sweep_store.read(handle, record)))
    return store.read_record(handle)


def _summarise_run(path: Path, record: dict[str, Any]) -> RunSummary:
    summary = record["summary"]
    return RunSummary(
        path=path,
        status=record["status"],
        message=record["message"],
        data=record["data"].get("name"),
        engine=record["engine"],
        epochs=summary["epochs"],
        seconds=record["seconds"],
        started=record["started"],
        metrics=summary["metrics"],
        evaluation=summary["evaluation"],
    )


def _summarise_checkpoint(path: Path, record: dict[str, Any]) -> RunSummary:
    fixed, state = record["fixed"], record["state"]
    kept = f"{record['epoch']} of {int(fixed['request']['epochs'])} epochs"
    return RunSummary(
        path=path,
        status="unfinished",
        message=f"{kept} are kept. Unless it is still at work, vitral train --resume goes on.",
        data=fixed["described"]["name"],
        epochs=record["epoch"],
        seconds=float(state["seconds"]),
        started=str(state["started"]),
        metrics={},
    )


def _summarise_unfinished_sweep(path: Path, n_kept: int, n_variants: int) -> RunSummary:
    return RunSummary(
        path=path,
        status="unfinished",
        message=f"{n_kept} of {n_variants} variants are finished and kept. Unless it is still at work, the same sweep "
        "with resume=True, or --resume, trains the others.",
        variants=n_variants,
        epochs=0,
        metrics={},
    )


def _summarise_sweep(path: Path, sweep: Sweep) -> RunSummary:
    trained = [result.record for result in sweep.results if result.record]
    first = trained[0] if trained else {}
    bad = [f"{n} {status}" for status in ("diverged", "failed", "not run") if (n := sweep.count(status))]
    metric, best = main_metric(sweep.metrics), None
    with contextlib.suppress(ArgumentError):  # no variant has a finite value
        if metric is not None:
            result = sweep.results[sweep.best_number(metric)]
            best = Run(history=result.history, **result.record).summary()["metrics"]
    return RunSummary(
        path=path,
        status=sweep.status,
        message=f"Of {len(sweep)} variants: {', '.join(bad)}." if bad else None,
        data=first.get("data", {}).get("name"),
        engine=first.get("engine"),
        epochs=sum(len(record["epoch"]) for record in trained),
        seconds=sweep.seconds,
        started=first.get("started"),
        metrics=best,
        variants=len(sweep),
    )

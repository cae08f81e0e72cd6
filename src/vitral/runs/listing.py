"""What runs there are in a folder, from their run.json alone: quick, and with nothing heavy imported."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitral._errors import RunFolderError
from vitral.runs import folder
from vitral.runs.store import read_record


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """A line about a run. All but `path`, `status` and `reason` are None where the run is damaged."""

    path: Path
    status: str  # "done" | "interrupted" | "diverged" | "damaged"
    reason: str | None = None  # why it is damaged, a sentence
    message: str | None = None
    data: str | None = None  # name of the data set, where it has one
    engine: str | None = None
    epochs: int | None = None
    seconds: float | None = None
    started: str | None = None  # ISO 8601, UTC
    metrics: dict[str, dict[str, Any]] | None = None  # as in Run.summary()
    evaluation: dict[str, Any] | None = None


def list_runs(path: Any) -> list[RunSummary]:
    """The runs directly in a folder, oldest first, damaged ones last; a run's own folder lists itself.

    Raises:
        RunFolderError: there is no such folder, or it cannot be read.
    """
    parent = Path(path).expanduser().absolute()
    try:
        if (parent / folder.RUN_FILE).is_file():
            found = [parent]
        else:
            found = [child for child in parent.iterdir() if not child.name.startswith(".")]
            found = [child for child in found if (child / folder.RUN_FILE).is_file()]
    except OSError as error:
        raise RunFolderError(f"{str(path)!r} must be a folder that can be read: {error.strerror or error}.") from error
    summaries = [_summarise(child) for child in found]
    return sorted(summaries, key=lambda s: (s.status == "damaged", s.started or "", str(s.path)))


def _summarise(path: Path) -> RunSummary:
    try:
        record = folder.read_folder(path, read_record)
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
    except RunFolderError as error:
        return RunSummary(path=path, status="damaged", reason=str(error))
    except (KeyError, TypeError, AttributeError) as error:
        return RunSummary(path=path, status="damaged", reason=f"Its {folder.RUN_FILE} lacks what a run has ({error}).")

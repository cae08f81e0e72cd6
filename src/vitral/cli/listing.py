"""`vitral runs`: what there is in a folder of runs, without loading any of it."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from vitral.cli import console
from vitral.runs import RunSummary, list_runs

DEFAULT_FOLDER = Path("runs")


def list_folder(folder: Path, *, as_json: bool) -> int:
    """Print the runs in `folder`, oldest first, damaged ones last with the reason."""
    # Before the first training there is no such folder, and that is no mistake.
    found = [] if folder == DEFAULT_FOLDER and not folder.exists() else list_runs(folder)
    if as_json:
        console.print_json({"folder": str(folder.absolute()), "runs": [_record(run) for run in found]})
    elif not found:
        console.output().print(f"No runs in {folder}. Make one: vitral train digits", soft_wrap=True)
    else:
        _print_table(found)
    return console.DONE


def _print_table(found: list[RunSummary]) -> None:
    out = console.output()
    whole = [run for run in found if run.status != "damaged"]
    if whole:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
        longest = max(len(run.path.name) for run in whole)
        table.add_column("run", overflow="fold", min_width=min(longest, 30))  # a name is there to be copied
        for column in ("status", "data", "score"):
            table.add_column(column)
        table.add_column("epochs", justify="right")
        table.add_column("date", no_wrap=True)
        for run in whole:
            table.add_row(run.path.name, run.status, run.data or "", _score(run), str(run.epochs), _date(run.started))
        out.print(table)
    for run in found:
        if run.status == "damaged":
            out.print(f"{run.path.name} is damaged: {run.reason}", soft_wrap=True)


def _score(run: RunSummary) -> str:
    """One number for the run: on unseen rows where there were any, else what the history ends with."""
    evaluation = run.evaluation or {}
    for name in ("accuracy", "mae", "loss"):
        if isinstance(evaluation.get(name), int | float):
            return f"{evaluation.get('part')} {name} {console.format_score(evaluation[name])}"
    metrics = run.metrics or {}
    for name in ("val_accuracy", "val_mae", "val_loss", "accuracy", "mae", "loss"):
        if isinstance(metrics.get(name, {}).get("last"), int | float):
            return f"{name} {console.format_score(metrics[name]['last'])}"
    return ""


def _date(started: str | None) -> str:
    """The local day."""
    try:
        return f"{datetime.fromisoformat(started or '').astimezone():%Y-%m-%d}"
    except ValueError:
        return ""


def _record(run: RunSummary) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(run).items()}

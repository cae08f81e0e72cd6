"""`vitral runs`: what there is in a folder of runs, without loading any of it."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from vitral._errors import ArgumentError
from vitral.cli import console
from vitral.runs import RunSummary, list_runs, main_metric

DEFAULT_FOLDER = Path("runs")
_UNBOUNDED = 10_000  # columns


def list_folder(folder: Path, *, as_json: bool) -> int:
    """Print the runs in `folder`, oldest first, damaged ones last with the reason."""
    # Before the first training there is no such folder, and that is no mistake.
    if not folder.is_dir() and folder != DEFAULT_FOLDER:
        what = "is a file" if folder.exists() else "is none"
        raise ArgumentError(f"FOLDER must be a folder that exists: {str(folder)!r} {what}. Leave it out for runs.")
    found = list_runs(folder) if folder.exists() else []
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
        # What a run's name or its report says as well is left out first where the terminal is narrow.
        layouts = [_table(whole), _table(whole, data=False), _table(whole, data=False, part=False)]
        widths = [out.measure(table, options=out.options.update(max_width=_UNBOUNDED)).maximum for table in layouts]
        if not out.is_terminal:  # a file or a pipe has no width
            out.width = max(widths)
        fitting = [table for table, width in zip(layouts, widths, strict=True) if width <= out.width]
        out.print(fitting[0] if fitting else layouts[-1])
    for run in found:
        if run.status == "damaged":
            out.print(f"{run.path.name} is damaged: {run.reason}", soft_wrap=True)
        elif run.status == "unfinished":
            out.print(f"{run.path.name}: {run.message}", soft_wrap=True)
        elif run.has_successor:
            out.print(
                f"{run.path.name}: another training, not finished, shall take its place. Unless it is still at work, "
                "--resume goes on.",
                soft_wrap=True,
            )


def _table(runs: list[RunSummary], *, data: bool = True, part: bool = True) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("run", overflow="fold")  # a name is there to be copied
    for column in ("status", *(["data"] if data else []), "score"):
        table.add_column(column, no_wrap=True)
    table.add_column("epochs", justify="right", no_wrap=True)
    table.add_column("date", no_wrap=True, min_width=len("2026-01-31"))
    for run in runs:
        status = run.status if run.variants is None or not part else f"{run.status}, {run.variants} variants"
        facts = [status, *([run.data or ""] if data else []), _score(run, part=part)]
        table.add_row(run.path.name, *facts, str(run.epochs), _date(run.started))
    return table


def _score(run: RunSummary, *, part: bool) -> str:
    """One number for the run: on unseen rows where there were any, else what the history ends with.

    For a sweep the best of its variants, which was chosen by that very number.
    """
    if run.variants is not None:
        metric = main_metric(run.metrics or {})
        best = None if run.metrics is None or metric is None else run.metrics[metric]["best"]
        of = "best " if part else ""
        return "" if best is None else f"{of}{metric} {console.format_score(best)}"
    evaluation = run.evaluation or {}
    for name in ("accuracy", "mae", "loss"):
        if isinstance(evaluation.get(name), int | float):
            of = f"{evaluation.get('part')} " if part else ""
            return f"{of}{name} {console.format_score(evaluation[name])}"
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

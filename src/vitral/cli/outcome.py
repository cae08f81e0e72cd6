"""What came of a sweep: the best variants in a table for people, everything in one object for scripts."""

import shlex
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from vitral.cli import console

if TYPE_CHECKING:
    from vitral.data import Dataset
    from vitral.runs import Sweep

_SHOWN = 8  # rows of a table
_STYLE: dict[str, Any] = {
    "box": box.SIMPLE_HEAD,
    "show_edge": False,
    "title_justify": "left",
    "padding": (0, 1, 0, 0),
    "collapse_padding": True,
}


def outcome_of(sweep: "Sweep", dataset: "Dataset", metric: str) -> dict[str, Any]:
    """What `--json` prints of a sweep that was saved."""
    ranking = _rank(sweep, metric)
    message = None
    if sweep.status == "interrupted":
        message = interrupted(sweep)
    elif not sweep.count("done"):
        message = f"No variant came to its end with a loss that is a number. {_first(sweep, 'diverged')}"
    return {
        "status": "diverged" if message and sweep.status == "done" else sweep.status,
        "message": message,
        "data": dataset.name,
        "over": sweep.over,
        "metric": metric,
        "best": {**ranking[0], "scores": _scores(sweep, ranking[0]["variant"])} if ranking else None,
        "ranking": ranking,
        "variants": [_variant(sweep, number) for number in range(len(sweep))],
        "programs": len(sweep.groups),
        "seconds": sweep.seconds,
        "compile_seconds": sweep.compile_seconds,
        "path": str(sweep.path),
        "versions": next((result.record["versions"] for result in sweep.results if result.record), {}),
    }


def interrupted(sweep: "Sweep") -> str:
    """What is left of a sweep that was interrupted and saved."""
    finished = sweep.count("done") + sweep.count("diverged")
    where = console.short_path(sweep.path)
    return f"Interrupted: {finished} of {len(sweep)} variants had finished. What was trained is kept in {where}."


def _variant(sweep: "Sweep", number: int) -> dict[str, Any]:
    result = sweep.results[number]
    return {
        "variant": number,
        "values": result.values,
        "status": result.status,
        "message": result.message,
        "epochs": len(result.record.get("epoch", ())),
        "diverged_epoch": result.diverged_epoch,
        "last": {name: values[-1] for name, values in result.history.items() if values},
    }


def _rank(sweep: "Sweep", metric: str) -> list[dict[str, Any]]:
    """`Sweep.ranking` with the variants' values; empty where none came to its first epoch's end."""
    ranking = sweep.ranking(metric) if metric in sweep.metrics else []
    return [
        {"variant": r.variant, "values": sweep.results[r.variant].values, metric: r.value, "epoch": r.epoch}
        for r in ranking
    ]


def _scores(sweep: "Sweep", number: int) -> dict[str, dict[str, float]]:
    """Loss and metrics that the weights of a variant have on rows that neither trained nor chose it."""
    evaluation = sweep[number].evaluation
    return {} if evaluation is None else {evaluation.part: dict(evaluation.scores)}


# ---------------------------------------------------------------- for people


def print_outcome(sweep: "Sweep", outcome: dict[str, Any]) -> None:
    """The best variants, what they have in common over seeds, what went wrong, and how to go on."""
    out = console.output()
    if not out.is_terminal:  # a file or a pipe has no width
        out.width = 10_000
    ranking, metric, where = outcome["ranking"], outcome["metric"], console.short_path(sweep.path)
    by_setting = _settings(sweep, ranking, metric)
    if by_setting:
        out.print(by_setting)
        out.print()
    if ranking:
        out.print(_best_table(sweep, ranking[: 3 if by_setting else _SHOWN], metric))
        if len(ranking) > (3 if by_setting else _SHOWN):
            out.print(f" … and {len(ranking) - (3 if by_setting else _SHOWN)} more")
        out.print()
        for part, scores in outcome["best"]["scores"].items():
            told = ", ".join(f"{name} {console.format_score(value)}" for name, value in scores.items())
            out.print(f"Variant {ranking[0]['variant']} on the {part} rows: {told}.", soft_wrap=True)
    chosen = f" --variant {ranking[0]['variant']}" if ranking else ""
    counts = ", ".join(
        f"{k} {status}"
        for status in ("done", "diverged", "failed", "interrupted", "not run")
        if (k := sweep.count(status))
    )
    out.print(
        f"{_counted(len(sweep), 'variant')} in {sweep.seconds:.1f} s, {sweep.compile_seconds:.1f} of them compiling "
        f"{_counted(len(sweep.groups), 'program')}: {counts}.",
        soft_wrap=True,
    )
    for status in ("diverged", "failed"):
        if sweep.count(status):
            out.print(_first(sweep, status), soft_wrap=True)
    out.print(f"Sweep   {where}", soft_wrap=True)
    typed = shlex.quote(where)
    out.print(f"Report  vitral report {typed}{chosen}", soft_wrap=True)
    out.print(f"Curves  vitral export tensorboard {typed} logs", soft_wrap=True)
    out.print(f"Python  vitral.open_run({where!r}).table", soft_wrap=True)


def _settings(sweep: "Sweep", ranking: list[dict[str, Any]], metric: str) -> Table | None:
    """The settings by their mean over seeds, where seeds vary: the best variant of all may just have a lucky one."""
    from vitral.runs import is_higher_better

    names = [name for name in sweep.over if name != "seed"]
    if len(names) == len(sweep.over) or not ranking:
        return None
    found: dict[tuple[Any, ...], list[float]] = {}
    for row in ranking:
        found.setdefault(tuple(row["values"][name] for name in names), []).append(row[metric])
    of = max(len({result.values["seed"] for result in sweep.results}), 1)
    if of == 1:
        return None
    means = {setting: sum(values) / len(values) for setting, values in found.items()}
    table = Table(title=f"Over {of} seeds", **_STYLE)
    for name in names:
        table.add_column(_short(name), overflow="fold")
    for column in (f"mean {metric}", "least – greatest", "seeds"):
        table.add_column(column, justify="right", no_wrap=True)
    for setting in sorted(means, key=lambda s: means[s], reverse=is_higher_better(metric))[:_SHOWN]:
        values = found[setting]
        numbers = [console.format_score(x) for x in (means[setting], min(values), max(values))]
        seeds = str(of) if len(values) == of else f"{len(values)} of {of}"
        table.add_row(*map(_shown, setting), numbers[0], f"{numbers[1]} – {numbers[2]}", seeds)
    return table


def _best_table(sweep: "Sweep", rows: list[dict[str, Any]], metric: str) -> Table:
    table = Table(title="The best variants", **_STYLE)
    table.add_column("variant", justify="right", no_wrap=True)
    for name in sweep.over:
        table.add_column(_short(name), overflow="fold")
    for column in (metric, "epoch"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        values = [_shown(row["values"][name]) for name in sweep.over]
        table.add_row(str(row["variant"]), *values, console.format_score(row[metric]), str(row["epoch"]))
    return table


def _first(sweep: "Sweep", status: str) -> str:
    """How many variants have this status, and what the first of them says."""
    numbers = [number for number, result in enumerate(sweep.results) if result.status == status]
    if not numbers:
        return ""
    values = ", ".join(f"{_typed(name)} {_shown(value)}" for name, value in sweep.results[numbers[0]].values.items())
    which = f"Variant {numbers[0]} ({values})"
    which += f" {status}" if len(numbers) == 1 else f" and {len(numbers) - 1} more {status}"
    return f"{which}. {sweep.results[numbers[0]].message or ''}".rstrip()


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _typed(name: str) -> str:
    """An option as it is typed."""
    return name.replace("_", "-")


def _short(name: str) -> str:
    """The head of an option's column, and a name that `--over` knows it by."""
    return {"learning_rate": "rate", "batch_size": "batch"}.get(name, name)


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)

"""A run as a notebook shows it: status, engine, a line of numbers per metric, a small curve of the loss.

Colours are the page's own (`currentColor`) but for the two curves, so that light and dark notebooks both work.
"""

import math
from html import escape
from typing import TYPE_CHECKING, Any

from vitral import _palette

if TYPE_CHECKING:
    from vitral.runs.run import Run

_W, _H, _PAD = 260, 90, 6


def run_html(run: "Run") -> str:
    """The run as one HTML fragment, everything in it escaped."""
    summary = run.summary()
    rows = "".join(
        f"<tr><th scope='row' style='text-align:left;font-weight:500'>{escape(name)}</th>"
        + "".join(f"<td style='text-align:right'>{_number(m[k])}</td>" for k in ("first", "last", "best"))
        + f"<td style='text-align:right;opacity:.7'>{m['best_epoch'] or ''}</td></tr>"
        for name, m in summary["metrics"].items()
    )
    head = "".join(f"<th scope='col' style='text-align:right'>{h}</th>" for h in ("first", "last", "best", "at epoch"))
    table = (
        "<table style='font-variant-numeric:tabular-nums'>"
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>"
        if rows
        else ""
    )
    message = f"<div style='margin:.2em 0'>{escape(run.message)}</div>" if run.message else ""
    where = f" · <code>{escape(str(run.path))}</code>" if run.path else ""
    return (
        "<div style='font-family:system-ui,sans-serif;line-height:1.4'>"
        f"<div><strong>Run {escape(run.status)}</strong> · {len(run.epoch)} epochs in {_number(run.seconds)} s{where}"
        f"</div>{message}"
        f"<div style='opacity:.7;font-size:.9em'>{escape(run.engine)} engine: {escape(run.engine_reason)}</div>"
        "<div style='display:flex;flex-wrap:wrap;gap:1.5em;align-items:center'>"
        f"{table}{_curve(run)}</div></div>"
    )


def _curve(run: "Run") -> str:
    series = [
        (name, color, dash, _points(run, name))
        for name, color, dash in (("loss", _palette.TRAIN, ""), ("val_loss", _palette.VALIDATION, "5 3"))
        if name in run.history
    ]
    points = [p for *_, found in series for p in found]
    if len({x for x, _ in points}) < 2:
        return ""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    low, high = min(ys), max(ys)

    def place(x: float, y: float) -> str:
        across = (x - min(xs)) / (max(xs) - min(xs))
        up = (y - low) / (high - low) if high > low else 0.5
        return f"{_PAD + across * (_W - 2 * _PAD):.1f},{_H - _PAD - up * (_H - 2 * _PAD):.1f}"

    lines = "".join(
        f"<polyline fill='none' stroke='{color}' stroke-width='2' stroke-linejoin='round'"
        f"{f' stroke-dasharray={dash!r}' if dash else ''} points='{' '.join(place(x, y) for x, y in found)}'>"
        f"<title>{name}</title></polyline>"
        for name, color, dash, found in series
        if found
    )
    legend = " · ".join(f"<tspan fill='{color}'>{name}</tspan>" for name, color, _, found in series if found)
    return (
        f"<svg role='img' aria-label='Loss per epoch, from {_number(ys[0])} to {_number(_last(series))}' width='{_W}' "
        f"height='{_H + 16}' viewBox='0 0 {_W} {_H + 16}'>"
        f"<path d='M{_PAD} {_H - 1}H{_W - _PAD}' stroke='currentColor' opacity='.3'/>{lines}"
        f"<text x='{_PAD}' y='{_H + 12}' font-size='11' fill='currentColor'>{legend}</text></svg>"
    )


def _points(run: "Run", name: str) -> list[tuple[int, float]]:
    pairs = zip(run.epochs_of(name), run.history[name], strict=True)
    return [(e, float(v)) for e, v in pairs if isinstance(v, int | float) and math.isfinite(v)]


def _last(series: list[Any]) -> float:
    return next(found[-1][1] for *_, found in series if found)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"

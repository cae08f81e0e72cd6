"""A recording as a notebook shows it: a line for each thing that was measured, as it was the last time."""

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vitral.probes.recording import Recording, Series

_SHOWN = ("mean", "std", "norm", "min", "max", "zeros", "nonfinite")
_MOST_ROWS = 60


def recording_html(recording: "Recording") -> str:
    """The recording as one HTML fragment, everything in it escaped."""
    series = [one for one in recording.series if len(one.at)]
    head = "".join(f"<th scope='col' style='text-align:right'>{name}</th>" for name in ("after", *_SHOWN))
    rows = "".join(_row(one) for one in series[:_MOST_ROWS])
    more = f"<div style='opacity:.7'>and {len(series) - _MOST_ROWS} more</div>" if len(series) > _MOST_ROWS else ""
    table = (
        "<table style='font-variant-numeric:tabular-nums'>"
        f"<thead><tr><td></td><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>"
        if series
        else ""
    )
    return (
        "<div style='font-family:system-ui,sans-serif;line-height:1.4'>"
        f"<div><strong>Recording</strong> · {len(series)} arrays, as last measured</div>{table}{more}</div>"
    )


def _row(one: "Series") -> str:
    cells = [f"{int(one.at[-1])} {one.unit}"]
    cells += [f"{float(one.values[name][-1]):.4g}" if name in one.values else "" for name in _SHOWN]
    return (
        f"<tr><th scope='row' style='text-align:left;font-weight:500'>{escape(one.probe)}</th>"
        f"<td>{escape(one.layer)}</td>"
        + "".join(f"<td style='text-align:right'>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
    )

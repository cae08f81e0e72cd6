"""A data set in a notebook: one small table. Colours come from the page, so that dark pages stay dark."""

from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from vitral.data.dataset import Dataset

_SHOWN = 12  # more classes or features than this are counted instead of listed
_LINE = "border:0;border-bottom:1px solid rgba(128,128,128,.35);padding:.25em .7em;background:transparent;color:inherit"
_TEXT = f"text-align:left;{_LINE}"
_NUMBER = f"text-align:right;font-variant-numeric:tabular-nums;{_LINE}"


def draw_card(data: "Dataset") -> str:
    """The data set as an HTML fragment: what it is, rows of each part, classes or range of targets, source."""
    columns = list(data.classes) if data.classes is not None and len(data.classes) <= _SHOWN else []
    head = ["part", "rows", *columns] if columns else ["part", "rows", "targets"]
    rows = []
    for name in ("train", "validation", "test"):
        part = getattr(data, name)
        if columns:
            cells = [str(count) for count in np.bincount(part.y, minlength=len(columns))]
        elif data.classes is not None:
            cells = [f"{len(np.unique(part.y))} of {len(data.classes)} classes"]
        else:
            cells = [f"{part.y.min():.4g} to {part.y.max():.4g}" if len(part) else "–"]
        rows.append(
            f"<tr>{_cell('th', name, _TEXT)}{''.join(_cell('td', c, _NUMBER) for c in (str(len(part)), *cells))}</tr>"
        )
    titles = "".join(_cell("th", title, _TEXT if i == 0 else _NUMBER) for i, title in enumerate(head))
    return (
        '<div style="font-family:system-ui,sans-serif;font-size:.9em;line-height:1.4;max-width:100%;overflow-x:auto">'
        f"<div><strong>{escape(data.name)}</strong> · {escape(_describe(data))}</div>"
        f'<table style="border-collapse:collapse;margin:.4em 0"><thead><tr>{titles}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
        + (f'<div style="opacity:.75">{escape(data.source)}</div>' if data.source else "")
        + "</div>"
    )


def _describe(data: "Dataset") -> str:
    inputs = int(np.prod(data.train.x.shape[1:]))
    words = [data.task if data.classes is None else f"{data.task}, {len(data.classes)} classes"]
    if data.image_shape is not None:
        words.append("images of " + " × ".join(str(side) for side in data.image_shape))
    elif data.feature_names is not None and inputs <= _SHOWN:
        words.append("inputs " + ", ".join(data.feature_names))
    else:
        words.append(f"{inputs} inputs")
    if data.standardizer is not None:
        words.append("standardised")
    return "; ".join(words)


def _cell(tag: str, text: str, style: str) -> str:
    return f'<{tag} style="{style}">{escape(text)}</{tag}>'

"""The first screen: three schemes on their way down the loss of two weights, by the rows that they have looked at.

Letters: N samples, B rows a step, F frames.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral.course.grids import asked_everywhere
from vitral.course.lessons.lesson_1_6.names import BATCH, MINI, ONLINE, scheme_name
from vitral.course.lessons.lesson_1_6.two_weights import MODELS
from vitral.course.lessons.lesson_1_6.walking import walk
from vitral.course.numbers import num
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Hidden, Menu, Note, Panel, Path, Readout, Series, Slider, Surface

GRID, MOST_FRAMES = 40, 120


@dataclass(frozen=True, kw_only=True, eq=False)
class _Way:
    """One scheme's way down, frame by frame: `places` (F, 2), `losses` (F,), `updates` (F,) so far."""

    name: str
    role: str
    places: np.ndarray
    losses: np.ndarray
    updates: np.ndarray


def paths(words: Mapping[str, str], language: str) -> Panel:
    """Batch, mini-batch and online from the same place, with the same rate, for the same number of rows."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        model = MODELS[values["model"]]()
        start, n = _place(values["start"]) or model.start, model.n_rows
        total = values["epochs"] * n
        seen = np.unique(np.linspace(0, total, MOST_FRAMES).round().astype(int))  # (F,)
        ways = []
        for size, role in ((n, BATCH), (int(values["size"]), MINI), (1, ONLINE)):
            walked = walk(
                model, size, values["rate"], epochs=values["epochs"], seeds=[values["seed"]], start=start, task=task
            )
            with np.errstate(over="ignore", invalid="ignore"):
                losses = model.loss(walked.after(seen)[:, 0])
            ways.append(
                _Way(
                    name=scheme_name(size, n, words),
                    role=role,
                    places=walked.after(seen)[:, 0],
                    losses=np.where(np.isfinite(losses), losses, np.inf),
                    updates=np.searchsorted(walked.rows, seen, side="right") - 1,
                )
            )
        high = max(1.0, float(ways[0].losses[0]))  # 1 is the loss of weights at 0, which answer nothing
        lost = [way.name for way in ways if way.losses[-1] > 3 * high]
        drawings: list[Drawing] = []
        if lost:
            drawings.append(Note(text=words["lost"].format(names=", ".join(lost)), tone="warning", wide=True))
        batch, mini, online = (num(w.losses[-1], 3) if np.isfinite(w.losses[-1]) else "∞" for w in ways)
        return [
            *drawings,
            Surface(
                title=words["surface"],
                alt=words["surface_alt"].format(batch=batch, mini=mini, online=online),
                grid=asked_everywhere(model.loss, model.limits, GRID),
                limits=model.limits,
                log=True,
                paths=[Path(points=way.places.round(4), name=way.name, role=way.role) for way in ways],
                edits="start",
                frames=len(seen),
            ),
            Curves(
                title=words["losses"],
                alt=words["losses_alt"].format(batch=batch, mini=mini, online=online),
                series=[
                    Series(x=seen, y=way.losses.clip(0, 3 * high).round(4), name=way.name, role=way.role)
                    for way in ways
                ],
                x_label=words["rows"],
                y_label="L",
                marker=seen,
                frames=len(seen),
            ),
            Readout(
                items=[(words["updates"].format(name=way.name), way.updates, way.role) for way in ways],
                frames=len(seen),
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Menu(
                name="model",
                label=words["model"],
                value="hidden",
                options=tuple((name, words[name]) for name in ("hidden", "unit")),
            ),
            Slider(name="rate", label=words["rate"], value=0.1, low=0.002, high=1.0, step=0.05, log=True),
            Menu(name="size", label=words["size"], value="10", options=("2", "5", "10", "25", "50")),
            Slider(name="epochs", label=words["epochs"], value=8, low=1, high=20, step=1),
            Slider(name="seed", label=words["seed"], value=0, low=0, high=30, step=1),
            Hidden(name="start", value=[], most=4, bound=10.0),
        ],
        language=language,
        label=words["label"],
        player={"start": "last", "fps": 20},
    )


def _place(value: Any) -> tuple[float, float] | None:
    """Where the reader has clicked, if anywhere."""
    if isinstance(value, list) and len(value) == 2 and not any(isinstance(v, list) for v in value):
        return float(value[0]), float(value[1])
    return None

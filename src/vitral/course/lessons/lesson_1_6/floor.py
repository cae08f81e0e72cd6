"""Where a constant rate ends and a falling one goes on, live: the loss above its least, epoch by epoch.

    rate of epoch e:   rate / (1 + decay e)        (Robbins & Monro, 1951)

Letters: N samples, B rows a step, S seeds.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_6.names import BATCH, ONLINE, scheme_name
from vitral.course.lessons.lesson_1_6.two_weights import unit
from vitral.course.lessons.lesson_1_6.walking import walk
from vitral.course.numbers import num, tiny
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Menu, Note, Panel, Series, Slider, Table

EPOCHS, SEEDS = 30, range(10)
LEAST = 1e-9  # of what is drawn: below it is rounding


@cache
def least_loss() -> float:
    """The least loss of the linear unit, by least squares."""
    model = unit()
    return float(model.loss(np.linalg.lstsq(model.x, model.t, rcond=None)[0]))


def excess(
    size: int | None, rate: float, *, decay: float = 0.0, epochs: int = EPOCHS, seeds: Any = SEEDS,
    task: Task | None = None,
) -> np.ndarray:  # fmt: skip
    """The loss above its least at the start and after each epoch, (E + 1, S); infinite where a path is lost."""
    model = unit()
    walked = walk(model, size, rate, epochs=epochs, seeds=seeds, decay=decay, task=task)
    at_epochs = walked.after(np.arange(epochs + 1) * model.n_rows)
    with np.errstate(over="ignore", invalid="ignore"):
        losses = model.loss(at_epochs)
    return np.where(np.isfinite(losses), losses - least_loss(), np.inf).clip(0, None)


def floor(words: Mapping[str, str], language: str) -> Panel:
    """The loss above its least: few rows a step at a constant rate and at a falling one, and all rows."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        size, n, rate = int(values["size"]), unit().n_rows, values["rate"]
        name = scheme_name(size, n, words)
        found = [
            (words["constant"].format(name=name), ONLINE, excess(size, rate, task=task)),
            (words["falling"].format(name=name), "d", excess(size, rate, decay=values["decay"], task=task)),
            (words["batch"], BATCH, excess(None, rate, seeds=[0], task=task)),
        ]
        lost = [name for name, _, losses in found if np.median(losses[-1]) > losses[0, 0]]
        drawings: list[Drawing] = []
        if lost:
            drawings.append(Note(text=words["lost"].format(names=", ".join(lost)), tone="warning", wide=True))
        ends = [float(np.median(losses[-1])) for _, _, losses in found]
        told = ["∞" if not np.isfinite(end) else tiny(end) if end < 1e-3 else num(end, 2) for end in ends]
        return [
            *drawings,
            Curves(
                title=words["title"],
                alt=words["alt"].format(constant=told[0], falling=told[1], batch=told[2]),
                series=[_series(losses.clip(LEAST, 1e3), name, role) for name, role, losses in found],
                x_label=words["epoch"],
                y_label="L − min L",
                log_y=True,
                wide=True,
            ),
            Table(
                alt=words["table"],
                columns=["", words["end"]],
                rows=[[name, text] for (name, _, _), text in zip(found, told, strict=True)],
                roles=[role for _, role, _ in found],
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="rate", label=words["rate"], value=0.1, low=0.003, high=0.6, step=0.05, log=True),
            Slider(name="decay", label=words["decay"], value=1.0, low=0.0, high=3.0, step=0.1),
            Menu(name="size", label=words["size"], value="1", options=("1", "2", "5", "10", "50")),
        ],
        language=language,
        label=words["label"],
    )


def _series(losses: np.ndarray, name: str, role: str) -> Series:
    """The median of the seeds and, around it, from the least to the greatest."""
    median, low, high = np.median(losses, axis=1), losses.min(axis=1), losses.max(axis=1)
    return Series(x=np.arange(len(losses)), y=median, low=low, high=high, name=name, role=role)

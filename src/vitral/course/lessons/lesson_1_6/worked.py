"""An epoch by hand: four rows, one weight, each scheme's steps with their numbers.

    y = w x;   gradient of a row: 2 (w x - t) x;   w <- w - rate · mean (or sum) of the gradients of the step

Letters: B rows a step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_6.names import BATCH, MINI, ONLINE
from vitral.course.numbers import num, signed
from vitral.foundations import schemes
from vitral.training import Task
from vitral.views.widgets import Drawing, Menu, Panel, Readout, Slider, Steps, Switch

X = (1.0, 2.0, -1.0, 1.0)
T = (2.0, 3.0, -1.0, 1.0)
ROLES = {4: BATCH, 2: MINI, 1: ONLINE}


@dataclass(frozen=True, kw_only=True)
class Update:
    """One step: its rows, each row's gradient at the weight before, and the weight after."""

    rows: tuple[int, ...]
    before: float
    gradients: tuple[float, ...]
    after: float


def epoch_by_hand(targets: Sequence[float], size: int, rate: float, *, is_sum: bool = False) -> list[Update]:
    """One epoch from w = 0, the rows as they stand."""
    x, t, w, steps = np.array(X), np.asarray(targets, float), 0.0, []
    for rows in schemes.mini_batch(size, shuffle=False).epoch(len(x)):
        gradients = 2 * (w * x[rows] - t[rows]) * x[rows]
        after = w - rate * float(gradients.sum() if is_sum else gradients.mean())
        steps.append(
            Update(rows=tuple(rows.tolist()), before=w, gradients=tuple(gradients.tolist()), after=float(after))
        )
        w = float(after)
    return steps


def worked(words: Mapping[str, str], language: str) -> Panel:
    """The sums of one epoch, line by line."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        targets, size = [values[f"t{i + 1}"] for i in range(len(X))], int(values["size"])
        rate, role = values["rate"], ROLES[size]
        lines: list[list[tuple[str, str]]] = []
        steps = epoch_by_hand(targets, size, rate, is_sum=values["is_sum"])
        for step in steps:
            task.check()
            for row, gradient in zip(step.rows, step.gradients, strict=True):
                inside = f"2 · ({num(step.before, 4)} · {signed(X[row])} − {signed(targets[row])}) · {signed(X[row])}"
                lines.append([(words["row"].format(row=row + 1), ""), (f"  {inside} = {num(gradient, 4)}", "")])
            amounts = " + ".join(signed(g, 4) for g in step.gradients)
            share = amounts if values["is_sum"] or size == 1 else f"({amounts}) / {len(step.gradients)}"
            before = f"{num(step.before, 4)} − {num(rate)} · [{share}]"
            lines.append([(words["update"], ""), (f"  w = {before} = {num(step.after, 4)}", role)])
        best = float(np.dot(X, targets) / np.dot(X, X))
        return [
            Steps(
                title=words["title"], alt=words["alt"].format(n=len(steps)), lines=lines, frames=len(lines), wide=True
            ),
            Readout(
                items=[(words["updates"], len(steps)), (words["end"], steps[-1].after, role), (words["best"], best)],
                digits=4,
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Menu(
                name="size",
                label=words["scheme"],
                value="4",
                options=(("4", words["batch"]), ("2", words["mini"]), ("1", words["online"])),
            ),
            Slider(name="rate", label=words["rate"], value=0.1, low=0.01, high=0.5, step=0.01),
            Switch(name="is_sum", label=words["is_sum"], value=False),
            *(
                Slider(name=f"t{i + 1}", label=words["target"].format(row=i + 1), value=t, low=-5, high=5, step=0.5)
                for i, t in enumerate(T)
            ),
        ],
        language=language,
        label=words["label"],
        player={"start": "last", "fps": 1},
    )

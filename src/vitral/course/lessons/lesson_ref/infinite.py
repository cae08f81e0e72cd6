"""Points that a threshold parts, live: the loss has no least value, and the weights never stop growing."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_ref.descent import walk
from vitral.course.lessons.lesson_ref.loss import loss_at, with_bias
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Panel, Readout, Series, Slider, Switch

X, PARTED = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
STEPS = 4000
LAST = 400  # the steps at the end whose gain is shown


@cache
def growth() -> dict[str, float]:
    """Separable points: the weight after 100, 1,000 and 10,000 steps, and with λ = 0.01."""
    rows, t = with_bias(X), PARTED
    free = walk(rows, t, np.zeros(2), rate=1.0, steps=10_000)
    held = walk(rows, t, np.zeros(2), rate=1.0, steps=10_000, l2=0.01)
    found = {f"w{n}": float(free[n, 0]) for n in (100, 1000, 10_000)}
    found |= {f"held{n}": float(held[n, 0]) for n in (1000, 10_000)}
    return found | {"loss": float(loss_at(free[-1], rows, t))}


def infinite(words: Mapping[str, str], language: str) -> Panel:
    """Four points that one threshold separates, and weights that never stop growing."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        t = np.array([0, 0, 1, 0]) if values["mixed"] else PARTED
        rows, start = with_bias(X), np.zeros(2)
        free = walk(rows, t, start, rate=0.8, steps=STEPS)
        task.check()
        held = walk(rows, t, start, rate=0.8, steps=STEPS, l2=values["l2"])
        shown = np.unique(np.geomspace(1, STEPS, 90).astype(int))
        named = ((free, words["free"], "a"), (held, words["held"], "b"))
        return [
            Curves(
                title=words["weight_title"],
                alt=words["weight_alt"],
                series=[Series(x=shown, y=way[shown, 0], name=name, role=role) for way, name, role in named],
                x_label=words["step"],
                y_label="w",
                log_x=True,
            ),
            Curves(
                title=words["loss_title"],
                alt=words["loss_alt"],
                series=[
                    Series(x=shown, y=loss_at(way[shown], rows, t), name=name, role=role) for way, name, role in named
                ],
                x_label=words["step"],
                y_label=words["entropy"],
                log_x=True,
                log_y=True,
            ),
            Readout(
                items=[
                    (words["free"], float(free[-1, 0]), "a"),
                    (words["held"], float(held[-1, 0]), "b"),
                    (words["last"], float(free[-1, 0] - free[-1 - LAST, 0])),
                ],
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="l2", label="λ", value=0.01, low=0.0001, high=1, step=0.05, log=True),
            Switch(name="mixed", label=words["mixed"], value=False),
        ],
        language=language,
        label=words["label"],
    )

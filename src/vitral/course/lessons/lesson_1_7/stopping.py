"""A network that overfits, live: its two losses, epoch by epoch, where each rule would have stopped it, what it says.

Letters: N samples, H hidden units, E epochs.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.grids import asked_everywhere
from vitral.course.lessons.lesson_1_7.moons import EPOCHS, Traces, train, two_moons
from vitral.course.lessons.lesson_1_7.names import strength_of, strength_slider, told
from vitral.course.lessons.lesson_1_7.rules import ROLES, RULES, Settings, stops
from vitral.training import Task
from vitral.views.widgets import Boundary, Curves, Drawing, Limits, Menu, Panel, Series, Slider, Table

LEAST_LAM = 1e-5
LIMITS: Limits = (-2.3, 3.3, -2.0, 2.5)
GRID = 40


MOST_KEPT = 6  # trainings, of whose every epoch the weights are there
_kept: dict[tuple[int, float, int, float, int], Traces] = {}


def trained(n: int, noise: float, hidden: int, lam: float, seed: int, task: Task | None = None) -> Traces:
    """One training with all its weights, or that of a moment ago: whoever looks at another epoch need not wait."""
    key = n, noise, hidden, lam, seed
    found = _kept.get(key)
    if found is None:
        found = _kept[key] = train(n, noise, hidden, lam, seeds=[seed], keep=True, task=task)
        for old in list(_kept)[:-MOST_KEPT]:
            _kept.pop(old, None)
    return found


def stopping(words: Mapping[str, str], language: str) -> Panel:
    """One training, its stops, and the boundary of the weights of any epoch."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        noise, lam = float(f"{values['noise']:.3g}"), strength_of(values["lam"], LEAST_LAM)
        n, hidden, epoch = values["n"], int(values["hidden"]), round(values["epoch"])
        found = trained(n, noise, hidden, lam, values["seed"], task)
        losses, checks = found.train[:, 0], found.validation[:, 0]
        where = stops(losses, checks, Settings())
        best = int(checks.argmin())
        x, t = two_moons(n, noise, values["seed"])
        network = found.network(epoch)
        along = np.arange(1, EPOCHS + 1)
        high = float(min(max(checks.max(), losses.max()), 3.0))
        marks = [
            # An upright of two points, from the axis to the top.
            Series(x=[point.stopped] * 2, y=[0.0, high], name=words[rule], role=ROLES[rule])
            for rule, point in where.items()
            if point.stopped is not None
        ]
        rows = [[words["best"], best + 1, best + 1, *_losses(found, best)]]
        for rule, point in where.items():
            rows.append([words[rule], point.stopped or "–", point.epoch, *_losses(found, point.epoch - 1)])
        rows.append([words["end"], EPOCHS, EPOCHS, *_losses(found, EPOCHS - 1)])
        wrong = (network.predict(x)[:, 0] > 0.5) != (t == 1)
        return [
            Curves(
                title=words["curves"],
                alt=words["curves_alt"].format(
                    best=best + 1, least=told(checks[best]), last=told(checks[-1]), train=told(losses[-1])
                ),
                series=[
                    Series(x=along, y=losses.clip(0, high).round(4), name=words["train"], role="train"),
                    Series(x=along, y=checks.clip(0, high).round(4), name=words["validation"], role="validation"),
                    *marks,
                ],
                x_label=words["epoch"],
                y_label="L",
                marker=epoch,
                edits="epoch",
                wide=True,
            ),
            Boundary(
                title=words["boundary"].format(epoch=epoch),
                alt=words["boundary_alt"].format(epoch=epoch, wrong=int(wrong.sum()), n=n),
                points=x.round(3),
                labels=t,
                limits=LIMITS,
                grid=asked_everywhere(network.predict, LIMITS, GRID).round(2),
                wrong=wrong,
            ),
            Table(
                title=words["table"],
                alt=words["table"],
                columns=["", words["stops"], words["keeps"], words["validation"], words["test"]],
                rows=rows,
                roles=["right", *(ROLES[rule] for rule in RULES), "neutral"],
                digits=3,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="epoch", label=words["epoch_label"], value=EPOCHS, low=1, high=EPOCHS, step=1),
            Menu(name="hidden", label=words["hidden"], value="32", options=("2", "4", "8", "16", "32"),
                 structural=True),
            Slider(name="n", label=words["n"], value=60, low=20, high=100, step=10),
            Slider(name="noise", label=words["noise"], value=0.35, low=0.0, high=0.6, step=0.05),
            strength_slider(words["lam"], LEAST_LAM, LEAST_LAM, 0.1),
            Slider(name="seed", label=words["seed"], value=11, low=0, high=30, step=1),
        ],
        language=language,
        label=words["label"],
    )  # fmt: skip


def _losses(found: Traces, epoch: int) -> tuple[float, float]:
    return float(found.validation[epoch, 0]), float(found.test[epoch, 0])

"""The largest learning rate that works, for each number of rows a step: measured, live.

Twenty networks 4-8-3 for each size and rate, twenty epochs; a rate works if so many of them come below a loss. Stepping
by the sum of B gradients at some rate is stepping by their mean at B times that rate, so one measurement serves both
(Wilson & Martinez, 2003, who add the gradients up).

Letters: B rows a step, Q rates, S seeds.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_6.flowers import N_FLOWERS
from vitral.course.lessons.lesson_1_6.names import ROLES, SIZES, scheme_name
from vitral.course.lessons.lesson_1_6.stacked import train_stack
from vitral.course.shared import Shared
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Menu, Note, Panel, Series, Slider, Table

RATES = 0.01 * 10 ** (np.arange(13) / 4)  # with the mean: from 0.01 to 10
EPOCHS = 20
GOAL, SHARE = 0.2, 0.85


class _Part(Task):
    """One of several measurements of a task: what it reports is a part of the whole."""

    def __init__(self, whole: Task, number: int, of: int):
        super().__init__()
        self._whole, self._number, self._of = whole, number, of

    def report(self, share: float) -> None:
        self._whole.report((self._number + share) / self._of)


def _measure(task: Task) -> dict[int, np.ndarray]:
    """Losses after the last epoch, (Q, S), by B."""
    return {
        size: train_stack(size, list(RATES), epochs=EPOCHS, task=_Part(task, number, len(SIZES))).losses[-1]
        for number, size in enumerate(SIZES)
    }


grid = Shared(_measure)


def largest(losses: np.ndarray, goal: float = GOAL, share: float = SHARE) -> float | None:
    """The largest of `RATES` at which that share of the networks (Q, S) comes below the goal; None if none does."""
    works = (losses < goal).mean(axis=1) >= share - 1e-9
    return float(RATES[np.flatnonzero(works)[-1]]) if works.any() else None


def rates(words: Mapping[str, str], language: str) -> Panel:
    """The loss against the rate for each size, and the largest rate that works against the size."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        found, goal, share = grid.get(task), values["goal"], values["share"] / 100
        divisor = {B: B if values["step"] == "sum" else 1 for B in SIZES}
        best = {B: largest(found[B], goal, share) for B in SIZES}
        working = {B: rate / divisor[B] for B, rate in best.items() if rate is not None}
        by_example = {B: rate / B for B, rate in best.items() if rate is not None}
        names = {B: scheme_name(B, N_FLOWERS, words) for B in SIZES}
        sizes = list(working)
        drawings: list[Drawing] = []
        if not sizes:
            drawings.append(Note(text=words["none"], tone="warning", wide=True))
        curve = [Series(x=sizes, y=list(working.values()), name=words["largest"], role="accent")]
        if sizes:
            if values["step"] == "mean":
                law, y = "proportional", working[sizes[0]] / sizes[0] * np.array(sizes)
            else:
                law, y = "inverse", working[sizes[-1]] * sizes[-1] / np.array(sizes)
            curve.append(Series(x=sizes, y=y, name=words[law], role="neutral"))
        heads = ["", words["largest"], words["example"]]
        return [
            *drawings,
            Curves(
                title=words["losses"],
                alt=words["losses_alt"],
                series=[
                    Series(
                        x=RATES / divisor[B],
                        y=np.median(found[B], axis=1).clip(0.01, 30),
                        name=names[B],
                        role=ROLES[B],
                    )
                    for B in SIZES
                ],
                x_label=words["rate"],
                y_label="L",
                log_x=True,
                log_y=True,
                level=goal,
                level_name=words["level"],
            ),
            Curves(
                title=words["title"],
                alt=words["alt"].format(found="; ".join(f"B = {B}: {rate:.2g}" for B, rate in working.items())),
                series=curve if sizes else [],
                x_label="B",
                y_label=words["rate"],
                log_x=True,
                log_y=True,
            ),
            Table(
                alt=words["title"],
                columns=heads,
                rows=[
                    [names[B], *((working[B], by_example[B]) if B in working else ("–", "–"))] for B in SIZES
                ],
                roles=[ROLES[B] for B in SIZES],
                digits=2,
                wide=True,
            ),
        ]  # fmt: skip

    return Panel(
        compute,
        controls=[
            Menu(
                name="step",
                label=words["step"],
                value="mean",
                options=(("mean", words["mean"]), ("sum", words["sum"])),
            ),
            Slider(name="goal", label=words["goal"], value=GOAL, low=0.06, high=1.0, step=0.02),
            Slider(name="share", label=words["share"], value=100 * SHARE, low=50, high=100, step=5),
        ],
        language=language,
        label=words["label"],
        until_seen=[Note(text=words["waiting"], wide=True)],
    )

"""The mean of the gradients of a step, or their sum: what that does to how far an epoch goes, live.

Letters: B rows a step.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_6.names import SIZES
from vitral.course.lessons.lesson_1_6.stacked import train_stack
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Panel, Readout, Series, Slider

SEEDS = range(5)


def losses_after(rate: float, epochs: int, *, is_sum: bool, task: Task | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Losses of five networks before and after some epochs at one rate, for each size: (sizes, S) and (sizes, S)."""
    both = [
        train_stack(size, [rate], epochs=epochs, seeds=SEEDS, is_sum=is_sum, task=task).losses[:, 0] for size in SIZES
    ]
    return np.array([losses[0] for losses in both]), np.array([losses[-1] for losses in both])


def scale(words: Mapping[str, str], language: str) -> Panel:
    """The loss after a few epochs at one rate, by rows a step: with the mean and with the sum."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        series, ends = [], []
        before = 0.0
        for is_sum, name, role in ((False, "mean", "positive"), (True, "sum", "negative")):
            first, last = losses_after(values["rate"], values["epochs"], is_sum=is_sum, task=task)
            before, median = float(np.median(first)), np.median(last, axis=1)
            ends.append(median)
            series.append(
                Series(x=SIZES, y=median, low=last.min(axis=1), high=last.max(axis=1), name=words[name], role=role)
            )
        return [
            Curves(
                title=words["title"].format(epochs=values["epochs"]),
                alt=words["alt"].format(mean=ends[0][-1], sum=ends[1][-1], online=ends[0][0]),
                series=series,
                x_label="B",
                y_label="L",
                log_x=True,
                log_y=True,
                level=before,
                level_name=words["before"],
                wide=True,
            ),
            Readout(
                items=[
                    (words["online"], ends[0][0]),
                    (words["batch_mean"], ends[0][-1], "positive"),
                    (words["batch_sum"], ends[1][-1], "negative"),
                ],
                digits=3,
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="rate", label=words["rate"], value=0.003, low=0.0003, high=1.0, step=0.05, log=True),
            Slider(name="epochs", label=words["epochs"], value=2, low=1, high=5, step=1),
        ],
        language=language,
        label=words["label"],
    )

"""Training and validation error over capacity, amount of data, noise or penalty, live: medians of many samples.

Letters: N samples, M the degree, S seeds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_7.fitting import LEAST_LAM, MOST_DEGREE
from vitral.course.lessons.lesson_1_7.names import drawn, strength_of, strength_slider, told
from vitral.course.lessons.lesson_1_7.polynomials import errors
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Menu, Panel, Readout, Series, Slider

SEEDS = range(20)
AXES: dict[str, Sequence[float]] = {
    "degree": range(MOST_DEGREE + 1),
    "n": (5, 7, 10, 14, 20, 28, 40, 56, 80, 120, 160, 240),
    "noise": (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    "lam": tuple(float(f"{10**power:.3g}") for power in np.arange(-8, 1.1, 0.5)),
}


def spread(
    axis: str, *, degree: int, n: int, noise: float, lam: float, seeds: Sequence[int] = SEEDS, task: Task | None = None
) -> np.ndarray:
    """Training and validation error along an axis, the other settings as given: (values, S, 2)."""
    settings = {"degree": degree, "n": n, "noise": noise, "lam": lam}
    found = []
    for value in AXES[axis]:
        if task is not None:
            task.check()
        now = {**settings, axis: value}
        found.append(
            [errors(int(now["degree"]), int(now["n"]), float(now["noise"]), float(now["lam"]), seed) for seed in seeds]
        )
    return np.array(found)


def gaps(words: Mapping[str, str], language: str) -> Panel:
    """The two errors and what lies between them, along the axis that the reader chooses."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        axis = values["axis"]
        settings = {
            "degree": values["degree"],
            "n": values["n"],
            "noise": float(f"{values['noise']:.3g}"),
            "lam": strength_of(values["lam"], LEAST_LAM),
        }
        found, along = spread(axis, **settings, task=task), np.array(AXES[axis], float)
        low, median, high = np.quantile(found, (0.25, 0.5, 0.75), axis=1)  # (values, 2)
        here = np.clip(settings[axis], along.min(), along.max())
        at = int(np.abs(along - here).argmin())
        between = np.median(found[:, :, 1] - found[:, :, 0], axis=1)
        return [
            Curves(
                title=words["title"].format(n=len(SEEDS)),
                alt=words["alt"].format(first=told(max(between[0], 0)), last=told(max(between[-1], 0))),
                series=[
                    Series(
                        x=along,
                        y=drawn(median[:, k]),
                        low=drawn(low[:, k]),
                        high=drawn(high[:, k]),
                        name=words[name],
                        role=name,
                    )
                    for k, name in ((0, "train"), (1, "validation"))
                ],
                x_label=words[f"{axis}_axis"],
                y_label=words["error"],
                log_x=axis in ("n", "lam"),
                log_y=True,
                marker=float(here),
                wide=True,
            ),
            Readout(
                items=[
                    (words["train"], told(median[at, 0]), "train"),
                    (words["validation"], told(median[at, 1]), "validation"),
                    (words["gap"], told(max(between[at], 0.0))),
                ],
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Menu(name="axis", label=words["axis"], value="degree", options=tuple((a, words[f"by_{a}"]) for a in AXES)),
            Slider(name="degree", label=words["degree"], value=9, low=0, high=MOST_DEGREE, step=1, structural=True),
            Slider(name="n", label=words["n"], value=15, low=5, high=240, step=1),
            Slider(name="noise", label=words["noise"], value=0.3, low=0.0, high=0.8, step=0.05),
            strength_slider(words["lam"], LEAST_LAM, LEAST_LAM, 10.0),
        ],
        language=language,
        label=words["label"],
    )

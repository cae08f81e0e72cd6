"""Does descent arrive at what the formula says? Live: how far its weights are from it, step by step, and their zeros.

Letters: N samples, D = 10 weights, K steps that are looked at.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from vitral.course.lessons.lesson_1_7.names import drawn, strength_slider
from vitral.course.lessons.lesson_1_7.patients import MEASUREMENTS, patients
from vitral.course.numbers import fixed, tiny
from vitral.foundations import lasso, lasso_descent, ridge, ridge_descent
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Menu, Panel, Series, Slider, Table

STEPS = np.unique(np.round(10 ** np.linspace(0, 4, 49))).astype(int)  # to ten thousand
NEAR = 1e-3  # a weight below it is as good as none
LEAST, N_PATIENTS = 1e-17, 60
WAYS = ("l2", "l1", "proximal")
STEP_OF: dict[str, Literal["sign", "proximal"]] = {"l1": "sign", "proximal": "proximal"}
ROLES = {"l2": "a", "l1": "b", "proximal": "c"}


@lru_cache(maxsize=128)
def arrival(way: str, lam: float, seed: int, n: int = N_PATIENTS) -> tuple[np.ndarray, np.ndarray]:
    """The weights at each of `STEPS`, (K, D), and those of the formula, (D,)."""
    x, t = patients(n, seed)[:2]
    if way == "l2":
        return ridge_descent(x, t, lam, STEPS).weights, ridge(x, t, lam).weights
    return lasso_descent(x, t, lam, STEPS, step=STEP_OF[way]).weights, lasso(x, t, lam).weights


def arriving(words: Mapping[str, str], language: str) -> Panel:
    """Ridge by descent, L1 by the sign of each weight, and L1 by soft thresholds, each beside its exact solution."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        lam, seed = float(f"{values['lam']:.2g}"), values["seed"]
        at = int(np.abs(np.log(STEPS / max(values["step"], 1.0))).argmin())
        series, rows, ends = [], [], []
        for way in WAYS:
            w, exact = arrival(way, lam, seed)
            task.report(len(rows) / len(WAYS))
            far = np.linalg.norm(w - exact, axis=1)
            ends.append(tiny(far[-1]))
            series.append(Series(x=STEPS, y=drawn(far, LEAST), name=words[way], role=ROLES[way]))
            zeros = [int((each == 0).sum()) for each in (w[at], exact)]
            near = int((np.abs(w[at]) < NEAR).sum())
            rows.append([words[way], tiny(far[at]), zeros[0], near, zeros[1]])
        chosen, exact = arrival(values["way"], lam, seed)
        return [
            Curves(
                title=words["title"],
                alt=words["alt"].format(l2=ends[0], l1=ends[1], proximal=ends[2]),
                series=series,
                x_label=words["steps"],
                y_label=words["distance"],
                log_x=True,
                log_y=True,
                marker=int(STEPS[at]),
                edits="step",
                wide=True,
            ),
            Table(
                title=words["table"].format(step=int(STEPS[at])),
                alt=words["table"].format(step=int(STEPS[at])),
                columns=["", words["distance"], words["zeros"], words["near"], words["exact_zeros"]],
                rows=rows,
                roles=[ROLES[way] for way in WAYS],
                wide=True,
            ),
            Table(
                title=words["weights"].format(way=words[values["way"]], step=int(STEPS[at])),
                alt=words["weights"].format(way=words[values["way"]], step=int(STEPS[at])),
                columns=["", *(words[name] for name in MEASUREMENTS)],
                rows=[
                    [words["descent"], *(_weight(weight) for weight in chosen[at])],
                    [words["exact"], *(_weight(weight) for weight in exact)],
                ],
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Menu(name="way", label=words["way"], value="l1", options=tuple((way, words[way]) for way in WAYS)),
            strength_slider(words["lam"], 0.2, 0.003, 2.0),
            Slider(name="step", label=words["step"], value=10_000, low=1, high=10_000, step=0.05, log=True),
            Slider(name="seed", label=words["seed"], value=0, low=0, high=30, step=1),
        ],
        language=language,
        label=words["label"],
    )


def _weight(weight: float) -> str:
    """Zero only where it is exactly that."""
    return "0" if weight == 0 else fixed(weight, 4) if abs(weight) >= 5e-4 else tiny(weight)

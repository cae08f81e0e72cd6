"""The weights' way to zero, live: what ridge and lasso make of ten measurements as λ grows, and what that is worth.

Letters: N samples, D = 10 weights, L penalties.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_7.names import lam_told, told
from vitral.course.lessons.lesson_1_7.patients import MEASUREMENTS, patients
from vitral.foundations import lasso, ridge
from vitral.training import Task
from vitral.views.widgets import Bars, Curves, Drawing, Menu, Panel, Readout, Series, Slider

LAMS = {"ridge": 10 ** np.linspace(-4, 2, 49), "lasso": 10 ** np.linspace(-4, 0.5, 46)}
COLORS = ("neutral", "neutral", "a", "b", "c", "d", "class0", "class1", "accent", "neutral")
"""One for each measurement: those that matter have one of their own."""


@lru_cache(maxsize=256)
def path(penalty: str, n: int, seed: int) -> np.ndarray:
    """The weights at each of the penalty's λ, (L, D)."""
    part = patients(n, seed)
    return (ridge if penalty == "ridge" else lasso)(part.x, part.t, LAMS[penalty]).weights


def errors_along(penalty: str, n: int, seed: int) -> np.ndarray:
    """Training and validation error at each λ, (L, 2), in variances of the target."""
    part, w = patients(n, seed), path(penalty, n, seed)
    return np.stack(
        [((part.x @ w.T - part.t[:, None]) ** 2).mean(axis=0), ((part.xv @ w.T - part.tv[:, None]) ** 2).mean(axis=0)],
        axis=1,
    )


def shrinking(words: Mapping[str, str], language: str) -> Panel:
    """The path of the weights, the errors along it, and the weights at the λ that the reader chooses."""
    names = [words[name] for name in MEASUREMENTS]

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        penalty, n = values["penalty"], values["n"]
        lams, w = LAMS[penalty], path(penalty, n, values["seed"])
        task.check()
        found = errors_along(penalty, n, values["seed"])
        lam = min(max(values["lam"], lams[0]), lams[-1])
        at = int(np.abs(np.log(lams / lam)).argmin())
        best = int(found[:, 1].argmin())
        here, zeros = w[at], int((w[at] == 0).sum())
        return [
            Curves(
                title=words[f"path_{penalty}"],
                alt=words["path_alt"].format(lam=lam_told(lam), zeros=zeros),
                series=[
                    Series(x=lams, y=w[:, j].round(5), name=names[j], role=COLORS[j]) for j in range(len(MEASUREMENTS))
                ],
                x_label="λ",
                y_label="w",
                log_x=True,
                marker=lam,
                edits="lam",
            ),
            Curves(
                title=words["errors"],
                alt=words["errors_alt"].format(
                    first=told(found[0, 1]), least=told(found[best, 1]), lam=lam_told(lams[best])
                ),
                series=[
                    Series(x=lams, y=found[:, k], name=words[name], role=name)
                    for k, name in ((0, "train"), (1, "validation"))
                ],
                x_label="λ",
                y_label=words["error"],
                log_x=True,
                marker=lam,
                edits="lam",
            ),
            Bars(
                title=words["weights"].format(lam=lam_told(lam)),
                alt=words["weights_alt"].format(zeros=zeros, largest=names[int(np.abs(here).argmax())]),
                names=names,
                values=here.round(4),
                roles=["neutral" if weight == 0 else "positive" if weight > 0 else "negative" for weight in here],
                digits=2,
            ),
            Readout(
                items=[
                    (words["zeros"], zeros),
                    (words["norm"], float(np.sqrt((here**2).sum()))),
                    (words["train"], told(found[at, 0]), "train"),
                    (words["validation"], told(found[at, 1]), "validation"),
                    (words["least"].format(lam=lam_told(lams[best])), told(found[best, 1])),
                ],
                digits=3,
            ),
        ]

    options = (("ridge", words["ridge"]), ("lasso", words["lasso"]))
    return Panel(
        compute,
        controls=[
            Menu(name="penalty", label=words["penalty"], value="ridge", options=options),
            Slider(name="lam", label=words["lam"], value=0.1, low=1e-4, high=100.0, step=0.05, log=True),
            Slider(name="n", label=words["n"], value=40, low=20, high=250, step=5),
            Slider(name="seed", label=words["seed"], value=0, low=0, high=30, step=1),
        ],
        language=language,
        label=words["label"],
    )

"""Softmax regression on three species of iris, live: its probabilities, its map, and its gradient X'ᵀ(P - T)/N."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from vitral.course.grids import asked_everywhere
from vitral.course.lessons.lesson_ref.data import flowers
from vitral.foundations import SoftmaxRegression
from vitral.training import Task
from vitral.views.widgets import Bars, Boundary, Drawing, Heat, Panel, Readout, Slider

SHOWN = np.array([0, 1, 2, 4, 7, 12, 20, 35, 60, 100, 170, 300])  # epochs
LIMITS = (-2.0, 2.0, -2.0, 2.2)
GRID = 26  # places a side
CLASSES = ("class0", "class1", "class2")  # their colours


def species(words: Mapping[str, str], language: str) -> Panel:
    """Softmax regression on three species of iris, and its gradient P − T."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        x, t = flowers()
        task.check()
        training = SoftmaxRegression(l2=values["l2"], epochs=int(SHOWN[-1]), accelerate=True).fit(x, t)
        model, weights, number = training.model, training.weights, int(values["flower"])
        regions = [asked_everywhere(partial(model.predict, weights[e]), LIMITS, GRID) for e in SHOWN]
        wrong = [model.predict(weights[e], x) != t for e in SHOWN]
        here = np.array([model.predict_proba(weights[e], x[number : number + 1])[0] for e in SHOWN])
        target = np.eye(3)[t[number]]
        gradient = [model.gradient(weights[e], x, t) for e in SHOWN]
        names, frames = [words[f"class{k}"] for k in range(3)], len(SHOWN)
        return [
            Bars(
                title=words["p_title"],
                alt=words["p_alt"],
                names=names,
                values=here.round(4),
                roles=CLASSES,
                limits=(0, 1),
                frames=frames,
            ),
            Bars(
                title=words["error_title"],
                alt=words["error_alt"],
                names=names,
                values=(here - target).round(4),
                roles=CLASSES,
                limits=(-1, 1),
                frames=frames,
            ),
            Boundary(
                title=words["map_title"],
                alt=words["map_alt"],
                points=x.round(3),
                labels=t,
                limits=LIMITS,
                regions=regions,
                wrong=wrong,
                highlight=number,
                classes=names,
                x_label=words["x"],
                y_label=words["y"],
                frames=frames,
            ),
            Heat(
                title=words["gradient_title"],
                alt=words["gradient_alt"],
                values=np.round(gradient, 5),
                rows=[words["length"], words["width"], words["bias"]],
                columns=names,
                frames=frames,
                digits=2,
            ),
            Readout(
                items=[
                    (words["epoch"], SHOWN.tolist()),
                    ("L", training.losses[SHOWN].round(6).tolist(), "accent"),
                    (words["coin"], math.log(3)),
                    (words["wrong"], [int(each.sum()) for each in wrong]),
                ],
                frames=frames,
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="l2", label=words["l2"], value=0.001, low=0.00001, high=1, step=0.05, log=True),
            Slider(name="flower", label=words["flower"], value=70, low=0, high=149, step=1),
        ],
        language=language,
        label=words["label"],
        player={"fps": 2, "start": "last"},
    )

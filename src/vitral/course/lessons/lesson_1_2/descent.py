"""A sigmoid unit beside the perceptron, live: it goes down a loss, and on towards the line of the widest margin."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from vitral.course.grids import asked_everywhere
from vitral.course.lessons.lesson_1_2.data import flowers
from vitral.course.lessons.lesson_1_2.pictures import limits_of
from vitral.course.lessons.lesson_1_2.trainings import iris_bound, iris_training, long_descent, sides
from vitral.course.numbers import num
from vitral.foundations import LogisticUnit, margin
from vitral.training import Task
from vitral.views.widgets import Boundary, Curves, Drawing, Line, Menu, Note, Panel, Readout, Series, Slider

EPOCHS = 300
GRID = 19  # places a side at which the probability is shown; a grid for each frame, so few


def sigmoid(words: Mapping[str, str], language: str) -> Panel:
    """A sigmoid unit that goes down its loss, on flowers that a line separates or on others that none does."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        first = {"easy": 0, "hard": 1}[values["pair"]]
        x, t = flowers("petal", first, first + 1)
        unit = LogisticUnit(learning_rate=values["rate"], epochs=EPOCHS)
        training = unit.fit(x, t)
        task.check()
        epochs = np.unique(np.geomspace(1, EPOCHS + 1, 16).round().astype(int)) - 1
        weights = training.weights[epochs]
        limits = limits_of(x)
        grid = [asked_everywhere(partial(unit.predict_proba, w), limits, GRID).round(2) for w in weights]
        wrong = sides(weights, x, t) <= 0
        lines = [Line(w=weights[:, :2], b=weights[:, 2], role="b", name=words["sigmoid"])]
        if values["pair"] == "easy":  # only where it stops
            other = iris_training("petal", 1.0, 0).weights[-1]
            lines.insert(0, Line(w=other[:2], b=other[2], role="a", name=words["perceptron"]))
        picture = Boundary(
            points=x,
            labels=t,
            limits=limits,
            grid=grid,
            lines=lines,
            wrong=wrong,
            frames=len(epochs),
            x_label=words["petal_length"],
            y_label=words["petal_width"],
            alt=words["alt"],
            classes=("setosa", "versicolor", "virginica")[first : first + 2],
        )
        shown = np.arange(1, EPOCHS + 1)
        curve = Curves(
            title=words["curve"],
            alt=words["curve_alt"],
            x_label=words["epoch"],
            log_x=True,
            log_y=True,
            series=[Series(x=shown, y=training.losses[1:], name=words["loss"], role="train")],
            marker=np.maximum(epochs, 1),
            frames=len(epochs),
            level=float(np.log(2)),
            level_name="ln 2",
        )
        items = [
            (words["epoch"], epochs),
            (words["loss"], training.losses[epochs]),
            (words["wrong"], wrong.sum(axis=1)),
            ("‖w‖", np.linalg.norm(weights, axis=1)),
            (words["safe"], 2 / unit.lipschitz(x)),
        ]
        rises = int((np.diff(training.losses) > 0).sum())
        text = words["rises"].format(n=rises, most=num(round(float(training.losses.max()), 2)))
        note = Note(text=text if rises else words["falls"], tone="warning" if rises else "good", wide=True)
        return [picture, curve, Readout(items=items, frames=len(epochs), digits=3, wide=True), note]

    return Panel(
        compute,
        controls=[
            Slider(name="rate", label=words["rate"], value=0.5, low=0.01, high=1000.0, step=0.1, log=True),
            Menu(
                name="pair",
                label=words["pair"],
                value="easy",
                options=(("easy", "setosa / versicolor"), ("hard", "versicolor / virginica")),
            ),
        ],
        language=language,
        label=words["label"],
        player={"fps": 4, "start": "last"},
    )


def margins(words: Mapping[str, str], language: str) -> Panel:
    """Three lines without a mistake: where a perceptron stops, where descent is going, and the widest."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        x, t = flowers("petal")
        rosenblatt = iris_training("petal", 1.0, int(values["seed"])).weights[-1]
        task.check()
        widest = iris_bound("petal")
        epochs = np.unique(np.geomspace(10, 2000, 60).round().astype(int))
        weights = long_descent(2000)[epochs]
        task.check()
        picture = Boundary(
            points=x,
            labels=t,
            limits=limits_of(x),
            alt=words["alt"],
            classes=("setosa", "versicolor"),
            x_label=words["petal_length"],
            y_label=words["petal_width"],
            lines=[
                Line(w=rosenblatt[:2], b=rosenblatt[2], role="a", name=words["perceptron"]),
                Line(w=weights[-1][:2], b=weights[-1][2], role="b", name=words["sigmoid"]),
                Line(w=widest.separator[:2], b=widest.separator[2], role="neutral", name=words["widest"]),
            ],
        )
        here = margin(rosenblatt, x, t)
        curves = Curves(
            title=words["curves"],
            alt=words["curves_alt"],
            x_label=words["epoch"],
            log_x=True,
            level=widest.margin,
            level_name=words["widest"],
            series=[
                Series(x=epochs, y=[margin(w, x, t) for w in weights], name=words["sigmoid"], role="b"),
                Series(x=epochs[[0, -1]], y=[here, here], name=words["perceptron"], role="a"),
            ],
        )
        items = [
            (words["perceptron"], here, "a"),
            (words["sigmoid"], margin(weights[-1], x, t), "b"),
            (words["widest"], widest.margin),
        ]
        return [picture, curves, Readout(title=words["readout"], items=items, digits=3, wide=True)]

    return Panel(
        compute,
        controls=[Slider(name="seed", label=words["seed"], value=21, low=0, high=200, step=1)],
        language=language,
        label=words["label"],
    )

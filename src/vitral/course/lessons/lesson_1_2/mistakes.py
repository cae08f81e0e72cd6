"""How many mistakes, live: Novikoff's proof as a picture, and the count on a hundred flowers.

    γ k ≤ u·w ≤ ‖w‖ ≤ R √k,   so   k ≤ (R/γ)²          (Novikoff, 1962)

after k mistakes: R is the length of the longest row, γ the margin that the unit vector u leaves.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_2.data import flowers, gap_data
from vitral.course.lessons.lesson_1_2.pictures import chosen_frames, class_names, limits_of, moving, weight_items
from vitral.course.lessons.lesson_1_2.trainings import iris_bound, iris_training, sides, trajectory
from vitral.foundations import Perceptron, novikoff_bound
from vitral.training import Task
from vitral.views.widgets import Boundary, Curves, Drawing, Menu, Panel, Readout, Series, Slider


def bound(words: Mapping[str, str], language: str) -> Panel:
    """Novikoff's proof as a picture: what each mistake adds, between a floor and a ceiling that cross."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        x, t = gap_data(int(values["n"]), values["gap"], values["seed"])
        promise = novikoff_bound(x, t)
        task.check()
        training = Perceptron(order="shuffled", seed=values["seed"], max_epochs=2000).fit(x, t)
        weights = trajectory(training)
        frames = chosen_frames(len(weights))
        k = frames[1:]
        end = 1.5 * promise.mistakes
        ends = np.array([1.0, end])
        lengths, shadows = np.linalg.norm(weights[k], axis=1), weights[k] @ promise.separator
        curves = Curves(
            title=words["curves"],
            alt=words["curves_alt"],
            x_label=words["k"],
            log_x=True,
            log_y=True,
            frames=len(frames),
            marker=np.maximum(frames, 1),
            series=[
                Series(x=ends, y=promise.radius * np.sqrt(ends), name="R·√k", role="wrong"),
                Series(x=k, y=lengths, name="‖w‖", role="accent", dots=len(k) < 3),
                Series(x=k, y=shadows, name="u·w", role="b", dots=len(k) < 3),
                Series(x=ends, y=promise.margin * ends, name="γ·k", role="right"),
            ],
        )
        items = [
            (words["mistakes"], frames),
            ("(R/γ)²", int(promise.mistakes)),
            ("R", promise.radius),
            ("γ", promise.margin),
            (words["epochs"], len(training.mistakes)),
        ]
        picture = Boundary(
            points=x,
            labels=t,
            limits=(-1.1, 1.1, -1.1, 1.1),
            alt=words["alt"],
            classes=class_names(words),
            **moving(training, x, t, frames, words),
        )
        return [picture, curves, Readout(items=items, frames=len(frames), digits=3, wide=True)]

    return Panel(
        compute,
        controls=[
            Slider(name="gap", label=words["gap"], value=0.2, low=0.05, high=0.8, step=0.05),
            Slider(name="n", label=words["n"], value=40, low=10, high=200, step=10),
            Slider(name="seed", label=words["seed"], value=1, low=0, high=50, step=1),
        ],
        language=language,
        label=words["label"],
        player={"fps": 4, "start": "last"},
    )


def iris(words: Mapping[str, str], language: str) -> Panel:
    """The same rule on a hundred flowers."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        x, t = flowers(values["features"])
        promise = iris_bound(values["features"])
        task.check()
        training = iris_training(values["features"], values["rate"], int(values["seed"]))
        task.check()
        weights = trajectory(training)
        frames = chosen_frames(len(weights), 50)
        wrong = (sides(weights, x, t) <= 0).sum(axis=1)
        picture = Boundary(
            points=x,
            labels=t,
            limits=limits_of(x),
            x_label=words[f"{values['features']}_length"],
            y_label=words[f"{values['features']}_width"],
            classes=("setosa", "versicolor"),
            alt=words["alt"],
            **moving(training, x, t, frames, words),
        )
        k = chosen_frames(len(weights), 400)
        curve = Curves(
            title=words["curve"],
            alt=words["curve_alt"],
            x_label=words["k"],
            y_label=words["wrong"],
            series=[Series(x=k, y=wrong[k], role="wrong", name=words["wrong"])],
            marker=frames,
            frames=len(frames),
        )
        items = [
            (words["mistakes"], frames),
            (words["in_all"], training.n_mistakes),
            (words["bound"], int(promise.mistakes)),
            (words["wrong"], wrong[frames]),
            *weight_items(weights[frames]),
        ]
        return [picture, curve, Readout(items=items, frames=len(frames), digits=3, wide=True)]

    return Panel(
        compute,
        controls=[
            Menu(
                name="features",
                label=words["features"],
                value="petal",
                options=(("petal", words["petal"]), ("sepal", words["sepal"])),
            ),
            Slider(name="rate", label=words["rate"], value=1.0, low=0.01, high=100.0, step=0.25, log=True),
            Slider(name="seed", label=words["seed"], value=0, low=0, high=100, step=1),
        ],
        language=language,
        label=words["label"],
        player={"fps": 3, "start": "last"},
    )

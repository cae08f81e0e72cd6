"""A function of one variable, drawn by ReLU units, live: weights made by hand beside weights found by training.

Letters: N places, H hidden units, R networks.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_3.many import train_many
from vitral.course.lessons.lesson_1_3.shapes import interpolating
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Menu, Panel, Readout, Series, Slider

# Functions on [-1, 1] for a network to draw.
WAVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sine": lambda x: np.sin(2 * np.pi * x),
    "bump": lambda x: np.exp(-8 * x**2),
    "jump": lambda x: np.where(x > 0.1, 0.8, -0.8),
}
PLACES = np.linspace(-1, 1, 65)  # (N,)


def by_training(function: str, width: int, seeds: Sequence[int], steps: int) -> tuple[np.ndarray, np.ndarray]:
    """One hidden layer of H ReLU units, trained: outputs (R, N), and their root mean squared errors (R,)."""
    target = WAVES[function](PLACES)
    many = train_many(
        PLACES[:, None], target, width=width, seeds=seeds, steps=steps, rate=0.02, hidden="relu", classes=False
    )
    return many.outputs, np.sqrt(np.mean((many.outputs - target) ** 2, axis=1))


def by_hand(function: str, width: int) -> tuple[np.ndarray, float]:
    """The same network made by hand: outputs (N,), and its root mean squared error."""
    outputs = interpolating(WAVES[function], width, -1.0, 1.0).predict(PLACES[:, None])[:, 0]
    return outputs, float(np.sqrt(np.mean((outputs - WAVES[function](PLACES)) ** 2)))


def waves(words: Mapping[str, str], language: str) -> Panel:
    """The same network twice, with its weights chosen in two ways."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        name, width = values["function"], values["width"]
        made, made_error = by_hand(name, width)
        task.check()
        trained, errors = by_training(name, width, [values["seed"]], steps=600)
        task.check()
        return [
            Curves(
                title=words["title"],
                alt=words["alt"].format(hand=made_error, trained=errors[0]),
                series=[
                    Series(x=PLACES, y=WAVES[name](PLACES).round(4), name=words["target"], role="neutral", dots=True),
                    Series(x=PLACES, y=made.round(4), name=words["by_hand"], role="a"),
                    Series(x=PLACES, y=trained[0].round(4), name=words["trained"], role="b"),
                ],
                x_label="x",
                y_label="y",
                limits=(-1.0, 1.0, -1.4, 1.4),
                wide=True,
            ),
            Readout(
                items=[
                    (words["hand_error"], made_error, "a"),
                    (words["trained_error"], errors[0], "b"),
                    (words["parameters"], 3 * width + 1),
                ],
                digits=3,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Menu(
                name="function",
                label=words["function"],
                value="sine",
                options=tuple((name, words[name]) for name in WAVES),
            ),
            Slider(name="width", label=words["width"], value=8, low=1, high=32, step=1),
            Slider(name="seed", label=words["seed"], value=0, low=0, high=30, step=1),
        ],
        language=language,
        label=words["label"],
    )

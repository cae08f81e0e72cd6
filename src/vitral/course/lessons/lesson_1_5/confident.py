"""A sigmoid unit that is sure and wrong: the squared error leaves it next to nothing to learn from.

With target 1 and p = σ(z):

    d/dz (p - 1)² = -2 (1 - p) σ'(z)          d/dz (-ln p) = p - 1

The slope σ' in the first is as good as 0 where the unit is saturated; in the second it has cancelled out.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_5.names import ROLES
from vitral.foundations.activations import sigmoid
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Panel, Readout, Series, Slider


def two_slopes(z: Any) -> tuple[np.ndarray, np.ndarray]:
    """Gradients by z of the squared error (σ(z) - 1)² and of the cross-entropy -ln σ(z): target 1, z of any shape."""
    p, slope = sigmoid.value(z), sigmoid.derivative(z)
    return -2 * sigmoid.value(-np.asarray(z)) * slope, p - 1


def climb(z: float, loss: str, *, rate: float = 1.0, steps: int = 300) -> np.ndarray:
    """p = σ(z) of a unit with target 1 that learns its bias alone, before and after each step: (steps + 1,)."""
    way = [z]
    for _ in range(steps):
        squared, entropy = two_slopes(way[-1])
        way.append(way[-1] - rate * float(squared if loss == "mse" else entropy))
    return sigmoid.value(way)


def confident(words: Mapping[str, str], language: str) -> Panel:
    """A sigmoid unit that is wrong: what squared error and cross-entropy give it to learn from."""
    z = np.linspace(-12, 6, 91)
    squared, entropy = two_slopes(z)

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        at, steps = values["z"], np.arange(0, 301, 3)
        here = [abs(float(each)) for each in two_slopes(at)]
        ways = [climb(at, loss) for loss in ("mse", "cross_entropy")]
        return [
            Curves(
                title=words["slope_title"],
                alt=words["slope_alt"],
                series=[
                    Series(x=z, y=np.abs(squared), name=words["mse"], role="a"),
                    Series(x=z, y=np.abs(entropy), name=words["cross_entropy"], role="b"),
                ],
                x_label="z",
                y_label="|dL/dz|",
                log_y=True,
                marker=at,
                edits="z",
            ),
            Curves(
                title=words["climb_title"],
                alt=words["climb_alt"],
                series=[
                    Series(x=steps, y=way[steps], name=words[loss], role=role)
                    for way, loss, role in zip(ways, ("mse", "cross_entropy"), ROLES, strict=True)
                ],
                limits=(0, 300, 0, 1),
                x_label=words["step"],
                y_label="p",
                level=0.5,
                level_name="1/2",
            ),
            Readout(
                items=[
                    ("p = σ(z)", float(sigmoid.value(at))),
                    (words["mse"], here[0], "a"),
                    (words["cross_entropy"], here[1], "b"),
                    (words["ratio"], here[1] / here[0]),
                ],
                digits=3,
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[Slider(name="z", label=words["z"], value=-5.0, low=-12, high=6, step=0.1)],
        language=language,
        label=words["label"],
    )

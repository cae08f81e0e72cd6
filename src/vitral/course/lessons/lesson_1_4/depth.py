"""The size of the deltas on their way back through ten layers, live."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_4.marks import SLOPED, name_of
from vitral.foundations import MLP, backprop
from vitral.foundations.initializers import Normal
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Panel, Readout, Series, Slider


def depth(words: Mapping[str, str], language: str) -> Panel:
    """The size of the deltas on their way back through ten layers."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        layers, scale = np.arange(1, 11), values["scale"]
        series = []
        for name, role in zip(SLOPED, ("a", "b", "c"), strict=True):
            task.check()
            sizes = np.maximum(delta_sizes(name, scale=scale, seed=int(values["seed"])), 1e-300)
            series.append(Series(x=layers, y=sizes, name=name_of(name, words), role=role))
        factors = [
            (words["factor"].format(f=each.name), float((each.y[0] / each.y[-1]) ** (1 / 9)), each.role)
            for each in series
        ]
        return [
            Curves(
                title=words["title"], alt=words["alt"], x_label=words["layer"], y_label="|δ|", log_y=True, series=series
            ),
            Readout(items=factors, digits=3),
        ]  # fmt: skip

    return Panel(
        compute,
        controls=[
            Slider(name="scale", label=words["scale"], value=1.0, low=0.25, high=6, step=0.25),
            Slider(name="seed", label=words["seed"], value=0, low=0, high=30, step=1),
        ],
        language=language,
        label=words["label"],
    )


def delta_sizes(hidden: str, depth: int = 10, width: int = 20, scale: float = 1.0, seed: int = 0) -> np.ndarray:
    """The root mean square of the deltas in each hidden layer, (depth,), for weights of variance scale²/width."""
    sizes = (width,) * (depth + 1) + (1,)
    initializer = Normal(sigma=scale / np.sqrt(width))
    network = MLP.create(sizes, hidden=hidden, output="identity", initializer=initializer, seed=seed)
    rng = np.random.default_rng([seed, 1])
    result = backprop(network, rng.normal(size=(32, width)), rng.normal(size=(32, 1)), "mse")
    return np.array([np.sqrt((d**2).mean()) for d in result.deltas[:-1]])

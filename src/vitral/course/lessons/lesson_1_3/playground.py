"""A network trains on points in a plane, live: width and depth against what it can draw.

Letters: N samples, F frames.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.grids import asked_everywhere
from vitral.course.lessons.lesson_1_3.points import cloud, square_around
from vitral.course.lessons.lesson_1_3.trained import SNAPSHOTS, Trained, learn
from vitral.course.networks import trained_once
from vitral.training import Task
from vitral.views.widgets import (
    Boundary,
    Curves,
    Drawing,
    Menu,
    Network,
    Note,
    Panel,
    Readout,
    Series,
    Slider,
)

SETS = ("circles", "xor", "moons", "spirals")
GRID = 26  # places a side, in each of nine frames


@trained_once
def learnt(task: Task, chosen: tuple[str, float], hidden: tuple[int, ...], activation: str, seed: int) -> Trained:
    """A training on `cloud(*chosen)`; many readers begin with the same."""
    return learn(*cloud(*chosen), hidden, activation, seed, task)


def playground(words: Mapping[str, str], language: str) -> Panel:
    """Choose data, width, depth, activation and seed; walk through the training."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        width, depth = values["width"], values["depth"]
        chosen = values["data"], round(values["noise"], 2)
        x, y = cloud(*chosen)
        trained = learnt(task, chosen, (width,) * depth, values["activation"], values["seed"])
        networks, losses = trained.networks, trained.losses
        limits = square_around(x)
        grid = np.array([asked_everywhere(n.predict, limits, GRID) for n in networks]).round(2)  # (F, G, G)
        wrong = np.array([(n.predict(x)[:, 0] > 0.5) != (y == 1) for n in networks])  # (F, N)
        errors, frames, marks = wrong.sum(axis=1), len(networks), [0, *SNAPSHOTS]
        said = "solved" if errors[-1] == 0 else "nearly" if errors[-1] <= 0.05 * len(y) else "missed"
        counted = {"wrong": errors[-1], "n": len(y)}
        return [
            Note(text=words[said].format(**counted), tone="info" if errors[-1] else "good", wide=True),
            Boundary(
                title=words["regions"],
                alt=words["regions_alt"].format(**counted),
                points=x.round(3),
                labels=y,
                limits=limits,
                grid=grid,
                wrong=wrong,
                frames=frames,
            ),
            Network(
                title=words["network"],
                alt=words["network_alt"].format(width=width, depth=depth),
                weights=[np.array([n.weights[2 * i] for n in networks]).round(2) for i in range(depth + 1)],
                biases=[np.array([n.weights[2 * i + 1] for n in networks]).round(2) for i in range(depth + 1)],
                names=[words["inputs"], *[f"{words['layer']} {i + 1}" for i in range(depth)], words["output"]],
                units=[["x₁", "x₂"], *[[""] * width] * depth, ["y"]],
                frames=frames,
            ),
            Curves(
                title=words["curve"],
                alt=words["curve_alt"].format(first=losses[0], last=losses[-1]),
                series=[
                    Series(x=np.arange(1, len(losses) + 1), y=np.round(losses, 4), name=words["loss"], role="train")
                ],
                x_label=words["epoch"],
                y_label=words["loss"],
                marker=marks,
                frames=frames,
            ),
            Readout(
                items=[
                    (words["epoch"], marks),
                    (words["errors"], errors, "wrong" if errors[-1] else "right"),
                    (words["parameters"], networks[-1].n_parameters),
                ],
                frames=frames,
            ),
        ]

    activations = (("tanh", "tanh"), ("relu", "ReLU"), ("sigmoid", "σ"), ("linear", words["none"]))
    return Panel(
        compute,
        controls=[
            Menu(
                name="data",
                label=words["data"],
                value="circles",
                options=tuple((name, words[name]) for name in SETS),
            ),
            Slider(name="width", label=words["width"], value=2, low=1, high=8, step=1, structural=True),
            Slider(name="depth", label=words["depth"], value=1, low=0, high=4, step=1, structural=True),
            Menu(name="activation", label=words["activation"], value="tanh", options=activations, structural=True),
            Slider(name="seed", label=words["seed"], value=0, low=0, high=30, step=1),
            Slider(name="noise", label=words["noise"], value=0.08, low=0.0, high=0.3, step=0.02),
        ],
        language=language,
        label=words["label"],
        player={"start": "last", "fps": 3},
        warm=[{"width": 3}, {"depth": 2}, {"activation": "relu"}],
    )

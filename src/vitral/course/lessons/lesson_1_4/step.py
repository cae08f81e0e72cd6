"""One step against the gradient, at any rate: what it promises, and what becomes of the loss, live."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_4.differences import loss_of
from vitral.course.lessons.lesson_1_4.marks import GRADIENT, LOSS
from vitral.course.lessons.lesson_1_4.xor import XOR_T, XOR_X, xor_network
from vitral.foundations import MLP, backprop
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Panel, Readout, Series, Slider

RATES = np.linspace(0, 20, 101)


def step(words: Mapping[str, str], language: str) -> Panel:
    """The loss after one step of any rate, beside what the gradient promises."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        network = xor_network("tanh", int(values["seed"]))
        rate = values["rate"]
        losses, before, square = along(network, XOR_X, XOR_T, "binary_cross_entropy", [*RATES, rate])
        promise = before - RATES * square
        shown = promise > -0.1
        top = float(np.clip(losses.max(), before, 3.0)) * 1.05
        curve = Curves(
            title=words["title"], alt=words["alt"], x_label=words["rate"], y_label="L", edits="rate",
            limits=(RATES[0], RATES[-1], 0.0, top), marker=rate, level=before, level_name=words["before"],
            series=[
                Series(x=RATES, y=losses[:-1], name=words["real"], role=LOSS),
                Series(x=RATES[shown], y=promise[shown], name=words["promise"], role=GRADIENT),
            ],
        )  # fmt: skip
        after = float(losses[-1])
        items = [
            (words["before"], before),
            (words["after"], after, "right" if after < before else "wrong"),
            (words["promise"], before - rate * square, GRADIENT),
            (words["best"], float(RATES[losses[:-1].argmin()])),
        ]
        return [curve, Readout(items=items)]

    return Panel(
        compute,
        controls=[
            Slider(name="rate", label=words["rate"], value=1.0, low=0, high=20, step=0.1),
            Slider(name="seed", label=words["seed"], value=0, low=0, high=30, step=1),
        ],
        language=language,
        label=words["label"],
    )


def along(network: MLP, x: Any, target: Any, loss: str, rates: Any) -> tuple[np.ndarray, float, float]:
    """L after one step of each rate: (S,); L before; and ‖g‖², by which L falls at first, per unit of rate."""
    result = backprop(network, x, target, loss)
    value = loss_of(network, x, target, loss)
    with np.errstate(over="ignore", invalid="ignore"):
        found = [
            value([w - rate * g for w, g in zip(network.weights, result.gradients, strict=True)]) for rate in rates
        ]
    return np.array(found), result.loss, float(sum((g**2).sum() for g in result.gradients))

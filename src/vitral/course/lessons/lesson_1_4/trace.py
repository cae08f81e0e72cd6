"""A network to edit, live: both passes number by number, all its gradients, and steps against them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_4.marks import ACTIVATION, GRADIENT, LOSS, name_of
from vitral.course.lessons.lesson_1_4.networks import (
    FIRST_T,
    FIRST_X,
    HIDDEN,
    OUTPUTS,
    SHAPES,
    edited,
    first_weights,
    network_of,
    typed,
)
from vitral.course.lessons.lesson_1_4.pictures import both_ways
from vitral.course.lessons.lesson_1_4.telling import Trace, tell
from vitral.course.lessons.lesson_1_4.walk import Walk, stepped
from vitral.foundations import backprop
from vitral.training import Task
from vitral.views.widgets import Button, Drawing, Menu, Note, Panel, Readout, Slider, Steps, Table, explained

MOST_WEIGHT = 1e4  # beyond, the numbers are no use to a reader


def trace(words: Mapping[str, str], language: str) -> Panel:
    """Who is to blame: nothing is told ahead of the frame that finds it, so that a reader may guess."""
    walk = Walk()

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        output, loss = OUTPUTS[values["loss"]]
        given = typed(values, first_weights(values["shape"]), FIRST_X)
        x, t, rate = given.x, values["t"], values["rate"]

        def gradients(weights: list[np.ndarray]) -> tuple[float, tuple[np.ndarray, ...]]:
            result = backprop(network_of(weights, values["hidden"], output), [list(x)], [[t]], loss)
            return result.loss, result.gradients

        with np.errstate(over="ignore", invalid="ignore"):
            weights = walk.go(given.weights, values["step"], lambda w: stepped(w, gradients(w)[1], rate), task)
            if not all(np.abs(w).max() < MOST_WEIGHT for w in weights):
                return explained(words["lost"])
            network = network_of(weights, values["hidden"], output)
            result, told = tell(network, x, t, loss, words)
            task.check()
            after = gradients(stepped(weights, result.gradients, rate))[0]
        name, _, slope = told.culprit
        verdict = f"{name} {'↓' if slope > 0 else '↑'}" if slope else words["nobody"]
        items = [
            (words["output"], float(result.forward.output[0, 0]), ACTIVATION),
            (words["target"], t),
            (words["loss_now"], result.loss, LOSS),
            (words["loss_after"], after, "right" if after < result.loss else "wrong"),
            (words["culprit"], [*["?"] * (len(told.lines) - 1), verdict], GRADIENT),
        ]
        drawings = [
            *both_ways(network, told, words),
            Steps(lines=told.lines, frames=len(told.lines), alt=words["steps_alt"], grows=False, wide=True),
            _table(told, rate, words),
            Readout(items=items, frames=len(told.lines), wide=True),
        ]
        return [*drawings, *([Note(text=words["clipped"], tone="warning", wide=True)] if given.is_clipped else [])]

    return Panel(
        compute,
        controls=[
            Menu(name="shape", label=words["shape"], value="2-2-1", options=tuple((s, s) for s in SHAPES)),
            Menu(
                name="hidden",
                label=words["hidden"],
                value="sigmoid",
                options=tuple((f, name_of(f, words)) for f in HIDDEN),
            ),
            Menu(name="loss", label=words["loss"], value="mse", options=tuple((o, words[o]) for o in OUTPUTS)),
            Slider(name="t", label=words["target"], value=FIRST_T, low=0, high=1, step=0.05),
            Slider(name="rate", label=words["rate"], value=1.0, low=0.01, high=100, step=0.25, log=True),
            Button(name="step", label=words["step"], hint=words["step_hint"]),
            Button(name="again", label=words["again"], resets=("weights", "biases", "x", "step")),
            *edited(first_weights("2-2-1"), FIRST_X),
        ],
        language=language,
        label=words["label"],
        player={"fps": 0.8, "start": "first"},
    )


def _table(told: Trace, rate: float, words: Mapping[str, str]) -> Table:
    """A column for each parameter; its derivative, and what a step makes of it, from the frame that finds them."""
    names, values, slopes = zip(*told.parameters, strict=True)
    frames = len(told.lines)

    def since(found: int, value: float) -> list[Any]:
        return ["?"] * found + [value] * (frames - found)

    cells = list(zip(told.found, values, slopes, strict=True))
    return Table(
        title=words["table"],
        alt=words["table_alt"],
        columns=[words["weight"], *names],
        rows=[
            [words["value"], *values],
            ["∂L/∂w", *(since(found, slope) for found, _, slope in cells)],
            [words["next"], *(since(found, value - rate * slope) for found, value, slope in cells)],
        ],
        roles=["", GRADIENT, ""],
        digits=3,
        frames=frames,
        wide=True,
    )

"""The trace in numbers that fit on paper, live: σ(0) = 1/2, and powers of two."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_4.networks import (
    ROUND_T,
    ROUND_WEIGHTS,
    ROUND_X,
    edited,
    network_of,
    typed,
)
from vitral.course.lessons.lesson_1_4.pictures import both_ways
from vitral.course.lessons.lesson_1_4.telling import tell
from vitral.training import Task
from vitral.views.widgets import Button, Drawing, Note, Panel, Slider, Steps


def worked(words: Mapping[str, str], language: str) -> Panel:
    """A network whose sums are all zero at first: every line of both passes, in round numbers."""
    first = [np.array(w) for w in ROUND_WEIGHTS]

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        given = typed(values, first, ROUND_X)
        network = network_of(given.weights, "sigmoid", "sigmoid")
        _, told = tell(network, given.x, values["t"], "mse", words)
        drawings = [
            *both_ways(network, told, words),
            Steps(title=words["steps"], lines=told.lines, frames=len(told.lines), alt=words["steps_alt"], wide=True),
        ]
        return [*drawings, *([Note(text=words["clipped"], tone="warning", wide=True)] if given.is_clipped else [])]

    return Panel(
        compute,
        controls=[
            Slider(name="t", label=words["target"], value=ROUND_T, low=0, high=1, step=0.5),
            Button(name="again", label=words["again"], resets=("weights", "biases", "x", "t")),
            *edited(first, ROUND_X),
        ],
        language=language,
        label=words["label"],
        player={"fps": 0.8, "start": "last"},
    )

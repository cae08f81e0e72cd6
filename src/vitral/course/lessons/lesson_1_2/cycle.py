"""A truth table presented again and again, live: the rule comes to rest, or round to weights that it has had before."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_2.pictures import class_names, moving, weight_items
from vitral.course.lessons.lesson_1_2.trainings import trajectory
from vitral.course.numbers import vector
from vitral.course.truth_tables import FUNCTIONS, LIMITS, truth_rows
from vitral.foundations import Perceptron
from vitral.training import Task
from vitral.views.widgets import Boundary, Curves, Drawing, Menu, Note, Panel, Readout, Series, Slider

TABLES = ("xor", "and", "or")
MOST_EPOCHS = 60
MOST_CORRECTIONS = 40  # that are shown


def cycle(words: Mapping[str, str], language: str) -> Panel:
    """The four rows of a truth table, presented again and again: an end, or a round without one."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        x, t = truth_rows(2), np.array(FUNCTIONS[values["table"]])
        start = [values["w1"], values["w2"], values["b"]]
        training = Perceptron(max_epochs=MOST_EPOCHS).fit(x, t, start=start)
        task.check()
        weights = trajectory(training)[: MOST_CORRECTIONS + 1]
        frames = np.arange(len(weights))
        curves = Curves(
            title=words["curves"],
            alt=words["curves_alt"],
            x_label=words["k"],
            frames=len(frames),
            marker=frames,
            series=[
                Series(x=frames, y=weights[:, i], name=name, role=role)
                for i, (name, role) in enumerate((("w₁", "a"), ("w₂", "b"), ("b", "c")))
            ],
        )
        came_round = period_of(training.weights)
        if training.converged:
            note = Note(text=words["done"].format(n=training.n_mistakes), tone="good", wide=True)
        elif came_round is None:  # whole weights within ±3 do come round: claim_starts
            note = Note(text=words["goes_on"].format(epochs=MOST_EPOCHS), tone="warning", wide=True)
        else:
            first, again = came_round
            n = int(training.mistakes[first:again].sum())
            text = words["comes_back" if first else "at_start"]
            text = text.format(weights=vector(training.weights[again]), n=n, first=first, again=again)
            note = Note(text=text, tone="warning", wide=True)
        picture = Boundary(
            points=x,
            labels=t,
            limits=LIMITS,
            alt=words["alt"],
            classes=class_names(words),
            **moving(training, x, t, frames, words),
        )
        return [
            picture,
            curves,
            Readout(items=[(words["mistakes"], frames), *weight_items(weights)], frames=len(frames), wide=True),
            note,
        ]

    return Panel(
        compute,
        controls=[
            Menu(
                name="table", label=words["table"], value="xor", options=tuple((name, name.upper()) for name in TABLES)
            ),
            Slider(name="w1", label=words["w1"], value=0, low=-3, high=3, step=1),
            Slider(name="w2", label=words["w2"], value=0, low=-3, high=3, step=1),
            Slider(name="b", label=words["b"], value=0, low=-3, high=3, step=1),
        ],
        language=language,
        label=words["label"],
        player={"fps": 3, "start": "first"},
    )


def period_of(weights: np.ndarray) -> tuple[int, int] | None:
    """The first two epochs (first, again) that start from the same weights (E+1, D+1); None if no two do.

    With the rows in the same order every epoch, all that follows repeats for ever.
    """
    seen: dict[tuple[float, ...], int] = {}
    for epoch, row in enumerate(weights.tolist()):
        if tuple(row) in seen:
            return seen[tuple(row)], epoch
        seen[tuple(row)] = epoch
    return None

"""What happens when it is written wrong, live."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_8.trials import TRIALS, Outcome, outcome
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Menu, Note, Panel, Readout, Series, Slider, Table


def mistakes(words: Mapping[str, str], language: str) -> Panel:
    """What happens when it is written wrong."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        name, seed = values["mistake"], values["seed"]
        found = outcome(name, seed, task=task)
        right = outcome("right", seed, task=task)
        return [Table(columns=[words["code"]], rows=[[TRIALS[name].shown]], alt=TRIALS[name].shown, wide=True)] + (
            _accused(found) if not found.losses else _learned(words, name, found, right)
        )

    return Panel(
        compute,
        controls=[
            Menu(
                name="mistake",
                label=words["mistake"],
                value="no_softmax",
                options=tuple((name, words[name]) for name in TRIALS),
                structural=True,
            ),
            Slider(name="seed", label=words["seed"], value=0, low=0, high=20, step=1),
        ],
        language=language,
        label=words["label"],
        warm=[{"mistake": name} for name in ("logits", "twice", "few", "sigmoid", "relu")],  # other programs than these
    )


def _accused(found: Outcome) -> list[Drawing]:
    return [
        Note(text=f"model.fit → {found.keras}", tone="warning", wide=True),
        Note(text=f"vitral.fit → {found.ours}", tone="warning", wide=True),
    ]


def _learned(words: Mapping[str, str], name: str, found: Outcome, right: Outcome) -> list[Drawing]:
    epochs = np.arange(1, len(found.losses) + 1)
    series = [Series(x=epochs, y=np.round(right.accuracies, 4), name=words["as_it_should"], role="right")]
    if name != "right":
        series.append(Series(x=epochs, y=np.round(found.accuracies, 4), name=words["as_written"], role="wrong"))
    drawings: list[Drawing] = [
        Curves(
            title=words["accuracy"],
            alt=words["alt"].format(wrong=found.test, right=right.test),
            series=series,
            x_label=words["epoch"],
            limits=(1.0, float(len(epochs)), 0.0, 1.0),
        ),
        Readout(
            items=[
                (words["test"], found.test, "right" if found.test > 0.85 else "wrong"),
                (words["test_right"], right.test, "right"),
                (words["loss"], found.losses[-1]),
            ],
            digits=3,
        ),
        Note(text=words[f"{name}_why"], wide=True, tone="good" if found.test > 0.85 else "info"),
    ]
    if found.ours:
        drawings.append(Note(text=f"vitral.fit → {found.ours}", tone="warning", wide=True))
    return drawings

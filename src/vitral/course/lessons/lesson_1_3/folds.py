"""A deep, narrow network that folds the line, live, beside one of the same shape with random weights.

Letters: L hidden layers of two units, P pieces.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_3.counting import n_parameters
from vitral.course.lessons.lesson_1_3.shapes import folding, pieces, scattered
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Panel, Series, Slider, Table


def folds(words: Mapping[str, str], language: str) -> Panel:
    """Two networks of L layers, their pieces counted, and what one layer would need for as many."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        depth = values["depth"]
        folded, random = folding([2] * depth), scattered((1, *[2] * depth, 1), values["seed"])
        x, y = pieces(folded)
        u, v = pieces(random, -1.0, 1.0)
        low, high = float(v.min()), float(v.max())
        v = (v - low) / (high - low) if high > low else np.full_like(v, 0.5)
        task.check()
        units, n, parameters = 2 * depth, len(x) - 1, folded.n_parameters
        return [
            Curves(
                title=words["title"],
                alt=words["alt"].format(n=n, depth=depth),
                series=[Series(x=x, y=y, name=words["folded"], role="a")],
                x_label="x",
                y_label="y",
                limits=(0.0, 1.0, 0.0, 1.05),
            ),
            Curves(
                title=words["random_title"],
                alt=words["random_alt"].format(n=len(u) - 1),
                series=[Series(x=u, y=v, name=words["random"], role="b")],
                x_label="x",
                y_label=words["scaled"],
                limits=(-1.0, 1.0, 0.0, 1.05),
            ),
            Table(
                alt=words["table"],
                columns=["", words["units"], words["parameters"], words["pieces"]],
                rows=[
                    [words["folded"], units, parameters, n],
                    [words["random"], units, parameters, len(u) - 1],
                    [words["flat"], units, n_parameters([1, units, 1]), units + 1],
                    [words["flat_equal"], n - 1, n_parameters([1, n - 1, 1]), n],
                ],
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="depth", label=words["depth"], value=3, low=1, high=8, step=1),
            Slider(name="seed", label=words["seed"], value=8, low=0, high=30, step=1),
        ],
        language=language,
        label=words["label"],
    )

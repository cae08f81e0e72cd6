"""What a probability costs when the thing happens, live: -ln p, in nats and in bits, beside the squared error."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Panel, Readout, Series, Slider


def surprise(words: Mapping[str, str], language: str) -> Panel:
    """What a probability costs when the thing happens, in nats and in bits, beside the squared error."""
    p_line = np.concatenate([[0.001, 0.003, 0.006], np.linspace(0.01, 1, 100)])

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        p = values["p"]
        nats = -math.log(p)
        return [
            Curves(
                title=words["title"],
                alt=words["alt"],
                series=[
                    Series(x=p_line, y=-np.log(p_line), name=words["nats"], role="accent"),
                    Series(x=p_line, y=(1 - p_line) ** 2, name=words["squared"], role="b"),
                ],
                limits=(0, 1, 0, 7),
                x_label=words["p"],
                y_label=words["cost"],
                marker=p,
                edits="p",
                level=math.log(2),
                level_name=words["coin"],
            ),
            Readout(
                items=[
                    (words["nats"], nats, "accent"),
                    (words["bits"], nats / math.log(2)),
                    (words["slope"], -1 / p),
                    (words["squared"], (1 - p) ** 2, "b"),
                    (words["squared_slope"], -2 * (1 - p)),
                ]
            ),
        ]

    return Panel(
        compute,
        controls=[Slider(name="p", label=words["p"], value=0.25, low=0.001, high=1.0, step=0.001)],
        language=language,
        label=words["label"],
    )

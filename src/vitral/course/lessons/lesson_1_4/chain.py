"""One weight, one unit, one loss: a nudge goes along the chain, and each link lets a share of it through, live."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_4.marks import GRADIENT, LOSS
from vitral.foundations.activations import sigmoid
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Panel, Series, Slider, Table


def chain(words: Mapping[str, str], language: str) -> Panel:
    """x → z → a → L with one weight: a nudge of w, and how much of it each link lets through."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        w, nudge, x, t = values["w"], values["nudge"], 1.5, 1.0

        def run(w: float) -> list[float]:
            z = w * x
            a = float(sigmoid.value(z))
            return [w, z, a, (a - t) ** 2]

        before, after = run(w), run(w + nudge)
        moved = [there - here for here, there in zip(before, after, strict=True)]
        a = before[2]
        local = [x, a * (1 - a), 2 * (a - t)]
        rows = [
            [link, moved[k], moved[k + 1], moved[k + 1] / moved[k], local[k]]
            for k, link in enumerate(("w\u00a0→\u00a0z", "z\u00a0→\u00a0a", "a\u00a0→\u00a0L"))
        ]
        slope = float(np.prod(local))
        rows.append(["w\u00a0→\u00a0L", moved[0], moved[3], moved[3] / moved[0], slope])
        line = np.linspace(-4, 4, 121)
        losses = [run(each)[3] for each in line]
        ends = np.array([max(-4.0, w - 1.6), min(4.0, w + 1.6)])
        curve = Curves(
            title=words["curve"], alt=words["curve_alt"], x_label="w", y_label="L", limits=(-4, 4, -0.1, 1.1),
            series=[
                Series(x=line, y=losses, name="L(w)", role=LOSS),
                Series(x=ends, y=before[3] + slope * (ends - w), name=words["tangent"], role=GRADIENT),
                Series(x=[w, w + nudge], y=[before[3], after[3]], name=words["nudged"], role="neutral", dots=True),
            ],
            marker=w, edits="w",
        )  # fmt: skip
        heads = [words["link"], words["push"], words["answer"], words["ratio"], words["local"]]
        return [
            Table(
                title=words["title"], columns=heads, rows=rows, alt=words["alt"], roles=["", "", "", GRADIENT], digits=3
            ),
            curve,
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="nudge", label=words["nudge"], value=1.0, low=1e-4, high=2.0, step=0.25, log=True),
            Slider(name="w", label="w", value=-0.5, low=-4, high=4, step=0.1),
        ],
        language=language,
        label=words["label"],
    )

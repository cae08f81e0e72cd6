"""Softmax of three scores, live: probabilities, the Jacobian, and what cross-entropy gives each score to learn from."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_5.overflow import log_sum_exp
from vitral.foundations.activations import softmax
from vitral.training import Task
from vitral.views.widgets import Bars, Drawing, Heat, Menu, Note, Panel, Readout, Slider


def three_scores(words: Mapping[str, str], language: str) -> Panel:
    """Softmax of three scores: probabilities, Jacobian, and what cross-entropy says of them."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        scores = np.array([values["z1"], values["z2"], values["z3"]])
        z = scores / values["temperature"] + values["constant"]
        p, t = softmax.value(z), np.eye(3)[int(values["target"])]
        change = float(np.abs(p - softmax.value(scores / values["temperature"])).max())
        names = [f"p{i}" for i in "₁₂₃"]
        by = [f"z{i}" for i in "₁₂₃"]
        drawings: list[Drawing] = [
            Bars(
                title=words["p_title"],
                alt=words["p_alt"],
                names=names,
                values=p,
                roles=("class0", "class1", "class2"),
                limits=(0, 1),
            ),
            Bars(
                title=words["gradient_title"],
                alt=words["gradient_alt"],
                names=[f"{each} − t{i}" for each, i in zip(names, "₁₂₃", strict=True)],
                values=p - t,
                roles=["positive" if each >= 0 else "negative" for each in p - t],
                limits=(-1, 1),
            ),
            Heat(
                title=words["jacobian_title"],
                alt=words["jacobian_alt"],
                values=softmax.jacobian(z).round(4),
                rows=[f"∂{name}" for name in names],
                columns=[f"∂{name}" for name in by],
                digits=2,
            ),
            Readout(
                items=[
                    ("Σ p", float(p.sum())),
                    ("Σ (p − t)", float((p - t).sum().round(12))),
                    ("−ln p(t)", float(log_sum_exp(z) - z @ t)),
                    (words["changed"], change),
                ],
                digits=3,
            ),
        ]
        if values["constant"]:
            drawings.append(Note(text=words["shifted"], tone="good", wide=True))
        return drawings

    sliders = [
        Slider(name=name, label=label, value=value, low=-6, high=6, step=0.1)
        for name, label, value in (("z1", "z₁", 2.0), ("z2", "z₂", 1.0), ("z3", "z₃", -1.0))
    ]
    return Panel(
        compute,
        controls=[
            *sliders,
            Slider(name="temperature", label=words["temperature"], value=1.0, low=0.1, high=10, step=0.05, log=True),
            Slider(name="constant", label=words["constant"], value=0, low=-1000, high=1000, step=10),
            Menu(name="target", label=words["target"], value="0", options=(("0", "1"), ("1", "2"), ("2", "3"))),
        ],
        language=language,
        label=words["label"],
    )

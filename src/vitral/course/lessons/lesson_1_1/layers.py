"""XOR from three units, live: two of them move the four rows to where one line is enough for the third."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.truth_tables import LIMITS, truth_rows
from vitral.foundations import xor_network
from vitral.training import Task
from vitral.views.widgets import Boundary, Drawing, Line, Network, Panel, Table


def network(words: Mapping[str, str], language: str) -> Panel:
    """XOR from three units: the four rows pass through, and the hidden units move them to other corners."""

    def compute(_values: dict[str, Any], _task: Task) -> list[Drawing]:
        made, x = xor_network(), truth_rows(2)
        hidden, y = made.answers(x), made.predict(x)
        lit = [
            [["unit", layer, i] for layer, fires in enumerate((row, h, [o])) for i, fire in enumerate(fires) if fire]
            for row, h, o in zip(x, hidden, y, strict=True)
        ]
        names = (words["or"], words["nand"])
        return [
            Network(
                title=words["net"],
                weights=[np.column_stack([u.weights for u in made.hidden]), made.output.weights[:, None]],
                biases=[np.array([u.bias for u in made.hidden]), np.array([made.output.bias])],
                activations=[x, hidden.astype(float), y[:, None].astype(float)],
                names=[words["inputs"], words["hidden"], words["output"]],
                units=[["x₁", "x₂"], ["h₁", "h₂"], ["y"]],
                lit=lit,
                frames=4,
                alt=words["alt"],
            ),
            Table(
                columns=["x₁", "x₂", f"h₁ = {words['or']}", f"h₂ = {words['nand']}", f"y = {words['and']}"],
                rows=[[*map(int, r), *map(int, h), int(o)] for r, h, o in zip(x, hidden, y, strict=True)],
                lit=np.arange(4),
                alt=words["table_alt"],
            ),
            Boundary(
                title=words["before"],
                points=x,
                labels=y,
                limits=LIMITS,
                highlight=np.arange(4),
                frames=4,
                classes=(words["zero"], words["one"]),
                lines=[
                    Line(w=u.weights, b=u.bias, role=role, name=name)
                    for u, role, name in zip(made.hidden, ("a", "b"), names, strict=True)
                ],
                alt=words["before_alt"],
            ),
            Boundary(
                title=words["after"],
                points=hidden,
                labels=y,
                limits=LIMITS,
                highlight=np.arange(4),
                frames=4,
                classes=(words["zero"], words["one"]),
                lines=[Line(w=made.output.weights, b=made.output.bias, name=words["and"])],
                x_label=f"h₁ ({words['or']})",
                y_label=f"h₂ ({words['nand']})",
                alt=words["after_alt"],
            ),
        ]

    return Panel(compute, language=language, label=words["label"], player={"fps": 1, "start": "first"})

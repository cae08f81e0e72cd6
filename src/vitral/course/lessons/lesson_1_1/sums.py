"""A sum against a threshold, live: two weights and a truth table, three reasons to decide, a line and its distance."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_1.units import compared, half_planes, unit_of
from vitral.course.numbers import num, signed
from vitral.course.truth_tables import FUNCTIONS, LIMITS, truth_rows
from vitral.training import Task
from vitral.views.widgets import (
    Boundary,
    Drawing,
    Line,
    Menu,
    Network,
    Note,
    Panel,
    Readout,
    Slider,
    Steps,
    Switch,
    Table,
)


def unit(words: Mapping[str, str], language: str) -> Panel:
    """Two weights and a threshold against a truth table."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        wanted = np.array(FUNCTIONS[values["function"]])
        made = unit_of([values["w1"], values["w2"]], values["theta"])
        z, y = truth_rows(2) @ made.weights, made.predict(truth_rows(2))
        right = y == wanted
        n_right = int(right.sum())
        if n_right == 4:
            note = Note(text=words["all"].format(name=values["function"].upper()), tone="good", wide=True)
        else:
            note = Note(wide=True, text=words["three" if values["function"] == "xor" and n_right == 3 else "some"])
        table = [
            [int(a), int(b), compared(v, values["theta"]), int(o), int(w), bool(r)]
            for (a, b), v, o, w, r in zip(truth_rows(2), z, y, wanted, right, strict=True)
        ]
        return [
            Boundary(
                points=truth_rows(2),
                labels=wanted,
                limits=LIMITS,
                grid=half_planes(made, LIMITS),
                lines=[Line(w=made.weights, b=made.bias)],
                wrong=~right,
                classes=(words["zero"], words["one"]),
                alt=words["alt"],
            ),
            Table(
                title=f"{words['right']}: {n_right} / 4",
                columns=["x₁", "x₂", "w₁x₁ + w₂x₂ > θ", words["says"], words["wanted"], ""],
                rows=table,
                alt=words["table_alt"],
            ),
            note,
        ]

    return Panel(
        compute,
        controls=[
            Menu(
                name="function",
                label=words["function"],
                value="and",
                options=tuple((name, name.upper()) for name in FUNCTIONS),
            ),
            Slider(name="w1", label="w₁", value=1.0, low=-3.0, high=3.0, step=0.25),
            Slider(name="w2", label="w₂", value=-0.5, low=-3.0, high=3.0, step=0.25),
            Slider(name="theta", label="θ", value=0.25, low=-3.0, high=3.0, step=0.25),
        ],
        language=language,
        label=words["label"],
    )


def cinema(words: Mapping[str, str], language: str) -> Panel:
    """A decision from three reasons: the sum that is compared with the threshold, and all eight cases."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        names = [words["friend"], words["film"], words["rain"]]
        weights = np.array([values[f"w{i}"] for i in (1, 2, 3)])
        theta, x = values["theta"], np.array([float(values[f"x{i}"]) for i in (1, 2, 3)])
        made = unit_of(weights, theta)
        y, here = made.predict(truth_rows(3)), int(x @ (4, 2, 1))
        total, fires = float(weights @ x), bool(y[here])
        line: list[tuple[str, str]] = [("z = ", "")]
        for i, (w, v) in enumerate(zip(weights, x, strict=True)):
            line += [(" + " if i else "", ""), (signed(w), "accent"), (f"·{num(v)}", "")]
        line += [(f" = {compared(total, theta)}  →  ", "")]
        line += [(f"y = {int(fires)}, {words['go' if fires else 'stay']}", "right" if fires else "wrong")]
        return [
            Network(
                weights=[weights[:, None]],
                biases=[np.array([made.bias])],
                activations=[x, np.array([float(fires)])],
                names=["", ""],
                units=[names, ["y"]],
                alt=words["alt"],
            ),
            Table(
                columns=[*names, "z", "y"],
                rows=[[*map(int, r), float(r @ weights), int(o)] for r, o in zip(truth_rows(3), y, strict=True)],
                lit=[here],
                alt=words["table_alt"],
            ),
            Steps(lines=[line], alt=words["steps_alt"], wide=True),
        ]

    return Panel(
        compute,
        controls=[
            Switch(name="x1", label=words["friend"], value=True),
            Switch(name="x2", label=words["film"], value=False),
            Switch(name="x3", label=words["rain"], value=True),
            Slider(name="w1", label=words["w_friend"], value=2.0, low=-3.0, high=3.0, step=0.5),
            Slider(name="w2", label=words["w_film"], value=1.0, low=-3.0, high=3.0, step=0.5),
            Slider(name="w3", label=words["w_rain"], value=-1.0, low=-3.0, high=3.0, step=0.5),
            Slider(name="theta", label=words["theta"], value=0.5, low=-3.0, high=3.0, step=0.5),
        ],
        language=language,
        label=words["label"],
    )


def scale(words: Mapping[str, str], language: str) -> Panel:
    """All numbers of a unit multiplied by the same factor: the same line, and its distance θ/‖w‖."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        factor, angle = values["factor"], np.deg2rad(values["angle"])
        direction = np.round([np.cos(angle), np.sin(angle)], 12)  # cos 90° is 0, so that a row on the line is on it
        w, theta = factor * direction, factor * values["theta"]
        made = unit_of(w, theta)
        z, y = truth_rows(2) @ w, made.predict(truth_rows(2))
        length = float(np.linalg.norm(w))
        foot = theta * w / length**2
        limits = (-1.6, 1.6, -1.6, 1.6)
        return [
            Boundary(
                points=[*truth_rows(2), foot],
                labels=[*y, 0],  # on the line w·x = θ, which is not above θ
                highlight=4,
                limits=limits,
                grid=half_planes(made, limits),
                lines=[Line(w=w, b=made.bias)],
                classes=(words["zero"], words["one"]),
                alt=words["alt"],
            ),
            Readout(
                items=[
                    ("w₁", w[0]),
                    ("w₂", w[1]),
                    ("θ", theta, "accent"),
                    ("‖w‖", length),
                    (words["distance"], theta / length, "right"),
                ],
                digits=3,
            ),
            Table(
                columns=["x₁", "x₂", "w₁x₁ + w₂x₂ > θ", words["says"]],
                rows=[
                    [int(a), int(b), compared(v, theta, digits=3), int(o)]
                    for (a, b), v, o in zip(truth_rows(2), z, y, strict=True)
                ],
                alt=words["table_alt"],
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="factor", label=words["factor"], value=1.0, low=0.1, high=10.0, step=0.05, log=True),
            Slider(name="theta", label=words["distance"], value=0.75, low=-1.2, high=1.2, step=0.05),
            Slider(name="angle", label=words["angle"], value=30, low=0, high=355, step=5),
        ],
        language=language,
        label=words["label"],
    )

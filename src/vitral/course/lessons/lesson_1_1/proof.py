"""Why no unit computes XOR, live: what the four rows ask of w and θ, added up until it says 0 > 0.

A row that shall give 1 asks w·x > θ, one that shall give 0 asks w·x ≤ θ. Multiplied and added, the first say θ < w·p
and the second w·p ≤ θ, with the same p, wherever the two classes' convex hulls share a point p.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_1.units import compared, half_planes, unit_for
from vitral.course.numbers import num, signed, vector
from vitral.course.truth_tables import LIMITS, truth_rows
from vitral.foundations import Certificate, ThresholdUnit
from vitral.training import Task
from vitral.views.widgets import Boundary, Drawing, Line, Note, Panel, Steps, Switch


def certificate(words: Mapping[str, str], language: str) -> Panel:
    """Any function of two inputs: a unit that computes it, or the sum of inequalities that ends in 0 > 0."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        column = np.array([int(values[name]) for name in ("f00", "f01", "f10", "f11")])
        found = unit_for(column.tolist())
        picture: dict[str, Any] = {
            "points": truth_rows(2),
            "labels": column,
            "limits": LIMITS,
            "classes": (words["zero"], words["one"]),
            "alt": words["alt"],
        }
        if isinstance(found, ThresholdUnit):
            picture |= {"grid": half_planes(found, LIMITS), "lines": [Line(w=found.weights, b=found.bias)]}
            lines = [
                unit_line(found.weights, -found.bias, row, t) for row, t in zip(truth_rows(2), column, strict=True)
            ]
            text = words["yes"].format(w1=num(found.weights[0]), w2=num(found.weights[1]), theta=num(-found.bias))
            note = Note(text=text, tone="good", wide=True)
        else:
            diagonals = [(1, np.array([1.0, -1.0]), 0.0), (0, np.array([1.0, 1.0]), -1.0)]
            if column[0] == 0:  # XOR: the ones lie on x₁ + x₂ = 1
                diagonals = [(1 - label, w, b) for label, w, b in diagonals]
            names = {0: words["zeros"], 1: words["ones"]}
            picture["lines"] = [Line(w=w, b=b, role=f"class{label}", name=names[label]) for label, w, b in diagonals]
            lines = certificate_lines(found, column)
            point = ", ".join(num(v) for v in found.point)
            note = Note(text=words["no"].format(point=point), tone="warning", wide=True)
        steps = Steps(title=words["steps"], lines=lines, frames=len(lines), alt=words["steps_alt"])
        return [Boundary(**picture), steps, note]

    return Panel(
        compute,
        controls=[
            Switch(name="f00", label="f(0, 0) = 1", value=False),
            Switch(name="f01", label="f(0, 1) = 1", value=True),
            Switch(name="f10", label="f(1, 0) = 1", value=True),
            Switch(name="f11", label="f(1, 1) = 1", value=False),
        ],
        language=language,
        label=words["label"],
        player={"fps": 1, "start": "last"},
    )


def unit_line(weights: np.ndarray, theta: float, row: np.ndarray, t: int) -> list[tuple[str, str]]:
    """A row's sum against the threshold, in numbers."""
    z = float(weights @ row)
    terms = " + ".join(f"{signed(w)}·{num(v)}" for w, v in zip(weights, row, strict=True))
    return [(vector(row), f"class{int(t)}"), (f":  {terms} = {compared(z, theta)}", "")]


def certificate_lines(found: Certificate, column: np.ndarray) -> list[list[tuple[str, str]]]:
    """The proof in lines: what each row asks of the unit times its multiplier, the two sums, and 0 > 0."""
    lines = []
    for row, t, share in zip(truth_rows(2), column, found.multipliers, strict=True):
        if share > 0:
            asked = f"{weighted(row)} {'>' if t else '≤'} θ"
            lines.append([(f"{vector(row)} → {int(t)}", f"class{int(t)}"), (f":   {num(share)} × ( {asked} )", "")])
    for t, sign in ((1, ">"), (0, "≤")):
        chosen = column == t
        total = found.multipliers[chosen] @ truth_rows(2)[chosen]
        lines.append([("Σ ", f"class{t}"), (f"{weighted(total)} {sign} θ", "")])
    lines.append([("θ < ", ""), (weighted(found.point), "accent"), (" ≤ θ   ⟹   0 > 0", "wrong")])
    return lines


def weighted(coefficients: Sequence[float] | np.ndarray) -> str:
    """0.5w₁ + w₂, or 0."""
    terms = [f"{'' if c == 1 else num(c)}{name}" for c, name in zip(coefficients, ("w₁", "w₂"), strict=True) if c]
    return " + ".join(terms) or "0"

"""Value and slope, live: two activations side by side, a slope by hand and by a small step, and the whole catalogue."""

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_5.functions import (
    ELEMENTWISE,
    SLOPES,
    largest_slope,
    places_away_from_kinks,
    saturated_share,
    slope_error,
)
from vitral.course.lessons.lesson_1_5.names import ROLES, chosen, formula_of, menu, name_of, unbroken
from vitral.course.numbers import fixed, num, tiny
from vitral.foundations.activations import sigmoid
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Hidden, Panel, Series, Slider, Steps, Table

TOUCHED = 2.0  # the z that is read off both curves, until the reader touches one


def compare(words: Mapping[str, str], language: str) -> Panel:
    """Two activations, their slopes, and where the sums of a layer fall."""
    z = np.linspace(-8, 8, 161)

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        spread = values["spread"]
        at = values["z"] if isinstance(values["z"], int | float) else TOUCHED  # no touch sends a list
        bell = [NormalDist(0, spread).pdf(each) for each in z]
        named = [(f, name_of(f, words), role) for f, role in zip(chosen(values), ROLES, strict=False)]
        shares = [round(100 * saturated_share(f, spread), 2) for f, _, _ in named]
        rows = [
            [name, share, float(f.value(at)), float(f.derivative(at))]
            for (f, name, _), share in zip(named, shares, strict=True)
        ]
        return [
            Curves(
                title=words["value_title"],
                alt=words["value_alt"],
                series=[
                    Series(x=z, y=f.value(z), name=f"{name}: {formula_of(f)}", role=role) for f, name, role in named
                ],
                limits=(-8, 8, -2, 3),
                x_label="z",
                y_label="f(z)",
                marker=at,
                edits="z",
            ),
            Curves(
                title=words["slope_title"],
                alt=words["slope_alt"],
                series=[
                    *(Series(x=z, y=f.derivative(z), name=name, role=role) for f, name, role in named),
                    Series(x=z, y=bell, low=np.zeros_like(z), high=bell, name=words["bell"], role="neutral"),
                ],
                limits=(-8, 8, -0.2, 1.3),
                x_label="z",
                y_label="f′(z)",
                marker=at,
                edits="z",
            ),
            Table(
                columns=[words["function"], words["share"], f"f({fixed(at, 2)})", f"f′({fixed(at, 2)})"],
                rows=rows,
                roles=ROLES[: len(rows)],
                wide=True,
                digits=3,
                alt=words["table_alt"],
            ),
        ]

    return Panel(
        compute,
        controls=[
            menu("first", "sigmoid", words),
            menu("second", "relu", words),
            Slider(name="spread", label=words["spread"], value=1.0, low=0.1, high=30, step=0.02, log=True),
            Hidden(name="z", value=TOUCHED, most=1, bound=8),
        ],
        language=language,
        label=words["label"],
    )


def worked(words: Mapping[str, str], language: str) -> Panel:
    """The slope of a sigmoid unit by hand, and once more by a small step."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        z, h = values["z"], values["h"]
        e = math.exp(-z)
        p, after, before = 1 / (1 + e), float(sigmoid.value(z + h)), float(sigmoid.value(z - h))
        sigma, rest, slope = fixed(p, 5), fixed(1 - p, 5), fixed(p * (1 - p), 6)
        lines = [
            [(f"e⁻ᶻ = e^({num(-z, 4)}) = {num(e, 5)}", "")],
            [(f"σ(z) = 1 / (1 + {num(e, 5)}) = ", ""), (sigma, "a")],
            [("σ′(z) = σ (1 − σ) = ", ""), (sigma, "a"), (f" · {rest} = ", ""), (slope, "b")],
            [(f"σ({num(z + h, 4)}) = {fixed(after, 6)},  σ({num(z - h, 4)}) = {fixed(before, 6)}", "")],
            [
                (f"({fixed(after, 6)} − {fixed(before, 6)}) / {num(2 * h, 4)} = ", ""),
                (fixed((after - before) / (2 * h), 6), "b"),
            ],
        ]
        z_line = np.linspace(-6, 6, 121)
        tangent = p + p * (1 - p) * (z_line - z)
        return [
            Steps(title=words["title"], lines=lines, frames=len(lines)),
            Curves(
                title=words["curve"],
                alt=words["curve_alt"],
                series=[
                    Series(x=z_line, y=sigmoid.value(z_line), name="σ", role="a"),
                    Series(x=z_line, y=tangent, name=words["tangent"], role="b"),
                ],
                limits=(-6, 6, -0.2, 1.2),
                x_label="z",
                y_label="σ(z)",
                marker=z,
                edits="z",
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="z", label="z", value=1.1, low=-6, high=6, step=0.1),
            Slider(name="h", label=words["h"], value=0.01, low=0.001, high=2, step=0.05, log=True),
        ],
        language=language,
        label=words["label"],
        player={"start": "last"},
    )


def catalogue(words: Mapping[str, str], language: str) -> Panel:
    """All elementwise activations: slope, its greatest value, where they saturate, and a check by differences."""
    away = places_away_from_kinks()
    facts = [(f, slope_error(f, away), *largest_slope(f)) for f in ELEMENTWISE]

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        rows = []
        for f, error, steepest, where in facts:
            left, right = f.active(values["slope"])
            zone = words["nowhere"] if left == right else f"{_end(left)} … {_end(right)}"
            # Most are steepest at 0 or all along a half of the line; the others say where.
            greatest = num(steepest, 4) + (f" (z = {fixed(where, 2)})" if 0.1 < abs(where) < 11 else "")
            cells = [unbroken(greatest), unbroken(zone), formula_of(f), SLOPES[f.name], tiny(error)]
            rows.append([name_of(f, words), *cells])
        columns = [words["function"], words["steepest"], words["active"], "f(z)", "f′(z)", words["error"]]
        return [Table(columns=columns, rows=rows, wide=True, alt=words["alt"])]

    return Panel(
        compute,
        controls=[Slider(name="slope", label=words["slope"], value=0.01, low=0.001, high=0.2, step=0.1, log=True)],
        language=language,
        label=words["label"],
    )


def _end(z: float) -> str:
    return ("∞" if z > 0 else "−∞") if math.isinf(z) else fixed(z, 2)

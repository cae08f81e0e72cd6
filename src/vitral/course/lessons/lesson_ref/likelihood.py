"""The likelihood, live: of four points, to be checked by hand, and as a product of so many factors that it is 0."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_ref.loss import with_bias
from vitral.course.numbers import num
from vitral.foundations.activations import sigmoid
from vitral.training import Task
from vitral.views.widgets import Button, Curves, Drawing, Note, Panel, Readout, Series, Slider, Switch, Table

FOUR_X = np.array([-1.0, 0.0, 1.0, 2.0])


def product(p: np.ndarray) -> float:
    """Π p as it is multiplied, factor by factor."""
    result = 1.0
    for each in p:
        result *= float(each)
    return result


def standstill(p: float) -> tuple[int, float]:
    """How many factors p it takes until one more no longer changes their product in float64, and that product.

    For p up to 1/2 it is 0; for a larger p it is one of the last numbers before 0, from which p times it rounds back.
    """
    result, count = 1.0, 0
    while result * p != result:
        result, count = result * p, count + 1
    return count, result


def four(words: Mapping[str, str], language: str) -> Panel:
    """The whole of it on four points: probabilities, likelihood, loss, gradient."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        w = np.array([values["w"], values["b"]])
        t = np.array([int(values[f"t{i}"]) for i in range(1, 5)])
        rows = with_bias(FOUR_X[:, np.newaxis])
        p = sigmoid.value(rows @ w)
        seen = np.where(t == 1, p, 1 - p)
        gradient = rows.T @ (p - t) / 4
        columns = (FOUR_X, t, p, seen, -np.log(seen), p - t, (p - t) * FOUR_X)
        table = [[x.item() for x in row] for row in zip(*columns, strict=True)]
        line = np.linspace(-2, 3, 101)
        return [
            Curves(
                title=words["curve_title"],
                alt=words["curve_alt"],
                series=[
                    Series(x=line, y=sigmoid.value(w[0] * line + w[1]), name="p = σ(w x + b)", role="accent"),
                    *(
                        Series(x=FOUR_X[t == c], y=t[t == c], name=f"t = {c}", role=f"class{c}", dots=True)
                        for c in (0, 1)
                        if (t == c).any()
                    ),
                ],
                limits=(-2, 3, 0, 1),
                x_label="x",
                y_label="p",
            ),
            Readout(
                title=words["sum_title"],
                items=[
                    (words["product"], float(seen.prod())),
                    (words["sum"], float(np.log(seen).sum())),
                    ("L", float(-np.log(seen).mean()), "accent"),
                    ("∂L/∂w", float(gradient[0]), "a"),
                    ("∂L/∂b", float(gradient[1]), "b"),
                ],
                digits=4,
            ),
            Table(
                columns=["x", "t", "p", words["seen"], words["minus_log"], "p − t", "(p − t) x"],
                rows=table,
                roles=[f"class{c}" for c in t],
                digits=3,
                wide=True,
                alt=words["table_alt"],
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="w", label="w", value=math.log(3), low=-4, high=4, step=0.1),
            Slider(name="b", label="b", value=0.0, low=-4, high=4, step=0.1),
            Button(name="again", label="w = ln 3, b = 0", resets=("w", "b")),
            *(
                Switch(name=f"t{i}", label=f"{words['class1']} x = {num(x)}", value=value)
                for i, x, value in zip(range(1, 5), FOUR_X, (False, True, False, True), strict=True)
            ),
        ],
        language=language,
        label=words["label"],
    )


def underflow(words: Mapping[str, str], language: str) -> Panel:
    """N rows, each with the same probability of what was observed: the product and the sum of logarithms."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        n, p = int(values["n"]), values["p"]
        result, (end, last) = product(np.full(n, p)), standstill(p)
        numbers = np.unique(np.geomspace(1, 3000, 80).astype(int))
        alive = numbers[numbers < end]
        logs = numbers * math.log10(p)
        key = "fine" if n < end else "stuck" if last else "zero"
        return [
            Note(text=words[key], tone="info" if key == "fine" else "warning", wide=True),
            Readout(
                items=[
                    (words["product"], num(result, 4), "" if key == "fine" else "wrong"),
                    (words["sum"], n * math.log(p), "accent"),
                    (words["mean"], -math.log(p)),
                    (words["end"], end),
                ],
                digits=5,
                wide=True,
            ),
            Curves(
                title=words["title"],
                alt=words["alt"],
                series=[
                    Series(x=numbers, y=logs, name=words["by_sum"], role="accent"),
                    Series(x=alive, y=alive * math.log10(p), name=words["by_product"], role="wrong", dots=True),
                ],
                x_label="N",
                y_label="log₁₀",
                marker=n,
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="n", label=words["n"], value=569, low=1, high=3000, step=1),
            Slider(name="p", label=words["p"], value=0.5, low=0.1, high=0.95, step=0.05),
        ],
        language=language,
        label=words["label"],
    )

"""Softmax as it is written and as it is computed: e^z ends, and a quotient of two infinities is no number.

e^z ends at 3.4e38 in float32 and at 1.8e308 in float64; past that the formula of softmax as it is written is ∞/∞. With
the largest score m subtracted first nothing can overflow, and the answer is the same:

    e^(z_i) / Σ e^(z_j) = e^(z_i - m) / Σ e^(z_j - m)          ln Σ e^z = m + ln Σ e^(z - m)
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.numbers import num
from vitral.training import Task
from vitral.views.widgets import Drawing, Menu, Note, Panel, Readout, Slider, Table


def naive_softmax(z: Any, dtype: str = "float64") -> np.ndarray:
    """e^z / Σ e^z as it is written, in a type of number: NaN where e^z overflows, or where all of them underflow."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        e = np.exp(np.asarray(z, dtype=dtype))
        return e / e.sum(axis=-1, keepdims=True)


def stable_softmax(z: Any, dtype: str = "float64") -> np.ndarray:
    """The same after subtracting the largest z, in a type of number."""
    z = np.asarray(z, dtype=dtype)
    return naive_softmax(z - z.max(axis=-1, keepdims=True), dtype)


def naive_log_sum_exp(z: Any, dtype: str = "float64") -> float:
    """ln Σ e^z as it is written."""
    with np.errstate(over="ignore", divide="ignore"):
        return float(np.log(np.exp(np.asarray(z, dtype=dtype)).sum()))


def log_sum_exp(z: Any, dtype: str = "float64") -> float:
    """ln Σ e^z = m + ln Σ e^(z - m), with m the largest z."""
    z = np.asarray(z, dtype=dtype)
    return float(z.max() + np.log(np.exp(z - z.max()).sum()))


def overflow_threshold(dtype: str) -> float:
    """The largest z whose e^z is finite, by bisection down to two neighbouring numbers of that type."""
    kind = np.dtype(dtype).type
    low, high = kind(1), kind(10_000)
    with np.errstate(over="ignore"):
        while True:
            middle = kind((low + high) / 2)
            if middle in (low, high):
                return float(low)
            if np.isfinite(np.exp(middle)):
                low = middle
            else:
                high = middle


def overflow(words: Mapping[str, str], language: str) -> Panel:
    """Softmax as it is written and as it is computed, up to scores of 1e4."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        kind, size = values["dtype"], values["size"]
        # Far below zero nothing overflows, but everything underflows.
        z = size * np.array([1.0, 0.9, -0.5]) if values["sign"] == "plus" else -size - np.arange(3.0)
        naive, stable = naive_softmax(z, kind), stable_softmax(z, kind)
        with np.errstate(over="ignore"):
            raw, shifted = np.exp(z.astype(kind)), np.exp((z - z.max()).astype(kind))
        rows = [[num(z[i]), *(_said(column[i]) for column in (naive, stable, raw, shifted))] for i in range(3)]
        key = "fine" if np.isfinite(naive).all() else "underflow" if raw.sum() == 0 else "overflow"
        return [
            Note(text=words[key], tone="good" if key == "fine" else "warning", wide=True),
            Table(
                columns=["z", words["naive"], words["stable"], "e^z", "e^(z − m)"],
                rows=rows,
                roles=("class0", "class1", "class2"),
                wide=True,
                alt=words["alt"],
            ),
            Readout(
                items=[
                    (words["naive_sum"], _said(naive_log_sum_exp(z, kind))),
                    (words["stable_sum"], _said(log_sum_exp(z, kind))),
                ]
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="size", label=words["size"], value=50, low=1, high=10_000, step=0.01, log=True),
            Menu(
                name="sign",
                label=words["sign"],
                value="plus",
                options=(("plus", words["plus"]), ("minus", words["minus"])),
            ),
            Menu(
                name="dtype",
                label=words["dtype"],
                value="float32",
                options=(("float32", "float32"), ("float64", "float64")),
            ),
        ],
        language=language,
        label=words["label"],
    )


def _said(value: Any) -> str:
    """A number that may be none, as a table says it."""
    number = float(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    return num(number, 3).replace("e+", "e")

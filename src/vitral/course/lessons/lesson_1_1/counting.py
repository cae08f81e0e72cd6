"""How many Boolean functions one unit computes: all of them up to four inputs, and some drawn by lot beyond."""

from collections.abc import Mapping
from functools import cache
from itertools import permutations
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_1.units import unit_for
from vitral.course.truth_tables import truth_rows
from vitral.foundations import ThresholdUnit
from vitral.training import Task
from vitral.views.widgets import Bars, Button, Drawing, Panel, Readout, Slider

N_DRAWN = 60  # functions in one draw of the lottery


@cache
def npn_classes(d: int) -> tuple[tuple[tuple[int, ...], int], ...]:
    """All functions of d inputs, one for each class of functions that differ only in names and signs (NPN classes).

    Swapping inputs, negating an input or negating the output swaps or negates weights: if one unit computes a function,
    another one computes those.

    Returns:
        For each class the truth table of one function, 2^d zeros and ones, and how many functions it has.
    """
    n, table = 2**d, truth_rows(d).astype(int)
    powers = 2 ** np.arange(n)[::-1]
    moves = np.array(
        [(table[:, p] ^ np.array(flip)) @ (2 ** np.arange(d)[::-1]) for p in permutations(range(d)) for flip in table]
    )
    seen, found = np.zeros(2**n, dtype=bool), []
    for number in range(2**n):
        if not seen[number]:
            column = (number >> np.arange(n)[::-1]) & 1
            alike = column[moves] @ powers
            alike = np.unique(np.concatenate([alike, 2**n - 1 - alike]))
            seen[alike] = True
            found.append((tuple(column.tolist()), len(alike)))
    return tuple(found)


@cache
def count_computable(d: int) -> tuple[int, int]:
    """How many Boolean functions of d inputs one unit computes, of how many; every yes and no with its proof."""
    total = 2 ** (2**d)
    return sum(size for column, size in npn_classes(d) if isinstance(unit_for(column), ThresholdUnit)), total


def lottery(words: Mapping[str, str], language: str) -> Panel:
    """Functions drawn by lot: how many of them one unit computes."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        d = int(values["d"])
        rng = np.random.default_rng([d, values["draw"]])
        columns = rng.integers(0, 2, (N_DRAWN, 2**d))
        hits = 0
        for number, column in enumerate(columns):
            hits += isinstance(unit_for(column.tolist()), ThresholdUnit)
            task.report(number / N_DRAWN)
        shares = []
        for inputs in (1, 2, 3, 4):
            computable, total = count_computable(inputs)
            shares.append(100 * computable / total)
        return [
            Readout(
                title=words["drawn"].format(n=N_DRAWN, d=d),
                items=[
                    (words["functions"], 2.0 ** (2**d)),
                    (words["hits"], f"{hits} / {N_DRAWN}", "right" if hits else "wrong"),
                ],
            ),
            Bars(
                title=words["shares"],
                names=[words["inputs"].format(d=n) for n in (1, 2, 3, 4)],
                values=shares,
                limits=(0.0, 100.0),
                digits=3,
                alt=words["alt"],
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="d", label=words["d"], value=2, low=1, high=6, step=1, structural=True),
            Button(name="draw", label=words["draw"]),
        ],
        language=language,
        label=words["label"],
    )

"""One unit, and layers of units: what they compute.

A unit fires, y = 1, when w·x > θ; `vitral.foundations` writes b = -θ. A Boolean function of D inputs is the column of
its truth table: 2^D zeros and ones.

Letters: D inputs, G grid points a side.
"""

from collections.abc import Sequence

import numpy as np

from vitral.course.grids import asked_everywhere
from vitral.course.numbers import num
from vitral.course.truth_tables import truth_rows
from vitral.foundations import Certificate, Separator, ThresholdNetwork, ThresholdUnit, and_unit, or_unit, separate
from vitral.views.widgets import Limits

GATES = {
    "AND": and_unit(),
    "OR": or_unit(),
    "NAND": ThresholdUnit(weights=np.array([-1.0, -1.0]), bias=1.5),
    "NOR": ThresholdUnit(weights=np.array([-1.0, -1.0]), bias=0.5),
}


def unit_of(weights: Sequence[float] | np.ndarray, threshold: float) -> ThresholdUnit:
    """A unit with these weights and this threshold θ."""
    return ThresholdUnit(weights=np.array(weights, dtype=np.float64), bias=-float(threshold))


def unit_for(column: Sequence[int]) -> ThresholdUnit | Certificate:
    """A unit that computes a Boolean function, or the proof that none does.

    Args:
        column: its truth table, 2^D zeros and ones.
    """
    d = int(np.log2(len(column)))
    if min(column) == max(column):  # always the same answer: no weights needed
        return unit_of(np.zeros(d), 0.5 - min(column))
    found = separate(truth_rows(d), column)
    return found.unit if isinstance(found, Separator) else found


def parity_network(d: int) -> ThresholdNetwork:
    """Odd or even, for d inputs: hidden unit k fires if at least k inputs are 1; the output adds and subtracts them."""
    hidden = tuple(unit_of(np.ones(d), k - 0.5) for k in range(1, d + 1))
    return ThresholdNetwork(hidden=hidden, output=unit_of([(-1.0) ** k for k in range(d)], 0.5))


def table_network(column: Sequence[int]) -> ThresholdNetwork:
    """Any function with at least one 1: a hidden unit that fires for each row with a 1, and one OR."""
    d = int(np.log2(len(column)))
    ones = truth_rows(d)[np.array(column) == 1]
    hidden = tuple(unit_of(2 * row - 1, row.sum() - 0.5) for row in ones)  # w·x is greatest, Σ row, at the row itself
    return ThresholdNetwork(hidden=hidden, output=or_unit(len(hidden)))


def half_planes(made: ThresholdUnit, limits: Limits, grid: int = 40) -> np.ndarray:
    """What a unit says of a grid of places, (G, G) of 0 and 1; row 0 is the lowest."""
    return asked_everywhere(made.predict, limits, grid)


def compared(z: float, theta: float, digits: int = 6) -> str:
    """A sum against a threshold: 1.5 > 0.25, or 0 ≤ 0.25."""
    return f"{num(z, digits)} {'>' if z > theta else '≤'} {num(theta, digits)}"

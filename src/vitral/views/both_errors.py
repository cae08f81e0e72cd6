"""Numbers on training and on validation rows over whatever was varied, out of a sweep or out of arrays. NumPy only.

Letters: P values of what was varied, S seeds.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral._errors import ArgumentError, ShapeError
from vitral.runs import Sweep, is_higher_better
from vitral.views.variant_values import (
    Value,
    check_metric,
    check_sweep,
    choose_names,
    curve_of,
    outcome_of,
    values_in_order,
    values_of,
)

_HELD_OUT = "val_"


@dataclass(frozen=True, kw_only=True)
class Both:
    """Training and validation at P values, S seeds of each; what diverged is infinite, what is missing NaN."""

    train: np.ndarray  # (P, S)
    validation: np.ndarray  # (P, S)
    values: list[Value]  # P
    metric: str
    over: str


def of_sweep(sweep: Any, validation: Any, x: Any, metric: str | None, over: str | None, *, best_epoch: bool) -> Both:
    """What a sweep has measured, all that varies besides `over` as if it were seeds."""
    sweep = check_sweep(sweep)
    for argument, given in (("validation", validation), ("x", x)):
        if given is not None:
            raise ArgumentError(
                f"{argument} must be left out with a sweep, which has its own: got {type(given).__name__}."
            )
    held_out = check_metric(sweep, metric)
    train = held_out.removeprefix(_HELD_OUT)
    held_out = _HELD_OUT + train
    if held_out not in sweep.metrics or train not in sweep.metrics:
        raise ArgumentError(
            f"sweep must have measured {train} on training and on validation rows: got one with "
            f"{', '.join(sweep.metrics)}. Train it with validation_data or validation_split."
        )
    (name,) = choose_names(sweep, {"over": over})
    values = values_of(sweep, name)
    pairs = [[_pair(sweep, v, train, held_out, best_epoch=best_epoch) for v in value.variants] for value in values]
    n = max(map(len, pairs))
    table = np.array([row + [(math.nan, math.nan)] * (n - len(row)) for row in pairs])  # (P, S, 2)
    return Both(train=table[..., 0], validation=table[..., 1], values=values, metric=train, over=name)


def _pair(sweep: Sweep, variant: int, train: str, held_out: str, *, best_epoch: bool) -> tuple[float, float]:
    """Both numbers of a variant, of the same epoch; infinite where it diverged."""
    last = outcome_of(sweep, variant, train, best=False), outcome_of(sweep, variant, held_out, best=False)
    if not best_epoch or not all(map(math.isfinite, last)):
        return last
    curve = curve_of(sweep, variant, held_out)
    epoch = (max if is_higher_better(held_out) else min)(curve, key=lambda e: curve[e])
    return curve_of(sweep, variant, train).get(epoch, math.nan), curve[epoch]


def of_arrays(train: Any, validation: Any, x: Any, metric: str | None, over: str | None) -> Both:
    """Arrays, in the order of their axis."""
    tables = []
    for argument, given in (("train", train), ("validation", validation)):
        try:
            table = np.asarray(given, np.float64)
        except (TypeError, ValueError):
            table = np.empty(0)
        if table.ndim not in (1, 2) or not table.size:
            raise ShapeError(
                f"{argument} must be numbers, (P,), or (P, S) with a column for each seed: got "
                f"{f'shape {table.shape}' if table.ndim > 2 else type(given).__name__}."
                f"{' Or give a Sweep as train.' if argument == 'train' else ''}"
            )
        tables.append(table.reshape(len(table), -1))
    if tables[0].shape != tables[1].shape:
        raise ShapeError(f"validation must be as many numbers as train, {tables[0].shape}: got {tables[1].shape}.")
    n = len(tables[0])
    values = values_in_order("x", range(n) if x is None else x, n, "a value for each row of train")
    order = [v.variants[0] for v in values]
    return Both(
        train=tables[0][order],
        validation=tables[1][order],
        values=values,
        metric="error" if metric is None else str(metric),
        over="x" if over is None else str(over),
    )


def summary_of(table: np.ndarray, percents: tuple[int, ...]) -> np.ndarray:
    """(3, P) the ends of the band and the median; ±∞ counts as worse than any number, NaN does not count."""
    rows = np.full((len(table), 3), np.nan)
    for i, row in enumerate(table):
        known = row[~np.isnan(row)]
        if len(known):
            # Half-way between a number and ∞ is nothing that could be drawn: the worse of the two counts.
            method = "linear" if np.isfinite(known).all() else "higher" if known.max() == np.inf else "lower"
            rows[i] = np.percentile(known, percents, method=method)
    return rows.T


def best_place(middle: np.ndarray, *, higher: bool) -> int | None:
    """Of (P,) medians the best; None where none is a number."""
    worth = np.where(np.isfinite(middle), middle if higher else -middle, -np.inf)
    return int(worth.argmax()) if np.isfinite(worth).any() else None

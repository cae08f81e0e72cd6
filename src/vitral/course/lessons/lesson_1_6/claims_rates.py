"""What lesson 1.6 claims of rates, epochs, updates and time, measured."""

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_6.clock import lengths_to, step_seconds, winner_of
from vitral.course.lessons.lesson_1_6.names import SIZES
from vitral.course.lessons.lesson_1_6.rates import grid, largest
from vitral.course.lessons.lesson_1_6.sweeping import RATES, sweep
from vitral.course.lessons.lesson_1_6.trials import largest_batch_rate, steepest_curvature

GOAL = 0.1


def largest_rates() -> dict[int, float]:
    """The largest rate that works, with the mean, by size."""
    found = {size: largest(losses) for size, losses in grid.get().items()}
    return {size: rate for size, rate in found.items() if rate is not None}


def medians_to_goal(axis: str, at_once: int = 1) -> dict[int, float]:
    """How far to the goal on an axis, the median of the seeds, each scheme at its best rate."""
    return {B: float(np.median(each)) for B, each in lengths_to(sweep.get(), GOAL, axis, at_once).items()}


def claim_same_rate() -> Measured:
    """At the same rate, the fewer rows a step, the fewer epochs."""
    found = sweep.get()
    medians = {B: float(np.median(found.epochs_to(0.3, B, 0.3))) for B in (1, 15, 150)}
    return Measured(holds=medians[1] < medians[15] < medians[150], values={f"b{B}": m for B, m in medians.items()})


def claim_best_rate() -> Measured:
    """Each scheme has a best rate of its own, and the larger its batches, the larger that is."""
    found = sweep.get()
    best = {B: found.best_rate(GOAL, B) for B in (1, 15, 150)}
    lost = int((found.losses[1, RATES[-1]][-1] > 0.5).sum())
    holds = best[1] < best[15] <= best[150] and lost == 20
    return Measured(holds=holds, values={**{f"b{B}": rate for B, rate in best.items()}, "lost": lost})


def claim_epochs() -> Measured:
    """By epochs online is first."""
    found = medians_to_goal("epochs")
    return Measured(holds=found[1] < found[15] < found[150], values={f"b{B}": v for B, v in found.items()})


def claim_updates() -> Measured:
    """By updates batch is first."""
    found = medians_to_goal("updates")
    return Measured(holds=found[150] < found[15] < found[1], values={f"b{B}": v for B, v in found.items()})


def claim_ticks() -> Measured:
    """By the time of a machine that does fifteen rows at once, mini-batches are first; with one row, online."""
    found = medians_to_goal("ticks", 15)
    winners = [winner_of(lengths_to(sweep.get(), GOAL, "ticks", P)) for P in (1, 15, 150)]
    return Measured(holds=winners == [1, 15, 150], values={f"b{B}": v for B, v in found.items()})


def claim_step() -> Measured:
    """A step on all rows takes longer than a step on one row, but far less than a hundred and fifty times as long."""
    ratio = step_seconds(150) / step_seconds(1)
    return Measured(holds=1 < ratio < 50, values={"ratio": ratio})


def claim_rises() -> Measured:
    """With the mean, the largest rate that works rises with B, slower than B, and then no more."""
    found = largest_rates()
    rise = found[150] / found[1]
    ordered = [found[B] for B in SIZES]
    holds = ordered == sorted(ordered) and 3 < rise < 50 and found[150] <= 2 * found[15]
    return Measured(holds=holds, values={**{f"b{B}": rate for B, rate in found.items()}, "rise": rise})


def claim_falls() -> Measured:
    """With the sum it falls: for large batches in proportion to 1/B (Wilson and Martinez)."""
    found = {B: rate / B for B, rate in largest_rates().items()}
    holds = found[150] < found[50] < found[15] < found[1] and found[1] > 5 * found[150]
    holds = holds and 0.5 < 10 * found[150] / found[15] < 2
    return Measured(holds=holds, values={**{f"b{B}": rate for B, rate in found.items()}, "fall": found[1] / found[150]})


def claim_bound() -> Measured:
    """On a bowl, batch training stands every rate below 2/λ and none above."""
    measured, bound = largest_batch_rate(), 2 / steepest_curvature()
    return Measured(holds=abs(measured / bound - 1) < 0.01, values={"measured": measured, "bound": bound})

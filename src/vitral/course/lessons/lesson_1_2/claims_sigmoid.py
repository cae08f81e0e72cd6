"""What lesson 1.2 claims of the sigmoid unit, measured: its loss, its rates, its margin."""

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_2.data import flowers
from vitral.course.lessons.lesson_1_2.trainings import iris_bound, iris_training, long_descent
from vitral.foundations import LogisticUnit, margin


def claim_convex() -> Measured:
    """The loss is convex: no chord runs below it, and no curvature is negative."""
    x, t = flowers("petal")
    unit, rng = LogisticUnit(), np.random.default_rng(0)
    pairs = rng.normal(scale=3.0, size=(1000, 2, 3))
    below = sum(unit.loss((u + v) / 2, x, t) > (unit.loss(u, x, t) + unit.loss(v, x, t)) / 2 + 1e-12 for u, v in pairs)
    rows = np.column_stack([x, np.ones(len(x))])
    p = np.array([unit.predict_proba(u, x) for u, _ in pairs])
    curvatures = np.linalg.eigvalsh(np.einsum("nd,pn,ne->pde", rows, p * (1 - p), rows) / len(x))
    least = float(curvatures.min())
    return Measured(holds=below == 0 and least > -1e-12, values={"chords": len(pairs), "below": below})


def claim_large_rate() -> Measured:
    """A rate far beyond 2/ℓ makes the loss jump, but not diverge: on separable flowers it still goes to zero."""
    x, t = flowers("petal")
    runs = {rate: LogisticUnit(learning_rate=rate, epochs=300).fit(x, t) for rate in (0.1, 10.0, 1000.0)}
    safe = 2 / LogisticUnit().lipschitz(x)
    peak, end, slow = runs[10.0].losses.max(), runs[10.0].losses[100], runs[0.1].losses[100]
    finite = all(run.diverged is None for run in runs.values())
    return Measured(
        holds=finite and peak > np.log(2) and end < slow and runs[1000.0].losses[-1] < 0.01,
        values={"safe": safe, "peak": peak, "end": end, "slow": slow, "peak_1000": runs[1000.0].losses.max()},
    )


def claim_restless() -> Measured:
    """Where no line separates, a rate far too large leaves the loss above that of a unit that knows nothing."""
    x, t = flowers("petal", 1, 2)
    small, large = (LogisticUnit(learning_rate=rate, epochs=2000).fit(x, t).losses[-1] for rate in (1.0, 100.0))
    return Measured(holds=bool(small < np.log(2) < large), values={"small": small, "large": large})


def claim_margin() -> Measured:
    """A perceptron stops at the first line without a mistake; descent moves on towards the widest margin."""
    x, t = flowers("petal")
    widest = iris_bound("petal").margin
    found = [margin(iris_training("petal", 1.0, seed).weights[-1], x, t) / widest for seed in range(500)]
    mean = float(np.mean(found))
    descent = margin(long_descent(10_000)[-1], x, t) / widest
    return Measured(
        holds=max(found) <= 1 + 1e-9 and mean < descent <= 1 + 1e-9,
        values={
            "low": 100 * min(found),
            "high": 100 * max(found),
            "mean": 100 * mean,
            "descent": 100 * descent,
        },
    )


def claim_norm() -> Measured:
    """On separable data the sigmoid unit's weights grow for ever, by about as much in each tenfold of epochs."""
    lengths = np.linalg.norm(long_descent(10_000)[[10, 100, 1000, 10_000]], axis=1)
    return Measured(
        holds=bool((np.diff(lengths) > 1).all()), values={"a": lengths[1], "b": lengths[2], "c": lengths[3]}
    )

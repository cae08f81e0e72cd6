"""What lesson 1.7 claims of stopping early, measured: twenty networks 2-32-1, each on points of its own."""

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_7.costs import many
from vitral.course.lessons.lesson_1_7.trials import SEEDS, early_and_ridge, stopped


def claim_early() -> Measured:
    """The weights of the epoch that validated best do better on points that had no say than those of the end."""
    found = many.get()
    best, every = found.validation.argmin(axis=0), np.arange(len(SEEDS))
    kept, last = found.test[best, every], found.test[-1]
    better = int((kept < last).sum())
    return Measured(
        holds=better >= 18,
        values={
            "kept": float(np.median(kept)), "last": float(np.median(last)), "better": better, "n": len(SEEDS),
            "epoch": float(np.median(best + 1)),
        },
    )  # fmt: skip


def first_rise() -> tuple[np.ndarray, np.ndarray]:
    """Of each network, after how many epochs its validation loss first rose, and its excess before that, in percent."""
    checks = many.get().validation
    rises = np.array([int(np.flatnonzero(np.diff(checks[:, s]) > 0)[0]) for s in range(checks.shape[1])])
    excess = 100 * (checks[rises, np.arange(len(rises))] / checks.min(axis=0) - 1)
    return rises + 2, excess


def claim_minima() -> Measured:
    """The validation loss has many minima: where it first rises is hardly ever the end of learning."""
    checks = many.get().validation
    middle = checks[1:-1]
    minima = ((middle < checks[:-2]) & (middle < checks[2:])).sum(axis=0)
    epochs, excess = first_rise()
    soon = int((epochs - 1 < checks.argmin(axis=0) + 1).sum())
    return Measured(
        holds=minima.min() > 10 and soon >= 12,
        values={
            "minima": float(np.median(minima)), "epoch": float(np.median(epochs)), "soon": soon, "n": len(SEEDS),
            "excess": float(np.median(excess)),
        },
    )  # fmt: skip


def claim_rules() -> Measured:
    """All rules save most epochs; the two that stop late cost less loss than the two that stop soon."""
    found = stopped()
    epochs = {rule: float(np.median(each.stopped)) for rule, each in found.items()}
    excess = {rule: float(each.excess.mean()) for rule, each in found.items()}
    soon, late = ("gl", "patience"), ("pq", "up")
    holds = max(epochs[r] for r in soon) < min(epochs[r] for r in late)
    holds = holds and min(excess[r] for r in soon) > max(excess[r] for r in late)
    holds = holds and all(each.saved >= 50 for each in found.values())
    return Measured(
        holds=holds,
        values={**{f"{r}_at": epoch for r, epoch in epochs.items()}, **{f"{r}_cost": e for r, e in excess.items()}},
    )


def claim_test() -> Measured:
    """On points that had no say, every rule does better than training to the end."""
    found, last = stopped(), many.get().test[-1]
    end = float(np.median(last))
    medians = {rule: float(np.median(each.test)) for rule, each in found.items()}
    return Measured(holds=all(m < end for m in medians.values()), values={**medians, "last": end})


def claim_ridge_like() -> Measured:
    """Descent that is stopped early says nearly what a ridge says."""
    near, far = early_and_ridge()
    return Measured(
        holds=bool(near.max() < 0.1 and np.median(far) > 3 * np.median(near)),
        values={"near": 100 * float(np.median(near)), "worst": 100 * near.max(), "far": 100 * float(np.median(far))},
    )

"""What the reading claims of the loss and the descent on it, measured: gradient, convexity, the limits of the rate."""

from functools import cache

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_ref.convexity import above_chord, random_ends
from vitral.course.lessons.lesson_ref.data import all_measurements, tumours
from vitral.course.lessons.lesson_ref.descent import rates
from vitral.course.lessons.lesson_ref.loss import best_fit, hessian, loss_at, with_bias
from vitral.course.numbers import tiny
from vitral.foundations import LogisticUnit, differences, gradcheck
from vitral.foundations.activations import sigmoid


def claim_gradient() -> Measured:
    """X'ᵀ(p - t)/N against central differences, with 30 measurements, at 10 random places."""
    x, t = all_measurements()
    rng = np.random.default_rng(0)
    unit = LogisticUnit()
    worst = 0.0
    for _ in range(10):
        w = rng.normal(0, 0.3, 31)
        by_hand = with_bias(x).T @ (sigmoid.value(with_bias(x) @ w) - t) / len(x)
        check = gradcheck(lambda a: float(loss_at(a[0], with_bias(x), t)), [w], [by_hand])[0].error
        worst = max(worst, check, float(np.abs(by_hand - unit.gradient(w, x, t)).max()))
    return Measured(holds=worst < 1e-6, values={"worst": tiny(worst), "numbers": 31})


def claim_balance() -> Measured:
    """At the optimum the probabilities add up to as many tumours as are malignant; each may be wrong all the same."""
    data, w = tumours(), best_fit()
    p = sigmoid.value(with_bias(data.z_score) @ w)
    expected, seen = float(p.sum()), int(data.malignant.sum())
    missed = int(((p > 0.5) != data.malignant).sum())
    moment = float((data.z_score[:, 0] * (p - data.malignant)).sum())
    return Measured(
        holds=abs(expected - seen) < 1e-6 and abs(moment) < 1e-6,
        values={"expected": expected, "seen": seen, "missed": missed, "total": len(p)},
    )


def claim_convex() -> Measured:
    """Hessians at 300 random weights: against differences of the gradient, and their eigenvalues."""
    x, t = all_measurements()
    x = x[:, :5]
    rows, unit, rng = with_bias(x), LogisticUnit(), np.random.default_rng(0)
    least, most, error = np.inf, 0.0, 0.0
    for trial in range(300):
        w = rng.normal(0, 3, 6)
        found = np.linalg.eigvalsh(hessian(w, rows))
        least, most = min(least, float(found[0])), max(most, float(found[-1]))
        if trial < 5:
            by_differences = differences(lambda a: float(unit.gradient(a[0], x, t)[0]), [w])[0]
            error = max(error, float(np.abs(by_differences - hessian(w, rows)[0]).max()))
    return Measured(
        holds=least > -1e-12 and most <= unit.lipschitz(x) + 1e-12 and error < 1e-7,
        values={"least": tiny(least), "most": most, "bound": unit.lipschitz(x), "error": tiny(error)},
    )


@cache
def bent_segments() -> tuple[float, float, float]:
    """Of 500 random segments: the share above the chord for cross-entropy and for the squared error, and how far."""
    data = tumours()
    rows, rng = with_bias(data.z_score), np.random.default_rng(0)
    over = {"cross_entropy": [], "squared": []}
    for _ in range(500):
        a, b = random_ends(rng)
        over["cross_entropy"].append(above_chord(a, b, rows, data.malignant, "cross_entropy"))
        over["squared"].append(above_chord(a, b, rows, data.malignant, "squared"))
    share = {kind: float((np.array(each) > 1e-12).mean()) for kind, each in over.items()}
    return share["cross_entropy"], share["squared"], max(over["squared"])


def claim_not_convex() -> Measured:
    """The same segments under both losses."""
    entropy, squared, most = bent_segments()
    return Measured(
        holds=entropy == 0 and squared > 0.2, values={"entropy": 100 * entropy, "squared": 100 * squared, "most": most}
    )


def claim_rate_limit() -> Measured:
    """No step up to 2/ℓ raises the loss; what stops arriving at 2/λ is predicted by the Hessian at the optimum."""
    found = rates()
    return Measured(
        holds=found["rise"] < 1e-12 and abs(found["found"] / found["predicted"] - 1) < 0.01,
        values={**found, "rise": tiny(found["rise"]), "within": tiny(found["within"])},
    )


def claim_two_step_dance() -> Measured:
    """Beyond the limit the weights do not explode: they jump between two places."""
    found = rates()
    return Measured(
        holds=found["jump"] > 0.1 and found["period"] < 1e-9 and found["largest"] < 100,
        values={**found, "period": tiny(found["period"])},
    )

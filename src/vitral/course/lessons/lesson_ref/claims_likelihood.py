"""What the reading claims of probabilities and their product, measured: odds, underflow, one loss with two names."""

import math

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_ref.data import all_measurements, flowers, tumours
from vitral.course.lessons.lesson_ref.likelihood import product, standstill
from vitral.course.lessons.lesson_ref.loss import best_fit, loss_at, with_bias
from vitral.course.numbers import tiny
from vitral.foundations import LogisticUnit, SoftmaxRegression, losses
from vitral.foundations.activations import sigmoid


def claim_odds_ratio() -> Measured:
    """At the optimum, one pixel more multiplies the odds by the same number everywhere; p moves by anything."""
    data, w = tumours(), best_fit()
    slope = w[0] / data.radius.std()

    def p(radius: float) -> float:
        return float(sigmoid.value(w[0] * (radius - data.radius.mean()) / data.radius.std() + w[1]))

    at = (10.0, 14.5, 20.0)
    ratios = [p(r + 1) / (1 - p(r + 1)) / (p(r) / (1 - p(r))) for r in at]
    moves = [p(r + 1) - p(r) for r in at]
    return Measured(
        holds=max(abs(ratio / math.exp(slope) - 1) for ratio in ratios) < 1e-9 and moves[1] > 10 * moves[0],
        values={"slope": slope, "ratio": ratios[0], "small": moves[0], "middle": moves[1], "large": moves[2]},
    )


def claim_underflow() -> Measured:
    """Tosses of a coin until the product of their probabilities is 0; better guesses, which come to a standstill."""
    (end, last), (sooner, _), (stuck, remains) = standstill(0.5), standstill(0.4), standstill(0.6)
    before, total = product(np.full(end - 1, 0.5)), end * math.log(0.5)
    return Measured(
        holds=end == 1075 and last == 0 and before > 0 and remains > 0 and math.isfinite(total),
        values={
            "end": end,
            "before": tiny(before),
            "total": total,
            "sooner": sooner,
            "stuck": stuck,
            "remains": tiny(remains),
        },
    )


def claim_same_thing() -> Measured:
    """-ln of the likelihood by N, multiplied out, against the catalogue's binary cross-entropy."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(40, 2)), rng.normal(size=3)
    t = rng.integers(0, 2, 40)
    likelihood = product(LogisticUnit().likelihood(w, x, t))
    p = LogisticUnit().predict_proba(w, x)
    entropy = losses.binary_cross_entropy.value(p, t.astype(float))
    return Measured(
        holds=abs(-math.log(likelihood) / 40 - entropy) < 1e-12,
        values={"likelihood": likelihood, "left": -math.log(likelihood) / 40, "right": entropy},
    )


def claim_coin() -> Measured:
    """With all weights 0 the loss is ln K, whatever the data."""
    x, t = all_measurements()
    two = LogisticUnit().loss(np.zeros(31), x, t)
    petals, species = flowers()
    three = SoftmaxRegression().loss(np.zeros((3, 3)), petals, species)
    best = float(loss_at(best_fit(), with_bias(tumours().z_score), tumours().malignant))
    return Measured(
        holds=abs(two - math.log(2)) < 1e-12 and abs(three - math.log(3)) < 1e-12 and best < two,
        values={"two": two, "three": three, "best": best, "bits": best / math.log(2)},
    )

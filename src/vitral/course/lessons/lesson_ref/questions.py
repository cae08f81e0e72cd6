"""What the reading lets a reader guess, and what it asks."""

import math
from collections.abc import Mapping

import numpy as np

from vitral.course.claims import Revealed, Verdict, nearest
from vitral.course.lessons.lesson_ref.data import tumours
from vitral.course.lessons.lesson_ref.descent import rates, walk
from vitral.course.lessons.lesson_ref.infinite import growth
from vitral.course.lessons.lesson_ref.likelihood import standstill
from vitral.course.lessons.lesson_ref.loss import best_fit, loss_at, with_bias
from vitral.course.numbers import numbers_in
from vitral.foundations import LogisticUnit
from vitral.foundations.activations import sigmoid
from vitral.views.widgets import Curves, Series

# The three points of the first exercise: the unit's probability of class 1, and what was seen.
THREE_P, THREE_T = (0.8, 0.5, 0.1), (1, 1, 0)
# The points of the open exercise: no threshold parts them.
OPEN_X, OPEN_T = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]]), np.array([0, 0, 1, 0, 1])


def predict_one_more() -> Revealed:
    """What one unit more of x does, with w = ln 2, at three places."""
    w = math.log(2)
    before = np.array([-3.0, 0.0, 3.0])
    p, after = sigmoid.value(before), sigmoid.value(before + w)
    added, times = after - p, after / p
    odds = after / (1 - after) / (p / (1 - p))
    spread = {"add": float(np.ptp(added)), "double": float(np.ptp(times)), "odds": float(np.ptp(odds))}
    return Revealed(
        answer=min(spread, key=lambda key: spread[key]),
        values={"p1": p[0], "q1": after[0], "p2": p[1], "q2": after[1], "p3": p[2], "q3": after[2], "odds": odds[0]},
    )


def predict_until_zero() -> Revealed:
    """Rows until the likelihood of coin tosses is 0 in float64."""
    end, _ = standstill(0.5)
    options = {"n50": 50, "n1000": 1000, "n100000": 100_000}
    return Revealed(answer=nearest(options, end), values={"end": end, "total": end * math.log(0.5)})


def predict_too_long() -> Revealed:
    """Gradient descent at a rate a tenth beyond the limit."""
    found, data = rates(), tumours()
    rate = 1.1 * found["predicted"]
    way = walk(with_bias(data.z_score), data.malignant, best_fit() + 1e-3, rate=rate, steps=400)
    if not np.isfinite(way).all() or np.abs(way).max() > 1e3:
        answer = "explodes"
    else:
        answer = "two" if np.abs(way[-1] - way[-2]).max() > 0.01 else "arrives"
    steps = np.arange(300, 401)
    curves = Curves(
        series=[
            Series(x=steps, y=way[steps, 0], name="w", role="a"),
            Series(x=steps, y=way[steps, 1], name="b", role="b"),
        ],
        y_label="w, b",
    )
    values = {"rate": rate, "b1": float(way[-2, 1]), "b2": float(way[-1, 1])}
    return Revealed(answer=answer, values=values, drawings=[curves])


def predict_ten_times() -> Revealed:
    """Ten times as many steps on points that a threshold parts."""
    found = growth()
    grown = found["w10000"] / found["w1000"]
    answer = "stays" if grown < 1.01 else "tenfold" if grown > 5 else "bit"
    return Revealed(answer=answer, values=found)


def exercise_three_points(answers: Mapping[str, str]) -> Verdict:
    """The likelihood and the mean cross-entropy of three points, by hand."""
    given = numbers_in([answers["likelihood"], answers["loss"]])
    if given is None:
        return Verdict(right=False, say="number")
    likelihood, loss = given
    seen = [p if t else 1 - p for p, t in zip(THREE_P, THREE_T, strict=True)]
    wanted = math.prod(seen)
    wanted_loss = -math.log(wanted) / 3
    if abs(likelihood - wanted) > 0.002:
        return Verdict(right=False, say="class0" if abs(likelihood - math.prod(THREE_P)) < 0.002 else "likelihood")
    if abs(loss - wanted_loss) < 0.003:
        return Verdict(right=True, say="right", values={"bits": wanted_loss / math.log(2)})
    if abs(loss - 3 * wanted_loss) < 0.01:
        return Verdict(right=False, say="mean")
    return Verdict(right=False, say="bits" if abs(loss - wanted_loss / math.log(2)) < 0.005 else "loss")


def exercise_good_enough(answers: Mapping[str, str]) -> Verdict:
    """Any w and b whose loss on five points is within 0.01 of the least there is."""
    w = numbers_in([answers["w"], answers["b"]])
    if w is None:
        return Verdict(right=False, say="number")
    loss = float(loss_at(w, with_bias(OPEN_X), OPEN_T))
    best = LogisticUnit(epochs=2000, accelerate=True, tolerance=1e-9).fit(OPEN_X, OPEN_T)
    least = float(best.losses[-1])
    slope = LogisticUnit().gradient(w, OPEN_X, OPEN_T)
    values = {"loss": loss, "least": least, "dw": float(slope[0]), "db": float(slope[1])}
    if loss < least + 0.01:
        return Verdict(right=True, say="right", values=values)
    return Verdict(right=False, say="coin" if loss > math.log(2) else "gradient", values=values)


def exercise_hump(answers: Mapping[str, str]) -> Verdict:
    """Two weights between which the squared error of one point, (σ(w) - 1)², rises above its chord."""
    given = numbers_in([answers["a"], answers["b"]])
    if given is None:
        return Verdict(right=False, say="number")
    a, b = given
    if abs(a - b) < 1e-6:
        return Verdict(right=False, say="same")

    def squared(w: float) -> float:
        return float(sigmoid.value(-w)) ** 2

    middle, chord = squared((a + b) / 2), (squared(a) + squared(b)) / 2
    values = {"middle": middle, "chord": chord, "over": middle - chord}
    if middle > chord + 1e-9:
        return Verdict(right=True, say="right", values=values)
    return Verdict(right=False, say="positive" if min(a, b) >= -math.log(2) else "below", values=values)

"""What lesson 1.5 lets a reader guess, and what it asks."""

from collections.abc import Mapping

import numpy as np

from vitral.course.claims import Revealed, Verdict, nearest
from vitral.course.lessons.lesson_1_5.overflow import overflow_threshold
from vitral.course.lessons.lesson_1_5.race import GOAL
from vitral.course.lessons.lesson_1_5.trainings import (
    converted_race,
    deaths,
    saturated_start,
    scaled_scores,
    xor_race,
)
from vitral.course.numbers import numbers_in, tiny
from vitral.foundations.activations import sigmoid, softmax, tanh
from vitral.views.widgets import Curves, Series


def predict_ten_layers() -> Revealed:
    """What is left of a gradient after ten sigmoids at their steepest, nothing else in between."""
    share = float(sigmoid.derivative(0.0)) ** 10
    options = {"half": 0.5, "tenth": 0.1, "thousandth": 1e-3, "millionth": 1e-6}
    return Revealed(answer=nearest(options, share), values={"share": share})


def predict_twins() -> Revealed:
    """Epochs of tanh networks and of sigmoid networks that begin as the same functions."""
    fast, slow = xor_race("tanh", 0.3, 200), converted_race(0.3)
    ratio = slow.median / fast.median
    options = {"same": 1, "twice": 2, "four": 4, "sixteen": 16}
    curves = Curves(
        series=[
            Series(x=epochs, y=np.median(race.losses, axis=1)[epochs], name=name, role=role)
            for race, epochs, name, role in (
                (fast, np.arange(0, 201, 10), "tanh(z)", "a"),
                (slow, np.arange(0, 601, 10), "σ(z)", "b"),
            )
        ],
        y_label="L",
        log_y=True,
        level=GOAL,
    )
    values = {"tanh": fast.median, "sigmoid": slow.median, "ratio": ratio}
    return Revealed(answer=nearest(options, ratio), values=values, drawings=[curves])


def predict_where_it_ends() -> Revealed:
    """The largest z whose e^z float32 can hold."""
    end = overflow_threshold("float32")
    options = {"z89": 89, "z710": 710, "z10000": 10_000, "z1e38": 3.4e38}
    return Revealed(answer=nearest(options, end), values={"end": end, "double": overflow_threshold("float64")})


def predict_decided() -> Revealed:
    """tanh networks that start saturated, beside those that do not."""
    found = saturated_start()
    ratio = found["large"] / found["plain"]
    return Revealed(
        answer="slower" if ratio > 1.5 else "faster" if ratio < 1 / 1.5 else "same", values={**found, "ratio": ratio}
    )


def predict_times_ten() -> Revealed:
    """The same scores, times ten: accuracy and loss on flowers that were not used to fit."""
    found = scaled_scores()
    if found["accuracy_10"] != found["accuracy_1"]:
        answer = "better" if found["accuracy_10"] > found["accuracy_1"] else "worse"
    else:
        answer = "louder" if found["loss_10"] > found["loss_1"] else "nothing"
    return Revealed(answer=answer, values=found)


def predict_too_fast() -> Revealed:
    """Dead ReLU units by learning rate."""
    found = deaths()
    rates = list(found)
    share = found[30.0][0]
    options = {"tenth": 0.1, "third": 0.33, "most": 0.85}
    curves = Curves(
        series=[
            Series(x=rates, y=[100 * found[rate][0] for rate in rates], name="ReLU", role="a"),
            Series(x=rates, y=[100 * found[rate][1] for rate in rates], name="leaky ReLU", role="b"),
        ],
        x_label="η",
        y_label="%",
        log_x=True,
        limits=(0.1, 30, 0, 100),
    )
    return Revealed(
        answer=nearest(options, share), values={"low": 100 * found[0.1][0], "high": 100 * share}, drawings=[curves]
    )


def exercise_slopes_from_outputs(answers: Mapping[str, str]) -> Verdict:
    """Both units give 0.9: their slopes, from the outputs alone."""
    found = numbers_in([answers["sigmoid"], answers["tanh"]])
    if found is None:
        return Verdict(right=False, say="number")
    wanted = np.array([0.9 * (1 - 0.9), 1 - 0.9**2])
    good = np.abs(found - wanted) < 5e-4
    if good.all():
        return Verdict(right=True, say="right", values={"ratio": wanted[1] / wanted[0]})
    if abs(found[0] - float(sigmoid.derivative(0.9))) < 5e-3:
        return Verdict(right=False, say="at_output")
    return Verdict(right=False, say="tanh" if good[0] else "sigmoid")


def exercise_scores_for(answers: Mapping[str, str]) -> Verdict:
    """Three scores whose softmax is (0.5, 0.3, 0.2): any three that differ by the right amounts."""
    z = numbers_in([answers["z1"], answers["z2"], answers["z3"]])
    if z is None:
        return Verdict(right=False, say="number")
    p = softmax.value(z)
    values = {f"p{i}": float(each) for i, each in enumerate(p, start=1)}
    wanted = np.array([0.5, 0.3, 0.2])
    if np.abs(p - wanted).max() < 0.005:
        most = min(z.max(), 700.0)  # beyond it e^z ends
        return Verdict(
            right=True, say="right", values={**values, "sum": float(np.exp(z - z.max()).sum() * np.exp(most))}
        )
    if np.allclose(z, wanted, atol=0.01):
        return Verdict(right=False, say="probabilities", values=values)
    return Verdict(right=False, say="off", values=values)


def exercise_sigmoid_as_tanh(answers: Mapping[str, str]) -> Verdict:
    """a σ(b z) + c = tanh z: two answers are right, and the check compares functions, not numbers."""
    found = numbers_in([answers["a"], answers["b"], answers["c"]])
    if found is None:
        return Verdict(right=False, say="number")
    a, b, c = found
    z = np.linspace(-6, 6, 241)
    apart = np.abs(a * sigmoid.value(b * z) + c - tanh.value(z))
    most = float(apart.max())
    if most < 1e-3:
        return Verdict(right=True, say="right" if a > 0 else "mirrored", values={"size": tiny(most)})
    values = {"apart": most, "z": float(z[apart.argmax()])}
    ends = abs(a * (1 if b > 0 else 0) + c - 1) < 1e-6 and abs(a * (0 if b > 0 else 1) + c + 1) < 1e-6
    return Verdict(right=False, say="steepness" if ends else "ends", values=values)

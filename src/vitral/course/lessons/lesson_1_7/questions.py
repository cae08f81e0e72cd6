"""What lesson 1.7 asks: guesses to be measured, exercises to be checked."""

from collections.abc import Mapping

import numpy as np

from vitral.course.claims import Revealed, Verdict
from vitral.course.lessons.lesson_1_7.arriving import NEAR
from vitral.course.lessons.lesson_1_7.claims_stopping import first_rise
from vitral.course.lessons.lesson_1_7.costs import many
from vitral.course.lessons.lesson_1_7.trials import PATIENTS, SEEDS, arrivals, over, over_widths, polynomial_median
from vitral.course.lessons.lesson_1_7.widths import peak_at
from vitral.course.numbers import num, number_in, whole_in
from vitral.foundations import soft_threshold
from vitral.measures import Patience, stopping_points
from vitral.views.widgets import Bars, Curves, Series

CHECKS = (0.90, 0.70, 0.60, 0.62, 0.59, 0.61, 0.64, 0.63, 0.66, 0.58)  # of the first exercise
WAITS = 3
X, T, LAM = np.array([1.0, 2.0, -1.0, 2.0]), np.array([1.0, 3.0, -1.0, 2.0]), 1.0  # of the second
DEGREE, LEAST, N_POINTS = 14, 0.2, 12  # of the last


def predict_degree() -> Revealed:
    """What going from degree 3 to 9 does to both errors, fifteen points."""
    three, nine = np.median(over("degree")[3], axis=0), np.median(over("degree")[9], axis=0)
    key = ("down" if nine[1] < three[1] else "apart") if nine[0] < three[0] else "up"
    return Revealed(
        answer=key,
        values={"train3": three[0], "train9": nine[0], "validation3": three[1], "validation9": nine[1]},
    )


def predict_double() -> Revealed:
    """What the validation error does from as many parameters as samples to ten times as many."""
    widths, errors = over_widths(0.0)
    at = int(np.flatnonzero(widths == peak_at(PATIENTS))[0])
    ratio = errors[-1] / errors[at]
    series = Series(x=widths, y=errors, role="validation")
    return Revealed(
        answer="rises" if ratio > 1.2 else "same" if ratio > 0.8 else "falls",
        values={"peak": errors[at], "last": errors[-1], "units": int(widths[at]), "many": int(widths[-1])},
        drawings=[Curves(series=[series], x_label="H", y_label="L", log_x=True, log_y=True, marker=int(widths[at]))],
    )


def predict_rise() -> Revealed:
    """In how many of twenty trainings the first rise of the validation loss comes before its least."""
    epochs, excess = first_rise()
    soon = int((epochs - 1 < many.get().validation.argmin(axis=0) + 1).sum())
    share = soon / len(epochs)
    return Revealed(
        answer="most" if share > 0.6 else "half" if share > 0.3 else "few",
        values={"soon": soon, "n": len(epochs), "excess": float(np.median(excess)), "epoch": float(np.median(epochs))},
    )


def predict_zeros() -> Revealed:
    """How many of the weights that the lasso sets to 0 are 0 after ten thousand steps of plain descent."""
    weights, exact = arrivals("l1")
    should = exact == 0
    zeros = int((weights[should] == 0).sum())
    near = int((np.abs(weights[should]) < NEAR).sum())
    share = zeros / should.sum()
    return Revealed(
        answer="all" if share > 0.9 else "some" if zeros else "none",
        values={"zeros": zeros, "should": int(should.sum()), "near": near, "n": len(weights)},
        drawings=[
            Bars(names=["= 0", f"< {NEAR:g}", "lasso: = 0"], values=[zeros, near, int(should.sum())],
                 roles=["a", "b", "c"], digits=3)
        ],
    )  # fmt: skip


def exercise_patience(answers: Mapping[str, str]) -> Verdict:
    """When patience 3 stops ten validation losses, and which epoch it keeps."""
    stopped, kept = whole_in(answers["stops"]), whole_in(answers["keeps"])
    if stopped is None or kept is None:
        return Verdict(right=False, say="numbers")
    history = {"loss": list(CHECKS), "val_loss": list(CHECKS)}
    (point,) = stopping_points(history, [Patience(WAITS)])
    values = {"stops": stopped, "keeps": kept}
    if kept == int(np.argmin(CHECKS)) + 1:
        return Verdict(right=False, say="future", values=values)
    if stopped == point.stopped and kept == stopped:
        return Verdict(right=False, say="last", values=values)
    if stopped != point.stopped:
        return Verdict(right=False, say="stops", values=values)
    return Verdict(right=kept == point.epoch, say="right" if kept == point.epoch else "keeps", values=values)


def exercise_shrink(answers: Mapping[str, str]) -> Verdict:
    """One weight by hand: without a penalty, ridge, and lasso."""
    given = [number_in(answers[name]) for name in ("bare", "ridge", "lasso")]
    if any(each is None for each in given):
        return Verdict(right=False, say="numbers")
    n, square, product = len(X), float(X @ X), float(X @ T)
    right = product / square, product / (square + n * LAM), float(soft_threshold(product / n, LAM / 2)) * n / square
    for name, told, wanted in zip(("bare", "ridge", "lasso"), given, right, strict=True):
        if abs(float(told or 0.0) - wanted) > 0.006:
            if name == "ridge" and abs(float(told or 0.0) - product / (square + LAM)) < 0.006:
                return Verdict(right=False, say="mean", values={"ridge": num(float(told or 0.0), 3)})
            return Verdict(right=False, say=name, values={name: num(float(told or 0.0), 3)})
    return Verdict(right=True, say="right", values=dict(zip(("bare", "ridge", "lasso"), right, strict=True)))


def exercise_tame(answers: Mapping[str, str]) -> Verdict:
    """A λ that keeps a polynomial of degree 14 through 12 points below a validation error: twenty samples."""
    lam = number_in(answers["lam"])
    if lam is None or not 0 <= lam <= 1000:
        return Verdict(right=False, say="number")
    error = polynomial_median(DEGREE, lam, N_POINTS)
    values = {"error": error, "least": LEAST, "n": len(SEEDS)}
    if error < LEAST:
        return Verdict(right=True, say="right", values=values)
    heavier = polynomial_median(DEGREE, max(1.5 * lam, 1e-6), N_POINTS)
    return Verdict(right=False, say="weak" if heavier < error else "strong", values=values)

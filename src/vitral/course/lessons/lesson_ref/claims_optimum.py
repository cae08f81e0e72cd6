"""What the reading claims of softmax and of optima, measured: one gradient, one optimum, and points that have none."""

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_ref.data import flowers, tumours
from vitral.course.lessons.lesson_ref.infinite import growth
from vitral.course.lessons.lesson_ref.loss import best_fit, with_bias
from vitral.course.lessons.lesson_ref.peers import compare_with_sklearn
from vitral.course.numbers import tiny
from vitral.foundations import SoftmaxRegression, gradcheck, losses
from vitral.foundations.activations import sigmoid, softmax


def claim_softmax_of_two() -> Measured:
    """Softmax of two scores, and the sigmoid of their difference, up to ±500."""
    z = np.random.default_rng(0).uniform(-500, 500, (5000, 2))
    apart = float(np.abs(softmax.value(z)[:, 0] - sigmoid.value(z[:, 0] - z[:, 1])).max())
    return Measured(holds=apart < 1e-15, values={"apart": tiny(apart)})


def claim_same_form() -> Measured:
    """X'ᵀ(P - T)/N against central differences and the catalogue, on the iris flowers."""
    x, t = flowers()
    rng, model = np.random.default_rng(0), SoftmaxRegression()
    targets, worst = losses.one_hot(t, 3), 0.0
    for _ in range(5):
        w = rng.normal(size=(3, 3))
        by_hand = with_bias(x).T @ (softmax.value(with_bias(x) @ w) - targets) / len(x)
        check = gradcheck(lambda a: model.loss(a[0], x, t), [w], [by_hand])[0].error
        worst = max(worst, check, float(np.abs(by_hand - model.gradient(w, x, t)).max()))
    return Measured(holds=worst < 1e-6, values={"worst": tiny(worst)})


def claim_reaches_sklearn() -> Measured:
    """Two classes with 30 measurements, and three species: weights and losses of both."""
    two, three = compare_with_sklearn("all", 1.0), compare_with_sklearn("iris", 1.0)
    apart = [float(np.abs(each.ours - each.theirs).max()) for each in (two, three)]
    gaps = [each.our_loss - each.their_loss for each in (two, three)]
    return Measured(
        holds=max(apart) < 5e-3 and max(gaps) < 1e-9,
        values={"two": tiny(apart[0]), "three": tiny(apart[1]), "gap_two": tiny(gaps[0]), "gap_three": tiny(gaps[1])},
    )


def claim_without_penalty() -> Measured:
    """The radius alone, without any penalty: classes that overlap have an optimum of their own."""
    from sklearn.linear_model import LogisticRegression

    data = tumours()
    theirs = LogisticRegression(C=np.inf, tol=1e-10).fit(data.z_score, data.malignant)
    found = np.append(theirs.coef_[0], theirs.intercept_)
    apart = float(np.abs(found - best_fit()).max())
    return Measured(holds=apart < 1e-4, values={"apart": tiny(apart), "w": best_fit()[0], "b": best_fit()[1]})


def claim_at_infinity() -> Measured:
    """The weight grows by about the same amount every time the steps are ten times as many."""
    found = growth()
    steps = (found["w1000"] - found["w100"], found["w10000"] - found["w1000"])
    return Measured(
        holds=min(steps) > 1.5
        and abs(steps[0] - steps[1]) < 0.5
        and abs(found["held10000"] - found["held1000"]) < 1e-6,
        values={**found, "loss": tiny(found["loss"])},
    )

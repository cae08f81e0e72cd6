"""What lesson 1.2 asks: guesses to be measured, exercises to be checked."""

from collections.abc import Mapping

import numpy as np

from vitral.course.claims import Revealed, Verdict
from vitral.course.lessons.lesson_1_2.cycle import period_of
from vitral.course.lessons.lesson_1_2.data import flowers
from vitral.course.lessons.lesson_1_2.trainings import iris_training, mistaken_rows, points_ratio
from vitral.course.numbers import number_in, numbers_in, vector
from vitral.course.truth_tables import FUNCTIONS, truth_rows
from vitral.foundations import LogisticUnit, Perceptron, novikoff_bound
from vitral.views.widgets import Curves, Series

EXERCISE_X, EXERCISE_T = ((2, 1), (1, 3), (3, 1)), (1, 0, 1)
MOST_MISTAKES = 100  # what the second exercise asks to exceed
LIMIT_R, LIMIT_MISTAKES = 5.0, 130  # the third exercise's numbers


def predict_points() -> Revealed:
    """A hundred times the points, the same gap."""
    ratio, few, many = points_ratio()
    answer = "few" if ratio < 5 else "root" if ratio < 30 else "hundred"
    return Revealed(answer=answer, values={"few": few, "many": many, "ratio": ratio})


def predict_rate() -> Revealed:
    """Ten times the rate, from zero weights."""
    x, t = flowers("petal")
    one, ten = (mistaken_rows(x, t, rate, 0) for rate in (1.0, 10.0))
    scale = iris_training("petal", 10.0, 0).weights[-1] / iris_training("petal", 1.0, 0).weights[-1]
    answer = "same" if one == ten else "fewer" if len(ten) < len(one) else "more"
    return Revealed(answer=answer, values={"one": len(one), "ten": len(ten), "scale": float(np.mean(scale))})


def predict_xor() -> Revealed:
    """Does it come to rest on XOR?"""
    epochs = 1000
    training = Perceptron(max_epochs=epochs).fit(truth_rows(2), FUNCTIONS["xor"])
    corrections = [vector(c.after) for c in training.corrections[:4]]
    if training.converged:
        answer = "converges"
    elif period_of(training.weights):
        answer = "returns"
    else:
        answer = "grows"
    return Revealed(
        answer=answer, values={"mistakes": training.n_mistakes, "epochs": epochs, "way": " → ".join(corrections)}
    )


def predict_large() -> Revealed:
    """A sigmoid unit with a rate fifteen times what is safe."""
    large, small = (LogisticUnit(learning_rate=rate, epochs=300).fit(*flowers("petal")) for rate in (10.0, 0.1))
    losses = large.losses
    if large.diverged is not None or losses[-1] > 1e3:
        answer = "infinite"
    elif losses[-1] < losses[0] and losses.max() > losses[0]:
        answer = "jumps"
    elif (np.diff(losses) <= 0).all():
        answer = "falls"
    else:
        answer = "oscillates"
    shown = np.arange(1, len(losses))
    picture = Curves(
        series=[
            Series(x=shown, y=losses[1:], name="η = 10", role="c"),
            Series(x=shown, y=small.losses[1:], name="η = 0.1", role="d"),
        ],
        y_label="L",
        log_x=True,
        log_y=True,
        level=float(np.log(2)),
        level_name="ln 2",
    )
    values = {"peak": losses.max(), "end": losses[100], "slow": small.losses[100]}
    return Revealed(answer=answer, values=values, drawings=[picture])


def exercise_first(answers: Mapping[str, str]) -> Verdict:
    """The weights after one pass over three points, by hand."""
    given = numbers_in([answers["w1"], answers["w2"], answers["b"]])
    if given is None:
        return Verdict(right=False, say="number")
    training = Perceptron(max_epochs=1).fit(EXERCISE_X, EXERCISE_T)
    right = training.weights[-1]
    values = {"given": vector(given)}
    if np.allclose(given, right):
        return Verdict(right=True, say="right", values=values)
    if np.allclose(given, training.corrections[0].after):
        return Verdict(right=False, say="one", values=values)
    if np.allclose(given, -right):
        return Verdict(right=False, say="sign", values=values)
    if np.allclose(given[:2], right[:2]):
        return Verdict(right=False, say="bias", values=values)
    return Verdict(right=False, say="wrong", values=values)


def exercise_slow(answers: Mapping[str, str]) -> Verdict:
    """Two points, one of each class, over which the perceptron stumbles more than a hundred times."""
    texts = [answers[name].strip().strip("()") for name in ("one", "zero")]
    points = [numbers_in(text.split(";" if ";" in text else ",")) for text in texts]  # (9,5; 3) has decimal commas
    if any(p is None or len(p) != 2 for p in points):
        return Verdict(right=False, say="number")
    x = np.array(points, dtype=np.float64)
    if np.abs(x).max() > 10:
        return Verdict(right=False, say="outside")
    if np.array_equal(x[0], x[1]):
        return Verdict(right=False, say="same")
    training = Perceptron(max_epochs=5000).fit(x, [1, 0])
    if not training.converged:
        return Verdict(right=True, say="endless", values={"n": training.n_mistakes})
    values = {"n": training.n_mistakes, "bound": novikoff_bound(x, [1, 0]).mistakes}
    right = training.n_mistakes > MOST_MISTAKES
    return Verdict(right=right, say="right" if right else "few", values=values)


def exercise_limit(answers: Mapping[str, str]) -> Verdict:
    """The greatest margin that data may have on which a perceptron made so many mistakes."""
    given = number_in(answers["margin"])
    if given is None:
        return Verdict(right=False, say="number")
    if given <= 0:
        return Verdict(right=False, say="positive")
    gamma = LIMIT_R / np.sqrt(LIMIT_MISTAKES)
    if abs(given - gamma) < 0.006:
        return Verdict(right=True, say="right", values={"exact": gamma})
    values = {"given": given, "bound": (LIMIT_R / given) ** 2}
    if abs(given - gamma**2) < 0.006:  # R²/k: the root was forgotten
        return Verdict(right=False, say="root", values=values)
    return Verdict(right=False, say="large" if given > gamma else "small", values=values)

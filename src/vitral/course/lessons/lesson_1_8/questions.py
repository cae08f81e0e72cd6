"""The guesses of lesson 1.8, and its exercises."""

import re
from collections.abc import Mapping
from functools import cache

import numpy as np

from vitral.course.claims import Revealed, Verdict
from vitral.course.lessons.lesson_1_8.forms import digits, sequential
from vitral.course.lessons.lesson_1_8.same import going_on, three_forms
from vitral.course.lessons.lesson_1_8.trainings import trained
from vitral.course.lessons.lesson_1_8.trials import outcome
from vitral.course.numbers import numbers_in, tiny, whole_in
from vitral.training import Task, keras_turn
from vitral.views.widgets import Curves, Series


def predict_forms() -> Revealed:
    """How far apart the three forms end."""
    _, end, _ = three_forms()
    return Revealed(answer="none" if end == 0 else "rounding" if end < 1e-4 else "far", values={"end": tiny(end)})


def predict_again() -> Revealed:
    """What a second `fit` does."""
    gap, first, last = going_on()
    key = "same" if gap == 0 else "near" if last > first else "restart"
    return Revealed(answer=key, values={"gap": tiny(gap), "first": 100 * first, "last": 100 * last})


def predict_softmax() -> Revealed:
    """What forgetting the softmax does."""
    found, right = outcome("no_softmax"), outcome("right")
    key = "error" if not found.losses else "nan" if not np.isfinite(found.losses[-1]) else "bad"
    if key == "bad" and found.test > right.test - 0.05:
        key = "same"
    epochs = np.arange(1, len(found.losses) + 1)
    return Revealed(
        answer=key,
        values={"test": 100 * found.test, "right": 100 * right.test},
        drawings=[
            Curves(
                series=[
                    Series(x=epochs, y=np.round(right.accuracies, 4), name="softmax", role="right"),
                    Series(x=epochs, y=np.round(found.accuracies, 4), name="Dense(10)", role="wrong"),
                ]
            )
        ],
    )


# Of each case, the loss that fits.
CASES = {
    "digit": "sparse_categorical_crossentropy",
    "one_hot": "categorical_crossentropy",
    "tumour": "binary_crossentropy",
    "price": "mean_squared_error",
}


def exercise_losses(answers: Mapping[str, str]) -> Verdict:
    """The loss for each kind of label."""
    if not all(answers[case] in CASES.values() for case in CASES):
        return Verdict(right=False, say="all")
    wrong = [case for case, loss in CASES.items() if answers[case] != loss]
    if not wrong:
        return Verdict(right=True, say="right")
    return Verdict(right=False, say=wrong[0], values={"loss": answers[wrong[0]], "n": len(wrong)})


@cache
def asked_of_keras() -> tuple[tuple[int, ...], int]:
    """The shape of what `predict` gives for the validation part, and the network's parameters."""
    with keras_turn():
        model = sequential()
        return model.predict(digits().validation.x, verbose=0).shape, model.count_params()


def exercise_shapes(answers: Mapping[str, str]) -> Verdict:
    """The shape of what `predict` gives, asked of Keras itself."""
    n, (shape, parameters) = len(digits().validation), asked_of_keras()
    numbers = [whole_in(word) for word in re.sub(r"[(),]", " ", answers["shape"]).split()]
    if len(numbers) != 2 or None in numbers:
        return Verdict(right=False, say="two")
    if tuple(numbers) != shape:
        key = "turned" if tuple(numbers) == shape[::-1] else "shape"
        return Verdict(right=False, say=key, values={"n": n, "a": numbers[0], "b": numbers[1]})
    count = whole_in(answers["parameters"])
    if count != parameters:
        return Verdict(right=False, say="parameters", values={"count": answers["parameters"] or "–"})
    return Verdict(right=True, say="right", values={"shape": shape, "n": parameters})


MOST_PARAMETERS, LEAST_ACCURACY = 800, 0.93


def exercise_small(answers: Mapping[str, str], task: Task | None = None) -> Verdict:
    """A network of at most 800 parameters that gets 93 % of the validation digits right: trained, and looked at."""
    typed = numbers_in(answers[name] for name in ("units", "epochs", "rate"))
    if typed is None or (typed[:2] % 1).any():
        return Verdict(right=False, say="numbers")
    units, epochs, rate = int(typed[0]), int(typed[1]), float(typed[2])
    if not 1 <= units <= 1000 or not 1 <= epochs <= 100 or not 0 < rate <= 10:
        return Verdict(right=False, say="numbers")
    n = 65 * units + 10 * (units + 1)
    if n > MOST_PARAMETERS:
        return Verdict(right=False, say="many", values={"n": n, "most": MOST_PARAMETERS})
    activation = answers["activation"] if answers["activation"] in ("relu", "tanh", "sigmoid") else "relu"
    history = trained(task or Task(), "sequential", "adam", rate, activation, units, epochs).history
    accuracy, fitted = history["val_accuracy"][-1], history["accuracy"][-1]
    values = {"n": n, "accuracy": 100 * accuracy, "train": 100 * fitted}
    if accuracy >= LEAST_ACCURACY:
        return Verdict(right=True, say="right", values=values)
    return Verdict(right=False, say="low", values=values)

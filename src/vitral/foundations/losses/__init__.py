"""Losses, each with its gradient: a catalogue of values.

    mse.value(prediction, target)    mse.gradient(prediction, target)    mse.rows(prediction, target)

Every loss is a mean over the N rows; `mse`, `mae`, `huber`, `hinge` and `binary_cross_entropy` are means over the K
outputs as well, `categorical_cross_entropy` is a sum over them. These are Keras's conventions.
"""

from typing import Any

import numpy as np

from vitral._checks import check_choice, check_int
from vitral._errors import DataError
from vitral.foundations._numbers import float_array
from vitral.foundations.losses.classes import BinaryCrossEntropy, CategoricalCrossEntropy, Hinge
from vitral.foundations.losses.distances import Huber, MeanAbsoluteError, MeanSquaredError
from vitral.foundations.losses.fused import SigmoidCrossEntropy, SoftmaxCrossEntropy, fuse
from vitral.foundations.losses.loss import Loss

__all__ = [
    "ALL",
    "BinaryCrossEntropy",
    "CategoricalCrossEntropy",
    "Hinge",
    "Huber",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SigmoidCrossEntropy",
    "SoftmaxCrossEntropy",
    "binary_cross_entropy",
    "categorical_cross_entropy",
    "fuse",
    "get",
    "hinge",
    "huber",
    "mae",
    "mse",
    "one_hot",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
]

mse = MeanSquaredError()
mae = MeanAbsoluteError()
huber = Huber()
hinge = Hinge()
binary_cross_entropy = BinaryCrossEntropy()
categorical_cross_entropy = CategoricalCrossEntropy()
sigmoid_cross_entropy = SigmoidCrossEntropy()
softmax_cross_entropy = SoftmaxCrossEntropy()

ALL: tuple[Loss, ...] = (
    *(mse, mae, huber, hinge),
    *(binary_cross_entropy, categorical_cross_entropy, sigmoid_cross_entropy, softmax_cross_entropy),
)


def get(loss: str | Loss) -> Loss:
    """The loss of that name; a `Loss` itself is returned as it is.

    Raises:
        UnknownNameError: no such name; the message lists the known ones and the nearest.

    >>> get("huber").delta
    1.0
    """
    if isinstance(loss, Loss):
        return loss
    known = {each.name: each for each in ALL}
    return known[check_choice("loss", loss, known)]


def one_hot(labels: Any, n_classes: int) -> np.ndarray:
    """Class numbers as rows with a 1 in the column of the class: (N,) -> (N, K) float64.

    Raises:
        ShapeError, DataError: labels that are no vector of whole numbers from 0 to K - 1.

    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    n_classes = check_int("n_classes", n_classes, minimum=1)
    labels = float_array("labels", labels, "(N,)")
    wrong = labels[~np.isin(labels, np.arange(n_classes))]
    if wrong.size:
        raise DataError(f"labels must hold whole numbers from 0 to {n_classes - 1}: got {wrong[0]:g}. Recode them.")
    return np.eye(n_classes)[labels.astype(int)]

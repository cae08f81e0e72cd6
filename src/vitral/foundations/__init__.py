"""The foundations in NumPy: neural networks written to be read, forward and derivative side by side.

Catalogues of values: `activations`, `losses`, `optimizers`, `schemes`. One network of any depth: `MLP`, `backprop`,
`train`, and `gradcheck` to doubt them with. Single units and what they can and cannot do: `ThresholdUnit`,
`Perceptron`, `novikoff_bound`, `separate`, `LogisticUnit`, `SoftmaxRegression`. Everything is float64, and nothing
changes in place.
"""

from vitral.foundations import activations, initializers, losses, optimizers, schemes
from vitral.foundations.descent import Descent
from vitral.foundations.gradient_check import Worst, differences, gradcheck
from vitral.foundations.logistic import LogisticTraining, LogisticUnit
from vitral.foundations.mlp import MLP, Forward
from vitral.foundations.novikoff import NovikoffBound, margin, novikoff_bound
from vitral.foundations.perceptron import Correction, Perceptron, PerceptronTraining
from vitral.foundations.propagation import Backward, Step, backprop
from vitral.foundations.separability import Certificate, Separator, separate
from vitral.foundations.softmax_regression import SoftmaxRegression, SoftmaxTraining
from vitral.foundations.threshold import ThresholdNetwork, ThresholdUnit, and_unit, not_unit, or_unit, xor_network
from vitral.foundations.training import Training, train

__all__ = [  # noqa: RUF022 - in the order of `sorted`, as in every room
    "Backward",
    "Certificate",
    "Correction",
    "Descent",
    "Forward",
    "LogisticTraining",
    "LogisticUnit",
    "MLP",
    "NovikoffBound",
    "Perceptron",
    "PerceptronTraining",
    "Separator",
    "SoftmaxRegression",
    "SoftmaxTraining",
    "Step",
    "ThresholdNetwork",
    "ThresholdUnit",
    "Training",
    "Worst",
    "activations",
    "and_unit",
    "backprop",
    "differences",
    "gradcheck",
    "initializers",
    "losses",
    "margin",
    "not_unit",
    "novikoff_bound",
    "optimizers",
    "or_unit",
    "schemes",
    "separate",
    "train",
    "xor_network",
]

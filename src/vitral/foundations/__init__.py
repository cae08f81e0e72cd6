"""The foundations in NumPy: neural networks written to be read, forward and derivative side by side.

Catalogues of values: `activations`, `losses`, `optimizers`, `schemes`. One network of any depth: `MLP`, `backprop`,
`train`, and `gradcheck` to doubt them with. Single units and what they can and cannot do: `ThresholdUnit`,
`Perceptron`, `novikoff_bound`, `separate`, `LogisticUnit`, `SoftmaxRegression`. What a penalty does to a linear unit,
exactly and by descent: `ridge`, `lasso`, on `polynomial_features` if curves are wanted. Everything is float64, and
nothing changes in place.
"""

from vitral.foundations import activations, initializers, losses, optimizers, schemes
from vitral.foundations._least_squares import LinearFit
from vitral.foundations.descent import Descent
from vitral.foundations.gradient_check import Worst, differences, gradcheck
from vitral.foundations.logistic import LogisticTraining, LogisticUnit
from vitral.foundations.mlp import MLP, Forward
from vitral.foundations.novikoff import NovikoffBound, margin, novikoff_bound
from vitral.foundations.penalties import lasso, ridge
from vitral.foundations.penalty_descent import lasso_descent, ridge_descent, soft_threshold
from vitral.foundations.perceptron import Correction, Perceptron, PerceptronTraining
from vitral.foundations.polynomials import polynomial_exponents, polynomial_features, polynomial_names
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
    "LinearFit",
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
    "lasso",
    "lasso_descent",
    "losses",
    "margin",
    "not_unit",
    "novikoff_bound",
    "optimizers",
    "or_unit",
    "polynomial_exponents",
    "polynomial_features",
    "polynomial_names",
    "ridge",
    "ridge_descent",
    "schemes",
    "separate",
    "soft_threshold",
    "train",
    "xor_network",
]

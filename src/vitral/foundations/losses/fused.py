"""Cross-entropy and the function before it, as one: the gradient is p - t.

For a sigmoid output p = σ(z), dp/dz = p (1 - p) cancels the denominator of the cross-entropy's slope; for a softmax,

    dl/dz_j = sum_i (-t_i / p_i) p_i (1[i = j] - p_j) = -t_j + p_j sum_i t_i = p_j - t_j        (Bridle, 1990)

Nothing is divided by p any more, so nothing needs to be kept away from 0: the loss is exact and its gradient alive
even where p rounds to 0 or 1, where the two steps taken one after the other would multiply 0 by infinity.
"""

from dataclasses import dataclass

import numpy as np

from vitral.foundations.activations import Activation, Identity, Sigmoid, Softmax, sigmoid, softmax, softplus
from vitral.foundations.losses.classes import BinaryCrossEntropy, CategoricalCrossEntropy
from vitral.foundations.losses.loss import Loss, check_between, check_distribution


@dataclass(frozen=True, kw_only=True)
class SigmoidCrossEntropy(Loss):
    """Binary cross-entropy of σ(z), from z: (1/K) sum_k [ln(1 + eᶻ) - t z]. Targets from 0 to 1.

    >>> from vitral.foundations.losses import sigmoid_cross_entropy
    >>> sigmoid_cross_entropy.value([-1000.0], [1]), sigmoid_cross_entropy.gradient([-1000.0], [1])
    (1000.0, array([-1.]))
    """

    name = "sigmoid_cross_entropy"
    formula = r"\ell = \frac{1}{K} \sum_k \left[ \ln(1 + e^{z_k}) - t_k z_k \right]"
    gradient_formula = r"\frac{\partial \ell}{\partial z_k} = \frac{1}{K} (p_k - t_k), \quad p_k = \sigma(z_k)"

    def check_target(self, t: np.ndarray) -> None:
        check_between(t, 0, 1)

    def _rows(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        # ln(1 + e^z) - t z, with z split off: for z > 0 the two large terms would leave only rounding
        return (t * softplus.value(-y) + (1 - t) * softplus.value(y)).mean(axis=1)

    def _slopes(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return (sigmoid.value(y) - t) / y.shape[1]


@dataclass(frozen=True, kw_only=True)
class SoftmaxCrossEntropy(Loss):
    """Categorical cross-entropy of softmax(z), from z: ln sum_j e^(z_j) - t·z. Rows of targets have sum 1.

    >>> from vitral.foundations.losses import softmax_cross_entropy
    >>> softmax_cross_entropy.value([[0.0, 1000.0]], [[1, 0]])
    1000.0
    >>> softmax_cross_entropy.gradient([[0.0, 1000.0]], [[1, 0]])
    array([[-1.,  1.]])
    """

    name = "softmax_cross_entropy"
    formula = r"\ell = \ln \sum_j e^{z_j} - \sum_k t_k z_k"
    gradient_formula = r"\frac{\partial \ell}{\partial z_k} = p_k - t_k, \quad p = \mathrm{softmax}(z)"

    def check_target(self, t: np.ndarray) -> None:
        check_distribution(t)

    def _rows(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        z = y - y.max(axis=1, keepdims=True)
        return (t * (np.log(np.exp(z).sum(axis=1, keepdims=True)) - z)).sum(axis=1)

    def _slopes(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return softmax.value(y) - t


def fuse(activation: Activation, loss: Loss) -> Loss | None:
    """The loss that takes z where `loss` takes a = f(z), or None where the two do not simplify.

    >>> from vitral.foundations import activations, losses
    >>> losses.fuse(activations.softmax, losses.categorical_cross_entropy)
    SoftmaxCrossEntropy()
    """
    match activation, loss:
        case Sigmoid(), BinaryCrossEntropy():
            return SigmoidCrossEntropy()
        case Softmax(), CategoricalCrossEntropy():
            return SoftmaxCrossEntropy()
        case Identity(), _:
            return loss
        case _:
            return None

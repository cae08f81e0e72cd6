"""The foundations in NumPy alone: neural networks written to be read, forward and derivative side by side.

Catalogues of values: `activations`, `losses`, `optimizers`, `schemes`. One network of any depth: `MLP`, `backprop`,
`train`, and `gradcheck` to doubt them with. Everything is float64, and nothing changes in place.
"""

from vitral.foundations import activations, initializers, losses, optimizers, schemes
from vitral.foundations.gradient_check import Worst, differences, gradcheck
from vitral.foundations.mlp import MLP, Forward
from vitral.foundations.propagation import Backward, Step, backprop
from vitral.foundations.training import Training, train

__all__ = [  # noqa: RUF022 - in the order of `sorted`, as in every room
    "Backward",
    "Forward",
    "MLP",
    "Step",
    "Training",
    "Worst",
    "activations",
    "backprop",
    "differences",
    "gradcheck",
    "initializers",
    "losses",
    "optimizers",
    "schemes",
    "train",
]

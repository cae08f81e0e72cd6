"""The rows of XOR, and a network small enough to look at: what most experiments of this lesson are made on."""

import numpy as np

from vitral.course.truth_tables import FUNCTIONS, truth_rows
from vitral.foundations import MLP
from vitral.foundations.initializers import Normal

XOR_X = truth_rows(2)
XOR_T = np.array(FUNCTIONS["xor"], dtype=np.float64)[:, None]  # (4, 1)


def xor_network(hidden: str = "tanh", seed: int = 0, width: int = 3, output: str = "sigmoid") -> MLP:
    """A small network with weights of size 1, as good as any to look at."""
    return MLP.create((2, width, 1), hidden=hidden, output=output, initializer=Normal(sigma=1.0), seed=seed)

"""Truth tables: a Boolean function of D inputs is a column of 2^D zeros and ones, for the rows in counting order."""

from functools import cache
from itertools import product

import numpy as np

# For the rows 00, 01, 10, 11.
FUNCTIONS = {"and": (0, 0, 0, 1), "or": (0, 1, 1, 1), "nand": (1, 1, 1, 0), "xor": (0, 1, 1, 0)}

LIMITS = (-0.6, 1.6, -0.6, 1.6)  # limits of a picture of the rows of two inputs, with room for lines


@cache
def truth_rows(d: int) -> np.ndarray:
    """The rows of a truth table of d inputs, in counting order: (2^d, d), read-only.

    >>> truth_rows(2).tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    table = np.array(list(product((0.0, 1.0), repeat=d)))
    table.flags.writeable = False
    return table

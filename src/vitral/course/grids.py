"""A function of the plane at each place of a grid, as a Boundary or a Surface draws it."""

from collections.abc import Callable

import numpy as np

from vitral.views.widgets import Limits, places_of


def asked_everywhere(says: Callable[[np.ndarray], np.ndarray], limits: Limits, grid: int) -> np.ndarray:
    """What `says` answers at each place of a grid: (G, G), row 0 lowest.

    Args:
        says: takes places (G², 2), answers (G²,) or (G², 1).
        limits: x from, x to, y from, y to.
        grid: G, places a side.

    >>> asked_everywhere(lambda places: places[:, 1], (0, 1, 0, 2), 3)
    array([[0., 0., 0.],
           [1., 1., 1.],
           [2., 2., 2.]])
    """
    return says(places_of(limits, grid)).reshape(grid, grid)

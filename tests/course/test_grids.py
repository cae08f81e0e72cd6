"""A function asked at each place of a grid."""

import numpy as np
import pytest

from vitral.course.grids import asked_everywhere


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_each_place_holds_what_is_said_of_it(shape):
    found = asked_everywhere(lambda places: (10 * places[:, 0] + places[:, 1]).reshape(shape), (0, 3, -1, 1), 4)
    assert found.shape == (4, 4)
    for row, y in enumerate(np.linspace(-1, 1, 4)):  # the lowest first
        for column, x in enumerate(np.linspace(0, 3, 4)):
            assert found[row, column] == pytest.approx(10 * x + y)

"""What lessons answer with."""

import pytest

from vitral.course.claims import nearest


@pytest.mark.parametrize(("measured", "key"), [(1.0, "one"), (9.0, "ten"), (3.2, "ten"), (3.1, "one"), (1e-9, "one")])
def test_the_nearest_option_is_so_by_its_factor(measured, key):
    """Between 1 and 10 the middle is √10 = 3.16, not 5.5."""
    assert nearest({"one": 1, "ten": 10}, measured) == key

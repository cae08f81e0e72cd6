import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "runs"))  # `building` makes the runs of both rooms' tests


@pytest.fixture(scope="session")
def digits_run():
    from building import digits_run

    return digits_run()


@pytest.fixture(scope="session")
def diabetes_run():
    from building import diabetes_run

    return diabetes_run()

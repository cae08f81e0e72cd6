import pytest
from building import digits_run


@pytest.fixture(scope="session")
def run():
    """A trained digits run; tests that change it make their own."""
    return digits_run()


@pytest.fixture
def saved(run, tmp_path):
    return run.save(tmp_path / "digits")

"""Training tests compile the same small programs again and again, Keras's side above all: they are kept on disk."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _kept_programs(compilation_cache):
    return compilation_cache

"""The tests of probes compile as the training tests do: their programs are kept on disk."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _kept_programs(compilation_cache):
    return compilation_cache

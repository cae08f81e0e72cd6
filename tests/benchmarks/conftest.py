import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmarks(monkeypatch):
    """The folder of the benchmarks, whose scripts import each other by their bare names."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    yield BENCHMARKS
    for name in ("fit", "_harness", "_nets", "_with_keras"):
        sys.modules.pop(name, None)

"""The benchmarks of sweeps and of probes run, and count as they say."""

import importlib
import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "says"), [("sweep.py", "exact=False"), ("probes.py", "all probes at epoch ends, 2 pairs")]
)
def test_each_runs(script, says):
    command = [sys.executable, str(BENCHMARKS / script), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert says in done.stdout


@pytest.fixture
def median_with_interval(benchmarks):
    assert benchmarks.is_dir()
    yield importlib.import_module("probes").median_with_interval
    sys.modules.pop("probes", None)


def test_the_interval_of_a_median_holds_it_as_often_as_it_says(median_with_interval):
    random = np.random.default_rng(0)
    found = [median_with_interval(random.normal(size=30)) for _ in range(2000)]
    covered = np.mean([low <= 0 <= high for _, low, high in found])
    assert 0.94 <= covered <= 0.98
    for n in (1, 2, 5):
        median, low, high = median_with_interval(list(range(n)))
        assert (low, median, high) == (0, (n - 1) / 2, n - 1)
    assert all(low <= median <= high for median, low, high in itertools.islice(found, 9))

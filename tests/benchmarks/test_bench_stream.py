"""The benchmark of streaming runs, its memory is the system's, and its table counts as it says."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def stream(benchmarks):
    assert benchmarks.is_dir()
    yield importlib.import_module("stream")
    sys.modules.pop("stream", None)


@pytest.mark.slow
def test_it_runs(tmp_path):
    command = [sys.executable, str(BENCHMARKS / "stream.py"), "--quick", "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "| streamed, 44,000 rows |" in done.stdout
    assert "its figures mean nothing" in done.stdout
    assert not list(tmp_path.iterdir())


def test_what_is_watched_is_what_an_array_takes(stream):
    size = 1 << 26
    with stream.watched() as most:
        before = stream.memory_of("RssAnon")
        array = np.ones(size, "uint8")
        looks = [stream.memory_of("RssAnon") - before for _ in range(200)]
        del array
    assert looks[-1] > 0.9 * size
    assert most["anonymous"] - before > 0.9 * size
    assert stream.memory_of("VmHWM") >= most["anonymous"]


def test_rows_are_in_the_range_of_pixels_and_tell_their_class(stream, tmp_path):
    file = tmp_path / "rows.npy"
    stream.write_rows(file, 250, block=100)
    x, y = np.load(file), stream.labels(250)
    assert (x.shape, x.dtype) == ((250, 784), "float32")
    assert 0 == x.min() < x.max() <= 1
    means = np.stack([x[:200][y[:200] == k].mean(0) for k in range(10)])
    nearest = ((x[200:, None] - means) ** 2).sum(-1).argmin(1)
    assert (nearest == y[200:]).mean() > 0.9


def test_the_tables_say_what_was_measured(stream):
    times = {"memory": [0.4, 0.5, 0.6], "streamed": [0.5, 0.5, 0.5], "cold": [1.0] * 3, "keras": [2.0] * 3}
    work = {"memory": [0.4, 0.4, 0.4], "streamed": [0.5, 0.44, 0.42]}
    shown = stream.speed_table([stream.Speeds(32, times, work)])
    assert "| 32 | 500 | 500 | 1 000 | 2 000 | 100 % (80–120) | 50 % (40–60) | 10 % (5–25) |" in shown
    found = {"before": 0, "anonymous before": 100 << 20, "peak": 700 << 20, "anonymous": 250 << 20}
    assert "| in memory, 60,000 rows | 179 | 700 | 250 | 150 |" in stream.peak_table({"memory 60000": found})


def test_bad_options_are_refused(stream, capsys):
    with pytest.raises(SystemExit):
        stream.main(["--rounds", "0"])
    assert "--rounds must be at least 1: got 0" in capsys.readouterr().err

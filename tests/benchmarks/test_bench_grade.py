"""The benchmark of grading: what it prints and refuses, and that every submission in it has full marks."""

import importlib
import sys

import pytest

from vitral.course.labs.grading import sandbox


@pytest.fixture
def benchmark(benchmarks):
    assert benchmarks.is_dir()
    yield importlib.import_module("grade")
    sys.modules.pop("grade", None)


@pytest.mark.parametrize("option", ["--students", "--jobs", "--rounds"])
def test_numbers_below_one_are_refused(benchmark, capsys, option):
    with pytest.raises(SystemExit) as error:
        benchmark.main([option, "0"])
    assert error.value.code == 2
    assert f"{option} must be at least 1: got 0" in capsys.readouterr().err


@pytest.mark.slow
def test_a_small_class_is_measured(benchmark, capsys):
    if not any(map(sandbox.is_usable, sandbox.TOOLS)):
        pytest.skip("namespaces cannot be made on this machine")
    assert benchmark.main(["--students", "3", "--rounds", "1"]) == 0
    printed = capsys.readouterr().out
    rows = [line for line in printed.splitlines() if line.startswith("| ")]
    cells = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:4]] for line in rows}
    assert {"import: NumPy", "import: Keras on JAX", "a submission: tensorflow", "the class"} <= cells.keys()
    assert "the class again, unchanged" in cells

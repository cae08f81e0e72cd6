"""The scripts in `examples` run from any folder, and what their first lines promise is to be seen."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "hundred_variants.py"
FIGURES = {"rate_and_scale.png", "gradient_best.png", "gradient_vanishing.png"}


def run(folder, *options):
    """Its standard output; it has written its figures."""
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", str(SCRIPT), "--out", str(folder / "figures"), *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = list((folder / "figures").iterdir())
    assert {path.name for path in written} == FIGURES
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)
    return done.stdout


@pytest.mark.slow
def test_its_short_form_trains_four_variants(tmp_path):
    assert "4 done" in run(tmp_path, "--quick")


@pytest.mark.slow
def test_small_scales_and_large_rates_do_not_learn_and_what_is_between_does(tmp_path):
    told = run(tmp_path)
    assert "100 done; 1 program" in told
    lines = re.findall(r"^\d[\d. ]+$", told.split("\nrate ")[1], flags=re.MULTILINE)
    accuracy = {float(rate): [float(value) for value in values] for rate, *values in map(str.split, lines)}
    assert list(accuracy) == [0.004, 0.02, 0.1, 0.5, 2.5]
    assert all(values[0] < 0.2 for values in accuracy.values()), "the smallest scale"
    assert max(accuracy[2.5]) < 0.2, "the largest rate"
    assert min(accuracy[0.1][2:4]) > 0.85, "scales 1 and 3"

"""The scripts in `examples` run from any folder, and what their first lines promise is to be seen."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
FIGURES = {
    "hundred_variants": {"rate_and_scale.png", "gradient_best.png", "gradient_vanishing.png"},
    "overfitting": {"remedies.png"},
}


def run(name, folder, *options):
    """Its standard output; it has written its figures."""
    script = str(EXAMPLES / f"{name}.py")
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", script, "--out", str(folder / "figures"), *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = list((folder / "figures").iterdir())
    assert {path.name for path in written} == FIGURES[name]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)
    return done.stdout


def test_every_script_is_run_here():
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(FIGURES)


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_its_short_form_trains_four_variants(name, tmp_path):
    assert "4 done" in run(name, tmp_path, "--quick")


@pytest.mark.slow
def test_small_scales_and_large_rates_do_not_learn_and_what_is_between_does(tmp_path):
    told = run("hundred_variants", tmp_path)
    assert "100 done; 1 program" in told
    lines = re.findall(r"^\d[\d. ]+$", told.split("\nrate ")[1], flags=re.MULTILINE)
    accuracy = {float(rate): [float(value) for value in values] for rate, *values in map(str.split, lines)}
    assert list(accuracy) == [0.004, 0.02, 0.1, 0.5, 2.5]
    assert all(values[0] < 0.2 for values in accuracy.values()), "the smallest scale"
    assert max(accuracy[2.5]) < 0.2, "the largest rate"
    assert min(accuracy[0.1][2:4]) > 0.85, "scales 1 and 3"


@pytest.mark.slow
def test_each_remedy_helps_where_points_are_few_and_hardly_where_they_are_many(tmp_path):
    told = run("overfitting", tmp_path)
    assert "28 done; 2 programs" in told
    rows = re.findall(r"^([\w +.-]+?) +(\d\.\d+) +(\d\.\d+)$", told, flags=re.MULTILINE)
    few, many = ({name: float(values[k]) for name, *values in rows} for k in (0, 1))
    assert len(few) == 7
    assert max(value for name, value in few.items() if name != "none") < few["none"] - 0.05
    assert min(many.values()) > many["none"] - 0.03
    assert many["L2 0.01"] > many["none"]
    assert few["L2 0.01"] < few["none"]
    others = dict(re.findall(r"^20 points, (.+): (\d\.\d+) on others$", told, flags=re.MULTILINE))
    assert len(others) == 2
    assert min(float(value) for name, value in others.items() if name != "none") < float(others["none"])

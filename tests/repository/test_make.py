"""`make run` sets itself up once: what it would do, without doing it."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


@pytest.fixture
def checkout(tmp_path):
    """A folder with the files that make reads, as a fresh clone has them."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(folder, *arguments):
    # An outer make would hand its own flags down.
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def set_up(folder, goal):
    """Leave what `make goal` would leave to remember that it installed."""
    lines = make(folder, "--dry-run", goal).stdout.splitlines()
    for stamp in [".venv/bin/pip", *next(line.split()[1:] for line in lines if line.startswith("touch"))]:
        (folder / stamp).parent.mkdir(exist_ok=True, parents=True)
        (folder / stamp).touch()


@pytest.mark.parametrize(("goal", "last"), [("run", ".venv/bin/vitral train digits"), ("test", "pytest")])
def test_a_fresh_clone_is_set_up_and_the_second_time_nothing_is(checkout, goal, last):
    first = make(checkout, "--dry-run", goal).stdout
    assert "-m venv .venv" in first
    assert "install -c constraints.txt" in first
    assert last in first.splitlines()[-1]

    set_up(checkout, goal)
    for name in ("pyproject.toml", "constraints.txt"):
        (checkout / name).touch()  # as a checkout of another branch and back does
    second = make(checkout, "--dry-run", goal).stdout
    assert "venv .venv" not in second
    assert "install" not in second
    assert second.splitlines() == first.splitlines()[-1:]


def test_after_make_test_make_run_installs_nothing(checkout):
    set_up(checkout, "test")
    assert "install" not in make(checkout, "--dry-run", "run").stdout


def test_new_versions_are_installed(checkout):
    set_up(checkout, "run")
    with (checkout / "constraints.txt").open("a") as file:
        file.write("# another\n")
    assert "install" in make(checkout, "--dry-run", "run").stdout


def test_without_a_new_enough_python_a_sentence_says_so(checkout):
    done = make(checkout, "run", "PYTHONS=no-such-python false")
    assert done.returncode != 0
    assert "Vitral needs Python 3.11 or newer" in done.stderr
    assert not (checkout / ".venv").exists()


def test_help_lists_every_goal(checkout):
    shown = make(checkout).stdout
    phony = next(
        line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if line.startswith(".PHONY")
    )
    for goal in phony.split(":")[1].split():
        assert f"make {goal} " in shown

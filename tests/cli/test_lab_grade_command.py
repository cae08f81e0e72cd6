"""`vitral lab grade`: what it writes, what it refuses, and what it says where there is no sandbox."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from vitral.course.labs.grading import sandbox

MISSING = "import numpy as np\ndef get_basic_model(a, b):\n    print('hello')\n"  # without Keras, so that it is fast


@pytest.fixture(autouse=True)
def _tried_anew():
    sandbox.is_usable.cache_clear()
    yield
    sandbox.is_usable.cache_clear()


@pytest.fixture
def work():
    folder = Path("work")
    folder.mkdir()
    (folder / "ana.py").write_text(MISSING)
    (folder / "eva.py").write_text("no Python")
    return folder


def rows_of(file):
    return list(csv.DictReader(io.StringIO(Path(file).read_text(encoding="utf-8-sig"))))


def no_namespaces(monkeypatch):
    """A kernel that forbids them: what is tried ends as it does there."""

    def run(command, **_):
        return subprocess.CompletedProcess(command, 125, b"", b"unshare: Operation not permitted")

    monkeypatch.setattr(sandbox.subprocess, "run", run)


@pytest.mark.parametrize("why", ["forbidden", "another system", "nothing starts"])
def test_without_namespaces_it_refuses_and_says_what_to_do(vitral_command, work, monkeypatch, why):
    if why == "forbidden":
        no_namespaces(monkeypatch)
    elif why == "another system":
        monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    else:
        monkeypatch.setattr(sandbox, "python", lambda: "/nowhere/python")
        monkeypatch.setattr(sandbox.shutil, "which", lambda _: None)
    done = vitral_command("lab", "grade", "1", work)
    assert (done.code, done.out) == (2, "")
    for word in ("Linux namespaces", "bubblewrap", "WSL", "container", "--unsafe"):
        assert word in done.err
    assert sorted(path.name for path in Path().iterdir()) == ["work"]


def test_unsafe_grades_all_the_same_and_it_is_written_down(vitral_command, work, monkeypatch):
    no_namespaces(monkeypatch)
    done = vitral_command("lab", "grade", "1", work, "--unsafe", "--csv", "marks.csv")
    assert done.code == 0, done
    assert "2 submissions: 1 missing, 1 refused" in done.out
    table = {row["Full name"]: row for row in rows_of("marks.csv")}
    assert {row["sandbox"] for row in table.values()} == {"none"}
    for name in table:
        assert "> Run without a sandbox." in Path(f"marks-feedback/{name}.md").read_text()


def test_the_sandbox_that_was_used_is_written_down_and_results_without_one_are_not_kept(vitral_command, work):
    usable = [tool for tool in sandbox.TOOLS if sandbox.is_usable(tool)]
    if not usable:
        pytest.skip("namespaces cannot be made on this machine")
    assert vitral_command("lab", "grade", "1", work, "--unsafe").code == 0
    done = vitral_command("lab", "grade", "1", work, "--lang", "es", "--out-of", "10")
    assert done.code == 0, done
    table = {row["Nombre completo"]: row for row in rows_of("grades.csv")}
    assert {row["sandbox"] for row in table.values()} == {usable[0]}
    assert {row["Calificación máxima"] for row in table.values()} == {"10"}
    page = Path("grades-feedback/ana.md").read_text(encoding="utf-8")
    assert f"> Ejecutada en un entorno aislado ({usable[0]})." in page
    assert "Ha escrito con `print`:\n\n```text\nhello\n```" in page
    assert "devuelve `None`" in page
    page = Path("grades-feedback/eva.md").read_text(encoding="utf-8")
    assert "> `eva.py` debe ser Python:" in page
    assert json.loads(Path("grades-feedback/.results/eva.json").read_bytes())["status"] == "refused"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere",), "FOLDER must be a folder or a zip with submissions: got 'nowhere'"),
        (("empty",), "FOLDER must hold .ipynb or .py files: got 'empty' without any"),
        (("work", "--jobs", "0"), "--jobs must be a whole number of at least 1: got 0"),
        (("work", "--out-of", "0"), "--out-of must be a finite number above 0: got 0"),
        (("work", "--lang", "fr"), "--lang must be one of the known names: got 'fr'"),
        (("work", "--csv", "nowhere/grades.csv"), "--csv must be in an existing folder"),
        ((str(Path(sys.prefix) / "lib"),), "must be outside Python's own folders"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(vitral_command, work, monkeypatch, arguments, says):  # noqa: ARG001
    monkeypatch.setattr(sandbox, "is_usable", lambda _: True)
    Path("empty").mkdir()
    done = vitral_command("lab", "grade", "1", *arguments)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert len(done.err.splitlines()) == 1

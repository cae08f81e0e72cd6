"""`vitral lab start` and `vitral lab check`: what they write, what they say, how they end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import vitral
from vitral.course.labs.check import own_language

REFERENCE = Path(__file__).parents[1] / "course" / "labs" / "lab1" / "reference_keras.py"
WRONG = "def weighted_categorical_crossentropy(weights):\n    return lambda y_true, y_pred: (weights * y_true).sum()\n"


@pytest.mark.parametrize(("form", "name"), [("ipynb", "lab1.ipynb"), ("marimo", "lab1.py"), ("py", "lab1.py")])
@pytest.mark.parametrize("language", ["es", "en"])
def test_start_writes_the_starter_and_prints_its_name(vitral_command, form, name, language):
    done = vitral_command("lab", "start", 1, "--lang", language, "--format", form)
    assert (done.code, done.out, done.err) == (0, f"{name}\n", "")
    text = Path(name).read_text(encoding="utf-8")
    assert ("Escribe aquí tu código" in text) == (language == "es")
    assert (form == "ipynb") == text.startswith("{")


def test_start_does_not_overwrite_unless_it_is_told_to(vitral_command):
    Path("lab1.ipynb").write_text("my work")
    done = vitral_command("lab", "start", "1")
    assert done.code == 2
    assert "--overwrite" in done.err
    assert Path("lab1.ipynb").read_text() == "my work"
    assert vitral_command("lab", "start", "1", "--overwrite").code == 0
    assert json.loads(Path("lab1.ipynb").read_text(encoding="utf-8"))["nbformat"] == 4


def test_start_writes_where_it_is_told_to(vitral_command):
    Path("work").mkdir()
    assert vitral_command("lab", "start", "lab1", "--out", "work/mine.ipynb").out == "work/mine.ipynb\n"
    assert list(Path().rglob("*.*")) == [Path("work/mine.ipynb")]


def test_check_of_the_reference_ends_with_0(vitral_command):
    done = vitral_command("lab", "check", "1", REFERENCE, "--lang", "es")
    assert done.code == 0, done
    assert done.out.count("✓") == 4
    assert "¡Enhorabuena!" in done.out
    assert done.err == ""


def test_check_of_a_fresh_starter_says_what_is_missing(vitral_command):
    for form, name in (("ipynb", "lab1.ipynb"), ("marimo", "m.py"), ("py", "p.py")):
        vitral_command("lab", "start", "1", "--format", form, "--out", name)
        done = vitral_command("lab", "check", "1", name)
        assert done.code == 1
        assert done.out.count("✗") == 4
        assert done.out.count("gives back `None`") == 4
        assert "0 of 4 tasks are right." in done.out
        assert done.err == ""


def test_check_as_json(vitral_command):
    Path("mine.py").write_text(f"raise SystemExit\n1/0\n{WRONG}")
    done = vitral_command("lab", "check", "1", "mine.py", "--json")
    assert done.code == 1
    found = done.json
    assert [task["right"] for task in found["tasks"]] == [False] * 4
    assert found["status"] == "failed"
    assert "no function called `get_basic_model`" in found["tasks"][0]["hint"]
    assert found["tasks"][3]["got"]


def test_check_reads_what_can_be_read(vitral_command):
    cells = ["import numpy as np\n%matplotlib inline", "def f(:", "undefined()", WRONG, "from nowhere_at_all import x"]
    notebook = {"cells": [{"cell_type": "code", "source": [c]} for c in cells], "nbformat": 4, "nbformat_minor": 5}
    Path("mine.ipynb").write_text(json.dumps(notebook))
    done = vitral_command("lab", "check", "1", "mine.ipynb", "--lang", "es")
    assert done.code == 1
    assert "cell 2" in done.err
    assert "nowhere_at_all" in done.err
    assert len(done.err.splitlines()) == 2
    assert "T4" in done.out


def test_a_name_that_only_another_cell_gives_is_told_where_it_stands(vitral_command):
    body = "def get_basic_model(a, b):\n    return sizes[a]\n"
    Path("mine.py").write_text(f"import numpy as np\nsizes = np.arange(3)\n{body}k = sizes\n")
    done = vitral_command("lab", "check", "1", "mine.py")
    assert "`sizes` gets its value in mine.py, line 2" in done.out
    assert done.err == ""


def test_what_a_function_says_cannot_steer_the_terminal(vitral_command):
    Path("mine.py").write_text("def get_basic_model(a, b):\n    raise ValueError('[red]\\x1b[2J`' + 'x' * 5000)\n")
    done = vitral_command("lab", "check", "1", "mine.py")
    assert "\x1b" not in done.out
    assert "[red]" in done.out
    assert len(done.out) < 8000


def test_check_lab_shows_itself_as_text_and_as_html(monkeypatch):
    found = vitral.check_lab("1", "t1", lambda _input_dim, _nb_classes: "<script>", language="es")
    assert not found.is_right
    assert str(found).startswith("✗ T1 · get_basic_model: todavía no")
    html = found._repr_html_()
    assert "<script>" not in html
    assert "<code>str</code>" in html
    monkeypatch.setenv("LC_ALL", "es_ES.UTF-8")
    assert own_language() == "es"
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert own_language() == "en"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("2", "T1", print), "LAB must be one of the known names: got '2'"),
        (("1", "T9", print), "task must be one of the known names: got 'T9'"),
        (("1", "T1", None), "function must be what you wrote for T1: got None. Pass get_basic_model"),
        (("1", "T1", print, "fr"), "language must be one of the known names: got 'fr'"),
    ],
)
def test_check_lab_refuses_in_one_sentence(arguments, says):
    *given, language = (*arguments, None) if len(arguments) == 3 else arguments
    with pytest.raises(vitral.VitralError) as error:
        vitral.check_lab(*given, language=language)
    assert str(error.value).startswith(says)


def test_start_imports_neither_keras_nor_jax(tmp_path):
    code = (
        "import sys; from vitral.cli import main; code = main(['lab', 'start', '1']); "
        "heavy = {'keras', 'jax', 'matplotlib', 'pandas', 'sklearn'} & sys.modules.keys(); "
        "sys.exit(str(heavy) if heavy else code)"
    )
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")

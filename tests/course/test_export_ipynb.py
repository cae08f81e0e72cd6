"""A lesson as a notebook: valid, the same at every export, and it runs from top to bottom with its widgets."""

import json
import os
import re
import sys

import nbformat
import pytest
from ready import NUMBERS, TEXTS, code_blocks, markdown_of

from vitral.course import LANGUAGES
from vitral.course import lesson as open_lesson
from vitral.course.export import build_notebook

FIRST = "1.2" if "1.2" in NUMBERS else NUMBERS[0]
WIDGET = "application/vnd.jupyter.widget-view+json"


def source_of(cell):
    return "".join(cell["source"])


@pytest.fixture(params=[(n, language) for n in NUMBERS for language in LANGUAGES], ids="-".join)
def exported(request):
    number, language = request.param
    return TEXTS[number][language], build_notebook(open_lesson(number, language))


def test_it_is_a_notebook(exported):
    text, notebook = exported
    nbformat.validate(notebook)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert notebook["metadata"]["vitral"]["language"] == text.language
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", i) for i in ids)
    assert all(source_of(cell).strip() for cell in notebook["cells"])


def test_it_says_what_the_lesson_says(exported):
    text, notebook = exported
    prose = "\n\n".join(source_of(c) for c in notebook["cells"] if c["cell_type"] == "markdown")
    code = [source_of(c) for c in notebook["cells"] if c["cell_type"] == "code"]
    assert prose.startswith(f"# {text.title}\n")
    assert re.findall(r"^## (.+)$", prose, flags=re.MULTILINE) == [
        s.heading for s in text.sections if s.heading in prose
    ]
    for section in text.sections:
        for part in section.parts:
            said = getattr(part, "text", "")
            if section.key != "try" and getattr(part, "kind", "") != "claim" and said.strip():
                assert said.strip() in prose
    calls = {
        "live": [f'lesson.live("{b.name}")' for b in text.blocks("live")],
        "predict": [f'lesson.prediction("{b.name}")' for b in text.blocks("predict")],
        "exercise": [f'lesson.exercise("{b.name}")' for b in text.blocks("exercise")],
    }
    for kind, wanted in calls.items():
        assert [c for c in code if c in wanted] == wanted, kind
    for block in code_blocks(markdown_of(text.section("try"))):
        assert block.rstrip() in code
    assert prose.count("<details>") == sum(bool(b.more) for b in text.blocks("exercise"))
    assert code[-1] == "lesson.claims_table()"


def test_two_exports_are_the_same():
    first, second = (build_notebook(open_lesson(FIRST, "es")) for _ in range(2))
    assert first == second
    assert json.loads(json.dumps(first)) == first


def test_the_first_code_opens_the_lesson_and_says_what_it_does(exported):
    text, notebook = exported
    setup = source_of(notebook["cells"][1])
    assert setup.startswith("# ")
    assert "Colab" in setup.splitlines()[0]
    scope = {}
    exec(compile(setup, "setup", "exec"), scope)
    assert scope["lesson"].text is text
    assert "google" not in scope


class Colab:
    """What Colab has beside a Jupyter: a module to let widgets in."""

    def __init__(self):
        self.calls = []
        self.output = self

    def enable_custom_widget_manager(self):
        self.calls.append("widgets")


def test_on_colab_widgets_are_let_in_and_nothing_is_installed_that_is_there(monkeypatch):
    import importlib.util
    import subprocess

    colab, installed = Colab(), []
    monkeypatch.setitem(sys.modules, "google", type(sys)("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **_: installed.append(arguments[0]))
    setup = source_of(build_notebook(open_lesson(FIRST, "en"))["cells"][1])
    exec(compile(setup, "setup", "exec"), {})
    assert (colab.calls, installed) == (["widgets"], [])
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    exec(compile(setup, "setup", "exec"), {})
    assert installed[0][1:4] == ["-m", "pip", "install"]
    assert installed[0][-1].startswith("vitral")


# ---------------------------------------------------------------- run


def run(number, language, folder, monkeypatch):
    """The notebook, executed by Jupyter's own kernel in a process of its own."""
    kernels = folder / "kernels" / "python3"
    kernels.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernels / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))
    paths = os.pathsep.join(filter(None, [str(folder), os.environ.get("JUPYTER_PATH")]))
    for name, value in {
        "JUPYTER_PATH": paths,
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYTHONWARNINGS": "ignore",
    }.items():
        monkeypatch.setenv(name, value)
    from nbclient import NotebookClient

    notebook = nbformat.reads(json.dumps(build_notebook(open_lesson(number, language))), as_version=4)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return notebook


def look_at(notebook):
    """Every widget of the lesson shows itself; nothing failed."""
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        assert not [o for o in cell.outputs if o.output_type == "error" or o.get("name") == "stderr"], cell.outputs
        if cell.source.startswith("lesson."):
            assert [o for o in cell.outputs if WIDGET in o.get("data", {})], cell.source
    state = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    own = [m["state"] for m in state.values() if m["model_name"] == "AnyModel"]
    assert len(own) == sum(cell.source.startswith("lesson.") for cell in notebook.cells if cell.cell_type == "code")
    assert {model["face"] for model in own} == {"panel", "prediction", "exercise"}


# Jupyter's libraries warn about each other as they start; these are their words, not ours.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_a_notebook_runs(tmp_path, monkeypatch):
    look_at(run(FIRST, "es", tmp_path, monkeypatch))


@pytest.mark.slow
@pytest.mark.parametrize("number", NUMBERS)
def test_every_notebook_runs(number, tmp_path, monkeypatch):
    look_at(run(number, "en", tmp_path, monkeypatch))

"""Starters: one text for three formats and two languages, complete, and a notebook that runs once it is solved."""

import ast
import json
import re
import sys
from pathlib import Path

import nbformat
import pytest

from vitral.course import LANGUAGES, ready_labs, row
from vitral.course.labs.catalogue import find_lab, lab_numbers
from vitral.course.labs.feedback import hints_of
from vitral.course.labs.start import FORMATS, build_starter, cells_of
from vitral.course.labs.submission import take
from vitral.course.texts import Prose, read_text

REFERENCE = Path(__file__).parent / "lab1" / "reference_keras.py"
NUMBERS = lab_numbers()


def code_of(number, language):
    return [cell.source for cell in cells_of(find_lab(number), language) if cell.is_code]


class Bare(ast.NodeTransformer):
    """Code without what is said in the reader's language: docstrings and texts that are shown."""

    def visit_Constant(self, node):
        if isinstance(node.value, str) and (" " in node.value or node.value in LANGUAGES):
            node.value = ""
        return node


def bare(source):
    return ast.unparse(Bare().visit(ast.parse(source)))


def functions_in(content, name):
    """The functions that a submission with this content would be graded by."""
    return [s.name for _, s in take(content.encode(), name).statements if isinstance(s, ast.FunctionDef)]


@pytest.mark.parametrize("number", NUMBERS)
def test_both_languages_have_the_same_sections_and_the_same_code(number):
    spanish, english = (read_text(find_lab(number).folder, language) for language in ("es", "en"))
    assert [s.key for s in spanish.sections] == [s.key for s in english.sections]
    assert all(isinstance(part, Prose) for text in (spanish, english) for s in text.sections for part in s.parts)
    assert [bare(c) for c in code_of(number, "es")] == [bare(c) for c in code_of(number, "en")]
    formulas = []
    for language in ("es", "en"):
        text = "\n".join(cell.source for cell in cells_of(find_lab(number), language))
        formulas.append(re.findall(r"(?s)\$\$.+?\$\$|\$[^$\n]+\$", text))
    assert sorted(formulas[0]) == sorted(formulas[1])


@pytest.mark.parametrize("number", NUMBERS)
def test_every_task_has_a_function_and_a_check_in_its_language(number):
    lab = find_lab(number)
    for language in LANGUAGES:
        code = "\n\n".join(code_of(number, language))
        functions = {node.name: node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)}
        for task in lab.tasks:
            assert ast.get_docstring(functions[task.function])
            assert len(functions[task.function].body) == 1, "nothing of the solution"
            call = f'vitral.check_lab("{number}", "{task.name}", {task.function}, language="{language}")'
            assert call in code


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_formats_hold_the_same_text_and_functions(number, language):
    lab = find_lab(number)
    starters = {form: build_starter(lab, language=language, form=form) for form in FORMATS}
    nbformat.validate(nbformat.reads(starters["ipynb"], as_version=4))
    wanted = functions_in(starters["py"], "lab.py")
    assert {task.function for task in lab.tasks} <= set(wanted)
    for form, name in (("ipynb", "lab.ipynb"), ("marimo", "lab.py")):
        assert functions_in(starters[form], name) == wanted
    for cell in cells_of(lab, language):
        if not cell.is_code:
            for line in filter(None, cell.source.splitlines()):
                as_json = json.dumps(line, ensure_ascii=False)[1:-1]
                assert as_json in starters["ipynb"]
                assert line in starters["marimo"]
                assert f"# {line}".rstrip() in starters["py"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_marimo_finds_the_same_names_in_its_notebook(tmp_path, language):
    """What marimo itself reads: all cells, and no name that two of them give."""
    from marimo._ast.load import load_app

    file = tmp_path / "lab1.py"
    file.write_text(build_starter(find_lab("1"), language=language, form="marimo"), encoding="utf-8")
    app = load_app(str(file))
    cells = list(app._cell_manager.cells())
    given = [name for cell in cells for name in cell._cell.defs]
    assert len(given) == len(set(given)), "a name that two cells give"
    written = file.read_text(encoding="utf-8")
    assert written.count("@app.function") == 4
    assert sum(len(cell._cell.code) > 0 for cell in cells) == len(list(cells_of(find_lab("1"), language))) + 1


def test_a_script_prints_and_writes_what_a_notebook_shows():
    text = build_starter(find_lab("1"), form="py")
    assert text.count("print(vitral.check_lab(") == 4
    assert text.count(".savefig(") == 4
    compile(text, "lab1.py", "exec")


@pytest.mark.parametrize("number", NUMBERS)
def test_hints_are_in_both_languages_with_the_same_places(number):
    for key, sentences in hints_of(find_lab(number).folder).items():
        assert set(sentences) == set(LANGUAGES), key
        places = [sorted(set(re.findall(r"\{(\w+)\}", sentences[language]))) for language in LANGUAGES]
        assert places[0] == places[1], key
        assert sentences["es"] != sentences["en"], key
        spanish = re.sub(r"`[^`]*`", "", sentences["es"])
        assert spanish.count("¿") == spanish.count("?"), key
        assert [sentences[language].count("`") % 2 for language in LANGUAGES] == [0, 0], key


def test_the_syllabus_knows_the_labs_that_can_be_started():
    assert {lab.number for lab in ready_labs()} == {f"lab{number}" for number in NUMBERS}
    for number in NUMBERS:
        lab = find_lab(number)
        assert row(f"lab{number}").folder == lab.folder
        for language in LANGUAGES:
            assert lab.title[language] == row(f"lab{number}").title[language]
            assert read_text(lab.folder, language).title == lab.title[language]


def solved(number, language):
    """The notebook with the reference solution where the student writes."""
    tree = ast.parse(REFERENCE.read_text(encoding="utf-8"))
    helpers = "\n\n".join(ast.unparse(s) for s in tree.body if getattr(s, "name", "_").startswith("_"))
    bodies = {s.name: ast.unparse(s) for s in tree.body if isinstance(s, ast.FunctionDef)}
    notebook = nbformat.reads(build_starter(find_lab(number), language=language), as_version=4)
    for cell in notebook.cells:
        found = re.match(r"def (\w+)\(", cell.source)
        if cell.cell_type == "code" and found and found[1] in bodies:
            cell.source = f"{helpers}\n\n{bodies[found[1]]}"
    return notebook


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notebook_runs_from_top_to_bottom_once_it_is_solved(language, tmp_path, monkeypatch):
    """On the digits: Fashion-MNIST is not to be had where the network is shut."""
    from nbclient import NotebookClient

    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "empty"))
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("VITRAL_DATA", "")
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    notebook = solved("1", language)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    pages = [o["data"]["text/html"] for o in outputs if "text/html" in o.get("data", {})]
    assert sum("✓ T" in page for page in pages) == 4
    assert sum("image/png" in o.get("data", {}) for o in outputs) == 4
    assert not [o for o in outputs if o.output_type == "error"]


@pytest.mark.slow
def test_the_script_runs_before_anything_is_solved(tmp_path):
    """Checks say what is missing, the experiments wait."""
    import os
    import subprocess

    (tmp_path / "lab1.py").write_text(build_starter(find_lab("1"), form="py"), encoding="utf-8")
    environment = os.environ | {
        "KERAS_HOME": str(tmp_path / "empty"),
        "VITRAL_DATA": "",
        "PYTHONIOENCODING": "utf-8",
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"),
    }
    done = subprocess.run(
        [sys.executable, "lab1.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8",
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("not right yet") == 4

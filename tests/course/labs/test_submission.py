"""What is taken from a file, and what is run of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitral.course.labs.submission import SubmissionError, load, read_submission, take

FILE = '''"""My lab."""
from __future__ import annotations
import math, os.path as path
from collections import OrderedDict as OD
try:
    import json
except ImportError:
    json = None
EPS = 1e-7
SIZES: list = [2 ** n for n in range(3)]
HIDDEN: tuple = (128, 64)
a, (b, *c) = 1, (2, 3, 4)
L = math.pi
double = lambda x, y=EPS: 2 * x
table = {"one": 1, **{"two": 2}}
print("never")
model = build()
undefined_name
for i in range(10): loud = i
with open("/nowhere") as file: text = file.read()
if True:
    inside = 1
math.pi = 3
table["three"] = 3
assert False
x = y = [0] * 3
def helper(n): return n + EPS
class Own:
    size = 3
    def get(self) -> Unknown: return self.size
async def later(): pass
raise SystemExit
'''


def names(submission):
    return {name for name in load(submission)[0] if not name.startswith("__")}


def test_imports_functions_classes_and_simple_constants_are_taken():
    found = take(FILE.encode(), "lab1.py")
    assert names(found) == {
        "annotations", "math", "path", "OD", "json", "EPS", "HIDDEN", "a", "b", "c", "L", "double", "table", "x", "y",
        "helper", "Own", "later",
    }  # fmt: skip
    assert found.imported == {"__future__", "math", "os", "collections", "json"}
    assert found.skipped.keys() == {"SIZES", "n", "model", "i", "loud", "file", "text", "inside"}
    assert found.skipped["model"] == "lab1.py, line 17"
    namespace, troubles = load(found)
    assert troubles == []
    assert (namespace["c"], namespace["table"], namespace["helper"](1)) == ([3, 4], {"one": 1, "two": 2}, 1 + 1e-7)
    assert namespace["math"].pi == pytest.approx(3.14159, abs=1e-4)


def as_notebook(*cells, **more):
    return json.dumps({"cells": [{"cell_type": "code", "source": c} for c in cells], **more}).encode()


def test_magics_shell_lines_and_help_are_left_out_of_notebooks():
    cells = [
        "%matplotlib inline\n!pip install vitral\nimport math\nmath.pi?\n?math\nfiles = !ls\nt = %timeit -o f()\nA = 1",
        "%%time\nB = 2", "%%bash\nrm -rf /", "%%html\n<b>C = 3</b>", "%%capture out\nD = 4\n%load_ext x",
        "if True:\n    !ls\nE = 5", "await later()\nF = 6", "\n\n%%time\nG = 7",
    ]  # fmt: skip
    assert names(take(as_notebook(*cells), "a.ipynb")) == {"math", "A", "B", "D", "E", "F", "G"}


def test_a_cell_that_is_no_python_is_told_and_the_others_count():
    found = take(as_notebook("A = 1", "def f(:\n  pass", "B = 2"), "a.ipynb")
    assert names(found) == {"A", "B"}
    (trouble,) = found.troubles
    assert trouble.startswith("cell 2, line 1: ")


def test_cells_may_be_run_in_any_order():
    namespace, troubles = load(take(as_notebook("def f(x=EPS): return x\nB = EPS", "EPS = 3", "C = D"), "a.ipynb"))
    assert (namespace["f"](), namespace["B"]) == (3, 3)
    assert [t.split(":")[:2] for t in troubles] == [["cell 3, line 1", " NameError"]]


@pytest.mark.parametrize(
    "content",
    [
        as_notebook(["A = 1\n", "B = 2"]),
        json.dumps({"cells": [{"cell_type": "code", "source": "A = 1\nB = 2"}, {"cell_type": "markdown"}, 3]}).encode(),
        json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": ["A = 1\n", "B = 2"]}]}]}).encode(),
        as_notebook("A = 1\nB = 2", nbformat=4).decode().encode("utf-8-sig"),
        json.dumps(
            {"cells": [{"cell_type": "code", "source": [3]}, {"cell_type": "code", "source": "A = B = 1"}]}
        ).encode(),
    ],
)
def test_every_form_of_notebook(content):
    assert names(take(content, "A.IPYNB")) == {"A", "B"}


def test_a_marimo_notebook_is_taken_from_inside_its_cells():
    code = (
        "import marimo\napp = marimo.App()\nwith app.setup:\n    import math\n    A = 1\n"
        "@app.cell\ndef _():\n    B = 2\n    print(B)\n    return (B,)\n"
        "@app.cell(hide_code=True)\ndef _(mo):\n    mo.md('text')\n    return\n"
        "@app.function\ndef f(): return 3\n@app.class_definition\nclass C: pass\n"
        "@app.cell\ndef _():\n    def g(): return 4\n    return (g,)\nif __name__ == '__main__':\n    app.run()\n"
    )
    found = take(code.encode(), "lab1.py")
    assert names(found) == {"marimo", "math", "A", "B", "f", "C", "g"}
    assert load(found)[0]["g"]() == 4


def test_what_runs_when_it_is_defined_may_fail_alone():
    code = (
        "def d(f): raise SystemExit\n@d\ndef f(): pass\nclass C:\n    1 / 0\ndef g(x=[][1]): pass\ndef h(): return 1\n"
    )
    namespace, troubles = load(take(code.encode(), "a.py"))
    assert namespace.keys() >= {"d", "h"}
    assert not namespace.keys() & {"f", "C", "g"}
    assert [trouble.split(": ")[1] for trouble in troubles] == ["SystemExit", "ZeroDivisionError", "IndexError"]


@pytest.mark.parametrize(
    "code",
    [
        "x = " + "(" * 5000,
        "x = " + "-" * 50_000 + "1",
        "x = " + "1+" * 20_000 + "1",
        "if 1:\n" + "\t" * 150 + "(" * 300,
    ],
    ids=["parentheses", "signs", "sum", "blocks"],
)
def test_deep_nesting_is_refused_or_its_statement_fails(code):
    """How deep Python can read is its own affair; the rest of the file counts, or nothing does."""
    refused = ""
    try:
        found, troubles = load(take(f"{code}\ny = 1\n".encode(), "a.py"))
    except SubmissionError as error:
        found, troubles, refused = {}, [], error.note.key
    assert refused == "no_python" or found["y"] == 1
    assert refused or found.get("x") in (20_001, 1) or troubles


def test_what_can_be_read_is_read():
    depth = 90
    code = "x = " + "[" * depth + "]" * depth + "\ndef f():\n"
    code += "".join(" " * n + "if 1:\n" for n in range(1, depth)) + " " * depth + "return 7\n"
    found, troubles = load(take(code.encode(), "a.py"))
    assert troubles == []
    assert found["f"]() == 7
    assert str(found["x"]) == "[" * depth + "]" * depth


@given(st.text(max_size=200), st.booleans())
def test_no_text_raises_anything_but_a_submission_error(text, is_notebook):
    content = as_notebook(text) if is_notebook else text.encode("utf-8", "surrogatepass")
    try:
        take(content, "a.ipynb" if is_notebook else "a.py")
    except SubmissionError:
        pass


@given(st.binary(max_size=100), st.sampled_from(["a.py", "a.ipynb"]))
def test_no_bytes_raise_anything_but_a_submission_error(content, name):
    try:
        take(content, name)
    except SubmissionError:
        pass


KEYS = ["cells", "worksheets", "source", "cell_type", "input", "code"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=12,
)


@given(JSON)
def test_no_json_raises_anything_but_a_submission_error(notebook):
    try:
        take(json.dumps(notebook).encode(), "a.ipynb")
    except SubmissionError:
        pass


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "folder.py").mkdir()
    with (tmp_path / "huge.ipynb").open("wb") as file:
        file.truncate(33 << 20)
    for name, says in (
        ("none.py", "can be read"),
        ("folder.py", "can be read"),
        ("huge.ipynb", "at most 32 MiB: got 33"),
    ):
        with pytest.raises(SubmissionError, match=says):
            read_submission(tmp_path / name)

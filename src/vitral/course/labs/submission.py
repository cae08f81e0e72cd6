"""What is taken from a submission: imports, functions, classes and simple constants, found by parsing.

A student's file also trains models, draws and prints; a check needs none of that. So statements at the top level are
kept only where they define something: imports (also within `try`), functions, classes, and names that are given a
value without a call (`EPS = 1e-7`, `L = keras.layers`, `f = lambda x: x`). Of a notebook (.ipynb) the code cells count,
its magics and shell lines do not; of a marimo notebook (.py), what is inside its cells. Decorators, defaults and class
bodies do run when a function or class is defined.
"""

import ast
import json
import re
import types
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vitral._errors import ArgumentError
from vitral.course.labs.notes import Note, note, say
from vitral.course.labs.performing import kind_of, one_line

LARGEST_FILE = 32 * 2**20  # bytes; figures are kept in notebooks
LARGEST_CODE = 2 * 2**20  # characters

_SIMPLE = (
    ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.Set, ast.Dict,
    ast.Starred, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp,
    ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context,
)  # fmt: skip
_TARGETS = (ast.Name, ast.Tuple, ast.List, ast.Starred, ast.expr_context)
_RUNS_AS_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")
_SHELL = re.compile(r"^(\s*)(?:[%!].*|[\w., ]+=\s*[%!].*|\?{1,2}[\w.]+|[\w.]+\?{1,2})\s*$")
_FLAGS = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class SubmissionError(ArgumentError):
    """A file that nothing can be taken from: no notebook, no Python, too large. `note` says it in both languages."""

    def __init__(self, note: Note) -> None:
        super().__init__(say(note, "en"))
        self.note = note


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What was kept of a file.

    `statements` are in the order of the file, each with the name that errors call its place by ("cell 3" or the file's
    name); `imported` are the packages; `skipped` maps names that were given a value by code that is not run to the
    place where; `troubles` are sentences about cells that are no Python.
    """

    name: str
    statements: list[tuple[str, ast.stmt]] = field(default_factory=list)
    imported: frozenset[str] = frozenset()
    skipped: dict[str, str] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)


def read_submission(path: str | Path) -> Submission:
    """What is kept of a .py or .ipynb file; nothing of it runs.

    Raises:
        SubmissionError: it cannot be read, is larger than 32 MiB, is no notebook or no Python.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise SubmissionError(note("large_file", file=path.name, size=size >> 20, most=LARGEST_FILE >> 20))
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise SubmissionError(note("no_access", file=path.name, why=error.strerror or error)) from error
    return take(content, path.name)


def take(content: bytes, name: str) -> Submission:
    """What is kept of the content of a file called `name`.

    Raises:
        SubmissionError: it is no notebook (.ipynb), no Python (else), or holds more than 2 MiB of code.
    """
    cells = _notebook_cells(content, name) if name.lower().endswith(".ipynb") else [(name, _text(content, name))]
    if sum(len(source) for _, source in cells) > LARGEST_CODE:
        raise SubmissionError(note("too_long", file=name, most=LARGEST_CODE >> 20))
    statements, troubles = [], []
    for place, source in cells:
        try:
            statements += [(place, statement) for statement in _parse(source, place)]
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
            what = (error.msg if isinstance(error, SyntaxError) else one_line(error)) or kind_of(error)
            troubles.append(f"{place}{line}: {what}")
    if troubles and not statements:
        raise SubmissionError(note("no_python", file=name, trouble=troubles[0]))
    return _sift(name, statements, troubles)


def load(
    submission: Submission, rewrite: Callable[[ast.stmt], ast.stmt] = lambda statement: statement
) -> tuple[dict[str, Any], list[str]]:
    """Run what was kept of a submission, one statement after another. This is the student's code: mind where it runs.

    Each statement runs as `rewrite` makes it.

    Returns:
        The names that it defines, and a sentence for each statement that failed; the others are there all the same.
        Where a name was missing the statement is tried again after the rest: notebooks are run in any order.
    """
    module = types.ModuleType("submission")
    flags = 0
    for _, statement in submission.statements:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            flags |= _future_flags(statement)
    waiting, troubles = submission.statements, []
    for _ in range(2):
        failed = []
        for place, statement in waiting:
            try:
                tree = ast.Module([rewrite(statement)], type_ignores=[])
                exec(compile(tree, f"<{place}>", "exec", flags=flags, dont_inherit=True), module.__dict__)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # SystemExit, too
                if isinstance(error, NameError) and waiting is submission.statements:
                    failed.append((place, statement))
                else:
                    troubles.append(f"{place}, line {statement.lineno}: {kind_of(error)}: {one_line(error)}")
        waiting = failed
    return module.__dict__, troubles


# ---------------------------------------------------------------- reading


def _text(content: bytes, name: str) -> str:
    if len(content) > LARGEST_CODE:
        raise SubmissionError(note("too_long", file=name, most=LARGEST_CODE >> 20))
    for encoding in ("utf-16", "utf-8-sig") if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else ("utf-8-sig",):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    if b"\0" in content:
        raise SubmissionError(note("no_text", file=name))
    return content.decode("latin-1")


def _notebook_cells(content: bytes, name: str) -> list[tuple[str, str]]:
    """(place, source) of each code cell."""
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SubmissionError(note("no_json", file=name, why=one_line(error))) from error
    sheets = notebook.get("worksheets", [notebook]) if isinstance(notebook, dict) else None
    cells = [
        cell
        for sheet in (sheets if isinstance(sheets, list) else [])
        if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
        for cell in sheet["cells"]
        if isinstance(cell, dict)
    ]
    if not cells:
        raise SubmissionError(note("no_cells", file=name))
    found = []
    for number, cell in enumerate(cells, 1):
        source = cell.get("source", cell.get("input", ""))  # input: notebooks of before 2014
        lines = source if isinstance(source, list) else [source]
        if cell.get("cell_type") == "code" and all(isinstance(line, str) for line in lines):
            found.append((f"cell {number}", "".join(lines)))
    return found


def _parse(source: str, place: str) -> list[ast.stmt]:
    """The statements of a cell, or of a file; Jupyter's own lines become `pass` where Python cannot read them."""
    first = source.lstrip().split("\n", 1)[0].strip()
    if first.startswith("%%"):
        if first.split()[0] not in _RUNS_AS_PYTHON:
            return []
        source = source.lstrip().partition("\n")[2]
    try:
        tree = compile(source, f"<{place}>", "exec", flags=_FLAGS, dont_inherit=True)
    except SyntaxError:
        plain = "\n".join(_SHELL.sub(r"\1pass", line) for line in source.split("\n"))
        tree = compile(plain, f"<{place}>", "exec", flags=_FLAGS, dont_inherit=True)
    assert isinstance(tree, ast.Module)
    return list(_flat(tree.body))


def _flat(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a file; of a marimo notebook, those inside its cells."""
    for statement in statements:
        decorators = getattr(statement, "decorator_list", [])
        words = {_marimo_word(decorator) for decorator in decorators}
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and "cell" in words:
            yield from (inner for inner in statement.body if not isinstance(inner, ast.Return))
        elif isinstance(statement, ast.With) and any(_marimo_word(i.context_expr) == "setup" for i in statement.items):
            yield from statement.body
        else:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                statement.decorator_list = [
                    d for d in decorators if _marimo_word(d) not in ("function", "class_definition")
                ]
            yield statement


def _marimo_word(expression: ast.expr) -> str:
    """`cell` of @app.cell or @app.cell(hide_code=True); "" of anything that is not marimo's."""
    call = expression.func if isinstance(expression, ast.Call) else expression
    is_app = isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name) and call.value.id == "app"
    return call.attr if isinstance(call, ast.Attribute) and is_app else ""


# ---------------------------------------------------------------- sifting


def _sift(name: str, statements: list[tuple[str, ast.stmt]], troubles: list[str]) -> Submission:
    kept, imported, skipped = [], set(), {}
    for place, statement in statements:
        definition = _definition(statement)
        if definition is not None:
            kept.append((place, definition))
            imported |= set(_packages(definition))
        else:
            skipped |= dict.fromkeys(_given(statement), f"{place}, line {statement.lineno}")
    return Submission(
        name=name, statements=kept, imported=frozenset(imported), skipped=skipped, troubles=list(troubles)
    )


def _definition(statement: ast.stmt) -> ast.stmt | None:
    """The statement, if it only defines something; a `try` with those of its statements that do; else None."""
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return statement
    if isinstance(statement, ast.Assign) and all(_is_made_of(t, _TARGETS) for t in statement.targets):
        return statement if _is_simple(statement.value) else None
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value is not None:
        return statement if _is_simple(statement.value) and _is_made_of(statement.annotation, _SIMPLE) else None
    if isinstance(statement, ast.Try):
        return _try(statement)
    return None


def _try(statement: ast.Try) -> ast.Try | None:
    """A `try` around imports, as of a package that may be missing."""
    body = [d for d in map(_definition, statement.body) if d is not None]
    if not body or not all(h.type is None or _is_made_of(h.type, _SIMPLE) for h in statement.handlers):
        return None
    for handler in statement.handlers:
        handler.body = [d for d in map(_definition, handler.body) if d is not None] or [
            ast.copy_location(ast.Pass(), handler)
        ]
    statement.body = body
    statement.orelse = [d for d in map(_definition, statement.orelse) if d is not None]
    statement.finalbody = [d for d in map(_definition, statement.finalbody) if d is not None]
    return statement if statement.handlers or statement.finalbody else None


def _is_simple(value: ast.expr) -> bool:
    """A value that is given without a call: made of constants, names and operators, or a lambda."""
    if isinstance(value, ast.Lambda):
        return all(_is_made_of(d, _SIMPLE) for d in [*value.args.defaults, *filter(None, value.args.kw_defaults)])
    return _is_made_of(value, _SIMPLE)


def _is_made_of(expression: ast.expr, kinds: tuple[type, ...]) -> bool:
    return all(isinstance(node, kinds) for node in ast.walk(expression))


def _given(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement, which is not run, would have given a value."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _packages(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _future_flags(statement: ast.ImportFrom) -> int:
    import __future__

    return sum(
        getattr(__future__, alias.name).compiler_flag for alias in statement.names if hasattr(__future__, alias.name)
    )

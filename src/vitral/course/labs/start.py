"""The starter of a lab: its statement, a place for each task, a cell that checks it. One text for three formats.

The lab's `es.md` or `en.md` is all there is: prose becomes cells of text, each ```python block a cell of code. Written
are a Jupyter notebook (ipynb), a marimo notebook, or a script with the cells marked by `# %%`, as editors know them.
"""

import ast
import json
import re
import symtable
from collections.abc import Iterator
from dataclasses import dataclass

from vitral._checks import check_choice
from vitral.course.export.ipynb import as_notebook, code_cell, colab_lines, text_cell
from vitral.course.labs.lab import Lab
from vitral.course.syllabus import LANGUAGES, row
from vitral.course.texts import Prose, Section, Text, read_text
from vitral.course.words import WORDS

FORMATS = ("ipynb", "marimo", "py")
ENDINGS = {"ipynb": ".ipynb", "marimo": ".py", "py": ".py"}
_CODE = re.compile(r"^```python\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
_COLAB = {
    "en": "On Colab this installs Vitral, where it is missing.",
    "es": "En Colab, instala Vitral si falta.",
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell: Markdown or Python. `key` is that of its section."""

    is_code: bool
    key: str
    source: str


def build_starter(lab: Lab, *, language: str = "en", form: str = "ipynb") -> str:
    """The starter's file as text.

    Args:
        lab: from `find_lab`. language: "es" or "en". form: "ipynb", "marimo" or "py".

    Raises:
        UnknownNameError: another language or format.

    Example:
        >>> from vitral.course.labs.catalogue import find_lab
        >>> build_starter(find_lab("1"), form="py").splitlines()[1]
        '# # Customized loss function'
    """
    check_choice("language", language, LANGUAGES)
    check_choice("form", form, FORMATS)
    cells = list(cells_of(lab, language))
    if form == "ipynb":
        return _as_ipynb(cells, lab, language)
    return _as_marimo(cells) if form == "marimo" else _as_script(cells)


def cells_of(lab: Lab, language: str) -> Iterator[Cell]:
    """The statement's cells, in their order."""
    text = read_text(lab.folder, language)
    yield Cell(is_code=False, key="title", source=_title(lab, text, language))
    for section in text.sections:
        yield from _cells_of_section(section)


def _title(lab: Lab, text: Text, language: str) -> str:
    words, found = WORDS[language], row(f"lab{lab.number}")
    video = [f"[▶ {words['video']}]({found.video}) · {found.minutes} {words['minutes']}"] if found.video else []
    return "\n\n".join([f"# {text.title}", f"Vitral · {words['lab']} {lab.number}", *video])


def _cells_of_section(section: Section) -> Iterator[Cell]:
    texts = [f"## {section.heading}"]
    for part in section.parts:
        assert isinstance(part, Prose)  # a lab's text has no live blocks
        for at, piece in enumerate(_CODE.split(part.text)):
            if at % 2:
                if texts:
                    yield Cell(is_code=False, key=section.key, source="\n\n".join(texts))
                    texts = []
                yield Cell(is_code=True, key=section.key, source=piece.rstrip())
            elif piece.strip():
                texts.append(piece.strip())
    if texts:
        yield Cell(is_code=False, key=section.key, source="\n\n".join(texts))


# ---------------------------------------------------------------- the three formats


def _as_ipynb(cells: list[Cell], lab: Lab, language: str) -> str:
    made = [code_cell(c.key, c.source) if c.is_code else text_cell(c.key, c.source) for c in cells]
    made.insert(1, code_cell("setup", f"# {_COLAB[language]}\n{colab_lines()}".rstrip()))
    notebook = as_notebook(made, {"lab": lab.number, "language": language})
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _as_script(cells: list[Cell]) -> str:
    parts = []
    for cell in cells:
        if cell.is_code:
            parts.append(f"# %%\n{_told(cell.source)}")
        else:
            lines = "\n".join(f"# {line}".rstrip() for line in cell.source.splitlines())
            parts.append(f"# %% [markdown]\n{lines}")
    return "\n\n".join(parts) + "\n"


def _told(source: str) -> str:
    """The code of a script: what a notebook shows because it stands last is printed, a figure is written to a file."""
    *lines, last = source.split("\n")
    tree = ast.parse(source).body
    if not tree or not isinstance(tree[-1], ast.Expr) or tree[-1].lineno != tree[-1].end_lineno:
        return source
    shown = last.strip()
    if not shown.endswith("_figure"):
        return "\n".join([*lines, f"print({shown})"])
    saved = [f"if not isinstance({shown}, str):", f'    {shown}.savefig("{shown.removesuffix("_figure")}.png")']
    return "\n".join([*lines, *saved])


def _as_marimo(cells: list[Cell]) -> str:
    """As marimo itself would write it: the imports first, functions that need only these by themselves."""
    code = [cell for cell in cells if cell.is_code]
    setup = code[0]
    given = {name for cell in code for name in _defined(cell.source)}
    parts = ["import marimo\n\napp = marimo.App()", f"with app.setup:\n{_indented(setup.source)}"]
    parts.append("@app.cell(hide_code=True)\ndef _():\n    import marimo as mo\n\n    return (mo,)")
    for cell in cells:
        if cell is setup:
            continue
        if not cell.is_code:
            quoted = cell.source.replace('"""', '\\"\\"\\"')
            text = _indented(f'mo.md(r"""\n{quoted}\n""")')
            parts.append(f"@app.cell(hide_code=True)\ndef _(mo):\n{text}\n    return")
            continue
        defined = _defined(cell.source)
        needed = (_needed(cell.source) & given) - defined - _defined(setup.source)
        tree = ast.parse(cell.source).body
        if len(tree) == 1 and isinstance(tree[0], ast.FunctionDef) and not needed:
            parts.append(f"@app.function\n{cell.source}")
            continue
        ending = f" ({', '.join(sorted(defined))},)" if defined else ""
        body = f"{_indented(cell.source)}\n    return{ending}"
        parts.append(f"@app.cell\ndef _({', '.join(sorted(needed))}):\n{body}")
    parts.append('if __name__ == "__main__":\n    app.run()')
    return "\n\n\n".join(parts) + "\n"


def _indented(source: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in source.split("\n"))


def _defined(source: str) -> set[str]:
    """The names that a cell gives to others: those that begin with `_` stay its own."""
    table = symtable.symtable(source, "cell", "exec")
    return {
        symbol.get_name()
        for symbol in table.get_symbols()
        if (symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace())
        and not symbol.get_name().startswith("_")
    }


def _needed(source: str) -> set[str]:
    """The global names that a cell reads, in its functions, too."""

    def of(table: symtable.SymbolTable) -> Iterator[str]:
        is_module = table.get_type() == "module"
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (is_module or symbol.is_global()):
                yield symbol.get_name()
        for child in table.get_children():
            yield from of(child)

    return set(of(symtable.symtable(source, "cell", "exec")))

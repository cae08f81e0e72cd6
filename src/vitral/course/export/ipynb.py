"""A lesson as a Jupyter notebook: its text in Markdown cells, each live thing in one line of code."""

import re
from typing import Any

from vitral import __version__
from vitral.course.frame import place_of
from vitral.course.lesson import Lesson
from vitral.course.texts import Block, Prose, Section
from vitral.course.words import WORDS

_CODE = re.compile(r"^```python\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
_WORDS = {
    "en": {
        "setup": "Opens the lesson. On Colab it first installs Vitral, where it is missing, and lets live widgets in.",
    },
    "es": {
        "setup": "Abre la lección. En Colab, antes instala Vitral si falta y permite los controles en vivo.",
    },
}


def build_notebook(lesson: Lesson) -> dict[str, Any]:
    """The notebook as JSON: format 4.5, no outputs."""
    cells = [text_cell("title", _title(lesson)), code_cell("setup", _setup(lesson))]
    for section in lesson.text.sections:
        cells += _section(lesson, section)
    return as_notebook(cells, {"lesson": lesson.row.number, "language": lesson.language})


def _title(lesson: Lesson) -> str:
    row, words = lesson.row, WORDS[lesson.language]
    lines = [f"# {lesson.text.title}", f"Vitral · {place_of(row, lesson.language)}", f"*{row.line[lesson.language]}*"]
    if row.video:
        lines.append(f"[▶ {words['video']}]({row.video}) · {row.minutes} {words['minutes']}")
    return "\n\n".join(lines)


def _setup(lesson: Lesson) -> str:
    return (
        f"# {_WORDS[lesson.language]['setup']}\n{colab_lines()}\n"
        "from vitral import course\n"
        "\n"
        f'lesson = course.lesson("{lesson.row.number}", "{lesson.language}")'
    )


def colab_lines() -> str:
    """What a notebook does before anything else where it runs on Colab: install Vitral, and let widgets in."""
    wanted = f"vitral=={__version__}" if __version__[0].isdigit() and "+" not in __version__ else "vitral"
    return (
        "import importlib.util\n"
        "import subprocess\n"
        "import sys\n"
        "\n"
        'if "google.colab" in sys.modules:\n'
        '    if importlib.util.find_spec("vitral") is None:\n'
        f'        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "{wanted}"], check=True)\n'
        "    from google.colab import output\n"
        "\n"
        "    output.enable_custom_widget_manager()\n"
    )


def _section(lesson: Lesson, section: Section) -> list[dict[str, Any]]:
    texts, cells = [f"## {section.heading}"], []
    has_claims = False

    def close_text() -> None:
        if texts:
            cells.append(text_cell(section.key, "\n\n".join(texts)))
            texts.clear()

    for part in section.parts:
        if isinstance(part, Prose):
            for at, piece in enumerate(_CODE.split(part.text) if section.key == "try" else [part.text]):
                if at % 2:
                    close_text()
                    cells.append(code_cell(section.key, piece.rstrip()))
                elif piece.strip():
                    texts.append(piece.strip())
        elif part.kind == "claim":
            has_claims = True
        else:
            if part.kind != "live":
                texts.append(part.text)
            close_text()
            cells.append(code_cell(f"{section.key}-{part.name}", _call(part)))
            if part.more and part.kind == "exercise":
                summary = WORDS[lesson.language]["solution"]
                texts.append(f"<details><summary>{summary}</summary>\n\n{part.more}\n\n</details>")
    close_text()
    if has_claims:
        cells.append(code_cell(f"{section.key}-table", "lesson.claims_table()"))
    return cells


def _call(block: Block) -> str:
    method = {"live": "live", "predict": "prediction", "exercise": "exercise"}[block.kind]
    return f'lesson.{method}("{block.name}")'


# ---------------------------------------------------------------- cells


def text_cell(key: str, source: str) -> dict[str, Any]:
    """A cell of Markdown; `key` becomes part of its id."""
    return {"cell_type": "markdown", "id": key, "metadata": {}, "source": source}


def code_cell(key: str, source: str) -> dict[str, Any]:
    """A cell of Python that has not run."""
    return {"cell_type": "code", "id": key, "metadata": {}, "execution_count": None, "outputs": [], "source": source}


def as_notebook(cells: list[dict[str, Any]], about: dict[str, Any]) -> dict[str, Any]:
    """The notebook with these cells; `about` says what it was made from, for programs that read it."""
    return {
        "cells": _numbered(cells),
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
            "vitral": {**about, "version": __version__},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _numbered(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cells with ids of their own, the same at every export; sources as lists of lines, as Jupyter saves them."""
    return [
        {**cell, "id": f"{number:02d}-{cell['id']}"[:64], "source": cell["source"].splitlines(keepends=True)}
        for number, cell in enumerate(cells)
    ]

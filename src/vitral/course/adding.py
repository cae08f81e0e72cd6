"""A lesson from a folder of one's own, beside those of the course.

    my_lesson/
      lesson.toml      its number, and what it is about in a line of each language
      es.md, en.md     its text
      experiment.py    what the text names: LIVE, CLAIMS, PREDICTIONS, EXERCISES
      lesson.py        the notebook that shows it, thin

The folder is a package while the process lasts: its files import each other as `from .data import points`.
"""

import importlib.util
import os
import sys
import tomllib
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

from vitral._errors import ArgumentError
from vitral.course import syllabus
from vitral.course.syllabus import LANGUAGES, Row
from vitral.course.texts import read_text

FACTS = "lesson.toml"
FILES = (FACTS, *(f"{language}.md" for language in LANGUAGES), "experiment.py", "lesson.py")


def add_lesson(folder: str | os.PathLike[str]) -> Row:
    """Add the lesson in a folder to the course, for this process. Adding a folder again reads its facts again.

    Its `lesson.toml` says what the syllabus says of the others:

        number = "6.1"
        line.es = "De qué trata, en una línea."
        line.en = "What it is about, in a line."

    Args:
        folder: it holds lesson.toml, es.md, en.md, experiment.py and lesson.py.

    Returns:
        Its row: `vitral.course.lesson(row.number)` opens it, and `vitral course --with FOLDER` shows it.

    Raises:
        ArgumentError: a folder that lacks one of its files, facts that are none, or a number that is taken.
        TextError: a text that breaks the rules of lessons' texts.

    Example:
        >>> from vitral.course import add_lesson
        >>> try:
        ...     add_lesson("no/such/folder")
        ... except ValueError as error:
        ...     print(str(error).split(":")[0])
        folder must be one that holds a lesson
    """
    place = _checked(folder)
    number, line = _facts_of(place / FACTS)
    texts = {language: read_text(place, language) for language in LANGUAGES}
    row = Row(
        number=number,
        kind="lesson",
        title={language: text.title for language, text in texts.items()},
        line=line,
        place=place,
    )
    taken = next((other for other in syllabus.rows() if other.number == number), None)
    if taken is not None and taken.place != place:
        whose = taken.place or "the course itself"
        raise ArgumentError(
            f"number must be one that no other lesson has: got {number!r}, which is {whose}'s. Change it."
        )
    spec = ModuleSpec(row.package, None, is_package=True)
    spec.submodule_search_locations = [str(place)]
    sys.modules.setdefault(row.package, importlib.util.module_from_spec(spec))
    syllabus.added[number] = row
    return row


def _checked(folder: Any) -> Path:
    if not isinstance(folder, str | os.PathLike):
        raise ArgumentError(f"folder must be one that holds a lesson: got {folder!r}. Give its path.")
    place = Path(folder).expanduser().absolute()
    missing = [name for name in FILES if not (place / name).is_file()]
    if missing:
        what = f"without {', '.join(missing)}" if place.is_dir() else "where no folder is"
        raise ArgumentError(
            f"folder must be one that holds a lesson: got {str(folder)!r}, {what}. CONTRIBUTING says how."
        )
    return place


def _facts_of(file: Path) -> tuple[str, dict[str, str]]:
    """Number and line out of lesson.toml."""
    try:
        facts = tomllib.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:  # no TOML, no UTF-8, no right to read it
        raise ArgumentError(f"{FACTS} must be TOML: got {str(file)!r} ({error}). Mend it.") from error
    number, line = facts.get("number"), facts.get("line")
    # Digits alone make the lesson's address, which no page of the course has.
    if not isinstance(number, str) or not all(part.isascii() and part.isdigit() for part in number.split(".")):
        raise ArgumentError(
            f'number must be digits and dots in quotes: got {number!r} in {FACTS}. Write number = "6.1".'
        )
    if not isinstance(line, dict) or not all(isinstance(line.get(code), str) and line[code] for code in LANGUAGES):
        raise ArgumentError(f'line must be a text in each language: got {line!r} in {FACTS}. Write line.en = "…".')
    return number, {language: line[language] for language in LANGUAGES}

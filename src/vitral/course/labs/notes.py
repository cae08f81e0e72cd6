"""What is said of a file as a whole: why it is not graded, what of it was not run, how its process ended.

A `Note` is a key of `notes.toml` and values for the places of its sentence, which is there in both languages. Values
are often a stranger's words, or Python's: `say` puts them into the sentence as its caller wants them shown.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PLACE = re.compile(r"^cell (\d+)")  # as `submission` names places
_LINE = re.compile(r"^([^:]{0,300}), line (\d+)")


@dataclass(frozen=True, kw_only=True)
class Note:
    """One sentence to be: `key` is one of `notes.toml`, `values` what its places are filled with."""

    key: str
    values: Mapping[str, str]


def note(key: str, **values: object) -> Note:
    """The note of a key."""
    return Note(key=key, values={name: str(value) for name, value in values.items()})


def say(note: Note, language: str, quoted: Callable[[str], str] = str) -> str:
    """The sentence of a note; `quoted` makes of each value what is to stand in it.

    Example:
        >>> say(note("too_long", file="ana.py", most=2), "es", quoted=repr)
        "'ana.py' debe tener como mucho '2' MiB de código, y tiene más. Acórtalo."
    """
    return sentences()[note.key][language].format_map(
        {name: quoted(in_language(value, language)) for name, value in note.values.items()}
    )


@cache
def sentences() -> dict[str, dict[str, str]]:
    """All sentences by key, each by language, with places in braces."""
    return tomllib.loads(Path(__file__).with_name("notes.toml").read_text(encoding="utf-8"))


def in_language(text: str, language: str) -> str:
    """A text that begins with a place ("cell 3, line 2"), with this in the words of `language`.

    Example:
        >>> in_language("cell 3, line 2: NameError", "es")
        'celda 3, línea 2: NameError'
    """
    if language != "es":
        return text
    return _LINE.sub(r"\1, línea \2", _PLACE.sub(r"celda \1", text))

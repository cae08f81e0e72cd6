"""What is said of a file: every sentence in both languages, with the places that its callers fill."""

import ast
import re
from pathlib import Path

import pytest

from vitral.course.labs import notes

SENTENCES = notes.sentences()
LABS = Path(notes.__file__).parent


def calls():
    """(key, names of the values) of every `note(...)` in the labs."""
    for file in [*LABS.glob("*.py"), *LABS.glob("grading/*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "note":
                yield node.args[0].value, sorted(str(keyword.arg) for keyword in node.keywords)


@pytest.mark.parametrize("key", SENTENCES)
def test_a_sentence_is_in_both_languages_with_the_same_places(key):
    assert SENTENCES[key].keys() == {"en", "es"}
    places = [sorted(re.findall(r"\{(\w+)\}", SENTENCES[key][language])) for language in ("en", "es")]
    assert places[0] == places[1]
    assert SENTENCES[key]["en"] != SENTENCES[key]["es"]


def test_every_note_has_its_sentence_and_fills_it_and_none_is_left_over():
    made = list(calls())
    for key, values in made:
        assert values == sorted(re.findall(r"\{(\w+)\}", SENTENCES[key]["en"])), key
    assert {key for key, _ in made} == SENTENCES.keys()


@pytest.mark.parametrize(
    ("text", "spanish"),
    [
        ("cell 3, line 12: NameError: a, line 2", "celda 3, línea 12: NameError: a, line 2"),
        ("lab1.py, line 4: SyntaxError", "lab1.py, línea 4: SyntaxError"),
        ("cellar, line 4", "cellar, línea 4"),
        ("of nothing: x, line 3", "of nothing: x, line 3"),
    ],
)
def test_places_are_said_in_spanish_and_the_rest_stays(text, spanish):
    assert notes.in_language(text, "es") == spanish
    assert notes.in_language(text, "en") == text

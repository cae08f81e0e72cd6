"""Spanish and English say the same: sections, blocks, keys, formulas, code and links agree; so do texts and code."""

import ast
import re

import pytest
from ready import (
    NUMBERS,
    TEXTS,
    code_blocks,
    differences,
    fields_of,
    formulas,
    links,
    markdown_of,
    shape,
)

from vitral.course import lesson
from vitral.course.texts import KINDS, Block

TABLES = {"live": "LIVE", "predict": "PREDICTIONS", "exercise": "EXERCISES", "claim": "CLAIMS"}
NOTHING = {"only Spanish": [], "only English": []}


@pytest.fixture(params=NUMBERS)
def number(request):
    return request.param


def both(number):
    """The sections of both languages, side by side."""
    spanish, english = TEXTS[number]["es"], TEXTS[number]["en"]
    return list(zip(spanish.sections, english.sections, strict=True))


def test_the_same_sections_in_the_same_order(number):
    keys = [[s.key for s in TEXTS[number][language].sections] for language in ("es", "en")]
    assert keys[0] == keys[1]


def test_the_sections_that_every_lesson_has(number):
    keys = [s.key for s in TEXTS[number]["en"].sections]
    assert keys[0] == "question"
    assert {"exercises", "try", "claims", "references"} <= set(keys)
    assert next(iter(TEXTS[number]["en"].sections[0].blocks("live")), None), (
        "the first screen has something to play with"
    )


def test_the_same_blocks_with_the_same_keys_and_values(number):
    for spanish, english in both(number):
        shapes = [[shape(p) for p in s.parts if isinstance(p, Block)] for s in (spanish, english)]
        assert shapes[0] == shapes[1], english.key


def test_blocks_and_prose_alternate_alike(number):
    for spanish, english in both(number):
        kinds = [[type(p).__name__ for p in s.parts] for s in (spanish, english)]
        assert kinds[0] == kinds[1], english.key


def test_numbers_are_shown_with_the_same_digits(number):
    """`{n:.2f}` in one language is `{n:.2f}` in the other."""
    for spanish, english in both(number):
        for a, b in zip(spanish.parts, english.parts, strict=True):
            if isinstance(a, Block) and isinstance(b, Block):
                sentences = [(a.measured, b.measured), *((a.words[k], b.words.get(k, "")) for k in a.words)]
                for in_spanish, in_english in sentences:
                    specs = [sorted(re.findall(r"\{(\w+(?::[^{}]*)?)\}", s)) for s in (in_spanish, in_english)]
                    assert specs[0] == specs[1], (a.kind, a.name)


def test_the_same_formulas(number):
    for spanish, english in both(number):
        (shown_es, inline_es), (shown_en, inline_en) = formulas(markdown_of(spanish)), formulas(markdown_of(english))
        assert shown_es == shown_en, english.key
        assert differences(set(inline_es), set(inline_en)) == NOTHING, english.key


def test_the_same_code(number):
    for spanish, english in both(number):
        code = [[bare(c) for c in code_blocks(markdown_of(s))] for s in (spanish, english)]
        assert code[0] == code[1], english.key


class Silent(ast.NodeTransformer):
    """What is printed is said in the reader's language."""

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name) and node.func.id == "print":
            for inner in ast.walk(node):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    inner.value = ""
        return node


def bare(source):
    """The code without comments and printed words."""
    return ast.unparse(Silent().visit(ast.parse(source)))


def test_the_same_links(number):
    for spanish, english in both(number):
        assert differences(links(markdown_of(spanish)), links(markdown_of(english))) == NOTHING, english.key


def test_the_same_headings_below_the_sections(number):
    for spanish, english in both(number):
        levels = [re.findall(r"^(#{3,}) ", markdown_of(s), flags=re.MULTILINE) for s in (spanish, english)]
        assert levels[0] == levels[1], english.key


@pytest.mark.parametrize("kind", KINDS)
def test_text_and_experiment_name_the_same(number, kind):
    experiment = lesson(number, "en").experiment
    written = {block.name for block in TEXTS[number]["en"].blocks(kind)}
    assert written == set(getattr(experiment, TABLES[kind], {}))


def test_the_notebook_shows_every_section_in_the_texts_order(number):
    row = lesson(number).row
    source = (row.folder / "lesson.py").read_text(encoding="utf-8")
    shown = re.findall(r'notebook\.section\(mo, lesson, "([a-z0-9-]+)"\)', source)
    assert shown == [s.key for s in TEXTS[number]["en"].sections]
    assert re.findall(r'notebook\.open_lesson\(mo, "(.+?)"\)', source) == [number]


def test_fields_of_reads_formats():
    assert fields_of("{a:.3g} and {b}") == {"a", "b"}

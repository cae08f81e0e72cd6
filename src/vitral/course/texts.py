"""A lesson's text: Markdown in sections, with blocks where something live stands.

    # Title
    ## Heading {#key}
    Prose with $formulas$ and ```python code```, and blocks, fenced with three backticks:

    live NAME          `key: word` lines and nothing else: the words of that panel's controls and drawings
    predict NAME       the question; `- key: option` lines; `= what was measured, with {values}`; after `---` more text
                       that is shown with the answer
    exercise NAME      the task; `? field: label` (or `? field: label [a | b]`) lines; `! key: what to say, {values}`
                       lines; after `---` the solution, as Markdown
    claim NAME         the statement; `= the measured sentence, with {values}`

Code inside a block, as in a solution, is fenced with three tildes. Numbers are written with a decimal point in both
languages, as in the code beside them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from vitral import VitralError

KINDS = ("live", "predict", "exercise", "claim")
_WORD_LINES = {
    "live": r"([a-z0-9_.-]+): (.+)",
    "predict": r"- ([a-z0-9_-]+): (.+)",
    "exercise": r"! ([a-z0-9_-]+): (.+)",
}
_PARTS = {
    "live": {},
    "predict": {"text": "a question", "words": "options (`- key: option`)", "measured": "a sentence (`= …`)"},
    "exercise": {"text": "a task", "words": "what to say (`! key: …`)", "fields": "a field (`? field: label`)"},
    "claim": {"text": "a statement", "measured": "a sentence (`= …`)"},
}
_FIELD_LINE = r"\? ([a-z0-9_]+): (.+?)(?: \[(.+)\])?$"


class TextError(VitralError):
    """A lesson's text breaks the rules of its blocks."""


@dataclass(frozen=True)
class Prose:
    """Markdown between two blocks."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Block:
    """Something live: its kind, its name in the lesson's `experiment.py`, and its words."""

    kind: str
    name: str
    text: str = ""  # the question, task or statement, as Markdown
    words: Mapping[str, str] = field(default_factory=dict)  # live: the panel's words; predict: options; exercise: `!`
    fields: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)  # exercise: label and choices
    measured: str = ""  # after `=`
    more: str = ""  # after `---`: the answer's explanation, or the solution


@dataclass(frozen=True, kw_only=True)
class Section:
    """One idea: a heading and what stands under it."""

    key: str
    heading: str
    parts: tuple[Prose | Block, ...]

    def blocks(self, kind: str) -> Iterator[Block]:
        """The blocks of one kind, in order."""
        return (part for part in self.parts if isinstance(part, Block) and part.kind == kind)


@dataclass(frozen=True, kw_only=True)
class Text:
    """A lesson in one language."""

    language: str
    title: str
    sections: tuple[Section, ...]

    def blocks(self, kind: str) -> Iterator[Block]:
        """The blocks of one kind in the whole text."""
        return (block for section in self.sections for block in section.blocks(kind))

    def block(self, kind: str, name: str) -> Block:
        """One block by its name."""
        for block in self.blocks(kind):
            if block.name == name:
                return block
        raise TextError(f"the {self.language} text must have a block ```{kind} {name}: got none. Add it.")

    def section(self, key: str) -> Section:
        """One section by its key."""
        for section in self.sections:
            if section.key == key:
                return section
        raise TextError(f"the {self.language} text must have a section {{#{key}}}: got none. Add it.")


@cache
def read_text(folder: Path, language: str) -> Text:
    """The text of the lesson in `folder`, in a language."""
    return parse((folder / f"{language}.md").read_text(encoding="utf-8"), language)


def parse(source: str, language: str = "en") -> Text:
    """A text from its Markdown.

    Raises:
        TextError: a heading without a key, a key or a block that comes twice, a block of an unknown kind or without
            its parts, a fence that is never closed.
    """
    title, sections = "", []
    heading, key, parts, prose = "", "", [], []
    lines = iter(source.splitlines())

    def close_prose() -> None:
        text = "\n".join(prose).strip("\n")
        if text.strip():
            parts.append(Prose(text))
        prose.clear()

    def close_section() -> None:
        close_prose()
        if key:
            sections.append(Section(key=key, heading=heading, parts=tuple(parts)))
        elif parts:
            raise TextError(f"text must stand in a section: got {parts[0]!r} before the first. Add a heading.")
        parts.clear()

    for line in lines:
        if line.startswith("# ") and not title:
            title = line[2:].strip()
        elif line.startswith("## "):
            close_section()
            found = re.fullmatch(r"## (.+?) \{#([a-z0-9-]+)\}", line.strip())
            if not found:
                raise TextError(f"a heading must end with its key, as in «## Heading {{#key}}»: got {line!r}. Add it.")
            heading, key = found.groups()
        elif line.startswith("```"):
            kind, _, name = line[3:].strip().partition(" ")
            body = _until_fence(lines, line)
            if kind in KINDS or name:
                close_prose()
                parts.append(_block(kind, name.strip(), body))
            else:
                prose += [line, *body, "```"]
        else:
            prose.append(line)
    close_section()
    if not title or not sections:
        raise TextError("a text must have a title and sections: got none. Begin with «# Title».")
    text = Text(language=language, title=title, sections=tuple(sections))
    _refuse_twins("section", [section.key for section in text.sections])
    for kind in KINDS:
        _refuse_twins(f"block {kind}", [block.name for block in text.blocks(kind)])
    return text


class _Minus(Formatter):
    """Formats as `str.format` does, numbers with a true minus sign, as the drawings beside have it."""

    def format_field(self, value: Any, format_spec: str) -> str:
        text = super().format_field(value, format_spec)
        return text if isinstance(value, str) else text.replace("-", "−")


_WITH_MINUS = _Minus()


def fill(sentence: str, values: Mapping[str, Any]) -> str:
    """`sentence` with `{name}` and `{name:.3g}` replaced by values; a missing one is an error that names it."""
    try:
        return _WITH_MINUS.format(sentence, **values)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise TextError(
            f"the values of {sentence!r} must fit it: got {dict(values)!r} ({error!r}). Add them."
        ) from None


def _refuse_twins(what: str, names: list[str]) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise TextError(f"each {what} must have a name of its own: got {twins[0]!r} twice. Rename one.")


def _until_fence(lines: Iterator[str], opening: str) -> list[str]:
    body = []
    for line in lines:
        if line.rstrip() == "```":
            return body
        body.append(line)
    raise TextError(f"a block must be closed by ```: got {opening!r} without. Close it.")


def _block(kind: str, name: str, body: list[str]) -> Block:
    if kind not in KINDS:
        raise TextError(f"a block must be one of {', '.join(KINDS)}: got {kind!r} of {name!r}. Code has one word.")
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise TextError(f"a block {kind} must have a name of small letters: got {name!r}. Name it.")
    if "---" in body:
        cut = body.index("---")
        body, more = body[:cut], "\n".join(body[cut + 1 :]).strip()
    else:
        more = ""
    text, words, fields, measured = [], {}, {}, []
    for line in body:
        pattern = _WORD_LINES.get(kind)
        if pattern and (found := re.match(pattern, line)):
            if found[1] in words:
                raise TextError(f"each key of {kind} {name} must come once: got {found[1]!r} twice. Rename one.")
            words[found[1]] = found[2].strip()
        elif kind == "exercise" and (found := re.match(_FIELD_LINE, line)):
            choices = tuple(c.strip() for c in found[3].split("|")) if found[3] else ()
            fields[found[1]] = (found[2].strip(), choices)
        elif kind in ("predict", "claim") and line.startswith("= "):
            measured.append(line[2:].strip())
        else:
            text.append(line)
    block = Block(
        kind=kind,
        name=name,
        text="\n".join(text).strip(),
        words=words,
        fields=fields,
        measured=" ".join(measured),
        more=more,
    )
    missing = [part for part in _PARTS[kind] if not getattr(block, part)]
    if missing:
        raise TextError(f"{kind} {name} must have {_PARTS[kind][missing[0]]}: got none. Add it.")
    if kind == "live" and (block.text or block.more):
        raise TextError(f"live {name} must have `key: word` lines only: got {block.text or block.more!r}. Move it out.")
    return block

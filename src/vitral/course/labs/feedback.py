"""Verdicts in words: for the student who checks, in a terminal or a notebook, and for the page that a grader writes.

A judge gives the key of a hint and values for its places. The sentences are in `hints.toml`: of the lab's folder, and
of this one for what every lab can say. What a student's code said stays data: it is cut, shown as code, and can be
neither markup nor a terminal's control sequence.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from vitral._checks import readable
from vitral.course.labs.lab import Call, Lab, Task, Verdict
from vitral.course.labs.notes import in_language

_HERE = Path(__file__).parent
_LONGEST, _MOST_SHOWN = 400, 24  # characters of something that a student's code said; numbers of an array
_MOST_LINES = 10  # of what it printed

WORDS = {
    "en": {
        "lab": "Lab", "task": "Task", "right": "right", "wrong": "not right yet", "called": "Called",
        "expected": "Expected", "got": "Got", "hint": "Hint", "array": "an array {shape}",
        "student": "Student", "points": "Points", "total": "Total", "printed": "Printed",
        "ok": "right", "timeout": "took too long", "crash": "crashed", "missing": "missing", "refused": "refused",
    },
    "es": {
        "lab": "Práctica", "task": "Tarea", "right": "correcta", "wrong": "todavía no", "called": "Llamada",
        "expected": "Se esperaba", "got": "Ha llegado", "hint": "Pista", "array": "un array {shape}",
        "student": "Estudiante", "points": "Puntos", "total": "Total", "printed": "Ha escrito con `print`",
        "ok": "correcta", "timeout": "ha tardado demasiado", "crash": "se ha cerrado", "missing": "falta",
        "refused": "no aceptada",
    },
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one task of one student ended: its status ("ok", "wrong", "missing" ...), its points, and the verdict.

    `printed` is the beginning of what it printed on the way.
    """

    status: str
    points: float
    verdict: Verdict | None = None
    printed: str = ""


@dataclass(frozen=True, kw_only=True, repr=False)
class Feedback:
    """What a check says of one task. A notebook shows it in colour; `print` shows it as text.

    Attributes:
        lab, task: what was checked. verdict: what the judge found. language: "es" or "en".
    """

    lab: Lab
    task: Task
    verdict: Verdict
    language: str = "en"
    _words: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_words", WORDS[self.language])

    @property
    def is_right(self) -> bool:
        """Whether the task is solved."""
        return self.verdict.is_right

    def __repr__(self) -> str:
        lines = [self._heading(), *(f"    {name}: {text}" for name, text in self._shown())]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        colour = "#1f8f6a" if self.is_right else "#d4660b"
        parts = "".join(
            f'<dt style="font-weight:600;margin-top:0.3em">{escape(name)}</dt><dd style="margin:0">{_html(text)}</dd>'
            for name, text in self._shown()
        )
        more = f'<dl style="margin:0.2em 0">{parts}</dl>' if parts else ""
        return (
            f'<div style="border-left:4px solid {colour};padding:0.3em 0.9em;margin:0.4em 0">'
            f"<strong>{escape(self._heading())}</strong>{more}</div>"
        )

    def _heading(self) -> str:
        mark, word = ("✓", "right") if self.is_right else ("✗", "wrong")
        return f"{mark} {self.task.name} · {self.task.function}: {self._words[word]}"

    def _shown(self) -> list[tuple[str, str]]:
        return [(self._words[name], text) for name, text in self.parts()]

    def parts(self) -> list[tuple[str, str]]:
        """("called" | "expected" | "got" | "hint", text): none where the task is solved."""
        return [(name, text) for name, text in verdict_parts(self.lab, self.verdict, self.language) if text]


def verdict_parts(lab: Lab, verdict: Verdict, language: str) -> list[tuple[str, str]]:
    """("called" | "expected" | "got" | "hint", its text with `code` in backticks) of a verdict that is not right."""
    if verdict.is_right:
        return []
    call = f"`{call_text(verdict.call, language)}`" if verdict.call is not None else ""
    return [
        ("called", call),
        ("expected", _as_code(verdict.expected)),
        ("got", _as_code(verdict.got)),
        ("hint", hint_text(lab, verdict.hint, verdict.values, language)),
    ]


def hint_text(lab: Lab, hint: str, values: Mapping[str, str], language: str) -> str:
    """The sentence of a hint, with its values in their places; of an unknown hint the sentence that always holds."""
    hints = hints_of(lab.folder)
    sentence = hints.get(hint, hints["unknown"])[language]
    shown = {name: _safe(in_language(value, language) if name == "place" else value) for name, value in values.items()}
    return sentence.format_map(_Gaps(shown))


@cache
def hints_of(folder: Path) -> dict[str, dict[str, str]]:
    """All hints of a lab by key, each by language: those of every lab, and its own."""
    found: dict[str, dict[str, str]] = {}
    for file in (_HERE / "hints.toml", folder / "hints.toml"):
        if file.is_file():
            found |= tomllib.loads(file.read_text(encoding="utf-8"))
    return found


def call_text(call: Call, language: str = "en") -> str:
    """A call as it would be typed, long arrays by their shape.

    Example:
        >>> call_text(Call(function="get_basic_model", arguments=(784, 10)))
        'get_basic_model(784, 10)'
    """
    text = f"{call.function}({', '.join(_shown(value, language) for value in call.arguments)})"
    return text if call.then is None else f"{text}({', '.join(_shown(value, language) for value in call.then)})"


def feedback_text(
    lab: Lab,
    student: str,
    outcomes: Mapping[str, Outcome],
    *,
    language: str = "en",
    notes: Sequence[str] = (),
) -> str:
    """A page for one student, as Markdown.

    Args:
        lab: the lab. student: how the student is called.
        outcomes: by the task's name, as "T1"; a task without one counts as missing.
        language: "es" or "en".
        notes: sentences that stand under the heading, as that no sandbox was used.

    Returns:
        Markdown in which nothing that the student's code said is markup.
    """
    words = WORDS[language]
    found = {task.name: outcomes.get(task.name, Outcome(status="missing", points=0.0)) for task in lab.tasks}
    total, most = sum(outcome.points for outcome in found.values()), sum(task.points for task in lab.tasks)
    lines = [
        f"# {words['lab']} {lab.number} · {lab.title[language]}",
        "",
        f"{words['student']}: {_as_code(student)}",
        "",
        f"**{words['total']}: {total:g} / {most:g}**",
        "",
        *[line for note in notes for line in (f"> {note}", "")],
    ]
    for task in lab.tasks:
        outcome = found[task.name]
        word = words.get(outcome.status, outcome.status)
        lines += [
            f"## {task.name} · {task.title[language]}: {word}",
            "",
            f"{words['points']}: {outcome.points:g} / {task.points:g}",
            "",
        ]
        verdict = outcome.verdict
        if verdict is None and outcome.status in hints_of(lab.folder):
            verdict = Verdict(is_right=False, hint=outcome.status, values={"function": task.function})
        parts = verdict_parts(lab, verdict, language) if verdict is not None else []
        items = [f"- {words[name]}: {text}" for name, text in parts if text]
        lines += [*items, ""] if items else []
        if outcome.printed.strip():
            lines += [f"{words['printed']}:", "", *_as_block(outcome.printed), ""]
    return "\n".join(lines)


class _Gaps(dict[str, str]):
    """Values of a sentence; what is missing stays as it is written, rather than ending the check."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _shown(value: Any, language: str) -> str:
    if isinstance(value, np.ndarray):
        if value.size > _MOST_SHOWN:
            return WORDS[language]["array"].format(shape=value.shape)
        return np.array2string(np.asarray(value), precision=3, suppress_small=True, separator=", ").replace("\n", "")
    return repr(value)


def _safe(text: str) -> str:
    """One line of what can be shown: no control characters, no backticks, not too long."""
    text = readable(text, " ").replace("`", "'")
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _as_code(text: str) -> str:
    text = _safe(text)
    return f"`{text}`" if text else ""


def _as_block(text: str) -> list[str]:
    """A stranger's lines as a block of code, which ends where we end it."""
    shown = (_safe(line) for line in text.strip().split("\n")[:_MOST_LINES])
    return ["```text", *shown, "```"]


def _html(text: str) -> str:
    """Text with `code` in backticks as HTML."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))

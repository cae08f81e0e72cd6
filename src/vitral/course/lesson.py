"""A lesson in one language: its text, its live panels, its questions, its claims."""

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from inspect import signature
from types import ModuleType
from typing import Any

from vitral._checks import check_choice, nearest
from vitral._errors import UnknownNameError
from vitral.course.claims import Measured, Revealed, Verdict
from vitral.course.markup import to_html
from vitral.course.syllabus import LANGUAGES, Row, ready_rows, rows
from vitral.course.texts import Block, Text, fill, read_text
from vitral.course.words import WORDS
from vitral.training import Task, others_may_work
from vitral.views.widgets import Drawing, Exercise, Panel, Prediction, Table


@dataclass(frozen=True, kw_only=True)
class ClaimResult:
    """One claim as a reader sees it: the statement, what was measured, and whether it holds.

    Example:
        >>> ClaimResult(name="xor", statement="No unit learns XOR.", measured="0 of 100 did.", holds=True).holds
        True
    """

    name: str
    statement: str
    measured: str
    holds: bool


class Lesson:
    """One lesson, ready to be shown. `vitral.course.lesson(number, language)` gives it.

    Attributes:
        row: its row in the syllabus. text: its text. language: "es" or "en".
        widgets: the live ones that it has made, for whoever has to close them.

    Raises:
        UnknownNameError: there is no such lesson, or it is not ready yet; no such language.

    Example:
        >>> found = Lesson("1.2", "es")
        >>> found.text.title, found.row.slug
        ('Entrenamiento del perceptrón', '1-2')
    """

    def __init__(self, number: str, language: str = "en"):
        self.row: Row = _ready_row(number)
        self.language = check_choice("language", language, LANGUAGES)
        self.text: Text = read_text(self.row.folder, language)
        self.widgets: list[Panel | Prediction | Exercise] = []

    @property
    def experiment(self) -> ModuleType:
        """The lesson's `experiment.py`: ordinary functions, and tables of what the text names."""
        return import_module(f"{self.row.package}.experiment")

    def live(self, name: str) -> Panel:
        """A live panel, in the lesson's language."""
        words = self.text.block("live", name).words
        panel: Panel = self._from("LIVE", name)(words, self.language)
        self.widgets.append(panel)
        return panel

    def prediction(self, name: str) -> Prediction:
        """A question that the reader answers before the measurement is shown."""
        block, function = self.text.block("predict", name), self._from("PREDICTIONS", name)

        def measure() -> tuple[str, str, Any]:
            revealed: Revealed = _measured_once(function, Task())
            sentence = fill(block.measured, revealed.values)
            # The sentence says what the picture shows: it serves who cannot see it.
            drawings = [drawing if drawing.alt else replace(drawing, alt=sentence) for drawing in revealed.drawings]
            return revealed.answer, sentence, drawings

        prediction = Prediction(
            list(block.words.items()),
            measure,
            language=self.language,
            more=to_html(block.more) if block.more else "",
            summary=WORDS[self.language]["why"],
        )
        self.widgets.append(prediction)
        return prediction

    def exercise(self, name: str) -> Exercise:
        """An exercise that checks itself."""
        block, function = self.text.block("exercise", name), self._from("EXERCISES", name)

        takes_task = "task" in signature(function).parameters

        def check(answers: dict[str, str], task: Task | None = None) -> tuple[bool, str]:
            verdict: Verdict = function(answers, task or Task()) if takes_task else function(answers)
            return verdict.right, fill(block.words[verdict.say], verdict.values)

        exercise = Exercise(block.fields, check, language=self.language)
        self.widgets.append(exercise)
        return exercise

    def claim(self, name: str) -> ClaimResult:
        """One claim, measured now, or earlier in this process."""
        return self._claim(name)(Task())

    def claims(self) -> list[ClaimResult]:
        """All claims of the lesson, in the text's order."""
        return [self.claim(block.name) for block in self.text.blocks("claim")]

    def claims_table(self, words: Mapping[str, str] | None = None) -> Panel:
        """The claims as a table; they are measured once the reader comes near, and it fills meanwhile.

        Args:
            words: "statement", "measured" and "holds", the heads of its columns; None takes the course's own.
        """
        words = WORDS[self.language] if words is None else words
        # Without the lesson itself: what holds it would keep it from being dropped with its page.
        waiting = [(block.text, self._claim(block.name)) for block in self.text.blocks("claim")]
        heads = [words["statement"], words["measured"], words["holds"]]

        def draw(rows: list[list[Any]]) -> list[Drawing]:
            return [Table(columns=heads, rows=rows, alt=heads[0], wide=True)]

        def compute(_values: dict[str, Any], task: Task) -> list[Drawing]:
            rows = [list(row) for row in unmeasured]
            for number, (_, measure) in enumerate(waiting):
                task.report(number / len(waiting))
                task.show(draw(rows))
                result = measure(task)
                rows[number] = [result.statement, result.measured, result.holds]
            return draw(rows)

        unmeasured: list[list[Any]] = [[statement, "…", "…"] for statement, _ in waiting]
        table = Panel(compute, language=self.language, label=heads[0], background=True, until_seen=draw(unmeasured))
        self.widgets.append(table)
        return table

    def _claim(self, name: str) -> Callable[[Task], ClaimResult]:
        block, function = self.text.block("claim", name), self._from("CLAIMS", name)

        def measure(task: Task) -> ClaimResult:
            measured: Measured = _measured_once(function, task)
            sentence = fill(block.measured, measured.values)
            return ClaimResult(name=name, statement=block.text, measured=sentence, holds=bool(measured.holds))

        return measure

    def block(self, kind: str, name: str) -> Block:
        """A block of the text."""
        return self.text.block(kind, name)

    def _from(self, table: str, name: str) -> Any:
        return getattr(self.experiment, table)[check_choice("name", name, getattr(self.experiment, table))]


def _ready_row(number: str) -> Row:
    known, ready = {row.number: row for row in rows()}, [row.number for row in ready_rows()]
    wanted = str(number).strip().lower().replace("-", ".")
    if wanted in ready:
        return known[wanted]
    if wanted in known and known[wanted].kind == "lab" and known[wanted].is_ready:
        start = f"vitral lab start {wanted.removeprefix('lab')}"
        raise UnknownNameError(
            f"LESSON must be a lesson: got {number!r}, which is a lab. Write its starter with: {start}"
        )
    what = "is in preparation" if wanted in known else "is none of the course"
    close = None if wanted in known else nearest(wanted, ready)
    hint = f"Did you mean {close}? " if close else ""
    raise UnknownNameError(f"LESSON must be one that is ready: {number!r} {what}. {hint}Ready: {', '.join(ready)}.")


_locks: defaultdict[Any, threading.Lock] = defaultdict(threading.Lock)


def _measured_once(function: Callable[[], Any], task: Task) -> Any:
    """What a claim or a prediction measured: always the same, so once in a process is enough.

    Who comes while it is measured waits for it as long as `task` is wanted, and lets the worker go on meanwhile with
    what others ask for.
    """
    lock = _locks[function]
    if not lock.acquire(blocking=False):
        with others_may_work():
            while not lock.acquire(timeout=0.1):
                task.check()
    try:
        return _measure(function)
    finally:
        lock.release()


@cache
def _measure(function: Callable[[], Any]) -> Any:
    return function()


def lesson(number: str, language: str = "en") -> Lesson:
    """A lesson of the course: "1.2", or "ref", in "es" or "en".

    Example:
        >>> from vitral.course import lesson
        >>> lesson("1.2").text.title
        'Training the perceptron'
    """
    return Lesson(number, language)

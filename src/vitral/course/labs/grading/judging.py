"""One submission graded: calls are drawn, a child answers them, and the lab judges after the child is gone."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from vitral._errors import VitralError
from vitral.course.labs.grading.process import Child, ChildError, StartError
from vitral.course.labs.grading.sandbox import Limits
from vitral.course.labs.lab import Answer, Call, Lab, Task, Verdict
from vitral.course.labs.notes import Note, note, say

STATUSES = ("ok", "wrong", "missing", "timeout", "crash", "refused")  # the last that holds of a task holds of the whole
_MOST_STARTS = 3  # before it is taken for the machine's fault
# What Python says of TensorFlow that is not there, and of what its tensors have and others do not.
_NEEDS_TENSORFLOW = (
    "NeedsTensorFlowError",
    "No module named 'tensorflow",
    "from 'tensorflow_by_keras",
    "has no attribute 'numpy'",
)


class SandboxError(VitralError):
    """Sandboxes do not start any more: nobody's mark is to suffer for it."""


@dataclass(frozen=True, kw_only=True)
class Graded:
    """A submission's tasks, each with its status and verdict, notes about the file, what was printed by task.

    `cpu_seconds` is what it took of the processor.
    """

    results: list[tuple[Task, Verdict, str]]
    notes: list[Note] = field(default_factory=list)
    printed: dict[str, str] = field(default_factory=dict)
    cpu_seconds: float = 0.0

    @property
    def status(self) -> str:
        return max((status for _, _, status in self.results), key=STATUSES.index)

    @property
    def total(self) -> float:
        return sum(task.points for task, _, status in self.results if status == "ok")


def refused(lab: Lab, status: str, reason: Note) -> Graded:
    """A submission that is not run: every task has the same status."""
    return Graded(results=[(task, Verdict(is_right=False), status) for task in lab.tasks], notes=[reason])


def grade_one(
    lab: Lab,
    name: str,
    content: bytes,
    *,
    tool: str,
    limits: Limits | None = None,
    backend: str | None = None,
    stand_in: bool = False,
) -> Graded:
    """Grade the submission in a file called `name`; its code runs in the sandbox `tool` and nowhere else.

    `stand_in`: it imports TensorFlow, which is not installed. A task that fails for this alone is refused, not wrong.
    """
    limits = limits or Limits()
    rng = np.random.default_rng()
    calls = [task.draw(rng) for task in lab.tasks]
    answers, notes, cpu_seconds = _collect(lab, name, content, calls, tool, limits, backend or lab.backend)
    results = []
    for task, asked, given in zip(lab.tasks, calls, answers, strict=True):
        verdict, stumble = _judge(task, asked, given)
        notes += stumble
        status = _status(verdict, given)
        if stand_in and status in ("wrong", "missing") and _needs_tensorflow(given, notes):
            status = "refused"
            notes.append(note("needs_tensorflow"))
        results.append((task, verdict if status in ("ok", "wrong") else replace(verdict, is_right=False), status))
    printed = {
        task.name: next((answer.printed for answer in given if answer.printed.strip()), "")
        for task, given in zip(lab.tasks, answers, strict=True)
    }
    notes = [note("stand_in"), *notes] if stand_in else notes
    return Graded(results=results, notes=_once(notes), printed=printed, cpu_seconds=cpu_seconds)


def _collect(
    lab: Lab, name: str, content: bytes, calls: list[list[Call]], tool: str, limits: Limits, backend: str
) -> tuple[list[list[Answer]], list[Note], float]:
    """The answers to each task's calls, notes, seconds of processor.

    After a timeout or a crash another child goes on with what is left.
    """
    answers: list[list[Answer]] = []
    notes: list[Note] = []
    left, cpu_seconds, n_failed = limits.total_seconds, 0.0, 0
    while len(answers) < len(calls):
        try:
            with Child(tool, limits, backend=backend) as child:
                report = child.load(name, content)
                notes += _notes(report)
                if report["refused"] is not None:
                    raise ChildError("refused", report["refused"])
                while len(answers) < len(calls):
                    given: list[Answer] = []
                    try:
                        _ask_all(child, calls[len(answers)], given, min(lab.seconds, left - child.seconds))
                    except ChildError as error:
                        n_left = len(calls[len(answers)]) - len(given)
                        answers.append(given + [_trouble(error)] * n_left)
                        notes.append(error.note)
                        break
                    answers.append(given)
                left -= child.seconds
                cpu_seconds += child.cpu_seconds
        except StartError as error:
            n_failed += 1
            if n_failed == _MOST_STARTS:
                raise SandboxError(
                    f"a sandbox must start: {n_failed} in turn did not ({say(error.note, 'en')}). Look at the "
                    "machine's memory and processes, then grade again: what was graded is kept."
                ) from error
        except ChildError as error:  # it did not come as far as the first call
            notes.append(error.note)
            answers += [[_trouble(error)] * len(asked) for asked in calls[len(answers) :]]
    return answers, notes, cpu_seconds


def _ask_all(child: Child, calls: list[Call], given: list[Answer], seconds: float) -> None:
    end = child.seconds + seconds
    for call in calls:
        given.append(child.ask(call, end - child.seconds))


def _trouble(error: ChildError) -> Answer:
    return Answer(trouble=error.trouble, message=say(error.note, "en"))


def _notes(report: dict[str, Any]) -> list[Note]:
    skipped = [note("skipped", name=name, place=place) for name, place in report["skipped"].items()]
    return [*(note("not_run", trouble=trouble) for trouble in report["troubles"]), *skipped[:10]]


def _judge(task: Task, calls: list[Call], answers: list[Answer]) -> tuple[Verdict, list[Note]]:
    """The verdict, and a note where the judge could not digest an answer.

    A judge sees what strangers made: one of them must neither earn a point by breaking it nor end the class's grading.
    Should it be the judge that is wrong, the note tells the teacher.
    """
    try:
        with np.errstate(all="ignore"):
            return task.judge(calls, answers), []
    except Exception as error:
        return Verdict(is_right=False), [note("judge_failed", task=task.name, kind=type(error).__name__)]


def _once(notes: list[Note]) -> list[Note]:
    return [one for at, one in enumerate(notes) if one not in notes[:at]]


def _needs_tensorflow(answers: list[Answer], notes: list[Note]) -> bool:
    """Whether a task fails because TensorFlow is not installed, and Keras does not have what it uses of it."""
    said = [answer.message for answer in answers if answer.trouble == "raised"]
    said += [one.values["trouble"] for one in notes if one.key == "not_run"]
    return any(sign in text for text in said for sign in _NEEDS_TENSORFLOW)


def _status(verdict: Verdict, answers: list[Answer]) -> str:
    troubles = [answer.trouble for answer in answers]
    for worst in ("refused", "crash", "timeout"):
        if worst in troubles:
            return worst
    if verdict.is_right is True:
        return "ok"
    return "missing" if troubles and all(trouble == "missing" for trouble in troubles) else "wrong"

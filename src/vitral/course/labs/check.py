"""Checking what a student wrote, in the student's own process: formative, instant, as often as one likes.

Nothing is contained here, as in a grader's sandbox: the code is the student's own, and so is the machine.
"""

import locale
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vitral._checks import check_choice
from vitral._errors import ArgumentError
from vitral.course.labs.catalogue import find_lab
from vitral.course.labs.feedback import Feedback
from vitral.course.labs.lab import Lab, Task
from vitral.course.labs.performing import perform
from vitral.course.labs.submission import load, read_submission
from vitral.course.labs.troubles import missing_name, with_place
from vitral.course.syllabus import LANGUAGES


def check_lab(lab: str | int, task: str, function: Callable[..., Any], *, language: str | None = None) -> Feedback:
    """Check one task of a lab: what was expected, what came, on which input, and a hint; never the solution.

    The inputs are other ones each time. The function is called in this process, a few times.

    Args:
        lab: its number, as "1". task: as "T1". function: what was written for it.
        language: of what is said, "es" or "en"; None takes that of the computer, and English where it is neither.

    Returns:
        A `Feedback`, which shows itself in a notebook and prints as text; its `is_right` says how it went.

    Raises:
        UnknownNameError: no such lab, task or language. ArgumentError: `function` is none.

    Example:
        >>> import vitral
        >>> print(vitral.check_lab("1", "T1", lambda input_dim: None, language="en"))  # doctest: +ELLIPSIS
        ✗ T1 · get_basic_model: not right yet
            Called: `get_basic_model(784, 10)`
            ...
    """
    found = find_lab(lab)
    by_name = {one.name: one for one in found.tasks}
    chosen = by_name[check_choice("task", task.upper() if isinstance(task, str) else task, by_name)]
    language = own_language() if language is None else check_choice("language", language, LANGUAGES)
    if not callable(function):
        raise ArgumentError(
            f"function must be what you wrote for {chosen.name}: got {function!r}. Pass {chosen.function}, without "
            "parentheses."
        )
    return check_task(found, chosen, {chosen.function: function}, language=language)


def check_task(lab: Lab, task: Task, namespace: Mapping[str, Any], *, language: str) -> Feedback:
    """Check one task with the functions in `namespace`."""
    calls = task.draw(np.random.default_rng())
    verdict = task.judge(calls, [perform(namespace, call) for call in calls])
    return Feedback(lab=lab, task=task, verdict=verdict, language=language)


def own_language() -> str:
    """The computer's language where it is one of the course's, else English."""
    names = [os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    chosen = next((name for name in names if name), None) or locale.getlocale()[0] or ""
    return "es" if chosen.lower().startswith(("es", "spanish")) else "en"


def check_file(lab: Lab, path: str | os.PathLike[str], *, language: str) -> tuple[list[Feedback], list[str]]:
    """Check every task of a lab with what a file defines; its functions run in this process.

    Args:
        lab: from `find_lab`. path: a .py or .ipynb file. language: "es" or "en".

    Returns:
        One `Feedback` for each task, and a sentence for each part of the file that could not be read or run.

    Raises:
        ArgumentError: the file cannot be read, or is no Python.
    """
    submission = read_submission(Path(path))
    namespace, troubles = load(submission)
    found = [check_task(lab, task, namespace, language=language) for task in lab.tasks]
    feedback = [replace(one, verdict=with_place(one.verdict, submission.skipped)) for one in found]
    # What stands on names that only other cells give, as in experiments, is no trouble of a function's.
    own = [trouble for trouble in troubles if missing_name(trouble) not in submission.skipped]
    return feedback, [*submission.troubles, *own]

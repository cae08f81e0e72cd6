"""The course: a module on neural networks in Spanish and English, live, with every statement measured."""

from vitral.course.adding import add_lesson
from vitral.course.claims import Measured, Revealed, Verdict
from vitral.course.lesson import ClaimResult, Lesson, lesson
from vitral.course.syllabus import LANGUAGES, ROWS, Row, ready_labs, ready_rows, row

__all__ = [  # noqa: RUF022  (a test wants plain order)
    "ClaimResult",
    "LANGUAGES",
    "Lesson",
    "Measured",
    "ROWS",
    "Revealed",
    "Row",
    "Verdict",
    "add_lesson",
    "lesson",
    "ready_labs",
    "ready_rows",
    "row",
]

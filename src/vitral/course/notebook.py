"""A lesson's sections as a marimo notebook shows them. marimo is handed in: only the notebooks import it."""

import logging
import queue
import threading
import weakref
from typing import Any

from vitral.course.frame import ending_html, heading_html
from vitral.course.lesson import Lesson
from vitral.course.syllabus import LANGUAGES
from vitral.course.texts import Block, Prose
from vitral.course.words import WORDS

_log = logging.getLogger(__name__)
_elements: weakref.WeakKeyDictionary[Lesson, list[Any]] = weakref.WeakKeyDictionary()


def open_lesson(mo: Any, number: str) -> Lesson:
    """The lesson in the language that the page's address asks for (`?lang=`); in English where it asks for none."""
    language = mo.query_params().get("lang")
    lesson = Lesson(number, language) if language in LANGUAGES else Lesson(number)
    # The notebook's variables go when its page does; its widgets would stay, and train on for nobody.
    weakref.finalize(lesson, _leaving.put, lesson.widgets)
    return lesson


def heading(mo: Any, lesson: Lesson) -> Any:
    """Where the lesson stands in the course, its title, its video, the other language."""
    return mo.Html(heading_html(lesson))


def section(mo: Any, lesson: Lesson, key: str) -> Any:
    """One section: its heading, its text, and what is live in it."""
    found = lesson.text.section(key)
    shown: list[Any] = [mo.md(f'<h2 id="{key}">{found.heading}</h2>')]
    if any(found.blocks("claim")):
        shown += [mo.md(part.text) for part in found.parts if isinstance(part, Prose)]
        shown.append(_element(mo, lesson, lesson.claims_table()))
    else:
        for part in found.parts:
            shown += [mo.md(part.text)] if isinstance(part, Prose) else _block(mo, lesson, part)
    return mo.vstack(shown, gap=1)


def ending(mo: Any, lesson: Lesson) -> Any:
    """The lessons before and after."""
    return mo.Html(ending_html(lesson))


def _close_those_that_leave() -> None:
    while True:
        for widget in _leaving.get():
            try:
                widget.close()
            except Exception:  # the others are to be closed all the same
                _log.exception("A widget could not be closed.")


# The garbage collector says that a lesson went in whatever thread it runs, perhaps one that holds a lock which closing
# needs: there the widgets only go into a queue, which is made for that.
_leaving: queue.SimpleQueue[list[Any]] = queue.SimpleQueue()
threading.Thread(target=_close_those_that_leave, name="vitral-closing", daemon=True).start()


def _element(mo: Any, lesson: Lesson, widget: Any) -> Any:
    """The widget as marimo shows it, kept as long as the lesson.

    marimo would make the element by itself, and then keep it, its widget and the page's whole kernel for good.
    """
    element = mo.ui.anywidget(widget)
    _elements.setdefault(lesson, []).append(element)
    return element


def _block(mo: Any, lesson: Lesson, block: Block) -> list[Any]:
    shown = [mo.md(block.text)] if block.text and block.kind != "live" else []
    if block.kind == "live":
        widget = lesson.live(block.name)
    elif block.kind == "predict":
        widget = lesson.prediction(block.name)
    else:
        widget = lesson.exercise(block.name)
    shown.append(_element(mo, lesson, widget))
    if block.more and block.kind == "exercise":  # a prediction shows its own, with the answer
        shown.append(mo.md(f"/// details | {WORDS[lesson.language]['solution']}\n\n{block.more}\n\n///"))
    return shown

"""`Lesson`: what it makes of a text and an experiment, and what it says where there is none."""

import gc
import threading
import time
import weakref

import pytest
from ready import NUMBERS

from vitral._errors import UnknownNameError, VitralError
from vitral.course import lesson as open_lesson
from vitral.course import ready_rows, row
from vitral.course.lesson import _measured_once
from vitral.course.notebook import open_lesson as open_in_marimo
from vitral.course.words import WORDS
from vitral.training import Channel, Task


@pytest.fixture
def lesson():
    return open_lesson(NUMBERS[0], "es")


@pytest.mark.parametrize("number", ["1.2", "1-2", " 1.2 "])
def test_a_number_as_readers_type_it(number):
    assert open_lesson(number).row is row("1.2")


@pytest.mark.parametrize(
    ("number", "said"),
    [("9.9", "'9.9' is none of the course"), ("lab4", "'lab4' is in preparation"), ("", "'' is none of the course")],
)
def test_what_is_not_there_is_told_what_is(number, said):
    with pytest.raises(UnknownNameError) as caught:
        open_lesson(number)
    message = str(caught.value)
    assert said in message
    assert "Did you mean" not in message
    assert message.endswith(f"Ready: {', '.join(r.number for r in ready_rows())}.")


def test_a_slip_is_told_the_nearest():
    with pytest.raises(UnknownNameError, match=r"Did you mean 1\.2\?"):
        open_lesson("1.22")


def test_there_are_two_languages():
    with pytest.raises(VitralError, match="language must be one of"):
        open_lesson(NUMBERS[0], "fr")


def test_the_table_of_claims_fills(lesson):
    table = lesson.claims_table(WORDS["es"])
    pictures = []
    table.observe(lambda change: pictures.append(change["new"][0]["rows"]), "drawings")
    table.wait()
    claims = lesson.claims()
    rows = table.drawings[0]["rows"]
    assert rows == [[c.statement, c.measured, c.holds] for c in claims]
    for rows in pictures:  # what is not measured yet says so, from the end
        waiting = [r[1] == "…" for r in rows]
        assert waiting == sorted(waiting)
    table.close()


def test_a_lesson_remembers_what_it_has_made(lesson):
    text = lesson.text
    panel = lesson.live(next(text.blocks("live")).name)
    prediction = lesson.prediction(next(text.blocks("predict")).name)
    exercise = lesson.exercise(next(text.blocks("exercise")).name)
    assert lesson.widgets == [panel, prediction, exercise]


class Marimo:
    """As much of marimo as a lesson asks for its language."""

    def __init__(self, **query):
        self.query_params = lambda: query


@pytest.mark.parametrize(("query", "language"), [({}, "en"), ({"lang": "es"}, "es"), ({"lang": "<script>"}, "en")])
def test_a_page_opens_in_the_language_of_its_address(query, language):
    assert open_in_marimo(Marimo(**query), NUMBERS[0]).language == language


def test_a_page_that_goes_takes_its_widgets_along():
    lesson = open_in_marimo(Marimo(lang="es"), NUMBERS[0])
    panel = lesson.live(next(lesson.text.blocks("live")).name)
    table = lesson.claims_table(WORDS["es"])
    table._handle_custom_msg({"type": "seen"}, [])
    prediction = lesson.prediction(next(lesson.text.blocks("predict")).name)
    prediction.reveal()
    assert all(widget.comm is not None for widget in lesson.widgets)
    gone = weakref.ref(lesson)
    del lesson
    gc.collect()
    assert gone() is None, "a widget must not hold its lesson"
    end = time.monotonic() + 20
    while any(widget.comm is not None for widget in (panel, table, prediction)):
        assert time.monotonic() < end, "the widgets stay open"
        time.sleep(0.01)
    for widget in (panel, table, prediction):
        assert widget.layout.comm is None, "ipywidgets holds what is open"
        assert widget._task.wait(20)
    panel.set(**panel.values)
    panel._on_values({"new": dict(panel.values)})  # what was on its way when the page went
    assert panel._task.is_finished
    assert panel.status["state"] == "running", "nobody is told of anything any more"


def test_who_comes_while_something_is_measured_waits_for_it():
    calls, may_end = [], threading.Event()

    def measure():
        calls.append(threading.current_thread().name)
        may_end.wait(10)
        return len(calls)

    found = []
    threads = [threading.Thread(target=lambda: found.append(_measured_once(measure, Task()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    may_end.set()
    for thread in threads:
        thread.join(10)
    assert found == [1, 1, 1]


def test_who_waits_for_a_measurement_keeps_no_thread_from_others():
    """Three readers come to the same slow claim; a fourth's slider answers meanwhile."""
    measuring, may_end, found = threading.Event(), threading.Event(), []

    def measure():
        measuring.set()
        may_end.wait(10)
        return "measured"

    def submit(function):
        return Channel().submit(function, then=found.append, failed=found.append)

    readers = [submit(lambda _task: _measured_once(measure, Task())) for _ in range(3)]
    try:
        assert measuring.wait(10)
        assert submit(lambda _task: "at once").wait(10)
        assert found == ["at once"]
    finally:
        may_end.set()
    assert all(task.wait(10) for task in readers)
    assert found == ["at once", *["measured"] * 3]

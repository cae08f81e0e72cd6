"""Live panels and questions without a browser: values in, drawings and sentences out."""

import gc
import json
import math
import threading
import time
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitral._errors import ArgumentError, UnknownNameError
from vitral.training.worker import CancelledError
from vitral.views.widgets import (
    Button,
    Exercise,
    Hidden,
    Menu,
    Note,
    Panel,
    Prediction,
    Readout,
    Slider,
    Switch,
    TrainingMonitor,
    explained,
)
from vitral.views.widgets.drawings import plain

PATIENCE = 20
RATE = Slider(name="rate", label="Rate", value=2, low=0, high=10, step=1)


def echo(values, _task):
    return [Note(text=json.dumps(values))]


def shown(panel):
    """The values that the panel has computed with last."""
    return json.loads(panel.drawings[0]["text"])


@pytest.fixture
def make():
    """Panels that are closed afterwards."""
    made = []

    def panel(compute=echo, controls=(RATE,), **more):
        made.append(Panel(compute, controls=controls, **more))
        return made[-1]

    yield panel
    for panel_made in made:
        panel_made.close()


def test_it_draws_what_its_first_values_give(make):
    panel = make().wait()
    assert shown(panel) == {"rate": 2}
    assert panel.status["state"] == "done"
    assert panel.status["serial"] == 1
    assert panel.status["milliseconds"] > 0
    assert panel.values == {"rate": 2}
    assert panel.controls[0] | {"hint": ""} == {
        "kind": "slider", "name": "rate", "label": "Rate", "value": 2, "hint": "", "low": 0, "high": 10, "step": 1,
        "log": False, "structural": False,
    }  # fmt: skip


def test_a_value_that_changes_is_drawn(make):
    panel = make().wait()
    panel.set(rate=7)
    assert shown(panel) == {"rate": 7}
    assert panel.status["serial"] == 2
    assert panel.status["state"] == "done"


def test_the_newest_value_wins_and_the_older_work_stops(make):
    stopped, running = [], threading.Semaphore(0)

    def compute(values, task):
        running.release()
        if values["rate"] != 9:
            try:
                while True:
                    task.check()
                    time.sleep(0.001)
            except Exception:
                stopped.append(values["rate"])
                raise
        return echo(values, task)

    panel = make(compute)
    assert running.acquire(timeout=PATIENCE)
    for rate in (3, 4, 9):
        panel.values = {"rate": rate}
    panel.wait(PATIENCE)
    assert shown(panel) == {"rate": 9}
    assert panel.status["state"] == "done"
    assert panel.status["serial"] == 4
    time.sleep(0.05)
    assert set(stopped) <= {2, 3, 4}
    assert 2 in stopped
    assert panel.status["serial"] == 4, "what is over says nothing more"


def test_stop(make):
    started = threading.Event()

    def compute(values, task):
        if values["rate"] == 5:
            started.set()
            while True:
                task.report(0.25)
                time.sleep(0.001)
        return echo(values, task)

    panel = make(compute).wait()
    panel.values = {"rate": 5}
    assert started.wait(PATIENCE)
    for _ in range(2000):
        if panel.status.get("progress"):
            break
        time.sleep(0.005)
    assert panel.status["state"] == "running"
    assert panel.status["progress"] == 0.25
    panel._handle_custom_msg({"type": "stop"}, [])
    panel.wait(PATIENCE)
    assert panel.status["state"] == "stopped"
    assert shown(panel) == {"rate": 2}, "what was drawn before stays"
    panel.set(rate=6)
    assert panel.status["state"] == "done"
    assert shown(panel) == {"rate": 6}


class LateChannel:
    """Hands nothing over by itself: the test says when each request's news come."""

    def __init__(self):
        self.requests = []

    def submit(self, _function, **news):
        news.pop("background")
        self.requests.append(news)

    def stop(self):
        self.requests[-1]["failed"](CancelledError())

    def close(self):
        self.requests.clear()


def news_of(request):
    """All that a request may still tell."""
    yield lambda: request["on_progress"](0.5)
    yield lambda: request["on_show"]([Note(text="old, half")])
    yield lambda: request["then"]([Note(text="old").payload()])
    yield lambda: request["failed"](CancelledError())
    yield lambda: request["failed"](ArgumentError("rate must be old: got 3. Wait."))


def test_news_of_older_values_change_nothing(make):
    panel = make().wait()
    panel._channel.close()
    panel._channel = late = LateChannel()
    panel.values = {"rate": 3}
    panel.values = {"rate": 4}
    before = panel.drawings
    for tell in news_of(late.requests[0]):
        tell()
        assert panel.status == {"state": "running", "serial": 3}
        assert panel.drawings == before
    late.requests[1]["then"]([Note(text="new").payload()])
    assert (panel.status["state"], panel.status["serial"]) == ("done", 3)
    assert panel.drawings[0]["text"] == "new"


def test_the_sentence_about_a_value_that_is_none_stays(make):
    panel = make().wait()
    panel._channel.close()
    panel._channel = late = LateChannel()
    panel.values = {"rate": 3}
    panel.values = {"rate": "x"}  # stops the request, which says so
    for tell in news_of(late.requests[0]):
        tell()
        assert panel.status["message"].startswith("rate must be a finite number: got 'x'")
    panel.values = {"rate": 4}
    late.requests[1]["then"]([Note(text="new").payload()])
    assert (panel.status["state"], panel.drawings[0]["text"]) == ("done", "new")


@pytest.mark.parametrize("content", [{"type": "go"}, {}, None, [], "stop", {"type": "stop", "more": 1}])
def test_other_messages_do_nothing(make, content):
    panel = make().wait()
    before = panel.status
    panel._on_message(panel, content, [])
    assert panel.status == before


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ArgumentError("rate must be small: got 9. Lower it."), "rate must be small: got 9. Lower it."),
        (ZeroDivisionError("no gap in /home/x"), "No se ha podido calcular. (ZeroDivisionError)"),
    ],
)
def test_a_failure_becomes_a_sentence(make, error, said, caplog):
    def compute(values, task):
        if values["rate"] == 9:
            raise error
        return echo(values, task)

    panel = make(compute, language="es").wait()
    panel.set(rate=9)
    assert panel.status["state"] == "failed"
    assert panel.status["message"] == said
    assert ("no gap in /home/x" in caplog.text) == isinstance(error, ZeroDivisionError), (
        "programmers find it in the log"
    )
    assert panel.set(rate=1).status["state"] == "done"


@pytest.mark.parametrize("nonsense", [None, 3, [None], ["text"], [object()]])
def test_what_is_no_drawing_is_a_failure_too(make, nonsense):
    panel = make(lambda _values, _task: nonsense).wait()
    assert panel.status["state"] == "failed"
    assert panel.drawings == []


def test_drawings_so_far(make):
    may_end, seen = threading.Event(), threading.Event()

    def compute(_values, task):
        task.show([Note(text="half")])
        may_end.wait(PATIENCE)
        return [Note(text="whole")]

    panel = make(compute)
    panel.observe(lambda _: seen.set(), "drawings")
    for _ in range(2000):
        if panel.drawings:
            break
        time.sleep(0.005)
    assert panel.drawings[0]["text"] == "half"
    assert panel.status["state"] == "running"
    may_end.set()
    panel.wait(PATIENCE)
    assert panel.drawings[0]["text"] == "whole"


def test_warm_values_are_computed_but_not_drawn_and_delay_nothing(make):
    order, may_go_on = [], threading.Event()

    def compute(values, task):
        order.append(values["rate"])
        if values["rate"] == 2:
            may_go_on.wait(PATIENCE)
        return echo(values, task)

    panel = make(compute, warm=[{"rate": 8}, {"rate": 9}])
    other = make(compute, controls=[Slider(name="rate", value=5, low=0, high=9, step=1)]).wait()
    assert shown(other) == {"rate": 5}
    assert sorted(order) == [2, 5], "what is looked at comes first"
    may_go_on.set()
    panel.wait(PATIENCE)
    for channel in panel._warming:
        assert channel._newest.task.wait(PATIENCE)
    assert sorted(order) == [2, 5, 8, 9]
    assert shown(panel) == {"rate": 2}


def test_a_warm_value_that_fails_is_nobodys_business(make):
    def compute(values, task):
        if values["rate"] == 8:
            raise ValueError("not ready")
        return echo(values, task)

    panel = make(compute, warm=[{"rate": 8}]).wait()
    assert panel._warming[0]._newest.task.wait(PATIENCE)
    assert panel.status["state"] == "done"


@pytest.fixture
def far(make):
    """A panel far down a page, and how often it has computed."""
    calls = []

    def compute(values, task):
        calls.append(values)
        return echo(values, task)

    return make(compute, until_seen=[Note(text="not yet")]), calls


def test_what_is_far_down_a_page_is_computed_when_the_reader_comes_near(far):
    panel, calls = far
    time.sleep(0.05)
    assert (panel.status["state"], panel.drawings[0]["text"], calls) == ("waiting", "not yet", [])
    for _ in range(3):
        panel._handle_custom_msg({"type": "seen"}, [])
    panel.wait()
    assert (panel.status["state"], calls) == ("done", [{"rate": 2}])
    assert shown(panel) == {"rate": 2}


def test_who_waits_in_python_comes_near(far):
    panel, calls = far
    assert shown(panel.wait()) == {"rate": 2}
    assert panel.wait().status["serial"] == 1
    assert calls == [{"rate": 2}]


def test_a_value_that_moves_comes_near(far):
    panel, calls = far
    panel.set(rate=7)
    panel._handle_custom_msg({"type": "seen"}, [])
    assert shown(panel.wait()) == {"rate": 7}
    assert calls == [{"rate": 7}]


def test_a_value_that_is_none_is_a_sentence_far_down_a_page_too(far):
    panel, calls = far
    panel.set(rate="x")
    panel._handle_custom_msg({"type": "seen"}, [])
    assert panel.wait().status["message"].startswith("rate must be a finite number: got 'x'")
    assert calls == []
    assert shown(panel.set(rate=7)) == {"rate": 7}


def test_a_panel_that_is_closed_computes_no_more(make):
    started, stopped = threading.Event(), threading.Event()

    def compute(_values, task):
        started.set()
        try:
            while True:
                task.check()
                time.sleep(0.001)
        finally:
            stopped.set()

    panel = make(compute, warm=[{"rate": 3}])
    assert started.wait(PATIENCE)
    panel.close()
    assert stopped.wait(PATIENCE)
    assert all(channel._newest is None for channel in panel._warming)


def test_a_closed_panel_is_forgotten():
    panel = Panel(echo, controls=[RATE]).wait()
    panel.set(rate=3)
    gone = weakref.ref(panel)
    panel.close()
    del panel
    for _ in range(100):  # the worker's thread lets go of its last task
        gc.collect()
        if gone() is None:
            break
        time.sleep(0.01)
    assert gone() is None


def test_a_panel_that_could_not_be_made_leaves_nothing_behind():
    with pytest.raises(ArgumentError, match="rate must be a finite number"):
        Panel(echo, controls=[Slider(name="rate", value=None)])
    with pytest.raises(ArgumentError, match="language must be one of"):
        Panel(echo, language="fr")
    gc.collect()  # an error in a half-made widget's `close` would fail this test


# ---------------------------------------------------------------- what a browser may send


@pytest.mark.parametrize(
    ("sent", "read"),
    [(3.4, 3), (-7, 0), (99, 10), (10**30, 10), (2, 2), (1e-9, 0)],
)
def test_numbers_are_brought_into_their_range(make, sent, read):
    panel = make().wait()
    panel.set(rate=5)
    panel.set(rate=sent)
    assert shown(panel) == {"rate": read}


@pytest.mark.parametrize("sent", [math.nan, math.inf, -math.inf, "7", "", None, True, [], [3], {}, {"a": 1}, 10**400])
def test_what_is_no_number_is_refused_in_a_sentence(make, sent):
    panel = make().wait()
    panel.set(rate=sent)
    assert panel.status["state"] == "failed"
    assert panel.status["message"].startswith("rate must be a finite number: got ")
    assert len(panel.status["message"]) < 150
    assert shown(panel) == {"rate": 2}
    assert panel.set(rate=4).status["state"] == "done"


def test_names_that_no_control_has_are_left_out(make):
    panel = make().wait()
    panel.values = {"rate": 3, "__class__": "x", "other": [1]}
    panel.wait()
    assert shown(panel) == {"rate": 3}


def test_a_value_that_is_missing_is_the_first(make):
    panel = make().wait()
    panel.values = {}
    panel.wait()
    assert shown(panel) == {"rate": 2}


def test_a_browser_that_overwrites_everything_harms_only_its_own_picture(make):
    panel = make().wait()
    panel.set_state({"controls": [], "words": {}, "drawings": [], "status": {}, "label": "x", "face": "exercise"})
    panel.set(rate=8)
    assert shown(panel) == {"rate": 8}


@pytest.mark.parametrize(
    "words", [{}, {"failed": "{0.__class__}", "training_failed": "x", "diverged": "{epoch:>99999}"}]
)
def test_what_python_says_is_in_its_own_words(make, words):
    panel = make(lambda values, _task: [Note(text=str(1 / values["rate"]))]).wait()
    question = Prediction([("a", "One")], lambda: 1 / 0)
    exercise = Exercise({"w": ("weight", ())}, lambda _: 1 / 0)
    monitor = TrainingMonitor()
    for widget in (panel, question, exercise, monitor):
        widget.set_state({"words": words})
    said = "This could not be computed. (ZeroDivisionError)"
    assert panel.set(rate=0).status == {**panel.status, "state": "failed", "message": said}
    question.chosen = "a"
    assert question._task.wait(PATIENCE)
    assert question.failure == said
    assert exercise.answer(w=1)["sentence"] == said
    monitor.watch(lambda _: 1 / 0).wait(PATIENCE)
    assert monitor.training["message"] == "The training has failed. (ZeroDivisionError)"
    monitor._watching.bad_epoch = 3
    monitor._publish(monitor._watching, "diverged")
    assert monitor.training["message"].startswith("The loss became NaN or infinite in epoch 3.")
    for widget in (question, exercise, monitor):
        widget.close()


def test_a_name_that_no_control_has_is_refused_in_python(make):
    panel = make().wait()
    with pytest.raises(
        UnknownNameError, match=r"values must be one of the known names: got 'rat'\. Did you mean 'rate'"
    ):
        panel.set(rat=5)
    assert panel.values == {"rate": 2}
    with pytest.raises(UnknownNameError, match="warm must be one of the known names: got 'rat'"):
        make(warm=[{"rate": 3}, {"rat": 3}])


def test_a_whole_number_stays_within_limits_that_are_none():
    slider = Slider(name="n", value=1, low=0, high=3.5, step=1)
    assert [slider.read(sent) for sent in (3.5, 99, 2.6, -1)] == [3, 3, 3, 0]


@pytest.mark.parametrize(
    ("control", "good", "bad"),
    [
        (Menu(name="v", value="a", options=(("a", "A"), ("b", "B"))), ["a", "b"], ["c", 1, None, ["a"], "a" * 10_000]),
        (Switch(name="v", value=False), [True, False], [1, 0, "true", None, []]),
        (Button(name="v"), [0, 1, 1_000_000], ["1", None, math.nan, True, []]),
        (Slider(name="v", value=1.0, low=0.1, high=10, step=0.1, log=True), [0.1, 3.3, 10], ["x", math.inf, None]),
        (
            Hidden(name="v", value=[[1, 2]]),
            [[], [[1.5, -2.0]], 3.0, [[[[1.0]]]]],
            [None, "x", [None], [[True]], {"a": 1}],
        ),
        (Hidden(name="v", value=None), [None, 1.0, [2.0]], ["x", [None]]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_control_reads_what_it_gives_and_nothing_else(control, good, bad):
    for value in good:
        assert control.read(value) == value
    for value in bad:
        with pytest.raises(ArgumentError) as caught:
            control.read(value)
        assert len(str(caught.value)) < 300


def test_a_hidden_value_is_bounded():
    hidden = Hidden(name="points", value=[], most=10, bound=5)
    assert hidden.read([[99, -99]]) == [[5, -5]]
    with pytest.raises(ArgumentError, match="points must have at most 10 numbers"):
        hidden.read([[0.0] * 11])
    deep = 1.0
    for _ in range(50_000):  # deeper than Python can recurse
        deep = [deep]
    with pytest.raises(ArgumentError, match="at most 6 deep"):
        hidden.read(deep)
    while isinstance(deep, list) and deep:  # taken apart gently
        deep = deep[0]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)
CONTROLS = (
    RATE,
    Slider(name="l", value=1, low=0.01, high=100, step=0.1, log=True),
    Menu(name="m", value="a", options=(("a", "A"),)),
    Switch(name="s", value=True),
    Button(name="b"),
    Hidden(name="h", value=[[0, 0]]),
)


@given(control=st.sampled_from(CONTROLS), value=json_values)
def test_whatever_is_sent_is_read_or_refused(control, value):
    try:
        read = control.read(value)
    except ArgumentError:
        return
    assert control.read(read) == read
    json.dumps(read, allow_nan=False)


# ---------------------------------------------------------------- questions


def test_a_prediction_is_measured_once_the_reader_has_guessed():
    calls = []

    def measure():
        calls.append(1)
        return "b", "It was 3.", [Readout(items=[("n", 3)])]

    question = Prediction([("a", "One"), ("b", "Two")], measure)
    assert (question.answer, question.sentence, question.drawings, calls) == ("", "", [], [])
    for nonsense in ("c", "", "<b>"):
        question.chosen = nonsense
    assert calls == []
    question.chosen = "a"
    assert question._task.wait(PATIENCE)
    assert (question.answer, question.sentence) == ("b", "It was 3.")
    assert question.drawings[0]["items"] == [["n", 3]]
    question.close()


def test_what_a_prediction_measured_is_complete_when_its_answer_is_there():
    question = Prediction([("a", "One"), ("b", "Two")], lambda: ("a", "Said.", [Note(text="seen")]))
    seen = []
    question.observe(lambda _: seen.append((question.sentence, len(question.drawings))), "answer")
    question.chosen = "b"
    assert question._task.wait(PATIENCE)
    assert seen == [("Said.", 1)]
    question.close()


def test_a_prediction_that_cannot_be_measured_says_so():
    question = Prediction([("a", "One"), ("b", "Two")], lambda: 1 / 0, language="es")
    question.chosen = "a"
    assert question._task.wait(PATIENCE)
    assert question.failure == "No se ha podido calcular. (ZeroDivisionError)"
    assert question.answer == ""
    question.close()


def test_after_a_failure_the_same_guess_is_measured_again():
    outcomes = iter([ArgumentError("x must be 1: got 0. Wait."), ArgumentError("x must be 1: got 0. Wait."), None])

    def measure():
        if (error := next(outcomes)) is not None:
            raise error
        return "a", "It was 3.", []

    question, failures = Prediction([("a", "One"), ("b", "Two")], measure), []
    question.observe(lambda change: failures.append((change["new"], question.chosen)), "failure")
    for _ in range(3):
        question.chosen = "a"
        assert question._task.wait(PATIENCE)
    said = "x must be 1: got 0. Wait."
    assert failures == [(said, ""), ("", "a"), (said, ""), ("", "a")]
    assert (question.answer, question.chosen, question.failure) == ("a", "a", "")
    question.close()


def test_an_exercise_is_checked():
    exercise = Exercise(
        {"w": ("weight", ()), "k": ("kind", ("x", "y"))}, lambda a: (a["w"] == "1", f"{a['w']}{a['k']}!")
    )
    assert exercise.answer(w=1, k="x") == {"right": True, "sentence": "1x!", "serial": 1}
    assert exercise.answer(w="2", k="y") == {"right": False, "sentence": "2y!", "serial": 2}
    assert exercise.fields == [
        {"name": "w", "label": "weight", "choices": []},
        {"name": "k", "label": "kind", "choices": ["x", "y"]},
    ]
    exercise.close()


def test_an_exercise_checks_only_its_fields_and_not_books():
    got = []

    def check(answers):
        got.append(answers)
        return False, "No."

    exercise = Exercise({"w": ("weight", ())}, check)
    exercise.answer(w="x" * 100_000, other="y")
    exercise.answers = {"w": {"deep": [1]}, "_": 9}
    assert exercise._task.wait(PATIENCE)
    assert [set(answers) for answers in got] == [{"w"}, {"w"}]
    assert len(got[0]["w"]) == 200
    assert isinstance(got[1]["w"], str)
    exercise.close()


def test_an_exercise_that_cannot_be_checked_says_so():
    exercise = Exercise({"w": ("weight", ())}, lambda answers: (True, str(1 / float(answers["w"]))))
    verdict = exercise.answer(w="0")
    assert verdict["right"] is False
    assert verdict["sentence"] == "This could not be computed. (ZeroDivisionError)"
    assert exercise.answer(w="2") == {"right": True, "sentence": "0.5", "serial": 2}
    exercise.close()


def test_a_long_check_stops_when_the_page_goes():
    started, stopped = threading.Event(), threading.Event()

    def check(answers, task):
        started.set()
        try:
            while answers["w"] != "1":
                task.check()
                time.sleep(0.001)
        finally:
            stopped.set()
        return True, "Yes."

    exercise = Exercise({"w": ("weight", ())}, check)
    assert exercise.answer(w=1)["right"]
    for event in (started, stopped):
        event.clear()
    exercise.answers = {"w": "2", "_": 9}
    assert started.wait(PATIENCE)
    exercise.close()
    assert stopped.wait(PATIENCE)


def test_a_check_is_not_given_a_task_that_it_has_no_name_for():
    exercise = Exercise({"w": ("weight", ())}, lambda answers, tolerance=0.5: (float(answers["w"]) < tolerance, "!"))
    assert exercise.answer(w=0.2)["right"]
    exercise.close()


# ---------------------------------------------------------------- small pieces


def test_a_warning_instead_of_a_drawing():
    (note,) = explained("It diverged.")
    assert note.payload() | {"title": ""} == {
        "kind": "note", "title": "", "alt": "", "wide": True, "frames": 0, "text": "It diverged.", "tone": "warning",
    }  # fmt: skip


@given(st.floats() | st.lists(st.floats(), max_size=5))
def test_numbers_become_json_with_six_digits(value):
    said = plain(value)
    json.dumps(said, allow_nan=False)
    for before, after in zip(value, said, strict=True) if isinstance(value, list) else [(value, said)]:
        if math.isfinite(before):
            assert after == pytest.approx(before, rel=1e-5, abs=0)
        else:
            assert after is None

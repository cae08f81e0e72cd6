"""The background worker: the newest request wins, background work waits, nothing is handed over twice or too late."""

import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitral.training import worker
from vitral.training.worker import CancelledError, Channel, Task, keras_turn

PATIENCE = 20


class Outcome:
    """What a channel has handed over, in order."""

    def __init__(self):
        self.results, self.errors, self.shares, self.shown = [], [], [], []

    def submit(self, channel, function, **more):
        return channel.submit(
            function,
            then=self.results.append,
            failed=self.errors.append,
            on_progress=self.shares.append,
            on_show=self.shown.append,
            **more,
        )


@pytest.fixture
def outcome():
    return Outcome()


@pytest.fixture
def busy():
    """Both threads at work, until `busy.set()`."""
    may_end, running = threading.Event(), threading.Semaphore(0)

    def work(_task):
        running.release()
        assert may_end.wait(PATIENCE)

    ignore = lambda _: None  # noqa: E731  (a name for nothing)
    tasks = [Channel().submit(work, then=ignore, failed=ignore) for _ in range(worker.N_THREADS)]
    for _ in tasks:
        assert running.acquire(timeout=PATIENCE)
    yield may_end
    may_end.set()
    for task in tasks:
        assert task.wait(PATIENCE)


def until(is_so):
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.005)


def until_cancelled(task):
    while True:
        task.check()
        time.sleep(0.001)


def test_a_result_is_handed_over(outcome):
    task = outcome.submit(Channel(), lambda _: 42)
    assert task.wait(PATIENCE)
    assert task.is_finished
    assert (outcome.results, outcome.errors) == ([42], [])


def test_the_newest_request_wins(outcome):
    channel, started = Channel(), threading.Event()

    def first(task):
        started.set()
        until_cancelled(task)

    old = outcome.submit(channel, first)
    assert started.wait(PATIENCE)
    new = outcome.submit(channel, lambda _: "new")
    assert new.wait(PATIENCE)
    assert old.wait(PATIENCE)
    assert old.is_cancelled
    assert (outcome.results, outcome.errors) == (["new"], []), "the older one is not heard of, not even as cancelled"


def test_a_request_that_still_waits_is_dropped_at_once(outcome, busy):
    channel, called = Channel(), []
    old = outcome.submit(channel, called.append)
    new = outcome.submit(channel, lambda _: "new")
    assert old.is_finished
    busy.set()
    assert new.wait(PATIENCE)
    assert called == []
    assert outcome.results == ["new"]


def test_a_late_result_of_an_older_request_is_not_handed_over(outcome):
    channel, started, may_end = Channel(), threading.Event(), threading.Event()

    def deaf(_task):  # never looks at its flag
        started.set()
        may_end.wait(PATIENCE)
        return "old"

    old = outcome.submit(channel, deaf)
    assert started.wait(PATIENCE)
    assert outcome.submit(channel, lambda _: "new").wait(PATIENCE)
    may_end.set()
    assert old.wait(PATIENCE)
    assert (outcome.results, outcome.errors) == (["new"], [])


def test_stop_ends_what_runs_and_says_so(outcome):
    channel, started = Channel(), threading.Event()

    def work(task):
        started.set()
        until_cancelled(task)

    task = outcome.submit(channel, work)
    assert started.wait(PATIENCE)
    channel.stop()
    assert task.wait(PATIENCE)
    assert [type(e) for e in outcome.errors] == [CancelledError]
    assert outcome.submit(channel, lambda _: "again").wait(PATIENCE)
    assert outcome.results == ["again"]


@pytest.mark.usefixtures("busy")
def test_stop_ends_what_waits_without_waiting(outcome):
    channel = Channel()
    task = outcome.submit(channel, lambda _: "never")
    channel.stop()
    assert task.is_finished
    assert [type(e) for e in outcome.errors] == [CancelledError]


def test_stop_after_the_end_changes_nothing(outcome):
    channel = Channel()
    assert outcome.submit(channel, lambda _: 1).wait(PATIENCE)
    channel.stop()
    assert (outcome.results, outcome.errors) == ([1], [])


def test_after_close_nobody_hears_of_anything(outcome):
    channel, started = Channel(), threading.Event()

    def work(task):
        started.set()
        until_cancelled(task)

    task = outcome.submit(channel, work)
    assert started.wait(PATIENCE)
    channel.close()
    assert task.wait(PATIENCE)
    late = outcome.submit(channel, lambda _: 1)
    assert late.is_finished
    assert (outcome.results, outcome.errors) == ([], [])


def test_a_failure_is_handed_over(outcome):
    task = outcome.submit(Channel(), lambda _: 1 / 0)
    assert task.wait(PATIENCE)
    assert [type(e) for e in outcome.errors] == [ZeroDivisionError]


def test_a_result_that_cannot_be_used_is_a_failure(outcome):
    def then(_result):
        raise TypeError("no drawing")

    task = Channel().submit(lambda _: 1, then=then, failed=outcome.errors.append)
    assert task.wait(PATIENCE)
    assert [type(e) for e in outcome.errors] == [TypeError]


def test_threads_survive_whoever_fails_at_failing(outcome, caplog):
    def failed(_error):
        raise RuntimeError("deaf")

    for _ in range(3 * worker.N_THREADS):
        assert Channel().submit(lambda _: 1 / 0, then=failed, failed=failed).wait(PATIENCE)
    assert outcome.submit(Channel(), lambda _: 1).wait(PATIENCE)
    assert outcome.results == [1]
    assert "could not be handed over" in caplog.text


# ---------------------------------------------------------------- what is said meanwhile


def test_progress_is_between_0_and_1_and_not_told_more_often_than_it_can_be_seen(outcome):
    def work(task):
        task.report(-3)
        for _ in range(10_000):
            task.report(0.5)
        time.sleep(0.1)
        task.report(7)

    assert outcome.submit(Channel(), work).wait(PATIENCE)
    assert outcome.shares[0] == 0.0
    assert outcome.shares[-1] == 1.0
    assert len(outcome.shares) < 100


def test_what_there_is_so_far_is_shown_before_the_end(outcome):
    def work(task):
        for n in range(3):
            task.show(n)
            time.sleep(0.1)
        return "all"

    assert outcome.submit(Channel(), work).wait(PATIENCE)
    assert outcome.shown == [0, 1, 2]
    assert outcome.results == ["all"]


def test_an_older_request_says_nothing_any_more(outcome):
    channel, started, may_go_on = Channel(), threading.Event(), threading.Event()

    def old(task):
        started.set()
        may_go_on.wait(PATIENCE)
        task._cancelled.clear()  # as if it had looked just before the newer one came
        task.report(0.5)
        task.show("old")

    first = outcome.submit(channel, old)
    assert started.wait(PATIENCE)
    assert outcome.submit(channel, lambda _: "new").wait(PATIENCE)
    may_go_on.set()
    assert first.wait(PATIENCE)
    assert (outcome.shares, outcome.shown, outcome.results) == ([], [], ["new"])


def test_a_task_alone_can_be_asked_too():
    task = Task()
    task.check()
    task.report(0.5)
    task.show("nobody looks")
    task.cancel()
    for ask in (task.check, lambda: task.report(1), lambda: task.show(1)):
        with pytest.raises(CancelledError):
            ask()
    assert not task.wait(0.01)


# ---------------------------------------------------------------- who goes first


def test_background_work_waits_until_nothing_else_runs(outcome, busy):
    order = []
    background = [outcome.submit(Channel(), lambda _, n=n: order.append(n), background=True) for n in range(3)]
    urgent = [outcome.submit(Channel(), lambda _, n=n: order.append(n)) for n in ("a", "b")]
    time.sleep(0.05)
    assert order == []
    busy.set()
    for task in (*background, *urgent):
        assert task.wait(PATIENCE)
    assert set(order[:2]) == {"a", "b"}
    assert order[2:] == [0, 1, 2]


def test_background_work_leaves_a_thread_free(outcome):
    may_end, started = threading.Event(), threading.Event()

    def long(_task):
        started.set()
        may_end.wait(PATIENCE)

    background = [outcome.submit(Channel(), long, background=True) for _ in range(4)]
    assert started.wait(PATIENCE)
    assert outcome.submit(Channel(), lambda _: "at once").wait(PATIENCE)
    assert outcome.results == ["at once"]
    may_end.set()
    for task in background:
        assert task.wait(PATIENCE)


def test_only_so_many_work_at_once():
    lock, now, most = threading.Lock(), [0], [0]

    def work(_task):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1

    ignore = lambda _: None  # noqa: E731  (a name for nothing)
    tasks = [Channel().submit(work, then=ignore, failed=ignore) for _ in range(20)]
    for task in tasks:
        assert task.wait(PATIENCE)
    assert most[0] == worker.N_THREADS


# ---------------------------------------------------------------- Keras's turn


def test_one_at_a_time_has_the_turn(outcome):
    inside, most = [0], [0]

    def work(task):
        with keras_turn(task):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.01)
            inside[0] -= 1

    tasks = [outcome.submit(Channel(), work) for _ in range(6)]
    for task in tasks:
        assert task.wait(PATIENCE)
    assert outcome.errors == []
    assert most == [1]


def test_who_waits_for_the_turn_lets_others_work(outcome):
    """However many wait for Keras, a slider that needs none of it answers."""
    may_end, started = threading.Event(), threading.Event()

    def hold(task):
        with keras_turn(task):
            started.set()
            may_end.wait(PATIENCE)

    def want(task):
        with keras_turn(task):
            pass

    holder = outcome.submit(Channel(), hold)
    assert started.wait(PATIENCE)
    waiting = [outcome.submit(Channel(), want) for _ in range(5)]
    assert outcome.submit(Channel(), lambda _: "at once").wait(PATIENCE)
    assert "at once" in outcome.results
    may_end.set()
    for task in (holder, *waiting):
        assert task.wait(PATIENCE)


def test_threads_that_were_let_in_end_again(outcome):
    """Many who wait for Keras need many threads; once the wait is over, no more stay than may work."""

    def want(task):
        with keras_turn(task):
            pass

    with keras_turn():
        waiting = [outcome.submit(Channel(), want) for _ in range(12)]
        until(lambda: len(worker._pool._running) == len(waiting))
    for task in waiting:
        assert task.wait(PATIENCE)
    until(lambda: len(worker._pool._threads) <= worker.N_THREADS)
    assert sum(thread.name == "vitral-worker" for thread in threading.enumerate()) <= worker.N_THREADS
    assert outcome.submit(Channel(), lambda _: "still at work").wait(PATIENCE)


def test_background_work_may_begin_while_all_others_only_wait(outcome):
    with keras_turn():
        waiting = outcome.submit(Channel(), lambda task: keras_turn(task).__enter__())
        until(lambda: worker._pool._n_letting)
        assert outcome.submit(Channel(), lambda _: "background", background=True).wait(PATIENCE)
        assert outcome.results == ["background"]
        waiting.cancel()
    assert waiting.wait(PATIENCE)


def test_who_asks_for_a_free_turn_lets_nobody_in(outcome, monkeypatch):
    """A turn that is free costs no thread: `letting_others_in` is for those who have to wait."""
    monkeypatch.setattr(worker._pool, "letting_others_in", lambda: pytest.fail("let somebody in"))

    def work(task):
        with keras_turn(task):
            return "trained"

    assert outcome.submit(Channel(), work).wait(PATIENCE)
    assert outcome.results == ["trained"]


def test_what_is_asked_for_as_the_process_ends_is_over_at_once(outcome, monkeypatch):
    monkeypatch.setattr(worker._pool, "is_over", True)
    task = outcome.submit(Channel(), lambda _: "too late")
    assert task.is_cancelled
    assert task.wait(0)


def test_who_is_cancelled_waits_for_the_turn_no_longer(outcome):
    channel = Channel()
    with keras_turn():
        task = outcome.submit(channel, lambda task: keras_turn(task).__enter__())
        time.sleep(0.05)
        channel.stop()
        assert task.wait(PATIENCE)
    assert [type(e) for e in outcome.errors] == [CancelledError]
    with keras_turn():  # the turn is free
        pass


def test_the_turn_may_be_asked_for_again_by_who_has_it():
    task = Task()
    with keras_turn(task), keras_turn(task), keras_turn():
        pass
    got_it = threading.Event()

    def other():
        with keras_turn():
            got_it.set()

    threading.Thread(target=other).start()
    assert got_it.wait(PATIENCE)


# ---------------------------------------------------------------- any order of events


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(["submit", "stop", "pause", "background"]), min_size=1, max_size=12))
def test_whatever_is_pressed_the_last_word_belongs_to_the_last_request(events):
    channel, said, tasks = Channel(), [], []

    def submit(number, background):
        def work(task):
            for _ in range(3):
                task.check()
                time.sleep(0.0005)
            return number

        tasks.append(
            channel.submit(
                work,
                then=lambda result: said.append(("done", result)),
                failed=lambda _: said.append(("stopped", number)),
                background=background,
            )
        )

    stopped = False
    for event in events:
        if event == "stop":
            channel.stop()
            stopped = True
        elif event == "pause":
            time.sleep(0.001)
        else:
            submit(len(tasks), event == "background")
            stopped = False
    for task in tasks:
        assert task.wait(PATIENCE)
    heard = [number for _, number in said]
    assert heard == sorted(set(heard)), "each is heard of once, in order"
    if tasks:
        last = len(tasks) - 1
        assert heard[-1] == last
        if not stopped:
            assert said[-1] == ("done", last)


# ---------------------------------------------------------------- the end of the process


@pytest.mark.parametrize("work", ["time.sleep(60)", "until_cancelled(task)"])
def test_a_process_ends_though_something_trains(work):
    code = f"""
import threading, time
from vitral.training.worker import Channel
started = threading.Event()
def until_cancelled(task):
    while True:
        task.check()
        time.sleep(0.001)
def work(task):
    started.set()
    {work}
Channel().submit(work, then=print, failed=print)
Channel().submit(work, then=print, failed=print, background=True)
started.wait(10)
print("end")
"""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("end")
    assert done.stderr == ""
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("busy", ["time.sleep(0.2)", "[task.check() or time.sleep(0.001) for _ in range(20_000)]"])
def test_a_process_ends_with_its_panels_open(busy):
    """Widgets are closed as Python takes itself apart, when a thread may have been cut off with a lock in its hand."""
    code = f"""
import time
from vitral.views.widgets import Note, Panel
def compute(values, task):
    {busy}
    return [Note(text="done")]
panels = [Panel(compute, warm=[{{}}, {{}}]) for _ in range(4)]
time.sleep(0.1)
print("end")
"""
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")

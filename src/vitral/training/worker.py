"""The background worker: live lessons train here, so that a page answers while a network learns.

A few threads are shared by the whole process. Work is asked for through a `Channel`, one for each thing on a page that
shows a result: the newest request wins, an older one that waits is dropped, and one that runs sees its flag and stops
at its next dispatch. What nobody waits for (a program compiled beforehand, a table far down the page) is background:
it starts only while nothing else runs.

Keras draws seeds and shuffles from generators that the whole process shares. Two trainings at once would take numbers
from each other, so `keras_turn` lets one train at a time; whoever uses NumPy's own generators needs no turn.
"""

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

N_THREADS = 2  # that work at the same time; one that waits for its turn with Keras lets another in

# A browser that is told more often draws no more; and each message costs.
_SECONDS_BETWEEN_REPORTS = 0.05
_SECONDS_TO_LEAVE = 2.0

_log = logging.getLogger(__name__)
_turn = threading.RLock()


class CancelledError(Exception):
    """The work is no longer wanted: a newer request came, or somebody pressed stop."""


class Task:
    """One request: what its function is given to look at, and what whoever asked may wait for.

    Example:
        >>> task = Task()
        >>> task.cancel()
        >>> task.is_cancelled, task.is_finished
        (True, False)
    """

    def __init__(
        self,
        on_progress: Callable[[float], None] | None = None,
        on_show: Callable[[Any], None] | None = None,
    ):
        self._cancelled = threading.Event()
        self._finished = threading.Event()
        self._on_progress, self._on_show = on_progress, on_show
        self._reported = self._shown = -1e9

    @property
    def is_cancelled(self) -> bool:
        """Whether the result is no longer wanted."""
        return self._cancelled.is_set()

    @property
    def is_finished(self) -> bool:
        """Whether the function has returned, raised, or will never be called."""
        return self._finished.is_set()

    def cancel(self) -> None:
        """Ask the function to stop; it does at its next `check`."""
        self._cancelled.set()

    def check(self) -> None:
        """Raise `CancelledError` when the result is no longer wanted. Call it once a dispatch, or once an epoch."""
        if self._cancelled.is_set():
            raise CancelledError

    def report(self, share: float) -> None:
        """Say how much is done, from 0 to 1; also a `check`. It may be called in the narrowest loop."""
        self.check()
        now = time.monotonic()
        if self._on_progress is not None and now - self._reported >= _SECONDS_BETWEEN_REPORTS:
            self._reported = now
            self._on_progress(min(1.0, max(0.0, float(share))))

    def show(self, result: Any) -> None:
        """Hand over what there is so far; also a `check`. Those that come too fast are left out: the end shows all."""
        self.check()
        now = time.monotonic()
        if self._on_show is not None and now - self._shown >= _SECONDS_BETWEEN_REPORTS:
            self._shown = now
            self._on_show(result)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the work is over; False when `seconds` passed before."""
        return self._finished.wait(seconds)


class Channel:
    """A line of requests in which only the newest counts.

    Example:
        >>> channel, came = Channel(), []
        >>> task = channel.submit(lambda task: 6 * 7, then=came.append, failed=came.append)
        >>> task.wait(60), came
        (True, [42])
        >>> channel.close()
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._delivery = threading.RLock()  # what is handed over comes in order; whoever asks never waits for it
        self._newest: _Job | None = None
        self._is_closed = False

    def submit(
        self,
        function: Callable[[Task], Any],
        *,
        then: Callable[[Any], None],
        failed: Callable[[BaseException], None],
        on_progress: Callable[[float], None] | None = None,
        on_show: Callable[[Any], None] | None = None,
        background: bool = False,
    ) -> Task:
        """Call `function(task)` in a thread of the worker; the request before is cancelled.

        Args:
            function: the work. It calls `task.check()` or `task.report(share)` often.
            then: called with the result, unless a newer request has come meanwhile.
            failed: called with the exception, `CancelledError` after `stop`, unless a newer request has come meanwhile.
            on_progress: called with the share done.
            on_show: called with what `task.show` hands over before the end.
            background: whether the work waits until nothing else runs.
        """

        def say(call: Callable[[Any], None], value: Any) -> None:
            with self._delivery:
                if self._is_newest(task):
                    call(value)

        task = Task(on_progress and partial(say, on_progress), on_show and partial(say, on_show))
        job = _Job(self, task, function, then, failed)
        if _pool.is_over:
            task.cancel()
            task._finished.set()
            return task
        with self._lock:
            is_closed, before = self._is_closed, self._newest
            if not is_closed:
                self._newest = job
        if is_closed:
            task.cancel()
            task._finished.set()
            return task
        if before is not None:
            before.drop()
        _pool.put(job, background=background)
        return task

    def stop(self) -> None:
        """Cancel what runs or waits; its `failed` is called with `CancelledError`."""
        if _pool.is_over:
            return
        with self._lock:
            job = self._newest
        if job is not None:
            job.drop(lambda: self._hand_over(job, CancelledError()))

    def close(self) -> None:
        """Cancel what runs or waits, for nobody to hear of it, and take no more requests."""
        if _pool.is_over:
            return
        with self._lock:
            job, self._newest, self._is_closed = self._newest, None, True
        if job is not None:
            job.drop()

    def _run(self, job: "_Job") -> None:
        try:
            try:
                job.task.check()
                result = job.function(job.task)
                job.task.check()
            except BaseException as error:
                self._hand_over(job, error)
            else:
                self._hand_over(job, None, result)
        finally:
            job.task._finished.set()

    def _hand_over(self, job: "_Job", error: BaseException | None, result: Any = None) -> None:
        with self._delivery:
            if not self._is_newest(job.task):
                return
            try:
                if error is None:
                    try:
                        job.then(result)
                        return
                    except Exception as trouble:
                        error = trouble
                job.failed(error)
            except Exception:
                _log.exception("What came of a task could not be handed over.")

    def _is_newest(self, task: Task) -> bool:
        with self._lock:
            return self._newest is not None and self._newest.task is task


@contextmanager
def keras_turn(task: Task | None = None) -> Iterator[None]:
    """Hold the process's only turn to train with Keras; waits for it as long as the result is wanted.

    Models draw seeds too: build them inside. Who holds the turn may ask for it again.

    Example:
        >>> from vitral.training import keras_turn
        >>> with keras_turn():
        ...     pass  # build a model and train it here
    """
    if not _turn.acquire(blocking=False):
        with _pool.letting_others_in():
            while not _turn.acquire(timeout=0.1):
                if task is not None:
                    task.check()
    try:
        if task is not None:
            task.check()
        yield
    finally:
        _turn.release()


@contextmanager
def others_may_work() -> Iterator[None]:
    """Around what only waits, as for somebody to press a button: another of the worker's threads may work instead.

    Example:
        >>> from vitral.training import others_may_work
        >>> with others_may_work():
        ...     pass  # wait for somebody here
    """
    with _pool.letting_others_in():
        yield


# ---------------------------------------------------------------- the threads


@dataclass(frozen=True, eq=False)
class _Job:
    """A task, and what is called for it."""

    channel: Channel
    task: Task
    function: Callable[[Task], Any]
    then: Callable[[Any], None]
    failed: Callable[[BaseException], None]

    def drop(self, tell: Callable[[], None] = lambda: None) -> None:
        """Cancel it. Where it has not begun it is over with that, and who waits for it is told."""
        self.task.cancel()
        if _pool.drop(self):
            tell()
            self.task._finished.set()


class _Pool:
    """Threads that take the oldest job first and a background job only when there is no other.

    They are daemons: nothing that they do keeps the process alive. As it ends, what runs is cancelled, and has a moment
    to leave the libraries' compiled code, where a thread must not be cut off. From then on `is_over`, and no lock may
    be asked for: a thread that was cut off may hold it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._background: deque[_Job] = deque()
        self._running: set[_Job] = set()
        self._n_idle = 0  # threads without a job
        self._n_letting = 0  # jobs that only wait
        self._threads: list[threading.Thread] = []
        self.is_over = False
        self._here = threading.local()

    def put(self, job: _Job, *, background: bool) -> None:
        """Queue a job."""
        with self._changed:
            (self._background if background else self._waiting).append(job)
            self._call_somebody()

    def drop(self, job: _Job) -> bool:
        """Take a job that still waits out of its queue; whether it waited."""
        with self._changed:
            for queue in (self._waiting, self._background):
                if job in queue:
                    queue.remove(job)
                    return True
        return False

    @contextmanager
    def letting_others_in(self) -> Iterator[None]:
        """While one of the worker's threads only waits, another may work."""
        if not getattr(self._here, "is_worker", False):
            yield
            return
        with self._changed:
            self._n_letting += 1
            self._call_somebody()
        try:
            yield
        finally:
            with self._changed:
                self._n_letting -= 1

    def leave(self) -> None:
        """The process ends: cancel everything, and wait a moment."""
        until = time.monotonic() + _SECONDS_TO_LEAVE
        with self._changed:
            self.is_over = True
            running, threads = list(self._running), list(self._threads)
            self._changed.notify_all()
        for job in running:
            job.task.cancel()
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _call_somebody(self) -> None:
        if self._n_idle:
            self._changed.notify()
        elif len(self._running) - self._n_letting < N_THREADS and not self.is_over:
            thread = threading.Thread(target=self._work, name="vitral-worker", daemon=True)
            thread.start()  # it waits for the lock that is held here
            self._n_idle += 1
            self._threads.append(thread)

    def _work(self) -> None:
        self._here.is_worker = True
        while True:
            with self._changed:
                while (job := self._next()) is None:
                    if self.is_over or self._n_idle > N_THREADS:  # let in while others waited; they no longer do
                        self._n_idle -= 1
                        self._threads.remove(threading.current_thread())
                        return
                    self._changed.wait()
                self._running.add(job)
                self._n_idle -= 1
                if self._next_is_there():
                    self._call_somebody()
            try:
                job.channel._run(job)
            except BaseException:  # the thread has to live on
                _log.exception("A task failed where nobody listens.")
            finally:
                with self._changed:
                    self._running.discard(job)
                    self._n_idle += 1
                    self._changed.notify()
            del job  # and with it whatever its functions hold

    def _next(self) -> _Job | None:
        if not self._next_is_there():
            return None
        return (self._waiting or self._background).popleft()

    def _next_is_there(self) -> bool:
        if self.is_over:
            return False
        if self._waiting:
            return len(self._running) - self._n_letting < N_THREADS
        return bool(self._background) and len(self._running) == self._n_letting


_pool = _Pool()
atexit.register(_pool.leave)

"""A long measurement that several panels, guesses and claims ask for: made once, for as long as anybody wants it.

A reader who moves a slider drops a request and makes another; what was measured so far must not be lost with it. So
the measurement goes on for a moment when nobody waits for it, and for as long as somebody does.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from vitral.training import CancelledError, Task, others_may_work

R = TypeVar("R")

PATIENCE = 1.0  # seconds that it goes on when nobody wants it


class Shared(Generic[R]):
    """What `measure(task)` gives; it calls `task.report(share)` often, and is called again only if it was dropped."""

    def __init__(self, measure: Callable[[Task], R]):
        self._measure = measure
        self._found: list[R] = []
        self._turn, self._waiting = threading.Lock(), list[Task]()

    def get(self, task: Task | None = None) -> R:
        """The measurement, made now by this thread or by another, for which this one waits.

        Raises:
            CancelledError: `task` is no longer wanted.
        """
        task = task or Task()
        if self._found:
            return self._found[0]
        self._waiting.append(task)
        try:
            if not self._turn.acquire(blocking=False):
                with others_may_work():
                    while not self._turn.acquire(timeout=0.1):
                        task.check()
            try:
                if not self._found:
                    many = _ForMany(self._waiting)
                    found = self._measure(many)
                    if many.was_dropped:  # what is made of a `CancelledError` in its midst may be half of it
                        raise CancelledError
                    self._found.append(found)
            finally:
                self._turn.release()
        finally:
            self._waiting.remove(task)
        task.check()
        return self._found[0]


class _ForMany(Task):
    """A task that is wanted while one of those that wait is, and for a moment after; all of them hear of progress.

    Once it was said to be cancelled it stays so, whoever comes then: part of the work may have stopped already.
    """

    def __init__(self, waiting: list[Task]):
        super().__init__()
        self._waiting, self._wanted = waiting, time.monotonic()

    @property
    def is_cancelled(self) -> bool:
        if self.was_dropped:
            return True
        if any(not task.is_cancelled for task in list(self._waiting)):
            self._wanted = time.monotonic()
        elif time.monotonic() - self._wanted > PATIENCE:
            self.cancel()
        return self.was_dropped

    @property
    def was_dropped(self) -> bool:
        """Whether anybody was told that it is cancelled."""
        return self._cancelled.is_set()

    def check(self) -> None:
        if self.is_cancelled:
            raise CancelledError

    def report(self, share: float) -> None:
        self.check()
        for task in list(self._waiting):
            try:
                task.report(share)
            except CancelledError:
                pass  # the others still want it

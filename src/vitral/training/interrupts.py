"""Ctrl-C at a moment when nothing is half done.

While a program runs, the model's old arrays are given away and the new ones not yet there. An interrupt in that
window is kept until the window closes; everywhere else it acts at once. While a step is traced it may also be swallowed
by a library's bare `except`; then it acts when tracing is over.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def deferred_interrupt() -> Iterator[None]:
    """Hold SIGINT back within the block, then act on it; outside the main thread, do nothing."""
    previous = _handler()
    if previous is None:
        yield
        return
    pending: list[tuple[int, Any]] = []
    signal.signal(signal.SIGINT, lambda number, frame: pending.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if pending:
        previous(*pending[0])


@contextmanager
def remembered_interrupt() -> Iterator[None]:
    """Let SIGINT act at once within the block; where its KeyboardInterrupt got lost, raise it at the end."""
    previous = _handler()
    if previous is None:
        yield
        return
    raised: list[int] = []

    def handle(number: int, frame: Any) -> None:
        raised.append(number)
        previous(number, frame)
        raised.clear()  # the handler in place chose not to raise

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    except Exception as error:
        if raised:  # a library made another error of it
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, previous)
    if raised:
        raise KeyboardInterrupt


def _handler() -> Callable[[int, Any], Any] | None:
    """What SIGINT does at present; None where that is nothing of Python's, or not this thread's to change."""
    if threading.current_thread() is not threading.main_thread():
        return None
    handler = signal.getsignal(signal.SIGINT)
    return handler if callable(handler) else None

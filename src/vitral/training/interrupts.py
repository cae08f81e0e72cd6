"""Ctrl-C at a moment when nothing is half done.

While a program runs, the model's old arrays are given away and the new ones not yet there; while a state goes back to
the variables, some have it and some do not; while a step is traced, a library's bare `except` or a weak reference may
swallow an exception. An interrupt that comes then is kept until it harms nothing.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_is_held = False  # whether an outer block holds back already, which makes an inner one free


class held_interrupt:  # noqa: N801  (reads as a verb in a with statement)
    """Hold SIGINT back within the block; act on it at `check()`, within `let_through()`, or when the block is left.

    Outside the main thread, which alone receives signals, it does nothing.
    """

    def __enter__(self) -> "held_interrupt":
        self._waiting: list[tuple[int, Any]] = []
        self._previous = None if _is_held else _handler()
        self.hold()
        return self

    def __exit__(self, *_: object) -> None:
        if self._previous is not None:
            self._release()
            self.check()

    def hold(self) -> None:
        """Hold back again, after `let_through()` was left by an interrupt."""
        global _is_held
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._keep)
            _is_held = True

    def check(self) -> None:
        """Act on an interrupt that waits."""
        if self._waiting and self._previous is not None:
            first, self._waiting = self._waiting[0], []
            self._previous(*first)

    @contextmanager
    def let_through(self) -> Iterator[None]:
        """Let SIGINT act at once within this inner block."""
        self.check()
        if self._previous is not None:
            self._release()
        try:
            yield
        finally:
            self.hold()

    def _release(self) -> None:
        global _is_held
        _is_held = False
        signal.signal(signal.SIGINT, self._previous)

    def _keep(self, number: int, frame: Any) -> None:
        self._waiting.append((number, frame))


def _handler() -> Callable[[int, Any], Any] | None:
    """What SIGINT does at present; None where that is nothing of Python's, or not this thread's to change."""
    if threading.current_thread() is not threading.main_thread():
        return None
    handler = signal.getsignal(signal.SIGINT)
    return handler if callable(handler) else None

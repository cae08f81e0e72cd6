"""Ctrl-C at a moment when nothing is half done.

While a program runs, the model's old arrays are given away and the new ones not yet there; while a state goes back to
the variables, some have it and some do not; while a step is traced, a library's bare `except` or a weak reference may
swallow an exception. An interrupt that comes then is kept until it harms nothing.
"""

import signal
import threading
from collections.abc import Callable
from typing import Any

_is_held = False  # whether an outer block holds back already, which makes an inner one free


class held_interrupt:  # noqa: N801  (reads as a verb in a with statement)
    """Hold SIGINT back within the block; act on it at `check()`, within `let_through()`, or when the block is left.

    Pressed several times while it is held, it acts once. Outside the main thread, which alone receives signals, the
    block does nothing.
    """

    def __enter__(self) -> "held_interrupt":
        self._waiting: tuple[int, Any] | None = None
        self._previous = None if _is_held else _handler()
        self.hold()
        return self

    def __exit__(self, *_: object) -> None:
        if self._previous is not None:
            self.release()
            try:
                self.check()
            finally:
                self._previous = None

    def hold(self) -> None:
        """Hold back again, after `let_through()` was left by an interrupt."""
        global _is_held
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._keep)
            _is_held = True

    def release(self) -> None:
        """Let SIGINT act at once, until `hold()`."""
        global _is_held
        if self._previous is not None:
            _is_held = False
            signal.signal(signal.SIGINT, self._previous)

    def check(self) -> None:
        """Act on an interrupt that waits."""
        if self._waiting is not None and self._previous is not None:
            waiting, self._waiting = self._waiting, None
            self._previous(*waiting)

    def let_through(self) -> "_LetThrough":
        """A context in which SIGINT acts at once; a handler that is installed in it stays."""
        return _LetThrough(self)

    def adopt_handler(self) -> None:
        """Take the handler in place for the one to go back to."""
        if self._previous is not None and not _is_held:
            self._previous = _handler() or self._previous

    def _keep(self, number: int, frame: Any) -> None:
        self._waiting = self._waiting or (number, frame)


class _LetThrough:
    # No generator: an interrupt can leave one half-way, to be finished, and to hold back, long after the training.

    def __init__(self, held: held_interrupt) -> None:
        self._held = held

    def __enter__(self) -> None:
        self._held.check()
        self._held.release()

    def __exit__(self, *_: object) -> None:
        self._held.adopt_handler()
        self._held.hold()


def _handler() -> Callable[[int, Any], Any] | None:
    """What SIGINT does at present; None where that is nothing of Python's, or not this thread's to change."""
    if threading.current_thread() is not threading.main_thread():
        return None
    handler = signal.getsignal(signal.SIGINT)
    return handler if callable(handler) else None

"""How far a sweep is: a bar with the time left, where somebody looks; a few plain lines in a log."""

import sys
import threading
import time
from typing import Any

from vitral._errors import ArgumentError

_PLAIN_LINES = 10
_SECONDS_TO_ESTIMATE = 2.0


class SweepProgress:
    """A context manager that shows epochs passing, of all variants together; in any thread."""

    def __init__(self, n_variants: int, epochs: list[Any], verbose: Any):
        """Show nothing with `verbose=0`, plain lines with 2; with "auto" a bar, but only in a terminal.

        Args:
            n_variants: V. epochs: of each variant, not yet checked.

        Raises:
            ArgumentError: `verbose` is something else.
        """
        if verbose not in ("auto", 0, 1, 2):
            raise ArgumentError(f'verbose must be "auto", 0, 1 or 2: got {verbose!r}. Use 0 for silence.')
        self._total, self._done = sum(e for e in epochs if isinstance(e, int)), 0
        self._lock = threading.Lock()
        self._text = f"{n_variants} {'variant' if n_variants == 1 else 'variants'}"
        self._is_plain, self._started = verbose == 2, 0.0
        self._first: tuple[float, int] | None = None  # when the first epoch was done
        is_shown = sys.stderr.isatty() if verbose == "auto" else bool(verbose) and not self._is_plain
        self._bar: Any = None
        if is_shown:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

            columns = [TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TextColumn("epochs")]
            shown = [SpinnerColumn(), *columns, TextColumn("{task.fields[left]}")]
            self._bar = Progress(*shown, console=Console(stderr=True))

    def __enter__(self) -> "SweepProgress":
        self._started = time.perf_counter()
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task(self._text, total=self._total, left="compiling …")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._bar is not None:
            took = _clock(time.perf_counter() - self._started)
            if kind is None:  # where variants stopped early, there were fewer epochs
                self._bar.update(self._task, total=self._done, completed=self._done)
            self._bar.update(self._task, left=f"in {took}")
            self._bar.stop()

    def advance(self, n: int = 1) -> None:
        """So many more epochs of one variant are done."""
        with self._lock:
            done = self._done = self._done + n
        if self._bar is None and not self._is_plain:
            return
        left = self._left(done)
        if self._bar is not None:
            self._bar.update(self._task, completed=done, left=left)
        elif self._is_plain and self._total and self._is_line(done - n, done):
            told = f"{self._text}: {done}/{self._total} epochs  {left}"
            print(told.rstrip(), file=sys.stderr, flush=True)

    def _is_line(self, before: int, done: int) -> bool:
        a_line = max(1, self._total // _PLAIN_LINES)
        return done // a_line > before // a_line

    def _left(self, done: int) -> str:
        """The time that is left, counted from the first epoch on: what was compiled by then is not compiled again."""
        now = time.perf_counter()
        self._first = self._first or (now, done)
        seconds, epochs = now - self._first[0], done - self._first[1]
        if seconds < _SECONDS_TO_ESTIMATE or not epochs:  # epochs come in bursts, many at once
            return ""
        return f"{_clock(seconds / epochs * max(0, self._total - done))} left"


def _clock(seconds: float) -> str:
    """As in 0:07, 12:30 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"

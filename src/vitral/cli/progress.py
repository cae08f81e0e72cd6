"""Progress over epochs: a bar with scores and time left in a terminal, a few plain lines elsewhere."""

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from vitral.cli.console import format_score

_PLAIN_LINES = 10


class EpochProgress:
    """A context manager that shows `epochs` epochs passing; `on_epoch_end` is what a Keras callback calls."""

    def __init__(self, console: Console, epochs: int, *, quiet: bool = False) -> None:
        self._console = console
        self._epochs = epochs
        self._quiet = quiet
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._quiet:
            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(bar_width=20),
                MofNCompleteColumn(),
                TextColumn("{task.fields[scores]}"),
                TimeRemainingColumn(compact=True),
                console=self._console,
                transient=True,
            )
            self._task = self._bar.add_task("", total=None, scores="")
            self._bar.start()
        return self

    def __exit__(self, *exception: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def say(self, what: str) -> None:
        """What is being waited for, beside the bar; plain lines are for epochs alone."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=what)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Epoch number `epoch`, counted from 0, has ended with `logs`."""
        done = epoch + 1
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=self._epochs, scores=_bar_scores(logs or {}))
        elif not self._quiet and (done == self._epochs or done % max(1, self._epochs // _PLAIN_LINES) == 0):
            scores = "  ".join(f"{name} {format_score(float(value))}" for name, value in (logs or {}).items())
            self._console.print(f"epoch {done}/{self._epochs}  {scores}", soft_wrap=True)


def _bar_scores(logs: dict[str, Any]) -> str:
    """The loss and one score on unseen rows: what fits beside a bar."""
    shown = ["loss", *[name for name in logs if name.startswith("val_") and name != "val_loss"][:1]]
    return "  ".join(f"{name} {format_score(float(logs[name]))}" for name in shown if name in logs)

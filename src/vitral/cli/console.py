"""What the command prints: people read tables and one-line errors, scripts one JSON object on standard output."""

import contextlib
import io
import json
import math
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from vitral._errors import ArgumentError, DivergenceWarning, VitralWarning

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: all is well; training diverged, or a run is damaged or cannot be written; bad input; Ctrl-C."""

EXIT_CODES = (
    "Exit codes: 0 done; 1 training diverged, or the run is damaged or could not be written; 2 bad input, with one "
    "sentence that says what; "
    "130 interrupted with Ctrl-C."
)


class NotSavedError(Exception):
    """What was trained could not be written: no bad input, so it has an exit code of its own, FAILED."""


def output() -> Console:
    """Standard output. Names and paths are printed as they are: no markup, no emoji codes, no guessed colours."""
    return Console(markup=False, emoji=False, highlight=False)


def messages() -> Console:
    """Standard error: progress, notes and errors, so that standard output holds the result alone."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False)


def escape_what_is_no_text() -> None:
    """Names of files that are not UTF-8 are printed as Python escapes them, on both outputs."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_error(sentence: str) -> None:
    """One sentence on standard error, unbroken: a path in it can be copied."""
    messages().print(Text.assemble(("Error: ", "bold red"), sentence), soft_wrap=True)


def fail(sentence: str, *, as_json: bool, code: int = FAILED) -> int:
    """Say what went wrong, to scripts as an object, too; the exit code."""
    print_error(sentence)
    if as_json:
        print_json({"status": "error", "message": sentence})
    return code


def check_saved(folder: Path) -> None:
    """RUN must be a folder that holds a run or a sweep.

    Raises:
        ArgumentError: it is none.
    """
    if not (folder / "run.json").is_file():
        what = "has no run.json" if folder.is_dir() else "is no folder"
        raise ArgumentError(
            f"RUN must be the folder of a run or a sweep: {str(folder)!r} {what}. List them with: vitral runs"
        )


def print_json(value: Any) -> None:
    """One JSON object on standard output. JSON has no NaN: numbers that are not finite become null."""
    json.dump(_jsonable(value), sys.stdout, ensure_ascii=False, allow_nan=False, indent=2)
    sys.stdout.write("\n")


def format_score(value: float) -> str:
    """Four digits, as in 0.9722 or 1.2e-05; thousands are whole, as in 12550."""
    return f"{value:.0f}" if 1e5 > abs(value) >= 1e3 else f"{value:.4g}"


def short_path(path: Path | None) -> str:
    """Relative to the current folder where it is inside: easier to read, and to paste into the next command."""
    if path is None:
        return ""
    path = path.absolute()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


@contextlib.contextmanager
def notes(messages: Console) -> Iterator[None]:
    """Vitral's warnings as one line each; what a diverged run says is printed at the end instead."""
    with warnings.catch_warnings():
        warnings.simplefilter("default", VitralWarning)
        warnings.simplefilter("ignore", DivergenceWarning)
        shown = warnings.showwarning

        def show(message: Any, category: Any, *rest: Any) -> None:
            if isinstance(message, VitralWarning):
                messages.print(f"Note: {message}", soft_wrap=True)
            else:
                shown(message, category, *rest)

        warnings.showwarning = show
        yield


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

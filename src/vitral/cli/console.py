"""What the command prints: people read tables and one-line errors, scripts one JSON object on standard output."""

import json
import math
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: all is well; training diverged, or a run is damaged or cannot be written; bad input; Ctrl-C."""


def output() -> Console:
    """Standard output. Names and paths are printed as they are: no markup, no emoji codes, no guessed colours."""
    return Console(markup=False, emoji=False, highlight=False)


def messages() -> Console:
    """Standard error: progress, notes and errors, so that standard output holds the result alone."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False)


def print_error(sentence: str) -> None:
    """One sentence on standard error, unbroken: a path in it can be copied."""
    messages().print(Text.assemble(("Error: ", "bold red"), sentence), soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON object on standard output. JSON has no NaN: numbers that are not finite become null."""
    json.dump(_jsonable(value), sys.stdout, ensure_ascii=False, allow_nan=False, indent=2)
    sys.stdout.write("\n")


def format_score(value: float) -> str:
    """Four digits, as in 0.9722, 2904 or 1.2e-05."""
    return f"{value:.0f}" if 1e4 > abs(value) >= 1e3 else f"{value:.4g}"


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

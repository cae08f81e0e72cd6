"""Argument checks, one wording for all: «name must be …: got …. Remedy.»

Every check returns the value in its plain Python form, so that a caller checks once where an argument
enters and then trusts it.
"""

import difflib
import math
import numbers
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vitral._errors import ArgumentError, RunFolderError, UnknownNameError

CHECKPOINT = "vitral-checkpoint"  # the folder in a run's that holds a training which is not finished


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None when nothing is close."""
    matches = difflib.get_close_matches(str(name).lower(), [k.lower() for k in known], n=1, cutoff=0.5)
    return next((k for k in known if matches and k.lower() == matches[0]), None)


def readable(text: Any, instead: str = "?") -> str:
    """Text in one line, with a sign of its own for whatever moves a line, a cursor or the direction of writing."""
    return "".join(c if c.isprintable() else instead for c in str(text))


def check_choice(argument: str, value: Any, known: Iterable[str]) -> str:
    """`value` must be one of `known`; the error lists them and the nearest."""
    known = list(known)
    if isinstance(value, str) and value in known:
        return value
    close = nearest(str(value), known)
    hint = f"Did you mean {close!r}? " if close else ""
    raise UnknownNameError(
        f"{argument} must be one of the known names: got {value!r}. {hint}Known: {', '.join(known)}."
    )


def check_int(argument: str, value: Any, *, minimum: int | None = None, remedy: str = "") -> int:
    """`value` must be a whole number, at least `minimum` where one is given. A bool is not a number."""
    rule = "a whole number" if minimum is None else f"a whole number of at least {minimum}"
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise ArgumentError(_sentence(argument, rule, value, remedy))
    if minimum is not None and value < minimum:
        raise ArgumentError(_sentence(argument, rule, value, remedy))
    return int(value)


def check_number(
    argument: str,
    value: Any,
    *,
    above: float | None = None,
    minimum: float | None = None,
    below: float | None = None,
    maximum: float | None = None,
    remedy: str = "",
) -> float:
    """`value` must be a finite real number inside the given open (above, below) or closed bounds."""
    bounds = [
        f"above {above:g}" if above is not None else "",
        f"at least {minimum:g}" if minimum is not None else "",
        f"below {below:g}" if below is not None else "",
        f"at most {maximum:g}" if maximum is not None else "",
    ]
    rule = " ".join(["a finite number", " and ".join(b for b in bounds if b)]).strip()
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
        raise ArgumentError(_sentence(argument, rule, value, remedy))
    value = float(value)
    if (
        (above is not None and value <= above)
        or (minimum is not None and value < minimum)
        or (below is not None and value >= below)
        or (maximum is not None and value > maximum)
    ):
        raise ArgumentError(_sentence(argument, rule, value, remedy))
    return value


def check_new_folder(
    argument: str, path: Any, *, overwrite: bool = False, adopt: bool = False, option: str | None = None
) -> Path:
    """`path` must name a folder that does not exist yet, where one can be made.

    An existing folder passes only when it is empty, or with `overwrite=True` when it holds a run, or with `adopt=True`
    when it holds anything but a run. `option` is what the user would write to overwrite, where that is possible.
    Nothing stays created; the check tries the nearest existing parent.
    """
    if not isinstance(path, str | os.PathLike) or not str(path) or "\0" in str(path):
        raise ArgumentError(_sentence(argument, "the path of a folder", path, "Write it as text, or as a Path."))
    folder = Path(path).expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise RunFolderError(f"{argument} must be a folder: {str(path)!r} is a file. Choose another name.")
    # A checkpoint without run.json is none yet: whoever wrote it was killed before it was whole.
    if folder.is_dir() and any(entry.name != CHECKPOINT for entry in folder.iterdir()):
        is_run = (folder / "run.json").is_file()
        if not (overwrite if is_run else adopt):
            instead = f"replace the run with {option}" if is_run and option else "remove it first"
            raise RunFolderError(
                f"{argument} must be a new or empty folder: {str(path)!r} already holds "
                f"{'a run' if is_run else 'something'}. Choose another name, or {instead}."
            )
    if not (overwrite or adopt):
        _check_nothing_unfinished(argument, path, folder)
    parent = folder if folder.is_dir() else folder.parent
    while not parent.exists():
        parent = parent.parent
    if not _is_writable(parent):
        raise RunFolderError(
            f"{argument} must be a folder that can be written: {str(path)!r} cannot be made in {str(parent)!r}. "
            "Choose a folder of your own, or change its permissions."
        )
    return folder


def check_out(argument: str, path: Any, *, overwrite: bool, option: str = "overwrite=True") -> Path:
    """`path` must be where a training can write: as `check_new_folder`, and none may be unfinished there.

    Even with `overwrite=True` an unfinished training is not replaced: it may be at work, or hours of it may be there.
    """
    folder = check_new_folder(argument, path, overwrite=overwrite, option=option)
    _check_nothing_unfinished(argument, path, folder)
    return folder


def _check_nothing_unfinished(argument: str, path: Any, folder: Path) -> None:
    if (folder / CHECKPOINT / "run.json").is_file():
        raise RunFolderError(
            f"{argument} must be a new or empty folder: {str(path)!r} holds a training that was broken off. Go on with "
            f"vitral.resume({str(path)!r}), choose another name, or remove {CHECKPOINT!r} in it."
        )


def check_new_file(argument: str, path: Any) -> Path:
    """`path` must name a file, in a folder that is there and can be written; a file of that name may be replaced."""
    file = Path(path).expanduser().absolute()
    if file.is_dir():
        raise ArgumentError(f"{argument} must be a file: got the folder {str(path)!r}. Add a name, as in report.html.")
    if not file.parent.is_dir():
        raise ArgumentError(
            f"{argument} must be in an existing folder: got {str(path)!r}, and {str(file.parent)!r} is none. "
            "Make it first, or choose another."
        )
    if not _is_writable(file.parent):
        raise ArgumentError(
            f"{argument} must be in a folder that can be written: got {str(path)!r}. Choose a folder of your own, or "
            "change its permissions."
        )
    return file


def _is_writable(folder: Path) -> bool:
    """Whether something can be made in `folder`: tried, because permissions say too much of it to root."""
    try:
        Path(tempfile.mkdtemp(prefix=".vitral-", dir=folder)).rmdir()
    except OSError:
        return False
    return True


def _sentence(argument: str, rule: str, value: Any, remedy: str) -> str:
    shown = repr(value)
    if len(shown) > 80:
        shown = shown[:77] + "…"
    return f"{argument} must be {rule}: got {shown}.{' ' + remedy if remedy else ''}"

"""`--over NAME=VALUES`: what a sweep varies, read and checked before anything heavy is imported.

    rate=0.1,0.01        the values          batch=16:256:log5   5 values from 16 to 256 by equal factors
    seed=0:20            0, 1, … 19          dropout=0:0.5:lin6  6 values from 0 to 0.5 by equal steps
    hidden=64,128-64     one hidden layer of 64 units, then two of 128 and 64

Numbers made by `log` and `lin` have four digits, so that one of them can be typed again and is the same number.
"""

import math
import re
from collections.abc import Sequence
from typing import Any

from vitral._checks import nearest
from vitral._errors import ArgumentError, UnknownNameError
from vitral.cli.options import check_option, read_batch_size, read_hidden

NAMES = (
    "hidden",
    "activation",
    "initializer",
    "optimizer",
    "learning_rate",
    "batch_size",
    "epochs",
    "l1",
    "l2",
    "dropout",
    "seed",
)
_WHOLE = ("hidden", "batch_size", "epochs", "seed")
_WORDS = ("activation", "initializer", "optimizer")
_FIXED = ("data", "target", "task", "drop", "categorical", "delimiter", "early_stopping")
_MOST = 1_000_000
_EXAMPLE = "Write --over rate=0.1,0.01 or --over seed=0:20."


def read_over(texts: Sequence[str], given: Sequence[str] = ()) -> dict[str, list[Any]]:
    """What each `--over` says, by the option's name with underscores.

    Args:
        texts: NAME=VALUES, as typed. given: options that were typed with a value of their own.

    Returns:
        Option -> its values; sizes of hidden layers as a number where each value is one layer, else as typed.

    Raises:
        ArgumentError, UnknownNameError: there is nothing to vary, or a name or a value is none.
    """
    over: dict[str, list[Any]] = {}
    for text in texts:
        typed, equals, values = text.partition("=")
        if not equals:
            raise ArgumentError(f"--over must be NAME=VALUES: got {text!r}. {_EXAMPLE}")
        name = _find_name(typed)
        argument = f"--over {name.replace('_', '-')}"
        if name in over:
            raise ArgumentError(f"{argument} must be given once: got it twice. Put all values into one list.")
        if name in given:
            option = argument.replace("--over ", "--")
            raise ArgumentError(f"{argument} must come without {option}: got both. Leave one of them out.")
        over[name] = _read_values(argument, name, values)
    if not over:
        raise ArgumentError(f"--over must name what varies: got none. {_EXAMPLE}")
    n_variants = math.prod(len(values) for values in over.values())
    if n_variants > _MOST:
        raise ArgumentError(f"--over must make at most {_MOST:,} variants: got {n_variants:,}. Use shorter lists.")
    return over


def _find_name(typed: str) -> str:
    """The option meant: its name, or a word of it that no other has, as rate of learning-rate; also lr."""
    word = typed.strip().lstrip("-").lower().replace("-", "_")
    word = "learning_rate" if word == "lr" else word
    found = [name for name in NAMES if word == name] or [name for name in NAMES if word in name.split("_")]
    if len(found) == 1:
        return found[0]
    known = [name.replace("_", "-") for name in NAMES]
    if word in _FIXED:
        raise UnknownNameError(
            f"--over must name an option that can vary: got {typed!r}, which is the same for all variants. "
            f"These can: {', '.join(known)}."
        )
    words = {part: name for name in NAMES for part in (*name.split("_"), name)}
    close = nearest(word, words)
    hint = f"Did you mean {words[close].replace('_', '-')!r}? " if close else ""
    raise UnknownNameError(
        f"--over must name an option that can vary: got {typed!r}. {hint}These can: {', '.join(known)}."
    )


def _read_values(argument: str, name: str, text: str) -> list[Any]:
    values: list[Any] = []
    for part in text.split(","):
        item = part.strip()
        if not item:
            raise ArgumentError(f"{argument} must be values with commas between: got {text!r}. {_EXAMPLE}")
        values += _spread(argument, name, item) if ":" in item else [_read_value(argument, name, item)]
    if name == "hidden" and not all(isinstance(value, int) for value in values):
        values = [str(value) for value in values]
    seen: set[Any] = set()
    for value in values:
        check_option(argument, name, value)
        if value in seen:
            raise ArgumentError(f"{argument} must have each value once: got {value!r} twice. Drop one.")
        seen.add(value)
    return values


def _read_value(argument: str, name: str, item: str) -> Any:
    if name == "hidden":
        sizes = read_hidden(item, argument)
        return sizes[0] if len(sizes) == 1 else "-".join(map(str, sizes)) or "none"
    if name == "batch_size":
        return read_batch_size(item, argument)
    if name in _WORDS:
        return item.lower() if name == "optimizer" else item
    return _read_number(argument, item, whole=name in _WHOLE)


def _read_number(argument: str, item: str, *, whole: bool) -> Any:
    try:
        return int(item) if whole else float(item)
    except ValueError:
        rule = "whole numbers" if whole else "numbers"
        example = "10,20 or 0:20" if whole else "0.1,0.01 or 1e-4:1:log5"
        raise ArgumentError(f"{argument} must be {rule}: got {item!r}. Write {example}.") from None


def _spread(argument: str, name: str, item: str) -> list[Any]:
    """The values that "a:b", "a:b:log5" or "a:b:lin5" stands for."""
    if name in _WORDS:
        raise ArgumentError(f"{argument} must be names: got {item!r}. Put commas between them.")
    whole = name in _WHOLE
    parts = item.split(":")
    first, last = (_read_number(argument, part, whole=whole) for part in [*parts, ""][:2])
    if len(parts) == 2:
        return _count(argument, first, last, item, whole=whole)
    found = re.fullmatch(r"(log|lin)(\d{1,7})", parts[2].strip().lower()) if len(parts) == 3 else None
    if found is None:
        raise ArgumentError(
            f"{argument} must be a range such as 1:10:lin4 or 1:1000:log4: got {item!r}. The number behind lin or log "
            "says how many values."
        )
    kind, n = found[1], int(found[2])
    if not 2 <= n <= _MOST:
        raise ArgumentError(
            f"{argument} must be a range of 2 to {_MOST:,} values: got {item!r}. Write {first:g}:{last:g}:{kind}5."
        )
    if kind == "log" and not (0 < first < math.inf and 0 < last < math.inf):
        raise ArgumentError(
            f"{argument} must be a range between numbers above 0, to go by factors: got {item!r}. Use lin{n} instead."
        )
    between = [
        first * (last / first) ** (i / (n - 1)) if kind == "log" else first + (last - first) * i / (n - 1)
        for i in range(1, n - 1)
    ]
    found = [first, *(round(value) if whole else float(f"{value:.4g}") for value in between), last]
    if len(set(found)) < n:
        raise ArgumentError(f"{argument} must be a range of values that differ: got {item!r}. Ask for fewer.")
    return found


def _count(argument: str, first: Any, last: Any, item: str, *, whole: bool) -> list[int]:
    """The whole numbers from `first` on, before `last`."""
    if not whole:
        raise ArgumentError(
            f"{argument} must say how many numbers a range has: got {item!r}. "
            f"Write {item}:lin5 for equal steps, {item}:log5 for equal factors."
        )
    if not 0 < last - first <= _MOST:
        raise ArgumentError(
            f"{argument} must be a range that rises, of at most {_MOST:,} numbers: got {item!r}. "
            "0:20 is 0 to 19, the second number left out."
        )
    return list(range(first, last))

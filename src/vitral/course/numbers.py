"""Numbers as a lesson writes them, with a true minus sign, and as a reader types them, with a comma or a slash."""

import math
import re
from collections.abc import Iterable

import numpy as np

_DECIMAL = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_PERHAPS_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d\d0", re.ASCII)
_WHOLE = re.compile(r"\d+|[1-9]\d{0,2}(?P<between>[ .,'’\u00a0\u2009\u202f])\d{3}((?P=between)\d{3})*", re.ASCII)

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def num(value: float, digits: int = 6) -> str:
    """A number of so many significant digits: 2, 0.5, −3; never −0.

    >>> num(-0.5)
    '−0.5'
    """
    return f"{float(value) + 0.0:.{digits}g}".replace("-", "−")


def fixed(value: float, decimals: int) -> str:
    """A number of so many decimals: 0.50, −3.00; never −0.00."""
    return f"{value:z.{decimals}f}".replace("-", "−")


def signed(value: float, digits: int = 6) -> str:
    """A number within a sum or a product: a negative one in brackets, (−3)."""
    return f"({num(value, digits)})" if value < 0 else num(value, digits)


def vector(values: Iterable[float], digits: int = 6) -> str:
    """Numbers with commas between them, in brackets: (2, −1, 1)."""
    return f"({', '.join(num(value, digits) for value in values)})"


def tiny(value: float) -> str:
    """The size of a rounding: one digit and its power of ten, 3·10⁻⁶; or 0.

    >>> tiny(3e-06)
    '3·10⁻⁶'
    """
    digit, power = f"{value:.0e}".split("e")
    return f"{num(float(digit))}·10{str(int(power)).translate(_RAISED)}" if value else "0"


def brought_in(arrays: Iterable[np.ndarray], most: float) -> tuple[list[np.ndarray], bool]:
    """Arrays of any shape with every number brought within ±most; and whether one had to be."""
    given = list(arrays)
    found = [np.clip(each, -most, most) for each in given]
    return found, any((after != before).any() for after, before in zip(found, given, strict=True))


def number_in(text: str) -> float | None:
    """A number as a reader types it: 0.5, 0,5, −3, 1e-4, 3/4. None where there is no finite number.

    A comma is a decimal point; but 1,000 may be one or a thousand, so it is neither.

    >>> number_in("−3/4")
    -0.75
    """
    above, _, below = text.replace("−", "-").partition("/")
    parts = _decimal(above), _decimal(below) if "/" in text else 1.0
    if parts[0] is None or not parts[1]:
        return None
    value = parts[0] / parts[1]
    return value if math.isfinite(value) else None


def numbers_in(texts: Iterable[str]) -> np.ndarray | None:
    """The numbers of several fields, (K,), each read as in `number_in`; None if one of them holds none."""
    found = [number_in(text) for text in texts]
    numbers = [each for each in found if each is not None]
    return np.array(numbers) if len(numbers) == len(found) else None


def whole_in(text: str) -> int | None:
    """A whole number as a reader types it: 2410, 2 410, 2.410, 2,410, 2'410. None where there is none.

    Between thousands stands the same sign everywhere, before every three digits; so "241.0" is none.

    >>> whole_in("1.234.567")
    1234567
    """
    text = text.strip()
    return int(re.sub(r"\D", "", text)) if _WHOLE.fullmatch(text) else None


def _decimal(text: str) -> float | None:
    text = text.strip()
    if not _DECIMAL.fullmatch(text) or _PERHAPS_THOUSANDS.fullmatch(text):
        return None
    return float(text.replace(",", "."))

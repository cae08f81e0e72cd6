"""What a reader can move: each control names a value, says its range, and checks what the browser sends back.

What comes from a browser is not trusted: a number out of range is brought into it, anything else is refused.
"""

import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from vitral._errors import ArgumentError
from vitral.views.widgets.checks import is_list, shown
from vitral.views.widgets.drawings import plain


@dataclass(frozen=True, kw_only=True)
class Control:
    """Base: `name` is the value's, `label` the reader's word for it.

    Example:
        >>> Switch(name="shuffle", value=True).payload()["kind"]
        'switch'
    """

    kind: ClassVar[str] = ""
    name: str
    label: str = ""
    value: Any = None
    hint: str = ""

    def payload(self) -> dict[str, Any]:
        """The control as JSON."""
        return {"kind": self.kind, **{f.name: plain(getattr(self, f.name)) for f in fields(self)}}

    def read(self, value: Any) -> Any:
        """What the browser sent, checked; an `ArgumentError` where it is nothing that this control gives."""
        raise ArgumentError(f"{self.name} must not be set: got {shown(value)}. Leave it out.")


@dataclass(frozen=True, kw_only=True)
class Slider(Control):
    """A number from `low` to `high`, in steps; `log` moves by factors (then `step` is in powers of ten).

    Example:
        >>> rate = Slider(name="rate", label="Learning rate", value=0.1, low=0.001, high=1.0, log=True)
        >>> rate.read(50)  # what a browser sends is brought into the range
        1.0
    """

    kind: ClassVar[str] = "slider"
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    log: bool = False
    structural: bool = False  # changes the network's shape: another program

    def __post_init__(self) -> None:
        low, high, step = (_number(f"{self.name}.{n}", getattr(self, n)) for n in ("low", "high", "step"))
        if low >= high:
            raise ArgumentError(f"{self.name}.low must be below high: got {low:g} and {high:g}. Swap them.")
        if step <= 0:
            raise ArgumentError(f"{self.name}.step must be above 0: got {step:g}. Write how far one step goes.")
        if self.log and low <= 0:
            raise ArgumentError(
                f"{self.name}.low must be above 0 where log is set: got {low:g}. Raise it, or drop log."
            )

    def read(self, value: Any) -> float | int:
        number = _number(self.name, value)
        number = min(max(number, self.low), self.high)
        whole = not self.log and float(self.step).is_integer() and float(self.low).is_integer()
        return min(round(number), math.floor(self.high)) if whole else number


@dataclass(frozen=True, kw_only=True)
class Menu(Control):
    """One of several `options`, as (value, label), or a text that is both.

    Example:
        >>> Menu(name="f", value="relu", options=[("relu", "ReLU"), ("tanh", "tanh")]).read("tanh")
        'tanh'
    """

    kind: ClassVar[str] = "menu"
    options: Sequence[tuple[str, str] | str] = ()
    structural: bool = False

    def __post_init__(self) -> None:
        options = list(self.options) if is_list(self.options) else [None]
        pairs: list[Any] = [(o, o) if isinstance(o, str) else o for o in options]
        if not pairs or not all(is_list(pair) and len(pair) == 2 for pair in pairs):
            raise ArgumentError(
                f'{self.name}.options must be (value, label) pairs: got {shown(self.options)}. Write [("a", "A")].'
            )
        object.__setattr__(self, "options", tuple(map(tuple, pairs)))

    def read(self, value: Any) -> str:
        known = [key for key, _ in self.options]
        if value not in known:
            raise ArgumentError(f"{self.name} must be one of {', '.join(known)}: got {shown(value)}. Choose.")
        return value


@dataclass(frozen=True, kw_only=True)
class Switch(Control):
    """On or off.

    Example:
        >>> Switch(name="shuffle", label="Shuffle", value=True).read(False)
        False
    """

    kind: ClassVar[str] = "switch"

    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ArgumentError(f"{self.name} must be true or false: got {shown(value)}. Send one of them.")
        return value


@dataclass(frozen=True, kw_only=True)
class Button(Control):
    """Pressed, not moved: its value counts how often. With `resets`, the values named go back to their first.

    Example:
        >>> Button(name="again", label="Start again", resets=("rate",)).read(3)
        3
    """

    kind: ClassVar[str] = "button"
    value: Any = 0
    resets: tuple[str, ...] = ()

    def read(self, value: Any) -> int:
        return int(min(max(_number(self.name, value), 0), 1_000_000))


@dataclass(frozen=True, kw_only=True)
class Hidden(Control):
    """A value that a drawing edits: numbers in nested lists, each within ±`bound`.

    At most `most` numbers and lists in all: n points [x, y, class] are 4 n + 1. The browser adds no more than that.
    None stands for nothing chosen yet, where the first value is None.

    Example:
        >>> Hidden(name="points", value=[[0.0, 0.0, 1]], bound=10).read([[0.5, 99, 0]])
        [[0.5, 10, 0.0]]
    """

    kind: ClassVar[str] = "hidden"
    most: int = 600
    bound: float = 1e6

    def read(self, value: Any) -> Any:
        if value is None and self.value is None:
            return None
        if _count(value) > self.most:
            raise ArgumentError(f"{self.name} must have at most {self.most} numbers and lists: got more. Remove some.")
        return self._within(value)

    def _within(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._within(v) for v in value]
        return min(max(_number(self.name, value), -self.bound), self.bound)


def _count(value: Any, depth: int = 0) -> int:
    if depth > 6:
        raise ArgumentError("a value must be nested at most 6 deep: got deeper. Send plain lists.")
    return 1 + sum(_count(v, depth + 1) for v in value) if isinstance(value, list) else 1


def _number(name: str, value: Any) -> float:
    if not isinstance(value, bool) and isinstance(value, numbers.Real):
        try:
            number = float(value)
        except OverflowError:  # a whole number of 400 digits
            number = math.inf
        if math.isfinite(number):
            return number
    raise ArgumentError(f"{name} must be a finite number: got {shown(value)}. Send one.")

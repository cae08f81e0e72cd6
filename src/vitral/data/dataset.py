"""A data set as training sees it: three parts, what they mean, and where they come from. Values, never changed."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from vitral._checks import check_choice
from vitral._digest import digest
from vitral._errors import ArgumentError, ShapeError
from vitral.data.card import draw_card
from vitral.data.standardizer import Standardizer

TASKS = ("classification", "regression")
Task = Literal["classification", "regression"]


@dataclass(frozen=True, eq=False)
class Part:
    """Rows of inputs and their targets. `len(part)` is the number of rows N.

    Attributes:
        x: inputs (N, D), or (N, H, W, C) for images that were not flattened; read-only.
        y: targets, (N,) class numbers or (N, 1) values; read-only.

    Raises:
        ShapeError: `x` and `y` differ in rows.

    Example:
        >>> Part([[1.0, 2.0], [3.0, 4.0]], [0, 1])
        Part(x: (2, 2) float64, y: (2,) int64)
    """

    x: np.ndarray
    y: np.ndarray

    def __post_init__(self) -> None:
        x, y = _read_only(self.x), _read_only(self.y)
        if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
            raise ShapeError(
                f"y must have one row per row of x: x has shape {x.shape}, y has shape {y.shape}. "
                "Check how the arrays were split."
            )
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        return f"Part(x: {self.x.shape} {self.x.dtype}, y: {self.y.shape} {self.y.dtype})"


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Train, validation and test parts with their meaning. Made by `vitral.load` and `vitral.data.from_*`.

    Attributes:
        name: what it is called.
        task: "classification" (y int32 (N,), class numbers) or "regression" (y float32 (N, 1), in its own units).
        train, validation, test: `Part`s; x is float32 (N, D), for images (N, H, W, C) with `flatten=False`.
            Validation and test have 0 rows where none were asked for.
        classes: K class names, number k first named at k; None for regression.
        image_shape: (H, W), or (H, W, C) for colour; None for what is not images.
        feature_names: D names; None where unknown.
        standardizer: what was applied to every x, fitted on the train part; None if nothing was.
        source: where the data come from.
        recipe: what makes the same data again: the name and options for `vitral.load`, or the path and options for
            `from_csv` or `from_npz`; None for arrays of the user's own.
        digest: sha256 of all arrays, in hexadecimal; computed when first asked for.

    Raises:
        UnknownNameError: another task.
        ArgumentError: classes for regression, or none for classification.
        ShapeError: parts, names or image shape that do not fit each other.

    Example:
        >>> import vitral
        >>> data = vitral.load("iris")
        >>> data.classes, data.train.x.shape, data.train.y[:3]
        (('setosa', 'versicolor', 'virginica'), (90, 4), array([0, 1, 1], dtype=int32))
        >>> data.standardizer.invert(data.train.x[:1]).round(1)  # back in centimetres
        array([[5.7, 3.8, 1.7, 0.3]], dtype=float32)
    """

    name: str
    task: Task
    train: Part
    validation: Part
    test: Part
    classes: tuple[str, ...] | None = None
    image_shape: tuple[int, ...] | None = None
    feature_names: tuple[str, ...] | None = None
    standardizer: Standardizer | None = None
    source: str = ""
    recipe: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        check_choice("task", self.task, TASKS)
        if (self.classes is not None) != (self.task == "classification"):
            raise ArgumentError(
                f"classes must be names for classification and None for regression: got {self.classes!r} "
                f"for {self.task}. Change one of the two."
            )
        shape = self.train.x.shape[1:]
        for name in ("validation", "test"):
            if getattr(self, name).x.shape[1:] != shape:
                raise ShapeError(
                    f"{name}.x must have rows like train.x: got {getattr(self, name).x.shape[1:]} and {shape}. "
                    "Make both parts in the same way."
                )
        for what, names in (("feature_names", self.feature_names), ("image_shape", self.image_shape)):
            size = len(names or ()) if what == "feature_names" else int(np.prod(self.image_shape or ()))
            if names is not None and size != int(np.prod(shape)):
                raise ShapeError(
                    f"{what} must fit rows of {int(np.prod(shape))} values: got {size}. "
                    "Give one name per column, and the height and width of the images."
                )

    @cached_property
    def digest(self) -> str:
        """sha256 (hexadecimal) of the six arrays: the same data have the same digest on every machine."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return digest({name: {"x": part.x, "y": part.y} for name, part in parts.items()})

    def __repr__(self) -> str:
        rows = " + ".join(f"{len(p)} {n}" for n, p in self._parts())
        kind = f"{len(self.classes)} classes" if self.classes is not None else "regression"
        return f"Dataset({self.name!r}: {kind}, x {('N', *self.train.x.shape[1:])}, rows {rows})".replace("'N'", "N")

    def _repr_html_(self) -> str:
        return draw_card(self)

    def _parts(self) -> tuple[tuple[str, Part], ...]:
        return ("train", self.train), ("validation", self.validation), ("test", self.test)


def _read_only(array: Any) -> np.ndarray:
    """A view that cannot be written to; the caller's own array keeps its flags."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view

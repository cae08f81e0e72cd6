"""Inputs on one scale: z = (x - mean) / scale, column by column.

Gradient descent is slow where inputs differ in size (LeCun, Bottou, Orr & Müller, "Efficient BackProp", 1998),
so tabular data are standardised by default. Mean and scale come from the train part alone: what the
validation and test parts are like must not leak into training.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral._errors import DataError, ShapeError


@dataclass(frozen=True, kw_only=True, eq=False)
class Standardizer:
    """A mean and a scale for each of D columns, in the data's own units.

    Attributes:
        mean: float64 (D,), the mean of each column.
        scale: float64 (D,), the standard deviation of each column (divided by N); 1 where a column is constant.

    Example:
        >>> scaler = Standardizer.fit([[0.0], [10.0]])
        >>> scaler.apply([[5.0], [10.0]]).ravel().tolist()
        [0.0, 1.0]
    """

    mean: np.ndarray
    scale: np.ndarray

    def __post_init__(self) -> None:
        mean = np.array(self.mean, dtype=np.float64)
        scale = np.array(self.scale, dtype=np.float64)
        if mean.ndim != 1 or mean.shape != scale.shape:
            raise ShapeError(
                f"mean and scale must be vectors of one length: got shapes {mean.shape} and {scale.shape}. "
                "Pass a number per column."
            )
        if not (np.isfinite(mean).all() and np.isfinite(scale).all() and (scale > 0).all()):
            raise DataError("mean must be finite and scale finite and above 0: got other values. Check the columns.")
        for name, array in (("mean", mean), ("scale", scale)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @classmethod
    def fit(cls, x: Any) -> "Standardizer":
        """Measure mean and scale of the columns of `x` (N, ...); all axes but the first count as columns.

        Raises:
            DataError: no rows.
        """
        x = np.asarray(x)
        if not x.size:
            raise DataError(f"x must have at least one row: got shape {x.shape}. Fit on the train part.")
        flat = x.reshape(len(x), -1)
        mean = flat.mean(axis=0, dtype=np.float64)
        scale = flat.std(axis=0, dtype=np.float64, mean=mean[None])
        # A column of equal values leaves a spread of rounding errors, which must not be blown up to size 1.
        noise = len(flat) * np.finfo(np.float64).eps * np.abs(mean)
        return cls(mean=mean, scale=np.where(scale <= noise, 1.0, scale))

    def apply(self, x: Any) -> np.ndarray:
        """(x - mean) / scale as float32, in the shape of `x` (N, ...), whose rows must hold D values.

        Raises:
            ShapeError: rows of another length.
        """
        x = self._checked(x)
        z = (x.reshape(-1, len(self.mean)) - self.mean) / self.scale
        return z.astype(np.float32).reshape(x.shape)

    def invert(self, x: Any) -> np.ndarray:
        """Undo `apply`: x * scale + mean as float32, in the shape of `x`.

        Raises:
            ShapeError: rows of another length.
        """
        x = self._checked(x)
        return (x.reshape(-1, len(self.mean)) * self.scale + self.mean).astype(np.float32).reshape(x.shape)

    def _checked(self, x: Any) -> np.ndarray:
        x = np.asarray(x)
        if x.ndim < 2 or np.prod(x.shape[1:]) != len(self.mean):
            raise ShapeError(
                f"x must have rows of {len(self.mean)} values: got shape {x.shape}. "
                "Pass the columns that the standardizer was fitted on; a single row as x[None]."
            )
        return x

    def __repr__(self) -> str:
        return f"Standardizer({len(self.mean)} columns)"

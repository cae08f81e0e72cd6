"""How far off predicted numbers are, with r = prediction - target over all N·D of them:

    MAE = mean |r|      RMSE = sqrt(mean r²)      R² = 1 - sum r² / sum (target - mean of its column)²

R² is 1 for a perfect prediction and 0 for always saying the mean.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral._checks import check_int
from vitral._errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class ResidualStatistics:
    """What `residual_statistics` found, in the unit of the target (`r2` has none).

    Example:
        >>> from vitral.measures import residual_statistics
        >>> residual_statistics([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
        ResidualStatistics(n=3, mae=0.0, rmse=0.0, r2=1.0, bias=0.0)
    """

    n: int  # samples
    mae: float
    rmse: float
    r2: float  # averaged over the D columns that vary; NaN when none does
    bias: float  # mean of prediction - target


def residual_statistics(target: Any, prediction: Any) -> ResidualStatistics:
    """Sum up the differences between numbers and their predictions.

    Args:
        target: (N,) or (N, ...) numbers.
        prediction: the same shape; (N,) and (N, 1) fit each other.

    Returns:
        Statistics computed in float64; NaN where there is nothing to compute from.

    Example:
        >>> from vitral.measures import residual_statistics
        >>> found = residual_statistics([1.0, 2.0, 3.0], [1.5, 2.5, 3.5])
        >>> found.mae, found.bias, found.r2
        (0.5, 0.5, 0.625)
    """
    target, prediction = _matching(target, prediction)
    if not target.size:
        nan = float("nan")
        return ResidualStatistics(n=len(target), mae=nan, rmse=nan, r2=nan, bias=nan)
    residual = prediction - target  # (N, D)
    spread = ((target - target.mean(axis=0)) ** 2).sum(axis=0)  # (D,)
    varies = spread > 0
    explained = 1 - (residual**2).sum(axis=0)[varies] / spread[varies]
    return ResidualStatistics(
        n=len(target),
        mae=float(np.abs(residual).mean()),
        rmse=float(np.sqrt((residual**2).mean())),
        r2=float(explained.mean()) if varies.any() else float("nan"),
        bias=float(residual.mean()),
    )


def largest_residuals(target: Any, prediction: Any, limit: int = 24) -> np.ndarray:
    """Row numbers of the samples that were missed by most (root mean square over columns), worst first.

    Samples whose residual is not finite come first: nothing is further off.

    Example:
        >>> from vitral.measures import largest_residuals
        >>> largest_residuals([1.0, 2.0, 3.0], [1.1, 5.0, 3.0], limit=2)
        array([1, 0])
    """
    limit = check_int("limit", limit, minimum=0)
    target, prediction = _matching(target, prediction)
    if not target.size:
        return np.empty(0, np.int64)
    distance = np.sqrt(((prediction - target) ** 2).mean(axis=1))
    return np.argsort(-np.where(np.isfinite(distance), distance, np.inf), kind="stable")[:limit]


def _matching(target: Any, prediction: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64 (N, D)."""
    target, prediction = np.asarray(target, np.float64), np.asarray(prediction, np.float64)
    if target.ndim == 0 or prediction.ndim == 0 or len(target) != len(prediction):
        raise ShapeError(
            f"prediction must have one row per row of target: got shapes {prediction.shape} and {target.shape}."
        )
    if not len(target):
        return target.reshape(0, 1), prediction.reshape(0, 1)
    flat = target.reshape(len(target), -1), prediction.reshape(len(target), -1)
    if flat[0].shape != flat[1].shape:
        raise ShapeError(f"prediction must have the shape of target, {target.shape}: got {prediction.shape}.")
    return flat

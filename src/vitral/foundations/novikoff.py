"""Why the perceptron stops: Novikoff's theorem.

If a unit vector u has s_n u·x'_n ≥ γ > 0 for all n, a perceptron that starts from zero makes at most

    (R / γ)²,    R = max ‖x'_n‖          (Novikoff, 1962)

mistakes, in whatever order the rows come. Each mistake adds at least γ to u·w', and at most R² to ‖w'‖²; after k of
them kγ ≤ u·w' ≤ ‖w'‖ ≤ R √k.

All this happens in the augmented space of x' = (x, 1), where the bias is a weight and hyperplanes pass through the
origin: the margin γ counts the bias in ‖w'‖, and R the 1 in x'. With s = ±1 for the class, write g_n = s_n x'_n.
The greatest margin is then the distance from the origin to the convex hull of the g_n.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral._errors import DataError
from vitral.foundations._linear import augment, frozen, read_rows, read_two_classes, read_weights, signs


@dataclass(frozen=True, kw_only=True, eq=False)
class NovikoffBound:
    """What the theorem promises for some rows.

    Attributes:
        mistakes: (R / γ)², computed so that rounding can only have raised it.
        radius: R, the length of the longest x'.
        margin: γ of `separator`: the theorem holds with it whether or not a greater one exists.
        gap: how far, relative to γ, the greatest margin may lie above it at most.
        separator: (D+1,) u, weights and, last, the bias, of length 1.

    >>> bound = novikoff_bound([[0, 3], [0, -2]], [1, 0])
    >>> (bound.radius / bound.margin) ** 2 <= bound.mistakes
    True
    """

    mistakes: float
    radius: float
    margin: float
    gap: float
    separator: np.ndarray


def margin(weights: Any, x: Any, t: Any) -> float:
    """γ = min s_n w'·x'_n / ‖w'‖: how clearly these weights separate; negative or zero if they do not.

    Measured in the augmented space of x' = (x, 1).

    Args:
        weights: (D+1,) weights and, last, the bias; not all zero.
        x: (N, D).
        t: (N,) 0 and 1, or -1 and +1.

    Raises:
        ShapeError, DataError: arrays that do not fit, values that are not finite, weights that are all zero.

    >>> margin([0.0, 1.0, 0.0], [[0, 3], [0, -2]], [1, 0])
    2.0
    """
    x = read_rows(x)
    sides = signs(read_two_classes(x, t))
    return _margin(read_weights(weights, (x.shape[1] + 1,)), sides[:, None] * augment(x))


def novikoff_bound(x: Any, t: Any, separator: Any = None) -> NovikoffBound:
    """The greatest number of mistakes that a perceptron can make on these rows, from zero weights.

    The greatest margin comes from the smallest v with g_n·v ≥ 1 for all n, which is u / γ: a problem of least
    distance, which becomes one of nonnegative least squares (Lawson & Hanson, 1974, chapter 23). Its solution also
    gives a point of the hull of the g_n, whose distance from the origin no margin exceeds: `gap` compares the two.
    Where rows are in general position it is about 1e-12; the bound holds in any case.

    Args:
        x: (N, D).
        t: (N,) 0 and 1, or -1 and +1.
        separator: (D+1,) weights and, last, the bias; None takes those of the greatest margin.

    Raises:
        ShapeError, DataError: arrays that do not fit, values that are not finite, weights that do not separate, and
            rows that nothing separates.

    >>> bound = novikoff_bound([[0, 3], [0, -2]], [1, 0])
    >>> round(bound.margin, 6), round(bound.mistakes, 6)
    (2.236068, 2.0)
    """
    x = read_rows(x)
    g = signs(read_two_classes(x, t))[:, None] * augment(x)  # (N, D+1)
    radius = float(np.linalg.norm(g, axis=1).max())
    u, ceiling = _widest(g / radius)
    if separator is not None:
        u = read_weights(separator, (g.shape[1],), "separator")
        if _margin(u, g, "separator") <= 0:
            raise DataError(
                f"separator must have every row on its side: got a margin of {_margin(u, g):g}. "
                "Leave it out to have one found."
            )
    gamma = _margin(u, g) if u.any() else 0.0
    # A scalar product of D+1 terms is off by (D+1) ε R at most, R and the length of u by a few ε more.
    slack = (g.shape[1] + 4) * np.finfo(np.float64).eps * radius
    if gamma <= slack:
        raise DataError(
            "x must be separable by its classes t for a bound to exist: got rows that no hyperplane separates. "
            "`separate(x, t)` returns the proof."
        )
    return NovikoffBound(
        mistakes=float(((radius + slack) / (gamma - slack)) ** 2),
        radius=radius,
        margin=gamma,
        gap=max(0.0, float(ceiling * radius / gamma - 1)),
        separator=frozen(u / np.linalg.norm(u)),
    )


def _margin(w: np.ndarray, g: np.ndarray, argument: str = "weights") -> float:
    length = np.linalg.norm(w)
    if not length:
        raise DataError(f"{argument} must not all be zero: got zeros, which separate nothing. Train the unit first.")
    return float((g @ (w / length)).min())


def _widest(g: np.ndarray) -> tuple[np.ndarray, float]:
    """The direction v of the greatest margin, and a ceiling that no margin exceeds.

    min ‖E y - f‖ over y ≥ 0 with E = [gᵀ; 1ᵀ], f = (0, …, 0, 1): with the residual r = E y - f, v = -r / r_last.
    """
    from scipy.optimize import nnls

    e = np.vstack([g.T, np.ones(len(g))])  # (D+2, N)
    y, _ = nnls(e, np.append(np.zeros(g.shape[1]), 1.0), maxiter=100 * sum(e.shape))
    v = g.T @ y  # r_last is negative, so v points where -r / r_last does
    ceiling = np.linalg.norm(v) / y.sum()  # y / sum(y) gives a point of the hull; y = 0 is never the best
    # The rows with y > 0 lie at the margin, g·v = 1; solving that anew keeps the digits of thin margins.
    refined = np.linalg.lstsq(g[y > 0], np.ones((y > 0).sum()), rcond=None)[0]
    candidates = [c for c in (v, refined) if c.any()]
    return max(candidates, key=lambda c: _margin(c, g), default=v), float(ceiling)

"""Can a hyperplane separate two classes? An answer either way comes with its proof.

Two finite sets of points are either separated by a hyperplane, or their convex hulls share a point; never both
(Gordan, 1873; Farkas, 1902). With s = ±1 for the class, exactly one of these can be solved:

    s_n (w·x_n + b) > 0 for all n                                                        a separator (w, b)
    Σ_{class 1} λ_n x_n = Σ_{class 0} λ_n x_n,  λ ≥ 0,  adding up to 1 in each class      a certificate λ

Why never both: the shared point would have to lie on both sides. One linear programme finds either:

    max δ  subject to  s_n (w·x_n + b) ≥ δ,  |w_d| ≤ 1,  δ ≤ 1

If its value is positive, (w, b) separates; if it is zero, the multipliers of its constraints are a certificate.

Letters: N samples, D inputs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral._checks import check_number
from vitral._errors import DataError, ShapeError, VitralError
from vitral.foundations._linear import augment, frozen, read_rows, read_two_classes, signs
from vitral.foundations.threshold import ThresholdUnit


@dataclass(frozen=True, kw_only=True, eq=False)
class Separator:
    """A hyperplane between two classes: the answer yes.

    Attributes:
        weights: (D,) w.
        bias: b.
        margin: the distance of the nearest row from the hyperplane, min s_n (w·x_n + b) / ‖w‖, in units of x. Not the
            greatest possible, and not Novikoff's, which counts the bias in the length of the weights.

    >>> found = separate([[0.0], [1.0], [4.0]], [0, 0, 1])
    >>> found.unit.predict([[0.5], [3.5]]).tolist(), round(found.margin, 6)
    ([0, 1], 1.5)
    """

    weights: np.ndarray
    bias: float
    margin: float

    @property
    def unit(self) -> ThresholdUnit:
        """The threshold unit that says 1 on the side of class 1."""
        return ThresholdUnit(weights=self.weights, bias=self.bias)

    def check(self, x: Any, t: Any) -> bool:
        """Whether every row of x (N, D) lies on the side of its class in t (N,), none on the hyperplane.

        Rounding is counted against it: True is certain.
        """
        x = read_rows(x, len(self.weights))
        s = signs(read_two_classes(x, t))
        return _separates(np.append(self.weights, self.bias), s[:, None] * augment(x))


@dataclass(frozen=True, kw_only=True, eq=False)
class Certificate:
    """A point in the convex hulls of both classes: the proof that no hyperplane separates them.

    Attributes:
        multipliers: (N,) λ, at least 0, adding up to 1 in each class. Few are positive: D + 2 rows suffice.
        point: (D,) what the rows of class 1, weighted by λ, add up to.
        residual: the greatest distance in any coordinate between that point and the one of class 0, relative to the
            spread of x in that coordinate.

    >>> proof = separate([[0.0], [1.0], [2.0]], [0, 1, 0])  # 1 lies between 0 and 2
    >>> proof.multipliers.round(6).tolist(), proof.check([[0.0], [1.0], [2.0]], [0, 1, 0])
    ([0.5, 1.0, 0.5], True)
    """

    multipliers: np.ndarray
    point: np.ndarray
    residual: float

    def check(self, x: Any, t: Any, tolerance: float = 1e-11) -> bool:
        """Whether this proves it for the rows of x (N, D) and their classes t (N,): sums and comparisons only.

        Args:
            x, t: the rows and targets, as given to `separate`.
            tolerance: how far, relative to the spread of x in a coordinate, what each class adds up to may lie from
                `point`, and the multipliers of a class from a sum of 1. Hulls that are less apart than this count as
                touching: float64 cannot tell.
        """
        x = read_rows(x, len(self.point))
        t = read_two_classes(x, t)
        tolerance = check_number("tolerance", tolerance, minimum=0)
        if len(self.multipliers) != len(x):
            raise ShapeError(
                f"x must have one row per multiplier: got {len(x)} rows for {len(self.multipliers)} multipliers. "
                "Pass the rows that the certificate was made for."
            )
        sums = np.array([self.multipliers[t == k].sum() for k in (0, 1)])
        is_convex = (self.multipliers >= 0).all() and (np.abs(sums - 1) <= tolerance).all()
        points = [_combine(self.multipliers, x, t == k) for k in (0, 1)]
        return bool(is_convex and all(_distance(p, self.point, x) <= tolerance for p in points))


def separate(x: Any, t: Any) -> Separator | Certificate:
    """A hyperplane between the classes, or the proof that there is none.

    Rows on the hyperplane are not separated, so classes that share a point are not separable.

    Args:
        x: (N, D).
        t: (N,) 0 and 1, or -1 and +1; both classes must occur.

    Returns:
        A `Separator` or a `Certificate`; each has a `check` that does not trust the solver.

    Raises:
        ShapeError, DataError: arrays that do not fit, values that are not finite, one class only.
        VitralError: classes so close that neither answer holds up in float64.

    >>> square = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> separate(square, [0, 0, 0, 1]).check(square, [0, 0, 0, 1])  # AND
    True
    >>> separate(square, [0, 1, 1, 0]).point.tolist()  # XOR: both diagonals pass through the centre
    [0.5, 0.5]
    """
    x = read_rows(x)
    t = read_two_classes(x, t)
    if t.min() == t.max():
        raise DataError(f"t must hold both classes: got {t[0]} in every row. There is nothing to separate.")
    # Neither answer depends on where the origin lies or on the units of x, but the solver's tolerance does.
    middle, spread = _middle(x), _spread(x)
    w, multipliers = _solve(signs(t)[:, None] * augment((x - middle) / spread))
    w[:-1] /= spread
    w[-1] -= w[:-1] @ middle
    if _separates(w, signs(t)[:, None] * augment(x)):
        margin = (signs(t) * (x @ w[:-1] + w[-1])).min() / np.linalg.norm(w[:-1])
        return Separator(weights=frozen(w[:-1]), bias=float(w[-1]), margin=float(margin))
    for k in (0, 1):
        multipliers[t == k] /= max(multipliers[t == k].sum(), np.finfo(np.float64).tiny)
    certificate = Certificate(
        multipliers=frozen(multipliers),
        point=frozen(_combine(multipliers, x, t == 1)),
        residual=_distance(_combine(multipliers, x, t == 1), _combine(multipliers, x, t == 0), x),
    )
    if not certificate.check(x, t):
        raise VitralError(
            f"x must be clearly separable or clearly not: got classes whose hulls lie {certificate.residual:.1g} of "
            "their spread apart, too little for float64. Remove the rows in doubt."
        )
    return certificate


def _solve(g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve the linear programme for g_n = s_n x'_n, (N, D+1): w' (D+1,) and the multipliers (N,)."""
    from scipy.optimize import linprog

    n_rows, size = g.shape
    result = linprog(
        np.append(np.zeros(size), -1.0),  # the unknowns are (w, b, δ); linprog minimises
        A_ub=np.column_stack([-g, np.ones(n_rows)]),  # δ - g_n·w' ≤ 0
        b_ub=np.zeros(n_rows),
        bounds=[(-1, 1)] * (size - 1) + [(None, None), (None, 1)],
        method="highs-ds",  # a vertex: few multipliers are positive
    )
    if not result.success:
        raise VitralError(f"x must be rows that a linear programme can be solved for: {result.message} Rescale x.")
    return result.x[:-1], np.maximum(-result.ineqlin.marginals, 0.0)


def _separates(w: np.ndarray, g: np.ndarray) -> bool:
    """Whether g_n·w' > 0 for all n, beyond what rounding could have added to the sums."""
    rounding = (g.shape[1] + 1) * np.finfo(np.float64).eps * (np.abs(g) @ np.abs(w))
    return bool((g @ w > rounding).all())


def _combine(multipliers: np.ndarray, x: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Σ λ_n x_n over the chosen rows, (D,): summed from the middle of x, or rows far from the origin lose digits."""
    return _middle(x) + multipliers[chosen] @ (x[chosen] - _middle(x))


def _distance(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> float:
    """The greatest distance of two points (D,) in any coordinate, relative to the spread of x in it."""
    return float(np.abs((a - b) / _spread(x)).max())


def _middle(x: np.ndarray) -> np.ndarray:
    return (x.max(axis=0) + x.min(axis=0)) / 2


def _spread(x: np.ndarray) -> np.ndarray:
    """Half the range of each column, 1 where a column is constant."""
    half = (x.max(axis=0) - x.min(axis=0)) / 2
    return np.where(half > 0, half, 1.0)

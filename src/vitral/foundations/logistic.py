"""The logistic unit: a sigmoid for a probability, cross-entropy for a loss, a gradient for a teacher.

    z_n = w'·x'_n             log-odds of class 1; x' = (x, 1), w' = (w, b)
    p_n = σ(z_n)              P(class 1 | x_n)                                                          (Cox, 1958)
    ∏ p_n^t_n (1-p_n)^(1-t_n) likelihood of the targets: how probable the unit finds what was observed
    Σ t_n ln p_n + (1-t_n) ln(1-p_n)                      its logarithm: a sum, with the same maximum
    L = -(1/N) Σ …  + λ/2 ‖w‖²                            cross-entropy: minus that, a row; and a penalty

The gradient is short, because the slope of σ cancels the denominators of the cross-entropy:

    dL/dp = (p - t) / (p (1-p)),   dp/dz = p (1-p),   dz/dw' = x'      so      ∇L = X'ᵀ(p - t) / N + λ (w, 0)

How fast can it change? p (1-p) ≤ 1/4, so the Hessian X'ᵀ diag(p (1-p)) X' / N has no eigenvalue above ‖X'‖²/(4N),
with ‖X'‖ the largest singular value: the Lipschitz constant of ∇L is at most ℓ = ‖X'‖²/(4N) + λ.

With the Hessian H itself, w' <- w' - H⁻¹ ∇L is at the least of L in a few steps (Newton's method): `solve`. Far away
such a step may go too far; w' <- w' - (H + μ I)⁻¹ ∇L does not where μ ≥ ℓ, and is a Newton step where μ is next to none
(Levenberg, 1944; Marquardt, 1963).

Letters: N samples, D inputs, E epochs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral.foundations._linear import augment, frozen, read_rows, read_two_classes, read_weights
from vitral.foundations.activations import sigmoid
from vitral.foundations.descent import Descend, Descent
from vitral.foundations.losses import sigmoid_cross_entropy

FLOOR = 1e-12  # of μ, beside the Hessian's greatest diagonal, so that it can be solved where every p is 0 or 1
N_DAMPINGS = 14  # from there to ℓ
ROUNDING = 1e-12  # of L: what a step promises below it is none


@dataclass(frozen=True, kw_only=True, eq=False)
class LogisticTraining(Descent):
    """The whole way down, and the unit at the end of it.

    Attributes:
        unit: what was trained; `weights` is (E+1, D+1), the bias last.

    >>> training = LogisticUnit(epochs=50).fit([[-1.0], [1.0]], [0, 1])
    >>> training.predict([[-3.0], [3.0]]).tolist()
    [0, 1]
    """

    unit: "LogisticUnit"

    def predict_proba(self, x: Any) -> np.ndarray:
        """P(class 1) by the last weights, for the rows of x (N, D): float64 (N,)."""
        return self.unit.predict_proba(self.weights[-1], x)

    def predict(self, x: Any) -> np.ndarray:
        """The likelier class by the last weights, for the rows of x (N, D): int64 (N,)."""
        return self.unit.predict(self.weights[-1], x)


@dataclass(frozen=True, kw_only=True)
class LogisticUnit(Descend):
    """A sigmoid unit and how it learns. Its pieces are functions of the weights w' (D+1,), the bias last.

    Every piece takes x (N, D) and, where the targets play a part, t (N,) of 0 and 1, or -1 and +1 for the same; and
    raises ShapeError or DataError for arrays that do not fit, values that are not finite and other targets.

    >>> unit = LogisticUnit(l2=0.01, epochs=200)
    >>> training = unit.fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    >>> training.predict_proba([[0.0], [1.5], [3.0]]).round(3).tolist()
    [0.007, 0.518, 0.994]
    """

    def potential(self, weights: Any, x: Any) -> np.ndarray:
        """z = w'·x', the log-odds of class 1: (N,)."""
        x = read_rows(x)
        return augment(x) @ read_weights(weights, (x.shape[1] + 1,))

    def predict_proba(self, weights: Any, x: Any) -> np.ndarray:
        """p = σ(z), the probability of class 1: (N,)."""
        return sigmoid.value(self.potential(weights, x))

    def predict(self, weights: Any, x: Any) -> np.ndarray:
        """The likelier class, 1 where p > 1/2: int64 (N,)."""
        return (self.potential(weights, x) > 0).astype(np.int64)

    def likelihood(self, weights: Any, x: Any, t: Any) -> np.ndarray:
        """p of the class that was observed, row by row: (N,). Their product is the likelihood of the targets."""
        z = self.potential(weights, x)
        t = read_two_classes(z, t)
        return sigmoid.value(np.where(t == 1, z, -z))  # 1 - σ(z) = σ(-z)

    def log_likelihood(self, weights: Any, x: Any, t: Any) -> float:
        """Σ ln of the above: at most 0."""
        z = self.potential(weights, x)
        return -float(sigmoid_cross_entropy.rows(z, read_two_classes(z, t)).sum())

    def loss(self, weights: Any, x: Any, t: Any) -> float:
        """L = -log-likelihood / N + λ/2 ‖w‖²."""
        x = read_rows(x)
        return self._loss(read_weights(weights, (x.shape[1] + 1,)), augment(x), read_two_classes(x, t))

    def gradient(self, weights: Any, x: Any, t: Any) -> np.ndarray:
        """∇L = X'ᵀ(p - t) / N + λ (w, 0): (D+1,)."""
        x = read_rows(x)
        return self._gradient(read_weights(weights, (x.shape[1] + 1,)), augment(x), read_two_classes(x, t))

    def lipschitz(self, x: Any) -> float:
        """ℓ = ‖X'‖²/(4N) + λ; for steps on a part of the rows, any part: the greatest ‖x'_n‖²/4 + λ."""
        rows = augment(read_rows(x))
        if self.scheme is None or self.scheme.size is None:
            return float(np.linalg.norm(rows, 2) ** 2 / (4 * len(rows)) + self.l2)
        return float((rows**2).sum(axis=1).max() / 4 + self.l2)

    def fit(self, x: Any, t: Any, *, start: Any = None) -> LogisticTraining:
        """Go down from `start`.

        Args:
            x: (N, D).
            t: (N,).
            start: (D+1,) weights and, last, the bias; None: zeros, where every p is 1/2.

        Raises:
            ShapeError, DataError: arrays that do not fit, values that are not finite, other targets.
        """
        x = read_rows(x)
        rows, t = augment(x), read_two_classes(x, t)
        w = np.zeros(rows.shape[1]) if start is None else read_weights(start, (rows.shape[1],), "start")
        way = self._descend(
            lambda w: self._loss(w, rows, t),
            lambda w, step: self._gradient(w, rows[step], t[step]),
            w,
            n_rows=len(x),
            lipschitz=self.lipschitz(x),
        )
        return LogisticTraining(unit=self, **way)

    def solve(self, x: Any, t: Any, *, start: Any = None) -> LogisticTraining:
        """Go to the least of L by Newton's method.

        Of the settings only `l2`, `tolerance` and `epochs`, its steps, count; others are passed over.
        A step that would raise L is damped, up to where it cannot. It ends where no component of the gradient is above
        the tolerance, or where L falls no more. Some penalty is needed where classes can be separated: without one,
        weights grow for as long as it goes on.

        Args:
            x, t, start: as `fit` takes them.

        Returns:
            As `fit`; its learning rate is 1, that of a step that is not damped, and it has converged also where what
            such a step promises is lost in rounding.

        Raises:
            ShapeError, DataError: as `fit`.

        >>> unit, (x, t) = LogisticUnit(l2=0.01, tolerance=1e-9), ([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
        >>> training = unit.solve(x, t)
        >>> training.converged, len(training.losses), training.predict_proba([[0.0], [1.5], [3.0]]).round(3).tolist()
        (True, 7, [0.004, 0.5, 0.996])
        """
        x = read_rows(x)
        rows, t = augment(x), read_two_classes(x, t)
        w = np.zeros(rows.shape[1]) if start is None else read_weights(start, (rows.shape[1],), "start")
        units, converged = self._units(rows), False
        with np.errstate(over="ignore", invalid="ignore"):  # of steps that go too far
            weights, losses = [w], [self._loss(w, rows, t)]
            for _ in range(self.epochs):
                gradient = self._gradient(w, rows, t)
                steepest = np.abs(gradient).max()
                if not steepest > self.tolerance:  # or it is no number
                    converged = bool(steepest <= self.tolerance)
                    break
                there, loss, promised = self._step(w, gradient, rows, t, units, losses[-1])
                if not (loss < losses[-1] or np.abs(self._gradient(there, rows, t)).max() < steepest):
                    converged = promised <= ROUNDING * losses[-1] < np.inf
                    break
                w = there
                weights.append(w)
                losses.append(loss)
        return LogisticTraining(
            unit=self,
            weights=frozen(np.array(weights)),
            losses=frozen(np.array(losses)),
            learning_rate=1.0,
            converged=converged,
            diverged=None,
        )

    def _loss(self, w: np.ndarray, rows: np.ndarray, t: np.ndarray) -> float:
        return sigmoid_cross_entropy.value(rows @ w, t) + self.l2 / 2 * float(w[:-1] @ w[:-1])

    def _gradient(self, w: np.ndarray, rows: np.ndarray, t: np.ndarray) -> np.ndarray:
        p = sigmoid.value(rows @ w)  # (N,)
        return rows.T @ (p - t) / len(rows) + self.l2 * np.append(w[:-1], 0.0)

    def _step(
        self, w: np.ndarray, gradient: np.ndarray, rows: np.ndarray, t: np.ndarray, units: np.ndarray, before: float
    ) -> tuple[np.ndarray, float, float]:
        """Where the least damped step leads that does not raise L (here, if none), L there, and by how much an
        undamped one promises to lower it.
        """
        curvatures, ways = np.linalg.eigh(self._hessian(w, rows, units))
        curvatures, aim = np.maximum(curvatures, 0.0), ways.T @ (gradient / units)
        promised = float((aim**2 / (curvatures + FLOOR)).sum() / 2)
        for damping in np.geomspace(FLOOR, len(w), N_DAMPINGS):  # no curvature is above D + 1: their sum is not
            there = w - ways @ (aim / (curvatures + damping)) / units
            loss = self._loss(there, rows, t)
            if loss <= before:
                return there, loss, promised
        return w, before, promised

    def _units(self, rows: np.ndarray) -> np.ndarray:
        """Roots of the Hessian's diagonal where every p is 1/2: (D+1,). In them, a column's scale changes no step."""
        size = np.abs(rows).max(axis=0)
        size[size == 0] = 1.0
        curved = size * np.sqrt(((rows / size) ** 2).mean(axis=0)) / 2  # squares of shares do not overflow
        units = np.hypot(curved, self._pulls(rows))
        return np.where(units > 0, units, 1.0)

    def _hessian(self, w: np.ndarray, rows: np.ndarray, units: np.ndarray) -> np.ndarray:
        """H in those units: (D+1, D+1), its diagonal at most 1."""
        p = sigmoid.value(rows @ w)
        scaled = rows / units
        return (scaled * (p * (1 - p))[:, None]).T @ scaled / len(rows) + np.diag((self._pulls(rows) / units) ** 2)

    def _pulls(self, rows: np.ndarray) -> np.ndarray:
        """√λ, and none on the bias: (D+1,)."""
        return np.append(np.full(rows.shape[1] - 1, self.l2**0.5), 0.0)

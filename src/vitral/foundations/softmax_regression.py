"""Softmax regression: the logistic unit for K classes, K units that share their probability.

    z_n = x'_n W'             a score for each class; x' = (x, 1), W' (D+1, K) with the biases in its last row
    p_n = softmax(z_n)        P(class k | x_n)                                                       (Bridle, 1990)
    ∏ p_n[t_n]                likelihood of the targets
    L = -(1/N) Σ ln p_n[t_n] + λ/2 ‖W‖²                   cross-entropy and penalty, biases excepted

With T the targets as rows of 0 and 1 (one-hot), the gradient has the form that it has for two classes:

    dL/dz_n = (p_n - t_n) / N,   dz_n/dW' = x'_n          so      ∇L = X'ᵀ(P - T) / N + λ (W; 0)

For any v, vᵀ (diag(p) - p pᵀ) v is the variance of the numbers v_k under p: at most (max v - min v)²/4 (Popoviciu,
1935), which is at most ‖v‖²/2. So the Lipschitz constant of ∇L is at most ℓ = ‖X'‖²/(2N) + λ, with ‖X'‖ the largest
singular value.

Letters: N samples, D inputs, K classes, E epochs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral._errors import ShapeError
from vitral.foundations._linear import augment, read_classes, read_rows, read_weights
from vitral.foundations._numbers import float_array
from vitral.foundations.activations import softmax
from vitral.foundations.descent import Descend, Descent
from vitral.foundations.losses import one_hot, softmax_cross_entropy


@dataclass(frozen=True, kw_only=True, eq=False)
class SoftmaxTraining(Descent):
    """The whole way down, and the model at the end of it.

    Attributes:
        model: what was trained; `weights` is (E+1, D+1, K), the biases in the last row.

    >>> training = SoftmaxRegression(epochs=50).fit([[-1.0], [0.0], [1.0]], [0, 1, 2])
    >>> training.predict([[5.0]]).tolist(), training.weights.shape
    ([2], (51, 2, 3))
    """

    model: "SoftmaxRegression"

    def predict_proba(self, x: Any) -> np.ndarray:
        """Probabilities by the last weights, for the rows of x (N, D): float64 (N, K)."""
        return self.model.predict_proba(self.weights[-1], x)

    def predict(self, x: Any) -> np.ndarray:
        """The likeliest class by the last weights, for the rows of x (N, D): int64 (N,)."""
        return self.model.predict(self.weights[-1], x)


@dataclass(frozen=True, kw_only=True)
class SoftmaxRegression(Descend):
    """K units under one softmax and how they learn. Its pieces are functions of the weights W' (D+1, K).

    Every piece takes x (N, D) and, where the targets play a part, t (N,) of class numbers from 0 to K - 1; and raises
    ShapeError or DataError for arrays that do not fit, values that are not finite and other targets.

    >>> model = SoftmaxRegression(l2=0.01, epochs=200, accelerate=True)
    >>> training = model.fit([[0.0], [1.0], [2.0]], [0, 1, 2])
    >>> training.predict([[-1.0], [1.0], [3.0]]).tolist()
    [0, 1, 2]
    """

    def potential(self, weights: Any, x: Any) -> np.ndarray:
        """z = x' W', a score for each class: (N, K)."""
        x = read_rows(x)
        return augment(x) @ _read(weights, x)

    def predict_proba(self, weights: Any, x: Any) -> np.ndarray:
        """p = softmax(z): (N, K), rows of sum 1."""
        return softmax.value(self.potential(weights, x))

    def predict(self, weights: Any, x: Any) -> np.ndarray:
        """The likeliest class, the first of equals: int64 (N,)."""
        return self.potential(weights, x).argmax(axis=1).astype(np.int64)

    def likelihood(self, weights: Any, x: Any, t: Any) -> np.ndarray:
        """p of the class that was observed, row by row: (N,). Their product is the likelihood of the targets."""
        p = self.predict_proba(weights, x)  # (N, K)
        return p[np.arange(len(p)), read_classes(p, t, p.shape[1])]

    def log_likelihood(self, weights: Any, x: Any, t: Any) -> float:
        """Σ ln of the above: at most 0."""
        z = self.potential(weights, x)
        return -float(softmax_cross_entropy.rows(z, _targets(z, t, z.shape[1])).sum())

    def loss(self, weights: Any, x: Any, t: Any) -> float:
        """L = -log-likelihood / N + λ/2 ‖W‖²."""
        x = read_rows(x)
        w = _read(weights, x)
        return self._loss(w, augment(x), _targets(x, t, w.shape[1]))

    def gradient(self, weights: Any, x: Any, t: Any) -> np.ndarray:
        """∇L = X'ᵀ(P - T) / N + λ (W; 0): (D+1, K)."""
        x = read_rows(x)
        w = _read(weights, x)
        return self._gradient(w, augment(x), _targets(x, t, w.shape[1]))

    def lipschitz(self, x: Any) -> float:
        """ℓ = ‖X'‖²/(2N) + λ; for steps on a part of the rows, any part: the greatest ‖x'_n‖²/2 + λ."""
        rows = augment(read_rows(x))
        if self.scheme is None or self.scheme.size is None:
            return float(np.linalg.norm(rows, 2) ** 2 / (2 * len(rows)) + self.l2)
        return float((rows**2).sum(axis=1).max() / 2 + self.l2)

    def fit(self, x: Any, t: Any, *, start: Any = None) -> SoftmaxTraining:
        """Go down from `start`.

        Args:
            x: (N, D).
            t: (N,).
            start: (D+1, K) weights and, in the last row, biases. None: zeros, where every p is 1/K, and K the
                largest class number plus one.

        Raises:
            ShapeError, DataError: arrays that do not fit, values that are not finite, other targets.
        """
        x = read_rows(x)
        if start is None:
            classes = read_classes(x, t, None)
            w = np.zeros((x.shape[1] + 1, max(2, int(classes.max()) + 1)))
        else:
            w = _read(start, x, "start")
        rows, targets = augment(x), _targets(x, t, w.shape[1])
        way = self._descend(
            lambda w: self._loss(w, rows, targets),
            lambda w, step: self._gradient(w, rows[step], targets[step]),
            w,
            n_rows=len(x),
            lipschitz=self.lipschitz(x),
        )
        return SoftmaxTraining(model=self, **way)

    def _loss(self, w: np.ndarray, rows: np.ndarray, targets: np.ndarray) -> float:
        return softmax_cross_entropy.value(rows @ w, targets) + self.l2 / 2 * float((w[:-1] ** 2).sum())

    def _gradient(self, w: np.ndarray, rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
        p = softmax.value(rows @ w)  # (N, K)
        return rows.T @ (p - targets) / len(rows) + self.l2 * np.vstack([w[:-1], np.zeros_like(w[-1:])])


def _targets(x: np.ndarray, t: Any, n_classes: int) -> np.ndarray:
    """T: (N, K) of 0 and 1."""
    return one_hot(read_classes(x, t, n_classes), n_classes)


def _read(weights: Any, x: np.ndarray, argument: str = "weights") -> np.ndarray:
    """Weights as float64 (D+1, K), K ≥ 2."""
    w = float_array(argument, weights, "(D+1, K)")
    if w.shape[1] < 2:
        raise ShapeError(
            f"{argument} must have a column for each of two or more classes: got shape {w.shape}. Add one."
        )
    return read_weights(w, (x.shape[1] + 1, w.shape[1]), argument)

"""Gradient descent on a smooth convex loss, with a step size that cannot be wrong.

    w <- w - η ∇L(w)          (Cauchy, 1847)

If ∇L changes by at most ℓ ‖u - w‖ between any u and w (ℓ is its Lipschitz constant), a step of η = 1/ℓ never raises
the loss: that is the rate "auto". What is left after E steps falls as 1/E, and as 1/E² if each step starts a little
further along the way of the last one (Nesterov, 1983):

    w⁺ = v - η ∇L(v),    v⁺ = w⁺ + k/(k+3) (w⁺ - w)

with k counted anew whenever that momentum points uphill (O'Donoghue & Candès, 2015).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from vitral._checks import check_choice, check_int, check_number
from vitral._errors import ArgumentError
from vitral.foundations._linear import frozen
from vitral.foundations.schemes import Scheme, batch


@dataclass(frozen=True, kw_only=True, eq=False)
class Descent:
    """The whole way down.

    Attributes:
        weights: (E+1, …), before the first epoch and after each; `weights[-1]` are the last, biases in its last row.
        losses: (E+1,), over all rows and with the penalty, at these weights.
        learning_rate: η, as it was used.
        converged: whether an epoch's last gradient had no component above the tolerance.
        diverged: the epoch, from 0, after which the loss was first not finite; None if it always was.

    >>> from vitral.foundations import LogisticUnit
    >>> way = LogisticUnit(epochs=3).fit([[-1.0], [1.0]], [0, 1])
    >>> way.losses.round(3).tolist(), way.weights.shape
    ([0.693, 0.127, 0.081, 0.06], (4, 2))
    """

    weights: np.ndarray
    losses: np.ndarray
    learning_rate: float
    converged: bool
    diverged: int | None


@dataclass(frozen=True, kw_only=True)
class Descend:
    """How to go down: the settings that `LogisticUnit` and `SoftmaxRegression` share.

    Args:
        l2: λ of the penalty λ/2 ‖w‖², biases excepted. scikit-learn's C weighs the sum of the rows' losses against
            ½ ‖w‖², so λ = 1 / (C N). `keras.regularizers.L2` leaves the half out: its λ is half of this.
        learning_rate: η, or "auto" for 1/ℓ.
        accelerate: Nesterov's momentum; the scheme must then be all rows in one step.
        scheme: which rows each step sees; None is `schemes.batch()`, all of them.
        epochs: E at most, from 0.
        tolerance: stop when no component of the gradient is larger; 0 goes on to the last epoch.

    Raises:
        ArgumentError, UnknownNameError: a setting that breaks its rule.
    """

    l2: float = 0.0
    learning_rate: float | Literal["auto"] = "auto"
    accelerate: bool = False
    scheme: Scheme | None = None
    epochs: int = 100
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "l2", check_number("l2", self.l2, minimum=0))
        object.__setattr__(self, "epochs", check_int("epochs", self.epochs, minimum=0))
        object.__setattr__(self, "tolerance", check_number("tolerance", self.tolerance, minimum=0))
        if isinstance(self.learning_rate, str):
            check_choice("learning_rate", self.learning_rate, ("auto",))
        else:
            object.__setattr__(self, "learning_rate", check_number("learning_rate", self.learning_rate, above=0))
        if self.accelerate and self.scheme is not None and self.scheme.size is not None:
            raise ArgumentError(
                f"accelerate must be False for steps on a part of the rows, whose noise it would add up: got a scheme "
                f"of {self.scheme.size} rows a step. Leave one of the two out."
            )

    def _descend(
        self,
        loss: Callable[[np.ndarray], float],
        gradient: Callable[[np.ndarray, np.ndarray], np.ndarray],
        start: np.ndarray,
        *,
        n_rows: int,
        lipschitz: float,
    ) -> dict[str, Any]:
        """Follow -gradient(w, row numbers) from `start`; the fields of a `Descent`."""
        rate = 1 / lipschitz if isinstance(self.learning_rate, str) else self.learning_rate
        scheme = self.scheme or batch()
        w = v = start
        g, k = np.zeros_like(start), 0
        weights, losses = [start], [loss(start)]
        converged, diverged = False, None
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is reported as `diverged`
            for epoch in range(self.epochs):
                for rows in scheme.epoch(n_rows, epoch):
                    g = gradient(v, rows)
                    before, w = w, v - rate * g
                    k = k + 1 if self.accelerate and np.vdot(g, w - before) <= 0 else 0
                    v = w + k / (k + 3) * (w - before)
                weights.append(w)
                losses.append(loss(w))
                if not np.isfinite(losses[-1]):
                    diverged = epoch
                    break
                if self.tolerance and np.abs(g).max() <= self.tolerance:
                    converged = True
                    break
        return {
            "weights": frozen(np.array(weights)),
            "losses": frozen(np.array(losses)),
            "learning_rate": float(rate),
            "converged": converged,
            "diverged": diverged,
        }

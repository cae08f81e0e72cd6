"""Two networks of two weights each, on real flowers: small enough for their whole loss to be drawn.

    unit     y = w1 x1 + w2 x2, squared error: 1 for virginica, -1 for versicolor, from the petals' length and width
    hidden   y = w2 tanh(w1 x), squared error: a petal's width from its length, by way of one hidden unit

Both are networks of `vitral.foundations` whose biases stay at 0. The first loss is a bowl (Widrow & Hoff, 1960); the
second has two valleys, because (w1, w2) and (-w1, -w2) are the same function, and a saddle between them.

Letters: N samples, S networks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from vitral.course.lessons.lesson_1_6.flowers import flowers, petals
from vitral.views.widgets import Limits


@dataclass(frozen=True, kw_only=True, eq=False)
class TwoWeights:
    """A network of two weights, and what it learns from.

    Attributes:
        x, t: inputs (N, D) and targets (N,).
        loss: the mean loss over all rows at places w (…, 2): (…).
        gradients: of single rows: places w (…, 2) or (…, 1, 2), rows x (…, D), t (…): (…, 2).
        start, limits: where paths begin at first, and what of the plane is drawn.
    """

    x: np.ndarray
    t: np.ndarray
    loss: Callable[[np.ndarray], np.ndarray]
    gradients: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    start: tuple[float, float]
    limits: Limits

    @property
    def n_rows(self) -> int:
        """N."""
        return len(self.x)

    def gradient(self, w: np.ndarray) -> np.ndarray:
        """Of the mean loss over all rows, at w (2,): (2,)."""
        return self.gradients(w, self.x, self.t).mean(axis=0)


@cache
def unit() -> TwoWeights:
    """A linear unit without bias on the petals of versicolor and virginica."""
    x, t = petals()

    def loss(w: np.ndarray) -> np.ndarray:
        return ((w @ x.T - t) ** 2).mean(axis=-1)

    def gradients(w: np.ndarray, x: np.ndarray, t: np.ndarray) -> np.ndarray:
        return (2 * ((w * x).sum(axis=-1) - t))[..., None] * x

    return TwoWeights(x=x, t=t, loss=loss, gradients=gradients, start=(-1.2, 1.4), limits=(-1.6, 1.8, -1.0, 2.4))


@cache
def hidden() -> TwoWeights:
    """One hidden tanh unit and a linear output, from the length of a petal to its width."""
    x, t = flowers()[0][:, 2:3], flowers()[0][:, 3]

    def loss(w: np.ndarray) -> np.ndarray:
        y = w[..., 1:] * np.tanh(w[..., :1] * x[:, 0])  # (…, N)
        return ((y - t) ** 2).mean(axis=-1)

    def gradients(w: np.ndarray, x: np.ndarray, t: np.ndarray) -> np.ndarray:
        a = np.tanh(w[..., 0] * x[..., 0])
        back = 2 * (w[..., 1] * a - t)
        return np.stack([back * w[..., 1] * (1 - a * a) * x[..., 0], back * a], axis=-1)

    return TwoWeights(x=x, t=t, loss=loss, gradients=gradients, start=(-1.2, 2.0), limits=(-2.2, 2.2, -2.2, 2.4))


MODELS = {"unit": unit, "hidden": hidden}

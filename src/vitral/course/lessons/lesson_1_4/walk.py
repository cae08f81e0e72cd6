"""Where a reader has come to by pressing "take a step": weights that go on from what was last typed."""

import threading
from collections.abc import Callable, Sequence

import numpy as np

from vitral.training import Task

MOST_PRESSES = 100  # that are caught up with at once


class Walk:
    """Weights, and the steps that they have taken.

    The number of presses says how many steps are still to be taken; what was typed since the last look replaces only
    the numbers that were touched.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: list[np.ndarray] = []
        self._weights: list[np.ndarray] = []
        self._pressed = 0

    def go(
        self, given: list[np.ndarray], pressed: int, step: Callable[[list[np.ndarray]], list[np.ndarray]], task: Task
    ) -> list[np.ndarray]:
        """The weights after what is new in `given` and `pressed`; `step` takes weights and returns the next.

        Raises:
            CancelledError: a newer press has cancelled `task`; it may have been here already.
        """
        with self._lock:
            task.check()
            fits = [w.shape for w in given] == [w.shape for w in self._given]
            if not fits or pressed < self._pressed:
                self._weights, self._pressed = given, min(pressed, self._pressed) if fits else pressed
            else:
                rows = zip(given, self._given, self._weights, strict=True)
                self._weights = [np.where(new == old, now, new) for new, old, now in rows]
            self._given = given
            for _ in range(min(pressed - self._pressed, MOST_PRESSES)):
                self._weights = step(self._weights)
            self._pressed = pressed
            return list(self._weights)


def stepped(weights: Sequence[np.ndarray], gradients: Sequence[np.ndarray], rate: float) -> list[np.ndarray]:
    """w - η ∂L/∂w, kept within what can still be computed with."""
    return [np.clip(np.nan_to_num(w - rate * g), -1e6, 1e6) for w, g in zip(weights, gradients, strict=True)]

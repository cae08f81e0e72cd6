"""A traced program whose numbers can become inputs: what a sweep compares, and lifts, before anything is compiled."""

from collections.abc import Sequence

import numpy as np
from jax.extend.core import ClosedJaxpr

from vitral.training.compare import Place
from vitral.training.lifting import lift, numbers_at


class Traced:
    """A program as it was traced, and as it is with some of its numbers lifted out.

    Attributes:
        traced: the program, its numbers as literals.
        closed: the program with the lifted numbers as its last inputs.
        numbers: what stands at the places that are inputs instead; none until `lift`.
    """

    def __init__(self, closed: ClosedJaxpr) -> None:
        self.traced = self.closed = closed
        self.numbers: list[np.ndarray] = []

    def lift(self, places: Sequence[Place]) -> None:
        """From now on take the numbers at `places` as inputs.

        Raises:
            CannotLiftError: one of them cannot be one.
        """
        self.hold(places)
        self.closed = lift(self.traced, places)

    def hold(self, places: Sequence[Place]) -> None:
        """Note the numbers at `places`, for a program that another was compiled to with these lifted."""
        self.numbers = numbers_at(self.traced, places)

"""The threshold unit: fires when the weighted sum of its inputs exceeds a threshold.

    y = H(w·x + b),   H(z) = 1 if z > 0 else 0          (McCulloch & Pitts, 1943; weights: Rosenblatt, 1958)

The bias b is the negative threshold. The unit cuts the input space along the hyperplane w·x + b = 0, so one unit
computes AND, OR and NOT, and no unit computes XOR (`separate` proves it); three units do.

Letters: N samples, D inputs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral._checks import check_int, check_number
from vitral._errors import ShapeError
from vitral.foundations._linear import frozen, read_rows, read_weights
from vitral.foundations._numbers import float_array
from vitral.foundations.activations import step


@dataclass(frozen=True, kw_only=True, eq=False)
class ThresholdUnit:
    """A unit that says 0 or 1.

    Args:
        weights: (D,), one for each input.
        bias: b, the negative threshold.

    Raises:
        ShapeError, DataError, ArgumentError: weights that are no vector of finite numbers, a bias that is no number.

    >>> unit = ThresholdUnit(weights=[1.0, 1.0], bias=-1.5)
    >>> unit.predict([[0, 1], [1, 1]]).tolist()
    [0, 1]
    """

    weights: np.ndarray
    bias: float = 0.0

    def __post_init__(self) -> None:
        weights = float_array("weights", self.weights, "(D,)")
        if not weights.size:
            raise ShapeError("weights must be a vector of at least one number: got none. Give each input a weight.")
        object.__setattr__(self, "weights", frozen(read_weights(weights, weights.shape).copy()))
        object.__setattr__(self, "bias", check_number("bias", self.bias))

    def potential(self, x: Any) -> np.ndarray:
        """z = w·x + b for every row of x (N, D): float64 (N,)."""
        return read_rows(x, len(self.weights)) @ self.weights + self.bias

    def predict(self, x: Any) -> np.ndarray:
        """H(z) for every row of x (N, D): int64 (N,) of 0 and 1. A row on the hyperplane, z = 0, gives 0."""
        return step(self.potential(x)).astype(np.int64)


def and_unit(inputs: int = 2) -> ThresholdUnit:
    """Fires when all inputs (0 or 1) are 1: the sum must exceed D - 1/2.

    >>> and_unit().predict([[0, 0], [0, 1], [1, 0], [1, 1]]).tolist()
    [0, 0, 0, 1]
    """
    inputs = check_int("inputs", inputs, minimum=1)
    return ThresholdUnit(weights=np.ones(inputs), bias=0.5 - inputs)


def or_unit(inputs: int = 2) -> ThresholdUnit:
    """Fires when at least one input (0 or 1) is 1: the sum must exceed 1/2.

    >>> or_unit().predict([[0, 0], [0, 1], [1, 0], [1, 1]]).tolist()
    [0, 1, 1, 1]
    """
    inputs = check_int("inputs", inputs, minimum=1)
    return ThresholdUnit(weights=np.ones(inputs), bias=-0.5)


def not_unit() -> ThresholdUnit:
    """Fires when its only input (0 or 1) is 0.

    >>> not_unit().predict([[0], [1]]).tolist()
    [1, 0]
    """
    return ThresholdUnit(weights=np.array([-1.0]), bias=0.5)


@dataclass(frozen=True, kw_only=True, eq=False)
class ThresholdNetwork:
    """Units side by side whose answers are the inputs of one more unit: y = output(hidden_1(x), …, hidden_H(x)).

    Args:
        hidden: H units with the same D inputs.
        output: a unit with H inputs.

    Raises:
        ShapeError: hidden units with different numbers of inputs, an output unit with other than H.

    >>> not_and = ThresholdUnit(weights=[-1.0, -1.0], bias=1.5)
    >>> either = ThresholdNetwork(hidden=(or_unit(), not_and), output=and_unit())
    >>> either.answers([[1, 1]]).tolist(), either.predict([[0, 1], [1, 1]]).tolist()
    ([[1, 0]], [1, 0])
    """

    hidden: tuple[ThresholdUnit, ...]
    output: ThresholdUnit

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", tuple(self.hidden))
        inputs = [len(unit.weights) for unit in self.hidden]
        if len(set(inputs)) != 1:
            raise ShapeError(f"hidden must be units with the same number of inputs: got {inputs}. Make them alike.")
        if len(self.output.weights) != len(self.hidden):
            raise ShapeError(
                f"output must have one input for each of the {len(self.hidden)} hidden units: "
                f"got {len(self.output.weights)}. Give it a weight for each."
            )

    def answers(self, x: Any) -> np.ndarray:
        """What the hidden units say about every row of x (N, D): int64 (N, H)."""
        return np.column_stack([unit.predict(x) for unit in self.hidden])

    def predict(self, x: Any) -> np.ndarray:
        """What the output unit says: int64 (N,) of 0 and 1."""
        return self.output.predict(self.answers(x))


def xor_network() -> ThresholdNetwork:
    """XOR of two inputs from three units: x1 or x2, and not both.

    The hidden units are OR and NOT-AND; the output unit is their AND.

    >>> xor_network().predict([[0, 0], [0, 1], [1, 0], [1, 1]]).tolist()
    [0, 1, 1, 0]
    """
    not_both = ThresholdUnit(weights=np.array([-1.0, -1.0]), bias=1.5)
    return ThresholdNetwork(hidden=(or_unit(), not_both), output=and_unit())

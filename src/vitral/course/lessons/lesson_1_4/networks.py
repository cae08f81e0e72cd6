"""The networks that a reader edits on this page: their shapes, what they start with, and what has been typed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from vitral.course.numbers import brought_in
from vitral.foundations import MLP, activations
from vitral.views.widgets import Hidden

SHAPES = {"2-2-1": (2, 2, 1), "2-3-1": (2, 3, 1), "2-2-2-1": (2, 2, 2, 1)}
HIDDEN = ("sigmoid", "tanh", "relu", "identity")
# The loss, with the output's activation that goes with it.
OUTPUTS = {
    "mse": ("sigmoid", "mse"),
    "bce": ("sigmoid", "binary_cross_entropy"),
    "linear": ("identity", "mse"),
}

# Where the first panel starts, and the example in round numbers: W and b of each layer, x, t.
FIRST_WEIGHTS = ([[0.5, -1.0], [1.0, 0.5]], [0.0, 1.0], [[-1.0], [0.5]], [0.0])
FIRST_X, FIRST_T = (1.0, 2.0), 1.0
ROUND_WEIGHTS = ([[1.0, -1.0], [-2.0, 2.0]], [0.0, 0.0], [[2.0], [-2.0]], [0.0])
ROUND_X, ROUND_T = (2.0, 1.0), 1.0

MOST_TYPED = 100.0  # in size: beyond, units answer 0 or 1 and every derivative is 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Typed:
    """What stands in a network after a reader's edits: W[1], b[1], … and x; whether something had to be brought in."""

    weights: list[np.ndarray]
    x: np.ndarray
    is_clipped: bool


def first_weights(shape: str) -> list[np.ndarray]:
    """What a network of that shape starts with: numbers of one decimal."""
    sizes = SHAPES[shape]
    if shape == "2-2-1":
        return [np.array(w, dtype=np.float64) for w in FIRST_WEIGHTS]
    rng = np.random.default_rng(27)  # no weight near zero
    weights: list[np.ndarray] = []
    for n_in, n_out in pairwise(sizes):
        weights += [rng.uniform(-1.5, 1.5, (n_in, n_out)).round(1), rng.uniform(-0.5, 0.5, n_out).round(1)]
    return weights


def network_of(weights: Sequence[np.ndarray], hidden: str, output: str) -> MLP:
    """A network from its arrays W[1], b[1], …, and the names of its activations."""
    names = [hidden] * (len(weights) // 2 - 1) + [output]
    return MLP(weights=tuple(weights), activations=tuple(activations.get(name) for name in names))


def edited(first: Sequence[np.ndarray], x: Sequence[float]) -> list[Hidden]:
    """The values that a drawing edits: "weights", "biases" and "x", with what they start from."""
    return [
        Hidden(name="weights", value=[w.tolist() for w in first[::2]]),
        Hidden(name="biases", value=[b.tolist() for b in first[1::2]]),
        Hidden(name="x", value=list(x)),
    ]


def typed(values: dict[str, Any], first: Sequence[np.ndarray], x: Sequence[float]) -> Typed:
    """What a reader has edited, within ±100; what does not fit the shapes of `first` and `x` is as there."""
    weights = list(first)
    for offset, name in ((0, "weights"), (1, "biases")):
        arrays = _arrays(values[name])
        if [a.shape for a in arrays] == [w.shape for w in weights[offset::2]]:
            weights[offset::2] = arrays
    given = _arrays([values["x"]])
    inputs = given[0] if given and given[0].shape == (len(x),) else np.array(x)
    found, is_clipped = brought_in((*weights, inputs), MOST_TYPED)
    return Typed(weights=found[:-1], x=found[-1], is_clipped=is_clipped)


def _arrays(values: Any) -> list[np.ndarray]:
    """Lists of numbers as arrays; none of them where one is no array, or `values` no list."""
    try:
        return [np.array(each, dtype=np.float64) for each in values]
    except (TypeError, ValueError):
        return []

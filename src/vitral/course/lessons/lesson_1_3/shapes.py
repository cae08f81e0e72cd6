"""What a network can draw, counted and built by hand: no training anywhere.

On a line, a network of ReLU units draws straight pieces. One hidden layer of H units bends at most H times. Layers
that fold their input multiply the pieces each time (Telgarsky, 2015; Montúfar et al., 2014); with two units:

    fold(x) = 2 relu(x) - 4 relu(x - 1/2) = 2x up to 1/2, 2 - 2x from there        [0, 1] -> [0, 1], twice over

In a plane, each hidden unit cuts along a line, and H lines make up to 1 + H + H(H-1)/2 regions.

Letters: N points, D inputs, H hidden units.
"""

from collections.abc import Callable, Sequence
from itertools import combinations, product

import numpy as np

from vitral.foundations import MLP

# Slopes that differ by less, relative to the greatest, are the same piece.
_SAME_SLOPE = 1e-6
# A z this small is a corner that rounding has moved, no new one.
_ZERO = 1e-10


def pieces(network: MLP, low: float = 0.0, high: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """The corners (x, y) of the broken line that a ReLU network 1 -> 1 draws between `low` and `high`.

    Found exactly, layer by layer: between the corners so far each z is a straight line, and a new corner stands where
    one of them crosses zero. P pieces have P + 1 corners, the two ends included.
    """
    x = np.array([low, high], dtype=np.float64)
    for layer in range(network.n_layers - 1):
        z = network.forward(x[:, None]).z[layer]  # (N, H)
        z[np.abs(z) < _ZERO] = 0.0
        before, after = z[:-1], z[1:]
        interval, unit = np.nonzero(before * after < 0)
        share = before[interval, unit] / (before[interval, unit] - after[interval, unit])
        x = np.unique(np.concatenate([x, x[interval] + share * (x[interval + 1] - x[interval])]))
    y = network.predict(x[:, None])[:, 0]
    slopes = np.diff(y) / np.diff(x)
    bends = np.abs(np.diff(slopes)) > _SAME_SLOPE * max(1.0, float(np.abs(slopes).max()))
    keep = np.concatenate([[True], bends, [True]])
    return x[keep], y[keep]


def n_pieces(network: MLP, low: float = 0.0, high: float = 1.0) -> int:
    """How many straight pieces a ReLU network 1 -> 1 draws between `low` and `high`."""
    return len(pieces(network, low, high)[0]) - 1


def folding(widths: Sequence[int]) -> MLP:
    """Hidden layers of ReLU units, made by hand, that fold [0, 1] as often as they have units.

    A layer of H units goes up and down H times, in slopes of ±H with corners at i / H; layer upon layer, the pieces
    multiply: a saw of H[1] H[2] … H[L] of them.
    """
    weights, above = [], np.ones((1, 1))
    for width in widths:
        weights += [above @ np.ones((1, width)), -np.arange(width) / width]
        above = (2.0 * width * (-1.0) ** np.arange(width))[:, None]
        above[0] /= 2
    weights += [above, np.zeros(1)]
    return MLP(weights=tuple(weights), activations=("relu",) * len(widths) + ("identity",))  # type: ignore[arg-type]


def scattered(sizes: tuple[int, ...], seed: int) -> MLP:
    """A ReLU network with random weights and biases: He's variance 2 / D_in, so that signals keep their size."""
    rng = np.random.default_rng(seed)
    network = MLP.create(sizes, hidden="relu", seed=0)
    weights = [
        rng.normal(0, np.sqrt(2 / len(w)), w.shape) if w.ndim == 2 else rng.normal(0, 0.5, w.shape)
        for w in network.weights
    ]
    return network.with_weights(weights)


def interpolating(function: Callable[[np.ndarray], np.ndarray], width: int, low: float, high: float) -> MLP:
    """One hidden layer of `width` ReLU units, made by hand, that meets `function` at width + 1 equally spaced places.

    Each unit starts at a corner, relu(x - corner), and its output weight is the change of slope there.
    """
    corners = np.linspace(low, high, width + 1)
    values = function(corners)
    slopes = np.diff(values) / np.diff(corners)
    changes = np.diff(slopes, prepend=0.0)
    return MLP(
        weights=(np.ones((1, width)), -corners[:-1], changes[:, None], values[:1]),
        activations=("relu", "identity"),  # type: ignore[arg-type]
    )


def n_regions(weights: np.ndarray, biases: np.ndarray) -> int:
    """How many regions of the plane the lines of H hidden units make: weights (2, H), biases (H,).

    Counted by standing in each of them. A region is known by its side of every line; each region has a corner where
    two lines cross, and each crossing is a corner of four. No two lines may be parallel, no three meet in a point.
    """
    if len(biases) == 1:
        return 2
    seen = set()
    for i, j in combinations(range(len(biases)), 2):
        crossing = np.linalg.solve(weights[:, [i, j]].T, -biases[[i, j]])
        sides = list(crossing @ weights + biases > 0)
        for sides[i], sides[j] in product((False, True), repeat=2):
            seen.add(tuple(sides))
    return len(seen)

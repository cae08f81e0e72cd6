"""What lesson 1.3 claims of what networks can draw and how they are counted, measured: nothing is trained here.

Letters: H hidden units.
"""

from itertools import permutations, product

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_3.counting import keras_count, n_parameters
from vitral.course.lessons.lesson_1_3.shapes import folding, n_pieces, n_regions, scattered
from vitral.course.numbers import tiny
from vitral.foundations import MLP


def collapsed(depth: int = 5) -> tuple[float, int, int]:
    """A deep network without activations beside the one matrix that it amounts to.

    Returns:
        The greatest difference of their answers, and the parameters of both.
    """
    rng = np.random.default_rng(0)
    network = MLP.create((2, *[8] * depth, 1), hidden="identity", seed=0)
    network = network.with_weights([w + rng.normal(0, 0.3, w.shape) for w in network.weights])
    W, b = np.eye(2), np.zeros(2)
    for above, bias in zip(network.weights[::2], network.weights[1::2], strict=True):
        W, b = W @ above, b @ above + bias
    x = rng.normal(0, 1, (1000, 2))
    return float(np.abs(network.predict(x) - (x @ W + b)).max()), network.n_parameters, W.size + b.size


def claim_linear() -> Measured:
    """Without activations depth adds nothing."""
    difference, before, after = collapsed()
    return Measured(holds=difference < 1e-12, values={"difference": tiny(difference), "before": before, "after": after})


def claim_count() -> Measured:
    """The formula counts as Keras does."""
    shapes = [(2, 3, 1), (4, 10, 3), (64, 32, 16, 10), (784, 128, 64, 10), (1, 2, 2, 2, 2, 1), (5, 7)]
    counts = [(n_parameters(sizes), keras_count(sizes)) for sizes in shapes]
    return Measured(
        holds=all(ours == keras for ours, keras in counts), values={"n": len(shapes), "most": max(counts)[0]}
    )


def most_pieces(width: int, n: int = 200) -> int:
    """The most pieces that one hidden layer of ReLU units drew between -5 and 5, over `n` draws of its weights."""
    return max(n_pieces(scattered((1, width, 1), seed), -5.0, 5.0) for seed in range(n))


def claim_pieces() -> Measured:
    """One hidden layer of H ReLU units: at most H + 1 pieces, however its weights are drawn."""
    draws = 200
    found = {H: most_pieces(H, draws) for H in (2, 5, 10, 20)}
    return Measured(
        holds=all(most <= H + 1 for H, most in found.items()) and found[10] == 11,
        values={"n": draws * len(found), **{f"m{H}": most for H, most in found.items()}},
    )


def claim_folds() -> Measured:
    """Depth doubles: ten layers of two units draw 2^10 pieces."""
    found = [n_pieces(folding([2] * depth)) for depth in range(1, 11)]
    return Measured(
        holds=found == [2**depth for depth in range(1, 11)], values={"deep": found[-1], "units": 20, "flat": 21}
    )


def random_pieces(hidden: tuple[int, ...], n: int = 200) -> float:
    """The mean number of pieces between -3 and 3 of networks with random weights."""
    return float(np.mean([n_pieces(scattered((1, *hidden, 1), seed), -3.0, 3.0) for seed in range(n)]))


def claim_random() -> Measured:
    """Random weights do not fold: twenty units draw no more pieces in two or five layers than in one."""
    flat, two, five = random_pieces((20,)), random_pieces((10, 10)), random_pieces((4,) * 5)
    return Measured(holds=max(two, five) <= flat, values={"flat": flat, "two": two, "five": five})


def region_counts(widths: tuple[int, ...] = (1, 2, 3, 4, 5, 6), n: int = 20) -> dict[int, int]:
    """How many regions the lines of H random hidden units make, the most of `n` draws."""
    rng = np.random.default_rng(0)
    return {H: max(n_regions(rng.normal(size=(2, H)), rng.normal(size=H)) for _ in range(n)) for H in widths}


def claim_regions() -> Measured:
    """H lines cut the plane into 1 + H + H(H-1)/2 regions."""
    found = region_counts()
    return Measured(
        holds=all(n == 1 + H + H * (H - 1) // 2 for H, n in found.items()),
        values={f"r{H}": n for H, n in found.items()},
    )


def symmetry_differences(width: int = 4) -> tuple[float, int]:
    """Shuffle the hidden units of a tanh network and turn their signs, every way: the greatest change, and how many."""
    network = MLP.create((2, width, 1), hidden="tanh", seed=0)
    W, b, V, c = network.weights
    b = b + np.linspace(-0.5, 0.5, width)
    network = network.with_weights((W, b, V, c))
    x = np.random.default_rng(0).normal(0, 1, (200, 2))
    outputs, seen, worst = network.predict(x), set(), 0.0
    for order in permutations(range(width)):
        for signs in product((1.0, -1.0), repeat=width):
            s, o = np.array(signs), list(order)
            other = (W[:, o] * s, b[o] * s, V[o] * s[:, None], c)
            seen.add(b"".join(np.ascontiguousarray(w).tobytes() for w in other))
            worst = max(worst, float(np.abs(network.with_weights(other).predict(x) - outputs).max()))
    return worst, len(seen)


def claim_symmetry() -> Measured:
    """Shuffled hidden units are the same network."""
    worst, n = symmetry_differences()
    return Measured(holds=worst < 1e-12 and n == 384, values={"difference": tiny(worst), "n": n})

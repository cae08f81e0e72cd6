"""What lesson 1.2 claims of the perceptron, measured: how many mistakes, in which order, and when there is no end."""

from itertools import pairwise, product
from typing import Any

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_2.cycle import MOST_EPOCHS, period_of
from vitral.course.lessons.lesson_1_2.data import flowers, separable_data
from vitral.course.lessons.lesson_1_2.trainings import (
    iris_bound,
    iris_training,
    mistaken_rows,
    points_ratio,
    sides,
    trajectory,
)
from vitral.course.truth_tables import FUNCTIONS, truth_rows
from vitral.foundations import Perceptron, novikoff_bound

N_SETS = 100  # random sets for the claim about the bound
XOR = truth_rows(2), FUNCTIONS["xor"]


def claim_bound() -> Measured:
    """No count of mistakes above (R/γ)², over random separable sets of 5 to 104 rows and 1 to 20 inputs."""
    shares = []
    for seed in range(N_SETS):
        x, t = separable_data(n=5 + seed, d=1 + seed % 20, seed=seed)
        training = Perceptron(order="shuffled", seed=seed, max_epochs=100_000).fit(x, t)
        if training.converged:
            shares.append(training.n_mistakes / novikoff_bound(x, t).mistakes)
    most = max(shares, default=0.0)
    return Measured(holds=len(shares) == N_SETS and most <= 1, values={"sets": len(shares), "most": 100 * most})


def claim_points() -> Measured:
    """A hundred times the points with the same gap: a few times the mistakes, not a hundred times."""
    ratio, few, many = points_ratio()
    return Measured(holds=ratio < 10, values={"few": few, "many": many, "ratio": ratio})


def claim_sklearn() -> Measured:
    """The same weights as scikit-learn's Perceptron, bit for bit, on the same rows in the same order."""
    from sklearn.linear_model import Perceptron as Peer

    sets = [flowers("petal"), flowers("sepal"), *(separable_data(60, d, d) for d in (2, 5, 20))]
    same = 0
    for x, t in sets:
        ours = Perceptron(max_epochs=50).fit(x, t)
        settings: dict[str, Any] = {"shuffle": False, "tol": None, "max_iter": len(ours.mistakes)}
        theirs: Any = Peer(**settings).fit(x, t)
        same += np.array_equal(ours.weights[-1], np.append(theirs.coef_[0], theirs.intercept_))
    return Measured(holds=same == len(sets), values={"same": same, "sets": len(sets)})


def claim_rate() -> Measured:
    """From zero weights the rate changes neither the mistakes nor the line, whatever it is."""
    rates, n_sets, same = np.geomspace(1e-3, 1e3, 13).tolist(), 10, 0
    for seed in range(n_sets):
        x, t = separable_data(40, 2 + seed % 5, seed)
        paths = [mistaken_rows(x, t, rate, seed) for rate in rates]
        same += all(path == paths[0] for path in paths)
    return Measured(
        holds=same == n_sets, values={"sets": n_sets, "rates": len(rates), "low": rates[0], "high": rates[-1]}
    )


def claim_order() -> Measured:
    """The order of the flowers changes the count of mistakes."""
    counts = [iris_training("petal", 1.0, seed).n_mistakes for seed in range(500)]
    limit = iris_bound("petal").mistakes
    return Measured(
        holds=min(counts) < max(counts) <= limit,
        values={"low": min(counts), "high": max(counts), "mean": np.mean(counts), "bound": int(limit)},
    )


def claim_sepals() -> Measured:
    """By the sepals a line exists as well, but a thin one: hundreds of times the mistakes."""
    petal, sepal = (iris_training(f, 1.0, 0).n_mistakes for f in ("petal", "sepal"))
    limits = [int(iris_bound(f).mistakes) for f in ("petal", "sepal")]
    return Measured(
        holds=sepal > 100 * petal and sepal <= limits[1],
        values={"petal": petal, "sepal": sepal, "petal_bound": limits[0], "sepal_bound": limits[1]},
    )


def claim_worse() -> Measured:
    """Many corrections leave more flowers wrong than before, or the very flower they were made for."""
    wrong = sides(trajectory(iris_training("sepal", 1.0, 0)), *flowers("sepal")) <= 0  # (K+1, N)
    worse = float(np.mean([after > before for before, after in pairwise(wrong.sum(axis=1))]))
    still = []
    for seed in range(100):
        training = iris_training("petal", 1.0, seed)
        wrong = sides(trajectory(training), *flowers("petal")) <= 0
        still += [wrong[k, c.row] for k, c in enumerate(training.corrections, start=1)]
    kept = float(np.mean(still))
    return Measured(holds=min(worse, kept) > 0.2, values={"worse": 100 * worse, "kept": 100 * kept})


def claim_xor() -> Measured:
    """On XOR the weights return to where they were, so the rule never stops; in any order they stay small."""
    given = Perceptron(max_epochs=1000).fit(*XOR)
    returns = bool((given.weights == 0).all())
    shuffled = Perceptron(order="shuffled", max_epochs=5000).fit(*XOR)
    different = {tuple(w) for w in trajectory(shuffled).tolist()}
    largest = float(np.abs(trajectory(shuffled)).max())
    return Measured(
        holds=returns and not given.converged and not shuffled.converged and largest <= 3,
        values={
            "per_epoch": int(given.mistakes[0]),
            "n": shuffled.n_mistakes,
            "different": len(different),
            "largest": largest,
        },
    )


def claim_starts() -> Measured:
    """From any whole weights within ±3, XOR in the given order ends in a round."""
    starts = list(product(range(-3, 4), repeat=3))
    rounds = [period_of(Perceptron(max_epochs=MOST_EPOCHS).fit(*XOR, start=w).weights) for w in starts]
    lengths = [again - first for first, again in filter(None, rounds)]
    return Measured(
        holds=len(lengths) == len(starts), values={"starts": len(starts), "longest": max(lengths, default=0)}
    )

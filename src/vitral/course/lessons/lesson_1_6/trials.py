"""Trainings by the dozen, of which more than one claim or guess speaks; each is done once.

Letters: N samples, B rows a step, S seeds.
"""

from functools import cache

import numpy as np

from vitral.course.lessons.lesson_1_6.floor import least_loss
from vitral.course.lessons.lesson_1_6.flowers import flowers
from vitral.course.lessons.lesson_1_6.noise import means_so_far, orders, row_gradients
from vitral.course.lessons.lesson_1_6.stacked import SEEDS, train_stack
from vitral.course.lessons.lesson_1_6.two_weights import unit
from vitral.course.lessons.lesson_1_6.walking import walk
from vitral.course.truth_tables import FUNCTIONS, truth_rows

XOR_EPOCHS, XOR_RATE, XOR_SEEDS = 400, 0.3, 100
SOLVED = 0.1  # a loss that all four corners have only where all are right


@cache
def xor_solved() -> dict[int, int]:
    """Of a hundred networks 2-2-2 on XOR's four corners, how many are solved, in batch (4) and online (1)."""
    corners, classes = 2 * truth_rows(2) - 1, np.array(FUNCTIONS["xor"])
    found = {}
    for size in (4, 1):
        trained = train_stack(
            None if size == 4 else size,
            [XOR_RATE],
            epochs=XOR_EPOCHS,
            seeds=range(XOR_SEEDS),
            data=(corners, classes),
            hidden=2,
        )
        found[size] = int((trained.losses[-1] < SOLVED).sum())
    return found


@cache
def noise_measured(epochs: int = 3) -> np.ndarray:
    """The variance of the gradient of the linear unit for B = 1, …, N rows, over a thousand draws: (N,)."""
    g = row_gradients(unit(), epochs)
    found = means_so_far(g, orders(len(g), seed=1))
    return ((found - g.mean(axis=0)) ** 2).sum(axis=-1).mean(axis=0)


@cache
def steady_floor(rate: float, *, replacement: bool = False, epochs: int = 80) -> float:
    """Where online training at a constant rate hovers: the mean excess loss at the ends of the second half's epochs.

    With `replacement` each row is drawn anew from all of them, as the textbooks' formula assumes.
    """
    model, n, seeds = unit(), unit().n_rows, SEEDS
    if not replacement:
        places = walk(model, 1, rate, epochs=epochs, seeds=seeds).after(np.arange(epochs // 2, epochs + 1) * n)
        return float(model.loss(places).mean() - least_loss())
    rng, w, kept = np.random.default_rng(0), np.tile(model.start, (len(seeds), 1)), []
    for step in range(epochs * n):
        rows = rng.integers(0, n, len(seeds))
        w = w - rate * model.gradients(w, model.x[rows], model.t[rows])
        if step >= epochs * n // 2 and step % n == 0:
            kept.append(model.loss(w))
    return float(np.mean(kept) - least_loss())


def steepest_curvature() -> float:
    """The largest eigenvalue of the linear unit's Hessian, 2 XᵀX / N."""
    x = unit().x
    return float(np.linalg.eigvalsh(2 * x.T @ x / len(x))[-1])


@cache
def largest_batch_rate() -> float:
    """The largest rate at which batch training of the linear unit does not blow up, by halving the interval."""
    model, low, high = unit(), 0.1, 2.0
    while high / low > 1.0001:
        rate = (low + high) / 2
        places = walk(model, None, rate, epochs=400).places[:, 0]
        ends = model.loss(places[[200, -1]]) if np.isfinite(places[-1]).all() else (0.0, np.inf)
        low, high = (rate, high) if ends[1] <= ends[0] else (low, rate)
    return low


@cache
def in_order(rate: float = 0.1) -> dict[bool, np.ndarray]:
    """Losses after twenty epochs online, (S,): with the rows shuffled anew, and species by species."""
    x, y = flowers()
    sorted_rows = np.argsort(y, kind="stable")
    data = x[sorted_rows], y[sorted_rows]
    return {
        shuffle: train_stack(1, [rate], epochs=20, shuffle=shuffle, data=data).losses[-1, 0]
        for shuffle in (True, False)
    }

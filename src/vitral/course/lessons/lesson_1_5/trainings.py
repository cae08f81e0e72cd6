"""Trainings that more than one claim or guess of lesson 1.5 asks about, each done once."""

from functools import cache

import numpy as np

from vitral import load
from vitral.course.lessons.lesson_1_5.depth import FLAT, dead_share
from vitral.course.lessons.lesson_1_5.functions import BY_NAME
from vitral.course.lessons.lesson_1_5.race import Race, Stack, points, run_race
from vitral.foundations import MLP, SoftmaxRegression, losses, train
from vitral.foundations.activations import relu, sigmoid, softmax, tanh
from vitral.foundations.optimizers import SGD


@cache
def xor_race(name: str, rate: float, epochs: int, factor: float = 1.0) -> Race:
    """Eight networks 2-8-1 on the points of XOR."""
    x, t = points("xor")
    return run_race(BY_NAME[name], x, t, Stack.create(8).scaled(factor), rate=rate, epochs=epochs)


@cache
def converted_race(rate: float) -> Race:
    """The tanh networks of `xor_race`, rewritten with sigmoid units that compute the same."""
    x, t = points("xor")
    return run_race(sigmoid, x, t, Stack.create(8).from_tanh_to_sigmoid(), rate=rate, epochs=700)


@cache
def saturated_start() -> dict[str, float]:
    """tanh networks on XOR with hidden weights 1, 3 and 30 times as large: epochs, and the share of flat units in %."""
    x, _ = points("xor")
    start = Stack.create(8)

    def flat(factor: float) -> float:
        return 100 * float((np.abs(tanh.derivative(x @ start.scaled(factor).w)) < FLAT).mean())

    return {
        "plain": xor_race("tanh", 0.3, 1500).median,
        "large": xor_race("tanh", 0.3, 1500, 30.0).median,
        "little": xor_race("tanh", 0.3, 200, 3.0).median,
        "flat": flat(30.0),
        "flat_plain": flat(1.0),
    }


@cache
def best_rates() -> dict[str, tuple[float, float]]:
    """On the moons, each function at the best of six rates: (median epochs, that rate)."""
    x, t = points("moons")
    best = {}
    for f in (sigmoid, tanh, relu):
        found = []
        for rate in (1.0, 2.0, 3.0, 5.0, 10.0, 20.0):
            found.append((run_race(f, x, t, Stack.create(8), rate=rate, epochs=200).median, rate))
        best[f.name] = min(found)
    return best


@cache
def deaths() -> dict[float, tuple[float, float]]:
    """Rate -> share of ReLU units off for every point after 100 epochs on the moons, and of leaky ones."""
    x, t = points("moons")
    return {rate: (dead_share(x, t, rate), dead_share(x, t, rate, leaky=True)) for rate in (0.1, 1.0, 3.0, 10.0, 30.0)}


@cache
def exact_zeros() -> tuple[int, int, int]:
    """While a ReLU network learns the moons: how many z there were, and how many were exactly 0; and at (0, 0)."""
    x, t = points("moons")
    network, zeros, seen = MLP.create((2, 16, 1), hidden=relu, output="sigmoid", seed=0), 0, 0
    trained = train(
        network,
        x,
        t[:, np.newaxis],
        "binary_cross_entropy",
        optimizer=SGD(learning_rate=0.5),
        epochs=800,
        keep="epochs",
    )
    for weights in trained.weights:
        z = network.with_weights(weights).forward(x).z[0]
        zeros, seen = zeros + int((z == 0).sum()), seen + z.size
    at_origin = int((network.forward([[0.0, 0.0]]).z[0] == 0).sum())
    return seen, zeros, at_origin


@cache
def scaled_scores() -> dict[str, float]:
    """Softmax regression on half of the iris flowers, its scores times 1 and times 10 on the other half."""
    data = load("iris", seed=0)
    x = np.vstack([part.x for part in (data.train, data.validation, data.test)])
    t = np.concatenate([part.y for part in (data.train, data.validation, data.test)])
    order = np.random.default_rng(0).permutation(len(x))
    x, t = x[order], t[order]
    half = len(x) // 2
    mean, deviation = x[:half].mean(axis=0), x[:half].std(axis=0)
    x = (x - mean) / deviation
    fitted = SoftmaxRegression(epochs=300, accelerate=True).fit(x[:half], t[:half])
    z, truth = fitted.model.potential(fitted.weights[-1], x[half:]), t[half:]
    found = {}
    for factor in (1, 10):
        p = softmax.value(factor * z)
        found |= {
            f"accuracy_{factor}": float((p.argmax(axis=1) == truth).mean()),
            f"confidence_{factor}": float(p.max(axis=1).mean()),
            f"loss_{factor}": losses.softmax_cross_entropy.value(factor * z, losses.one_hot(truth, 3)),
        }
    return found

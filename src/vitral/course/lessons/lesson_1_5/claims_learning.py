"""What lesson 1.5 claims of networks that learn with one activation or another, measured."""

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_5.depth import off_share, send
from vitral.course.lessons.lesson_1_5.race import Stack
from vitral.course.lessons.lesson_1_5.trainings import (
    best_rates,
    converted_race,
    deaths,
    exact_zeros,
    saturated_start,
    scaled_scores,
    xor_race,
)
from vitral.course.numbers import tiny
from vitral.foundations.activations import selu, sigmoid, tanh


def claim_same_function() -> Measured:
    """Networks of tanh units and their twins of sigmoid units, at 10,000 places."""
    start = Stack.create(8)
    twins = start.from_tanh_to_sigmoid()
    x = np.random.default_rng(0).normal(0, 3, (10_000, 2))
    apart = max(
        float(np.abs(start.network(i, tanh).predict(x) - twins.network(i, sigmoid).predict(x)).max()) for i in range(8)
    )
    return Measured(holds=apart < 1e-14, values={"apart": tiny(apart), "places": len(x)})


def claim_quarter() -> Measured:
    """Epochs of both twins, at the same rate and at four times the rate."""
    fast, slow, mended = xor_race("tanh", 0.3, 200), converted_race(0.3), converted_race(1.2)
    return Measured(
        holds=3.5 < slow.median / fast.median < 4.5 and 0.9 < mended.median / fast.median < 1.15,
        values={
            "tanh": fast.median,
            "sigmoid": slow.median,
            "ratio": slow.median / fast.median,
            "mended": mended.median,
        },
    )


def claim_who_learns() -> Measured:
    """XOR with eight hidden units, rate 1, 300 epochs, eight first weights each."""
    found = {name: xor_race(name, 1.0, 300) for name in ("identity", "step", "sigmoid", "tanh", "relu")}
    medians = [found[name].median for name in ("relu", "tanh", "sigmoid")]
    never = found["identity"].n_solved + found["step"].n_solved
    holds = medians[0] < medians[1] < medians[2] < 300 and never == 0
    return Measured(
        holds=holds,
        values={
            "relu": medians[0],
            "tanh": medians[1],
            "sigmoid": medians[2],
            "identity": float(np.median(found["identity"].losses[-1])),
            "step": float(np.median(found["step"].losses[-1])),
        },
    )


def claim_ranking() -> Measured:
    """On other points and with rates of their own the order is another one."""
    best = best_rates()
    return Measured(
        holds=best["tanh"][0] < best["relu"][0],
        values={f"{name}{part}": best[name][i] for name in best for i, part in enumerate(("", "_rate"))},
    )


def claim_self_normalising() -> Measured:
    """SELU through 30 layers with LeCun's weights: mean and variance, from right and from wrong beginnings."""
    means, variances, mended = [], [], []
    for seed in range(3):
        signal = send(selu, layers=30, units=150, n=200, seed=seed)
        means.append(float(np.abs(signal.mean).max()))
        variances += [float(signal.variance.min()), float(signal.variance.max())]
        mended.append(float(send(selu, layers=30, units=150, n=200, seed=seed, spread=3.0).variance[-1]))
    lost = float(send(tanh, layers=30, units=150, n=200).variance[-1])
    return Measured(
        holds=max(means) < 0.1 and min(variances) > 0.8 and max(variances) < 1.25 and abs(sum(mended) / 3 - 1) < 0.15,
        values={
            "mean": max(means),
            "low": min(variances),
            "high": max(variances),
            "mended": sum(mended) / 3,
            "tanh": lost,
        },
    )


def claim_half_off() -> Measured:
    """ReLU units at the start: how many of them give 0, over many networks."""
    x = np.random.default_rng(0).normal(size=(200, 10))
    off, dead = off_share(100, x)
    return Measured(holds=abs(off - 0.5) < 0.02 and dead == 0, values={"off": 100 * off, "dead": 100 * dead})


def claim_dying() -> Measured:
    """Dead ReLU units after a large rate; leaky ones beside them."""
    found = deaths()
    (low, _), (high, leaky) = found[0.1], found[30.0]
    return Measured(
        holds=high > 0.6 and low < 0.1 and leaky < high / 4,
        values={"low": 100 * low, "high": 100 * high, "leaky": 100 * leaky},
    )


def claim_kink_never_met() -> Measured:
    """Exact zeros among the z of a training, and at the origin, where zero biases make every z zero."""
    seen, zeros, at_origin = exact_zeros()
    return Measured(
        holds=zeros == 0 and seen > 1e6 and at_origin == 16, values={"seen": seen, "zeros": zeros, "origin": at_origin}
    )


def claim_saturated_start() -> Measured:
    """tanh networks on XOR whose hidden weights start 1 and 30 times as large."""
    found = saturated_start()
    return Measured(holds=found["large"] > 3 * found["plain"] and found["flat"] > 50, values=found)


def claim_confidence() -> Measured:
    """Scores times ten: the same decisions, other confidence, another loss."""
    found = scaled_scores()
    holds = (
        found["accuracy_1"] == found["accuracy_10"]
        and found["confidence_10"] > found["confidence_1"]
        and found["loss_10"] > found["loss_1"]
    )
    return Measured(holds=holds, values={**found, "wrong": 100 * (1 - found["accuracy_10"])})

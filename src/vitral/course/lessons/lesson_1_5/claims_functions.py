"""What lesson 1.5 claims of activations as functions, measured: slopes, softmax, and what computers do with them."""

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_5.confident import two_slopes
from vitral.course.lessons.lesson_1_5.functions import (
    ELEMENTWISE,
    KINKED,
    largest_slope,
    lowest_value,
    places_away_from_kinks,
    slope_error,
)
from vitral.course.lessons.lesson_1_5.overflow import log_sum_exp, naive_softmax, overflow_threshold
from vitral.course.numbers import tiny
from vitral.foundations import gradcheck, losses
from vitral.foundations.activations import gelu, relu, sigmoid, softmax, swish, tanh


def claim_derivatives() -> Measured:
    """Every f' against central differences, away from the kinks; and at a kink, where they disagree."""
    worst = max(slope_error(f, places_away_from_kinks()) for f in ELEMENTWISE)
    h = 1e-6
    at_kink = float((relu.value(h) - relu.value(-h)) / (2 * h))
    taken = float(relu.derivative(0.0))
    return Measured(
        holds=worst < 1e-6 and taken == 0 and abs(at_kink - 0.5) < 1e-9,
        values={"n": len(ELEMENTWISE), "worst": tiny(worst), "kinks": len(KINKED), "at_kink": at_kink, "taken": taken},
    )


def claim_steepest() -> Measured:
    """The greatest slopes of sigmoid, tanh and GELU."""
    found = {f.name: largest_slope(f) for f in (sigmoid, tanh, gelu)}
    holds = found["sigmoid"] == (0.25, 0.0) and found["tanh"] == (1.0, 0.0) and found["gelu"][0] > 1.12
    return Measured(
        holds=holds,
        values={
            "sigmoid": found["sigmoid"][0],
            "tanh": found["tanh"][0],
            "gelu": found["gelu"][0],
            "where": found["gelu"][1],
        },
    )


def claim_not_monotone() -> Measured:
    """Swish and GELU fall before they rise; ReLU, ELU and softplus never fall."""
    z = np.arange(-12_000, 12_001) / 1e3
    falls = {f.name: float((np.diff(f.value(z)) < 0).mean()) for f in ELEMENTWISE}
    (low_swish, z_swish), (low_gelu, z_gelu) = lowest_value(swish), lowest_value(gelu)
    rising = all(falls[name] == 0 for name in ("sigmoid", "tanh", "relu", "elu", "selu", "softplus"))
    flat = max(abs(float(swish.derivative(z_swish))), abs(float(gelu.derivative(z_gelu))))
    return Measured(
        holds=rising and falls["swish"] > 0 and falls["gelu"] > 0 and flat < 1e-4,
        values={"z_swish": z_swish, "swish": low_swish, "z_gelu": z_gelu, "gelu": low_gelu},
    )


def claim_jacobian() -> Measured:
    """diag(p) - p pᵀ against central differences, and its rows' sums, at 50 places of 2 to 8 units."""
    rng = np.random.default_rng(0)
    errors, sums = [], []
    for _ in range(50):
        z = rng.normal(0, 2, rng.integers(2, 9))
        found, p = softmax.jacobian(z), softmax.value(z)
        for i in range(len(z)):
            errors.append(gradcheck(lambda a, i=i: float(softmax.value(a[0])[i]), [z], [found[i]])[0].error)
        errors.append(float(np.abs(found - (np.diag(p) - np.outer(p, p))).max()))
        sums.append(float(np.abs(found.sum(axis=1)).max()))
    return Measured(
        holds=max(errors) < 1e-6 and max(sums) < 1e-15,
        values={"error": tiny(max(errors)), "sums": tiny(max(sums)), "places": 50},
    )


def claim_shift() -> Measured:
    """One number added to all scores, up to ±1000: what changes?"""
    rng = np.random.default_rng(0)
    z, constants = rng.normal(0, 3, (200, 5)), rng.uniform(-1000, 1000, (200, 1))
    change = float(np.abs(softmax.value(z + constants) - softmax.value(z)).max())
    return Measured(holds=change < 1e-12, values={"change": tiny(change)})


def claim_stable() -> Measured:
    """2,000 rows of scores up to ±1e4, by both forms; and where e^z ends, by bisection."""
    rng = np.random.default_rng(0)
    z = rng.uniform(-1e4, 1e4, (2000, 5))
    good = softmax.value(z)
    failed = float((~np.isfinite(naive_softmax(z))).any(axis=1).mean())
    ends = {name: overflow_threshold(name) for name in ("float32", "float64")}
    logs = {name: float(np.log(np.finfo(name).max)) for name in ends}
    holds = (
        bool(np.isfinite(good).all() and np.allclose(good.sum(axis=1), 1, atol=1e-14) and failed > 0.9)
        and all(abs(ends[name] / logs[name] - 1) < 1e-6 for name in ends)
        and bool(np.isfinite(log_sum_exp(z[0])))
    )
    return Measured(holds=holds, values={"failed": 100 * failed, **ends})


def claim_fused() -> Measured:
    """p - t against Jᵀ(-t/p), the two steps one after the other, and against central differences."""
    rng = np.random.default_rng(0)
    z = rng.normal(0, 2, (100, 4))
    t = losses.one_hot(rng.integers(0, 4, 100), 4)
    p = softmax.value(z)
    two_steps = softmax.pull_back(z, losses.categorical_cross_entropy.gradient(p, t)) * len(z)
    rounding = float(np.abs(two_steps - (p - t)).max())
    given = losses.softmax_cross_entropy.gradient(z, t)
    error = gradcheck(lambda a: losses.softmax_cross_entropy.value(a[0], t), [z], [given])[0].error
    return Measured(
        holds=rounding < 1e-14 and error < 1e-6 and bool(np.allclose(given * len(z), p - t, rtol=0, atol=1e-15)),
        values={"rounding": tiny(rounding), "error": tiny(error)},
    )


def claim_confidently_wrong() -> Measured:
    """Target 1, z = -10: both gradients, and their ratio 1 / (2 p (1 - p))."""
    squared, entropy = (abs(float(each)) for each in two_slopes(-10.0))
    p = float(sigmoid.value(-10.0))
    ratio = entropy / squared
    return Measured(
        holds=entropy > 0.9999 and ratio > 10_000 and abs(ratio * 2 * p * (1 - p) - 1) < 1e-9,
        values={"p": tiny(p), "mse": tiny(squared), "cross_entropy": entropy, "ratio": ratio},
    )

"""What lesson 1.4 asks: guesses to be measured, exercises to be checked."""

from collections.abc import Mapping

import numpy as np

from vitral.course.claims import Revealed, Verdict
from vitral.course.lessons.lesson_1_4.cost import LARGE, measure
from vitral.course.lessons.lesson_1_4.differences import STEPS, errors_by_step
from vitral.course.lessons.lesson_1_4.networks import FIRST_T, FIRST_WEIGHTS, network_of
from vitral.course.lessons.lesson_1_4.paths import DEEP, costs
from vitral.course.lessons.lesson_1_4.programs import PROGRAMS, ends_with
from vitral.course.lessons.lesson_1_4.step import along
from vitral.course.lessons.lesson_1_4.symmetry import learn_xor, start_of
from vitral.course.lessons.lesson_1_4.xor import XOR_T, XOR_X, xor_network
from vitral.course.numbers import number_in
from vitral.foundations import backprop
from vitral.views.widgets import Curves, Series

Answers = Mapping[str, str]

# Of the first exercise: a hidden sigmoid unit, its input, and the two units that it feeds.
HAND_A, HAND_X = 0.8, 3.0
HAND_W, HAND_DELTAS = (1.5, -1.0), (0.2, -0.4)

# How the third exercise writes each mistake.
SIGNS = {"none": "✓", "slope": "f′", "bias": "1/N", "sign": "−1"}


# ---- predictions


def predict_paths() -> Revealed:
    """Paths from one weight of the first layer through ten layers of ten units."""
    found = costs(DEEP)
    routes = found["routes"]
    answer = "hundred" if routes < 500 else "thousand" if routes < 1e5 else "milliard"
    values = {"routes": f"{routes:,}".replace(",", "\u202f"), "paths": float(found["paths"]), "layers": found["layers"]}
    return Revealed(answer=answer, values=values)


def predict_h() -> Revealed:
    """The best step of central differences."""
    errors = np.maximum(errors_by_step(xor_network("tanh", 1, width=2), XOR_X, XOR_T, "mse"), 1e-16)
    best = float(STEPS[errors[0].argmin()])
    options = {"e2": 1e-2, "e5": 1e-5, "e8": 1e-8, "e12": 1e-12}
    answer = min(options, key=lambda key: abs(np.log(options[key] / best)))
    values = {"best": best, "error": errors[0].min(), "tiny": errors[0][-1]}
    values["times"] = errors[0][-1] / errors[0][np.abs(np.log(STEPS / 1e-3)).argmin()]
    picture = Curves(
        x_label="h",
        log_x=True,
        log_y=True,
        marker=best,
        series=[Series(x=STEPS, y=errors[0], name="|error|", role="a")],
    )
    return Revealed(answer=answer, values=values, drawings=[picture])


def predict_cost() -> Revealed:
    """All derivatives of 81 810 parameters, in forward passes."""
    found = measure(LARGE)
    ratio = found.both / found.forward
    answer = "few" if ratio < 20 else "hundred" if ratio < 5_000 else "each"
    values = {
        "parameters": found.parameters, "ratio": ratio, "forward": 1e3 * found.forward, "both": 1e3 * found.both,
        "differences": found.differences,
    }  # fmt: skip
    return Revealed(answer=answer, values=values)


def predict_rate() -> Revealed:
    """One step of rate 10 against one of rate 1."""
    losses, before, _ = along(xor_network(), XOR_X, XOR_T, "binary_cross_entropy", [1.0, 10.0])
    one, ten = losses
    answer = "rises" if ten > before else "more" if ten < one else "less"
    return Revealed(answer=answer, values={"before": before, "one": one, "ten": ten})


def predict_zeros() -> Revealed:
    """XOR from weights that are all zero."""
    training = learn_xor(start_of("zeros", "tanh"))
    moved = max(float(np.abs(a - b).max()) for a, b in zip(training.weights[0], training.weights[-1], strict=True))
    random = learn_xor(start_of("random", "tanh")).losses[-1]
    answer = "nothing" if not moved else "slower" if training.losses[-1] > random else "same"
    return Revealed(answer=answer, values={"moved": moved, "loss": training.losses[-1], "random": random})


def predict_silent() -> Revealed:
    """XOR with a program that divides the biases' gradients by N once too often."""
    ends, right = ends_with("bias"), ends_with("none")
    n = sum(end < 0.1 for end in ends)
    answer = "learns" if n >= 5 else "stuck" if np.isfinite(ends).all() else "diverges"
    return Revealed(answer=answer, values={"n": n, "of": len(ends), "end": np.median(ends), "right": np.median(right)})


# ---- exercises


def hand_delta() -> tuple[float, float]:
    """δ of the first exercise's unit, and ∂L/∂w of the weight from its input."""
    delta = float(np.dot(HAND_W, HAND_DELTAS)) * HAND_A * (1 - HAND_A)
    return delta, HAND_X * delta


def exercise_delta(answers: Answers) -> Verdict:
    """One delta and one gradient by hand."""
    delta, gradient = number_in(answers["delta"]), number_in(answers["gradient"])
    if delta is None or gradient is None:
        return Verdict(right=False, say="number")
    right, right_gradient = hand_delta()
    upstream = float(np.dot(HAND_W, HAND_DELTAS))
    slope = HAND_A * (1 - HAND_A)
    if _near(delta, right):
        if _near(gradient, right_gradient):
            return Verdict(right=True, say="right")
        return Verdict(right=False, say="gradient", values={"delta": right})
    for key, wrong in (
        ("slope", upstream),
        ("activation", upstream * HAND_A),
        ("sign", float(np.dot(np.abs(HAND_W), HAND_DELTAS)) * slope),
        ("one", HAND_W[0] * HAND_DELTAS[0] * slope),
        ("one", HAND_W[1] * HAND_DELTAS[1] * slope),
    ):
        if _near(delta, wrong):
            return Verdict(right=False, say=key, values={"given": delta})
    return Verdict(right=False, say="wrong", values={"given": delta})


def exercise_zero(answers: Answers) -> Verdict:
    """An input, not zero, for which the first weight has no gradient although the network is wrong."""
    x = [number_in(answers[name]) for name in ("x1", "x2")]
    if x[0] is None or x[1] is None:
        return Verdict(right=False, say="number")
    if max(abs(x[0]), abs(x[1])) > 10:
        return Verdict(right=False, say="outside")
    if min(abs(x[0]), abs(x[1])) < 0.1:
        return Verdict(right=False, say="small")
    network = network_of([np.array(w) for w in FIRST_WEIGHTS], "relu", "sigmoid")
    result = backprop(network, [x], [[FIRST_T]], "mse")
    z, gradient = float(result.forward.z[0][0, 0]), float(result.gradients[0][0, 0])
    values = {"z": z, "gradient": gradient, "loss": result.loss}
    return Verdict(right=gradient == 0, say="alive" if gradient else "right", values=values)


def exercise_programs(answers: Answers) -> Verdict:
    """Which mistake each program makes."""
    n = sum(answers[key.lower()] == SIGNS[bug] for key, bug in PROGRAMS.items())
    if n == len(PROGRAMS):
        return Verdict(right=True, say="right")
    innocent = next(key for key, bug in PROGRAMS.items() if bug == "none").lower()
    say = "some" if answers[innocent] == SIGNS["none"] else "innocent"
    return Verdict(right=False, say=say, values={"n": n})


def _near(value: float, right: float) -> bool:
    return abs(value - right) < 6e-4

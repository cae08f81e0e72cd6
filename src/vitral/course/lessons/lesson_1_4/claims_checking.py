"""Claims about differences as a judge: the best h, and which mistakes they catch that training does not."""

from itertools import product

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_4.differences import STEPS, doubt, errors_by_step
from vitral.course.lessons.lesson_1_4.programs import BUGS, buggy_gradients, ends_with
from vitral.course.lessons.lesson_1_4.xor import XOR_T, XOR_X, xor_network


def _errors() -> np.ndarray:
    """Errors of differences for ten networks: (10, 2, S)."""
    return np.array([errors_by_step(xor_network("tanh", s, width=2), XOR_X, XOR_T, "mse", STEPS) for s in range(10)])


def claim_step() -> Measured:
    """The best step is near ε^(1/3) for central differences, and near ε^(1/2) for one-sided ones."""
    best = STEPS[_errors().argmin(axis=2)]
    two, one = np.median(best, axis=0)
    holds = 6e-7 < two < 6e-5 and 1.5e-9 < one < 1.5e-7
    return Measured(holds=bool(holds), values={"two": two, "one": one, "n": len(best)})


def claim_order() -> Measured:
    """A step ten times smaller has a hundredth of the error for central differences, a tenth for one-sided ones."""
    at = [int(np.abs(np.log(STEPS / h)).argmin()) for h in (1e-2, 1e-3)]
    errors = _errors()[:, :, at]
    two, one = np.median(errors[:, :, 0] / errors[:, :, 1], axis=0)
    return Measured(holds=bool(90 < two < 110 and 9 < one < 11), values={"two": two, "one": one})


def claim_bugs() -> Measured:
    """Each planted mistake is caught by the check, and the right program passes it."""
    caught, passed, n = 0, 0, 0
    for seed, bug in product(range(10), BUGS):
        network = xor_network("tanh", seed, width=2)
        found = doubt(network, XOR_X, XOR_T, "mse", buggy_gradients(network, XOR_X, XOR_T, "mse", bug))
        worst = max(w.error for w in found)
        if bug == "none":
            passed += worst < 1e-6
        else:
            caught += worst > 1e-3
            n += 1
    return Measured(holds=caught == n and passed == 10, values={"caught": caught, "n": n, "kinds": len(BUGS) - 1})


def claim_silent() -> Measured:
    """A network learns with a wrong gradient, too: that the loss falls proves nothing."""
    ends = ends_with("bias")
    network = xor_network("sigmoid", 0, width=4)
    gradients = buggy_gradients(network, XOR_X, XOR_T, "binary_cross_entropy", "bias")
    error = max(w.error for w in doubt(network, XOR_X, XOR_T, "binary_cross_entropy", gradients))
    n = sum(end < 0.1 for end in ends)
    return Measured(
        holds=n >= 5 and error > 0.1, values={"n": n, "of": len(ends), "end": np.median(ends), "error": error}
    )

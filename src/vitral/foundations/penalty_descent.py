"""Ridge and lasso by descent, to be held beside their closed forms: where it is after each number of steps.

    ridge, gradient      w <- w - η (∇ + 2 λ w)          ∇ = 2 (G w - c), as in `ridge` and `lasso`
    lasso, by the sign   w <- w - η (∇ + λ sign w)
    lasso, proximal      w <- S(w - η ∇, η λ)            S(a, b) = sign(a) max(|a| - b, 0); Daubechies et al., 2004

w - η ∇ is A w + a whatever w is, so a step is one product. Where the columns are not about their means, G and c are of
those that are: the bias is at its best all the time.

Letters: N samples, D inputs, K numbers of steps.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from vitral._checks import check_choice, check_int, check_number
from vitral._errors import ArgumentError
from vitral.foundations._least_squares import LinearFit, is_least, read_problem
from vitral.foundations._numbers import float_array


def soft_threshold(a: Any, b: float) -> np.ndarray:
    """S(a, b): a nearer to zero by b, and zero where that would go past it.

    Args:
        a: numbers, of any shape.
        b: from 0.

    Raises:
        ArgumentError, ShapeError, DataError: a that holds no numbers; a b below 0, or none.

    >>> soft_threshold([3.0, -3.0, 0.5], 1.0).tolist()
    [2.0, -2.0, 0.0]
    """
    return _shrink(float_array("a", a), check_number("b", b, minimum=0))


def _shrink(a: np.ndarray, b: float) -> np.ndarray:
    return np.sign(a) * np.maximum(np.abs(a) - b, 0.0) + 0.0  # -0.0 + 0.0 is 0.0


def ridge_descent(x: Any, t: Any, lam: float, steps: Any) -> LinearFit:
    """Where gradient descent on `ridge`'s L is after so many steps, from zero, at η = 1 / (greatest curvature).

    Args:
        x: (N, D).
        t: (N,).
        lam: λ, from 0.
        steps: how many; or (K,), rising, and weights are (K, D).

    Raises:
        ShapeError, DataError, ArgumentError: as `ridge`; steps that do not rise.

    >>> from vitral.foundations import ridge
    >>> x, t = [[-1.0, 0.0], [1.0, 1.0], [2.0, -1.0]], [-2.0, 2.0, 4.0]
    >>> ridge_descent(x, t, 0.1, [1, 10, 100]).weights.round(4).tolist()
    [[1.761, -0.3774], [1.866, -0.0625], [1.8676, -0.0576]]
    >>> ridge(x, t, 0.1).weights.round(4).tolist()
    [1.8676, -0.0576]
    """
    problem, lam, counts = read_problem(x, t), check_number("lam", lam, minimum=0), _read_steps(steps)
    g, c = problem.products()
    rate = _rate(g, lam)
    keep, pull = np.eye(len(c)) - 2 * rate * (g + lam * np.eye(len(c))), 2 * rate * c  # a step is keep w + pull
    w = _walk(lambda w: keep @ w + pull, np.zeros(len(c)), counts)
    return problem.fit(w.reshape(*np.shape(steps), -1), is_least(g, c, w, lam, 0.0).reshape(np.shape(steps)))


def lasso_descent(
    x: Any, t: Any, lam: float, steps: Any, *, step: Literal["proximal", "sign"] = "proximal"
) -> LinearFit:
    """Where descent on `lasso`'s L is after so many steps, from zero, at η = 1 / (greatest curvature of the error).

    Args:
        x: (N, D).
        t: (N,).
        lam: λ, from 0.
        steps: how many; or (K,), rising, and weights are (K, D).
        step: "proximal", by soft thresholds: weights become exactly zero, and it arrives. "sign", by the slope of |w|,
            as Keras's regulariser has it: near zero it steps to and fro by the order of η λ, and no weight stays at
            zero.

    Raises:
        ShapeError, DataError, ArgumentError, UnknownNameError: as `ridge_descent`; another step.

    >>> fit = lasso_descent([[-1.0, 1.0], [1.0, 1.1], [2.0, 0.9]], [-2.0, 2.0, 4.0], 0.5, 500)
    >>> fit.weights.round(4).tolist(), bool(fit.converged)
    ([1.8393, 0.0], True)
    """
    problem, lam, counts = read_problem(x, t), check_number("lam", lam, minimum=0), _read_steps(steps)
    check_choice("step", step, ("proximal", "sign"))
    g, c = problem.products()
    rate = _rate(g, 0.0)
    keep, pull = np.eye(len(c)) - 2 * rate * g, 2 * rate * c  # the error's step is keep w + pull
    cost = rate * lam
    steps_by = {
        "proximal": lambda w: _shrink(keep @ w + pull, cost),
        "sign": lambda w: keep @ w + pull - cost * np.sign(w),
    }
    w = _walk(steps_by[step], np.zeros(len(c)), counts)
    return problem.fit(w.reshape(*np.shape(steps), -1), is_least(g, c, w, 0.0, lam).reshape(np.shape(steps)))


def _walk(step: Callable[[np.ndarray], np.ndarray], w: np.ndarray, counts: list[int]) -> np.ndarray:
    """The weights after each of the numbers of steps: (K, D)."""
    done, found = 0, []
    for count in counts:
        for _ in range(count - done):
            w = step(w)
        done = count
        found.append(w)
    return np.array(found)


def _rate(g: np.ndarray, l2: float) -> float:
    curvature = 2 * (float(np.linalg.eigvalsh(g)[-1]) if len(g) else 0.0) + 2 * l2
    return 1 / curvature if curvature else 0.0


def _read_steps(steps: Any) -> list[int]:
    counts = [check_int("steps", count, minimum=0) for count in (steps if np.ndim(steps) else [steps])]
    if not counts:
        raise ArgumentError("steps must be a whole number, or a row of them: got none. Write [1, 10, 100].")
    if counts != sorted(counts):
        raise ArgumentError(f"steps must rise: got {counts}. Sort them.")
    return counts

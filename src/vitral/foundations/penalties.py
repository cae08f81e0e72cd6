"""Ridge and lasso: a linear unit whose weights cost something, solved at once and by descent.

    L(w, b) = (1/N) ‖X w + b - t‖² + λ R(w),    R = Σ w² (ridge, L2) or Σ |w| (lasso, L1); b is free

The best bias is b = mean(t - X w), so with X and t about their means it drops out. Then, with G = XᵀX / N, c = Xᵀt / N,
∇ = 2 (G w - c) and S(a, b) = sign(a) max(|a| - b, 0):

    ridge      w = (XᵀX + N λ I)⁻¹ Xᵀt                                     Hoerl & Kennard, 1970
               w <- w - η (∇ + 2 λ w)                                      descent; it arrives there
    lasso      w_j = S(c_j - Σ_{k≠j} G_jk w_k, λ/2) / G_jj in turn         Tibshirani, 1996; Friedman et al., 2007
               w <- w - η (∇ + λ sign w)                                   descent; it sways about the zeros
               w <- S(w - η ∇, η λ)                                        proximal; Daubechies, Defrise & De Mol, 2004

One λ in several dialects. Keras: `keras.regularizers.L2(λ)` or `L1(λ)` on the kernel under the loss "mse" are this L,
and the proximal step is the constraint `vitral.losses.SoftThreshold(η λ)`. scikit-learn: `Ridge` minimises N times this
L, so its alpha is N λ; `Lasso` half of it, so its alpha is λ/2. Cross-entropy with λ Σ w² is `LogisticUnit(l2=2 * λ)`,
which writes l2/2 ‖w‖², and scikit-learn's C is then 1 / (2 N λ).

Letters: N samples, D inputs, L penalties, K numbers of steps.
"""

from typing import Any

import numpy as np

from vitral._errors import ArgumentError
from vitral.foundations._least_squares import LinearFit, is_least, read_problem
from vitral.foundations._numbers import float_array

ROUNDING = 1e-10  # singular values below it, beside the largest, are none
ALIKE = 1e-12  # squares below it, beside the largest, are none
ROUNDS = 100  # of coordinate descent for each λ, before it is helped


def ridge(x: Any, t: Any, lam: Any) -> LinearFit:
    """The least of mean squared error and λ Σ w², in closed form, for one λ or for each of several.

    By the singular values s of X about its means: each of its directions gets the factor s / (s² + N λ). With
    λ = 0 it is least squares, and where that leaves the weights open, the shortest.

    Args:
        x: (N, D).
        t: (N,).
        lam: λ, or (L,), from 0. scikit-learn's `Ridge` calls N λ alpha.

    Raises:
        ShapeError, DataError, ArgumentError: arrays that do not fit, or whose squares are not finite; a λ below 0.

    >>> ridge([[-1.0], [1.0]], [-2.0, 2.0], [0.0, 1.0]).weights.round(6).tolist()  # 2 / (1 + λ)
    [[2.0], [1.0]]
    """
    problem, lams = read_problem(x, t), _read_lams(lam)
    u, s, vt = np.linalg.svd(problem.x, full_matrices=False)
    keep = s > ROUNDING * s.max(initial=0.0)
    factors = np.where(keep, s / np.where(keep, s * s + len(u) * lams[..., None], 1.0), 0.0)  # (…, min(N, D))
    return problem.fit((factors * (u.T @ problem.t)) @ vt, np.full(lams.shape, fill_value=True))


def lasso(x: Any, t: Any, lam: Any) -> LinearFit:
    """The least of mean squared error and λ Σ |w|, for one λ or for each of several; many weights are exactly zero.

    By coordinate descent, the strongest λ first, whose answers are near. It soon knows which weights are left and with
    which sign. The rest is linear, G w = c - λ/2 sign w among those: exact, if they keep their signs and none of the
    others would move. With λ = 0 it is `ridge`'s.

    Args:
        x: (N, D).
        t: (N,).
        lam: λ, or (L,), from 0. scikit-learn's `Lasso` calls λ/2 alpha.

    Raises:
        ShapeError, DataError, ArgumentError: as `ridge`.

    >>> lasso([[-1.0], [1.0]], [-2.0, 2.0], [0.0, 1.0, 5.0]).weights.round(6).tolist()  # max(2 - λ/2, 0)
    [[2.0], [1.5], [0.0]]
    """
    problem, lams = read_problem(x, t), _read_lams(lam)
    g, c = problem.products()
    w, flat = np.zeros(len(c)), np.atleast_1d(lams)
    found, converged = np.zeros((len(flat), len(c))), np.full(len(flat), fill_value=True)
    for at in np.argsort(flat)[::-1]:
        w = _lasso(g, c, float(flat[at]) / 2, w) if flat[at] else ridge(x, t, 0.0).weights
        found[at], converged[at] = w, is_least(g, c, w[None], 0.0, float(flat[at]))[0]
    return problem.fit(found.reshape(*lams.shape, -1), converged.reshape(lams.shape))


def _lasso(g: np.ndarray, c: np.ndarray, half: float, w: np.ndarray) -> np.ndarray:
    """The lasso's weights, from near ones; half is λ/2."""
    for _ in range(ROUNDS):
        left = np.flatnonzero(w)
        exact = _solve(g, c, half, left, np.sign(w))
        if exact is not None and is_least(g, c, exact[None], 0.0, 2 * half)[0]:
            return exact
        w = w.copy()
        for j in np.flatnonzero(np.diagonal(g)):
            aim = c[j] - g[j] @ w + g[j, j] * w[j]
            w[j] = (aim - half if aim > half else aim + half if aim < -half else 0.0) / g[j, j]
    return _settle(g, c, half, w)


def _settle(g: np.ndarray, c: np.ndarray, half: float, w: np.ndarray) -> np.ndarray:
    """The same by an active set, where columns are so alike that coordinate descent creeps (Osborne et al., 2000).

    Go towards the solution of the weights that are left, as far as the first that would change its sign: that one is
    zero. Where they may move and the error stays, make them smaller, with the same end. Where none would change its
    sign, let in the one whose slope is steepest, until no slope is above λ/2.
    """
    signs = np.sign(w)
    for _ in range(20 * len(c)):
        left = np.flatnonzero(signs)
        free = _free(g[np.ix_(left, left)], signs[left])
        if free is None:
            aim = _solve(g, c, half, left, signs)
            if aim is None:
                return w
            way = aim - w
        else:
            way = np.zeros_like(w)
            way[left] = free
        back = left[way[left] * signs[left] < 0]
        shares = -w[back] / way[back]  # of the way, where each would be zero
        if len(back) and (free is not None or shares.min() < 1):
            w, first = w + shares.min() * way, back[shares.argmin()]
            w[first] = signs[first] = 0.0
            continue
        w = w + way
        slope = np.where(signs, 0.0, c - g @ w)
        most = int(np.abs(slope).argmax())
        if abs(slope[most]) <= half or is_least(g, c, w[None], 0.0, 2 * half)[0]:
            return w
        signs[most] = np.sign(slope[most])
    return w


def _free(g: np.ndarray, signs: np.ndarray) -> np.ndarray | None:
    """A way for those weights that leaves the error as it is and makes them smaller; None if there is none."""
    values, vectors = np.linalg.eigh(g)
    null = vectors[:, values <= ALIKE * values.max(initial=0.0)]
    if not null.size:
        return None
    way = -null @ (null.T @ signs)
    return way if np.abs(way).max() > ALIKE else null[:, 0] * -np.sign(null[:, 0] @ signs or 1.0)


def _solve(g: np.ndarray, c: np.ndarray, half: float, left: np.ndarray, signs: np.ndarray) -> np.ndarray | None:
    """G w = c - λ/2 sign w among the weights that are left; None where that is open."""
    w = np.zeros(len(c))
    try:
        w[left] = np.linalg.solve(g[np.ix_(left, left)], c[left] - half * signs[left])
    except np.linalg.LinAlgError:  # more of them than directions
        return None
    return w


def _read_lams(lam: Any) -> np.ndarray:
    lams = float_array("lam", lam)
    if lams.ndim > 1 or not lams.size or not np.isfinite(lams).all() or (lams < 0).any():
        raise ArgumentError(f"lam must be a finite number at least 0, or a row of them: got {lam!r}. Write 0.1.")
    return lams

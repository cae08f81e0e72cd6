"""Polynomials through noisy points of a wave, with a penalty on their weights: the smallest picture of overfitting.

    y(x) = b + w₁ x + w₂ x² + … + w_M xᴹ
    minimise  (1/N) Σ (y(xₙ) − tₙ)² + λ Σ w²        (ridge; Hoerl & Kennard, 1970)

The bias b is not penalised. Without a penalty, and with more weights than points, it is the solution of least weights.

Letters: N samples, M the degree, L penalties.
"""

from functools import lru_cache

import numpy as np

N_CHECKS = 200  # points to validate on
ROUNDING = 1e-10  # singular values below it, beside the largest, are none


def truth(x: np.ndarray) -> np.ndarray:
    """The wave itself, without noise."""
    return np.sin(np.pi * x)


@lru_cache(maxsize=1024)
def sample(n: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """N points x (N,), one by chance in each of N equal parts of [-1, 1], and their noisy targets t (N,)."""
    rng = np.random.default_rng(seed)
    x = (np.arange(n) + rng.uniform(0, 1, n)) * 2 / n - 1
    return x, truth(x) + noise * rng.normal(size=n)


def checks(noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points to validate on, drawn like the others but by themselves: (200,), (200,)."""
    return sample(N_CHECKS, noise, seed + 10_000)


def powers(x: np.ndarray, degree: int) -> np.ndarray:
    """x, x², …, xᴹ: (N, M)."""
    return np.vander(x, degree + 1, increasing=True)[:, 1:]


def ridge(a: np.ndarray, t: np.ndarray, lams: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The weights of least error plus penalty, in closed form, for one λ or for each of several.

        w = (AᵀA + N λ I)⁻¹ Aᵀ t, with A and t about their means

    By the singular values s of A: each of its directions gets the factor s / (s² + N λ).

    Args:
        a: (N, M) features. t: (N,) targets. lams: () or (L,), from 0.

    Returns:
        Weights (M,) or (L, M), and biases () or (L,).
    """
    middle, level = a.mean(axis=0), t.mean()
    u, s, vt = np.linalg.svd(a - middle, full_matrices=False)
    lam = np.asarray(lams, float)[..., None]
    keep = s > ROUNDING * s.max(initial=0.0)
    factors = np.where(keep, s / np.where(keep, s * s + len(t) * lam, 1.0), 0.0)  # (…, min(N, M))
    w = (factors * (u.T @ (t - level))) @ vt
    return w, level - w @ middle


def errors(degree: int, n: int, noise: float, lam: float, seed: int) -> tuple[float, float]:
    """Mean squared error on the points that it was fitted to, and on those to validate on."""
    x, t = sample(n, noise, seed)
    w, b = ridge(powers(x, degree), t, lam)
    return squared(x, t, w, b), squared(*checks(noise, seed), w, b)


def squared(x: np.ndarray, t: np.ndarray, w: np.ndarray, b: np.ndarray) -> float:
    """The mean squared error of a polynomial on points."""
    return float(np.mean((powers(x, len(w)) @ w + b - t) ** 2))

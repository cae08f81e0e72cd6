"""Polynomials through noisy points of a wave, with a penalty on their weights: the smallest picture of overfitting.

    y(x) = b + w₁ x + w₂ x² + … + w_M xᴹ
    minimise  (1/N) Σ (y(xₙ) − tₙ)² + λ Σ w²        (ridge; Hoerl & Kennard, 1970)

The bias b is not penalised. Without a penalty, and with more weights than points, it is the solution of least weights.

Letters: N samples, M the degree.
"""

from functools import lru_cache

import numpy as np

from vitral.foundations import LinearFit, polynomial_features, ridge

N_CHECKS = 200  # points to validate on


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


def fitted(degree: int, n: int, noise: float, lam: float, seed: int) -> LinearFit:
    """The polynomial of least error plus penalty."""
    x, t = sample(n, noise, seed)
    return ridge(powers(x, degree), t, lam)


def powers(x: np.ndarray, degree: int) -> np.ndarray:
    """x, x², …, xᴹ: (N, M)."""
    return polynomial_features(x[:, None], degree)


def errors(degree: int, n: int, noise: float, lam: float, seed: int) -> tuple[float, float]:
    """Mean squared error on the points that it was fitted to, and on those to validate on."""
    found = fitted(degree, n, noise, lam, seed)
    train, validation = (
        float(np.mean((found.predict(powers(x, degree)) - t) ** 2))
        for x, t in (sample(n, noise, seed), checks(noise, seed))
    )
    return train, validation

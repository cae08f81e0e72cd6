"""Ridge and lasso of a linear model, solved exactly, and by descent.

    L(w) = (1/N) ‖X w − t‖² + λ R(w),   R = Σ w² (ridge) or Σ |w| (lasso)

    ridge         w = (XᵀX + N λ I)⁻¹ Xᵀ t                                   (Hoerl & Kennard, 1970)
    lasso         wⱼ = S(cⱼ, λ/2) / gⱼⱼ in turn, until nothing moves          (Tibshirani, 1996)
    descent       w ← w − η (∇ + 2 λ w), or w − η (∇ + λ sign w)
    proximal      w ← S(w − η ∇, η λ)                                        (Daubechies, Defrise & De Mol, 2004)

with S(a, b) = sign(a) max(|a| − b, 0), G = XᵀX / N, and c what is left for wⱼ to explain. Columns and targets have mean
0, so there is no bias.

Letters: N samples, D inputs, L penalties, S steps.
"""

import numpy as np

from vitral.training import Task

WAYS = ("l2", "l1", "proximal")


def soft(a: np.ndarray, b: float) -> np.ndarray:
    """S(a, b): b nearer to zero, and zero where that would go past it."""
    return np.sign(a) * np.maximum(np.abs(a) - b, 0.0)


def ridge_weights(x: np.ndarray, t: np.ndarray, lams: np.ndarray) -> np.ndarray:
    """The ridge of each penalty, (L, D), by the normal equations."""
    g, c = x.T @ x / len(x), x.T @ t / len(x)
    return np.array([np.linalg.solve(g + lam * np.eye(len(g)), c) for lam in lams])


def lasso_weights(x: np.ndarray, t: np.ndarray, lams: np.ndarray, rounds: int = 2000) -> np.ndarray:
    """The lasso of each penalty, (L, D): coordinate descent, the larger penalties first, whose answers are near.

    Descent soon knows which weights are left and with which sign. The rest is linear: G w = c − λ/2 sign w among those,
    exact if all keep their signs and none of the others would move.
    """
    g, c = x.T @ x / len(x), x.T @ t / len(x)
    w, found = np.zeros(len(c)), np.zeros((len(lams), len(c)))
    for at in np.argsort(lams)[::-1]:
        half = float(lams[at]) / 2
        for _ in range(rounds):
            w, is_exact = _finished(g, c, w, half)
            if is_exact:
                break
            for j in range(len(c)):
                aim = c[j] - g[j] @ w + g[j, j] * w[j]
                w[j] = (aim - half if aim > half else aim + half if aim < -half else 0.0) / g[j, j]
        found[at] = w
    return found


def _finished(g: np.ndarray, c: np.ndarray, w: np.ndarray, half: float) -> tuple[np.ndarray, bool]:
    """The solution, if that of the weights which are left is it; else the weights as they are."""
    left = np.flatnonzero(w)
    signs, exact = np.sign(w[left]), np.zeros_like(w)
    exact[left] = np.linalg.solve(g[np.ix_(left, left)], c[left] - half * signs)
    pull = np.abs(c - g @ exact)
    pull[left] = 0.0
    is_exact = bool((np.sign(exact[left]) == signs).all() and (pull <= half * (1 + 1e-12)).all())
    return (exact, True) if is_exact else (w.copy(), False)


def steepest(x: np.ndarray) -> float:
    """The rate 1 / (greatest curvature) of the squared error, which descent always stands."""
    return float(1 / (2 * np.linalg.eigvalsh(x.T @ x / len(x))[-1]))


def descend(
    x: np.ndarray, t: np.ndarray, lam: float, way: str, *, steps: np.ndarray, task: Task | None = None
) -> np.ndarray:
    """The weights after so many steps, (len(steps), D), from zero, at the rate that the curvature allows.

    Args:
        way: "l2", "l1" (by the sign, as Keras's regulariser has it) or "proximal".
        steps: (K,), rising.
    """
    g, c = x.T @ x / len(x), x.T @ t / len(x)
    rate = 1 / (1 / steepest(x) + (2 * lam if way == "l2" else 0.0))
    # w − η ∇ is m w + v, whatever w is.
    m = np.eye(len(c)) - 2 * rate * (g + (lam if way == "l2" else 0.0) * np.eye(len(c)))
    v, pull, done = 2 * rate * c, rate * lam, 0
    w, found = np.zeros(len(c)), []
    for wanted in steps.tolist():
        for _ in range(wanted - done):
            moved = m @ w + v
            w = moved if way == "l2" else moved - pull * np.sign(w) if way == "l1" else soft(moved, pull)
        done = wanted
        found.append(w)
        if task is not None:
            task.check()
    return np.array(found)

"""The classic picture, live: a logistic unit on all products of two inputs up to a degree, and its boundary under λ.

    features   x₁ⁱ x₂ʲ with 1 ≤ i + j ≤ M
    minimise   −mean(t ln p + (1 − t) ln(1 − p)) + λ Σ w²,   p = σ(features · w + b), b free

By Newton's method: `LogisticUnit(l2=2 * λ).solve`.

Letters: N samples, M the degree, F features, L penalties.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from vitral.course.grids import asked_everywhere
from vitral.course.lessons.lesson_1_7.names import lam_told, told
from vitral.foundations import LogisticUnit, polynomial_features
from vitral.training import Task
from vitral.views.widgets import Boundary, Curves, Drawing, Limits, Panel, Readout, Series, Slider

LIMITS: Limits = (-1.5, 1.5, -1.5, 1.5)
GRID, N_CHECKS, MOST_DEGREE = 44, 500, 8
LAMS = 10 ** np.linspace(0, -6, 25)  # the strongest first: its solution is where the next begins
CLOSE, PLAIN = 1e-9, LogisticUnit()  # of a gradient; without a penalty


def disc(n: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 2) by chance, and whether they are inside a lopsided disc, (N,), where noise leaves that to see."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1.2, 1.2, (n, 2))
    seen = x + noise * rng.normal(size=(n, 2))
    radius = np.hypot(seen[:, 0] - 0.1, 1.1 * seen[:, 1] + 0.25 * seen[:, 0])
    return x, (radius < 0.75).astype(int)


@lru_cache(maxsize=128)
def along(degree: int, n: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights at each of `LAMS`, (L, F + 1), and cross-entropy and errors on both sets, (L, 4), without the penalty."""
    (x, t), (xv, tv) = disc(n, noise, seed), disc(N_CHECKS, noise, seed + 10_000)
    a, checks, w, weights, found = polynomial_features(x, degree), polynomial_features(xv, degree), None, [], []
    for lam in LAMS:
        w = LogisticUnit(l2=2 * float(lam), epochs=60, tolerance=CLOSE).solve(a, t, start=w).weights[-1]
        weights.append(w)
        row = []
        for features, truth in ((a, t), (checks, tv)):
            row += [PLAIN.loss(w, features, truth), float(np.mean(PLAIN.predict(w, features) != truth))]
        found.append(row)
    return np.array(weights), np.array(found)


def logistic(words: Mapping[str, str], language: str) -> Panel:
    """Points, the boundary at the λ that the reader chooses, and both losses along λ."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        degree, n, noise, seed = values["degree"], values["n"], float(f"{values['noise']:.3g}"), values["seed"]
        weights, found = along(degree, n, noise, seed)
        task.check()
        lam = float(min(max(values["lam"], LAMS[-1]), LAMS[0]))
        at = int(np.abs(np.log(LAMS / lam)).argmin())
        x, t = disc(n, noise, seed)
        w, best = weights[at], int(found[:, 2].argmin())

        def says(places: np.ndarray) -> np.ndarray:
            return PLAIN.predict_proba(w, polynomial_features(places, degree))

        wrong = (says(x) > 0.5) != (t == 1)
        return [
            Boundary(
                title=words["boundary"].format(lam=lam_told(lam)),
                alt=words["boundary_alt"].format(lam=lam_told(lam), wrong=int(wrong.sum()), n=n),
                points=x.round(3),
                labels=t,
                limits=LIMITS,
                grid=asked_everywhere(says, LIMITS, GRID).round(2),
                wrong=wrong,
                classes=(words["outside"], words["inside"]),
            ),
            Curves(
                title=words["losses"],
                alt=words["losses_alt"].format(
                    first=told(found[-1, 2]), least=told(found[best, 2]), lam=lam_told(LAMS[best])
                ),
                series=[
                    Series(x=LAMS[::-1], y=found[::-1, k].clip(1e-4, 20), name=words[name], role=name)
                    for k, name in ((0, "train"), (2, "validation"))
                ],
                x_label="λ",
                y_label="L",
                log_x=True,
                log_y=True,
                marker=lam,
                edits="lam",
            ),
            Readout(
                items=[
                    (words["features"], len(w) - 1),
                    (words["train_errors"], f"{100 * found[at, 1]:.1f} %", "train"),
                    (words["check_errors"], f"{100 * found[at, 3]:.1f} %", "validation"),
                    (words["largest"], float(np.abs(w[:-1]).max())),
                    (words["least"], lam_told(LAMS[best])),
                ],
                digits=3,
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="lam", label=words["lam"], value=1e-6, low=1e-6, high=1.0, step=0.05, log=True),
            Slider(name="degree", label=words["degree"], value=6, low=1, high=MOST_DEGREE, step=1, structural=True),
            Slider(name="n", label=words["n"], value=80, low=20, high=200, step=5),
            Slider(name="noise", label=words["noise"], value=0.2, low=0.0, high=0.6, step=0.05),
            Slider(name="seed", label=words["seed"], value=0, low=0, high=30, step=1),
        ],
        language=language,
        label=words["label"],
    )

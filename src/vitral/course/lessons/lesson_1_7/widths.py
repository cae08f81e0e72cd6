"""Capacity far beyond the number of samples, live: where the validation error peaks, and comes down again.

    y(x) = b + Σ vⱼ f(wⱼ·x + cⱼ), j = 1 … H;   w and c random and never trained, v by ridge's closed form

With b it has H + 1 parameters. With fewer than N it is ordinary least squares; from H = N - 1 on it goes through every
point, there in the only way, and of all ways to do so takes the one of least weights (Belkin, Hsu, Ma & Mandal, 2019).

Letters: N samples, H hidden units, S seeds.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_7.names import drawn, strength_of, strength_slider, told
from vitral.course.lessons.lesson_1_7.patients import patients
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Menu, Note, Panel, Readout, Series, Slider

SEEDS = range(6)
LEAST_LAM = 1e-6
FACTORS = (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Widths that are tried, in units of N; N - 1 is another."""
ROUNDING = 1e-9  # squares below it, beside the largest, are none
N_CHECKS = 150  # patients to validate on


def widths_for(n: int) -> np.ndarray:
    """The widths that are tried with N samples, N - 1 and N among them."""
    return np.union1d(np.maximum(1, np.round(np.array(FACTORS) * n)), peak_at(n)).astype(int)


def peak_at(n: int) -> int:
    """H at which there are as many parameters as samples, the bias being one of them."""
    return n - 1


@lru_cache(maxsize=512)
def _decomposed(n: int, function: str, seed: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each width, by the eigenvectors u of the features' N × N products K = A Aᵀ: their squared singular values
    s (R,), the targets uᵀt (R,), and the products with the features of the points to validate on, C u (V, R).
    """
    part, tried = patients(n, seed), widths_for(n)
    rng = np.random.default_rng(seed)
    w, c = rng.normal(size=(part.x.shape[1], tried[-1])) / np.sqrt(part.x.shape[1]), rng.normal(size=tried[-1]) / 2
    f = np.tanh if function == "tanh" else lambda z: np.maximum(z, 0)
    a, checks = f(part.x @ w + c), f(part.xv[:N_CHECKS] @ w + c)
    middle = a.mean(axis=0)
    a, checks = a - middle, checks - middle
    inner, outer, found = np.zeros((n, n)), np.zeros((len(checks), n)), []
    for begin, end in zip([0, *tried[:-1]], tried, strict=True):  # each width has the units of the one before
        more = a[:, begin:end]
        inner, outer = inner + more @ more.T, outer + checks[:, begin:end] @ more.T
        squares, u = np.linalg.eigh(inner)
        keep = squares > ROUNDING * squares[-1]
        found.append((squares[keep], u[:, keep].T @ part.t, outer @ u[:, keep]))
    return found


def errors_by_width(
    n: int, lam: float, function: str = "relu", seeds: Any = SEEDS, task: Task | None = None
) -> np.ndarray:
    """Training and validation error of each width and seed: (widths, S, 2)."""
    found = []
    for number, seed in enumerate(seeds):
        if task is not None:
            task.report(number / len(seeds))
        part, rows = patients(n, seed), []
        for squares, aims, products in _decomposed(n, function, seed):
            left = n * lam / (squares + n * lam)  # of each direction of the targets
            train = max(float((part.t**2).sum() - (aims**2 * (1 - left**2)).sum()) / n, 0.0)
            answers = products @ (aims / (squares + n * lam))
            rows.append((train, float(np.mean((answers - part.tv[:N_CHECKS]) ** 2))))
        found.append(rows)
    return np.array(found).swapaxes(0, 1)


def widths(words: Mapping[str, str], language: str) -> Panel:
    """Both errors over the number of random units, from far fewer than samples to far more."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        n, lam = int(values["n"]), strength_of(values["lam"], LEAST_LAM)
        tried = widths_for(n)
        found = errors_by_width(n, lam, values["function"], task=task)
        low, median, high = np.quantile(found, (0.25, 0.5, 0.75), axis=1)  # (widths, 2)
        peak = peak_at(n)
        at = int(np.flatnonzero(tried == peak)[0])
        best = int(median[:, 1].argmin())
        is_peak = median[at, 1] > 2 * median[-1, 1]
        return [
            Note(
                text=words["peak" if is_peak else "flat"].format(
                    units=peak, at=told(median[at, 1]), last=told(median[-1, 1]), width=int(tried[-1])
                ),
                tone="warning" if is_peak else "good",
                wide=True,
            ),
            Curves(
                title=words["title"].format(n=len(SEEDS)),
                alt=words["alt"].format(
                    least=told(median[best, 1]), at=told(median[at, 1]), last=told(median[-1, 1]), units=peak
                ),
                series=[
                    Series(
                        x=tried,
                        y=drawn(median[:, k], 1e-3),
                        low=drawn(low[:, k], 1e-3),
                        high=drawn(high[:, k], 1e-3),
                        name=words[name],
                        role=name,
                    )
                    for k, name in ((0, "train"), (1, "validation"))
                ],
                x_label=words["units"],
                y_label=words["error"],
                log_x=True,
                log_y=True,
                marker=peak,
                level=1.0,
                wide=True,
            ),
            Readout(
                items=[
                    (words["least"], told(median[best, 1]), "validation"),
                    (words["least_at"], int(tried[best])),
                    (words["at_peak"].format(units=peak), told(median[at, 1]), "wrong" if is_peak else "neutral"),
                    (words["at_last"].format(width=int(tried[-1])), told(median[-1, 1])),
                ],
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            strength_slider(words["lam"], LEAST_LAM, LEAST_LAM, 1.0),
            Slider(name="n", label=words["n"], value=40, low=20, high=60, step=10, structural=True),
            Menu(name="function", label=words["function"], value="relu", options=(("relu", "ReLU"), ("tanh", "tanh")),
                 structural=True),
        ],
        language=language,
        label=words["label"],
        until_seen=[Note(text=words["waiting"], wide=True)],
    )  # fmt: skip

"""Gradient descent on the loss, live, and the rate at which it no longer arrives.

No step raises the loss up to the rate 2/ℓ, with ℓ the Lipschitz constant of the gradient; close to the optimum what
counts is λ, the largest eigenvalue of the Hessian there: beyond 2/λ a step leads farther away.

Letters: N samples, D inputs.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_ref.data import tumours
from vitral.course.lessons.lesson_ref.loss import AROUND, best_fit, hessian, loss_at, loss_surface, with_bias
from vitral.foundations import LogisticUnit
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Hidden, Note, Panel, Path, Readout, Series, Slider, Surface

START = (-3.0, 6.0)  # where the descent begins, until the reader touches the surface
ROUNDING = 4 * np.finfo(float).eps  # closer to the optimum, a loss is the least one as far as float64 can tell
TONES = {"safe": "good", "between": "info", "beyond": "warning"}


def walk(rows: np.ndarray, t: np.ndarray, start: np.ndarray, *, rate: float, steps: int, l2: float = 0.0) -> np.ndarray:
    """Gradient descent, w - η (X'ᵀ(p - t)/N + λ (w, 0)): the weights before and after each step, (steps + 1, D+1)."""
    penalised = np.append(np.full(len(start) - 1, l2), 0.0)
    way = np.empty((steps + 1, len(start)))
    way[0] = w = start
    for step in range(1, steps + 1):
        z = rows @ w
        p = 0.5 * (1 + np.tanh(0.5 * z))  # σ(z), the quick way
        w = w - rate * (rows.T @ (p - t) / len(rows) + penalised * w)
        way[step] = w
    return way


def largest_rate(rows: np.ndarray, t: np.ndarray, best: np.ndarray, *, steps: int = 1500) -> float:
    """The largest rate that still comes back to `best` from close by, by bisection, to 1 in 1,000."""
    low, high = 0.1, 1000.0
    start = best + 1e-3
    while high / low > 1.001:
        middle = float(np.sqrt(low * high))
        end = walk(rows, t, start, rate=middle, steps=steps)[-1]
        if np.abs(end - best).max() < np.abs(start - best).max():
            low = middle
        else:
            high = middle
    return low


@cache
def limit_rates() -> tuple[float, float]:
    """For the tumours: the rate up to which no step raises the loss, 2/ℓ, and the one that is predicted, 2/λ."""
    z_score = tumours().z_score
    at_optimum = float(np.linalg.eigvalsh(hessian(best_fit(), with_bias(z_score)))[-1])
    return 2 / LogisticUnit().lipschitz(z_score), 2 / at_optimum


@cache
def rates() -> dict[str, float]:
    """Both limits put to the test: `found`, the rate at which it stops arriving, and how it goes at some of the others.

    `rise` is the greatest rise of the loss at the safe rate; `within`, how far from the optimum it ends at rate 20;
    a tenth beyond the limit, `jump` is the last step, `period` the last two together, `largest` the largest weight.
    """
    data, best = tumours(), best_fit()
    rows = with_bias(data.z_score)
    safe, predicted = limit_rates()
    way = walk(rows, data.malignant, np.array(START), rate=safe, steps=500)
    rise = float(np.diff(loss_at(way, rows, data.malignant)).max())
    found = largest_rate(rows, data.malignant, best)
    beyond = walk(rows, data.malignant, best + 1e-3, rate=1.1 * predicted, steps=3000)
    within = walk(rows, data.malignant, np.array(START), rate=20.0, steps=3000)
    return {
        "safe": safe,
        "rise": rise,
        "predicted": predicted,
        "found": found,
        "jump": float(np.abs(beyond[-1] - beyond[-2]).max()),
        "period": float(np.abs(beyond[-1] - beyond[-3]).max()),
        "largest": float(np.abs(beyond).max()),
        "within": float(np.abs(within[-1] - best).max()),
    }


def descent(words: Mapping[str, str], language: str) -> Panel:
    """Gradient descent on the tumours' surface, up to the rate at which it no longer arrives."""
    steps = 120

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        data, rate = tumours(), values["rate"]
        rows = with_bias(data.z_score)
        way = walk(rows, data.malignant, _place(values["start"]), rate=rate, steps=steps)
        loss = loss_at(way, rows, data.malignant)
        least = float(loss_at(best_fit(), rows, data.malignant))
        above = np.where(loss - least > ROUNDING * least, loss - least, np.nan)
        safe, last = limit_rates()
        key = "safe" if rate <= safe else "between" if rate < last else "beyond"
        number = np.arange(steps + 1)
        return [
            Note(text=words[key], tone=TONES[key], wide=True),
            Surface(
                title=words["surface_title"],
                alt=words["surface_alt"],
                grid=loss_surface("cross_entropy"),
                limits=AROUND,
                log=True,
                paths=[Path(points=way, name=f"η = {rate:.3g}", role="b")],
                x_label="w",
                y_label="b",
                edits="start",
                frames=steps + 1,
            ),
            Curves(
                title=words["loss_title"],
                alt=words["loss_alt"],
                series=[Series(x=number, y=above, name="L − L*", role="b")],
                x_label=words["step"],
                y_label="L − L*",
                log_y=True,
                marker=number.tolist(),
                frames=steps + 1,
            ),
            Readout(
                items=[
                    ("w", way[:, 0].round(5).tolist()),
                    ("b", way[:, 1].round(5).tolist()),
                    ("L", loss.round(6).tolist(), "b"),
                    (words["safe_rate"], safe),
                    (words["last_rate"], last),
                ],
                frames=steps + 1,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="rate", label=words["rate"], value=4.0, low=0.1, high=60, step=0.01, log=True),
            Hidden(name="start", value=list(START), most=3, bound=20),
        ],
        language=language,
        label=words["label"],
        player={"fps": 8, "start": "last"},
    )


def _place(value: Any) -> np.ndarray:
    """Two numbers, as a touch on the surface sends them; the first start for anything else."""
    is_place = isinstance(value, list) and len(value) == 2 and all(isinstance(v, int | float) for v in value)
    return np.array(value if is_place else START, dtype=float)

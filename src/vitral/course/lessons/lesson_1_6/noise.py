"""How far the gradient of a few rows is from that of all of them, live.

    variance of the mean of B of N gradients, drawn without replacement:   σ² / B · (N - B) / (N - 1)

σ² is the variance of the gradients of single rows, summed over the weights. The second factor is that of a finite
population (Cochran, Sampling Techniques, 1977): whoever takes all rows makes no error.

Letters: N samples, B rows a step, K draws.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_6.names import BATCH, MINI
from vitral.course.lessons.lesson_1_6.two_weights import TwoWeights, unit
from vitral.course.lessons.lesson_1_6.walking import walk
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Panel, Readout, Series, Slider

DRAWS, SHOWN = 1000, 150
DOTS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99)  # sizes whose variance is drawn
FAR = 60  # epochs of batch training after which the minimum is near


def variance_of(size: Any, n_rows: int, *, replacement: bool = False) -> Any:
    """The variance of the gradient of `size` rows in units of that of a single row: 1/B · (N - B) / (N - 1)."""
    return 1 / size if replacement else (n_rows - size) / (size * (n_rows - 1))


def row_gradients(model: TwoWeights, epochs: int) -> np.ndarray:
    """The gradient of each row (N, 2) where batch training is after so many epochs."""
    w = walk(model, None, 0.1, epochs=epochs).places[-1, 0]
    return model.gradients(w, model.x, model.t)


@cache
def orders(n_rows: int, seed: int, n_draws: int = DRAWS) -> np.ndarray:
    """Shuffled orders of the rows, (K, N): the first B of each are a mini-batch of that size."""
    rng = np.random.default_rng(seed)
    return rng.permuted(np.tile(np.arange(n_rows), (n_draws, 1)), axis=1)


def means_so_far(gradients: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The mean gradient of the first 1, 2, …, N rows of each order: (K, N, 2)."""
    return np.cumsum(gradients[order], axis=1) / np.arange(1, len(gradients) + 1)[:, None]


def downhill_share(gradients: np.ndarray) -> float:
    """The share of the rows whose own gradient (N, 2) would lead down the mean loss, if the step were short."""
    return float((gradients @ gradients.mean(axis=0) > 0).mean())


def noise(words: Mapping[str, str], language: str) -> Panel:
    """Gradients of many mini-batches of one size, and their variance against the size."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        model, size = unit(), values["size"]
        n, g = model.n_rows, row_gradients(model, values["epochs"])
        task.check()
        truth, found = g.mean(axis=0), means_so_far(g, orders(n, values["seed"]))
        task.check()
        measured = ((found - truth) ** 2).sum(axis=-1).mean(axis=0)  # (N,)
        single = ((g - truth) ** 2).sum(axis=-1).mean()
        every, cloud, dots = np.arange(1, n), found[:SHOWN, size - 1], np.array(DOTS)
        deviation, length = float(np.sqrt(measured[size - 1])), float(np.linalg.norm(truth))
        reach = 1.05 * float(np.abs(found[:SHOWN, 0] - truth).max())
        return [
            Curves(
                title=words["cloud"].format(size=size),
                alt=words["cloud_alt"].format(size=size, deviation=deviation),
                series=[
                    Series(x=cloud[:, 0].round(4), y=cloud[:, 1].round(4), name=words["some"], role=MINI, dots=True),
                    Series(x=[truth[0]], y=[truth[1]], name=words["all"], role=BATCH, dots=True),
                ],
                x_label="∂L/∂w₁",
                y_label="∂L/∂w₂",
                limits=(truth[0] - reach, truth[0] + reach, truth[1] - reach, truth[1] + reach),
            ),
            Curves(
                title=words["variance"],
                alt=words["variance_alt"].format(one=measured[0], ten=measured[9], most=measured[-2]),
                series=[
                    Series(x=dots, y=measured[dots - 1], name=words["measured"], role=MINI, dots=True),
                    Series(x=every, y=single * variance_of(every, n), name=words["finite"], role=BATCH),
                    Series(x=every, y=single / every, name=words["simple"], role="neutral"),
                ],
                x_label="B",
                y_label=words["variance_axis"],
                log_x=True,
                log_y=True,
                marker=size,
            ),
            Readout(
                items=[
                    (words["length"], length, BATCH),
                    (words["deviation"], deviation if size < n else 0.0, MINI),
                    (words["ratio"], deviation / length if size < n else 0.0),
                    (words["downhill"], 100 * downhill_share(g)),
                ],
                digits=3,
                wide=True,
            ),
        ]

    n = unit().n_rows
    return Panel(
        compute,
        controls=[
            Slider(name="size", label=words["size"], value=4, low=1, high=n, step=1),
            Slider(name="epochs", label=words["epochs"], value=3, low=0, high=FAR, step=1),
            Slider(name="seed", label=words["seed"], value=0, low=0, high=30, step=1),
        ],
        language=language,
        label=words["label"],
    )

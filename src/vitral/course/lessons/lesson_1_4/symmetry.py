"""Hidden units that start at zero, equal, almost equal or at random, and learn XOR, live."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_4.marks import LOSS, SLOPED, name_of
from vitral.course.lessons.lesson_1_4.xor import XOR_T, XOR_X, xor_network
from vitral.foundations import MLP, Training, train
from vitral.foundations.optimizers import SGD
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Menu, Note, Panel, Series

STARTS = ("zeros", "equal", "almost", "random")
EPOCHS = 600


def symmetry(words: Mapping[str, str], language: str) -> Panel:
    """Three hidden units that start at zero, equal, almost equal or at random, learning XOR."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        training = _learned(values["start"], values["hidden"])
        task.check()
        epochs = np.arange(0, len(training.weights), 5)
        columns = np.array([training.weights[e][0][0] for e in epochs])
        dashes = Curves(
            title=words["title"], alt=words["alt"], x_label=words["epoch"], y_label="w₁ⱼ⁽¹⁾",
            series=[
                Series(x=epochs, y=columns[:, j], name=f"{words['unit']} {j + 1}", role=role, dots=False)
                for j, role in enumerate(("a", "b", "c"))
            ],
        )  # fmt: skip
        curve = Curves(
            title=words["loss"], alt=words["loss_alt"], x_label=words["epoch"], y_label="L",
            limits=(0, float(epochs[-1]), 0, max(0.85, float(training.losses.max()))), level=float(np.log(2)),
            level_name="ln 2", series=[Series(x=epochs, y=training.losses[epochs], name="L", role=LOSS)],
        )  # fmt: skip
        last = training.weights[-1]
        apart = float(np.ptp(np.vstack([last[0], last[1]]), axis=1).max())
        moved = max(float(np.abs(a - b).max()) for a, b in zip(training.weights[0], last, strict=True))
        say = "still" if not moved else "same" if not apart else "apart"
        return [dashes, curve, Note(text=words[say].format(loss=training.losses[-1], apart=apart), wide=True)]

    return Panel(
        compute,
        controls=[
            Menu(name="start", label=words["start"], value="equal", options=tuple((s, words[s]) for s in STARTS)),
            Menu(
                name="hidden",
                label=words["hidden"],
                value="tanh",
                options=tuple((f, name_of(f, words)) for f in SLOPED),
            ),
        ],
        language=language,
        label=words["label"],
    )


@cache
def _learned(start: str, hidden: str) -> Training:
    return learn_xor(start_of(start, hidden))


def start_of(start: str, hidden: str, seed: int = 0) -> MLP:
    """A 2-3-1 network: all weights zero; equal units; equal but for a hundredth; or random."""
    rng = np.random.default_rng(seed)
    network = xor_network(hidden, seed)
    if start == "random":
        return network
    W1, b1, W2, b2 = (np.zeros_like(w) for w in network.weights)
    if start in ("equal", "almost"):
        W1[:] = [[0.8], [-0.5]]
        W2[:] = 0.6
    if start == "almost":
        W1 += 0.01 * rng.normal(size=W1.shape)
        W2 += 0.01 * rng.normal(size=W2.shape)
    return network.with_weights([W1, b1, W2, b2])


def learn_xor(network: MLP, epochs: int = EPOCHS, rate: float = 1.0) -> Training:
    """Train on the four rows of XOR by batches of four, and keep the weights of every epoch."""
    optimizer = SGD(learning_rate=rate)
    return train(network, XOR_X, XOR_T, "binary_cross_entropy", optimizer=optimizer, epochs=epochs, keep="epochs")


def spread(weights: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """How far hidden units are from each other, epoch by epoch: the largest distance of their incoming weights."""
    columns = np.array([np.vstack([W1, b1]) for W1, b1, *_ in weights])  # (E, D+1, H)
    return np.abs(columns.max(axis=2) - columns.min(axis=2)).max(axis=1)

"""The same network with one activation and another, live: which learns, and how many epochs it takes.

One hidden layer, full-batch gradient descent on the cross-entropy. V networks that differ in their first weights are
trained side by side in stacked arrays; each takes the steps that `foundations.train` would take with it alone.

Letters: N samples, H hidden units, V networks, E epochs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from vitral import load
from vitral.course.grids import asked_everywhere
from vitral.course.lessons.lesson_1_5.names import ROLES, chosen, menu, name_of
from vitral.foundations import MLP, losses
from vitral.foundations.activations import Elementwise, sigmoid
from vitral.training import Task
from vitral.views.widgets import Boundary, Curves, Drawing, Limits, Menu, Note, Panel, Series, Slider, Table

GRID = 30  # places a side
GOAL = 0.1  # a cross-entropy at which nearly all points are on their side


@cache
def points(name: str) -> tuple[np.ndarray, np.ndarray]:
    """80 points x (80, 2) and their classes (80,), of "xor", "moons" or "circles"."""
    data = load(name, n=80, noise={"xor": 0.25, "moons": 0.15, "circles": 0.08}[name], seed=0)
    parts = (data.train, data.validation, data.test)
    return np.vstack([p.x for p in parts]).astype(float), np.concatenate([p.y for p in parts]).astype(float)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stack:
    """V networks 2-H-1 at once."""

    w: np.ndarray  # (V, 2, H)
    b: np.ndarray  # (V, 1, H)
    v: np.ndarray  # (V, H, 1)
    c: np.ndarray  # (V, 1, 1)

    @classmethod
    def create(cls, n_networks: int, hidden: int = 8) -> "Stack":
        """Glorot's weights from seeds 0, 1, …"""
        each = [MLP.create((2, hidden, 1), seed=seed).weights for seed in range(n_networks)]
        w, b, v, c = (np.stack(arrays) for arrays in zip(*each, strict=True))
        return cls(w=w, b=b[:, np.newaxis], v=v, c=c[:, np.newaxis])

    def network(self, index: int, f: Elementwise) -> MLP:
        """One of them as an MLP."""
        weights = (self.w[index], self.b[index, 0], self.v[index], self.c[index, 0])
        return MLP(weights=weights, activations=(f, sigmoid))

    def scaled(self, factor: float) -> "Stack":
        """With hidden weights `factor` times as large."""
        return Stack(w=self.w * factor, b=self.b, v=self.v, c=self.c)

    def from_tanh_to_sigmoid(self) -> "Stack":
        """The weights with which sigmoid units compute what tanh units compute with these.

        tanh(z) = 2 σ(2z) - 1: twice the weights into a unit, twice the weight out of it, and its -1 into the bias.
        """
        return Stack(w=2 * self.w, b=2 * self.b, v=2 * self.v, c=self.c - self.v.sum(axis=1, keepdims=True))


@dataclass(frozen=True, kw_only=True, eq=False)
class Race:
    """What came of it: `losses` (E + 1, V), before the first epoch and after each; `last`, the networks."""

    losses: np.ndarray
    last: Stack

    @property
    def epochs(self) -> list[int | None]:
        """For each network the first epoch with a loss below the goal; None where there was none."""
        below = self.losses < GOAL
        return [int(np.argmax(each)) if each.any() else None for each in below.T]

    @property
    def n_solved(self) -> int:
        """Networks that reached the goal."""
        return sum(each is not None for each in self.epochs)

    @property
    def median(self) -> float:
        """The median of the epochs; infinite where half of the networks or more did not get there."""
        return float(np.median([np.inf if each is None else each for each in self.epochs]))


def run_race(
    f: Elementwise, x: np.ndarray, t: np.ndarray, start: Stack, *, rate: float, epochs: int, task: Task | None = None
) -> Race:
    """Train every network of `start` on x (N, 2), t (N,) of 0 and 1."""
    w, b, v, c = start.w, start.b, start.v, start.c
    target = np.tile(t, len(w))
    history = []
    with np.errstate(over="ignore", invalid="ignore"):  # what diverges has losses that are not finite
        for epoch in range(epochs + 1):
            if task is not None and epoch % 20 == 0:
                task.report(epoch / epochs)
            z = x @ w + b  # (V, N, H)
            a = f.value(z)
            q = a @ v + c  # (V, N, 1): log-odds
            history.append(losses.sigmoid_cross_entropy.rows(q.ravel(), target).reshape(len(w), -1).mean(axis=1))
            if epoch == epochs:
                break
            d = (sigmoid.value(q) - t[:, np.newaxis]) / len(x)  # p - t
            back = d @ v.swapaxes(1, 2) * f.derivative(z)  # (V, N, H)
            v = v - rate * (a.swapaxes(1, 2) @ d)
            c = c - rate * d.sum(axis=1, keepdims=True)
            w = w - rate * (x.T @ back)
            b = b - rate * back.sum(axis=1, keepdims=True)
    return Race(losses=np.array(history), last=Stack(w=w, b=b, v=v, c=c))


def race(words: Mapping[str, str], language: str) -> Panel:
    """The same five networks with one hidden activation and with another."""
    epochs, networks = 300, 5

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        x, t = points(values["data"])
        start = Stack.create(networks)
        named = [
            (f, run_race(f, x, t, start, rate=values["rate"], epochs=epochs, task=task), name_of(f, words), role)
            for f, role in zip(chosen(values), ROLES, strict=False)
        ]
        every = np.unique(np.round(np.linspace(0, epochs, 76)).astype(int))
        drawings: list[Drawing] = [
            Curves(
                title=words["loss_title"],
                alt=words["loss_alt"],
                series=[_loss_series(result, name, role, every) for _, result, name, role in named],
                x_label=words["epoch"],
                y_label="L",
                log_y=True,
                level=GOAL,
                level_name=words["goal"],
            ),
            Table(
                columns=[words["function"], words["solved"], words["median"]],
                rows=[
                    [name, f"{result.n_solved} / {networks}", result.median if np.isfinite(result.median) else "–"]
                    for _, result, name, _ in named
                ],
                roles=ROLES[: len(named)],
                alt=words["table_alt"],
            ),
        ]
        if not all(np.isfinite(result.losses).all() for _, result, _, _ in named):
            drawings.insert(0, Note(text=words["diverged"], tone="warning", wide=True))
        (left, bottom), (right, top) = x.min(axis=0) - 0.4, x.max(axis=0) + 0.4
        limits = (left, right, bottom, top)
        drawings += [
            Boundary(
                title=f"{name}: {words['first_network']}",
                alt=words["boundary_alt"],
                points=x,
                labels=t.astype(int),
                limits=limits,
                grid=_regions(result.last.network(0, f), limits) if np.isfinite(result.losses[-1, 0]) else None,
            )
            for f, result, name, _ in named
        ]
        return drawings

    options = tuple((name, words[name]) for name in ("xor", "moons", "circles"))
    return Panel(
        compute,
        controls=[
            menu("first", "sigmoid", words),
            menu("second", "tanh", words),
            Menu(name="data", label=words["data"], value="xor", options=options),
            Slider(name="rate", label=words["rate"], value=1.0, low=0.03, high=10, step=0.05, log=True),
        ],
        language=language,
        label=words["label"],
    )


def _loss_series(result: Race, name: str, role: str, every: np.ndarray) -> Series:
    """The median of the losses and, around it, from the best network to the worst."""
    losses = np.where(np.isfinite(result.losses), result.losses, 1e3)[every].clip(1e-4, 1e3)
    median, low, high = np.median(losses, axis=1), losses.min(axis=1), losses.max(axis=1)
    return Series(x=every, y=median, low=low, high=high, name=name, role=role)


def _regions(network: MLP, limits: Limits) -> np.ndarray:
    """What a network says of each place of a grid, (G, G); its weights may have grown beyond all bounds."""
    with np.errstate(over="ignore", invalid="ignore"):
        return asked_everywhere(network.predict, limits, GRID).round(3)

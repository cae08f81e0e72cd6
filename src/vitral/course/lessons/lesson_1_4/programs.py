"""Programs with a mistake in their backpropagation: what differences say of them, and what training does not."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_4.differences import doubt, loss_of
from vitral.course.lessons.lesson_1_4.xor import XOR_T, XOR_X, xor_network
from vitral.foundations import MLP, backprop
from vitral.foundations.activations import Elementwise
from vitral.training import Task
from vitral.views.widgets import Drawing, Menu, Note, Panel, Slider, Table

BUGS = ("none", "sign", "slope", "place", "bias", "stale")
PROGRAMS = {"A": "slope", "B": "none", "C": "bias", "D": "sign"}  # the programs that a reader judges by a table


def bugs(words: Mapping[str, str], language: str) -> Panel:
    """Four programs that claim to be backpropagation, and what differences say of them."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        rows, passes = program_table(values["program"], int(values["seed"]))
        heads = [words["array"], words["claimed"], words["measured"], words["error"], words["passes"]]
        note = Note(text=words["fine"], tone="good") if passes else Note(text=words["caught"], tone="warning")
        return [Table(title=words["title"], columns=heads, rows=rows, alt=words["alt"], digits=3), note]

    return Panel(
        compute,
        controls=[
            Menu(
                name="program", label=words["program"], value="A",
                options=tuple((key, f"{words['program']} {key}") for key in PROGRAMS),
            ),
            Slider(name="seed", label=words["seed"], value=2, low=0, high=30, step=1),
        ],
        language=language,
        label=words["label"],
    )  # fmt: skip


def program_table(program: str, seed: int = 2) -> tuple[list[list[Any]], bool]:
    """What a gradient check says of one of `PROGRAMS`: a row for each array, and whether all pass."""
    network = xor_network("tanh", seed, width=2)
    gradients = buggy_gradients(network, XOR_X, XOR_T, "mse", PROGRAMS[program])
    worst = doubt(network, XOR_X, XOR_T, "mse", gradients)
    names = [f"{letter}⁽{number}⁾" for number in "¹²" for letter in ("W", "b")]
    rows = [
        [name, w.gradient, w.numeric, float(f"{w.error:.1e}"), w.error < 1e-6]
        for name, w in zip(names, worst, strict=True)
    ]
    return rows, all(row[-1] for row in rows)


def buggy_gradients(network: MLP, x: Any, target: Any, loss: str, bug: str) -> list[np.ndarray]:
    """Backpropagation with one mistake, of the kinds that people make.

    "sign": t - a for a - t at the output. "slope": f' forgotten in the hidden layers. "place": f' taken at a, not at z.
    "bias": the biases' gradients averaged over the rows once more. "stale": each layer is handed the inputs of the
    network instead of its own, where the shapes allow it. "none": no mistake.
    """
    result = backprop(network, x, target, loss)
    delta = -result.deltas[-1] if bug == "sign" else result.deltas[-1]
    gradients: list[np.ndarray] = []
    for i in reversed(range(network.n_layers)):
        inputs = result.forward.inputs(i)
        if bug == "stale" and result.forward.x.shape == inputs.shape:
            inputs = result.forward.x
        bias = delta.mean(axis=0) if bug == "bias" else delta.sum(axis=0)
        gradients = [inputs.T @ delta, bias, *gradients]
        if i:
            upstream, f = delta @ network.weights[2 * i].T, network.activations[i - 1]
            at = result.forward.a[i - 1] if bug == "place" else result.forward.z[i - 1]
            slope = f.derivative(at) if isinstance(f, Elementwise) and bug != "slope" else np.ones_like(upstream)
            delta = upstream * slope
    return gradients


def learn_with(bug: str, network: MLP, epochs: int, rate: float = 1.0) -> np.ndarray:
    """L on XOR before each of some steps, (E,), along gradients with a mistake in them."""
    value = loss_of(network, XOR_X, XOR_T, "binary_cross_entropy")
    found = []
    for _ in range(epochs):
        found.append(value(network.weights))
        gradients = buggy_gradients(network, XOR_X, XOR_T, "binary_cross_entropy", bug)
        network = network.with_weights([w - rate * g for w, g in zip(network.weights, gradients, strict=True)])
    return np.array(found)


@cache
def ends_with(bug: str) -> list[float]:
    """L on XOR after 500 steps of rate 2 with that mistake, from six starts."""
    return [float(learn_with(bug, xor_network("sigmoid", seed, width=4), 500, 2.0)[-1]) for seed in range(6)]

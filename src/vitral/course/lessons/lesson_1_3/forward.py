"""A forward pass through a 2-2-1 network, live: every sum in letters and in numbers, weights to be edited.

    z = x W + b;  a = f(z);  y = a V + c

Letters: F frames, one for each sum and each activation.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral import VitralError
from vitral.course.lessons.lesson_1_3.points import XOR
from vitral.course.numbers import brought_in, num, signed
from vitral.course.truth_tables import truth_rows
from vitral.foundations import MLP
from vitral.training import Task
from vitral.views.widgets import Button, Drawing, Hidden, Menu, Network, Note, Panel, Steps, Table

# XOR of 0 and 1, exactly: y = relu(x₁ + x₂) - 2 relu(x₁ + x₂ - 1).
WEIGHTS = [[[1.0, 1.0], [1.0, 1.0]], [[1.0], [-2.0]]]
BIASES = [[0.0, -1.0], [0.0]]
INPUTS = [0.0, 1.0]
FUNCTIONS = ("relu", "tanh", "sigmoid", "step", "identity")
EDITED = ("weights", "biases", "inputs")
DIGITS = 4  # of each number in a sum
MOST_TYPED = 100.0  # in size

Spans = list[tuple[str, str]]


def network_of(weights: Any, biases: Any, activation: str) -> MLP:
    """A 2-2-1 network of edited numbers.

    Raises:
        VitralError: they are those of no such network; a browser sent them.
    """
    arrays = [array for pair in zip(weights, biases, strict=False) for array in pair]
    network = MLP(weights=tuple(arrays), activations=(activation, "identity"))  # type: ignore[arg-type]
    if [w.shape for w in network.weights] != [(2, 2), (2,), (2, 1), (1,)]:
        shapes = [w.shape for w in network.weights]
        raise VitralError(f"weights must be those of a 2-2-1 network: got {shapes}. Go back to the initial weights.")
    return network


def xor_by_hand() -> MLP:
    """The network that the panel begins with."""
    return network_of(WEIGHTS, BIASES, "relu")


def walk(network: MLP, inputs: Any) -> tuple[list[Spans], list[list[Any]], list[list[np.ndarray]]]:
    """The pass, step by step: a line for each, what it lights in the picture, and what is known of each layer then."""
    f, result = network.activations[0], network.forward([inputs])
    x = result.x[0]
    known = [x, np.full(2, np.nan), np.full(1, np.nan)]
    lines: list[Spans] = [
        [("x₁ = ", ""), (num(x[0], DIGITS), "accent"), (", x₂ = ", ""), (num(x[1], DIGITS), "accent")]
    ]
    lit, states = [[["unit", 0, 0], ["unit", 0, 1]]], [[a.copy() for a in known]]
    for layer, (values, letter) in enumerate(((x, "x"), (result.a[0][0], "a"))):
        W, b = network.weights[2 * layer], network.weights[2 * layer + 1]
        for j, bias in enumerate(b):
            place = "₁₂"[j] if layer == 0 else ""
            z, a = result.z[layer][0, j], result.a[layer][0, j]
            lines.append(_sum_line(f"z{place}", W[:, j], values, letter, bias, z))
            lit.append([["weight", layer, i, j] for i in range(len(W))])
            states.append([each.copy() for each in known])
            known[layer + 1][j] = a
            does = f"a{place} = f(z{place}) = {f.name}({num(z, DIGITS)}) = " if layer == 0 else "y = z = "
            lines.append([(does, ""), (num(a, DIGITS), "accent")])
            lit.append([["unit", layer + 1, j]])
            states.append([each.copy() for each in known])
    return lines, lit, states


def forward(words: Mapping[str, str], language: str) -> Panel:
    """Each weight, bias and input can be touched and changed; the table asks whether it is XOR."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        network = network_of(values["weights"], values["biases"], values["activation"])
        inputs = network.forward([values["inputs"]]).x[0]  # checked
        (*weights, inputs), is_clipped = brought_in((*network.weights, inputs), MOST_TYPED)
        network = network.with_weights(weights)
        lines, lit, states = walk(network, inputs)
        truth = network.forward(truth_rows(2))
        a, y = truth.a[0].round(6), truth.output[:, 0].round(6)
        is_xor = bool(((truth.output[:, 0] > 0.5) == (XOR == 1)).all())
        drawings = [
            Network(
                title=words["network"],
                alt=words["network_alt"].format(y=num(states[-1][2][0], DIGITS)),
                weights=[network.weights[0], network.weights[2]],
                biases=[network.weights[1], network.weights[3]],
                activations=[np.array([state[layer] for state in states]) for layer in range(3)],
                names=[words["inputs"], words["hidden"], words["output"]],
                units=[["x₁", "x₂"], ["a₁", "a₂"], ["y"]],
                lit=lit,
                edits_weights="weights",
                edits_biases="biases",
                edits_inputs="inputs",
                frames=len(lines),
            ),
            Steps(title=words["sums"], alt=words["sums_alt"], lines=lines, frames=len(lines)),
            Table(
                title=words["table"],
                alt=words["table"],
                columns=["x₁", "x₂", "a₁", "a₂", "y"],
                rows=[[*map(int, x), *map(float, a[i]), float(y[i])] for i, x in enumerate(truth_rows(2))],
                digits=3,
            ),
            Note(text=words["is_xor" if is_xor else "is_not_xor"], tone="good" if is_xor else "info", wide=True),
        ]
        return [*drawings, *([Note(text=words["clipped"], tone="warning", wide=True)] if is_clipped else [])]

    return Panel(
        compute,
        controls=[
            Menu(
                name="activation",
                label=words["activation"],
                value="relu",
                options=tuple((name, words[name]) for name in FUNCTIONS),
            ),
            Hidden(name="weights", value=WEIGHTS, most=40),
            Hidden(name="biases", value=BIASES, most=20),
            Hidden(name="inputs", value=INPUTS, most=10),
            Button(name="reset", label=words["reset"], resets=EDITED),
        ],
        language=language,
        label=words["label"],
        player={"start": "first", "fps": 1},
    )


def _sum_line(name: str, weights: np.ndarray, values: np.ndarray, letter: str, bias: float, z: float) -> Spans:
    """z₁ = w₁·x₁ + w₂·x₂ + b, in letters and in numbers."""
    pairs = zip(weights, values, strict=True)
    numbers = " + ".join(f"{signed(w, DIGITS)}·{signed(v, DIGITS)}" for w, v in pairs)
    names = " + ".join(f"w{place}·{letter}{place}" for place in "₁₂")
    return [(f"{name} = {names} + b = {numbers} + {signed(bias, DIGITS)} = ", ""), (num(z, DIGITS), "accent")]

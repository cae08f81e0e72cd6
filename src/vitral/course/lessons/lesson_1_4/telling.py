"""The computation of a small network, forward and back, told unit by unit: a frame for each number that is found.

The numbers are those of `vitral.foundations.backprop`; this puts names to them, and says which units and weights each
one concerns. One row of data, any number of layers, one output.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from vitral.course import numbers
from vitral.course.lessons.lesson_1_4.marks import (
    ACTIVATION,
    DELTA,
    GRADIENT,
    LOSS,
    Mark,
    Part,
    bias,
    edge,
    named,
    subscript,
    unit,
)
from vitral.foundations import MLP, Backward, backprop
from vitral.foundations.activations import Sigmoid, Tanh
from vitral.foundations.losses import MeanSquaredError

num, signed, vector = (partial(write, digits=4) for write in (numbers.num, numbers.signed, numbers.vector))


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """F frames: what each one says, lights up, and knows so far. What is not known yet is NaN.

    Attributes:
        lines: F lines of parts.
        lit: F lists of ["unit", layer, i], ["weight", layer, i, j] and ["bias", layer, j], counted from 0.
        activations: for each layer of units, inputs first, (F, units).
        deltas: likewise; the inputs have none.
        weight_gradients: for each layer of weights, (F, D_in, D_out). A bias's gradient is its unit's delta.
        parameters: name, value and gradient of each weight and bias, in the order in which gradients are found.
        found: the frame that finds the gradient of each of them.
    """

    lines: Sequence[Sequence[Part]]
    lit: Sequence[Sequence[Mark]]
    activations: Sequence[np.ndarray]
    deltas: Sequence[np.ndarray]
    weight_gradients: Sequence[np.ndarray]
    parameters: Sequence[tuple[str, float, float]]
    found: Sequence[int]

    @property
    def culprit(self) -> tuple[str, float, float]:
        """The weight with the steepest slope. (A bias has the input 1, so that behind sigmoids it would always win.)"""
        weights = [parameter for parameter in self.parameters if parameter[0].startswith("w")]
        return max(weights, key=lambda parameter: abs(parameter[2]))


def tell(network: MLP, x: Any, target: float, loss: str, words: Mapping[str, str]) -> tuple[Backward, Trace]:
    """Both passes over one row, in numbers and in words; `words["given"]` is the first line."""
    result = backprop(network, [list(x)], [[target]], loss)
    return result, _Teller(result, words).tell()


class _Teller:
    """Frames that grow: each call of `say` writes down one line, and all that is known by then."""

    def __init__(self, result: Backward, words: Mapping[str, str]):
        network = result.network
        self.result, self.words = result, words
        self.sizes = [network.weights[0].shape[0], *(b.size for b in network.weights[1::2])]
        self.last = len(self.sizes) - 1
        self.activations = [np.full(n, np.nan) for n in self.sizes]
        self.deltas = [np.full(n, np.nan) for n in self.sizes]
        self.gradients = [np.full(w.shape, np.nan) for w in network.weights[::2]]
        self.lines: list[list[Part]] = []
        self.lit: list[list[Mark]] = []
        self.parameters: list[tuple[str, float, float]] = []
        self.found: list[int] = []
        self.kept: list[list[np.ndarray]] = []

    def tell(self) -> Trace:
        x, t = self.result.forward.x[0], float(self.result.target[0, 0])
        self.activations[0][:] = x
        given = self.words["given"].format(x=vector(x), t=num(t))
        self.say([(given, "")], [unit(0, i) for i in range(len(x))])
        for layer in range(1, self.last + 1):
            for j in range(self.sizes[layer]):
                self.forward(layer, j)
        self.loss(t)
        for layer in range(self.last, 0, -1):
            for j in range(self.sizes[layer]):
                self.delta(layer, j, t)
            for j in range(self.sizes[layer]):
                self.gradient(layer, j)
        frames = [np.array(each) for each in zip(*self.kept, strict=True)]
        n = len(self.sizes)
        return Trace(
            lines=self.lines,
            lit=self.lit,
            activations=frames[:n],
            deltas=frames[n : 2 * n],
            weight_gradients=frames[2 * n :],
            parameters=self.parameters,
            found=self.found,
        )

    def say(self, line: list[Part], lit: list[Mark]) -> None:
        self.lines.append(line)
        self.lit.append(lit)
        self.kept.append([each.copy() for each in (*self.activations, *self.deltas, *self.gradients)])

    def find(self, name: str, value: float, gradient: float) -> None:
        """The next line is the one that finds this gradient."""
        self.parameters.append((name, float(value), float(gradient)))
        self.found.append(len(self.lines))

    # ---- names, in which the only output needs no number

    def of_unit(self, letter: str, layer: int, j: int) -> str:
        if layer == 0:
            return f"x{subscript(j + 1)}"
        return named(letter, layer, *([] if layer == self.last else [j]))

    def weight(self, layer: int, i: int, j: int) -> str:
        return named("w", layer, *([i] if layer == self.last else [i, j]))

    # ---- the passes

    def forward(self, layer: int, j: int) -> None:
        W, b = self.result.network.weights[2 * layer - 2 : 2 * layer]
        z, a = self.result.forward.z[layer - 1][0, j], self.result.forward.a[layer - 1][0, j]
        before = self.result.forward.inputs(layer - 1)[0]
        line: list[Part] = [(f"{self.of_unit('z', layer, j)} = ", "")]
        for i in range(len(before)):
            line += [(f"{self.weight(layer, i, j)}·", ""), (self.of_unit("a", layer - 1, i), ACTIVATION), (" + ", "")]
        line.append((f"{self.of_unit('b', layer, j)} = ", ""))
        for i, value in enumerate(before):
            line += [(f"{signed(W[i, j])}·", ""), (signed(value), ACTIVATION), (" + ", "")]
        line.append((f"{signed(b[j])} = {num(z)}", ""))
        edges = [edge(layer, i, j) for i in range(len(before))]
        self.say(line, [*(unit(layer - 1, i) for i in range(len(before))), *edges, unit(layer, j), bias(layer, j)])
        self.activations[layer][j] = a
        f = self.function(layer)
        line = [(self.of_unit("a", layer, j), ACTIVATION)]
        z_name = self.of_unit("z", layer, j)
        line.append((f" = {f}({z_name}) = {f}({num(z)}) = " if f else f" = {z_name} = ", ""))
        self.say([*line, (num(a), ACTIVATION)], [unit(layer, j)])

    def loss(self, t: float) -> None:
        name, a = self.of_unit("a", self.last, 0), float(self.result.forward.output[0, 0])
        line: list[Part] = [("L", LOSS), (" = ", "")]
        if isinstance(self.result.output_loss, MeanSquaredError):
            line += [("(", ""), (name, ACTIVATION), (f" − t)² = ({num(a)} − {signed(t)})² = ", "")]
        elif t in (0.0, 1.0):
            line += [("−ln ", ""), *([(name, ACTIVATION)] if t else [("(1 − ", ""), (name, ACTIVATION), (")", "")])]
            line.append((f" = −ln {num(a if t else 1 - a)} = ", ""))
        else:
            line += [("−t·ln ", ""), (name, ACTIVATION), (" − (1 − t)·ln(1 − ", ""), (name, ACTIVATION), (") = ", "")]
        self.say([*line, (num(self.result.loss), LOSS)], [unit(self.last, 0)])

    def delta(self, layer: int, j: int, t: float) -> None:
        a_name, d_name = self.of_unit("a", layer, j), self.of_unit("δ", layer, j)
        a, delta = float(self.result.forward.a[layer - 1][0, j]), float(self.result.deltas[layer - 1][0, j])
        upstream, slope = self.result.upstream[layer - 1], self.result.slopes[layer - 1]
        if upstream is None or slope is None:  # the output and its loss, in one
            self.deltas[layer][j] = delta
            squared = isinstance(self.result.output_loss, MeanSquaredError)
            opening, closing = ("2·(", ")") if squared else ("", "")
            line = [(d_name, DELTA), (f" = {opening}", ""), (a_name, ACTIVATION)]
            line.append((f" − t{closing} = {opening}{num(a)} − {signed(t)}{closing} = ", ""))
            self.say([*line, (num(delta), DELTA)], [unit(layer, j)])
            return
        gradient = f"∂L/∂{a_name}"
        line, lit = [(gradient, LOSS), (" = ", "")], [unit(layer, j)]
        if layer == self.last:
            line += [("2·(", ""), (a_name, ACTIVATION), (f" − t) = 2·({num(a)} − {signed(t)}) = ", "")]
        else:
            after = range(self.sizes[layer + 1])
            W, deltas = self.result.network.weights[2 * layer], self.result.deltas[layer][0]
            symbols = [
                [(f"{self.weight(layer + 1, j, k)}·", ""), (self.of_unit("δ", layer + 1, k), DELTA)] for k in after
            ]
            worked = [[(f"{signed(W[j, k])}·", ""), (signed(deltas[k]), DELTA)] for k in after]
            line += [*_sum(symbols), (" = ", ""), *_sum(worked), (" = ", "")]
            lit += [each for k in after for each in (edge(layer + 1, j, k), unit(layer + 1, k))]
        up, local = float(upstream[0, j]), float(slope[0, j])
        self.say([*line, (num(up), LOSS)], lit)
        z_name = self.of_unit("z", layer, j)
        f = self.result.network.activations[layer - 1]
        prime = f"{self.function(layer) or 'f'}′({z_name})"
        line = [(f"{prime} = ", "")]
        if isinstance(f, Sigmoid):
            line += [(a_name, ACTIVATION), ("·(1 − ", ""), (a_name, ACTIVATION), (f") = {num(a)}·{num(1 - a)} = ", "")]
        elif isinstance(f, Tanh):
            line += [("1 − (", ""), (a_name, ACTIVATION), (f")² = 1 − {signed(a)}² = ", "")]
        self.say([*line, (num(local), "")], [unit(layer, j)])
        self.deltas[layer][j] = delta
        line = [(d_name, DELTA), (" = ", ""), (gradient, LOSS), (f"·{prime} = ", "")]
        self.say([*line, (signed(up), LOSS), (f"·{num(local)} = ", ""), (num(delta), DELTA)], [unit(layer, j)])

    def gradient(self, layer: int, j: int) -> None:
        before = self.result.forward.inputs(layer - 1)[0]
        W, b = self.result.network.weights[2 * layer - 2 : 2 * layer]
        d_name, delta = self.of_unit("δ", layer, j), float(self.result.deltas[layer - 1][0, j])
        found, found_b = self.result.gradients[2 * layer - 2 : 2 * layer]
        for i, value in enumerate(before):
            name = self.weight(layer, i, j)
            self.gradients[layer - 1][i, j] = found[i, j]
            line = [(f"∂L/∂{name}", GRADIENT), (" = ", ""), (self.of_unit("a", layer - 1, i), ACTIVATION), ("·", "")]
            line += [(d_name, DELTA), (" = ", ""), (signed(value), ACTIVATION), ("·", ""), (signed(delta), DELTA)]
            self.find(name, W[i, j], found[i, j])
            lit = [unit(layer - 1, i), edge(layer, i, j), unit(layer, j)]
            self.say([*line, (" = ", ""), (num(found[i, j]), GRADIENT)], lit)
        name = self.of_unit("b", layer, j)
        self.find(name, b[j], found_b[j])
        line = [(f"∂L/∂{name}", GRADIENT), (" = ", ""), (d_name, DELTA), (" = ", ""), (num(found_b[j]), GRADIENT)]
        self.say(line, [unit(layer, j), bias(layer, j)])

    def function(self, layer: int) -> str:
        """How f is written; nothing for the identity."""
        name = self.result.network.activations[layer - 1].name
        return {"sigmoid": "σ", "identity": "", "relu": "ReLU"}.get(name, name)


def _sum(terms: Sequence[list[Part]]) -> list[Part]:
    parts: list[Part] = []
    for number, term in enumerate(terms):
        parts += [(" + ", ""), *term] if number else term
    return parts

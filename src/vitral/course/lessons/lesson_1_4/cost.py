"""What all gradients cost in forward passes, by backpropagation and by differences, timed on this machine."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_4.differences import loss_of
from vitral.foundations import MLP, backprop, differences, losses
from vitral.training import Task
from vitral.views.widgets import Button, Curves, Drawing, Panel, Series, Table

SIZES = ((2, 3, 1), (4, 8, 1), (8, 24, 1), (50, 50, 1), (100, 100, 100, 1))
LARGE = (*(100,) * 9, 10)

# What this thread has worked, so that neighbours do not count; Windows counts that in steps too coarse for it.
_clock = time.perf_counter if sys.platform == "win32" else time.thread_time


def cost(words: Mapping[str, str], language: str) -> Panel:
    """What all gradients cost in forward passes, timed on this machine."""

    def compute(_values: dict[str, Any], task: Task) -> list[Drawing]:
        found = []
        for number, sizes in enumerate(SIZES):
            task.report(number / len(SIZES))
            found.append(measure(sizes, repeats=5))
        parameters = [each.parameters for each in found]
        series = [
            Series(x=parameters, y=[m.differences / m.forward for m in found], name=words["differences"], role="b"),
            Series(x=parameters, y=[m.both / m.forward for m in found], name=words["backprop"], role="right"),
        ]
        rows = [
            [m.parameters, m.both / m.forward, f"{'≈ ' if m.is_estimate else ''}{m.differences / m.forward:.0f}"]
            for m in found
        ]
        heads = [words["parameters"], words["backprop"], words["differences"]]
        return [
            Curves(
                title=words["title"], alt=words["alt"], x_label=words["parameters"], y_label=words["in_forwards"],
                log_x=True, log_y=True, series=series,
            ),
            Table(title=words["table"], columns=heads, rows=rows, alt=words["table_alt"], digits=3),
        ]  # fmt: skip

    return Panel(
        compute,
        controls=[Button(name="again", label=words["again"])],
        language=language,
        label=words["label"],
        background=True,
    )


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds of work: a forward pass, backpropagation with the pass that it begins with, all differences."""

    parameters: int
    forward: float
    both: float
    differences: float
    is_estimate: bool  # the differences, from their number and the forward pass

    @property
    def backward(self) -> float:
        """The way back alone, in forward passes."""
        return self.both / self.forward - 1


def measure(sizes: Sequence[int], rows: int = 16, repeats: int = 25, most: int = 300) -> Timing:
    """Time a dense tanh network; the least of some repeats, as whatever else runs only adds to it.

    Differences are timed where the network has at most `most` parameters. Layers of up to 100 units on 16 rows are
    products that NumPy leaves to one core: how many share the work is no part of what is compared.
    """
    network = MLP.create(sizes, output="sigmoid", seed=0)
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(rows, sizes[0])), rng.uniform(size=(rows, sizes[-1])).round()
    loss = losses.binary_cross_entropy

    def forward() -> float:
        return losses.sigmoid_cross_entropy.value(network.forward(x).z[-1], t)

    fastest = [np.inf, np.inf]
    for _ in range(repeats):  # in turn, so that both meet the same neighbours
        for index, call in enumerate((forward, lambda: backprop(network, x, t, loss))):
            fastest[index] = min(fastest[index], _seconds(call))
    small = network.n_parameters <= most
    value = loss_of(network, x, t, loss.name)
    slow = _seconds(lambda: differences(value, network.weights)) if small else 2 * network.n_parameters * fastest[0]
    return Timing(
        parameters=network.n_parameters, forward=fastest[0], both=fastest[1], differences=slow, is_estimate=not small
    )


def _seconds(call: Callable[[], object], least: float = 0.004) -> float:
    start, worked, count = time.perf_counter(), _clock(), 0
    while time.perf_counter() - start < least or not count:
        call()
        count += 1
    return (_clock() - worked) / count

"""Is a gradient right? Differences with any step h against backpropagation; too large and too small an h, live."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_4.marks import SLOPED, name_of
from vitral.course.lessons.lesson_1_4.xor import XOR_T, XOR_X, xor_network
from vitral.foundations import MLP, Worst, backprop, differences, gradcheck, losses
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Menu, Note, Panel, Readout, Series, Slider

CUBE_ROOT = float(np.cbrt(np.finfo(np.float64).eps))  # of ε: the step that `differences` takes by itself
STEPS = 10.0 ** np.linspace(-1, -12, 34)


def check(words: Mapping[str, str], language: str) -> Panel:
    """Differences against backpropagation, for every step h: the error falls, turns, and rises again."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        network = xor_network(values["hidden"], int(values["seed"]), width=2)
        errors = np.maximum(errors_by_step(network, XOR_X, XOR_T, "mse", check=task.check), 1e-16)
        two, one = errors
        here = int(np.abs(np.log(STEPS / values["h"])).argmin())
        curve = Curves(
            title=words["title"], alt=words["alt"], x_label="h", y_label=words["error"], log_x=True, log_y=True,
            series=[
                Series(x=STEPS, y=one, name=words["one"], role="b"),
                Series(x=STEPS, y=two, name=words["two"], role="a"),
            ],
            marker=STEPS[here], edits="h", level=1e-6, level_name=words["enough"],
        )  # fmt: skip
        items = [
            ("h", float(STEPS[here])),
            (words["two"], float(two[here]), "a"),
            (words["one"], float(one[here]), "b"),
            (words["best_two"], float(STEPS[two.argmin()]), "a"),
            (words["best_one"], float(STEPS[one.argmin()]), "b"),
            ("ε^(1/3)", CUBE_ROOT),
        ]
        drawings: list[Drawing] = [curve, Readout(items=items, digits=2)]
        if values["hidden"] == "relu" and two.min() > 1e-6:
            drawings.append(Note(text=words["kink"], tone="warning"))
        return drawings

    return Panel(
        compute,
        controls=[
            Slider(name="h", label="h", value=1e-5, low=1e-12, high=0.1, step=1 / 3, log=True),
            Menu(
                name="hidden",
                label=words["hidden"],
                value="tanh",
                options=tuple((f, name_of(f, words)) for f in SLOPED),
            ),
            Slider(name="seed", label=words["seed"], value=1, low=0, high=30, step=1),
        ],
        language=language,
        label=words["label"],
    )


def loss_of(network: MLP, x: Any, target: Any, loss: str) -> Any:
    """L as a function of the arrays of weights, as `differences` and `gradcheck` want it."""
    found = losses.get(loss)
    fused = losses.fuse(network.activations[-1], found)

    def value(arrays: Sequence[np.ndarray]) -> float:
        forward = network.with_weights(arrays).forward(x)
        return fused.value(forward.z[-1], target) if fused else found.value(forward.output, target)

    return value


def doubt(network: MLP, x: Any, target: Any, loss: str, gradients: Sequence[np.ndarray]) -> list[Worst]:
    """`gradcheck` of some gradients of this network's loss."""
    return gradcheck(loss_of(network, x, target, loss), network.weights, gradients)


def relative_error(found: Sequence[np.ndarray], right: Sequence[np.ndarray]) -> float:
    """‖found - right‖ / ‖right‖, over all arrays together."""
    found_, right_ = (np.concatenate([a.ravel() for a in arrays]) for arrays in (found, right))
    return float(np.linalg.norm(found_ - right_) / np.linalg.norm(right_))


def one_sided(function: Any, arrays: Sequence[np.ndarray], step: float) -> list[np.ndarray]:
    """(f(w + h) - f(w)) / h by every number of some arrays; h in proportion to w beyond 1, as in `differences`."""
    moved = [np.array(a, dtype=np.float64) for a in arrays]
    start, slopes = function(moved), [np.empty_like(a) for a in moved]
    for array, slope in zip(moved, slopes, strict=True):
        for where in np.ndindex(array.shape):
            w = array[where]
            array[where] = w + step * max(1.0, abs(w))
            slope[where] = (function(moved) - start) / (array[where] - w)
            array[where] = w
    return slopes


def errors_by_step(network: MLP, x: Any, target: Any, loss: str, steps: Any = STEPS, check: Any = None) -> np.ndarray:
    """Relative errors of central and one-sided differences against backpropagation: (2, S)."""
    gradients = backprop(network, x, target, loss).gradients
    function = loss_of(network, x, target, loss)
    found = []
    for h in steps:
        if check is not None:
            check()
        two, one = differences(function, network.weights, step=float(h)), one_sided(function, network.weights, float(h))
        found.append([relative_error(two, gradients), relative_error(one, gradients)])
    return np.array(found).T

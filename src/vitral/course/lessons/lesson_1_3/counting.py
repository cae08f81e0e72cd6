"""The parameters of a network, live: layer by layer, and as Keras counts them.

Σ over the layers of (D_in + 1) D_out
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from vitral.training import Task, keras_turn
from vitral.views.widgets import Drawing, Panel, Readout, Slider, Table


def n_parameters(sizes: Sequence[int]) -> int:
    """Sum over the layers of (D_in + 1) D_out; sizes from the inputs to the outputs."""
    return sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))


def keras_count(sizes: Sequence[int], task: Task | None = None) -> int:
    """What Keras counts for dense layers of these sizes."""

    def nothing(shape: Any, dtype: Any = None) -> np.ndarray:  # JAX would compile a program for each random shape
        return np.zeros(shape, dtype)

    with keras_turn(task):
        from vitral import keras

        options: dict[str, Any] = {"kernel_initializer": nothing, "bias_initializer": nothing}
        layers = [keras.layers.Dense(n, **options) for n in sizes[1:]]
        return keras.Sequential([keras.Input((sizes[0],)), *layers]).count_params()


def count(words: Mapping[str, str], language: str) -> Panel:
    """The sum for a network of the reader's sizes, beside `count_params()`."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        sizes = [values["inputs"], *[values["width"]] * values["depth"], values["outputs"]]
        names = [*(f"{words['layer']} {i + 1}" for i in range(values["depth"])), words["output"]]
        rows = [
            [name, f"{n_in} × {n_out}", n_out, f"({n_in} + 1) · {n_out} = {(n_in + 1) * n_out}"]
            for name, (n_in, n_out) in zip(names, pairwise(sizes), strict=True)
        ]
        total = n_parameters(sizes)
        return [
            Table(
                title=words["title"],
                alt=words["title"],
                columns=[words["layer"], "W", "b", words["parameters"]],
                rows=rows,
                wide=True,
            ),
            Readout(
                items=[
                    (words["formula"], total),
                    (words["keras"], keras_count(sizes, task)),
                    (words["first"], round(100 * sizes[0] * sizes[1] / total)),
                ],
                digits=9,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="inputs", label=words["inputs"], value=2, low=1, high=784, step=1, structural=True),
            Slider(name="width", label=words["width"], value=3, low=1, high=128, step=1, structural=True),
            Slider(name="depth", label=words["depth"], value=1, low=0, high=6, step=1, structural=True),
            Slider(name="outputs", label=words["outputs"], value=1, low=1, high=10, step=1, structural=True),
        ],
        language=language,
        label=words["label"],
    )

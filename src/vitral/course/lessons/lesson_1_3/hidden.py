"""XOR before and after the hidden layer, live: where two hidden units put each point.

    a = tanh(x W + b), (N, 2);  y = sigmoid(a V + c)

Letters: N samples, G grid points a side.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from vitral.course.grids import asked_everywhere
from vitral.course.lessons.lesson_1_3.points import four_clouds, square_around
from vitral.foundations import MLP, Separator, optimizers, separate, train
from vitral.training import Task
from vitral.views.widgets import Boundary, Drawing, Limits, Line, Panel, Readout, Slider

EPOCHS = 80
FIRST_SEED = 8  # one whose training succeeds
INSIDE: Limits = (-1.15, 1.15, -1.15, 1.15)  # where tanh's answers are
GRID = 32


@cache
def xor_training(seed: int) -> tuple[MLP, ...]:
    """A 2-2-1 network at the start and after each epoch on XOR's four clouds."""
    x, y = four_clouds()
    network = MLP.create((2, 2, 1), hidden="tanh", output="sigmoid", seed=seed)
    adam = optimizers.Adam(learning_rate=0.05)
    target = np.asarray(y, np.float64)[:, None]
    trained = train(network, x, target, "binary_cross_entropy", optimizer=adam, epochs=EPOCHS, keep="epochs")
    return tuple(network.with_weights(weights) for weights in trained.weights)


def output_layer(network: MLP) -> MLP:
    """The last unit alone: what it says of what the hidden layer answers."""
    return MLP(weights=network.weights[2:], activations=network.activations[1:])


def hidden(words: Mapping[str, str], language: str) -> Panel:
    """The same points as they come in and as the last unit sees them, at each epoch."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        x, y = four_clouds()
        network = xor_training(values["seed"])[values["epoch"]]
        task.check()
        W, b, V, c = network.weights
        a = network.forward(x).a[0]
        limits = square_around(x)
        wrong = (network.predict(x)[:, 0] > 0.5) != (y == 1)
        cuts = [
            Line(w=W[:, j], b=b[j], role=role, name=name) for j, role, name in ((0, "a", "z₁ = 0"), (1, "b", "z₂ = 0"))
        ]
        parted = ["yes" if isinstance(separate(points, y), Separator) else "no" for points in (x, a)]
        return [
            Boundary(
                title=words["before"],
                alt=words["before_alt"].format(wrong=int(wrong.sum())),
                points=x.round(3),
                labels=y,
                limits=limits,
                grid=asked_everywhere(network.predict, limits, GRID).round(2),
                lines=cuts,
                wrong=wrong,
            ),
            Boundary(
                title=words["after"],
                alt=words["after_alt"].format(parted=words[parted[1]]),
                points=a.round(3),
                labels=y,
                limits=INSIDE,
                grid=asked_everywhere(output_layer(network).predict, INSIDE, GRID).round(2),
                lines=[Line(w=V[:, 0], b=c[0], name=words["line"])],
                wrong=wrong,
                x_label="a₁",
                y_label="a₂",
            ),
            Readout(
                items=[
                    (words["errors"], int(wrong.sum()), "wrong" if wrong.any() else "right"),
                    (words["parted_before"], words[parted[0]]),
                    (words["parted_after"], words[parted[1]]),
                ],
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="epoch", label=words["epoch"], value=EPOCHS, low=0, high=EPOCHS, step=1),
            Slider(name="seed", label=words["seed"], value=FIRST_SEED, low=0, high=20, step=1),
        ],
        language=language,
        label=words["label"],
    )

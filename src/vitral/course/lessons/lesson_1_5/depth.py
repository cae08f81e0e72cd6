"""A signal on its way through many layers, live, and units that fall silent.

What a layer does to its input is a random matrix and a function. Repeated twenty times, a small tendency becomes an
ending: the signal dies out, or all units saturate, or (SELU) it comes back to mean 0 and variance 1.

Letters: N samples, H units a layer, L layers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_5.functions import BY_NAME
from vitral.course.lessons.lesson_1_5.names import menu, name_of
from vitral.course.lessons.lesson_1_5.race import Stack, run_race
from vitral.course.numbers import num
from vitral.foundations import MLP
from vitral.foundations.activations import Elementwise, LeakyReLU, relu
from vitral.training import Task
from vitral.views.widgets import Bars, Curves, Drawing, Panel, Readout, Series, Slider

FLAT = 0.01  # a slope below this counts as none


@dataclass(frozen=True, kw_only=True, eq=False)
class Signal:
    """What each of L layers gave out."""

    mean: np.ndarray  # (L,)
    variance: np.ndarray  # (L,)
    saturated: np.ndarray  # (L,): share of slopes below FLAT
    dead: np.ndarray  # (L,): share of units whose slope is below FLAT for every sample
    outputs: list[np.ndarray]  # L of (N, H)


def send(
    f: Elementwise, *, scale: float = 1.0, layers: int = 20, units: int = 100, n: int = 200, seed: int = 0,
    spread: float = 1.0,
) -> Signal:  # fmt: skip
    """Send samples x ~ N(0, spread²) through layers with W ~ N(0, scale²/H): scale 1 is LeCun's initialisation."""
    rng = np.random.default_rng(seed)
    a = rng.normal(0, spread, (n, units))
    outputs, saturated, dead = [], [], []
    for _ in range(layers):
        z = a @ rng.normal(0, scale / np.sqrt(units), (units, units))
        a = f.value(z)
        flat = np.abs(f.derivative(z)) < FLAT
        outputs.append(a)
        saturated.append(flat.mean())
        dead.append(flat.all(axis=0).mean())
    return Signal(
        mean=np.array([a.mean() for a in outputs]),
        variance=np.array([a.var() for a in outputs]),
        saturated=np.array(saturated),
        dead=np.array(dead),
        outputs=outputs,
    )


def off_share(n_networks: int, x: np.ndarray, hidden: int = 16) -> tuple[float, float]:
    """At the start, over many networks: the share of (sample, unit) pairs with z ≤ 0, and of units off for all x."""
    z = [MLP.create((x.shape[1], hidden, 1), seed=seed).forward(x).z[0] for seed in range(n_networks)]
    off = np.array(z) <= 0  # (networks, N, H)
    return float(off.mean()), float(off.all(axis=1).mean())


def dead_share(x: np.ndarray, t: np.ndarray, rate: float, *, leaky: bool = False) -> float:
    """After 100 epochs at this rate: the share of the hidden units of eight networks with z ≤ 0 for every sample."""
    trained = run_race(LeakyReLU() if leaky else relu, x, t, Stack.create(8, hidden=16), rate=rate, epochs=100)
    z = x @ trained.last.w + trained.last.b  # (V, N, H)
    return float((z <= 0).all(axis=1).mean())


def layers(words: Mapping[str, str], language: str) -> Panel:
    """A signal through many layers: its spread, the saturated and the dead units, and what each layer gives out."""
    deepest = 30

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        f = BY_NAME[values["first"]]
        signal = send(f, scale=values["scale"], layers=deepest, units=64, n=128)
        number, frames = np.arange(1, deepest + 1), list(range(1, deepest + 1))
        reach = max(1e-6, float(np.quantile(np.abs(signal.outputs[0]), 0.999)))
        edges = np.linspace(-reach, reach, 16)
        bars = [np.histogram(a, edges)[0] / a.size for a in signal.outputs]
        spread = np.sqrt(signal.variance).clip(1e-12, 1e12)
        return [
            Curves(
                title=words["spread_title"],
                alt=words["spread_alt"],
                series=[Series(x=number, y=spread, name=name_of(f, words), role="a")],
                x_label=words["layer"],
                y_label=words["spread"],
                log_y=True,
                marker=frames,
                frames=deepest,
            ),
            Curves(
                title=words["share_title"],
                alt=words["share_alt"],
                series=[
                    Series(x=number, y=signal.saturated, name=words["saturated"], role="b"),
                    Series(x=number, y=signal.dead, name=words["dead"], role="wrong"),
                ],
                limits=(1, deepest, 0, 1),
                x_label=words["layer"],
                y_label=words["share"],
                marker=frames,
                frames=deepest,
            ),
            Bars(
                title=words["histogram_title"],
                alt=words["histogram_alt"],
                names=[num(middle, 2) for middle in ((edges[:-1] + edges[1:]) / 2).round(12)],
                values=np.round(bars, 4),
                frames=deepest,
            ),
            Readout(
                items=[
                    (words["mean"], signal.mean.round(6).tolist()),
                    (words["variance"], signal.variance.tolist()),
                    (words["saturated"], signal.saturated.round(4).tolist()),
                    (words["dead"], signal.dead.round(4).tolist()),
                ],
                digits=3,
                frames=deepest,
            ),
        ]

    return Panel(
        compute,
        controls=[
            menu("first", "tanh", words),
            Slider(name="scale", label=words["scale"], value=3.0, low=0.1, high=10, step=0.02, log=True),
        ],
        language=language,
        label=words["label"],
        player={"start": "last", "fps": 6},
    )

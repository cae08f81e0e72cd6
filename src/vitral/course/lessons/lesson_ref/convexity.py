"""Straight ways over the loss, live: a convex loss never rises above the chord between two of its places."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_ref.data import tumours
from vitral.course.lessons.lesson_ref.loss import AROUND, Kind, loss_at, loss_surface, with_bias
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Menu, Note, Panel, Path, Readout, Series, Slider, Surface


def random_ends(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two places of the part of the plane that is looked at, each (weight, bias)."""
    low, high = np.array(AROUND[::2]), np.array(AROUND[1::2])
    return rng.uniform(low, high), rng.uniform(low, high)


def above_chord(a: np.ndarray, b: np.ndarray, rows: np.ndarray, t: np.ndarray, kind: Kind) -> float:
    """How far the loss rises above the chord from a to b at most, at 101 places; a convex one never does."""
    s = np.linspace(0, 1, 101)[:, np.newaxis]
    loss = loss_at(a + s * (b - a), rows, t, kind)
    return float((loss - (loss[0] + s[:, 0] * (loss[-1] - loss[0]))).max())


def segments(words: Mapping[str, str], language: str) -> Panel:
    """The loss along a straight way between two places, and the chord above it or not."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        data, kind = tumours(), values["kind"]
        rows = with_bias(data.z_score)
        a, b = random_ends(np.random.default_rng(int(values["which"])))
        s = np.linspace(0, 1, 81)
        loss = loss_at(a + s[:, np.newaxis] * (b - a), rows, data.malignant, kind)
        over = above_chord(a, b, rows, data.malignant, kind)
        bends = over > 1e-12
        return [
            Note(text=words["bends" if bends else "below"], tone="warning" if bends else "good", wide=True),
            Surface(
                title=words["surface_title"],
                alt=words["surface_alt"],
                grid=loss_surface(kind),
                limits=AROUND,
                log=True,
                paths=[Path(points=np.linspace(a, b, 30), name=words["segment"], role="a")],
                x_label="w",
                y_label="b",
            ),
            Curves(
                title=words["curve_title"],
                alt=words["curve_alt"],
                series=[
                    Series(x=s, y=loss, name=words["loss"], role="a"),
                    Series(x=s[[0, -1]], y=loss[[0, -1]], name=words["chord"], role="neutral"),
                ],
                x_label=words["along"],
                y_label="L",
            ),
            Readout(
                items=[
                    (words["over"], over if bends else 0.0, "wrong" if bends else "right"),
                    (words["curvature"], float((np.diff(loss, 2) / (s[1] - s[0]) ** 2).min())),
                ],
                digits=3,
            ),
        ]

    kinds = (("cross_entropy", words["cross_entropy"]), ("squared", words["squared"]))
    return Panel(
        compute,
        controls=[
            Menu(name="kind", label=words["kind"], value="cross_entropy", options=kinds),
            Slider(name="which", label=words["which"], value=0, low=0, high=60, step=1),
        ],
        language=language,
        label=words["label"],
    )

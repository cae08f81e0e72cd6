"""Which axis one compares on, live: epochs, updates, or the time of a machine that looks at some rows at once.

    updates of an epoch   ⌈N/B⌉
    time of an epoch      ⌈N/B⌉ · ⌈B/P⌉, if P rows at once take one tick; or as measured here

Letters: N samples, B rows a step, P rows at once.
"""

import sys
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_6.flowers import N_FLOWERS, flowers
from vitral.course.lessons.lesson_1_6.names import scheme_name
from vitral.course.lessons.lesson_1_6.race import ROLES_OF, curves_of, goal_slider
from vitral.course.lessons.lesson_1_6.stacked import network
from vitral.course.lessons.lesson_1_6.sweeping import Swept, sweep
from vitral.foundations import backprop
from vitral.training import Task
from vitral.views.widgets import Drawing, Menu, Note, Panel, Slider, Table

AXES = ("epochs", "updates", "ticks", "seconds")

# What this thread has worked, so that neighbours do not count; Windows counts that in steps too coarse for it.
_clock = time.perf_counter if sys.platform == "win32" else time.thread_time


def epoch_length(axis: str, size: int, at_once: int = 1, n_rows: int = N_FLOWERS) -> float:
    """How long an epoch of B rows a step is on an axis: in epochs, updates, ticks, or milliseconds of this machine."""
    updates = -(-n_rows // size)
    if axis == "updates":
        return updates
    if axis == "ticks":
        return updates * -(-size // at_once)
    return 1e3 * updates * step_seconds(size) if axis == "seconds" else 1


@cache
def step_seconds(size: int, repeats: int = 15) -> float:
    """What one step of B rows takes in NumPy on this machine: forward, backward; the least of some repeats."""
    x, y = flowers()
    x, t, net = x[:size], np.eye(3)[y[:size]], network(0)
    least = np.inf
    for _ in range(repeats):
        started = _clock()
        for _ in range(20):
            backprop(net, x, t, "categorical_cross_entropy")
        least = min(least, (_clock() - started) / 20)
    return least


def lengths_to(found: Swept, goal: float, axis: str, at_once: int = 1) -> dict[int, np.ndarray]:
    """How far each seed went on an axis until its loss was below the goal, (S,), each scheme at its best rate."""
    return {
        B: found.epochs_to(goal, B, found.best_rate(goal, B)) * epoch_length(axis, B, at_once) for B in ROLES_OF
    }  # fmt: skip


def winner_of(lengths: Mapping[int, np.ndarray]) -> int | None:
    """The size with the least median; None where none arrives."""
    medians = {B: float(np.median(each)) for B, each in lengths.items()}
    best = min(medians, key=lambda B: medians[B])
    return best if np.isfinite(medians[best]) else None


def clock(words: Mapping[str, str], language: str) -> Panel:
    """The same trainings, each scheme at its best rate, on the axis that the reader chooses."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        found, goal, axis = sweep.get(task), values["goal"], values["axis"]
        at_once = min(N_FLOWERS, max(1, round(values["at_once"])))
        scales = {B: epoch_length(axis, B, at_once) for B in ROLES_OF}
        rates = {B: found.best_rate(goal, B) for B in ROLES_OF}
        names = {B: scheme_name(B, N_FLOWERS, words) for B in ROLES_OF}
        lengths = lengths_to(found, goal, axis, at_once)
        won = winner_of(lengths)
        said = words["nobody"] if won is None else words["wins"].format(name=names[won])
        words_here = {**words, "axis": words[f"axis_{axis}"].format(p=at_once)}
        return [
            Note(text=said, tone="info" if won is None else "good", wide=True),
            curves_of(found, rates, scales, names, words_here, goal),
            Table(
                alt=words["table"],
                title=words["table"],
                columns=["", words["rate"], words["quarter"], words["median"], words["three"]],
                rows=[[names[B], f"{rates[B]:g}", *_quartiles(lengths[B])] for B in ROLES_OF],
                roles=list(ROLES_OF.values()),
                digits=3,
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Menu(name="axis", label=words["by"], value="epochs", options=tuple((a, words[a]) for a in AXES)),
            Slider(name="at_once", label=words["at_once"], value=15, low=1, high=N_FLOWERS, step=0.05, log=True),
            goal_slider(words),
        ],
        language=language,
        label=words["label"],
        until_seen=[Note(text=words["waiting"], wide=True)],
    )


def _quartiles(lengths: np.ndarray) -> list[Any]:
    """The quartiles of the seeds; a dash where those did not arrive."""
    low, high = np.quantile(lengths, (0.25, 0.75), method="nearest")  # between two that differ there may be no mean
    return [float(each) if np.isfinite(each) else "–" for each in (low, np.median(lengths), high)]

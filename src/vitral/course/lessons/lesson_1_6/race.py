"""The sweep, live: its curves at the rate that the reader chooses, and what it took to come below a loss.

Letters: N samples, B rows a step, E epochs, S seeds.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_6.flowers import N_FLOWERS
from vitral.course.lessons.lesson_1_6.names import ROLES, scheme_name
from vitral.course.lessons.lesson_1_6.sweeping import EPOCHS, RATES, SEEDS, SIZES, Swept, sweep
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Menu, Note, Panel, Readout, Series, Slider, Table


def race(words: Mapping[str, str], language: str) -> Panel:
    """Three schemes at one rate or each at its best, epoch by epoch; twenty seeds of each."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        found, goal = sweep.get(task), values["goal"]
        chosen = {B: found.best_rate(goal, B) if values["rate"] == "best" else float(values["rate"]) for B in ROLES_OF}
        names = {B: scheme_name(B, N_FLOWERS, words) for B in chosen}
        return [
            curves_of(found, chosen, dict.fromkeys(chosen, 1.0), names, words, goal),
            Table(
                title=words["table"].format(goal=f"{goal:.2g}"),
                alt=words["table"].format(goal=f"{goal:.2g}"),
                columns=["", *(words["at"].format(rate=f"{rate:g}") for rate in RATES)],
                rows=[[names[B], *(_cell(found.epochs_to(goal, B, rate)) for rate in RATES)] for B in chosen],
                roles=list(ROLES_OF.values()),
                wide=True,
            ),
            Readout(
                items=[
                    (words["variants"], found.n_variants),
                    (words["programs"], found.n_programs),
                    (words["seconds"], found.seconds),
                ],
                digits=3,
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Menu(
                name="rate",
                label=words["rate"],
                value="0.3",
                options=(*((f"{rate:g}", f"{rate:g}") for rate in RATES), ("best", words["best"])),
            ),
            goal_slider(words),
        ],
        language=language,
        label=words["label"],
        until_seen=[Note(text=words["waiting"], wide=True)],
    )


ROLES_OF = {B: ROLES[B] for B in SIZES.values()}


def goal_slider(words: Mapping[str, str]) -> Slider:
    """Below which loss a network has arrived."""
    return Slider(name="goal", label=words["goal"], value=0.1, low=0.06, high=0.6, step=0.01)


def curves_of(
    found: Swept,
    rates: Mapping[int, float],
    scales: Mapping[int, float],
    names: Mapping[int, str],
    words: Mapping[str, str],
    goal: float,
) -> Curves:
    """The median of the losses and, around it, the middle half of the seeds; an epoch of B is `scales[B]` long."""
    series, ends = [], []
    for B, rate in rates.items():
        low, median, high = np.quantile(found.losses[B, rate].clip(1e-3, 30), (0.25, 0.5, 0.75), axis=1)
        ends.append(words["end"].format(name=names[B], loss=f"{median[-1]:.2g}"))
        series.append(
            Series(
                x=scales[B] * np.arange(1, EPOCHS + 1),
                y=median,
                low=low,
                high=high,
                name=words["named"].format(name=names[B], rate=f"{rate:g}"),
                role=ROLES_OF[B],
            )
        )
    return Curves(
        title=words["title"].format(n=len(SEEDS)),
        alt=words["alt"].format(ends="; ".join(ends)),
        series=series,
        x_label=words["axis"],
        y_label="L",
        log_x=True,
        log_y=True,
        level=goal,
        level_name=words["level"],
        wide=True,
    )


def _cell(epochs: np.ndarray) -> str:
    """The median over the seeds, and how many arrived where not all did."""
    arrived, median = int(np.isfinite(epochs).sum()), float(np.median(epochs))
    middle = f"{median:g}" if np.isfinite(median) else "–"
    return middle if arrived == len(epochs) else f"{middle} ({arrived}/{len(epochs)})"

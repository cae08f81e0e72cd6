"""The sweep, live: the losses under the remedy that the reader chooses, beside those without one.

Letters: E epochs, S seeds.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_7.sweeping import EPOCHS, NONE, SEEDS, STRENGTHS, Swept, sweep
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Menu, Note, Panel, Readout, Series, Table

CHOICES = {f"{remedy}:{strength:g}": (remedy, strength) for remedy in STRENGTHS for strength in STRENGTHS[remedy]}
SHOWN = np.unique(np.round(np.linspace(0, EPOCHS - 1, 100))).astype(int)  # epochs that are drawn


def name_of(key: tuple[str, float], words: Mapping[str, str]) -> str:
    """What a reader calls it: "L2, λ = 0.01", "dropout of 20 %"."""
    remedy, strength = key
    return words[remedy].format(lam=f"{strength:g}", share=f"{100 * strength:.0f}")


def remedies(words: Mapping[str, str], language: str) -> Panel:
    """The losses with and without, and the whole table."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        found = sweep.get(task)
        chosen = CHOICES[values["which"]]
        name, base = name_of(chosen, words), name_of(NONE, words)
        ends = [float(np.median(found.validation[key][-1])) for key in (NONE, chosen)]
        better = int((found.validation[chosen][-1] < found.validation[NONE][-1]).sum())
        return [
            Note(
                text=words["said"].format(
                    name=name, without=f"{ends[0]:.3f}", with_it=f"{ends[1]:.3f}", better=better, n=len(SEEDS)
                ),
                tone="good" if better > len(SEEDS) // 2 else "warning",
                wide=True,
            ),
            Curves(
                title=words["title"].format(n=len(SEEDS)),
                alt=words["alt"].format(name=name, without=f"{ends[0]:.3f}", with_it=f"{ends[1]:.3f}"),
                series=[
                    _series(found.train[NONE], words["train"].format(name=base), "neutral"),
                    _series(found.validation[NONE], words["validation"].format(name=base), "wrong"),
                    _series(found.train[chosen], words["train"].format(name=name), "train"),
                    _series(found.validation[chosen], words["validation"].format(name=name), "validation"),
                ],
                x_label=words["epoch"],
                y_label="L",
                limits=(1.0, EPOCHS, 0.0, 0.9),
                wide=True,
            ),
            _table(found, chosen, words),
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
                name="which",
                label=words["which"],
                value="l2:0.01",
                options=tuple((key, name_of(pair, words)) for key, pair in CHOICES.items()),
            )
        ],
        language=language,
        label=words["label"],
        until_seen=[Note(text=words["waiting"], wide=True)],
    )


def _table(found: Swept, chosen: tuple[str, float], words: Mapping[str, str]) -> Table:
    rows, roles = [], []
    for key in (NONE, *CHOICES.values()):
        better = int((found.validation[key][-1] < found.validation[NONE][-1]).sum())
        median = [float(np.median(each[key][-1])) for each in (found.train, found.validation, found.validation_loss)]
        rows.append([name_of(key, words), *median, "–" if key == NONE else f"{better} / {len(SEEDS)}"])
        roles.append("validation" if key == chosen else "neutral")
    columns = ["", words["train_end"], words["validation_end"], words["reported"], words["better"]]
    return Table(title=words["table"], alt=words["table"], columns=columns, rows=rows, roles=roles, digits=3, wide=True)


def _series(losses: np.ndarray, name: str, role: str) -> Series:
    """The median of the seeds and, around it, their middle half."""
    low, median, high = np.quantile(losses[SHOWN].clip(1e-3, 5), (0.25, 0.5, 0.75), axis=1).round(4)
    return Series(x=SHOWN + 1, y=median, low=low, high=high, name=name, role=role)

"""What each rule costs and saves, live: twenty networks trained to the end once, and stopped again and again on paper.

    excess   loss of the weights kept over that of the best epoch, on the test points
    saved    the share of epochs that need not be trained

Letters: S seeds, E epochs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_7.moons import EPOCHS, Traces, train
from vitral.course.lessons.lesson_1_7.rules import ROLES, RULES, Settings, stops
from vitral.course.shared import Shared
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Note, Panel, Series, Slider, Table

SEEDS = range(20)

many = Shared[Traces](lambda task: train(seeds=SEEDS, task=task))
"""Twenty networks of the settings that the lesson names, each on points of its own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """One rule over S seeds.

    Attributes:
        stopped: (S,), epochs trained; E where it never stops. kept: (S,), the epoch, from 0, whose weights are kept.
        never: how many it never stops. test: (S,), test loss of the weights kept.
        excess: (S,), percent by which their validation loss is above that of the best epoch.
    """

    stopped: np.ndarray
    kept: np.ndarray
    never: int
    test: np.ndarray
    excess: np.ndarray

    @property
    def saved(self) -> float:
        """The median share of epochs that are not trained, in percent."""
        return float(100 * (1 - np.median(self.stopped) / EPOCHS))


def outcomes(found: Traces, settings: Settings) -> dict[str, Outcome]:
    """Each rule over all seeds, from their traces. Whoever stops keeps the best weights until then."""
    n_seeds = found.train.shape[1]
    all_stops = [stops(found.train[:, s], found.validation[:, s], settings) for s in range(n_seeds)]
    best, result = found.validation.min(axis=0), {}
    for rule in RULES:
        points = [each[rule] for each in all_stops]
        kept = np.array([point.epoch - 1 for point in points])
        result[rule] = Outcome(
            stopped=np.array([point.stopped or EPOCHS for point in points]),
            kept=kept,
            never=sum(point.stopped is None for point in points),
            test=found.test[kept, np.arange(n_seeds)],
            excess=100 * (np.array([point.error for point in points]) / best - 1),
        )
    return result


def costs(words: Mapping[str, str], language: str) -> Panel:
    """The rules with the settings that the reader chooses, over twenty trainings."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        found = many.get(task)
        settings = Settings(
            gl=float(f"{values['gl']:.3g}"), pq=float(f"{values['pq']:.3g}"), up=values["up"],
            patience=values["patience"],
        )  # fmt: skip
        by_rule = outcomes(found, settings)
        every = np.arange(found.train.shape[1])
        best = found.validation.argmin(axis=0)
        end = float(np.median(found.test[-1]))
        rows: list[list[Any]] = [[words["best"], EPOCHS, "–", 0.0, float(np.median(found.test[best, every]))]]
        for rule, outcome in by_rule.items():
            name = words[rule].format(gl=settings.gl, pq=settings.pq, up=settings.up, patience=settings.patience)
            rows.append([name, float(np.median(outcome.stopped)), outcome.never, float(np.median(outcome.excess)),
                         float(np.median(outcome.test))])  # fmt: skip
        rows.append([words["end"], EPOCHS, "–", float(np.median(100 * (found.validation[-1] / found.validation.min(axis=0) - 1))), end])  # noqa: E501  # fmt: skip
        cheapest = min(by_rule, key=lambda rule: float(np.median(by_rule[rule].stopped)))
        surest = min(by_rule, key=lambda rule: float(np.mean(by_rule[rule].excess)))
        return [
            Note(
                text=words["said"].format(
                    cheap=words[f"{cheapest}_name"], saved=by_rule[cheapest].saved, sure=words[f"{surest}_name"],
                    excess=float(np.mean(by_rule[surest].excess)),
                ),
                wide=True,
            ),
            Curves(
                title=words["title"].format(n=len(every)),
                alt=words["alt"],
                series=[
                    Series(
                        x=outcome.stopped + (k - 1.5) * 1.2,  # side by side where they are the same
                        y=outcome.excess.clip(0, 60),
                        name=words[f"{rule}_name"],
                        role=ROLES[rule],
                        dots=True,
                    )
                    for k, (rule, outcome) in enumerate(by_rule.items())
                ],
                limits=(0.0, EPOCHS + 6.0, -2.0, 62.0),
                x_label=words["epochs"],
                y_label=words["excess"],
                wide=True,
            ),
            Table(
                title=words["table"],
                alt=words["table"],
                columns=["", words["stops"], words["never"], words["above"], words["test"]],
                rows=rows,
                roles=["right", *(ROLES[rule] for rule in RULES), "neutral"],
                digits=3,
                wide=True,
            ),
        ]  # fmt: skip

    first = Settings()
    return Panel(
        compute,
        controls=[
            Slider(name="gl", label=words["gl_label"], value=first.gl, low=1.0, high=100.0, step=0.05, log=True),
            Slider(name="pq", label=words["pq_label"], value=first.pq, low=0.05, high=10.0, step=0.05, log=True),
            Slider(name="up", label=words["up_label"], value=first.up, low=1, high=10, step=1),
            Slider(name="patience", label=words["patience_label"], value=first.patience, low=1, high=100, step=1),
        ],
        language=language,
        label=words["label"],
        until_seen=[Note(text=words["waiting"], wide=True)],
    )

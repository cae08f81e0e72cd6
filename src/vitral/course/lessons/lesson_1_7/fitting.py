"""The first screen: one polynomial and its points, and its two errors at every degree.

Letters: N samples, M the degree.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_7.names import drawn, strength_of, strength_slider, told
from vitral.course.lessons.lesson_1_7.polynomials import checks, errors, fitted, powers, sample, truth
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Note, Panel, Readout, Series, Slider

MOST_DEGREE, LEAST_LAM = 15, 1e-8
PLACES = np.linspace(-1, 1, 241)
HIGH = 2.2  # what is drawn of a polynomial; where it leaves the picture it is cut
SHOWN = 40  # of the points to validate on


def fit(words: Mapping[str, str], language: str) -> Panel:
    """A polynomial through noisy points, beside what it should have found."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        n, degree, noise, seed = values["n"], values["degree"], float(f"{values['noise']:.3g}"), values["seed"]
        lam = strength_of(values["lam"], LEAST_LAM)
        x, t = sample(n, noise, seed)
        curve = fitted(degree, n, noise, lam, seed)
        line = curve.predict(powers(PLACES, degree))
        all_errors = np.array([errors(m, n, noise, lam, seed) for m in range(MOST_DEGREE + 1)])  # (M + 1, 2)
        train, validation = all_errors[degree]
        best = int(all_errors[:, 1].argmin())
        task.check()
        said = "under" if degree < best and validation > 1.5 * all_errors[best, 1] else "fine"
        said = "over" if degree > best and validation > 1.5 * all_errors[best, 1] else said
        xv, tv = (each[:: len(each) // SHOWN] for each in checks(noise, seed))
        return [
            Note(
                text=words[said].format(train=told(train), validation=told(validation), best=best),
                tone="good" if said == "fine" else "warning",
                wide=True,
            ),
            Curves(
                title=words["curve"].format(degree=degree),
                alt=words["curve_alt"].format(degree=degree, n=n),
                series=[
                    Series(x=PLACES, y=truth(PLACES).round(4), name=words["truth"], role="neutral"),
                    Series(x=PLACES, y=np.where(np.abs(line) < 3 * HIGH, line, np.nan).round(4), name=words["line"],
                           role="class0"),
                    Series(x=xv.round(4), y=tv.round(4), name=words["checks"], role="validation", dots=True),
                    Series(x=x.round(4), y=t.round(4), name=words["points"], role="train", dots=True),
                ],
                limits=(-1.0, 1.0, -HIGH, HIGH),
                x_label="x",
                y_label="y",
            ),
            Curves(
                title=words["errors"],
                alt=words["errors_alt"].format(train=told(train), validation=told(validation), best=best),
                series=[
                    Series(x=range(MOST_DEGREE + 1), y=drawn(all_errors[:, k]), name=words[name], role=name)
                    for k, name in ((0, "train"), (1, "validation"))
                ],
                x_label=words["degree"],
                y_label=words["error"],
                log_y=True,
                marker=degree,
                edits="degree",
            ),
            Readout(
                items=[
                    (words["train"], told(train), "train"),
                    (words["validation"], told(validation), "validation"),
                    (words["gap"], told(max(validation - train, 0.0)), "wrong" if said == "over" else "neutral"),
                    (words["largest"], float(np.abs(curve.weights).max(initial=0.0))),
                ],
                digits=3,
                wide=True,
            ),
        ]  # fmt: skip

    return Panel(
        compute,
        controls=[
            Slider(name="degree", label=words["degree_label"], value=11, low=0, high=MOST_DEGREE, step=1,
                   structural=True),
            Slider(name="n", label=words["n"], value=12, low=4, high=60, step=1),
            Slider(name="noise", label=words["noise"], value=0.3, low=0.0, high=0.8, step=0.05),
            strength_slider(words["lam"], LEAST_LAM, LEAST_LAM, 10.0),
            Slider(name="seed", label=words["seed"], value=0, low=0, high=30, step=1),
        ],
        language=language,
        label=words["label"],
    )  # fmt: skip

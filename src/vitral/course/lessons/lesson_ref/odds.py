"""A probability for every radius, live: a curve laid over real tumours by hand, and the odds that it multiplies."""

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_ref.data import tumours
from vitral.course.lessons.lesson_ref.loss import best_fit, loss_at, with_bias
from vitral.foundations.activations import sigmoid
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Panel, Readout, Series, Slider, Switch, Table


@cache
def _bins() -> tuple[np.ndarray, np.ndarray]:
    """Between 7 and 27 pixels, one bin a pixel: middles and the share of malignant tumours, where there are any."""
    data = tumours()
    number = np.floor(data.radius).astype(int)
    there = np.unique(number)
    return there + 0.5, np.array([data.malignant[number == n].mean() for n in there])


@cache
def _best_in_pixels() -> tuple[float, float, float]:
    """The optimum as (weight a pixel, radius where p is 1/2, loss)."""
    data, best = tumours(), best_fit()
    slope = best[0] / data.radius.std()
    middle = data.radius.mean() - best[1] / slope
    return float(slope), float(middle), float(loss_at(best, with_bias(data.z_score), data.malignant))


def fit_by_hand(words: Mapping[str, str], language: str) -> Panel:
    """A curve of probability over real tumours, laid by two sliders."""
    x = np.linspace(6, 29, 116)

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        data, (middles, shares) = tumours(), _bins()
        slope, middle = values["w"], values["middle"]
        rows = (data.radius - middle)[:, np.newaxis]
        loss = float(loss_at(np.array([slope]), rows, data.malignant))
        best_slope, best_middle, best_loss = _best_in_pixels()
        right = ((rows[:, 0] * slope > 0) == (data.malignant == 1)).mean()
        series = [
            Series(x=x, y=sigmoid.value(slope * (x - middle)), name=words["yours"], role="accent"),
            Series(x=middles, y=shares, name=words["observed"], role="neutral", dots=True),
        ]
        if values["show"]:
            y = sigmoid.value(best_slope * (x - best_middle))
            series.append(Series(x=x, y=y, name=words["best"], role="right"))
        return [
            Curves(
                title=words["title"],
                alt=words["alt"],
                series=series,
                limits=(6, 29, 0, 1),
                x_label=words["radius"],
                y_label=words["p"],
                level=0.5,
                level_name="1/2",
                marker=middle,
                edits="middle",
                wide=True,
            ),
            Readout(
                items=[
                    (words["loss"], loss, "accent"),
                    (words["bits"], loss / math.log(2)),
                    (words["above"], loss - best_loss, "wrong" if loss - best_loss > 0.01 else "right"),
                    (words["accuracy"], 100 * float(right)),
                ],
                digits=4,
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="w", label=words["w"], value=0.3, low=-1.0, high=4.0, step=0.01),
            Slider(name="middle", label=words["middle"], value=20.0, low=7, high=28, step=0.05),
            Switch(name="show", label=words["show"], value=False),
        ],
        language=language,
        label=words["label"],
    )


def odds(words: Mapping[str, str], language: str) -> Panel:
    """Three tumours, each a pixel larger than the one before: what is added, and what is multiplied."""
    z = np.linspace(-6, 6, 121)

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        w, first = values["w"], values["z"]
        scores = first + w * np.arange(4)
        p = sigmoid.value(scores)
        rows = []
        for i, (score, each) in enumerate(zip(scores, p, strict=True)):
            change = [float(each - p[i - 1]), math.exp(score - scores[i - 1])] if i else ["–", "–"]
            rows.append(
                [
                    f"x\N{NO-BREAK SPACE}+\N{NO-BREAK SPACE}{i}" if i else "x",
                    float(score),
                    math.exp(score),
                    float(each),
                    *change,
                ]
            )
        return [
            Table(
                title=words["table_title"],
                columns=["", words["logit"], words["odds"], words["p"], words["added"], words["factor"]],
                rows=rows,
                digits=3,
                wide=True,
                alt=words["table_alt"],
            ),
            Curves(
                title=words["curve_title"],
                alt=words["curve_alt"],
                series=[
                    Series(x=z, y=sigmoid.value(z), name="σ(z)", role="a"),
                    Series(x=scores, y=p, name="x, x + 1, x + 2, x + 3", role="b", dots=True),
                ],
                limits=(-6, 6, 0, 1),
                x_label=words["logit"],
                y_label="p",
                marker=first,
                edits="z",
            ),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="w", label=words["w"], value=math.log(2), low=-3, high=3, step=0.1),
            Slider(name="z", label=words["z"], value=-2.0, low=-6, high=6, step=0.1),
        ],
        language=language,
        label=words["label"],
    )

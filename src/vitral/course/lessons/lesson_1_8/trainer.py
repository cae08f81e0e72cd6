"""The network of the first screen, live: written in the form that the reader chooses, trained, asked about digits."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_8.forms import FORMS, digits
from vitral.course.lessons.lesson_1_8.trainings import trained
from vitral.training import Task
from vitral.views.widgets import Bars, Curves, Drawing, Heat, Menu, Note, Panel, Readout, Series, Slider, Switch, Table


def trainer(words: Mapping[str, str], language: str) -> Panel:
    """A network in the form that the reader chooses, trained on the digits."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        rate = float(f"{values['rate']:.3g}")
        chosen = (
            values["form"],
            values["optimizer"],
            rate,
            values["activation"],
            int(values["units"]),
            values["epochs"],
        )
        found, data = trained(task, *chosen), digits()
        table = Table(
            title=words["summary"],
            alt=words["summary"],
            columns=[words["code"], words["shape"], words["parameters"]],
            rows=[[line, str(shape), n] for line, (shape, n) in zip(found.code_lines, found.layers, strict=True)]
            + [[words["total"], "", sum(n for _, n in found.layers)]],
            wide=True,
            digits=9,
        )
        epochs = np.arange(1, len(found.history["loss"]) + 1)
        curves = [
            Curves(
                title=words[name],
                alt=words["curve_alt"].format(name=words[name], last=found.history[key][-1]),
                series=[
                    Series(x=epochs, y=np.round(found.history[key], 5), name=words["train"], role="train"),
                    Series(x=epochs, y=np.round(found.history[f"val_{key}"], 5), name=words["val"], role="validation"),
                ],
                x_label=words["epoch"],
            )
            for name, key in (("loss", "loss"), ("accuracy", "accuracy"))
        ]
        if found.diverged or not np.isfinite(found.probabilities).all():
            return [table, *curves, Note(text=words["diverged"], tone="warning", wide=True)]
        says = found.probabilities.argmax(axis=1)
        wrong = np.flatnonzero(says != data.test.y)
        among = wrong if values["wrong"] and len(wrong) else np.arange(len(data.test))
        row = among[values["digit"] * len(among) // len(data.test)]
        truth, guess = int(data.test.y[row]), int(says[row])
        roles = ["right" if k == truth else "wrong" if k == guess else "neutral" for k in range(10)]
        return [
            Heat(
                title=words["image"].format(row=row, truth=truth),
                alt=words["image_alt"].format(truth=truth),
                values=np.round(data.test.x[row].reshape(8, 8) * 16),
                digits=2,
            ),
            Bars(
                title=words["says"].format(guess=guess, p=found.probabilities[row, guess]),
                alt=words["says"].format(guess=guess, p=found.probabilities[row, guess]),
                names=[str(k) for k in range(10)],
                values=found.probabilities[row].round(4),
                roles=roles,
                limits=(0.0, 1.0),
            ),
            Readout(
                items=[
                    (words["test"], float((says == data.test.y).mean())),
                    (words["errors"], f"{len(wrong)} / {len(data.test)}", "wrong" if len(wrong) else "right"),
                ],
                digits=3,
                wide=True,
            ),
            table,
            *curves,
        ]

    return Panel(
        compute,
        controls=[
            Menu(
                name="form",
                label=words["form"],
                value="sequential",
                options=tuple((form, words[form]) for form in FORMS),
                structural=True,
            ),
            Menu(
                name="units",
                label=words["units"],
                value="32",
                options=tuple((n, n) for n in ("2", "8", "16", "32", "64")),
                structural=True,
            ),
            Menu(
                name="activation",
                label=words["activation"],
                value="relu",
                options=(("relu", "relu"), ("tanh", "tanh"), ("sigmoid", "sigmoid")),
                structural=True,
            ),
            Menu(
                name="optimizer",
                label=words["optimizer"],
                value="adam",
                options=(*((name, words[name]) for name in ("adam", "sgd", "momentum")), ("rmsprop", "RMSprop")),
                structural=True,
            ),
            Slider(name="rate", label=words["rate"], value=0.003, low=0.0001, high=1.0, step=0.05, log=True),
            Slider(name="epochs", label=words["epochs"], value=15, low=1, high=40, step=1),
            Slider(name="digit", label=words["digit"], value=7, low=0, high=351, step=1),
            Switch(name="wrong", label=words["only_wrong"], value=False),
        ],
        language=language,
        label=words["label"],
        warm=[
            *({"units": n} for n in ("16", "64", "8", "2")),
            *({"activation": f} for f in ("tanh", "sigmoid")),
            *({"optimizer": name} for name in ("sgd", "momentum", "rmsprop")),
            {"form": "subclassed"},
        ],
    )

"""The three forms with `vitral.fit`, and `model.fit`: the same weights, and how long each takes on this machine."""

import time
from collections.abc import Mapping
from typing import Any

from vitral.course.lessons.lesson_1_8.forms import BATCH, BUILDERS, FORMS, difference, digits, seeded
from vitral.training import Task, fit_live, keras_turn, watch
from vitral.views.widgets import Button, Drawing, Note, Panel, Readout, Slider, Table

EPOCHS = 10  # at first


def race(words: Mapping[str, str], language: str) -> Panel:
    """The three forms with `vitral.fit`, and `model.fit`: the same weights, and how long each took."""

    plan = [("keras", "sequential"), *(("vitral", form) for form in FORMS)]

    def table(epochs: int, measured: list[list[Any]]) -> Table:
        names = [f"{'model' if engine == 'keras' else 'vitral'}.fit, {words[form]}" for engine, form in plan]
        waiting = [["…"] * 3] * (len(plan) - len(measured))
        return Table(
            title=words["title"].format(epochs=epochs),
            alt=words["title"].format(epochs=epochs),
            columns=[words["who"], words["first"], words["second"], words["difference"]],
            rows=[[name, *found] for name, found in zip(names, measured + waiting, strict=True)],
            digits=2,
            wide=True,
        )

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        rows, reference, seconds = [], None, {}
        for number, (engine, form) in enumerate(plan):
            task.report(number / len(plan))
            task.show([table(values["epochs"], rows)])
            model, first, second = timed(task, engine, form, values["seed"], values["epochs"])
            reference = reference or model
            seconds[engine, form] = first, second
            rows.append([first, second, difference(model, reference)])
        slow, fast = seconds["keras", "sequential"][1], seconds["vitral", "sequential"][1]
        return [
            table(values["epochs"], rows),
            Readout(items=[(words["ratio"], slow / fast)], digits=2, wide=True),
            Note(text=words["caveat"], wide=True),
        ]

    return Panel(
        compute,
        controls=[
            Slider(name="epochs", label=words["epochs"], value=EPOCHS, low=2, high=30, step=2, structural=True),
            Slider(name="seed", label=words["seed"], value=0, low=0, high=30, step=1, structural=True),
            Button(name="again", label=words["again"]),
        ],
        language=language,
        label=words["label"],
        until_seen=[table(EPOCHS, [])],
    )


def timed(task: Task, engine: str, form: str, seed: int, epochs: int) -> tuple[Any, float, float]:
    """A network trained for `epochs`, and the seconds that took: it, and going on for as long once compiled."""
    from vitral import keras

    part = digits().train
    with keras_turn(task):
        model = seeded(BUILDERS[form], seed)
        seconds, weights = [], []
        for _ in range(2):
            keras.utils.set_random_seed(seed)
            started = time.perf_counter()
            if engine == "keras":
                model.fit(part.x, part.y, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[watch(task, epochs)])
            else:
                fit_live(task, model, part.x, part.y, batch_size=BATCH, epochs=epochs)
            seconds.append(time.perf_counter() - started)
            weights.append(model.get_weights())
            task.check()
        model.set_weights(weights[0])
    return model, seconds[0], seconds[1]

"""What each method of a Keras model returns, and the loss of `evaluate` summed by hand."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_8.forms import BATCH, digits, seeded, sequential
from vitral.course.numbers import tiny
from vitral.training import Task, fit_live, keras_turn
from vitral.views.widgets import Drawing, Panel, Readout, Slider, Table


def methods(words: Mapping[str, str], language: str) -> Panel:
    """What each method returns, and the loss of `evaluate` summed by hand."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        n, data = values["rows"], digits()
        with keras_turn(task):
            model = example_model()
            x, y = data.test.x[:n], data.test.y[:n]
            # Row by row: another n is no other program.
            loss, accuracy = model.evaluate(x, y, batch_size=1, verbose=0)
            p = model.predict(x, batch_size=1, verbose=0)
            shapes = [w.shape for w in model.get_weights()]
            n_weights = model.count_params()
        true = p[np.arange(n), y]
        by_hand = float(-np.log(true).mean())
        calls = [
            ["model.fit(x, y, epochs=5)", words["history"]],
            [f"model.evaluate(x[:{n}], y[:{n}])", words["numbers"].format(loss=loss, accuracy=accuracy)],
            [f"p = model.predict(x[:{n}])", words["probabilities"].format(shape=p.shape)],
            ["p.argmax(axis=1)", words["classes"].format(shape=p.argmax(axis=1).shape)],
            [
                "model.get_weights()",
                words["weights"].format(**dict(zip(("first", "second", "third", "fourth"), shapes, strict=True))),
            ],
            ["model.count_params()", str(n_weights)],
            ["model.save(path)", words["nothing"]],
        ]
        shown = min(n, 8)
        return [
            Table(
                title=words["calls"],
                alt=words["calls"],
                columns=[words["call"], words["returns"]],
                rows=calls,
                wide=True,
            ),
            Table(
                title=words["by_hand"],
                alt=words["by_hand"],
                columns=["", words["truth"], words["guess"], "p", "−ln p"],
                rows=[
                    [i, int(y[i]), int(p[i].argmax()), float(true[i]), float(-np.log(true[i]))] for i in range(shown)
                ],
                digits=3,
            ),
            Readout(
                title=words["mean_title"].format(n=n),
                items=[
                    (words["mean"], by_hand),
                    (words["evaluate"], loss),
                    (words["gap"], tiny(abs(by_hand - loss))),
                ],
                digits=6,
            ),
        ]

    return Panel(
        compute,
        controls=[Slider(name="rows", label=words["rows"], value=4, low=1, high=40, step=1)],
        language=language,
        label=words["label"],
    )


@cache
def example_model() -> Any:
    """A network trained for 5 epochs, made once."""
    with keras_turn():
        model, part = seeded(sequential, 0), digits().train
        fit_live(Task(), model, part.x, part.y, batch_size=BATCH, epochs=5, seed=0)
    return model


def evaluated() -> tuple[float, float, float, float]:
    """Loss and accuracy of `evaluate`, and both by hand, from `predict`."""
    test = digits().test
    with keras_turn():
        model = example_model()
        loss, accuracy = model.evaluate(test.x, test.y, verbose=0)
        p = model.predict(test.x, verbose=0)
    return loss, float(-np.log(p[np.arange(len(test)), test.y]).mean()), accuracy, float((p.argmax(1) == test.y).mean())

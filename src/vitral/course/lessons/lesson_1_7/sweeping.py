"""The sweep of this lesson: one network on the two moons, with each strength of L2 and of dropout, ten seeds of each.

    2-32-2, tanh and softmax, Adam, 300 epochs; `vitral.networks.mlp(2, 2, hidden=(32,), l2=…, dropout=…)`

Each seed has points of its own. What Keras calls the loss contains the penalty, so the cross-entropy alone is measured
beside it, as a metric.

Letters: E epochs, S seeds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from vitral import VitralError
from vitral.course.lessons.lesson_1_7.moons import HIDDEN, N_POINTS, NOISE, two_moons
from vitral.course.networks import at_epoch_ends
from vitral.course.shared import Shared
from vitral.training import Task, keras_turn

EPOCHS, BATCH, RATE = 300, 20, 0.02
SEEDS = range(10)
STRENGTHS: dict[str, tuple[float, ...]] = {"l2": (1e-3, 1e-2, 1e-1), "dropout": (0.2, 0.5)}
NONE = ("none", 0.0)
N_CHECKS, CHECKS_SEED = 400, 5000


@dataclass(frozen=True, kw_only=True, eq=False)
class Swept:
    """What came of each (remedy, strength), with `NONE` among them; how many variants, programs and seconds that were.

    Attributes:
        train, validation: cross-entropies without the penalty, (E, S). train_loss, validation_loss: what Keras reports.
    """

    train: dict[tuple[str, float], np.ndarray]
    validation: dict[tuple[str, float], np.ndarray]
    train_loss: dict[tuple[str, float], np.ndarray]
    validation_loss: dict[tuple[str, float], np.ndarray]
    n_variants: int
    n_programs: int
    seconds: float

    def best(self, remedy: str) -> float:
        """The strength with the least median of the validation losses at the end."""
        return min(STRENGTHS[remedy], key=lambda strength: float(np.median(self.validation[remedy, strength][-1])))


def variants() -> list[Mapping[str, Any]]:
    """What is swept over: nothing, each λ, each share of units, with every seed."""
    plain = {"l2": 0.0, "dropout": 0.0}
    chosen = [plain, *({**plain, remedy: s} for remedy, strengths in STRENGTHS.items() for s in strengths)]
    return [{**values, "seed": seed} for values in chosen for seed in SEEDS]


def points(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The points of a seed, (60, 2) and (60,)."""
    x, t = two_moons(N_POINTS, NOISE, seed)
    return x.astype(np.float32), t


def _sweep(task: Task) -> Swept:
    with keras_turn(task):
        import vitral
        from vitral import keras

        x, t = two_moons(N_CHECKS, NOISE, CHECKS_SEED)
        over = variants()
        total, done = len(over) * EPOCHS, count(1)

        def build(l2: float, dropout: float) -> Any:
            task.check()  # of a sweep that nobody wants, what is not built is not trained
            model = vitral.networks.mlp(2, 2, hidden=(HIDDEN,), activation="tanh", l2=l2, dropout=dropout)
            alone = keras.metrics.SparseCategoricalCrossentropy(name="alone")
            model.compile(keras.optimizers.Adam(RATE), "sparse_categorical_crossentropy", metrics=[alone])
            return model

        try:
            swept = vitral.sweep(
                build,
                points,
                batch_size=BATCH,
                epochs=EPOCHS,
                verbose=0,
                validation_data=(x.astype(np.float32), t),
                callbacks=lambda: [at_epoch_ends(lambda: task.report(next(done) / total))],
                over=over,
            )
        except VitralError:
            task.check()  # none could be built because nobody wants them
            raise
    task.check()
    histories: dict[tuple[str, float], list[Any]] = {}
    for result in swept.results:
        remedy = next((name for name in STRENGTHS if result.values[name]), "none")
        histories.setdefault((remedy, result.values.get(remedy, 0.0)), []).append(result.history)

    def of(name: str) -> dict[tuple[str, float], np.ndarray]:
        return {key: np.array([h[name] for h in each]).T for key, each in histories.items()}

    return Swept(
        train=of("alone"),
        validation=of("val_alone"),
        train_loss=of("loss"),
        validation_loss=of("val_loss"),
        n_variants=len(swept),
        n_programs=len(swept.groups),
        seconds=swept.seconds,
    )


sweep = Shared(_sweep)

"""The sweep of this lesson: three schemes × two rates × twenty seeds, each network trained as `vitral.fit` would.

    4-8-3, tanh and softmax, SGD on the cross-entropy of the 150 flowers

The loss is that over all rows after each epoch: the mean over an epoch, which `history["loss"]` is, would be that of
weights which change meanwhile, and change most where the steps are many.

Letters: N samples, E epochs, S seeds.
"""

from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from vitral import VitralError
from vitral.course.lessons.lesson_1_6.flowers import N_FLOWERS, flowers
from vitral.course.lessons.lesson_1_6.stacked import HIDDEN
from vitral.course.networks import at_epoch_ends
from vitral.course.shared import Shared
from vitral.training import Task, keras_turn

SIZES = {"all": N_FLOWERS, 15: 15, 1: 1}  # as `batch_size` names them: B
RATES = (0.3, 3.0)
SEEDS, EPOCHS = range(20), 30


@dataclass(frozen=True, kw_only=True, eq=False)
class Swept:
    """What came of it: `losses` of each (B, rate), (E, S); how many variants, programs and seconds that were."""

    losses: dict[tuple[int, float], np.ndarray]
    n_variants: int
    n_programs: int
    seconds: float

    def epochs_to(self, goal: float, size: int, rate: float) -> np.ndarray:
        """For each seed the first epoch whose loss is below the goal, (S,); infinite where there is none."""
        below = self.losses[size, rate] < goal
        return np.where(below.any(axis=0), below.argmax(axis=0) + 1.0, np.inf)

    def best_rate(self, goal: float, size: int) -> float:
        """The rate with the least median of the epochs to the goal; of equals, as where none arrives, the greatest."""
        return min(reversed(RATES), key=lambda rate: float(np.median(self.epochs_to(goal, size, rate))))


def _sweep(task: Task) -> Swept:
    with keras_turn(task):
        import vitral
        from vitral import keras

        x, y = flowers()
        total, done = len(SIZES) * len(RATES) * len(SEEDS) * EPOCHS, count(1)

        def build(rate: float) -> Any:
            task.check()  # of a sweep that nobody wants, what is not built is not trained
            layers = keras.layers
            hidden, output = layers.Dense(HIDDEN, activation="tanh"), layers.Dense(3, activation="softmax")
            model = keras.Sequential([keras.Input((4,)), hidden, output])
            model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
            return model

        try:
            swept = vitral.sweep(
                build,
                x.astype(np.float32),
                y,
                epochs=EPOCHS,
                verbose=0,
                validation_data=(x.astype(np.float32), y),
                callbacks=lambda: [at_epoch_ends(lambda: task.report(next(done) / total))],
                over={"batch_size": list(SIZES), "rate": RATES, "seed": SEEDS},
            )
        except VitralError:
            task.check()  # none could be built because nobody wants them
            raise
    task.check()
    found: dict[tuple[int, float], list[Any]] = {}
    for result in swept.results:
        key = SIZES[result.values["batch_size"]], result.values["rate"]
        found.setdefault(key, []).append(result.history["val_loss"])
    return Swept(
        losses={key: np.array(losses).T for key, losses in found.items()},
        n_variants=len(swept),
        n_programs=len(swept.groups),
        seconds=swept.seconds,
    )


sweep = Shared(_sweep)

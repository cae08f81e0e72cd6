"""What lesson 1.6 asks: guesses to be measured, exercises to be checked."""

from collections.abc import Mapping

import numpy as np

from vitral.course.claims import Revealed, Verdict, nearest
from vitral.course.lessons.lesson_1_6.claims_rates import largest_rates, medians_to_goal
from vitral.course.lessons.lesson_1_6.flowers import N_FLOWERS
from vitral.course.lessons.lesson_1_6.names import BATCH, MINI, ONLINE, SIZES
from vitral.course.lessons.lesson_1_6.noise import variance_of
from vitral.course.lessons.lesson_1_6.stacked import train_stack
from vitral.course.lessons.lesson_1_6.trials import XOR_SEEDS, noise_measured, xor_solved
from vitral.course.numbers import number_in, whole_in
from vitral.training import Task
from vitral.views.widgets import Bars, Curves, Series

ROWS, SIZE, EPOCHS = 1000, 32, 5  # of the first exercise
POPULATION, TIMES = 100, 10  # of the second: rows, and how many times less noise
MOST_UPDATES, MOST_EPOCHS, LEAST_LOSS = 100, 10, 0.08  # of the last
MOST_RATE = 100.0


def predict_epochs() -> Revealed:
    """Who needs the fewest passes through the data, each at its best rate."""
    found = medians_to_goal("epochs")
    keys = {1: "online", 15: "mini", 150: "batch"}
    return Revealed(
        answer=keys[min(found, key=lambda B: found[B])],
        values={f"b{B}": value for B, value in found.items()},
        drawings=[
            Bars(
                names=[f"B = {B}" for B in found], values=list(found.values()), roles=[BATCH, MINI, ONLINE], digits=3
            )
        ],
    )  # fmt: skip


def predict_noise() -> Revealed:
    """What four times as many rows do to the deviation of the gradient."""
    measured = noise_measured()
    ratio = float(np.sqrt(measured[7] / measured[1]))  # of 8 rows to 2
    options = {"same": 1.0, "half": 0.5, "quarter": 0.25, "sixteenth": 1 / 16}
    return Revealed(answer=nearest(options, ratio), values={"ratio": ratio})


def predict_rates() -> Revealed:
    """How the largest rate that works changes from one row a step to all."""
    found = largest_rates()
    rise = found[N_FLOWERS] / found[1]
    options = {"falls": 1 / 150, "same": 1.0, "rises": 10.0, "proportional": 150.0}
    series = Series(x=list(SIZES), y=[found[B] for B in SIZES], role="accent")
    return Revealed(
        answer=nearest(options, rise),
        values={"one": found[1], "all": found[N_FLOWERS], "rise": rise},
        drawings=[Curves(series=[series], x_label="B", y_label="η", log_x=True, log_y=True)],
    )


def predict_minima() -> Revealed:
    """Whether the noise of online training gets more networks out of XOR's dead ends."""
    solved = xor_solved()
    more = solved[1] - solved[4]
    return Revealed(
        answer="more" if more > 2 else "fewer" if more < -2 else "same",
        values={"batch": solved[4], "online": solved[1], "n": XOR_SEEDS},
    )


def exercise_count(answers: Mapping[str, str]) -> Verdict:
    """The updates of five epochs, and the rows of an epoch's last step."""
    updates, last = whole_in(answers["updates"]), whole_in(answers["last"])
    if updates is None or last is None:
        return Verdict(right=False, say="numbers")
    an_epoch, rest = -(-ROWS // SIZE), ROWS % SIZE
    if updates == an_epoch:
        return Verdict(right=False, say="epoch", values={"n": updates})
    if updates == EPOCHS * (ROWS // SIZE):
        return Verdict(right=False, say="rest", values={"n": updates})
    if updates != EPOCHS * an_epoch:
        return Verdict(right=False, say="updates", values={"n": updates})
    if last != rest:
        return Verdict(right=False, say="last", values={"n": last})
    return Verdict(right=True, say="right", values={"n": updates, "last": last})


def exercise_noise(answers: Mapping[str, str]) -> Verdict:
    """The fewest rows whose gradient deviates a tenth as much as that of one row, of a hundred without replacement."""
    size = whole_in(answers["size"])
    if size is None or not 1 <= size <= POPULATION:
        return Verdict(right=False, say="number", values={"n": POPULATION})
    deviation = {B: float(np.sqrt(variance_of(B, POPULATION))) for B in range(1, POPULATION + 1)}
    least = next(B for B, each in deviation.items() if each <= 1 / TIMES)
    values = {"size": size, "share": 100 * deviation[size]}
    if size == least:
        return Verdict(right=True, say="right", values=values)
    if size == TIMES**2:
        return Verdict(right=False, say="replacement", values=values)
    return Verdict(right=False, say="few" if size < least else "many", values=values)


def exercise_budget(answers: Mapping[str, str], task: Task | None = None) -> Verdict:
    """A size, a rate and epochs that come below a loss within so many epochs and updates: trained, twenty seeds."""
    size, rate, epochs = whole_in(answers["size"]), number_in(answers["rate"]), whole_in(answers["epochs"])
    if size is None or rate is None or epochs is None:
        return Verdict(right=False, say="numbers")
    if not 1 <= size <= N_FLOWERS or not 0 < rate <= MOST_RATE or not epochs:
        return Verdict(right=False, say="numbers")
    updates = epochs * -(-N_FLOWERS // size)
    values = {"updates": updates, "epochs": epochs}
    if epochs > MOST_EPOCHS:
        return Verdict(right=False, say="epochs", values=values)
    if updates > MOST_UPDATES:
        return Verdict(right=False, say="updates", values=values)
    losses = train_stack(size, [rate], epochs=epochs, task=task).losses[:, 0]
    loss, start = float(np.median(losses[-1])), float(np.median(losses[0]))
    values |= {"loss": loss}
    if loss <= LEAST_LOSS:
        return Verdict(right=True, say="right", values=values)
    return Verdict(
        right=False, say="wild" if loss > start or losses[-1].max() > 2 * loss + 0.5 else "slow", values=values
    )

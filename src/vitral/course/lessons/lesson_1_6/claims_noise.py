"""What lesson 1.6 claims of single steps, of their noise and of where it leaves a training, measured."""

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_6.floor import excess
from vitral.course.lessons.lesson_1_6.noise import FAR, downhill_share, row_gradients, variance_of
from vitral.course.lessons.lesson_1_6.scale import losses_after
from vitral.course.lessons.lesson_1_6.stacked import train_stack
from vitral.course.lessons.lesson_1_6.trials import (
    XOR_SEEDS,
    in_order,
    noise_measured,
    steady_floor,
    xor_solved,
)
from vitral.course.lessons.lesson_1_6.two_weights import unit


def claim_mean() -> Measured:
    """With the mean and one small rate, an epoch of online goes farther, about as many times as it has updates."""
    before, after = losses_after(0.0003, 1, is_sum=False)
    fallen = np.median(before - after, axis=1)
    ratio = float(fallen[0] / fallen[-1])
    return Measured(holds=75 <= ratio <= 300, values={"ratio": ratio, "n": 150})


def claim_sum() -> Measured:
    """With the sum and a small rate, all sizes go about as far."""
    before, after = losses_after(0.0003, 1, is_sum=True)
    fallen = np.median(before - after, axis=1)
    spread = float(fallen.max() / fallen.min())
    return Measured(holds=spread < 1.1, values={"least": fallen.min(), "most": fallen.max()})


def claim_linear() -> Measured:
    """With the mean and a rate in proportion to B, the same epochs give nearly the same loss, while the rate is small.

    With large rates it does not: the rule of thumb has an end.
    """
    sizes = (1, 15, 150)
    small, large = (
        [float(np.median(train_stack(B, [rate * B], epochs=epochs).losses[-1])) for B in sizes]
        for rate, epochs in ((0.001, 3), (0.1, 10))
    )
    holds = max(small) < 1.05 * min(small) and max(large) > 2 * min(large)
    names = ("one", "some", "all")
    values = dict(zip(names, small, strict=True)) | {f"{n}_large": v for n, v in zip(names, large, strict=True)}
    return Measured(holds=holds, values=values)


def claim_noise() -> Measured:
    """The variance falls as the formula says, with its factor for drawing without replacement."""
    measured, sizes = noise_measured(), np.arange(1, 100)
    ratio = measured[:-1] / (measured[0] * variance_of(sizes, 100) / variance_of(1, 100))
    return Measured(
        holds=bool((np.abs(ratio - 1) < 0.15).all()),
        values={"low": float(ratio.min()), "high": float(ratio.max())},
    )


def claim_half() -> Measured:
    """Without the factor the formula is wrong where the batches are large: at half of the rows, by two."""
    measured = noise_measured()
    simple = measured[0] / 50
    return Measured(
        holds=1.7 < simple / measured[49] < 2.3 and measured[-1] < 1e-20,
        values={"ratio": float(simple / measured[49]), "all": float(np.round(measured[-1], 12))},
    )


def claim_agree() -> Measured:
    """At the start most rows point downhill by themselves; near the minimum about half of them."""
    g = {epochs: row_gradients(unit(), epochs) for epochs in (0, FAR)}
    start, end = (100 * downhill_share(each) for each in g.values())
    ratio = {e: float(np.sqrt(each.var(axis=0).sum()) / np.linalg.norm(each.mean(axis=0))) for e, each in g.items()}
    return Measured(
        holds=start > 75 and 40 < end < 60 and ratio[FAR] > 5 * ratio[0],
        values={"start": start, "end": end, "few": ratio[0], "many": ratio[FAR], "n": FAR},
    )


def claim_floor() -> Measured:
    """Online at a constant rate hovers: with rows drawn with replacement in proportion to the rate, shuffled lower."""
    drawn = [steady_floor(rate, replacement=True) for rate in (0.01, 0.02)]
    shuffled = [steady_floor(rate) for rate in (0.01, 0.02)]
    by_drawing, by_shuffling = drawn[1] / drawn[0], shuffled[1] / shuffled[0]
    holds = 1.6 < by_drawing < 2.5 < by_shuffling and shuffled[0] < drawn[0] and shuffled[1] < drawn[1]
    return Measured(
        holds=holds,
        values={
            "drawn": by_drawing, "shuffled": by_shuffling, "a": 1e3 * drawn[0], "b": 1e3 * shuffled[0],
        },
    )  # fmt: skip


def claim_converges() -> Measured:
    """Online reaches the minimum if its rate falls."""
    constant = float(np.median(excess(1, 0.1, epochs=100, seeds=range(20))[-1]))
    falling = float(excess(1, 0.1, decay=1.0, epochs=100, seeds=range(20))[-1].max())
    return Measured(
        holds=falling < 1e-4 and constant > 100 * falling, values={"constant": 1e3 * constant, "falling": 1e6 * falling}
    )


def claim_order() -> Measured:
    """Online with the rows species by species ends higher than with shuffled rows."""
    found = in_order()
    shuffled, sorted_rows = found[True], found[False]
    worse = int((sorted_rows > shuffled).sum())
    return Measured(
        holds=worse >= 18,
        values={"shuffled": float(np.median(shuffled)), "sorted": float(np.median(sorted_rows)), "worse": worse},
    )


def claim_minima() -> Measured:
    """On XOR the noise of online training does not get more networks out of their dead ends; here it gets fewer."""
    solved = xor_solved()
    return Measured(holds=solved[1] < solved[4], values={"batch": solved[4], "online": solved[1], "n": XOR_SEEDS})

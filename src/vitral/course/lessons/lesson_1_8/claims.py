"""What lesson 1.8 states, measured."""

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_8.inside import beside_numpy
from vitral.course.lessons.lesson_1_8.methods import evaluated
from vitral.course.lessons.lesson_1_8.same import going_on, recompiled, same_bits, saved, three_forms
from vitral.course.lessons.lesson_1_8.trials import outcome
from vitral.course.numbers import tiny


def claim_forms() -> Measured:
    """The three forms are one network."""
    start, end, answers = three_forms()
    return Measured(
        holds=start == end == answers == 0, values={"start": tiny(start), "end": tiny(end), "answers": tiny(answers)}
    )


def claim_bits() -> Measured:
    """`vitral.fit` gives the weights of `model.fit`."""
    gap, same_history, n = same_bits()
    return Measured(holds=gap == 0 and same_history, values={"gap": tiny(gap), "n": n})


def claim_numpy() -> Measured:
    """The NumPy of lesson 1.4 takes the same path, but for rounding."""
    gaps = {name: beside_numpy(name, 0, 5)[2][-1] for name in ("sgd", "adam")}
    return Measured(holds=max(gaps.values()) < 1e-3, values={name: tiny(gap) for name, gap in gaps.items()})


def claim_save() -> Measured:
    """A saved network predicts the same."""
    gap, size = saved()
    return Measured(holds=gap == 0, values={"gap": tiny(gap), "size": size / 1000})


def claim_evaluate() -> Measured:
    """`evaluate` is what `predict` says, averaged."""
    loss, by_hand, accuracy, right = evaluated()
    return Measured(
        holds=abs(loss - by_hand) < 1e-5 and abs(accuracy - right) < 1e-6,
        values={"loss": loss, "by_hand": by_hand, "accuracy": accuracy, "gap": tiny(abs(loss - by_hand))},
    )


def claim_again() -> Measured:
    """`fit` goes on from where it was."""
    gap, first, last = going_on()
    return Measured(holds=gap == 0 and last > first, values={"gap": tiny(gap), "first": first, "last": last})


def claim_compile() -> Measured:
    """`compile` leaves the weights alone."""
    gap = recompiled()
    return Measured(holds=gap == 0, values={"gap": tiny(gap)})


def claim_softmax() -> Measured:
    """Without softmax, and without saying so, it hardly learns, and no error says so."""
    right, without, said = outcome("right"), outcome("no_softmax"), outcome("logits")
    return Measured(
        holds=without.test < 0.5 < right.test and abs(said.test - right.test) < 0.02,
        values={"right": right.test, "without": without.test, "said": said.test, "loss": without.losses[-1]},
    )


def claim_twice() -> Measured:
    """Softmax twice: a loss that cannot go below ln(e + 9) - 1."""
    found, right, floor = outcome("twice"), outcome("right"), np.log(np.e + 9) - 1
    return Measured(
        holds=floor < min(found.losses) and found.losses[-1] > 2 * right.losses[-1],
        values={"floor": float(floor), "loss": found.losses[-1], "right": right.losses[-1], "test": found.test},
    )


def claim_scale() -> Measured:
    """Inputs a few hundred times too large or too small cost; sixteen times do not."""
    right, raw, big, small = (outcome(name) for name in ("right", "raw", "big", "small"))
    return Measured(
        holds=max(big.test, small.test) < 0.7 < right.test and raw.test > right.test - 0.03,
        values={"right": right.test, "raw": raw.test, "big": big.test, "small": small.test},
    )


def claim_sigmoid() -> Measured:
    """A sigmoid in place of softmax does no harm here: Keras divides by the sum."""
    right, found = outcome("right"), outcome("sigmoid")
    return Measured(holds=found.test > right.test - 0.03, values={"right": right.test, "sigmoid": found.test})


def claim_few() -> Measured:
    """Keras says nothing about labels that the network has no output for; `vitral.fit` does."""
    found = outcome("few")
    return Measured(
        holds=found.ours.startswith("DataError") and not found.keras and found.test < 0.6,
        values={"loss": found.losses[-1], "test": found.test},
    )

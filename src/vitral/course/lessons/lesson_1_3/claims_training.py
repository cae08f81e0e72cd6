"""What lesson 1.3 claims of what training finds, beside what there is to be found, measured."""

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_3.forward import xor_by_hand
from vitral.course.lessons.lesson_1_3.hidden import FIRST_SEED, xor_training
from vitral.course.lessons.lesson_1_3.points import XOR, four_clouds
from vitral.course.lessons.lesson_1_3.trials import (
    circle_accuracies,
    deep_accuracies,
    stuck_on_xor,
    wave_errors,
    xor_shares,
)
from vitral.course.truth_tables import truth_rows
from vitral.foundations import Certificate, Separator, separate


def claim_circles() -> Measured:
    """Three hidden units fence in a circle, two do not."""
    medians = circle_accuracies()
    holds = medians[1] < 0.9 and medians[2] < 0.9 and medians[3] >= 0.95
    return Measured(holds=holds, values={f"w{width}": 100 * m for width, m in medians.items()})


def claim_hidden() -> Measured:
    """A hidden layer makes separable what no line could separate: a proof before, a separator after."""
    x, y = four_clouds()
    network = xor_training(FIRST_SEED)[-1]
    a = network.forward(x).a[0]
    before, after = separate(x, y), separate(a, y)
    errors = int(((network.predict(x)[:, 0] > 0.5) != (y == 1)).sum())
    holds = isinstance(before, Certificate) and before.check(x, y) and isinstance(after, Separator)
    return Measured(holds=holds and after.check(a, y) and errors == 0, values={"n": len(y), "errors": errors})


def claim_width() -> Measured:
    """Wider networks come closer: of those trained, in the median; of those made by hand, always."""
    found = wave_errors()
    trained = [float(np.median(errors)) for errors, _ in found.values()]
    made = [error for _, error in found.values()]
    holds = trained == sorted(trained, reverse=True) and trained[-1] < 0.75 * trained[0]
    holds = holds and made == sorted(made, reverse=True)
    n = len(next(iter(found.values()))[0])
    return Measured(holds=holds, values={**{f"t{w}": t for w, t in zip(found, trained, strict=True)}, "n": n})


def claim_universal() -> Measured:
    """The network that training finds is far from the one that exists."""
    errors, made = wave_errors()[32]
    trained, best = float(np.median(errors)), float(errors.min())
    return Measured(
        holds=made < best, values={"by_hand": made, "trained": trained, "best": best, "times": trained / made}
    )


def claim_xor() -> Measured:
    """XOR: impossible with one unit, possible with two, found from some seeds only."""
    shares = xor_shares()
    made = xor_by_hand().predict(truth_rows(2))[:, 0]
    holds = bool((made == XOR).all()) and shares[1] == 0 and 0 < shares[2] < 1 and shares[8] == 1
    holds = holds and list(shares.values()) == sorted(shares.values())
    return Measured(holds=holds, values={f"s{width}": 100 * share for width, share in shares.items()})


def claim_stuck() -> Measured:
    """Those that fail on XOR stay where they are: corners of both classes share a place in their hidden space."""
    before = round(100 * (1 - xor_shares()[2]))
    after, merged, others = stuck_on_xor()
    return Measured(
        holds=before == after == merged > others == 0,
        values={"before": before, "after": after, "merged": merged, "others": others},
    )


def claim_deep() -> Measured:
    """More layers fit the training data worse here, for the same number of epochs."""
    medians = deep_accuracies()
    return Measured(
        holds=medians[6] < medians[1] <= medians[2], values={f"d{depth}": 100 * m for depth, m in medians.items()}
    )

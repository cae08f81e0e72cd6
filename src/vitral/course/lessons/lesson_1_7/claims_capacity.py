"""What lesson 1.7 claims of capacity, data and noise, measured. Medians of twenty samples."""

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_7.gaps import AXES
from vitral.course.lessons.lesson_1_7.trials import PATIENTS, SEEDS, network_gaps, over, over_widths
from vitral.course.lessons.lesson_1_7.widths import peak_at


def gap_at(axis: str, value: float) -> np.ndarray:
    """Validation less training error of each sample, (S,), at a value of an axis."""
    found = over(axis)[list(AXES[axis]).index(value)]
    return found[:, 1] - found[:, 0]


def claim_nested() -> Measured:
    """On the points that it is fitted to, a polynomial of higher degree is never worse."""
    train = over("degree")[:, :, 0]
    rises = int((np.diff(train, axis=0) > 1e-9).sum())
    first, middle, last = (float(np.median(train[degree])) for degree in (1, 3, 9))
    return Measured(
        holds=rises == 0, values={"rises": rises, "n": len(SEEDS), "one": first, "three": middle, "nine": last}
    )


def claim_gap() -> Measured:
    """Between training and validation lies more, the higher the degree."""
    gaps = {degree: float(np.median(gap_at("degree", degree))) for degree in (3, 6, 9, 12)}
    wider = int((gap_at("degree", 9) > gap_at("degree", 3)).sum())
    ordered = list(gaps.values())
    return Measured(
        holds=ordered == sorted(ordered) and wider >= 18,
        values={**{f"d{degree}": gap for degree, gap in gaps.items()}, "wider": wider, "n": len(SEEDS)},
    )


def claim_valley() -> Measured:
    """The validation error falls first and rises then; its least is at a middle degree."""
    validation = np.median(over("degree")[:, :, 1], axis=1)
    best = int(validation.argmin())
    values = {"best": best, "least": validation[best], "one": validation[1], "nine": validation[9]}
    return Measured(holds=2 <= best <= 6 and min(validation[1], validation[9]) > 1.5 * validation[best], values=values)


def claim_data() -> Measured:
    """The gap shrinks as data are added to more than there are parameters; it grows until there are as many."""
    gaps = {n: float(np.median(gap_at("n", n))) for n in (5, 10, 14, 28, 56, 240)}
    before, *after = gaps.values()
    return Measured(
        holds=before < after[0] and after == sorted(after, reverse=True),
        values={f"n{n}": gap for n, gap in gaps.items()},
    )


def claim_noise() -> Measured:
    """Without noise this polynomial does not overfit; with more of it, more."""
    gaps = {noise: float(np.median(gap_at("noise", noise))) for noise in (0.0, 0.1, 0.3, 0.6)}
    ordered = list(gaps.values())
    return Measured(
        holds=ordered == sorted(ordered) and ordered[0] < 1e-3,
        values=dict(zip(("none", "little", "some", "much"), ordered, strict=True)),
    )


def claim_double() -> Measured:
    """The validation error peaks where there are as many parameters as samples, and comes down again beyond."""
    widths, errors = over_widths(0.0)
    at = int(np.flatnonzero(widths == peak_at(PATIENTS))[0])
    best = int(errors[:at].argmin())
    holds = int(errors.argmax()) == at and errors[-1] < errors[at] / 3 and errors[best] < errors[-1]
    return Measured(
        holds=bool(holds),
        values={
            "n": PATIENTS, "least": errors[best], "few": int(widths[best]), "peak": errors[at], "last": errors[-1],
            "units": int(widths[at]), "many": int(widths[-1]),
        },
    )  # fmt: skip


def claim_tamed() -> Measured:
    """A penalty takes the peak away."""
    widths, errors = over_widths(0.1)
    at = int(np.flatnonzero(widths == peak_at(PATIENTS))[0])
    bare = over_widths(0.0)[1]
    holds = errors[at] < 1.2 * errors.min() and errors.max() < 1.0 and (errors < bare).all()
    return Measured(
        holds=bool(holds), values={"n": PATIENTS, "units": int(widths[at]), "at": errors[at], "bare": bare[at]}
    )


def claim_networks() -> Measured:
    """In trained networks the gap grows from two hidden units to eight, and from there on no more."""
    gaps = network_gaps()
    return Measured(
        holds=gaps[2] < min(gaps[8], gaps[32]) and gaps[32] < 1.1 * gaps[8],
        values={f"h{hidden}": gap for hidden, gap in gaps.items()},
    )

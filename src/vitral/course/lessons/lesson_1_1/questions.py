"""What lesson 1.1 asks: guesses to be measured, exercises to be checked."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from vitral.course.claims import Revealed, Verdict
from vitral.course.lessons.lesson_1_1.counting import count_computable
from vitral.course.lessons.lesson_1_1.units import GATES, unit_for, unit_of
from vitral.course.numbers import num, numbers_in, vector
from vitral.course.truth_tables import FUNCTIONS, truth_rows
from vitral.foundations import Certificate, ThresholdNetwork


def predict_sixteen() -> Revealed:
    """How many of the 16 functions of two inputs?"""
    computable, total = count_computable(2)
    answer = {6: "six", 10: "ten", 14: "fourteen", 16: "all"}[computable]
    columns = [column for column in product((0, 1), repeat=4) if isinstance(unit_for(column), Certificate)]
    missing = ", ".join("".join(map(str, column)) for column in columns)
    return Revealed(answer=answer, values={"n": computable, "all": total, "missing": missing})


def predict_four() -> Revealed:
    """What share of the functions of four inputs?"""
    computable, total = count_computable(4)
    share = computable / total
    answer = "most" if share > 0.6 else "third" if share > 0.2 else "tenth" if share > 0.06 else "few"
    return Revealed(answer=answer, values={"n": computable, "all": total, "share": 100 * share})


def exercise_rule(answers: Mapping[str, str]) -> Verdict:
    """Weights for «x₁ and not x₂», checked on all rows."""
    wanted = (0, 0, 1, 0)
    return _check_unit([answers["w1"], answers["w2"]], answers["theta"], wanted)


def exercise_majority(answers: Mapping[str, str]) -> Verdict:
    """A unit that fires when at least two of three inputs are 1."""
    wanted = (truth_rows(3).sum(axis=1) >= 2).astype(int).tolist()
    return _check_unit([answers["w1"], answers["w2"], answers["w3"]], answers["theta"], wanted)


def exercise_xor(answers: Mapping[str, str]) -> Verdict:
    """XOR from two gates and one more on their answers."""
    names = [answers[key] for key in ("first", "second", "last")]
    if any(name not in GATES for name in names):
        return Verdict(right=False, say="choose")
    first, second, last = (GATES[name] for name in names)
    y = ThresholdNetwork(hidden=(first, second), output=last).predict(truth_rows(2))
    wanted = np.array(FUNCTIONS["xor"])
    values = {"first": names[0], "second": names[1], "last": names[2], "column": vector(y)}
    if np.array_equal(y, wanted):
        return Verdict(right=True, say="right", values=values)
    row = int(np.flatnonzero(y != wanted)[0])
    hidden = vector([made.predict(truth_rows(2)[[row]])[0] for made in (first, second)])
    values |= {"row": vector(truth_rows(2)[row]), "hidden": hidden, "y": int(y[row]), "wanted": int(wanted[row])}
    return Verdict(right=False, say="same" if names[0] == names[1] else "row", values=values)


def _check_unit(weights: Sequence[str], theta: str, wanted: Sequence[int]) -> Verdict:
    numbers = numbers_in([*weights, theta])
    if numbers is None:
        return Verdict(right=False, say="number")
    made = unit_of(numbers[:-1], numbers[-1])
    x = truth_rows(len(weights))
    y, z = made.predict(x), x @ made.weights
    values = {"right": int((y == wanted).sum()), "all": len(x), "theta": num(numbers[-1])}
    if np.array_equal(y, wanted):
        return Verdict(right=True, say="right", values=values)
    row = int(np.flatnonzero(y != wanted)[0])
    values |= {"row": vector(x[row]), "z": num(z[row]), "y": int(y[row]), "wanted": int(wanted[row])}
    return Verdict(right=False, say="tie" if z[row] == numbers[-1] else "row", values=values)

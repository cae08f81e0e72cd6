"""What lesson 1.3 asks: guesses to be measured, exercises to be checked."""

import re
from collections.abc import Mapping

import numpy as np

from vitral.course.claims import Revealed, Verdict
from vitral.course.lessons.lesson_1_3.claims_drawing import collapsed, most_pieces
from vitral.course.lessons.lesson_1_3.counting import n_parameters
from vitral.course.lessons.lesson_1_3.points import XOR
from vitral.course.lessons.lesson_1_3.shapes import folding, n_pieces
from vitral.course.lessons.lesson_1_3.trials import circle_accuracies, xor_shares
from vitral.course.numbers import numbers_in, tiny, vector, whole_in
from vitral.course.truth_tables import truth_rows
from vitral.foundations import ThresholdNetwork, ThresholdUnit
from vitral.views.widgets import Bars

COUNTED = (784, 128, 64, 10)  # the first exercise's network
LEAST_PIECES, MOST_PARAMETERS = 1000, 100  # the last exercise: more than these, fewer than these
MOST = 1e6  # of what a reader types


def predict_circles() -> Revealed:
    """How many hidden units fence in a circle."""
    medians = circle_accuracies()
    least = next((w for w, m in medians.items() if m >= 0.95), 4)
    return Revealed(
        answer=f"n{least}" if least < 4 else "more",
        values={f"w{width}": 100 * m for width, m in medians.items()},
        drawings=[_bars(medians)],
    )


def predict_linear() -> Revealed:
    """What five layers without activations draw."""
    difference, _, _ = collapsed()
    return Revealed(answer="line" if difference < 1e-9 else "curve", values={"difference": tiny(difference)})


def predict_pieces() -> Revealed:
    """How many pieces ten ReLU units can draw in five layers of two."""
    n = n_pieces(folding([2] * 5))
    answer = {10: "units", 11: "same", 20: "twice", 32: "power"}[n]
    return Revealed(answer=answer, values={"deep": n, "flat": most_pieces(10)})


def predict_xor() -> Revealed:
    """How many of a hundred 2-2-1 networks learn XOR."""
    shares = xor_shares()
    n = round(100 * shares[2])
    answer = "nearly_all" if n >= 90 else "most" if n >= 60 else "some" if n >= 15 else "few"
    return Revealed(
        answer=answer,
        values={"n": n, "n3": round(100 * shares[3]), "n8": round(100 * shares[8])},
        drawings=[_bars(shares)],
    )


def exercise_count(answers: Mapping[str, str]) -> Verdict:
    """The parameters of 784-128-64-10."""
    n = whole_in(answers["n"])
    if n is None:
        return Verdict(right=False, say="number")
    right = n_parameters(COUNTED)
    weights = right - sum(COUNTED[1:])
    if n == right:
        return Verdict(right=True, say="right", values={"n": n})
    say = "biases" if n == weights else "more" if n < right else "less"
    return Verdict(right=False, say=say, values={"n": n})


def exercise_xor(answers: Mapping[str, str]) -> Verdict:
    """Three threshold units that compute XOR: any weights that do."""
    units = []
    for name in ("first", "second", "output"):
        numbers = numbers_of(answers[name])
        if numbers is None or len(numbers) != 3:
            return Verdict(right=False, say="three", values={"text": answers[name] or "–"})
        units.append(ThresholdUnit(weights=numbers[:2], bias=float(numbers[2])))
    network = ThresholdNetwork(hidden=tuple(units[:2]), output=units[2])
    rows = truth_rows(2)
    got = network.predict(rows)
    wrong = np.flatnonzero(got != XOR)
    if len(wrong) == 0:
        return Verdict(right=True, say="right", values={"hidden": ", ".join(map(vector, network.answers(rows)))})
    first = wrong[0]
    x1, x2 = rows[first].astype(int)
    values = {"x1": x1, "x2": x2, "y": int(got[first]), "t": int(XOR[first]), "n": len(wrong)}
    return Verdict(right=False, say="row", values=values)


def exercise_fold(answers: Mapping[str, str]) -> Verdict:
    """Hidden layers with few parameters that can draw many pieces: built and counted."""
    numbers = numbers_of(answers["widths"])
    if numbers is None or (numbers % 1).any() or numbers.min() < 1:
        return Verdict(right=False, say="numbers", values={"text": answers["widths"] or "–"})
    widths = [int(n) for n in numbers]
    n = n_parameters([1, *widths, 1])
    if n >= MOST_PARAMETERS:
        return Verdict(right=False, say="many", values={"n": n})
    drawn = n_pieces(folding(widths))
    if drawn <= LEAST_PIECES:
        return Verdict(right=False, say="few", values={"n": n, "pieces": drawn})
    return Verdict(right=True, say="right", values={"n": n, "pieces": drawn, "units": sum(widths)})


def numbers_of(text: str) -> np.ndarray | None:
    """The numbers of one field, (K,): with spaces, semicolons or commas between them. None if something else is there.

    A comma within a number is a decimal comma, unless there is nothing else between the numbers: «1 1 −0,5» has three
    of them, and so has «1,1,−0.5».
    """
    text = text.strip()
    words = re.split(r"[\s;]+" if re.search(r"[\s;]", text) else ",", text)
    found = numbers_in(word.rstrip(",") for word in words if word)
    return None if found is None or not len(found) or np.abs(found).max() >= MOST else found


def _bars(shares: Mapping[int, float]) -> Bars:
    """A bar for each number of hidden units, from 0 to 1."""
    return Bars(names=[str(w) for w in shares], values=list(shares.values()), limits=(0.0, 1.0), digits=2)

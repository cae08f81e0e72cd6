"""What lesson 1.1 claims, measured."""

from itertools import product

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_1.counting import count_computable
from vitral.course.lessons.lesson_1_1.units import GATES, parity_network, table_network, unit_for, unit_of
from vitral.course.numbers import tiny, vector
from vitral.course.truth_tables import FUNCTIONS, truth_rows
from vitral.foundations import Certificate, and_unit, not_unit, or_unit, separate, xor_network

SIZES = range(2, 9)  # numbers of inputs for which parity is checked


def is_odd(d: int) -> np.ndarray:
    """Parity, the truth table: 1 where an odd number of d inputs is 1, (2^d,)."""
    return (truth_rows(d).sum(axis=1) % 2).astype(int)


def claim_gates() -> Measured:
    """AND, OR, NAND and NOT, each with one unit."""
    tables = [
        (and_unit(), truth_rows(2), FUNCTIONS["and"]),
        (or_unit(), truth_rows(2), FUNCTIONS["or"]),
        (GATES["NAND"], truth_rows(2), FUNCTIONS["nand"]),
        (not_unit(), truth_rows(1), (1, 0)),
    ]
    right = sum(np.array_equal(made.predict(x), t) for made, x, t in tables)
    return Measured(holds=right == len(tables), values={"right": right, "all": len(tables)})


def claim_bias() -> Measured:
    """The threshold is the weight of an input that is always 1, with its sign turned."""
    rng, same, n = np.random.default_rng(0), 0, 500
    for _ in range(n):
        w, theta = rng.normal(size=4), rng.normal()
        with_one = np.column_stack([truth_rows(4), np.ones(16)])
        same += np.array_equal(unit_of(w, theta).predict(truth_rows(4)), unit_of([*w, -theta], 0.0).predict(with_one))
    return Measured(holds=same == n, values={"same": same, "n": n})


def claim_scale() -> Measured:
    """Multiplying weights and threshold by the same positive number changes no answer."""
    rng, same, n = np.random.default_rng(1), 0, 500
    for _ in range(n):
        w, theta, factor = rng.normal(size=2), rng.normal(), 2.0 ** rng.integers(-10, 11)
        x = rng.normal(size=(50, 2))
        same += np.array_equal(unit_of(w, theta).predict(x), unit_of(factor * w, factor * theta).predict(x))
    return Measured(holds=same == n, values={"same": same, "n": n})


def claim_distance() -> Measured:
    """The line lies θ/‖w‖ from the origin: against the nearest of many points on it."""
    rng, worst, n = np.random.default_rng(2), 0.0, 200
    for _ in range(n):
        w, theta = rng.normal(size=2), rng.uniform(0.2, 2)
        along = np.array([-w[1], w[0]])
        on_line = theta * w / (w @ w) + np.linspace(-3, 3, 2001)[:, None] * along
        nearest = np.linalg.norm(on_line, axis=1).min()
        worst = max(worst, abs(nearest - theta / np.linalg.norm(w)))
    return Measured(holds=worst < 1e-9, values={"n": n, "worst": tiny(worst)})


def claim_xor() -> Measured:
    """No unit computes XOR: the certificate's sums, in whole numbers."""
    found = separate(truth_rows(2), FUNCTIONS["xor"])
    if not isinstance(found, Certificate):
        return Measured(holds=False, values={"multipliers": "", "point": ""})
    twice = (2 * found.multipliers).astype(int)  # ½ each, so these are exact
    t = np.array(FUNCTIONS["xor"])
    exact = np.array_equal(twice / 2, found.multipliers)
    same = np.array_equal(twice[t == 1] @ truth_rows(2)[t == 1], twice[t == 0] @ truth_rows(2)[t == 0])
    return Measured(
        holds=exact and same and found.check(truth_rows(2), t),
        values={"multipliers": vector(found.multipliers), "point": vector(found.point)},
    )


def claim_search() -> Measured:
    """Bigger weights do not help: of many random units of each size, the best has three rows of XOR right."""
    rng, sizes, each = np.random.default_rng(0), (1.0, 1000.0), 200_000
    best = []
    for size in sizes:
        w = rng.uniform(-size, size, (each, 3))
        right = ((w[:, :2] @ truth_rows(2).T + w[:, 2:] > 0) == FUNCTIONS["xor"]).sum(axis=1)  # (each,)
        best.append(int(right.max()))
    return Measured(holds=best == [3, 3], values={"n": each * len(sizes), "best": max(best)})


def claim_network() -> Measured:
    """Three units compute XOR, and d + 1 the parity of d inputs."""
    right = int((xor_network().predict(truth_rows(2)) == FUNCTIONS["xor"]).sum())
    parity = [np.array_equal(parity_network(d).predict(truth_rows(d)), is_odd(d)) for d in SIZES]
    return Measured(holds=right == 4 and all(parity), values={"right": right, "most": SIZES[-1]})


def claim_any() -> Measured:
    """Two layers compute every function."""
    done, functions = 0, 0
    for d in (2, 3):
        for column in product((0, 1), repeat=2**d):
            functions += 1
            if any(column):
                done += np.array_equal(table_network(column).predict(truth_rows(d)), column)
            else:  # no row to fire for: one unit that never fires
                done += not unit_of(np.zeros(d), 0.5).predict(truth_rows(d)).any()
    return Measured(holds=done == functions, values={"done": done, "all": functions})


def claim_counts() -> Measured:
    """14 of 16, 104 of 256, 1882 of 65,536."""
    counts = {d: count_computable(d) for d in (2, 3, 4)}
    shares = [a / b for a, b in counts.values()]
    return Measured(
        holds=shares[0] > shares[1] > shares[2],
        values={"two": counts[2][0], "three": counts[3][0], "four": counts[4][0], "share": 100 * shares[2]},
    )


def claim_majority() -> Measured:
    """The majority of many inputs needs one unit; whether their number is odd, none computes."""
    odd_sizes = (3, 5, 7, 9, 11)  # no draws
    majority = [
        np.array_equal(unit_of(np.ones(d), d / 2).predict(truth_rows(d)), truth_rows(d).sum(axis=1) > d / 2)
        for d in odd_sizes
    ]
    parity = [isinstance(unit_for(is_odd(d).tolist()), Certificate) for d in SIZES]
    return Measured(holds=all(majority) and all(parity), values={"most": odd_sizes[-1], "parity": SIZES[-1]})

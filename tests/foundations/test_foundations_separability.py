"""Separators and certificates against exact arithmetic, the perceptron and Novikoff's margin."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.datasets import load_iris

from vitral._errors import ArgumentError, DataError, ShapeError, VitralError
from vitral.foundations import Certificate, Perceptron, Separator, novikoff_bound, separate

SQUARE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
AND, OR, XOR = [0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 1, 0]

# Small whole coordinates: everything about them can be decided exactly, and their hulls touch often.
SETS = st.integers(1, 4).flatmap(
    lambda size: hnp.arrays(np.int64, st.tuples(st.integers(2, 10), st.just(size + 1)), elements=st.integers(-4, 4))
)


def test_and_and_or_have_a_separator():
    for t in (AND, OR):
        found = separate(SQUARE, t)
        assert isinstance(found, Separator)
        assert found.check(SQUARE, t)
        assert found.unit.predict(SQUARE).tolist() == t
        assert 0 < found.margin <= np.sqrt(2) / 4 + 1e-12  # the widest strip's half width


def test_xor_has_a_certificate_the_centre_of_the_square():
    found = separate(SQUARE, XOR)
    assert isinstance(found, Certificate)
    np.testing.assert_allclose(found.multipliers, 0.5, rtol=0, atol=1e-15)
    np.testing.assert_allclose(found.point, [0.5, 0.5], rtol=0, atol=1e-15)
    assert found.residual <= 1e-15
    assert found.check(SQUARE, XOR)
    assert found.check(SQUARE, [-1, 1, 1, -1])


@settings(derandomize=True, max_examples=300, deadline=None)
@given(SETS)
def test_exactly_one_of_the_two_proved_in_exact_arithmetic(rows):
    x, t = rows[:, :-1], (rows[:, -1] > 0).astype(int)
    assume(0 < t.sum() < len(t))
    found = separate(x, t)
    assert found.check(x, t)
    converged = Perceptron(max_epochs=300).fit(x, t).converged
    if isinstance(found, Separator):
        w, b = [Fraction(v) for v in found.weights.tolist()], Fraction(found.bias)
        sides = [sum(v * int(a) for v, a in zip(w, row, strict=True)) + b for row in x]
        assert [int(side > 0) for side in sides] == t.tolist()
        assert all(sides)
        distances = [abs(float(side)) / np.linalg.norm(found.weights) for side in sides]
        assert found.margin == pytest.approx(min(distances), rel=1e-6)
    else:
        assert not converged
        # A vertex of this programme has rational coordinates of small denominator: the proof in whole numbers.
        share = [Fraction(v).limit_denominator(10**6) for v in found.multipliers.tolist()]
        assert all(v >= 0 for v in share)
        for k in (0, 1):
            assert sum(v for v, c in zip(share, t, strict=True) if c == k) == 1
        for column in x.T.tolist():
            assert sum(v * a * (2 * int(c) - 1) for v, a, c in zip(share, column, t, strict=True)) == 0
        assert np.count_nonzero(found.multipliers) <= x.shape[1] + 2
    if converged:
        assert isinstance(found, Separator)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.floats(-5, 5), st.floats(-300, 300))
def test_both_answers_are_found_on_real_numbers_of_any_scale(seed, is_separable, exponent, shift):
    """Sets built around a hyperplane with a gap, or around a point that both hulls share."""
    rng = np.random.default_rng(seed)
    size, n_rows = int(rng.integers(1, 6)), int(rng.integers(12, 60))
    x = rng.normal(0, 1, (n_rows, size))
    t = rng.permutation(np.arange(n_rows) % 2)
    if is_separable:
        u = rng.normal(0, 1, size)
        u /= np.linalg.norm(u)
        x += np.outer((2 * t - 1) * rng.uniform(0.01, 1) - x @ u, u)
    else:
        x[t == 1] += x[t == 0].mean(axis=0) - x[t == 1].mean(axis=0)
    x = (x + shift) * 10.0**exponent
    found = separate(x, t)
    assert isinstance(found, Separator if is_separable else Certificate)
    assert found.check(x, t)


def test_iris_setosa_is_apart_and_the_other_two_are_not():
    x, t = load_iris(return_X_y=True)
    assert isinstance(separate(x, t == 0), Separator)
    assert isinstance(separate(x, t == 1), Certificate)
    assert isinstance(separate(x[50:], t[50:] == 2), Certificate)
    assert novikoff_bound(x, t == 0).mistakes > 1


def test_columns_of_one_value_and_shared_points():
    x = np.array([[0.0, 7], [1, 7], [2, 7], [3, 7]])
    assert isinstance(separate(x, [0, 0, 1, 1]), Separator)
    assert isinstance(separate(x, [0, 1, 0, 1]), Certificate)
    touching = separate([[0.0], [1], [1], [2]], [0, 0, 1, 1])
    assert isinstance(touching, Certificate)
    assert touching.point.tolist() == [1.0]


def test_a_gap_too_thin_for_the_solver_gets_no_false_answer():
    """Below its tolerance of 1e-7 the solver may miss a separator; what it returns instead must not pass as proof."""
    rng = np.random.default_rng(0)
    answers: dict[float, set[type]] = {1e-4: set(), 1e-6: set(), 1e-8: set(), 1e-10: set()}
    for gap in np.repeat(list(answers), 10).tolist():
        x, t, u = rng.normal(0, 1, (40, 3)), np.arange(40) % 2, np.array([0.6, 0.0, 0.8])
        x += np.outer((2 * t - 1) * rng.choice([gap, 1.0], 40) - x @ u, u)
        answers[gap].add(answer(x, t))
    assert answers[1e-4] == answers[1e-6] == {Separator}
    assert VitralError in answers[1e-8] | answers[1e-10] <= {Separator, VitralError}


def answer(x, t):
    try:
        return type(separate(x, t))
    except VitralError:
        return VitralError


def test_far_from_the_origin_nothing_changes():
    x = SQUARE + np.array([1e9, -3e8])
    certificate = separate(x, XOR)
    assert isinstance(certificate, Certificate)
    assert certificate.check(x, XOR)
    assert (certificate.point - [1e9, -3e8]).tolist() == [0.5, 0.5]
    assert isinstance(separate(x, AND), Separator)


def test_a_check_refuses_what_proves_nothing():
    separator, certificate = separate(SQUARE, AND), separate(SQUARE, XOR)
    assert isinstance(separator, Separator)
    assert isinstance(certificate, Certificate)
    assert not separator.check(SQUARE, OR)
    assert not Separator(weights=np.array([1.0, 1.0]), bias=-2.0, margin=0.0).check(SQUARE, AND)  # (1, 1) lies on it
    assert not certificate.check(SQUARE, AND)
    for multipliers in ([0.5, 0.5, 0.5, 0.4], [0.0, 0.0, 0.0, 0.0], [0.6, 0.4, 0.6, 0.4], [1.5, 0.5, 0.5, -0.5]):
        wrong = Certificate(multipliers=np.array(multipliers), point=certificate.point, residual=0.0)
        assert not wrong.check(SQUARE, XOR)
    elsewhere = Certificate(multipliers=certificate.multipliers, point=np.array([0.5, 0.6]), residual=0.0)
    assert not elsewhere.check(SQUARE, XOR)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: separate(SQUARE, [1, 1, 1, 1]), DataError, "t must hold both classes: got 1 in every row"),
        (lambda: separate(SQUARE, [0, 1]), ShapeError, "x has 4 rows, t has 2"),
        (lambda: separate(SQUARE, [0, 1, 2, 3]), DataError, "t must hold two classes"),
        (lambda: separate([[np.inf], [0]], [0, 1]), DataError, "x must be finite"),
        (lambda: separate(SQUARE, XOR).check(SQUARE[:3], XOR[:3]), ShapeError, "one row per multiplier: got 3 rows"),
        (lambda: separate(SQUARE, XOR).check(SQUARE, XOR, -1), ArgumentError, "tolerance"),
        (lambda: separate(SQUARE, AND).check([[1.0]], [1]), ShapeError, "each of the 2 inputs"),
    ],
)
def test_bad_arguments_of_separate_are_one_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()

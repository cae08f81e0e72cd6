"""Polynomial features against scikit-learn's, over generated tables, and the classic example with them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import PolynomialFeatures

from vitral._errors import ArgumentError, DataError, ShapeError
from vitral.foundations import LogisticUnit, polynomial_exponents, polynomial_features, polynomial_names

TABLES = hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 4)), elements=st.floats(-3, 3))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(x=TABLES, degree=st.integers(1, 6))
def test_values_order_and_names_are_scikit_learns(x, degree):
    theirs = PolynomialFeatures(degree, include_bias=False).fit(x)
    ours = polynomial_features(x, degree)
    np.testing.assert_allclose(ours, theirs.transform(x), rtol=1e-13)
    np.testing.assert_array_equal(polynomial_exponents(x.shape[1], degree), theirs.powers_)
    columns = [f"x{j + 1}" for j in range(x.shape[1])]
    written = [name.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")) for name in polynomial_names(columns, degree)]
    assert written == [name.replace("^", "") for name in theirs.get_feature_names_out(columns)]


def test_two_columns_to_degree_six_are_ngs_twenty_seven():
    x = np.random.default_rng(0).normal(size=(9, 2))
    mapped = [x[:, 0] ** (i - j) * x[:, 1] ** j for i in range(1, 7) for j in range(i + 1)]  # his mapFeature
    np.testing.assert_allclose(polynomial_features(x, 6), np.stack(mapped, axis=1), rtol=1e-12)
    names = polynomial_names(2, 6)
    assert len(names) == 27
    assert names[:5] == ["x1", "x2", "x1²", "x1 x2", "x2²"]
    assert names[-2:] == ["x1 x2⁵", "x2⁶"]
    assert polynomial_names(["age"], 12)[-1] == "age¹²"
    assert polynomial_features(x, 0).shape == (9, 0)
    assert polynomial_names(2, 0) == []


def test_names_may_come_from_whatever_gives_texts():
    names = ["a", "b", "a²", "a b", "b²"]
    for columns in (np.array(["a", "b"]), pd.DataFrame({"a": [1], "b": [2]}).columns, iter("ab"), {"a": 0, "b": 1}):
        assert polynomial_names(columns, 2) == names


@pytest.mark.parametrize("ngs_lambda", [0.1, 1.0, 100.0])
def test_the_classic_example_is_scikit_learns(ngs_lambda):
    """His λ / 2N Σ w²: l2 = λ / N here, C = 1 / λ there."""
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (118, 2))
    t = (np.hypot(*(x + 0.2 * rng.normal(size=x.shape)).T) < 0.6).astype(int)
    a, unit = polynomial_features(x, 6), LogisticUnit(l2=ngs_lambda / 118, tolerance=1e-10, epochs=50)
    theirs = LogisticRegression(C=1 / ngs_lambda, tol=1e-12, max_iter=1000, solver="newton-cholesky").fit(a, t)
    found = unit.solve(a, t)
    assert found.converged
    assert len(found.losses) < 12
    assert (np.diff(found.losses) <= 0).all()
    np.testing.assert_allclose(found.weights[-1], [*theirs.coef_[0], *theirs.intercept_], atol=1e-7)
    np.testing.assert_array_equal(found.predict(a), theirs.predict(a))
    # Descent arrives there as well.
    walked = LogisticUnit(l2=ngs_lambda / 118, tolerance=1e-8, epochs=20_000, accelerate=True).fit(a, t)
    np.testing.assert_allclose(walked.weights[-1], found.weights[-1], atol=1e-4)
    assert unit.solve(a, t, start=found.weights[-1]).losses.tolist() == [found.losses[-1]]


def test_newton_where_nothing_holds_the_weights():
    """Classes that can be separated, no penalty: weights grow, and it says that it did not arrive."""
    found = LogisticUnit(epochs=12, tolerance=1e-12).solve([[-1.0], [1.0]], [0, 1])
    assert not found.converged
    assert len(found.losses) == 13
    assert np.isfinite(found.weights).all()
    assert (np.diff(found.losses) < 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_newton_from_far_away_never_climbs_and_arrives_where_the_rest_do(seed):
    """There nearly every p is 0 or 1: the Hessian knows next to nothing of the bias."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(40, 2))
    t = (x[:, 0] + 0.8 * rng.normal(size=40) > 0).astype(int)
    found = LogisticUnit(l2=0.01).solve(x, t, start=[100.0, -100.0, 0.0])
    theirs = LogisticRegression(C=1 / (0.01 * 40), tol=1e-12, max_iter=1000, solver="newton-cholesky").fit(x, t)
    assert found.converged  # without a tolerance: where the loss falls no more
    assert len(found.losses) < 40
    assert (np.diff(found.losses) <= 0).all()
    np.testing.assert_allclose(found.weights[-1], [*theirs.coef_[0], *theirs.intercept_], atol=1e-6)


def test_newton_with_a_column_given_twice_and_columns_of_any_scale():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 1))
    t = (x[:, 0] + 0.8 * rng.normal(size=40) > 0).astype(int)
    alone = LogisticUnit().solve(x, t)
    for wide in (np.column_stack([1000 * x, 1000 * x]), 1e160 * x, 1e-8 * x, np.column_stack([x, 0 * x])):
        found = LogisticUnit().solve(wide, t)
        assert found.converged
        assert found.losses[-1] == pytest.approx(alone.losses[-1], rel=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: polynomial_features([[1.0]], -1), ArgumentError, "degree must be a whole number .* 0: got -1"),
        (lambda: polynomial_features([[1.0]], 1.5), ArgumentError, "degree must be a whole number .* 0: got 1.5"),
        (lambda: polynomial_features([1.0], 2), ShapeError, r"x must be of shape \(N, D\): got shape \(1,\)"),
        (lambda: polynomial_features([[np.inf]], 2), DataError, r"x must be finite: got inf at \[0, 0\]"),
        (lambda: polynomial_features(np.ones((3, 0)), 2), DataError, "at least one row and one column"),
        (lambda: polynomial_features([["a"]], 2), DataError, "x must hold real numbers"),
        (lambda: polynomial_features([[1.0, 2.0]], 10**6), ArgumentError, "must make at most 1,000,000 features"),
        (lambda: polynomial_features([[1.0]], 10**9), ArgumentError, "got 1000000000, with 1 columns and 1 rows"),
        (lambda: polynomial_features(np.ones((300_000, 2)), 100), ArgumentError, "with 2 columns and 300000 rows"),
        (lambda: polynomial_exponents(10**6, 10**6), ArgumentError, "degree must make at most 1,000,000 features"),
        (lambda: polynomial_names(1, 10**9), ArgumentError, "degree must make at most 1,000,000 features"),
        (lambda: polynomial_features([[1e200]], 3), DataError, r"powers are finite: got 1e\+200, to degree 3. Scale"),
        (lambda: polynomial_exponents(0, 2), ArgumentError, "n_columns must be a whole number of at least 1: got 0"),
        (lambda: polynomial_names(0, 2), ArgumentError, "columns must be a whole number of at least 1: got 0"),
        (lambda: polynomial_names("ab", 2), ArgumentError, "columns must be how many there are, or a list .* got 'ab'"),
        (lambda: polynomial_names([], 2), ArgumentError, r"columns must be how many .* got \[\]"),
        (lambda: polynomial_names([1, 2], 2), ArgumentError, r"columns must be how many .* got \[1, 2\]"),
        (lambda: LogisticUnit().solve([[1.0]], [2]), DataError, "two classes"),
        (lambda: LogisticUnit().solve([[1.0]], [1], start=[0.0]), ShapeError, r"start must be of shape \(2,\)"),
    ],
)  # fmt: skip
def test_bad_arguments_are_one_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()

"""Polynomial features against scikit-learn's, over generated tables, and the classic example with them."""

import numpy as np
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


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: polynomial_features([[1.0]], -1), ArgumentError, "degree must be a whole number .* 0: got -1"),
        (lambda: polynomial_features([[1.0]], 1.5), ArgumentError, "degree must be a whole number .* 0: got 1.5"),
        (lambda: polynomial_features([1.0], 2), ShapeError, r"x must be of shape \(N, D\): got shape \(1,\)"),
        (lambda: polynomial_features([[np.inf]], 2), DataError, r"x must be finite: got inf at \[0, 0\]"),
        (lambda: polynomial_features(np.ones((3, 0)), 2), DataError, "at least one row and one column"),
        (lambda: polynomial_features([["a"]], 2), DataError, "x must hold real numbers"),
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

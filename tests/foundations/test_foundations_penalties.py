"""Ridge and lasso: against scikit-learn, the closed forms, descent in plain NumPy, and Keras through `vitral.fit`."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Lasso, Ridge

import vitral
from vitral._errors import ArgumentError, DataError, ShapeError, UnknownNameError
from vitral.foundations import (
    LinearFit,
    lasso,
    lasso_descent,
    polynomial_features,
    ridge,
    ridge_descent,
    soft_threshold,
)


def problem(n=30, d=6, seed=0):
    """x (N, D), its columns of different means, scales and somewhat alike, and t (N,)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) @ (np.eye(d) + 0.3 * rng.normal(size=(d, d))) * rng.uniform(0.3, 2, d)
    return x + rng.uniform(-3, 3, d), 2 * x[:, 0] - x[:, 1] + rng.normal(size=n) + 7.0


X, T = problem()
SHAPES = [(30, 6), (6, 20), (12, 12)]


# ---- ridge


@pytest.mark.parametrize(("n", "d"), SHAPES)
@pytest.mark.parametrize("lam", [1e-6, 0.1, 30.0])
def test_ridge_is_scikit_learns_whose_alpha_is_n_times_lambda(n, d, lam):
    x, t = problem(n, d)
    found, theirs = ridge(x, t, lam), Ridge(alpha=n * lam, solver="svd", tol=1e-12).fit(x, t)
    np.testing.assert_allclose(found.weights, theirs.coef_, rtol=1e-7, atol=1e-9)
    assert float(found.bias) == pytest.approx(theirs.intercept_)
    np.testing.assert_allclose(found.predict(x), theirs.predict(x))


def test_ridge_is_its_formula():
    a, t = X - X.mean(axis=0), T - T.mean()
    expected = np.linalg.inv(a.T @ a + 30 * 0.4 * np.eye(6)) @ a.T @ t
    np.testing.assert_allclose(ridge(X, T, 0.4).weights, expected, rtol=1e-10)


@pytest.mark.parametrize(("n", "degree"), [(30, 5), (6, 12)])
def test_without_a_penalty_it_is_least_squares_of_least_weights(n, degree):
    x = np.random.default_rng(1).uniform(-1, 1, (n, 1))
    a, t = polynomial_features(x, degree), np.sin(3 * x[:, 0])
    middle, found = a.mean(axis=0), ridge(a, t, 0.0)
    expected = np.linalg.lstsq(a - middle, t - t.mean(), rcond=1e-10)[0]
    np.testing.assert_allclose(found.weights, expected, rtol=1e-6, atol=1e-8)
    assert float(found.bias) == pytest.approx(t.mean() - middle @ expected)
    assert lasso(a, t, 0.0).weights == pytest.approx(found.weights)


@pytest.mark.parametrize("solve", [ridge, lasso])
def test_several_penalties_are_one_after_another(solve):
    lams = np.array([0.3, 0.0, 5.0, 1e-3])
    found = solve(X, T, lams)
    assert found.weights.shape == (4, 6)
    assert found.predict(X).shape == (4, 30)
    for k, lam in enumerate(lams):
        alone = solve(X, T, lam)
        assert alone.weights.shape == (6,)
        np.testing.assert_allclose(found.weights[k], alone.weights, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found.bias[k], alone.bias)
        np.testing.assert_allclose(found.predict(X)[k], alone.predict(X))


def test_no_columns_and_constant_ones():
    assert ridge(np.ones((4, 0)), [1, 2, 3, 6], 0.1).bias == 3
    wide = np.column_stack([X, np.full(30, 0.1)])
    for solve in (ridge, lasso):
        found = solve(wide, T, 0.2)
        assert found.weights[-1] == 0
        np.testing.assert_allclose(found.weights[:-1], solve(X, T, 0.2).weights)
    assert not ridge(X, np.full(30, 2.0), 0.1).weights.any()


# ---- lasso


@pytest.mark.parametrize(("n", "d"), SHAPES)
@pytest.mark.parametrize("lam", [0.02, 0.5, 3.0])
def test_lasso_is_scikit_learns_whose_alpha_is_half_of_lambda(n, d, lam):
    x, t = problem(n, d)
    found, theirs = lasso(x, t, lam), Lasso(alpha=lam / 2, tol=1e-12, max_iter=1_000_000).fit(x, t)
    assert found.converged
    np.testing.assert_allclose(found.weights, theirs.coef_, atol=1e-7)
    np.testing.assert_array_equal(found.weights == 0, theirs.coef_ == 0)
    assert float(found.bias) == pytest.approx(theirs.intercept_)


def test_lasso_where_columns_are_so_alike_that_coordinate_descent_creeps():
    """Powers of one column to degree 12, of 15 points, far below the penalties at which scikit-learn converges."""
    x = np.random.default_rng(2).uniform(-1, 1, (15, 1))
    a, t, lams = polynomial_features(x, 12), np.sin(3 * x[:, 0]), np.logspace(-6, 0, 13)
    found = lasso(a, t, lams)
    assert found.converged.all()
    slopes = 2 * (a - a.mean(axis=0)).T @ (found.predict(a) - t).T / 15  # (D, L)
    for w, slope, lam in zip(found.weights, slopes.T, lams, strict=True):
        np.testing.assert_allclose(slope[w != 0], -lam * np.sign(w[w != 0]), atol=1e-8)
        assert (np.abs(slope) <= lam + 1e-8).all()
    assert (np.diff(np.abs(found.weights).sum(axis=1)) < 1e-9).all()


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.integers(2, 12), st.integers(1, 8), st.floats(0.01, 4), st.integers(0, 99))
def test_no_small_move_lowers_what_the_lasso_minimises(n, d, lam, seed):
    x, t = problem(n, max(d, 2), seed)
    found = lasso(x, t, lam)

    def loss(w, b):
        return np.mean((x @ w + b - t) ** 2) + lam * np.abs(w).sum()

    least = loss(found.weights, found.bias)
    for move in np.random.default_rng(seed).normal(0, 1e-4, (20, x.shape[1] + 1)):
        assert loss(found.weights + move[:-1], found.bias + move[-1]) >= least - 1e-12


@pytest.mark.parametrize("scale", [1e-149, 1e149])
def test_the_largest_and_the_smallest_columns_that_are_taken(scale):
    for fit in (ridge(scale * X, T, 0), lasso(scale * X, T, 0.1 * scale)):
        assert fit.converged
        like = ridge(X, T, 0) if fit.weights.all() else lasso(X, T, 0.1)
        np.testing.assert_allclose(fit.weights * scale, like.weights, rtol=1e-6)


def test_a_fit_is_arrays_that_nobody_changes():
    mine = np.ones(2)
    for fit in (ridge(X, T, 0.1), lasso(X, T, [0.1, 1.0]), lasso_descent(X, T, 0.1, 5), LinearFit(
        weights=mine, bias=np.float64(0), converged=np.bool_(True)
    )):  # fmt: skip
        for array in (fit.weights, fit.bias, fit.converged):
            assert isinstance(array, np.ndarray)
            assert not array.flags.writeable
    mine[0] = 2.0


# ---- descent beside them


def test_descent_arrives_at_both_closed_forms():
    for lam in (0.0, 0.05, 2.0):
        walked = ridge_descent(X, T, lam, 30_000)
        assert walked.converged
        np.testing.assert_allclose(walked.weights, ridge(X, T, lam).weights, atol=1e-8)
        np.testing.assert_allclose(walked.bias, ridge(X, T, lam).bias, atol=1e-8)
    walked, exact = lasso_descent(X, T, 0.5, 30_000), lasso(X, T, 0.5)
    assert walked.converged
    np.testing.assert_allclose(walked.weights, exact.weights, atol=1e-7)
    np.testing.assert_array_equal(walked.weights == 0, exact.weights == 0)
    assert (exact.weights == 0).any()
    swaying = lasso_descent(X, T, 0.5, 30_000, step="sign")
    assert not swaying.converged
    assert (swaying.weights != 0).all()
    assert np.abs(swaying.weights - exact.weights).max() < 0.1


@pytest.mark.parametrize("way", ["ridge", "sign", "proximal"])
def test_descent_is_one_step_after_another(way):
    lam, a, t = 0.2, X - X.mean(axis=0), T - T.mean()
    curvature = 2 * np.linalg.svd(a, compute_uv=False)[0] ** 2 / 30 + (2 * lam if way == "ridge" else 0)
    w, seen = np.zeros(6), {}
    for step in range(6):
        seen[step] = w
        slope = 2 * a.T @ (a @ w - t) / 30
        if way == "ridge":
            w = w - (slope + 2 * lam * w) / curvature
        elif way == "sign":
            w = w - (slope + lam * np.sign(w)) / curvature
        else:
            moved = w - slope / curvature
            w = np.array([np.sign(m) * max(abs(m) - lam / curvature, 0) for m in moved])
    found = ridge_descent(X, T, lam, [0, 1, 5]) if way == "ridge" else lasso_descent(X, T, lam, [0, 1, 5], step=way)
    np.testing.assert_allclose(found.weights, [seen[0], seen[1], seen[5]], atol=1e-12)
    np.testing.assert_allclose(found.bias, T.mean() - found.weights @ X.mean(axis=0))
    assert found.converged.tolist() == [False] * 3


def test_keras_arrives_at_the_closed_form_by_vitral_fit():
    """The penalty of `keras.regularizers.L2(λ)` under "mse" is this λ; the kernel alone is penalised."""
    lam, x = 0.3, ((X - X.mean(axis=0)) / X.std(axis=0)).astype("float32")
    kernel = keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(lam))
    model = keras.Sequential([keras.Input((6,)), kernel])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    run = vitral.fit(model, x, T[:, None], batch_size="all", epochs=600, seed=0, verbose=0)
    assert run.engine == "compiled"
    exact, (w, b) = ridge(x, T, lam), model.get_weights()
    np.testing.assert_allclose(w[:, 0], exact.weights, atol=1e-5)
    assert float(b[0]) == pytest.approx(float(exact.bias), abs=1e-4)
    least = np.mean((exact.predict(x) - T) ** 2) + lam * (exact.weights**2).sum()
    assert run.history["loss"][-1] == pytest.approx(least, rel=1e-5)


def test_soft_thresholds():
    found = soft_threshold([[3.0, -3.0], [0.5, -0.5]], 1.0)
    assert found.tolist() == [[2, -2], [0, 0]]
    assert not np.signbit(found[1]).any()
    assert soft_threshold(-2.0, 0.5) == -1.5


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ridge(X, T[:-1], 0.1), ShapeError, "x has 30 rows, t has 29"),
        (lambda: ridge(X, T[:, None], 0.1), ShapeError, r"t must be of shape \(N,\): got shape \(30, 1\)"),
        (lambda: ridge(T, T, 0.1), ShapeError, r"x must be of shape \(N, D\)"),
        (lambda: ridge(X[:0], T[:0], 0.1), DataError, r"x must have at least one row: got shape \(0, 6\)"),
        (lambda: lasso(np.full((2, 1), np.nan), [1, 2], 0.1), DataError, r"x must be finite: got nan at \[0, 0\]"),
        (lambda: lasso([[1.0], [2.0]], [1, np.inf], 0.1), DataError, r"t must be finite: got inf at \[1\]"),
        (lambda: ridge(X, T, -0.1), ArgumentError, "lam must be a finite .* at least 0, or a row of them: got -0.1"),
        (lambda: lasso(X, T, [0.1, np.nan]), ArgumentError, "lam must be a finite number"),
        (lambda: lasso(X, T, []), ArgumentError, r"lam must be a finite number .* got \[\]"),
        (lambda: ridge(X, T, "much"), DataError, "lam must hold real numbers"),
        (lambda: ridge_descent(X, T, -1, 5), ArgumentError, "lam must be a finite number at least 0: got -1"),
        (lambda: ridge_descent(X, T, 0.1, -5), ArgumentError, "steps must be a whole number of at least 0: got -5"),
        (lambda: ridge_descent(X, T, 0.1, [5, 1]), ArgumentError, r"steps must rise: got \[5, 1\]. Sort them"),
        (lambda: lasso_descent(X, T, 0.1, []), ArgumentError, "steps must be a whole number, or a row .*: got none"),
        (lambda: soft_threshold("a", 1), DataError, "a must hold real numbers"),
        (lambda: soft_threshold([1.0], "b"), ArgumentError, "b must be a finite number at least 0: got 'b'"),
        (lambda: lasso(1e155 * X, T, 0.1), DataError, r"x must hold numbers of at most 1e\+150, .*Scale it"),
        (lambda: lasso_descent(X, 1e200 * T, 0.1, 5), DataError, r"t must hold numbers of at most 1e\+150"),
        (lambda: ridge(1e-200 * X, T, 0), DataError, "x must have columns that vary by 1e-150 or more, or not at all"),
        (lambda: lasso_descent(X, T, 0.1, 5, step="proximl"), UnknownNameError, "Did you mean 'proximal'"),
        (lambda: ridge(X, T, 0.1).predict(X[:, :2]), ShapeError, "one column for each of the 6 weights: got 2"),
    ],
)  # fmt: skip
def test_bad_arguments_are_one_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()

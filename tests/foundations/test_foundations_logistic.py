"""Logistic unit and softmax regression: against scikit-learn's optimum, `jax.grad`, differences and plain loops."""

import math

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import LogisticRegression

from vitral._errors import ArgumentError, DataError, ShapeError, UnknownNameError
from vitral.foundations import MLP, LogisticUnit, SoftmaxRegression, gradcheck, losses, schemes, train
from vitral.foundations.activations import sigmoid, softmax
from vitral.foundations.optimizers import SGD

IRIS, CANCER = load_iris(), load_breast_cancer()
OPTIMA = {
    "iris, 2 columns, 100 rows": (LogisticUnit, IRIS.data[:100, [0, 2]], IRIS.target[:100], 1.0),
    "iris, the two that overlap, no penalty": (LogisticUnit, IRIS.data[50:, 2:], IRIS.target[50:] - 1, np.inf),
    "breast cancer, standardised": (
        LogisticUnit,
        (CANCER.data - CANCER.data.mean(axis=0)) / CANCER.data.std(axis=0),
        CANCER.target,
        1.0,
    ),
    "iris, 3 classes, 4 columns": (SoftmaxRegression, IRIS.data, IRIS.target, 1.0),
}


def problem(kind, seed=0):
    """x (7, 3), targets that hold every class, weights, in the shapes of the kind."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 2, (7, 3))
    if kind is LogisticUnit:
        return x, np.array([0, 1, 1, 0, 1, 0, 1]), rng.normal(0, 1, 4)
    return x, np.array([0, 1, 2, 3, 1, 2, 1]), rng.normal(0, 1, (4, 4))


@pytest.mark.parametrize("name", OPTIMA)
def test_the_end_of_the_way_is_scikit_learns_optimum(name):
    kind, x, t, c = OPTIMA[name]
    model = kind(l2=1 / (c * len(x)), accelerate=True, epochs=20_000, tolerance=1e-9)
    training = model.fit(x, t)
    assert training.converged
    peer = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x, t)
    expected = np.vstack([peer.coef_.T, peer.intercept_]).reshape(training.weights[-1].shape)
    assert np.abs(model.gradient(expected, x, t)).max() < 1e-11  # its optimum is one of this loss, penalty included
    np.testing.assert_allclose(training.weights[-1], expected, rtol=0, atol=1e-4)
    assert training.losses[-1] == pytest.approx(model.loss(expected, x, t), rel=0, abs=1e-8)
    probabilities = peer.predict_proba(x)
    found = training.predict_proba(x)
    np.testing.assert_allclose(found, probabilities if found.ndim == 2 else probabilities[:, 1], rtol=0, atol=1e-5)
    np.testing.assert_array_equal(training.predict(x), peer.predict(x))


def test_plain_descent_gets_there_as_well():
    """Where the columns are on one scale; on the iris in centimetres, it needs thousands of epochs more."""
    x, t = OPTIMA["iris, 2 columns, 100 rows"][1:3]
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    plain = LogisticUnit(l2=0.1, epochs=500).fit(x, t)
    fast = LogisticUnit(l2=0.1, epochs=500, accelerate=True, tolerance=1e-8).fit(x, t)
    np.testing.assert_allclose(plain.weights[-1], fast.weights[-1], atol=1e-6)
    assert fast.converged


@pytest.mark.parametrize("kind", [LogisticUnit, SoftmaxRegression])
@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_the_gradient_is_that_of_jax_and_of_differences(kind, l2):
    import jax
    import jax.numpy as jnp

    x, t, w = problem(kind)
    model = kind(l2=l2)

    def loss(w):
        z = jnp.asarray(x) @ w[:-1] + w[-1]
        if kind is LogisticUnit:
            rows = -jnp.where(jnp.asarray(t) == 1, jax.nn.log_sigmoid(z), jax.nn.log_sigmoid(-z))
        else:
            rows = -jax.nn.log_softmax(z, axis=1)[jnp.arange(len(t)), jnp.asarray(t)]
        return rows.mean() + l2 / 2 * (w[:-1] ** 2).sum()

    with jax.enable_x64(True):
        value, expected = jax.value_and_grad(loss)(jnp.asarray(w))
        assert expected.dtype == np.float64
        value, expected = float(value), np.asarray(expected)
    found = model.gradient(w, x, t)
    assert np.abs(found - expected).max() <= 1e-12 * np.abs(expected).max()
    assert model.loss(w, x, t) == pytest.approx(value, rel=1e-12)
    (worst,) = gradcheck(lambda arrays: model.loss(arrays[0], x, t), [w], [found])
    assert worst.error < 1e-7


@pytest.mark.parametrize("kind", [LogisticUnit, SoftmaxRegression])
def test_the_pieces_are_those_of_the_derivation_in_plain_loops(kind):
    x, t, w = problem(kind)
    model, columns = kind(l2=0.3), w.reshape(4, -1).T.tolist()
    likelihood, gradient = [], np.zeros(w.shape).reshape(4, -1)
    for n, row in enumerate(x.tolist()):
        z = [sum(a * b for a, b in zip([*row, 1.0], column, strict=True)) for column in columns]
        if kind is LogisticUnit:
            p = [1 / (1 + math.exp(-z[0]))]
            likelihood.append(p[0] if t[n] else 1 - p[0])
            targets = [t[n]]
        else:
            p = [math.exp(v) / sum(math.exp(u) for u in z) for v in z]
            likelihood.append(p[t[n]])
            targets = [int(k == t[n]) for k in range(4)]
        np.testing.assert_allclose(np.ravel(model.potential(w, x)[n]), z, rtol=1e-12)
        np.testing.assert_allclose(np.ravel(model.predict_proba(w, x)[n]), p, rtol=1e-12)
        assert model.predict(w, x)[n] == (int(z[0] > 0) if kind is LogisticUnit else int(np.argmax(z)))
        gradient += np.outer([*row, 1.0], np.subtract(p, targets)) / len(x)
    gradient[:-1] += 0.3 * w.reshape(4, -1)[:-1]
    penalty = 0.15 * float((w[:-1] ** 2).sum())
    np.testing.assert_allclose(model.likelihood(w, x, t), likelihood, rtol=1e-12)
    assert model.log_likelihood(w, x, t) == pytest.approx(math.log(math.prod(likelihood)), rel=1e-12)
    assert model.loss(w, x, t) == pytest.approx(-math.log(math.prod(likelihood)) / len(x) + penalty, rel=1e-12)
    np.testing.assert_allclose(model.gradient(w, x, t), gradient.reshape(w.shape), rtol=1e-12)


def test_two_classes_by_softmax_are_one_sigmoid():
    x, t, w = problem(LogisticUnit)
    unit, pair = LogisticUnit(), SoftmaxRegression()
    both = np.column_stack([np.zeros(4), w])
    np.testing.assert_allclose(pair.predict_proba(both, x)[:, 1], unit.predict_proba(w, x), rtol=1e-12)
    assert pair.loss(both, x, t) == pytest.approx(unit.loss(w, x, t), rel=1e-12)
    np.testing.assert_allclose(pair.gradient(both, x, t)[:, 1], unit.gradient(w, x, t), rtol=1e-11)


@pytest.mark.parametrize("kind", [LogisticUnit, SoftmaxRegression])
def test_no_gradient_changes_faster_than_the_lipschitz_constant(kind):
    """Nor is the constant idle: around zero weights, for data along one direction, it is reached."""
    x, t, _ = problem(kind)
    model, rng = kind(l2=0.05), np.random.default_rng(1)
    limit, shape = model.lipschitz(x), problem(kind)[2].shape
    greatest = 0.0
    for _ in range(500):
        u = rng.normal(0, 10 ** rng.uniform(-2, 1), shape)
        v = u + rng.normal(0, 10 ** rng.uniform(-4, 1), shape)
        change = np.linalg.norm(model.gradient(u, x, t) - model.gradient(v, x, t)) / np.linalg.norm(u - v)
        greatest = max(greatest, change)
    assert 0.1 * limit < greatest <= limit
    line, targets, h = np.array([[3.0], [3.0]]), [0, 1], 1e-5
    step = np.array([3.0, 1.0]) if kind is LogisticUnit else np.array([[3.0, -3.0], [1.0, -1.0]])
    free = kind()
    there = free.gradient(h * step, line, targets) - free.gradient(-h * step, line, targets)
    assert np.linalg.norm(there) / np.linalg.norm(2 * h * step) == pytest.approx(free.lipschitz(line), rel=1e-6)


@pytest.mark.parametrize("kind", [LogisticUnit, SoftmaxRegression])
@pytest.mark.parametrize("seed", range(5))
def test_the_automatic_rate_never_raises_the_loss(kind, seed):
    x, t, start = problem(kind, seed)
    training = kind(epochs=300).fit(100 * x, t, start=start)
    assert training.learning_rate == 1 / kind().lipschitz(100 * x)
    assert (np.diff(training.losses) <= 1e-12 * training.losses[0]).all()
    assert training.losses[-1] < training.losses[0]


@pytest.mark.parametrize("kind", [LogisticUnit, SoftmaxRegression])
@pytest.mark.parametrize("scheme", [None, schemes.mini_batch(3, seed=2), schemes.online(seed=1)])
def test_it_is_the_training_of_a_network_without_hidden_layers(kind, scheme):
    x, t, start = problem(kind)
    training = kind(learning_rate=0.1, scheme=scheme, epochs=6).fit(x, t, start=start)
    assert training.weights.shape == (7, *start.shape)
    w = start.reshape(4, -1)
    is_unit = kind is LogisticUnit
    network = MLP(weights=(w[:-1], w[-1]), activations=(sigmoid if is_unit else softmax,))
    result = train(
        network,
        x,
        t[:, None] if is_unit else losses.one_hot(t, 4),
        "binary_cross_entropy" if is_unit else "categorical_cross_entropy",
        optimizer=SGD(learning_rate=0.1),
        scheme=scheme,
        epochs=6,
        keep="epochs",
    )
    for found, expected in zip(training.weights, result.weights, strict=True):
        np.testing.assert_allclose(found.reshape(4, -1), np.vstack(expected), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(training.losses, result.losses, rtol=1e-12)


@pytest.mark.parametrize("kind", [LogisticUnit, SoftmaxRegression])
def test_the_automatic_rate_of_a_scheme_is_safe_for_every_row(kind):
    x, t, _ = problem(kind)
    model = kind(scheme=schemes.online(), l2=0.1)
    assert model.lipschitz(x) == pytest.approx(max(kind(l2=0.1).lipschitz(row[None]) for row in x))
    assert model.lipschitz(x) >= kind(l2=0.1).lipschitz(x)
    training = kind(scheme=schemes.online(), epochs=30).fit(x, t)
    assert training.losses[-1] < training.losses[0]


def test_what_was_kept_agrees_with_itself():
    x, t = OPTIMA["iris, 2 columns, 100 rows"][1:3]
    unit = LogisticUnit(l2=0.01, epochs=5)
    training = unit.fit(x, 2 * t - 1)
    assert training.losses[0] == pytest.approx(math.log(2))
    assert training.losses.tolist() == [unit.loss(w, x, t) for w in training.weights]
    for before, after in zip(training.weights[:-1], training.weights[1:], strict=True):
        step = training.learning_rate * unit.gradient(before, x, t)
        np.testing.assert_allclose(after, before - step, rtol=1e-12, atol=1e-15)
    assert not training.converged
    assert training.diverged is None
    assert training.unit == unit
    assert unit.fit(x, t, start=training.weights[-1]).losses[0] == training.losses[-1]


def test_tolerance_stops_and_zero_epochs_is_the_start():
    x, t, start = problem(LogisticUnit)
    training = LogisticUnit(l2=1.0, tolerance=1e-6, epochs=1000).fit(x, t)
    assert training.converged
    assert 2 < len(training.losses) < 1001
    assert np.abs(LogisticUnit(l2=1.0).gradient(training.weights[-1], x, t)).max() <= 1e-6
    np.testing.assert_array_equal(LogisticUnit(epochs=0).fit(x, t, start=start).weights, start[None])


@pytest.mark.parametrize("kind", [LogisticUnit, SoftmaxRegression])
def test_divergence_is_told_and_not_raised(kind):
    x, t, start = problem(kind)
    training = kind(l2=1.0, learning_rate=1e3, epochs=500).fit(x, t, start=start)
    assert training.diverged is not None
    assert training.diverged == len(training.losses) - 2
    assert np.isfinite(training.losses[:-1]).all()
    assert not np.isfinite(training.losses[-1])
    assert not training.converged


def test_large_scores_neither_overflow_nor_lose_the_loss():
    assert LogisticUnit().loss([1e4, 0], [[1.0], [-1.0]], [0, 0]) == pytest.approx(5000)
    assert LogisticUnit().likelihood([40.0, 0], [[1.0]], [0]) == pytest.approx(math.exp(-40), rel=1e-12)
    assert SoftmaxRegression().loss([[1e4, 0], [0, 0]], [[1.0]], [1]) == pytest.approx(1e4)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: LogisticUnit(l2=-1), ArgumentError, "l2 must be a finite number at least 0: got -1"),
        (lambda: LogisticUnit(learning_rate=0), ArgumentError, "learning_rate must be a finite number above 0: got 0"),
        (lambda: LogisticUnit(learning_rate="atuo"), UnknownNameError, "Did you mean 'auto'"),
        (lambda: LogisticUnit(epochs=-1), ArgumentError, "epochs"),
        (lambda: SoftmaxRegression(tolerance=-1), ArgumentError, "tolerance"),
        (lambda: LogisticUnit(accelerate=True, scheme=schemes.online()), ArgumentError, "accelerate must be False"),
        (lambda: LogisticUnit().fit([[1.0]], [2]), DataError, "two classes"),
        (lambda: LogisticUnit().fit([[1.0]], [1, 0]), ShapeError, "x has 1 rows, t has 2"),
        (lambda: LogisticUnit().log_likelihood([1, 1], [[1.0]], [1, 0]), ShapeError, "x has 1 rows, t has 2"),
        (lambda: LogisticUnit().loss([1, 1, 1], [[1.0]], [1]), ShapeError, r"weights must be of shape \(2,\)"),
        (lambda: LogisticUnit().fit([[1.0]], [1], start=[0.0]), ShapeError, r"start must be of shape \(2,\)"),
        (lambda: LogisticUnit().fit([[np.nan]], [1]), DataError, "x must be finite"),
        (lambda: SoftmaxRegression().fit([[1.0]], [0.5]), DataError, "whole class numbers from 0: got the values 0.5"),
        (lambda: SoftmaxRegression().fit([[1.0]], [-1]), DataError, "class numbers from 0"),
        (lambda: SoftmaxRegression().likelihood(np.zeros((2, 3)), [[1.0]], [3]), DataError, "from 0 to 2: got the val"),
        (lambda: SoftmaxRegression().loss(np.zeros((2, 1)), [[1.0]], [0]), ShapeError, "two or more classes"),
        (lambda: SoftmaxRegression().fit([[1.0]], [0], start=np.zeros((3, 2))), ShapeError, "start must be of shape"),
    ],
)
def test_bad_arguments_of_linear_models_are_one_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()

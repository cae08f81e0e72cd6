"""Threshold units against truth tables, Rosenblatt's rule against scikit-learn, mistakes against Novikoff's bound."""

import itertools

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import Perceptron as Peer

from vitral._errors import ArgumentError, DataError, ShapeError, UnknownNameError
from vitral.foundations import (
    Perceptron,
    ThresholdNetwork,
    ThresholdUnit,
    and_unit,
    margin,
    not_unit,
    novikoff_bound,
    or_unit,
    schemes,
    xor_network,
)

SQUARE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
AND, OR, XOR = [0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 1, 0]


def separable(seed, *, thinnest=-1.0):
    """A random set (N, D) that a random hyperplane splits, its rows at least a random distance away from it."""
    rng = np.random.default_rng(seed)
    size, n_rows = rng.integers(1, 9), rng.integers(20, 120)
    x = rng.normal(0, 10 ** rng.uniform(-1, 1), (n_rows, size)) + rng.normal(0, 1, size)
    z = (x - x.mean(axis=0)) @ rng.normal(0, 1, size)
    keep = np.abs(z) >= 10 ** rng.uniform(thinnest, -0.3) * np.abs(z).max()
    return x[keep], (z[keep] > 0).astype(int)


@pytest.mark.parametrize("inputs", [1, 2, 3, 5])
def test_units_made_by_hand_compute_and_and_or(inputs):
    x = np.array(list(itertools.product([0, 1], repeat=inputs)))
    assert and_unit(inputs).predict(x).tolist() == [int(all(row)) for row in x]
    assert or_unit(inputs).predict(x).tolist() == [int(any(row)) for row in x]


def test_not_and_the_three_units_of_xor():
    assert not_unit().predict([[0], [1]]).tolist() == [1, 0]
    network = xor_network()
    assert len(network.hidden) + 1 == 3
    assert network.answers(SQUARE).tolist() == [[0, 1], [1, 1], [1, 1], [1, 0]]
    assert network.predict(SQUARE).tolist() == [a ^ b for a, b in SQUARE.tolist()]


def test_a_unit_keeps_weights_of_its_own():
    weights = np.array([1.0, 2.0])
    unit = ThresholdUnit(weights=weights, bias=-2)
    weights[0] = 100
    assert unit.potential([[1, 1], [0, 1]]).tolist() == [1.0, 0.0]
    assert unit.predict([[1, 1], [0, 1]]).tolist() == [1, 0]  # reaching the threshold is not enough
    with pytest.raises(ValueError, match="read-only"):
        unit.weights[0] = 3


def peer(x, t, *, epochs, rate=1.0):
    """scikit-learn's weights and bias, (D+1,), after so many epochs in the given order."""
    fitted = Peer(shuffle=False, tol=None, max_iter=epochs, eta0=rate, fit_intercept=True, penalty=None).fit(x, t)
    return np.append(fitted.coef_[0], fitted.intercept_)


IRIS, CANCER = load_iris(), load_breast_cancer()
REAL = {
    "iris, separable": (IRIS.data[:100, [0, 2]], IRIS.target[:100]),
    "iris, not separable": (IRIS.data[50:, :2], IRIS.target[50:] - 1),
    "breast cancer": (CANCER.data, CANCER.target),
    "xor": (SQUARE, XOR),
}


@pytest.mark.parametrize("rate", [1.0, 0.1])
@pytest.mark.parametrize("name", REAL)
def test_weights_are_those_of_scikit_learn_exactly_after_every_epoch(name, rate):
    x, t = REAL[name]
    training = Perceptron(max_epochs=12, learning_rate=rate).fit(x, t)
    n_epochs = len(training.mistakes)
    assert n_epochs > 1
    assert training.n_mistakes > 2
    for epoch in range(1, n_epochs + 1):
        np.testing.assert_array_equal(training.weights[epoch], peer(x, t, epochs=epoch, rate=rate))


def test_an_explicit_order_is_that_of_scikit_learn_on_the_rows_in_that_order():
    x, t = REAL["iris, separable"]
    order = np.random.default_rng(3).permutation(100)
    training = Perceptron(order=order).fit(x, t)
    assert training.converged
    np.testing.assert_array_equal(training.weights[-1], peer(x[order], t[order], epochs=len(training.mistakes)))
    assert not np.array_equal(training.weights[-1], Perceptron().fit(x, t).weights[-1])


def test_a_shuffled_order_is_that_of_the_scheme_and_of_its_seed():
    x, t = REAL["iris, not separable"]
    training = Perceptron(order="shuffled", seed=5, max_epochs=2).fit(x, t)
    w = np.zeros(3)
    for epoch in range(2):
        order = [int(rows[0]) for rows in schemes.online(seed=5).epoch(100, epoch)]
        w = Perceptron(order=order, max_epochs=1).fit(x, t, start=w).weights[-1]
        np.testing.assert_array_equal(w, training.weights[epoch + 1])
    assert not np.array_equal(w, Perceptron(order="shuffled", seed=6, max_epochs=2).fit(x, t).weights[-1])


def test_signs_and_booleans_are_the_same_targets():
    x, t = REAL["iris, separable"]
    expected = Perceptron().fit(x, t).weights
    np.testing.assert_array_equal(Perceptron().fit(x, 2 * t - 1).weights, expected)
    np.testing.assert_array_equal(Perceptron().fit(x, t == 1).weights, expected)


@pytest.mark.parametrize("name", REAL)
def test_every_correction_is_the_rule_and_together_they_are_the_whole_way(name):
    x, t = REAL[name]
    training = Perceptron(max_epochs=5, learning_rate=0.5).fit(x, t)
    w, expected = np.zeros(x.shape[1] + 1), [np.zeros(x.shape[1] + 1)]
    corrections = iter(training.corrections)
    for epoch in range(len(training.mistakes)):
        n_mistakes = 0
        for row in range(len(x)):
            z = float(np.dot(x[row], w[:-1]) + w[-1])
            if (2 * t[row] - 1) * z <= 0:
                n_mistakes += 1
                found = next(corrections)
                assert (found.epoch, found.row) == (epoch, row)
                np.testing.assert_array_equal(found.before, w)
                w = w + 0.5 * (t[row] - (1 - t[row])) * np.append(x[row], 1)
                np.testing.assert_array_equal(found.after, w)
        assert training.mistakes[epoch] == n_mistakes
        expected.append(w)
    assert next(corrections, None) is None
    np.testing.assert_array_equal(training.weights, expected)
    assert training.n_mistakes == training.mistakes.sum()


@pytest.mark.parametrize(("t", "converges"), [(AND, True), (OR, True), (XOR, False)])
def test_it_rests_on_and_and_or_and_never_on_xor(t, converges):
    training = Perceptron(max_epochs=200).fit(SQUARE, t)
    assert training.converged is converges
    assert (training.predict(SQUARE).tolist() == t) is converges
    assert len(training.mistakes) == 200 or converges
    assert bool(training.mistakes[-1] == 0) is converges


def test_mistakes_stay_within_the_bound_on_a_thousand_sets():
    shares = [share_of_bound(seed) for seed in range(1000)]
    assert 0.2 < max(shares) <= 1  # the bound is not idle
    assert np.median(shares) < 0.2


def share_of_bound(seed):
    x, t = separable(seed)
    bound = novikoff_bound(x, t)
    training = Perceptron(order="shuffled", seed=seed, max_epochs=10**5, learning_rate=0.3).fit(x, t)
    assert training.converged
    assert 1 <= training.n_mistakes <= bound.mistakes
    assert bound.gap < 1e-9
    return training.n_mistakes / bound.mistakes


def test_the_bound_is_met_where_all_mistakes_are_needed():
    """Orthogonal rows of equal length: each takes one mistake, and (R/γ)² is their number."""
    x, t = np.array([[1.0], [-1.0]]), [1, 0]  # x' (1, 1) and -(−1, 1): orthogonal
    bound = novikoff_bound(x, t)
    assert Perceptron().fit(x, t).n_mistakes == 2
    assert bound.mistakes == pytest.approx(2, rel=1e-12)
    assert novikoff_bound([[3.0]], [1]).mistakes == pytest.approx(1, rel=1e-12)
    assert novikoff_bound([[3.0]], [1]).mistakes >= 1


@pytest.mark.parametrize(("t", "expected"), [(AND, 51.0), (OR, 27.0)])
def test_the_bound_of_and_and_or_by_hand(t, expected):
    """AND: u ∝ (2, 2, -3), γ = 1/√17, R² = 3. OR: u ∝ (2, 2, -1), γ = 1/3."""
    bound = novikoff_bound(SQUARE, t)
    assert bound.mistakes == pytest.approx(expected, rel=1e-12)
    assert bound.radius == pytest.approx(np.sqrt(3))
    assert bound.gap < 1e-12


@pytest.mark.parametrize("seed", range(10))
def test_the_greatest_margin_is_that_of_another_solver(seed):
    x, t = separable(seed, thinnest=-0.7)
    g = (2 * t - 1)[:, None] * np.column_stack([x, np.ones(len(x))])
    # Hard margin: the smallest v with g v ≥ 1; SLSQP starts from a separator that the perceptron found.
    w = Perceptron(max_epochs=10**5).fit(x, t).weights[-1]
    found = minimize(
        lambda v: v @ v / 2,
        w / (g @ w).min(),
        jac=lambda v: v,
        constraints={"type": "ineq", "fun": lambda v: g @ v - 1, "jac": lambda _: g},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    bound = novikoff_bound(x, t)
    assert bound.margin == pytest.approx(1 / np.linalg.norm(found.x), rel=1e-6)
    assert bound.margin == pytest.approx(margin(bound.separator, x, t), rel=1e-12)
    assert np.linalg.norm(bound.separator) == pytest.approx(1)
    assert margin(w, x, t) <= bound.margin * (1 + bound.gap + 1e-12)


def test_any_separator_gives_a_bound_and_a_wider_one_a_lower():
    x, t = REAL["iris, separable"]
    w = Perceptron().fit(x, t).weights[-1]
    given, best = novikoff_bound(x, t, w), novikoff_bound(x, t)
    assert given.margin == pytest.approx(margin(w, x, t))
    assert best.mistakes <= given.mistakes
    assert given.gap == pytest.approx(best.margin / given.margin - 1, abs=1e-9)
    assert margin(-w, x, t) < 0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Perceptron(learning_rate=0), ArgumentError, "learning_rate must be a finite number above 0: got 0"),
        (lambda: Perceptron(order="random"), UnknownNameError, "order must be one of the known names: got 'random'"),
        (lambda: Perceptron(order=[]), ArgumentError, "order must name at least one row"),
        (lambda: Perceptron(order=[0.5]), ArgumentError, r"order\[0\] must be a whole number"),
        (lambda: Perceptron(order=[0, 1, 2, 2]).fit(SQUARE, AND), ArgumentError, "order must name each of the 4 rows"),
        (lambda: Perceptron(max_epochs=0), ArgumentError, "max_epochs"),
        (lambda: Perceptron().fit(SQUARE, [0, 1, 1]), ShapeError, "x has 4 rows, t has 3"),
        (lambda: Perceptron().fit(SQUARE, [0, 1, 2, 1]), DataError, "got the values 0, 1, 2"),
        (lambda: Perceptron().fit(SQUARE, [0, 1, -1, 1]), DataError, "got the values -1, 0, 1"),
        (lambda: Perceptron().fit([0, 1], [0, 1]), ShapeError, r"x must be of shape \(N, D\)"),
        (lambda: Perceptron().fit(np.zeros((0, 2)), []), DataError, "x must have at least one row"),
        (lambda: Perceptron().fit([[0.0], [np.nan]], [0, 1]), DataError, r"x must be finite: got nan at \[1, 0\]"),
        (lambda: Perceptron().fit(SQUARE, AND, start=[0, 0]), ShapeError, r"start must be of shape \(3,\)"),
        (lambda: Perceptron().fit(SQUARE, AND).predict([[1.0]]), ShapeError, "each of the 2 inputs"),
        (lambda: ThresholdUnit(weights=[]), ShapeError, "weights must be a vector"),
        (lambda: ThresholdUnit(weights=["a"]), DataError, "weights must hold real numbers"),
        (lambda: ThresholdUnit(weights=[1.0], bias=np.inf), ArgumentError, "bias must be a finite number"),
        (lambda: ThresholdNetwork(hidden=(or_unit(), not_unit()), output=and_unit()), ShapeError, r"got \[2, 1\]"),
        (lambda: ThresholdNetwork(hidden=(or_unit(),), output=and_unit()), ShapeError, "output must have one input"),
        (lambda: and_unit(0), ArgumentError, "inputs"),
        (lambda: margin([0, 0, 0], SQUARE, AND), DataError, "weights must not all be zero"),
        (lambda: novikoff_bound(SQUARE, XOR), DataError, "no hyperplane separates"),
        (lambda: novikoff_bound(SQUARE, AND, [1, 1, 0]), DataError, "separator must have every row on its side"),
        (lambda: novikoff_bound(SQUARE, AND, [0, 0, 0]), DataError, "separator must not all be zero"),
    ],
)
def test_bad_arguments_of_threshold_units_are_one_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()

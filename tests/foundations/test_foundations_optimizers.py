"""Optimizers, one step at a time against Keras's own, and schemes against what an epoch has to be."""

import keras
import numpy as np
import pytest

from vitral._errors import ArgumentError, ShapeError
from vitral.foundations.optimizers import SGD, Adam, Momentum, Nesterov
from vitral.foundations.schemes import batch, mini_batch, online

PAIRS = [
    (SGD(learning_rate=0.1), lambda: keras.optimizers.SGD(0.1)),
    (Momentum(learning_rate=0.05, momentum=0.8), lambda: keras.optimizers.SGD(0.05, momentum=0.8)),
    (Nesterov(learning_rate=0.05, momentum=0.8), lambda: keras.optimizers.SGD(0.05, momentum=0.8, nesterov=True)),
    (Adam(learning_rate=0.01), lambda: keras.optimizers.Adam(0.01)),
    # With an epsilon this large its place, in the root or outside, beside √v or √v corrected, decides the step.
    (Adam(learning_rate=0.01, epsilon=0.1), lambda: keras.optimizers.Adam(0.01, epsilon=0.1)),
    (Adam(beta_1=0.5, beta_2=0.9), lambda: keras.optimizers.Adam(beta_1=0.5, beta_2=0.9)),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=[repr(pair[0]) for pair in PAIRS])
def test_thirty_steps_are_keras(ours, theirs):
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, 1, shape) for shape in [(3, 2), (2,)]]
    before = [w.copy() for w in weights]
    optimizer, variables = theirs(), [keras.Variable(w.astype("float32")) for w in weights]
    optimizer.build(variables)
    state, stepped = ours.init(weights), weights
    for _ in range(30):
        gradients = [rng.normal(0, 1, w.shape) for w in weights]
        optimizer.apply([keras.ops.convert_to_tensor(g.astype("float32")) for g in gradients])
        state, stepped = ours.update(state, stepped, gradients)
        for w, variable in zip(stepped, variables, strict=True):
            np.testing.assert_allclose(w, np.asarray(variable.value), rtol=1e-5, atol=2e-6)
    assert state.step == 30
    for w, old, new in zip(weights, before, stepped, strict=True):
        np.testing.assert_array_equal(w, old)  # nothing was written to
        assert np.abs(new - w).max() > 0.005


@pytest.mark.parametrize("optimizer", [SGD(learning_rate=0), Momentum(learning_rate=0), Adam(learning_rate=0)])
def test_a_rate_of_zero_stands_still(optimizer):
    weights = [np.array([1.0, -2.0])]
    np.testing.assert_array_equal(
        optimizer.update(optimizer.init(weights), weights, [np.ones(2)]).weights[0], weights[0]
    )


def test_defaults_are_keras():
    for ours, theirs in ((SGD(), keras.optimizers.SGD()), (Adam(), keras.optimizers.Adam())):
        settings = theirs.get_config()
        for name, value in vars(ours).items():
            assert value == pytest.approx(settings[name])


@pytest.mark.parametrize(("scheme", "sizes"), [(batch(), [10]), (mini_batch(4), [4, 4, 2]), (online(), [1] * 10)])
def test_every_epoch_has_every_row_once(scheme, sizes):
    for number in range(3):
        steps = list(scheme.epoch(10, number))
        assert [len(rows) for rows in steps] == sizes
        assert sorted(np.concatenate(steps).tolist()) == list(range(10))
    assert scheme.n_steps(10) == len(sizes)


def test_orders_differ_between_epochs_and_seeds_and_come_again():
    orders = {
        tuple(np.concatenate(list(mini_batch(4, seed=s).epoch(50, e))).tolist()) for s in range(3) for e in range(3)
    }
    assert len(orders) == 9
    scheme = mini_batch(4, seed=1)
    late = np.concatenate(list(scheme.epoch(50, 2)))
    list(scheme.epoch(50, 0))
    np.testing.assert_array_equal(np.concatenate(list(scheme.epoch(50, 2))), late)


def test_first_places_are_fair():
    first = np.bincount([next(online().epoch(5, e))[0] for e in range(2000)], minlength=5)
    assert (np.abs(first - 400) < 4 * np.sqrt(400 * 0.8)).all()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: SGD(learning_rate=-1), ArgumentError, "learning_rate must be"),
        (lambda: Momentum(momentum=1.5), ArgumentError, "momentum must be"),
        (lambda: Adam(beta_2=1), ArgumentError, "beta_2 must be"),
        (lambda: Adam(epsilon=0), ArgumentError, "epsilon must be"),
        (lambda: SGD().update(SGD().init([np.ones(2)]), [np.ones(2)], [np.ones(3)]), ShapeError, "gradients must have"),
        (lambda: mini_batch(0), ArgumentError, "size must be a whole number of at least 1: got 0. For all rows"),
        (lambda: batch().epoch(0), ArgumentError, "n_rows must be"),
        (lambda: online(seed=-1), ArgumentError, "seed must be"),
    ],
)
def test_bad_arguments_are_one_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()

"""Stopping rules: worked by hand, read slowly from Prechelt's definitions, and beside Keras's own callback."""

import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitral import measures
from vitral._errors import ArgumentError, DataError, ShapeError, UnknownNameError
from vitral.measures import Patience, generalization_loss, stopping_points, trace_of, training_progress

GL, PQ, UP = measures.GeneralizationLoss, measures.ProgressQuotient, measures.SuccessiveIncreases  # as the paper has it


def history(train, validation):
    return {"loss": list(train), "val_loss": list(validation)}


def points(train, validation, *rules):
    return [(p.stopped, p.epoch, p.error) for p in stopping_points(history(train, validation), rules)]


# ---------------------------------------------------------------- by hand

VALIDATION = [10.0, 8.0, 9.0, 8.4, 8.8, 7.0, 7.7, 8.4]
TRAIN = [10.0, 6.0, 5.0, 4.0, 3.0, 3.0, 2.4, 2.4]


def test_worked_by_hand():
    # GL: 0, 0, 12.5, 5, 10, 0, 10, 20
    np.testing.assert_allclose(generalization_loss(VALIDATION), [0, 0, 12.5, 5, 10, 0, 10, 20])
    assert points(TRAIN, VALIDATION, GL(4), GL(12.4), GL(12.6), GL(25)) == [
        (3, 2, 8.0),
        (3, 2, 8.0),
        (8, 6, 7.0),
        (None, 6, 7.0),
    ]
    # P at epochs 2, 4, 6, 8, strips of two: 1000 (8/6 - 1), 1000 (4.5/4 - 1), 0, 0
    np.testing.assert_allclose(training_progress(TRAIN, 2)[1::2], [1000 / 3, 125, 0, 0], atol=1e-9)
    # GL there: 0, 5, 0, 20; GL / P: 0, 0.04, 0 of 0, infinite
    assert points(TRAIN, VALIDATION, PQ(0.039, 2), PQ(0.041, 2)) == [(4, 2, 8.0), (8, 6, 7.0)]
    # Eva at 2, 4, 6, 8: 8, 8.4, 7, 8.4: it rises at 4 and at 8, never twice in a row
    assert points(TRAIN, VALIDATION, UP(1, 2), UP(2, 2)) == [(4, 2, 8.0), (None, 6, 7.0)]
    # epoch by epoch it rises at 3, 5, 7 and 8
    assert points(TRAIN, VALIDATION, UP(1, 1), UP(2, 1)) == [(3, 2, 8.0), (8, 6, 7.0)]
    # without a new lowest: 3, 4, 5 after 2, and 7, 8 after 6
    assert points(TRAIN, VALIDATION, Patience(2), Patience(3), Patience(4)) == [
        (4, 2, 8.0),
        (5, 2, 8.0),
        (None, 6, 7.0),
    ]


# ---------------------------------------------------------------- the definitions, read slowly


def lowest(e, t):
    return min(e[i] for i in range(1, t + 1))


def gl(e, t):
    return 100 * (e[t] / lowest(e, t) - 1)


def progress(e, t, k):
    strip = [e[i] for i in range(t - k + 1, t + 1)]
    return 1000 * (sum(strip) / (k * min(strip)) - 1)


def gl_stops(alpha, va, t):
    return gl(va, t) > alpha


def pq_stops(alpha, k, tr, va, t):
    if t % k or gl(va, t) == 0:
        return False
    p = progress(tr, t, k)
    return p <= 0 or gl(va, t) / p > alpha


def up_stops(s, k, va, t):
    """UP_s: as UP_{s-1} a strip before, and a rise since; UP_0 always."""
    if t % k or t - k < 1:
        return s == 0
    return s == 0 or (va[t] > va[t - k] and (s == 1 or up_stops(s - 1, k, va, t - k)))


def first(condition, n):
    return next((t for t in range(1, n + 1) if condition(t)), None)


# Eighths: sums and means of them are exact, so that equal errors are equal on both sides.
errors = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=1, max_size=40)


@settings(max_examples=200, deadline=None)
@given(errors=errors, alpha=st.floats(0, 30), ratio=st.floats(0, 3), k=st.integers(1, 6), s=st.integers(1, 4))
def test_as_the_definitions_read(errors, alpha, ratio, k, s):
    tr, va = ({i + 1: e[j] / 8 for i, e in enumerate(errors)} for j in (0, 1))
    n = len(errors)
    expected = [
        first(lambda t: gl_stops(alpha, va, t), n),
        first(lambda t: pq_stops(ratio, k, tr, va, t), n),
        first(lambda t: up_stops(s, k, va, t), n),
        first(lambda t: t > s and min(va[i] for i in range(t - s + 1, t + 1)) >= lowest(va, t - s), n),
    ]
    found = stopping_points(history(tr.values(), va.values()), [GL(alpha), PQ(ratio, k), UP(s, k), Patience(s)])
    assert [p.stopped for p in found] == expected
    for p in found:
        seen = [va[t] for t in range(1, (p.stopped or n) + 1)]
        assert p.error == min(seen)
        assert p.epoch == seen.index(min(seen)) + 1


@settings(max_examples=50, deadline=None)
@given(errors=errors, scale=st.sampled_from([0.25, 8.0]))
def test_what_does_not_change_the_rules(errors, scale):
    """Another unit of the error; a stricter rule stops no earlier."""
    tr, va = np.array(errors, float).T
    rules = [GL(5), PQ(0.5, 3), UP(2, 2), Patience(3)]
    for a, b in zip(points(tr, va, *rules), points(tr * scale, va * scale, *rules), strict=True):
        assert a == (b[0], b[1], b[2] / scale)
    pairs = [(GL(3), GL(9)), (PQ(0.2, 3), PQ(2, 3)), (UP(1, 2), UP(2, 2)), (Patience(2), Patience(4))]
    for early, late in pairs:
        ends = [math.inf if stop is None else stop for stop, *_ in points(tr, va, early, late)]
        assert ends[0] <= ends[1]


@pytest.mark.parametrize("patience", [1, 2, 4])
def test_patience_is_keras_early_stopping(patience):
    rng = np.random.default_rng(patience)
    for _ in range(5):
        va = np.round(rng.uniform(1, 2, 15), 1)
        model = SimpleNamespace(stop_training=False, get_weights=list, set_weights=lambda _: None)
        stop = keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)
        stop.set_model(model)
        stop.on_train_begin()
        for epoch, error in enumerate(va):
            stop.on_epoch_end(epoch, {"val_loss": float(error)})
            if model.stop_training:
                break
        expected = stop.stopped_epoch + 1 if model.stop_training else None
        assert points(va, va, Patience(patience))[0] == (expected, stop.best_epoch + 1, min(va[: epoch + 1]))


# ---------------------------------------------------------------- traces


def test_a_run_that_validates_now_and_then():
    run = SimpleNamespace(
        history=history([6, 5, 4, 3, 2, 1], [3.0, 2.0, 4.0]),
        epochs_of=lambda name: [2, 4, 6] if name == "val_loss" else [1, 2, 3, 4, 5, 6],
    )
    found = stopping_points(run, [GL(50), UP(1, 2), Patience(1)])
    assert [(p.stopped, p.epoch) for p in found] == [(6, 4)] * 3
    with pytest.raises(ShapeError, match="end of each strip of 3 epochs: got none after epoch 3"):
        stopping_points(run, [UP(1, 3)])


def test_what_is_not_finite_is_the_worst():
    nan = math.nan
    assert points([1, 1, nan, nan], [3.0, 2.0, nan, nan], GL(5), PQ(0.5, 2), UP(1, 1), Patience(2)) == [
        (3, 2, 2.0),
        (4, 2, 2.0),
        (3, 2, 2.0),
        (4, 2, 2.0),
    ]
    assert points([nan], [nan], GL(5)) == [(1, 1, math.inf)]
    assert generalization_loss([1.0, 0.0, 0.0, 0.5]).tolist() == [0, 0, 0, math.inf]


def test_names_and_what_is_refused():
    assert [str(r) for r in (GL(5), PQ(0.75), UP(3), Patience(10))] == ["GL 5", "PQ 0.75", "UP 3", "patience 10"]
    with pytest.raises(UnknownNameError, match=r"validation must be one of the known names: got 'val_loss'"):
        stopping_points({"loss": [1.0]})
    with pytest.raises(ShapeError, match="Give the Run"):
        trace_of({"loss": [2.0, 1.0], "val_loss": [1.0]})
    with pytest.raises(ArgumentError, match="run must be a Run"):
        trace_of([1, 2])
    with pytest.raises(ArgumentError, match="must have at least one number"):
        trace_of({"loss": [], "val_loss": []})
    with pytest.raises(ArgumentError, match="rules must be such as GeneralizationLoss or Patience: got 5"):
        stopping_points(history([1], [1]), [5])
    with pytest.raises(DataError, match="errors of at least 0 for GL and PQ"):
        stopping_points(history([1], [-1]), [GL(5)])
    assert points([-1, -2], [-1, -2], UP(1, 1), Patience(1)) == [(None, 2, -2.0)] * 2
    for make in (lambda: GL(-1), lambda: PQ(1, 0), lambda: UP(0), lambda: Patience(0)):
        with pytest.raises(ArgumentError, match="must be a"):
            make()

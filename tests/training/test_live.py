"""`fit_live` trains as `vitral.fit` does, to the last bit, and stops when its task is cancelled."""

import threading
import time

import numpy as np
import pytest

import vitral
from vitral._keras import import_keras
from vitral.training.live import fit_live
from vitral.training.worker import CancelledError, Channel, Task, keras_turn

PATIENCE = 60


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(96, 3)).astype("float32")
    return x, (x @ np.array([1.0, -2.0, 0.5]) > 0).astype("float32")


def build():
    keras = import_keras()
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(5, "tanh"), keras.layers.Dense(1, "sigmoid")]
    )
    model.compile("adam", "binary_crossentropy")
    return model


def test_the_same_weights_as_fit(data):
    plain, live = build(), build()
    run = vitral.fit(plain, *data, epochs=7, batch_size=16, verbose=0, seed=5)
    shares = []
    live_run = fit_live(Task(shares.append), live, *data, epochs=7, batch_size=16, seed=5)
    for a, b in zip(plain.get_weights(), live.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert run.history == live_run.history
    assert shares
    assert all(0 < share <= 1 for share in shares)


def test_own_callbacks_are_called_and_see_the_weights(data):
    keras = import_keras()
    seen = []

    class Note(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((epoch, self.model.get_weights()[0].copy()))

    fit_live(Task(), build(), *data, epochs=3, batch_size=16, callbacks=[Note()])
    assert [epoch for epoch, _ in seen] == [0, 1, 2]
    assert not np.array_equal(seen[0][1], seen[2][1])


def test_a_cancelled_task_stops_and_leaves_the_model_whole(data):
    model, task = build(), Task()
    task._on_progress = lambda _: task.cancel()  # after the first dispatch
    with pytest.raises(CancelledError):
        fit_live(task, model, *data, epochs=1_000_000, batch_size=16)
    assert all(np.isfinite(w).all() for w in model.get_weights())
    with keras_turn():  # the turn is free again
        assert vitral.fit(model, *data, epochs=1, verbose=0).status == "done"


def test_a_task_that_was_cancelled_before_does_not_begin(data):
    model, task = build(), Task()
    before = [w.copy() for w in model.get_weights()]
    task.cancel()
    with pytest.raises(CancelledError):
        fit_live(task, model, *data, epochs=3)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_in_the_worker_a_newer_value_takes_over_soon(data):
    channel, results, started = Channel(), [], threading.Event()

    def train(epochs):
        def work(task):
            with keras_turn(task):
                model = build()
                started.set()
                return fit_live(task, model, *data, epochs=epochs, batch_size=16)

        return work

    old = channel.submit(train(10_000_000), then=results.append, failed=results.append)
    assert started.wait(PATIENCE)
    time.sleep(0.3)
    new = channel.submit(train(4), then=results.append, failed=results.append)
    assert new.wait(PATIENCE)
    assert old.wait(PATIENCE)
    assert [len(run.epoch) for run in results] == [4]


def test_two_at_once_get_what_each_would_get_alone(data):
    """Seeds and shuffles come from generators that the process shares: in turn, nobody takes numbers from another."""
    alone = fit_live(Task(), build(), *data, epochs=5, batch_size=16, seed=11).history["loss"]
    found = []

    def work(task):
        with keras_turn(task):
            return fit_live(task, build(), *data, epochs=5, batch_size=16, seed=11).history["loss"]

    tasks = [Channel().submit(work, then=found.append, failed=found.append) for _ in range(3)]
    for task in tasks:
        assert task.wait(PATIENCE)
    assert found == [alone] * 3

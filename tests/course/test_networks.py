"""Keras networks that train again and again: what is remembered of a training, and what begins anew."""

import copy
import threading

import numpy as np
import pytest

from vitral import VitralError, keras
from vitral.course import networks
from vitral.course.networks import start_again, trained_once
from vitral.training import CancelledError, Task, keras_turn


def test_one_training_for_all_who_ask_at_the_same_time():
    calls, found = [], []

    @trained_once
    def train(_task, name, *, seed=0):
        calls.append((name, seed))
        return [name]

    threads = [threading.Thread(target=lambda: found.append(train(Task(), "a", seed=1))) for _ in range(4)]
    with keras_turn():  # all of them come while somebody trains
        for thread in threads:
            thread.start()
        threads[0].join(0.2)
        assert calls == []
    for thread in threads:
        thread.join()
    assert calls == [("a", 1)]
    assert all(each is found[0] for each in found)
    assert train(Task(), "a", seed=2) == ["a"]
    assert calls == [("a", 1), ("a", 2)]


def test_the_oldest_training_is_forgotten_and_an_error_is_never_kept(monkeypatch):
    calls = []

    @trained_once
    def train(task, number):
        calls.append(number)
        task.check()
        return number

    monkeypatch.setattr(networks, "MOST_KEPT", 2)
    assert [train(Task(), n) for n in (1, 2, 3, 3, 2, 1)] == [1, 2, 3, 3, 2, 1]
    assert calls == [1, 2, 3, 1]
    stopped = Task()
    stopped.cancel()
    with pytest.raises(CancelledError):
        train(stopped, 4)
    assert train(Task(), 4) == 4


def small(*layers):
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), *layers, keras.layers.Dense(1)], name="small")


@pytest.mark.parametrize("layer", [lambda: keras.layers.Dropout(0.5), lambda: keras.layers.GaussianNoise(0.1)])
@pytest.mark.parametrize("is_nested", [False, True])
def test_a_network_that_draws_while_it_trains_is_refused(layer, is_nested):
    with keras_turn():
        drawing = keras.Sequential([keras.Input((4,)), layer()]) if is_nested else layer()
        model = small(drawing)
        model.compile("sgd", "mse")
        before = model.get_weights()
        with pytest.raises(VitralError, match="no layer that draws random numbers, as Dropout does: got 'small'"):
            start_again(model, small, seed=0, n_rows=8)
        assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_who_hears_of_epochs_ends_the_training_and_not_the_process():
    heard = []

    def tell():
        heard.append(1)
        if len(heard) == 2:
            raise CancelledError

    with keras_turn():
        model = small()
        model.compile("sgd", "mse")
        told = networks.at_epoch_ends(tell)
        history = model.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=5, verbose=0, callbacks=[copy.deepcopy(told)])
    assert len(heard) == len(history.epoch) == 2

"""An epoch or a validation too long for one dispatch runs in pieces, and gives the same bits."""

import keras
import numpy as np
import pytest

import vitral
from vitral.training import compiled
from vitral.training.programs import counts

RNG = np.random.default_rng(0)
X = RNG.standard_normal((205, 6)).astype("float32")
Y = (X[:, :3].argmax(1)).astype("int32")


def network():
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, "relu"), keras.layers.Dropout(0.2),
                              keras.layers.Dense(3, "softmax")])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("callbacks", [None, "look"])
def test_pieces_give_keras_bits(callbacks, monkeypatch):
    def look():
        return [keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: None)] if callbacks else None

    theirs, ours = network(), network()
    options = {"batch_size": 8, "epochs": 3, "validation_data": (X[:77], Y[:77]), "verbose": 0}
    np.random.seed(1)
    history = theirs.fit(X, Y, callbacks=look(), **options)
    monkeypatch.setattr(compiled, "_SECONDS_A_DISPATCH", 0.0)
    before = counts.dispatches
    np.random.seed(1)
    run = vitral.fit(ours, X, Y, callbacks=look(), **options)
    n_train, n_val = 205 // 8, 77 // 8
    # The first pieces are probes of four steps; once the speed is known, each step is a piece of its own.
    assert counts.dispatches - before > 2 * (n_train + n_val)
    assert run.engine == "compiled"
    assert run.history == history.history
    for a, b in zip(theirs.variables, ours.variables, strict=True):
        assert np.array_equal(a.value, b.value)


def test_progress_is_shown_while_a_long_epoch_runs(monkeypatch, capsys):
    monkeypatch.setattr(compiled, "_SECONDS_A_DISPATCH", 0.0)
    keras.utils.enable_interactive_logging()
    vitral.fit(network(), X, Y, batch_size=8, epochs=1, verbose=1)
    shown = capsys.readouterr().out
    assert "4/26" in shown
    assert "26/26" in shown

"""A loss that becomes NaN or infinite: said in words with the epoch; the weights are Keras's all the same."""

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import vitral
from vitral._errors import DivergenceWarning

X = np.random.default_rng(1).normal(size=(44, 5)).astype("float32")
Y = X[:, :1] * 2
SEED = 3


def explosive(rate: float = 0.16) -> Any:
    """Squared error and a rate that is too large: the loss grows without bound, then becomes NaN."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(16), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), "mse", metrics=["mae"])
    return model


def by_keras(model: Any, **arguments: Any) -> Any:
    keras.utils.set_random_seed(SEED)
    return keras.Model.fit(model, X, Y, verbose=0, **arguments)


def bits(model: Any) -> list[bytes]:
    return [np.asarray(v.value).tobytes() for v in [*model.variables, *model.optimizer.variables]]


def divergences(caught: Any) -> list[Any]:
    return [w for w in caught if issubclass(w.category, DivergenceWarning)]


def same_history(a: dict[str, list[float]], b: dict[str, list[float]]) -> bool:
    """NaN equals NaN."""
    return list(a) == list(b) and all(np.array_equal(a[k], b[k], equal_nan=True) for k in a)


@pytest.mark.parametrize(
    ("rate", "batch_size", "what"), [(0.16, 8, "NaN"), (0.25, 44, "infinite")], ids=["NaN", "infinite"]
)
@pytest.mark.parametrize("look", [False, True], ids=["many epochs at once", "one by one"])
@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_it_is_said_and_the_weights_are_keras_s(
    engine: str, look: bool, rate: float, batch_size: int, what: str
) -> None:
    theirs, ours = explosive(rate), explosive(rate)
    kept = by_keras(theirs, epochs=12, batch_size=batch_size)
    callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: None)] if look else None
    with pytest.warns(DivergenceWarning) as caught:
        run = vitral.fit(
            ours, X, Y, verbose=0, seed=SEED, epochs=12, batch_size=batch_size, engine=engine, callbacks=callbacks
        )
    [warning] = divergences(caught)
    first = next(i for i, loss in enumerate(kept.history["loss"]) if not np.isfinite(loss)) + 1
    assert 1 < first < 12
    assert (run.status, run.engine) == ("diverged", engine)
    assert run.message == str(warning.message)
    assert run.message.startswith(f"The loss became {what} in epoch {first}. ")
    assert f"smaller learning rate (it is {rate:g}: try {rate / 10:g})" in run.message
    assert "clipnorm" in run.message
    assert "scaled" in run.message
    assert Path(warning.filename) == Path(__file__), "the warning points at the call of fit"
    assert bits(ours) == bits(theirs)
    assert same_history(run.history, kept.history)
    assert run.epoch == list(range(12))


@pytest.mark.parametrize("engine", ["compiled", "keras"])
@pytest.mark.parametrize(("rate", "batch_size"), [(0.16, 8), (0.3, 44)])
@pytest.mark.parametrize("look", [False, True], ids=["many epochs at once", "one by one"])
def test_terminate_on_nan_stops_at_keras_s_batch(
    engine: str, rate: float, batch_size: int, look: bool, capsys: Any
) -> None:
    """TerminateOnNaN: as many batches and epochs as with Keras, its words, and NumPy's generator left alike."""

    def callbacks() -> list[Any]:
        more = [keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: None)] if look else []
        return [keras.callbacks.TerminateOnNaN(), *more]

    arguments = {"epochs": 60, "batch_size": batch_size, "validation_data": (X, Y)}
    theirs, ours = explosive(rate), explosive(rate)
    kept = by_keras(theirs, callbacks=callbacks(), **arguments)
    said, drawn = capsys.readouterr().out, np.random.random()
    with pytest.warns(DivergenceWarning) as caught:
        run = vitral.fit(ours, X, Y, verbose=0, seed=SEED, engine=engine, callbacks=callbacks(), **arguments)
    assert np.random.random() == drawn
    assert capsys.readouterr().out == said
    assert "Invalid loss, terminating training" in said
    assert run.epoch == kept.epoch
    assert 1 < len(run.epoch) < 60
    assert same_history(run.history, kept.history)
    assert bits(ours) == bits(theirs)
    assert [f"in epoch {len(run.epoch)}." in str(w.message) for w in divergences(caught)] == [True]


def test_terminate_on_nan_that_raises() -> None:
    theirs, ours = explosive(), explosive()
    with pytest.raises(RuntimeError, match="NaN or Inf loss encountered at batch") as their:
        by_keras(theirs, callbacks=[keras.callbacks.TerminateOnNaN(raise_error=True)], epochs=60, batch_size=8)
    drawn = np.random.random()
    with pytest.raises(RuntimeError) as our:
        vitral.fit(
            ours,
            X,
            Y,
            verbose=0,
            seed=SEED,
            epochs=60,
            batch_size=8,
            callbacks=[keras.callbacks.TerminateOnNaN(raise_error=True)],
        )
    assert str(our.value) == str(their.value)
    assert np.random.random() == drawn
    assert bits(ours) == bits(theirs)


def test_the_epoch_counts_from_the_first_of_this_training() -> None:
    """With `initial_epoch`, the epoch named is the number that Keras shows."""
    theirs, ours = explosive(), explosive()
    kept = by_keras(theirs, initial_epoch=5, epochs=20, batch_size=8)
    first = kept.epoch[next(i for i, loss in enumerate(kept.history["loss"]) if not np.isfinite(loss))] + 1
    with pytest.warns(DivergenceWarning, match=f"in epoch {first}\\."):
        run = vitral.fit(ours, X, Y, verbose=0, seed=SEED, initial_epoch=5, epochs=20, batch_size=8)
    assert run.epoch == list(range(5, 20))


def test_a_diverged_run_is_saved_and_opened(tmp_path: Path) -> None:
    with pytest.warns(DivergenceWarning):
        run = vitral.fit(
            explosive(0.3), X, Y, verbose=0, epochs=12, batch_size=44, validation_data=(X, Y), out=tmp_path / "run"
        )
    opened = vitral.open_run(tmp_path / "run")
    assert (opened.status, opened.message) == ("diverged", run.message)
    assert same_history(opened.history, run.history)
    assert opened.evaluation is not None
    summary = opened.summary()
    assert np.isnan(summary["metrics"]["loss"]["last"])
    assert np.isfinite(summary["metrics"]["loss"]["best"])
    assert "diverged" in opened._repr_html_()


def test_a_validation_loss_alone_is_no_divergence() -> None:
    """Training went well; an infinite loss on strange validation rows shows in the history."""
    strange = (X[:4], np.full((4, 1), 1e30, "float32"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = vitral.fit(explosive(1e-3), X, Y, verbose=0, epochs=2, validation_data=strange)
    assert run.status == "done"
    assert all(np.isinf(run.history["val_loss"]))


def test_a_schedule_has_no_one_rate_to_name() -> None:
    model = explosive()
    model.compile(keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(4.0, 10**6, 0.5)), "mse")
    with pytest.warns(DivergenceWarning, match=r"Try a smaller learning rate, inputs scaled"):
        vitral.fit(model, X, Y, verbose=0, epochs=12)


def test_the_advice_helps() -> None:
    """What the message recommends keeps this very training finite."""
    for optimizer in (keras.optimizers.SGD(0.018), keras.optimizers.SGD(0.16, clipnorm=1.0)):
        model = explosive()
        model.compile(optimizer, "mse")
        assert vitral.fit(model, X, Y, verbose=0, epochs=12, batch_size=8).status == "done"

"""Variants in step (`exact=False`): the same trainings within float32's rounding, and nobody touches a neighbour."""

import jax
import keras
import numpy as np
import pytest
from keras import layers

import vitral
from vitral.training import sweeping
from vitral.training.program import Speed
from vitral.training.programs import counts

RNG = np.random.default_rng(0)
X = RNG.standard_normal((44, 6)).astype("float32")
Y = X[:, :3].argmax(1)
VALIDATION = (X[:13], Y[:13])


def build(rate=0.1, l2=0.0, kind="dense"):
    inner = {
        "dense": [layers.Dense(8, "tanh", kernel_regularizer=keras.regularizers.L2(l2))],
        "conv": [layers.Reshape((6, 1)), layers.Conv1D(2, 3), layers.Flatten()],
    }[kind]
    model = keras.Sequential([keras.Input((6,)), *inner, layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def both(x=X, y=Y, build=build, **arguments):
    """The sweep with every variant alone, and in step."""
    arguments = {"batch_size": 8, "epochs": 3, "verbose": 0, "over": {"seed": range(3)}, **arguments}
    return [vitral.sweep(build, x, y, exact=exact, **arguments) for exact in (True, False)]


def check_close(alone, in_step, atol=2e-5):
    assert len(alone) == len(in_step)
    for number, (a, b) in enumerate(zip(alone.results, in_step.results, strict=True)):
        assert (a.status, a.history.keys(), a.record["epoch"]) == (b.status, b.history.keys(), b.record["epoch"])
        for name, values in a.history.items():
            np.testing.assert_allclose(values, b.history[name], atol=atol, rtol=1e-4, err_msg=f"{number} {name}")
        for v, w in zip(alone.files.read(number), in_step.files.read(number), strict=True):
            for one, other in zip(v, w, strict=True):
                np.testing.assert_allclose(one, other, atol=atol, rtol=1e-4)


def dispatches(sweep):
    before = counts.dispatches
    sweep()
    return counts.dispatches - before


def test_rates_penalties_and_seeds_with_validation_now_and_then(monkeypatch):
    monkeypatch.setattr(sweeping, "_WIDTH", 4)
    over = {"rate": [0.1, 0.01, 0.03], "l2": [0.01, 0.1]}  # a whole team, and one of two
    alone, in_step = both(over=over, seed=0, epochs=5, validation_data=VALIDATION, validation_freq=2)
    assert len(in_step.groups) == 1
    assert len(in_step[0].history["val_loss"]) == 2
    check_close(alone, in_step)


def test_fifty_steps_are_within_rounding():
    alone, in_step = both(epochs=9, over={"rate": [0.01], "seed": range(2)})  # 54 steps
    for number in range(2):
        for one, other in zip(alone.files.read(number)[0], in_step.files.read(number)[0], strict=True):
            np.testing.assert_allclose(one, other, atol=5e-6)


def test_they_do_go_in_step_where_it_can_be_and_alone_elsewhere():
    over = {"seed": range(4)}
    alone = dispatches(lambda: vitral.sweep(build, X, Y, over=over, verbose=0, exact=True))
    assert dispatches(lambda: vitral.sweep(build, X, Y, over=over, verbose=0, exact=False)) * 4 == alone
    stopper = [keras.callbacks.TerminateOnNaN()]
    sweep = dispatches(lambda: vitral.sweep(build, X, Y, over=over, verbose=0, exact=False, callbacks=stopper))
    assert sweep == alone


def test_a_convolution_keeps_its_bits_because_it_goes_alone():
    alone, in_step = both(build=lambda: build(kind="conv"), over={"seed": range(2)})
    for number in range(2):
        for one, other in zip(alone.files.read(number)[0], in_step.files.read(number)[0], strict=True):
            np.testing.assert_array_equal(one, other)


def test_callbacks_of_each_act_on_it_alone():
    def callbacks():
        plateau = keras.callbacks.ReduceLROnPlateau("loss", patience=0, factor=0.5, min_delta=0.05)
        stop = keras.callbacks.EarlyStopping("loss", patience=1, min_delta=0.05, restore_best_weights=True)
        return [plateau, stop]

    alone, in_step = both(over={"rate": [1.0, 0.1, 0.001], "seed": [0, 1]}, epochs=12, callbacks=callbacks)
    assert len({len(r.record["epoch"]) for r in in_step.results}) > 1  # they stop at different times
    assert len({tuple(r.history["learning_rate"]) for r in in_step.results}) > 1
    check_close(alone, in_step, atol=1e-4)


def test_who_stopped_moves_no_more():
    class StopAndKeep(keras.callbacks.Callback):
        """Stops after the epoch that its rate tells, and keeps the weights."""

        def on_epoch_end(self, epoch, logs=None):
            if epoch == round(float(self.model.optimizer.learning_rate) * 100):
                kept[epoch] = self.model.get_weights()
                self.model.stop_training = True

    kept = {}
    sweep = vitral.sweep(
        build,
        X,
        Y,
        over={"rate": [0.01, 0.03]},
        seed=0,
        epochs=6,
        verbose=0,
        exact=False,
        callbacks=lambda: [StopAndKeep()],
    )
    assert [len(r.record["epoch"]) for r in sweep.results] == [2, 4]
    for number, epoch in enumerate((1, 3)):
        for one, other in zip(kept[epoch], sweep[number].model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_callback_that_raises_stops_its_variant_alone():
    class Raises(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1 and float(self.model.optimizer.learning_rate) > 0.05:
                raise ValueError("no more")

    alone, in_step = both(over={"rate": [0.1, 0.01, 0.02]}, seed=0, callbacks=lambda: [Raises()])
    assert [r.status for r in in_step.results] == [r.status for r in alone.results] == ["failed", "done", "done"]
    assert "no more" in in_step.results[0].message
    np.testing.assert_allclose(alone[1].history["loss"], in_step[1].history["loss"], rtol=1e-5)


def test_who_diverges_leaves_its_neighbours_alone():
    def with_sgd(rate):
        model = keras.Sequential([keras.Input((6,)), layers.Dense(4), layers.Dense(1)])
        model.compile(keras.optimizers.SGD(rate), "mse")
        return model

    y = X[:, :1]
    alone, in_step = both(y=y, build=with_sgd, over={"rate": [1e6, 0.01, 0.02]}, seed=0, epochs=8)
    assert [r.status for r in in_step.results] == ["diverged", "done", "done"]
    assert in_step.results[0].diverged_epoch == alone.results[0].diverged_epoch
    for number in (1, 2):
        np.testing.assert_allclose(alone[number].history["loss"], in_step[number].history["loss"], rtol=1e-4)


@pytest.mark.parametrize(
    "width", [pytest.param(6, marks=pytest.mark.slow, id="narrow rows"), pytest.param(80, id="rows copied one by one")]
)
def test_data_of_ones_own_and_shared_data(width):
    x = np.random.default_rng(1).standard_normal((30, width)).astype("float32")

    def data(shift):
        return x + np.float32(shift), Y[:30]

    def wide():
        model = keras.Sequential([keras.Input((width,)), layers.Dense(3, "softmax")])
        model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
        return model

    check_close(*both(x=data, y=None, build=wide, over={"shift": [0.0, 0.5], "seed": [0, 1]}))
    check_close(*both(x=x, y=Y[:30], build=wide, over={"seed": range(3)}))


def test_probes_measure_each_variant():
    alone, in_step = both(over={"rate": [0.1, 0.01]}, seed=0, probes=[vitral.probes.Weights(every=2)], epochs=4)
    for number in range(2):
        a, b = (s[number].recording for s in (alone, in_step))
        np.testing.assert_array_equal(b.at("weights", b.layers("weights")[0]), [0, 2, 4])
        for layer, other in zip(a.layers("weights"), b.layers("weights"), strict=True):
            np.testing.assert_allclose(a.get("weights", layer, "norm"), b.get("weights", other, "norm"), rtol=1e-4)


def test_float64_data_are_placed_once(monkeypatch):
    """Keras casts them anew for each variant."""
    placed, device_put = [], jax.device_put

    def noting(a, *more, **options):
        placed.append(a)
        return device_put(a, *more, **options)

    monkeypatch.setattr(jax, "device_put", noting)
    x = X.astype("float64")
    alone, in_step = both(x=x, over={"seed": range(3)}, epochs=2, validation_split=0.25)
    assert len([a for a in placed if getattr(a, "shape", ())[1:] == (6,)]) == 4  # for each sweep, data and validation
    check_close(alone, in_step)


def test_a_stop_at_the_beginning_of_an_epoch_is_kept_after_one_step():
    class StopsAtTheSecond(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    alone, in_step = both(over={"rate": [0.1, 0.01]}, seed=0, callbacks=lambda: [StopsAtTheSecond()])
    check_close(alone, in_step)


def test_one_that_cannot_be_kept_fails_alone(monkeypatch):
    write = sweeping.VariantFiles.write

    def full(self, number, *rest):
        if number == 1:
            raise OSError("disk full")
        return write(self, number, *rest)

    monkeypatch.setattr(sweeping.VariantFiles, "write", full)
    sweep = vitral.sweep(build, X, Y, over={"seed": range(3)}, verbose=0, exact=False)
    assert [r.status for r in sweep.results] == ["done", "failed", "done"]


def test_the_speed_is_learned_where_there_is_validation():
    speed = Speed()
    speed.learn(1.0, 30, 10)
    assert speed.predict(30, 10) == pytest.approx(1.0)
    speed.learn(2.0, 30, 10)
    assert speed.predict(30, 10) == pytest.approx(2.0)

"""Probes in the compiled engine and under sweeps: what a Recorder finds in Keras's own loop, and untouched weights."""

import keras
import numpy as np
import pytest
from comparing import seldom

import vitral
from vitral._errors import ArgumentError, UnknownNameError, VitralWarning
from vitral.probes import Activations, Gradients, Updates, Weights

RNG = np.random.default_rng(0)
X = RNG.standard_normal((44, 6)).astype("float32")
Y = X[:, :3].argmax(1)
SCHEDULES = {
    "all": "all",
    "by steps and by epochs": [
        Gradients(unit="steps", every=4, layers=["out"]),
        Updates(unit="steps", every=2),
        Activations(every=2),
    ],
}


def build(rate=0.05, dropout=0.25, l2=0.01, kind="dense"):
    inner = [keras.layers.Dense(7, "tanh", kernel_regularizer=keras.regularizers.L2(l2), name="dense")]
    if kind == "conv":
        inner = [
            keras.layers.Reshape((6, 1), name="signal"),
            keras.layers.Conv1D(3, 3, name="dense"),
            keras.layers.Flatten(name="flat"),
        ]
    stack = [*inner, keras.layers.Dropout(dropout, name="drop"), keras.layers.Dense(3, "softmax", name="out")]
    model = keras.Sequential([keras.Input((6,)), *stack])
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def trained(probes, **arguments):
    keras.utils.set_random_seed(3)
    model = build(kind=arguments.pop("kind", "dense"))
    return vitral.fit(model, X, Y, batch_size=8, verbose=0, seed=1, probes=probes, **{"epochs": 5, **arguments})


def bits(run):
    return [np.asarray(v.value).tobytes() for v in [*run.model.variables, *run.model.optimizer.variables]]


def check_same(one, other):
    """The same arrays, measured at the same times, with the same numbers and counts."""
    assert [(s.probe, s.layer, s.unit, s.size) for s in one.series] == [
        (s.probe, s.layer, s.unit, s.size) for s in other.series
    ]
    for a, b in zip(one.series, other.series, strict=True):
        np.testing.assert_array_equal(a.at, b.at)
        for name, values in a.values.items():
            np.testing.assert_array_equal(values, b.values[name], err_msg=f"{a.probe} {a.layer} {name}")
        np.testing.assert_array_equal(a.spread(), b.spread())


@pytest.mark.parametrize("schedule", seldom(SCHEDULES, "by steps and by epochs"))
def test_the_engine_measures_what_keras_loop_measures(schedule):
    validation = {"validation_data": (X[:9], Y[:9])}
    plain, ours = trained(None, **validation), trained(SCHEDULES[schedule], **validation)
    with_keras = trained(SCHEDULES[schedule], engine="keras", **validation)
    assert plain.recording is None
    assert (ours.engine, with_keras.engine) == ("compiled", "keras")
    assert bits(ours) == bits(plain) == bits(with_keras)
    assert ours.history == plain.history
    check_same(ours.recording, with_keras.recording)


@pytest.mark.slow
def test_a_convolution_and_callbacks_that_look():
    callbacks = [keras.callbacks.EarlyStopping("loss", patience=1, min_delta=1.0, restore_best_weights=True)]
    plain, ours = (trained(p, kind="conv", callbacks=callbacks) for p in (None, [Gradients()]))
    with_keras = trained([Gradients()], kind="conv", callbacks=callbacks, engine="keras")
    assert len(ours.epoch) < 5
    assert bits(ours) == bits(plain)
    check_same(ours.recording, with_keras.recording)


def test_when_it_measures():
    by_epochs = trained([Weights(every=3)], epochs=8).recording
    np.testing.assert_array_equal(by_epochs.at("weights", "dense/kernel"), [0, 3, 6])
    by_steps = trained([Weights(unit="steps", every=5)], epochs=3).recording  # 6 steps an epoch, one a smaller batch
    np.testing.assert_array_equal(by_steps.at("weights", "dense/kernel"), [0, 5, 10, 15])


def test_the_rows_come_from_everywhere():
    """Sorted data: activations of the first rows alone would not have this mean."""
    x = np.repeat(np.arange(300, dtype="float32")[:, None], 6, axis=1)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Activation("linear", name="same"), keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    run = vitral.fit(model, x / 300, x[:, :3] / 300, verbose=0, probes=[Activations(layers=["same"])])
    assert run.recording.size("activations", "same") == 128 * 6
    rows = np.floor(np.arange(128) * 300 / 128)
    np.testing.assert_allclose(run.recording.get("activations", "same", "mean"), rows.mean() / 300, rtol=1e-5)


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_who_asks_hears_of_each_measurement_before_the_epoch_ends(engine):
    class Hearer(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.heard, self.at_end = [], []

        def on_recording(self, part):
            self.heard += part.at("weights", "out/bias").tolist()

        def on_epoch_end(self, epoch, logs=None):
            self.at_end.append(list(self.heard))

    hearer = Hearer()
    run = trained([Weights(every=2)], epochs=4, callbacks=[hearer], engine=engine)
    assert hearer.at_end == [[0], [0, 2], [0, 2], [0, 2, 4]]
    np.testing.assert_array_equal(run.recording.at("weights", "out/bias"), [0, 2, 4])


def test_many_measurements_are_taken_apart_in_portions():
    run = trained([Weights(layers=["out/bias"])], epochs=75)
    np.testing.assert_array_equal(run.recording.at("weights", "out/bias"), np.arange(76))
    last = run.model.layers[-1].bias.numpy()
    np.testing.assert_allclose(run.recording.get("weights", "out/bias", "mean")[-1], last.mean(), atol=1e-6)


def test_it_is_kept_with_the_run(tmp_path):
    run = trained([Weights()], epochs=2)
    run.save(tmp_path / "run")
    check_same(vitral.open_run(tmp_path / "run").recording, run.recording)


@pytest.mark.slow
def test_under_a_sweep_each_variant_has_its_own(tmp_path):
    over = {"rate": [0.05, 0.2], "l2": [0.01, 0.1]}
    probes = [Gradients(), Updates()]
    sweep = vitral.sweep(build, X, Y, batch_size=8, epochs=3, verbose=0, seed=1, over=over, probes=probes)
    assert len(sweep.groups) == 1
    sweep.save(tmp_path / "sweep")
    opened = vitral.open_run(tmp_path / "sweep")
    for number in (0, 3):
        keras.utils.set_random_seed(1)
        model = build(**sweep.variants[number])
        solo = vitral.fit(model, X, Y, batch_size=8, epochs=3, verbose=0, seed=1, probes=probes)
        assert bits(sweep[number]) == bits(solo)
        check_same(sweep[number].recording, solo.recording)
        check_same(opened[number].recording, solo.recording)


@pytest.mark.parametrize(
    ("probes", "error", "says"),
    [
        ("some", UnknownNameError, 'probes must be "all" or a list'),
        ([], ArgumentError, 'probes must be "all" or a list'),
        ([Weights], ArgumentError, 'probes must be "all" or a list'),
        ([Weights(layers=["dens"])], UnknownNameError, "dens"),
        ([Weights(), Weights()], ArgumentError, "each thing once"),
    ],
)
def test_bad_probes_train_nothing(probes, error, says, tmp_path):
    for train in (
        lambda **more: vitral.fit(build(), X, Y, **more),
        lambda **more: vitral.sweep(build, X, Y, over={"seed": [0, 1]}, **more),
    ):
        with pytest.raises(error, match=says):
            train(probes=probes, verbose=0, out=tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_a_generator_has_no_rows_to_choose():
    with pytest.raises(ArgumentError, match="probes must have arrays to choose rows from: got x of generator"):
        vitral.fit(build(), ((X, Y) for _ in range(3)), steps_per_epoch=1, probes="all")


def test_keras_own_loop_is_said_and_measured_too():
    class Batches(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    with pytest.warns(VitralWarning, match="Batches has a hook"):
        run = trained([Weights()], epochs=2, callbacks=[Batches()])
    np.testing.assert_array_equal(run.recording.at("weights", "dense/kernel"), [0, 1, 2])

"""`vitral.TensorBoard`: what can be seen while training goes on, on every backend."""

import doctest
import errno
import importlib.util
import json
import os
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
from reading_events import X, Y, check_counts, files_in, network, points, read, series

import vitral
import vitral.training.tensorboard as live
from vitral._errors import ArgumentError, RunFolderError, VitralWarning
from vitral.probes.recording import Recording


@pytest.fixture(scope="module", autouse=True)
def _kept_programs(compilation_cache):
    return compilation_cache


class Looking(keras.callbacks.Callback):
    """Reads, after each epoch, what is there for TensorBoard to see."""

    def __init__(self, folder, tag="layer_weights/hidden/kernel"):
        super().__init__()
        self.folder, self.tag, self.seen = folder, tag, []

    def on_epoch_end(self, epoch, logs=None):
        events = read(self.folder / "train")
        self.seen.append((len(events.Scalars("epoch_loss")), len(events.Histograms(self.tag))))


@pytest.mark.parametrize("fit", [lambda model, *a, **k: model.fit(*a, **k), vitral.fit], ids=["keras", "vitral"])
def test_each_epoch_shows_at_once(fit, tmp_path):
    model = network()
    board = vitral.TensorBoard(tmp_path, vitral.probes.Weights(), X[:9], Y[:9])
    looking = Looking(tmp_path)
    arguments = {"epochs": 3, "validation_data": (X[:9], Y[:9]), "verbose": 0, "callbacks": [board, looking]}
    history = fit(model, X, Y, **arguments).history
    assert looking.seen == [(1, 2), (2, 3), (3, 4)]  # a histogram before the first epoch besides
    assert points(tmp_path / "train", "epoch_loss") == dict(enumerate(history["loss"]))
    assert points(tmp_path / "validation", "epoch_accuracy") == dict(enumerate(history["val_accuracy"]))
    rate = np.float32(0.1)
    assert points(tmp_path / "train", "epoch_learning_rate") == {0: rate, 1: rate, 2: rate}
    found = read(tmp_path / "train").Histograms("layer_weights/hidden/kernel")
    check_counts(found[-1], model.layers[0].kernel.value)


def test_what_the_engine_measured_is_written(tmp_path):
    class Engine(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            board.on_recording(Recording([series([1.0, 2.0], at=[0])]))

        def on_epoch_end(self, epoch, logs=None):
            board.on_recording(Recording([series([1.0, 2.0], at=[epoch + 1])]))

    board = vitral.TensorBoard(tmp_path)
    network().fit(X, Y, epochs=2, verbose=0, callbacks=[board, Engine()])
    events = read(tmp_path / "train").Histograms("layer_weights/dense/kernel")
    assert [event.step for event in events] == [0, 1, 2]


def test_steps_and_schedules(tmp_path):
    model = network(keras.optimizers.schedules.PiecewiseConstantDecay([5], [0.5, 0.25]))
    board = vitral.TensorBoard(tmp_path, vitral.probes.Weights(unit="steps", every=2), X[:9], Y[:9])
    model.fit(X, Y, batch_size=11, epochs=2, verbose=0, callbacks=[board])
    events = read(tmp_path / "steps").Histograms("layer_weights/out/bias")
    assert [event.step for event in events] == [0, 2, 4, 6, 8]
    assert points(tmp_path / "train", "epoch_learning_rate") == {0: 0.5, 1: 0.25}


def test_a_training_that_goes_on_continues_its_curves(tmp_path):
    model = network()
    board = vitral.TensorBoard(tmp_path, vitral.probes.Weights(), X[:9], Y[:9])
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[board])
    again = model.fit(X, Y, initial_epoch=2, epochs=4, verbose=0, callbacks=[board])
    found = points(tmp_path / "train", "epoch_loss")
    assert list(found) == [0, 1, 2, 3]  # the third epoch once, as it was trained last
    assert list(found.values())[2:] == again.history["loss"]
    steps = [event.step for event in read(tmp_path / "train").Histograms("layer_weights/hidden/bias")]
    assert steps == [0, 1, 2, 3, 4]


def test_a_second_training_wants_a_folder_of_its_own(tmp_path):
    model = network()
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[vitral.TensorBoard(tmp_path)])
    before = files_in(tmp_path)
    weights = [np.array(w) for w in model.get_weights()]
    with pytest.raises(ArgumentError, match="no events of another training"):
        model.fit(X, Y, epochs=2, verbose=0, callbacks=[vitral.TensorBoard(tmp_path)])
    assert files_in(tmp_path) == before
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))
    model.fit(X, Y, epochs=1, verbose=0, callbacks=[vitral.TensorBoard(tmp_path, overwrite=True)])
    assert len(points(tmp_path / "train", "epoch_loss")) == 1


def test_a_full_disk_ends_the_writing_and_not_the_training(tmp_path):
    class Breaking(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 0:
                shutil.rmtree(tmp_path / "train")
                (tmp_path / "train").write_text("in the way")

    board = vitral.TensorBoard(tmp_path)
    with pytest.warns(VitralWarning, match="cannot be written any more"):
        history = network().fit(X, Y, epochs=3, verbose=0, callbacks=[board, Breaking()])
    assert len(history.history["loss"]) == 3


def test_events_that_cannot_be_removed_are_said_before_training(tmp_path, monkeypatch):
    def fails(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(live, "remove", fails)
    board = vitral.TensorBoard(tmp_path)
    with pytest.raises(RunFolderError, match="cannot be written: Permission denied"):
        board.on_epoch_begin(0)


def test_bad_arguments_are_refused_at_once(tmp_path):
    with pytest.raises(ArgumentError, match="probes must say what to measure on x"):
        vitral.TensorBoard(tmp_path, x=X)
    with pytest.raises(ArgumentError, match='probes must be "all"'):
        vitral.TensorBoard(tmp_path, "everything", X, Y)
    with pytest.raises(ArgumentError, match="x, y and sample_weight must be arrays"):
        vitral.TensorBoard(tmp_path, "all")
    with pytest.raises(RunFolderError, match="directory must be a folder"):
        vitral.TensorBoard(__file__)
    board = vitral.TensorBoard(tmp_path)
    with pytest.raises(ArgumentError, match=r"sweep.to_tensorboard\(directory\)"):
        vitral.sweep(network, X, Y, over={"rate": [0.1, 0.2]}, epochs=1, callbacks=[board], verbose=0)
    assert not files_in(tmp_path)


def test_the_example_of_the_callback():
    (example,) = (test for test in doctest.DocTestFinder().find(vitral.TensorBoard, "TensorBoard") if test.examples)
    assert not doctest.DocTestRunner(verbose=False).run(example).failed


CHILD = """
import json, sys, warnings
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import numpy as np, vitral
    from vitral._keras import import_keras
    keras = import_keras()
x, y = np.eye(6, dtype="float32"), np.arange(6) % 3
model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3, "softmax", name="out")])
model.compile(keras.optimizers.Adam(0.5), "sparse_categorical_crossentropy")
board = vitral.TensorBoard(sys.argv[1], "all", x, y)
history = model.fit(x, y, epochs=2, validation_data=(x, y), verbose=0, callbacks=[board]).history
print(json.dumps([history, np.concatenate([w.ravel() for w in model.get_weights()]).tolist()]))
"""


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_on_other_backends(backend, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: pip install {backend}")
    check_backend(backend, sys.executable, tmp_path)


def check_backend(backend, python, folder):
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run(
        [python, "-c", CHILD, str(folder)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    history, weights = json.loads(done.stdout.splitlines()[-1])
    assert points(folder / "train", "epoch_loss") == dict(enumerate(history["loss"]))
    assert points(folder / "validation", "epoch_loss") == dict(enumerate(history["val_loss"]))
    found = read(folder / "train").Histograms("layer_weights/out/kernel")
    assert [event.step for event in found] == [0, 1, 2]
    check_counts(found[-1], weights[:18])

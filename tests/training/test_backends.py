"""Other backends, and `engine="keras"`: Keras's own loop, its weights, and the same `Run`.

TensorFlow and PyTorch are tried where they are installed, each in a process of its own: they share none with JAX.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import vitral
from vitral._errors import EngineError, VitralWarning

CHILD = """
import json, sys, warnings
import numpy as np

backend, folder = sys.argv[1:]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import vitral
    from vitral._errors import DataError, EngineError, VitralWarning
    from vitral._keras import import_keras

    keras = import_keras()
    import keras as plain
    assert keras is plain

    def network():
        keras.utils.set_random_seed(2)
        layers = [keras.layers.Dense(6, "tanh"), keras.layers.BatchNormalization(), keras.layers.Dropout(0.3),
                  keras.layers.Dense(3, "softmax")]
        model = keras.Sequential([keras.Input((4,)), *layers])
        model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    def bits(model):
        variables = [*model.variables, *model.optimizer.variables]
        return [np.array(keras.ops.convert_to_numpy(v.value)).tobytes() for v in variables]

    data = vitral.load("iris")
    (x, y), (val_x, val_y) = ((p.x, p.y) for p in (data.train, data.validation))
    arguments = dict(batch_size=8, verbose=0)

    def callbacks():
        return [keras.callbacks.EarlyStopping("val_loss", patience=3, restore_best_weights=True),
                keras.callbacks.ReduceLROnPlateau(patience=1)]

    ours, theirs = network(), network()
    runs, histories = [], []
    for epochs in (6, 2):
        runs.append(vitral.fit(ours, data, epochs=epochs, seed=4, callbacks=callbacks(), **arguments))
        keras.utils.set_random_seed(4)
        histories.append(keras.Model.fit(theirs, x, y, epochs=epochs, validation_data=(val_x, val_y),
                                         callbacks=callbacks(), **arguments))
    found = {"weights": bits(ours) == bits(theirs)}
    for name in ("history", "epoch", "params"):
        found[name] = [getattr(r, name) for r in runs] == [getattr(h, name) for h in histories]

    run = runs[-1]
    found["run"] = [run.status, run.engine, run.backend, backend in run.engine_reason]
    found["installed"] = backend in run.versions
    run.save(folder)
    opened = vitral.open_run(folder)
    found["opened"] = opened.history == run.history and opened.evaluation.scores == run.evaluation.scores
    found["reloaded"] = bool(np.allclose(opened.model.predict(val_x, verbose=0), ours.predict(val_x, verbose=0)))

    before = bits(ours)
    try:
        vitral.fit(ours, x, y, engine="compiled", **arguments)
    except EngineError as error:
        found["compiled"] = str(error)
    try:
        vitral.fit(ours, np.where(x > x.mean(), np.nan, x), y, **arguments)
    except DataError as error:
        found["bad input"] = str(error)
    found["untouched"] = bits(ours) == before

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    ours, theirs = network(), network()
    keras.utils.set_random_seed(4)
    keras.Model.fit(theirs, x, y, epochs=2, **arguments)
    try:
        vitral.fit(ours, x, y, epochs=5, seed=4, callbacks=[Stop()], out=folder + "-stopped", **arguments)
    except KeyboardInterrupt:
        found["stopped"] = bits(ours) == bits(theirs)
    found["interrupted"] = [vitral.open_run(folder + "-stopped").status, vitral.open_run(folder + "-stopped").epoch]

    ours = network()
    ours.compile(keras.optimizers.SGD(1e30), "mse")
    found["diverged"] = vitral.fit(ours, x, np.eye(3)[y] * 1e30, epochs=2, **arguments).status
found["warnings"] = [[w.category.__name__, str(w.message)] for w in caught if issubclass(w.category, VitralWarning)]
found["imported"] = [name for name in ("jax", "tensorflow", "torch") if name in sys.modules]
print(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_another_backend_gives_keras_s_weights_and_a_run(backend: str, tmp_path: Path) -> None:
    python = os.environ.get(f"VITRAL_{backend.upper()}_PYTHON")
    if python is None and importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed, and VITRAL_{backend.upper()}_PYTHON names no interpreter that has it")
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    environment["PYTHONPATH"] = str(Path(vitral.__file__).parents[1])
    done = subprocess.run(
        [python or sys.executable, "-c", CHILD, backend, str(tmp_path / "run")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout.strip().splitlines()[-1])

    said, advised, diverged = found.pop("warnings")
    assert said[0] == "VitralWarning"
    assert said[1].startswith(f"Keras runs on the {backend} backend")
    assert "KERAS_BACKEND=jax" in said[1]
    assert advised[1].startswith("The model ends in a softmax and its loss is the mean squared error")
    assert diverged[0] == "DivergenceWarning"
    assert backend in found.pop("compiled")
    assert found.pop("bad input").startswith("x must not contain NaN")
    assert backend in found.pop("imported")
    assert found == {
        "weights": True,
        "history": True,
        "epoch": True,
        "params": True,
        "run": ["done", "keras", backend, True],
        "installed": True,
        "opened": True,
        "reloaded": True,
        "untouched": True,
        "stopped": True,
        "interrupted": ["interrupted", [0, 1]],
        "diverged": "diverged",
    }


@pytest.mark.slow
def test_a_backend_that_cannot_train_is_refused_in_a_sentence() -> None:
    """NumPy's, which comes with Keras."""
    child = (
        "import numpy as np, warnings; warnings.simplefilter('ignore'); import vitral\n"
        "from vitral._keras import import_keras; keras = import_keras()\n"
        "model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]); model.compile('sgd', 'mse')\n"
        "try: vitral.fit(model, np.ones((4, 2)), np.ones((4, 1)), verbose=0)\n"
        "except vitral.VitralError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", child],
        env=os.environ | {"KERAS_BACKEND": "numpy"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "numpy" in done.stdout
    assert "KERAS_BACKEND=jax" in done.stdout


# ---------------------------------------------------------------- engine="keras" on JAX


def network() -> Any:
    keras.utils.clear_session()  # names are counted
    keras.utils.set_random_seed(2)
    layers = [keras.layers.Dense(6, "tanh"), keras.layers.Dropout(0.3), keras.layers.Dense(3, "softmax")]
    model = keras.Sequential([keras.Input((4,)), *layers], name="small")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def trained(engine: str, **arguments: Any) -> Any:
    data = vitral.load("iris")
    callbacks = [
        keras.callbacks.EarlyStopping("loss", patience=5),
        keras.callbacks.ReduceLROnPlateau("loss", patience=2),
    ]
    return vitral.fit(
        network(),
        data,
        batch_size=8,
        epochs=4,
        verbose=0,
        validation_freq=2,
        class_weight={0: 2.0},
        callbacks=callbacks,
        seed=5,
        engine=engine,
        **arguments,
    )


def test_both_engines_give_the_same_run() -> None:
    """Everything but the clock and the engine's name."""
    fast, slow = trained("compiled"), trained("keras")
    assert (fast.engine, slow.engine) == ("compiled", "keras")
    assert slow.engine_reason == "engine='keras' was asked for"
    for name in ("history", "epoch", "params", "settings", "seed", "status", "message", "backend", "versions", "data"):
        assert getattr(fast, name) == getattr(slow, name), name
    assert list(fast.history) == list(slow.history)
    for ours, theirs in zip(fast.model.weights, slow.model.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert fast.evaluation.scores == slow.evaluation.scores
    np.testing.assert_array_equal(fast.evaluation.prediction, slow.evaluation.prediction)
    for run in (fast, slow):
        assert run.seconds > 0
        assert 0 <= run.compile_seconds <= run.seconds
        assert run.started.endswith("+00:00")


def test_the_folders_differ_in_the_engine_alone(tmp_path: Path) -> None:
    for engine in ("compiled", "keras"):
        trained(engine, out=tmp_path / engine)
    fast, slow = (json.loads((tmp_path / engine / "run.json").read_text()) for engine in ("compiled", "keras"))
    differ = {key for key in fast | slow if fast.get(key) != slow.get(key)}
    assert differ <= {"engine", "engine_reason", "seconds", "compile_seconds", "started", "summary", "files"}
    assert fast["files"].keys() == slow["files"].keys()


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_a_run_stands_in_for_keras_s_history(engine: str) -> None:
    """The model's own record, and what plotting code asks a History for."""
    run = trained(engine)
    assert run.model.history.history == run.history
    assert run.model.history.epoch == run.epoch == [0, 1, 2, 3]
    assert run.params == {"verbose": 0, "epochs": 4, "steps": 12}


def test_asking_for_keras_s_loop_says_nothing() -> None:
    """It was asked for; and a warning, which here is an error, would say so."""
    assert trained("keras").engine == "keras"


@pytest.mark.slow
def test_a_model_that_needs_keras_s_loop_gets_it_with_a_word() -> None:
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    data = vitral.load("iris")
    x, y = data.train.x[:16], data.train.y[:16]
    with pytest.warns(VitralWarning, match="run_eagerly=True") as caught:
        run = vitral.fit(model, x, y, verbose=0, batch_size=8)
    assert [Path(w.filename) for w in caught if w.category is VitralWarning] == [Path(__file__)]
    assert run.engine == "keras"
    assert "run_eagerly=True" in run.engine_reason
    weights = model.get_weights()
    with pytest.raises(EngineError, match=r'engine="compiled".*run_eagerly=True'):
        vitral.fit(model, x, y, verbose=0, engine="compiled")
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))

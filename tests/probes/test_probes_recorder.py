"""Recording under plain `keras.Model.fit`: on JAX here, on TensorFlow and PyTorch in processes of their own.

A network whose training has nothing random gives the same numbers on every backend.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from probing import build, check_exactly, trainable

import vitral
from vitral import probes

CHILD = Path(__file__).with_name("recorded_elsewhere.py")


def bits(model: Any) -> list[bytes]:
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return [np.asarray(v.value).tobytes() for v in variables]


# ---------------------------------------------------------------- on JAX


@pytest.mark.parametrize("kind", ["several", "pictures"])
def test_training_is_untouched(kind: str) -> None:
    def trained(callbacks: list[Any]) -> Any:
        model, (x, y, _) = build(kind)
        keras.utils.set_random_seed(5)
        history = model.fit(x, y, batch_size=3, epochs=2, verbose=0, callbacks=callbacks)
        return bits(model), history.history, np.random.get_state()[1].tobytes()

    _, (x, y, _) = build(kind)
    recorder = probes.Recorder([probes.Updates(), probes.Activations(unit="steps", every=2)], x, y)
    assert trained([recorder]) == trained([])
    recording = recorder.recording
    assert recording.at("updates", recording.layers("updates")[0]).tolist() == [0, 1, 2]


def test_it_records_what_is_there_when_it_looks() -> None:
    model, (x, y, _) = build("dense")
    seen: list[tuple[str, int, list[np.ndarray]]] = []

    class Watch(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.n = 0
            self.keep("epochs", 0)
            self.keep("steps", 0)

        def on_train_batch_end(self, batch, logs=None):
            self.n += 1
            self.keep("steps", self.n)

        def on_epoch_end(self, epoch, logs=None):
            self.keep("epochs", epoch + 1)

        def keep(self, unit, done):
            seen.append((unit, done, [np.asarray(v.value) for v in self.model.trainable_variables]))

    by_epochs = probes.Recorder(probes.Weights(every=2), x, y)
    by_steps = probes.Recorder(probes.Weights(unit="steps", every=5), x, y)
    model.fit(x, y, batch_size=4, epochs=4, verbose=0, callbacks=[by_epochs, by_steps, Watch()])
    names = trainable(model)
    for recorder, unit, due in ((by_epochs, "epochs", [0, 2, 4]), (by_steps, "steps", [0, 5, 10])):
        recording = recorder.recording
        assert recording.at("weights", names[0]).tolist() == due
        assert recording.unit("weights", names[0]) == unit
        for row, done in enumerate(due):
            arrays = next(found for kind, n, found in seen if (kind, n) == (unit, done))
            for name, array in zip(names, arrays, strict=True):
                check_exactly(recording, "weights", name, array, row)


def test_several_steps_in_one_execution_are_counted() -> None:
    model, (x, y, _) = build("dense")
    model.compile("sgd", "sparse_categorical_crossentropy", steps_per_execution=3)
    recorder = probes.Recorder(probes.Weights(unit="steps", every=4), x, y)
    model.fit(x, y, batch_size=1, epochs=1, verbose=0, callbacks=[recorder])  # ends after 3, 6, 9 and 10 steps
    assert recorder.recording.at("weights", "out/bias").tolist() == [0, 6, 9]


def test_a_second_training_is_recorded_anew_and_may_begin_later() -> None:
    model, (x, y, _) = build("dense")
    recorder = probes.Recorder(probes.Weights(), x, y)
    for arguments in ({"epochs": 3}, {"epochs": 6, "initial_epoch": 4}):
        model.fit(x, y, verbose=0, callbacks=[recorder], **arguments)
    assert recorder.recording.at("weights", "out/bias").tolist() == [4, 5, 6]


def test_by_epochs_it_runs_in_the_compiled_engine_too() -> None:
    model, (x, y, _) = build("dense")
    recorder = probes.Recorder("all", x, y)
    run = vitral.fit(model, x, y, epochs=2, verbose=0, callbacks=[recorder])
    assert run.engine == "compiled"
    array = np.asarray(model.trainable_variables[0].value)
    check_exactly(recorder.recording, "weights", "hidden/kernel", array)
    assert probes.Recorder is type(recorder)


# ---------------------------------------------------------------- elsewhere


def recorded(backend: str, folder: Path) -> dict[str, np.ndarray]:
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    file = folder / f"{backend}.npz"
    done = subprocess.run(
        [sys.executable, str(CHILD), str(file)], env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-4000:]
    with np.load(file) as found:
        return dict(found)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_another_backend_tells_the_same_numbers(backend: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: pip install {backend}")
    found, expected = recorded(backend, tmp_path), recorded("jax", tmp_path)
    assert found.pop("untouched").all()
    assert expected.pop("untouched").all()
    assert str(found.pop("own step")).startswith("probes must do without Gradients and Updates")
    assert str(expected.pop("own step")) == ""
    assert found.keys() == expected.keys()
    assert any("gradients embedding" in key for key in found)
    for name, numbers in expected.items():
        np.testing.assert_allclose(found[name], numbers, rtol=2e-3, atol=2e-6, err_msg=name)

"""Every loss on each backend: its value, and a step down it, are those of its formula in NumPy; saved and opened.

Each backend has a process of its own, as in `test_losses_training`.
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from test_losses_training import interpreter
from test_losses_values import CLASSES, LOGITS, ONE_HOT, YES, P, Q, W, binary, categorical

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(8)
X, KERNEL, RATE = RNG.normal(size=(20, 5)), RNG.normal(size=(5, 3)), 0.5
ARRAYS = {
    "classes": CLASSES,
    "logits": LOGITS,
    "one_hot": ONE_HOT,
    "yes": YES,
    "p": P,
    "q": Q,
    "x": X,
    "kernel": KERNEL,
}

CHILD = """
import json, sys, warnings
import numpy as np
import vitral
from vitral import keras, losses

warnings.simplefilter("error", vitral.VitralWarning)
folder = sys.argv[1]
given = {name: array.astype("int32" if name == "classes" else "float32")
         for name, array in np.load(folder + "/arrays.npz").items()}
W = [0.5, 2.0, 0.0]

@keras.saving.register_keras_serializable("tests")
def confidence(_, p):
    return keras.ops.sum(p * keras.ops.log(p), axis=-1)

smooth = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
CASES = {
    "weighted": (losses.WeightedCategoricalCrossentropy(W, label_smoothing=0.2), "one_hot", "p", "softmax"),
    "weighted, two": (losses.WeightedBinaryCrossentropy((0.5, 3.0)), "yes", "q", "sigmoid"),
    "focal": (losses.FocalCategoricalCrossentropy(1.5, W), "one_hot", "p", "softmax"),
    "focal of logits": (losses.FocalCategoricalCrossentropy(0.5, from_logits=True), "one_hot", "logits", None),
    "focal, two": (losses.FocalBinaryCrossentropy(2.0, (0.5, 3.0)), "yes", "q", "sigmoid"),
    "focal, two, of logits": (losses.FocalBinaryCrossentropy(2.0, from_logits=True), "yes", "logits", None),
    "sparse": (losses.sparse(smooth), "classes", "p", "softmax"),
    "penalized": (losses.with_penalty("categorical_crossentropy", confidence, 0.3), "one_hot", "p", "softmax"),
    "regularized": (losses.with_penalty("mse", keras.regularizers.L2(0.3)), "one_hot", "logits", None),
    "thresholds": (keras.losses.MeanSquaredError(), "one_hot", "logits", None),
}
found = {}
for name, (loss, y, p, end) in CASES.items():
    y, p = given[y], given[p]
    if y.ndim == 2:
        p = p[:, : y.shape[1]]
    n = 3 if y.ndim == 1 else y.shape[1]
    shrink = losses.SoftThreshold(0.05) if name == "thresholds" else None
    layer = keras.layers.Dense(n, end, kernel_constraint=shrink)
    model = keras.Sequential([keras.Input((5,)), layer])
    layer.set_weights([given["kernel"][:, :n], np.zeros(n)])
    model.compile(keras.optimizers.SGD(0.5), loss)
    run = vitral.fit(model, given["x"], y, "all", 1, 0)
    model.save(folder + "/model.keras")
    opened = keras.saving.load_model(folder + "/model.keras")
    found[name] = {
        "value": float(loss(y, p)),
        "before": run.history["loss"][0],
        "weights": [w.tolist() for w in model.get_weights()],
        "opened": opened.loss.get_config() == loss.get_config()
        and opened.evaluate(given["x"], y, verbose=0) == model.evaluate(given["x"], y, verbose=0),
    }
print("\\n" + json.dumps({"backend": keras.config.backend(), "found": found}))
"""


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def with_confidence(p):
    return categorical(ONE_HOT, p) + 0.3 * np.mean((p * np.log(p)).sum(axis=1))


# name -> the loss of outputs, a layer's outputs from its z, and outputs whose loss is asked
FORMULAS = {
    "weighted": (lambda p: categorical(ONE_HOT, p, W, smoothing=0.2), softmax, P),
    "weighted, two": (lambda p: binary(YES, p, (0.5, 3.0)), sigmoid, Q),
    "focal": (lambda p: categorical(ONE_HOT, p, W, 1.5), softmax, P),
    "focal of logits": (lambda z: categorical(ONE_HOT, softmax(z), 1.0, 0.5), None, LOGITS),
    "focal, two": (lambda p: binary(YES, p, (0.5, 3.0), 2.0), sigmoid, Q),
    "focal, two, of logits": (lambda z: binary(YES, sigmoid(z), (1, 1), 2.0), None, LOGITS[:, :2]),
    "sparse": (lambda p: categorical(ONE_HOT, p, smoothing=0.1), softmax, P),
    "penalized": (with_confidence, softmax, P),
    "regularized": (lambda z: np.mean((z - ONE_HOT) ** 2) + 0.3 * (z**2).sum() / len(z), None, LOGITS),
    "thresholds": (lambda z: np.mean((z - ONE_HOT) ** 2), None, LOGITS),
}


def step_down(loss, weights):
    """A step of gradient descent, by central differences."""
    flat, slopes = np.concatenate([w.ravel() for w in weights]), []
    for place in np.eye(len(flat)) * 1e-6:
        slopes.append((loss(flat + place) - loss(flat - place)) / 2e-6)
    return flat - RATE * np.array(slopes)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_every_loss_is_its_formula(backend, tmp_path):
    if interpreter(backend) is None:
        pytest.skip(f"{backend} is not installed, and VITRAL_{backend.upper()}_PYTHON names no interpreter that has it")
    np.savez(tmp_path / "arrays.npz", **ARRAYS)
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [interpreter(backend), "-c", CHILD, str(tmp_path)],
        env=environment | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.strip().splitlines()[-1])
    assert said["backend"] == backend
    assert said["found"].keys() == FORMULAS.keys()
    for name, (loss, end, outputs) in FORMULAS.items():
        found = said["found"][name]
        assert found["opened"], name
        assert found["value"] == pytest.approx(loss(outputs), rel=1e-5), name
        n = outputs.shape[1]
        kernel = KERNEL[:, :n].astype("float32").astype(float)

        def of_weights(flat, n=n, end=end, loss=loss):
            z = X.astype("float32") @ flat[: 5 * n].reshape(5, n) + flat[5 * n :]
            return loss(z if end is None else end(z))

        assert found["before"] == pytest.approx(of_weights(np.append(kernel, np.zeros(n))), rel=1e-5), name
        expected = step_down(of_weights, [kernel, np.zeros(n)])
        if name == "thresholds":
            expected[: 5 * n] = np.sign(expected[: 5 * n]) * np.maximum(np.abs(expected[: 5 * n]) - 0.05, 0)
        np.testing.assert_allclose(np.concatenate([np.ravel(w) for w in found["weights"]]), expected, atol=3e-6)

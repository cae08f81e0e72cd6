"""TensorFlow's names made of Keras: each gives what TensorFlow gives; work in its style is graded without it."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vitral
from vitral.course.labs import tensorflow_names
from vitral.course.labs.catalogue import find_lab
from vitral.course.labs.performing import perform
from vitral.course.labs.submission import load, read_submission, take

REFERENCE = Path(__file__).parent / "lab1" / "reference_tensorflow.py"

# Of x (4, 3) near 0, p (4, 3) in (0, 1], q (4, 3) with zeros, n (4,) whole numbers, b (4, 3) truth values, b01.
EXPRESSIONS = Path(__file__).with_name("tensorflow_expressions.txt").read_text(encoding="utf-8").splitlines()

VALUES = """
import numpy as np
rng = np.random.default_rng(0)
a = {"x": rng.normal(size=(4, 3)), "p": rng.uniform(0.05, 1, size=(4, 3)), "n": np.array([0, 2, 1, 2])}
a = {key: value.astype("float32" if value.dtype.kind == "f" else "int32") for key, value in a.items()}
a["q"] = a["p"] * (a["p"] > 0.5)
a["b"], a["b01"] = a["x"] > 0, (a["x"] > 0).astype("float32")
def found(expressions, tf, K):
    names = {key: tf.constant(value) for key, value in a.items()} | {"tf": tf, "K": K, "np": np}
    out = []
    for one in expressions:
        try:
            value = eval(one, names)
        except Exception as error:
            value = repr(error)
        out.append(value if isinstance(value, str) else np.asarray(value).astype("float64").tolist())
    return out
"""
THEIRS = (
    VALUES
    + """
import json, sys
import tensorflow as tf
from tensorflow.keras import backend as K
print(json.dumps(found(json.loads(sys.argv[1]), tf, K)))
"""
)


def stand_ins():
    tensorflow_names.install()
    return sys.modules[tensorflow_names.STAND_IN], sys.modules[f"{tensorflow_names.STAND_IN}.keras.backend"]


def ours(expressions=EXPRESSIONS):
    space = {}
    exec(VALUES, space)
    with np.errstate(all="ignore"):
        return space["found"](expressions, *stand_ins())


def test_every_name_that_computes_is_tried():
    tf, K = stand_ins()
    nodes = [node for one in EXPRESSIONS for node in ast.walk(ast.parse(one))]
    used = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
    names = {f"tf.{name}" for name in vars(tf)}
    for part in ("math", "nn", "linalg"):
        names |= {f"tf.{part}.{name}" for name in vars(getattr(tf, part))}
    own = {name for name in vars(K) if not hasattr(tensorflow_names.sys.modules["keras"].backend, name)}
    names |= {f"K.{name}" for name in own}
    left = {name for name in names - used if not name.rpartition(".")[2].startswith("_")}
    types = {f"tf.{name}" for name in tensorflow_names._DTYPES}
    assert left - types == {"tf.Tensor", "tf.print", "tf.executing_eagerly", "tf.random"}


def test_what_numpy_can_say_of_the_commonest_ones():
    space = {}
    exec(VALUES, space)
    x, p = space["a"]["x"].astype(float), space["a"]["p"].astype(float)
    truth = {
        "tf.reduce_mean(-tf.reduce_sum(p * tf.math.log(p), axis=-1))": -np.mean(np.sum(p * np.log(p), -1)),
        "tf.clip_by_value(x, K.epsilon(), 1 - K.epsilon())": np.clip(x, 1e-7, 1 - 1e-7),
        "K.mean(K.sum(x * K.log(K.clip(p, K.epsilon(), 1.0)), axis=1))": np.mean(np.sum(x * np.log(p), 1)),
        "tf.nn.softmax(x)": np.exp(x) / np.exp(x).sum(-1, keepdims=True),
        "tf.cast(np.arange(3), tf.float32) * x": np.arange(3) * x,
    }
    for expression, value in truth.items():
        np.testing.assert_allclose(ours([expression])[0], value, rtol=1e-5)


@pytest.mark.slow
def test_every_name_gives_what_tensorflow_gives():
    python = os.environ.get("VITRAL_TENSORFLOW_PYTHON")
    if not python:
        pytest.skip("VITRAL_TENSORFLOW_PYTHON names no interpreter that has TensorFlow")
    environment = os.environ | {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [python, "-c", THEIRS, json.dumps(EXPRESSIONS)], env=environment, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    wrong = []
    for expression, value, theirs in zip(EXPRESSIONS, ours(), json.loads(done.stdout.splitlines()[-1]), strict=True):
        is_text = isinstance(value, str) or isinstance(theirs, str)
        is_right = value == theirs if is_text else np.shape(value) == np.shape(theirs) and np.allclose(
            value, theirs, rtol=2e-5, atol=1e-6, equal_nan=True)  # fmt: skip
        wrong += [] if is_right else [(expression, value, theirs)]
    assert not wrong


def test_the_published_courses_style_is_right_without_tensorflow():
    namespace, troubles = load(read_submission(REFERENCE), tensorflow_names.rewritten)
    assert troubles == []
    for task in find_lab("1").tasks:
        calls = task.draw(np.random.default_rng(0))
        answers = [perform(namespace, call) for call in calls]
        assert task.judge(calls, answers).is_right, task.name


@pytest.mark.parametrize(
    "code",
    [
        "import tensorflow as tf\nfrom tensorflow import keras\nf = tf.reduce_sum, keras.layers.Dense",
        "import tensorflow\nf = tensorflow.math.log, tensorflow.keras.layers.Dense",
        "import tensorflow.keras as keras\nimport tensorflow.math as m\nf = m.log, keras.layers.Dense",
        "import tensorflow.keras.layers\nf = tensorflow.nn.relu, tensorflow.keras.layers.Dense",
        "import tensorflow.keras.layers as L\nimport tensorflow.keras.backend as K\nf = K.mean, L.Dense",
        "from tensorflow.keras.backend import mean\nfrom tensorflow.keras.layers import Dense\nf = mean, Dense",
        "from tensorflow.nn import relu\nfrom tensorflow.keras import layers as L\nf = relu, L.Dense",
        "try:\n    import tensorflow as tf\nexcept ImportError:\n    tf = None\nf = tf.function, tf.keras.layers.Dense",
        "def g():\n    import tensorflow as t\n    return t.abs, t.keras.layers.Dense\nclass C:\n    f = g()\nf = C.f",
    ],
)
def test_every_way_to_import_it(code):
    import keras

    namespace, troubles = load(take(code.encode(), "a.py"), tensorflow_names.rewritten)
    assert troubles == []
    assert callable(namespace["f"][0])
    assert namespace["f"][1] is keras.layers.Dense
    assert "tensorflow" not in sys.modules, "Keras would take it for TensorFlow itself"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("from tensorflow import GradientTape", "cannot import name 'GradientTape' from 'tensorflow_by_keras"),
        ("import tensorflow as tf\nclass C: f = tf.math.erfinv", "tensorflow.math.erfinv is TensorFlow's own"),
        ("from tensorflow.python.ops import math_ops", "No module named 'tensorflow"),
        ("import tensorflow.data", "No module named 'tensorflow"),
    ],
)
def test_what_only_tensorflow_has_is_said_to_be_its_own(code, says):
    _, (trouble,) = load(take(code.encode(), "a.py"), tensorflow_names.rewritten)
    assert says in trouble


def test_vitral_knows_no_such_module():
    """The names are led to on purpose, by whoever runs a submission: nobody who imports TensorFlow gets them."""
    code = "import vitral.course.labs.tensorflow_names, importlib.util as u\nprint(u.find_spec('tensorflow_by_keras'))"
    environment = os.environ | {"PYTHONPATH": str(Path(vitral.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"

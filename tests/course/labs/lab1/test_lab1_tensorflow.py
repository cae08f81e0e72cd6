"""The solution in TensorFlow's style gets full marks, on TensorFlow, in a process of its own.

It runs with this interpreter where TensorFlow is installed, else with the one that VITRAL_TENSORFLOW_PYTHON names.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import vitral

CHILD = """
import json, sys, warnings
warnings.simplefilter("ignore")  # Keras has something to say of input_shape=, which is how the course was published
import numpy as np
from vitral.course.labs.catalogue import find_lab
from vitral.course.labs.performing import perform
from vitral.course.labs.submission import load, read_submission

namespace, troubles = load(read_submission(sys.argv[1]))
hints = {}
for task in find_lab("1").tasks:
    calls = task.draw(np.random.default_rng(0))
    verdict = task.judge(calls, [perform(namespace, call) for call in calls])
    hints[task.name] = "" if verdict.is_right else f"{verdict.hint} {verdict.values}"
import keras
print(json.dumps([keras.backend.backend(), troubles, hints]))
"""


@pytest.mark.slow
def test_the_published_courses_style_gets_full_marks():
    named = os.environ.get("VITRAL_TENSORFLOW_PYTHON")
    python = sys.executable if importlib.util.find_spec("tensorflow") else named
    if not python:
        pytest.skip("TensorFlow is not installed, and VITRAL_TENSORFLOW_PYTHON names no interpreter that has it")
    environment = os.environ | {
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": str(Path(vitral.__file__).parents[1]),
    }
    done = subprocess.run(
        [python, "-c", CHILD, str(Path(__file__).with_name("reference_tensorflow.py"))],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    backend, troubles, hints = json.loads(done.stdout.splitlines()[-1])
    assert (backend, troubles) == ("tensorflow", [])
    assert hints == dict.fromkeys(("T1", "T2", "T3", "T4"), "")

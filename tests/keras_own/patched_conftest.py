"""Copied as `conftest.py` beside copies of Keras's own tests: replaces `keras.Model.fit` by `vitral.fit`.

Most models in Keras's trainer tests are "just a layer mixed in with a Trainer", no `keras.Model`. Here the name that
they import as `Trainer` stands for a `keras.Model`, so that their `fit` is the replaced one as well.

Writes to $VITRAL_KERAS_OWN (JSON): outcome of every test, and for every fit the engine that ran and why.
"""

import contextlib
import importlib.util
import json
import os
import sys
import types
from pathlib import Path
from unittest import mock

import keras
import keras.src.backend.jax.trainer as jax_trainer
import pytest

import vitral
from vitral import training

MISSING_PACKAGES = ("tensorflow", "tensorboard", "torch", "grain", "orbax", "requests")

# Needs TensorFlow to be imported at all, and in every test.
collect_ignore = [] if importlib.util.find_spec("tensorflow") else ["tensorboard_test.py"]

fit_module = sys.modules[training.fit.__module__]  # the package's own name `fit` is the function

outcomes: dict[str, dict[str, str]] = {}
fits: list[dict[str, str]] = []
_now = ""


def fit(model, *args, **kwargs):
    """`vitral.fit`, counted."""
    entry = {"test": _now, "engine": "error", "reason": ""}
    fits.append(entry)
    unchecked = _now in os.environ.get("VITRAL_KERAS_OWN_UNCHECKED", "").split()
    try:
        with mock.patch.object(fit_module, "check_data") if unchecked else contextlib.nullcontext():
            run = vitral.fit(model, *args, **kwargs)
    except Exception as error:
        entry["reason"] = f"{type(error).__name__}: {error}"[:300]
        raise
    entry |= {"engine": run.engine, "reason": run.engine_reason}
    return run


class ModelTrainer(keras.Model):
    """A `keras.Model` that mixes with a layer as Keras's bare Trainer does."""

    layers = ()  # a layer may keep a list of that name, a model may not

    def __init__(self):
        jax_trainer_class.__init__(self)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if not any("call" in vars(c) for c in cls.__mro__[: cls.__mro__.index(ModelTrainer)]):
            # The layer's own `call`, which `keras.Model.call` would hide.
            cls.call = super(keras.Model, cls).call


jax_trainer_class = jax_trainer.JAXTrainer
if os.environ.get("VITRAL_KERAS_OWN_PATCH", "1") == "1":
    keras.Model.fit = fit
    jax_trainer.JAXTrainer = ModelTrainer


def skip_if_backend(backend, reason):
    """Keras's repository has this in its conftest, which the package does not bring."""
    return pytest.mark.skipif(keras.backend.backend() == backend, reason=reason)


def pytest_configure(config):
    for mark in ("requires_trainable_backend", "multi_device"):
        config.addinivalue_line("markers", f"{mark}: Keras's own")


@contextlib.contextmanager
def _stand_in_tensorflow():
    """Lets a test file import TensorFlow that only its skipped tests use."""
    if importlib.util.find_spec("tensorflow"):
        yield
        return
    names = ["tensorflow", "tensorflow.python", "tensorflow.python.eager", "tensorflow.python.eager.context"]
    sys.modules.update({name: types.ModuleType(name) for name in names})
    sys.modules["tensorflow.python.eager"].context = sys.modules["tensorflow.python.eager.context"]
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    if collector.name == "swap_ema_weights_test.py":
        with _stand_in_tensorflow():
            return (yield)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    global _now
    _now = item.nodeid
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call):
    report = yield
    error = call.excinfo.value if call.excinfo is not None else None
    missing = _missing_package(error)
    if missing and report.failed:
        report.outcome = "skipped"
        report.longrepr = (report.nodeid, 0, f"Skipped: needs {missing}")
    if report.when == "call" or report.outcome != "passed":
        outcomes[report.nodeid] = {"outcome": report.outcome, "why": str(error)[:2000] if error is not None else ""}
    return report


def _missing_package(error):
    """The package, not Keras's and not Vitral's, for whose absence a test failed."""
    while error is not None:
        if isinstance(error, ImportError):
            for package in MISSING_PACKAGES:
                if package in str(error).lower() and importlib.util.find_spec(package) is None:
                    return package
        error = error.__cause__ or error.__context__
    return None


def pytest_sessionfinish():
    path = os.environ.get("VITRAL_KERAS_OWN")
    if path:
        Path(path).write_text(json.dumps({"outcomes": outcomes, "fits": fits}, indent=1))

"""A training that is broken off and resumed ends with the bits of one that never was, whatever it is made of."""

import keras
import numpy as np
import pytest
from comparing import SEED, Trained, compare

import vitral
from vitral.runs import checkpoint
from vitral.runs.checkpoint import CheckpointWriter

EPOCHS = 6
rng = np.random.default_rng(0)
X = rng.normal(size=(44, 5)).astype("float32")
Y = rng.integers(0, 3, 44)


class Killed(BaseException):
    """Stands for the process's end: nothing catches it."""


@pytest.fixture
def broken_off(monkeypatch):
    """Breaks a training off right after its checkpoint of some epoch."""

    def at(epoch):
        write = CheckpointWriter.write

        def write_and_die(self, done, state, fixed):
            write(self, done, state, fixed)
            if done == epoch:
                raise Killed

        monkeypatch.setattr(CheckpointWriter, "write", write_and_die)

    return at


def dense(optimizer="adam", **options):
    def build():
        model = keras.Sequential(
            [
                keras.Input((5,)),
                keras.layers.Dense(8, "relu", kernel_regularizer="l2"),
                keras.layers.BatchNormalization(),
                keras.layers.Dropout(0.3),
                keras.layers.Dense(3, "softmax"),
            ]
        )
        made = optimizer() if callable(optimizer) else optimizer
        model.compile(made, "sparse_categorical_crossentropy", metrics=["accuracy"], **options)
        return model

    return build


def two_inputs():
    a, b = keras.Input((5,), name="a"), keras.Input((2,), name="b")
    hidden = keras.layers.Dense(4, "tanh")(keras.layers.Concatenate()([a, b]))
    model = keras.Model({"a": a, "b": b}, keras.layers.Dense(1)(hidden))
    model.compile("sgd", "mse", metrics=["mae", "r2_score"])
    return model


def recurrent():
    model = keras.Sequential([keras.Input((5, 1)), keras.layers.LSTM(4), keras.layers.Dense(3, "softmax")])
    model.compile("rmsprop", "sparse_categorical_crossentropy")
    return model


class Counts(keras.callbacks.Callback):
    """Of one's own, with a state that acts: the rate falls with what it has counted."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(logs["loss"])
        self.model.optimizer.learning_rate = 0.01 / (1 + len(self.seen))

    def get_state(self):
        return {"seen": list(self.seen), "last": np.float64(self.seen[-1])}

    def set_state(self, state):
        assert type(state["last"]) is np.float64
        self.seen = list(state["seen"])


def decay():
    return keras.optimizers.SGD(
        keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9), momentum=0.9, use_ema=True, ema_momentum=0.9
    )


CASES = {
    "plain": (dense("sgd"), {}, None),
    "several epochs to a checkpoint": (dense(), {"checkpoint_every": 3}, None),
    "validation": (dense(), {"validation_split": 0.25, "validation_freq": 2, "batch_size": 8}, None),
    "weights": (dense(), {"sample_weight": rng.uniform(size=44)}, None),
    "class weights": (dense(), {"class_weight": {0: 1.0, 1: 2.0, 2: 0.5}}, None),
    "in batches' order": (dense(), {"shuffle": "batch", "batch_size": 8}, None),
    "schedule and moving average": (dense(decay), {"batch_size": 8}, None),
    "accumulated": (dense(lambda: keras.optimizers.Adam(gradient_accumulation_steps=3)), {"batch_size": 8}, None),
    "scaled loss": (dense(lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))), {}, None),
    "two inputs": (two_inputs, {"x": {"a": X, "b": X[:, :2].astype("float64")}, "y": X[:, :1]}, None),
    "recurrent": (recurrent, {"x": X[:, :, None]}, None),
    "early stopping": (
        dense(lambda: keras.optimizers.SGD(2.0)),
        {"validation_data": (X[:9], Y[:9])},
        lambda: [keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True)],
    ),
    "plateau": (
        dense(lambda: keras.optimizers.SGD(1.0)),
        {},
        lambda: [keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1), keras.callbacks.TerminateOnNaN()],
    ),
    "scheduler": (dense(), {}, lambda: [keras.callbacks.LearningRateScheduler(lambda _, rate: rate * 0.8)]),
    "of one's own": (dense("sgd"), {}, lambda: [Counts()]),
    "all probes": (dense(), {"probes": "all"}, None),
    "probes every two": (dense(), {"probes": [vitral.probes.Updates(every=2)]}, None),
    "probes by steps": (dense(), {"probes": [vitral.probes.Weights(unit="steps", every=3)], "batch_size": 8}, None),
    "Keras's loop": (dense(), {"engine": "keras", "validation_split": 0.25}, None),
    "probes in Keras's loop": (dense(), {"engine": "keras", "probes": "all"}, None),
    "steps in Keras's loop": (
        dense(),
        {"engine": "keras", "probes": [vitral.probes.Gradients(unit="steps", every=2)], "batch_size": 8},
        lambda: [keras.callbacks.EarlyStopping("loss", patience=1)],
    ),
}


def train(build, arguments, callbacks, **more):
    keras.backend.clear_session()
    keras.utils.set_random_seed(SEED)
    model = build()
    arguments = {"x": X, "y": Y, "epochs": EPOCHS, "verbose": 0, "checkpoint_every": 1, **arguments, **more}
    if arguments.get("out") is None:
        del arguments["checkpoint_every"]
    return vitral.fit(model, callbacks=callbacks() if callbacks else None, **arguments)


class Left(Trained):
    """A loaded model's variables have other paths: here they go by kind and place."""

    def values(self):
        return {" ".join(name.split(" ")[:2]): value for name, value in super().values().items()}


def left(run):
    return Left(run.model, run, float(np.random.rand()), [])


# One of each kind on every change; the others, and all after their first epoch, where there is time.
QUICK = (
    *("plain", "several epochs to a checkpoint", "validation", "schedule and moving average"),
    *("early stopping", "of one's own", "all probes", "steps in Keras's loop"),
)


@pytest.mark.parametrize(
    ("name", "at"),
    [
        pytest.param(name, at, marks=[] if at == 3 and name in QUICK else pytest.mark.slow)
        for name in CASES
        for at in (1, 3)
    ],
)
def test_ends_with_the_same_bits(name, at, tmp_path, broken_off):
    build, arguments, callbacks = CASES[name]
    if at == 1 and (arguments.get("checkpoint_every", 1) > 1):
        at = 6  # after the last epoch, before the run was saved
    expected = train(build, arguments, callbacks)
    theirs = left(expected)
    at = min(at, len(expected.epoch))
    broken_off(at)
    with pytest.raises(Killed):
        train(build, arguments, callbacks, out=tmp_path / "run")
    keras.utils.set_random_seed(99)
    keras.random.uniform(())  # Keras's own generator is elsewhere, too
    again = callbacks() if callbacks and name in ("scheduler", "of one's own") else None
    run = vitral.resume(tmp_path / "run", callbacks=again, verbose=0)
    assert compare(theirs, left(run)) == []
    assert run.status == expected.status
    assert run.engine == expected.engine
    assert run.settings == expected.settings
    assert run.data == expected.data
    if expected.recording is not None:
        check_same_recording(expected.recording, run.recording)
    assert not (tmp_path / "run" / checkpoint.CHECKPOINT).exists()
    assert vitral.open_run(tmp_path / "run").history == expected.history


def test_a_moving_average_outlives_an_evaluation(tmp_path):
    run = train(dense(decay), {}, None, out=tmp_path / "run")
    assert run.path == tmp_path / "run"
    saved = vitral.open_run(tmp_path / "run").model
    averages = [v for v in run.model.optimizer.variables if "moving_average" in v.path or "average" in v.path]
    assert averages
    for mine, theirs in zip(run.model.optimizer.variables, saved.optimizer.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(mine.value), np.asarray(theirs.value))


def check_same_recording(one, other):
    assert [(s.probe, s.layer) for s in one.series] == [(s.probe, s.layer) for s in other.series]
    for a, b in zip(one.series, other.series, strict=True):
        np.testing.assert_array_equal(a.at, b.at)
        np.testing.assert_array_equal(a.spread(), b.spread())
        for quantity in a.values:
            np.testing.assert_array_equal(a.values[quantity], b.values[quantity])

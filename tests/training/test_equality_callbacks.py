"""Callbacks in the compiled engine see what they see in Keras, in its order, and what they do has the same effect."""

# ruff: noqa: ARG001, ARG005  (the arguments of callbacks are Keras's choice)

import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from comparing import ROWS, check_equal, same_bits, train, train_both
from keras import callbacks as known
from keras import layers

from vitral._errors import DivergenceWarning, VitralWarning

_rng = np.random.default_rng(5)
_X = _rng.normal(size=(ROWS, 4)).astype("float32")
_Y = _rng.integers(0, 3, size=ROWS)
_OPTIONS = {"x": _X, "y": _Y, "batch_size": 8, "epochs": 6, "validation_data": (_X[:16] + 0.2, _Y[:16])}


def _classifier(optimizer=None, loss="sparse_categorical_crossentropy"):
    model = keras.Sequential([layers.Dense(5, activation="tanh"), layers.Dropout(0.2), layers.Dense(3, "softmax")])
    model.compile(optimizer or keras.optimizers.Adam(0.05), loss, metrics=["accuracy"])
    return model


def _train_both(make, build=_classifier, **options):
    """Train on both sides with callbacks that `make` makes anew; the two lists of callbacks, Keras's first."""
    made = []

    def arguments():
        made.append(make())
        return {**_OPTIONS, **options, "callbacks": made[-1]}

    theirs, ours = train_both(build, arguments)
    check_equal(theirs, ours)
    return made


class Recorder(known.Callback):
    """Writes down every event and the logs that come with it."""

    def __init__(self):
        super().__init__()
        self.events = []

    def _note(self, event, number=None, logs=None):
        self.events.append((event, number, logs and [(k, type(v), np.float64(v).tobytes()) for k, v in logs.items()]))

    def on_train_begin(self, logs=None):
        self._note("train begin", logs=logs)

    def on_train_end(self, logs=None):
        self._note("train end", logs=logs)

    def on_epoch_begin(self, epoch, logs=None):
        self._note("epoch begin", epoch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self._note("epoch end", epoch, logs)


class TestRecorder(Recorder):
    """The same with the events of validation."""

    __test__ = False

    def on_test_begin(self, logs=None):
        self._note("test begin", logs=logs)

    def on_test_end(self, logs=None):
        self._note("test end", logs=logs)


class WeightRecorder(Recorder):
    """Writes down, at every event, all that the model holds."""

    def _note(self, event, number=None, logs=None):
        model = self.model
        held = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
        self.events.append((event, number, [np.asarray(v.value).tobytes() for v in held]))
        self.events.append(("results", [(k, float(v)) for k, v in model.get_metrics_result().items()]))


class WeightTestRecorder(WeightRecorder, TestRecorder):
    """The same with the events of validation."""

    __test__ = False


@pytest.mark.parametrize("kind", [Recorder, TestRecorder, WeightRecorder, WeightTestRecorder])
@pytest.mark.parametrize("freq", [1, [2, 3]], ids=["every epoch", "some epochs"])
def test_order_of_events_and_their_logs(kind, freq):
    theirs, ours = _train_both(lambda: [kind()], epochs=4, validation_freq=freq)
    assert theirs[0].events == ours[0].events


STOPPERS = {
    "restoring": {"monitor": "val_loss", "patience": 1, "restore_best_weights": True},
    "not restoring": {"monitor": "val_loss", "patience": 1},
    "not before": {"monitor": "accuracy", "patience": 0, "start_from_epoch": 2, "mode": "max", "min_delta": 0.2},
    "baseline": {"monitor": "loss", "baseline": 0.1, "patience": 2, "restore_best_weights": True},
    "never": {"monitor": "loss", "patience": 50, "restore_best_weights": True},
}


@pytest.mark.parametrize("name", STOPPERS)
def test_early_stopping(name):
    stopper = lambda: [known.EarlyStopping(**STOPPERS[name])]  # noqa: E731
    theirs, ours = _train_both(stopper, epochs=12)
    assert (theirs[0].stopped_epoch, theirs[0].best_epoch) == (ours[0].stopped_epoch, ours[0].best_epoch)
    assert (theirs[0].stopped_epoch > 0) == (name != "never")


CHECKPOINTS = {
    "every epoch": ("{epoch:02d}-{val_loss:.3f}.keras", {}),
    "best only": ("best.keras", {"save_best_only": True, "monitor": "val_accuracy", "mode": "max"}),
    "weights only": ("{epoch}.weights.h5", {"save_weights_only": True}),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_model_checkpoint(name, tmp_path):
    file, options = CHECKPOINTS[name]
    folders = [tmp_path / "theirs", tmp_path / "ours"]
    left = list(folders)
    _train_both(lambda: [known.ModelCheckpoint(left.pop(0) / file, **options)], epochs=4)
    names = [sorted(p.name for p in folder.iterdir()) for folder in folders]
    assert names[0] == names[1]
    assert len(names[0]) == (1 if name == "best only" else 4)
    for each in names[0]:
        a, b = (_saved_values(folder / each) for folder in folders)
        assert len(a) == len(b) >= 4
        assert all(same_bits(x, y) for x, y in zip(a, b, strict=True)), each


def _saved_values(path: Path):
    """All values in a saved file: weights, and those of the optimizer where they are in it."""
    keras.utils.set_random_seed(1)  # a dropout's seed is not in the file
    if path.suffix == ".keras":
        model = keras.models.load_model(path)
    else:
        model = _classifier()
        model.build((None, 4))
        model.optimizer.build(model.trainable_variables)
        model.load_weights(path)
    return [np.asarray(v.value) for v in [*model.variables, *model.optimizer.variables]]


LEARNING_RATES = {
    "plateau": lambda: known.ReduceLROnPlateau(patience=1, factor=0.3, min_delta=0.05, cooldown=1, min_lr=1e-4),
    "schedule": lambda: known.LearningRateScheduler(lambda epoch: 0.05 / (epoch + 1)),
    "schedule with rate": lambda: known.LearningRateScheduler(lambda epoch, rate: rate * 0.7),
}


@pytest.mark.parametrize("name", LEARNING_RATES)
def test_learning_rate_callbacks(name):
    theirs, ours = _train_both(lambda: [LEARNING_RATES[name](), Recorder()])
    assert theirs[1].events == ours[1].events
    first, last = ours[1].events[2], ours[1].events[-2]
    rates = [next(value for key, _, value in event[2] if key == "learning_rate") for event in (first, last)]
    assert rates[0] != rates[1]


@pytest.mark.parametrize("is_watched", [False, True], ids=["blocks", "single epochs"])
def test_csv_logger(tmp_path, is_watched):
    files = [tmp_path / "theirs.csv", tmp_path / "ours.csv"]
    left = list(files)

    def make():
        more = [known.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(half=logs["loss"] / 2))]
        return [*(more if is_watched else []), known.CSVLogger(left.pop(0), separator=";")]

    _train_both(make)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert len(files[0].read_text().splitlines()) == 7


def _exploding(bad):
    """A classifier whose loss is not finite in its `bad`-th batch, counted from 0 over all epochs."""

    @keras.saving.register_keras_serializable("tests")
    class Bomb(layers.Layer):
        def build(self, shape):
            self.n = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def call(self, x, training=False):
            if training:
                x = keras.ops.where(self.n == bad, np.nan, 1.0) * x
                self.n.assign_add(1.0)
            return x

    def build():
        model = keras.Sequential([layers.Dense(5), Bomb(), layers.Dense(3, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    return build


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(0, marks=pytest.mark.slow, id="first batch"),
        pytest.param(2, id="first epoch"),
        pytest.param(14, marks=pytest.mark.slow, id="third epoch"),
        pytest.param(17, id="smaller batch"),
    ],
)
@pytest.mark.parametrize("is_watched", [False, True], ids=["blocks", "single epochs"])
def test_terminate_on_nan(bad, is_watched, capsys):
    """Training ends with the bad batch, which is the last that changed anything."""
    with pytest.warns(DivergenceWarning, match=f"epoch {bad // 6 + 1}"):
        made = _train_both(
            lambda: [known.TerminateOnNaN(), *([Recorder()] if is_watched else [])], build=_exploding(bad)
        )
    printed = capsys.readouterr().out.split("Batch")
    assert printed[1].strip() == printed[2].strip() == f"{bad % 6}: Invalid loss, terminating training"
    if is_watched:
        assert made[0][1].events == made[1][1].events


def test_terminate_on_nan_with_an_error():
    def fail(engine):
        kept = []

        def build():
            kept.append(_exploding(14)())
            return kept[0]

        with pytest.raises(RuntimeError, match="NaN or Inf loss") as error:
            train(build, {**_OPTIONS, "callbacks": [known.TerminateOnNaN(raise_error=True)]}, engine=engine)
        return str(error.value), [np.asarray(v.value) for v in kept[0].variables]

    theirs, ours = fail("keras"), fail("compiled")
    assert theirs[0] == ours[0]
    assert all(same_bits(a, b) for a, b in zip(theirs[1], ours[1], strict=True))


def test_nan_without_a_callback():
    """The rest of training is done all the same, with NaN for weights."""
    with pytest.warns(DivergenceWarning, match="epoch 3"):
        _train_both(lambda: None, build=_exploding(14))


def test_lambda_callback():
    seen = []

    def make():
        events = []
        seen.append(events)
        return [
            known.LambdaCallback(
                on_train_begin=lambda logs: events.append("begin"),
                on_epoch_begin=lambda epoch, logs: events.append(epoch),
                on_epoch_end=lambda epoch, logs: events.append(dict(logs)),
                on_train_end=lambda logs: events.append(dict(logs)),
            )
        ]

    _train_both(make)
    assert len(seen[0]) == 14
    assert seen[0] == seen[1]


@pytest.mark.parametrize("on_epoch", [False, True])
def test_swap_ema_weights(on_epoch):
    """Validation sees the averaged weights, training goes on with its own."""
    _train_both(
        lambda: [known.SwapEMAWeights(swap_on_epoch=on_epoch), WeightTestRecorder()],
        build=lambda: _classifier(keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.7)),
    )


class PowerCutError(Exception):
    """Training breaks off."""


def test_backup_and_restore(tmp_path):
    """A training that broke off in its fourth epoch goes on from the third, in the engine as in Keras."""

    def train_twice(engine):
        def backup():
            return known.BackupAndRestore(tmp_path / engine)

        def cut(epoch, logs):
            if epoch == 3:
                raise PowerCutError

        callbacks = [backup(), known.LambdaCallback(on_epoch_begin=cut)]
        with pytest.raises(PowerCutError):
            train(_classifier, {**_OPTIONS, "callbacks": callbacks}, engine=engine)
        return train(_classifier, {**_OPTIONS, "callbacks": [backup()]}, engine=engine)

    theirs, ours = train_twice("keras"), train_twice("compiled")
    check_equal(theirs, ours)
    assert theirs.history.epoch == [3, 4, 5]


class Meddler(known.Callback):
    """A callback of one's own: does `what` at the epochs' beginning or end."""

    def __init__(self, what, at="end"):
        super().__init__()
        self.what, self.at = what, at

    def on_epoch_begin(self, epoch, logs=None):
        if self.at == "begin":
            self.what(self.model, epoch, logs)

    def on_epoch_end(self, epoch, logs=None):
        if self.at == "end":
            self.what(self.model, epoch, logs)


def _change_weights(model, epoch, logs):
    model.set_weights([w * (1 + 0.1 * epoch) for w in model.get_weights()])


def _change_one_weight(model, epoch, logs):
    model.layers[0].bias.assign(model.layers[0].bias + 0.5)


def _change_rate(model, epoch, logs):
    model.optimizer.learning_rate = 0.1 / (epoch + 1)


def _assign_rate(model, epoch, logs):
    model.optimizer.learning_rate.assign(0.2 / (epoch + 1))


def _stop(model, epoch, logs):
    model.stop_training = epoch == 2


def _draw(model, epoch, logs):
    np.random.rand(3)


def _add_logs(model, epoch, logs):
    if logs:
        logs["epoch_squared"] = epoch**2
        logs["loss"] = logs["loss"] * 2


def _evaluate(model, epoch, logs):
    found = model.evaluate(_X[:8], _Y[:8], verbose=0, return_dict=True)
    if logs is not None:
        logs["first_loss"] = found["loss"]


def _predict(model, epoch, logs):
    found = model.predict(_X[:8], verbose=0)
    if logs is not None:
        logs["first"] = float(found[0, 0])


def _reset_metrics(model, epoch, logs):
    model.reset_metrics()


def _reset_optimizer(model, epoch, logs):
    for variable in model.optimizer.variables[2:]:
        variable.assign(keras.ops.zeros_like(variable.value))


MEDDLING = [
    _change_weights,
    _change_one_weight,
    _change_rate,
    _assign_rate,
    _stop,
    _draw,
    _add_logs,
    _evaluate,
    _predict,
    _reset_metrics,
    _reset_optimizer,
]


@pytest.mark.parametrize("at", ["begin", "end"])
@pytest.mark.parametrize("what", MEDDLING, ids=lambda f: f.__name__.strip("_"))
def test_own_epoch_level_callback(what, at):
    theirs, ours = _train_both(lambda: [Meddler(what, at), Recorder()], epochs=4)
    assert theirs[1].events == ours[1].events


def test_own_callback_that_stops_without_validation():
    """Keras stops after the first batch of the epoch, then still ends the epoch."""
    _train_both(lambda: [Meddler(_stop, "begin")], validation_data=None, epochs=4)


@pytest.mark.parametrize("hook", ["on_train_begin", "on_test_begin", "on_test_end"])
def test_own_callback_at_other_events(hook):
    def make():
        def act(logs=None):
            model = callback.model
            model.layers[0].bias.assign(model.layers[0].bias + 0.25)
            model.optimizer.learning_rate = 0.01
            np.random.rand()
            if hook == "on_test_end":
                model.stop_training = True

        callback = known.Callback()
        callback = type("Own", (known.Callback,), {hook: lambda self, logs=None: act(logs)})()
        return [callback, Recorder()]

    theirs, ours = _train_both(make, epochs=4)
    assert theirs[1].events == ours[1].events


def test_error_in_a_callback():
    """What the model holds when a callback fails is what it holds with Keras."""

    def fail(engine):
        kept = []

        def build():
            kept.append(_classifier())
            return kept[0]

        def raise_at_two(model, epoch, logs):
            if epoch == 2:
                raise PowerCutError

        with pytest.raises(PowerCutError):
            train(build, {**_OPTIONS, "callbacks": [Meddler(raise_at_two)]}, engine=engine)
        model = kept[0]
        return [np.asarray(v.value) for v in [*model.variables, *model.optimizer.variables, *model.metrics_variables]]

    theirs, ours = fail("keras"), fail("compiled")
    assert all(same_bits(a, b) for a, b in zip(theirs, ours, strict=True))


def test_several_callbacks_in_order():
    """Each sees the logs as those before it left them; the History comes last."""

    def make():
        return [
            known.LearningRateScheduler(lambda epoch: 0.05 / (epoch + 1)),
            Meddler(_add_logs),
            Recorder(),
            known.EarlyStopping("epoch_squared", mode="min", patience=3, restore_best_weights=True),
            known.History(),
            Recorder(),
        ]

    theirs, ours = _train_both(make, epochs=8)
    assert theirs[2].events == ours[2].events
    assert theirs[5].events == ours[5].events
    assert theirs[4].history == ours[4].history


def test_list_of_callbacks_made_by_the_user():
    def arguments():
        return {**_OPTIONS, "callbacks": None}

    def run(engine):
        keras.backend.clear_session()
        recorder = Recorder()

        def build():
            model = _classifier()
            build.list = known.CallbackList([recorder], add_history=True, model=model, epochs=6, steps=6, verbose=0)
            return model

        trained = train(build, lambda: {**arguments(), "callbacks": build.list}, engine=engine)
        return trained, recorder

    (theirs, their_recorder), (ours, our_recorder) = run("keras"), run("compiled")
    check_equal(theirs, ours)
    assert their_recorder.events == our_recorder.events


@pytest.mark.parametrize("verbose", [1, 2])
def test_progress_is_shown_and_changes_nothing(verbose, capsys):
    theirs, ours = train_both(_classifier, {**_OPTIONS, "epochs": 2, "verbose": verbose})
    check_equal(theirs, ours)
    shown = capsys.readouterr().out
    assert shown.count("Epoch 2/2") == 2
    assert shown.count("val_accuracy: ") >= 4


# ---------------------------------------------------------------- what needs Keras's own loop


class BatchCounter(known.Callback):
    """A user's callback that must be told of every batch."""

    def on_train_batch_end(self, batch, logs=None):
        self.n = getattr(self, "n", 0) + 1


class Batches(keras.utils.PyDataset):
    """Batches made on demand."""

    def __init__(self, **options):
        super().__init__(**options)

    def __len__(self):
        return 4

    def __getitem__(self, i):
        return _X[i * 8 : i * 8 + 8], _Y[i * 8 : i * 8 + 8]


def _generator():
    while True:
        yield _X[:8], _Y[:8]


NEEDS_KERAS = {
    "batch hook": (lambda: {**_OPTIONS, "callbacks": [BatchCounter()]}, "BatchCounter"),
    "batch hook of a lambda": (
        lambda: {**_OPTIONS, "callbacks": [known.LambdaCallback(on_train_batch_end=lambda batch, logs: None)]},
        "LambdaCallback",
    ),
    "checkpoint by batch": (
        lambda: {**_OPTIONS, "callbacks": [known.BackupAndRestore("unused", save_freq=100)]},
        "BackupAndRestore",
    ),
    "generator": (lambda: {"x": _generator(), "steps_per_epoch": 3, "epochs": 2}, "generator"),
    "PyDataset": (lambda: {"x": Batches(), "epochs": 2}, "Batches"),
    "generated validation": (
        lambda: {**_OPTIONS, "validation_data": _generator(), "validation_steps": 2},
        "validation_data",
    ),
}


@pytest.mark.parametrize("name", NEEDS_KERAS)
def test_what_needs_keras(name, tmp_path, monkeypatch):
    """It gets Keras's loop, with one warning that names the reason, and the same results."""
    monkeypatch.chdir(tmp_path)
    arguments, reason = NEEDS_KERAS[name]
    theirs = train(_classifier, arguments, engine="keras")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", VitralWarning)
        ours = train(_classifier, arguments, engine="vitral-keras")
    said = [str(w.message) for w in caught if issubclass(w.category, VitralWarning)]
    assert len(said) == 1
    assert "Keras's own loop" in said[0]
    assert reason in said[0]
    check_equal(theirs, ours)


@pytest.mark.parametrize("how", ["run_eagerly", "jit_compile"])
def test_models_that_keras_does_not_compile(how):
    def build():
        model = _classifier()
        model.compile(
            "sgd",
            "sparse_categorical_crossentropy",
            run_eagerly=how == "run_eagerly",
            jit_compile=False if how == "jit_compile" else "auto",
        )
        return model

    options = {"x": _X[:16], "y": _Y[:16], "batch_size": 8, "epochs": 1}
    theirs = train(build, options, engine="keras")
    with pytest.warns(VitralWarning, match=how):
        ours = train(build, options, engine="vitral-keras")
    check_equal(theirs, ours)

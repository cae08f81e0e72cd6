"""Data that go to the device in chunks: Keras's bits, one program, and no more memory for a larger file."""

import re
import signal
import threading
import time
import tracemalloc
from pathlib import Path

import keras
import numpy as np
import pytest
from comparing import check_same, often, seldom
from keras import layers

import vitral
from vitral._mapped import Cast
from vitral.training import compiled, streaming
from vitral.training.program import Program
from vitral.training.programs import counts

ROWS, BATCH = 101, 8  # twelve batches and five rows
_rng = np.random.default_rng(2)
X = _rng.normal(size=(ROWS, 6)).astype("float32")
Y = X[:, :3].argmax(1).astype("int32")
WEIGHTS = _rng.uniform(0.5, 2, size=ROWS).astype("float32")


@pytest.fixture
def mapped(tmp_path):
    """Puts an array into a file and maps it."""

    def put(array, mode="r"):
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.npy"
        np.save(file, array)
        return np.load(file, mmap_mode=mode)

    return put


@pytest.fixture(autouse=True)
def streams(monkeypatch):
    """Mapped files of 900 bytes and more are streamed, two batches of them to a chunk; what was, by epochs."""
    seen = []
    monkeypatch.setattr(streaming, "_LEAST_BYTES", 900)
    monkeypatch.setattr(streaming, "_CHUNK_BYTES", 520)
    monkeypatch.setattr(streaming, "_BUFFERS", 2)
    epoch = streaming.Stream.epoch

    def noted(self, plan, n_steps, check):
        seen.append([stop - first for first, stop, _ in self._parts(min(plan.n_full, n_steps), n_steps)])
        return epoch(self, plan, n_steps, check)

    monkeypatch.setattr(streaming.Stream, "epoch", noted)
    return seen


def classifier(**compiled):
    model = keras.Sequential([layers.Dense(5, activation="tanh"), layers.Dropout(0.2), layers.Dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(**{"optimizer": "adam", "loss": loss, "metrics": ["accuracy"]} | compiled)
    return model


def seeded():
    keras.backend.clear_session()  # layers are numbered from the start
    keras.utils.set_random_seed(4)
    model = classifier()
    model.build((None, 6))
    return model


# ---------------------------------------------------------------- Keras's bits

ARGUMENTS = {
    "shuffled": {},
    "in order": {"shuffle": False},
    "shuffled batches": {"shuffle": "batch"},
    "no smaller last batch": {"y": Y[:96]},
    "fewer steps": {"steps_per_epoch": 5, "epochs": 4},
    "first epochs left out": {"initial_epoch": 2, "epochs": 4},
    "weights of rows": {"sample_weight": WEIGHTS},
    "weights of classes": {"class_weight": {0: 2.0, 2: 0.5}},
    "validation in memory": {"validation_data": (X[:19] + 1, Y[:19]), "validation_freq": 2},
    "validation split": {"validation_split": 0.4, "validation_batch_size": 5, "epochs": 3},
    "some steps of validation": {"validation_split": 0.4, "validation_steps": 3},
}


@pytest.mark.parametrize(
    "name",
    often(
        ARGUMENTS, "shuffled", "shuffled batches", "weights of rows", "validation in memory", "some steps of validation"
    ),
)
def test_arguments(name, mapped, streams):
    options = {"y": Y, "batch_size": BATCH, "epochs": 2} | ARGUMENTS[name]
    options["x"] = mapped(X[: len(options["y"])])
    check_same(classifier, options)
    assert streams
    assert all(len(chunks) > 1 for chunks in streams)
    assert len(streams) >= 4 * ("split" in name)  # training and validation


def test_chunks_grow_and_the_last_takes_what_is_left(mapped, streams):
    vitral.fit(classifier(), mapped(X), Y, batch_size=BATCH, verbose=0)
    assert streams == [[1, 2, 2, 2, 2, 2, 1]]


@pytest.mark.parametrize("buffers", seldom([1, 3, 20], "20"))
def test_chunks_that_are_read_ahead(buffers, mapped, monkeypatch):
    keras_history = keras.Model.fit(seeded(), X, Y, batch_size=BATCH, epochs=2, verbose=0).history
    x = mapped(X)
    model = seeded()
    feed = streaming.Stream((x, Y), BATCH, ROWS % BATCH, 2)
    monkeypatch.setattr(streaming, "_BUFFERS", buffers)
    monkeypatch.setattr(compiled, "make_feed", lambda arrays, *_: streaming.Resident(None) if arrays is None else feed)
    assert vitral.fit(model, x, Y, batch_size=BATCH, epochs=2, verbose=0).history == keras_history


@pytest.mark.parametrize("kind", often(["float64", "float16", "uint8", "int64", "fortran"], "float64", "fortran"))
def test_kinds_of_numbers(kind, mapped, monkeypatch, streams):
    x = np.asfortranarray(X) if kind == "fortran" else np.clip(2 * X + 4, 0, 9).astype(kind)
    monkeypatch.setattr(streaming, "_LEAST_BYTES", 500)
    check_same(classifier, {"x": mapped(x), "y": mapped(Y.astype("int64")), "batch_size": BATCH, "epochs": 2})
    assert streams


def test_validation_in_a_file_beside_data_in_memory(mapped, streams):
    options = {"x": X, "y": Y, "batch_size": BATCH, "epochs": 3, "validation_data": (mapped(X), mapped(Y))}
    check_same(classifier, options)
    assert len(streams) == 3


def test_several_inputs_and_outputs(mapped, streams):
    def build():
        a, b = keras.Input((6,), name="a"), keras.Input((3,), name="b")
        hidden = layers.Dense(4, "relu")(layers.Concatenate()([a, b]))
        model = keras.Model({"a": a, "b": b}, [layers.Dense(1, name="u")(hidden), layers.Dense(2, name="v")(hidden)])
        model.compile("sgd", ["mse", "mae"])
        return model

    x, y = {"a": mapped(X), "b": X[:, :3].astype("float64")}, [X[:, :1], mapped(X[:, 1:3])]
    check_same(build, {"x": x, "y": y, "batch_size": BATCH, "epochs": 2})
    assert streams


def test_callbacks_that_look_and_stop(mapped, streams):
    def arguments():
        seen = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: None)
        stop = keras.callbacks.EarlyStopping("val_loss", patience=1, min_delta=0.2, restore_best_weights=True)
        x = mapped(X)
        validation = (x[:60], Y[:60])
        return {"x": x, "y": Y, "batch_size": BATCH, "epochs": 9, "callbacks": [seen, stop], "verbose": 0} | {
            "validation_data": validation
        }

    check_same(lambda: classifier(steps_per_execution=2), arguments)
    assert len(streams) > 2


@pytest.mark.filterwarnings("ignore:x is far from")
def test_a_loss_that_is_not_finite_ends_it_in_its_batch(mapped, streams):
    x = X.copy()
    x[53] = 1e30

    def build():
        model = keras.Sequential([keras.Input((6,)), layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    def arguments():
        return {"x": mapped(x), "y": X[:, :1], "batch_size": BATCH, "callbacks": [keras.callbacks.TerminateOnNaN()]}

    with pytest.warns(vitral._errors.DivergenceWarning):
        check_same(build, arguments)
    assert streams


def test_epochs_that_a_callback_ends_as_they_begin(mapped):
    def arguments():
        stop = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, _: epoch == 1 and setattr(found[-1], "stop_training", True)
        )
        return {"x": mapped(X), "y": Y, "batch_size": BATCH, "epochs": 3, "callbacks": [stop]}

    found = []

    def build():
        found.append(classifier())
        return found[-1]

    check_same(build, arguments)


@pytest.mark.parametrize(
    "probes",
    [
        pytest.param("all", marks=pytest.mark.slow),
        pytest.param([vitral.probes.Weights(every=3, unit="steps")], id="weights"),
    ],
)
def test_probes_see_what_they_see_of_data_in_memory(probes, mapped, streams):
    options = {"batch_size": BATCH, "epochs": 2, "verbose": 0, "probes": probes}
    ours, theirs = (vitral.fit(seeded(), x, Y, **options) for x in (mapped(X.astype("float64")), X))
    assert streams
    assert ours.recording.to_frame().equals(theirs.recording.to_frame())
    assert ours.history == theirs.history


# ---------------------------------------------------------------- one program, little memory


def test_one_program_serves_any_number_of_rows(mapped):
    model = classifier()
    few, many = mapped(X[:64]), mapped(np.tile(X[:64], (10, 1)))
    vitral.fit(model, few, Y[:64], batch_size=BATCH, epochs=2, verbose=0)
    before = counts.compilations
    vitral.fit(model, many, np.tile(Y[:64], 10), batch_size=BATCH, epochs=2, verbose=0)
    assert counts.compilations == before


def test_no_array_of_the_size_of_the_file_is_made(mapped, monkeypatch):
    """NumPy tells `tracemalloc` of its arrays; those of a training on float64, which Keras casts as a whole."""
    n_rows = 20_000
    x = mapped(np.tile(X.astype("float64"), (n_rows // ROWS + 1, 40))[:n_rows])  # 38 MB
    y = np.tile(Y, n_rows // ROWS + 1)[:n_rows]
    monkeypatch.setattr(streaming, "_CHUNK_BYTES", 1 << 20)
    options = {"batch_size": 500, "verbose": 0, "validation_split": 0.25, "probes": [vitral.probes.Weights()]}
    model = classifier()
    tracemalloc.start()
    try:
        run = vitral.fit(model, x, y, **options)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert run.engine_reason.count("in chunks of") == 2
    assert peak < x.nbytes / 5


def test_pages_of_the_file_are_given_back(mapped):
    """What the process holds of the file after a training, as the system counts it."""
    x = mapped(np.tile(X, (20_000, 1)))  # 48 MB
    vitral.fit(classifier(), x, np.arange(len(x)) % 3, batch_size=10_000, verbose=0)
    maps = re.split(r"\n(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text(encoding="utf-8"))
    (ours,) = [entry for entry in maps if entry.partition("\n")[0].endswith(str(x.filename))]
    assert 1024 * int(re.search(r"Rss: +(\d+) kB", ours)[1]) < x.nbytes / 4


# ---------------------------------------------------------------- what is streamed


def test_what_is_streamed(mapped, monkeypatch):
    def feed(array, batch=BATCH):
        return type(streaming.make_feed((array, None), batch, 0, lambda arrays: arrays)).__name__

    in_file = mapped(X)
    assert (
        feed(in_file) == feed(np.asarray(in_file)[1:]) == feed(Cast(mapped(X.astype("float64")), "float32")) == "Stream"
    )
    assert feed(X) == feed(in_file[:37]) == "Resident"  # in memory; too little
    assert feed(in_file, batch=51) == feed(in_file, batch=ROWS) == "Resident"  # two such chunks are most of it
    assert streaming._free_bytes() > 0
    monkeypatch.setattr(streaming, "_free_bytes", lambda: 2 * X.nbytes)
    assert feed(X) == "Resident"
    monkeypatch.setattr(streaming, "_free_bytes", lambda: 2 * X.nbytes - 2)
    assert feed(X) == feed(Cast(X.astype("float64"), "float32")) == "Stream"


def test_data_in_memory_that_would_fill_the_device(monkeypatch, streams):
    monkeypatch.setattr(streaming, "_free_bytes", lambda: 0)
    check_same(classifier, {"x": X.astype("float64"), "y": Y[:, None], "batch_size": BATCH, "epochs": 2})
    assert streams


def test_the_run_says_so(mapped):
    x = mapped(X)
    run = vitral.fit(classifier(), x, Y, batch_size=BATCH, verbose=0)
    assert run.engine == "compiled"
    assert run.engine_reason == "the epochs ran as compiled programs, data in chunks of 16 rows"
    run = vitral.fit(classifier(), X, Y, batch_size=BATCH, validation_data=(x, Y), verbose=0)
    assert run.engine_reason == "the epochs ran as compiled programs, validation data in chunks of 16 rows"
    assert "chunks" not in vitral.fit(classifier(), X, Y, verbose=0).engine_reason


def test_bad_numbers_in_a_file_are_found(mapped):
    x = X.copy()
    x[70, 2] = np.nan
    with pytest.raises(vitral._errors.DataError, match=r"x must not contain NaN.*row 70"):
        vitral.fit(classifier(), mapped(x), Y, verbose=0)


def test_changes_of_a_private_copy_are_seen_and_stay(mapped):
    x = mapped(np.zeros_like(X), mode="c")
    x[:] = X
    runs = [vitral.fit(seeded(), data, Y, batch_size=BATCH, verbose=0).history for data in (x, X)]
    assert runs[0] == runs[1]
    np.testing.assert_array_equal(x, X)


# ---------------------------------------------------------------- Ctrl-C and errors


@pytest.mark.parametrize("dispatch", seldom([2, 9, 20], "9"))
def test_an_interrupted_epoch_leaves_the_weights_of_the_one_before(dispatch, mapped, monkeypatch):
    """Seven chunks an epoch."""
    model = seeded()
    truth = [model.get_weights()]
    keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: truth.append(model.get_weights()))
    keras.Model.fit(model, X, Y, batch_size=BATCH, epochs=3, verbose=0, callbacks=[keep])

    model = seeded()
    done, start = [], Program.dispatch

    def press(self, *inputs):
        done.append(True)
        if len(done) == dispatch:
            signal.raise_signal(signal.SIGINT)
        return start(self, *inputs)

    monkeypatch.setattr(Program, "dispatch", press)
    with pytest.raises(KeyboardInterrupt):
        vitral.fit(model, mapped(X), Y, batch_size=BATCH, epochs=3, verbose=0)
    n = len(model.history.epoch)
    assert n == (dispatch - 1) // 7
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), truth[n], strict=True))
    assert not [t for t in threading.enumerate() if t.name.startswith("vitral-stream")]


def test_ctrl_c_is_heard_while_a_slow_disk_is_waited_for(mapped, monkeypatch):
    def read(*inputs):
        inputs[-1].wait(30)

    monkeypatch.setattr(streaming, "_take_rows", read)
    timer = threading.Timer(0.5, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGINT))
    model = classifier()
    vitral.fit(model, X, Y, batch_size=BATCH, verbose=0)  # compiled already
    weights = model.get_weights()
    timer.start()
    started = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        vitral.fit(model, mapped(X), Y, batch_size=BATCH, verbose=0)
    assert time.perf_counter() - started < 15
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), weights, strict=True))


def test_what_reading_raises_is_raised(mapped, monkeypatch):
    def read(*_):
        raise OSError("the disk is gone")

    monkeypatch.setattr(streaming, "_take_rows", read)
    with pytest.raises(OSError, match="the disk is gone"):
        vitral.fit(classifier(), mapped(X), Y, batch_size=BATCH, verbose=0)


# ---------------------------------------------------------------- sweeps, runs


@pytest.mark.parametrize("exact", [True, False])
def test_variants_of_a_sweep_stream_too(exact, mapped, streams):
    def build(rate):
        return classifier(optimizer=keras.optimizers.SGD(rate))

    x = mapped(X.astype("float64"))
    options = {"batch_size": BATCH, "epochs": 2, "verbose": 0}
    sweep = vitral.sweep(build, x, Y, over={"rate": [0.1, 0.01], "seed": [1]}, exact=exact, **options)
    assert len(streams) == 4
    assert "in chunks of" in sweep[0].engine_reason
    for i, rate in enumerate([0.1, 0.01]):
        keras.utils.set_random_seed(1)
        run = vitral.fit(build(rate), X, Y, seed=1, **options)
        assert sweep[i].history == run.history


def test_a_run_asks_about_as_many_rows_as_memory_should_hold(mapped, monkeypatch, tmp_path):
    from vitral.runs import evaluation

    x = mapped(X)
    run = vitral.fit(classifier(), x, Y, batch_size=BATCH, verbose=0)
    assert run.evaluation.n == ROWS
    monkeypatch.setattr(evaluation, "_MOST_BYTES", 50 * (6 * 4 + 4) + 3)
    some = vitral.fit(run.model, x, Y, batch_size=BATCH, epochs=2, initial_epoch=1, verbose=0)
    found = some.evaluation
    rows = np.arange(50) * ROWS // 50
    assert found.n == 50
    np.testing.assert_array_equal(found.target, Y[rows])
    logits = some.model.predict(X[rows], verbose=0)
    exp = np.exp(logits - logits.max(1, keepdims=True))
    np.testing.assert_allclose(found.prediction, exp / exp.sum(1, keepdims=True), rtol=1e-5)
    np.testing.assert_array_equal(found.worst_x, X[found.worst])
    np.testing.assert_array_equal(found.worst_target, Y[found.worst])
    some.save(tmp_path / "run")
    assert vitral.open_run(tmp_path / "run").evaluation.n == 50

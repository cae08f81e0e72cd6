"""What can go wrong between a checkpoint and its resumption is said in a sentence; what was kept stays readable."""

import json
import os
import shutil
import signal

import keras
import numpy as np
import pytest
from comparing import compare
from filelock import FileLock
from test_resume import Killed, X, Y, broken_off, dense, left, train  # noqa: F401  (a fixture)

import vitral
from vitral._errors import ArgumentError, DataError, RunFolderError, VitralWarning
from vitral.runs import checkpoint
from vitral.runs import folder as folders
from vitral.runs.checkpoint import CHECKPOINT


@pytest.fixture
def killed(tmp_path, broken_off):  # noqa: F811
    """A training that was broken off after three of six epochs."""

    def make(build=dense("sgd"), callbacks=None, at=3, **arguments):  # noqa: B008
        broken_off(at)
        with pytest.raises(Killed):
            train(build, arguments, callbacks, out=tmp_path / "run")
        return tmp_path / "run"

    return make


def edit(path, **changes):
    file = path / CHECKPOINT / "run.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def state_file(path):
    return next((path / CHECKPOINT).glob("state-*"))


# ---------------------------------------------------------------- while training


def test_a_full_disk_is_named_once_and_the_earlier_checkpoint_stays(tmp_path, monkeypatch, killed):
    expected = left(train(dense("sgd"), {}, None))
    put, calls = folders.put_file, []

    def full_from_the_second_on(path, fill):
        if not path.name.startswith("state-"):
            return put(path, fill)
        calls.append(path)
        if len(calls) > 3:
            raise Killed
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return put(path, fill)

    monkeypatch.setattr(folders, "put_file", full_from_the_second_on)
    with pytest.warns(VitralWarning, match=r"No checkpoint was written after epoch 2: .*No space left") as caught:
        killed(at=99)
    assert len(caught) == 1
    monkeypatch.setattr(folders, "put_file", put)
    assert checkpoint.summarise(tmp_path / "run")["epoch"] == 1
    assert compare(expected, left(vitral.resume(tmp_path / "run", verbose=0))) == []


def test_a_folder_that_is_removed_is_named_and_the_run_is_saved(tmp_path):
    class Removes(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 2:
                shutil.rmtree(tmp_path / "run")

    with pytest.warns(VitralWarning, match="No checkpoint was written after epoch 3: .*No such file"):
        run = train(dense("sgd"), {}, lambda: [Removes()], out=tmp_path / "run")
    assert vitral.open_run(tmp_path / "run").history == run.history


def test_a_folder_in_which_nothing_can_be_made_is_named(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(checkpoint.CheckpointWriter, "_begin", refuse)
    with pytest.warns(VitralWarning, match="No checkpoint was written after epoch 1: .*Permission denied"):
        run = train(dense("sgd"), {}, None, out=tmp_path / "run")
    assert run.status == "done"
    assert run.path == tmp_path / "run"


def test_two_trainings_into_one_folder_do_not_mix(killed, tmp_path):
    """The other begins to keep its checkpoints after this one has found the folder empty."""
    others = killed()
    before = (others / CHECKPOINT / "run.json").read_bytes()
    others.rename(tmp_path / "other")

    class Comes(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            (tmp_path / "other").rename(others)

    lock = FileLock(tmp_path / "other" / CHECKPOINT / "lock")
    with lock, pytest.warns(VitralWarning) as caught:
        run = train(dense("sgd"), {}, lambda: [Comes()], out=others)
    said = " ".join(str(warning.message) for warning in caught)
    assert "another process does" in said
    assert "The run was not saved: " in said
    assert (run.status, run.path) == ("done", None)
    assert (others / CHECKPOINT / "run.json").read_bytes() == before


def test_what_a_checkpoint_says_of_callbacks_is_believed_no_further_than_it_must(killed, tmp_path):
    folder = killed(callbacks=lambda: [keras.callbacks.ModelCheckpoint(tmp_path / "mine.keras", monitor="loss")])
    record = json.loads((folder / CHECKPOINT / "run.json").read_text())
    record["state"]["callbacks"][0]["attributes"] |= {"filepath": str(tmp_path / "theirs.keras"), "on_epoch_end": 1}
    edit(folder, **record)
    mine = keras.callbacks.ModelCheckpoint(tmp_path / "mine.keras", monitor="loss")
    assert vitral.resume(folder, callbacks=[mine], verbose=0).status == "done"
    assert not (tmp_path / "theirs.keras").exists()


def test_a_generator_that_no_generator_can_be_is_refused(killed):
    folder = killed()
    record = json.loads((folder / CHECKPOINT / "run.json").read_text())
    record["state"]["random"]["numpy"]["$tuple"][2] = 10**9
    edit(folder, **record)
    with pytest.raises(RunFolderError, match="no state of NumPy's generator"):
        vitral.resume(folder, verbose=0)


def test_a_state_that_raises_costs_the_checkpoint_alone(tmp_path):
    class Raises(keras.callbacks.Callback):
        def get_state(self):
            raise RuntimeError("out of luck")

        def set_state(self, state):
            raise AssertionError

    with pytest.warns(VitralWarning, match="No checkpoint was written after epoch 1: RuntimeError, out of luck"):
        assert train(dense("sgd"), {}, lambda: [Raises()], out=tmp_path / "run").status == "done"


def test_an_interrupted_run_that_replaces_another_does_not_take_its_checkpoint(killed, tmp_path):
    folder = killed()
    vitral.resume(folder, verbose=0)
    broken = vitral.open_run(folder)
    broken.status = "interrupted"
    shutil.rmtree(tmp_path / "other", ignore_errors=True)
    broken.save(tmp_path / "other")
    (tmp_path / "other" / CHECKPOINT).mkdir()
    (tmp_path / "other" / CHECKPOINT / "run.json").write_text("{}")
    broken.save(tmp_path / "other", overwrite=True)
    assert not (tmp_path / "other" / CHECKPOINT).exists()


def test_a_loss_of_ones_own_code_asks_for_the_model(killed):
    def build():
        model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
        model.compile("adam", lambda _, p: keras.ops.mean(keras.ops.square(p)))
        return model

    folder = killed(build=build)
    with pytest.raises(ArgumentError, match=r"model must be given, .*vitral.resume.path, model=model"):
        vitral.resume(folder, verbose=0)
    other = build()
    other.compile(keras.optimizers.Adam(0.01), other.loss)
    apart = r"first: the optimizer is Adam\(learning_rate=0.01\), and was Adam\(learning_rate=0.001\)\. Compile"
    with pytest.raises(ArgumentError, match=apart):
        vitral.resume(folder, model=other, verbose=0)
    other.compile("adam", "mse")
    with pytest.raises(ArgumentError, match=r"first: the loss is 'mse', and was 'a lambda'\. Compile it"):
        vitral.resume(folder, model=other, verbose=0)
    assert vitral.resume(folder, model=build(), verbose=0).status == "done"


def test_a_folder_of_somebody_elses_files_is_not_cleared(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / CHECKPOINT).symlink_to(tmp_path / "mine")
    with pytest.warns(VitralWarning, match="it is a link"):
        train(dense("sgd"), {}, None, out=tmp_path / "run")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "mine"


def test_columns_of_pandas_come_back_as_keras_takes_them(killed):
    import pandas as pd

    frame, column = pd.DataFrame(X), pd.Series(Y.astype("float32"))

    def build():
        model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    expected = left(train(build, {"x": frame, "y": column}, None))
    folder = killed(build=build, x=frame, y=column)
    assert compare(expected, left(vitral.resume(folder, verbose=0))) == []


def test_a_state_that_cannot_be_kept_is_named(tmp_path):
    class Odd(keras.callbacks.Callback):
        def get_state(self):
            return {"lock": object()}

        def set_state(self, state):
            raise AssertionError

    with pytest.warns(VitralWarning, match="a object cannot be kept"):
        train(dense("sgd"), {}, lambda: [Odd()], out=tmp_path / "run")


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda p: os.truncate(state_file(p), 100), "has 100 bytes instead of"),
        (lambda p: state_file(p).unlink(), "is missing"),
        (lambda p: (p / CHECKPOINT / "data-0.npy").unlink(), "data-0.npy is missing"),
        (lambda p: (p / CHECKPOINT / "run.json").write_text("{"), "not complete JSON"),
        (lambda p: edit(p, format_version=99), "newer Vitral"),
        (lambda p: edit(p, format="vitral.run"), "must hold a checkpoint"),
        (lambda p: edit(p, epoch=-1), "lacks what a checkpoint has"),
        (lambda p: edit(p, state={}), "do not fit each other"),
        (lambda p: edit(p, fixed={"request": {}}), "do not fit each other"),
    ],
)
def test_a_damaged_checkpoint_is_named(killed, break_it, words):
    folder = killed()
    break_it(folder)
    with pytest.raises(RunFolderError, match=words):
        vitral.resume(folder, verbose=0)
    assert not (folder / "run.json").exists()


def test_other_bytes_of_the_same_number_are_noticed(killed):
    folder = killed()
    content = bytearray(state_file(folder).read_bytes())
    content[-1] ^= 1
    state_file(folder).write_bytes(content)
    with pytest.raises(RunFolderError, match="checksum differs"):
        vitral.resume(folder, verbose=0)


def test_a_damaged_checkpoint_is_listed_as_damaged(killed, tmp_path):
    state_file(killed()).unlink()
    found = vitral.runs.list_runs(tmp_path)
    assert [run.status for run in found] == ["damaged"]
    assert "missing" in found[0].reason


def test_a_folder_in_which_another_process_trains_is_left_alone(killed):
    folder = killed()
    with FileLock(folder / CHECKPOINT / "lock"), pytest.raises(RunFolderError, match="another process does"):
        vitral.resume(folder, verbose=0)


def test_a_fit_does_not_take_the_folder_of_one_that_was_broken_off(killed):
    folder = killed()
    with pytest.raises(RunFolderError, match=r"broken off. Go on with vitral.resume"):
        train(dense("sgd"), {}, None, out=folder)
    with pytest.raises(RunFolderError, match=r"broken off. Go on with vitral.resume"):
        vitral.open_run(folder)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (None, "path must be the path of a run's folder: got None"),
        ("", "path must be the path of a run's folder: got ''"),
        ("nowhere", "there is no such folder"),
        (".", "it holds none"),
    ],
)
def test_a_path_without_a_checkpoint(path, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ArgumentError, RunFolderError), match=words):
        vitral.resume(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"checkpoint_every": 1, "out": None}, "checkpoint_every must go with a folder: got 1 and out=None"),
        ({"checkpoint_every": -1}, "checkpoint_every must be a whole number of at least 0: got -1"),
        ({"checkpoint_every": 1.5}, "checkpoint_every must be a whole number of at least 0: got 1.5"),
        ({"checkpoint_every": True}, "checkpoint_every must be a whole number of at least 0: got True"),
        ({"steps_per_epoch": 2}, "with steps_per_epoch an epoch begins where the one before has ended"),
    ],
)
def test_checkpoints_that_cannot_be(arguments, words, tmp_path):
    with pytest.raises(ArgumentError, match=words):
        vitral.fit(
            dense("sgd")(), X, Y, epochs=2, verbose=0, **{"out": tmp_path / "run", "checkpoint_every": 1, **arguments}
        )
    assert list(tmp_path.iterdir()) == []


def test_no_checkpoints_where_none_are_wanted(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint.CheckpointWriter, "write", lambda *_: pytest.fail("wrote one"))
    train(dense("sgd"), {"checkpoint_every": 0}, None, out=tmp_path / "run")


# ---------------------------------------------------------------- callbacks and models of one's own


def test_callbacks_whose_state_was_not_kept_are_named(killed):
    folder = killed(callbacks=lambda: [keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: None)])
    with pytest.raises(ArgumentError, match="callbacks must be ones that say what they know: LambdaCallback did not"):
        vitral.resume(folder, verbose=0)


def test_callbacks_that_no_file_makes_are_asked_for(killed):
    folder = killed(callbacks=lambda: [keras.callbacks.LearningRateScheduler(lambda _: 0.1)])
    with pytest.raises(ArgumentError, match="must be given again, as they were made first: the training had LearningR"):
        vitral.resume(folder, verbose=0)
    with pytest.raises(ArgumentError, match=r"in their order .LearningRateScheduler.: got TerminateOnNaN"):
        vitral.resume(folder, callbacks=[keras.callbacks.TerminateOnNaN()], verbose=0)
    with pytest.raises(ArgumentError, match="got none"):
        vitral.resume(folder, callbacks=[], verbose=0)


def test_a_log_has_each_epoch_once(killed, tmp_path):
    whole, broken = tmp_path / "whole.csv", tmp_path / "broken.csv"
    train(dense("sgd"), {}, lambda: [keras.callbacks.CSVLogger(whole)])
    first = keras.callbacks.CSVLogger(broken)
    folder = killed(callbacks=lambda: [first])
    first.csv_file.close()
    with broken.open("a") as file:  # the process went on after its last checkpoint
        file.write("3,0.1,0.2\n4,0.1\n")
    vitral.resume(folder, callbacks=[keras.callbacks.CSVLogger(broken)], verbose=0)
    assert broken.read_text().split() == whole.read_text().split()


def test_a_model_of_ones_own_code_is_given_again(killed):
    def build():
        model = keras.Sequential([keras.Input((5,)), keras.layers.Lambda(lambda x: x * 2), keras.layers.Dense(3)])
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return model

    expected = left(train(build, {}, None))
    folder = killed(build=build)
    with pytest.raises(ArgumentError, match="model must be given, built and compiled as it was first"):
        vitral.resume(folder, verbose=0)
    with pytest.raises(ArgumentError, match="model must be that of the training: the one given has"):
        vitral.resume(folder, model=dense("adam")(), verbose=0)
    assert compare(expected, left(vitral.resume(folder, model=build(), verbose=0))) == []


def own_loss(_, p):
    return keras.ops.mean(keras.ops.square(p))


def other_loss(_, p):
    return keras.ops.mean(keras.ops.abs(p))


def test_what_a_given_model_is_compiled_with_is_compared_with_names_that_a_user_gave(killed):
    def build(loss=own_loss, name="right", optimizer="adam"):
        model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
        model.compile(optimizer, loss, metrics=[keras.metrics.SparseCategoricalAccuracy(name=name)])
        return model

    folder = killed(build=build)
    for given, apart in (
        ({"loss": other_loss}, "the loss is other_loss, and was own_loss. "),
        ({"name": "left"}, r"the metrics are \[SparseCategoricalAccuracy\(name='left'.*and were \[.*name='right'"),
        ({"optimizer": "sgd"}, r"the optimizer is SGD\(.*learning_rate=0.01.*and was Adam\("),
    ):
        with pytest.raises(ArgumentError, match=apart):
            vitral.resume(folder, model=build(**given), verbose=0)
    assert vitral.resume(folder, model=build(), verbose=0).status == "done"


def test_a_training_of_other_versions_goes_on_with_a_warning(killed):
    folder = killed()
    record = json.loads((folder / CHECKPOINT / "run.json").read_text())
    record["fixed"]["versions"]["keras"] = "3.0.0"
    edit(folder, **record)
    with pytest.warns(VitralWarning, match="began with keras 3.0.0"):
        assert vitral.resume(folder, verbose=0).status == "done"


def test_a_large_file_is_mapped_again_and_not_copied(killed, tmp_path, monkeypatch):
    monkeypatch.setattr("vitral.runs.nest._LARGE", 100)
    np.save(tmp_path / "rows.npy", np.concatenate([X, X]))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")[4:48]
    expected = left(train(dense("sgd"), {"x": np.array(rows)}, None))
    folder = killed(x=rows)
    assert not any(np.load(file).ndim > 1 for file in (folder / CHECKPOINT).glob("data-*.npy"))
    shutil.copytree(folder, tmp_path / "again")
    assert compare(expected, left(vitral.resume(folder, verbose=0))) == []
    os.utime(tmp_path / "rows.npy", (0, 0))
    with pytest.raises(DataError, match=r"rows.npy' has been changed since"):
        vitral.resume(tmp_path / "again", verbose=0)
    (tmp_path / "rows.npy").unlink()
    with pytest.raises(DataError, match=r"rows.npy' is not there"):
        vitral.resume(tmp_path / "again", verbose=0)


# ---------------------------------------------------------------- Ctrl-C, and again


def test_ctrl_c_keeps_the_run_and_the_checkpoint(tmp_path):
    expected = left(train(dense("sgd"), {}, None))

    class Presses(keras.callbacks.Callback):
        at = 2

        def on_epoch_end(self, epoch, logs=None):
            if epoch == self.at:
                signal.raise_signal(signal.SIGINT)

        def get_state(self):
            return {}

        def set_state(self, state):
            pass

    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(dense("sgd"), {}, lambda: [Presses()], out=folder)
    (folder / "notes.txt").write_text("mine")
    assert vitral.open_run(folder).status == "interrupted"
    again = Presses()
    again.at = 4
    with pytest.raises(KeyboardInterrupt):
        vitral.resume(folder, callbacks=[again], verbose=0)
    assert vitral.open_run(folder).epoch == [0, 1, 2, 3, 4]
    last = Presses()
    last.at = -1
    run = vitral.resume(folder, callbacks=[last], verbose=0)
    assert compare(expected, left(run)) == []
    assert sorted(p.name for p in folder.iterdir()) == ["arrays.safetensors", "model.keras", "notes.txt", "run.json"]
    assert np.isfinite(run.seconds)
    assert vitral.resume(folder).history == run.history

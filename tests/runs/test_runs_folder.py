"""A saved run appears whole or not at all, and comes back to the bit."""

import errno
import hashlib
import json
import math
import os
import shutil
import struct
import subprocess
import sys
import textwrap
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from building import bits, digits, mlp, run_of

import vitral.runs
from vitral._errors import ArgumentError, RunFolderError
from vitral._keras import import_keras
from vitral.runs import EvaluationSource, Run, folder, list_runs, open_run, store

keras = import_keras()


def test_the_public_names_are_sorted():
    assert vitral.runs.__all__ == sorted(vitral.runs.__all__)


def plain_run(value=1.0, **fields):
    """A run that takes no time to save."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    run = run_of(**{"model": model} | fields)
    run.history, run.epoch = {"loss": [value] * 3}, [0, 1, 2]
    return run


def weights(model):
    variables = [*model.weights, *getattr(model, "optimizer", model).variables]
    return [np.asarray(v.value).tobytes() for v in variables]


def names(path):
    return sorted(entry.name for entry in path.iterdir())


# ---------------------------------------------------------------- there and back


def test_everything_comes_back(run, saved):
    opened = open_run(saved)
    for name in ("history", *store.PLAIN):
        assert getattr(opened, name) == getattr(run, name), name
    assert opened.path == saved == run.path
    assert list(opened.history) == list(run.history)
    for name in vars(run.evaluation):
        expected, found = getattr(run.evaluation, name), getattr(opened.evaluation, name)
        if isinstance(expected, np.ndarray):
            assert (found.dtype, found.tobytes()) == (expected.dtype, expected.tobytes()), name
        else:
            assert found == expected, name
    assert opened.summary() == run.summary()
    # Keras's file leaves out the counters of dropout's random generators and the metrics.
    assert weights(opened.model) == weights(run.model)
    assert opened.model is opened.model
    assert open_run(saved / "run.json").path == saved


def test_the_opened_model_can_be_trained_further(run, saved):
    x, y, *_ = digits()
    opened = open_run(saved).model
    opened.fit(x, y, shuffle=False, verbose=0)
    assert opened.optimizer.iterations.value > run.model.optimizer.iterations.value


def test_saving_does_not_touch_the_model(tmp_path):
    x, y, *_ = digits()
    model = mlp(metrics=["accuracy"])
    model.fit(x[:32], y[:32], verbose=0)
    run = run_of(model, source=EvaluationSource(part="train", x=x[:32], y=y[:32]))
    before = bits(run.model), np.random.get_state()[1].tobytes()
    run.save(tmp_path / "a")
    assert (bits(run.model), np.random.get_state()[1].tobytes()) == before


def test_numbers_that_are_none_come_back_to_the_bit(tmp_path):
    history = {
        "loss": [0.1, math.nan, math.inf, -math.inf, -0.0, 5e-324, 1 / 3, float(np.float32(0.1))],
        "per_class": [[0.5, math.nan]] * 8,
        "note/of mine": ["a", None] * 4,
        "count": list(range(8)),
    }
    run = plain_run(settings={"learning_rate": math.inf, "class_weight": {0: 1.0, 3: 2.5}})
    run.history, run.epoch = history, list(range(8))
    path = run.save(tmp_path / "a")
    found = open_run(path).history
    assert [struct.pack("d", v) for v in found["loss"]] == [struct.pack("d", v) for v in history["loss"]]
    assert found["per_class"][0][0] == 0.5
    assert math.isnan(found["per_class"][7][1])
    assert found["note/of mine"] == history["note/of mine"]
    assert found["count"] == history["count"]
    assert list(found) == list(history)
    assert open_run(path).settings == run.settings
    text = (path / "run.json").read_text()
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


def test_the_folder_is_what_it_says(saved):
    record = json.loads((saved / "run.json").read_text())
    assert {p.name for p in saved.iterdir()} == {"run.json", *record["files"]}
    assert set(record["files"]) == {"model.keras", "arrays.safetensors"}
    for name, entry in record["files"].items():
        content = (saved / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (entry["bytes"], entry["sha256"])
    mode = os.umask(0)
    os.umask(mode)
    assert saved.stat().st_mode & 0o777 == 0o777 & ~mode


def test_an_opened_run_is_saved_elsewhere_without_loading_its_model(saved, tmp_path):
    copy = open_run(saved).save(tmp_path / "copy")
    assert (copy / "model.keras").read_bytes() == (saved / "model.keras").read_bytes()
    assert open_run(copy).history == open_run(saved).history
    again = open_run(copy).save(copy, overwrite=True)
    assert open_run(again).evaluation.n == 360


# ---------------------------------------------------------------- models that resist


class Stubborn(keras.layers.Layer):
    """A layer that cannot say how it was made."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.dense = keras.layers.Dense(3)

    def call(self, x):
        return self.function(self.dense(x))


def test_a_model_without_a_config_is_saved_as_weights(tmp_path):
    model = keras.Sequential([keras.Input((2,)), Stubborn(lambda x: x)])
    path = run_of(model, history=None).save(tmp_path / "a")
    record = json.loads((path / "run.json").read_text())
    assert set(record["files"]) == {"model.weights.h5", "arrays.safetensors"}
    assert "weights" in record["model"]["note"]
    with pytest.raises(RunFolderError, match=r"holds no whole model.*model\.load_weights"):
        _ = open_run(path).model
    again = keras.Sequential([keras.Input((2,)), Stubborn(lambda x: x)])
    again.load_weights(path / "model.weights.h5")
    assert weights(again) == weights(model)
    copy = open_run(path).save(tmp_path / "b")
    assert (copy / "model.weights.h5").exists()


def test_a_loss_of_ones_own_does_not_hide_the_network(tmp_path):
    def own_loss(y, p):
        return keras.ops.mean((y - p) ** 2)

    model = mlp(loss=own_loss)
    opened = open_run(run_of(model).save(tmp_path / "a")).model
    assert [w.shape for w in opened.weights] == [w.shape for w in model.weights]


def test_code_in_a_model_file_is_not_run(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x * 2, output_shape=(2,))])
    path = run_of(model).save(tmp_path / "a")
    with pytest.raises(RunFolderError, match="never run"):
        _ = open_run(path).model


# ---------------------------------------------------------------- overwriting


def test_an_existing_run_is_only_replaced_when_asked(tmp_path):
    path = plain_run(1.0).save(tmp_path / "a")
    with pytest.raises(RunFolderError, match=r"already holds a run.*overwrite=True"):
        plain_run(2.0).save(path)
    assert open_run(path).history["loss"] == [1.0] * 3
    plain_run(2.0).save(path, overwrite=True)
    assert open_run(path).history["loss"] == [2.0] * 3
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("can_exchange", [True, False])
def test_overwriting_keeps_what_is_not_vitrals_and_drops_a_stale_report(tmp_path, monkeypatch, can_exchange):
    if not can_exchange:
        monkeypatch.setattr(folder, "exchange", lambda *_: False)
    path = plain_run().save(tmp_path / "a")
    (path / "notes.txt").write_text("mine")
    (path / "report.html").write_text("old")
    plain_run(2.0).save(path, overwrite=True)
    assert (path / "notes.txt").read_text() == "mine"
    assert not (path / "report.html").exists()
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("can_exchange", [True, False])
def test_files_beside_a_run_are_never_lost(tmp_path, monkeypatch, can_exchange):
    if not can_exchange:
        monkeypatch.setattr(folder, "exchange", lambda *_: False)
    (tmp_path / "a").mkdir()
    for name in ("model.keras", "model-1.keras", "best.keras", "report.html"):
        (tmp_path / "a" / name).write_text(f"mine: {name}")
    path = plain_run().save(tmp_path / "a", adopt=True)
    assert open_run(path).model is not None
    texts = sorted(p.read_text() for p in path.iterdir() if p.read_bytes().startswith(b"mine"))
    assert texts == ["mine: best.keras", "mine: model-1.keras", "mine: model.keras", "mine: report.html"]
    assert (path / "model-2.keras").read_text() == "mine: model.keras"


DIES = """
import os, sys
from pathlib import Path
from vitral.runs import folder
swap, folder.exchange = folder.exchange, lambda *two: (swap(*two), os._exit(9))
folder.write_folder(Path(sys.argv[1]), lambda new: (new / "run.json").write_text("{}"), overwrite=True)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="folders can be exchanged in one step on Linux only")
def test_who_dies_as_the_folders_have_been_exchanged_loses_no_foreign_file(tmp_path):
    path = plain_run().save(tmp_path / "a")
    (path / "notes.txt").write_text("mine")
    (path / "logs" / "deep").mkdir(parents=True)
    (path / "logs" / "deep" / "events").write_text("mine, too")
    (path / "link").symlink_to("nowhere")
    assert subprocess.run([sys.executable, "-c", DIES, str(path)], check=False).returncode == 9
    assert sorted(file.name for file in path.iterdir()) == ["link", "logs", "notes.txt", "run.json"]
    assert (path / "notes.txt").read_text() == "mine"
    assert (path / "logs" / "deep" / "events").read_text() == "mine, too"
    assert (path / "link").readlink() == Path("nowhere")


def test_a_foreign_file_that_is_written_while_folders_are_exchanged_is_kept(tmp_path, monkeypatch):
    path, swap = plain_run().save(tmp_path / "a"), folder.exchange
    (path / "logs").mkdir()
    (path / "notes.txt").write_text("old")

    def late(first, second):
        if second == path:
            (path / "logs" / "late").write_text("late")
            (path / "notes.txt").unlink()
            (path / "notes.txt").write_text("new")
            (path / "later.txt").write_text("later")
        return swap(first, second)

    monkeypatch.setattr(folder, "exchange", late)
    folder.write_folder(path, lambda new: (new / "run.json").write_text("{}"), overwrite=True)
    assert (path / "logs" / "late").read_text() == "late"
    assert (path / "notes.txt").read_text() == "new"
    assert (path / "later.txt").read_text() == "later"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_folder_that_is_no_run_is_never_replaced(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "thesis.txt").write_text("years")
    with pytest.raises(RunFolderError, match=r"already holds something.*remove it first"):
        plain_run().save(tmp_path / "a", overwrite=True)
    assert (tmp_path / "a" / "thesis.txt").read_text() == "years"


def test_an_empty_folder_a_link_and_new_parents_are_fine(tmp_path):
    (tmp_path / "empty").mkdir()
    assert plain_run().save(tmp_path / "empty") == tmp_path / "empty"
    assert plain_run().save(tmp_path / "x" / "y" / "z").is_dir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    plain_run(3.0).save(tmp_path / "link", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert open_run(tmp_path / "empty").history["loss"] == [3.0] * 3


def test_a_model_that_was_overwritten_meanwhile_is_not_mixed_in(tmp_path):
    path = plain_run().save(tmp_path / "a")
    opened = open_run(path)
    plain_run(2.0).save(path, overwrite=True)
    with pytest.raises(RunFolderError, match="overwritten since it was opened"):
        _ = opened.model


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_reader_never_sees_half_of_a_run(tmp_path, can_exchange):
    """One process overwrites without pause; every opening gets one whole version."""
    path = plain_run(0.0, seed=0).save(tmp_path / "a")
    script = f"""
        from vitral.runs import folder, open_run
        if not {can_exchange}:
            folder.exchange = lambda *_: False
        run = open_run({str(path)!r})
        print("ready", flush=True)
        for seed in range(1, 150):
            run.seed, run.history = seed, {{"loss": [float(seed)] * 3}}
            run.save({str(path)!r}, overwrite=True)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True)
    seen = set()
    try:
        assert process.stdout.readline() == "ready\n"
        while process.poll() is None:
            run = open_run(path)
            assert run.history["loss"] == [float(run.seed)] * 3
            if can_exchange:
                assert [s.status for s in list_runs(tmp_path)] == ["done"]
            seen.add(run.seed)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert process.returncode == 0
    assert len(seen) > 5
    assert open_run(path).seed == 149
    assert names(tmp_path) == ["a"]


def test_of_two_savers_at_once_one_wins_and_nothing_is_left(tmp_path):
    runs, outcomes = [plain_run(float(i), seed=i) for i in range(4)], []

    def save(run):
        try:
            outcomes.append(run.save(tmp_path / "a"))
        except RunFolderError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=save, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(o, Path) for o in outcomes) == 1
    assert names(tmp_path) == ["a"]
    assert open_run(tmp_path / "a").history["loss"][0] in range(4)


# ---------------------------------------------------------------- failures while writing


def fail(*_args, **_kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    "what", ["os.fsync", "pathlib.Path.write_bytes", "pathlib.Path.write_text", "pathlib.Path.rename"]
)
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_full_disk_leaves_nothing_and_loses_nothing(tmp_path, monkeypatch, what, overwrite):
    target = tmp_path / "new" / "a"
    if overwrite:
        plain_run(1.0).save(target)
        monkeypatch.setattr(folder, "exchange", lambda *_: False)
    run = plain_run(2.0)
    with monkeypatch.context() as patch:
        patch.setattr(what, fail)
        with pytest.raises(RunFolderError, match="cannot be written: No space left on device"):
            run.save(target, overwrite=overwrite)
    if overwrite:
        assert open_run(target).history["loss"] == [1.0] * 3
        assert names(target.parent) == ["a"]
    else:
        assert names(tmp_path) == []


@pytest.mark.slow
def test_a_disk_that_is_really_full(tmp_path):
    """A limit on the size of files stands for the disk: the model file does not fit."""
    script = f"""
        import resource, signal, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from building import mlp, run_of
        from vitral._errors import RunFolderError
        run = run_of(mlp())
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
        try:
            run.save({str(tmp_path / "a")!r})
        except RunFolderError as error:
            print("said:", error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("said:"), done.stdout + done.stderr
    assert "cannot be written" in done.stdout
    assert names(tmp_path) == []


def test_an_interrupt_while_saving_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    run = plain_run()
    monkeypatch.setattr(folder, "describe_files", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run.save(tmp_path / "x" / "a")
    assert names(tmp_path) == []


def test_an_unwritable_place_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "a", "/proc/a"):
        with pytest.raises(RunFolderError, match=str(place)):
            plain_run().save(place)
    with pytest.raises(ArgumentError, match="path of a folder"):
        plain_run().save(3)
    with pytest.raises(RunFolderError, match="neither a model nor a folder"):
        plain_run(model=None).save(tmp_path / "a")
    assert names(tmp_path) == ["file"]


# ---------------------------------------------------------------- damaged, newer, strange


@pytest.mark.parametrize("name", ["model.keras", "arrays.safetensors"])
@pytest.mark.parametrize("damage", ["missing", "cut", "flipped", "link", "pipe"])
def test_a_damaged_file_is_named(tmp_path, name, damage):
    path = plain_run().save(tmp_path / "a")
    content = (path / name).read_bytes()
    (path / name).unlink()
    if damage == "cut":
        (path / name).write_bytes(content[:-1])
    elif damage == "flipped":
        (path / name).write_bytes(content[:60] + bytes([content[60] ^ 1]) + content[61:])
    elif damage == "link":
        (tmp_path / "elsewhere").write_bytes(content)
        (path / name).symlink_to(tmp_path / "elsewhere")
    elif damage == "pipe":
        os.mkfifo(path / name)
    with pytest.raises(RunFolderError, match=name) as caught:
        _ = open_run(path).model
    words = {"missing": "missing", "cut": "bytes instead of", "flipped": "checksum", "link": "link", "pipe": "a file"}
    assert words[damage] in str(caught.value)
    if damage != "flipped":  # what a look at names and sizes can find
        assert list_runs(tmp_path)[0].status == "damaged"
        assert name in list_runs(tmp_path)[0].reason


def edited(path, edit):
    record = json.loads((path / "run.json").read_text())
    edit(record)
    (path / "run.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda r: r.update(format_version=99), "newer Vitral"),
        (lambda r: r.update(format="another"), "something else"),
        (lambda r: r.update(format_version="1"), "something else"),
        (lambda r: r.pop("files"), "lists no files"),
        (lambda r: r["files"].update({"../x": {"bytes": 1, "sha256": ""}}), "no plain file name"),
        (lambda r: r["files"].update({"/etc/passwd": {"bytes": 1, "sha256": ""}}), "no plain file name"),
        (lambda r: r["files"].update({"a\\b": {"bytes": 1, "sha256": ""}}), "no plain file name"),
        (lambda r: r["files"].update({"model.keras": 3}), "no size and checksum"),
        (lambda r: r["model"].update(file="../../model.keras"), "names no model file"),
        (lambda r: r.pop("history"), "do not fit"),
        (lambda r: r["history"].update(more="float64"), "do not fit"),
        (lambda r: r.update(history=[1]), "do not fit"),
        (lambda r: r.update(status="splendid"), "do not fit"),
        (lambda r: r.update(epoch="many"), "'epoch' in its run.json must be a list: got \"many\""),
        (lambda r: r.update(epoch=[0, 1.5, 2]), "a list of whole numbers"),
        (lambda r: r.update(epoch=[0, 1, 2**31]), "a list of whole numbers from 0 to 2147483647"),
        (lambda r: r.update(epoch=[-1, 0, 1]), "a list of whole numbers from 0"),
        (lambda r: r.pop("settings"), "holds no 'settings'"),
        (lambda r: r.update(settings=None), "must be an object: got null"),
        (lambda r: r.update(data=[]), "must be an object"),
        (lambda r: r.update(versions=[]), "must be an object"),
        (lambda r: r.update(versions={"keras": 3}), "an object of texts"),
        (lambda r: r.update(message=5), "must be text or null: got 5"),
        (lambda r: r.update(started=None), "must be text"),
        (lambda r: r.update(engine=None), "must be text"),
        (lambda r: r.update(seconds=None), "'seconds' in its run.json must be a number: got null"),
        (lambda r: r.update(compile_seconds="x"), "must be a number"),
        (lambda r: r.update(seed="0); print(1"), "must be a whole number or null"),
        (lambda r: r.update(seed=True), "must be a whole number or null: got true"),
        (lambda r: r.update(evaluation={"n": 1}), "do not fit"),
    ],
)
def test_a_record_that_makes_no_sense_is_one_sentence(tmp_path, edit, words):
    path = plain_run().save(tmp_path / "a")
    edited(path, edit)
    with pytest.raises(RunFolderError, match=words):
        open_run(path)


@pytest.mark.parametrize(
    "change",
    [
        {"classes": ["a"]},
        {"classes": list(range(10))},
        {"n": 359},
        {"n": None},
        {"task": "regression"},
        {"task": "other"},
        {"feature_names": [1]},
        {"image_shape": ["8", 8]},
        {"residuals": {"mae": 1.0}},
        {"scores": None},
        {"part": None},
    ],
)
def test_an_evaluation_that_contradicts_itself_is_one_sentence(saved, tmp_path, change):
    path = shutil.copytree(saved, tmp_path / "copy")
    edited(path, lambda r: r["evaluation"].update(change))
    with pytest.raises(RunFolderError, match="do not fit"):
        open_run(path)


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1', b"[]", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_a_cut_record_is_one_sentence(tmp_path, content):
    path = plain_run().save(tmp_path / "a")
    (path / "run.json").write_bytes(content)
    with pytest.raises(RunFolderError, match="damaged"):
        open_run(path)
    assert list_runs(tmp_path)[0].status == "damaged"


def test_what_is_no_run_is_one_sentence(tmp_path):
    with pytest.raises(RunFolderError, match="cannot be opened as a run: No such file"):
        open_run(tmp_path / "nothing")
    with pytest.raises(RunFolderError, match=r"holds no run\.json"):
        open_run(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunFolderError, match="cannot be opened"):
        open_run(tmp_path / "file")
    with pytest.raises(ArgumentError, match="path of a run"):
        open_run(None)


def test_a_strangers_model_file_is_checked_before_keras_sees_it(tmp_path):
    path = plain_run().save(tmp_path / "a")
    with zipfile.ZipFile(path / "model.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    size = (path / "model.keras").stat().st_size
    digest = hashlib.sha256((path / "model.keras").read_bytes()).hexdigest()
    edited(path, lambda r: r["files"].update({"model.keras": {"bytes": size, "sha256": digest}}))
    with pytest.raises(RunFolderError, match="cannot be loaded"):
        _ = open_run(path).model


# ---------------------------------------------------------------- listing and lightness


def test_runs_are_listed_oldest_first_and_damaged_ones_last(tmp_path):
    plain_run(started="2026-02-01T00:00:00+00:00").save(tmp_path / "a")
    plain_run(started="2026-01-01T00:00:00+00:00", status="diverged", message="Loss is NaN.").save(tmp_path / "b")
    plain_run(started="2025-01-01T00:00:00+00:00").save(tmp_path / "c")
    (tmp_path / "c" / "run.json").write_text("{")
    (tmp_path / "no run").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "run.json").write_text("{}")
    found = list_runs(tmp_path)
    assert [(s.path.name, s.status) for s in found] == [("b", "diverged"), ("a", "done"), ("c", "damaged")]
    assert found[0].message == "Loss is NaN."
    assert found[1].metrics["loss"] == {"first": 1.0, "last": 1.0, "best": 1.0, "best_epoch": 1}
    assert (found[1].data, found[1].epochs, found[1].engine) == ("digits", 3, "compiled")
    assert "JSON" in found[2].reason
    assert [s.path for s in list_runs(tmp_path / "a")] == [tmp_path / "a"]
    with pytest.raises(RunFolderError, match="must be a folder"):
        list_runs(tmp_path / "nowhere")


def test_reading_runs_imports_nothing_heavy(saved):
    script = f"""
        import sys
        import vitral.runs
        vitral.runs.list_runs({str(saved.parent)!r})
        run = vitral.runs.open_run({str(saved)!r})
        run._repr_html_(), repr(run), run.summary(), run.evaluation.n
        heavy = {{m.split(".")[0] for m in sys.modules}} & {{"keras", "jax", "matplotlib", "sklearn", "pandas"}}
        print(sorted(heavy))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_run_stands_for_keras_history(run):
    assert isinstance(run, Run)
    assert run.epoch == [0, 1, 2, 3]
    assert run.params == {"verbose": 0, "epochs": 4, "steps": 44}
    assert set(run.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}


def test_a_source_can_be_for_a_model_that_only_has_training_rows(tmp_path):
    x, y, *_ = digits()
    run = run_of(mlp(), source=EvaluationSource(part="train", x=x[:40], y=y[:40]))
    assert open_run(run.save(tmp_path / "a")).evaluation.part == "train"

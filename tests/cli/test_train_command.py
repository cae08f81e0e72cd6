"""`vitral train` against plain Keras, and what it prints, writes and refuses."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vitral
import vitral.cli.train
import vitral.report
import vitral.runs
import vitral.training
from vitral._errors import RunFolderError
from vitral._keras import import_keras

keras = import_keras()
QUICK = ("--hidden", "4", "--epochs", "3", "--no-report")


def weights_by_keras(dataset, hidden, epochs, seed, optimizer, batch_size=32):
    """The same training written in plain Keras, with Keras's own `fit`."""
    keras.utils.set_random_seed(seed)
    outputs = len(dataset.classes) if dataset.classes else 1
    model = keras.Sequential(
        [keras.Input((dataset.train.x.shape[1],))]
        + [keras.layers.Dense(size, "relu") for size in hidden]
        + [keras.layers.Dense(outputs, "softmax" if dataset.classes else "linear")]
    )
    if not dataset.classes:
        y = dataset.train.y
        model.add(keras.layers.Rescaling(scale=float(y.std()), offset=float(y.mean())))
    model.compile(optimizer, "sparse_categorical_crossentropy" if dataset.classes else "mse")
    keras.utils.set_random_seed(seed)
    model.fit(dataset.train.x, dataset.train.y, batch_size=batch_size, epochs=epochs, verbose=0)
    return model.get_weights()


@pytest.mark.parametrize(
    ("data", "options", "optimizer"),
    [
        ("iris", (), lambda: keras.optimizers.Adam()),
        ("diabetes", ("--optimizer", "SGD", "--learning-rate", "1e-5"), lambda: keras.optimizers.SGD(1e-5)),
    ],
)
def test_the_weights_are_those_of_plain_keras(vitral_command, data, options, optimizer):
    done = vitral_command("train", data, *QUICK, "--seed", "7", "--out", "run", *options)
    assert done.code == 0, done.err
    expected = weights_by_keras(vitral.load(data), [4], 3, 7, optimizer())
    for ours, theirs in zip(vitral.open_run("run").model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_json_scores_are_those_of_the_saved_model(vitral_command):
    done = vitral_command("train", "iris", *QUICK, "--json", "--dropout", "0.3")
    assert done.code == 0
    assert done.json["status"] == "done"
    assert done.json["engine"] == "compiled"
    assert done.json["report"] is None
    assert done.json["versions"]["keras"] == keras.__version__
    data = vitral.load("iris")
    model = keras.models.load_model(Path(done.json["path"]) / "model.keras")
    for name in ("train", "validation", "test"):
        part = getattr(data, name)
        probabilities = np.asarray(model(part.x), dtype="float64")
        loss = -np.log(probabilities[np.arange(len(part)), part.y]).mean()
        accuracy = (probabilities.argmax(axis=1) == part.y).mean()
        assert done.json["scores"][name]["loss"] == pytest.approx(loss, rel=1e-5)
        assert done.json["scores"][name]["accuracy"] == pytest.approx(accuracy, rel=1e-6)


def test_ends_with_a_table_the_engine_and_the_paths(vitral_command, tmp_path):
    done = vitral_command("train", "moons", "--hidden", "4", "--epochs", "3")
    assert done.code == 0, done.err
    for word in ("train", "validation", "test", "accuracy", "3 epochs in", "compiled engine"):
        assert word in done.out
    run, report = (tmp_path / line.split()[1] for line in done.out.splitlines() if line.startswith(("Run ", "Report ")))
    assert run.parent == tmp_path / "runs"
    assert run.name.startswith("moons-")
    assert report.suffix == ".html"
    assert "<html" in report.read_text(encoding="utf-8")
    assert "epoch 3/3" in done.err


def test_quiet_prints_one_path(vitral_command):
    done = vitral_command("train", "moons", *QUICK, "--quiet", "--out", "here")
    assert done.err == ""
    assert Path(done.out.strip()) == Path("here").absolute()


def test_regression_reports_the_mean_absolute_error_in_the_targets_units(vitral_command):
    done = vitral_command("train", "diabetes", *QUICK, "--json")
    data = vitral.load("diabetes")
    guess = vitral.open_run(done.json["path"]).model.predict(data.test.x, verbose=0)
    assert done.json["scores"]["test"]["mae"] == pytest.approx(np.abs(guess - data.test.y).mean(), rel=1e-5)


def test_values_of_any_size_are_learnt_with_the_options_as_they_are(vitral_command, tmp_path):
    rng = np.random.default_rng(0)
    size = rng.uniform(40, 200, 300)
    price = 50_000 + 3_000 * size + rng.normal(0, 10_000, 300)
    rows = "\n".join(f"{a:.1f},{b:.0f}" for a, b in zip(size, price, strict=True))
    (tmp_path / "houses.csv").write_text(f"size,price\n{rows}\n")
    done = vitral_command("train", "houses.csv", "--target", "price", "--no-report", "--json")
    # The noise alone leaves a mean absolute error of about 8,000, guessing the mean one of about 120,000.
    assert done.json["scores"]["test"]["mae"] < 20_000


def test_early_stopping_keeps_the_best_weights(vitral_command):
    done = vitral_command(
        *("train", "iris", "--hidden", "16", "--epochs", "200", "--learning-rate", "0.05", "--no-report"),
        *("--early-stopping", "3", "--out", "run"),
    )
    run = vitral.open_run("run")
    losses = run.history["val_loss"]
    best = int(np.argmin(losses))
    assert len(losses) == best + 1 + 3 < 200
    assert f"Stopped early, after epoch {best + 4} of 200" in done.out
    assert f"the weights of epoch {best + 1}" in done.out
    part = vitral.load("iris").validation
    probabilities = np.asarray(run.model(part.x), dtype="float64")
    again = -np.log(probabilities[np.arange(len(part)), part.y]).mean()
    assert again == pytest.approx(losses[best], rel=1e-4)


def test_hidden_none_and_batch_all(vitral_command):
    done = vitral_command(
        "train", "iris", "--hidden", "none", "--batch-size", "all", "--epochs", "2", "--no-report", "--out", "run"
    )
    assert done.code == 0, done.err
    run = vitral.open_run("run")
    assert [w.shape for w in run.model.get_weights()] == [(4, 3), (3,)]
    expected = weights_by_keras(vitral.load("iris"), [], 2, 0, keras.optimizers.Adam(), batch_size=90)
    np.testing.assert_array_equal(run.model.get_weights()[0], expected[0])


def test_what_a_user_can_act_on_is_a_note(vitral_command):
    done = vitral_command("train", "iris", "--hidden", "none", "--epochs", "1", "--batch-size", "100", "--no-report")
    assert done.code == 0
    assert done.err.count("Note: batch_size is more than there are rows to train on: 100 of 90") == 1
    assert "Warning" not in done.err


def test_files(vitral_command, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).round(4)
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    np.savez(tmp_path / "points.npz", x=x, y=y)
    rows = [f"{a},{b},{c},{'yes' if k else 'no'},{i}" for i, ((a, b, c), k) in enumerate(zip(x, y, strict=True))]
    (tmp_path / "points.csv").write_text("a,b,c,sign,id\n" + "\n".join(rows) + "\n")

    packed = vitral_command("train", "points.npz", *QUICK, "--json")
    table = vitral_command("train", "points.csv", "--target", "sign", "--drop", "id", *QUICK, "--json")
    at = vitral_command("train", "./points.csv", "--target", "-2", "--drop", "id", *QUICK, "--json")
    assert packed.json["data"] == table.json["data"] == "points"
    assert vitral.open_run(table.json["path"]).data["classes"] == ["no", "yes"]
    assert packed.json["scores"] == table.json["scores"] == at.json["scores"]


def test_a_loss_that_is_no_number_is_told_with_exit_code_1(vitral_command):
    done = vitral_command(
        "train", "diabetes", *QUICK, "--optimizer", "sgd", "--learning-rate", "1e20", "--out", "run", "--json"
    )
    assert done.code == 1
    assert done.json["status"] == "diverged"
    assert "learning rate" in done.json["message"]
    assert done.err.count("Error: The loss became") == 1
    assert "Warning" not in done.err
    assert "NaN" not in done.out.replace(done.json["message"], "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("digist",), ["'digist'", "Did you mean 'digits'?", "iris"]),
        (("missing.csv", "--target", "y"), ["must be a file that exists", "missing.csv"]),
        (("data.parquet",), ["a .csv or an .npz file", "data.parquet"]),
        (("table.csv",), ["--target", "table.csv"]),
        (("table.csv", "--target", "prize"), ["prize", "Did you mean 'price'?"]),
        (("table.csv", "--target", "price"), ["column 'a'", "row 1"]),
        (("iris", "--target", "y"), ["--target is for .csv files", "'iris'"]),
        (("iris", "--task", "regression"), ["--task is for files"]),
        (("iris", "--hidden", "64;32"), ["--hidden", "64;32"]),
        (("iris", "--hidden", "64,0"), ["--hidden", "at least 1"]),
        (("iris", "--epochs", "0"), ["--epochs must be a whole number of at least 1: got 0"]),
        (("iris", "--epochs", "many"), ["--epochs", "vitral train --help"]),
        (("iris", "--batch-size", "-1"), ["--batch-size", "'-1'"]),
        (("iris", "--learning-rate", "0"), ["--learning-rate", "above 0"]),
        (("iris", "--learning-rate", "nan"), ["--learning-rate", "finite"]),
        (("iris", "--l2", "-0.1"), ["--l2", "-0.1"]),
        (("iris", "--dropout", "1"), ["--dropout", "below 1"]),
        (("iris", "--seed", "-1"), ["--seed", "-1"]),
        (("iris", "--early-stopping", "0"), ["--early-stopping", "at least 1"]),
        (("iris", "--engine", "compield"), ["--engine", "Did you mean 'compiled'?"]),
        (("iris", "--activation", "rely"), ["activation", "Did you mean 'relu'?"]),
        (("iris", "--initializer", "he_norml"), ["initializer", "Did you mean 'he_normal'?"]),
        (("iris", "--optimizer", "adm"), ["--optimizer", "Did you mean 'adam'?"]),
        (("iris", "--out", "table.csv"), ["--out must be a folder", "table.csv"]),
        (("iris", "--out", "full"), ["--out must be a new or empty folder", "full"]),
        (("iris", "--out", "full", "--overwrite"), ["--out must be a new or empty folder", "full"]),
        (("iris", "--epoch", "3"), ["No such option: --epoch", "--epochs"]),
        ((), ["DATA must be given", "vitral train digits"]),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(vitral_command, tmp_path, monkeypatch, arguments, words):
    (tmp_path / "table.csv").write_text("a,price\n1,2\n,3\n5,4.5\n")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")

    def compiles(*_args, **_kwargs):
        raise AssertionError("nothing may be trained")

    monkeypatch.setattr(vitral.training, "fit", compiles)
    before = sorted(tmp_path.rglob("*"))
    done = vitral_command("train", *arguments)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("Error: ")
    assert len(done.err.splitlines()) == 1
    for word in words:
        assert word in done.err
    assert sorted(tmp_path.rglob("*")) == before

    told = vitral_command("train", *arguments, "--json")
    assert told.code == 2
    assert told.json == {"status": "error", "message": done.err.removeprefix("Error: ").strip()}


def test_overwrite_replaces_a_run_and_only_then(vitral_command):
    vitral_command("train", "moons", *QUICK, "--out", "run", "--seed", "1")
    first = Path("run/run.json").read_bytes()
    refused = vitral_command("train", "moons", *QUICK, "--out", "run", "--seed", "2")
    assert refused.code == 2
    assert Path("run/run.json").read_bytes() == first
    done = vitral_command("train", "moons", *QUICK, "--out", "run", "--seed", "2", "--overwrite", "--json")
    assert done.code == 0, done.err
    assert vitral.open_run("run").seed == 2
    assert done.json["path"] == str(Path("run").absolute())
    assert [path.name for path in Path().iterdir()] == ["run"]


def test_a_training_that_replaces_a_run_can_be_resumed(vitral_command, monkeypatch):
    """Killed, it leaves the older run as it was, and a checkpoint in it; resumed, it takes the older one's place."""
    vitral_command("train", "moons", *QUICK, "--out", "run", "--seed", "1")
    before = Path("run/run.json").read_bytes()
    again = ("train", "moons", "--hidden", "4", "--epochs", "4", "--seed", "2")
    vitral_command(*again, "--out", "straight")
    kept = vitral.training.keeping.Keeper.write

    def killed(self, done, *rest):
        kept(self, done, *rest)
        if done == 2:
            raise SystemExit("as kill -9, as far as files can tell")

    with monkeypatch.context() as patch:
        patch.setattr(vitral.training.keeping.Keeper, "write", killed)
        with pytest.raises(SystemExit):
            vitral_command(*again, "--out", "run", "--overwrite", "--checkpoint-every", "1")
    assert Path("run/run.json").read_bytes() == before
    assert "another training, not finished" in vitral_command("runs", ".").out.replace("\n", " ")
    refused = vitral_command(*again, "--out", "run", "--overwrite")
    assert refused.code == 2
    assert "holds a training that was broken off" in refused.err
    assert vitral_command("train", "--resume", "run").code == 0
    run, straight = vitral.open_run("run"), vitral.open_run("straight")
    assert run.seed == 2
    assert run.history == straight.history
    assert all(np.array_equal(a, b) for a, b in zip(run.model.get_weights(), straight.model.get_weights(), strict=True))
    assert not Path("run/vitral-checkpoint").exists()


def test_an_interrupt_before_the_first_epoch_leaves_the_older_run(vitral_command, monkeypatch):
    vitral_command("train", "moons", *QUICK, "--out", "run", "--seed", "1")

    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(vitral.training, "fit", interrupted)
    done = vitral_command("train", "moons", *QUICK, "--out", "run", "--seed", "2", "--overwrite", "--json")
    assert done.code == 130
    assert done.json["status"] == "interrupted"
    assert done.json["path"] is None
    assert "nothing was kept" in done.err
    assert vitral.open_run("run").seed == 1
    assert [path.name for path in Path().iterdir()] == ["run"]


def test_an_interrupt_while_compiling_leaves_the_older_run(vitral_command, monkeypatch):
    """`fit` has saved initial weights by then: they shall not replace weights that were trained."""
    vitral_command("train", "moons", *QUICK, "--out", "run", "--seed", "1")
    before = {path.name: path.read_bytes() for path in Path("run").iterdir()}

    class Interrupts(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            raise KeyboardInterrupt

    monkeypatch.setattr(vitral.cli.train, "_caller", lambda _progress: Interrupts())
    done = vitral_command("train", "moons", *QUICK, "--out", "run", "--seed", "2", "--overwrite")
    assert done.code == 130
    assert "The older run in run is untouched." in done.err
    assert {path.name: path.read_bytes() for path in Path("run").iterdir()} == before
    assert [path.name for path in Path().iterdir()] == ["run"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_run_that_cannot_be_saved_is_told_with_exit_code_1(vitral_command, monkeypatch, overwrite):
    if overwrite:
        vitral_command("train", "moons", *QUICK, "--out", "run", "--seed", "1")

    def full(*_args, **_kwargs):
        raise RunFolderError("'run' cannot be written: No space left on device.")

    monkeypatch.setattr(vitral.runs.Run, "save", full)
    done = vitral_command("train", "moons", *QUICK, "--out", "run", "--json", *(["--overwrite"] if overwrite else []))
    assert done.code == 1
    assert done.json["status"] == "error"
    assert done.json["message"].startswith("Training is done, but its run is not saved: ")
    assert "No space left" in done.json["message"]
    assert done.err.count("Error: ") == 1
    assert not overwrite or vitral.open_run("run").seed == 1


def test_a_report_that_cannot_be_written_leaves_the_run_with_exit_code_1(vitral_command, monkeypatch):
    def full(*_args, **_kwargs):
        raise RunFolderError("'run/report.html' cannot be written: No space left on device.")

    monkeypatch.setattr(vitral.report, "write_report", full)
    done = vitral_command("train", "moons", "--hidden", "4", "--epochs", "1", "--out", "run")
    assert done.code == 1
    assert "The run is in run, but its report could not be written" in done.err
    assert vitral.open_run("run").status == "done"


@pytest.mark.parametrize("overwrite", [False, True])
def test_ctrl_c_says_what_was_kept(tmp_path, vitral_command, overwrite):
    if overwrite:
        vitral_command("train", "moons", *QUICK, "--out", "kept")
    arguments = ["train", "moons", "--hidden", "4", "--epochs", "1000000", "--out", "kept", "--json"]
    script = (
        # Tell the test when the second epoch has ended, with a plain line on standard error.
        "import sys; from vitral.cli import main, progress\n"
        "plain = progress.EpochProgress.on_epoch_end\n"
        "def tell(self, epoch, logs=None):\n"
        "    plain(self, epoch, logs)\n"
        "    if epoch == 1: print('second epoch', file=sys.stderr, flush=True)\n"
        "progress.EpochProgress.on_epoch_end = tell\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments, *(["--overwrite"] if overwrite else [])],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment,
    ) as process:
        assert process.stderr is not None
        before = []
        while (line := process.stderr.readline()) and "second epoch" not in line:
            before.append(line)
        assert line, "".join(before)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    run = vitral.open_run(tmp_path / "kept")
    assert run.status == "interrupted"
    assert len(run.epoch) >= 2
    told = json.loads(out)
    assert told["epochs"] == len(run.epoch)
    assert told["path"] == str(tmp_path / "kept")
    assert err.strip() == told["message"]
    assert f"{len(run.epoch)} of 1000000 epochs are kept in kept" in err
    assert "Traceback" not in err
    assert {path.name for path in tmp_path.iterdir()} == {"cache", "kept"}

"""`vitral sweep` against `vitral train`, and what it prints, writes, lists and refuses."""

import json
import os
import re
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import vitral
import vitral.cli.sweep
import vitral.runs
import vitral.training
from vitral._errors import ArgumentError, RunFolderError, UnknownNameError
from vitral._keras import import_keras
from vitral.cli import console, main
from vitral.cli.outcome import outcome_of, print_outcome
from vitral.cli.over import read_over

keras = import_keras()
QUICK = ("--hidden", "4", "--epochs", "3")
OVER = ("--over", "rate=0.1,1e-3", "--over", "seed=0:2")


@pytest.fixture(scope="module")
def sweep_folder(tmp_path_factory):
    """A sweep of the command, for tests that only look at it."""
    folder = tmp_path_factory.mktemp("sweep") / "runs" / "first"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vitral._cache.use_compilation_cache", lambda: None)
        assert main(["sweep", "iris", *QUICK, *OVER, "--quiet", "--out", str(folder)]) == 0
    return folder


# ---------------------------------------------------------------- what is trained


def test_every_variant_has_the_weights_of_its_own_train(vitral_command, sweep_folder):
    sweep = vitral.open_run(sweep_folder)
    assert sweep.variants == [{"learning_rate": rate, "seed": seed} for rate in (0.1, 1e-3) for seed in (0, 1)]
    done = vitral_command(
        *("train", "iris", *QUICK, "--no-report", "--learning-rate", "0.1", "--seed", "1", "--out", "solo")
    )
    assert done.code == 0, done.err
    ours, theirs = sweep[1].model.get_weights(), vitral.open_run("solo").model.get_weights()
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)
    assert sweep[1].history == vitral.open_run("solo").history


@pytest.mark.slow
def test_every_option_that_can_vary_reaches_the_network_or_its_training(vitral_command):
    over = {
        "hidden": "none,4-2",
        "activation": "tanh",
        "initializer": "he_normal",
        "optimizer": "SGD",
        "learning-rate": "0.5",
        "batch-size": "all",
        "epochs": "2",
        "l1": "0.1",
        "l2": "0.2",
        "dropout": "0.25",
        "seed": "7",
    }
    typed = [word for name, values in over.items() for word in ("--over", f"{name}={values}")]
    done = vitral_command("sweep", "iris", *typed, "--out", "wide", "--json")
    assert done.code == 0, done.err
    sweep = vitral.open_run("wide")
    assert [v["hidden"] for v in sweep.variants] == ["none", "4-2"]
    run = sweep[1]
    layers = [layer for layer in run.model.layers if isinstance(layer, keras.layers.Dense)]
    assert [layer.units for layer in layers] == [4, 2, 3]
    assert layers[0].activation is keras.activations.tanh
    assert isinstance(layers[0].kernel_initializer, keras.initializers.HeNormal)
    assert (float(layers[0].kernel_regularizer.l1), float(layers[0].kernel_regularizer.l2)) == pytest.approx((0.1, 0.2))
    assert [layer.rate for layer in run.model.layers if isinstance(layer, keras.layers.Dropout)] == [0.25, 0.25]
    assert isinstance(run.model.optimizer, keras.optimizers.SGD)
    assert float(run.model.optimizer.learning_rate) == 0.5
    assert (run.settings["batch_size"], len(run.epoch), run.seed) == (90, 2, 7)


def test_early_stopping_is_each_variants_own(vitral_command):
    done = vitral_command(
        *("sweep", "iris", "--hidden", "4", "--over", "rate=1e-5,0.1", "--epochs", "40"),
        *("--early-stopping", "2", "--out", "stopped", "--json"),
    )
    slow, fast = vitral.open_run("stopped")
    assert len(slow.epoch) == 40
    best = int(np.argmin(fast.history["val_loss"]))
    assert len(fast.epoch) == best + 1 + 2 < 40
    assert [v["epochs"] for v in done.json["variants"]] == [40, best + 3]


# ---------------------------------------------------------------- what is said


def test_json_says_which_is_best_and_how_good_it_is(vitral_command, tmp_path):
    done = vitral_command("sweep", "iris", *QUICK, *OVER, "--metric", "val_loss", "--json", "--out", "told")
    assert (done.code, done.err, done.json["status"]) == (0, "", "done")
    sweep = vitral.open_run(done.json["path"])
    assert sweep.path == tmp_path / "told"
    lowest = [min(run.history["val_loss"]) for run in sweep]
    best = done.json["best"]
    assert best["variant"] == int(np.argmin(lowest)) == sweep.best_number("val_loss")
    assert best["val_loss"] == min(lowest)
    assert best["epoch"] == int(np.argmin(sweep[best["variant"]].history["val_loss"])) + 1
    assert [row["variant"] for row in done.json["ranking"]] == np.argsort(lowest, kind="stable").tolist()
    part = vitral.load("iris").test
    probabilities = np.asarray(sweep[best["variant"]].model(part.x), dtype="float64")
    accuracy = (probabilities.argmax(axis=1) == part.y).mean()
    assert best["scores"]["test"]["accuracy"] == pytest.approx(accuracy, rel=1e-6)
    assert [v["last"]["loss"] for v in done.json["variants"]] == [run.history["loss"][-1] for run in sweep]
    assert done.json["programs"] == len(sweep.groups)


def test_people_get_progress_settings_over_seeds_the_best_and_the_next_words(vitral_command):
    done = vitral_command("sweep", "iris", *QUICK, *OVER)
    assert done.code == 0, done.err
    assert "4 variants: 12/12 epochs" in done.err
    assert "\x1b" not in done.out + done.err
    (folder,) = Path("runs").iterdir()
    sweep = vitral.open_run(folder)
    assert folder.name.startswith("iris-sweep-")
    row = next(line.split() for line in done.out.splitlines() if line.split()[:1] == ["0.001"])
    values = [max(sweep[n].history["val_accuracy"]) for n in (2, 3)]
    assert row[1:] == [f"{np.mean(values):.4g}", f"{min(values):.4g}", "–", f"{max(values):.4g}", "2"]
    best = sweep.best_number("val_accuracy")
    assert f"Variant {best} on the test rows: accuracy" in done.out
    assert f"vitral report {folder} --variant {best}" in done.out
    assert f"vitral export tensorboard {folder} logs" in done.out
    assert f"vitral.open_run('{folder}').table" in done.out
    assert "1 program: 4 done" in done.out


@pytest.mark.parametrize("width", [60, 80])
def test_tables_of_many_options_fit_the_terminal(sweep_folder, monkeypatch, capsys, width):
    sweep = vitral.open_run(sweep_folder)
    names = ["hidden", "learning_rate", "batch_size", "seed"]
    if width == 80:
        names += ["activation", "optimizer", "l2", "dropout"]
    sweep.over = names
    for number, result in enumerate(sweep.results):
        result.values = {name: {"hidden": "128-64", "seed": number}.get(name, 0.0001) for name in names}
    monkeypatch.setattr(console, "output", lambda: Console(width=width, force_terminal=True, color_system=None))
    print_outcome(sweep, outcome_of(sweep, vitral.load("iris"), "val_accuracy"))
    lines = capsys.readouterr().out.splitlines()
    tables = lines[: next(n for n, line in enumerate(lines) if " variants in " in line)]
    assert max(map(len, tables)) <= width
    assert "…" not in "".join(line for line in tables if not line.endswith(" more"))
    rows = [line for line in tables if re.match(r" +\d ", line)]
    assert len(rows) == 3
    ends = [f"{max(run.history['val_accuracy']):.4g}" for run in sweep]
    assert all(line.split()[-2] in ends for line in rows)


def test_of_seeds_alone_the_mean_is_said(vitral_command):
    done = vitral_command("sweep", "iris", *QUICK, "--over", "seed=0:2", "--metric", "loss", "--out", "seeds")
    lowest = [min(run.history["loss"]) for run in vitral.open_run("seeds")]
    row = next(line.split() for line in done.out.splitlines() if "–" in line and line.split()[-1] == "2")
    assert row == [f"{np.mean(lowest):.4g}", f"{min(lowest):.4g}", "–", f"{max(lowest):.4g}", "2"]


def test_quiet_prints_one_path(vitral_command):
    done = vitral_command("sweep", "iris", *QUICK, "--over", "seed=0:1", "--out", "here", "--quiet")
    assert (done.err, done.out) == ("", f"{Path('here').absolute()}\n")


@pytest.mark.slow
def test_some_that_diverge_are_named_and_all_that_diverge_end_with_exit_code_1(vitral_command):
    some = vitral_command("sweep", "diabetes", *QUICK, "--optimizer", "sgd", "--over", "rate=1e-5,1e20", "--out", "a")
    assert some.code == 0, some.err
    assert "1 done, 1 diverged" in some.out
    assert "Variant 1 (learning-rate 1e+20) diverged. The loss became" in some.out
    all_ = vitral_command(
        *("sweep", "diabetes", *QUICK, "--optimizer", "sgd", "--over", "rate=1e19,1e20", "--out", "b", "--json")
    )
    assert all_.code == 1
    assert all_.json["status"] == "diverged"
    assert all_.json["best"] is None
    assert all_.err.startswith("Error: No variant came to its end with a loss that is a number. Variant 0")
    assert [v["last"]["loss"] for v in all_.json["variants"]] == [None, None]


# ---------------------------------------------------------------- the sweep in other commands


def test_runs_lists_a_sweep(vitral_command, sweep_folder, monkeypatch):
    sweep = vitral.open_run(sweep_folder)
    best = max(max(run.history["val_accuracy"]) for run in sweep)
    line = next(line for line in vitral_command("runs", sweep_folder.parent).out.splitlines() if "first" in line)
    assert "done, 4 variants" in line
    assert f"best val_accuracy {best:.4g}" in line
    assert line.split()[-2] == "12"
    found = vitral_command("runs", sweep_folder.parent, "--json").json["runs"][0]
    assert (found["variants"], found["data"], found["epochs"]) == (4, "iris", 12)
    assert found["metrics"]["val_accuracy"]["best"] == best

    long = sweep_folder.parent / "iris-sweep-20261125-122732"
    shutil.copytree(sweep_folder, long)
    monkeypatch.setattr(console, "output", lambda: Console(width=80, force_terminal=True, color_system=None))
    narrow = vitral_command("runs", sweep_folder.parent).out
    assert long.name in narrow
    assert max(map(len, narrow.splitlines())) <= 80
    shutil.rmtree(long)


def test_report_is_of_the_best_or_of_a_variant(vitral_command, sweep_folder, tmp_path):
    best = vitral.open_run(sweep_folder).best_number("val_accuracy")
    done = vitral_command("report", sweep_folder, "--out", "best.html")
    assert done.code == 0, done.err
    assert done.err == f"Variant {best} of 4, the best by val_accuracy.\n"
    other = vitral_command("report", sweep_folder, "--variant", "2")
    assert other.out.strip() == str(sweep_folder / "report.html")
    assert "learning_rate 0.001" in (sweep_folder / "report.html").read_text(encoding="utf-8")
    for number, rule in (("4", "must be below 4: got 4"), ("-1", "at least 0: got -1")):
        refused = vitral_command("report", sweep_folder, "--variant", number)
        assert (refused.code, rule in refused.err) == (2, True), refused.err
    assert [path.name for path in tmp_path.iterdir()] == ["best.html"]


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["rate=0.1,0.01"], {"learning_rate": [0.1, 0.01]}),
        (["learning_rate=.1", "batch=8,all"], {"learning_rate": [0.1], "batch_size": [8, "all"]}),
        (["lr=1"], {"learning_rate": [1.0]}),
        (["seed=0:3,7"], {"seed": [0, 1, 2, 7]}),
        (["Hidden=16:128:log4"], {"hidden": [16, 32, 64, 128]}),
        (["hidden=none,64,128-64"], {"hidden": ["none", "64", "128-64"]}),
        (["rate=1e-4:1:log5"], {"learning_rate": [1e-4, 1e-3, 1e-2, 0.1, 1.0]}),
        (["rate=1:1e-3:log3"], {"learning_rate": [1.0, 0.03162, 1e-3]}),
        (["dropout=0:0.5:lin6"], {"dropout": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]}),
        (["epochs=10:40:lin4"], {"epochs": [10, 20, 30, 40]}),
        (["optimizer=SGD, adam"], {"optimizer": ["sgd", "adam"]}),
    ],
)
def test_what_can_be_typed_behind_over(texts, values):
    assert read_over(texts) == values


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ("rate", ["--over must be NAME=VALUES: got 'rate'", "--over rate=0.1,0.01"]),
        ("raet=1", ["got 'raet'", "Did you mean 'learning-rate'?", "These can: hidden"]),
        ("hiden=4", ["got 'hiden'", "Did you mean 'hidden'?"]),
        ("=1", ["got ''", "These can"]),
        ("early-stopping=3,5", ["got 'early-stopping'", "the same for all variants"]),
        ("engine=keras", ["got 'engine'", "These can"]),
        ("rate=", ["--over learning-rate", "got ''"]),
        ("rate=0.1,,1", ["--over learning-rate", "got '0.1,,1'"]),
        ("rate=fast", ["--over learning-rate must be numbers: got 'fast'", "1e-4:1:log5"]),
        ("rate=0", ["--over learning-rate", "above 0: got 0.0"]),
        ("rate=nan", ["--over learning-rate", "finite", "nan"]),
        ("rate=-0.1", ["--over learning-rate", "above 0", "-0.1"]),
        ("rate=0.1,0.1", ["--over learning-rate must have each value once: got 0.1"]),
        ("rate=0.1:1", ["how many numbers", "'0.1:1'", "0.1:1:log5"]),
        ("rate=0:1:log5", ["above 0", "'0:1:log5'", "lin5"]),
        ("rate=0.1:1:log", ["1:1000:log4", "'0.1:1:log'"]),
        ("rate=0.1:1:5", ["1:1000:log4", "'0.1:1:5'"]),
        ("rate=0.1:1:log1", ["2 to 1,000,000 values", "log1"]),
        ("rate=1:1:lin3", ["values that differ", "'1:1:lin3'"]),
        ("seed=1.5", ["--over seed must be whole numbers: got '1.5'", "0:20"]),
        ("seed=-1", ["--over seed", "at least 0: got -1"]),
        ("seed=4294967296", ["--over seed must be at most 4294967295"]),
        ("seed=5:5", ["a range that rises", "'5:5'", "0 to 19"]),
        ("seed=0:9999999", ["at most 1,000,000", "0:9999999"]),
        ("seed=0:100,5", ["each value once: got 5 twice"]),
        ("epochs=0", ["--over epochs", "at least 1: got 0"]),
        ("epochs=1:10:lin50", ["values that differ"]),
        ("batch=0", ["--over batch-size", "'0'", "online"]),
        ("batch=many", ["--over batch-size", "'many'"]),
        ("hidden=64;32", ["--over hidden", "separated by hyphens: got '64;32'", "128-64"]),
        ("hidden=0", ["--over hidden", "at least 1", "'0'"]),
        ("hidden=0:4", ["--over hidden", "at least 1: got 0"]),
        ("dropout=1", ["--over dropout", "below 1: got 1.0"]),
        ("l2=-1", ["--over l2", "at least 0"]),
        ("activation=relu:tanh", ["--over activation must be names", "commas"]),
        ("activation=rely", ["activation", "Did you mean 'relu'?"]),
        ("initializer=he_norml", ["initializer", "Did you mean 'he_normal'?"]),
        ("optimizer=adam,adm", ["optimizer", "Did you mean 'adam'?"]),
    ],
)
def test_bad_values_are_one_sentence_before_anything_is_trained(vitral_command, tmp_path, monkeypatch, over, words):
    check_refused(vitral_command, tmp_path, monkeypatch, ["iris", "--over", over], words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["iris"], ["--over must name what varies: got none", "seed=0:20"]),
        (["iris", "--over", "rate=1,2", "--over", "learning-rate=3"], ["--over learning-rate must be given once"]),
        (["iris", "--over", "hidden=4", "--hidden", "8"], ["--over hidden must come without --hidden"]),
        (
            ["iris", "--over", "seed=0:1001", "--over", "rate=1:2:lin1000"],
            ["at most 1,000,000 variants: got 1,001,000"],
        ),
        (["digist", *OVER], ["'digist'", "Did you mean 'digits'?"]),
        (["missing.csv", *OVER], ["must be a file that exists"]),
        (["table.csv", *OVER], ["--target", "table.csv"]),
        (["table.csv", "--target", "prize", *OVER], ["Did you mean 'price'?"]),
        (["iris", *OVER, "--metric", "val_acuracy"], ["--metric", "Did you mean 'val_accuracy'?", "val_loss"]),
        (["diabetes", *OVER, "--metric", "val_accuracy"], ["--metric", "val_mae"]),
        (["iris", *OVER, "--epochs", "0"], ["--epochs must be", "got 0"]),
        (["iris", *OVER, "--out", "full"], ["--out must be a new or empty folder", "full"]),
        (["iris", *OVER, "--out", "table.csv"], ["--out must be a folder"]),
        (["iris", *OVER, "--engine", "keras"], ["No such option: --engine"]),
        ([], ["Missing argument 'DATA'"]),
    ],
)
def test_bad_options_are_one_sentence_before_anything_is_trained(
    vitral_command, tmp_path, monkeypatch, arguments, words
):
    check_refused(vitral_command, tmp_path, monkeypatch, arguments, words)


def check_refused(vitral_command, tmp_path, monkeypatch, arguments, words):
    (tmp_path / "table.csv").write_text("a,price\n1,2\n2,3\n5,4.5\n")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")

    def trains(*_args, **_kwargs):
        raise AssertionError("nothing may be trained")

    monkeypatch.setattr(vitral.training, "sweep", trains)
    before = sorted(tmp_path.rglob("*"))
    done = vitral_command("sweep", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Error: ")
    assert len(done.err.splitlines()) == 1
    assert [word for word in words if word not in done.err] == [], done.err
    assert sorted(tmp_path.rglob("*")) == before
    told = vitral_command("sweep", *arguments, "--json")
    assert told.json == {"status": "error", "message": done.err.removeprefix("Error: ").strip()}


@pytest.mark.parametrize("word", ["", "lrate", "learning", "stopping", "x" * 200])
def test_a_name_is_a_word_of_an_option_or_refused(word):
    if word == "learning":
        assert read_over([f"{word}=1"]) == {"learning_rate": [1.0]}
    else:
        with pytest.raises(UnknownNameError, match="These can: hidden, activation"):
            read_over([f"{word}=1"])
    with pytest.raises(ArgumentError, match="must come without --learning-rate"):
        read_over(["rate=1"], given=["learning_rate"])


def test_overwrite_replaces_a_sweep_and_only_then(vitral_command, sweep_folder, tmp_path):
    shutil.copytree(sweep_folder, tmp_path / "runs")
    refused = vitral_command("sweep", "iris", *QUICK, "--over", "seed=0:1", "--out", "runs")
    assert (refused.code, len(vitral.open_run("runs"))) == (2, 4)
    done = vitral_command("sweep", "iris", *QUICK, "--over", "seed=0:1", "--out", "runs", "--overwrite", "--quiet")
    assert (done.code, len(vitral.open_run("runs"))) == (0, 1)


def test_a_sweep_that_cannot_be_saved_is_told_with_exit_code_1(vitral_command, monkeypatch, tmp_path):
    def full(*_args, **_kwargs):
        raise RunFolderError("'runs' cannot be written: No space left on device.")

    monkeypatch.setattr(vitral.runs.Sweep, "save", full)
    done = vitral_command("sweep", "iris", *QUICK, "--over", "seed=0:1", "--json")
    assert done.code == 1
    assert done.json["message"].startswith("Training is done, but the sweep is not saved: ")
    assert done.err.count("Error: ") == 1
    (kept,) = vitral.runs.list_runs(tmp_path / "runs")
    assert kept.status == "unfinished"
    assert kept.variants == 1, "what was trained is kept, and can be gone on with"


def test_ctrl_c_keeps_the_variants_that_had_finished(vitral_command, monkeypatch):
    class Interrupts(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 5:
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(vitral.cli.sweep, "make_stopper", lambda *_: Interrupts())
    over = ("--over", "epochs=1,2,3,1000000", "--hidden", "none", "--out", "kept", "--json")
    done = vitral_command("sweep", "iris", *over)
    assert done.code == 130
    sweep = vitral.open_run("kept")
    assert [result.status for result in sweep.results] == ["done", "done", "done", "interrupted"]
    assert done.json["status"] == "interrupted"
    assert done.err == f"{done.json['message']}\n"
    assert done.json["message"].startswith("Interrupted: 3 of 4 variants had finished.")
    assert len(sweep[2].epoch) == 3


@pytest.mark.parametrize("when", ["load_dataset", "_train"])
def test_ctrl_c_before_anything_was_trained_keeps_nothing(vitral_command, monkeypatch, tmp_path, when):
    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(vitral.cli.sweep, when, interrupted)
    done = vitral_command("sweep", "iris", *OVER, "--json")
    assert done.code == 130
    assert json.loads(done.out)["path"] is None
    assert "nothing was kept" in done.err
    assert list(tmp_path.iterdir()) == []

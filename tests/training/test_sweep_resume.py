"""A sweep that is broken off and asked for again trains what is left, and comes to the same."""

import threading

import keras
import numpy as np
import pytest

import vitral
from vitral._errors import ArgumentError, RunFolderError, VitralWarning
from vitral.runs.sweep_checkpoint import SweepKeeper

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 4)).astype("float32")
Y = rng.integers(0, 3, 40)
OVER = {"rate": [0.1, 0.3], "width": [3, 5], "seed": [0, 1]}


class Killed(BaseException):
    """Stands for the process's end: nothing catches it."""


@pytest.fixture
def builds():
    return []


@pytest.fixture
def sweep(builds, tmp_path):
    def build(rate, width, seed):
        builds.append((rate, width, seed))
        model = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(width, "relu"), keras.layers.Dense(3, "softmax")]
        )
        model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    def run(**more):
        arguments = {"over": OVER, "epochs": 3, "batch_size": 8, "verbose": 0, "out": tmp_path / "sweep", **more}
        return vitral.sweep(build, X, arguments.pop("y", Y), **arguments)

    return run


@pytest.fixture
def broken_off(monkeypatch):
    """Breaks a sweep off right after some variant was kept."""

    def at(n):
        keep, kept, one_by_one = SweepKeeper.keep, [], threading.Lock()

        def keep_and_die(self, number, result, files):
            with one_by_one:
                if len(kept) >= n:
                    raise Killed
                keep(self, number, result, files)
                kept.append(number)

        monkeypatch.setattr(SweepKeeper, "keep", keep_and_die)
        return lambda: monkeypatch.setattr(SweepKeeper, "keep", keep)

    return at


def check_same(one, other):
    columns = [name for name in one.table.columns if name != "seconds"]
    assert one.table[columns].equals(other.table[columns])
    for a, b in zip(one, other, strict=True):
        assert a.history == b.history
        for mine, theirs in zip(a.model.variables, b.model.variables, strict=True):
            np.testing.assert_array_equal(np.asarray(mine.value), np.asarray(theirs.value))


@pytest.mark.parametrize("exact", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_trains_what_is_left(sweep, builds, broken_off, tmp_path, exact):
    whole = sweep(out=None, exact=exact, probes="all")
    mend = broken_off(3)
    with pytest.raises(Killed):
        sweep(exact=exact, probes="all")
    mend()
    assert vitral.runs.list_runs(tmp_path)[0].status == "unfinished"
    assert "3 of 8" in vitral.runs.list_runs(tmp_path)[0].message
    builds.clear()
    again = sweep(exact=exact, probes="all", resume=True)
    assert len(builds) == 5
    if exact:
        check_same(whole, again)
        check_same(whole, vitral.open_run(tmp_path / "sweep"))
        quantity = whole[0].recording.series[0].values["mean"]
        np.testing.assert_array_equal(quantity, again[0].recording.series[0].values["mean"])
    assert again.status == "done"
    assert sorted(number for group in again.groups for number in group.variants) == list(range(8))
    assert not (tmp_path / "sweep" / "vitral-checkpoint").exists()


def test_one_that_replaces_another_is_kept_beside_it(sweep, builds, broken_off, tmp_path):
    older = sweep(over={"rate": [0.2], "width": [2], "seed": [7]})
    whole = sweep(out=None)
    mend = broken_off(3)
    with pytest.raises(Killed):
        sweep(overwrite=True)
    mend()
    check_same(older, vitral.open_run(tmp_path / "sweep"))
    assert vitral.runs.list_runs(tmp_path)[0].has_successor
    with pytest.raises(RunFolderError, match="broken off"):
        sweep(overwrite=True)
    builds.clear()
    sweep(resume=True)
    assert len(builds) == 5
    check_same(whole, vitral.open_run(tmp_path / "sweep"))
    assert not vitral.runs.list_runs(tmp_path)[0].has_successor


def test_a_damaged_variant_is_trained_again(sweep, builds, broken_off, tmp_path):
    whole = sweep(out=None)
    mend = broken_off(4)
    with pytest.raises(Killed):
        sweep()
    mend()
    kept = sorted((tmp_path / "sweep" / "vitral-checkpoint").glob("variant-*.safetensors"))
    kept[0].write_bytes(kept[0].read_bytes()[:-10])
    kept[1].with_suffix(".json").write_text("{")
    builds.clear()
    again = sweep(resume=True)
    assert len(builds) == 6
    check_same(whole, again)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"over": {**OVER, "rate": [0.1, 0.2]}}, "over must be as in the sweep"),
        ({"callbacks": [keras.callbacks.TerminateOnNaN()]}, "callbacks must be as in the sweep"),
        ({"sample_weight": np.ones(40)}, "sample_weight must be as in the sweep"),
        ({"epochs": 4}, "epochs must be as in the sweep"),
        ({"y": (Y + 1) % 3}, "x and y must be as in the sweep"),
        ({"probes": "all"}, "probes must be as in the sweep"),
        ({"out": None}, "resume must go with a folder"),
        ({"resume": 1}, "resume must be True or False"),
        ({"over": {"rate": [0.1], "width": [3]}}, "seed must be given"),
    ],
)
def test_asks_for_the_same(sweep, broken_off, change, words):
    mend = broken_off(2)
    with pytest.raises(Killed):
        sweep()
    mend()
    with pytest.raises(ArgumentError, match=words):
        sweep(**{"resume": True, **change})


def test_nothing_to_go_on_with(sweep, tmp_path):
    with pytest.raises(RunFolderError, match="holds none"):
        sweep(resume=True)
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_that_fails_leaves_nothing(sweep, tmp_path):
    with pytest.raises(ArgumentError):
        sweep(batch_size=-1)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_a_sweep_that_was_broken_off_is_not_taken(sweep, broken_off, tmp_path):
    mend = broken_off(2)
    with pytest.raises(Killed):
        sweep()
    mend()
    with pytest.raises(RunFolderError, match="broken off"):
        sweep()
    with pytest.raises(RunFolderError, match="holds a sweep"):
        vitral.resume(tmp_path / "sweep")
    with pytest.raises(RunFolderError, match="resume=True"):
        vitral.open_run(tmp_path / "sweep")


def test_a_disk_that_is_full_ends_the_keeping_not_the_sweep(sweep, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vitral.runs.variants.VariantFiles.copy", full)
    with pytest.warns(VitralWarning, match="No space left"):
        found = sweep()
    assert found.count("done") == 8
    assert found.path is None

"""kill -9 at random moments: a training goes on to the same bits, a save leaves the old run or the new one."""

import time

import keras
import kills
import numpy as np
import pytest

import vitral


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """What a training prints that nobody kills, and the seconds that it takes after it is ready."""
    return timed("train", tmp_path_factory.mktemp("uninterrupted") / "run")


@pytest.fixture(scope="module")
def uninterrupted_sweep(tmp_path_factory):
    return timed("sweep", tmp_path_factory.mktemp("uninterrupted") / "run")


def timed(what, folder):
    process = kills.start(what, folder)
    began = time.monotonic()
    return kills.finish(process), time.monotonic() - began


def check_killed(what, folder, n_kills, seconds, expected):
    """Kill a training or a sweep so many times, each time somewhere in what is left of it, then let it end."""
    landed = 0
    for moment in kills.moments(n_kills, seconds, seed=n_kills):
        found = kills.kill_after(kills.start(what, folder), moment)
        if found is not None:  # it was faster
            assert found == expected
            break
        landed += 1
        for run in vitral.runs.list_runs(folder.parent):
            assert run.status in ("unfinished", "done"), run.reason
    assert kills.finish(kills.start(what, folder)) == expected
    assert landed
    assert vitral.open_run(folder).status == "done"


def test_a_training_that_is_killed_ends_with_the_same_bits(uninterrupted, tmp_path):
    expected, seconds = uninterrupted
    check_killed("train", tmp_path / "run", 4, seconds, expected)


@pytest.mark.slow
@pytest.mark.parametrize("round", range(20))
def test_a_training_that_is_killed_often_ends_with_the_same_bits(uninterrupted, tmp_path, round):
    expected, seconds = uninterrupted
    check_killed("train", tmp_path / "run", 5, seconds * (0.5 + round / 20), expected)


def test_a_sweep_that_is_killed_ends_with_the_same_bits(uninterrupted_sweep, tmp_path):
    expected, seconds = uninterrupted_sweep
    check_killed("sweep", tmp_path / "run", 2, seconds, expected)


@pytest.mark.slow
@pytest.mark.parametrize("round", range(8))
def test_a_sweep_that_is_killed_often_ends_with_the_same_bits(uninterrupted_sweep, tmp_path, round):
    expected, seconds = uninterrupted_sweep
    check_killed("sweep", tmp_path / "run", 5, seconds * (0.6 + round / 16), expected)


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    for name in ("a", "b"):
        keras.utils.set_random_seed(ord(name))
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        vitral.fit(model, *kills._data(), epochs=2, verbose=0, out=folder / name)
    return folder / "a", folder / "b"


def check_saves(two_runs, target, n_kills):
    histories = [vitral.open_run(path).history for path in two_runs]
    vitral.open_run(two_runs[0]).save(target)
    (target / "notes.txt").write_text("mine")
    for moment in kills.moments(n_kills, 0.3, seed=n_kills):
        assert kills.kill_after(kills.start("save", *two_runs, target), moment) is None
        found = vitral.open_run(target)
        assert found.history in histories
        own = vitral.open_run(two_runs[histories.index(found.history)])
        for mine, theirs in zip(own.model.weights, found.model.weights, strict=True):
            np.testing.assert_array_equal(np.asarray(mine.value), np.asarray(theirs.value))


def test_a_save_that_is_killed_leaves_the_old_run_or_the_new_one(two_runs, tmp_path):
    check_saves(two_runs, tmp_path / "run", 4)


@pytest.mark.slow
def test_saves_that_are_killed_often_leave_a_whole_run(two_runs, tmp_path):
    check_saves(two_runs, tmp_path / "run", 60)

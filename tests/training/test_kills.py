"""kill -9 at random moments: a training goes on to the same bits, a save leaves the old run or the new one."""

import keras
import kills
import numpy as np
import pytest

import vitral


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """What a training and a sweep print that nobody kills."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    found = {}

    def ask(what):
        if what not in found:
            found[what] = kills.finish(kills.start(what, folder / what))
        return found[what]

    return ask


def check_killed(what, folder, n_kills, expected, seed):
    """Kill a training or a sweep so many times, each time after it has kept something more, then let it end."""
    landed = 0
    for ticks, seconds in kills.moments(n_kills, seed):
        landed += kills.kill_at(kills.start(what, folder), ticks, seconds)
        for run in vitral.runs.list_runs(folder.parent):
            assert run.status in ("unfinished", "done"), run.reason
    assert landed
    assert kills.finish(kills.start(what, folder)) == expected
    assert vitral.open_run(folder).status == "done"


@pytest.mark.parametrize(("what", "n_kills"), [("train", 4), ("sweep", 2)])
def test_what_is_killed_ends_with_the_same_bits(uninterrupted, tmp_path, what, n_kills):
    check_killed(what, tmp_path / "run", n_kills, uninterrupted(what), seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 21))
@pytest.mark.parametrize(("what", "n_kills"), [("train", 5), ("sweep", 2)])
def test_what_is_killed_often_ends_with_the_same_bits(uninterrupted, tmp_path, what, n_kills, seed):
    check_killed(what, tmp_path / "run", n_kills, uninterrupted(what), seed)


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
    for _, seconds in kills.moments(n_kills, seed=n_kills):
        assert kills.kill_at(kills.start("save", *two_runs, target), 0, 6 * seconds)
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

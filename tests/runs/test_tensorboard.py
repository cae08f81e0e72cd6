"""Event files, read back by TensorBoard itself: the very numbers of the history, the very counts of the weights."""

import math
import subprocess
import sys
from datetime import datetime

import numpy as np
import pytest
from building import run_of
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_events import RNG, X, Y, check_counts, files_in, network, points, read, series
from tensorboardX.record_writer import masked_crc32c

import vitral
from vitral._errors import ArgumentError, RunFolderError
from vitral.probes import bin_edges
from vitral.probes.recording import Recording
from vitral.runs.tensorboard_events import histogram
from vitral.runs.tensorboard_records import to_record


@pytest.fixture(scope="module", autouse=True)
def _kept_programs(compilation_cache):
    return compilation_cache


@pytest.fixture(scope="module")
def run():
    """Four epochs, validated every second, with everything measured."""
    recorder = vitral.probes.Recorder("all", X[:20], Y[:20])
    arguments = {"epochs": 4, "validation_data": (X[:9], Y[:9]), "validation_freq": 2, "seed": 1, "verbose": 0}
    found = vitral.fit(network(), X, Y, callbacks=[recorder], **arguments)
    found.recording = recorder.recording
    return found


# ---------------------------------------------------------------- a run


def test_metrics_are_those_of_the_history_where_keras_puts_them(run, tmp_path):
    assert run.to_tensorboard(tmp_path / "logs") == tmp_path / "logs"
    assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == ["train", "validation"]
    for metric in ("loss", "accuracy"):
        tag = f"epoch_{metric}"
        assert points(tmp_path / "logs" / "train", tag) == dict(enumerate(run.history[metric]))
        assert points(tmp_path / "logs" / "validation", tag) == dict(
            zip((1, 3), run.history[f"val_{metric}"], strict=True)
        )


def test_times_are_those_of_the_training(run, tmp_path):
    run.to_tensorboard(tmp_path)
    times = [event.wall_time for event in read(tmp_path / "train").Scalars("epoch_loss")]
    start = datetime.fromisoformat(run.started).timestamp()
    assert times == sorted(set(times))
    assert start + run.compile_seconds < times[0]
    assert times[-1] == pytest.approx(start + run.seconds)


def test_histograms_are_those_of_the_weights(run, tmp_path):
    run.to_tensorboard(tmp_path)
    events = read(tmp_path / "train")
    for variable in run.model.trainable_variables:
        values = np.asarray(variable.value).ravel()
        found = events.Histograms(f"layer_weights/{'/'.join(variable.path.split('/')[-2:])}")
        assert [event.step for event in found] == [0, 1, 2, 3, 4]
        check_counts(found[-1], values)
        last = found[-1].histogram_value
        assert last.sum == pytest.approx(values.astype(float).sum(), rel=1e-4, abs=1e-6)
        assert last.sum_squares == pytest.approx((values.astype(float) ** 2).sum(), rel=1e-4)
        assert set(last.bucket_limit) <= set(bin_edges())


def test_every_count_of_every_probe_is_there(run, tmp_path):
    run.to_tensorboard(tmp_path)
    events = read(tmp_path / "train")
    tags = {f"layer_{one.probe}/{one.layer}": one for one in run.recording.series}
    assert set(events.Tags()["histograms"]) == set(tags)
    for tag, one in tags.items():
        for event, row in zip(events.Histograms(tag), one.counts, strict=True):
            assert sum(event.histogram_value.bucket) == event.histogram_value.num == one.size
            assert [n for n in event.histogram_value.bucket if n] == row[row > 0].tolist()


def test_quantities_are_scalars_but_none_that_a_layer_does_not_have(run, tmp_path):
    run.to_tensorboard(tmp_path)
    folder = tmp_path / "train"
    norms = points(folder, "layer_gradients_norm/hidden/kernel")
    assert list(norms) == [0, 1, 2, 3, 4]
    assert list(norms.values()) == run.recording.get("gradients", "hidden/kernel", "norm").tolist()
    tags = read(folder).Tags()["scalars"]
    groups = {tag.split("/")[0] for tag in tags if "layer_activations" in tag}
    names = ("dead", "max", "mean", "min", "norm", "saturated", "std", "zeros")
    assert groups == {f"layer_activations_{name}" for name in names}
    assert "layer_activations_saturated/out" in tags
    assert "layer_activations_saturated/hidden" not in tags  # a ReLU has no two limits


def test_a_metric_with_a_value_for_each_class(tmp_path):
    history = {"loss": [1.0, 0.5], "f1": [[0.25, 0.5], [0.75, 1.0]], "note": ["a", "b"]}
    made = run_of(None, epoch=[0, 1])
    made.history = history
    made.to_tensorboard(tmp_path)
    assert points(tmp_path / "train", "epoch_f1/1") == {0: 0.5, 1: 1.0}
    assert sorted(read(tmp_path / "train").Tags()["scalars"]) == ["epoch_f1/0", "epoch_f1/1", "epoch_loss"]


def test_what_counts_in_steps_lies_apart(tmp_path):
    made = run_of(None, epoch=[0, 1])
    made.history, made.params = {"loss": [1.0, 0.5]}, {"steps": 10}
    made.recording = Recording([series([1.0, 2.0], unit="steps", at=[0, 5])])
    made.to_tensorboard(tmp_path)
    events = read(tmp_path / "steps").Histograms("layer_weights/dense/kernel")
    assert [event.step for event in events] == [0, 5]
    assert events[1].wall_time - events[0].wall_time == pytest.approx((made.seconds - made.compile_seconds) / 4)
    assert read(tmp_path / "train").Tags()["histograms"] == []


# ---------------------------------------------------------------- histograms of anything


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_counts_stay_between_their_edges_and_gaps_are_one_bucket(values):
    x = np.asarray(values, np.float32).astype(float)
    one = series(values)
    found = histogram(one, 0)
    lefts, rights = [found.min, *found.bucket_limit[:-1]], [*found.bucket_limit[:-1], found.max]
    assert (np.diff(found.bucket_limit) > 0).all()
    assert found.bucket[0] > 0
    assert found.bucket[-1] > 0
    for left, right, count, following in zip(lefts, rights, found.bucket, [*found.bucket[1:], 1], strict=True):
        assert count or following, "two empty buckets in a row"
        assert not count or ((x >= left) & (x <= right)).sum() >= count
        assert count or not ((x > left) & (x < right)).any()
    assert sum(found.bucket) == found.num == len(x)
    assert np.isclose(found.sum_squares, (x**2).sum())


def test_what_is_not_finite_is_in_no_bucket_but_told():
    found = histogram(series([1.0, -3.0, math.inf, math.nan]), 0)
    assert (found.num, sum(found.bucket)) == (2, 2)
    assert found.min <= -3 < 1 <= found.max < 2
    assert histogram(series([math.nan, math.inf]), 0) is None


def test_the_share_of_what_is_not_finite_shows_when_there_is_some(tmp_path):
    made = run_of(None, epoch=[0])
    made.recording = Recording([series([1.0, math.nan])])
    made.to_tensorboard(tmp_path)
    assert points(tmp_path / "train", "layer_weights_nonfinite/dense/kernel") == {0: 1}


@pytest.mark.parametrize("n", [0, 1, 3, 4, 5, 2047, 2048, 2049, 2051, 2052, 9000])
def test_checksums_are_those_of_tensorboardx(n):
    for content in (RNG.bytes(n), bytes(n), b"\xff" * n):
        assert to_record(content)[12:] == content + masked_crc32c(content).to_bytes(4, "little")
    length = n.to_bytes(8, "little")
    assert to_record(bytes(n))[:12] == length + masked_crc32c(length).to_bytes(4, "little")


# ---------------------------------------------------------------- whose files they are


def test_writing_again_replaces_and_so_does_the_opened_run(run, tmp_path):
    logs = run.to_tensorboard(tmp_path / "logs")
    first = files_in(logs)
    run.to_tensorboard(logs)
    assert files_in(logs) == first
    vitral.open_run(run.save(tmp_path / "saved")).to_tensorboard(logs)
    assert files_in(logs) == first
    assert len(read(logs / "train").Scalars("epoch_loss")) == 4


def test_another_run_is_refused_or_replaced_as_a_whole(run, tmp_path):
    logs = run.to_tensorboard(tmp_path)
    (logs / "train" / "notes.txt").write_text("mine")
    before = files_in(logs)
    other = run_of(None, epoch=[0])
    other.history = {"loss": [7.0]}
    with pytest.raises(ArgumentError, match=r"directory must hold no events of another training.*overwrite=True"):
        other.to_tensorboard(logs)
    assert files_in(logs) == before
    other.to_tensorboard(logs, overwrite=True)
    assert points(logs / "train", "epoch_loss") == {0: 7.0}
    assert not (logs / "validation").exists()
    assert (logs / "train" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("place", ["", "train", "validation", "000-rate=1"])
def test_files_of_other_programs_are_never_touched(run, tmp_path, place):
    foreign = tmp_path / place / "events.out.tfevents.1700000000.host.1.0.v2"
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_bytes(b"theirs")
    for overwrite in (False, True):
        with pytest.raises(ArgumentError, match=r"must hold no events of another training.*remove them first"):
            run.to_tensorboard(tmp_path, overwrite=overwrite)
    assert list(files_in(tmp_path).values()) == [b"theirs"]


def test_other_runs_beside_it_are_not_in_the_way(run, tmp_path):
    run.to_tensorboard(tmp_path / "first")
    run.to_tensorboard(tmp_path)
    assert len(files_in(tmp_path)) == 4


def test_a_directory_that_is_none(run, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="directory must be a folder"):
        run.to_tensorboard(tmp_path / "file")
    with pytest.raises(ArgumentError, match="directory must be the path of a folder: got 7"):
        run.to_tensorboard(7)
    (tmp_path / "train").write_text("in the way")
    with pytest.raises(RunFolderError, match="cannot be written"):
        run.to_tensorboard(tmp_path)


def test_neither_keras_nor_tensorflow_is_needed(tmp_path):
    code = (
        "import sys; sys.modules['tensorflow'] = None\n"
        "from vitral.runs import Run\n"
        "facts = dict(engine='', engine_reason='', settings={}, backend='', versions={}, data={}, params={})\n"
        "run = Run(history={'loss': [1.0]}, epoch=[0], started='2026-03-01', seconds=1.0, **facts)\n"
        "run.to_tensorboard(sys.argv[1])\n"
        "print({'keras', 'jax'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("set()\n", "")
    assert points(tmp_path / "train", "epoch_loss") == {0: 1.0}

"""A recording: looked up, summed, joined, shown, and kept in a run's folder, whatever somebody does to that folder."""

import hashlib
import json
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest
from building import run_of
from safetensors.numpy import load, save

from vitral._errors import ArgumentError, RunFolderError, UnknownNameError
from vitral.probes import Weights, bin_edges, bins
from vitral.probes.layout import measure_look, to_recording
from vitral.probes.probe import Look
from vitral.probes.recording import Series
from vitral.runs import Recording, open_run

RNG = np.random.default_rng(0)
KERNELS = [RNG.normal(size=(4, 3)).astype("float32") * 10.0**-e for e in range(5)]
BIASES = [np.float32([0, e, np.nan if e == 4 else -e]) for e in range(5)]


def recorded(at=range(5), **fields):
    """Weights of two arrays, as a plan would record them; layer names as hostile as they come."""
    parts = []
    for i in at:
        look = Look(weights={"a/<b>/kernel": KERNELS[i], "a/<b>/bias": BIASES[i]}, **fields)
        look_entries, measured = measure_look([Weights()], look, np)
        parts.append(to_recording(look_entries, [i], {k: v[None] for k, v in measured.items()}))
    return Recording.join(parts)


NOTHING = {"gradients": {}, "updates": {}, "activations": {}, "sources": {}}


@pytest.fixture(scope="module")
def recording():
    return recorded(**NOTHING)


def same(a, b):
    def plain(series):
        values = {name: v.tobytes() for name, v in series.values.items()}
        return (
            series.probe,
            series.layer,
            series.unit,
            series.size,
            series.at.tolist(),
            values,
            series.spread().tolist(),
        )

    return [plain(s) for s in a.series] == [plain(s) for s in b.series]


# ---------------------------------------------------------------- looking things up


def test_what_was_measured_is_found_by_probe_layer_and_quantity(recording):
    assert recording.probes == ["weights"]
    assert recording.layers("weights") == ["a/<b>/kernel", "a/<b>/bias"]
    assert recording.at("weights", "a/<b>/bias").tolist() == [0, 1, 2, 3, 4]
    assert recording.unit("weights", "a/<b>/bias") == "epochs"
    assert recording.size("weights", "a/<b>/kernel") == 12
    np.testing.assert_allclose(
        recording.get("weights", "a/<b>/kernel", "norm"), [np.linalg.norm(k) for k in KERNELS], rtol=1e-6
    )
    assert recording.get("weights", "a/<b>/bias", "nonfinite").tolist() == [0, 0, 0, 0, 1]
    assert recording.get("weights", "a/<b>/bias", "zeros").tolist() == [1, 1 / 3, 1 / 3, 1 / 3, 1 / 3]
    assert recording.get("weights", "a/<b>/kernel", "histogram").shape == (5, bins.N_BINS)


def test_a_layer_s_histogram_sums_its_variables(recording):
    edges, counts = recording.histogram("a/<b>", "weights", epoch=2)
    np.testing.assert_array_equal(edges, bin_edges())
    both = np.concatenate([KERNELS[2].ravel(), BIASES[2]]).astype(np.float64)
    assert counts.sum() == 15
    assert counts[(edges[:-1] >= 0)].sum() == (both > 0).sum()
    _, bias = recording.histogram("a/<b>/bias", "weights")
    assert bias.sum() == 2  # of three one is NaN, the last time
    assert recording.histogram("a", "weights", epoch=0)[1].sum() == 15


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda r: r.get("weight", "a/<b>/bias", "mean"), "probe must be .* got 'weight'. Did you mean 'weights'"),
        (lambda r: r.get("weights", "a/<b>/bia", "mean"), "layer must be .* Did you mean 'a/<b>/bias'"),
        (lambda r: r.get("weights", "a/<b>/bias", "mode"), "quantity must be .* Known: .*histogram"),
        (lambda r: r.histogram("dense", "weights"), "layer must name layers .* got 'dense'.*Known: a/<b>/bias"),
        (lambda r: r.histogram("a", "weights", epoch=7), "epoch must be one after which .* got 7. Known epochs: 0, 1"),
        (lambda r: r.layers("gradients"), "probe must be"),
    ],
)
def test_what_is_not_there_is_a_sentence(recording, ask, words):
    with pytest.raises(ArgumentError, match=words) as caught:
        ask(recording)
    assert "epoch must" in words or isinstance(caught.value, UnknownNameError)


def test_as_a_table(recording):
    frame = recording.to_frame()
    assert list(frame.columns[:4]) == ["probe", "layer", "unit", "at"]
    assert len(frame) == 10
    row = frame[(frame["layer"] == "a/<b>/kernel") & (frame["at"] == 3)].iloc[0]
    np.testing.assert_allclose(row["max"], KERNELS[3].max())
    assert Recording().to_frame().empty


def test_in_a_notebook(recording):
    shown = recording._repr_html_()
    assert "a/&lt;b&gt;/kernel" in shown
    assert "<b>" not in shown
    assert f"{KERNELS[4].max():.4g}" in shown
    assert repr(recording) == "<Recording weights of 2>"
    assert "0 arrays" in Recording()._repr_html_()


# ---------------------------------------------------------------- joining


def test_recordings_join_in_time(recording):
    early, late = recorded([0, 1], **NOTHING), recorded([2, 3, 4], **NOTHING)
    assert same(Recording.join([early, late]), recording)
    assert same(Recording.join([recording]), recording)
    with pytest.raises(ArgumentError, match="must follow each other in time"):
        Recording.join([late, early])
    with pytest.raises(ArgumentError, match="must follow each other in time"):
        Recording.join([early, early])


def test_the_same_thing_twice_is_refused(recording):
    with pytest.raises(ArgumentError, match="series must differ"):
        Recording([*recording.series, recording.series[0]])


# ---------------------------------------------------------------- in a run's folder


def run_with(recording):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    return run_of(model, recording=recording)


def test_a_recording_comes_back_to_the_bit(recording, tmp_path):
    run = run_with(recording)
    assert run.recording is recording
    path = run.save(tmp_path / "a")
    opened = open_run(path)
    assert same(opened.recording, recording)
    assert [s.first_bin for s in opened.recording.series] == [s.first_bin for s in recording.series]
    assert same(open_run(opened.save(tmp_path / "b")).recording, recording)
    counts = load((path / "arrays.safetensors").read_bytes())["recording/0/counts"]
    assert counts.shape[1] < bins.N_BINS  # of 1,019 bins those that were used
    np.testing.assert_array_equal(counts.sum(axis=1), [12] * 5)


@pytest.mark.parametrize("empty", [None, Recording()])
def test_a_run_without_one(empty, tmp_path):
    opened = open_run(run_with(empty).save(tmp_path / "a"))
    assert (opened.recording is None) == (empty is None)
    assert empty is None or opened.recording.probes == []


def test_a_run_of_an_earlier_vitral_has_none(tmp_path):
    path = run_with(None).save(tmp_path / "a")
    record = json.loads((path / "run.json").read_text())
    del record["recording"]
    (path / "run.json").write_text(json.dumps(record))
    assert open_run(path).recording is None


def test_a_probe_that_was_never_due_is_kept(tmp_path):
    entries, measured = measure_look([Weights(every=5)], Look(weights={"w": KERNELS[0]}, **NOTHING), np)
    never = to_recording(entries, [1], {k: v[None] for k, v in measured.items()})
    assert len(never.at("weights", "w")) == 0
    assert same(open_run(run_with(never).save(tmp_path / "a")).recording, never)
    assert never.to_frame().empty
    with pytest.raises(ArgumentError, match="Known epochs: none"):
        never.histogram("w", "weights")


def test_counts_beyond_32_bits_are_kept(tmp_path):
    many = Series(
        probe="weights",
        layer="w",
        unit="steps",
        size=2**40,
        at=np.array([3]),
        values={name: np.zeros(1) for name in recorded([0], **NOTHING).series[0].values},
        first_bin=7,
        counts=np.array([[2**40]]),
    )
    found = open_run(run_with(Recording([many])).save(tmp_path / "a")).recording
    assert found.histogram("w", "weights", epoch=3)[1][7] == 2**40


def test_opening_a_recording_imports_nothing_heavy(recording, tmp_path):
    path = run_with(recording).save(tmp_path / "a")
    script = f"""
        import sys
        import vitral.runs
        recording = vitral.runs.open_run({str(path)!r}).recording
        recording.get("weights", "a/<b>/bias", "mean"), recording.histogram("a", "weights"), recording._repr_html_()
        print(sorted({{m.split(".")[0] for m in sys.modules}} & {{"keras", "jax", "pandas", "sklearn", "matplotlib"}}))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# ---------------------------------------------------------------- damaged and hostile


@pytest.fixture(scope="module")
def kept(recording, tmp_path_factory):
    return run_with(recording).save(tmp_path_factory.mktemp("kept") / "run")


def damaged(kept, folder, edit=list, change=list):
    """A copy of the run whose record and arrays were edited, with sizes and checksums that are right again."""
    record = json.loads((kept / "run.json").read_text())
    arrays = load((kept / "arrays.safetensors").read_bytes())
    record["recording"] = edit(record["recording"])
    change(arrays)
    content = save(arrays)
    record["files"]["arrays.safetensors"] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    folder.mkdir()
    (folder / "model.keras").write_bytes((kept / "model.keras").read_bytes())
    (folder / "arrays.safetensors").write_bytes(content)
    (folder / "run.json").write_text(json.dumps(record))
    return folder


def test_the_editing_itself_does_no_damage(kept, tmp_path, recording):
    assert same(open_run(damaged(kept, tmp_path / "a")).recording, recording)


@pytest.mark.parametrize(
    "edit",
    [
        lambda e: {"0": e[0]},
        lambda e: e[0]["probe"],
        lambda e: [*e, e[0]],
        lambda e: [*e, None],
        lambda e: [e[0], {**e[1], "layer": e[0]["layer"]}],
        lambda e: [{**e[0], "probe": 3}],
        lambda e: [{**e[0], "layer": ["a"]}],
        lambda e: [{**e[0], "unit": "years"}],
        lambda e: [{**e[0], "size": 13}],
        lambda e: [{**e[0], "size": -12}],
        lambda e: [{**e[0], "size": True}],
        lambda e: [{**e[0], "size": 10**400}],
        lambda e: [{**e[0], "first_bin": -1}],
        lambda e: [{**e[0], "first_bin": 1018}],
        lambda e: [{**e[0], "first_bin": 10**30}],
        lambda e: [{**e[0], "first_bin": 1.5}],
        lambda e: [{**e[0], "quantities": e[0]["quantities"][1:]}],
        lambda e: [{**e[0], "quantities": ["mean"] * len(e[0]["quantities"])}],
        lambda e: [{**e[0], "quantities": list(range(len(e[0]["quantities"])))}],
        lambda e: [{**e[0], "quantities": "mean"}],
        lambda e: [{**e[0], "quantities": [q.replace("q95", "q96") for q in e[0]["quantities"]]}, e[1]],
        lambda e: [{**e[0], "quantities": [q.replace("norm", "q96") for q in e[0]["quantities"]]}, e[1]],
        lambda e: [{k: v for k, v in e[0].items() if k != "unit"}],
    ],
)
def test_a_record_that_makes_no_sense_is_one_sentence(kept, tmp_path, edit):
    with pytest.raises(RunFolderError, match="do not fit each other"):
        open_run(damaged(kept, tmp_path / "a", edit))


def put(name, value):
    return lambda arrays: arrays.update({f"recording/0/{name}": value(arrays[f"recording/0/{name}"])})


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays.pop("recording/0/at"),
        lambda arrays: arrays.pop("recording/1/counts"),
        put("at", lambda a: a[::-1].copy()),
        put("at", lambda a: a - 1),
        put("at", lambda a: a[:-1].copy()),
        put("at", lambda a: a.astype(np.float64)),
        put("at", lambda a: a[:, None].copy()),
        put("values", lambda a: a[:-1].copy()),
        put("values", lambda a: a.astype(np.float32)),
        put("values", lambda a: a[..., None].copy()),
        put("counts", lambda a: a + 1),
        put("counts", lambda a: -a),
        put("counts", lambda a: a.astype(np.float64)),
        put("counts", lambda a: a[:-1].copy()),
        put("counts", lambda a: a.ravel().copy()),
        put("counts", lambda a: np.pad(a, ((0, 0), (0, 2000)))),
    ],
)
def test_arrays_that_make_no_sense_are_one_sentence(kept, tmp_path, change):
    with pytest.raises(RunFolderError, match="do not fit each other"):
        open_run(damaged(kept, tmp_path / "a", change=change))

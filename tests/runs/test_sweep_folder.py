"""A sweep's folder that was damaged, or that a stranger has written: one sentence, and nothing of it is believed."""

import hashlib
import io
import json

import numpy as np
import pytest
from building import run_of
from test_recording import NOTHING, recorded, same

from vitral._errors import ArgumentError, RunFolderError
from vitral.runs import Sweep, VariantFiles, VariantResult, list_runs, main_metric, open_run, plain_fields
from vitral.runs.tensorboard_variants import sample
from vitral.views import sweep_curves

HISTORIES = [
    {"loss": [3.0, 1.0], "val_loss": [3.0, 1.0], "val_accuracy": [0.5, 0.7]},
    {"loss": [2.0, 2.0], "val_loss": [2.0, 2.0], "val_accuracy": [0.9, 0.8]},
    {"loss": [2.0, 1.0], "val_loss": [1.0, 5.0], "val_accuracy": [0.5, 0.9]},
]


def made(histories=HISTORIES):
    """A sweep as it would be, without its training."""
    files, results = VariantFiles(), []
    for number, history in enumerate(histories):
        files.write(number, ([np.ones((2, 3), np.float32)], [], []), recorded(**NOTHING))
        record = plain_fields(run_of(None, epoch=[0, 1]))
        results.append(VariantResult(values={"rate": 0.1 * number}, status="done", record=record, history=history))
    return Sweep(over=["rate"], results=results, groups=[], status="done", seconds=1, compile_seconds=0, files=files)


def edited(folder, edit=None, content=None):
    """The saved sweep with another record, or another file of variant 0, whose size and checksum are right again."""
    record = json.loads((made().save(folder) / "run.json").read_text())
    if content is not None:
        (folder / "variant-000000.safetensors").write_bytes(content)
        found = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        record["files"]["variant-000000.safetensors"] = found
    if edit is not None:
        edit(record)
    (folder / "run.json").write_text(json.dumps(record))
    return folder


# ---------------------------------------------------------------- what a record says


def test_a_record_does_not_choose_where_a_run_lies(tmp_path):
    def edit(record):
        record["results"][0]["record"].update(path="/elsewhere", model=3, evaluation_source=3, make_model=3, other=3)

    run = open_run(edited(tmp_path / "a", edit))[0]
    assert run.path is None
    assert run.evaluation_source is None
    assert run.history == HISTORIES[0]


@pytest.mark.parametrize(
    "edit",
    [
        lambda r: r["results"][0]["record"].update(status="failed"),
        lambda r: r["results"][0].update(status="splendid"),
        lambda r: r["results"][0]["record"].update(epoch=[0, 2**31]),
        lambda r: r["results"][0]["record"].update(epoch=[0, -1]),
        lambda r: r["results"][0]["record"].update(epoch=[0]),
        lambda r: r["results"][0]["values"].update(width=3),
        lambda r: r["results"][0].update(message=3),
        lambda r: r["results"][0]["values"].update(rate="\ud800"),
        lambda r: r.update(over=["rate", "\udfff"]),
        lambda r: r.update(seconds=10**400),
    ],
)
def test_a_record_that_makes_no_sense_is_one_sentence(tmp_path, edit):
    folder = edited(tmp_path / "a", edit)
    with pytest.raises(RunFolderError, match="is damaged"):
        open_run(folder)
    assert [summary.status for summary in list_runs(folder)] == ["damaged"]


def test_a_value_that_is_no_text_does_not_close_the_folder(tmp_path):
    sweep = made()
    sweep.results[0].values["rate"] = "caf\udce9"
    assert open_run(sweep.save(tmp_path / "a")).variants[0] == {"rate": "caf\\udce9"}


# ---------------------------------------------------------------- what a variant's file holds


def packed(header, content=b""):
    """A safetensors file by its format: the header's length, the header, the numbers."""
    text = json.dumps(header).encode() if isinstance(header, dict) else header
    return len(text).to_bytes(8, "little") + text + content


def entry(shape=(1,), dtype="F32", end=4):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [0, end]}


def pickled():
    """What NumPy reads only by running it."""
    file = io.BytesIO()
    np.savez(file, **{"0/0": np.array([object()])})
    return file.getvalue()


def bomb():
    """A zip file that is a thousand times as large once it is unpacked."""
    file = io.BytesIO()
    np.savez_compressed(file, **{"0/0": np.zeros((1 << 20,), np.float32)})
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "reads"),
    [
        (b"no arrays", "both"),
        (b"", "both"),
        (pickled(), "both"),
        (bomb(), "both"),
        (packed(b"{"), "both"),
        (packed({})[:-1], "both"),
        ((2**63).to_bytes(8, "little"), "both"),
        (packed({"0/0": entry()}), "both"),
        (packed({"0/0": entry(end=2**40)}, b"1234"), "both"),
        (packed({"0/0": entry((2**40, 2**40))}, b"1234"), "both"),
        (packed({"0/0": entry(dtype="O")}, b"1234"), "both"),
        (packed({"0/0": entry(dtype="F4", shape=(8,))}, b"1234"), "both"),
        (packed({"7/0": entry()}, b"1234"), "model"),
        (packed({"a": entry()}, b"1234"), "model"),
        (packed({"0/3": entry()}, b"1234"), "model"),
        (packed({"0/-1": entry()}, b"1234"), "model"),
        (packed({"recording": entry()}, b"1234"), "recording"),
        (packed({"recording": entry((4,), "U8")}, b"[[[["), "recording"),
        (packed({"recording": entry((4,), "U8")}, b"null"), "neither"),
        (packed({"recording": entry((4,), "U8")}, b"true"), "recording"),
        (packed({"recording": entry((40_000,), "U8", 40_000)}, b"[" * 40_000), "recording"),
    ],
)
def test_a_damaged_file_of_a_variant_is_one_sentence(tmp_path, content, reads):
    sweep = open_run(edited(tmp_path / "a", content=content))
    if reads in ("both", "model"):
        with pytest.raises(RunFolderError, match=r"variant-000000\.safetensors' is damaged"):
            sweep.files.read(0)
    if reads in ("both", "recording"):
        with pytest.raises(RunFolderError, match=r"variant-000000\.safetensors' is damaged"):
            _ = sweep[0].recording
    assert same(sweep[1].recording, recorded(**NOTHING))


# ---------------------------------------------------------------- what is read when


def test_a_recording_is_read_when_it_is_asked_for(tmp_path, monkeypatch):
    sweep, asked = open_run(made().save(tmp_path / "a")), []
    read = sweep.files.read_recording
    monkeypatch.setattr(sweep.files, "read_recording", lambda number: (asked.append(number), read(number))[1])
    sweep_curves(sweep, "loss")
    assert [run.summary()["epochs"] for run in sweep] == [2, 2, 2]
    assert not asked
    run = sweep[1]
    assert run.recording is run.recording is not None
    assert asked == [1]
    other = recorded(**NOTHING)
    run.recording = other
    assert run.recording is other
    unread = sweep[2]
    unread.recording = None
    assert unread.recording is None
    assert asked == [1]


# ---------------------------------------------------------------- which is best


def test_one_order_of_variants_and_metrics(tmp_path):
    sweep = made()
    ranks = {m: [(r.variant, r.epoch, r.value) for r in sweep.ranking(m)] for m in ("val_accuracy", "loss", "val_loss")}
    assert ranks == {
        "val_accuracy": [(1, 1, 0.9), (2, 2, 0.9), (0, 2, 0.7)],
        "loss": [(0, 2, 1.0), (2, 2, 1.0), (1, 1, 2.0)],
        "val_loss": [(0, 2, 1.0), (2, 1, 1.0), (1, 1, 2.0)],
    }
    assert main_metric(sweep.metrics) == "val_accuracy"
    assert sweep.best_number("val_accuracy") == 1
    assert sample(sweep, 1) == [1]
    (summary,) = list_runs(sweep.save(tmp_path / "a"))
    assert summary.metrics["val_accuracy"]["best"] == 0.9
    assert summary.metrics["loss"]["last"] == 2.0


def test_the_epoch_of_a_rare_validation_is_its_own():
    sweep = made([{"loss": [3.0, 1.0], "val_loss": [2.0]}])
    sweep.results[0].record["settings"]["validation_freq"] = 2
    assert sweep.ranking("val_loss")[0].epoch == 2


def test_what_is_nowhere_finite_has_no_best():
    sweep = made([{"loss": [np.nan, np.inf]}])
    assert sweep.ranking("loss") == []
    assert sample(sweep, 1) == [0]
    with pytest.raises(ArgumentError, match="finite value"):
        sweep.best_number("loss")

"""Run folders that somebody else has written: whatever is in them, a report comes of it, or one sentence.

A stranger makes sizes and checksums right again; what is believed then is only what makes sense. Nothing is run.
"""

import copy
import hashlib
import json
import shutil
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vitral
from vitral._errors import VitralError
from vitral.report import write_report
from vitral.runs import Sweep, list_runs, open_run
from vitral.runs.arrays import pack, unpack

EVIL = "</style><script>alert(1)</script>\"'&<b onclick=alert(1)>"
KINDS = ("run", "sweep")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A run and a sweep of two, with all that a run can have."""
    folder = tmp_path_factory.mktemp("strangers")

    def build(rate):
        model = vitral.networks.mlp(4, 3, hidden=(3,), l2=0.01, dropout=0.1)
        model.compile(vitral.keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    data = vitral.load("iris")
    some = {"epochs": 2, "verbose": 0, "seed": 0, "batch_size": 30}
    vitral.fit(build(0.1), data, probes="all", out=folder / "run", **some)
    weights = [vitral.probes.Weights()]
    vitral.sweep(build, data, over={"rate": [0.1, 0.2]}, probes=weights, out=folder / "sweep", **some)
    return folder


def rewritten(source, target, *, record=None, files=None):
    """A copy of a folder with another record, or other files, sizes and checksums right again."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    record = json.loads((target / "run.json").read_text()) if record is None else record
    for name, content in (files or {}).items():
        (target / name).write_bytes(content)
        described = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        record["files"][name] = described
    (target / "run.json").write_text(json.dumps(record))
    return target


def look_at(folder, report=None):
    """All that can be seen of a folder, each thing seen or refused in a sentence; how many were seen."""
    (summary,) = list_runs(folder)
    assert isinstance(repr(summary), str)
    found = tried(lambda: open_run(folder))
    if found is None:
        return 0
    looks = [lambda: repr(found), lambda: found._repr_html_()]
    runs = [found]
    if isinstance(found, Sweep):
        looks += [lambda: found.table.to_html(), lambda: found.ranking("val_loss"), lambda: found.best("loss")]
        runs = [run for n in range(min(len(found), 3)) if (run := tried(lambda n=n: found[n])) is not None]
    for run in runs:
        looks += [
            lambda run=run: run.summary(),
            lambda run=run: run.table if hasattr(run, "table") else None,
            lambda run=run: run.recording,
            lambda run=run: run.evaluation,
            lambda run=run: run.model,
        ]
    if report is not None and runs:
        looks.append(lambda: write_report(runs[0], report))
    return 1 + sum(tried(look) is not None for look in looks)


def tried(look):
    """What `look` gives; None where it was refused in a sentence."""
    try:
        return look()
    except VitralError as error:
        sentence = str(error)
    assert sentence.strip()
    return None


def leaves(value, path=()):
    """Each place of a nested record: the path that leads there."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[key], (*path, key))


def at(record, path):
    for key in path:
        record = record[key]
    return record


def changed(record, path, value):
    """The record with another value at a place; with `...` nothing is there any more."""
    record = copy.deepcopy(record)
    place = at(record, path[:-1])
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return record


# No number is large: a description of a model with 10**9 units is built before its weights are seen not to fit.
_VALUES = st.one_of(
    st.sampled_from([..., None, True, False, "", EVIL, "\ud800", "\0", 0.5, -0.5, [], {}, [[]], [None]]),
    st.sampled_from([{"$number": "NaN"}, {"$number": "x"}, {"$items": [[1, 2]]}, {"$items": 3}, [0, 1], ["a", "b"]]),
    st.integers(-1, 3),
    st.lists(st.integers(-2, 5), max_size=3),
    st.dictionaries(st.sampled_from(["", "loss", "name", EVIL]), st.integers(-1, 3), max_size=2),
    st.text(max_size=5),
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_examples", [15, pytest.param(150, marks=pytest.mark.slow)])
def test_any_record_is_a_run_or_a_sentence(saved, tmp_path, kind, n_examples):
    record = json.loads((saved / kind / "run.json").read_text())
    places = [path for path in leaves(record) if path]

    @settings(derandomize=True, database=None, deadline=None, max_examples=n_examples)
    @given(st.lists(st.tuples(st.sampled_from(places), _VALUES), min_size=1, max_size=2), st.integers(0, 9))
    def look(changes, dice):
        now = record
        for path, value in changes:
            try:
                now = changed(now, path, value)
            except (KeyError, IndexError, TypeError):
                continue  # the first change took the place away
        look_at(rewritten(saved / kind, tmp_path / "at", record=now), tmp_path / "report.html" if dice == 0 else None)

    look()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_examples", [15, pytest.param(100, marks=pytest.mark.slow)])
def test_any_file_is_a_run_or_a_sentence(saved, tmp_path, kind, n_examples):
    contents = {file.name: file.read_bytes() for file in (saved / kind).iterdir() if file.name != "run.json"}
    change = st.tuples(st.integers(0, 10**6), st.integers(0, 255))

    @settings(derandomize=True, database=None, deadline=None, max_examples=n_examples)
    @given(st.sampled_from(sorted(contents)), st.lists(change, max_size=5), st.sampled_from([0, 0, 0, 1, 7, 10**5]))
    def look(name, changes, cut):
        content = bytearray(contents[name])
        for place, value in changes:
            content[place % len(content)] = value
        content = bytes(content[: len(content) - cut % len(content)])
        look_at(rewritten(saved / kind, tmp_path / "at", files={name: content}), None)

    look()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_examples", [15, pytest.param(100, marks=pytest.mark.slow)])
def test_any_array_is_a_run_or_a_sentence(saved, tmp_path, kind, n_examples):
    """Arrays of other shapes, dtypes and values, or none."""
    files = {f.name: unpack(f.read_bytes()) for f in (saved / kind).iterdir() if f.suffix == ".safetensors"}
    places = [(file, name) for file, arrays in files.items() for name in arrays]
    ways = {
        "gone": lambda _: None,
        "flat": lambda a: a.reshape(-1),
        "short": lambda a: a[:-1] if a.ndim and len(a) else a,
        "empty": lambda a: a[:0] if a.ndim else a,
        "one more axis": lambda a: a[None],
        "a number": lambda _: np.array(1.0),
        "float16": lambda a: a.astype(np.float16),
        "int8": lambda a: np.zeros(a.shape, np.int8),
        "bool": lambda a: np.ones(a.shape, bool),
        "complex": lambda a: a.astype(np.complex64),
        "NaN": lambda a: np.full(a.shape, np.nan, a.dtype) if a.dtype.kind == "f" else a,
        "infinity": lambda a: np.full(a.shape, -np.inf, a.dtype) if a.dtype.kind == "f" else a,
        "large": lambda a: np.full(a.shape, 120, a.dtype),
        "negative": lambda a: -a if a.dtype.kind in "if" else a,
    }

    @settings(derandomize=True, database=None, deadline=None, max_examples=n_examples)
    @given(st.sampled_from(places), st.sampled_from(sorted(ways)), st.integers(0, 4))
    def look(place, way, dice):
        file, name = place
        with np.errstate(all="ignore"):
            array = ways[way](files[file][name])
        arrays = {k: v for k, v in files[file].items() if k != name}
        arrays |= {} if array is None else {name: array}
        folder = rewritten(saved / kind, tmp_path / "at", files={file: pack(arrays)})
        look_at(folder, tmp_path / "report.html" if dice == 0 else None)

    look()


# ---------------------------------------------------------------- what it says, and what it would run


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_of_a_record_becomes_markup(saved, tmp_path, kind):
    """A script in every text that is believed, each alone believed, and then all of them at once."""
    record = json.loads((saved / kind / "run.json").read_text())
    texts = [path for path in leaves(record) if isinstance(at(record, path), str)]
    believed = []
    for path in texts:
        if path[0] in ("files", "models"):
            continue
        folder = rewritten(saved / kind, tmp_path / "at", record=changed(record, path, EVIL))
        found = tried(lambda folder=folder: open_run(folder))
        if found is not None and (kind == "run" or tried(lambda found=found: found[0]) is not None):
            believed.append(path)
    assert len(believed) > 10
    now = record
    for n, path in enumerate(believed):
        now = changed(now, path, f"{EVIL}{n}")
    found = open_run(rewritten(saved / kind, tmp_path / "at", record=now))
    run = found[0] if kind == "sweep" else found
    page = write_report(run, tmp_path / "report.html").read_text(encoding="utf-8")
    for text in (page, found._repr_html_(), run._repr_html_() if hasattr(run, "_repr_html_") else ""):
        assert "<script>alert" not in text
        assert "<b onclick" not in text
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("name", ["arrays.safetensors", "model.keras"])
def test_nothing_is_unpickled(saved, tmp_path, name):
    class Bomb:
        def __reduce__(self):
            return open, (str(tmp_path / "exploded"), "w")

    np.save(tmp_path / "bomb.npy", np.array([Bomb()], object), allow_pickle=True)
    content = (tmp_path / "bomb.npy").read_bytes()
    assert look_at(rewritten(saved / "run", tmp_path / "at", files={name: content})) < 8
    variant = {"variant-000000.safetensors": content}
    assert tried(lambda: open_run(rewritten(saved / "sweep", tmp_path / "at", files=variant))[0].model) is None
    assert not (tmp_path / "exploded").exists()


def test_no_code_in_a_model_is_run(saved, tmp_path):
    """A lambda layer, and functions of modules that are no layers, in both kinds of description."""
    with zipfile.ZipFile(saved / "run" / "model.keras") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    evils = [
        {"module": "keras.layers", "class_name": "Lambda", "config": {"function": {"class_name": "__lambda__", "config": {"code": "4wAA", "defaults": None, "closure": None}}}},  # noqa: E501
        {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"},
        {"module": "builtins", "class_name": "function", "config": "exec", "registered_name": "exec"},
        {"module": "keras.utils", "class_name": "get_file", "config": {"origin": "http://localhost:1/x"}, "registered_name": None},  # noqa: E501
    ]  # fmt: skip
    sweep = json.loads((saved / "sweep" / "run.json").read_text())
    for evil in evils:
        layers = [*config["config"]["layers"][:1], evil, *config["config"]["layers"][1:]]
        parts["config.json"] = json.dumps({**config, "config": {**config["config"], "layers": layers}}).encode()
        with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        files = {"model.keras": (tmp_path / "model.keras").read_bytes()}
        assert tried(lambda files=files: open_run(rewritten(saved / "run", tmp_path / "at", files=files)).model) is None
        now = copy.deepcopy(sweep)
        now["models"][0]["config"]["layers"].insert(1, evil)
        assert tried(lambda now=now: open_run(rewritten(saved / "sweep", tmp_path / "at", record=now))[0].model) is None

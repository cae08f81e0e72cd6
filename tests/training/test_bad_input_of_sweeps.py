"""What a sweep cannot do is refused in one sentence, before anything is compiled or written.

What is wrong with one variant marks that variant, and the rest run; where it is wrong with all of them, it is said.
"""

import functools
import gc
import inspect
import json
import re
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

import vitral
from vitral._errors import (
    ArgumentError,
    DataError,
    RunFolderError,
    ShapeError,
    UnknownNameError,
    VitralError,
)
from vitral.training.ownership import Owners
from vitral.training.programs import counts
from vitral.training.variants import SWEEP_ARGUMENTS, TRAINING_ARGUMENTS

N, D, K = 12, 4, 3
X = np.random.default_rng(0).normal(size=(N, D)).astype("float32")
Y = (np.arange(N) % K).astype("int32")


def network(rate: float = 0.1, width: int = 4) -> Any:
    model = keras.Sequential([keras.Input((D,)), keras.layers.Dense(width), keras.layers.Dense(K, "softmax")])
    model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
    return model


def uncompiled(**_: Any) -> Any:
    return keras.Sequential([keras.Input((D,)), keras.layers.Dense(K)], name="unready")


def unknown_loss(rate: float) -> Any:
    model = network(rate)
    model.compile("sgd", "mean_square")
    return model


def raising(rate: float = 0.1) -> Any:
    raise RuntimeError(f"no such\nfile: {rate}. " + "x" * 400)


def case(name: str, error: type[VitralError], *words: str, build: Any = network, **arguments: Any) -> Any:
    """One bad input: the error's class and words of its message, the argument's name first."""
    return pytest.param({"build": build, **arguments}, error, words, id=name)


def over(name: str, value: Any) -> dict[str, Any]:
    """A sweep of two variants that both have `value`."""
    return {"over": {"rate": [0.1, 0.2], name: [value]}}


CASES = [
    # build
    *[
        case(f"build {build!r}", ArgumentError, "build ", "a function", type(build).__name__, build=build)
        for build in (None, 3, "mlp")
    ],
    case("build a model", ArgumentError, "build ", "got a Sequential", "vitral.fit", build=network()),
    case("build a layer", ArgumentError, "build ", "got a Dense", "a function", build=keras.layers.Dense(3)),
    case(
        "build makes one model for all",
        ArgumentError,
        "build ",
        "a new model each time: variants 0 and 1 got the same one",
        "inside build",
        build=functools.cache(network),
        over={"seed": [0, 1, 2]},
    ),
    case(
        "build raises",
        ArgumentError,
        "every variant ",
        "all 2 failed, the first (rate=0.1) in build with RuntimeError: no such file",
        "Call build(rate=0.1) alone",
        build=raising,
    ),
    case(
        "build misses a value",
        ArgumentError,
        "every variant ",
        "in build with TypeError",
        "'width'",
        build=lambda rate, width: network(rate, width),
    ),
    case("build makes nothing", ArgumentError, "model ", "None", "Build one", build=lambda **_: None),
    case("build makes text", ArgumentError, "model ", "str", build=lambda **_: "mlp"),
    case("build makes a class", ArgumentError, "model ", "Sequential(...)", build=lambda **_: keras.Sequential),
    case("build makes a list", ArgumentError, "model ", "list", build=lambda **_: [network()]),
    case("build compiles nothing", ArgumentError, "model ", "'unready'", "compile(", build=uncompiled),
    case(
        "build with an unknown loss", UnknownNameError, "loss", "Did you mean 'mean_squared_error'", build=unknown_loss
    ),
    case("every rate -1", ArgumentError, "learning rate", "above 0", "-1", over={"rate": [-1.0, -2.0]}),
    # x and y
    case("no x", ArgumentError, "x ", "None", x=None),
    case("x a name", ArgumentError, "x ", "'iris'", x="iris"),
    case("x too short", ShapeError, "y ", "11 rows", "12", x=X[:-1]),
    case("x too wide", ShapeError, "x ", "(rows, 4)", "(rows, 5)", x=np.ones((N, 5), "float32")),
    case("NaN in x", DataError, "x ", "row 2", x=np.where(np.arange(N)[:, None] == 2, np.nan, X)),
    case("no y", ArgumentError, "y ", "None", y=None),
    case("y of text", DataError, "y ", "'a'", y=list("abc" * 4)),
    case("y of other classes", DataError, "y ", "0 to 2", "2 to 4", y=Y + 2),
    # x, a function
    case("y beside x, y", ArgumentError, "y ", "None when x is a function", "got an array. Drop", x=lambda: (X, Y)),
    case(
        "weights beside x, y, weights",
        ArgumentError,
        "sample_weight ",
        "None when x is a function",
        "got a list. Drop",
        x=lambda: (X, Y, np.ones(N)),
        y=None,
        sample_weight=[1.0] * N,
    ),
    case(
        "x raises",
        ArgumentError,
        "every variant ",
        "the first (rate=0.1) in x with RuntimeError: no such file",
        "Call x(rate=0.1) alone",
        x=raising,
        y=None,
    ),
    case("x gives nothing", ArgumentError, "x ", "None", x=lambda **_: None),
    case("x gives a name", ArgumentError, "x ", "'iris'", x=lambda **_: "iris", y=None),
    case("x gives four", ArgumentError, "x, as a function,", "got 4 parts", x=lambda **_: (X, Y, None, None), y=None),
    case("x gives an empty tuple", ArgumentError, "x, as a function,", "got 0 parts", x=lambda **_: (), y=None),
    case("x gives no y", ArgumentError, "y ", "None", x=lambda **_: X, y=None),
    case("x gives too few", ShapeError, "y ", "11", x=lambda **_: (X, Y[:-1]), y=None),
    case("x gives other classes", DataError, "y ", "5 to 7", x=lambda **_: (X, Y + 5), y=None),
    # over
    *[
        case(f"over {value!r}", ArgumentError, "over ", "a dict of lists", type(value).__name__, over=value)
        for value in (None, "rate", 3, {0.1})
    ],
    case("over an empty dict", ArgumentError, "over ", "an empty dict", "seed", over={}),
    case("over an empty list", ArgumentError, "over ", "an empty list", over=[]),
    case("over lists", ArgumentError, "over, as a list,", "got list", over=[[0.1]]),
    case("a key that is a number", ArgumentError, "over ", "3", "quotes", over={3: [1]}),
    case("a key that is None", ArgumentError, "over ", "None", over={None: [1]}),
    case("a key of a dict in a list", ArgumentError, "over ", "names as keys: got 1.", "quotes", over=[{1: 2}]),
    case("over a frame", ArgumentError, "over ", "DataFrame", 'to_dict("records")', over=pd.DataFrame({"rate": [0.1]})),
    *[
        case(f"over {name}", ArgumentError, "over ", f"got '{name}', which is the same", "itself", over={name: [0]})
        for name in ("verbose", "x", "y", "out", "exact", "over", "probes", "build")
    ],
    case(
        "by place alone",
        ArgumentError,
        "over ",
        "by name: got 'rate', which build takes by its place",
        "Take the / out",
        build=lambda rate, /: network(rate),
    ),
    case(
        "x by place alone",
        ArgumentError,
        "over ",
        "which x takes",
        x=lambda n, /: (X[:n], Y[:n]),
        y=None,
        over={"n": [6, 9]},
    ),
    *[
        case(f"values {value!r}", ArgumentError, "over['rate'] ", repr(value), over={"rate": value})
        for value in (0.1, "abc", None, {"a": 1}, b"ab")
    ],
    *[
        case(f"values {value!r}", ArgumentError, "over['rate'] ", words, over={"rate": value})
        for value, words in ((np.array(0.1), "got 0.1. Write [0.1]"), (list, "<class 'list'>"))
    ],
    case("no values", ArgumentError, "over['rate'] ", "an empty list", over={"rate": []}),
    case("no values left", ArgumentError, "over['rate'] ", "an empty list", over={"rate": iter(())}),
    case("misspelt", UnknownNameError, "over ", "'raet'", "Did you mean 'rate'", over={"raet": [0.1]}),
    case("misspelt in one", UnknownNameError, "over ", "'withd'", "'width'", over=[{"width": 4}, {"withd": 4}]),
    case("misspelt training", UnknownNameError, "over ", "'epoch'", "'epochs'", over={"epoch": [1]}),
    case("too many", ArgumentError, "over ", "1,000,000", "1,002,001", over={"rate": range(1001), "seed": range(1001)}),
    # seeds
    *[
        case(f"seed {value!r}", ArgumentError, "seed ", "at least 0", repr(value), seed=value)
        for value in (-1, 1.5, "1", True)
    ],
    case("seed too large", ArgumentError, "seed ", "2**32", "4294967296", seed=2**32),
    *[
        case(f"over seed {value!r}", ArgumentError, "over['seed'] ", repr(value), over={"seed": [0, value]})
        for value in (-1, 1.5, "1", True)
    ],
    case("over seed too large", ArgumentError, "over['seed'] ", "2**32", over={"seed": [2**32]}),
    case("a seed in a list", ArgumentError, "over[1]['seed'] ", "-1", over=[{"seed": 0}, {"seed": -1}]),
    # training arguments, the same in every variant
    *[
        case(f"over {name} {value!r}", ArgumentError, f"{name} ", "whole number", repr(value), **over(name, value))
        for name, values in {
            "batch_size": (0, -1, 2.5, "8", "al"),
            "epochs": (0, -3, 1.5, None, "10"),
            "initial_epoch": (-1, 0.5),
            "steps_per_epoch": (0, "all"),
        }.items()
        for value in values
    ],
    *[
        case(
            f"over {name} {value!r}",
            ArgumentError,
            f"{name} ",
            repr(value),
            **over(name, value),
            validation_data=(X, Y),
        )
        for name, value in {"validation_steps": 0, "validation_batch_size": -2, "validation_freq": "2"}.items()
    ],
    *[
        case(f"over split {v!r}", ArgumentError, "validation_split ", "below 1", repr(v), **over("validation_split", v))
        for v in (1.0, -0.1, "0.2")
    ],
    case("over shuffle", UnknownNameError, "shuffle ", "'bach'", "'batch'", **over("shuffle", "bach")),
    case("over weights", ArgumentError, "class_weight ", "7", "0 to 2", **over("class_weight", {7: 1.0})),
    case("over rows' weights", ShapeError, "sample_weight ", "12 rows", "5", **over("sample_weight", np.ones(5))),
    case("over validation", ArgumentError, "validation_data ", "'test'", **over("validation_data", "test")),
    case("epochs 0", ArgumentError, "epochs ", "at least 1", "0", epochs=0),
    case("batch_size 0", ArgumentError, "batch_size ", '"all"', "0", batch_size=0),
    *[
        case(f"verbose {value!r}", ArgumentError, "verbose ", "0, 1 or 2", repr(value), verbose=value)
        for value in ("quiet", None, 7)
    ],
    *[
        case(f"exact {value!r}", ArgumentError, "exact ", f"got {value!r}.", "Leave it out", exact=value)
        for value in ("yes", "True", 1, 0)
    ],
    # callbacks
    case("callback a name", ArgumentError, "callbacks ", "'EarlyStopping'", callbacks="EarlyStopping"),
    case(
        "callback a class", ArgumentError, "callbacks ", "EarlyStopping(...)", callbacks=[keras.callbacks.EarlyStopping]
    ),
    case("over callbacks", ArgumentError, "callbacks ", "got 3", **over("callbacks", 3)),
    case("callbacks make 3", ArgumentError, "callbacks ", "got 3", callbacks=lambda: 3),
    case(
        "callbacks raise",
        ArgumentError,
        "every variant ",
        "the first (rate=0.1) in callbacks with RuntimeError: no such file",
        "Call callbacks(rate=0.1) alone",
        callbacks=raising,
    ),
    # folders
    case("out a number", ArgumentError, "out ", "3", out=3),
    case("out empty", ArgumentError, "out ", "''", out=""),
    case("overwrite a word", ArgumentError, "overwrite ", "'yes'", out="new", overwrite="yes"),
    case("overwrite without a folder", ArgumentError, "overwrite ", "out=None", out=None, overwrite=True),
    case("overwrite beside resume", ArgumentError, "overwrite ", "resume", out="full", overwrite=True, resume=True),
    case("overwrite no run", RunFolderError, "out ", "new or empty", "'full'", out="full", overwrite=True),
    case("out a file", RunFolderError, "out ", "file", "'taken.txt'", out="taken.txt"),
    case("out full", RunFolderError, "out ", "new or empty", "'full'", out="full"),
    case("out below a file", RunFolderError, "out ", "written", out="taken.txt/sweep"),
]


@pytest.mark.parametrize(("arguments", "error", "words"), CASES)
def test_refused_before_anything_happens(
    arguments: dict[str, Any],
    error: type[VitralError],
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("taken.txt").write_text("something")
    Path("full").mkdir()
    Path("full/notes.txt").write_text("something")
    before = everything(tmp_path)

    with pytest.raises(error) as caught:
        vitral.sweep(**{"x": X, "y": Y, "over": {"rate": [0.1, 0.2]}, "verbose": 0, "out": "sweep", **arguments})

    assert isinstance(caught.value, ValueError | OSError)
    check_sentence(str(caught.value), words)
    assert everything(tmp_path) == before


def check_sentence(message: str, words: tuple[str, ...]) -> None:
    """One sentence with the argument, the rule, the value and the remedy."""
    assert [word for word in words if word not in message] == [], message
    assert words[0] in message[: message.index(" must ")] + " ", message
    assert re.search(r" must [^:]*: ", message), f"no rule, or no value: {message}"
    assert re.search(r"[.?!] [A-Z`]?[\w(].*[.?]$", message), f"no remedy: {message}"
    assert len(message) < 330
    assert "\n" not in message


def everything(folder: Path) -> dict[str, Any]:
    """What must be as it was."""
    state: Any = np.random.get_state()
    return {
        "compiled and run": (counts.compilations, counts.hits, counts.dispatches),
        "files": {str(f): f.read_bytes() if f.is_file() else None for f in sorted(folder.rglob("*"))},
        "NumPy's random state": (state[1].tobytes(), state[2]),
    }


def test_targets_beside_a_data_set_are_refused() -> None:
    with pytest.raises(ArgumentError, match="y must be None when x is a Dataset"):
        vitral.sweep(network, vitral.load("iris"), Y, over={"rate": [0.1]}, verbose=0)


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ({"rate": -1.0}, ("learning rate", "above 0", "-1")),
        ({"width": 0}, ("units",)),
        ({"epochs": 0}, ("epochs must be", "at least 1", "0")),
        ({"batch_size": "al"}, ("batch_size must be", "'al'")),
        ({"validation_split": 2.0}, ("validation_split must be", "2.0")),
        ({"class_weight": {7: 1.0}}, ("class_weight", "7")),
        ({"callbacks": [3]}, ("callbacks must be", "3")),
    ],
)
def test_what_is_wrong_with_one_variant_marks_that_one(variant: dict[str, Any], words: tuple[str, ...]) -> None:
    sweep = vitral.sweep(network, X, Y, batch_size=N, over=[{}, variant, {"rate": 0.2}], seed=0, verbose=0)
    assert [result.status for result in sweep.results] == ["done", "failed", "done"]
    message = sweep.results[1].message or ""
    assert [word for word in words if word not in message] == [], message
    assert sweep.table["status"].tolist() == ["done", "failed", "done"]
    with pytest.raises(ArgumentError) as caught:
        sweep[1]
    assert message in str(caught.value)


def sharing(part: str) -> Any:
    """A `build` whose models have one part in common where `is_shared`."""
    optimizer, base = keras.optimizers.SGD(0.1), keras.layers.Dense(4, name="base")
    kept = network()

    def build(is_shared: bool, trains: bool = True) -> Any:
        if is_shared and part == "model":
            kept.compile("sgd", "sparse_categorical_crossentropy")
            return kept
        first = base if is_shared and part == "layers" else keras.layers.Dense(4)
        if is_shared and part == "layers":
            base.trainable = trains
        model = keras.Sequential([keras.Input((D,)), first, keras.layers.Dense(K, "softmax")])
        own = optimizer if is_shared and part == "optimizer" else keras.optimizers.SGD(0.1)
        model.compile(own, "sparse_categorical_crossentropy")
        return model

    return build


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("model", "build must return a new model each time: variants 1 and 3 got the same one. Make it inside build."),
        ("optimizer", "build must make a new optimizer each time: variants 1 and 3 got the same one. Make it inside"),
        ("layers", "build must make new layers each time: variants 1 and 3 share 'base/kernel'. Make them inside"),
    ],
)
def test_variants_that_share_what_they_train_fail_both(part: str, words: str) -> None:
    """Which of the two has had it when cannot be told any more; the others are what they are alone."""
    over = [{"is_shared": n in (1, 3)} for n in range(4)]
    sweep = vitral.sweep(sharing(part), X, Y, over=over, seed=0, batch_size=N, epochs=2, verbose=0)
    assert [result.status for result in sweep.results] == ["done", "failed", "done", "failed"]
    assert all((sweep.results[n].message or "").startswith(words) for n in (1, 3))
    assert not any(sweep.results[n].history or sweep.results[n].record for n in (1, 3))
    build = sharing(part)
    keras.utils.set_random_seed(0)
    alone = build(is_shared=False)
    solo = vitral.fit(alone, X, Y, batch_size=N, epochs=2, verbose=0, seed=0)
    assert sweep.results[2].history == solo.history


def test_layers_that_no_variant_trains_may_be_shared() -> None:
    over: Any = [{"is_shared": True, "trains": False, "seed": seed} for seed in range(3)]
    sweep = vitral.sweep(sharing("layers"), X, Y, over=over, batch_size=N, verbose=0)
    assert sweep.count("done") == 3
    over[1]["trains"] = True
    sweep = vitral.sweep(sharing("layers"), X, Y, over=over, batch_size=N, verbose=0)
    assert sweep.results[1].status == "failed"


def test_a_model_that_is_gone_is_nobody_s() -> None:
    """The next may get its place in memory."""
    owners, model = Owners(), network()
    owners.claim(model, 0)
    owners.claim(model, 0)
    with pytest.raises(ArgumentError, match="variants 0 and 2 got the same one"):
        owners.claim(model, 2)
    assert owners._owners
    del model
    gc.collect()
    assert not owners._owners


def test_a_name_of_sweep_s_own_goes_to_a_build_that_takes_it() -> None:
    sweep = vitral.sweep(lambda verbose: network(verbose), X, Y, over={"verbose": [0.1, 0.2]}, batch_size=N, verbose=0)
    assert sweep.count("done") == 2


def test_every_argument_of_sweep_is_known_to_vary_or_not() -> None:
    assert {*SWEEP_ARGUMENTS, *TRAINING_ARGUMENTS, "seed"} == set(inspect.signature(vitral.sweep).parameters)


def test_targets_given_beside_a_function_of_inputs_alone_are_used() -> None:
    sweep = vitral.sweep(network, lambda: X, Y, over={"rate": [0.1]}, seed=0, batch_size=N, verbose=0)
    beside = vitral.sweep(network, lambda: (X, None), Y, over={"rate": [0.1]}, seed=0, batch_size=N, verbose=0)
    assert sweep.results[0].history == beside.results[0].history != {}


# ---------------------------------------------------------------- a sweep that is there


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    over = {"rate": [0.1, 0.2], "width": [4, -1]}
    folder = tmp_path_factory.mktemp("saved") / "sweep"
    return vitral.sweep(network, X, Y, over=over, seed=0, epochs=2, batch_size=N, verbose=0, out=folder).path or folder


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda s: s.best("los"), ("metric ", "'los'", "Did you mean 'loss'")),
        (lambda s: s.best("val_accuracy"), ("metric ", "'val_accuracy'", "Known: loss")),
        (lambda s: s.best(None), ("metric ", "None", "loss")),
        (lambda s: s.best_number(3), ("metric ", "3", "loss")),
        (lambda s: s[4], ("number ", "from 0 to 3", "4")),
        (lambda s: s[-5], ("number ", "from 0 to 3", "-5")),
        (lambda s: s["0"], ("number ", "a whole number", "'0'")),
        (lambda s: s[1.0], ("number ", "a whole number", "1.0")),
        (lambda s: s[True], ("number ", "a whole number", "True")),
        (lambda s: s[0:2], ("number ", "a whole number", "slice", "one variant at a time")),
        (lambda s: s[1], ("number ", "was trained", "'failed'", "units=-1")),
        (lambda s: s.count("dne"), ("status ", "'dne'", "Did you mean 'done'")),
        (lambda s: s.save(3), ("path ", "3")),
        (lambda s: s.save(s.path), ("path ", "new or empty", "overwrite=True")),
    ],
)
def test_what_a_sweep_does_not_have(saved: Path, ask: Any, words: tuple[str, ...]) -> None:
    before = everything(saved)
    with pytest.raises(VitralError) as caught:
        ask(vitral.open_run(saved))
    message = str(caught.value)
    assert [word for word in words if word not in message] == [], message
    assert words[0] in message[: message.index(" must ")] + " "
    assert everything(saved) == before


def edited(change: Any) -> Any:
    """A change of what run.json says."""

    def edit(folder: Path) -> None:
        record = json.loads((folder / "run.json").read_text())
        change(record)
        (folder / "run.json").write_text(json.dumps(record))

    return edit


DAMAGES = {
    "run.json cut": (lambda f: (f / "run.json").write_bytes((f / "run.json").read_bytes()[:200]), "not complete JSON"),
    "run.json gone": (lambda f: (f / "run.json").unlink(), "holds no run.json"),
    "arrays gone": (lambda f: (f / "arrays.safetensors").unlink(), "arrays.safetensors is missing"),
    "a variant gone": (lambda f: (f / "variant-000000.safetensors").unlink(), "variant-000000.safetensors is missing"),
    "a variant cut": (lambda f: (f / "variant-000000.safetensors").write_bytes(b"short"), "5 bytes instead of"),
    "arrays changed": (lambda f: garble(f / "arrays.safetensors"), "checksum differs"),
    "newer": (edited(lambda r: r.update(format_version=99)), "newer Vitral"),
    "no format": (edited(lambda r: r.update(format="vitral.swep")), "something else"),
    "no results": (edited(lambda r: r.pop("results")), "do not fit each other"),
    "results a number": (edited(lambda r: r.update(results=3)), "do not fit each other"),
    "no files": (edited(lambda r: r.pop("files")), "lists no files"),
    "a file elsewhere": (
        edited(lambda r: r["files"].update({"../x": {"bytes": 1, "sha256": ""}})),
        "no plain file name",
    ),
    "unknown status": (edited(lambda r: r["results"][0].update(status="great")), "no such status: 'great'"),
    "values a list": (edited(lambda r: r["results"][0].update(values=[1])), "do not fit each other"),
    "no such model": (edited(lambda r: r["results"][0].update(model=7)), "do not fit each other"),
    "groups of nothing": (edited(lambda r: r.update(groups=[{"n": 1}])), "do not fit each other"),
    "seconds in words": (edited(lambda r: r.update(seconds="long")), "do not fit each other"),
    "no epochs": (
        edited(lambda r: r["results"][0]["record"].pop("epoch")),
        "variant 0' is damaged: its run.json holds no",
    ),
    "seed in words": (edited(lambda r: r["results"][0]["record"].update(seed="x")), "'seed' in its run.json must be"),
    "epochs in words": (edited(lambda r: r["results"][0]["record"].update(epoch="x")), "must be a list: got"),
}


def garble(file: Path) -> None:
    """Other bytes, as many."""
    file.write_bytes(b"x" * file.stat().st_size)


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_folder_is_refused_in_one_sentence(saved: Path, name: str, tmp_path: Path) -> None:
    damage, words = DAMAGES[name]
    folder = tmp_path / "sweep"
    shutil.copytree(saved, folder)
    damage(folder)
    with pytest.raises(RunFolderError) as caught:
        vitral.open_run(folder)
    message = str(caught.value)
    assert words in message
    assert str(folder) in message
    assert "\n" not in message
    listed = vitral.runs.list_runs(tmp_path)
    assert [(run.status, run.path) for run in listed] == ([("damaged", folder)] if name != "run.json gone" else [])


def test_weights_that_were_changed_are_refused_when_they_are_read(saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    shutil.copytree(saved, folder)
    garble(folder / "variant-000002.safetensors")
    sweep = vitral.open_run(folder)
    assert sweep[0].model.count_params() == 35
    with pytest.raises(RunFolderError, match=r"variant-000002\.safetensors' is damaged: .* checksum differs"):
        _ = sweep[2].model

"""Bad input is refused in one clear sentence, before anything is compiled, written or drawn."""

import random
import re
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
from vitral.training.programs import counts

N, D, K = 12, 4, 3
X = np.random.default_rng(0).normal(size=(N, D)).astype("float32")
CLASSES = (np.arange(N) % K).astype("int32")
ONE_HOT = np.eye(K, dtype="float32")[CLASSES]
BINARY = (np.arange(N) % 2).astype("float32")
VALUES = X[:, :1].copy()


def network(outputs: int = K, activation: str | None = "softmax", loss: Any = "sparse_categorical_crossentropy") -> Any:
    """A compiled network of D inputs."""
    model = keras.Sequential([keras.Input((D,)), keras.layers.Dense(outputs, activation=activation)])
    model.compile("sgd", loss)
    return model


def classifier() -> Any:
    return network()


def one_hot_classifier() -> Any:
    return network(loss="categorical_crossentropy")


def binary_classifier() -> Any:
    return network(1, "sigmoid", "binary_crossentropy")


def regressor() -> Any:
    return network(1, None, "mse")


def uncompiled() -> Any:
    return keras.Sequential([keras.Input((D,)), keras.layers.Dense(K)], name="unready")


def with_rate(rate: float) -> Any:
    def build() -> Any:
        model = classifier()
        model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
        return model

    return build


def with_values(array: np.ndarray, value: float, *places: tuple[int, ...]) -> np.ndarray:
    """A copy of `array` with `value` at `places`."""
    changed = np.array(array)
    for place in places:
        changed[place] = value
    return changed


def frame(**columns: Any) -> pd.DataFrame:
    """X as a table with columns a, b, c, d, and further or other ones."""
    return pd.DataFrame(X, columns=list("abcd")).assign(**columns)


def case(
    name: str,
    error: type[VitralError],
    *words: str,
    build: Any = classifier,
    x: Any = X,
    y: Any = CLASSES,
    **arguments: Any,
) -> Any:
    """One bad input: the error's class and words of its message, the argument's name first."""
    return pytest.param(build, x, y, arguments, error, words, id=name)


CASES = [
    # rows
    case("y too short", ShapeError, "y ", "12 rows", "11", y=CLASSES[:-1]),
    case("x too short", ShapeError, "y ", "11 rows", "12", x=X[:-1]),
    case("weights too short", ShapeError, "sample_weight", "12 rows", "5", sample_weight=np.ones(5)),
    case("validation rows", ShapeError, "validation y", "12 rows", "3", validation_data=(X, CLASSES[:3])),
    case(
        "validation weights",
        ShapeError,
        "validation sample_weight",
        "12",
        "2",
        validation_data=(X, CLASSES, np.ones(2)),
    ),
    # nothing there
    case("no rows", DataError, "x ", "empty", "(0, 4)", x=X[:0], y=CLASSES[:0]),
    case("no columns", DataError, "x ", "empty", "(12, 0)", x=X[:, :0]),
    case("empty list", DataError, "x ", "empty", x=[]),
    case("empty dict", DataError, "x ", "{}", x={}),
    case("no x", ArgumentError, "x ", "None", x=None),
    case("no x, no y", ArgumentError, "x ", "None", x=None, y=None),
    case("no y", ArgumentError, "y ", "None", "loss", y=None),
    case("no validation rows", DataError, "validation x", "empty", "(0, 4)", validation_data=(X[:0], CLASSES[:0])),
    # what is no number
    case("x a number", ArgumentError, "x ", "3.0", x=3.0),
    case("x a name", ArgumentError, "x ", "'iris'", x="iris"),
    case("x of text", DataError, "x ", "text", x=X.astype(str)),
    case("x of objects", DataError, "x ", "objects", "'a'", x=with_values(X.astype(object), "a", (1, 1))),  # type: ignore[arg-type]
    case("x of dates", DataError, "x ", "dates", x=np.full((N, D), "2020-01-01", "M8[D]")),
    case("x complex", DataError, "x ", "complex", x=X.astype("complex64")),
    case("rows of two lengths", ArgumentError, "x ", "length", x=[[1.0, 2.0], [1.0, 2.0, 3.0]] * 6),
    case("a column of text", DataError, "column 'city' of x", "'Lugo'", x=frame(city="Lugo")),
    case("y of text", DataError, "y ", "text", "'a'", y=np.array(list("abc" * 4))),
    case("y a list of text", DataError, "y ", "'a'", y=list("abc" * 4)),
    case("weights of text", DataError, "sample_weight", "'a'", sample_weight=["a"] * N),
    # NaN and infinity
    case("NaN in x", DataError, "x ", "row 2", "NaN", x=with_values(X, np.nan, (2, 1))),
    case("infinity in x", DataError, "x ", "row 5", x=with_values(X, -np.inf, (5, 0))),
    case("NaN in two rows", DataError, "x ", "rows 1 and 4", x=with_values(X, np.nan, (1, 0), (4, 0))),
    case("NaN in most rows", DataError, "x ", "10 rows", "2, 3, 4", x=np.where(np.arange(N)[:, None] > 1, np.nan, X)),
    case("NaN in a column", DataError, "column 'b' of x", "row 3", x=frame(b=with_values(X[:, 1], np.nan, (3,)))),
    case("NaN in y", DataError, "y ", "row 3", build=regressor, y=with_values(VALUES, np.nan, (3, 0))),
    case("NaN in weights", DataError, "sample_weight", "row 2", sample_weight=with_values(np.ones(N), np.nan, (2,))),
    case(
        "NaN in validation",
        DataError,
        "validation x",
        "row 1",
        validation_data=(with_values(X, np.nan, (1, 0)), CLASSES),
    ),
    # labels that do not fit the loss
    case("class 3 of 3", DataError, "y ", "0 to 2", "1 to 3", y=CLASSES + 1),
    case("class -1", DataError, "y ", "0 to 2", "-1", y=CLASSES - 1),
    case("classes as columns", DataError, "y ", "(12, 3)", "categorical_crossentropy", y=ONE_HOT),
    case("half classes", DataError, "y ", "whole", "0.5", y=CLASSES + 0.5),
    case("validation classes", DataError, "validation y", "5 to 7", validation_data=(X, CLASSES + 5)),
    case("numbers, not columns", DataError, "y ", "sparse_cat", "(12,)", build=one_hot_classifier),
    case("one column", DataError, "y ", "sparse_cat", "(12, 1)", build=one_hot_classifier, y=CLASSES[:, None]),
    case("four columns", ShapeError, "y ", "3", "4", build=one_hot_classifier, y=np.eye(4)[CLASSES]),
    case("binary 1 and 2", DataError, "y ", "0 and 1", "1 to 2", build=binary_classifier, y=BINARY + 1),
    case("binary -1 and 1", DataError, "y ", "0 and 1", "-1 to 1", build=binary_classifier, y=2 * BINARY - 1),
    case("binary with classes", DataError, "y ", "0 to 2", build=binary_classifier),
    case("two targets for one", ShapeError, "y ", "1", "2", build=regressor, y=X[:, :2]),
    # shapes
    case("x too wide", ShapeError, "x ", "4", "5", x=np.ones((N, 5), "float32")),
    case("x flat", ShapeError, "x ", "4", x=X[:, 0]),
    case("two inputs for one", ShapeError, "x ", x=[X, X]),
    case("named inputs for one", ShapeError, "x ", x={"left": X, "right": X}),
    case("validation too wide", ShapeError, "validation x", "5", validation_data=(np.ones((N, 5)), CLASSES)),
    # models
    case("uncompiled", ArgumentError, "model ", "'unready'", "compile(", build=uncompiled),
    case("a name", ArgumentError, "model ", "str", build=lambda: "mlp"),
    case("nothing", ArgumentError, "model ", "None", build=lambda: None),
    case("a layer", ArgumentError, "model ", "Dense", build=lambda: keras.layers.Dense(K)),
    case("a class", ArgumentError, "model ", "Sequential", build=lambda: keras.Sequential),
    case(
        "unknown loss", UnknownNameError, "loss", "'mean_square_error'", build=lambda: network(loss="mean_square_error")
    ),
    case("no loss", ArgumentError, "model ", "loss", build=lambda: network(loss=None)),
    case("rate -1", ArgumentError, "learning rate", "-1", build=with_rate(-1.0)),
    case("rate 0", ArgumentError, "learning rate", "0", build=with_rate(0.0)),
    case("rate NaN", ArgumentError, "learning rate", "nan", build=with_rate(float("nan"))),
    case("rate infinite", ArgumentError, "learning rate", "inf", build=with_rate(float("inf"))),
    # sizes
    *[
        case(f"{name} {value!r}", ArgumentError, f"{name} ", "whole number", repr(value), **{name: value})
        for name, values in {
            "batch_size": (0, -1, 2.5, "8", True),
            "epochs": (0, -3, 1.5, None, "10"),
            "initial_epoch": (-1, 0.5),
            "steps_per_epoch": (0, "all"),
        }.items()
        for value in values
    ],
    *[
        case(f"{name} {value!r}", ArgumentError, f"{name} ", repr(value), validation_data=(X, CLASSES), **{name: value})
        for name, value in {
            "validation_steps": 0,
            "validation_batch_size": -2,
            "validation_freq": 0,
        }.items()
    ],
    case("freq [0]", ArgumentError, "validation_freq", "0", validation_data=(X, CLASSES), validation_freq=[0, 2]),
    case("freq text", ArgumentError, "validation_freq", "'2'", validation_data=(X, CLASSES), validation_freq="2"),
    *[
        case(f"split {value!r}", ArgumentError, "validation_split ", "below 1", repr(value), validation_split=value)
        for value in (1.0, -0.1, 30.0, "0.2")
    ],
    case("split leaves nothing", ArgumentError, "validation_split", "0.99", "12", validation_split=0.99),
    # names, seeds, choices
    case("engine misspelt", UnknownNameError, "engine ", "'compield'", "mean 'compiled'", "keras", engine="compield"),
    case("engine None", UnknownNameError, "engine ", "None", "auto, compiled, keras", engine=None),
    case("shuffle misspelt", UnknownNameError, "shuffle ", "'bach'", "'batch'", shuffle="bach"),
    *[case(f"seed {value!r}", ArgumentError, "seed ", repr(value), seed=value) for value in (-1, 1.5, "1", 2**40)],
    *[
        case(f"verbose {value!r}", ArgumentError, "verbose ", "0, 1 or 2", repr(value), verbose=value)
        for value in (3, -1, "quiet", None)
    ],
    # validation data
    case("validation without y", ArgumentError, "validation", "y", validation_data=(X,)),
    case("validation only x", ArgumentError, "validation", "y", validation_data=X),
    case("validation of four", ArgumentError, "validation_data ", "4", validation_data=(X, CLASSES, CLASSES, CLASSES)),
    case("validation a name", ArgumentError, "validation_data ", "'test'", validation_data="test"),
    case("validation a share", ArgumentError, "validation_data ", "0.2", "validation_split", validation_data=0.2),
    # weights by class
    case("class_weight a list", ArgumentError, "class_weight ", "list", class_weight=[1, 2, 3]),
    case("class_weight a name", ArgumentError, "class_weight ", "str", class_weight="balanced"),
    case("class_weight -1", ArgumentError, "class_weight[0]", "-1", class_weight={0: -1, 1: 1, 2: 1}),
    case("class_weight NaN", ArgumentError, "class_weight[1]", "nan", class_weight={0: 1.0, 1: float("nan")}),
    case("class_weight text", ArgumentError, "class_weight[0]", "'x'", class_weight={0: "x"}),
    case("class_weight of a name", ArgumentError, "class_weight", "'setosa'", class_weight={"setosa": 1.0}),
    case("class_weight of class 7", ArgumentError, "class_weight", "7", class_weight={0: 1.0, 7: 2.0}),
    case(
        "both weights", ArgumentError, "class_weight", "sample_weight", class_weight={0: 2.0}, sample_weight=np.ones(N)
    ),
    # callbacks
    case("callback a name", ArgumentError, "callbacks ", "'EarlyStopping'", callbacks=["EarlyStopping"]),
    case("callback a function", ArgumentError, "callbacks ", "print", callbacks=[print]),
    case("callback a class", ArgumentError, "callbacks ", "EarlyStopping", callbacks=[keras.callbacks.EarlyStopping]),
    # folders
    case("out a number", ArgumentError, "out ", "3", out=3),
    case("out empty", ArgumentError, "out ", "''", out=""),
    case("out with a null", VitralError, "out ", out="run\0"),
    case("overwrite a word", ArgumentError, "overwrite ", "'yes'", out="new", overwrite="yes"),
    case("overwrite without a folder", ArgumentError, "overwrite ", "out=None", out=None, overwrite=True),
    case("overwrite no run", RunFolderError, "out ", "new or empty", "'full'", out="full", overwrite=True),
    case("out a file", RunFolderError, "out ", "file", "'taken.txt'", out="taken.txt"),
    case("out below a file", RunFolderError, "out ", "written", "taken.txt", out="taken.txt/run"),
    case("out full", RunFolderError, "out ", "new or empty", "'full'", out="full"),
    case("out unwritable", RunFolderError, "out ", "written", "/proc/vitral/run", out="/proc/vitral/run"),
]


@pytest.mark.parametrize(("build", "x", "y", "arguments", "error", "words"), CASES)
def test_refused_before_anything_happens(
    build: Any,
    x: Any,
    y: Any,
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
    keras.utils.set_random_seed(3)
    model = build()
    arguments = {"verbose": 0, "out": "run", **arguments}
    before = everything(model, tmp_path)

    with pytest.raises(error) as caught:
        vitral.fit(model, x, y, **arguments)

    assert isinstance(caught.value, ValueError | OSError)
    message = str(caught.value)
    assert [word for word in words if word not in message] == []
    assert words[0] in message[: message.index(" must ")] + " ", message
    assert re.search(r" must [^:]*: ", message), f"no rule, or no value: {message}"
    assert re.search(r"[.?!] [A-Z`]?\w.*[.?]$", message), f"no remedy: {message}"
    assert len(message) < 330
    assert "\n" not in message
    assert everything(model, tmp_path) == before


def everything(model: Any, folder: Path) -> dict[str, Any]:
    """What must be as it was."""
    return {
        "compiled and run": (counts.compilations, counts.hits, counts.dispatches),
        "files": {str(f): f.read_bytes() if f.is_file() else None for f in sorted(folder.rglob("*"))},
        "NumPy's random state": repr(np.random.get_state()[1:3]) + np.random.get_state()[1].tobytes().hex(),  # type: ignore[index]
        "Python's random state": random.getstate(),
        "weights": [v.numpy().tobytes() for v in model.variables] if isinstance(model, keras.Model) else None,
        "optimizer": len(model.optimizer.variables) if getattr(model, "optimizer", None) is not None else None,
    }


@pytest.mark.parametrize("folder", [".", "full"])
def test_a_folder_of_a_run_is_not_overwritten(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    vitral.fit(classifier(), X, CLASSES, verbose=0, out="full", batch_size=N)
    kept = {f.name: f.read_bytes() for f in Path("full").iterdir()}
    with pytest.raises(RunFolderError, match="new or empty"):
        vitral.fit(classifier(), X, CLASSES, verbose=0, out=folder, batch_size=N)
    assert {f.name: f.read_bytes() for f in Path("full").iterdir()} == kept


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("targets beside a data set", {"y": CLASSES}, ("y ", "Dataset")),
        ("another width", {"data": "wine"}, ("x ", "(rows, 4)", "(rows, 13)")),
        ("more classes than outputs", {"outputs": 2}, ("y ", "0 to 1", "0 to 2")),
    ],
)
def test_a_data_set_that_does_not_fit(name: str, change: dict[str, Any], words: tuple[str, ...]) -> None:
    data = vitral.load(change.pop("data", "iris"))
    model = network(change.pop("outputs", K))
    dispatches = counts.dispatches
    with pytest.raises(ArgumentError) as caught:
        vitral.fit(model, data, verbose=0, **change)
    assert [word for word in words if word not in str(caught.value)] == [], name
    assert counts.dispatches == dispatches


def test_good_input_that_looks_odd_is_taken() -> None:
    """What Keras takes is not refused: tables, whole numbers, columns of one, one row, a spare axis of one."""
    for x, y in [
        (frame(), pd.Series(CLASSES)),
        (frame(), pd.DataFrame({"kind": CLASSES})),
        ((X * 3).astype("int64"), CLASSES.astype("float32")),
        (X > 0, CLASSES[:, None].astype("uint8")),
        (X[:1], CLASSES[:1]),
        (X[:, :, None], CLASSES),
        (X.astype("float64"), CLASSES.astype("int64")),
        (X.astype("float16"), CLASSES),
    ]:
        assert vitral.fit(classifier(), x, y, verbose=0, batch_size="all").engine == "compiled"

"""A run as a folder: what goes into which file.

    run.json             everything that is text or a number, with size and SHA-256 of the other files
    arrays.safetensors   history/<metric> (E,) float64, evaluation/<array>, recording/<i>/<array> (see `recording`)
    model.keras          the model as Keras saves it, optimizer included; or, where its code has no config,
    model.weights.h5     its weights alone

Nothing read from a folder is executed: JSON, plain arrays, and Keras's model file in its safe mode.
"""

import contextlib
import re
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vitral._errors import RunFolderError
from vitral.losses.registry import register as register_losses
from vitral.runs import codec, folder
from vitral.runs.arrays import pack, unpack
from vitral.runs.evaluation import Evaluation
from vitral.runs.recording import to_record

if TYPE_CHECKING:
    from vitral.runs.run import Run

FORMAT = "vitral.run"
FORMAT_VERSION = 1
_MOST_EPOCHS = 2**31
ARRAYS, MODEL, WEIGHTS = "arrays.safetensors", "model.keras", "model.weights.h5"
_TYPES: dict[str, tuple[type, ...]] = {  # fields of a run that run.json holds as they are
    "started": (str,),
    "seconds": (int, float),
    "compile_seconds": (int, float),
    "status": (str,),
    "message": (str, type(None)),
    "engine": (str,),
    "engine_reason": (str,),
    "seed": (int, type(None)),
    "epoch": (list,),
    "params": (dict,),
    "settings": (dict,),
    "data": (dict,),
    "backend": (str,),
    "versions": (dict,),
}
PLAIN = list(_TYPES)
_WORDS = {str: "text", int: "a whole number", float: "a number", list: "a list", dict: "an object", type(None): "null"}
_EVALUATION_ARRAYS = ["target", "prediction", "worst", "worst_x", "worst_target", "worst_prediction"]
_EVALUATION_PLAIN = [f.name for f in fields(Evaluation) if f.name not in _EVALUATION_ARRAYS]

Record = dict[str, Any]


# ---------------------------------------------------------------- saving


def save(
    run: "Run", path: Any, *, overwrite: bool = False, adopt: bool = False, keep_checkpoint: bool = False
) -> tuple[Path, Record]:
    """Write `run` as a folder; its absolute path and the content of its run.json."""
    evaluation = run.evaluation
    record: Record = {"format": FORMAT, "format_version": FORMAT_VERSION}
    record |= {name: getattr(run, name) for name in PLAIN}
    record["summary"] = run.summary()
    record["evaluation"] = None if evaluation is None else {k: getattr(evaluation, k) for k in _EVALUATION_PLAIN}
    arrays, record["history"] = history_arrays(run.history)
    recorded, record["recording"] = to_record(run.recording)

    def fill(temporary: Path) -> None:
        record["model"] = _copy_model(run, temporary) if run._model is None else write_model(run._model, temporary)
        (temporary / ARRAYS).write_bytes(pack(arrays | _evaluation_arrays(evaluation) | recorded))
        record["files"] = folder.describe_files(temporary)
        (temporary / folder.RUN_FILE).write_text(codec.dumps(record), encoding="ascii")
        if keep_checkpoint:
            folder.link_checkpoint(Path(path).expanduser().absolute(), temporary)

    written = folder.write_folder(path, fill, overwrite=overwrite, adopt=adopt)
    return written, codec.loads(codec.dumps(record))


def write_model(model: Any, temporary: Path) -> Record:
    """Write the model whole, else its weights; which file, and why it is not the whole."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns and raises about the same; the note says it once
        try:
            model.save(temporary / MODEL)
            return {"file": MODEL, "note": None}
        except OSError:
            raise
        except Exception as error:  # a layer without a config: Keras raises whatever that layer's code raises
            (temporary / MODEL).unlink(missing_ok=True)
            why = str(error).strip().split("\n")[0].rstrip(".")[:300] or type(error).__name__
        try:
            model.save_weights(temporary / WEIGHTS)
        except OSError:
            raise
        except Exception as error:
            raise RunFolderError(f"The model can be saved neither whole ({why}) nor as weights ({error}).") from error
    return {
        "file": WEIGHTS,
        "note": f"The model could not be saved whole ({why}). {WEIGHTS} holds its weights: build the model again, "
        "then call model.load_weights.",
    }


def _copy_model(run: "Run", temporary: Path) -> Record:
    """The model file of an opened run, taken over as it is."""
    if run.path is None or run._record is None:
        raise RunFolderError("The run has neither a model nor a folder that holds one: there is nothing to save.")
    name = run._record["model"]["file"]
    copy_file(run.path, run._record, name, temporary / name)
    return run._record["model"]


def history_arrays(history: dict[str, list[Any]]) -> tuple[dict[str, np.ndarray], Record]:
    """Columns of floats as arrays, and per key "float64", or the values themselves where they are something else."""
    arrays, kinds = {}, {}
    for key, values in history.items():
        if all(isinstance(v, float | np.floating) for v in values):
            arrays[f"history/{key}"] = np.array(values, np.float64)
            kinds[key] = "float64"
        else:
            kinds[key] = list(values)
    return arrays, kinds


def _evaluation_arrays(evaluation: Evaluation | None) -> dict[str, np.ndarray]:
    if evaluation is None:
        return {}
    found = {name: getattr(evaluation, name) for name in _EVALUATION_ARRAYS}
    return {f"evaluation/{k}": np.ascontiguousarray(v) for k, v in found.items() if v is not None}


# ---------------------------------------------------------------- reading


def read_record(handle: folder.Handle) -> Record:
    """The checked content of run.json: a known format, and all its files there in their sizes."""
    record = folder.read_json(handle)
    folder.check_format(handle.path, record, FORMAT, FORMAT_VERSION, "be a run's folder")
    folder.check_files(handle, record)
    if not isinstance(record.get("model"), dict) or record["model"].get("file") not in record["files"]:
        raise RunFolderError(f"{str(handle.path)!r} is damaged: its {folder.RUN_FILE} names no model file.")
    check_fields(str(handle.path), record)
    return record


def check_fields(where: str, record: Record) -> None:
    """The plain fields of a run must be there, each of its type; `where` is the folder that says so.

    Raises:
        RunFolderError: one is missing or of another type.
    """
    for name, types in _TYPES.items():
        if name not in record:
            raise RunFolderError(f"{where!r} is damaged: its {folder.RUN_FILE} holds no {name!r}.")
        if type(record[name]) not in types:  # True is no number here
            rule = " or ".join(_WORDS[t] for t in types if not (t is int and float in types))
            raise _wrong(where, name, rule, record)
    if not all(type(e) is int and 0 <= e < _MOST_EPOCHS for e in record["epoch"]):
        raise _wrong(where, "epoch", f"a list of whole numbers from 0 to {_MOST_EPOCHS - 1}", record)
    if not all(type(v) is str for v in record["versions"].values()):
        raise _wrong(where, "versions", "an object of texts", record)


def _wrong(where: str, name: str, rule: str, record: Record) -> RunFolderError:
    got = codec.dumps(record[name]).strip()
    got = got if len(got) <= 60 else f"{got[:60]}…"
    return RunFolderError(f"{where!r} is damaged: {name!r} in its {folder.RUN_FILE} must be {rule}: got {got}.")


def read_arrays(handle: folder.Handle, record: Record, name: str = ARRAYS) -> dict[str, np.ndarray]:
    """The checked arrays of a run, by their names in the file."""
    content = b"".join(folder.stream_file(handle, record, name))
    try:
        return unpack(content)
    except ValueError as error:
        raise RunFolderError(f"{str(handle.path / name)!r} is damaged: {error}.") from error


def to_history(record: Record, arrays: dict[str, np.ndarray]) -> dict[str, list[Any]]:
    """The history with its keys in their order; floats have their bits.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is none.
    """
    return {key: _column(key, kind, arrays) for key, kind in record["history"].items()}


def _column(key: str, kind: Any, arrays: dict[str, np.ndarray]) -> list[Any]:
    if kind != "float64":
        if not isinstance(kind, list):
            raise ValueError(f"its history of {key!r} is no list")
        return kind
    array = arrays[f"history/{key}"]
    if array.ndim != 1 or array.dtype != np.float64:
        raise ValueError(f"its history of {key!r} is no column of numbers")
    return array.tolist()


def to_evaluation(record: Record, arrays: dict[str, np.ndarray]) -> Evaluation | None:
    """The evaluation as it was when the run was saved."""
    found = record["evaluation"]
    if found is None:
        return None
    tuples = {k: None if found[k] is None else tuple(found[k]) for k in ("classes", "image_shape", "feature_names")}
    values: dict[str, Any] = {name: found[name] for name in _EVALUATION_PLAIN} | tuples
    values |= {name: arrays.get(f"evaluation/{name}") for name in _EVALUATION_ARRAYS}
    evaluation = Evaluation(**values)
    if not _fits_together(evaluation):
        raise ValueError("the parts of its evaluation contradict each other")
    return evaluation


def _fits_together(e: Evaluation) -> bool:
    """Whether the fields of an evaluation from a file are of their kinds, and its arrays of the shapes that follow."""
    texts = [e.part, e.task, *(e.classes or ()), *(e.feature_names or ()), *e.scores]
    if not all(type(text) is str for text in texts) or not all(type(n) is int for n in (e.n, *(e.image_shape or ()))):
        return False
    present = [a for a in (getattr(e, name) for name in _EVALUATION_ARRAYS) if a is not None]
    if any(a.dtype.kind not in "biuf" for a in present):
        return False
    if e.worst.ndim != 1 or e.worst.dtype.kind not in "iu":
        return False
    if any(a is not None and (not a.ndim or len(a) != len(e.worst)) for a in (e.worst_target, e.worst_prediction)):
        return False
    if e.worst_x is not None and len(e.worst_x) != len(e.worst):
        return False
    if e.task == "regression":
        pair = (e.target, e.prediction)
        known = {"mae", "rmse", "r2", "bias"}
        return (
            (all(a is None for a in pair) or all(a is not None and a.shape == (e.n, 1) for a in pair))
            and e.residuals is not None
            and e.residuals.keys() <= known
            and all(isinstance(v, int | float) for v in e.residuals.values())
        )
    if e.task != "classification" or e.residuals is not None or e.target is None or e.prediction is None:
        return False
    n_classes = len(e.classes or ())
    labels = [e.target, e.worst_target]
    return (
        e.target.shape == (e.n,)
        and e.prediction.shape == (e.n, n_classes)
        and e.worst_prediction.shape == (len(e.worst), n_classes)
        and all(a.ndim == 1 and a.dtype.kind in "iu" for a in labels)
        and all(a.size == 0 or (a.min() >= 0 and a.max() < n_classes) for a in labels)
    )


# ---------------------------------------------------------------- the model


def load_model(path: Path, record: Record) -> Any:
    """The Keras model in the folder at `path`, whose run.json said `record`. Needs Keras."""
    if record["model"]["file"] != MODEL:
        raise RunFolderError(f"{str(path)!r} holds no whole model. {record['model']['note']}")
    with tempfile.TemporaryDirectory(prefix="vitral-") as private:
        # A private copy: what is loaded is what was checked, whatever happens to the folder meanwhile.
        copy = Path(private) / MODEL
        copy_file(path, record, MODEL, copy)
        return _load_keras(copy, path)


def copy_file(path: Path, record: Record, name: str, target: Path) -> None:
    """Copy a file of the run, checked on the way."""

    def read(handle: folder.Handle) -> None:
        with target.open("wb") as file:
            for piece in _stream_same(handle, record, name):
                file.write(piece)

    folder.read_folder(path, read)


def read_file(path: Path, record: Record, name: str) -> bytes:
    """The checked content of a file of the run."""
    return folder.read_folder(path, lambda handle: b"".join(_stream_same(handle, record, name)))


def _stream_same(handle: folder.Handle, record: Record, name: str) -> Iterator[bytes]:
    """The bytes of a file, of the version of the folder that was opened."""
    if folder.read_json(handle).get("files") != record["files"]:
        raise RunFolderError(
            f"{str(handle.path)!r} was overwritten since it was opened. Open it again with vitral.open_run."
        )
    yield from folder.stream_file(handle, record, name)


def _load_keras(file: Path, path: Path) -> Any:
    from vitral._keras import import_keras

    keras = import_keras()
    register_losses()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about optimizer variables of a model that is then loaded without them
        try:
            return keras.saving.load_model(file, safe_mode=True)
        except Exception as error:
            first = error
        with contextlib.suppress(Exception):  # a loss or metric of the user's own: the network may still be known
            return keras.saving.load_model(file, safe_mode=True, compile=False)
    words = re.split(r"\.?\s*\n|\. ", str(first).strip())[0].rstrip(".")[:300]  # Keras goes on with a dump of configs
    raise RunFolderError(
        f"The model of {str(path)!r} cannot be loaded: {words}. If it uses classes of your own, first import the "
        "module that registers them (keras.saving.register_keras_serializable); code inside a model file is never run."
    ) from first

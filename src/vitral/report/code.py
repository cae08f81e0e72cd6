"""The same training as plain Keras code, written from the model's own config and the run's settings.

Only what differs from Keras's defaults is written; the default of an argument is found by making the layer with its
required arguments alone and comparing configs. What has no literal (a layer or loss of the user's own, a graph of
layers) is loaded from the saved model's config instead.

A run's settings may be a stranger's: of what they name, only optimizers and learning rate schedules are made, only
identifiers become keywords, and every text becomes a literal. The layers, losses and metrics are those of the model,
which Keras loaded in its safe mode.
"""

import contextlib
import inspect
import keyword
import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from vitral._keras import import_keras
from vitral.runs import Run, codec
from vitral.runs.store import MODEL

_SILENT = {"name", "dtype", "trainable", "batch_input_shape", "batch_shape", "build_config"}
_COMPILE = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
_ONLY_WATCH = {"CSVLogger", "History", "ModelCheckpoint", "ProgbarLogger", "TensorBoard", "TerminateOnNaN"}
_FIT_DEFAULTS = {
    "batch_size": None,
    "epochs": 1,
    "validation_split": 0.0,
    "shuffle": True,
    "class_weight": None,
    "initial_epoch": 0,
    "steps_per_epoch": None,
    "validation_steps": None,
    "validation_batch_size": None,
    "validation_freq": 1,
}


_LOADERS = {None: "vitral.load", "csv": "vitral.data.from_csv", "npz": "vitral.data.from_npz"}


class Unsayable(Exception):  # noqa: N818 - no error: the caller has another way of saying it
    """Something that has no literal in plain Keras code."""


@dataclass(frozen=True, kw_only=True)
class KerasCode:
    source: str  # a whole program but for the data, where Vitral does not know how to load them
    exact: bool  # whether it gives the run's weights to the last bit when the model was built right after the seed


def plain_keras(run: Run) -> KerasCode:
    """Python source that trains the same model in the same way with Keras alone."""
    keras = import_keras()
    exact = (
        run.seed is not None
        and set(_callback_names(run)) <= _ONLY_WATCH
        and run.settings.get("optimizer_steps_before") in (None, 0)  # else the model had been trained before
    )
    state = random.getstate()
    try:
        lines = [*_heading(run), "", *_data(run), ""]
        seed = [f"keras.utils.set_random_seed({int(run.seed)})"] if run.seed is not None else []
        try:
            model = _sequential(keras, run.model)
            lines += [*seed, *model, *_compile(keras, run)]
        except Unsayable:
            exact = False  # a config may draw its seeds in another order than the code that made it
            lines += [*seed, *_from_config(run)]
        return KerasCode(source="\n".join([*lines, *seed, *_fit(run)]) + "\n", exact=exact)
    finally:
        random.setstate(state)


# ---------------------------------------------------------------- the parts of the program


def _heading(run: Run) -> list[str]:
    lines = ["import os", "", f'os.environ.setdefault("KERAS_BACKEND", {quoted(run.backend)})', "import keras"]
    return [*lines, "from keras import layers"] if _is_sequential(run.model) else lines


def _data(run: Run) -> list[str]:
    has_validation = _has_validation_data(run)
    loading = _loading(run.data.get("load"))
    if loading is not None:
        lines = [
            "import vitral  # for the data only",
            "",
            f"data = {loading}",
            "x_train, y_train = data.train.x, data.train.y",
        ]
        return (
            [*lines, "x_validation, y_validation = data.validation.x, data.validation.y"] if has_validation else lines
        )
    size = f"the {_rows(run):,} rows" if _rows(run) else "the rows"
    name = f" of {_one_line(run.data['name'])}" if run.data.get("name") else ""
    digest = f" (SHA-256 {_one_line(run.data['sha256'])[:12]}…)" if run.data.get("sha256") else ""
    lines = [f"# x_train, y_train: {size}{name} that this run was trained on{digest}"]
    return [*lines, "# x_validation, y_validation: those held out"] if has_validation else lines


def _loading(load: Any) -> str | None:
    """The call that loads the data; None where the run does not say how, or not in words of plain code."""
    if not isinstance(load, dict) or not isinstance(load.get("name"), str):
        return None
    options = load.get("options") or {}
    try:
        arguments = [quoted(load["name"]), *(_keyword(k, _literal(v)) for k, v in options.items())]
        function = _LOADERS[load.get("from")]
    except (Unsayable, AttributeError, KeyError, TypeError):
        return None
    return f"{function}({', '.join(arguments)})"


def _sequential(keras: Any, model: Any) -> list[str]:
    if not _is_sequential(model):
        raise Unsayable
    shape = tuple(model.input_shape[1:])
    kind = "" if model.input_dtype == "float32" else f", dtype={quoted(str(model.input_dtype))}"
    lines = ["model = keras.Sequential(", "    [", f"        keras.Input({shape!r}{kind}),"]
    try:
        serialized = [keras.layers.serialize(layer) for layer in model.layers]
    except Exception as error:  # a layer of the user's own without a config: whatever its code raises
        raise Unsayable from error
    lines += [f"        {_object(keras, layer)}," for layer in serialized]
    return [*lines, "    ]", ")"]


def _compile(keras: Any, run: Run) -> list[str]:
    config = run.model.get_compile_config() if getattr(run.model, "compiled", False) else {}
    optimizer = run.settings.get("optimizer")
    if _is_optimizer(keras, optimizer):  # as training began; callbacks may have changed the model's own
        config = {**config, "optimizer": optimizer}
    lines = ["model.compile("]
    for name in _COMPILE:
        if config.get(name) is not None:
            lines.append(f"    {name}={_value(keras, config[name])},")
    if config.get("run_eagerly"):
        lines.append("    run_eagerly=True,")
    if config.get("jit_compile") is False:
        lines.append("    jit_compile=False,")
    return [*lines, ")"]


def _from_config(run: Run) -> list[str]:
    try:
        import_keras().saving.serialize_keras_object(run.model)
    except Exception:  # code of the user's own that has no config: whatever that code raises
        return ["model = ...  # its code has no config: build and compile it as you did"]
    path = str(run.path / MODEL) if run.path else MODEL
    return [
        "import json",
        "import zipfile",
        "",
        "# This model is no plain stack of Keras's own layers: its architecture is read from the saved run.",
        f"with zipfile.ZipFile({quoted(path)}) as file:",
        '    config = json.loads(file.read("config.json"))',
        "model = keras.saving.deserialize_keras_object(config)  # compiled too, with new weights",
    ]


def _fit(run: Run) -> list[str]:
    settings = cast(dict[str, Any], codec.decode(codec.encode(dict(run.settings))))  # NumPy's numbers as Python's
    if run.status != "done" and run.epoch:  # what was kept is the last finished epoch
        settings["epochs"] = run.epoch[-1] + 1
    has_validation = _has_validation_data(run)
    if has_validation:
        settings["validation_split"] = 0.0  # given both, Keras takes the validation data
    lines = ["history = model.fit(", "    x_train,", "    y_train,"]
    for name, default in _FIT_DEFAULTS.items():
        value = settings.get(name, default)
        if value != default:
            lines.append(f"    {name}={_literal(value)},")
    if settings.get("has_sample_weight"):
        lines.append("    sample_weight=sample_weight,  # yours, one number a row")
    if has_validation:
        lines.append("    validation_data=(x_validation, y_validation),")
    callbacks = [f"        # {name}: as it was in the run" for name in _callback_names(run)]
    return [*lines, *(["    callbacks=[", *callbacks, "    ],"] if callbacks else []), ")"]


def _callback_names(run: Run) -> list[str]:
    names = run.settings.get("callbacks")
    return [_one_line(name) for name in names] if isinstance(names, list) else []


# ---------------------------------------------------------------- values


def _value(keras: Any, value: Any) -> str:
    if isinstance(value, dict) and "class_name" in value and "config" in value:
        return _object(keras, value)
    return _literal(value, lambda v: _value(keras, v))


def _literal(value: Any, say: Callable[[Any], str] | None = None) -> str:
    """A literal of plain Python; `say` says what is inside it."""
    say = say or _literal
    if isinstance(value, dict):
        return "{" + ", ".join(f"{say(k)}: {say(v)}" for k, v in value.items()) + "}"
    if isinstance(value, tuple):
        return f"({''.join(f'{say(v)}, ' for v in value).removesuffix(' ' if len(value) == 1 else ', ')})"
    if isinstance(value, list):
        return f"[{', '.join(say(v) for v in value)}]"
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool | int):
        return repr(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f'float("{value}")'
    raise Unsayable


def _keyword(name: Any, value: str) -> str:
    """`name=value` as it stands in a call."""
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise Unsayable
    return f"{name}={value}"


def quoted(text: str) -> str:
    """A string literal in double quotes, where nothing in it forbids them."""
    plain = repr(text)
    return f'"{text}"' if plain == f"'{text}'" and '"' not in text else plain


def _object(keras: Any, serialized: dict[str, Any]) -> str:
    """A serialised Keras object as the call that makes it."""
    module, name, config = serialized.get("module"), serialized["class_name"], serialized["config"]
    if name == "function" and isinstance(config, str) and module == "builtins":
        return quoted(config)
    if name == "DTypePolicy" and isinstance(config, dict):
        return quoted(str(config["name"]))
    cls = _builtin(keras, module, name, serialized.get("registered_name"))
    if cls is None or not isinstance(config, dict):
        raise Unsayable
    by_name = _initializer_name(keras, serialized) if module == "keras.initializers" else None
    if by_name:
        return quoted(by_name)
    required = _required(cls)
    if not all(key in config for key in required):
        raise Unsayable
    default = _default_config(keras, cls, {key: config[key] for key in required})
    if name == "Bidirectional" and _is_mirrored(config):
        config = {key: value for key, value in config.items() if key != "backward_layer"}
    arguments = [_argument(keras, key, config[key]) for key in required]
    for key, value in config.items():
        if key in required or key in _SILENT or (key in default and default[key] == value):
            continue
        arguments.append(_keyword(key, _argument(keras, key, value)))
    if module == "keras.metrics" and re.sub(r"_\d+$", "", str(config.get("name"))) != _snake(name):
        arguments.append(f"name={quoted(config['name'])}")  # it is the key in the history
    if config.get("trainable") is False:
        arguments.append("trainable=False")
    policy = config.get("dtype")
    policy = policy["config"]["name"] if isinstance(policy, dict) else policy
    if module == "keras.layers" and policy not in (None, "float32"):
        arguments.append(f"dtype={quoted(policy)}")
    return f"{'layers' if module == 'keras.layers' else module}.{name}({', '.join(arguments)})"


def _argument(keras: Any, key: str, value: Any) -> str:
    if key == "learning_rate" and isinstance(value, float):
        import numpy as np

        # Kept by Keras in float32: the shortest number that becomes the same one.
        return str(np.float32(value)) if float(np.float32(value)) == value else repr(value)
    return _value(keras, value)


def _builtin(keras: Any, module: Any, name: Any, registered: Any) -> Any:
    """Keras's own public class of that name, if it is of a kind that a model consists of; else None."""
    if not isinstance(module, str) or not isinstance(name, str) or module.split(".")[0] != "keras":
        return None
    if registered not in (None, name):
        return None
    found = keras
    for part in [*module.split(".")[1:], name]:
        found = getattr(found, part, None)
    kinds = (
        *(keras.layers.Layer, keras.losses.Loss, keras.metrics.Metric, keras.initializers.Initializer),
        *(keras.regularizers.Regularizer, keras.constraints.Constraint),
        *(keras.optimizers.Optimizer, keras.optimizers.schedules.LearningRateSchedule),
    )
    return found if isinstance(found, type) and issubclass(found, kinds) else None


def _is_optimizer(keras: Any, value: Any) -> bool:
    """Whether `value` is one of Keras's optimizers, serialised, with nothing but such and schedules inside."""
    return isinstance(value, dict) and "class_name" in value and _is_harmless(keras, value)


def _is_harmless(keras: Any, value: Any) -> bool:
    """Whether whatever is serialised in `value` is an optimizer or a schedule of Keras: making one runs nothing."""
    if isinstance(value, list | tuple):
        return all(_is_harmless(keras, v) for v in value)
    if not isinstance(value, dict):
        return True
    if "class_name" in value:
        cls = _builtin(keras, value.get("module"), value["class_name"], value.get("registered_name"))
        allowed = (keras.optimizers.Optimizer, keras.optimizers.schedules.LearningRateSchedule)
        if cls is None or not issubclass(cls, allowed) or not isinstance(value.get("config"), dict):
            return False
    return all(_is_harmless(keras, v) for v in value.values())


def _is_mirrored(config: dict[str, Any]) -> bool:
    """Whether a Bidirectional's backward layer is the one it makes by itself."""
    forward, backward = ({**config[key]["config"]} for key in ("layer", "backward_layer"))
    for one in (forward, backward):
        one.pop("name", None)
    return backward.pop("go_backwards", None) is (not forward.pop("go_backwards", None)) and forward == backward


def _required(cls: type) -> list[str]:
    parameters = inspect.signature(cls.__init__).parameters.values()
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
    return [p.name for p in parameters if p.name != "self" and p.kind in plain and p.default is p.empty]


def _default_config(keras: Any, cls: type, required: dict[str, Any]) -> dict[str, Any]:
    """The config that an object made with its required arguments alone would have."""
    try:
        arguments = {
            k: keras.saving.deserialize_keras_object(v) if isinstance(v, dict) else v for k, v in required.items()
        }
        if "name" in inspect.signature(cls.__init__).parameters or issubclass(cls, keras.layers.Layer):
            with contextlib.suppress(TypeError, ValueError):
                return cls(**arguments, name="default").get_config()  # a given name leaves Keras's counters alone
        return cls(**arguments).get_config()
    except Exception:  # arguments that it refuses: then every one of its settings is written
        return {}


def _initializer_name(keras: Any, serialized: dict[str, Any]) -> str | None:
    """`he_normal` for HeNormal() and so on: by name, a layer draws its seeds in the order it always does."""
    name = _snake(serialized["class_name"])
    try:
        same = keras.initializers.serialize(keras.initializers.get(name))
    except (ValueError, TypeError):
        return None
    return name if same == serialized else None


def _snake(name: str) -> str:
    """Keras's own way from a class's name to an object's."""
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()


def _is_sequential(model: Any) -> bool:
    keras = import_keras()
    return type(model) is keras.Sequential and model.built and isinstance(model.input_shape, tuple)


def _rows(run: Run) -> int:
    """Rows trained on; 0 where nothing is known of them."""
    rows = run.data.get("rows")
    return rows if isinstance(rows, int) else 0


def _has_validation_data(run: Run) -> bool:
    guess = any(key.startswith("val_") for key in run.history) and not run.settings.get("validation_split")
    return bool(run.settings.get("has_validation_data", guess))


def _one_line(text: Any) -> str:
    return " ".join(str(text).split())

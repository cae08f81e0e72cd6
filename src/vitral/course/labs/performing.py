"""One call of what a student wrote, and what came back as plain data.

This is the only code of the labs that meets a student's objects. It runs where they run: in the student's own process,
or in a grader's sandbox. What leaves it is an `Answer`, made of numbers, text, lists, arrays and `ModelData`; of a
Keras model, what the lists below name, and the weights. A call is given copies of its arguments; where it calls the
function that a function returned, and Keras is loaded, arrays go in as the backend's tensors, as Keras passes them.
"""

import sys
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.labs.lab import Answer, Call, Data, ModelData

LONGEST_MESSAGE = 300  # characters
DEEPEST = 6  # lists in lists
MOST_ITEMS = 10_000  # in one list, and layers in one model

_NUMBERS = "size units filters rate stddev axis momentum epsilon negative_slope use_bias kernel_size strides pool_size"
SETTINGS = (*_NUMBERS.split(), "padding", "batch_shape", "target_shape")
REGULARIZERS = ("kernel_regularizer", "bias_regularizer", "activity_regularizer")
CONSTRAINTS = ("kernel_constraint", "bias_constraint")
INITIALIZERS = ("kernel_initializer", "bias_initializer")
ACTIVATIONS = ("relu", "softmax", "sigmoid", "tanh", "linear", "elu", "selu", "gelu", "softplus", "silu", "leaky_relu")


class NoDataError(TypeError):
    """A value that is no data."""


def perform(namespace: Mapping[str, Any], call: Call) -> Answer:
    """Do what `call` asks for with the functions in `namespace`; whatever goes wrong is said in the answer.

    Only KeyboardInterrupt is raised: a student who waits may stop. The answer's `kind` is the type of what the function
    returned: of the function that it built, where the call has a `then` (a Keras loss object can be called, too).
    """
    kind = ""
    try:
        if call.function not in namespace:
            return Answer(trouble="missing", message=f"{call.function} is not there")
        function = namespace[call.function]
        if not callable(function):
            kind = kind_of(function)
            return Answer(trouble="missing", message=f"{call.function} is no function but {kind}", kind=kind)
        with warnings.catch_warnings():
            # Keras's advice, in English and from deep inside, would come before the lab's own words.
            warnings.simplefilter("ignore")
            value = function(*copied(call.arguments))
            kind = kind_of(value)
            if call.then is not None:
                if not callable(value):
                    return Answer(trouble="not callable", message=f"{call.function} returned {kind}", kind=kind)
                value = value(*_as_tensors(copied(call.then)))
            return Answer(value=to_data(value), kind=kind)
    except KeyboardInterrupt:
        raise
    except NoDataError as error:
        return Answer(trouble="not data", message=one_line(error), kind=kind)
    except BaseException as error:  # SystemExit, too: it is the student's code that says it
        return Answer(trouble="raised", message=f"{kind_of(error)}: {one_line(error)}", kind=kind_of(error))


def kind_of(value: Any) -> str:
    """The name of a value's type; a value cannot lie about it, its class may."""
    return str(type.__dict__["__name__"].__get__(type(value)))[:100]  # pyright: ignore


def one_line(error: BaseException) -> str:
    """What an exception says, in one line of bounded length."""
    try:
        text = " ".join(str(error).split())
    except BaseException:  # its own __str__ is broken
        text = ""
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def copied(data: Data) -> Any:
    """Data that may be written into: the judge compares with the calls as they were."""
    if isinstance(data, np.ndarray):
        return data.copy()
    if isinstance(data, list | tuple):
        return type(data)(copied(item) for item in data)
    return data


def to_data(value: Any, depth: int = 0) -> Data:
    """A value as data: tensors of any backend become NumPy's arrays, and arrays without dimensions numbers.

    Raises:
        NoDataError: it is none, or holds something that is none.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) in (list, tuple):
        if depth >= DEEPEST or len(value) > MOST_ITEMS:
            raise NoDataError(f"a list that is too long or too deep: {len(value)} items")
        return [to_data(item, depth + 1) for item in value]
    keras = sys.modules.get("keras")
    if keras is not None and isinstance(getattr(keras, "Model", None), type) and issubclass(type(value), keras.Model):
        return model_data(value)
    return _plain(_as_array(value))


def _as_array(value: Any) -> np.ndarray:
    if isinstance(value, np.ndarray | np.generic):
        return np.asarray(value)
    if callable(value) or not hasattr(type(value), "__array__"):
        raise NoDataError(f"{kind_of(value)} is neither a number, nor text, a list, an array or a model")
    try:
        value = (
            value.detach().cpu() if kind_of(value) in ("Tensor", "Parameter") and hasattr(value, "detach") else value
        )
        if hasattr(value, "value") and kind_of(value) == "Variable":  # Keras's own
            value = value.value() if callable(value.value) else value.value
        return np.asarray(value)
    except Exception as error:  # a symbolic tensor has no values
        raise NoDataError(f"{kind_of(value)} has no values: {one_line(error)}") from error


def _plain(array: np.ndarray) -> Data:
    """A plain array of booleans, whole numbers or floats; a Python number where it has no dimensions."""
    if array.dtype.kind == "U" and array.ndim == 0:
        return str(array)
    if array.dtype.kind not in "biuf":
        if "float" not in array.dtype.name:  # bfloat16, float8: not NumPy's own, and of kind V
            raise NoDataError(f"an array of {array.dtype.name} is no array of numbers")
        array = array.astype(np.float32)
    if array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    plain = np.array(array, dtype=array.dtype.newbyteorder("="), order="C", subok=False)
    return plain if plain.ndim else plain.item()


def _as_tensors(arguments: Any) -> Any:
    keras = sys.modules.get("keras")
    if keras is None or not hasattr(keras, "ops"):
        return arguments

    def convert(value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        return keras.ops.convert_to_tensor(value, dtype=keras.config.floatx() if value.dtype.kind == "f" else None)

    return tuple(convert(value) for value in arguments)


# ---------------------------------------------------------------- models


def model_data(model: Any) -> ModelData:
    """A Keras model as data; of classes that a student made, no more than that they are."""
    keras = sys.modules["keras"]
    layers = list(model.layers)
    if len(layers) > MOST_ITEMS:
        raise NoDataError(f"a model of {len(layers)} layers")
    weights = [np.asarray(array) for array in model.get_weights()] if model.built else []
    shape = getattr(model, "input_shape", None) if model.built else None
    return ModelData(
        kind=_kind_of_model(model, keras),
        layers=[layer_data(layer) for layer in layers],
        is_compiled=bool(getattr(model, "compiled", False)),
        n_parameters=int(model.count_params()) if model.built else 0,
        input_shape=list(shape) if isinstance(shape, tuple) and not any(isinstance(n, tuple) for n in shape) else [],
        weights=[array for array in (_plain(w) for w in weights) if isinstance(array, np.ndarray)],
    )


def layer_data(layer: Any) -> dict[str, Data]:
    """One layer's class, name and settings. A class that is not Keras's own is called "own NAME".

    Regularizers and constraints are mappings of "class" and numbers, or None; activations and initializers are names.
    """
    keras = sys.modules["keras"]
    data: dict[str, Data] = {"class": _class_name(layer, keras.layers, keras.models), "name": str(layer.name)[:100]}
    for name in SETTINGS:
        if hasattr(layer, name):
            data[name] = _setting(getattr(layer, name))
    if hasattr(layer, "activation"):
        data["activation"] = activation_name(layer.activation)
    for name in REGULARIZERS:
        if hasattr(layer, name):
            data[name] = _numbers_of(getattr(layer, name), keras.regularizers)
    for name in CONSTRAINTS:
        if hasattr(layer, name):
            data[name] = _numbers_of(getattr(layer, name), keras.constraints)
    for name in INITIALIZERS:
        if hasattr(layer, name):
            data[name] = _class_name(getattr(layer, name), keras.initializers)
    return data


def activation_name(activation: Any) -> str:
    """The name of Keras's activation that this is, or computes (`tf.nn.relu` is relu); "own NAME" where none is."""
    if activation is None:
        return "linear"
    keras = sys.modules["keras"]
    name = str(getattr(activation, "__name__", kind_of(activation)))[:100]
    if getattr(keras.activations, name, None) is activation:
        return name
    points = np.random.default_rng().normal(size=(3, 7)).astype("float32") * 3
    for known in ACTIVATIONS:
        try:
            own, keras_s = (np.asarray(f(keras.ops.convert_to_tensor(points)))
                            for f in (activation, getattr(keras.activations, known)))  # fmt: skip
        except Exception:  # a student's function may refuse these numbers in any way: it is none of Keras's then
            break
        if own.shape == keras_s.shape and np.allclose(own, keras_s, atol=1e-6):
            return known
    return f"own {name}"


def _kind_of_model(model: Any, keras: Any) -> str:
    if type(model) is keras.Sequential:
        return "Sequential"
    home = type(model).__module__
    # The class of a model that was made of its inputs and outputs has no public name.
    is_functional = home.startswith("keras.") and getattr(sys.modules.get(home), "Functional", None) is type(model)
    return "Functional" if is_functional else "subclassed"


def _class_name(thing: Any, *homes: Any) -> str:
    if thing is None or isinstance(thing, str):
        return str(thing)
    name = kind_of(thing)
    return name if any(getattr(home, name, None) is type(thing) for home in homes) else f"own {name}"


def _setting(value: Any) -> Data:
    """A number, a word, or a list of these; None where it is something else."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) in (list, tuple) or type(value).__name__ in ("ListWrapper", "TrackedList"):
        return [_setting(item) for item in list(value)[:100]]
    try:
        return float(value)
    except Exception:  # of a student's own class, whose conversion may raise anything
        return None


def _numbers_of(thing: Any, home: Any) -> Data:
    """A regularizer or constraint as a mapping: its class, and its numbers; of a regularizer always l1 and l2."""
    if thing is None:
        return None
    data: dict[str, Data] = {"class": _class_name(thing, home)}
    if "regularizers" in home.__name__:
        data |= {name: _number(getattr(thing, name, 0.0)) for name in ("l1", "l2")}
    else:
        data |= {
            name: _setting(getattr(thing, name)) for name in ("max_value", "min_value", "axis") if hasattr(thing, name)
        }
    return data


def _number(value: Any) -> float:
    return 0.0 if value is None else float(np.asarray(value))

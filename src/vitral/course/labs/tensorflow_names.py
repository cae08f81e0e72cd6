# ruff: noqa: ARG005 (parameters are named as TensorFlow's are)
"""TensorFlow's names made of Keras's operations, for a grader that has no TensorFlow.

Work for the labs needs little of TensorFlow: `tensorflow.keras`, which is Keras, and a hundred functions of tensors.
`rewritten` leads the imports of a submission to the modules here. They are named as TensorFlow's are, take its
parameters and run on whichever backend Keras has. They are more lenient where types are mixed. What is not here raises
`NeedsTensorFlowError`, so that nobody's work is called wrong for it. Tests compare each name with TensorFlow itself.
"""

import ast
import sys
import types
from collections.abc import Callable
from typing import Any

STAND_IN = "tensorflow_by_keras"


def _same(names: str) -> dict[str, str]:
    return {name: name for name in names.split()}


_DTYPES = _same("bool float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64")
# TensorFlow's name: that of keras.ops
_REDUCTIONS = _same("mean sum max min prod all any logsumexp std") | {"variance": "var"}
_OF_ONE = _same(
    "abs exp expm1 log log1p sqrt square sin cos tan tanh sign floor ceil round sigmoid softplus negative reciprocal "
    "rsqrt logical_not"
) | {"is_nan": "isnan", "is_finite": "isfinite", "is_inf": "isinf"}
_OF_TWO = _same(
    "add subtract multiply divide maximum minimum equal not_equal greater less greater_equal less_equal logical_and "
    "logical_or"
) | {"truediv": "divide", "pow": "power", "floordiv": "floor_divide"}
_ONLY_MATH = _same(
    "log log1p softplus is_nan is_finite is_inf reciprocal rsqrt ceil expm1 divide_no_nan multiply_no_nan xlogy mod "
    "squared_difference floordiv reduce_std reduce_variance"
)
_ACTIVATIONS = _same("relu relu6 elu selu silu sigmoid tanh softplus softsign")


class NeedsTensorFlowError(AttributeError):
    """A name that only TensorFlow itself has."""


class Names(types.ModuleType):
    """A module that says of a name that it lacks that TensorFlow has to be installed for it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NeedsTensorFlowError(f"{self.__name__.replace(STAND_IN, 'tensorflow')}.{name} is TensorFlow's own")


def rewritten(statement: ast.stmt) -> ast.stmt:
    """A statement whose imports of TensorFlow lead to the modules here, which are made if they are not there yet."""
    for node in ast.walk(statement):
        if (isinstance(node, ast.ImportFrom) and _is_tensorflow(node.module)) or (
            isinstance(node, ast.Import) and any(_is_tensorflow(alias.name) for alias in node.names)
        ):
            install()
            return _Imports().visit(statement)
    return statement


def install() -> None:
    """Make the modules, once, and import Keras for them."""
    if STAND_IN not in sys.modules:
        sys.modules.update({module.__name__: module for module in build()})


def build() -> list[types.ModuleType]:
    """The modules: tensorflow, and those below it."""
    import keras

    top, math, nn, linalg, random, kerass, backend = (
        Names(f"{STAND_IN}{name}")
        for name in ("", ".math", ".nn", ".linalg", ".random", ".keras", ".keras.backend")
    )  # fmt: skip
    elementwise = _elementwise(keras.ops)
    vars(math).update(elementwise)
    vars(top).update({name: f for name, f in elementwise.items() if name not in _ONLY_MATH})
    vars(top).update(_tensors(keras))
    for name in ("argmax", "argmin", "cumsum"):
        setattr(math, name, vars(top)[name])
    vars(nn).update(_nn(keras))
    vars(linalg).update({name: vars(top)[name] for name in ("matmul", "norm", "einsum", "tensordot", "eye")})
    vars(random).update(_random(keras))
    vars(kerass).update({name: getattr(keras, name) for name in dir(keras) if not name.startswith("_")})
    vars(backend).update(_backend(keras, vars(top), vars(math), vars(nn)))
    vars(kerass)["backend"] = backend
    vars(top).update(math=math, nn=nn, linalg=linalg, random=random, keras=kerass)
    modules: list[types.ModuleType] = [top, math, nn, linalg, random, kerass, backend]
    for module in modules:
        module.__path__ = []  # so that modules below it may be imported
    return modules


# ---------------------------------------------------------------- imports


def _is_tensorflow(name: str | None) -> bool:
    return name is not None and (name == "tensorflow" or name.startswith("tensorflow."))


def _led(name: str) -> str:
    """Where the import of a module leads: `tensorflow.keras.layers` is Keras's own; what is unknown stays."""
    ours = name.replace("tensorflow", STAND_IN, 1)
    if ours in sys.modules:
        return ours
    return name.removeprefix("tensorflow.") if name.startswith("tensorflow.keras.") else name


class _Imports(ast.NodeTransformer):
    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        if _is_tensorflow(node.module) and not node.level:
            node.module = _led(str(node.module))
        return node

    def visit_Import(self, node: ast.Import) -> ast.Import:
        for alias in node.names:
            if _is_tensorflow(alias.name):
                if alias.asname is None and _led(alias.name) != alias.name:
                    alias.name, alias.asname = STAND_IN, "tensorflow"  # the modules below it are there at once
                else:
                    alias.name = _led(alias.name)
        return node


# ---------------------------------------------------------------- functions


def _tensor(value: Any, dtype: Any = None) -> Any:
    import keras

    is_tensor = hasattr(value, "dtype") and hasattr(value, "shape")
    value = value if is_tensor else keras.ops.convert_to_tensor(value)
    return value if dtype is None else keras.ops.cast(value, dtype)


def _elementwise(ops: Any) -> dict[str, Callable[..., Any]]:
    """What tf.math has, and most of it tf, too."""

    def reduction(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda input_tensor, axis=None, keepdims=False, name=None: f(
            _tensor(input_tensor), axis=axis, keepdims=keepdims
        )

    def of_one(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda x, name=None: f(_tensor(x))

    def of_two(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda x, y, name=None: f(_tensor(x), _tensor(y))

    def safe_division(x: Any, y: Any) -> Any:
        return ops.where(y == 0, ops.zeros_like(x / ops.where(y == 0, 1.0, y)), x / ops.where(y == 0, 1.0, y))

    def x_log_y(x: Any, y: Any) -> Any:
        return ops.where(x == 0, 0.0, x * ops.log(ops.where(x == 0, 1.0, y)))

    found = {f"reduce_{name}": reduction(getattr(ops, theirs)) for name, theirs in _REDUCTIONS.items()}
    found |= {name: of_one(getattr(ops, theirs)) for name, theirs in _OF_ONE.items()}
    found |= {name: of_two(getattr(ops, theirs)) for name, theirs in _OF_TWO.items()}
    found["squared_difference"] = of_two(lambda x, y: ops.square(x - y))
    found["divide_no_nan"] = of_two(safe_division)
    found["multiply_no_nan"] = of_two(lambda x, y: ops.where(y == 0, ops.zeros_like(x * y), x * y))
    found["xlogy"] = of_two(x_log_y)
    found["mod"] = of_two(ops.mod)
    return found


def _tensors(keras: Any) -> dict[str, Any]:
    """What tf has of its own: tensors made, cut, joined; types."""
    ops, t = keras.ops, _tensor

    def where(condition: Any, x: Any = None, y: Any = None) -> Any:
        if x is None or y is None:
            raise NeedsTensorFlowError("tensorflow.where of a condition alone is TensorFlow's own")
        return ops.where(condition, x, y)

    def matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False) -> Any:
        a, b = t(a), t(b)
        return ops.matmul(ops.swapaxes(a, -1, -2) if transpose_a else a, ops.swapaxes(b, -1, -2) if transpose_b else b)

    def constant(value: Any, dtype: Any = None, shape: Any = None) -> Any:
        made = ops.convert_to_tensor(value, dtype=dtype)
        return (
            made
            if shape is None
            else ops.broadcast_to(made, shape)
            if ops.ndim(made) == 0
            else ops.reshape(made, shape)
        )

    def limits(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None) -> Any:
        return ops.arange(start, limit, delta, dtype=dtype) if limit is not None else ops.arange(0, start, delta, dtype)

    def decorator(func: Any = None, **_: Any) -> Any:
        return func if func is not None else lambda function: function

    def one_hot(indices: Any, depth: int, on_value: Any = 1.0, off_value: Any = 0.0, axis: int = -1) -> Any:
        return ops.one_hot(t(indices), depth, axis=axis) * (on_value - off_value) + off_value

    return {
        **{name: name for name in _DTYPES}, "Tensor": object, "newaxis": None, "function": decorator, "print": print,
        "constant": constant, "executing_eagerly": lambda: True,
        "convert_to_tensor": lambda value, dtype=None, dtype_hint=None, name=None: constant(value, dtype),
        "Variable": lambda initial_value, trainable=True, dtype=None, name=None: keras.Variable(
            t(initial_value, dtype), trainable=trainable),
        "cast": lambda x, dtype, name=None: t(x, dtype),
        "identity": lambda input, name=None: t(input),
        "stop_gradient": lambda input, name=None: ops.stop_gradient(t(input)),
        "clip_by_value": lambda t, clip_value_min, clip_value_max, name=None: ops.clip(
            _tensor(t), clip_value_min, clip_value_max),
        "shape": lambda input: ops.shape(t(input)),
        "reshape": lambda tensor, shape: ops.reshape(t(tensor), shape),
        "transpose": lambda a, perm=None: ops.transpose(t(a), perm),
        "expand_dims": lambda input, axis: ops.expand_dims(t(input), axis),
        "squeeze": lambda input, axis=None: ops.squeeze(t(input), axis),
        "concat": lambda values, axis: ops.concatenate([t(v) for v in values], axis),
        "stack": lambda values, axis=0: ops.stack([t(v) for v in values], axis),
        "tile": lambda input, multiples: ops.tile(t(input), multiples),
        "repeat": lambda input, repeats, axis=None: ops.repeat(t(input), repeats, axis),
        "broadcast_to": lambda input, shape: ops.broadcast_to(t(input), shape),
        "gather": lambda params, indices, axis=0: ops.take(t(params), t(indices), axis),
        "argmax": lambda input, axis=0: ops.argmax(t(input), axis),
        "argmin": lambda input, axis=0: ops.argmin(t(input), axis),
        "ones_like": lambda input, dtype=None: ops.ones_like(t(input), dtype),
        "zeros_like": lambda input, dtype=None: ops.zeros_like(t(input), dtype),
        "rank": lambda input: ops.ndim(t(input)), "size": lambda input: ops.size(t(input)),
        "cumsum": lambda x, axis=0: ops.cumsum(t(x), axis),
        "sort": lambda values, axis=-1: ops.sort(t(values), axis),
        "range": limits, "linspace": lambda start, stop, num: ops.linspace(start, stop, num),
        "zeros": lambda shape, dtype="float32": ops.zeros(shape, dtype),
        "ones": lambda shape, dtype="float32": ops.ones(shape, dtype),
        "fill": lambda dims, value: ops.full(dims, value),
        "eye": lambda num_rows, num_columns=None, dtype="float32": ops.eye(num_rows, num_columns, dtype=dtype),
        "one_hot": one_hot, "where": where, "matmul": matmul,
        "tensordot": lambda a, b, axes: ops.tensordot(t(a), t(b), axes),
        "einsum": lambda equation, *inputs: ops.einsum(equation, *map(t, inputs)),
        "norm": lambda tensor, ord="euclidean", axis=None, keepdims=False: ops.norm(
            t(tensor) if axis is not None else ops.reshape(t(tensor), (-1,)), None if ord == "euclidean" else ord,
            axis=axis, keepdims=keepdims),
    }  # fmt: skip


def _nn(keras: Any) -> dict[str, Callable[..., Any]]:
    ops, t = keras.ops, _tensor

    def of_features(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda features, name=None: f(t(features))

    def with_logits(labels: Any, logits: Any, axis: int = -1) -> Any:
        return -ops.sum(t(labels) * ops.log_softmax(t(logits), axis), axis)

    def sigmoid_with_logits(labels: Any = None, logits: Any = None) -> Any:
        labels, logits = t(labels), t(logits)
        return ops.relu(logits) - logits * labels + ops.log1p(ops.exp(-ops.abs(logits)))

    return {
        **{name: of_features(getattr(ops, name)) for name in _ACTIVATIONS},
        "swish": of_features(ops.silu),
        "leaky_relu": lambda features, alpha=0.2: ops.leaky_relu(t(features), alpha),
        "gelu": lambda features, approximate=False: ops.gelu(t(features), approximate),
        "softmax": lambda logits, axis=-1, name=None: ops.softmax(t(logits), axis),
        "log_softmax": lambda logits, axis=-1, name=None: ops.log_softmax(t(logits), axis),
        "softmax_cross_entropy_with_logits": with_logits,
        "sigmoid_cross_entropy_with_logits": sigmoid_with_logits,
        "l2_loss": lambda t, name=None: ops.sum(ops.square(_tensor(t))) / 2,
        "l2_normalize": lambda x, axis=None, epsilon=1e-12: (
            t(x) / ops.sqrt(ops.maximum(ops.sum(ops.square(t(x)), axis, keepdims=True), epsilon))
        ),
    }


def _random(keras: Any) -> dict[str, Callable[..., Any]]:
    random = keras.random
    return {
        "set_seed": keras.utils.set_random_seed,
        "normal": lambda shape, mean=0.0, stddev=1.0, dtype="float32", seed=None: random.normal(
            shape, mean, stddev, dtype, seed),
        "uniform": lambda shape, minval=0, maxval=1.0, dtype="float32", seed=None: random.uniform(
            shape, minval, maxval, dtype, seed),
    }  # fmt: skip


def _backend(keras: Any, top: dict[str, Any], math: dict[str, Any], nn: dict[str, Any]) -> dict[str, Any]:
    """`tensorflow.keras.backend`, the K of many notebooks: Keras's own, and functions that Keras 3 has elsewhere."""
    ops, t = keras.ops, _tensor
    own = {name: getattr(keras.backend, name) for name in dir(keras.backend) if not name.startswith("_")}
    reductions = {"mean", "sum", "max", "min", "prod", "all", "any", "std"}
    same = "abs exp square sign round sin cos maximum minimum equal not_equal greater greater_equal less less_equal"
    return {
        **own,
        **{name: math[f"reduce_{name}"] for name in reductions}, "var": math["reduce_variance"],
        **{name: math[name] for name in (*_same(same), "log", "pow")},
        **{name: top[name] for name in _same("cast reshape transpose stack ones_like zeros_like shape stop_gradient")},
        **{name: nn[name] for name in _same("sigmoid tanh softplus softsign elu")},
        "sqrt": lambda x: ops.sqrt(ops.maximum(t(x), 0.0)),
        "clip": lambda x, min_value, max_value: ops.clip(t(x), min_value, max_value),
        "relu": lambda x, alpha=0.0: ops.leaky_relu(t(x), alpha) if alpha else ops.relu(t(x)),
        "softmax": lambda x, axis=-1: ops.softmax(t(x), axis),
        "cast_to_floatx": lambda x: t(x, keras.config.floatx()),
        "constant": lambda value, dtype=None: ops.convert_to_tensor(value, dtype=dtype or keras.config.floatx()),
        "variable": lambda value, dtype=None: keras.Variable(t(value, dtype or keras.config.floatx())),
        "get_value": lambda x: ops.convert_to_numpy(x), "eval": lambda x: ops.convert_to_numpy(x),
        "expand_dims": lambda x, axis=-1: ops.expand_dims(t(x), axis),
        "squeeze": lambda x, axis: ops.squeeze(t(x), axis),
        "concatenate": lambda tensors, axis=-1: ops.concatenate([t(x) for x in tensors], axis),
        "flatten": lambda x: ops.reshape(t(x), (-1,)),
        "argmax": lambda x, axis=-1: ops.argmax(t(x), axis), "argmin": lambda x, axis=-1: ops.argmin(t(x), axis),
        "one_hot": lambda indices, num_classes: ops.one_hot(t(indices), num_classes),
        "dot": lambda x, y: ops.matmul(t(x), t(y)), "ndim": lambda x: ops.ndim(t(x)),
        "int_shape": lambda x: tuple(t(x).shape), "cumsum": lambda x, axis=0: ops.cumsum(t(x), axis),
        "l2_normalize": nn["l2_normalize"], "clear_session": keras.utils.clear_session,
        "categorical_crossentropy": lambda target, output, from_logits=False, axis=-1: ops.categorical_crossentropy(
            t(target), t(output), from_logits, axis),
        "binary_crossentropy": lambda target, output, from_logits=False: ops.binary_crossentropy(
            t(target), t(output), from_logits),
        "sparse_categorical_crossentropy": lambda target, output, from_logits=False, axis=-1:
            ops.sparse_categorical_crossentropy(t(target), t(output), from_logits, axis),
    }  # fmt: skip

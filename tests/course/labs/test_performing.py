"""One call of a student's function: whatever it does, what comes of it is data, or a sentence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitral import keras
from vitral.course.labs.lab import Call, ModelData
from vitral.course.labs.performing import DEEPEST, NoDataError, activation_name, kind_of, model_data, perform, to_data

CALL = Call(function="f", arguments=(np.arange(3.0), [1, 2]))


def said(function, call=CALL):
    answer = perform({"f": function}, call)
    return answer.trouble, answer.kind, answer.message


class NoWordsError(Exception):
    def __str__(self):
        raise RuntimeError


class Liar(float):
    @property
    def __class__(self):
        return int


def test_what_is_right_comes_back():
    answer = perform({"f": lambda x, y: [x * 2, y, None, True, "text", (1.5, np.float32(2))]}, CALL)
    assert answer.trouble is None
    assert answer.kind == "list"
    assert np.array_equal(answer.value[0], [0, 2, 4])
    assert answer.value[1:] == [[1, 2], None, True, "text", [1.5, 2.0]]


def test_what_keras_warns_of_does_not_come_before_the_labs_words(recwarn):
    answer = perform({"f": lambda *_: keras.Sequential([keras.layers.Dense(1, input_shape=(2,))])}, CALL)
    assert answer.trouble is None
    assert [str(warning.message) for warning in recwarn.list] == []


def raising(error):
    def f(*_):
        raise error

    return f


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (3, ("missing", "int", "f is no function but int")),
        (raising(ValueError("a\n\nb")), ("raised", "ValueError", "ValueError: a b")),
        (raising(NoWordsError()), ("raised", "NoWordsError", "NoWordsError: ")),
        (raising(SystemExit(3)), ("raised", "SystemExit", "SystemExit: 3")),
        (raising(GeneratorExit()), ("raised", "GeneratorExit", "GeneratorExit: ")),
        (lambda *_: object(), ("not data", "object", None)),
        (lambda *_: (v for v in [1]), ("not data", "generator", None)),
        (lambda *_: np.array([object()]), ("not data", "ndarray", "an array of object is no array of numbers")),
        (lambda *_: np.array(["a", "b"]), ("not data", "ndarray", None)),
        (lambda *_: {"a": 1}, ("not data", "dict", None)),
        (lambda *_: Liar(2), ("not data", "Liar", None)),
        (lambda *_: keras.Input((2,)), ("not data", "KerasTensor", None)),
        (lambda *_: [0] * 10_001, ("not data", "list", "a list that is too long or too deep: 10001 items")),
        (lambda *_: [[[[[[[[1]]]]]]]], ("not data", "list", None)),
        (lambda *_: np.float64, ("not data", "type", None)),
        (raising(ValueError("x" * 5000)), ("raised", "ValueError", None)),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, tuple) else None,
)
def test_what_goes_wrong_is_said(function, expected):
    trouble, kind, message = said(function)
    assert (trouble, kind) == expected[:2]
    assert expected[2] is None or message == expected[2]
    assert len(message) < 500


def test_a_name_that_is_not_there():
    assert perform({}, CALL).message == "f is not there"


def test_only_who_waits_may_interrupt():
    with pytest.raises(KeyboardInterrupt):
        perform({"f": raising(KeyboardInterrupt())}, CALL)


def test_a_call_is_given_copies():
    def f(x, y):
        x *= 0
        y.append(3)
        return 1

    assert said(f)[0] is None
    assert np.array_equal(CALL.arguments[0], [0, 1, 2])
    assert CALL.arguments[1] == [1, 2]


def test_a_function_that_was_returned_is_called_with_tensors():
    seen = []

    def build(_):
        def loss(x, y):
            seen.append((keras.ops.is_tensor(x), x.dtype, y))
            return keras.ops.sum(x) + y

        return loss

    call = Call(function="f", arguments=(1,), then=(np.ones(3), 4))
    answer = perform({"f": build}, call)
    assert (answer.value, answer.trouble) == (7.0, None)
    assert seen == [(True, "float32", 4)]
    assert perform({"f": lambda _: 3}, call).trouble == "not callable"


def test_tensors_arrays_and_numbers_become_plain():
    tensor = keras.ops.convert_to_tensor([[1.0, 2.0]])
    for value in (tensor, keras.Variable(tensor), np.array([[1.0, 2.0]], ">f4"), np.array([[1.0, 2.0]]).view(np.matrix),
                  keras.ops.cast(tensor, "bfloat16"), keras.ops.cast(tensor, "float16")):  # fmt: skip
        data = to_data(value)
        assert type(data) is np.ndarray
        assert data.dtype.isnative
        assert data.tolist() == [[1.0, 2.0]]
    assert to_data(np.longdouble(1.5)) == 1.5
    assert to_data(keras.ops.sum(tensor)) == 3.0
    assert to_data(np.str_("a")) == "a"
    assert type(to_data(np.bool_(True))) is bool


def deepest(value):
    return 1 + max(map(deepest, value), default=0) if isinstance(value, list) else 0


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=20))
def test_data_stays_as_it_is(value):
    if deepest(value) > DEEPEST:
        with pytest.raises(NoDataError, match="too deep"):
            to_data(value)
    else:
        assert repr(to_data(value)) == repr(value)


# ---------------------------------------------------------------- models


def test_a_model_as_data():
    model = keras.Sequential([
        keras.Input((5,)),
        keras.layers.Dense(4, "relu", kernel_regularizer=keras.regularizers.L1L2(0.25, 0.5)),
        keras.layers.Dropout(0.5), keras.layers.Dense(2, keras.ops.softmax, bias_regularizer="l2", use_bias=True),
    ])  # fmt: skip
    data = model_data(model)
    assert (data.kind, data.is_compiled, data.n_parameters, data.input_shape) == ("Sequential", False, 34, [None, 5])
    first, dropout, last = data.layers
    assert (first["class"], first["units"], first["activation"]) == ("Dense", 4, "relu")
    assert first["kernel_regularizer"] == {"class": "L1L2", "l1": 0.25, "l2": 0.5}
    assert (dropout["class"], dropout["rate"]) == ("Dropout", 0.5)
    assert (last["activation"], last["kernel_regularizer"]) == ("softmax", None)
    assert last["bias_regularizer"] == {"class": "L2", "l1": 0.0, "l2": pytest.approx(0.01)}
    assert [w.shape for w in data.weights] == [(5, 4), (4,), (4, 2), (2,)]
    assert all(type(w) is np.ndarray for w in data.weights)
    model.compile("sgd", "mse")
    assert model_data(model).is_compiled


class Dense(keras.layers.Dense):
    """It is called as Keras's is, and is another."""


class L2(keras.regularizers.Regularizer):
    l2 = 0.001

    def __call__(self, x):
        return 0.0 * keras.ops.sum(x)


class Sequential(keras.Sequential):
    """Another one, too."""


def test_classes_that_are_not_kerass_are_their_owners():
    layer = model_data(keras.Sequential([keras.Input((2,)), Dense(1, kernel_regularizer=L2())])).layers[0]
    assert layer["class"] == "own Dense"
    assert layer["kernel_regularizer"]["class"] == "own L2"
    assert model_data(Sequential([keras.Input((2,))])).kind == "subclassed"
    inputs = keras.Input((2,))
    assert model_data(keras.Model(inputs, keras.layers.Dense(1)(inputs))).kind == "Functional"
    unbuilt = perform({"f": lambda *_: keras.Sequential([keras.layers.Dense(1)])}, CALL).value
    assert isinstance(unbuilt, ModelData)
    assert (unbuilt.weights, unbuilt.input_shape, unbuilt.n_parameters) == ([], [], 0)


def test_an_activation_is_known_by_what_it_computes():
    assert activation_name(None) == "linear"
    assert activation_name(keras.activations.relu) == "relu"
    assert activation_name(lambda x: keras.ops.maximum(x, 0)) == "relu"
    assert activation_name(lambda x: x) == "linear"

    def relu(x):
        return x * 2

    assert activation_name(relu) == "own relu"
    assert activation_name(lambda x: 1 / 0) == "own <lambda>"  # noqa: ARG005


def test_a_value_cannot_lie_about_its_type():
    assert kind_of(Liar(2)) == "Liar"
    assert len(kind_of(type("x" * 5000, (), {})())) == 100

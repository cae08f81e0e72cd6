"""The multilayer perceptron: affine maps with a nonlinearity between them.

    a[0] = x;   a[l] = f(a[l-1] @ W[l] + b[l]);   output = g(a[L-1] @ W[L] + b[L])

with g the softmax for classification and the identity for regression (Rumelhart, Hinton & Williams, 1986).
"""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from vitral._checks import check_choice, check_int, check_number
from vitral._errors import ArgumentError
from vitral._keras import import_keras


def mlp(
    inputs: int,
    outputs: int,
    hidden: Iterable[int] = (64, 32),
    activation: str | Callable[[Any], Any] = "relu",
    initializer: Any = "glorot_uniform",
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float = 0.0,
    batch_normalization: bool = False,
    task: Literal["classification", "regression"] = "classification",
    name: str | None = None,
) -> Any:
    """A built, uncompiled `keras.Sequential` of dense layers: x (N, D) -> (N, K).

    Initial weights and dropout masks follow Keras's seeds: call `keras.utils.set_random_seed` before building to
    get the same network again. Layers are called hidden_1, hidden_2, … and output.

    Args:
        inputs: D, the number of features.
        outputs: K. Classification: the number of classes, two or more (labels are whole numbers from 0, the loss
            `sparse_categorical_crossentropy`). Regression: the number of values, one or more.
        hidden: H of each hidden layer, first layer first; `()` makes a linear model.
        activation: f, the name of a Keras activation or a function of an array that keeps its shape.
        initializer: of every kernel (D_in, D_out): the name of a Keras initializer, or one of its objects. Biases
            start at zero.
        l1, l2: weights of the penalties sum|W| and sum W², on the kernel of every dense layer, the output's
            included; biases are never penalised.
        dropout: share of each hidden layer's units, in [0, 1), switched off at every training step.
        batch_normalization: normalise each hidden layer between the affine map and f (Ioffe & Szegedy, 2015);
            the map then has no bias, which the normalisation would cancel.
        task: what the output layer is for: "classification" (softmax) or "regression" (linear).
        name: the model's name.

    Raises:
        ArgumentError: a size, rate or penalty out of range.
        UnknownNameError: an unknown activation, initializer or task; the message names the nearest known one.

    Example:
        >>> from vitral.networks import mlp
        >>> model = mlp(64, 10, hidden=(32,), dropout=0.2)
        >>> [layer.name for layer in model.layers], model.count_params()
        (['hidden_1', 'dropout_1', 'output'], 2410)
    """
    check_choice("task", task, ("classification", "regression"))
    inputs = check_int("inputs", inputs, minimum=1)
    outputs = check_int("outputs", outputs, minimum=1)
    if task == "classification" and outputs < 2:
        raise ArgumentError(
            f"outputs must be at least 2 for classification, one for each class: got {outputs}. "
            'Two classes need outputs=2; for one value ask for task="regression".'
        )
    sizes = _check_hidden(hidden)
    l1 = check_number("l1", l1, minimum=0)
    l2 = check_number("l2", l2, minimum=0)
    dropout = check_number("dropout", dropout, minimum=0, below=1)
    keras = import_keras()
    _check_activation(keras, activation)
    _check_initializer(keras, initializer)

    def dense(units: int, **options: Any) -> Any:
        return keras.layers.Dense(
            units,
            kernel_initializer=_fresh(keras, initializer),
            kernel_regularizer=keras.regularizers.L1L2(l1=l1, l2=l2) if l1 or l2 else None,
            **options,
        )

    layers = [keras.Input((inputs,))]
    for i, size in enumerate(sizes, start=1):
        if batch_normalization:
            layers += [
                dense(size, use_bias=False, name=f"hidden_{i}"),
                keras.layers.BatchNormalization(name=f"normalization_{i}"),
                keras.layers.Activation(activation, name=f"activation_{i}"),
            ]
        else:
            layers.append(dense(size, activation=activation, name=f"hidden_{i}"))
        if dropout:
            layers.append(keras.layers.Dropout(dropout, name=f"dropout_{i}"))
    layers.append(dense(outputs, activation="softmax" if task == "classification" else "linear", name="output"))
    return keras.Sequential(layers, name=name)


def _check_hidden(hidden: Any) -> tuple[int, ...]:
    remedy = "Write hidden=(64, 32) for two hidden layers, hidden=() for none."
    if isinstance(hidden, str) or not isinstance(hidden, Iterable):
        raise ArgumentError(f"hidden must be a sequence of sizes, one for each hidden layer: got {hidden!r}. {remedy}")
    return tuple(check_int(f"hidden[{i}]", size, minimum=1, remedy=remedy) for i, size in enumerate(hidden))


# Public names that are no activation, or none that maps (N, H) to (N, H) without further arguments.
_NO_ACTIVATION = {"get", "serialize", "deserialize", "glu", "threshold"}
# Public names that are no initializer, or none for a kernel without further arguments.
_NO_INITIALIZER = {
    *("get", "serialize", "deserialize", "Initializer"),
    *("stft", "STFT", "STFTInitializer", "constant", "Constant"),
}


def _check_activation(keras: Any, activation: Any) -> None:
    if isinstance(activation, str):
        check_choice("activation", activation, _public_names(keras.activations, _NO_ACTIVATION))
    elif not callable(activation):
        raise ArgumentError(f"activation must be the name of an activation or a function: got {activation!r}.")


def _check_initializer(keras: Any, initializer: Any) -> None:
    if isinstance(initializer, str):
        known = _public_names(keras.initializers, _NO_INITIALIZER)
        if initializer not in known:  # Keras knows each by two or three names: the error lists one of them
            check_choice("initializer", initializer, [name for name in known if name.islower()])
    elif not callable(initializer):
        raise ArgumentError(f"initializer must be the name of an initializer or one of Keras's: got {initializer!r}.")


def _public_names(module: Any, leave_out: set[str]) -> list[str]:
    return [name for name in dir(module) if not name.startswith("_") and name not in leave_out]


def _fresh(keras: Any, initializer: Any) -> Any:
    """A layer's own initializer: one object shared by equal layers would start them with equal weights."""
    return initializer.clone() if isinstance(initializer, keras.initializers.Initializer) else initializer

"""Losses around losses: any categorical one for class numbers, any one with a penalty.

    sparse(loss)(y, p)                             = loss(one_hot(y), p)
    with_penalty(loss, penalty, weight)(y, p)      = loss(y, p) + weight * penalty(y, p)

Both act row by row, before Keras takes the mean over rows, so that sample weights and masks mean what they always do.
"""

from typing import Any

from vitral._checks import check_number
from vitral._errors import ShapeError
from vitral._keras import as_loss, import_keras
from vitral.losses.registry import class_of


def sparse(loss: Any) -> Any:
    """A loss for one-hot targets as one for class numbers, (B,) or (B, 1), as `load` and CSV files give them.

    Args:
        loss: a `keras.losses.Loss`, or what `compile(loss=)` takes: a name, or a function of (y_true, y_pred).

    Returns:
        A `keras.losses.Loss`, which is saved and opened with a model if `loss` is.

    Raises:
        ArgumentError, UnknownNameError: no loss.
        ShapeError: targets that are no class numbers, when the model is first trained.

    Example:
        >>> import numpy as np
        >>> import vitral
        >>> from vitral import keras
        >>> p = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
        >>> smooth = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
        >>> smooth(np.eye(3)[[0, 1]], p) == vitral.losses.sparse(smooth)(np.array([0, 1]), p)
        Array(True, dtype=bool)
    """
    return class_of("SparseLoss")(loss)


def with_penalty(loss: Any, penalty: Any, weight: float = 1.0) -> Any:
    """A loss with something added: loss + weight * penalty, row by row.

    A penalty on weights belongs to their layer (`kernel_regularizer`), not to the loss, which sees targets and outputs.

    Args:
        loss: a `keras.losses.Loss`, or what `compile(loss=)` takes: a name, or a function of (y_true, y_pred).
        penalty: another loss, of the same kinds, giving one number a row or one for the batch; or a
            `keras.regularizers.Regularizer`, which is applied to the outputs and divided by the rows B, as
            `activity_regularizer` is.
        weight: of the penalty, any finite number: a negative one rewards.

    Returns:
        A `keras.losses.Loss` with the reduction of `loss`. It is saved and opened with a model if both are: a function
        of your own has to be registered with `keras.saving.register_keras_serializable`.

    Raises:
        ArgumentError, UnknownNameError: no loss, no penalty, or no finite weight.
        ShapeError: a penalty of another shape than the loss has, when the model is first trained.

    Example:
        >>> import numpy as np
        >>> import vitral
        >>> from vitral import keras
        >>> def confidence(y, p):  # minus the entropy of the outputs (Pereyra et al., 2017)
        ...     return keras.ops.sum(p * keras.ops.log(p), axis=-1)
        >>> loss = vitral.losses.with_penalty("categorical_crossentropy", confidence, weight=0.1)
        >>> round(float(loss(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))), 4), round(0.9 * np.log(2), 4)
        (0.6238, np.float64(0.6238))
    """
    return class_of("PenalizedLoss")(loss, penalty, weight)


def make_classes(keras: Any) -> list[Any]:
    """The two wrappers, as losses of Keras."""
    ops, serialize = keras.ops, keras.saving.serialize_keras_object

    class SparseLoss(keras.losses.Loss):
        """What `sparse` returns. `wrapped` is the loss inside."""

        def __init__(self, loss: Any, name: str | None = None, reduction: Any = None, dtype: Any = None):
            self.given, self.wrapped = loss, as_loss(loss, "loss")
            reduction = self.wrapped.reduction if reduction is None else reduction
            super().__init__(name or f"sparse_{self.wrapped.name}", reduction, dtype)
            is_known = "CategoricalCrossentropy" in type(self.wrapped).__name__ or "categorical" in self.wrapped.name
            self.kind = "SparseCategoricalCrossentropy" if is_known else None

        def call(self, y_true: Any, y_pred: Any) -> Any:
            if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
                y_true = ops.squeeze(y_true, -1)
            if len(y_true.shape) != len(y_pred.shape) - 1:
                raise ShapeError(
                    f"y must hold one class number a row: got shape {tuple(y_true.shape)} for outputs of shape "
                    f"{tuple(y_pred.shape)}. For one-hot targets use the loss inside, without sparse."
                )
            one_hot = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1], dtype=y_pred.dtype)
            return self.wrapped.call(one_hot, y_pred)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "loss": serialize(self.given)}

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            return cls(**_opened(config, "loss"))

    class PenalizedLoss(keras.losses.Loss):
        """What `with_penalty` returns. `wrapped` is the loss inside."""

        def __init__(
            self,
            loss: Any,
            penalty: Any,
            weight: float = 1.0,
            name: str | None = None,
            reduction: Any = None,
            dtype: Any = None,
        ):
            self.given, self.wrapped = loss, as_loss(loss, "loss")
            self.penalty, self._is_regularizer = penalty, isinstance(penalty, keras.regularizers.Regularizer)
            self._added = None if self._is_regularizer else as_loss(penalty, "penalty")
            self.weight = check_number("weight", weight)
            reduction = self.wrapped.reduction if reduction is None else reduction
            super().__init__(name or f"penalized_{self.wrapped.name}", reduction, dtype)

        def call(self, y_true: Any, y_pred: Any) -> Any:
            values = self.wrapped.call(y_true, y_pred)
            if self._added is None:
                added = self.penalty(y_pred) / ops.cast(ops.shape(y_pred)[0], y_pred.dtype)
            else:
                added = ops.convert_to_tensor(self._added.call(y_true, y_pred), values.dtype)
            if len(added.shape) not in (0, len(values.shape)) or (len(added.shape) and added.shape != values.shape):
                raise ShapeError(
                    f"penalty must give one number a row, or one in all: got shape {tuple(added.shape)} where the loss "
                    f"has {tuple(values.shape)}. Take the sum or the mean over the last axis."
                )
            return values + self.weight * added

        def get_config(self) -> dict[str, Any]:
            own = {"loss": serialize(self.given), "penalty": serialize(self.penalty), "weight": self.weight}
            return {**super().get_config(), **own}

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            return cls(**_opened(config, "loss", "penalty"))

    return [SparseLoss, PenalizedLoss]


def _opened(config: dict[str, Any], *names: str) -> dict[str, Any]:
    """A config with what is serialised in it under these names made anew; names of losses stay names."""
    opened = import_keras().saving.deserialize_keras_object
    return {name: opened(v) if name in names and isinstance(v, dict) else v for name, v in config.items()}

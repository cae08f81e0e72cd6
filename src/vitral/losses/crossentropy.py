"""Cross-entropy in which classes, and easy samples, count differently.

With y the (smoothed) one-hot target, p the predicted probabilities and w a weight for each class:

    weighted    L = - sum_k w[k] y[k] log p[k]
    focal       L = - sum_k w[k] y[k] (1 - p[k])^gamma log p[k]       (Lin, Goyal, Girshick, He & Dollár, 2017)

Two classes of one output p are (1 - p, p) of that. Keras's focal losses turn logits into probabilities and clip those:
beyond |z| = 16 a sample that is confidently wrong, which the focal loss is about, has no gradient, and one that is
right has NaN where gamma < 1. Here logits stay logarithms, and the gradient is right as far as float32 goes.

Keras's `class_weight` weighs samples of a training; these weights belong to the loss: validation has them too, soft
targets are weighted class by class, and a saved model keeps them. Letters: B rows, K classes, D outputs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vitral._checks import check_number
from vitral._errors import ArgumentError, ShapeError


def make_classes(keras: Any) -> list[Any]:
    """The four losses, as classes of Keras."""
    ops = keras.ops

    class CrossEntropy(keras.losses.Loss):
        """What the four have in common: their numbers, checked once, and their config."""

        def __init__(self, weights: Any, gamma: float, from_logits: bool, label_smoothing: float, **options: Any):
            super().__init__(**options)
            self.weights = _check_weights(weights)
            self.gamma = check_number("gamma", gamma, minimum=0)
            self.label_smoothing = check_number("label_smoothing", label_smoothing, minimum=0, maximum=1)
            self.from_logits = bool(from_logits)

        def get_config(self) -> dict[str, Any]:
            weights = None if self.weights is None else list(self.weights)
            own = {"weights": weights, "from_logits": self.from_logits, "label_smoothing": self.label_smoothing}
            return {**super().get_config(), **own}

        def _weighed(self, losses: Any) -> Any:
            """Losses (..., K), each class times its weight."""
            return losses if self.weights is None else losses * ops.convert_to_tensor(self.weights, losses.dtype)

        def _focused(self, log_p: Any, log_other: Any) -> Any:
            """- (1 - p)^gamma log p, from log p and log (1 - p)."""
            return -ops.exp(self.gamma * log_other) * log_p if self.gamma else -log_p

    class Categorical(CrossEntropy):
        kind = "CategoricalCrossentropy"  # of Keras's losses, the one whose targets and outputs these have

        def call(self, y_true: Any, y_pred: Any) -> Any:
            _check_columns(y_true, y_pred, self.weights)
            if self.label_smoothing:
                y_true = y_true * (1.0 - self.label_smoothing) + self.label_smoothing / y_pred.shape[-1]
            epsilon = keras.config.epsilon()
            if self.from_logits:
                log_p = ops.log_softmax(y_pred, axis=-1)
            else:
                log_p = ops.log(ops.clip(y_pred, epsilon, 1.0 - epsilon))
            log_other = ops.log(ops.maximum(-ops.expm1(log_p), epsilon)) if self.gamma else None
            return ops.sum(self._weighed(y_true * self._focused(log_p, log_other)), axis=-1)

    class Binary(CrossEntropy):
        kind = "BinaryCrossentropy"

        def __init__(self, *given: Any, **options: Any):
            super().__init__(*given, **options)
            if self.weights is not None and len(self.weights) != 2:
                raise ArgumentError(
                    f"weights must be two, of class 0 and of class 1: got {len(self.weights)}. Write weights=(1, 5), "
                    "or use the categorical loss for more classes."
                )

        def call(self, y_true: Any, y_pred: Any) -> Any:
            if len(y_true.shape) == len(y_pred.shape) - 1:
                y_true = ops.expand_dims(y_true, -1)
            _check_columns(y_true, y_pred, None)
            if self.label_smoothing:
                y_true = y_true * (1.0 - self.label_smoothing) + 0.5 * self.label_smoothing
            epsilon = keras.config.epsilon()
            if self.from_logits:
                log_1, log_0 = ops.log_sigmoid(y_pred), ops.log_sigmoid(-y_pred)
            else:
                p = ops.clip(y_pred, epsilon, 1.0 - epsilon)
                log_1, log_0 = ops.log(p), ops.log(1.0 - p)
            both = [(1.0 - y_true) * self._focused(log_0, log_1), y_true * self._focused(log_1, log_0)]
            return ops.mean(ops.sum(self._weighed(ops.stack(both, axis=-1)), axis=-1), axis=-1)

    class WeightedCategoricalCrossentropy(Categorical):
        """Cross-entropy of several classes, in which mistakes on each class cost what you say.

        - sum_k weights[k] y[k] log p[k], the mean over rows.

        Args:
            weights: K numbers of at least 0, or a dict {class number: weight} as `class_weight` is.
            from_logits: whether the model ends without softmax.
            label_smoothing: in [0, 1]; the targets become y (1 - s) + s / K (Szegedy et al., 2016).
            reduction, name, dtype: as in `keras.losses.Loss`.

        Targets are one-hot, (B, K); for class numbers take `vitral.losses.sparse` of it.

        Raises:
            ArgumentError: weights that are negative, not finite, or all zero; smoothing outside [0, 1].
            ShapeError: targets or outputs without a column for each weight, when the model is first trained.

        Example:
            >>> import numpy as np
            >>> import vitral
            >>> loss = vitral.losses.WeightedCategoricalCrossentropy([1.0, 3.0])
            >>> target, p = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.5, 0.5], [0.5, 0.5]])
            >>> round(float(loss(target, p)), 4), round((1 + 3) * np.log(2) / 2, 4)
            (1.3863, np.float64(1.3863))
        """

        def __init__(
            self,
            weights: Any,
            from_logits: bool = False,
            label_smoothing: float = 0.0,
            reduction: str = "sum_over_batch_size",
            name: str = "weighted_categorical_crossentropy",
            dtype: Any = None,
        ):
            if weights is None:
                raise _no_weights("keras.losses.CategoricalCrossentropy")
            options = {"reduction": reduction, "name": name, "dtype": dtype}
            super().__init__(weights, 0.0, from_logits, label_smoothing, **options)

    class WeightedBinaryCrossentropy(Binary):
        """Cross-entropy of yes and no, in which missing a 1 may cost more than a false alarm.

        - (weights[1] y log p + weights[0] (1 - y) log (1 - p)), the mean over outputs and rows.

        Args:
            weights: of class 0 and of class 1, or a dict {0: weight, 1: weight}.
            from_logits: whether the model ends without sigmoid.
            label_smoothing: in [0, 1]; the targets become y (1 - s) + s / 2.
            reduction, name, dtype: as in `keras.losses.Loss`.

        Targets are 0 or 1 (or between), (B,) or (B, D).

        Raises:
            ArgumentError: not two weights, or such as are negative, not finite or both zero; smoothing outside [0, 1].

        Example:
            >>> import numpy as np
            >>> import vitral
            >>> loss = vitral.losses.WeightedBinaryCrossentropy((1.0, 5.0))
            >>> missed = loss(np.array([[1.0]]), np.array([[0.1]]))
            >>> alarm = loss(np.array([[0.0]]), np.array([[0.9]]))
            >>> round(float(missed / alarm), 3)
            5.0
        """

        def __init__(
            self,
            weights: Any,
            from_logits: bool = False,
            label_smoothing: float = 0.0,
            reduction: str = "sum_over_batch_size",
            name: str = "weighted_binary_crossentropy",
            dtype: Any = None,
        ):
            if weights is None:
                raise _no_weights("keras.losses.BinaryCrossentropy")
            options = {"reduction": reduction, "name": name, "dtype": dtype}
            super().__init__(weights, 0.0, from_logits, label_smoothing, **options)

    class FocalCategoricalCrossentropy(Categorical):
        """Focal loss of several classes: samples that are classified well already count less.

        - sum_k weights[k] y[k] (1 - p[k])^gamma log p[k], the mean over rows. With gamma 0 it is cross-entropy.

        Args:
            gamma: at least 0; the larger, the more the hard samples alone count.
            weights: K numbers of at least 0 (the paper's alpha), a dict {class number: weight}, or None for 1 each.
            from_logits, label_smoothing, reduction, name, dtype: as in `WeightedCategoricalCrossentropy`. With logits
                the gradient of what is confidently wrong is exact; Keras's own focal losses have none there.

        Raises:
            ArgumentError, ShapeError: as in `WeightedCategoricalCrossentropy`; gamma below 0.

        Example:
            >>> import numpy as np
            >>> import vitral
            >>> loss = vitral.losses.FocalCategoricalCrossentropy(gamma=2.0)
            >>> easy, hard = np.array([[0.9, 0.1]]), np.array([[0.1, 0.9]])
            >>> round(float(loss(np.array([[1.0, 0.0]]), hard) / loss(np.array([[1.0, 0.0]]), easy)))
            1770
            >>> round(np.log(0.1) / np.log(0.9))  # by cross-entropy
            22
        """

        def __init__(
            self,
            gamma: float = 2.0,
            weights: Any = None,
            from_logits: bool = False,
            label_smoothing: float = 0.0,
            reduction: str = "sum_over_batch_size",
            name: str = "focal_categorical_crossentropy",
            dtype: Any = None,
        ):
            options = {"reduction": reduction, "name": name, "dtype": dtype}
            super().__init__(weights, gamma, from_logits, label_smoothing, **options)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "gamma": self.gamma}

    class FocalBinaryCrossentropy(Binary):
        """Focal loss of yes and no: samples that are classified well already count less.

        - (weights[1] y (1 - p)^gamma log p + weights[0] (1 - y) p^gamma log (1 - p)), the mean over outputs and rows.

        Args:
            gamma: at least 0; the larger, the more the hard samples alone count.
            weights: of class 0 and of class 1 (the paper's 1 - alpha and alpha), a dict, or None for 1 each.
            from_logits, label_smoothing, reduction, name, dtype: as in `WeightedBinaryCrossentropy`. With logits the
                gradient of what is confidently wrong is exact; Keras's own focal losses have none there.

        Raises:
            ArgumentError: as in `WeightedBinaryCrossentropy`; gamma below 0.

        Example:
            >>> import numpy as np
            >>> import vitral
            >>> loss = vitral.losses.FocalBinaryCrossentropy(gamma=2.0)
            >>> round(float(loss(np.array([[1.0]]), np.array([[0.5]]))), 4), round(0.25 * np.log(2), 4)
            (0.1733, np.float64(0.1733))
        """

        def __init__(
            self,
            gamma: float = 2.0,
            weights: Any = None,
            from_logits: bool = False,
            label_smoothing: float = 0.0,
            reduction: str = "sum_over_batch_size",
            name: str = "focal_binary_crossentropy",
            dtype: Any = None,
        ):
            options = {"reduction": reduction, "name": name, "dtype": dtype}
            super().__init__(weights, gamma, from_logits, label_smoothing, **options)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "gamma": self.gamma}

    return [
        WeightedCategoricalCrossentropy,
        WeightedBinaryCrossentropy,
        FocalCategoricalCrossentropy,
        FocalBinaryCrossentropy,
    ]


# ---------------------------------------------------------------- checks


def _check_weights(weights: Any) -> tuple[float, ...] | None:
    """Weights as K numbers, from a sequence or from a dict by class number."""
    remedy = "Write weights=[1.0, 2.0, 1.0], or weights={0: 1.0, 1: 2.0, 2: 1.0}."
    if weights is None:
        return None
    if isinstance(weights, Mapping):
        if set(weights) != set(range(len(weights))):
            raise ArgumentError(
                f"weights must name every class from 0 on: got {sorted(map(str, weights))}. Give one for each class."
            )
        weights = [weights[k] for k in range(len(weights))]
    if isinstance(weights, str) or not isinstance(weights, Sequence | np.ndarray) or np.ndim(weights) != 1:
        raise ArgumentError(f"weights must be a number for each class: got {weights!r}. {remedy}")
    found = tuple(
        check_number(f"weights[{k}]", getattr(w, "item", lambda w=w: w)(), minimum=0) for k, w in enumerate(weights)
    )
    if len(found) < 2:
        raise ArgumentError(f"weights must be those of at least two classes: got {len(found)}. {remedy}")
    if not any(found):
        raise ArgumentError(f"weights must not all be zero: got {list(found)}. Nothing could be learned. {remedy}")
    return found


def _no_weights(instead: str) -> ArgumentError:
    return ArgumentError(f"weights must be a number for each class: got None. Without, it is {instead}.")


def _check_columns(y_true: Any, y_pred: Any, weights: tuple[float, ...] | None) -> None:
    """Targets must have the outputs' columns, and there must be a weight for each of them."""
    columns = y_pred.shape[-1]
    if len(y_true.shape) != len(y_pred.shape) or y_true.shape[-1] != columns:
        raise ShapeError(
            f"y must have the columns of the model's output, {columns}: got shape {tuple(y_true.shape)}. For class "
            "numbers use vitral.losses.sparse(loss)."
        )
    if weights is not None and len(weights) != columns:
        raise ShapeError(
            f"weights must be one for each of the model's outputs: got {len(weights)} for {columns}. "
            "Change the weights or the last layer."
        )

"""L1 as it is solved for exact zeros: after each step towards less loss, every weight goes a little towards zero.

    w <- w - rate * dL/dw               the optimizer's step
    w <- sign(w) max(|w| - t, 0)        the proximal step of t |w|, with t = rate * l1

Together they are iterative soft thresholding (Daubechies, Defrise & De Mol, 2004), which plain gradient descent on
L + l1 sum|w| is not: its subgradient keeps weights trembling around zero, by up to rate * l1.
"""

from typing import Any

from vitral._checks import check_number


def make_classes(keras: Any) -> list[Any]:
    """The proximal step, as a constraint of Keras."""
    ops = keras.ops

    class SoftThreshold(keras.constraints.Constraint):
        """The proximal step of L1, as a constraint: after each update weights move `threshold` towards zero, and stay.

        With SGD without momentum and threshold = rate * l1, a model of one layer meets the lasso's solution, zeros
        included. With other optimizers it makes zeros too, of another penalty.

        Args:
            threshold: at least 0.

        Raises:
            ArgumentError: a threshold that is negative or not finite.

        Example:
            >>> import numpy as np
            >>> import vitral
            >>> from vitral import keras
            >>> shrink = vitral.losses.SoftThreshold(0.1)
            >>> np.round(keras.ops.convert_to_numpy(shrink(np.array([0.5, -0.05, -0.3], "float32"))), 4) + 0.0
            array([ 0.4,  0. , -0.2], dtype=float32)
            >>> layer = keras.layers.Dense(1, kernel_constraint=vitral.losses.SoftThreshold(0.01 * 0.5))
        """

        def __init__(self, threshold: float):
            self.threshold = check_number("threshold", threshold, minimum=0)

        def __call__(self, w: Any) -> Any:
            w = ops.convert_to_tensor(w)
            return ops.sign(w) * ops.relu(ops.abs(w) - self.threshold)

        def get_config(self) -> dict[str, Any]:
            return {"threshold": self.threshold}

    return [SoftThreshold]

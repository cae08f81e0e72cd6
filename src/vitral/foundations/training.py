"""Training: one loop, over epochs and the steps of a scheme.

    for each epoch, for each set of rows:   gradients = backprop(network, rows);   optimizer.update(…)

Training returns another network. Divergence is an answer, not an error: the loop stops at the first loss that is not
finite and says in which epoch.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from vitral._checks import check_choice, check_int
from vitral.foundations import losses
from vitral.foundations._numbers import check_same_rows, float_array
from vitral.foundations.losses import Loss
from vitral.foundations.mlp import MLP
from vitral.foundations.optimizers import SGD, Optimizer, State
from vitral.foundations.propagation import backprop
from vitral.foundations.schemes import Scheme, batch


@dataclass(frozen=True, kw_only=True, eq=False)
class Training:
    """What `train` leaves.

    Attributes:
        network: with the last weights.
        losses: (E + 1,), L over all rows before the first epoch and after each one.
        step_losses: (S,), L over the rows of each step, before its update.
        weights: the weights before the first step and after each step, or each epoch, as `keep` asked; else empty.
        state: the optimizer's, to go on from.
        diverged: the epoch, from 0, in which a loss was first not finite; None if it never was.

    >>> result = train(MLP.create((1, 1)), [[1.0], [2.0]], [[2.0], [4.0]], "mse", epochs=3, keep="epochs")
    >>> result.losses.shape, len(result.weights), result.diverged is None
    ((4,), 4, True)
    """

    network: MLP
    losses: np.ndarray
    step_losses: np.ndarray
    weights: tuple[tuple[np.ndarray, ...], ...]
    state: State
    diverged: int | None


def train(
    network: MLP,
    x: Any,
    target: Any,
    loss: str | Loss,
    *,
    optimizer: Optimizer | None = None,
    scheme: Scheme | None = None,
    epochs: int = 1,
    keep: Literal["nothing", "epochs", "steps"] = "nothing",
) -> Training:
    """Train a network; the one given stays as it is.

    Args:
        network: where to start.
        x: (N, D).
        target: (N, K).
        loss: a `Loss` or its name.
        optimizer: None is `SGD()`.
        scheme: which rows each step sees; None is `batch()`, all of them.
        epochs: E, from 0.
        keep: whether to keep the weights of every step, of every epoch, or the last only.

    Raises:
        ArgumentError, ShapeError, DataError, UnknownNameError: an argument that makes no training.

    >>> x, t = [[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]]
    >>> network = MLP.create((2, 4, 1), output="sigmoid", seed=1)
    >>> result = train(network, x, t, "binary_cross_entropy", optimizer=SGD(learning_rate=1.0), epochs=1000)
    >>> result.network.predict(x).round().ravel().tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    loss = losses.get(loss)
    x, target = float_array("x", x, "(N, D)"), float_array("target", target, "(N, K)")
    check_same_rows("x", x, "target", target)
    epochs = check_int("epochs", epochs, minimum=0)
    check_choice("keep", keep, ("nothing", "epochs", "steps"))
    optimizer, scheme = optimizer or SGD(), scheme or batch()

    state = optimizer.init(network.weights)
    step_losses: list[float] = []
    kept = [] if keep == "nothing" else [network.weights]
    diverged = None
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is reported as `diverged`
        epoch_losses = [_loss(network, x, target, loss)]
        for epoch in range(epochs):
            for rows in scheme.epoch(len(x), epoch):
                result = backprop(network, x[rows], target[rows], loss)
                step_losses.append(result.loss)
                if not np.isfinite(result.loss):
                    break
                state, weights = optimizer.update(state, network.weights, result.gradients)
                network = network.with_weights(weights)
                if keep == "steps":
                    kept.append(network.weights)
            epoch_losses.append(_loss(network, x, target, loss))
            if keep == "epochs":
                kept.append(network.weights)
            if not np.isfinite([epoch_losses[-1], step_losses[-1]]).all():
                diverged = epoch
                break
    return Training(
        network=network,
        losses=np.array(epoch_losses),
        step_losses=np.array(step_losses),
        weights=tuple(kept),
        state=state,
        diverged=diverged,
    )


def _loss(network: MLP, x: np.ndarray, target: np.ndarray, loss: Loss) -> float:
    forward = network.forward(x)
    fused = losses.fuse(network.activations[-1], loss)
    return fused.value(forward.z[-1], target) if fused is not None else loss.value(forward.output, target)

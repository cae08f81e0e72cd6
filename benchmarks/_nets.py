"""The nets that are timed: what they are made of, their data, and how much arithmetic a step takes.

Everything here is NumPy, so that each framework, in a process of its own, builds the same thing from it.
"""

import itertools
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

BATCH = 16
_IMAGE = 28
_CONV_FILTERS = (16, 32)
_KERNEL = 3
LSTM_UNITS, LSTM_STEPS, LSTM_INPUTS = 16, 20, 8


@dataclass(frozen=True, kw_only=True)
class Net:
    """One row of the table.

    Attributes:
        name: how `--nets` calls it.
        title: how the table calls it.
        kind: "mlp", "conv" or "lstm".
        inputs, outputs: sizes D and K of an MLP's first and last layer (K also for the others); K = 1 is a
            logistic unit, K > 1 a softmax.
        hidden: units of each hidden layer of an MLP.
        optimizer: "adam" or "sgd", the latter with `momentum`.
        rows, epochs: how long one training is: enough steps that what a fit or an epoch costs is a realistic share.
        is_watched: train with an epoch-level callback, Keras's EarlyStopping, that never stops.
        at_least, aim: wanted ratio of Keras's time to Vitral's; None where none is set.
    """

    name: str
    title: str
    kind: str
    inputs: int = 784
    outputs: int = 10
    hidden: tuple[int, ...] = ()
    activation: str = "relu"
    optimizer: str = "adam"
    rate: float = 1e-3
    momentum: float = 0.0
    rows: int
    epochs: int
    is_watched: bool = False
    at_least: float | None = None
    aim: float | None = None

    @property
    def n_steps(self) -> int:
        """Steps of one epoch."""
        return -(-self.rows // BATCH)

    @property
    def flops(self) -> float:
        """Floating-point operations of one step in matrix products, forward and backward ≈ 3 × forward.

        A product of (m, k) by (k, n) counts 2mkn. Activations, losses and optimizers are not counted.
        """
        return 3.0 * BATCH * self._forward_flops()

    def _forward_flops(self) -> int:
        if self.kind == "mlp":
            sizes = (self.inputs, *self.hidden, self.outputs)
            return sum(2 * a * b for a, b in itertools.pairwise(sizes))
        if self.kind == "lstm":
            gates = 2 * LSTM_STEPS * 4 * LSTM_UNITS * (LSTM_INPUTS + LSTM_UNITS)
            return gates + 2 * LSTM_UNITS * self.outputs
        total, side, channels = 0, _IMAGE, 1
        for filters in _CONV_FILTERS:
            side -= _KERNEL - 1
            total += 2 * side * side * filters * channels * _KERNEL**2
            side, channels = side // 2, filters
        return total + 2 * side * side * channels * self.outputs


_MOONS = Net(
    name="moons", title="2-8-1 SGD", kind="mlp", inputs=2, outputs=1, hidden=(8,), activation="tanh",
    optimizer="sgd", rate=0.1, rows=1000, epochs=100, at_least=50, aim=80,
)  # fmt: skip

NETS = (
    _MOONS,
    replace(_MOONS, name="moons-adam", title="2-8-1 Adam", optimizer="adam", rate=1e-2),
    replace(
        _MOONS, name="moons-watched", title="2-8-1 SGD, EarlyStopping", is_watched=True, at_least=None, aim=None
    ),
    Net(name="narrow", title="784-10×7-10 Adam", kind="mlp", hidden=(10,) * 7, rows=8000, epochs=3, at_least=5, aim=9),
    Net(
        name="funnel", title="784-128-64-32-16-10 SGD momentum", kind="mlp", hidden=(128, 64, 32, 16),
        optimizer="sgd", momentum=0.9, rate=1e-2, rows=8000, epochs=3, at_least=2.5, aim=3.5,
    ),
    Net(
        name="conv", title="28×28 convolutional, 16/32 filters, Adam", kind="conv", rows=1600, epochs=3,
        at_least=1, aim=1.5,
    ),
    Net(
        name="lstm", title="LSTM(16) over 20 steps, Adam", kind="lstm", outputs=4, rows=1600, epochs=6,
        at_least=1.5, aim=2,
    ),
)  # fmt: skip


def shortened(net: Net) -> Net:
    """The same net on so little data that it only shows that everything runs."""
    return replace(net, rows=min(net.rows, 10 * BATCH), epochs=2)


def filters() -> tuple[int, ...]:
    """Filters of the convolutional net's layers."""
    return _CONV_FILTERS


def make_data(net: Net) -> tuple[np.ndarray, np.ndarray, str]:
    """Data for `net`: x float32 (N, ...), y int64 class numbers (N,), and what they are.

    Images are (N, 784) for an MLP, (N, 28, 28, 1) for a convolutional net: MNIST where `$VITRAL_DATA/mnist.npz` is,
    else random numbers of the same shape (the time of a step does not depend on them).
    """
    random = np.random.default_rng(0)
    if net.kind == "lstm":
        x = random.standard_normal((net.rows, LSTM_STEPS, LSTM_INPUTS), dtype="float32")
        return x, random.integers(net.outputs, size=net.rows), "random sequences"
    if net.inputs == 2:
        angle, y = random.uniform(0, np.pi, net.rows), np.arange(net.rows) % 2
        moons = np.stack([np.cos(angle) + y, (1 - 2 * y) * np.sin(angle) + 0.5 * y], axis=1)
        return (moons + random.normal(0, 0.1, moons.shape)).astype("float32"), y, "moons"
    file = Path(os.environ.get("VITRAL_DATA", "")) / "mnist.npz"
    if os.environ.get("VITRAL_DATA") and file.is_file():
        with np.load(file, allow_pickle=False) as archive:
            x, y = archive["x_train"][: net.rows] / np.float32(255), archive["y_train"][: net.rows].astype("int64")
        source = "MNIST"
    else:
        x, y = random.random((net.rows, _IMAGE, _IMAGE), dtype="float32"), random.integers(10, size=net.rows)
        source = "random arrays of MNIST's shape"
    shape = (len(x), _IMAGE, _IMAGE, 1) if net.kind == "conv" else (len(x), -1)
    return np.ascontiguousarray(x.reshape(shape), dtype="float32"), y, source

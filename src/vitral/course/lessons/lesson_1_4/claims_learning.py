"""Claims about what gradients do to a network: steps, weights that are zero or equal, units that are off, depth."""

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_4.depth import delta_sizes
from vitral.course.lessons.lesson_1_4.step import along
from vitral.course.lessons.lesson_1_4.symmetry import learn_xor, spread, start_of
from vitral.course.lessons.lesson_1_4.xor import XOR_T, XOR_X, xor_network
from vitral.foundations import MLP, Training, backprop, train
from vitral.foundations.activations import sigmoid
from vitral.foundations.optimizers import SGD

AND_T = np.array([[0.0], [0.0], [0.0], [1.0]])


def claim_descent() -> Measured:
    """A small enough step lowers the loss by η‖g‖², as the gradient promises."""
    shares = []
    for seed in range(50):
        found, before, square = along(xor_network(seed=seed), XOR_X, XOR_T, "binary_cross_entropy", [1e-3])
        shares.append((before - found[0]) / (1e-3 * square))
    values = {"n": len(shares), "low": 100 * min(shares), "high": 100 * max(shares)}
    return Measured(holds=min(shares) > 0.98 and max(shares) < 1.02, values=values)


def claim_rate() -> Measured:
    """The same direction with a rate too large raises the loss."""
    found = [along(xor_network(seed=s), XOR_X, XOR_T, "binary_cross_entropy", [0.1, 10.0]) for s in range(50)]
    small, large = (sum(losses[k] > before for losses, before, _ in found) for k in (0, 1))
    return Measured(holds=small == 0 and large > 25, values={"small": small, "large": large, "n": len(found)})


def claim_zeros() -> Measured:
    """From zero weights, hidden deltas are zero: tanh and ReLU never leave, sigmoid units do, but as one."""

    def learn(hidden: str) -> Training:
        network = start_of("zeros", hidden)
        return train(
            network, XOR_X, AND_T, "binary_cross_entropy", optimizer=SGD(learning_rate=1.0), epochs=300, keep="epochs"
        )

    first = [
        backprop(start_of("zeros", f), XOR_X, AND_T, "binary_cross_entropy").deltas[0]
        for f in ("tanh", "relu", "sigmoid")
    ]
    still = [learn(f) for f in ("tanh", "relu")]
    moved = max(float(np.abs(w).max()) for training in still for w in training.weights[-1][:3])
    units = learn("sigmoid")
    left = float(np.abs(units.weights[-1][0]).max())
    apart = float(spread(units.weights).max())
    chance = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))  # of a network that only knows how often AND is true
    holds = not any(np.abs(d).max() for d in first) and moved == 0 and left > 0.1 and apart == 0
    holds = holds and abs(still[0].losses[-1] - chance) < 1e-6
    values = {"moved": moved, "loss": still[0].losses[-1], "left": left, "apart": apart}
    return Measured(holds=bool(holds), values=values)


def claim_equal() -> Measured:
    """Units that start equal stay equal, to the last bit; a hundredth of difference is enough to part them."""
    equal = [learn_xor(start_of("equal", f)) for f in ("tanh", "sigmoid", "relu")]
    apart = max(float(spread(t.weights).max()) for t in equal)
    best = min(float(t.losses[-1]) for t in equal)
    ends = [float(learn_xor(start_of("almost", "tanh", seed)).losses[-1]) for seed in range(10)]
    n = sum(end < 0.1 for end in ends)
    return Measured(
        holds=apart == 0 and best > 0.4 and n >= 8, values={"apart": apart, "best": best, "n": n, "of": len(ends)}
    )


def claim_dead() -> Measured:
    """The weights into a ReLU unit that is off for every row get a gradient of exactly zero."""
    rng, largest, n = np.random.default_rng(0), 0.0, 0
    for seed in range(20):
        network = MLP.create((3, 8, 1), hidden="relu", seed=seed)
        weights = [np.array(w) for w in network.weights]
        weights[1][:] = rng.normal(scale=3.0, size=8)
        result = backprop(network.with_weights(weights), rng.normal(size=(10, 3)), rng.normal(size=(10, 1)), "mse")
        off = (result.forward.z[0] <= 0).all(axis=0)
        n += int(off.sum())
        largest = max(
            largest, float(np.abs(result.gradients[0][:, off]).sum() + np.abs(result.gradients[1][off]).sum())
        )
    return Measured(holds=n > 10 and largest == 0, values={"n": n, "largest": largest})


def claim_depth() -> Measured:
    """Through sigmoid layers deltas shrink to a quarter or less a layer; through tanh layers far less."""
    z = np.linspace(-20, 20, 4001)
    steepest = float(sigmoid.derivative(z).max())

    def factor(hidden: str) -> float:
        sizes = [delta_sizes(hidden, seed=seed) for seed in range(10)]
        return float(np.exp(np.mean([np.log(s[0] / s[-1]) / 9 for s in sizes])))

    slow, fast = factor("sigmoid"), factor("tanh")
    values = {"steepest": steepest, "sigmoid": slow, "tanh": fast, "ten": slow**9}
    return Measured(holds=steepest <= 0.25 and slow < 0.3 < fast, values=values)

"""Claims about the gradient: that it is right, found in two ways, and cheap."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_4.cost import LARGE, measure
from vitral.course.lessons.lesson_1_4.differences import doubt, loss_of, relative_error
from vitral.course.lessons.lesson_1_4.paths import DEEP, by_layers, by_paths, costs
from vitral.course.numbers import num
from vitral.foundations import MLP, backprop, differences, losses
from vitral.foundations.activations import sigmoid, softmax

HIDDEN = ("sigmoid", "tanh", "softplus", "identity")
ENDS = (
    ("identity", "mse"),
    ("sigmoid", "mse"),
    ("sigmoid", "binary_cross_entropy"),
    ("softmax", "categorical_cross_entropy"),
)
SHAPES = ((2, 2, 2), (3, 5, 4, 2), (4, 3, 3, 3, 3))


def some_networks() -> Iterator[tuple[MLP, np.ndarray, np.ndarray, str]]:
    """Networks of every kind with data of their shape: network, x (5, D), t (5, K), loss."""
    for seed, (hidden, (output, loss), sizes) in enumerate(product(HIDDEN, ENDS, SHAPES)):
        rng = np.random.default_rng([4, seed])
        network = MLP.create(sizes, hidden=hidden, output=output, seed=rng)
        t = losses.one_hot(rng.integers(0, sizes[-1], 5), sizes[-1])
        yield network, rng.normal(size=(5, sizes[0])), t, loss


def claim_differences() -> Measured:
    """Backpropagation agrees with central differences."""
    worst, n = 0.0, 0
    for n, (network, x, t, loss) in enumerate(some_networks(), start=1):  # noqa: B007 - the count, after the loop
        found = doubt(network, x, t, loss, backprop(network, x, t, loss).gradients)
        worst = max(worst, *(w.error for w in found))
    return Measured(holds=worst < 1e-6, values={"n": n, "worst": worst})


def claim_jax() -> Measured:
    """It agrees with `jax.grad`, to rounding."""
    errors = [
        relative_error(backprop(network, x, t, loss).gradients, jax_gradients(network, x, t, loss))
        for network, x, t, loss in list(some_networks())[::7]
    ]
    return Measured(holds=max(errors) <= 1e-12, values={"n": len(errors), "worst": max(errors)})


def claim_fused() -> Measured:
    """With sigmoid or softmax and cross-entropy, the output's δ is a - t; in two steps, it can vanish."""
    rng = np.random.default_rng(0)
    z, t = rng.normal(scale=3.0, size=(200, 3)), losses.one_hot(rng.integers(0, 3, 200), 3)
    fused, row = losses.softmax_cross_entropy.gradient(z, t), softmax.value(z)
    slow = np.array([softmax.pull_back(each, -right / p) for each, right, p in zip(z, t, row, strict=True)])
    apart = float(np.abs(slow - len(z) * fused).max())
    z0, one = np.array([[-60.0]]), np.array([[1.0]])
    direct = float(losses.sigmoid_cross_entropy.gradient(z0, one)[0, 0])
    steps = losses.binary_cross_entropy.gradient(sigmoid.value(z0), one) * sigmoid.derivative(z0)
    two = float(steps[0, 0])
    holds = np.allclose(len(z) * fused, row - t, atol=1e-15) and apart < 1e-12 and abs(two) < 1e-6 < abs(direct)
    return Measured(holds=bool(holds), values={"apart": apart, "direct": num(direct, 4), "two": num(two, 4)})


def claim_paths() -> Measured:
    """Path by path and layer by layer give the same gradients; the formulas for their products are the counts."""
    same, n, worst = 0, 0, 0.0
    for depth, width in product(range(1, 5), range(1, 4)):
        network = MLP.create((2, *(width,) * depth, 2), output="sigmoid", seed=depth)
        result = backprop(network, [[0.5, -1.0]], [[1.0, 0.0]], "mse")
        walked, products, _ = by_paths(result)
        shared, fewer = by_layers(result)
        expected = costs((2, *(width,) * depth, 2))
        worst = max(worst, relative_error(walked, result.gradients), relative_error(shared, result.gradients))
        same += (products, fewer) == (expected["paths"], expected["layers"])
        n += 1
    deep = costs(DEEP)
    values = {"n": n, "same": same, "worst": worst, "paths": float(deep["paths"]), "layers": deep["layers"]}
    return Measured(holds=same == n and worst < 1e-12 and deep["paths"] > 1e6 * deep["layers"], values=values)


def claim_cost() -> Measured:
    """The way back costs a few ways forward at most, however many parameters there are.

    Its multiplications are counted and judged; its time, which whatever else runs changes, is only told.
    """
    sizes = ((8, 24, 1), (50, 50, 1), (100, 100, 100, 1), LARGE)
    ratios = [products_back(each) / costs(each)["forward"] for each in sizes]
    median = float(np.median([measure(each).backward for each in sizes]))
    return Measured(holds=max(ratios) < 3, values={"low": min(ratios), "high": max(ratios), "median": median})


def claim_finite() -> Measured:
    """Differences cost more with every parameter, and backpropagation does not: their passes are counted."""
    sizes = ((2, 3, 1), (8, 24, 1))
    (p, q), (few, many) = zip(*map(passes_of_differences, sizes), strict=True)
    small, large = (timing.differences / timing.both for timing in map(measure, sizes))
    values = {"p": p, "q": q, "few": few, "many": many, "small": small, "large": large}
    return Measured(holds=(few, many) == (2 * p, 2 * q), values=values)


def products_back(sizes: Sequence[int]) -> int:
    """The multiplications of backpropagation's way back, counted one by one."""
    network = MLP.create(sizes, output="sigmoid", seed=0)
    return by_layers(backprop(network, np.ones((1, sizes[0])), np.ones((1, sizes[-1])), "mse"))[1]


def passes_of_differences(sizes: Sequence[int]) -> tuple[int, int]:
    """The parameters of a network, and the forward passes that central differences make for all their derivatives."""
    network, passes = MLP.create(sizes, output="sigmoid", seed=0), 0
    value = loss_of(network, np.ones((1, sizes[0])), np.ones((1, sizes[-1])), "mse")

    def counted(weights: Sequence[np.ndarray]) -> float:
        nonlocal passes
        passes += 1
        return value(weights)

    differences(counted, network.weights)
    return network.n_parameters, passes


def jax_gradients(network: MLP, x: Any, target: Any, loss: str) -> list[np.ndarray]:
    """The gradients from `jax.grad` in float64, of a network written anew in JAX.

    `jax.enable_x64` holds within this thread and this block: nobody else's numbers change their type.
    """
    import jax
    import jax.numpy as jnp

    functions = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "identity": lambda z: z, "softmax": jax.nn.softmax}
    functions |= {"softplus": jax.nn.softplus, "relu": jax.nn.relu}

    def value(weights: list[Any], x: Any, t: Any) -> Any:
        a = x
        for W, b, f in zip(weights[::2], weights[1::2], network.activations, strict=True):
            a = functions[f.name](a @ W + b)
        if loss == "mse":
            return jnp.mean((a - t) ** 2)
        if loss == "binary_cross_entropy":
            return -jnp.mean(t * jnp.log(a) + (1 - t) * jnp.log1p(-a))
        return -jnp.mean(jnp.sum(t * jnp.log(a), axis=1))

    with jax.enable_x64(True):
        weights = [jnp.asarray(w) for w in network.weights]
        found = jax.grad(value)(weights, jnp.asarray(x, dtype=jnp.float64), jnp.asarray(target, dtype=jnp.float64))
        return [np.asarray(g) for g in found]

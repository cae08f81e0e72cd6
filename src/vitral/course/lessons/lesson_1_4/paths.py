"""Two ways to the same gradient, with their multiplications counted: path by path, and layer by layer.

A weight moves the loss along every path from its unit to the output. The derivative is the sum over those paths of the
product of what lies on each. Their number is the product of the widths ahead; backpropagation adds them up from the
end, so that each stretch is paid for once.
"""

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np

from vitral.foundations import Backward

DEEP = (2, *(10,) * 10, 1)  # sizes of ten layers of ten units


class Counter:
    """Multiplies, and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def times(self, *factors: float) -> float:
        """The product of some factors: one multiplication fewer than there are."""
        self.count += len(factors) - 1
        result = factors[0]
        for factor in factors[1:]:
            result *= factor
        return result


def by_paths(result: Backward) -> tuple[list[np.ndarray], int, int]:
    """The gradients W[1], b[1], … of one row, a product for each path: also the multiplications and the paths.

    For a weight into unit j of layer l: a[l-1] · f'(z_j) · (w · f') of each layer further · dL/da.
    """
    network, counter, n_paths = result.network, Counter(), 0
    sizes = [b.size for b in network.weights[1::2]]
    slopes, ends = _slopes(result)
    gradients = []
    for layer, size in enumerate(sizes):
        inputs = result.forward.inputs(layer)[0]
        W, b = np.zeros((len(inputs), size)), np.zeros(size)
        for j in range(size):
            for into in (*range(len(inputs)), None):
                for path in product([j], *(range(n) for n in sizes[layer + 1 :])):
                    factors = [slopes[layer][j]]
                    for step, (here, there) in enumerate(pairwise(path), start=layer + 1):
                        factors += [network.weights[2 * step][here, there], slopes[step][there]]
                    factors.append(ends[path[-1]])
                    n_paths += 1
                    if into is None:
                        b[j] += counter.times(*factors)
                    else:
                        W[into, j] += counter.times(inputs[into], *factors)
        gradients += [W, b]
    return gradients, counter.count, n_paths


def by_layers(result: Backward) -> tuple[list[np.ndarray], int]:
    """The same gradients as backpropagation finds them, number by number: also the multiplications."""
    network, counter = result.network, Counter()
    slopes, ends = _slopes(result)
    gradients: list[np.ndarray] = []
    upstream = list(ends)
    for layer in reversed(range(network.n_layers)):
        W, inputs = network.weights[2 * layer], result.forward.inputs(layer)[0]
        deltas = [counter.times(u, s) for u, s in zip(upstream, slopes[layer], strict=True)]
        found = [[counter.times(a, d) for d in deltas] for a in inputs]
        gradients = [np.array(found), np.array(deltas), *gradients]
        if layer:
            upstream = [sum(counter.times(w, d) for w, d in zip(row, deltas, strict=True)) for row in W]
    return gradients, counter.count


def costs(sizes: Sequence[int]) -> dict[str, int]:
    """Multiplications for all gradients of a network of those sizes: by "paths", by "differences", by "layers".

    Also "forward", one pass, and "routes", the paths from one weight of the first layer. Formulas, which the lesson's
    claim compares with the counts.
    """
    sizes = list(sizes)
    layers = list(pairwise(sizes))
    n_layers = len(layers)
    naive = 0
    for index, (n_in, n_out) in enumerate(layers):
        routes = int(np.prod([n_out, *sizes[index + 2 :]], dtype=object))  # from this layer's units to the outputs
        further = 2 * (n_layers - index - 1)
        naive += routes * (n_in * (further + 2) + (further + 1))
    forward = sum(n_in * n_out for n_in, n_out in layers)
    parameters = sum((n_in + 1) * n_out for n_in, n_out in layers)
    backward = sum(n_in * n_out + n_out for n_in, n_out in layers) + sum(n_in * n_out for n_in, n_out in layers[1:])
    return {
        "paths": naive,
        "differences": 2 * parameters * forward,
        "layers": backward,
        "forward": forward,
        "parameters": parameters,
        "routes": int(np.prod(sizes[2:], dtype=object)),
    }


def _slopes(result: Backward) -> tuple[list[list[float]], list[float]]:
    """f'(z) of every unit, and dL/da of the outputs; a fused output has slope 1 and its delta."""
    slopes = [
        [1.0] * d.shape[1] if s is None else s[0].tolist() for s, d in zip(result.slopes, result.deltas, strict=True)
    ]
    end = result.upstream[-1]
    return slopes, (result.deltas[-1] if end is None else end)[0].tolist()

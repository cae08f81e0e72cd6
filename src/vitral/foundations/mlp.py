"""The multilayer perceptron: layers of units, each an affine map and then an activation.

    a[0] = x;   z[l] = a[l-1] @ W[l] + b[l];   a[l] = f[l](z[l]),   l = 1 … L     (Rumelhart, Hinton & Williams, 1986)

A network is a value: weights and activations, nothing that changes. `backprop` takes its gradients and `train` returns
another network.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from vitral._checks import check_int
from vitral._errors import ArgumentError, ShapeError
from vitral.foundations import activations as catalogue
from vitral.foundations._numbers import float_array
from vitral.foundations.activations import Activation
from vitral.foundations.initializers import GlorotUniform, Initializer


@dataclass(frozen=True, kw_only=True, eq=False)
class Forward:
    """All that a forward pass computed. Layer l of the equations is at index l - 1.

    >>> forward = MLP.create((2, 3, 1)).forward([[0.0, 1.0]])
    >>> [z.shape for z in forward.z], forward.output.shape
    ([(1, 3), (1, 1)], (1, 1))
    """

    x: np.ndarray  # (N, D)
    z: tuple[np.ndarray, ...]  # weighted sums, (N, H) a layer
    a: tuple[np.ndarray, ...]  # activations, (N, H) a layer

    @property
    def output(self) -> np.ndarray:
        """a[L], (N, K)."""
        return self.a[-1]

    def inputs(self, index: int) -> np.ndarray:
        """What the layer at that index was given: x, or the activations of the layer before."""
        return self.x if index == 0 else self.a[index - 1]


@dataclass(frozen=True, kw_only=True, eq=False)
class MLP:
    """A multilayer perceptron.

    Attributes:
        weights: W[1], b[1], W[2], b[2], …, with W (D_in, D_out) and b (D_out,): the order of Keras's `get_weights`.
        activations: f[1], f[2], …, one a layer; the output's is last.

    Raises:
        ShapeError: weights that do not fit each other, or another number of activations.

    >>> xor = MLP.create((2, 3, 1), hidden="tanh", output="sigmoid", seed=0)
    >>> xor.n_parameters, xor.predict([[0, 1], [1, 1]]).shape
    (13, (2, 1))
    """

    weights: tuple[np.ndarray, ...]
    activations: tuple[Activation, ...]

    def __post_init__(self) -> None:
        weights = tuple(
            float_array(f"weights[{i}]", w, "(D_in, D_out)" if i % 2 == 0 else "(D_out,)")
            for i, w in enumerate(self.weights)
        )
        shapes = [w.shape for w in weights]
        chained = all(W[1:] == b for W, b in zip(shapes[::2], shapes[1::2], strict=False)) and all(
            before[1] == after[0] for before, after in zip(shapes[:-2:2], shapes[2::2], strict=True)
        )
        if not weights or len(weights) % 2 or not chained:
            raise ShapeError(
                f"weights must be W (D_in, D_out) and b (D_out,) of each layer in turn, each layer taking what the one "
                f"before gives: got shapes {shapes}. MLP.create makes them."
            )
        if len(self.activations) * 2 != len(weights):
            raise ShapeError(
                f"activations must be one for each of the {len(weights) // 2} layers: got {len(self.activations)}. "
                'For none take "identity".'
            )
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "activations", tuple(catalogue.get(f) for f in self.activations))

    @classmethod
    def create(
        cls,
        sizes: Sequence[int],
        *,
        hidden: str | Activation | Sequence[str | Activation] = "tanh",
        output: str | Activation = "identity",
        initializer: Initializer | None = None,
        seed: int | np.random.Generator = 0,
    ) -> "MLP":
        """A network with random weights and zero biases.

        Args:
            sizes: D, H of each hidden layer, K: (2, 3, 1) has two inputs, three hidden units and one output.
            hidden: activation of the hidden layers, or one for each of them.
            output: activation of the last layer: "identity" for values, "sigmoid" or "softmax" for classes.
            initializer: of every W, drawn first layer first; None is `GlorotUniform()`.
            seed: from 0, or a NumPy Generator to draw from.

        Raises:
            ArgumentError, ShapeError, UnknownNameError: sizes, activations or a seed that make no network.
        """
        sizes = [check_int(f"sizes[{i}]", size, minimum=1) for i, size in enumerate(sizes)]
        if len(sizes) < 2:
            raise ArgumentError(f"sizes must name the inputs and the outputs at least: got {sizes}. Write (2, 3, 1).")
        between = [hidden] * (len(sizes) - 2) if isinstance(hidden, str | Activation) else list(hidden)
        rng = (
            seed if isinstance(seed, np.random.Generator) else np.random.default_rng(check_int("seed", seed, minimum=0))
        )
        initializer = initializer or GlorotUniform()
        weights = []
        for n_in, n_out in pairwise(sizes):
            weights += [initializer.draw(rng, n_in, n_out), np.zeros(n_out)]
        return cls(weights=tuple(weights), activations=tuple(catalogue.get(f) for f in [*between, output]))

    @property
    def n_layers(self) -> int:
        """L; the inputs are no layer."""
        return len(self.activations)

    @property
    def n_parameters(self) -> int:
        """Sum over the layers of (D_in + 1) D_out."""
        return sum(w.size for w in self.weights)

    def with_weights(self, weights: Sequence[np.ndarray]) -> "MLP":
        """The same network with other weights."""
        return replace(self, weights=tuple(weights))

    def forward(self, x: Any) -> Forward:
        """Compute every z and a for x (N, D).

        Raises:
            ShapeError, DataError: x is no array of numbers (N, D).
        """
        a = x = float_array("x", x, "(N, D)")
        if x.shape[1] != len(self.weights[0]):
            raise ShapeError(
                f"x must have {len(self.weights[0])} columns, one for each input: got shape {x.shape}. "
                "Select its columns."
            )
        z_of, a_of = [], []
        for W, b, f in zip(self.weights[::2], self.weights[1::2], self.activations, strict=True):
            z = a @ W + b  # (N, H)
            a = f.value(z)
            z_of.append(z)
            a_of.append(a)
        return Forward(x=x, z=tuple(z_of), a=tuple(a_of))

    def predict(self, x: Any) -> np.ndarray:
        """a[L] for x (N, D): (N, K)."""
        return self.forward(x).output

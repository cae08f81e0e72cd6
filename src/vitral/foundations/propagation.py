"""Backpropagation: the chain rule from the loss to every weight, each layer using what the next has computed.

    delta[L] = dL/dz[L]                                      p - t over N, for softmax or sigmoid with cross-entropy
    delta[l] = (delta[l+1] @ W[l+1].T) * f'(z[l])
    dL/dW[l] = a[l-1].T @ delta[l];   dL/db[l] = sum over rows of delta[l]        (Rumelhart, Hinton & Williams, 1986)

`Backward` keeps every array of this, and `Backward.steps` tells them in the order in which they were computed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral.foundations import losses
from vitral.foundations._numbers import check_same_rows, float_array
from vitral.foundations.activations import Elementwise
from vitral.foundations.losses import Loss
from vitral.foundations.mlp import MLP, Forward


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of the computation, with its numbers.

    Attributes:
        layer: l, from 1.
        kind: "affine", "activation", "loss_gradient", "upstream", "slope", "jacobian", "delta", "weight_gradient" or
            "bias_gradient".
        equation: LaTeX.
        inputs: the arrays that go in, by their names in the equation.
        name: of the array that comes out.
        output: that array.

    >>> network = MLP.create((1, 1))
    >>> first = next(backprop(network, [[2.0]], [[0.0]], "mse").steps())
    >>> first.kind, first.equation
    ('affine', 'z^{(1)} = a^{(0)} W^{(1)} + b^{(1)}')
    """

    layer: int
    kind: str
    equation: str
    inputs: Mapping[str, np.ndarray]
    name: str
    output: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Backward:
    """All that `backprop` computed. Layer l of the equations is at index l - 1.

    Attributes:
        loss: L of the rows.
        gradients: dL/dW[1], dL/db[1], dL/dW[2], …, the shapes and the order of `network.weights`.
        deltas: dL/dz, (N, H) a layer.
        upstream: dL/da, (N, H) a layer; None for an output whose delta is the fused one.
        slopes: f'(z), (N, H) a layer; None where there is no slope a unit: a fused output, softmax.
        network, forward, target: what it was computed from.
        output_loss: the loss, of z where it is fused with the output's activation, else of a.

    >>> network = MLP.create((2, 3, 1), output="sigmoid")
    >>> result = backprop(network, [[0.0, 1.0]], [[1.0]], "binary_cross_entropy")
    >>> [gradient.shape for gradient in result.gradients]
    [(2, 3), (3,), (3, 1), (1,)]
    """

    loss: float
    gradients: tuple[np.ndarray, ...]
    deltas: tuple[np.ndarray, ...]
    upstream: tuple[np.ndarray | None, ...]
    slopes: tuple[np.ndarray | None, ...]
    network: MLP
    forward: Forward
    target: np.ndarray
    output_loss: Loss

    def steps(self) -> Iterator[Step]:
        """The whole computation, forward and then backward, line by line.

        The arrays are those that were computed. Only a softmax's Jacobian is made here: `backprop` goes without.

        >>> network = MLP.create((2, 3, 1), output="sigmoid")
        >>> result = backprop(network, [[0.0, 1.0]], [[1.0]], "binary_cross_entropy")
        >>> [(step.layer, step.kind) for step in result.steps()][4:8]
        [(2, 'delta'), (2, 'weight_gradient'), (2, 'bias_gradient'), (1, 'upstream')]
        """
        yield from self._forward_steps()
        for index in reversed(range(self.network.n_layers)):
            yield from self._delta_steps(index)
            yield from self._gradient_steps(index)

    def _forward_steps(self) -> Iterator[Step]:
        for i, f in enumerate(self.network.activations):
            l, W, b = i + 1, *self.network.weights[2 * i : 2 * i + 2]  # noqa: E741 - the letter of the equations
            z, a = self.forward.z[i], self.forward.a[i]
            yield Step(
                layer=l,
                kind="affine",
                equation=rf"z^{{({l})}} = a^{{({l - 1})}} W^{{({l})}} + b^{{({l})}}",
                inputs={f"a[{l - 1}]": self.forward.inputs(i), f"W[{l}]": W, f"b[{l}]": b},
                name=f"z[{l}]",
                output=z,
            )
            equation = rf"a^{{({l})}} = f(z^{{({l})}}), \quad {f.formula}"
            yield Step(layer=l, kind="activation", equation=equation, inputs={f"z[{l}]": z}, name=f"a[{l}]", output=a)

    def _delta_steps(self, index: int) -> Iterator[Step]:
        l = index + 1  # noqa: E741
        z, upstream, slope, delta = self.forward.z[index], self.upstream[index], self.slopes[index], self.deltas[index]
        f = self.network.activations[index]
        gradient, name = rf"\partial L / \partial a^{{({l})}}", f"dL/da[{l}]"
        if upstream is None:
            equation = rf"\delta^{{({l})}} = \frac{{1}}{{N}} \frac{{\partial \ell}}{{\partial z}}, \quad "
            equation += self.output_loss.gradient_formula
            inputs = {f"z[{l}]": z, "t": self.target}
            yield Step(layer=l, kind="delta", equation=equation, inputs=inputs, name=f"delta[{l}]", output=delta)
            return
        if l == self.network.n_layers:
            kind, inputs = "loss_gradient", {f"a[{l}]": self.forward.output, "t": self.target}
            equation = rf"{gradient} = \frac{{1}}{{N}} \frac{{\partial \ell}}{{\partial a}}, \quad "
            equation += self.output_loss.gradient_formula
        else:
            kind = "upstream"
            inputs = {f"delta[{l + 1}]": self.deltas[l], f"W[{l + 1}]": self.network.weights[2 * l]}
            equation = rf"{gradient} = \delta^{{({l + 1})}} (W^{{({l + 1})}})^\top"
        yield Step(layer=l, kind=kind, equation=equation, inputs=inputs, name=name, output=upstream)
        local = f"f'(z[{l}])" if slope is not None else f"J(z[{l}])"
        yield Step(
            layer=l,
            kind="slope" if slope is not None else "jacobian",
            equation=f.derivative_formula,
            inputs={f"z[{l}]": z},
            name=local,
            output=slope if slope is not None else f.jacobian(z),
        )
        product = rf"{gradient} \odot f'(z^{{({l})}})" if slope is not None else rf"J(z^{{({l})}})^\top {gradient}"
        yield Step(
            layer=l,
            kind="delta",
            equation=rf"\delta^{{({l})}} = {product}",
            inputs={name: upstream, local: slope if slope is not None else f.jacobian(z)},
            name=f"delta[{l}]",
            output=delta,
        )

    def _gradient_steps(self, index: int) -> Iterator[Step]:
        l, delta = index + 1, self.deltas[index]  # noqa: E741
        yield Step(
            layer=l,
            kind="weight_gradient",
            equation=rf"\partial L / \partial W^{{({l})}} = (a^{{({l - 1})}})^\top \delta^{{({l})}}",
            inputs={f"a[{l - 1}]": self.forward.inputs(index), f"delta[{l}]": delta},
            name=f"dL/dW[{l}]",
            output=self.gradients[2 * index],
        )
        yield Step(
            layer=l,
            kind="bias_gradient",
            equation=rf"\partial L / \partial b^{{({l})}} = \sum_n \delta_n^{{({l})}}",
            inputs={f"delta[{l}]": delta},
            name=f"dL/db[{l}]",
            output=self.gradients[2 * index + 1],
        )


def backprop(network: MLP, x: Any, target: Any, loss: str | Loss) -> Backward:
    """The loss of a network on some rows and its gradient by every weight.

    Where the output's activation and the loss fuse (`losses.fuse`), delta[L] comes from both at once.

    Args:
        network: L layers.
        x: (N, D).
        target: (N, K).
        loss: a `Loss` or its name.

    Raises:
        ShapeError, DataError, UnknownNameError: arrays that do not fit the network or the loss, an unknown loss.

    >>> unit = MLP.create((1, 1)).with_weights([np.array([[2.0]]), np.array([0.0])])
    >>> result = backprop(unit, [[3.0]], [[5.0]], "mse")  # y = 6, t = 5: dL/dw = 2 (y - t) x
    >>> result.loss, result.gradients
    (1.0, (array([[6.]]), array([2.])))
    """
    loss = losses.get(loss)
    target = float_array("target", target, "(N, K)")
    forward = network.forward(x)
    check_same_rows("x", forward.x, "target", target)
    fused = losses.fuse(network.activations[-1], loss)
    n_layers = network.n_layers
    gradients: list[np.ndarray] = []
    deltas: list[np.ndarray] = []
    upstreams: list[np.ndarray | None] = []
    slopes: list[np.ndarray | None] = []

    for i in reversed(range(n_layers)):  # lists grow from the last layer to the first and are turned round at the end
        z, f, upstream, slope = forward.z[i], network.activations[i], None, None
        if i == n_layers - 1 and fused is not None:
            delta = fused.gradient(z, target)
        else:
            if i == n_layers - 1:
                upstream = loss.gradient(forward.output, target)
            else:
                upstream = deltas[-1] @ network.weights[2 * i + 2].T
            if isinstance(f, Elementwise):
                slope = f.derivative(z)
                delta = upstream * slope
            else:
                delta = f.pull_back(z, upstream)
        gradients += [delta.sum(axis=0), forward.inputs(i).T @ delta]
        deltas.append(delta)
        upstreams.append(upstream)
        slopes.append(slope)

    return Backward(
        loss=fused.value(forward.z[-1], target) if fused is not None else loss.value(forward.output, target),
        gradients=tuple(reversed(gradients)),
        deltas=tuple(reversed(deltas)),
        upstream=tuple(reversed(upstreams)),
        slopes=tuple(reversed(slopes)),
        network=network,
        forward=forward,
        target=target,
        output_loss=fused or loss,
    )

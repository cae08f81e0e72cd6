"""Optimizers: what to do with a gradient. Pure functions of numbers that are all in sight.

    (state, weights, gradients) -> (state, weights)

Each is a frozen record of its settings, with `init`, which makes the state that goes with the weights, and `update`,
one step. η is the learning rate, g the gradient, w a weight. The forms are those of Keras 3, number for number
(`keras.optimizers.SGD`, `Adam`); textbooks often write the first two with η outside the velocity, which is the same
path as long as η is constant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np

from vitral._checks import check_number
from vitral._errors import ShapeError

Arrays = Sequence[np.ndarray]


class State(NamedTuple):
    """What an optimizer remembers, one array a weight array; () where it remembers nothing of the kind.

    >>> Momentum().init([np.array([1.0, 2.0])])
    State(step=0, velocity=[array([0., 0.])], square=())
    """

    step: int = 0  # steps taken so far
    velocity: Arrays = ()  # momentum's v, Adam's first moment m
    square: Arrays = ()  # Adam's second moment


class Update(NamedTuple):
    """What one step leaves: new arrays, the old ones are not written to.

    >>> weights = [np.array([1.0])]
    >>> state, stepped = SGD(learning_rate=0.1).update(State(), weights, [np.array([1.0])])
    >>> stepped, weights, state.step
    ([array([0.9])], [array([1.])], 1)
    """

    state: State
    weights: list[np.ndarray]


class Optimizer(Protocol):
    """What `train` needs of an optimizer.

    >>> class Signs:
    ...     def init(self, weights):
    ...         return State()
    ...     def update(self, state, weights, gradients):
    ...         return Update(state, [w - 0.1 * np.sign(g) for w, g in zip(weights, gradients)])
    >>> from vitral.foundations import MLP, train
    >>> training = train(MLP.create((1, 1)), [[1.0]], [[5.0]], "mse", optimizer=Signs(), epochs=50)
    >>> bool(training.losses[-1] < 0.1)
    True
    """

    def init(self, weights: Arrays) -> State:
        """The state that goes with these weights before the first step."""
        ...

    def update(self, state: State, weights: Arrays, gradients: Arrays) -> Update:
        """One step: a gradient for each weight array, of its shape; nothing is written to."""
        ...


@dataclass(frozen=True, kw_only=True)
class SGD:
    """w ← w - η g: gradient descent (Cauchy, 1847; on samples, Robbins & Monro, 1951).

    >>> sgd = SGD(learning_rate=0.5)
    >>> weights = [np.array([1.0, 2.0])]
    >>> sgd.update(sgd.init(weights), weights, [np.array([2.0, 0.0])]).weights
    [array([0., 2.])]
    """

    learning_rate: float = 0.01
    formula: ClassVar[str] = r"w \leftarrow w - \eta\,g"

    def __post_init__(self) -> None:
        check_number("learning_rate", self.learning_rate, minimum=0)

    def init(self, weights: Arrays) -> State:
        """Nothing to remember."""
        return State()

    def update(self, state: State, weights: Arrays, gradients: Arrays) -> Update:
        """One step: a gradient for each weight array, of its shape.

        Raises:
            ShapeError: gradients of other shapes.
        """
        check_gradients(weights, gradients)
        stepped = [w - self.learning_rate * g for w, g in zip(weights, gradients, strict=True)]
        return Update(State(step=state.step + 1), stepped)


@dataclass(frozen=True, kw_only=True)
class Momentum:
    """v ← μ v - η g; w ← w + v: a ball with friction (Polyak, 1964).

    >>> ball, weights = Momentum(learning_rate=1.0, momentum=0.5), [np.array([0.0])]
    >>> state, weights = ball.update(ball.init(weights), weights, [np.array([-1.0])])
    >>> ball.update(state, weights, [np.array([0.0])]).weights  # rolls on where it is level
    [array([1.5])]
    """

    learning_rate: float = 0.01
    momentum: float = 0.9
    formula: ClassVar[str] = r"v \leftarrow \mu v - \eta\,g, \quad w \leftarrow w + v"

    def __post_init__(self) -> None:
        check_number("learning_rate", self.learning_rate, minimum=0)
        check_number("momentum", self.momentum, minimum=0, maximum=1)

    def init(self, weights: Arrays) -> State:
        """v = 0."""
        return State(velocity=_zeros(weights))

    def update(self, state: State, weights: Arrays, gradients: Arrays) -> Update:
        """One step: a gradient for each weight array, of its shape.

        Raises:
            ShapeError: gradients of other shapes.
        """
        check_gradients(weights, gradients)
        velocity = [self.momentum * v - self.learning_rate * g for v, g in zip(state.velocity, gradients, strict=True)]
        stepped = [w + v for w, v in zip(weights, velocity, strict=True)]
        return Update(State(step=state.step + 1, velocity=velocity), stepped)


@dataclass(frozen=True, kw_only=True)
class Nesterov(Momentum):
    """v ← μ v - η g; w ← w + μ v - η g: momentum that looks ahead (Nesterov, 1983).

    The weights kept are those at the point looked ahead to, where the gradient is taken (Bengio et al., 2013): the
    form of Keras, and not the literal one of 1983, whose weights trail by μ v.

    >>> ahead, weights = Nesterov(learning_rate=1.0, momentum=0.5), [np.array([0.0])]
    >>> ahead.update(ahead.init(weights), weights, [np.array([-1.0])]).weights
    [array([1.5])]
    """

    formula: ClassVar[str] = r"v \leftarrow \mu v - \eta\,g, \quad w \leftarrow w + \mu v - \eta\,g"

    def update(self, state: State, weights: Arrays, gradients: Arrays) -> Update:
        """One step: a gradient for each weight array, of its shape.

        Raises:
            ShapeError: gradients of other shapes.
        """
        state, _ = super().update(state, weights, gradients)
        stepped = [
            w + self.momentum * v - self.learning_rate * g
            for w, v, g in zip(weights, state.velocity, gradients, strict=True)
        ]
        return Update(state, stepped)


@dataclass(frozen=True, kw_only=True)
class Adam:
    """Steps of about η for every weight, whatever the size of its gradient (Kingma & Ba, 2015).

        m ← β1 m + (1 - β1) g;   v ← β2 v + (1 - β2) g²
        w ← w - η √(1 - β2ˢ) / (1 - β1ˢ) · m / (√v + ε)        at step s = 1, 2, …

    The two powers undo that m and v start at zero. ε stands outside the root, and beside the uncorrected √v (the
    paper's "ε hat", its section 2), as in Keras; its default there is 1e-7, where the paper has 1e-8.

    >>> adam, weights = Adam(learning_rate=0.1), [np.array([1.0, 1.0])]
    >>> adam.update(adam.init(weights), weights, [np.array([1000.0, 0.001])]).weights[0].round(3)  # η each, at first
    array([0.9, 0.9])
    """

    learning_rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    formula: ClassVar[str] = (
        r"m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad"
        r" w \leftarrow w - \eta \frac{\sqrt{1 - \beta_2^s}}{1 - \beta_1^s} \frac{m}{\sqrt{v} + \epsilon}"
    )

    def __post_init__(self) -> None:
        check_number("learning_rate", self.learning_rate, minimum=0)
        check_number("beta_1", self.beta_1, minimum=0, below=1)
        check_number("beta_2", self.beta_2, minimum=0, below=1)
        check_number("epsilon", self.epsilon, above=0)

    def init(self, weights: Arrays) -> State:
        """m = 0, v = 0."""
        return State(velocity=_zeros(weights), square=_zeros(weights))

    def update(self, state: State, weights: Arrays, gradients: Arrays) -> Update:
        """One step: a gradient for each weight array, of its shape.

        Raises:
            ShapeError: gradients of other shapes.
        """
        check_gradients(weights, gradients)
        s = state.step + 1
        first = [m + (1 - self.beta_1) * (g - m) for m, g in zip(state.velocity, gradients, strict=True)]
        second = [v + (1 - self.beta_2) * (g**2 - v) for v, g in zip(state.square, gradients, strict=True)]
        rate = self.learning_rate * np.sqrt(1 - self.beta_2**s) / (1 - self.beta_1**s)
        stepped = [w - rate * m / (np.sqrt(v) + self.epsilon) for w, m, v in zip(weights, first, second, strict=True)]
        return Update(State(step=s, velocity=first, square=second), stepped)


def check_gradients(weights: Arrays, gradients: Arrays) -> None:
    """There must be one gradient for each weight array, of its shape.

    >>> check_gradients([np.zeros((2, 3))], [np.ones((2, 3))])
    """
    if [np.shape(w) for w in weights] != [np.shape(g) for g in gradients]:
        raise ShapeError(
            f"gradients must have the shapes of weights, {[np.shape(w) for w in weights]}: "
            f"got {[np.shape(g) for g in gradients]}. Give one gradient for each weight array, in the same order."
        )


def _zeros(weights: Arrays) -> Arrays:
    return [np.zeros_like(w, dtype=np.float64) for w in weights]

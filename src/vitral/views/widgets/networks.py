"""`NetworkView`: a dense network as units and connections, with what each unit answers to a sample."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from vitral import _keras
from vitral._errors import ArgumentError, ShapeError
from vitral.foundations import MLP
from vitral.foundations import activations as catalogue
from vitral.training.worker import Task
from vitral.views.widgets.checks import check_numbers, is_list, shown
from vitral.views.widgets.controls import Hidden
from vitral.views.widgets.drawings import Drawing, Network
from vitral.views.widgets.panel import Panel
from vitral.views.widgets.words import words_in

_MOST_INPUTS = 5000  # of a sample that goes to the browser and back

Layers = list[tuple[np.ndarray, np.ndarray | None]]


class NetworkView(Panel):
    """Units, weights and biases of a dense network; with a sample, the activations that it causes.

    Touching an input changes the sample. `refresh` draws the weights that a model has by now.

    Args:
        model: a built Keras model of Dense layers, a `vitral.foundations.MLP`, or weights and biases in the order of
            `get_weights`: W (D_in, D_out), b (D_out,), and so on.
        sample: (D,) values of the inputs.
        names: of the L + 1 layers, inputs first.
        units: a short name for each unit of each layer.
        activations: for weights given as a list, one a layer by its name in `vitral.foundations.activations`; without
            them no unit answers.

    Raises:
        ArgumentError: layers other than Dense, a model not built, activations where the model has its own.
        ShapeError: weights that do not fit each other, a sample that is not (D,).

    >>> from vitral.foundations import MLP
    >>> view = NetworkView(MLP.create((2, 3, 1), seed=0), sample=[1.0, -1.0])
    >>> view.wait().sample
    array([ 1., -1.])
    """

    def __init__(
        self,
        model: Any,
        sample: Any = None,
        *,
        names: Sequence[str] | None = None,
        units: Sequence[Sequence[str]] = (),
        activations: Sequence[Any] | None = None,
        language: str = "en",
        label: str = "",
    ):
        self._network = network = _read(model, activations)
        layers = network.layers()
        self._n_inputs, n_layers = len(layers[0][0]), len(layers) + 1
        if names is not None and (not is_list(names) or len(names) != n_layers):
            raise ArgumentError(
                f"names must be one for each of the {n_layers} layers: got {shown(names)}. Inputs first."
            )
        if not is_list(units) or not all(map(is_list, units)):
            raise ArgumentError(
                f'units must be a list of names for each layer: got {shown(units)}. Write [["x₁", "x₂"], ["h"], ["y"]].'
            )
        self._names = tuple(names) if names is not None else _named(n_layers, words_in(language))
        self._units = tuple(tuple(u) for u in units)
        if network.forward is None and sample is not None:
            raise ArgumentError('sample must come with activations, one a layer: got none. Write ["tanh", "sigmoid"].')
        self._can_answer = network.forward is not None
        first = None if sample is None else self._checked(sample).tolist()
        controls = [Hidden(name="sample", value=first, most=max(600, self._n_inputs + 1), bound=1e9)]
        super().__init__(self._compute_drawings, controls=controls, language=language, label=label)

    @property
    def sample(self) -> np.ndarray | None:
        """The (D,) values of the inputs; setting them draws anew."""
        value = self.values["sample"]
        return None if value is None else np.array(value, dtype=float)

    @sample.setter
    def sample(self, value: Any) -> None:
        if not self._can_answer:
            raise ArgumentError("sample must come with activations: this view has none. Make it with activations=…")
        self.values = {"sample": self._checked(value).tolist()}

    def refresh(self) -> "NetworkView":
        """Draw the weights that the model has now, and wait until they are there."""
        self._start({"sample": None if self.sample is None else self.sample.tolist()})
        self.wait()
        return self

    def _checked(self, sample: Any) -> np.ndarray:
        values = check_numbers("sample", sample, "Take one row of x.")
        if values.size > _MOST_INPUTS or values.reshape(-1).shape != (self._n_inputs,):
            raise ShapeError(
                f"sample must have one value for each of the {self._n_inputs} inputs: got shape {values.shape}. Take "
                "one row of x."
            )
        if not np.isfinite(values).all():
            raise ArgumentError("sample must be finite: got NaN or infinity. Clean it.")
        return values.reshape(-1)

    def _compute_drawings(self, values: dict[str, Any], _: Task) -> list[Drawing]:
        layers, sample, answers = self._network.layers(), values["sample"], ()
        if sample is not None and self._network.forward is not None:
            answers = tuple(self._network.forward(self._checked(sample)))
        return [
            Network(
                weights=[W for W, _ in layers],
                biases=[b for _, b in layers] if any(b is not None for _, b in layers) else (),
                activations=answers,
                names=self._names,
                units=self._units,
                edits_inputs="sample" if answers else "",
                wide=True,
            )
        ]


@dataclass(frozen=True, kw_only=True)
class _Source:
    """Where weights and answers come from, read anew each time."""

    layers: Callable[[], Layers]
    forward: Callable[[np.ndarray], list[np.ndarray]] | None  # (D,) -> the units of each layer, inputs first


def _read(model: Any, activations: Sequence[Any] | None) -> _Source:
    if isinstance(model, list | tuple):
        return _of_arrays(model, activations)
    if activations is not None:
        raise ArgumentError("activations must be left out for a model, which has its own: got both. Leave them out.")
    if isinstance(model, type):
        raise _no_model(f"the class {model.__name__}")
    if isinstance(model, MLP):
        return _of_mlp(model, has_answers=True)
    if hasattr(model, "layers") and hasattr(model, "get_weights"):
        return _of_keras(model)
    raise _no_model(shown(model))


def _no_model(got: str) -> ArgumentError:
    return ArgumentError(
        f"model must be a built Keras model, a vitral.foundations.MLP or a list of weights and biases: got {got}. "
        "MLP.create((2, 3, 1)) makes one of these sizes."
    )


def _of_arrays(arrays: Sequence[Any], activations: Sequence[Any] | None) -> _Source:
    flat = [part for item in arrays for part in (item if isinstance(item, list | tuple) and _is_pair(item) else [item])]
    if not flat or any(isinstance(part, str) or np.ndim(_or_nothing(part)) == 0 for part in flat):
        raise _no_model(shown(arrays))
    if activations is not None and not is_list(activations):
        raise ArgumentError(
            f'activations must be a list, one a layer: got {shown(activations)}. Write ["tanh", "sigmoid"].'
        )
    chosen = ["identity"] * (len(flat) // 2) if activations is None else list(activations)
    weights = tuple(check_numbers("model", part, "Give W (D_in, D_out) and b (D_out,) of each layer.") for part in flat)
    return _of_mlp(
        MLP(weights=weights, activations=tuple(catalogue.get(name) for name in chosen)),
        has_answers=activations is not None,
    )


def _is_pair(item: Sequence[Any]) -> bool:
    """Whether it is (W, b) of one layer, and no matrix written as lists."""
    return len(item) == 2 and np.ndim(_or_nothing(item[0])) == 2 and np.ndim(_or_nothing(item[1])) == 1


def _or_nothing(part: Any) -> np.ndarray:
    """`part` as an array, of whatever kind; nothing where its rows have other lengths."""
    try:
        return np.asarray(part)
    except ValueError:
        return np.empty(())


def _of_mlp(network: MLP, *, has_answers: bool) -> _Source:
    layers: Layers = list(zip(network.weights[::2], network.weights[1::2], strict=True))

    def forward(sample: np.ndarray) -> list[np.ndarray]:
        return [sample, *(a[0] for a in network.forward(sample[None]).a)]

    return _Source(layers=lambda: layers, forward=forward if has_answers else None)


def _of_keras(model: Any) -> _Source:
    """A chain of Dense layers, with layers between them that have no weights (activation, dropout, flatten)."""
    keras = _keras.import_keras()
    if not getattr(model, "built", False) or not model.get_weights():
        raise ArgumentError("model must be built: got one without weights. Give it an input: keras.Input((D,)).")
    chain = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    for layer in chain:
        if not isinstance(layer, keras.layers.Dense) and layer.weights:
            raise ArgumentError(
                f"model must have Dense layers only, and others without weights: got {type(layer).__name__} "
                f"({layer.name}). Draw a part of it that has."
            )
    dense = [i for i, layer in enumerate(chain) if isinstance(layer, keras.layers.Dense)]
    if not dense or not _is_chain(model, chain):
        raise _no_chain()
    stages = [chain[stop - 1].output for _, stop in pairwise([*dense, len(chain)])]
    widths = [chain[dense[0]].kernel.shape[0], *(chain[i].units for i in dense)]
    if [_n_features(stage) for stage in (model.inputs[0], *stages)] != widths:
        raise _no_chain()
    answering = keras.Model(model.inputs[0], stages)

    def read() -> Layers:
        numpy = keras.ops.convert_to_numpy
        of = [chain[i] for i in dense]
        return [(numpy(layer.kernel), numpy(layer.bias) if layer.use_bias else None) for layer in of]

    def forward(sample: np.ndarray) -> list[np.ndarray]:
        answers = answering(sample.reshape(1, *model.input_shape[1:]), training=False)
        answers = answers if isinstance(answers, list | tuple) else [answers]
        return [sample, *(keras.ops.convert_to_numpy(a).reshape(-1) for a in answers)]

    return _Source(layers=read, forward=forward)


def _no_chain() -> ArgumentError:
    return ArgumentError(
        "model must be one chain of Dense layers from its inputs to its outputs: got another structure. Draw a part of "
        "it that is."
    )


def _is_chain(model: Any, chain: list[Any]) -> bool:
    """Whether each layer takes just what the one before gives, and is used once."""
    try:
        ends = [model.inputs[0], *(layer.output for layer in chain)]
        return (
            len(model.inputs) == len(model.outputs) == 1
            and all(layer.input is before for layer, before in zip(chain, ends, strict=False))
            and ends[-1] is model.outputs[0]
        )
    except (AttributeError, ValueError):  # a layer that is used twice has no one input
        return False


def _n_features(tensor: Any) -> int:
    """Numbers in one sample of a Keras tensor; -1 where its shape leaves that open."""
    shape = tensor.shape[1:]
    return -1 if None in shape else int(np.prod(shape))


def _named(n_layers: int, words: dict[str, str]) -> tuple[str, ...]:
    hidden = (
        [words["layer_hidden"]] if n_layers == 3 else [f"{words['layer_hidden']} {i + 1}" for i in range(n_layers - 2)]
    )
    return (words["layer_input"], *hidden, words["layer_output"])

"""Tasks 1 to 3: a classifier with four hidden layers, without a penalty and with two; judged from the model as data.

    Dense(128, relu) → Dense(64, relu) → Dense(32, relu) → Dense(16, relu) → Dense(nb_classes, softmax)

The rules stand in an order in which a reader can follow them: what the model is, which layers it has, how wide they
are, their activations, their penalties. The first that is broken gives the hint.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import numpy as np

from vitral.course.labs.lab import Answer, Call, Data, ModelData, Verdict
from vitral.course.labs.troubles import trouble_verdict

HIDDEN = (128, 64, 32, 16)
USUAL = (784, 10)  # sizes that the lab itself trains with, and that are found written into solutions

Layer = Mapping[str, Data]
Found = tuple[str, dict[str, str]]  # the hint's key, and its values

_ACTIVATIONS = ("Activation", "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax")
_PENALTIES = ("L1", "L1L2", "L2")
_DROPOUTS = ("AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D")
_NORMALIZATIONS = ("BatchNormalization", "GroupNormalization", "LayerNormalization", "Normalization", "Rescaling")


def drawing(function: str) -> Callable[[np.random.Generator], list[Call]]:
    """What draws the calls of a task: the usual sizes first, and two that nobody could have written down."""

    def draw(rng: np.random.Generator) -> list[Call]:
        inputs = rng.choice(np.arange(20, 200), 2, replace=False)
        classes = rng.choice(np.arange(3, 10), 2, replace=False)
        sizes = [USUAL, *((int(d), int(k)) for d, k in zip(inputs, classes, strict=True))]
        return [Call(function=function, arguments=size) for size in sizes]

    return draw


def judging(*, l1: float, l2: float) -> Callable[[list[Call], list[Answer]], Verdict]:
    """What judges a task whose hidden kernels have these penalties."""

    def judge(calls: list[Call], answers: list[Answer]) -> Verdict:
        for call, answer in zip(calls, answers, strict=True):
            expected = describe(*call.arguments, l1=l1, l2=l2)
            verdict = trouble_verdict(call, answer, expected)
            if verdict is not None:
                return verdict
            found = _first_fault(answer, *call.arguments, l1=l1, l2=l2)
            if found is not None:
                got = describe_model(answer.value) if isinstance(answer.value, ModelData) else answer.kind
                return Verdict(is_right=False, hint=found[0], values=found[1], call=call, expected=expected, got=got)
        return Verdict(is_right=True)

    return judge


def n_parameters(input_dim: int, nb_classes: int) -> int:
    """Weights and biases of the model that is asked for.

    Example:
        >>> n_parameters(784, 10)
        111514
    """
    sizes = [input_dim, *HIDDEN, nb_classes]
    return sum((n + 1) * m for n, m in pairwise(sizes))


# ---------------------------------------------------------------- the rules


def _first_fault(answer: Answer, input_dim: int, nb_classes: int, *, l1: float, l2: float) -> Found | None:
    model = answer.value
    if not isinstance(model, ModelData):
        return ("returns_several" if isinstance(model, list) else "no_model"), {"kind": answer.kind}
    for faults in (
        _faults_of_kind(model),
        _faults_of_layers(model),
        _faults_of_sizes(model, input_dim, nb_classes),
        _faults_of_activations(model),
        _faults_of_penalties(model, l1, l2),
        _faults_of_weights(model, input_dim, nb_classes),
    ):
        for found in faults:
            return found
    return None


def _faults_of_kind(model: ModelData) -> Iterator[Found]:
    if model.kind != "Sequential":
        yield ("functional" if model.kind == "Functional" else "subclassed"), {}
    if model.is_compiled:
        yield "compiled", {}
    if not _dense(model):
        yield "no_layers", {}


def _faults_of_layers(model: ModelData) -> Iterator[Found]:
    for number, layer in enumerate(model.layers, 1):
        name = str(layer.get("class"))
        if name in ("Dense", "InputLayer"):
            continue
        values = {"layer": name, "n": str(number)}
        if name in _ACTIVATIONS:
            yield "activation_layer", values
        elif name in _DROPOUTS:
            yield "dropout", values
        elif name in _NORMALIZATIONS:
            yield "normalization", values
        elif name in ("Flatten", "Reshape"):
            yield "flatten", values
        else:
            yield "other_layer", values


def _faults_of_sizes(model: ModelData, input_dim: int, nb_classes: int) -> Iterator[Found]:
    units: list[Data] = [layer.get("units") for layer in _dense(model)]
    hidden, wanted = units[:-1], list(HIDDEN)
    values = {"units": _listed(units), "wanted": _listed([*wanted, nb_classes]), "nb_classes": str(nb_classes)}
    if not model.input_shape:
        yield "no_input", {}
        return
    has = model.input_shape[-1]
    if units[-1] == input_dim and has == nb_classes:
        yield "sizes_swapped", {}
    if len(model.input_shape) != 2:
        yield "input_shape", {"shape": str(tuple(model.input_shape)), "input_dim": str(input_dim)}
    if has != input_dim:
        given = {"argument": "input_dim", "input_dim": str(input_dim), "wanted": str(input_dim), "got": str(has)}
        yield ("hard_coded" if has == USUAL[0] else "input_dim"), given
    if units == wanted:
        yield "no_output", values
    if len(units) < len(wanted) + 1:
        yield "too_few_layers", values
    if len(units) > len(wanted) + 1:
        yield "too_many_layers", values
    if hidden != wanted:
        yield ("order" if sorted(map(str, hidden)) == sorted(map(str, wanted)) else "hidden_units"), values
    if units[-1] != nb_classes:
        given = {"argument": "nb_classes", "wanted": str(nb_classes), "got": str(units[-1])}
        yield ("hard_coded" if units[-1] == USUAL[1] else "output_units"), {**values, **given}


def _faults_of_activations(model: ModelData) -> Iterator[Found]:
    *hidden, output = _dense(model)
    names = [str(layer.get("activation")) for layer in hidden]
    for number, name in enumerate(names, 1):
        if name != "relu":
            values = {"n": str(number), "activation": name}
            yield ("hidden_linear" if name == "linear" else "hidden_activation"), values
    last = str(output.get("activation"))
    if last != "softmax":
        known = {"linear": "output_linear", "sigmoid": "output_sigmoid"}
        yield known.get(last, "output_activation"), {"activation": last}
    for number, layer in enumerate([*hidden, output], 1):
        if layer.get("use_bias") is False:
            yield "no_bias", {"n": str(number)}


def _faults_of_penalties(model: ModelData, l1: float, l2: float) -> Iterator[Found]:
    *hidden, output = _dense(model)
    asked = {"wanted": _penalty_text(l1, l2)}
    for number, layer in enumerate([*hidden, output], 1):
        for name in ("activity_regularizer", "bias_regularizer"):
            if layer.get(name) is not None:
                values = {**asked, "n": str(number)}
                yield ("penalty_unasked" if l1 == l2 == 0 else name), values
    kernels = [_penalty_of(layer) for layer in hidden]
    if l1 == l2 == 0:
        for number, layer in enumerate([*hidden, output], 1):
            if layer.get("kernel_regularizer") is not None:
                yield "penalty_unasked", {"n": str(number)}
        return
    if all(kernel is None for kernel in kernels):
        at_output = output.get("kernel_regularizer") is not None
        yield ("penalty_on_output" if at_output else "no_penalty"), asked
    for number, kernel in enumerate(kernels, 1):
        values = {**asked, "n": str(number)}
        if kernel is None:
            yield "penalty_missing", values
        elif kernel[0] not in _PENALTIES:
            yield "other_penalty", {**values, "kind": kernel[0]}
        elif not _close(kernel[1:], (l1, l2)):
            yield _wrong_factors(kernel[1:], l1, l2), {**values, "got": _penalty_text(*kernel[1:])}
    if output.get("kernel_regularizer") is not None:
        yield "penalty_on_output", asked


def _wrong_factors(got: tuple[float, float], l1: float, l2: float) -> str:
    """Which penalties there are first, how large they are then."""
    has, wants = (got[0] != 0, got[1] != 0), (l1 != 0, l2 != 0)
    if has == wants:
        return "factor"
    return {
        ((True, False), (False, True)): "l1_for_l2",
        ((True, True), (False, True)): "l1l2_for_l2",
        ((True, False), (True, True)): "l1_alone",
        ((False, True), (True, True)): "l2_alone",
    }.get((has, wants), "factor_zero")


def _faults_of_weights(model: ModelData, input_dim: int, nb_classes: int) -> Iterator[Found]:
    wanted = n_parameters(input_dim, nb_classes)
    sizes = [input_dim, *HIDDEN, nb_classes]
    shapes = [shape for n, m in pairwise(sizes) for shape in ((n, m), (m,))]
    if model.n_parameters != wanted or [np.shape(array) for array in model.weights] != shapes:
        yield "parameters", {"got": str(model.n_parameters), "wanted": str(wanted)}


# ---------------------------------------------------------------- reading and writing models


def _dense(model: ModelData) -> list[Layer]:
    return [layer for layer in model.layers if layer.get("class") == "Dense"]


def _penalty_of(layer: Layer) -> tuple[str, float, float] | None:
    """(class, l1, l2) of a layer's kernel; a penalty without numbers has NaN."""
    found = layer.get("kernel_regularizer")
    return None if found is None else _factors(found)


def _factors(found: Data) -> tuple[str, float, float]:
    facts = found if isinstance(found, Mapping) else {}
    l1, l2 = (float(n) if isinstance(n, int | float) else math.nan for n in (facts.get("l1"), facts.get("l2")))
    return str(facts.get("class")), l1, l2


def _close(got: tuple[float, float], wanted: tuple[float, float]) -> bool:
    return all(math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-9) for a, b in zip(got, wanted, strict=True))


def describe(input_dim: int, nb_classes: int, *, l1: float, l2: float) -> str:
    """The model that is asked for, in a line.

    Example:
        >>> describe(4, 3, l1=0.0, l2=0.001).partition(" → Dense(64")[0]
        'Sequential: Input(4) → Dense(128, relu, L2(0.001))'
    """
    penalty = [_penalty_text(l1, l2)] if l1 or l2 else []
    hidden = [_layer_text(units, "relu", *penalty) for units in HIDDEN]
    return _model_text("Sequential", input_dim, [*hidden, _layer_text(nb_classes, "softmax")])


def describe_model(model: ModelData) -> str:
    """A model that came, in a line."""
    layers = []
    for layer in model.layers:
        if layer.get("class") != "Dense":
            layers.append(str(layer.get("class")))
            continue
        notes = [] if layer.get("use_bias", True) else ["use_bias=False"]
        for name in ("kernel_regularizer", "bias_regularizer", "activity_regularizer"):
            found = layer.get(name)
            if found is not None:
                kind, l1, l2 = _factors(found)
                text = _penalty_text(l1, l2) if kind in _PENALTIES else kind
                notes.append(text if name.startswith("kernel") else f"{name}={text}")
        layers.append(_layer_text(layer.get("units"), str(layer.get("activation")), *notes))
    kind = f"{model.kind}, compiled" if model.is_compiled else model.kind
    return _model_text(kind, model.input_shape[-1] if model.input_shape else "?", layers)


def _model_text(kind: str, input_dim: Data, layers: list[str]) -> str:
    return f"{kind}: " + " → ".join([f"Input({input_dim})", *layers])


def _layer_text(units: Data, *notes: str) -> str:
    return f"Dense({', '.join([str(units), *notes])})"


def _penalty_text(l1: float, l2: float) -> str:
    if l1 and l2:
        return f"L1L2(l1={l1:g}, l2={l2:g})"
    return f"L1({l1:g})" if l1 else f"L2({l2:g})"


def _listed(units: list[Data]) -> str:
    return ", ".join(map(str, units))

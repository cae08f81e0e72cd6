"""Train the same model with `keras.Model.fit` and with `vitral.fit`, and compare all that is left, bit for bit.

    check_same(build, arguments)

Both sides start from the same seed, build their own model and get their own callbacks. What must agree, to the last
bit: every variable of the model (seed-generator states included), of its optimizer and of its metrics, the History
(keys in order, values, epochs, parameters), NumPy's global random state afterwards, and what Keras warned of.
"""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pytest

import vitral
from vitral._errors import VitralWarning

Build = Callable[[], Any]
"""Makes a compiled model from nothing but the random state."""

Arguments = dict[str, Any] | Callable[[], dict[str, Any]]
"""What `fit` is given; a function where each side needs objects of its own, such as callbacks."""

SEED = 7
ROWS = 44
"""Five batches of eight and one of four: more steps than the engine's first dispatch takes, and an uneven end."""


@dataclass
class Trained:
    """What a training left behind."""

    model: Any
    history: Any
    random: float
    warned: list[str]
    more: list[Any] = field(default_factory=list)

    def values(self) -> dict[str, np.ndarray]:
        """Every variable by a name that is the same on both sides."""
        model = self.model
        kinds = {
            "trainable": model.trainable_variables,
            "non-trainable": model.non_trainable_variables,
            "variable": model.variables,
            "optimizer": model.optimizer.variables,
            "metric": model.metrics_variables,
        }
        return {
            f"{kind} {i} {v.path}": keras.ops.convert_to_numpy(v.value)
            for kind, variables in kinds.items()
            for i, v in enumerate(variables)
        }


def train(build: Build, *trainings: Arguments, engine: str, between: Callable[[Any], None] | None = None) -> Trained:
    """Seed, build and train, once for each of `trainings`, on one of the two sides.

    Args:
        build: makes the compiled model.
        trainings: arguments of one `fit` after another on the same model.
        engine: "keras": `keras.Model.fit`; "compiled", "vitral-keras": `vitral.fit`, in the engine named.
        between: called with the model between two trainings.
    """
    keras.backend.clear_session()
    keras.utils.set_random_seed(SEED)
    model = build()
    results = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        for i, given in enumerate(trainings):
            if i and between is not None:
                between(model)
            arguments = {"verbose": 0, **(given() if callable(given) else given)}
            results.append(_fit(model, arguments, engine))
        random = float(np.random.rand())
    warned = []
    for warning in caught:
        if issubclass(warning.category, VitralWarning):
            warnings.warn(warning.message, stacklevel=2)
        elif issubclass(warning.category, UserWarning):
            warned.append(str(warning.message))
    return Trained(model, results[-1], random, sorted(set(warned)), results[:-1])


def _fit(model: Any, arguments: dict[str, Any], engine: str) -> Any:
    if engine == "keras":
        return keras.Model.fit(model, **arguments)
    run = vitral.fit(model, **arguments, engine="compiled" if engine == "compiled" else "auto")
    assert run.engine == ("compiled" if engine == "compiled" else "keras"), run.engine_reason
    return run


def train_both(build: Build, *trainings: Arguments, between: Callable[[Any], None] | None = None) -> tuple[Any, Any]:
    """The same training by Keras and by the compiled engine."""
    return (
        train(build, *trainings, engine="keras", between=between),
        train(build, *trainings, engine="compiled", between=between),
    )


def check_same(build: Build, *trainings: Arguments, between: Callable[[Any], None] | None = None) -> None:
    """Assert that the compiled engine's training is Keras's, in everything."""
    check_equal(*train_both(build, *trainings, between=between))


def check_equal(theirs: Trained, ours: Trained) -> None:
    """Assert that two trainings left the same, or say all that differs."""
    found = compare(theirs, ours)
    if found:
        raise AssertionError("the trainings differ:\n" + "\n".join(found))


def compare(theirs: Trained, ours: Trained) -> list[str]:
    """What differs between two trainings, in words."""
    found = _compare_values(theirs.values(), ours.values())
    for their, our in zip([*theirs.more, theirs.history], [*ours.more, ours.history], strict=True):
        found += compare_history(their, our)
    if theirs.random != ours.random:
        found.append("NumPy's random state")
    if theirs.warned != ours.warned:
        found.append(f"warnings: {theirs.warned} became {ours.warned}")
    return found


def compare_history(theirs: Any, ours: Any) -> list[str]:
    """Where two Histories differ: keys and their order, values, epochs, parameters."""
    found = []
    if list(theirs.history) != list(ours.history):
        found.append(f"history keys: {list(theirs.history)} became {list(ours.history)}")
    if list(theirs.epoch) != list(ours.epoch):
        found.append(f"epochs: {theirs.epoch} became {ours.epoch}")
    if theirs.params != ours.params:
        found.append(f"params: {theirs.params} became {ours.params}")
    for key in theirs.history.keys() & ours.history.keys():
        a, b = theirs.history[key], ours.history[key]
        if [type(v) for v in a] != [type(v) for v in b]:
            found.append(f"history[{key!r}]: {[type(v) for v in a]} became {[type(v) for v in b]}")
        elif not same_bits(a, b):
            found.append(f"history[{key!r}]: {a} became {b}")
    return found


def seldom(cases: Iterable[Any], *names: str) -> list[Any]:
    """The cases of a parametrised test; those of these names, which take long and have near relatives, when slow."""
    return [pytest.param(case, id=name_of(case), marks=[pytest.mark.slow] * (name_of(case) in names)) for case in cases]


def often(cases: Iterable[Any], *names: str) -> list[Any]:
    """The cases of a parametrised test; on every change those of these names, their near relatives when slow."""
    cases = list(cases)
    return seldom(cases, *{name_of(case) for case in cases} - set(names))


def name_of(case: Any) -> str:
    """A case is a name, a class, or a tuple that opens with its name."""
    return case[0] if isinstance(case, tuple) else getattr(case, "__name__", str(case))


def same_bits(a: Any, b: Any) -> bool:
    """Whether two arrays have the same type, shape and bytes: 0.0 is not -0.0, a NaN is itself."""
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def largest_difference(theirs: Trained, ours: Trained) -> float:
    """The largest difference of any trainable weight, relative to the largest weight of its variable."""
    pairs = zip(theirs.model.trainable_variables, ours.model.trainable_variables, strict=True)
    arrays = [(keras.ops.convert_to_numpy(a.value), keras.ops.convert_to_numpy(b.value)) for a, b in pairs]
    return max(float(np.abs(a - b).max() / max(float(np.abs(a).max()), 1e-12)) for a, b in arrays)


def largest_history_difference(theirs: Trained, ours: Trained) -> float:
    """The largest relative difference of any number in the two Histories, whose keys and lengths must agree."""
    assert list(theirs.history.history) == list(ours.history.history)
    return max(
        abs(a - b) / max(abs(a), 1e-12)
        for key, values in theirs.history.history.items()
        for a, b in zip(values, ours.history.history[key], strict=True)
    )


def _compare_values(theirs: dict[str, np.ndarray], ours: dict[str, np.ndarray]) -> list[str]:
    if list(theirs) != list(ours):
        return [f"variables: {list(theirs)} became {list(ours)}"]
    found = []
    for name, a in theirs.items():
        b = ours[name]
        if same_bits(a, b):
            continue
        if a.shape != b.shape or a.dtype != b.dtype:
            found.append(f"{name}: {a.dtype}{a.shape} became {b.dtype}{b.shape}")
        else:
            gap = np.abs(a.astype("float64") - b.astype("float64")).max()
            found.append(f"{name}: differs by up to {gap:.3g} of {np.abs(a.astype('float64')).max():.3g}")
    return found

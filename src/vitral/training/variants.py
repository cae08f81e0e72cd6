"""What a sweep runs over: `over`, spelled out as one set of arguments for each variant.

Each name goes where it is known: a training argument to training, a name in the signature of `data`, `build` or
`callbacks` to that function (to all that have it), "seed" to the generators before the model is built and again before
it is trained. A name that nobody knows is an error.
"""

import inspect
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from vitral import _keras
from vitral._checks import check_int, nearest
from vitral._errors import ArgumentError, UnknownNameError
from vitral.training.request import Request

TRAINING_ARGUMENTS = sorted(({f.name for f in fields(Request)} - {"data", "verbose"}) | {"callbacks", "sample_weight"})
SWEEP_ARGUMENTS = (
    "build",
    "x",
    "y",
    "verbose",
    "over",
    "probes",
    "exact",
    "out",
    "overwrite",
    "client",
    "resume",
)  # `seed` is a value like others
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_MOST_VARIANTS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One variant: its place in the sweep, its values as `over` names them, and who gets which.

    Attributes:
        number: from 0, the first name of `over` varying slowest.
        values: by name, as in `over`.
        seed: for the generators; None leaves them as they are.
        training, build, data, callbacks: arguments of the training, of `build`, of `data` and of a function that makes
            callbacks.
    """

    number: int
    values: dict[str, Any]
    seed: int | None
    training: dict[str, Any]
    build: dict[str, Any]
    data: dict[str, Any]
    callbacks: dict[str, Any]


def read_variants(
    over: Any, build: Callable[..., Any], data: Callable[..., Any] | None, callbacks: Any = None, *, seed: int | None
) -> list[Variant]:
    """Spell `over` out.

    Args:
        over: name -> list of values, for all combinations; or a list with one dict for each variant.
        build: makes the compiled model of a variant.
        data: makes its data, where they depend on it.
        callbacks: of the sweep; a function may make them of what `over` names.
        seed: of variants that name none.

    Raises:
        ArgumentError, UnknownNameError: `over` is neither, is empty, or names what nobody takes.
    """
    if not callable(build):
        raise ArgumentError(
            f"build must be a function that returns a compiled model: got {type(build).__name__}. "
            "Write def build(rate): ...; return model."
        )
    if isinstance(build, _keras.import_keras().layers.Layer):  # which can be called, too
        raise ArgumentError(
            f"build must be a function that returns a compiled model: got a {type(build).__name__}. "
            "Write a function that builds it, or use vitral.fit for one model."
        )
    for_build, for_data = _accepts(build), _accepts(data)
    variants = []
    for number, values in enumerate(_spell_out(over)):
        makes = values.get("callbacks", callbacks)
        makes = makes if makes_callbacks(makes) else None
        for_callbacks = _names(makes)  # one that takes any name is given none
        unclaimed = [
            name
            for name in values
            if not (
                name == "seed" or name in (*TRAINING_ARGUMENTS, *for_callbacks) or for_build(name) or for_data(name)
            )
        ]
        if unclaimed:
            raise _unclaimed(unclaimed[0], build, data, makes)
        own_seed = values.get("seed", seed)
        if own_seed is not None:
            argument = "seed"
            if "seed" in values:
                argument = "over['seed']" if isinstance(over, Mapping) else f"over[{number}]['seed']"
            own_seed = check_int(argument, own_seed, minimum=0, remedy="Use 0, or leave it out.")
            if own_seed >= 2**32:
                raise ArgumentError(f"{argument} must be below 2**32: got {own_seed}. Use a smaller number.")
        known = dict(values) if own_seed is None else {**values, "seed": own_seed}
        variants.append(
            Variant(
                number=number,
                values=values,
                seed=own_seed,
                training={n: v for n, v in values.items() if n in TRAINING_ARGUMENTS},
                build={n: v for n, v in known.items() if for_build(n) and n not in TRAINING_ARGUMENTS},
                data={n: v for n, v in known.items() if for_data(n)},
                callbacks={n: v for n, v in known.items() if n in for_callbacks},
            )
        )
    return variants


def makes_callbacks(callbacks: Any) -> bool:
    """Whether it is a function that returns callbacks, and none itself."""
    return callable(callbacks) and not hasattr(callbacks, "set_model")


def _spell_out(over: Any) -> list[dict[str, Any]]:
    remedy = 'Write over={"rate": [0.1, 0.01], "seed": range(5)}.'
    if isinstance(over, Mapping):
        lists = {name: _as_list(name, values) for name, values in over.items()}
        if not lists:
            raise ArgumentError(f"over must name something to vary: got an empty dict. {remedy}")
        n_variants = math.prod(len(values) for values in lists.values())
        if n_variants > _MOST_VARIANTS:
            raise ArgumentError(
                f"over must spell out at most {_MOST_VARIANTS:,} variants: got {n_variants:,}. Use shorter lists."
            )
        return [dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values())]
    if isinstance(over, Sequence) and not isinstance(over, str | bytes):
        if not over:
            raise ArgumentError(f"over must name at least one variant: got an empty list. {remedy}")
        for values in over:
            if not isinstance(values, Mapping):
                raise ArgumentError(
                    f"over, as a list, must hold a dict for each variant: got {type(values).__name__}. "
                    'Write over=[{"rate": 0.1}, {"rate": 0.01}].'
                )
            for name in values:
                _check_name(name)
        return [dict(values) for values in over]
    if hasattr(over, "iloc") and hasattr(over, "to_dict"):
        remedy = 'Write over=frame.to_dict("records") for a variant per row.'
    raise ArgumentError(f"over must be a dict of lists or a list of dicts: got {type(over).__name__}. {remedy}")


def _as_list(name: Any, values: Any) -> list[Any]:
    _check_name(name)
    if isinstance(values, str | bytes | Mapping) or not np.iterable(values):
        shown = repr(getattr(values, "tolist", lambda: values)())
        raise ArgumentError(
            f"over[{name!r}] must be a list of values: got {shown}. Write [{shown}] for one value alone."
        )
    found = getattr(values, "tolist", lambda: list(values))()
    if not found:
        raise ArgumentError(f"over[{name!r}] must hold at least one value: got an empty list. Leave the name out.")
    return found


def _check_name(name: Any) -> None:
    if not isinstance(name, str):
        raise ArgumentError(f"over must have names as keys: got {name!r}. Put the argument's name in quotes.")


def _accepts(function: Callable[..., Any] | None) -> Callable[[str], bool]:
    """Whether the function takes an argument of a name."""
    if function is None:
        return lambda _: False
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # built in: nothing is known of it
        return lambda _: True
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return lambda _: True
    return set(_names(function)).__contains__


def _unclaimed(
    name: str, build: Callable[..., Any], data: Callable[..., Any] | None, callbacks: Callable[..., Any] | None
) -> ArgumentError:
    if name in SWEEP_ARGUMENTS:
        other = f", or make x a function of a value with another name than {name}" if name in ("x", "y") else ""
        return ArgumentError(
            f"over must name what can vary: got {name!r}, which is the same for all variants. "
            f"Give it to vitral.sweep itself{other}."
        )
    for which, function in (("build", build), ("x", data), ("callbacks", callbacks)):
        if name in _names(function, (inspect.Parameter.POSITIONAL_ONLY,)):
            return ArgumentError(
                f"over must name arguments that can be given by name: got {name!r}, which {which} takes by its place "
                "alone. Take the / out of its signature."
            )
    known = [*_names(build), *_names(data), *_names(callbacks), *TRAINING_ARGUMENTS]
    close = nearest(name, known)
    takers = [getattr(build, "__name__", "build"), *(["callbacks"] if callbacks is not None else [])]
    hint = f"Did you mean {close!r}?" if close else f"Give {' or '.join(takers)} an argument {name}."
    return UnknownNameError(
        f"over must name arguments of build, of data, of callbacks or of the training: got {name!r}, which none of "
        f"them takes. {hint}"
    )


def _names(function: Callable[..., Any] | None, kinds: tuple[Any, ...] = _BY_NAME) -> list[str]:
    """The names of a function's arguments of these kinds; none where nothing is known of it."""
    if function is None:
        return []
    try:
        return [p.name for p in inspect.signature(function).parameters.values() if p.kind in kinds]
    except (TypeError, ValueError):
        return []

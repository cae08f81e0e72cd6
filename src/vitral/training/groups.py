"""Which variants share a program: found by comparing their traced steps, nothing declared.

Variants whose steps have the same equations, and hold other numbers at most, are one group: the numbers that differ
become inputs of one program. What differs in anything else is another group.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr

from vitral import _keras
from vitral.runs import Group, Number
from vitral.training.compare import Place, compare, same_program
from vitral.training.compiled import CompiledTraining
from vitral.training.devices import here
from vitral.training.lifting import CannotLiftError, describe_place, lift, numbers_at
from vitral.training.made import Made
from vitral.training.meters import Meters
from vitral.training.outline import OTHER_SIZES, Outline, outline
from vitral.training.program import Program, compile_steps, compile_wide, shapes_of
from vitral.training.rewriting import is_simple
from vitral.training.steps import Steps, trace_steps
from vitral.training.traced import Traced

# Variants with more weights are faster one by one on a processor (benchmarks/NOTES.md).
_FEW_WEIGHTS = 20_000
_MOST_MADE = 64


@dataclass(eq=False, kw_only=True)
class _Family:
    """Traced steps that differ in numbers at most.

    Attributes:
        key: shapes and sizes. programs: its first variant's steps and probes; metrics: how it resets and reads its
            metrics. reason: why that was none of the families before.
        places: by program, where a variant of it has held another number than the first.
        variants: their numbers; steps: of those whose program is not made yet; values: what they hold, by program and
            place.
    """

    key: Any
    programs: dict[str, Traced]
    metrics: ClosedJaxpr
    reason: str | None
    places: dict[str, list[Place]] = field(default_factory=dict)
    variants: list[int] = field(default_factory=list)
    steps: dict[int, Steps] = field(default_factory=dict)
    values: dict[int, dict[tuple[str, Place], Any]] = field(default_factory=dict)

    @property
    def lifted(self) -> Any:
        """What is lifted at present, to tell programs apart."""
        return tuple((name, tuple(places)) for name, places in self.places.items())

    def take(self, number: int, training: CompiledTraining, *, only_numbers: bool) -> Steps:
        """The steps of a variant with all that varies lifted out, or only its numbers noted; its probes as well."""
        steps = self.steps.pop(number)
        programs = _programs(steps, training)
        for name, program in programs.items():
            if self.places.get(name):
                (program.hold if only_numbers else program.lift)(self.places[name])
        self.values[number] = {
            (name, place): value
            for name, program in programs.items()
            for place, value in zip(self.places.get(name, []), program.numbers, strict=True)
        }
        return steps


class Groups:
    """The families of a sweep's programs, filled as its variants are traced."""

    def __init__(self, shared: Made | None = None) -> None:
        """Groups without a variant; `shared` has what was compiled for other groups."""
        self._families: list[_Family] = []
        self._shared = shared
        # With their probes, by family and what is lifted.
        self._made: OrderedDict[Any, tuple[Program, Any]] = OrderedDict()

    def join(self, number: int, training: CompiledTraining) -> None:
        """Trace the steps of a variant and find its family.

        Raises:
            UnsuitableStepError: the variant needs Keras's loop.
        """
        model, layout, shapes = training.model, training.layout, _shapes(training)
        steps = trace_steps(model, layout, *shapes)
        leaves, tree = jax.tree.flatten(shapes)
        key = layout, tree, tuple((a.shape, a.dtype) for a in leaves), _keras.has_plain_results(model)
        family = self._find(key, _programs(steps, training), _trace_metrics(model, shapes[0][3]))
        family.variants.append(number)
        family.steps[number] = steps

    def build(self, number: int, training: CompiledTraining) -> Program:
        """The program of a variant that has joined, with the variant's own numbers; its probes' as well."""
        family = self._family_of(number)
        key = self._families.index(family), family.lifted, here(), "one"
        made = self._find_made(family, key)
        steps = family.take(number, training, only_numbers=made is not None)
        if made is None:
            program = compile_steps(training.model, training.layout, *_shapes(training), steps)
            made = self._keep(family, key, program, training.meters)
        program, meters = made
        if training.meters is not None:
            training.meters.adopt(meters)
        return replace(program, numbers=jax.device_put(steps.pack()))

    def is_small(self, number: int, model: Any) -> bool:
        """Whether a step of a variant is mostly overhead: few weights, no convolutions, no loops."""
        n_weights = sum(math.prod(v.shape) for v in model.trainable_variables)
        steps = self._family_of(number).steps[number].all().values()
        return n_weights <= _FEW_WEIGHTS and all(is_simple(step.traced) for step in steps)

    def key_of(self, number: int) -> int:
        """What tells the family of a variant from the others."""
        return self._families.index(self._family_of(number))

    def build_wide(self, jobs: dict[int, CompiledTraining], width: int) -> Program:
        """The program that trains some variants of one family side by side, `width` at most, with their numbers."""
        numbers, trainings = list(jobs), list(jobs.values())
        family, first = self._family_of(numbers[0]), trainings[0]
        arrays = [jax.tree.leaves((t.data, t.validation)) for t in trainings]
        shared = [all(a is same[0] for a in same) for same in zip(*arrays, strict=True)]
        key = self._families.index(family), family.lifted, here(), width, tuple(shared)
        made = self._find_made(family, key)
        steps = [family.take(n, t, only_numbers=made is not None or t is not first) for n, t in jobs.items()]
        if made is None:
            program = compile_wide(first.model, first.layout, *_shapes(first), steps[0], width=width, shared=shared)
            made = self._keep(family, key, program, first.meters)
        program, meters = made
        for training in trainings:
            if training.meters is not None:
                training.meters.adopt(meters)
        packed = zip(*(s.pack() for s in steps), strict=True)
        return replace(program, numbers=jax.device_put([_pad(list(a), width) for a in packed]))

    def described(self) -> list[Group]:
        """The groups as a user sees them."""
        return [_describe(number, family) for number, family in enumerate(self._families)]

    def outlines(self) -> list[Outline]:
        """The families in plain values, to be merged with those of others."""
        return [outline(f.key, f.programs, f.metrics, f.variants, f.values, f.reason) for f in self._families]

    def _find_made(self, family: _Family, key: Any) -> tuple[Program, Any] | None:
        """What was compiled for this family, or for one of others that were traced alike."""
        if key not in self._made and self._shared is not None:
            found = self._shared.find((family.key, *key[1:]), family.programs, family.metrics, family.places)
            if found is not None:
                self._made[key] = found
        return self._made.get(key)

    def _keep(self, family: _Family, key: Any, program: Program, meters: Meters | None) -> tuple[Program, Any]:
        """Compile the probes of a program, and keep both for others of its family; the last few are kept."""
        if meters is not None:
            meters.compile()
        self._made[key] = program, meters.compiled if meters is not None else None
        if self._shared is not None:
            self._shared.keep((family.key, *key[1:]), family.programs, family.metrics, self._made[key])
        if len(self._made) > _MOST_MADE:
            self._made.popitem(last=False)
        return self._made[key]

    def _family_of(self, number: int) -> _Family:
        return next(f for f in self._families if number in f.steps)

    def _find(self, key: Any, programs: dict[str, Traced], metrics: ClosedJaxpr) -> _Family:
        reason = None
        for family in self._families:
            if family.key != key:
                reason = reason or OTHER_SIZES
                continue
            if not same_program(family.metrics, metrics):
                reason = "its metrics compute something else"
                continue
            found = _differences(family, programs)
            if isinstance(found, dict):
                for name, places in found.items():
                    family.places.setdefault(name, []).extend(places)
                return family
            reason = found
        self._families.append(_Family(key=key, programs=programs, metrics=metrics, reason=reason))
        return self._families[-1]


def _shapes(training: CompiledTraining) -> tuple[Any, Any, Any]:
    """Of state, data and validation."""
    return shapes_of(_keras.state_of(training.model)), shapes_of(training.data), shapes_of(training.validation)


def _pad(values: list[np.ndarray], width: int) -> np.ndarray:
    """Stacked, the first again at the end until there are `width`."""
    return np.stack([*values, *[values[0]] * (width - len(values))])


def _trace_metrics(model: Any, values: list[Any]) -> ClosedJaxpr:
    return jax.make_jaxpr(lambda values: (_keras.reset_metrics(model, values), _keras.metric_results(model, values)))(
        values
    )


def _programs(steps: Steps, training: CompiledTraining) -> dict[str, Traced]:
    """All that a variant runs, by name."""
    return {**steps.all(), **(training.meters.programs if training.meters is not None else {})}


def _differences(family: _Family, programs: dict[str, Traced]) -> dict[str, list[Place]] | str:
    """By program, where else a variant holds other numbers than its family; or why it is none, as a sentence's end.

    Only places that are new to the family are tried as inputs: lifting traces the program once more.
    """
    found = {}
    for name, program in programs.items():
        traced = family.programs[name].traced
        places, reason = compare(traced, program.traced)
        if reason is not None:
            return reason
        found[name] = [place for place in places if place not in family.places.get(name, ())]
        try:
            if found[name]:
                lift(traced, found[name])
        except CannotLiftError as error:
            return str(error)
    return found


def _describe(number: int, family: _Family) -> Group:
    """Places that hold the same value in every variant, as a number that Adam reads once a weight, are one number."""
    merged: dict[tuple, Number] = {}
    for name, places in family.places.items():
        for place in places:
            plain = numbers_at(family.programs[name].traced, [place])[0]
            values = {v: held.get((name, place), plain) for v, held in family.values.items()}
            key = tuple(np.asarray(value).tobytes() for value in values.values())
            if key in merged:
                merged[key].n_places += 1
                continue
            where = describe_place(family.programs[name].traced, place)
            shown = {v: value.item() if value.ndim == 0 else value for v, value in values.items()}
            merged[key] = Number(values=shown, where=where, n_places=1)
    return Group(number=number, variants=sorted(family.variants), lifted=list(merged.values()), reason=family.reason)

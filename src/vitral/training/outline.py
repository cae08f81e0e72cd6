"""A family of programs in plain values, so that families which were traced in other processes can be told apart.

A fingerprint stands for everything in a program but its numbers; these are listed beside it, in the order in which
`compare` meets them. Two families are one where their fingerprints are equal, and differ where their lists do. Nothing
is compiled by a fingerprint: it says what is reported, while each process compares the programs themselves.
"""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from vitral.runs import Group, Number
from vitral.training.compare import IGNORED, Place
from vitral.training.lifting import describe_place
from vitral.training.traced import Traced

OTHER_SIZES = "its arrays have other shapes, or its batches other sizes"
_LARGE = 4096  # bytes; a larger constant is listed by its digest


@dataclass(frozen=True, kw_only=True)
class Outline:
    """What was found of one family by who traced some of its variants.

    Attributes:
        fingerprint: equal for families that differ in numbers alone. sizes: of shapes and batches only.
        numbers: what the first of the variants holds. where: the operation that reads each.
        variants: all that belong to it; held: of those that were compiled, what they hold otherwise, by position.
        reason: why it was a family of its own there; None for the first.
    """

    fingerprint: str
    sizes: str
    numbers: list[np.ndarray]
    where: list[str]
    variants: list[int]
    held: dict[int, dict[int, np.ndarray]]
    reason: str | None


def outline(
    key: Any,
    programs: dict[str, Traced],
    metrics: ClosedJaxpr,
    variants: list[int],
    values: dict[int, dict[tuple[str, Place], Any]],
    reason: str | None,
) -> Outline:
    """The outline of a family.

    Args:
        key, programs, metrics, variants, values, reason: as `groups` notes them of a family.
    """
    walk = _Walk()
    walk.note(str(key))
    sizes = walk.digest.hexdigest()
    positions: dict[tuple[str, Place], int] = {}
    where = []
    for name, program in programs.items():
        walk.note(name)
        first = len(walk.numbers)
        walk.closed((), program.traced)
        places = walk.places[first:]
        positions |= {(name, place): first + i for i, place in enumerate(places)}
        where += [describe_place(program.traced, place) for place in places]
    n_numbers = len(walk.numbers)
    walk.closed((), metrics)
    for number in walk.numbers[n_numbers:]:  # families are one only where these are equal, too
        walk.note(number.tobytes().hex())
    return Outline(
        fingerprint=walk.digest.hexdigest(),
        sizes=sizes,
        numbers=walk.numbers[:n_numbers],
        where=where,
        variants=list(variants),
        held={v: {positions[at]: _short(value) for at, value in held.items()} for v, held in values.items()},
        reason=reason,
    )


def _short(value: Any) -> np.ndarray:
    array = np.asarray(value)
    if array.nbytes > _LARGE:
        return np.frombuffer(hashlib.sha256(array.tobytes()).digest(), np.uint8)
    return array


class _Walk:
    """One way through a program, as `compare` goes through two."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.places: list[Place] = []
        self.numbers: list[np.ndarray] = []

    def note(self, text: str) -> None:
        """A part of what is no number. What prints its address is equal to itself alone."""
        self.digest.update((text if " at 0x" not in text else uuid.uuid4().hex).encode() + b"\0")

    def _number(self, place: Place, value: Any) -> None:
        array = np.asarray(value)
        self.note(f"{array.shape} {array.dtype}")
        self.places.append(place)
        self.numbers.append(_short(array))

    def closed(self, path: Place, closed: ClosedJaxpr) -> None:
        self._jaxpr(path, closed.jaxpr)
        for i, constant in enumerate(closed.consts):
            if hasattr(constant, "dtype") and str(constant.dtype).startswith("key"):  # has no bytes
                self.note(uuid.uuid4().hex)
            else:
                self._number((*path, "const", i), constant)

    def _jaxpr(self, path: Place, jaxpr: Jaxpr) -> None:
        numbers: dict[Any, int] = {}

        def define(variables: Sequence[Any]) -> None:
            for variable in variables:
                numbers[variable] = len(numbers)
                self.note(f"{variable.aval.str_short()} {variable.aval.weak_type}")

        def read(path: Place, atoms: Sequence[Any]) -> None:
            for i, atom in enumerate(atoms):
                if isinstance(atom, Literal):
                    kind: Any = atom.aval
                    self.note(f"{kind.str_short()} {kind.weak_type}")
                    self._number((*path, i), np.asarray(atom.val, kind.dtype))
                else:
                    self.note(str(numbers[atom]))

        self.note(f"{len(jaxpr.constvars)} {len(jaxpr.invars)}")
        define([*jaxpr.constvars, *jaxpr.invars])
        for e, eqn in enumerate(jaxpr.eqns):
            self.note(eqn.primitive.name)
            read((*path, e, "in"), eqn.invars)
            for name, value in eqn.params.items():
                if name not in IGNORED:
                    self.note(name)
                    self._setting((*path, e, name), value)
            define(eqn.outvars)
        read((*path, "out"), jaxpr.outvars)

    def _setting(self, path: Place, value: Any) -> None:
        if isinstance(value, ClosedJaxpr):
            self.closed(path, value)
        elif isinstance(value, Jaxpr):
            self._jaxpr(path, value)
        elif isinstance(value, tuple | list) and not hasattr(value, "_fields"):
            self.note(f"{type(value).__name__} {len(value)}")
            for i, part in enumerate(value):
                self._setting((*path, i), part)
        elif isinstance(value, np.ndarray):
            self.note(f"{value.shape} {value.dtype} {value.tobytes().hex()}")
        else:
            self.note(repr(value))


# ---------------------------------------------------------------- one list of groups out of many


def merge(outlines: list[Outline], order: list[int]) -> list[Group]:
    """The groups as one process that had traced all variants would describe them.

    Args:
        outlines: of all families that somebody found; each variant is in one of them.
        order: all variants, as that process would have traced them.
    """
    at = {number: place for place, number in enumerate(order)}
    families: dict[str, list[Outline]] = {}
    for found in sorted(outlines, key=lambda o: min(at[v] for v in o.variants)):
        families.setdefault(found.fingerprint, []).append(found)
    found = list(families.values())
    reasons = [_reason(parts, [earlier[0] for earlier in found[:number]]) for number, parts in enumerate(found)]
    return [_describe(number, parts, at, reasons[number]) for number, parts in enumerate(found)]


def _reason(parts: list[Outline], earlier: list[Outline]) -> str | None:
    """Why a family is one of its own: as who traced it with another found, where somebody did."""
    if not earlier:
        return None
    if all(other.sizes != parts[0].sizes for other in earlier):
        return OTHER_SIZES
    return next((p.reason for p in parts if p.reason not in (None, OTHER_SIZES)), "its program has other operations")


def _describe(number: int, parts: list[Outline], at: dict[int, int], reason: str | None) -> Group:
    """One group; places that hold the same value in every variant are one number."""
    owner = {variant: part for part in parts for variant in part.variants}
    variants = sorted(owner, key=at.__getitem__)
    base = [value.tobytes() for value in parts[0].numbers]
    away = {id(part): [i for i, a in enumerate(part.numbers) if a.tobytes() != base[i]] for part in parts}
    varying: dict[int, None] = {}
    for variant in variants:
        part = owner[variant]
        own = part.held.get(variant, {})
        varying |= dict.fromkeys(i for i in sorted({*away[id(part)], *own}) if _at(part, own, i).tobytes() != base[i])
    compiled = sorted(variant for variant in variants if variant in owner[variant].held)
    merged: dict[tuple[bytes, ...], Number] = {}
    for i in varying:
        values = {v: _at(owner[v], owner[v].held[v], i) for v in compiled}
        key = tuple(value.tobytes() for value in values.values())
        if key in merged:
            merged[key].n_places += 1
        else:
            shown = {v: value.item() if value.ndim == 0 else value for v, value in values.items()}
            merged[key] = Number(values=shown, where=parts[0].where[i], n_places=1)
    return Group(number=number, variants=sorted(variants), lifted=list(merged.values()), reason=reason)


def _at(part: Outline, own: dict[int, np.ndarray], i: int) -> np.ndarray:
    return own.get(i, part.numbers[i])

"""Rows of arrays, taken inside a program: by their numbers, or one after another."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


def take(tree: Any, index: Any) -> Any:
    return jax.tree.map(lambda a: a.at[index].get(mode="promise_in_bounds"), tree)


# Rows of at least this many numbers are copied one by one: XLA's gather on the CPU moves number by number.
_WIDE = 64
_MOST_WRITTEN_OUT = 32


def _is_wide(array: Any) -> bool:
    return array.size // max(array.shape[0], 1) >= _WIDE


def make_room(tree: Any, n_rows: int) -> list[Any]:
    """A place for the batch of each wide array, carried through the loop so that it is not made anew every step."""
    return [jnp.zeros((n_rows, *a.shape[1:]), a.dtype) for a in jax.tree.leaves(tree) if _is_wide(a)]


def take_rows(tree: Any, index: Any, room: list[Any], *, by_many: bool = False) -> tuple[Any, list[Any]]:
    """The rows `index` (B,) of every array; those of wide arrays are copied into `room`.

    Under `jax.vmap`, say `by_many`: rows of what all share are then copied one by one, too.
    """
    leaves, structure = jax.tree.flatten(tree)
    wide = [a for a in leaves if _is_wide(a)]
    if wide:
        room = (_copy_rows_by_many if by_many else _copy_rows)(wide, index, room)
    places = iter(room)
    batch = [next(places) if _is_wide(a) else take(a, index) for a in leaves]
    return jax.tree.unflatten(structure, batch), room


def _copy_rows(wide: list[Any], index: Any, room: list[Any]) -> list[Any]:
    def copy_row(r: Any, room: list[Any]) -> list[Any]:
        row = lax.dynamic_slice(index, (r,), (1,), allow_negative_indices=False)[0]
        return [_copy_row(a, row, place, r) for a, place in zip(wide, room, strict=True)]

    # Written out where that is short: a loop within the loop costs more than its copies.
    n_rows = index.shape[0]
    return lax.fori_loop(0, n_rows, copy_row, room, unroll=True if n_rows <= _MOST_WRITTEN_OUT else 1)


@jax.custom_batching.custom_vmap
def _copy_rows_by_many(wide: list[Any], index: Any, room: list[Any]) -> list[Any]:
    return _copy_rows(wide, index, room)


@_copy_rows_by_many.def_vmap
def _(n_many: int, is_mapped: Any, wide: list[Any], index: Any, room: list[Any]) -> Any:
    are_own, is_planned, are_places = is_mapped
    if not is_planned:
        index = jnp.broadcast_to(index, (n_many, *index.shape))
    if any(are_own):
        axes = [0 if own else None for own in are_own]
        return jax.vmap(take, in_axes=(axes, 0))(wide, index), [True] * len(wide)
    places = [
        a if has_axis else jnp.broadcast_to(a, (n_many, *a.shape)) for a, has_axis in zip(room, are_places, strict=True)
    ]
    flat = _copy_rows(wide, index.reshape(-1), [a.reshape(-1, *a.shape[2:]) for a in places])
    return [a.reshape(place.shape) for a, place in zip(flat, places, strict=True)], [True] * len(wide)


def _copy_row(source: Any, row: Any, place: Any, r: Any) -> Any:
    first = (0,) * (source.ndim - 1)
    taken = lax.dynamic_slice(source, (row, *first), (1, *source.shape[1:]), allow_negative_indices=False)
    return lax.dynamic_update_slice(place, taken, (r, *first), allow_negative_indices=False)


def take_slice(tree: Any, start: Any, size: int) -> Any:
    return jax.tree.map(lambda a: lax.dynamic_slice_in_dim(a, start, size), tree)

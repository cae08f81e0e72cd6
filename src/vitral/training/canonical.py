"""Convolutions in one layout and max pooling's gradient as selections: exact inside a loop, and fast.

The gradient of a convolution's kernel is itself a convolution with batch and feature axes exchanged. At the top of a
program XLA's CPU compiler turns it into its fast layout (batch, space, feature); inside a loop it does not, and falls
back to a plain loop that is 4–6 times slower and rounds differently (jax issue 12868). The cure: every
`conv_general_dilated` is given transposed operands in that layout and its result is transposed back.

The gradient of max pooling (`select_and_scatter_add`) is slow everywhere on the CPU: it searches each window again and
scatters. Where windows do not overlap, each input gets at most one number and no sum is ordered anew, so that comparing
and selecting whole slices gives the same bits some thirty times faster.
"""

import itertools
import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax


def convolution(operands: list[Any], params: dict[str, Any]) -> Any:
    """One convolution, its operands brought to (batch, space…, feature) and (space…, in, out), its result back."""
    lhs, rhs = operands
    spec = params["dimension_numbers"]
    # A spec lists (batch, feature, space…) for lhs and out, (out, in, space…) for the kernel.
    lhs = lax.transpose(lhs, (spec.lhs_spec[0], *spec.lhs_spec[2:], spec.lhs_spec[1]))
    rhs = lax.transpose(rhs, (*spec.rhs_spec[2:], spec.rhs_spec[1], spec.rhs_spec[0]))
    groups = params["batch_group_count"]
    if groups > 1 and not (lhs.shape[0] == rhs.shape[-1] == groups):
        out = _batch_grouped(lhs, rhs, params, groups)
    else:
        numbers = _canonical_numbers(lhs.ndim)
        out = lax.conv_general_dilated_p.bind(lhs, rhs, **{**params, "dimension_numbers": numbers})
    back = [0] * out.ndim
    for axis, source in zip(spec.out_spec, _canonical_numbers(out.ndim).out_spec, strict=True):
        back[axis] = source
    return lax.transpose(out, tuple(back))


def _canonical_numbers(n_axes: int) -> lax.ConvDimensionNumbers:
    last = n_axes - 1
    batch_feature_space = (0, last, *range(1, last))
    return lax.ConvDimensionNumbers(batch_feature_space, (last, last - 1, *range(last - 1)), batch_feature_space)


def _batch_grouped(lhs: Any, rhs: Any, params: dict[str, Any], groups: int) -> Any:
    """The kernel gradient of a grouped convolution: batch group g of `lhs` meets output group g of `rhs`.

    XLA turns it into a plain convolution with one more space axis, the group, which stride and dilation keep apart;
    outside loops it does so before it chooses layouts, inside after. Written out here, it is exact in both.
    """
    n_space = lhs.ndim - 2
    lhs = lhs.reshape(groups, lhs.shape[0] // groups, *lhs.shape[1:])
    lhs = lax.transpose(lhs, (1, *range(2, 2 + n_space), 0, 2 + n_space))  # (batch, space…, group, feature)
    rhs = rhs.reshape(*rhs.shape[:-1], groups, rhs.shape[-1] // groups)
    rhs = lax.transpose(rhs, (*range(n_space), n_space + 1, n_space, n_space + 2))  # (space…, group, in, out)
    changed = {
        "dimension_numbers": _canonical_numbers(lhs.ndim),
        "batch_group_count": 1,
        "window_strides": (*params["window_strides"], groups - 1),
        "padding": (*params["padding"], (0, 0)),
        "lhs_dilation": (*params["lhs_dilation"], groups),
        "rhs_dilation": (*params["rhs_dilation"], 1),
    }
    out = lax.conv_general_dilated_p.bind(lhs, rhs, **{**params, **changed})
    return out.reshape(*out.shape[:-2], out.shape[-2] * out.shape[-1])


def is_tiling(params: dict[str, Any]) -> bool:
    """Whether pooling windows lie side by side, none overlapping, none reaching outside."""
    return (
        params["window_dimensions"] == params["window_strides"]
        and params["select_prim"] is lax.ge_p
        and not any(before or after for before, after in params["padding"])
    )


def pooling_gradient(eqn: Any, source: Any, operand: Any) -> Any:
    """The gradient of max pooling by selections, in a branch of its own.

    A branch is a border that no fusion crosses, as the original operation is; what is summed after it keeps its order.
    The other branch is the original, so that the condition, which only has to be unknown to the compiler, is free.
    """
    return lax.cond(
        jnp.ravel(source)[0] > 1e30,
        lambda source, operand: eqn.primitive.bind(source, operand, **eqn.params),
        lambda source, operand: _spread_to_maxima(source, operand, eqn.params["window_dimensions"]),
        source,
        operand,
    )


def _spread_to_maxima(source: Any, operand: Any, window: tuple[int, ...]) -> Any:
    """Give each number of `source` to the first largest place of its window in `operand`; zero elsewhere."""
    places = list(itertools.product(*(range(w) for w in window)))
    best, at = None, jnp.zeros(source.shape, "int32")  # which place of its window holds the maximum so far
    for number, place in enumerate(places):
        ends = [p + (n - 1) * w + 1 for p, n, w in zip(place, source.shape, window, strict=True)]
        values = lax.slice(operand, place, ends, window)
        keep = True if best is None else best >= values
        best = values if best is None else jnp.where(keep, best, values)
        at = jnp.where(keep, at, number)
    # Every axis n becomes (n, w): a window's number, and a place in it.
    apart = [size for n in source.shape for size in (n, 1)]
    numbers = np.arange(math.prod(window), dtype="int32").reshape([size for w in window for size in (1, w)])
    given = source.reshape(apart)
    # A zero, negative zero too, is added to zero in the original, which leaves plus zero.
    hit = (at.reshape(apart) == numbers) & (given != 0)
    spread = jnp.where(hit, given, jnp.zeros((), source.dtype))
    spread = spread.reshape([n * w for n, w in zip(source.shape, window, strict=True)])
    return jnp.pad(spread, [(0, m - n) for m, n in zip(operand.shape, spread.shape, strict=True)])

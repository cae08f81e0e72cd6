"""The weights of several trainings side by side, on one axis: what each penalty has done to them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vitral._checks import check_choice, check_number
from vitral._errors import ArgumentError
from vitral.probes import bins
from vitral.probes.recording import Series, used_bins
from vitral.runs import Sweep
from vitral.views import style
from vitral.views.histograms import AXES, Axis, axis_for
from vitral.views.kernels import is_run, kernels_of, same_kernels
from vitral.views.ridges import axis_label, label_x, tell_nonfinite, ticks_of
from vitral.views.variant_values import one_of_each

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST = 12
_N_BINS = 81  # odd, so that one is about zero
_UNEVEN = 4  # times the highest bin of the flattest panel: what stands higher asks for logarithmic counts


def weight_histograms(
    models: Any,
    layer: str | None = None,
    *,
    near: float = 1e-3,
    log: bool | None = None,
    axis: str = "linear",
    over: str | None = None,
    at: Mapping[str, Any] | None = None,
) -> "Figure":
    """Histograms of the weights of several models, side by side on one axis: without and with each penalty.

    Each tells which share of its weights is near zero. The first one's outline is dashed in all others.

    Args:
        models: Runs, Keras models or arrays of weights, as a dict by name or as a list, 12 at most; or a Sweep, of
            which 12 variants at most are evenly chosen.
        layer: whose kernel is looked at ("dense", "encoder/dense"), of a sweep by its name in its first variant;
            None takes the first of each model.
        near: weights from −near to near are near zero.
        log: whether counts are on a logarithmic scale; None takes one where the counts of some are hard to see
            otherwise.
        axis: of the weights: "linear", with 81 bins; "signed", logarithmic from zero outwards to both sides, or
            "magnitude", logarithmic, with two bins for each power of two, as `ridge` has them; what is smaller than a
            tenth of near is at "≈0" there.
        over, at: of a sweep, as `weight_path` takes them.

    Raises:
        ArgumentError, UnknownNameError: no model, or more than 12, or two of one name; what is none; one without such a
            layer; an unknown axis; layer of arrays alone, over or at of anything but a sweep.

    Example:
        >>> import numpy as np, vitral
        >>> rng = np.random.default_rng(0)
        >>> figure = vitral.views.weight_histograms({"no penalty": rng.normal(0, 1, 500), "L1": np.zeros(500)})
        >>> [panel.get_title("left") for panel in figure.axes]
        ['no penalty\\n0 % within ±0.001', 'L1\\n100 % within ±0.001']
    """
    near = check_number("near", near, minimum=0)
    check_choice("axis", axis, AXES)
    if log is not None and not isinstance(log, bool):
        raise ArgumentError(f"log must be None, True or False: got {log!r}. Leave it out for the default.")
    arrays, told = _arrays(models, layer, over, at)
    edges, counts, found = _counted(list(arrays.values()), axis, near)
    highest = counts.max(axis=1)
    is_log = bool(highest.max() > _UNEVEN * highest.min()) if log is None else log
    n_columns = min(3 if len(arrays) != 4 else 2, len(arrays))
    n_rows = -(-len(arrays) // n_columns)
    figure, panels = style.new_figure(
        n_rows, n_columns, (0.8 + 2.9 * n_columns, 0.8 + 2.4 * n_rows), share_x=True, share_y=True
    )
    from matplotlib.ticker import MaxNLocator

    for i, (panel, (name, array)) in enumerate(zip(panels, arrays.items(), strict=False)):
        base = 0.5 if is_log else 0  # on a logarithmic scale a bin that holds one weight has a height, too
        heights = np.maximum(counts[i], base)
        panel.stairs(heights, edges, baseline=base, fill=True, color=style.TRAIN, alpha=0.55, linewidth=0)
        panel.stairs(heights, edges, baseline=base, color=style.TRAIN, linewidth=1.2)
        if i:
            outline = {"color": style.VALIDATION, "linewidth": 1.2, "linestyle": style.DASHED}
            outline["label"] = style.label_for(next(iter(arrays)))
            panel.stairs(np.maximum(counts[0], base), edges, baseline=base, **outline)
        finite = array[np.isfinite(array)]
        share = (np.abs(finite) <= near).mean() if finite.size else 0.0
        style.set_title(panel, f"{style.shorten(name, 30)}\n{style.percent(100 * share)} % within ±{near:g}", 10)
        if is_log:
            panel.set_yscale("log")
            panel.set_ylim(base, 1.5 * highest.max())
            style.log_ticks(panel.yaxis, 1, 1.5 * highest.max())
        else:
            panel.set_ylim(0, 1.05 * max(1, highest.max()))
            panel.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        panel.grid(axis="y", color=style.NEUTRAL, alpha=0.2)
        tell_nonfinite(panel, array.size - finite.size, 0.05, across=panel.transAxes)
        if i % n_columns == 0:
            panel.set_ylabel("weights, logarithmic" if is_log else "weights", fontsize=9)
    ticks = None if found is None else ticks_of(found)
    label_x(panels, len(arrays), n_columns, edges, ticks, axis_label(axis, "weights"))
    if len(arrays) > 1:
        handles = panels[1].get_legend_handles_labels()[0]
        figure.legend(handles=handles, loc="outside upper right", frameon=False, labelcolor=style.NEUTRAL, fontsize=9)
    for panel in panels[len(arrays) :]:
        panel.remove()
    figure.suptitle(style.plain(told), color=style.NEUTRAL, fontsize=11, x=0.01, ha="left")
    return figure


# ---------------------------------------------------------------- parts


def _arrays(
    models: Any, layer: str | None, over: str | None, at: Mapping[str, Any] | None
) -> tuple[dict[str, np.ndarray], str]:
    """The weights of each by its name, flat, and what they are."""
    if isinstance(models, Sweep):
        over, values, held = one_of_each(models, over, at)
        shown = [values[i] for i in style.evenly(len(values), _MOST)]
        layer, kernels = same_kernels(models, [v.variants[0] for v in shown], layer)
        labels = [f"{over} {v.label}" for v in shown]
        told = f"Weights of {layer}{f', {held}' if held else ''}"
        return {label: kernel.ravel() for label, kernel in zip(labels, kernels, strict=True)}, told
    for argument, given in (("over", over), ("at", at)):
        if given is not None:
            raise ArgumentError(f"{argument} must be left out without a sweep: got {given!r}.")
    if isinstance(models, Mapping):
        named: dict[str, Any] = {str(name): model for name, model in models.items()}
        if len(named) < len(models):
            raise ArgumentError(f"models must have names of their own: got {list(models)}. Two would read alike.")
    elif isinstance(models, Sequence) and not isinstance(models, str):
        named = {f"model {i}": model for i, model in enumerate(models)}
    else:
        named = {"": models}
    if not 1 <= len(named) <= _MOST:
        raise ArgumentError(f"models must be 1 to {_MOST}: got {len(named)}. Choose those to be compared.")
    arrays, layers = {}, set()
    for i, (name, model) in enumerate(named.items()):
        argument = f"models[{name!r}]" if isinstance(models, Mapping) else f"models[{i}]" if name else "models"
        if is_run(model) or hasattr(model, "layers"):
            kernels = kernels_of(model, argument)
            chosen = check_choice("layer", layer, kernels) if layer is not None else next(iter(kernels))
            layers.add(chosen)
            arrays[name] = np.asarray(kernels[chosen], np.float64).ravel()
        else:
            arrays[name] = _numbers(argument, model)
    if layer is not None and not layers:
        raise ArgumentError(f"layer must be left out with arrays, which have none: got {layer!r}.")
    of = f" of {layers.pop()}" if len(layers) == 1 else " of the first layers" if layers else ""
    return arrays, f"Weights{of}"


def _numbers(argument: str, given: Any) -> np.ndarray:
    """(W,) weights; a number alone is no array of them, and None is not NaN."""
    try:
        array = np.asarray(given)
        array = np.empty(0) if array.dtype == object else array.astype(np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if not array.ndim or not array.size:
        raise ArgumentError(
            f"{argument} must be a Run, a Keras model or an array of weights: got {type(given).__name__}. "
            "Numbers of one model are given as one array."
        )
    return array.ravel()


def _counted(arrays: list[np.ndarray], kind: str, near: float) -> tuple[np.ndarray, np.ndarray, Axis | None]:
    """Edges (W + 1,) that all have in common, counts (len(arrays), W) and, of a logarithmic axis, the axis."""
    if kind != "linear":
        # A penalty brings some down to 1e-30: decades in which there is nothing to see.
        series = [_series(np.where(np.abs(array) < near / 10, 0, array)) for array in arrays]
        found = axis_for(series, kind)
        return found.edges, np.concatenate([found.counts(one) for one in series]), found
    kept = [array[np.isfinite(array)] for array in arrays]
    largest = max((np.abs(array).max(initial=0) for array in kept), default=0) or 1.0
    edges = largest * np.linspace(-1, 1, _N_BINS + 1)
    if min(array.min(initial=0) for array in kept) >= 0:
        edges = edges[_N_BINS // 2 :]
    return edges, np.array([np.histogram(array, edges)[0] for array in kept]), None


def _series(array: np.ndarray) -> Series:
    """An array as a probe would have measured it once."""
    counts, _ = bins.fold(bins.count(array.astype(np.float32)[None], np)[None])
    start, n_bins = used_bins(counts)
    counts = counts[:, start : start + n_bins]
    size, at = array.size, np.array([0])
    return Series(probe="weights", layer="", unit="epochs", size=size, at=at, values={}, first_bin=start, counts=counts)

"""Learning curves: of one run, or of several side by side."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vitral._errors import ArgumentError
from vitral.views import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_RUNS = 12


def learning_curves(runs: Any) -> "Figure":
    """Every metric over the epochs, training and validation in one panel.

    Several runs share the panels: each has a colour and a marker, its validation curve is dashed.

    Args:
        runs: a Run, Keras's History, or a dict of lists as either holds; or several of them, as a list or as a dict by
            name; 12 at most.

    Raises:
        ArgumentError: no run, more than 12, or one without a single metric.

    Example:
        >>> from vitral.views import learning_curves
        >>> figure = learning_curves({"wide": {"loss": [3.0, 1.0]}, "deep": {"loss": [3.0, 2.0]}})
        >>> [line.get_label() for line in figure.axes[0].lines]
        ['wide', 'deep']
    """
    named = _named(runs)
    histories = {name: _history(run) for name, run in named.items()}
    found = dict.fromkeys(metric for history in histories.values() for metric in history)
    metrics = [name for name in found if not name.startswith("val_") or name[4:] not in found]
    if not metrics:
        raise ArgumentError("runs must have a history: got one without a single metric. Train for an epoch first.")
    n_columns = min(2, len(metrics))
    n_rows = -(-len(metrics) // n_columns)
    from matplotlib.ticker import MaxNLocator

    figure, panels = style.new_figure(n_rows, n_columns, (4.6 * n_columns, 3.0 * n_rows))
    for panel, metric in zip(panels, metrics, strict=False):
        for place, (label, history) in enumerate(histories.items()):
            for name in (metric, f"val_{metric}"):
                if name in history:
                    look = _look(name, place, label, len(named))
                    panel.plot(_epochs(named[label], name, history), history[name], linewidth=2, **look)
        style.set_title(panel, metric.replace("_", " "))
        panel.set_xlabel("epoch")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.grid(axis="y", color=style.NEUTRAL, alpha=0.2)
        style.legend(panel)
    for panel in panels[len(metrics) :]:
        panel.remove()
    return figure


def _named(runs: Any) -> dict[str, Any]:
    """Runs by their names; one alone has the name ""."""
    if isinstance(runs, Mapping) and any(isinstance(v, Mapping) or hasattr(v, "history") for v in runs.values()):
        named = {str(name): run for name, run in runs.items()}
    elif isinstance(runs, Sequence) and not isinstance(runs, str):
        named = {f"run {i}": run for i, run in enumerate(runs)} if len(runs) != 1 else {"": runs[0]}
    else:
        named = {"": runs}
    if not 1 <= len(named) <= _MOST_RUNS:
        raise ArgumentError(
            f"runs must be 1 to {_MOST_RUNS}: got {len(named)}. Many variants are drawn by vitral.views.sweep_curves."
        )
    return named


def _history(run: Any) -> dict[str, Any]:
    history = getattr(run, "history", run)
    if not isinstance(history, Mapping):
        raise ArgumentError(
            f"runs must be a Run, Keras's History or a dict of lists, or several of them: got {type(run).__name__}."
        )
    return dict(history)


def _epochs(run: Any, metric: str, history: dict[str, Any]) -> Any:
    return run.epochs_of(metric) if hasattr(run, "epochs_of") else range(1, len(history[metric]) + 1)


def _look(metric: str, place: int, label: str, n_runs: int) -> dict[str, Any]:
    held_out = metric.startswith("val_")
    if n_runs == 1:
        return {"label": "validation" if held_out else "training", **style.series_style(metric)}
    return {
        "label": style.label_for(f"{label}, validation" if held_out else label),
        "color": style.SERIES[place % len(style.SERIES)],
        "linestyle": style.DASHED if held_out else "solid",
        "marker": style.MARKERS[place],
        "markevery": 0.12,
        "markersize": 5,
    }

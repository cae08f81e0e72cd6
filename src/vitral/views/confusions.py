"""Confusion matrices: counts, shares, and what one model does otherwise than another. Letter: K classes."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vitral._errors import ShapeError
from vitral.measures import confusion_difference, normalize_confusion
from vitral.measures.classes import check_counts
from vitral.views import style
from vitral.views.variant_values import texts_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_OF = {"rows": "each true class", "columns": "each predicted class", "all": "all samples"}
_MOST_NUMBERS = 26  # classes whose cells are large enough for a number
_CELL, _NARROW = 0.46, 0.22  # inches, with a number and without
_PER_INCH = 13  # characters of a tick's label
_LEAST = 0.05  # per cent: less is not told in figures


def confusion(
    matrix: Any,
    classes: Sequence[str] | None = None,
    *,
    by: str | None = None,
    against: Any = None,
    title: str | None = None,
) -> "Figure":
    """A confusion matrix: a row for each true class, a column for each predicted one.

    Right answers are blue, mistakes orange. Shades are shares of the row, so that rare classes are as readable as
    frequent ones; the numbers are counts or, with `by`, per cent. An empty cell is a 0.

    With `against`, the difference between two models, in percentage points: blue and "+" where `matrix` puts more,
    orange and "−" where it puts less, white where both put as much. On the diagonal more is better, elsewhere worse.

    Args:
        matrix: (K, K) counts.
        classes: K names; None takes the numbers.
        by: what 100 % is: "rows", a true class (the diagonal is the recall); "columns", a predicted one (the
            precision); "all", all samples. None writes counts; of a difference it is "rows".
        against: (K, K) counts of the model that `matrix` is compared with; None draws `matrix` alone.
        title: a line above.

    Raises:
        ShapeError, DataError, UnknownNameError: no square matrix; no counts; names, or a second matrix, of other
            classes; another `by`.

    Example:
        >>> from vitral.views import confusion
        >>> figure = confusion([[8, 2], [1, 9]], classes=["cat", "dog"])
        >>> figure.axes[0].get_ylabel(), [text.get_text() for text in figure.axes[0].texts]
        ('true', ['8', '2', '1', '9'])
        >>> [text.get_text() for text in confusion([[8, 2], [1, 9]], by="rows").axes[0].texts]
        ['80', '20', '10', '90']
        >>> [text.get_text() for text in confusion([[8, 2], [1, 9]], against=[[6, 4], [1, 9]]).axes[0].texts]
        ['+20', '−20', '0', '0']
    """
    matrix = check_counts("matrix", matrix)
    if not matrix.size:
        raise ShapeError("matrix must have a class at least: got shape (0, 0). Make it with confusion_matrix.")
    names = [str(k) for k in range(len(matrix))] if classes is None else texts_of("classes", classes)
    if len(names) != len(matrix):
        raise ShapeError(
            f"classes must have one name per class: got {len(names)} names for {len(matrix)} classes. "
            "Give those of the data, in their order."
        )
    if against is not None:
        other = check_counts("against", against)
        if other.shape != matrix.shape:
            raise ShapeError(
                f"against must be of the same shape as matrix, {matrix.shape}: got {other.shape}. Count both alike."
            )
        return _difference(matrix, other, names, by or "rows", title)
    shares = normalize_confusion(matrix, by or "rows")
    told = _each(_count, matrix) if by is None else _each(style.percent, 100 * shares)
    figure, panel = _table(names, [title or "", f"% of {_OF[by]}" if by else ""])
    # The square root shows the rare mistake, too.
    signed = np.sqrt(np.nan_to_num(shares)) * np.where(np.eye(len(matrix), dtype=bool), 1, -1)
    _fill(panel, np.ma.masked_where(matrix == 0, signed), told)
    return figure


def _difference(matrix: np.ndarray, other: np.ndarray, names: list[str], by: str, title: str | None) -> "Figure":
    points = 100 * confusion_difference(other, matrix, by)
    is_unknown = np.isnan(points)
    figure, panel = _table(names, [title or "", f"percentage points of {_OF[by]}"])
    told = _each(_points, points)
    told[(matrix == 0) & (other == 0)] = ""
    drawn = _fill(panel, np.ma.masked_where(is_unknown, points), told)
    style.hatch(figure, [panel], {"no sample": is_unknown})
    if len(names) > _MOST_NUMBERS:
        style.colorbar(figure, drawn, panel, "percentage points", shrink=0.9)
    return figure


# ---------------------------------------------------------------- parts


def _table(names: list[str], lines: list[str]) -> "tuple[Figure, Axes]":
    """An empty table of the classes, large enough for its numbers and names; `lines` stand above it."""
    cell, longest = _CELL if len(names) <= _MOST_NUMBERS else _NARROW, max(map(len, names))
    is_turned = longest > 3
    side, lines = max(1.6, cell * len(names)), [line for line in lines if line]
    width = max(0.9 + side + longest / _PER_INCH, 0.8 + max((len(line) for line in lines), default=0) / _PER_INCH)
    height = 0.7 + side + 0.2 * len(lines) + (longest / _PER_INCH if is_turned else 0)
    figure, (panel,) = style.new_figure(1, 1, (width, height))
    panel.set_anchor("W")
    ticks = [style.plain(name) for name in names]
    panel.set_xticks(range(len(names)), ticks, rotation=90 if is_turned else 0)
    panel.set_yticks(range(len(names)), ticks)
    panel.set_xlabel("predicted")
    panel.set_ylabel("true")
    panel.spines[:].set_visible(False)
    between = np.arange(len(names) + 1) - 0.5
    look = {"color": style.NEUTRAL, "linewidth": 0.5, "alpha": 0.35, "zorder": 0.5}
    panel.hlines(between, between[0], between[-1], **look)
    panel.vlines(between, between[0], between[-1], **look)
    style.set_title(panel, "\n".join(lines), 10)
    return figure, panel


def _fill(panel: "Axes", values: np.ma.MaskedArray, told: np.ndarray) -> Any:
    """Cells in orange below 0, white at it and blue above, as far as the largest; nothing where there is no value."""
    from matplotlib.colors import Normalize

    largest = float(np.abs(values.compressed()).max(initial=0)) or 1.0
    norm, colors = Normalize(-largest, largest), style.diverging()
    drawn = panel.imshow(values, norm=norm, cmap=colors, interpolation="nearest")
    if len(values) <= _MOST_NUMBERS:
        for (i, j), value in np.ndenumerate(values.filled(np.nan)):
            if np.isfinite(value) and told[i, j]:
                ink = style.ink_on(colors(norm(value)))
                panel.text(j, i, str(told[i, j]), ha="center", va="center", fontsize=8.5, color=ink)
    return drawn


def _each(tell: Callable[[float], str], numbers: np.ndarray) -> np.ndarray:
    """(K, K) texts of numbers; "" for those that are none."""
    return np.array([["" if np.isnan(n) else tell(n) for n in row] for row in numbers.tolist()], object)


def _count(count: float) -> str:
    return f"{count:.0f}" if count.is_integer() else style.number(count)


def _points(points: float) -> str:
    if abs(points) < _LEAST:
        return "0"
    return f"{'+' if points > 0 else '−'}{style.percent(abs(points))}"

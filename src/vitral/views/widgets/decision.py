"""`DecisionBoundary`: points that a reader adds, moves and removes, over what a model says of every place."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from vitral._errors import ArgumentError, ShapeError
from vitral.training.worker import Task
from vitral.views.widgets.checks import Limits, check_grid, check_limits, check_numbers, places_of, shown
from vitral.views.widgets.controls import Hidden
from vitral.views.widgets.drawings import Boundary, Drawing
from vitral.views.widgets.panel import Panel

Predict = Callable[[np.ndarray], Any]

_MOST_POINTS = 1000
_MOST_CLASSES = 100


class DecisionBoundary(Panel):
    """A classifier in the plane, beside points that can be changed by hand.

    A click adds a point of the chosen class, a click on a point removes it, dragging moves it. `points` and `labels`
    are always those on the screen; what the model says is computed again in the background after each change.

    Args:
        points: (N, 2) to begin with.
        labels: (N,) class numbers from 0.
        predict: a function of (M, 2) places, or a model that has one. It answers with class numbers, (M,); with the
            share of class 1 from 0 to 1, (M,) or (M, 1); or with a share for each of K classes, (M, K).
        fit: instead of `predict`, called as `fit(points, labels)` after each change; returns a `predict`. It runs in
            the background worker: one that trains with Keras does so within `vitral.training.keras_turn()`.
        limits: x from, x to, y from, y to; around the points when left out.
        classes: their names; "0", "1", … when left out.
        grid: G, places a side at which the model is asked.

    Raises:
        ArgumentError: what is no function, both `predict` and `fit`, labels that are no class numbers or that `classes`
            does not name, values that are not finite, limits that span nothing, a grid that is none.
        ShapeError: points that are not (N, 2), labels that are not (N,).

    >>> widget = DecisionBoundary([[0, 0], [1, 1]], [0, 1], predict=lambda places: places[:, 0] > 0.5)
    >>> widget.wait().labels
    array([0, 1])
    """

    def __init__(
        self,
        points: Any = (),
        labels: Any = (),
        *,
        predict: Predict | None = None,
        fit: Callable[[np.ndarray, np.ndarray], Predict] | None = None,
        limits: Limits | None = None,
        classes: Sequence[str] | None = None,
        language: str = "en",
        label: str = "",
        alt: str = "",
        grid: int = 40,
    ):
        if predict is not None and fit is not None:
            raise ArgumentError("predict must be left out where fit is given: got both. Give one of them.")
        if predict is not None:
            predict = _as_function("predict", predict)
        if fit is not None and not callable(fit):
            raise ArgumentError(
                f"fit must be a function of (points, labels): got {shown(fit)}. Write fit=model.fit, or "
                "lambda x, y: model.fit(x, y).predict."
            )
        points, labels = _read(points, labels)
        names = _names(classes, labels)
        limits = _around(points) if limits is None else check_limits(limits)
        self._n_classes = len(names)
        grid = check_grid(grid)
        places, shape = places_of(limits, grid), (grid, grid)

        def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
            now, classes_now = _split(values["points"], len(names))
            said = _as_function("fit", fit(now, classes_now)) if fit is not None else predict
            task.check()
            told: dict[str, Any] = {}
            if said is not None:
                answers = _asked(said, places, names)
                if not np.isfinite(answers).any():
                    raise ArgumentError(
                        "predict must return numbers: got NaN or infinity everywhere. Look at the model's weights."
                    )
                task.check()
                told["regions" if len(names) > 2 else "grid"] = answers.reshape(shape)
                if len(now):
                    at_points = _asked(said, now, names)
                    sides = at_points if len(names) > 2 else at_points > 0.5
                    told["wrong"] = np.isfinite(at_points) & (
                        sides != classes_now
                    )  # without an answer there is no side
            return [
                Boundary(
                    points=now,
                    labels=classes_now,
                    limits=limits,
                    classes=names,
                    edits="points",
                    alt=alt or label,
                    **told,
                )
            ]

        listed = [[*map(float, point), int(k)] for point, k in zip(points, labels, strict=True)]
        super().__init__(
            compute,
            controls=[Hidden(name="points", value=listed, most=4 * _MOST_POINTS + 1)],
            language=language,
            label=label,
        )

    @property
    def points(self) -> np.ndarray:
        """The points on the screen, (N, 2)."""
        return _split(self.values["points"], self._n_classes)[0]

    @property
    def labels(self) -> np.ndarray:
        """Their class numbers, (N,)."""
        return _split(self.values["points"], self._n_classes)[1]


def _as_function(argument: str, given: Any) -> Predict:
    """`given` where it can be called, as Keras's models can, or its `predict`."""
    if callable(given) and not isinstance(given, type):
        return given
    if callable(method := getattr(given, "predict", None)) and not isinstance(given, type):
        return method
    rule = "return a function of places" if argument == "fit" else "be a function of places"
    raise ArgumentError(f"{argument} must {rule}, or a model that has one: got {shown(given)}. Give model.predict.")


def _read(points: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    if callable(points) or hasattr(points, "predict"):
        raise ArgumentError(
            f"points must be numbers, (N, 2): got {shown(points)}. Write DecisionBoundary(points, labels, "
            "predict=model.predict)."
        )
    points = check_numbers("points", points, "Give two columns.")
    points = points.reshape(0, 2) if points.size == 0 else points
    if points.ndim != 2 or points.shape[1] != 2:
        raise ShapeError(f"points must have shape (N, 2): got {points.shape}. Give two columns.")
    if len(points) > _MOST_POINTS:
        raise ArgumentError(f"points must be at most {_MOST_POINTS}: got {len(points)}. Draw some of them by chance.")
    if not np.isfinite(points).all():
        raise ArgumentError("points must be finite: got NaN or infinity. Remove those rows.")
    return points, _class_numbers(labels, len(points))


def _class_numbers(labels: Any, n_points: int) -> np.ndarray:
    rule = "labels must be class numbers from 0"
    try:
        labels = np.asarray(labels)
    except ValueError:
        raise ShapeError(
            f"labels must have rows of one length: got {shown(labels)}. Give one number for each point."
        ) from None
    if labels.size and labels.dtype.kind not in "biuf":
        raise ArgumentError(
            f"{rule}: got {shown(labels.ravel().tolist()[0])}. Write classes, labels = np.unique(labels, "
            "return_inverse=True)."
        )
    labels = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.shape != (n_points,):
        raise ShapeError(
            f"labels must have one number for each of {n_points} points: got shape {labels.shape}. "
            "Give one column, as long as points."
        )
    if not np.isfinite(labels).all() or (labels != np.floor(labels)).any() or (labels < 0).any():
        raise ArgumentError(f"{rule}: got {np.unique(labels)[:5]}. Count classes from 0.")
    if labels.max(initial=0) >= _MOST_CLASSES:
        raise ArgumentError(f"{rule} to {_MOST_CLASSES - 1}: got {labels.max():g}. Count classes from 0.")
    return labels.astype(int)


def _names(classes: Any, labels: np.ndarray) -> tuple[str, ...]:
    """The classes' names, at least two."""
    n_classes = max(2, int(labels.max(initial=0)) + 1)
    if classes is None or (not isinstance(classes, str) and np.size(classes) == 0):
        return tuple(map(str, range(n_classes)))
    if isinstance(classes, str) or np.ndim(classes) != 1:
        raise ArgumentError(f'classes must be a list of names: got {shown(classes)}. Write ("cat", "dog").')
    names = tuple(map(str, classes))
    if len(names) < n_classes:
        found = f"labels up to {labels.max()}" if len(labels) else "no labels"
        raise ArgumentError(
            f"classes must name every class of labels, two at least: got {len(names)} names, {found}. Name the rest."
        )
    return names


def _split(listed: Any, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Points and class numbers of a list of [x, y, class]. It comes from a browser: what is no such row is left out."""
    rows = [row for row in listed if isinstance(row, list) and len(row) == 3 and all(map(_is_number, row))]
    table = np.array(rows, dtype=float).reshape(-1, 3)
    return table[:, :2], table[:, 2].clip(0, n_classes - 1).astype(int)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _around(points: np.ndarray) -> Limits:
    if len(points) == 0:
        return (-1.0, 1.0, -1.0, 1.0)
    middle, span = (points.max(0) + points.min(0)) / 2, np.ptp(points, axis=0).max() or 1.0
    (x, y), half = middle, 0.6 * span
    return (float(x - half), float(x + half), float(y - half), float(y + half))


def _asked(predict: Predict, places: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """What the model says of each place, (M,): the share of class 1 for two classes, class numbers for more.

    Where it says nothing, as a softmax that has diverged, stands NaN.
    """
    n_classes, answers = len(names), np.asarray(predict(places))
    if answers.dtype.kind in "US" and set(found := answers.ravel().astype(str).tolist()) <= set(names):
        answers = np.array([names.index(name) for name in found]).reshape(answers.shape)
    answers = check_numbers("predict", answers, "Let it answer with class numbers, or name its words in classes.")
    if answers.shape == (len(places), n_classes):  # a share for each class, or a score
        is_known = np.isfinite(answers).all(axis=1)  # the largest of NaN would be class 0
        rows, answers = answers[is_known], np.full(len(places), np.nan)
        is_share = n_classes == 2 and np.allclose(rows.sum(axis=1), 1.0, atol=1e-3) and (rows >= 0).all()
        answers[is_known] = rows[:, 1] if is_share else rows.argmax(axis=1)
    answers = answers[:, 0] if answers.shape == (len(places), 1) else answers
    if answers.shape != (len(places),):
        raise ShapeError(
            f"predict must return one number for each place, shape ({len(places)},), or one for each of {n_classes} "
            f"classes: got {answers.shape}. Take one column, or argmax."
        )
    known = answers[np.isfinite(answers)]
    is_within = (known >= -1e-6) & (known <= n_classes - 1 + 1e-6)
    if n_classes > 2 and (not is_within.all() or (known != np.floor(known)).any()):
        raise ArgumentError(
            f"predict must return class numbers from 0 to {n_classes - 1}: got {known.min():g} to {known.max():g}. "
            "Take argmax over the classes."
        )
    if not is_within.all():
        raise ArgumentError(
            f"predict must return shares of class 1 from 0 to 1, or class numbers: got {known.min():g} to "
            f"{known.max():g}. Let a sigmoid follow, or write > 0."
        )
    return answers

"""`LossSurface`: a loss over two parameters, with the ways that optimizers take down it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from vitral._errors import ArgumentError, ShapeError
from vitral.training.worker import Task
from vitral.views.widgets.checks import Limits, check_grid, check_limits, check_numbers, places_of, shown
from vitral.views.widgets.controls import Hidden
from vitral.views.widgets.drawings import Drawing, Path, Surface
from vitral.views.widgets.panel import Panel

Paths = Mapping[str, Any]

_ROLES = ("a", "b", "c", "d")


class LossSurface(Panel):
    """Level lines of a loss, and paths over them, step by step.

    Args:
        loss: `loss(x, y)` of two arrays (G, G), or its values, (G, G) with the lowest y first.
        limits: x from, x to, y from, y to.
        paths: name -> (S, 2) places, or the places of one path; or a function of the place to start from, (2,), that
            returns such paths: it is called again in the background when a reader clicks on another place.
        start: where the paths begin at first, where `paths` is a function.
        log: levels and shade by the logarithm, for a loss of many orders of magnitude.
        grid: G, where `loss` is a function.

    Raises:
        ShapeError: a grid that is not (G, G), a path that is not (S, 2).
        ArgumentError: a loss that cannot be computed, is nowhere a number, or is below 0 where `log` is set; limits
            that span nothing, a grid that is none, a start that is no place.

    >>> widget = LossSurface(lambda x, y: x**2 + 4 * y**2, (-2, 2, -2, 2), paths={"η = 0.1": [[1, 1], [0.8, 0.2]]})
    >>> widget.wait().status["state"]
    'done'
    """

    def __init__(
        self,
        loss: Callable[[np.ndarray, np.ndarray], Any] | Any,
        limits: Limits = (-1.0, 1.0, -1.0, 1.0),
        *,
        paths: Paths | Callable[[np.ndarray], Paths] | None = None,
        start: tuple[float, float] | None = None,
        log: bool = False,
        language: str = "en",
        label: str = "",
        alt: str = "",
        x_label: str = "w₁",
        y_label: str = "w₂",
        grid: int = 50,
    ):
        limits = check_limits(limits)
        values = _heights(loss, limits, check_grid(grid), log=log)
        self._first = first = _first_place(start, limits)
        fixed = None if callable(paths) else _walks(paths)

        def compute(chosen: dict[str, Any], task: Task) -> list[Drawing]:
            walked = _walks(paths(np.array(_place(chosen["start"], first)))) if callable(paths) else fixed or {}
            task.check()
            steps = max(map(len, walked.values()), default=0)
            return [
                Surface(
                    grid=values,
                    limits=limits,
                    paths=[
                        Path(points=places, name=name, role=_ROLES[i % 4])
                        for i, (name, places) in enumerate(walked.items())
                    ],
                    log=log,
                    frames=steps if steps > 1 else 0,
                    edits="start" if callable(paths) else "",
                    alt=alt or label,
                    x_label=x_label,
                    y_label=y_label,
                )
            ]

        super().__init__(
            compute,
            controls=[Hidden(name="start", value=[float(v) for v in first], most=3)],
            language=language,
            label=label,
            player={"start": "last", "fps": 8},
        )

    @property
    def start(self) -> tuple[float, float]:
        """Where the reader lets the paths begin."""
        return _place(self.values["start"], self._first)


def _place(value: Any, otherwise: tuple[float, float]) -> tuple[float, float]:
    """Two numbers, as a browser sends them; `otherwise` where it has sent something else."""
    is_place = isinstance(value, list) and len(value) == 2 and all(isinstance(v, int | float) for v in value)
    return (float(value[0]), float(value[1])) if is_place else otherwise


def _first_place(start: Any, limits: Limits) -> tuple[float, float]:
    """Where the reader has not clicked yet: what was given, or a place towards the upper left."""
    if start is None:
        return 0.75 * limits[0] + 0.25 * limits[1], 0.25 * limits[2] + 0.75 * limits[3]
    place = check_numbers("start", start, "Write (x, y).")
    if place.shape != (2,) or not np.isfinite(place).all():
        raise ArgumentError(f"start must be a place, two finite numbers: got {shown(start)}. Write (x, y).")
    return float(place[0]), float(place[1])


def _heights(loss: Any, limits: Limits, grid: int, *, log: bool) -> np.ndarray:
    if callable(loss):
        x, y = places_of(limits, grid).T.reshape(2, grid, grid)
        try:
            loss = loss(x, y)
        except Exception as error:
            raise ArgumentError(
                f"loss must be a function of two arrays, loss(x, y), each ({grid}, {grid}): got {type(error).__name__} "
                f"({error}). Write it with NumPy's functions."
            ) from error
    values = check_numbers("loss", loss, "Give a function loss(x, y), or its values on a grid.")
    if values.ndim != 2 or min(values.shape) < 2:
        raise ShapeError(f"loss must give a grid of values, (G, G): got shape {values.shape}. Compute it array-wise.")
    known = values[np.isfinite(values)]
    if not len(known):
        raise ArgumentError("loss must be finite somewhere: got NaN or infinity at every place. Change limits.")
    if log and known.min() < 0:
        raise ArgumentError(
            f"loss must not be below 0 where log is set: got {known.min():g}. Add a constant to it, or leave log out."
        )
    return values


def _walks(paths: Any) -> dict[str, np.ndarray]:
    """Each path's places, (S, 2), by its name; one alone needs none."""
    if paths is None:
        return {}
    named = paths if isinstance(paths, Mapping) else {"": paths}
    return {str(name): _walked(name, places) for name, places in named.items()}


def _walked(name: Any, given: Any) -> np.ndarray:
    places = check_numbers("paths", given, 'Write {"name": places}, with places (S, 2).')
    places = places.reshape(0, 2) if places.size == 0 else places
    if places.ndim != 2 or places.shape[1] != 2:
        raise ShapeError(f"paths must hold (S, 2) places: got shape {places.shape} for {name!r}. Give two columns.")
    return places

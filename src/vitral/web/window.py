"""The course's picture: a network drawn as a stained-glass window.

Units stand in columns, as layers do; lines of lead join neighbours, and each triangle between them is a pane.
"""

from functools import cache
from itertools import pairwise
from random import Random

LAYERS = (2, 4, 3, 5, 4, 3, 4, 2)
GLASS = ("#2878c8", "#1f8f6a", "#e0b13a", "#d4660b", "#b8384e", "#7b52ab")
WIDTH, HEIGHT, EDGE = 560, 220, 10

Point = tuple[float, float]


@cache
def window_svg() -> str:
    """The window as an SVG element; the same each time."""
    random = Random(11)
    columns = [_column(number, units, random) for number, units in enumerate(LAYERS)]
    panes = [pane for left, right in pairwise(columns) for pane in _panes(left, right)]
    glass = "".join(
        f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in pane)}" fill="{_colour(pane, random)}" '
        f'fill-opacity="{random.uniform(0.62, 0.98):.2f}"/>'
        for pane in panes
    )
    units = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5"/>' for column in columns for x, y in column)
    return (
        f'<svg class="window" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" focusable="false">'
        f'<g class="panes">{glass}</g><g class="units">{units}</g></svg>'
    )


def _column(number: int, units: int, random: Random) -> list[Point]:
    """The units of one layer, top to bottom: the outer ones on the window's frame."""
    x = EDGE + number * (WIDTH - 2 * EDGE) / (len(LAYERS) - 1)
    is_end = number in (0, len(LAYERS) - 1)
    points = []
    for place in range(units):
        is_frame = place in (0, units - 1)
        y = EDGE + place * (HEIGHT - 2 * EDGE) / (units - 1)
        points.append(
            (x + (0 if is_end else random.uniform(-13, 13)), y + (0 if is_frame else random.uniform(-11, 11)))
        )
    return points


def _panes(left: list[Point], right: list[Point]) -> list[tuple[Point, Point, Point]]:
    """The strip between two layers, cut in triangles: always the side that is less far down goes on."""
    panes, i, j = [], 0, 0
    while i < len(left) - 1 or j < len(right) - 1:
        goes_left = j == len(right) - 1 or (i < len(left) - 1 and left[i + 1][1] <= right[j + 1][1])
        panes.append((left[i], right[j], left[i + 1] if goes_left else right[j + 1]))
        i, j = (i + 1, j) if goes_left else (i, j + 1)
    return panes


def _colour(pane: tuple[Point, Point, Point], random: Random) -> str:
    """From blue to violet along the window, as in the line at the top of every page, a little mixed."""
    x = sum(point[0] for point in pane) / 3
    place = x / WIDTH * len(GLASS) + random.uniform(-0.9, 0.9)
    return GLASS[min(len(GLASS) - 1, max(0, int(place)))]

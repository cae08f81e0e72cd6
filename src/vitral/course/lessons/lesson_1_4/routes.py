"""The paths of one weight to the output, lit one after another, and how their number grows with depth, live."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import Any

from vitral.course.lessons.lesson_1_4.marks import edge, unit
from vitral.course.lessons.lesson_1_4.paths import costs
from vitral.foundations import MLP
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Network, Panel, Readout, Series, Slider

DEPTHS = range(1, 11)


def paths(words: Mapping[str, str], language: str) -> Panel:
    """How many paths lead from one weight to the loss, and what it costs to walk each of them."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        depth, width = int(values["depth"]), int(values["width"])
        sizes = (2, *(width,) * depth, 1)
        found = costs(sizes)
        curves = [costs((2, *(width,) * d, 1)) for d in DEPTHS]
        task.check()
        shown = list(routes(sizes, 64))
        lit = []
        for path in shown:
            steps = [unit(0, 0), edge(1, 0, path[0])]
            steps += [edge(layer, i, j) for layer, (i, j) in enumerate(pairwise(path), start=2)]
            lit.append([*steps, *(unit(layer, i) for layer, i in enumerate(path, start=1))])
        picture = Network(
            title=words["title"].format(n=found["routes"]), alt=words["alt"],
            weights=MLP.create(sizes).weights[::2],
            units=[[""] * n for n in sizes], lit=lit, frames=len(lit),
        )  # fmt: skip
        kinds = (("paths", "wrong", "paths"), ("differences", "b", "differences"), ("layers", "right", "layers"))
        series = [
            Series(x=list(DEPTHS), y=[float(c[key]) for c in curves], name=words[name], role=role)
            for key, role, name in kinds
        ]
        curve = Curves(
            title=words["curve"], alt=words["curve_alt"], x_label=words["depth"], y_label=words["products"],
            log_y=True, series=series, marker=depth, edits="depth",
        )  # fmt: skip
        items = [
            (words["routes"], found["routes"]),
            (words["paths"], float(found["paths"]), "wrong"),
            (words["differences"], float(found["differences"]), "b"),
            (words["layers"], float(found["layers"]), "right"),
        ]
        return [picture, curve, Readout(items=items)]

    return Panel(
        compute,
        controls=[
            Slider(name="depth", label=words["depth"], value=3, low=1, high=10, step=1),
            Slider(name="width", label=words["width"], value=3, low=1, high=6, step=1),
        ],
        language=language,
        label=words["label"],
        player={"fps": 3, "start": "first"},
    )


def routes(sizes: Sequence[int], most: int) -> Iterator[tuple[int, ...]]:
    """The first `most` paths from unit 0 of the first layer to the outputs, as unit numbers."""
    for number, path in enumerate(product([0], *(range(n) for n in sizes[2:]))):
        if number == most:
            return
        yield path

"""The architecture in one picture, drawn from the code: the rooms of `vitral`, and who imports whom.

    files  --ast-->  imports: room -> rooms  --longest path-->  floors  -->  SVG

An arrow points from a room to one whose names it uses. Where a way of several arrows leads there as well, it is thin:
the strong ones alone hold the house together. Nothing is imported to draw it.
"""

import ast
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "vitral"
BASE = "_*.py"  # files beside the rooms: errors, argument checks, Keras's less public parts
BOX_W, BOX_H, GAP_X, GAP_Y, EDGE = 116, 46, 34, 56, 16  # pixels


def rooms_of(source: Path = SOURCE) -> dict[str, str]:
    """Each room and the first sentence of its docstring."""
    found = {folder.name: folder / "__init__.py" for folder in sorted(source.iterdir())}
    rooms = {name: _sentence(file) for name, file in found.items() if file.is_file()}
    return {**rooms, BASE: "Errors, checks of arguments, Keras's backend and its less public parts."}


def arrows_of(source: Path = SOURCE) -> set[tuple[str, str]]:
    """(room, room whose names it imports), also inside functions and for type checkers only."""
    rooms, arrows = rooms_of(source), set()
    for file in source.rglob("*.py"):
        parts = file.relative_to(source).parts
        room = parts[0] if len(parts) > 1 else BASE if parts[0].startswith("_") else ""
        if room in rooms and not parts[0].startswith("__"):
            arrows |= {(room, _room_of(name)) for name in _imports_of(file, source)}
    return {(a, b) for a, b in arrows if b in rooms and a != b}


def floors_of(rooms: set[str], arrows: set[tuple[str, str]]) -> list[list[str]]:
    """The rooms by floors, the ground first: a room stands one floor above the highest that it imports.

    Raises:
        ValueError: rooms that import each other in a circle.
    """
    below = {room: {b for a, b in arrows if a == room} for room in rooms}
    floors: list[list[str]] = []
    placed: set[str] = set()
    while placed != rooms:
        floor = sorted(room for room in rooms - placed if below[room] <= placed)
        if not floor:
            raise ValueError(f"rooms must not import each other in a circle: got {sorted(rooms - placed)}. Break it.")
        floors.append(floor)
        placed |= set(floor)
    return floors


def strong_of(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The arrows that no longer way replaces."""

    @cache
    def reached(room: str) -> frozenset[str]:
        return frozenset().union(*({b} | reached(b) for a, b in arrows if a == room))

    return {(a, b) for a, b in arrows if not any(b in reached(c) for d, c in arrows if d == a and c != b)}


def draw(source: Path = SOURCE) -> str:
    """The picture as an SVG that stands alone: light and dark, without a script."""
    rooms, arrows = rooms_of(source), arrows_of(source)
    floors, strong = _in_order(floors_of(set(rooms), arrows), arrows), strong_of(arrows)
    width = max(len(floor) for floor in floors) * (BOX_W + GAP_X) + GAP_X
    height = len(floors) * (BOX_H + GAP_Y) - GAP_Y + 2 * EDGE
    places = _places_of(floors, width, height)
    lines = [
        _arrow(a, b, places, arrows, is_strong=(a, b) in strong) for a, b in sorted(arrows, key=strong.__contains__)
    ]
    boxes = [
        _box(room, rooms[room], *places[room], width - 2 * GAP_X if room == BASE else BOX_W)
        for floor in reversed(floors)
        for room in floor
    ]
    says = f"{len(rooms)} rooms and {len(arrows)} arrows: each room imports only from rooms below it."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{says}">\n'
        f"<style>{_STYLE}</style>\n"
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker></defs>\n' + "\n".join([*lines, *boxes]) + "\n</svg>\n"
    )


_STYLE = (
    "svg{color-scheme:light dark;font:14px system-ui,sans-serif}"
    ".room rect{fill:light-dark(#f4f6f8,#262b31);stroke:#7d8590}"
    ".room text{fill:light-dark(#1c2024,#e8eaed);text-anchor:middle;dominant-baseline:central}"
    ".arrow{fill:none;stroke:#7d8590;stroke-width:.7;opacity:.45}"
    ".strong{stroke:light-dark(#2068b0,#6fb0f0);stroke-width:1.8;opacity:1}"
    "marker path{fill:context-stroke}"
)


def _sentence(file: Path) -> str:
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) if file.is_file() else None
    return " ".join((text or "").split("\n\n")[0].split())


def _imports_of(file: Path, source: Path) -> Iterator[str]:
    """Dotted names below vitral that a file imports: "data.split"."""
    package = file.relative_to(source).parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name.removeprefix("vitral.") for a in node.names if a.name.startswith("vitral."))
        elif isinstance(node, ast.ImportFrom):
            words = [*package[: len(package) - node.level + 1]] if node.level else []
            words += (node.module or "").split(".") if node.module else []
            words = words[1:] if not node.level and words[:1] == ["vitral"] else words if node.level else []
            if words:
                yield ".".join(words)
            elif node.level or node.module == "vitral":
                yield from (a.name for a in node.names)


def _room_of(name: str) -> str:
    first = name.partition(".")[0]
    return BASE if first.startswith("_") and not first.startswith("__") else first


def _in_order(floors: list[list[str]], arrows: set[tuple[str, str]]) -> list[list[str]]:
    """Each floor's rooms above those that they import, so that fewer arrows cross (Sugiyama's barycentres)."""
    place: dict[str, float] = {}

    def middle(room: str) -> tuple[float, str]:
        below = [place[b] for a, b in arrows if a == room and b in place]
        return sum(below) / len(below) if below else 0.0, room

    for floor in floors:
        floor.sort(key=middle)
        place.update((room, (i + 1) / (len(floor) + 1)) for i, room in enumerate(floor))
    return floors


def _places_of(floors: list[list[str]], width: float, height: float) -> dict[str, tuple[float, float]]:
    """Left upper corners. Rooms that are alone on their floor stand left and right in turn: long ways pass beside."""
    places = {}
    for level, floor in enumerate(floors):
        shift = (-1) ** level * 0.6 * BOX_W if len(floor) == 1 and 0 < level < len(floors) - 1 else 0
        left = (width - len(floor) * (BOX_W + GAP_X) + GAP_X) / 2 + shift
        y = height - EDGE - BOX_H - level * (BOX_H + GAP_Y)
        places |= {room: (left + i * (BOX_W + GAP_X), y) for i, room in enumerate(floor)}
    return {**places, BASE: (GAP_X, places[BASE][1])}


def _arrow(
    a: str, b: str, places: dict[str, tuple[float, float]], arrows: set[tuple[str, str]], *, is_strong: bool
) -> str:
    """From the foot of a box to the top of another; ends that share a side are spread over it."""
    x1, x2 = _port(a, b, places, arrows), _port(b, a, places, arrows)
    y1, y2 = places[a][1] + BOX_H, places[b][1] - 1
    bend = (y2 - y1) * 0.5
    kind = "arrow strong" if is_strong else "arrow"
    path = f"M{x1:.1f} {y1:g}C{x1:.1f} {y1 + bend:g} {x2:.1f} {y2 - bend:g} {x2:.1f} {y2:g}"
    return (
        f'<path class="{kind}" data-from="{escape(a)}" data-to="{escape(b)}" marker-end="url(#head)" d="{path}">'
        f"<title>{escape(a)} imports {escape(b)}</title></path>"
    )


def _port(room: str, other: str, places: dict[str, tuple[float, float]], arrows: set[tuple[str, str]]) -> float:
    """Where on the side of a room's box the arrow to or from another ends; the ground is reached straight down."""
    if room == BASE:
        return _port(other, room, places, arrows)
    leaves = (room, other) in arrows
    others = [b if leaves else a for a, b in arrows if (a if leaves else b) == room]
    others.sort(key=lambda name: (places[name][0], places[name][1], name))
    return places[room][0] + BOX_W * (others.index(other) + 1) / (len(others) + 1)


def _box(room: str, sentence: str, x: float, y: float, width: float) -> str:
    return (
        f'<g class="room" data-room="{escape(room)}"><title>{escape(sentence)}</title>'
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{BOX_H}" rx="8"/>'
        f'<text x="{x + width / 2:g}" y="{y + BOX_H / 2:g}">{escape(room)}</text></g>'
    )

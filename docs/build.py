"""`make docs`: the public names as pages that open from disk, one for each room, with the architecture in one picture.

pdoc writes the pages from docstrings and signatures; the templates beside this file say how they look. What is public
is what a room lists in its `__all__`.
"""

import argparse
import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pdoc.doc
import pdoc.render

import architecture
import vitral

ROOMS = (
    "vitral",
    "vitral.data",
    "vitral.networks",
    "vitral.losses",
    "vitral.training",
    "vitral.probes",
    "vitral.runs",
    "vitral.measures",
    "vitral.views",
    "vitral.views.style",
    "vitral.views.widgets",
    "vitral.report",
    "vitral.foundations",
    "vitral.foundations.activations",
    "vitral.foundations.initializers",
    "vitral.foundations.losses",
    "vitral.foundations.optimizers",
    "vitral.foundations.schemes",
    "vitral.course",
)
"""The pages, in the order of the index."""


def build(folder: Path) -> list[Path]:
    """Write all pages into a folder; what an earlier call has written there is replaced."""
    pages = {name: pdoc.doc.Module(open_room(name)) for name in ROOMS}
    # Keras is no module of ours: a line about it instead of pages of it.
    pages["vitral"].members["keras"] = pdoc.doc.Variable(
        "vitral",
        "keras",
        taken_from=("vitral", "keras"),
        docstring="The package `keras`, with its backend chosen: JAX, unless the environment or keras.json says other.",
    )
    pdoc.render.configure(
        docformat="google", search=False, template_directory=Path(__file__).parent / "templates", footer_text=version()
    )
    pdoc.render.env.globals.update(picture=architecture.draw(), place_of=place_of, line_of=line_of)
    written = {"index.html": pdoc.render.html_index(pages), "architecture.svg": architecture.draw()}
    for name, page in pages.items():
        written[f"{name.replace('.', '/')}.html"] = without_dead_links(pdoc.render.html_module(page, pages))
    for name, content in written.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return [folder / name for name in written]


def open_room(name: str) -> ModuleType:
    """The module with all its public names loaded: some are made when they are first asked for."""
    room = importlib.import_module(name)
    for public in getattr(room, "__all__", ()):
        vars(room)[public] = getattr(room, public)
    return room


def without_dead_links(html: str) -> str:
    """Words that pdoc took for members that the page leaves out, as those of ipywidgets, are words again."""
    places = set(re.findall(r'id="([^"]+)"', html))
    return re.sub(r'<a href="#([^"]*)">(.*?)</a>', lambda a: a[0] if a[1] in places else a[2], html)


def version() -> str:
    """What the pages are of."""
    return f"Vitral {vitral.__version__}"


def place_of(thing: Any) -> str:
    """Where a name is written, for its source's heading: "training/fit.py, line 31"."""
    file = thing.source_file
    try:
        path = file.relative_to(architecture.SOURCE)
    except (AttributeError, ValueError):
        return ""
    return f"{path}, line {thing.source_lines[0]}" if thing.source_lines else str(path)


def line_of(room: Any) -> str:
    """The first sentence of a room's docstring."""
    return " ".join((inspect.getdoc(room.obj) or "").split("\n\n")[0].split())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("build/docs"))
    print(build(parser.parse_args().folder)[0].absolute())

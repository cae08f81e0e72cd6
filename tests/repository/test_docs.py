"""The pages of `make docs` hold every public name and ask for nothing; the picture shows the house as it is."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import test_rooms
from test_examples import PUBLIC, ROOMS

ROOT = Path(__file__).parents[2]


def load(name):
    """A module of docs/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


architecture = load("architecture")


# ---------------------------------------------------------------- the picture


def test_the_picture_shows_the_rooms_and_the_arrows_that_there_are():
    """As `test_rooms` reads them, in its own way; and every arrow goes down."""
    drawn = ElementTree.fromstring(architecture.draw())
    find = {name: drawn.findall(f".//*[@{name}]") for name in ("data-room", "data-from")}
    feet = {box.get("data-room"): float(box[1].get("y")) for box in find["data-room"]}
    names = {"_": architecture.BASE, **{room: room for room in test_rooms.ROOMS}}
    assert sorted(feet) == sorted(names.values())

    arrows = {(arrow.get("data-from"), arrow.get("data-to")) for arrow in find["data-from"]}
    assert len(arrows) == len(find["data-from"])
    there = set()
    for path in test_rooms.FILES:
        own = test_rooms.room_of(test_rooms.module_of(path))
        there |= {(own, test_rooms.room_of(name)) for _, name in test_rooms.imports_of(path)}
    assert arrows == {(names[a], names[b]) for a, b in there if a in names and b in names and a != b}
    assert [(a, b) for a, b in arrows if feet[a] >= feet[b]] == []


@pytest.fixture
def house(tmp_path):
    """`house(upper="from vitral.lower import x", …)` -> the source of a package with these rooms."""

    def make(**rooms):
        for name, code in rooms.items():
            (tmp_path / name).mkdir()
            (tmp_path / name / "__init__.py").write_text(f'"""{name.title()} room.\n\nMore."""\n')
            (tmp_path / name / "code.py").write_text(code)
        return tmp_path

    return make


@pytest.mark.parametrize(
    "code",
    [
        "import vitral.lower.code",
        "from vitral import lower",
        "from vitral.lower import x",
        "from ..lower import x",
        "from .. import lower",
        "def f():\n    from vitral.lower.code import x",
    ],
)
def test_an_import_of_every_form_is_an_arrow(house, code):
    source = house(upper=code, lower="import numpy\nfrom .code import y\nfrom . import z")
    assert architecture.arrows_of(source) == {("upper", "lower")}
    assert architecture.rooms_of(source)["upper"] == "Upper room."


def test_a_way_that_a_longer_one_replaces_is_thin():
    assert architecture.strong_of({("a", "b"), ("b", "c"), ("a", "c")}) == {("a", "b"), ("b", "c")}


def test_a_circle_of_rooms_is_named(house):
    source = house(one="from vitral import two", two="from vitral import one", three="")
    rooms = set(architecture.rooms_of(source))
    with pytest.raises(ValueError, match=r"circle: got \['one', 'two'\]"):
        architecture.floors_of(rooms, architecture.arrows_of(source))


# ---------------------------------------------------------------- the pages


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages, built in a process of their own as `make docs` does, by their names."""
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-W", "error", *IGNORED, str(ROOT / "docs" / "build.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(folder / "index.html")
    return {str(file.relative_to(folder)): file for file in folder.rglob("*.html")}


# Keras 3.15 copies its own variables so; only Keras can mend it.
IGNORED = ("-W", "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")


@pytest.mark.slow
def test_every_public_name_is_on_its_page_with_an_example(pages):
    guides = {"teachers.html", "profesorado.html"}
    assert set(pages) == {
        "index.html",
        *guides,
        *(f"vitral{room}.html".replace(".", "/", room.count(".")) for room in ROOMS),
    }
    texts = {name: file.read_text(encoding="utf-8") for name, file in pages.items()}
    missing = []
    for name, _ in PUBLIC:
        room, _, own = name.rpartition(".")
        if (
            f'id="{own}"' not in texts[f"{room.replace('.', '/')}.html"]
            and f"{name.replace('.', '/')}.html" not in texts
        ):
            missing.append(name)
    assert missing == []
    assert all("&gt;&gt;&gt;" in text for name, text in texts.items() if name not in {"index.html", *guides})
    assert all("vitral lab grade 1" in texts[name] for name in guides)
    assert "training/fit.py, line " in texts["vitral.html"]


@pytest.mark.slow
def test_the_pages_need_nothing_else_and_lead_nowhere_else(pages):
    for name, file in pages.items():
        text = file.read_text(encoding="utf-8")
        assert "<script" not in text, name
        assert re.findall(r"@import|url\((?!['\"]?data:|#)", text) == [], name
        for link in re.findall(r"""(?:href|src|action)\s*=\s*["']([^"']*)""", text):
            if link.startswith("data:"):
                continue
            assert not re.match(r"[a-z+.-]+:|//", link), f"{name} leads to {link}"
            target, _, place = link.partition("#")
            other = (file.parent / target).resolve() if target else file
            assert other in pages.values(), f"{name} leads to {link}, which is not there"
            assert not place or f'id="{place}"' in other.read_text(encoding="utf-8"), f"{name} leads to {link}"


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_telephone_and_ask_for_nothing(pages, browser, scheme):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    for name, file in pages.items():
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    ink, paper = page.evaluate("[getComputedStyle(document.querySelector('main')).color, "
                               "getComputedStyle(document.body).backgroundColor]")  # fmt: skip
    brightness = [sum(int(part) for part in re.findall(r"\d+", color)[:3]) for color in (ink, paper)]
    assert (brightness[0] < brightness[1]) == (scheme == "light")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()

"""The house: imports point downward only, public names are sorted, heavy packages stay out of light modules."""

import ast
import importlib
from pathlib import Path

import pytest

import vitral

SOURCE = Path(vitral.__file__).parent
FLOORS = [
    {"_"},
    {"foundations", "data", "networks", "losses", "measures"},
    {"probes"},
    {"runs"},
    {"training"},
    {"views", "diagnosis"},
    {"report"},
    {"course"},
    {"web"},
    {"cli"},
    {""},  # vitral/__init__.py and __main__.py look at everything, nothing below the command looks at them
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(SOURCE.rglob("*.py"))
ROOMS = sorted({path.name for path in SOURCE.iterdir() if (path / "__init__.py").is_file()})


def room_of(module):
    """The room of a dotted name below vitral: 'runs' of vitral.runs.folder, '_' of vitral._errors, '' of vitral."""
    first = [*module.split("."), ""][1]
    return "" if first.startswith("__") else "_" if first.startswith("_") else first


def module_of(path):
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path):
    """(line, dotted name) of every import of vitral in a file, inside functions and TYPE_CHECKING blocks too."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name.split(".")[0] == "vitral")
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package.split(".")[: len(package.split(".")) - node.level + 1], *base.split(".")])
            if base.rstrip(".") == "vitral":
                yield from ((node.lineno, f"vitral.{alias.name}") for alias in node.names)
            elif base.startswith("vitral."):
                yield node.lineno, base


def test_every_room_has_a_floor():
    assert set(ROOMS) <= set(FLOOR)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_downward(path):
    own = room_of(module_of(path))
    for line, name in imports_of(path):
        if name == "vitral.__version__":  # a word that any file may read
            continue
        room = room_of(name)
        if room not in FLOOR:  # a name that the package itself offers, as vitral.fit
            room = ""
        allowed = room == own or FLOOR[room] < FLOOR[own] or (room == "" and FLOOR[own] >= FLOOR["course"])
        assert allowed, f"{path.relative_to(SOURCE)}:{line}: {own or 'vitral'} must not import {name}"


@pytest.mark.parametrize(
    "path", [path for path in FILES if "lessons" in path.parts], ids=lambda path: str(path.relative_to(SOURCE))
)
def test_lessons_import_public_names_only(path):
    """Packages, and modules that a package names in public: what a reader of the course may write, too."""
    for line, name in imports_of(path):
        package, _, last = name.rpartition(".")
        is_package = (SOURCE.parent.joinpath(*name.split(".")) / "__init__.py").is_file()
        is_public = room_of(name) == "course" or is_package or last in importlib.import_module(package).__all__
        assert is_public, f"{path.relative_to(SOURCE)}:{line}: {name} is not public"


def test_the_import_check_sees_every_form(tmp_path, monkeypatch):
    package = tmp_path / "vitral"
    (package / "data").mkdir(parents=True)
    file = package / "data" / "bad.py"
    file.write_text(
        "import vitral.training.fit\nfrom vitral import runs\ndef f():\n    from vitral.report import x\n"
        "from ..views import y\nfrom .split import z\nimport numpy\n"
    )
    monkeypatch.setitem(globals(), "SOURCE", package)
    found = [name for _, name in sorted(imports_of(file))]
    assert found == ["vitral.training.fit", "vitral.runs", "vitral.report", "vitral.views", "vitral.data.split"]


@pytest.mark.parametrize("room", ["", *ROOMS])
def test_public_names_are_sorted_and_there(room):
    module = importlib.import_module(f"vitral.{room}" if room else "vitral")
    names = list(module.__all__)
    assert names == sorted(names)
    assert len(names) == len(set(names))
    for name in names:
        assert getattr(module, name) is not None


@pytest.mark.parametrize(
    ("rooms", "packages"),
    [(("foundations",), {"keras", "jax"}), (("diagnosis", "measures"), {"jax", "keras"}), (("views",), {"jax"})],
)
def test_rooms_that_do_without(rooms, packages):
    for path in FILES:
        if room_of(module_of(path)) in rooms:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not {name.split(".")[0] for name in names} & packages, path


def test_keras_is_never_imported_at_the_top_of_a_module():
    """Its backend is chosen by `import_keras`, when somebody needs it, not by the order of imports."""
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "keras"], path

"""Which backend Keras gets: what the user chose, in the environment or in keras.json, else JAX.

Every case runs in a process of its own, with an empty HOME.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHOOSE = """
import os, sys
from vitral._keras import choose_backend
choose_backend()
print(os.environ.get("KERAS_BACKEND"))
print("keras" in sys.modules)
"""

IMPORT = """
import os, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from vitral import _keras
    keras = _keras.import_keras()
    _keras.import_keras()
print(keras.config.backend())
for warning in caught:
    if warning.category.__name__ == "VitralWarning":
        print(warning.message)
"""


def run(script: str, home: Path, **environment: str) -> list[str]:
    """Lines that `script` prints, in an environment with only what is given."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("KERAS")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=clean | {"HOME": str(home)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


def write_config(folder: Path, content: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "keras.json").write_text(text)


def pretend_installed(folder: Path, package: str) -> dict[str, str]:
    """An environment in which `package` can be found, though not used."""
    (folder / package).mkdir(parents=True)
    (folder / package / "__init__.py").write_text("raise ImportError('only looked for')")
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)}


def test_nothing_chosen_means_jax(tmp_path: Path) -> None:
    assert run(CHOOSE, tmp_path) == ["jax", "False"]
    assert list(tmp_path.iterdir()) == [], "choosing writes nothing"


@pytest.mark.parametrize("backend", ["jax", "torch", "tensorflow", "numpy", "something"])
def test_the_environment_comes_first(backend: str, tmp_path: Path) -> None:
    """Even what Keras will refuse: its message is better than a silent change."""
    write_config(tmp_path / ".keras", {"backend": "jax"})
    assert run(CHOOSE, tmp_path, KERAS_BACKEND=backend) == [backend, "False"]


def test_an_empty_variable_is_no_choice(tmp_path: Path) -> None:
    assert run(CHOOSE, tmp_path, KERAS_BACKEND="")[0] == "jax"


@pytest.mark.parametrize("backend", ["jax", "torch", "tensorflow"])
def test_keras_json_with_an_installed_backend_is_respected(backend: str, tmp_path: Path) -> None:
    write_config(tmp_path / ".keras", {"backend": backend, "floatx": "float32"})
    found = pretend_installed(tmp_path / "packages", backend) if backend != "jax" else {}
    assert run(CHOOSE, tmp_path, **found) == ["None", "False"]


@pytest.mark.parametrize("backend", ["theano", "numpy", "", None, 3, ["jax"], {"name": "jax"}])
def test_keras_json_with_a_backend_that_cannot_be_is_no_choice(backend: Any, tmp_path: Path) -> None:
    write_config(tmp_path / ".keras", {"backend": backend})
    assert run(CHOOSE, tmp_path)[0] == "jax"


@pytest.mark.parametrize("backend", ["torch", "tensorflow"])
def test_keras_json_with_a_missing_backend_is_no_choice(backend: str, tmp_path: Path) -> None:
    """Keras writes such a file itself, naming TensorFlow, where nobody chose anything."""
    write_config(tmp_path / ".keras", {"backend": backend})
    hidden = (
        "import importlib.util as u; find = u.find_spec\n"
        f"u.find_spec = lambda name, *rest: None if name == {backend!r} else find(name, *rest)\n"
    )
    assert run(hidden + CHOOSE, tmp_path)[0] == "jax"


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"jax"', "\x00\xff", "{}"])
def test_a_broken_keras_json_is_no_choice(content: str, tmp_path: Path) -> None:
    write_config(tmp_path / ".keras", content)
    assert run(CHOOSE, tmp_path)[0] == "jax"


def test_a_keras_json_that_is_a_folder_is_no_choice(tmp_path: Path) -> None:
    (tmp_path / ".keras" / "keras.json").mkdir(parents=True)
    assert run(CHOOSE, tmp_path)[0] == "jax"


def test_keras_home_is_where_keras_looks(tmp_path: Path) -> None:
    write_config(tmp_path / "elsewhere", {"backend": "torch"})
    write_config(tmp_path / ".keras", {"backend": "jax"})
    found = pretend_installed(tmp_path / "packages", "torch")
    assert run(CHOOSE, tmp_path, KERAS_HOME=str(tmp_path / "elsewhere"), **found)[0] == "None"
    assert run(CHOOSE, tmp_path, KERAS_HOME=str(tmp_path / "nowhere"), **found)[0] == "jax"


def test_importing_vitral_chooses_nothing(tmp_path: Path) -> None:
    script = "import os, sys, vitral; print(os.environ.get('KERAS_BACKEND'), 'keras' in sys.modules)"
    assert run(script, tmp_path) == ["None False"]


def test_the_first_and_the_second_start_in_an_empty_home(tmp_path: Path) -> None:
    """The keras.json that Keras writes on its first import does not change the second."""
    assert run(IMPORT, tmp_path) == ["jax"]
    assert run(IMPORT, tmp_path) == ["jax"]


@pytest.mark.slow
def test_keras_imported_already_stays_as_it_is(tmp_path: Path) -> None:
    """With another backend than JAX: said once, and how to change it; the environment is left alone."""
    script = "import keras, os; del os.environ['KERAS_BACKEND']\n" + IMPORT + "print(os.environ.get('KERAS_BACKEND'))"
    backend, warning, environment = run(script, tmp_path, KERAS_BACKEND="numpy")
    assert (backend, environment) == ("numpy", "None")
    assert "numpy backend" in warning
    assert "KERAS_BACKEND=jax" in warning


def test_a_chosen_backend_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    script = """
from vitral import networks, VitralError
try:
    networks.mlp(4, 3)
except VitralError as error:
    print(error)
"""
    lines = run(script, tmp_path, KERAS_BACKEND="foo")
    assert len(lines) == 1
    assert lines[0].startswith("KERAS_BACKEND must be a backend that is installed: got foo")
    assert lines[0].endswith("Install it, or set KERAS_BACKEND=jax.")

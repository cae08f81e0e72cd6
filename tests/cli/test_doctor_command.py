"""`vitral doctor-env`: what there is, said in lines; what is broken is one of them, and nobody's name is."""

import importlib.metadata
import os
import platform
import sys
from pathlib import Path

import pytest

from vitral.cli import doctor

WHOLE = {"name": "jax", "why": "a test says so", "devices": ["cpu:0 cpu"], "error": None}


@pytest.fixture
def quick(monkeypatch):
    """Without asking Keras, which takes seconds."""
    monkeypatch.setattr(doctor, "find_backend", lambda: dict(WHOLE))


def test_says_what_there_is(vitral_command, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    import jax

    done = vitral_command("doctor-env", "--json")
    assert done.code == 0, done.out
    found = done.json
    assert found["backend"]["name"] == "jax"
    assert found["backend"]["why"] == "KERAS_BACKEND says so"
    assert [device.split()[0] for device in found["backend"]["devices"]] == [
        f"{device.platform}:{device.id}" for device in jax.devices()
    ]
    for name in ("keras", "jax", "numpy"):
        assert found["packages"][name] == importlib.metadata.version(name)
    assert found["python"].startswith(platform.python_version())
    assert found["cores"]["usable"] == len(os.sched_getaffinity(0))
    total = Path("/proc/meminfo").read_text().split()[1]
    assert found["memory"]["bytes"] == int(total) * 1024


@pytest.mark.usefixtures("quick")
def test_lines_can_be_pasted(vitral_command):
    done = vitral_command("doctor-env")
    assert done.code == 0
    assert done.err == ""
    names = [line.split()[0] for line in done.out.splitlines()]
    assert names[:4] == ["vitral", "python", "platform", "packages"]
    assert {"backend", "devices", "cache", "data", "cores", "memory", "terminal"} <= set(names)
    assert "backend    jax (a test says so)" in done.out
    assert "error" not in names


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import os; os._exit(7)", "Keras's process ended with 7: nothing was said"),
        ("raise RuntimeError('no such driver\\nand more')", "no such driver"),
        ("raise ImportError('libcuda is missing')", "libcuda is missing"),
        ("import sys; sys.exit('out of luck')", "Keras's process ended with 1: out of luck"),
    ],
)
def test_what_is_broken_is_a_line(vitral_command, monkeypatch, tmp_path, code, error):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "keras.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "broken"), *sys.path]))
    done = vitral_command("doctor-env")
    assert done.code == 1
    assert done.err == ""
    assert "Traceback" not in done.out
    (line,) = [line for line in done.out.splitlines() if line.startswith("error ")]
    assert error in line
    assert "and more" not in done.out
    assert vitral_command("doctor-env", "--json").json["backend"]["name"] is None


def test_a_backend_that_does_not_start_is_waited_for_no_longer_than_need_be(vitral_command, monkeypatch, tmp_path):
    (tmp_path / "keras.py").write_text("import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    monkeypatch.setattr(doctor, "SECONDS", 1)
    done = vitral_command("doctor-env")
    assert done.code == 1
    assert "Keras did not start within 1 s." in done.out


@pytest.mark.parametrize(
    ("variable", "written", "why"),
    [
        ("jax", None, "KERAS_BACKEND says so"),
        ("", '{"backend": "jax"}', "keras.json says so"),
        ("", '{"backend": "theano"}', "the default: "),
        ("", "[broken", "the default: "),
        ("", None, "the default: "),
    ],
)
def test_says_who_chose_the_backend(monkeypatch, tmp_path, variable, written, why):
    monkeypatch.setenv("KERAS_BACKEND", variable)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if written is not None:
        (tmp_path / "keras.json").write_text(written)
    assert why in doctor._why("jax")


@pytest.mark.usefixtures("quick")
def test_folders_are_told_and_nobodys_name_is(vitral_command, monkeypatch, tmp_path):
    home = tmp_path / "ana"
    for name, content in {
        ".cache/vitral/jax/a-cache": b"x" * 300,
        ".cache/vitral/jax/b-cache": b"x" * 12,
        ".keras/datasets/fashion-mnist/train-images-idx3-ubyte.gz": b"",
        "datos/mnist.npz": b"",
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("VITRAL_DATA", str(home / "datos"))
    for name in ("XDG_CACHE_HOME", "JAX_COMPILATION_CACHE_DIR", "KERAS_HOME"):
        monkeypatch.delenv(name, raising=False)
    done = vitral_command("doctor-env", "--json")
    assert done.code == 0
    assert "ana" not in done.out
    cache = done.json["cache"]
    assert (cache["folder"], cache["files"], cache["bytes"]) == ("~/.cache/vitral/jax", 2, 312)
    assert [(place["folder"], place["holds"]) for place in done.json["data"]] == [
        ("~/datos", ["mnist.npz"]),
        ("~/.keras/datasets", ["fashion-mnist"]),
    ]
    lines = vitral_command("doctor-env").out
    assert "~/.cache/vitral/jax: 2 files, 312 bytes" in lines
    assert "$VITRAL_DATA, ~/datos: mnist.npz" in lines


@pytest.mark.usefixtures("quick")
def test_a_poor_machine_is_told_too(vitral_command, monkeypatch):
    """No home, no memory to ask for, a locale that nobody knows, letters that the terminal lacks."""
    for name in ("HOME", "XDG_CACHE_HOME", "JAX_COMPILATION_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VITRAL_DATA", "/datos/ñandú")
    monkeypatch.delattr(os, "sysconf")
    monkeypatch.setattr("locale.getlocale", lambda: (_ for _ in ()).throw(ValueError("unknown locale: xx")))
    done = vitral_command("doctor-env")
    assert done.code == 0
    assert "memory     unknown" in done.out
    assert "cache      none: 0 files" in done.out
    assert done.out.isascii()
    assert vitral_command("doctor-env", "--json").json["data"][0]["holds"] == []

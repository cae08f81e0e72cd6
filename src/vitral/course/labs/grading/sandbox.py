"""Where a student's code runs: namespaces made by `bwrap`, or by the kernel's calls themselves ("unshare"), or nothing.

Inside there is the interpreter, its packages and Vitral's source without its labs, all read-only; a small private /tmp;
an own /proc and no network. No home, no other submission, no grade book; the submission itself comes through a pipe.
Never a limit on address space: XLA reserves a lot. Memory and processes are counted from outside (`process.py`).
"""

import functools
import importlib.util
import json
import os
import shutil
import site
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vitral
from vitral._errors import ArgumentError

TOOLS = ("bwrap", "unshare")
_LABS = Path("vitral/course/labs")
_CHILD = (
    "lab.py",
    "notes.py",
    "notes.toml",
    "performing.py",
    "submission.py",
    "tensorflow_names.py",
    "wire.py",
    "grading/child.py",
)
_HERE = Path(__file__).parent
# The sandbox's first process is seen from inside, with what it was given: none of the grader's variables.
OUTER = {"PATH": os.defpath, "LANG": "C.UTF-8"}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one submission may use. Seconds are those of `watch.Clock`; `load_seconds` are for its imports, together."""

    load_seconds: float = 90.0
    total_seconds: float = 300.0
    cpu_seconds: int = 300
    memory_bytes: int = 3 * 2**30
    n_processes: int = 32
    n_threads: int = 1000
    file_bytes: int = 64 * 2**20
    tmp_bytes: int = 256 * 2**20


def find_sandbox() -> str:
    """The tool to use.

    Raises:
        ArgumentError: neither makes namespaces on this machine.
    """
    for tool in TOOLS:
        if is_usable(tool):
            return tool
    raise ArgumentError(
        "grading must be done where Linux namespaces can be had, because the submissions' code is run: got a machine "
        "without them. Install bubblewrap, or use WSL (Windows), a container that allows them (macOS), or --unsafe "
        "where you trust every submission."
    )


@functools.cache
def is_usable(tool: str) -> bool:
    """Whether a process in this sandbox starts: tried, with NumPy, because a kernel may forbid any part of it."""
    if not sys.platform.startswith("linux") or (tool == "bwrap" and shutil.which("bwrap") is None):
        return False
    command = arguments(tool, [python(), "-I", "-c", "import numpy; print('in')"], Limits(), backend="jax")
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=60, stdin=subprocess.DEVNULL, start_new_session=True, env=OUTER
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0 and done.stdout == b"in\n"


def python() -> str:
    return sys.executable


def child_command(read_end: int, write_end: int) -> list[str]:
    """The command of child.py; the pipes' ends are inherited."""
    folder = Path(vitral.__file__).parent.parent
    child = folder / _LABS / "grading/child.py"
    return [python(), "-I", "-B", str(child), str(folder), str(read_end), str(write_end)]


def arguments(tool: str, command: list[str], limits: Limits, *, backend: str) -> list[str]:
    """What to start so that `command` runs in the sandbox of `tool`: "bwrap", "unshare" or "none"."""
    shown, links = seen()
    package = Path(vitral.__file__).parent
    spec: dict[str, Any] = {
        "is_bare": tool == "unshare",
        "is_contained": tool == "bwrap",
        "shown": shown,
        "masked": [str(package / "course")],
        "shown_again": [[os.path.realpath(p), str(p)] for p in (package.parent / _LABS / name for name in _CHILD)],
        "links": links,
        "tmp_bytes": limits.tmp_bytes,
        "command": command,
        "environment": environment(backend),
        "limits": {
            "CPU": limits.cpu_seconds, "CORE": 0, "FSIZE": limits.file_bytes, "NOFILE": 512, "NPROC": 2000,
        } if tool != "none" else {"CPU": limits.cpu_seconds, "CORE": 0, "FSIZE": limits.file_bytes},
    }  # fmt: skip
    start = [python(), "-I", "-S", str(_HERE / "inside.py")]
    if tool != "bwrap":
        return [*start, json.dumps(spec)]
    words = [
        shutil.which("bwrap") or "bwrap",
        "--unshare-all",
        "--unshare-user",
        "--uid",
        "1000",
        "--gid",
        "1000",
        "--disable-userns",
    ]
    words += ["--cap-drop", "ALL", "--die-with-parent", "--new-session"]
    words += ["--size", str(limits.tmp_bytes), "--tmpfs", "/tmp"]
    for source, target in shown:
        words += ["--ro-bind", source, target]
    inside = str(_HERE / "inside.py")
    for folder in spec["masked"]:
        words += ["--size", str(2**20), "--tmpfs", folder]
    for source, target in [*spec["shown_again"], [os.path.realpath(inside), inside]]:
        words += ["--ro-bind", source, target]
    for folder in spec["masked"]:
        words += ["--remount-ro", folder]
    for link, target in links:
        words += ["--symlink", target, link]
    words += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev", "--size", str(limits.tmp_bytes // 4)]
    words += ["--tmpfs", "/dev/shm", "--remount-ro", "/", "--chdir", "/tmp", "--"]
    return [
        *words,
        *start,
        json.dumps({key: spec[key] for key in ("is_bare", "is_contained", "command", "environment", "limits")}),
    ]


def seen() -> tuple[list[list[str]], list[list[str]]]:
    """(source, target) of what is bound, and (link, target) of the links at the root."""
    folders = [Path(p) for p in ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/nix/store")]
    links = []
    for name in ("/lib", "/lib64", "/lib32"):
        if Path(name).is_symlink():
            links.append([name, str(Path(name).readlink())])
        else:
            folders.append(Path(name))
    for prefix in {sys.base_prefix, sys.base_exec_prefix, sys.prefix, sys.exec_prefix}:
        if prefix not in ("/", "/usr", "/usr/local"):
            folders.append(Path(prefix))
    paths = sysconfig.get_paths()
    folders += [Path(paths[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    known = {*site.getsitepackages(), site.getusersitepackages()}
    folders += [Path(p) for p in sys.path if p in known]
    for package in ("numpy", "keras", "jax", "tensorflow", "scipy", "matplotlib"):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin:
            folders.append(Path(spec.origin).parent.parent)
    folders += [
        Path(sys.executable),
        Path(getattr(sys, "_base_executable", sys.executable)),
        Path(sys.executable).resolve(),
    ]
    folders.append(Path(vitral.__file__).parent)
    there = sorted({str(folder) for folder in folders if folder.exists()})  # outer folders come before inner ones
    kept: list[str] = []
    for folder in there:
        if not any(folder.startswith(outer + "/") for outer in kept):
            kept.append(folder)
    return [[os.path.realpath(folder), folder] for folder in kept], links


def check_unseen(folder: Path) -> None:
    """`folder` must be outside what a sandbox shows.

    Raises:
        ArgumentError: every student's code could read it.
    """
    real = Path(os.path.realpath(folder))
    for source, _ in seen()[0]:
        if real.is_relative_to(source):
            raise ArgumentError(
                f"FOLDER and the grades must be outside Python's own folders, which submissions can read: got "
                f"{str(folder)!r} in {source!r}. Move them."
            )


def environment(backend: str) -> dict[str, str]:
    """All that a child knows of the world; one thread, so that --jobs share the processor."""
    return {
        "HOME": "/tmp", "TMPDIR": "/tmp", "USER": "student", "LANG": "C.UTF-8", "PATH": "",
        "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "-1", "MPLBACKEND": "agg",
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false --xla_backend_optimization_level=0",
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3",
    }  # fmt: skip

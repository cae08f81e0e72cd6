"""`vitral doctor-env`: what Vitral runs on, as a block of text to paste into a bug report.

Whatever is broken is a line of it: each part is found out by itself, and Keras, whose backend may not even start, is
asked in a process of its own. The home folder is shown as ~.
"""

import contextlib
import json
import locale
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from vitral import __version__
from vitral._cache import MAX_BYTES, user_folder
from vitral.cli import console

PACKAGES = (
    *("keras", "jax", "jaxlib", "tensorflow", "torch", "numpy", "pandas", "scikit-learn", "scipy", "matplotlib"),
    *("safetensors", "tensorboardX", "marimo", "anywidget", "starlette", "uvicorn", "typer", "rich"),
)
VARIABLES = (
    *("KERAS_BACKEND", "KERAS_HOME", "JAX_PLATFORMS", "JAX_ENABLE_X64", "JAX_COMPILATION_CACHE_DIR", "XLA_FLAGS"),
    *("CUDA_VISIBLE_DEVICES", "XDG_CACHE_HOME", "VITRAL_DATA"),
)
SECONDS = 120
"""How long Keras may take to start."""

# Everything of `vitral` here is light: a backend that is broken shows itself where Keras is imported.
_ASK = """
import json, warnings
warnings.simplefilter("ignore")
found = {"backend": None, "devices": [], "error": None}
try:
    from vitral._keras import import_keras
    found["backend"] = import_keras().config.backend()
    if found["backend"] == "jax":
        import jax
        found["devices"] = [f"{d.platform}:{d.id} {d.device_kind}" for d in jax.devices()]
except Exception as error:
    found["error"] = (str(error).strip().splitlines() or [type(error).__name__])[0]
print("\\n" + json.dumps(found))
"""


def doctor(*, as_json: bool) -> int:
    """Print the report.

    Returns:
        The exit code: 0, or 1 where Keras cannot be used with its backend.
    """
    report = _without_home(collect())
    # Plain letters only: what stands in a path must not fail on a terminal that cannot show it.
    text = json.dumps(report, indent=2) if as_json else as_text(report)
    print(text.encode("ascii", "backslashreplace").decode("ascii"))
    return console.FAILED if report["backend"]["error"] else console.DONE


def collect() -> dict[str, Any]:
    """What there is, as values that JSON knows."""
    return {
        "vitral": __version__,
        "python": f"{platform.python_version()} ({platform.python_implementation()}), {sys.executable}",
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
        "backend": find_backend(),
        "environment": {name: os.environ[name] for name in VARIABLES if name in os.environ},
        "cache": find_cache(),
        "data": find_data(),
        "cores": {"machine": os.cpu_count(), "usable": _usable_cores()},
        "memory": {"bytes": _memory()},
        "terminal": {
            "encoding": getattr(sys.stdout, "encoding", None),
            "is_terminal": sys.stdout.isatty(),
            "columns": shutil.get_terminal_size().columns,
            "locale": ".".join(part for part in _locale() if part) or None,
        },
    }


def find_backend() -> dict[str, Any]:
    """Keras's backend, why that one, and the devices that JAX shows; `error` is a sentence where it does not start."""
    found: dict[str, Any] = {"backend": None, "devices": [], "error": None}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _ASK], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        lines = done.stdout.strip().splitlines()
        if done.returncode == 0 and lines:
            found = json.loads(lines[-1])
        else:
            last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
            found["error"] = f"Keras's process ended with {done.returncode}: {last}"
    except subprocess.TimeoutExpired:
        found["error"] = f"Keras did not start within {SECONDS} s."
    except (OSError, ValueError) as error:
        found["error"] = f"Keras could not be asked: {error}"
    return {
        "name": found["backend"],
        "why": _why(found["backend"]),
        "devices": found["devices"],
        "error": found["error"],
    }


def find_cache() -> dict[str, Any]:
    """Where compiled programs are kept, and how much is there."""
    chosen = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    folder = Path(chosen) if chosen else user_folder()
    sizes = [size for _, size in _files(folder)] if folder else []
    return {
        "folder": str(folder) if folder else None,
        "files": len(sizes),
        "bytes": sum(sizes),
        "most_bytes": None if chosen else MAX_BYTES,
    }


def find_data() -> list[dict[str, Any]]:
    """The folders where data sets are looked for, and what is in them."""
    own, keras = os.environ.get("VITRAL_DATA"), os.environ.get("KERAS_HOME") or "~/.keras"
    folders = [("$VITRAL_DATA", Path(own)) if own else None, ("Keras's cache", Path(keras) / "datasets")]
    found = []
    for what, folder in filter(None, folders):
        with contextlib.suppress(RuntimeError):  # no home
            folder = folder.expanduser()
        names = sorted({path.relative_to(folder).parts[0] for path, _ in _files(folder)})
        found.append({"what": what, "folder": str(folder), "exists": folder.is_dir(), "holds": names})
    return found


def as_text(report: dict[str, Any]) -> str:
    """The report as lines, each with its name in front."""
    backend, cache, terminal = report["backend"], report["cache"], report["terminal"]
    lines = [
        ("vitral", report["vitral"]),
        ("python", report["python"]),
        ("platform", report["platform"]),
        ("packages", ", ".join(f"{name} {found}" for name, found in report["packages"].items() if found)),
        ("not here", ", ".join(name for name, found in report["packages"].items() if not found) or "-"),
        ("backend", f"{backend['name'] or 'none'} ({backend['why']})"),
        *([("error", backend["error"])] if backend["error"] else []),
        ("devices", ", ".join(backend["devices"]) or "-"),
        ("variables", ", ".join(f"{name}={value}" for name, value in report["environment"].items()) or "-"),
        ("cache", f"{cache['folder'] or 'none'}: {cache['files']} files, {_mebibytes(cache['bytes'])}"),
    ]
    for place in report["data"]:
        holds = (", ".join(place["holds"]) or "empty") if place["exists"] else "no such folder"
        lines.append(("data", f"{place['what']}, {place['folder']}: {holds}"))
    shown = "a terminal" if terminal["is_terminal"] else "no terminal"
    return "\n".join(
        f"{name:<10} {value}"
        for name, value in [
            *lines,
            ("cores", f"{report['cores']['usable']} of {report['cores']['machine']}"),
            ("memory", _mebibytes(report["memory"]["bytes"])),
            (
                "terminal",
                f"{shown}, {terminal['encoding']}, {terminal['columns']} columns, locale {terminal['locale']}",
            ),
        ]
    )


def _why(backend: str | None) -> str:
    """Who chose the backend, as `vitral._keras.choose_backend` has it."""
    if os.environ.get("KERAS_BACKEND"):
        return "KERAS_BACKEND says so"
    home = os.environ.get("KERAS_HOME") or "~/.keras"
    with contextlib.suppress(OSError, ValueError, AttributeError, RuntimeError):
        file = Path(home).expanduser() / "keras.json"
        if backend and json.loads(file.read_text(encoding="utf-8")).get("backend") == backend:
            return f"{home}/keras.json says so"
    return "the default: neither KERAS_BACKEND nor keras.json names another that is installed"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    """Every file below a folder and its size; what cannot be looked at is left out."""
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                yield Path(parent, name), Path(parent, name).stat().st_size


def _usable_cores() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no such question
        return None


def _locale() -> tuple[str | None, str | None]:
    try:
        return locale.getlocale()
    except ValueError:  # a LANG that nobody knows
        return os.environ.get("LANG"), None


def _mebibytes(n: int | None) -> str:
    return "unknown" if n is None else f"{n / 2**20:,.0f} MiB" if n >= 2**20 else f"{n} bytes"


def _without_home(value: Any) -> Any:
    """The same with ~ in place of the home folder, whose name is often a person's."""
    if isinstance(value, dict):
        return {name: _without_home(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_without_home(part) for part in value]
    if not isinstance(value, str):
        return value
    homes: set[str] = {os.environ.get("HOME", ""), os.environ.get("USERPROFILE", "")}
    with contextlib.suppress(RuntimeError, OSError):
        homes |= {str(Path.home()), str(Path.home().resolve())}
    for home in sorted(homes - {"", "/"}, key=len, reverse=True):
        value = re.sub(rf"{re.escape(home)}(?![\w.-])", "~", value)
    return value

"""The child of `lessons.py`: a fresh process that holds one live panel and says how long it takes to answer."""

import json
import os
import time
from typing import Any

from _harness import serve

_held: dict[str, Any] = {}


def open_panel(number: str, name: str, language: str) -> dict[str, Any]:
    """Make a panel; what came with its first drawings."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    from vitral.course import lesson

    found = lesson(number, language)
    _ = found.experiment
    started = time.perf_counter()
    panel = _held["panel"] = found.live(name).wait(120)
    _held["first"] = dict(panel.values)
    return {**_outcome(panel, started), "controls": panel.controls}


def set_values(values: dict[str, Any]) -> dict[str, Any]:
    """Set values as a reader would; the others are as at first."""
    panel = _held["panel"]
    started = time.perf_counter()
    panel.values = {**_held["first"], **values}
    panel.wait(120)
    return _outcome(panel, started)


def rest() -> None:
    """Wait until what is computed beforehand is done."""
    for channel in _held["panel"]._warming:
        if channel._newest is not None:
            channel._newest.task.wait(120)


def _outcome(panel: Any, started: float) -> dict[str, Any]:
    seconds = time.perf_counter() - started
    if panel.status["state"] != "done":
        raise RuntimeError(panel.status.get("message", panel.status["state"]))
    return {"seconds": seconds, "bytes": len(json.dumps(panel.drawings, ensure_ascii=False).encode())}


if __name__ == "__main__":
    serve({"open": open_panel, "set": set_values, "rest": rest})

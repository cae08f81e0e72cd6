"""How soon a lesson answers: from a control that moved to the drawings, in Python and in Chromium, on this machine.

    python benchmarks/lessons.py                          all lessons that are ready (minutes)
    python benchmarks/lessons.py --lessons 1.2,1.3 --rounds 9 --json lessons.json
    python benchmarks/lessons.py --no-browser             Python's share alone

Each panel has a fresh process: its first drawings, then the first time of each choice that changes a network's shape
(another program has to be compiled), then all controls again and again. In the browser the course's own server
answers, and the clock runs from the moved slider until the new picture stands.
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from _course import chromium, course
from _harness import Child, ChildError, Machine, Summary, markdown_table, significant
from vitral.course import lesson, ready_rows

SOON, FIRST_TIME = 0.3, 2.5
"""Seconds that a reader should wait at most: for a number that moved, for a network of another shape."""

# Panels in the page's order, through the shadow roots that they live in.
_PANELS = """const panelsIn = (root) => [...root.querySelectorAll("*")].flatMap(
  (e) => [...(e.matches(".vitral[data-serial]") ? [e] : []), ...(e.shadowRoot ? panelsIn(e.shadowRoot) : [])]);"""
_IS_READY = f"""(n) => {{ {_PANELS}
  const found = panelsIn(document);
  return found.length >= n && found.every((panel) => panel.dataset.state !== "running");
}}"""
_SLIDERS = f"""(at) => {{ {_PANELS}
  return [...panelsIn(document)[at].querySelectorAll(".v-control input[type=range]")].map(
    (i) => [i.dataset.name, Number(i.min), Number(i.max), Number(i.step)]);
}}"""
# Moves a slider and waits until the drawing that came of it stands.
_MOVE = f"""async ([at, name, value]) => {{ {_PANELS}
  const panel = panelsIn(document)[at], input = panel.querySelector(`input[data-name="${{name}}"]`);
  const before = Number(panel.dataset.serial), old = input.value, started = performance.now();
  input.value = value;
  if (input.value === old) return [null, "done"]; // nothing has moved
  input.dispatchEvent(new Event("input", {{ bubbles: true }}));
  await new Promise((resolve, reject) => {{
    setTimeout(() => reject(new Error("no answer in 60 s")), 60000);
    const look = () => {{
      if (Number(panel.dataset.serial) > before && panel.dataset.state !== "running") resolve();
      else requestAnimationFrame(look);
    }};
    look();
  }});
  return [performance.now() - started, panel.dataset.state];
}}"""


@dataclass
class Row:
    """What was measured of one panel; seconds.

    Attributes:
        first: until its first drawings. size: bytes of the largest drawings.
        moved: by control, each round. new: by structural control, the first time of each of its values.
        seen: by slider, each round, in the browser.
    """

    lesson: str
    name: str
    first: float = 0.0
    size: int = 0
    moved: dict[str, list[float]] = field(default_factory=dict)
    new: dict[str, list[float]] = field(default_factory=dict)
    seen: dict[str, list[float]] = field(default_factory=dict)
    trouble: str = ""


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    machine, rows = Machine.here(), []
    for number in options.lessons:
        for block in lesson(number).text.blocks("live"):
            _say(f"{number} {block.name}")
            machine.note_load()
            rows.append(_measure(number, block.name, options.rounds))
    if not options.no_browser:
        _measure_in_browser(rows, options.rounds, machine)
    _say("")
    print(render(rows, machine, options.rounds))
    if options.json:
        content = {"machine": machine.as_json(), "rounds": options.rounds, "panels": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(content, indent=1))
    return 1 if any(row.trouble for row in rows) else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    ready = [row.number for row in ready_rows()]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lessons", default=",".join(ready), help=f"some of {', '.join(ready)}")
    parser.add_argument("--rounds", type=int, default=5, help="how often each control is moved (default 5)")
    parser.add_argument("--no-browser", action="store_true", help="measure Python's share alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round there")
    options = parser.parse_args(arguments)
    options.lessons = [number.strip() for number in options.lessons.split(",")]
    unknown = [number for number in options.lessons if number not in ready]
    if unknown:
        parser.error(f"--lessons must be among {', '.join(ready)}: got {unknown[0]!r}")
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1: got {options.rounds}")
    return options


# ---------------------------------------------------------------- in Python


def _measure(number: str, name: str, rounds: int) -> Row:
    row = Row(number, name)
    child = Child(f"{number} {name}", sys.executable, "_with_lessons.py", name, {"JAX_PLATFORMS": "cpu"})
    try:
        opened = child.ask("open", number=number, name=name, language="es")
        row.first, row.size = opened["seconds"], opened["bytes"]
        controls = [(c, _values_of(c)) for c in opened["controls"]]
        for control, values in controls:
            if control.get("structural"):
                for value in values[1:]:
                    row.new.setdefault(control["name"], []).append(_set(child, row, control, value))
        child.ask("rest")
        for control, values in controls:
            if values:
                _set(child, row, control, values[-1])  # what is computed once for all is none of a move's time
                moves = [values[r % len(values)] for r in range(rounds)]
                row.moved[control["name"]] = [_set(child, row, control, value) for value in moves]
    except ChildError as error:
        row.trouble = str(error)
    finally:
        child.close()
    return row


def _set(child: Child, row: Row, control: dict[str, Any], value: Any) -> float:
    answer = child.ask("set", values={control["name"]: value})
    row.size = max(row.size, answer["bytes"])
    return answer["seconds"]


def _values_of(control: dict[str, Any]) -> list[Any]:
    """Values to move a control to, its first one first: both ends and something between, or every choice."""
    first = control["value"]
    if control["kind"] == "slider":
        low, high = control["low"], control["high"]
        between = (
            (low * high) ** 0.5 if control["log"] else low + round((high - low) / 2 / control["step"]) * control["step"]
        )
        return [first, *(value for value in (low, between, high) if value != first)]
    if control["kind"] == "menu":
        return [first, *(key for key, _ in control["options"] if key != first)]
    return [False, True] if control["kind"] == "switch" else []


# ---------------------------------------------------------------- in the browser


def _measure_in_browser(rows: list[Row], rounds: int, machine: Machine) -> None:
    from playwright.sync_api import Error

    with chromium() as browser:
        if browser is None:
            _say("no Chromium on this machine: nothing is measured in a browser\n")
            return
        with course() as running:
            for number in dict.fromkeys(row.lesson for row in rows):
                machine.note_load()
                page = browser.new_page()
                of_lesson = [row for row in rows if row.lesson == number]
                try:
                    page.goto(f"{running.address}/{number.replace('.', '-')}/?lang=es")
                    page.wait_for_function(_IS_READY, arg=len(of_lesson), timeout=120_000)
                    for at, row in enumerate(of_lesson):
                        _say(f"{number} {row.name} in the browser")
                        _move_sliders(page, at, row, rounds)
                except Error as error:
                    of_lesson[0].trouble = of_lesson[0].trouble or str(error).splitlines()[0]
                page.close()


def _move_sliders(page: Any, at: int, row: Row, rounds: int) -> None:
    from playwright.sync_api import Error

    for name, low, high, step in page.evaluate(_SLIDERS, at):
        if name in row.new:  # compiling is Python's share
            continue
        # Two places in turn, far from the ends; the first moves are for what is computed once.
        n_steps = round((high - low) / step)
        lower = round(0.4 * n_steps)
        places = [low + step * n for n in (lower, max(lower + 1, round(0.6 * n_steps)))]
        for r in range(-2, rounds):
            try:
                milliseconds, state = page.evaluate(_MOVE, [at, name, places[r % 2]])
            except Error as error:
                row.trouble = f"{name}: {str(error).splitlines()[0]}"
                break
            if state != "done":
                row.trouble = f"{name} ended as {state} in the browser"
            if r >= 0 and milliseconds is not None:
                row.seen.setdefault(name, []).append(milliseconds / 1e3)


# ---------------------------------------------------------------- what is shown


def render(rows: list[Row], machine: Machine, rounds: int) -> str:
    """The table and what is over the limits, as Markdown."""
    header = ["Panel", "first drawings", "kB", "a move", "new shape", "in the browser"]
    table = [
        [
            f"{row.lesson} {row.name}",
            row.trouble or _milliseconds(row.first, None),
            f"{row.size / 1e3:.0f}",
            _slowest(row.moved, SOON),
            _slowest(row.new, FIRST_TIME, most=True),
            _slowest(row.seen, SOON),
        ]
        for row in rows
    ]
    limits = f"{SOON * 1e3:.0f} ms for a move, {FIRST_TIME:g} s for a new shape"
    return "\n".join(
        [
            f"Milliseconds of the slowest control of each panel: median of {rounds} moves, and the longest first time "
            f"of a new shape. Bold is over {limits}.",
            "",
            markdown_table(header, table),
            "",
            f"Machine: {machine.describe()}.",
        ]
    )


def _slowest(times: dict[str, list[float]], limit: float, *, most: bool = False) -> str:
    if not times:
        return "–"
    summaries = {name: Summary.of(values) for name, values in times.items()}
    value, name = max((s.high if most else s.median, name) for name, s in summaries.items())
    return f"{_milliseconds(value, limit)} ({name})"


def _milliseconds(seconds: float, limit: float | None) -> str:
    shown = significant(seconds * 1e3)
    return f"**{shown}**" if limit is not None and seconds > limit else shown


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""How long a reader waits: from `vitral course` to the gallery, and from a click there to a lesson's first panel.

    python benchmarks/opening.py [--lesson 1.2] [--rounds 5]

Needs Chromium. A *cold* opening is the first in a browser that has never seen the course, on a server that has just
started, right after the gallery has appeared; a *warm* one is the next in the same browser. Both are measured from the
click on the lesson's link. Medians of so many rounds, with the least and the greatest; each round starts a server and
a browser of its own.
"""

import argparse
import sys
import time
from typing import Any

from _course import chromium, course
from _harness import Machine, Summary, markdown_table
from vitral.course import ready_rows, row

_TITLE = "document.querySelector('h1') && location.pathname === '/%s/'"
_PANEL = """[...document.querySelectorAll("#App marimo-anywidget")].some(
  (widget) => widget.shadowRoot?.querySelector(".vitral")?.dataset.state === "done")"""


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    slug, machine, rounds = row(options.lesson).slug, Machine.here(), []
    for _ in range(options.rounds):
        machine.note_load()
        with chromium() as browser:
            if browser is None:
                print("no Chromium on this machine: nothing can be measured", file=sys.stderr)
                return 1
            rounds.append(measure(browser, slug))
    print(render(options.lesson, rounds, machine))
    return 0


def measure(browser: Any, slug: str, looks_around: float = 4.0) -> dict[str, float]:
    """Seconds of one round, by name; a reader looks around for some between the two openings."""
    with course() as running:
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        cold = _click(page, running.address, slug)
        page.wait_for_timeout(looks_around * 1e3)
        warm = _click(page, running.address, slug)
        page.close()
    assert running.closing is not None
    return {
        "command to gallery": running.opening,
        "cold: title": cold[0],
        "cold: first panel": cold[1],
        "warm: title": warm[0],
        "warm: first panel": warm[1],
        "Ctrl-C to end": running.closing,
    }


def render(lesson: str, rounds: list[dict[str, float]], machine: Machine) -> str:
    """The table, as Markdown."""
    summaries = {name: Summary.of([one[name] for one in rounds]) for name in rounds[0]}
    table = [[name, f"{s.median:.2f}", f"{s.low:.2f}–{s.high:.2f}"] for name, s in summaries.items()]
    return "\n".join(
        [
            f"Lesson {lesson}, seconds of {len(rounds)} rounds.",
            "",
            markdown_table(["", "median", "range"], table),
            "",
            f"Machine: {machine.describe()}.",
        ]
    )


def _options(arguments: list[str] | None) -> argparse.Namespace:
    ready = [row.number for row in ready_rows()]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lesson", default="1.2", choices=ready, help="the lesson to open (default 1.2)")
    parser.add_argument("--rounds", type=int, default=5, help="how often (default 5)")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1: got {options.rounds}")
    return options


def _click(page: Any, address: str, slug: str) -> tuple[float, float]:
    """Seconds from the click on a lesson in the gallery to its title and to its first panel."""
    page.goto(f"{address}/?lang=en", wait_until="domcontentloaded")
    link = page.locator(f'h3 a[href="/{slug}/?lang=en"]')
    link.scroll_into_view_if_needed()
    begin = time.perf_counter()
    link.click(no_wait_after=True)
    page.wait_for_url(f"**/{slug}/**", wait_until="commit")
    return _until(page, _TITLE % slug) - begin, _until(page, _PANEL) - begin


def _until(page: Any, script: str) -> float:
    """The moment when `script` first is true."""
    end = time.perf_counter() + 120
    while not page.evaluate(f"() => Boolean({script})"):
        if time.perf_counter() > end:
            raise TimeoutError(f"not true in two minutes: {script}")
        page.wait_for_timeout(10)
    return time.perf_counter()


if __name__ == "__main__":
    sys.exit(main())

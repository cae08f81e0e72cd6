"""What every benchmark here shares: contenders in child processes, interleaved rounds, medians, the machine, tables.

Two frameworks in one process would share its threads and its memory, and some refuse to. So each framework lives in
a child of its own for the whole benchmark and answers requests, one JSON object a line: the parent imports none of
them, and can let contenders take turns, so that what disturbs the machine disturbs all alike.
"""

import contextlib
import json
import os
import platform
import selectors
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


# ---------------------------------------------------------------- children


class ChildError(Exception):
    """A child could not do what it was asked; the message is its own last line."""


class Child:
    """A process that holds one framework and answers requests.

    Args:
        name: for messages.
        python: the interpreter to run.
        module: a script beside this file that calls `serve`.
        argument: its only argument.
        environment: variables set on top of the present ones.
        patience: seconds to wait for an answer.
    """

    def __init__(
        self, name: str, python: str, module: str, argument: str, environment: dict[str, str], patience: float = 600
    ) -> None:
        self.name, self._patience = name, patience
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the child)
        self._process = subprocess.Popen(
            [python, str(_FOLDER / module), argument],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, **environment},
        )

    def ask(self, do: str, **arguments: Any) -> Any:
        """Send one request and wait for its answer.

        Raises:
            ChildError: the request failed, the child ended, or no answer came in time.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
            raise ChildError(self._last_words()) from None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            if not selector.select(self._patience):
                self._process.kill()
                raise ChildError(f"{self.name}: no answer to {do!r} in {self._patience:.0f} s")
        line = stdout.readline()
        if not line:
            raise ChildError(self._last_words())
        answer = json.loads(line)
        if "error" in answer:
            raise ChildError(answer["error"])
        return answer["value"]

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]
        self._log.close()

    def _last_words(self) -> str:
        # What a process says as it ends comes after its pipe closes.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10)
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return f"{self.name} ended: {lines[-1] if lines else 'without a word'}"


def serve(commands: dict[str, Callable[..., Any]]) -> None:
    """A child's main loop: call what each request names, answer with what it returns, end when the parent does."""
    # Frameworks print on standard output: it goes where errors go, and answers keep a way of their own.
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        for line in sys.stdin:
            request = json.loads(line)
            try:
                answer = {"value": commands[request.pop("do")](**request)}
            except Exception as error:
                first = (str(error).strip() or "without a message").splitlines()[0]
                answer = {"error": f"{type(error).__name__}: {first}"[:300]}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


# ---------------------------------------------------------------- rounds


def interleave(names: Sequence[str], rounds: int) -> Iterator[tuple[int, str]]:
    """(round, name) for every name in every round; each round begins with another, so that no place is favoured."""
    for r in range(rounds):
        at = r % max(len(names), 1)
        for name in [*names[at:], *names[:at]]:
            yield r, name


def time_repeatedly(train: Callable[[], None], reset: Callable[[], None], at_least: float) -> float:
    """Seconds of one `train()`, averaged over as many as `at_least` seconds take; `reset` is not timed."""
    total, n = 0.0, 0
    while n == 0 or total < at_least:
        reset()
        started = time.perf_counter()
        train()
        total += time.perf_counter() - started
        n += 1
    return total / n


@dataclass(frozen=True)
class Summary:
    """Median, least and greatest of some measurements."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Summary":
        """The summary of at least one value."""
        return cls(statistics.median(values), min(values), max(values))


# ---------------------------------------------------------------- the machine


@dataclass
class Machine:
    """Where the figures come from, and how busy it was."""

    cpu: str
    cores: int
    memory_gib: float | None
    system: str
    python: str
    loads: list[float] = field(default_factory=list)

    @classmethod
    def here(cls) -> "Machine":
        """This machine."""
        memory = None
        with contextlib.suppress(AttributeError, ValueError, OSError):
            memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
        system = f"{platform.system()} {platform.release()}"
        return cls(_cpu_model(), _cores(), memory, system, platform.python_version())

    def note_load(self) -> None:
        """Remember the present load average over one minute, where the system tells."""
        with contextlib.suppress(AttributeError, OSError):
            self.loads.append(round(os.getloadavg()[0], 2))

    def describe(self) -> str:
        """One line."""
        memory = f", {self.memory_gib:g} GiB" if self.memory_gib else ""
        load = f"; load average {min(self.loads):.1f}–{max(self.loads):.1f} meanwhile" if self.loads else ""
        return f"{self.cpu}, {self.cores} cores{memory}; {self.system}, Python {self.python}{load}"

    def as_json(self) -> dict[str, Any]:
        """The fields, JSON-able."""
        return asdict(self)


def _cpu_model() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# ---------------------------------------------------------------- tables


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: first column to the left, the rest to the right."""
    ruler = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, ruler, *rows))


def significant(value: float) -> str:
    """A number with about three significant digits, no exponent."""
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"

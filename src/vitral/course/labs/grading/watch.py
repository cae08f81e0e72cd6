"""What a process and all below it use, seen from outside, and a clock that runs as they do.

A mark must not depend on how busy the teacher's machine is. So time is charged to a submission while it computes, by
what it computes, and while it sleeps or waits, by the wall; not while it could go on and others have the processor.
"""

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What some processes use: which they are, threads, resident bytes, seconds of processor, is one ready to run."""

    pids: list[int]
    n_threads: int
    memory_bytes: int
    cpu_seconds: float
    is_runnable: bool


def usage(pid: int) -> Usage:
    """Of a process and all below it; without Linux's /proc nothing is known but that it is there."""
    pids = descendants(pid)
    tasks = [task for one in pids for task in _tasks(one)]
    stats = [_stat(Path(f"/proc/{one}/stat")) for one in pids]
    return Usage(
        pids=pids,
        n_threads=len(tasks),
        memory_bytes=sum(map(memory_of, pids)),
        # Its own, and that of the children it has waited for.
        cpu_seconds=sum(sum(map(int, stat[11:15])) for stat in stats if stat) / _TICKS,
        is_runnable=any(_stat(task / "stat")[:1] == ["R"] for task in tasks),
    )


class Clock:
    """Seconds charged to a process and all below it: `charge` looks at them, and adds what has passed since.

    `cpu_seconds` are those of the processor among them.
    """

    def __init__(self, pid: int) -> None:
        self.seconds, self.cpu_seconds = 0.0, 0.0
        self._pid, self._wall = pid, time.monotonic()

    def charge(self) -> Usage:
        now, seen = time.monotonic(), usage(self._pid)
        computed, passed = max(0.0, seen.cpu_seconds - self.cpu_seconds), now - self._wall
        self.seconds += computed if seen.is_runnable else max(computed, passed)
        self._wall, self.cpu_seconds = now, max(seen.cpu_seconds, self.cpu_seconds)
        return seen


def descendants(pid: int) -> list[int]:
    """A process and all below it; on a system without Linux's /proc the process alone."""
    found, waiting = [], [pid]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for task in _tasks(pid):
            with contextlib.suppress(OSError, ValueError):
                waiting += map(int, (task / "children").read_text().split())
    return found


def n_files(pids: list[int]) -> int:
    """The files, of any kind, in the /tmp that the innermost of some processes sees; 0 where it is our own, or hidden.

    The empty ones cost the kernel memory that is counted nowhere.
    """
    try:
        folder = Path(f"/proc/{pids[-1]}/root/tmp")
        if folder.stat().st_dev == Path("/tmp").stat().st_dev:
            return 0
        about = os.statvfs(folder)
        return about.f_files - about.f_ffree
    except OSError:
        return 0


def memory_of(pid: int) -> int:
    """Resident bytes of one process; 0 where there is none."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _tasks(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


def _stat(path: Path) -> list[str]:
    """The fields of a stat file after the name, which may hold anything: the state is the first."""
    try:
        return path.read_bytes().rpartition(b") ")[2].decode().split()
    except OSError:
        return []

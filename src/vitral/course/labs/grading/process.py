"""One child: started, asked one call at a time, watched while it computes, and killed with all that it started.

The watchdog counts, from outside, the processes below the child, the memory that they hold and their time. Killing
the outermost process kills the first one of the namespace, and the kernel then everything in it: `setsid` and double
forks included.
"""

import contextlib
import os
import secrets
import select
import subprocess
import time
from typing import Any, Self

import numpy as np

from vitral.course.labs import wire
from vitral.course.labs.grading.sandbox import OUTER, Limits, arguments, child_command
from vitral.course.labs.grading.watch import Clock, descendants, n_files
from vitral.course.labs.lab import Answer, Call
from vitral.course.labs.notes import Note, note, sentences

_LOOK_SECONDS = 0.05
MOST_FILES = 20_000  # in its temporary folder
MOST_RECEIVED = 64 * 2**20  # bytes of answers
_MOST_WAITED = 20  # times what may be charged: so long a busy machine may take


class ChildError(Exception):
    """The child is of no use any more: `trouble` is "timeout", "crash" or "refused", `note` says why."""

    def __init__(self, trouble: str, note: Note) -> None:
        super().__init__(note.key)
        self.trouble, self.note = trouble, note


class StartError(ChildError):
    """The child ended before it had anything of the student's to run: it is not the student's fault."""


class Child:
    """A context manager: the process of one submission, or of what of it is left to do after a crash."""

    def __init__(self, tool: str, limits: Limits, *, backend: str) -> None:
        self._tool, self._limits, self._backend = tool, limits, backend
        self._end, self._wall_end, self._n_received = 0.0, 0.0, 0

    def __enter__(self) -> Self:
        theirs, self._calls = os.pipe()
        self._answers, theirs_too = os.pipe()
        try:
            command = arguments(self._tool, child_command(theirs, theirs_too), self._limits, backend=self._backend)
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs, theirs_too),
                start_new_session=True,
                cwd="/",
                env=OUTER,
            )
        except BaseException:
            self._close()
            raise
        finally:
            os.close(theirs)
            os.close(theirs_too)
        os.set_blocking(self._calls, False)
        self._clock = Clock(self._process.pid)
        return self

    def __exit__(self, *exception: object) -> None:
        # Without namespaces, what the child started has to be found before its parent is gone.
        others = descendants(self._process.pid) if self._tool == "none" else []
        for pid in [self._process.pid, *others]:
            with contextlib.suppress(OSError):
                os.kill(pid, 9)
        self._process.wait()
        self._close()

    @property
    def seconds(self) -> float:
        """What has been charged so far."""
        return self._clock.seconds

    @property
    def cpu_seconds(self) -> float:
        """What has been computed so far."""
        return self._clock.cpu_seconds

    def load(self, name: str, content: bytes) -> dict[str, Any]:
        """Have the submission taken apart and its definitions run.

        Returns:
            "refused" (a note, or None), "troubles" (sentences), "skipped" (name, place).

        Raises:
            ChildError: it took too long, or the child ended. StartError: the same, before the submission ran.
        """
        number = secrets.randbits(60)
        self._give(self._limits.load_seconds)
        self._send({"id": number, "name": name, "content": np.frombuffer(content, np.uint8)})
        try:
            is_started = self._receive(number, "is_started")
        except ChildError as error:
            raise StartError(error.trouble, error.note) from error
        if is_started is not True:
            raise StartError("refused", note("other_answer"))
        report = self._receive(number, "report")
        is_report = isinstance(report, dict) and set(report) == {"refused", "troubles", "skipped"}
        if not (is_report and isinstance(report["troubles"], list)):
            raise ChildError("refused", note("other_answer"))
        skipped = report["skipped"] if isinstance(report["skipped"], dict) else {}
        return {
            "refused": None if report["refused"] is None else _as_note(report["refused"]),
            "troubles": [wire.plain(t) for t in report["troubles"][:50] if isinstance(t, str)],
            "skipped": {wire.plain(k): wire.plain(v) for k, v in skipped.items() if isinstance(v, str)},
        }

    def ask(self, call: Call, seconds: float) -> Answer:
        """The answer to one call.

        Raises:
            ChildError: it took more than `seconds` of its own, or the child ended, or it sent what is no answer.
        """
        number = secrets.randbits(60)
        self._give(seconds)
        self._send({"id": number, "call": wire.call_data(call)})
        try:
            return wire.as_answer(self._receive(number, "answer"))
        except wire.WireError as error:
            raise ChildError("refused", note("no_answer", why=error)) from error

    def _give(self, seconds: float) -> None:
        self._clock.charge()
        self._end = self._clock.seconds + seconds
        self._wall_end = time.monotonic() + _MOST_WAITED * seconds

    def _send(self, message: dict[str, Any]) -> None:
        frame = memoryview(wire.encode(message))
        while len(frame):
            self._look()
            if select.select([], [self._calls], [], _LOOK_SECONDS)[1]:
                try:
                    frame = frame[os.write(self._calls, frame) :]
                except BlockingIOError:
                    continue
                except OSError as error:
                    raise ChildError("crash", self._ending()) from error

    def _receive(self, number: int, part: str) -> Any:
        try:
            message = wire.read_frame(self._read)
        except wire.WireError as error:
            raise ChildError("refused", note("no_answer", why=error)) from error
        if message is None:
            raise ChildError("crash", self._ending())
        if set(message) != {"id", part} or message["id"] != number:
            raise ChildError("refused", note("other_answer"))
        return message[part]

    def _read(self, n_bytes: int) -> bytes:
        pieces, left = [], n_bytes
        while left:
            self._look()
            if select.select([self._answers], [], [], _LOOK_SECONDS)[0]:
                piece = os.read(self._answers, min(left, 1 << 20))
                if not piece:
                    break
                pieces.append(piece)
                left -= len(piece)
                self._n_received += len(piece)
                if self._n_received > MOST_RECEIVED:
                    raise ChildError("refused", note("much_answered", most=MOST_RECEIVED >> 20))
        if left and not pieces:
            return b""
        if left:
            raise ChildError("crash", self._ending())
        return b"".join(pieces)

    def _look(self) -> None:
        seen = self._clock.charge()
        if self._clock.seconds > self._end or time.monotonic() > self._wall_end:
            raise ChildError("timeout", note("too_slow"))
        if len(seen.pids) > self._limits.n_processes:
            raise ChildError("crash", note("many_processes", most=self._limits.n_processes))
        if seen.n_threads > self._limits.n_threads:
            raise ChildError("crash", note("many_threads", most=self._limits.n_threads))
        if seen.memory_bytes > self._limits.memory_bytes:
            raise ChildError("crash", note("much_memory", most=self._limits.memory_bytes >> 20))

        if self._tool != "none" and n_files(seen.pids) > MOST_FILES:
            raise ChildError("crash", note("many_files", most=MOST_FILES))

    def _ending(self) -> Note:
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(timeout=1)
            return note("ended", code=code)
        return note("hung_up")

    def _close(self) -> None:
        for end in (self._calls, self._answers):
            with contextlib.suppress(OSError):
                os.close(end)


def _as_note(data: Any) -> Note:
    """What a stranger says why its file is refused: one of our sentences, or that it is no answer."""
    try:
        key, values = data["key"], data["values"]
        text = {name: wire.plain(value) for name, value in values.items()}
        sentences()[key]["en"].format_map(text)
        return Note(key=key, values=text)
    except (TypeError, KeyError, AttributeError, ValueError):
        raise ChildError("refused", note("other_answer")) from None

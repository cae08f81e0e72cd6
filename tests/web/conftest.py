"""The course's server: as an app without a network, and as a reader starts it, in a process of its own."""

import os
import re
import signal
import subprocess
import sys

import pytest

import vitral.web
from vitral.course import ready_rows

FIRST = ready_rows()[0]


@pytest.fixture(scope="module")
def app():
    return vitral.web.create_app(port=8642)


class Served:
    """`vitral course` in a process of its own, on a free port."""

    def __init__(self, *options, folder):
        environment = {**os.environ, "XDG_CACHE_HOME": str(folder)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vitral", "course", "--no-browser", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        self.printed = []
        for line in self.process.stdout:
            self.printed.append(line)
            if found := re.search(r"(http://\S+?)/(\?\S+)?\s", line):
                self.address, self.query = found[1], found[2] or ""
                break
        else:
            self.process.communicate()
            raise AssertionError("".join(self.printed))
        self.port = int(self.address.rpartition(":")[2])

    def stop(self):
        """Press Ctrl-C; the exit code, and what else was printed."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            rest, _ = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, rest


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The server that a module's tests share."""
    one = Served(folder=tmp_path_factory.mktemp("cache"))
    yield one
    code, rest = one.stop()
    assert code == 0, rest
    assert "Traceback" not in rest, rest


@pytest.fixture
def serve(tmp_path):
    """`serve("--sessions", "1")` -> Served; stopped at the end."""
    running = []

    def start(*options):
        running.append(Served(*options, folder=tmp_path))
        return running[-1]

    yield start
    for one in running:
        one.stop()

"""Two processes that train into one tree of folders at the same time: each run is whole, none is lost."""

import os
import subprocess
import sys

import vitral

RUN = """
import datetime, sys
import vitral.cli.options as options
class Now(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 1, 31, 10, 15)
options.datetime = Now                      # both ask in the same second
from vitral.cli import main
sys.exit(main(["train", "iris", "--epochs", "2", "--hidden", "none", "--no-report", "-q", "--seed", sys.argv[1]]))
"""


def test_runs_of_the_same_second_have_folders_of_their_own(tmp_path):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RUN, str(seed)],
            cwd=tmp_path,
            env={**os.environ, "KERAS_BACKEND": "jax"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(2)
    ]
    printed = [process.communicate(timeout=300)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert len(set(printed)) == 2
    runs = vitral.runs.list_runs(tmp_path / "runs")
    assert [run.status for run in runs] == ["done", "done"]
    assert {vitral.open_run(run.path).seed for run in runs} == {0, 1}
    assert sorted(run.path.name for run in runs) == ["iris-20260131-101500", "iris-20260131-101500-2"]

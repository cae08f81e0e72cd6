"""The command run inside the test's process, in a folder of its own, without the user's compilation cache."""

import json
from dataclasses import dataclass

import pytest

import vitral._cache
from vitral.cli import main


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self):
        """Standard output as the one JSON object that it must be."""
        return json.loads(self.out)


@pytest.fixture
def vitral_command(tmp_path, monkeypatch, capsys):
    """`vitral_command("train", "moons")` -> Outcome."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(vitral._cache, "use_compilation_cache", lambda: None)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments):
        capsys.readouterr()
        code = main([str(a) for a in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run

"""Every Python block of every lesson runs as it stands, in a process of its own."""

import importlib.util
import os
import subprocess
import sys

import pytest
from ready import NUMBERS, TEXTS, code_blocks, markdown_of

LONG = {"1.6-try-0", "1.7-try-0", "1.8-forms-0"}  # shorter blocks of theirs, or of others, run on every change

BLOCKS = [
    pytest.param(source, id=name, marks=[pytest.mark.slow] * (name in LONG))
    for number in NUMBERS
    for section in TEXTS[number]["en"].sections
    for at, source in enumerate(code_blocks(markdown_of(section)))
    for name in [f"{number}-{section.key}-{at}"]
]


def run(source, backend, folder):
    """Run the code where nothing of this repository lies around, and fail with what it said."""
    done = subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "KERAS_BACKEND": backend, "MPLBACKEND": "agg"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("source", BLOCKS)
def test_a_block_runs_unmodified(source, tmp_path):
    run(source, "jax", tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed")
@pytest.mark.parametrize("source", BLOCKS)
def test_a_block_runs_on_tensorflow(source, tmp_path):
    run(source, "tensorflow", tmp_path)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_section_to_try_has_code(number):
    text = TEXTS[number]["en"]
    assert code_blocks(markdown_of(text.section("try")))

"""Keras's own tests of `fit`, run with `keras.Model.fit` replaced by `vitral.fit`.

The installed keras package ships them. They are copied into a temporary folder and run there in a process of their
own, with `patched_conftest.py` as their conftest. Tests of packages that are missing here count as skipped.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Tests left out: test -> why. None of them because of Vitral: what Keras's loop itself is asked, it still answers.
DESELECTED: dict[str, str] = {
    "tensorboard_test.py::TestTensorBoardV2::test_custom_summary": "fails with Keras's own fit too, before it is "
    "called: a TracerArrayConversionError of this JAX cannot be raised again by this Keras (needs TensorFlow anyway)",
}

# Tests that provoke a NaN loss by a NaN or infinite target, which vitral.fit refuses as bad data. They run without
# that check, because what they are about (stopping on NaN) is the engine's as well.
NAN_TARGETS = [
    "terminate_on_nan_test.py::TerminateOnNaNTest::test_terminate_on_nan_graceful_stop",
    "terminate_on_nan_test.py::TerminateOnNaNTest::test_terminate_on_nan_raise_error_raises_error",
    "terminate_on_nan_test.py::TerminateOnNaNTest::test_raise_error_terminate_does_not_trigger_on_train_end",
    "terminate_on_nan_test.py::TerminateOnNaNTest::test_raise_error_terminate_preserves_backup",
    "terminate_on_nan_test.py::TerminateOnNaNTest::test_raise_error_terminate_stops_on_later_batch",
]

# Part -> files, the fewest tests that must pass, and the fewest fits that must run compiled. The rest of the fits ask
# for Keras's loop: run_eagerly, jit_compile=False, generators, callbacks with a hook for every batch.
PARTS = {
    "trainer": ("trainers/trainer_test.py", 120, 35),
    "callbacks": ("callbacks/*_test.py", 48, 55),
}

pytestmark = pytest.mark.slow


def run_keras_tests(folder: Path, pattern: str) -> dict:
    """Run the files that match `pattern` in keras/src, replaced; outcomes by test, and fits with their engines."""
    import keras

    source = Path(keras.__file__).parent / "src"
    here = Path(__file__).parent
    files = sorted(source.glob(pattern))
    assert files, f"keras no longer ships {pattern}"
    for file in files:
        shutil.copy(file, folder)
    shutil.copy(here / "patched_conftest.py", folder / "conftest.py")
    (folder / "pytest.ini").write_text("[pytest]\n")
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "VITRAL_KERAS_OWN": str(folder / "results.json"),
        "VITRAL_KERAS_OWN_UNCHECKED": " ".join(NAN_TARGETS),
    }
    environment.pop("PYTEST_ADDOPTS", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore"]
    command += [f"--deselect={test}" for test in DESELECTED]
    done = subprocess.run([*command, "."], cwd=folder, env=environment, capture_output=True, text=True, timeout=1200)
    if not (folder / "results.json").exists():
        pytest.fail(f"Keras's tests did not run:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    results = json.loads((folder / "results.json").read_text())
    assert done.returncode == int(any(r["outcome"] == "failed" for r in results["outcomes"].values())), done.stdout
    return results


@pytest.mark.parametrize("part", PARTS)
def test_keras_tests_pass_with_vitral_fit(part: str, tmp_path: Path) -> None:
    pattern, fewest_passed, fewest_compiled = PARTS[part]
    results = run_keras_tests(tmp_path, pattern)
    outcomes, fits = results["outcomes"], results["fits"]

    failed = {test: r["why"] for test, r in outcomes.items() if r["outcome"] == "failed"}
    passed = [test for test, r in outcomes.items() if r["outcome"] == "passed"]
    engines = [f["engine"] for f in fits]
    print(
        f"{part}: {len(passed)} passed, {len(failed)} failed, {len(outcomes) - len(passed) - len(failed)} skipped; "
        f"fits: {engines.count('compiled')} compiled, {engines.count('keras')} in Keras's loop, "
        f"{engines.count('error')} raised"
    )
    assert not failed
    assert len(passed) >= fewest_passed
    assert engines.count("compiled") >= fewest_compiled


def test_listed_tests_exist() -> None:
    """A list of exceptions must not outlive the tests that it names."""
    import keras

    source = Path(keras.__file__).parent / "src"
    for test in [*DESELECTED, *NAN_TARGETS]:
        file, _, name = test.split("::")
        found = [*source.glob(f"trainers/{file}"), *source.glob(f"callbacks/{file}")]
        assert found, f"{file} is no longer there"
        assert f"def {name.split('[')[0]}" in found[0].read_text(encoding="utf-8"), f"{test} is no longer there"

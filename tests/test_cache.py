"""The compilation cache, in processes of their own: it is a setting of a whole process."""

import json
import os
import subprocess
import sys

import pytest

CODE = """
import json
from vitral._cache import use_compilation_cache
folder = use_compilation_cache()
import jax, jax.numpy as jnp
{then}
config = jax.config
print(json.dumps([folder and str(folder), config.jax_compilation_cache_dir, config.jax_compilation_cache_max_size]))
"""
COMPILE = "jax.jit(lambda x: jnp.tanh(x) @ x.T)(jnp.ones((3, 3))).block_until_ready()"


def run(then="", **environment):
    kept = {k: v for k, v in os.environ.items() if k not in ("XDG_CACHE_HOME", "JAX_COMPILATION_CACHE_DIR")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE.format(then=then)],
        capture_output=True,
        text=True,
        env={**kept, "KERAS_BACKEND": "jax", **{k: str(v) for k, v in environment.items()}},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_programs_are_kept_in_the_users_cache_folder_which_is_bounded(tmp_path):
    expected = tmp_path / ".cache" / "vitral" / "jax"
    assert run(COMPILE, HOME=tmp_path) == [str(expected), str(expected), 256 * 2**20]
    kept = {file.name for file in expected.glob("*-cache")}
    assert any("lambda" in name for name in kept)
    run(COMPILE, HOME=tmp_path)
    assert {file.name for file in expected.glob("*-cache")} == kept


@pytest.mark.slow
def test_the_xdg_folder_comes_first(tmp_path):
    assert run(HOME=tmp_path / "home", XDG_CACHE_HOME=tmp_path / "xdg")[0] == str(tmp_path / "xdg" / "vitral" / "jax")
    assert not (tmp_path / "home" / ".cache").exists()


@pytest.mark.slow
def test_a_cache_that_the_user_chose_stays(tmp_path):
    folder, used, size = run(HOME=tmp_path, JAX_COMPILATION_CACHE_DIR=tmp_path / "mine")
    assert folder == used == str(tmp_path / "mine")
    assert size == -1  # JAX's own: not bounded


@pytest.mark.slow
def test_without_a_home_or_a_folder_that_can_be_made_there_is_no_cache(tmp_path):
    assert run(COMPILE, HOME="")[0] is None
    (tmp_path / "file").touch()
    assert run(COMPILE, HOME=tmp_path, XDG_CACHE_HOME=tmp_path / "file")[:2] == [None, None]

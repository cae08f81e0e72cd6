"""What every test needs before it imports anything: Keras on JAX. And one browser for all that look at a page."""

import gc
import os
import re
import shutil
from pathlib import Path

import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")

_QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


def pytest_collection_modifyitems(items):
    """Workers that share tests call them by their names, which must be the same in each process."""
    for item in items:
        if " at 0x" in item.nodeid:
            raise pytest.UsageError(f"{item.nodeid} has an address in its name: give its cases ids.")


@pytest.fixture(scope="module", autouse=True)
def _what_is_left_is_not_searched_again():
    """Traced programs stay for good, and Keras asks for a whole collection each time a session is cleared.

    After some two thousand tests that took a third of the time of all that followed.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def compilation_cache(tmp_path_factory):
    """JAX's own cache of compiled programs, in a folder of this test session that its workers share."""
    import jax

    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    options = {
        "jax_compilation_cache_dir": str(folder / "compiled"),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": 0,
        "jax_persistent_cache_enable_xla_caches": "none",
    }
    before = {name: getattr(jax.config, name) for name in options}
    for name, value in options.items():
        jax.config.update(name, value)
    yield
    for name, value in before.items():
        jax.config.update(name, value)


@pytest.fixture(scope="session")
def browser():
    """Chromium, where there is one.

    A process has one for all its tests: Playwright keeps an event loop in the main thread as long as it lives, and a
    second Playwright would not start beside it. For the same reason a test runs its own coroutines with
    `in_a_loop`, not with `asyncio.run`.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("no Chromium on this machine")
    tools = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with tools.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=_QUIET.split())
        yield found
        found.close()


@pytest.fixture
def from_outside(tmp_path):
    """A folder with the files that CONTRIBUTING.md shows, each named in the first line of its block."""
    text = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^(`{3,})\w+\n(?:# |<!-- )([\w./]+)(?: -->)?\n(.*?)^\1$", text, flags=re.DOTALL | re.MULTILINE)
    for _, name, content in blocks:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path

"""The persistent compilation cache: a program compiled once is read back by the next process.

JAX keeps it; Vitral only says where and how much. Never called at import: the command calls it, and whoever wants it.
"""

import os
from pathlib import Path

from vitral._keras import is_jax

MAX_BYTES = 256 * 2**20


def use_compilation_cache() -> Path | None:
    """Keep compiled programs in the user's cache folder, the least recently used dropped beyond 256 MiB.

    The folder is vitral/jax in $XDG_CACHE_HOME, else in ~/.cache. A cache that the user has already chosen
    (`JAX_COMPILATION_CACHE_DIR`, `jax.config`) is left as it is.

    Returns:
        The folder in use; None when there is none: no home, a folder that cannot be written, another backend than
        JAX. Training then compiles each time, and is otherwise the same.
    """
    if not is_jax():
        return None
    import jax

    chosen = getattr(jax.config, "jax_compilation_cache_dir", None)
    if chosen:
        return Path(chosen)
    folder = user_folder()
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    if not os.access(folder, os.W_OK | os.X_OK):
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_compilation_cache_max_size", MAX_BYTES)
    # Small networks compile fast, but there are many of them: keep every program.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    return folder


def user_folder() -> Path | None:
    """vitral/jax in $XDG_CACHE_HOME, else in ~/.cache; None without a home. It need not be there yet."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not Path(base).is_absolute():  # also when unset; the specification says to ignore a relative one
        home = os.environ.get("HOME") or os.environ.get("USERPROFILE")
        if not home:
            return None
        base = Path(home) / ".cache"
    return Path(base) / "vitral" / "jax"

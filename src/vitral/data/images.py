"""Where the large image sets are: a folder of the user's, Keras's cache, or the network, in this order."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from vitral._errors import DataError, DatasetMissingError
from vitral.data.files import read_archive, read_idx

Images = tuple[np.ndarray, np.ndarray]  # x (N, 28, 28), y (N,)

_KEYS = ("x_train", "y_train", "x_test", "y_test")
_IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def find_images(name: str) -> tuple[Images, Images]:
    """(x_train, y_train), (x_test, y_test) of "mnist" or "fashion_mnist".

    Looked for, first found first used:
     1. `$VITRAL_DATA/<name>.npz`, with arrays x_train, y_train, x_test and y_test;
     2. Keras's cache, `datasets/` in `$KERAS_HOME` or ~/.keras: mnist.npz, and the four files of fashion-mnist/;
     3. the network, through `keras.datasets`, which also fills the cache.

    Raises:
        DatasetMissingError: none of the three; says which file to put where.
        DataError: a file that was found is damaged, or misses an array.
    """
    folder = os.environ.get("VITRAL_DATA")
    if folder and (file := Path(folder).expanduser() / f"{name}.npz").is_file():
        return _from_archive(file)
    cache = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets"
    if (file := cache / f"{name}.npz").is_file():
        return _from_archive(file)
    idx_files = [cache / name.replace("_", "-") / file for file in _IDX_FILES]
    if all(file.is_file() for file in idx_files):
        x_train, y_train, x_test, y_test = (read_idx(file) for file in idx_files)
        return (x_train, y_train), (x_test, y_test)
    try:
        return _download(name)
    # Keras raises a bare Exception when it cannot download; a missing keras or a full disk ends here as well.
    except Exception as error:
        looked = f"$VITRAL_DATA ({folder})" if folder else "$VITRAL_DATA (not set)"
        why = str(error).strip().split("\n")[0][:160] or type(error).__name__
        raise DatasetMissingError(
            f"{name} must be on this machine or on the network: not in {looked}, not in Keras's cache ({cache}), and "
            f"the download failed ({why}). Put {name}.npz, with arrays {', '.join(_KEYS)}, in a folder and set "
            f"VITRAL_DATA to that folder."
        ) from error


def _from_archive(file: Path) -> tuple[Images, Images]:
    arrays = read_archive(file, _KEYS)
    missing = [key for key in _KEYS if key not in arrays]
    if missing:
        raise DataError(
            f"{str(file)!r} must hold arrays {', '.join(_KEYS)}: got no {missing[0]}. Put the right file there, or "
            "remove it."
        )
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])


def _download(name: str) -> tuple[Images, Images]:
    from vitral._keras import import_keras

    datasets: Any = import_keras().datasets
    # Keras reports the download on standard output, where a command may be writing its result.
    with contextlib.redirect_stdout(sys.stderr):
        return getattr(datasets, name).load_data()

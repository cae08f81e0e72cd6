"""Files of data: found, opened, and refused in a sentence when they are not what they should be."""

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np

from vitral._errors import ArgumentError, DataError, DatasetMissingError

_ZIP, _NPY = b"PK", b"\x93NUMPY"  # how .npz and .npy files start
_IDX_BYTES = 0x08  # type code of unsigned bytes in an idx file


def check_file(argument: str, path: Any) -> Path:
    """`path` must name an existing file.

    Raises:
        ArgumentError: not a path, or a folder.
        DatasetMissingError: nothing there.
    """
    if not isinstance(path, str | os.PathLike) or not str(path):
        raise ArgumentError(f"{argument} must be the path of a file: got {path!r}.")
    try:
        file = Path(path).expanduser()
        if file.is_file():
            return file
        is_folder = file.is_dir()
    except (OSError, ValueError, RuntimeError) as error:
        raise ArgumentError(f"{argument} must be the path of a file: got {str(path)!r} ({error}).") from error
    if is_folder:
        raise ArgumentError(f"{argument} must be a file: {str(path)!r} is a folder. Name a file in it.")
    raise DatasetMissingError(
        f"{argument} must name an existing file: got {str(path)!r}. Check the name and the folder; "
        f"the current one is {str(Path.cwd())!r}."
    )


def read_archive(path: Path, keys: tuple[str, ...] | None = None) -> dict[str, np.ndarray]:
    """The arrays of an .npz file, all of them or only `keys` (those it has). Nothing is ever unpickled.

    Raises:
        DataError: not an .npz file, a damaged one, or an array of Python objects.
    """
    arrays, key = {}, None
    try:
        # Opened here, because np.load forgets to close a file that turns out to be broken.
        with path.open("rb") as file:
            # np.load takes whatever it does not know for a pickle, and says how to read that unsafely.
            if not file.read(len(_NPY)).startswith((_ZIP, _NPY)):
                raise DataError(
                    f"path must be an .npz file: {path.name!r} is not a zip file of arrays. Save it with "
                    "numpy.savez(path, x=..., y=...); read tables of text with from_csv."
                )
            file.seek(0)
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise DataError(
                    f"path must be an .npz file: {path.name!r} holds a single array. Save it with "
                    "numpy.savez(path, x=..., y=...)."
                )
            for key in archive.files if keys is None else [k for k in keys if k in archive.files]:
                arrays[key] = archive[key]
    except DataError:
        raise
    # A stranger's file can trip the zip and npy readers in a dozen ways; each means the same to the user.
    except Exception as error:
        if isinstance(error, ValueError) and key is not None and "Object arrays" in str(error):
            raise DataError(
                f"array {key!r} of {path.name!r} must hold numbers or text: got Python objects, which only unpickling "
                "could read and which could run code. Save it again as a plain array."
            ) from error
        what = f"array {key!r} of {path.name!r}" if key else repr(path.name)
        raise DataError(
            f"path must be a sound .npz file: {what} cannot be read ({type(error).__name__}: "
            f"{str(error).strip()[:100]}). Save or copy the file again."
        ) from error
    if not all(isinstance(array, np.ndarray) for array in arrays.values()):
        raise DataError(
            f"path must be an .npz file of arrays: {path.name!r} holds other files. Save it with numpy.savez."
        )
    return arrays


def read_idx(path: Path) -> np.ndarray:
    """The array of unsigned bytes in an idx file, gzipped or not (the format of the MNIST authors).

    Two zero bytes, the type, the number of axes, the length of each axis (big-endian, 4 bytes each), the values.

    Raises:
        DataError: not such a file, or one cut short.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read()
    # OSError, EOFError, zlib.error: whatever the file trips, it cannot be used.
    except Exception as error:
        raise _damaged(path, str(error)) from error
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _IDX_BYTES:
        raise _damaged(path, "it does not start as an idx file of bytes")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise _damaged(path, "it is cut short")
    shape = tuple(int(side) for side in np.frombuffer(content, dtype=">u4", count=content[3], offset=4))
    values = np.frombuffer(content, dtype=np.uint8, offset=start)
    n_values = 1
    for side in shape:
        n_values *= side
    if n_values != values.size:
        raise _damaged(path, f"it should hold {shape} values, and holds {values.size}")
    return values.reshape(shape)


def file_recipe(kind: str, path: str | os.PathLike[str], **options: Any) -> dict[str, Any]:
    """What makes a data set of a file again: `from_csv` or `from_npz`, by `kind`, the path, and the options given."""
    return {"from": kind, "name": str(path), "options": {k: v for k, v in options.items() if v is not None}}


def _damaged(path: Path, why: str) -> DataError:
    return DataError(
        f"{str(path)!r} must be a sound idx file: it cannot be used ({why[:100]}). Remove it, and load the data again."
    )

"""Data sets from NumPy's .npz files, which are read without ever running what a stranger put in them."""

from collections.abc import Sequence
from os import PathLike

from vitral._checks import readable
from vitral._errors import DataError
from vitral.data.arrays import assemble
from vitral.data.dataset import Dataset
from vitral.data.files import check_file, file_recipe, read_archive
from vitral.data.options import Options

_KEYS = {
    "train": (("x", "y"), ("x_train", "y_train")),
    "validation": (("x_validation", "y_validation"), ("x_val", "y_val")),
    "test": (("x_test", "y_test"),),
}


def from_npz(
    path: str | PathLike[str],
    *,
    name: str | None = None,
    task: str | None = None,
    classes: Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
    image_shape: Sequence[int] | None = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
    standardize: bool | None = None,
    flatten: bool = True,
    n: int | None = None,
) -> Dataset:
    """Make a data set of the arrays in an .npz file, as `numpy.savez(path, x=..., y=...)` writes it.

    The arrays are called x and y, or x_train and y_train. A part set apart, x_test and y_test, or
    x_validation (x_val) and y_validation (y_val), is kept as it is. Other arrays are ignored.

    Args:
        path: the file.
        name: what the data set is called; None: the file's name without its ending.
        task, classes, feature_names, image_shape: what the arrays mean, as in `from_arrays`.
        validation, test, seed, standardize, flatten, n: how they are split and scaled, as in `from_arrays`.

    Raises:
        DatasetMissingError: no such file.
        DataError: not an .npz file, a damaged one, arrays missing, or arrays of Python objects, which are
            refused because reading them could run code.
        Whatever `from_arrays` raises.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import numpy as np
        >>> from vitral.data import from_npz
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(Path(folder) / "waves.npz", x=np.zeros((20, 3)), y=np.linspace(0, 1, 20))
        ...     from_npz(Path(folder) / "waves.npz")
        Dataset('waves': regression, x (N, 3), rows 12 train + 4 validation + 4 test)
    """
    options = Options(validation=validation, test=test, seed=seed, standardize=standardize, flatten=flatten, n=n)
    file = check_file("path", path)
    wanted = tuple(key for choices in _KEYS.values() for pair in choices for key in pair)
    arrays = read_archive(file, wanted)
    pairs, labels = {}, {}
    for part, choices in _KEYS.items():
        for x_key, y_key in choices:
            if x_key in arrays and y_key in arrays and part not in pairs:
                pairs[part] = (arrays[x_key], arrays[y_key])
                labels[part] = (f"{x_key} of {file.name}", f"{y_key} of {file.name}")
            elif (x_key in arrays) != (y_key in arrays):
                raise DataError(
                    f"{file.name} must hold {x_key} and {y_key} together: got only "
                    f"{x_key if x_key in arrays else y_key}. Save both arrays."
                )
    if "train" not in pairs:
        raise DataError(
            f"{file.name} must hold arrays x and y, or x_train and y_train: got "
            f"{', '.join(map(readable, arrays)) or 'none of them'}. Save it with numpy.savez(path, x=..., y=...)."
        )
    return assemble(
        pairs,
        labels=labels,
        options=options,
        name=name if name is not None else file.name.removesuffix(".npz"),
        task=task,
        classes=classes,
        feature_names=feature_names,
        image_shape=image_shape,
        source=file.name,
        recipe=file_recipe(
            "npz",
            path,
            name=name,
            task=task,
            classes=classes,
            feature_names=feature_names,
            image_shape=image_shape,
            **options.given(),
        ),
    )

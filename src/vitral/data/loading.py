"""`vitral.load`: a data set by its name.

The catalog is the folder `catalog/`: a module there is a data set, its `ENTRY` says what it is. Nothing else
lists them, and only the module of the data set that is asked for is imported. Entries from outside the package
are added with `register`.
"""

import importlib
import inspect
import pkgutil
import threading
from typing import Any

from vitral._checks import check_choice
from vitral._errors import ArgumentError
from vitral.data import catalog
from vitral.data.arrays import assemble
from vitral.data.dataset import Dataset
from vitral.data.entry import Content, Entry
from vitral.data.options import Options

_registered: dict[str, Entry] = {}
# Two threads that import scikit-learn for the first time, each another part of it, can find half a module.
_reading = threading.RLock()


def load(
    name: str,
    *,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
    standardize: bool | None = None,
    flatten: bool = True,
    n: int | None = None,
    **options: Any,
) -> Dataset:
    """Load a data set by its name; `vitral.data.names()` lists them.

    Real, on every machine (they come with scikit-learn): digits, iris, wine, breast_cancer, diabetes.
    Real, looked for in the folder `$VITRAL_DATA`, then in Keras's cache, then downloaded: mnist, fashion_mnist.
    Made up, of any size: moons, circles, spirals, xor, blobs, sine; these take n and noise, and some a few
    options more, each described at its function in `vitral.data.catalog`.

    Example:
        >>> import vitral
        >>> vitral.load("digits")
        Dataset('digits': 10 classes, x (N, 64), rows 1079 train + 359 validation + 359 test)
        >>> vitral.load("moons", n=500, noise=0.1, seed=3).train.x.shape
        (300, 2)

    Args:
        name: which one.
        validation, test: share of the rows for each part, 0 for none. None: 0.2, but mnist and fashion_mnist
            keep the test part that they come with. Draws are stratified for classification.
        seed: of the split, and of the data that are made up. NumPy's global random state is left alone.
        standardize: whether columns get mean 0 and standard deviation 1 over the train part. None: yes for
            tables; no for images, which are scaled to [0, 1], and for made-up data, whose scale is about 1.
        flatten: images as rows of pixels (N, H*W); False: (N, H, W, 1).
        n: rows: how many to make up, or how many to take of a real set's rows (a stratified draw; a test part
            that the data come with stays whole).
        options: the data set's own, for example noise=0.2.

    Returns:
        A `Dataset`: x float32 (N, D); y int32 (N,) class numbers, or float32 (N, 1) values in their own units.

    Raises:
        UnknownNameError: no such data set or option (with the nearest and all known).
        ArgumentError: an option breaks its rule.
        DatasetMissingError: mnist or fashion_mnist is nowhere to be had; says which file to put where.
        DataError: a file that was found is damaged.
    """
    entry = find_entry(name)
    chosen = {"validation": validation, "test": test, "seed": seed or None, "standardize": standardize, "n": n}
    chosen |= {"flatten": None if flatten else False, **options}
    recipe = {"name": name, "options": {k: v for k, v in chosen.items() if v is not None}}
    parameters = inspect.signature(entry.read).parameters
    own = [parameter for parameter in parameters if parameter not in ("n", "seed")]
    common = [p for p in inspect.signature(load).parameters if p not in ("name", "options")]
    for option in options:
        if option not in own:
            check_choice(f"option of load({name!r})", option, [*own, *common])
    makes_rows = "n" in parameters
    split = Options(
        validation=validation,
        test=test,
        seed=seed,
        standardize=entry.standardize if standardize is None else standardize,
        flatten=flatten,
        n=None if makes_rows else n,
    )
    if makes_rows and n is not None:
        options["n"] = n
    if "seed" in parameters:
        options["seed"] = seed
    with _reading:
        content = entry.read(**options)
    if not isinstance(content, Content):
        raise ArgumentError(
            f"read of the entry {name!r} must return a vitral.data.Content: got {type(content).__name__}. "
            "Return Content(x=..., y=...)."
        )
    pairs, labels = {"train": (content.x, content.y)}, {"train": ("x", "y")}
    if content.test is not None:
        pairs["test"], labels["test"] = content.test, ("x_test", "y_test")
    with _reading:
        return assemble(
            pairs,
            labels=labels,
            options=split,
            name=name,
            task=entry.task,
            classes=content.classes,
            feature_names=content.feature_names,
            image_shape=entry.image_shape,
            source=entry.source,
            recipe=recipe,
        )


def names() -> tuple[str, ...]:
    """The names that `load` knows, sorted: the catalog's and the registered ones.

    Example:
        >>> [name for name in names() if name.startswith("d")]
        ['diabetes', 'digits']
    """
    return tuple(sorted({*_built_in(), *_registered}))


def register(entry: Entry) -> None:
    """Add a data set to those that `load` knows, for this process. Registering a name again replaces it.

    Example:
        >>> import numpy as np
        >>> from vitral.data import Content, Entry, load, register
        >>> def read(n=200, seed=0):
        ...     x = np.random.default_rng(seed).uniform(-1, 1, (n, 2))
        ...     return Content(x=x, y=(np.hypot(*x.T) < 0.7).astype(int), classes=("outside", "inside"))
        >>> register(Entry(name="disc", task="classification", read=read, source="made up", standardize=False))
        >>> load("disc", n=50).classes
        ('outside', 'inside')

    Raises:
        ArgumentError: not an `Entry`, or the name of a data set that comes with Vitral.
    """
    if not isinstance(entry, Entry):
        raise ArgumentError(
            f"entry must be a vitral.data.Entry: got {entry!r}. Make one with name, task, read and source."
        )
    if entry.name in _built_in():
        raise ArgumentError(
            f"entry must have a name of its own: got {entry.name!r}, which comes with Vitral. Rename it."
        )
    _registered[entry.name] = entry


def find_entry(name: str) -> Entry:
    """The entry of a data set.

    Raises:
        UnknownNameError: no such name; the nearest and all known are listed.
    """
    check_choice("name", name, names())
    if name in _registered:
        return _registered[name]
    return importlib.import_module(f"{catalog.__name__}.{name}").ENTRY


def _built_in() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(catalog.__path__) if not module.name.startswith("_")]

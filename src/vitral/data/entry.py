"""What the catalog knows of a data set: facts that are declared, and a function that reads the arrays."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vitral._checks import check_choice
from vitral._errors import ArgumentError
from vitral.data.dataset import TASKS, Task


@dataclass(frozen=True, kw_only=True)
class Content:
    """What reading a data set gives.

    Attributes:
        x: inputs (N, D), or images (N, H, W) or (N, H, W, C); whole-number pixels are scaled to [0, 1] later.
        y: targets (N,): class labels or values.
        test: (x, y) of the test part that the data come with; None: one is drawn.
        classes: K class names, for labels 0 to K - 1; None: the labels themselves, sorted.
        feature_names: D names; None where there are none.

    Example:
        >>> Content(x=[[0.0], [1.0]], y=[0, 1], classes=("low", "high")).classes
        ('low', 'high')
    """

    x: Any
    y: Any
    test: tuple[Any, Any] | None = None
    classes: tuple[str, ...] | None = None
    feature_names: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A data set of the catalog.

    Attributes:
        name: what `vitral.load` calls it.
        task: "classification" or "regression".
        read: a function that returns a `Content`; its parameters are the data set's own options. With a
            parameter `n` it makes that many rows itself; otherwise n rows are drawn from what it returns. With
            a parameter `seed` it is given the seed of the split.
        source: where the data come from, with author and year.
        image_shape: (H, W) or (H, W, C) of images; None for the rest.
        standardize: whether columns are standardised unless the user says otherwise. None: yes, except for images.

    Raises:
        ArgumentError, UnknownNameError: a name, task or function that is none.

    Example:
        >>> import numpy as np
        >>> def read(n=100, seed=0):
        ...     x = np.random.default_rng(seed).normal(size=(n, 1))
        ...     return Content(x=x, y=x[:, 0] ** 2)
        >>> entry = Entry(name="parabola", task="regression", read=read, source="made up")  # for vitral.data.register
        >>> entry.read(n=5).x.shape
        (5, 1)
    """

    name: str
    task: Task
    read: Callable[..., Content]
    source: str
    image_shape: tuple[int, ...] | None = None
    standardize: bool | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.isidentifier():
            raise ArgumentError(f"name must be a word of letters, digits and _: got {self.name!r}. Example: 'rings'.")
        check_choice("task", self.task, TASKS)
        if not callable(self.read):
            raise ArgumentError(f"read must be a function that returns a Content: got {self.read!r}.")

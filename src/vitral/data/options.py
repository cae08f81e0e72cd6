"""The options that every way of making a data set shares, checked once where they enter."""

from dataclasses import dataclass, fields
from typing import Any

from vitral._checks import check_int, check_number
from vitral._errors import ArgumentError

DEFAULT_SHARE = 0.2


@dataclass(frozen=True, kw_only=True)
class Options:
    """How rows become parts.

    Attributes:
        validation, test: share of all rows, at least 0 and together below 1. None: the part that the data come
            with, otherwise 0.2.
        seed: seed of every draw, 0 to 2**32 - 1.
        standardize: whether columns are standardised. None: yes, except for images.
        flatten: whether images are rows (N, H*W*C) instead of (N, H, W, C).
        n: rows to keep, a stratified draw, before they are split. None: all.

    Raises:
        ArgumentError: an option breaks its rule.
    """

    validation: float | None = None
    test: float | None = None
    seed: int = 0
    standardize: bool | None = None
    flatten: bool = True
    n: int | None = None

    def __post_init__(self) -> None:
        shares = [check_share(name, getattr(self, name)) for name in ("validation", "test")]
        total = sum(DEFAULT_SHARE if share is None else share for share in shares)
        if total >= 1:
            raise ArgumentError(
                f"validation + test must be below 1: got {total:g}. Leave some rows for training, "
                "for example validation=0.2, test=0.2."
            )
        check_seed(self.seed)
        if self.standardize is not None:
            check_flag("standardize", self.standardize)
        check_flag("flatten", self.flatten)
        if self.n is not None:
            check_int("n", self.n, minimum=1)

    def given(self) -> dict[str, Any]:
        """Those that are not the default."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}


def check_share(argument: str, value: float | None) -> float | None:
    """`value` must be a share of the rows: at least 0, below 1; or None."""
    remedy = "Give the share of all rows, for example 0.2."
    return None if value is None else check_number(argument, value, minimum=0, below=1, remedy=remedy)


def check_seed(value: int) -> int:
    """`seed` must be a whole number from 0 to 2**32 - 1, the range that NumPy and scikit-learn share."""
    seed = check_int("seed", value, minimum=0)
    if seed >= 2**32:
        raise ArgumentError(f"seed must be below 2**32: got {seed}. Choose a smaller one.")
    return seed


def check_flag(argument: str, value: object) -> bool:
    """`value` must be True or False."""
    if not isinstance(value, bool):
        raise ArgumentError(f"{argument} must be True or False: got {value!r}.")
    return value

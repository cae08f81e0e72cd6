"""Whose model is whose: what two variants share, neither can train as if it were alone."""

import weakref
from typing import Any

from vitral._errors import ArgumentError


class SharedModelError(ArgumentError):
    """Two variants share what each of them would change.

    Attributes:
        other: the number of the variant that had it first.
    """

    def __init__(self, message: str, other: int):
        super().__init__(message)
        self.other = other


class Owners:
    """Which variant has which model, optimizer and weights, for as long as these are alive.

    They are known by identity: variables compare by what they hold.
    """

    def __init__(self) -> None:
        self._owners: dict[int, tuple[weakref.ref[Any], int, bool]] = {}

    def claim(self, model: Any, number: int) -> None:
        """Note that variant `number` has this model. Weights that no variant trains may belong to several.

        Raises:
            SharedModelError: another variant has the same model, optimizer, or weights that one of the two trains.
        """
        optimizer = model.optimizer
        self._claim(model, number, "build must return a new model each time", "got the same one. Make it inside build.")
        for part in (optimizer, getattr(optimizer, "inner_optimizer", None)):
            rule = "build must make a new optimizer each time"
            self._claim(part, number, rule, "got the same one. Make it inside build.")
        trained = {id(v) for v in model.trainable_variables}
        for variable in model.weights:
            name = "/".join(variable.path.split("/")[-2:])
            found = f"share {name!r}. Make them inside build, or freeze them in all variants."
            rule = "build must make new layers each time"
            self._claim(variable, number, rule, found, id(variable) in trained)

    def _claim(self, thing: Any, number: int, rule: str, found: str, is_changed: bool = True) -> None:
        if thing is None:
            return
        key = id(thing)
        known = self._owners.get(key)
        if known is not None and known[0]() is thing:
            _, other, was_changed = known
            if other != number and (is_changed or was_changed):
                first, second = sorted((other, number))
                raise SharedModelError(f"{rule}: variants {first} and {second} {found}", other)
            return
        # What has died makes room before another can have its id.
        forget = weakref.ref(thing, lambda _: self._owners.pop(key, None))
        self._owners[key] = forget, number, is_changed

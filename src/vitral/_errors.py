"""Vitral's exceptions and warnings: one base class each, so that one `except` catches them all.

A message is one sentence that names the argument, the rule, the value received and the remedy.
Errors about arguments are also `ValueError`s, as Keras users expect.
"""


class VitralError(Exception):
    """Base of every error that Vitral raises on purpose."""


class ArgumentError(VitralError, ValueError):
    """An argument breaks a rule: its type, sign, range or a combination that makes no sense."""


class ShapeError(ArgumentError):
    """Array shapes do not fit each other or the model."""


class DataError(ArgumentError):
    """The data themselves cannot be trained on: NaN, infinity, text, wrong labels, nothing at all."""


class UnknownNameError(ArgumentError):
    """A name (of a data set, an activation, an option …) that Vitral does not know."""


class EngineError(VitralError, RuntimeError):
    """`engine="compiled"` was asked for and this training cannot run in the compiled engine."""


class RunFolderError(VitralError, OSError):
    """A run's folder cannot be written, or what is there cannot be read as a run."""


class DatasetMissingError(VitralError, FileNotFoundError):
    """A data set is neither on this machine nor to be had from the network."""


class VitralWarning(UserWarning):
    """Something a user can act on; nothing has failed."""


class DivergenceWarning(VitralWarning):
    """The loss became NaN or infinite during training."""

"""What was typed wrongly, in the words of this house: the option as it is typed, the rule, the value, the remedy."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from vitral._errors import ArgumentError, UnknownNameError

_KINDS = {"integer": "a whole number", "number": "a number", "null byte": "a path"}
_NAMES = ("target", "task", "drop", "categorical", "delimiter", "activation", "initializer", "hidden")


def sentence_of(error: Any, arguments: Sequence[str], commands: Sequence[str]) -> str:
    """What is wrong with the command line, and where help is.

    Args:
        error: as Typer raised it. arguments: what was typed. commands: the words that are commands.
    """
    context = getattr(error, "ctx", None)
    words = [word for word in arguments[:2] if word in commands]
    command = context.command_path if context else " ".join(["vitral", *words])
    said = _bad_value(error) or _bad_flag(error, arguments) or error.format_message()
    return f"{said.rstrip('.')}. See: {command} --help"


def _bad_value(error: Any) -> str | None:
    """The sentence where a number was expected and something else was typed."""
    found: Any = getattr(error.__cause__, "errors", None)
    rule = next((rule for word, rule in _KINDS.items() if word in str(error)), None)
    if found is None or rule is None or getattr(error, "param", None) is None:
        return None
    name = error.param.opts[0]
    name = name if name.startswith("-") else str(error.param.metavar).strip("[]")
    return f"{name} must be {rule}: got {found()[0]['input']!r}"


def _bad_flag(error: Any, arguments: Sequence[str]) -> str | None:
    """The sentence where an option has a value too many or too few."""
    option = getattr(error, "option_name", None)
    if option is None:
        return None
    given = next((word for word in arguments if word.startswith(f"{option}=")), None)
    if given is not None and "does not take" in str(error):
        return f"{option} must stand alone: got {given!r}. Leave {given.removeprefix(option)!r} out"
    if "requires an argument" in str(error):
        return f"{option} must be followed by a value: got none"
    return None


@contextmanager
def options_named() -> Iterator[None]:
    """Errors of the library about an argument that is an option here, in the words of the command line."""
    try:
        yield
    except ArgumentError as error:
        said = str(error)
        if said.partition(" ")[0] in _NAMES:
            said = f"--{said}"
        said = re.sub(r"\b(drop|categorical)=\[([^\]]*)\]", r"--\1 \2", said)
        said = re.sub(r"\bdelimiter=(?=['\"])", "--delimiter ", said)
        if said == str(error):
            raise
        kind = UnknownNameError if isinstance(error, UnknownNameError) else ArgumentError
        raise kind(said) from error

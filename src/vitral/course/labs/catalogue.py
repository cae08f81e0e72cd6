"""The labs that there are: each is a folder `labN` beside this file, whose package has the lab as its `LAB`."""

from importlib import import_module
from pathlib import Path

from vitral._checks import check_choice
from vitral.course.labs.lab import Lab

_HERE = Path(__file__).parent


def lab_numbers() -> tuple[str, ...]:
    """The numbers of all labs, in their order.

    Example:
        >>> lab_numbers()[0]
        '1'
    """
    found = [folder.name.removeprefix("lab") for folder in _HERE.glob("lab*") if (folder / "__init__.py").is_file()]
    return tuple(sorted(found, key=int))


def find_lab(number: str | int) -> Lab:
    """The lab of a number as a reader types it: "1", 1 or "lab1".

    Raises:
        UnknownNameError: there is no such lab.

    Example:
        >>> find_lab("1").title["en"]
        'Customized loss function'
    """
    wanted = str(number).strip().lower().removeprefix("lab").strip()
    wanted = wanted if wanted in lab_numbers() else str(number)
    return import_module(f"{__package__}.lab{check_choice('LAB', wanted, lab_numbers())}").LAB

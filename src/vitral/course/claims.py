"""What a lesson's experiments give back: measurements beside statements, guesses and answers.

A lesson's `experiment.py` has four tables by name, whose words are in `es.md` and `en.md`:

    LIVE         name -> function(words, language) -> Panel
    CLAIMS       name -> function() -> Measured
    PREDICTIONS  name -> function() -> Revealed
    EXERCISES    name -> function(answers) -> Verdict
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vitral.views.widgets import Drawing


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A claim, measured: whether it holds, and the values that its sentence names.

    Example:
        >>> Measured(holds=True, values={"share": 0.97}).holds
        True
    """

    holds: bool
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Revealed:
    """What came out where the reader guessed: the key of the right option, values for the sentence, a picture.

    Example:
        >>> Revealed(answer="down", values={"loss": 0.1}).drawings
        ()
    """

    answer: str
    values: Mapping[str, Any] = field(default_factory=dict)
    drawings: Sequence[Drawing] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """An exercise's answer, checked: right or not, the key of what to say, and its values.

    Example:
        >>> Verdict(right=False, say="forgot_bias").say
        'forgot_bias'
    """

    right: bool
    say: str
    values: Mapping[str, Any] = field(default_factory=dict)


def nearest(options: Mapping[str, float], measured: float) -> str:
    """The key of the option that is nearest to what was measured, by its factor; all of them above 0.

    >>> nearest({"tenth": 0.1, "half": 0.5}, 0.25)
    'half'
    """
    return min(options, key=lambda key: abs(math.log(options[key] / measured)))

"""In which language a reader is answered: `?lang=` wins, then what the browser prefers."""

from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Scope

from vitral.course import LANGUAGES

FALLBACK = "en"


def asked_language(scope: Scope) -> str | None:
    """The language that the address names; None where it names none that there is."""
    query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
    return query["lang"] if query.get("lang") in LANGUAGES else None


def language_of(scope: Scope) -> str:
    """The language to answer in."""
    return asked_language(scope) or preferred_language(Headers(scope=scope).get("accept-language", ""))


def preferred_language(accepted: str) -> str:
    """The first of the course's languages in an Accept-Language header; English where it has neither.

    >>> preferred_language("fr, es-MX;q=0.8, en;q=0.7")
    'es'
    """
    wanted = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, quality = part.strip().partition(";")
        try:
            weight = float(quality.partition("=")[2]) if quality else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            wanted.append((-weight, place, tag.strip().lower().partition("-")[0]))
    return next((tag for _, _, tag in sorted(wanted) if tag in LANGUAGES), FALLBACK)

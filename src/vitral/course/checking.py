"""Every claim of the course, one after another: what `vitral course --check` and `vitral lesson --claims` print."""

from collections.abc import Iterable, Iterator

from vitral.course.lesson import ClaimResult, lesson
from vitral.course.syllabus import Row, ready_rows


def check_all(numbers: Iterable[str] | None = None, language: str = "en") -> Iterator[tuple[Row, ClaimResult]]:
    """Measure the claims of some lessons, or of all that are ready, one at a time.

    Args:
        numbers: of the lessons, as "1.2"; None takes all that are ready, in the syllabus's order.
        language: of the sentences, "es" or "en".

    Yields:
        The lesson's row and what came out, as soon as it is known.
    """
    for number in [row.number for row in ready_rows()] if numbers is None else numbers:
        found = lesson(number, language)
        for block in found.text.blocks("claim"):
            yield found.row, found.claim(block.name)

"""What the colours mean on this page: each scheme has one, wherever it is drawn. N = 150 flowers.

Letters: N samples, B rows a step.
"""

from collections.abc import Mapping

from vitral.course.lessons.lesson_1_6.flowers import N_FLOWERS

BATCH, MINI, ONLINE = "a", "b", "c"  # roles
SIZES = (1, 5, 15, 50, N_FLOWERS)  # rows a step that are compared
ROLES: dict[int, str] = dict(zip(SIZES, (ONLINE, "d", MINI, "neutral", BATCH), strict=True))


def scheme_name(size: int, n_rows: int, words: Mapping[str, str]) -> str:
    """What a reader calls a scheme of so many rows a step."""
    if size == 1:
        return words["online"]
    return words["batch"] if size >= n_rows else words["mini"].format(size=size)

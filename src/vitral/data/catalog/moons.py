"""Two half circles that hook into each other."""

from vitral._checks import check_int, check_number
from vitral.data.entry import Content, Entry


def read(n: int = 500, noise: float = 0.1, seed: int = 0) -> Content:
    """n points, half on each moon (radius 1), plus Gaussian noise. x (n, 2); y: 0 upper, 1 lower.

    Args:
        n: points, at least 4.
        noise: standard deviation of the noise, in units of x.
        seed: of the noise and the order.

    Raises:
        ArgumentError: an option breaks its rule.
    """
    from sklearn.datasets import make_moons

    check_int("n", n, minimum=4)
    check_number("noise", noise, minimum=0)
    x, y = make_moons(n, noise=noise or None, random_state=seed)
    return Content(x=x, y=y, classes=("upper", "lower"), feature_names=("x1", "x2"))


ENTRY = Entry(
    name="moons",
    task="classification",
    read=read,
    source="scikit-learn's make_moons, seeded",
    standardize=False,
)

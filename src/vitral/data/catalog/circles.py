"""A circle inside another: no line can part them."""

from vitral._checks import check_int, check_number
from vitral.data.entry import Content, Entry


def read(n: int = 500, noise: float = 0.05, factor: float = 0.5, seed: int = 0) -> Content:
    """n points, half on each circle, plus Gaussian noise. x (n, 2); y: 0 outer (radius 1), 1 inner.

    Args:
        n: points, at least 4.
        noise: standard deviation of the noise, in units of x.
        factor: radius of the inner circle, at least 0, below 1.
        seed: of the noise and the order.

    Raises:
        ArgumentError: an option breaks its rule.
    """
    from sklearn.datasets import make_circles

    check_int("n", n, minimum=4)
    check_number("noise", noise, minimum=0)
    check_number("factor", factor, minimum=0, below=1)
    x, y = make_circles(n, noise=noise or None, factor=factor, random_state=seed)
    return Content(x=x, y=y, classes=("outer", "inner"), feature_names=("x1", "x2"))


ENTRY = Entry(
    name="circles",
    task="classification",
    read=read,
    source="scikit-learn's make_circles, seeded",
    standardize=False,
)

"""Handwritten digits, small enough for any machine."""

from typing import Any

from vitral.data.entry import Content, Entry


def read() -> Content:
    """1,797 images, about 180 of each digit. x (1797, 8, 8), ink from 0 to 1 (16 steps); y: the digit.

    Source: E. Alpaydin and C. Kaynak, "Cascading classifiers", Kybernetika 34, 1998: the test part of UCI's
    "Optical recognition of handwritten digits".
    """
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    return Content(x=bunch.images / 16, y=bunch.target, classes=tuple(str(name) for name in bunch.target_names))


ENTRY = Entry(
    name="digits",
    task="classification",
    read=read,
    source="Alpaydin & Kaynak 1998; UCI repository; copy of scikit-learn",
    image_shape=(8, 8),
)

"""MNIST: the handwritten digits that every network has been tried on."""

from vitral.data.entry import Content, Entry
from vitral.data.images import find_images


def read() -> Content:
    """60,000 images and 10,000 set apart for test. x (N, 28, 28) uint8, ink from 0 to 255; y: the digit.

    Found as `find_images` says; which rows the file holds decides how many there are.

    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document
    recognition", Proceedings of the IEEE 86, 1998.
    """
    train, test = find_images("mnist")
    return Content(x=train[0], y=train[1], test=test, classes=tuple("0123456789"))


ENTRY = Entry(
    name="mnist",
    task="classification",
    read=read,
    source="LeCun, Bottou, Bengio & Haffner 1998",
    image_shape=(28, 28),
)

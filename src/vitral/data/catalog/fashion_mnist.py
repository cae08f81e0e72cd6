"""Fashion-MNIST: clothes in place of digits; the same shapes, harder to tell apart."""

from vitral.data.entry import Content, Entry
from vitral.data.images import find_images

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def read() -> Content:
    """60,000 images and 10,000 set apart for test. x (N, 28, 28) uint8, 0 to 255; y: the kind of article.

    Found as `find_images` says; which rows the file holds decides how many there are.

    Source: H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
    learning algorithms", arXiv:1708.07747, 2017 (MIT licence).
    """
    train, test = find_images("fashion_mnist")
    return Content(x=train[0], y=train[1], test=test, classes=CLASSES)


ENTRY = Entry(
    name="fashion_mnist",
    task="classification",
    read=read,
    source="Xiao, Rasul & Vollgraf 2017, Zalando SE (MIT licence)",
    image_shape=(28, 28),
)

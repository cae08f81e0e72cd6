"""Benign and malignant breast tumours, by the shape of cell nuclei."""

from vitral.data.bundled import bundled
from vitral.data.entry import Content, Entry


def read() -> Content:
    """569 tumours: 212 malignant (class 0), 357 benign (class 1). x (569, 30): radius, texture, area … of the cell
    nuclei in an image, as mean, standard error and worst; in units of the image's pixels; y: the diagnosis.

    Source: W. N. Street, W. H. Wolberg and O. L. Mangasarian, "Nuclear feature extraction for breast tumor
    diagnosis", 1993.
    """
    from sklearn.datasets import load_breast_cancer

    return bundled(load_breast_cancer())


ENTRY = Entry(
    name="breast_cancer",
    task="classification",
    read=read,
    source="Street, Wolberg & Mangasarian 1993; UCI repository; copy of scikit-learn",
)

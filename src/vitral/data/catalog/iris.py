"""Three species of iris, by the size of their flowers."""

from vitral.data.bundled import bundled
from vitral.data.entry import Content, Entry


def read() -> Content:
    """150 flowers, 50 of each species. x (150, 4): length and width of sepal and petal, in cm; y: the species.

    Source: R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7, 1936.
    Rows 34 and 37 differ from Fisher's paper in UCI's copy; scikit-learn's, used here, agrees with the paper.
    """
    from sklearn.datasets import load_iris

    return bundled(load_iris())


ENTRY = Entry(
    name="iris",
    task="classification",
    read=read,
    source="Fisher 1936; measured by Anderson 1935; copy of scikit-learn",
)

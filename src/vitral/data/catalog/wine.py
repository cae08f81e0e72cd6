"""Three cultivars of wine, by chemical analysis."""

from vitral.data.bundled import bundled
from vitral.data.entry import Content, Entry


def read() -> Content:
    """178 wines (59, 71, 48). x (178, 13): alcohol, acids, phenols, colour …, each in its own unit; y: the cultivar.

    Source: M. Forina and others, PARVUS, Genoa, 1991; S. Aeberhard and M. Forina, UCI repository, 1992.
    """
    from sklearn.datasets import load_wine

    return bundled(load_wine())


ENTRY = Entry(
    name="wine",
    task="classification",
    read=read,
    source="Forina et al. 1991; UCI repository; copy of scikit-learn",
)

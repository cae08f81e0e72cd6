"""How far diabetes progresses in a year."""

from vitral.data.bundled import bundled
from vitral.data.entry import Content, Entry


def read() -> Content:
    """442 patients. x (442, 10) in units of measurement: age (years), sex (1, 2), bmi (kg/m²), bp (mean blood
    pressure, mm Hg), s1 to s6 (blood serum); y: a measure of progression one year later, 25 to 346.

    Source: B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, "Least angle regression", Annals of Statistics 32,
    2004.
    """
    from sklearn.datasets import load_diabetes

    return bundled(load_diabetes(scaled=False))


ENTRY = Entry(
    name="diabetes",
    task="regression",
    read=read,
    source="Efron, Hastie, Johnstone & Tibshirani 2004; copy of scikit-learn",
)

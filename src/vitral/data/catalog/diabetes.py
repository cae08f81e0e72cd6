"""How far diabetes progresses in a year."""

from typing import Any

from vitral.data.entry import Content, Entry


def read() -> Content:
    """442 patients. x (442, 10) in units of measurement: age (years), sex (1, 2), bmi (kg/m²), bp (mean blood
    pressure, mm Hg), s1 to s6 (blood serum); y: a measure of progression one year later, 25 to 346.

    Source: B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, "Least angle regression", Annals of Statistics 32,
    2004.
    """
    from sklearn.datasets import load_diabetes

    bunch: Any = load_diabetes(scaled=False)
    return Content(
        x=bunch.data,
        y=bunch.target,
        feature_names=tuple(str(name) for name in bunch.feature_names),
    )


ENTRY = Entry(
    name="diabetes",
    task="regression",
    read=read,
    source="Efron, Hastie, Johnstone & Tibshirani 2004; copy of scikit-learn",
)

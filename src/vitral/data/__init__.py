"""The data room: data sets by name, from files or from arrays, all of one form.

    load / from_csv / from_npz / from_arrays  ->  Dataset: train, validation, test, each a Part with x and y

Nothing here imports scikit-learn, pandas or Keras before it is used.
"""

from vitral.data.archives import from_npz
from vitral.data.arrays import from_arrays
from vitral.data.dataset import Dataset, Part
from vitral.data.entry import Content, Entry
from vitral.data.loading import load, names, register
from vitral.data.standardizer import Standardizer
from vitral.data.tables import from_csv

__all__ = [
    "Content",
    "Dataset",
    "Entry",
    "Part",
    "Standardizer",
    "from_arrays",
    "from_csv",
    "from_npz",
    "load",
    "names",
    "register",
]

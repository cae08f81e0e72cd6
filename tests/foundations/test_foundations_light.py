"""The room needs NumPy alone until something is asked of it that scikit-learn's SciPy solves."""

import subprocess
import sys

SCRIPT = """
import sys
import vitral.foundations as f
f.Perceptron().fit([[0.0], [1.0]], [0, 1])
f.LogisticUnit().fit([[0.0], [1.0]], [0, 1])
f.SoftmaxRegression().fit([[0.0], [1.0]], [0, 1])
print([name for name in ("scipy", "sklearn", "keras", "jax", "pandas") if name in sys.modules])
f.separate([[0.0], [1.0]], [0, 1])
print("scipy" in sys.modules)
"""


def test_nothing_heavy_is_imported():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split("\n")[:2] == ["[]", "True"], done.stderr

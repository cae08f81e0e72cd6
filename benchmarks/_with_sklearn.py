"""scikit-learn's `MLPClassifier`, for the nets that are plain multilayer perceptrons."""

import warnings

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from _nets import BATCH, Net


def versions() -> dict[str, str]:
    """Of scikit-learn."""
    return {"scikit-learn": sklearn.__version__}


def make(net: Net, x: np.ndarray, y: np.ndarray) -> "_Classifier":
    """The only contender."""
    return _Classifier(net, x, y)


class _Classifier:
    def __init__(self, net: Net, x: np.ndarray, y: np.ndarray) -> None:
        self._net, self._data = net, (x, y)

    def reset(self) -> None:
        """Nothing: each `fit` starts anew."""

    def train(self, epochs: int) -> None:
        net = self._net
        model = MLPClassifier(
            net.hidden,
            activation=net.activation,
            solver=net.optimizer,
            alpha=0.0,
            batch_size=BATCH,
            learning_rate_init=net.rate,
            momentum=net.momentum,
            nesterovs_momentum=False,
            max_iter=epochs,
            n_iter_no_change=epochs + 1,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(*self._data)

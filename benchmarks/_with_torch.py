"""A plain PyTorch loop, as its tutorials write it, but without a DataLoader: batches are slices of a permutation."""

import copy
import itertools

import numpy as np
import torch
from torch import nn

from _nets import BATCH, LSTM_INPUTS, LSTM_UNITS, Net, filters

_ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}


def versions() -> dict[str, str]:
    """Of PyTorch."""
    return {"torch": torch.__version__}


def make(net: Net, x: np.ndarray, y: np.ndarray) -> "_Loop":
    """The only contender."""
    torch.manual_seed(0)
    inputs = torch.from_numpy(x)
    if net.kind == "conv":
        inputs = inputs.permute(0, 3, 1, 2).contiguous()
    targets = torch.from_numpy(y)
    return _Loop(net, build(net), inputs, targets.float()[:, None] if net.outputs == 1 else targets)


def build(net: Net) -> nn.Module:
    """The module of `net`; it returns logits."""
    if net.kind == "lstm":
        return _Recurrent(net.outputs)
    activation = _ACTIVATIONS[net.activation]
    body: list[nn.Module] = []
    if net.kind == "mlp":
        sizes = (net.inputs, *net.hidden)
        for a, b in itertools.pairwise(sizes):
            body += [nn.Linear(a, b), activation()]
        return nn.Sequential(*body, nn.Linear(sizes[-1], net.outputs))
    channels = 1
    for n in filters():
        body += [nn.Conv2d(channels, n, 3), activation(), nn.MaxPool2d(2)]
        channels = n
    return nn.Sequential(*body, nn.Flatten(), nn.LazyLinear(net.outputs))


class _Recurrent(nn.Module):
    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(LSTM_INPUTS, LSTM_UNITS, batch_first=True)
        self.head = nn.Linear(LSTM_UNITS, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.lstm(x)[0][:, -1])


class _Loop:
    def __init__(self, net: Net, model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> None:
        self._net, self._model, self._x, self._y = net, model, x, y
        model(x[:1])  # lazy layers learn their sizes
        self._start = copy.deepcopy(model.state_dict())
        self._loss = nn.BCEWithLogitsLoss() if net.outputs == 1 else nn.CrossEntropyLoss()

    def reset(self) -> None:
        self._model.load_state_dict(self._start)

    def train(self, epochs: int) -> None:
        parameters = self._model.parameters()
        if self._net.optimizer == "adam":
            optimizer: torch.optim.Optimizer = torch.optim.Adam(parameters, self._net.rate)
        else:
            optimizer = torch.optim.SGD(parameters, self._net.rate, momentum=self._net.momentum)
        self._model.train()
        for _ in range(epochs):
            total = torch.zeros(())
            for rows in torch.randperm(len(self._x)).split(BATCH):
                optimizer.zero_grad()
                loss = self._loss(self._model(self._x[rows]), self._y[rows])
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(rows)
            total.item()

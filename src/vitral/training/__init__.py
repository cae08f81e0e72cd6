"""The training room: Keras's training, compiled into programs that run whole epochs."""

from vitral.training.fit import fit

__all__ = ["fit"]

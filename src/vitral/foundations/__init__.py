"""The foundations in NumPy alone: neural networks written to be read, forward and derivative side by side."""

from vitral.foundations import activations

__all__ = ["activations"]

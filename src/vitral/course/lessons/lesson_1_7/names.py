"""What the controls of this page have in common: the penalty's slider, whose left end is no penalty at all."""

import numpy as np

from vitral.course.numbers import num, tiny
from vitral.views.widgets import Slider

FLAT = 1e-9  # below it an error is rounding, and a logarithmic axis leaves it out


def strength_slider(label: str, value: float, low: float, high: float, hint: str = "") -> Slider:
    """λ by factors; `strength_of` reads its left end as 0."""
    return Slider(name="lam", label=label, value=value, low=low, high=high, step=0.1, log=True, hint=hint)


def strength_of(value: float, low: float) -> float:
    """λ as the slider means it: 0 at its left end."""
    return 0.0 if value <= low * 1.001 else float(f"{value:.3g}")


def drawn(errors: np.ndarray, least: float = 1e-5, most: float = 1e6) -> np.ndarray:
    """Errors for a logarithmic axis: nothing where they are next to none, and no more than `most`."""
    return np.where(errors < least, np.nan, np.minimum(errors, most))


def told(value: float) -> str:
    """An error in words: three digits, or that it is none."""
    return "∞" if not np.isfinite(value) else "0" if value < FLAT else num(value, 3)


def lam_told(lam: float) -> str:
    """λ in words: two digits, or one and its power of ten."""
    return num(lam, 2) if lam >= 1e-3 else tiny(lam)

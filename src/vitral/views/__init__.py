"""Drawings of what a run holds. They draw what they are given and return it; nothing is shown or written.

Figures are Matplotlib's, made without pyplot, transparent and legible on light and dark pages alike. `vitral.views.svg`
draws curves and scatter plots for HTML pages, in the page's own colours.
"""

from vitral.views.figures import confusion, examples, learning_curves, residuals

__all__ = ["confusion", "examples", "learning_curves", "residuals"]

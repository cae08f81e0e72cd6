"""Drawings of what a run holds. They draw what they are given and return it; nothing is shown or written.

Figures are Matplotlib's, made without pyplot, transparent and legible on light and dark pages alike. `vitral.views.svg`
draws curves and scatter plots for HTML pages, in the page's own colours.

    of a run          learning_curves, confusion, residuals, examples, weight_images
    of a recording    gradient_flow, ridge, histograms_before_after, saturation_map
    of a sweep        sweep_curves, sweep_heat_map, validation_curve, weight_path
    of several        learning_curves, weight_histograms, confusion(…, against=…)
"""

from vitral.views.confusions import confusion
from vitral.views.curves import learning_curves
from vitral.views.figures import examples, residuals
from vitral.views.layer_maps import gradient_flow, saturation_map
from vitral.views.ridges import histograms_before_after, ridge
from vitral.views.several_weights import weight_histograms
from vitral.views.sweeps import sweep_curves, sweep_heat_map
from vitral.views.validation_curves import validation_curve
from vitral.views.weight_paths import weight_path
from vitral.views.weight_pictures import weight_images

__all__ = [
    "confusion",
    "examples",
    "gradient_flow",
    "histograms_before_after",
    "learning_curves",
    "residuals",
    "ridge",
    "saturation_map",
    "sweep_curves",
    "sweep_heat_map",
    "validation_curve",
    "weight_histograms",
    "weight_images",
    "weight_path",
]

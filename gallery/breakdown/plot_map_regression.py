"""Which formula describes the map? Published regression, our regression and the threshold law on the same points."""

import os
from pathlib import Path

from entrox.core import generator
from entrox.design.parameter_map import parameter_grid, run_parameter_map
from entrox.design.regression import compare_map
from entrox.plots import plot_coefficients, plot_map_regression, save_figure

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

# The full map has 7 x 7 x 9 points and 8 seeds; the coefficients hardly depend on either.
dataset = run_parameter_map(parameter_grid((7, 7, 9)), seeds=2)
comparison = compare_map(dataset, generator(1))

# 223 dots per inch: 1600 pixels across.
save_figure(plot_map_regression(dataset, comparison), out / "map_regression.png", dpi=223)
save_figure(plot_coefficients(comparison).figure, out / "map_coefficients.png")

ours = comparison.ours
numbers = {
    "coefficients": dict(zip(ours.terms, ours.coefficients.tolist(), strict=True)),
    "intervals": dict(zip(ours.terms, ours.intervals.tolist(), strict=True)),
    "calibration_intervals": dict(zip(ours.terms, ours.calibration_intervals.tolist(), strict=True)),
    "relative_differences": dict(zip(ours.terms, comparison.differences.tolist(), strict=True)),
    "rms_relative": {
        "published": comparison.published_agreement.rms_relative,
        "ours": comparison.regression_agreement.rms_relative,
        "threshold law": comparison.law_agreement.rms_relative,
    },
    "published_misses": comparison.published_misses.tolist(),
}

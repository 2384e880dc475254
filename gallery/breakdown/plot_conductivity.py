"""How does the mean free path move the breakdown field? Conductivity of BaTiO3 along the ramp for four paths."""

import os
from pathlib import Path

import numpy as np

from entrox.breakdown import default_settings, mean_parameters, run_ensemble
from entrox.composition import parse_formula
from entrox.core import generator
from entrox.plots import plot_conductivity, save_figure

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

host = parse_formula("BaTiO3").at()
paths = (4.0, 8.0, 12.0, 16.0)
settings = default_settings(conductivity_states=60)
ramps = {
    path: run_ensemble(mean_parameters(host, host_path=path), generator(1), seeds=1, settings=settings).first
    for path in paths
}

axes = plot_conductivity(ramps)
save_figure(axes.figure, out / "conductivity.png")

fields = np.array([ramps[path].breakdown_field for path in paths]) / 1e6
numbers = {f"breakdown_field_{path:g}_angstrom_mv_per_m": field for path, field in zip(paths, fields, strict=True)}
# The threshold law gives the exponent -1/2; the onset at the first broken bond follows it closely.
numbers["exponent"] = float(np.polyfit(np.log(paths), np.log(fields), 1)[0])

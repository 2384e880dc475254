"""Where is the field? Electron density, field of the clouds and applied field in BaTiO3 at four states of a ramp."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from entrox.breakdown import AvalancheModel, build_sample, default_settings, mean_parameters
from entrox.breakdown.maps import density_map, field_map, plane_grid, record_snapshots
from entrox.breakdown.model import model_lattice, model_patterns, sample_properties
from entrox.composition import parse_formula
from entrox.core import generator
from entrox.plots import plot_local_field, save_figure

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

model = AvalancheModel(enhancement=True)
material = mean_parameters(parse_formula("BaTiO3").at(), host_path=16.0)
lattice, forms = model_lattice(model, "AO")
sample, patterns = build_sample(lattice, model.sample_cells), model_patterns(model.dimensions)
properties = sample_properties(sample, material, model, generator(0))
settings = replace(default_settings(), enhancement=True)

# At 90 % of the onset, at the onset, half way, and one attempt before the channel spans.
states = record_snapshots(sample, forms, properties, patterns, settings, generator(4))
figure = plot_local_field(sample, states, patterns)
# 223 dots per inch: 1600 pixels across.
save_figure(figure, out / "local_field.png", dpi=223)

onset = states[1]
# One cell of the crystal far from the first broken bond.
cell = plane_grid(sample, 0.05, window=(8.0, 12.0, 8.0, 12.0))
density = density_map(sample, onset.densities, patterns, cell)
field = np.linalg.norm(field_map(sample, onset.densities, patterns, cell), axis=-1)
electrons = sum(
    onset.bulk_densities[site] * 2 * np.pi * patterns[kind].cloud_width ** 2 for site, kind in enumerate(lattice.kinds)
)
numbers = {
    "applied_fields_mv_per_m": [state.applied_field / 1e6 for state in states],
    "broken_bonds": [len(state.broken) for state in states],
    "electrons_per_cell_at_onset": float(density.sum() * cell.cell_area),
    "electrons_per_cell_expected": float(electrons),
    "largest_cloud_field_mv_per_m": float(field.max() / 1e6),
    "field_at_the_cation_over_largest": float(field[:2, :2].min() / field.max()),
    "largest_local_over_applied": [float(state.local_field.max() / state.applied_field) for state in states],
}

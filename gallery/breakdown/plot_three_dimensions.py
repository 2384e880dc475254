"""What changes in three dimensions? The channel of a small BaTiO3 crystal, in space and projected."""

import os
from pathlib import Path

from entrox.breakdown import AvalancheModel, build_sample, calibrated_plane, mean_parameters, run_ensemble
from entrox.breakdown.calibration import calibrated_crystal
from entrox.composition import parse_formula
from entrox.core import generator
from entrox.plots import plot_channel_in_space, save_figure

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

material = mean_parameters(parse_formula("BaTiO3").at(), host_path=16.0)
space = AvalancheModel(dimensions=3, cells=8)
plane = AvalancheModel(cells=8, enhancement=True)
crystal = run_ensemble(material, generator(3), seeds=6, model=space)
flat = run_ensemble(material, generator(3), seeds=32, model=plane)
sample = build_sample(calibrated_crystal(), space.sample_cells)

figure = plot_channel_in_space(sample, crystal.first)
# 223 dots per inch: 1600 pixels across.
save_figure(figure, out / "three_dimensions.png", dpi=223)

numbers = {
    "onset_mv_per_m": {"space": crystal.onset_field / 1e6, "plane": flat.onset_field / 1e6},
    "rise_mv_per_m": {
        "space": (crystal.mean - crystal.onset_field) / 1e6,
        "plane": (flat.mean - flat.onset_field) / 1e6,
    },
    "broken_bonds": len(crystal.first.channel),
    "broken_share": {
        "space": len(crystal.first.channel) / len(sample.bonds),
        "plane": len(flat.first.channel) / len(build_sample(calibrated_plane("AO"), plane.sample_cells).bonds),
    },
}

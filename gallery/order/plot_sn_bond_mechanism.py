"""Do the neighbors compress the Ti-O bonds? Boxes in which each Sn neighbor shortens them by a known amount."""

import os
from pathlib import Path

import numpy as np

from entrox.core import generator
from entrox.order.bonds.bonds import bond_splitting
from entrox.order.bonds.environment import environment_counts
from entrox.order.lattice import fit_lattice
from entrox.plots import save_figure
from entrox.plots.polar_curves import plot_bond_environment
from entrox.structure.perovskite import build_perovskite

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

rng = generator(1)
SN_SHIFT = -0.004
"""Change of the mean Ti-O bond per Sn neighbor [angstrom], put in by moving each oxygen towards Ti and away from Sn."""

box = build_perovskite({"Ba": 0.875, "Ca": 0.125}, {"Ti": 0.875, "Sn": 0.125}, (8, 8, 8), 4.0, method="random", rng=rng)
lattice_map = fit_lattice(box)
b_symbols = np.array(lattice_map.b_symbols)
straight = lattice_map.axes
for cell in range(len(lattice_map)):
    for axis in range(3):
        beside = lattice_map.neighbors[cell, 2 * axis]
        if (b_symbols[cell] == "Sn") != (b_symbols[beside] == "Sn"):
            # six bonds of a Ti: each Sn shortens one of them
            sign = 1.0 if b_symbols[cell] == "Sn" else -1.0
            box.positions[lattice_map.x[cell, axis]] += -6.0 * SN_SHIFT * sign * straight[axis]

frames = []
for _ in range(64):
    frame = box.copy()
    frame.positions += rng.normal(0.0, 0.05, frame.positions.shape)
    frames.append(frame)

bonds = bond_splitting(frames, lattice_map, "Ti", by=("Sn", "Ca"))
terms, counts = environment_counts(lattice_map, "B", ("Sn", "Ca"))
ti = b_symbols == "Ti"
mean = sum(frame.positions for frame in frames) / len(frames)
inverse = np.linalg.inv(box.cell.array)
steps = (mean[lattice_map.b_x[ti]] - mean[lattice_map.b[ti]][:, None]) @ inverse
lengths = np.linalg.norm((steps - np.round(steps)) @ box.cell.array, axis=-1).mean(axis=1)
fit = next(item for item in bonds.environment if "bond" in item.subject)
slope = dict(zip(fit.terms, fit.slopes_angstrom.tolist(), strict=True))
error = dict(zip(fit.terms, fit.slope_errors_angstrom.tolist(), strict=True))
effects = {term: slope[term] * counts[ti, k] for k, term in enumerate(terms)}
points = {
    ("Ti", term): (counts[ti, k].astype(float), lengths - sum(effects[other] for other in terms if other != term))
    for k, term in enumerate(terms)
}
axes = plot_bond_environment([bonds], points)
save_figure(axes[0].figure, out / "sn_bond_mechanism.png")

numbers = {
    "slope_sn_angstrom": slope["Sn on B"],
    "slope_sn_error_angstrom": error["Sn on B"],
    "slope_ca_angstrom": slope["Ca on A"],
    "slope_ca_error_angstrom": error["Ca on A"],
    "slope_true_angstrom": SN_SHIFT,
    "splitting_angstrom": bonds.splitting_angstrom,
    "noise_floor_angstrom": bonds.noise_floor_angstrom,
}

"""How sharp is a 180-degree wall? Local polarization of PbTiO3 across two walls, from Born charges."""

import os
from pathlib import Path

import numpy as np
from ase.io import read

from entrox.order.lattice import fit_lattice
from entrox.order.polarization.polarization import local_polarization
from entrox.plots import save_figure
from entrox.plots.polar import plot_polar_map

root = Path(__file__).parents[2]
out = Path(os.environ.get("ENTROX_GALLERY_OUT", root / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

atoms = read(root / "examples" / "pbtio3_wall" / "PTO-180DW.vasp")
charges = {"Pb": 3.44, "Ti": 5.18, "O": -(3.44 + 5.18) / 3.0}

lattice_map = fit_lattice(atoms)
found = local_polarization(atoms, lattice_map, charges)
grid = lattice_map.grid(found.vectors_c_per_m2[0] @ lattice_map.axes.T)
axes = plot_polar_map(grid, normal=1, unit="C/m²")
save_figure(axes.figure, out / "polarization_wall.png")

profile = grid[..., 2].mean(axis=(1, 2))
reference = np.load(root / "examples" / "pbtio3_wall" / "PTO-180DW-P.npy")
ours = np.sort(found.vectors_c_per_m2[0][:, 2])
numbers = {
    "plateau_c_per_m2": float(np.median(np.abs(profile))),
    "walls": int((profile * np.roll(profile, 1) < 0).sum()),
    "cells_below_half": int((np.abs(profile) < 0.5 * np.abs(profile).max()).sum()),
    "total_c_per_m2": found.total_c_per_m2[0].tolist(),
    "largest_difference_from_reference": float(np.abs(ours - np.sort(reference[:, 2])).max()),
}

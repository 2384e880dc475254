"""Which way do the cations point? Directions of Ti in a box with known domains, beside those of thermal noise alone."""

import os
from pathlib import Path

import numpy as np
from ase.io import read

from entrox.core import generator
from entrox.order.displacement.displacement import displacements
from entrox.order.lattice import fit_lattice
from entrox.order.phases.phases import classify
from entrox.plots import save_figure
from entrox.plots.stereogram import plot_stereograms

root = Path(__file__).parents[2]
out = Path(os.environ.get("ENTROX_GALLERY_OUT", root / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

rng = generator(1)
atoms = read(root / "examples" / "pbtio3_wall" / "PTO-180DW.vasp")
lattice_map = fit_lattice(atoms)


def shaken(count, spread_angstrom):
    """Return frames with Gaussian noise on every atom, a stand-in for thermal motion."""
    frames = []
    for _ in range(count):
        frame = atoms.copy()
        frame.positions += rng.normal(0.0, spread_angstrom, frame.positions.shape)
        frames.append(frame)
    return frames


frames = shaken(60, 0.10)
single = displacements(frames, lattice_map, "B")
window = displacements(frames, lattice_map, "B", window_ps=1.0, time_step_ps=0.05)
axes = plot_stereograms(single.vectors_angstrom.reshape(-1, 3), pole_axes=lattice_map.axes)
save_figure(axes[0].figure, out / "pto_stereogram.png")

noise = rng.normal(0.0, 0.1, (60, 80, 3))
of_frames, of_windows, of_noise = classify(single), classify(window), classify(noise)
numbers = {
    "share_t_true": float(classify(displacements(atoms, lattice_map, "B")).fractions[1]),
    "share_t_frames": float(of_frames.fractions[1]),
    "share_t_windows": float(of_windows.fractions[1]),
    "share_t_noise_of_polar": float(of_noise.fractions[1] / (1.0 - of_noise.fractions[0])),
    "chance_t": float(of_frames.chance[1]),
    "up_share": float((single.vectors_angstrom[..., 2] > 0).mean()),
    "directions": int(np.isfinite(single.vectors_angstrom[..., 0]).sum()),
}

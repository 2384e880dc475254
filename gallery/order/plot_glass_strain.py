"""Where did a stretched glass give way? A map of strain with and without the strain of its cell, beside its noise."""

import os
from pathlib import Path

import numpy as np
from ase.io import read

from entrox.core import generator
from entrox.order import atomic_strain, noise_of_frames, strain_measures, strain_noise
from entrox.plots import new_axes, save_figure
from entrox.plots.glass_strain import plot_shear_histogram, plot_strain_slice
from entrox.plots.style import FULL_WIDTH, letter_panels, paper_style

root = Path(__file__).parents[2]
out = Path(os.environ.get("ENTROX_GALLERY_OUT", root / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

CUTOFF, SIGMA, RADIUS, SHEAR = 5.0, 0.05, 5.0, 0.12
GRADIENT = np.diag([1.075, 0.985, 0.985])

# silica, eight times its box; a zone of it shears when the glass is stretched, and everything moves thermally
glass = read(root / "examples" / "silica_glass" / "aSiO2_300_atoms.xyz").repeat(2)
glass.wrap()
rng = generator(4)
center = 0.5 * glass.cell.array.sum(axis=0)
apart = glass.positions - center
later = glass.copy()
later.positions[:, 0] += SHEAR * apart[:, 1] * np.exp(-0.5 * (apart**2).sum(axis=1) / RADIUS**2)
later.set_cell(glass.cell.array @ GRADIENT, scale_atoms=True)


def rattled(atoms):
    moved = atoms.copy()
    moved.positions += rng.normal(0.0, SIGMA / np.sqrt(2.0), moved.positions.shape)
    return moved


before, still, after = rattled(glass), rattled(glass), rattled(later)
noise = noise_of_frames(before, still, CUTOFF)
kept = atomic_strain(before, after, CUTOFF, remove_affine=False, noise=noise)
local = atomic_strain(before, after, CUTOFF, noise=noise)

figure, panels = new_axes(width=FULL_WIDTH, height=54.0, panels=3)
with paper_style():
    for panel, strain, words in ((panels[0], kept, "kept"), (panels[1], local, "removed")):
        plot_strain_slice(strain, before.positions, before.cell.array, thickness_angstrom=6.0, axes=panel)
        panel.set_title(f"strain of the cell {words}", loc="right")
    plot_shear_histogram(local, axes=panels[2])
    handles = panels[2].get_legend().legend_handles[:3]
    panels[2].legend(handles, ["atoms of b", "noise alone", "95 % of noise"], loc="upper right")
    letter_panels(panels)
save_figure(figure, out / "glass_strain.png")

near = np.linalg.norm(apart, axis=1) < RADIUS
far = np.linalg.norm(apart, axis=1) > 3.0 * RADIUS
cell = strain_measures(GRADIENT)
numbers = {
    "cell_alone": {"shear": cell.shear, "volumetric": cell.volumetric, "volume_change": cell.det - 1.0},
    "mean_shear_kept": {"zone": float(kept.shear[near].mean()), "elsewhere": float(kept.shear[far].mean())},
    "mean_shear_local": {"zone": float(local.shear[near].mean()), "elsewhere": float(local.shear[far].mean())},
    "above_floor": {"zone": float(local.above_floor[near].mean()), "elsewhere": float(local.above_floor[far].mean())},
    "noise": {
        "sigma_angstrom": noise.displacement_sigma_angstrom, "measured_rms": noise.shear_rms,
        "expected_rms": float(SIGMA * np.sqrt(5.0 / 6.0 * local.noise_trace_per_angstrom2.mean())),
        "even_surrounding_rms": float(strain_noise(SIGMA, local.neighbors.mean(), CUTOFF)[0]),
    },
}  # fmt: skip

"""Which peaks of a pair distribution are structure, and which are made by its reduction."""

import os
from pathlib import Path

import numpy as np
from ase.build import bulk
from scipy.spatial.distance import pdist

from entrox.core import generator
from entrox.microscopy import DiffractionCurve, PdfSettings, debye_curve, electron_pdf
from entrox.plots import new_axes, save_figure
from entrox.plots.diffraction import GUIDE_COLOR, plot_electron_pdf
from entrox.plots.style import FULL_WIDTH, paper_style, space_panels

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[2] / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

rng = generator(4)
atoms = bulk("Au", "fcc", a=4.0782, cubic=True) * (6, 6, 6)
atoms = atoms[np.linalg.norm(atoms.positions - atoms.positions.mean(axis=0), axis=1) < 11.0]
atoms.positions += rng.normal(0.0, 0.12, atoms.positions.shape)
s = np.arange(0.2, 3.2, 0.005)
clean = 20.0 * debye_curve(atoms, s)
curve = DiffractionCurve(s_per_angstrom=s, intensity=rng.poisson(clean).astype(float) + 300.0)
found = {
    window: electron_pdf(curve, "Au", PdfSettings(s_max_per_angstrom=end, window=window, damping_square_angstrom=0.01))
    for window, end in (("gaussian", 3.0), ("none", 2.0))
}

figure, panels = new_axes(width=FULL_WIDTH, height=66.0, panels=2)
distances = pdist(atoms.positions)
with paper_style():
    for panel, item, name in zip(panels, found.values(), ("window exp(-bQ²)", "cut at 2 1/Å"), strict=True):
        plot_electron_pdf(item, panel, label=f"G(r), {name}")
        count, edges = np.histogram(distances, bins=np.arange(0.0, 8.01, 0.05))
        top = panel.get_ylim()[0] + 0.18 * np.diff(panel.get_ylim())[0] * count / count.max()
        panel.stairs(top, edges, baseline=panel.get_ylim()[0], color=GUIDE_COLOR, linewidth=0.5, fill=True, alpha=0.4)
        panel.set_xlim(0.0, 8.0)
    space_panels(panels)
save_figure(figure, out / "pair_distribution.png", dpi=200.0)

shells = 4.0782 * np.sqrt(np.arange(1, 6) / 2.0)
first = found["gaussian"].peaks[:5]
numbers = {
    "off_angstrom": [float(peak.r_angstrom - shell) for peak, shell in zip(first, shells, strict=True)],
    "spread_angstrom": [peak.error_angstrom for peak in first],
    "peaks_up_to_8_angstrom": {name: sum(p.r_angstrom < 8.0 for p in item.peaks) for name, item in found.items()},
    "ripple": {name: item.ripple for name, item in found.items()},
}

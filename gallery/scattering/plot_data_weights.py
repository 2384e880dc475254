"""What of a displacement do the data hold? A known box refined at several weights of its data, and without them."""

import os
import tempfile
from pathlib import Path

import numpy as np

from entrox.core import generator
from entrox.order.lattice.fit import fit_lattice
from entrox.plots import new_axes, save_figure
from entrox.plots.rmc_course import plot_data_weights
from entrox.plots.style import FULL_WIDTH, family_style, letter_panels, paper_style
from entrox.scattering import RmcSettings, displaced_box, run_ensemble, virtual_data, write_correlation
from entrox.scattering.run.box_analysis import analyze_box
from entrox.structure.perovskite import build_perovskite

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[2] / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

CELLS, EDGE, SIGMA, R_MAX = (6, 6, 6), 4.0, 0.003, 9.0
FORMULA = "Ba0.926Ca0.074Ti0.892Sn0.108O3"
PEAKS = {("Ti", "O"): (1.65, 2.35), ("Sn", "O"): (1.65, 2.35), ("Ba", "O"): (2.48, 3.18), ("Ca", "O"): (2.48, 3.18)}

rng = generator(3)
sites = {"A": {"Ba": 0.926, "Ca": 0.074}, "B": {"Ti": 0.892, "Sn": 0.108}}
still = build_perovskite(sites["A"], sites["B"], CELLS, EDGE, rounding="largest-remainder", rng=rng)
truth = displaced_box(still, {"Ca": 0.12, "Ti": 0.08, "Ba": 0.06, "Sn": 0.02}, 0.005, rng)
x = 0.02 * np.arange(1, int((R_MAX + 0.02) / 0.02))
data = virtual_data(truth, x, "G_keen", radius_angstrom=0.5 * CELLS[0] * EDGE, sigma=SIGMA, rng=rng, qmax=35.0)

with tempfile.TemporaryDirectory() as folder:
    write_correlation(Path(folder) / "known.gr", data)
    settings = RmcSettings(
        sample={"formula": FORMULA, "cells": CELLS, "lattice_a_angstrom": EDGE},
        data=[
            {
                "file": Path(folder) / "known.gr", "name": "G", "form": "G_keen", "r_min_angstrom": 1.2,
                "r_max_angstrom": R_MAX, "sigma": SIGMA, "qmax_per_angstrom": 35.0,
            }
        ],
        constraints={
            "distance_window": [
                {"pair": pair, "low_angstrom": low, "high_angstrom": high} for pair, (low, high) in PEAKS.items()
            ]
        },
        run={
            "moves_per_atom": 60, "burn_in_moves_per_atom": 20, "threads": 1, "data_weight": 4.0,
            "compare_weights": (0.0, 1.0),
        },
    )  # fmt: skip
    found = run_ensemble(settings)

known = analyze_box(truth, fit_lattice(truth), rng)
figure, panels = new_axes(width=FULL_WIDTH, height=72.0, panels=2)
with paper_style():
    for axes, item in zip(panels, found.weights, strict=True):
        plot_data_weights([item], axes=axes)
        axes.legend(handles=axes.get_legend().legend_handles, loc="upper right")  # letters stand above the panels
        for number, length in enumerate(known.mean_modulus_angstrom):
            axes.axhline(length, color=family_style(number).color, linewidth=0.6, linestyle=":")
        axes.set_title(f"bond valence {'on' if item.bond_valence_on else 'off'}; dotted: truth", fontsize=6.5)
        axes.set_ylim(0.0, 0.45)
    letter_panels(panels)
save_figure(figure, out / "data_weights.png")


def lengths(item, weight):
    row = item.weights.tolist().index(weight)
    return dict(zip(item.elements, item.mean_modulus_angstrom[row].tolist(), strict=True))


on, off = found.weights
numbers = {
    "truth_angstrom": dict(zip(known.elements, known.mean_modulus_angstrom.tolist(), strict=True)),
    "without_bond_valence_angstrom": {weight: lengths(off, weight) for weight in (0.0, 1.0, 4.0)},
    "with_bond_valence_angstrom": {weight: lengths(on, weight) for weight in (0.0, 1.0, 4.0)},
    "chi2_per_point": {
        weight: float(off.chi2_per_point[k, 0]) for k, weight in enumerate(off.weights.tolist()) if weight
    },
}

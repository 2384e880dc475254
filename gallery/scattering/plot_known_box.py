"""Which part of a displacement comes from the data? A known box refined with and without bond valences."""

import os
import tempfile
from pathlib import Path

import numpy as np

from entrox.core import generator
from entrox.order.lattice.fit import fit_lattice
from entrox.plots import new_axes, save_figure
from entrox.plots.rmc import MODE_COLORS, plot_set_fit
from entrox.plots.style import FULL_WIDTH, letter_panels, paper_style
from entrox.scattering import (
    RmcSettings,
    displaced_box,
    run_ensemble,
    virtual_data,
    write_correlation,
)
from entrox.scattering.run.box_analysis import analyze_box
from entrox.structure.perovskite import build_perovskite

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[2] / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

CELLS, EDGE, SIGMA, R_MAX = (6, 6, 6), 4.0, 0.005, 9.0
OFF_CENTERS = {"Ca": 0.12, "Ti": 0.08, "Ba": 0.06, "Sn": 0.02}

rng = generator(3)
sites = {"A": {"Ba": 0.926, "Ca": 0.074}, "B": {"Ti": 0.892, "Sn": 0.108}}
still = build_perovskite(sites["A"], sites["B"], CELLS, EDGE, rounding="largest-remainder", rng=rng)
truth = displaced_box(still, OFF_CENTERS, 0.005, rng)
x = 0.02 * np.arange(1, int((R_MAX + 0.02) / 0.02))
data = virtual_data(truth, x, "G_keen", radius_angstrom=0.5 * CELLS[0] * EDGE, sigma=SIGMA, rng=rng, qmax=35.0)

with tempfile.TemporaryDirectory() as folder:
    write_correlation(Path(folder) / "known.gr", data)
    settings = RmcSettings(
        sample={"formula": "Ba0.926Ca0.074Ti0.892Sn0.108O3", "cells": CELLS, "lattice_a_angstrom": EDGE},
        data=[
            {
                "file": Path(folder) / "known.gr", "name": "G", "form": "G_keen", "r_min_angstrom": 1.5,
                "r_max_angstrom": R_MAX, "sigma": SIGMA, "qmax_per_angstrom": 35.0,
            }
        ],
        run={"seeds": 2, "moves_per_atom": 60, "burn_in_moves_per_atom": 20, "threads": 1},
    )  # fmt: skip
    found = run_ensemble(settings)

known = analyze_box(truth, fit_lattice(truth), rng)
figure, panels = new_axes(width=FULL_WIDTH, height=68.0, panels=2)
modes = [item.bond_valence_on for item in found.results]
with paper_style():
    plot_set_fit([item.sets[0] for item in found.results], bond_valence=modes, axes=panels[0])
    places = np.arange(len(known.elements))
    panels[1].bar(places, known.mean_modulus_angstrom, 0.8, color="#d9dce0", linewidth=0)
    for shift, analysis, on in ((-0.15, found.analysis_on, True), (0.15, found.analysis_off, False)):
        panels[1].errorbar(
            places + shift, analysis.mean_modulus_angstrom, yerr=analysis.mean_modulus_spread_angstrom, marker="o",
            linestyle="none", color=MODE_COLORS[on], elinewidth=0.7, capsize=1.6,
        )  # fmt: skip
    panels[1].set_xticks(places, [f"{name} ({site})" for name, site in zip(known.elements, known.sites, strict=True)])
    panels[1].set_ylabel("Mean length ⟨|d|⟩ [Å]; gray: truth")
    panels[1].set_ylim(bottom=0.0)
    handles = panels[0].get_legend().legend_handles
    panels[0].legend(handles=handles, loc="upper right")  # letters stand above the panels
    letter_panels(panels)
save_figure(figure, out / "known_box.png")

weight = found.results[0].faber_ziman_percent


def lengths(analysis):
    return dict(zip(analysis.elements, analysis.mean_modulus_angstrom.tolist(), strict=True))


numbers = {
    "truth_angstrom": dict(zip(known.elements, known.mean_modulus_angstrom.tolist(), strict=True)),
    "with_bond_valence_angstrom": lengths(found.analysis_on),
    "without_angstrom": lengths(found.analysis_off),
    "chi2_per_point": {mode: float(np.mean([item.chi2_per_point for item in found.runs(bond_valence=mode == "on")]))
                       for mode in ("on", "off")},
    "gii_e": {mode: float(np.mean([item.gii_e for item in found.runs(bond_valence=mode == "on")]))
              for mode in ("on", "off")},
    "weight_percent": {"Ca-O": weight.get("Ca-O", weight.get("O-Ca")), "O-O": weight["O-O"]},
}  # fmt: skip

"""What holds an element in place, the data or the bond valence constraint? Weights and sensitivities by element."""

import os
import tempfile
from pathlib import Path

import numpy as np

from entrox.core import generator
from entrox.plots import new_axes, save_figure
from entrox.plots.style import FULL_WIDTH, letter_panels, paper_style
from entrox.scattering import (
    RmcSettings,
    advance,
    displaced_box,
    element_sensitivity,
    initial_state,
    problem_of_settings,
    virtual_data,
    write_correlation,
)
from entrox.structure.perovskite import build_perovskite

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[2] / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

CELLS, EDGE, SIGMA, R_MAX, ROUNDS = (6, 6, 6), 4.0, 0.005, 9.0, 30

rng = generator(3)
still = build_perovskite(
    {"Ba": 0.926, "Ca": 0.074}, {"Ti": 0.892, "Sn": 0.108}, CELLS, EDGE, rounding="largest-remainder", rng=rng
)
truth = displaced_box(still, {"Ca": 0.12, "Ti": 0.08, "Ba": 0.06, "Sn": 0.02}, 0.005, rng)
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
    )  # fmt: skip
    setup = problem_of_settings(settings, generator(1), bond_valence=True)

problem = setup.problem
state = initial_state(problem, generator(2), threads=1)
advance(state, problem, ROUNDS * len(problem.species))
found = element_sensitivity(state, problem, generator(4))

figure, panels = new_axes(width=FULL_WIDTH, height=62.0, panels=2)
pairs, percent = setup.weights.pairs, setup.weights.percent
with paper_style():
    colors = ["#9aa0a6" if name in setup.weights.unseen else "#0072B2" for name in pairs]
    panels[0].barh(range(len(pairs)), percent, color=colors, linewidth=0)
    panels[0].set_yticks(range(len(pairs)), [name.replace("-", "\N{EN DASH}") for name in pairs])
    panels[0].invert_yaxis()
    panels[0].set_xlabel("Weight in the neutron total [%]; gray: practically unseen")
    places = np.arange(len(found.elements))
    valence = found.rms_change[:, found.terms.index("bond_valence")]
    panels[1].bar(places - 0.2, found.rms_data_change, 0.38, color="#0072B2", label="data")
    panels[1].bar(places + 0.2, valence, 0.38, color="#D55E00", label="bond valence")
    panels[1].set_xticks(places, found.elements)
    panels[1].set_ylabel(f"rms change of the cost, step of {found.step_angstrom:g} Å")
    panels[1].legend()
    letter_panels(panels)
save_figure(figure, out / "sensitivity.png")

numbers = {
    "data": dict(zip(found.elements, found.rms_data_change.tolist(), strict=True)),
    "bond_valence": dict(zip(found.elements, valence.tolist(), strict=True)),
    "percent": setup.weights.by_pair,
    "unseen": setup.weights.unseen,
}

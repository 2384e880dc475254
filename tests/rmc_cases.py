"""Small refinements against the data of boxes that are known."""

from __future__ import annotations

import numpy as np

from entrox.scattering.data.data_files import write_correlation
from entrox.scattering.data.virtual_data import displaced_box, virtual_data
from entrox.scattering.setup.rmc_settings import RmcSettings
from entrox.scattering.setup.start_box import build_start_box

FORMULA = "Ba0.926Ca0.074Ti0.892Sn0.108O3"
OFF_CENTERS = {"Ca": 0.12, "Ti": 0.08, "Ba": 0.06, "Sn": 0.02}
THERMAL = 0.005
# the first peaks of the measured G(r) end here
WINDOWS = [
    {"pair": pair, "low_angstrom": low, "high_angstrom": high}
    for pair, low, high in (
        (("Ti", "O"), 1.65, 2.35),
        (("Sn", "O"), 1.65, 2.35),
        (("Ba", "O"), 2.48, 3.18),
        (("Ca", "O"), 2.48, 3.18),
    )
]


def write_virtual_data(folder, atoms, radius, *, sigma_g=0.003, sigma_f=0.002, qmax=35.0, seed=1, q_step=0.02):
    """Files of G_keen(r) and F(Q) of a box, with noise."""
    rng = np.random.default_rng(seed)
    r = 0.02 * np.arange(1, int((radius - 1.1) / 0.02))
    q = q_step * np.arange(int(0.6 / q_step), int(qmax / q_step) + 1)
    g = virtual_data(atoms, r, "G_keen", radius_angstrom=radius, sigma=sigma_g, rng=rng, qmax=qmax)
    f = virtual_data(atoms, q, "F", radius_angstrom=radius, sigma=sigma_f, rng=rng)
    write_correlation(folder / "g.gr", g)
    write_correlation(folder / "f.fq", f)
    return [
        {
            "file": folder / "g.gr",
            "name": "G",
            "form": "G_keen",
            "qmax_per_angstrom": qmax,
            "r_min_angstrom": 1.2,
            "r_max_angstrom": float(r[-1]),
        },
        # the box was cut at the same radius: its transform is convolved already
        {"file": folder / "f.fq", "name": "F", "form": "F", "convolve": False},
    ]


def virtual_experiment(
    folder,
    cells=(4, 4, 4),
    *,
    formula=FORMULA,
    off_centers=None,
    thermal=THERMAL,
    radius=None,
    seed=1,
    noise=(0.003, 0.002),
    lattice=4.0,
    q_step=0.02,
    common_shift=None,
    **tables,
):
    """Settings that refine a cube against the data of a box with known displacements, and that box."""
    radius = 0.5 * lattice * min(cells) if radius is None else radius
    sample = {"formula": formula, "cells": cells, "lattice_a_angstrom": lattice}
    constraints = {"bond_valence": {"mode": "off"}} | tables.pop("constraints", {})
    run = {"moves_per_atom": 10, "burn_in_moves_per_atom": 4, "threads": 1} | tables.pop("run", {})
    empty = RmcSettings(sample=sample, constraints={"bond_valence": {"mode": "on"}})
    rng = np.random.default_rng(seed)
    atoms = build_start_box(empty, rng).atoms
    chosen = OFF_CENTERS if off_centers is None else off_centers
    truth = displaced_box(atoms, {k: d for k, d in chosen.items() if k in set(atoms.symbols)}, thermal, rng)
    for name, vector in (common_shift or {}).items():
        truth.positions[np.array(truth.symbols) == name] += vector
    data = write_virtual_data(folder, truth, radius, sigma_g=noise[0], sigma_f=noise[1], seed=seed, q_step=q_step)
    settings = RmcSettings(
        sample=sample, data=data, bins={"radius_angstrom": radius}, constraints=constraints, run=run, **tables
    )
    return settings, truth

"""Sublattices taken from the truth of a simulated picture, so that a test of the fit needs no search for columns."""

from __future__ import annotations

import numpy as np

from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.microscopy.simulation.column_truth import ColumnTruth

STEPS = {
    "001": np.array([[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]]),
    "110": np.array([-0.5, 0.5]),
}


def truth_in_pixels(truth: ColumnTruth, pixel_size: float) -> np.ndarray:
    """Positions (x right, y down) [px] of columns given in angstrom from the lower left corner, y up."""
    x, y = np.asarray(truth.position_angstrom).T
    rows = round(float(truth.extent_angstrom[1]) / pixel_size)
    return np.column_stack([x / pixel_size - 0.5, rows - y / pixel_size - 0.5])


def _basis_in_pixels(position: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Least-squares vectors of one step along a1 and a2, x right and y down."""
    design = np.column_stack([cell, np.ones(len(cell))])
    return np.linalg.lstsq(design, position, rcond=None)[0][:2]


def _steps_to_cage(zone_axis: str, offset: np.ndarray) -> np.ndarray:
    """Steps from a cation to its cage in cells; along c only in [110] view, which is where B sits off A."""
    if zone_axis == "001":
        return STEPS["001"]
    along_c = np.abs(np.abs(offset) % 1.0 - 0.5) < 0.25
    return np.outer(STEPS["110"], along_c.astype(float))


def sublattices_of_truth(
    truth: ColumnTruth,
    pixel_size: float,
    *,
    zone_axis: str = "001",
    dark: bool = False,
    start_error_px: float = 0.0,
    seed: int = 0,
) -> Sublattices:
    """Sublattices of a simulated picture; ``start_error_px`` is the scatter of the positions the fit starts from."""
    position = truth_in_pixels(truth, pixel_size)
    site, cell = np.asarray(truth.site), np.asarray(truth.cell)
    basis = _basis_in_pixels(position[site == 0], cell[site == 0])
    row_of = {(int(s), int(i), int(j)): n for n, (s, (i, j)) in enumerate(zip(site, cell, strict=True))}
    pairs = [(n, row_of[0, i, j]) for (s, i, j), n in row_of.items() if s == 1 and (0, i, j) in row_of]
    b_rows, a_rows = np.array(pairs).T
    offset = np.median((position[b_rows] - position[a_rows]) @ np.linalg.inv(basis), axis=0)
    offset = np.round(2.0 * offset) / 2.0
    steps = _steps_to_cage(zone_axis, offset)
    cage = np.full((len(site), len(steps)), -1)
    for n in np.flatnonzero(site < 2):
        shift = offset if site[n] == 1 else -offset
        for m, step in enumerate(steps):
            i, j = cell[n] + np.round(shift + step).astype(int)
            cage[n, m] = row_of.get((1 - int(site[n]), int(i), int(j)), -1)
    start = position + np.random.default_rng(seed).normal(0.0, 1.0, position.shape) * start_error_px
    return Sublattices(
        position_px=start,
        site=site,
        cell=cell,
        cage=cage,
        collision=np.zeros(len(site), dtype=bool),
        saturated=np.zeros(len(site), dtype=bool),
        basis_px=basis,
        zone_axis=zone_axis,
        dark=dark,
    )

"""Perovskite boxes with every trouble that a map must survive, and the sites that they were made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from entrox.order.lattice.topology import cell_grid


@dataclass
class Box:
    """Atoms in random order; ``a``, ``b``, ``x`` say where each site's atom went."""

    atoms: Atoms
    a: np.ndarray
    b: np.ndarray
    x: np.ndarray
    grid: object


def make_box(
    matrix,
    rng=None,
    *,
    noise=0.0,
    tilt_deg=0.0,
    strain=0.0,
    wall=0.0,
    shift_b=(0.0, 0.0, 0.0),
    shift_a=(0.0, 0.0, 0.0),
    a_elements=("Ba", "Ca"),
    b_elements=("Ti", "Sn"),
    lattice=4.0,
    wrap=False,
):
    """Supercell with the integer matrix; tilts a-a-c+, a wall across x, shifts in angstrom."""
    rng = rng or np.random.default_rng(0)
    grid = cell_grid(np.diag(matrix) if np.ndim(matrix) == 1 else np.array(matrix))
    cells, count = grid.cells, len(grid.cells)
    signs = np.stack([(-1.0) ** cells.sum(1), -((-1.0) ** cells.sum(1)), (-1.0) ** (cells[:, 0] + cells[:, 1])], axis=1)
    rotation = np.tan(np.radians(tilt_deg)) * signs
    places = [cells.astype(float), cells + 0.5]
    for k in range(3):
        half = 0.5 * np.eye(3)[k]
        places.append(cells + 0.5 + half + np.cross(rotation, half))
    vectors = lattice * np.diag(1.0 + strain * rng.uniform(-1.0, 1.0, 3))
    if strain:
        vectors = vectors + lattice * strain / 2 * rng.uniform(-1.0, 1.0, (3, 3))
    cell = grid.matrix @ vectors
    side = np.where(cells[:, 0] < grid.triangle[0, 0] / 2, 1.0, -1.0)[:, None]
    positions = [place @ vectors for place in places]
    positions[0] += np.array(shift_a) + 0.6 * wall * side * np.array([0, 0, 1.0])
    positions[1] += np.array(shift_b) + wall * side * np.array([0, 0, 1.0])
    positions = np.concatenate(positions) + rng.normal(0.0, noise, (5 * count, 3)) * (noise > 0)
    symbols = np.concatenate([rng.choice(a_elements, count), rng.choice(b_elements, count), ["O"] * (3 * count)])
    order = rng.permutation(5 * count)
    where = np.argsort(order)
    if wrap:
        positions = positions + rng.integers(-1, 2, (5 * count, 3)) @ cell
    atoms = Atoms(symbols[order], positions=positions[order], cell=cell, pbc=True)
    return Box(atoms, where[:count], where[count : 2 * count], where[2 * count :].reshape(3, count).T, grid)

"""The largest sphere of a periodic structure that holds no atom center: where a box has torn. Lengths in angstrom."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from entrox.core import InputError

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["largest_empty_sphere"]


def largest_empty_sphere(atoms: Atoms) -> float:
    """Radius of the largest sphere without an atom center [angstrom].

    Its center is a corner of the Voronoi cells of the atoms and their images.

    Parameters
    ----------
    atoms
        Periodic in all directions.

    Raises
    ------
    InputError
        If it is not.

    Examples
    --------
    In simple cubic the middle of the cube is farthest:

    >>> from ase import Atoms
    >>> round(largest_empty_sphere(Atoms("Po", cell=(2.0, 2.0, 2.0), pbc=True)), 6)
    1.732051
    """
    from scipy.spatial import Voronoi, cKDTree

    if not atoms.pbc.all():
        raise InputError(f"an empty sphere needs a structure that is periodic; got pbc = {atoms.pbc.tolist()}.")
    cell = atoms.cell.array
    places = atoms.get_scaled_positions(wrap=True)
    # a sphere is no larger than half a diagonal of the cell, so one layer of images is enough around a compact cell;
    # a flat one needs as many as reach that far
    heights = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    reach = np.ceil(0.5 * np.linalg.norm(cell.sum(axis=0)) / heights).astype(int)
    shifts = np.array(list(product(*(range(-n, n + 1) for n in np.minimum(reach, 3).tolist()))), dtype=float)
    images = (places[None] + shifts[:, None]).reshape(-1, 3)
    near = ((images > -1.0) & (images < 2.0)).all(axis=1) if len(atoms) > 8 else np.ones(len(images), dtype=bool)
    points = images[near] @ cell
    corners = Voronoi(points).vertices
    inside = corners @ np.linalg.inv(cell)
    corners = corners[((inside > -1e-9) & (inside < 1.0 + 1e-9)).all(axis=1)]
    distance, _ = cKDTree(points).query(corners)
    return float(np.max(distance))

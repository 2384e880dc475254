r"""Boxes of the perovskite structure ABX3: solid solutions, cubic and rotated settings, tilted octahedra.

The pseudo-cubic cell n holds A at n, B at n + (1/2, 1/2, 1/2) and X(k) at the middle between B of cell n and B of cell
n + e_k. A box has the cell vectors M diag(a, b, c), M a matrix of whole numbers. Lengths in angstrom, angles in
degrees.

Tilts after A. M. Glazer, Acta Cryst. B 28, 3384 (1972): the rotation vector of the octahedron n about axis k changes
its sign along the two other axes, and along its own for the superscript minus. An X atom moves by
:math:`\tfrac{1}{2} \tan|\omega| \, \hat\omega \times e_k` as both of its octahedra want.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_all_positive, check_finite, check_integer
from entrox.structure.occupation import occupy_sites

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["SETTINGS", "build_perovskite"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SETTINGS: Mapping[str, tuple[tuple[int, int, int], ...]] = {
    "cubic": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "sqrt2": ((1, -1, 0), (1, 1, 0), (0, 0, 2)),
    "2sqrt2": ((2, -2, 0), (2, 2, 0), (0, 0, 2)),
}
"""Cell vectors of one unit in pseudo-cubic edges: 1 x 1 x 1, sqrt2 x sqrt2 x 2 and 2 sqrt2 x 2 sqrt2 x 2."""

TILT_SYSTEM = re.compile(r"^[abc]([-+0])[abc]([-+0])[abc]([-+0])$")
LARGEST_TILT_DEG = 45.0

Species = str | Mapping[str, float]


def build_perovskite(
    a_site: Species,
    b_site: Species,
    shape: tuple[int, int, int],
    lattice_angstrom: ArrayLike,
    *,
    x_site: Species = "O",
    setting: str = "cubic",
    tilt_system: str = "a0a0a0",
    tilts_deg: ArrayLike = (0.0, 0.0, 0.0),
    method: str = "random",
    rounding: str = "error",
    rng: np.random.Generator | None = None,
) -> Atoms:
    """Build a periodic box of a perovskite.

    Parameters
    ----------
    a_site, b_site, x_site
        Element, or fractions of several that sum to one; ``Va`` leaves sites empty.
    shape
        Number of units of the setting along its three vectors.
    lattice_angstrom
        Edge of the pseudo-cubic cell, or its three edges a, b, c.
    setting
        One of :data:`SETTINGS`.
    tilt_system
        Glazer's symbol, such as ``a0a0c-`` or ``a-a-c+``; only the superscripts count.
    tilts_deg
        Components of the rotation vector along the three pseudo-cubic axes; zero where the superscript is 0.
    method, rounding, rng
        As for :func:`occupy_sites`; the generator is needed where a site is shared.

    Returns
    -------
    Atoms
        First cell vector along x, second in the xy plane. Arrays: ``site`` (A, B or X), ``site_number`` (1 A, 2 B, 3-5
        X), ``cell_index`` (pseudo-cubic cell, shape ``(n_atoms, 3)``). All A stand first, then all B, then the three
        kinds of X, each in the order of the cells, the last axis fastest. ``info["supercell"]`` counts unit cells.

    Raises
    ------
    InputError
        If a value is outside its range, a tilt does not fit the box, or a shared site has no generator.

    Examples
    --------
    >>> build_perovskite("Ba", "Ti", (2, 2, 2), 4.0).get_chemical_formula()
    'Ba8O24Ti8'
    """
    from ase import Atoms
    from ase.cell import Cell

    edges = _edges(lattice_angstrom)
    matrix = _matrix(shape, setting)
    cells = _cells_in_box(matrix)
    places, rotations = _places(cells, tilt_system, tilts_deg, matrix)
    labels = np.repeat(["A", "B", "X", "X", "X"], len(cells))
    species = {"A": a_site, "B": b_site, "X": x_site}
    fractions = places.reshape(-1, 3) @ np.linalg.inv(matrix)
    # Places on the upper border belong to the lower one; the shift keeps rounding from deciding.
    fractions -= np.floor(fractions + 1e-9)
    box, _ = Cell(matrix * edges).standard_form()
    first = {label: on if isinstance(on, str) else next(s for s in on if s != "Va") for label, on in species.items()}
    atoms = Atoms([first[label] for label in labels], positions=fractions @ box.array, cell=box, pbc=True)
    atoms.set_array("site", labels)
    atoms.set_array("site_number", np.repeat(np.arange(1, 6), len(cells)))
    atoms.set_array("cell_index", np.tile(cells, (5, 1)))
    atoms.info["supercell"] = tuple(int(n) for n in shape)
    if rotations.any():
        atoms.info["tilts_deg"] = [float(angle) for angle in rotations]
    shared = {label: on for label, on in species.items() if not isinstance(on, str)}
    if not shared:
        return atoms
    if rng is None:
        raise InputError(f"The shared sites {', '.join(shared)} are drawn at random: pass rng=...")
    return occupy_sites(atoms, shared, method, rounding, rng=rng)


def _edges(lattice_angstrom: ArrayLike) -> Floats:
    edges = check_all_positive(lattice_angstrom, "lattice_angstrom", "angstrom")
    if edges.shape not in ((), (3,)):
        raise InputError(f"lattice_angstrom must be one edge or three; got shape {edges.shape}.")
    return np.broadcast_to(edges, (3,)).copy()


def _matrix(shape: tuple[int, int, int], setting: str) -> Ints:
    """Return the cell vectors in pseudo-cubic edges."""
    if setting not in SETTINGS:
        raise InputError(f"setting must be one of {', '.join(SETTINGS)}; got {setting!r}.")
    if len(shape) != 3:
        raise InputError(f"shape must have three numbers; got {shape!r}.")
    repeats = [check_integer(n, f"shape[{k}]", low=1) for k, n in enumerate(shape)]
    return np.asarray(np.diag(repeats) @ np.array(SETTINGS[setting]), dtype=np.int64)


def _cells_in_box(matrix: Ints) -> Ints:
    """Return the whole-number places inside the box, last axis fastest, shape ``(n_cells, 3)``."""
    corners = np.array(np.meshgrid(*[(0, 1)] * 3, indexing="ij")).reshape(3, -1).T @ matrix
    axes = [np.arange(low, high + 1) for low, high in zip(corners.min(axis=0), corners.max(axis=0), strict=True)]
    grid = np.array(np.meshgrid(*axes, indexing="ij")).reshape(3, -1).T
    fractions = grid @ np.linalg.inv(matrix)
    return grid[((fractions > -1e-9) & (fractions < 1.0 - 1e-9)).all(axis=1)]


def _places(cells: Ints, tilt_system: str, tilts_deg: ArrayLike, matrix: Ints) -> tuple[Floats, Floats]:
    """Return places of A, B and the three X in pseudo-cubic edges, shape ``(5, n_cells, 3)``, and the tilts."""
    middle = cells + 0.5
    places = np.stack([cells.astype(float), middle, *(middle + 0.5 * axis for axis in np.eye(3))])
    found = TILT_SYSTEM.match(tilt_system)
    if found is None:
        raise InputError(f"tilt_system must be a symbol such as a0a0c- or a-a-c+; got {tilt_system!r}.")
    tilts = check_finite(tilts_deg, "tilts_deg")
    if tilts.shape != (3,) or float(np.linalg.norm(tilts)) >= LARGEST_TILT_DEG:
        raise InputError(f"tilts_deg must be three angles, together below {LARGEST_TILT_DEG:g}; got {tilts_deg!r}.")
    rotation = np.zeros(cells.shape)
    for axis, (sign, angle) in enumerate(zip(found.groups(), tilts.tolist(), strict=True)):
        if (sign == "0") != (angle == 0.0):
            raise InputError(f"{tilt_system} needs an angle for each + and -, and 0 for each 0; got {tilts.tolist()}.")
        phase = np.array([1 if k != axis or sign == "-" else 0 for k in range(3)])
        if sign != "0" and (matrix @ phase % 2).any():
            raise InputError(
                f"The tilt {tilt_system} about axis {axis} does not fit the box {matrix.tolist()}: "
                "the cell must hold an even number of octahedra along the directions in which it changes sign."
            )
        rotation[:, axis] = angle * (-1.0) ** (cells @ phase)
    size = float(np.linalg.norm(tilts))
    if size:
        rotation *= np.tan(np.radians(size)) / size
        for k, bond in enumerate(np.eye(3)):
            places[2 + k] += 0.5 * np.cross(rotation, bond)
    return places, tilts

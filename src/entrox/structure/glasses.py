r"""Starts for the simulation of glasses without a crystal: atoms at random at a density, none too close to another.

Atoms are put at random and pushed apart: overlapping pairs repel each other with a harmonic force until no pair is
closer than its least distance. Lengths in angstrom, densities in g/cm3.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import constants
from scipy.spatial import cKDTree

from entrox.core import ConvergenceError, InputError, check_integer, check_positive
from entrox.core.units import METER_PER_ANGSTROM

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["build_amorphous_start"]

Floats = NDArray[np.float64]

SWEEPS = 2000
STRENGTH = 0.5
"""Share of an overlap that each of its two atoms moves away in a sweep."""
ANGSTROM3_PER_CM3 = (constants.centi / METER_PER_ANGSTROM) ** 3
U_PER_GRAM = constants.gram / constants.atomic_mass


def build_amorphous_start(
    composition: Mapping[str, int],
    n_atoms: int,
    density_g_per_cm3: float,
    min_distance: float = 1.5,
    *,
    rng: np.random.Generator,
) -> Atoms:
    """Build a cubic box of atoms at random places.

    Parameters
    ----------
    composition
        Whole numbers of each element in a formula unit.
    n_atoms
        Number of atoms, a multiple of those of a formula unit.
    density_g_per_cm3
        Density [g/cm3].
    min_distance
        Least distance between two atoms [angstrom].
    rng
        Draws the places.

    Returns
    -------
    Atoms
        Periodic; elements one after the other in the order of the composition.

    Raises
    ------
    InputError
        If the atoms are no whole number of formula units (the message names the nearest that are), or a value is not
        positive.
    ConvergenceError
        If the distance is too large for the density.

    Examples
    --------
    >>> box = build_amorphous_start({"Si": 1, "O": 2}, 72, 2.2, rng=np.random.default_rng(1))
    >>> box.get_chemical_formula(), round(float(box.cell[0, 0]), 3)
    ('O48Si24', 10.286)
    """
    from ase import Atoms

    counts = _counts(composition, check_integer(n_atoms, "n_atoms", low=1))
    density = check_positive(density_g_per_cm3, "density_g_per_cm3", "g/cm3")
    least = check_positive(min_distance, "min_distance", "angstrom")
    symbols = [name for name, count in counts.items() for _ in range(count)]
    atoms = Atoms(symbols, pbc=True)
    edge = float((atoms.get_masses().sum() / U_PER_GRAM / density * ANGSTROM3_PER_CM3) ** (1.0 / 3.0))
    atoms.set_cell((edge, edge, edge))
    if least > edge / 2.0:
        raise InputError(f"min_distance must be at most half the box, {edge / 2.0:.3g} angstrom; got {least:g}.")
    atoms.positions = _pushed_apart(rng.uniform(0.0, edge, (n_atoms, 3)), edge, least)
    return atoms


def _counts(composition: Mapping[str, int], n_atoms: int) -> dict[str, int]:
    for name, n in composition.items():
        check_integer(n, f"composition[{name!r}]", low=1)
    if not composition:
        raise InputError("composition must name at least one element; got none.")
    divisor = gcd(*composition.values())
    unit = {name: n // divisor for name, n in composition.items()}
    size = sum(unit.values())
    if n_atoms % size:
        below = n_atoms // size * size
        near = f"{below} or {below + size}" if below else f"{size}"
        raise InputError(f"{n_atoms} atoms are no whole number of formula units of {size}; take {near}.")
    return {name: n * n_atoms // size for name, n in unit.items()}


def _pushed_apart(places: Floats, edge: float, least: float) -> Floats:
    """Return places in a cube of which no two are closer than the least distance, images counted."""
    for _ in range(SWEEPS):
        places = np.mod(places, edge)
        # a place that rounding puts on the upper border is one on the lower
        places[places >= edge] = 0.0
        pairs = cKDTree(places, boxsize=np.full(3, edge)).query_pairs(least, output_type="ndarray")
        if not len(pairs):
            return places
        away = places[pairs[:, 0]] - places[pairs[:, 1]]
        away -= edge * np.rint(away / edge)
        distance = np.linalg.norm(away, axis=1)
        # a little more than the overlap, so that touching pairs come free
        push = (STRENGTH * (1.01 * least - distance) / np.maximum(distance, 1e-9))[:, None] * away
        np.add.at(places, pairs[:, 0], push)
        np.add.at(places, pairs[:, 1], -push)
    raise ConvergenceError(
        f"no arrangement of {len(places)} atoms with a least distance of {least:g} angstrom was found; take a smaller "
        "distance or density.",
        places,
    )

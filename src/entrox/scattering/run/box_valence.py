"""Bond valence sums of a box that is read from a file. Lengths in angstrom, valences in e."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.scattering.setup.given_box import start_box_of_atoms
from entrox.scattering.terms.bond_valence import bond_valence_sums, bond_valence_term, instability_index

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["sums_of_box"]

Floats = NDArray[np.float64]


def sums_of_box(box: Atoms, options: Mapping[str, Any]) -> tuple[Floats, float]:
    """Bond valence sum of every atom, and the global instability index.

    Parameters
    ----------
    box
        Periodic box; in perovskites the bonds are the 12 and 6 of the cations, else all within the cut-off.
    options
        Arguments of :func:`entrox.scattering.terms.bond_valence.bond_valence_term`.

    Returns
    -------
    sums : numpy.ndarray
        Sums [e], shape ``(n,)``.
    index : float
        Global instability index [e].

    Raises
    ------
    InputError
        If an element has no parameters.
    """
    elements = sorted(set(box.get_chemical_symbols()))
    term = bond_valence_term(elements, **options)
    start = start_box_of_atoms(box)
    cell = np.asarray(start.atoms.cell)
    away = start.atoms.get_positions() - start.sites_angstrom
    # beside its own site: bonds lead from site to site
    places = start.sites_angstrom + away - np.rint(away @ np.linalg.inv(cell)) @ cell
    numbers = np.array([elements.index(name) for name in box.get_chemical_symbols()])
    sums = bond_valence_sums(
        places, numbers, cell, elements, term,
        sites=start.sites_angstrom if start.perovskite else None,
        grid=start.grid,
        site_kind=start.site_kind if start.perovskite else None,
    )  # fmt: skip
    charges = np.array([abs(term.charges_e[name]) for name in elements])[numbers]
    return sums, instability_index(sums, charges)

"""Coordination of elements as a soft constraint: the share of centers with a number of neighbors, or the mean number.

Pure functions. Units: angstrom.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_positive
from entrox.scattering.engine.constraints._kernels import ShellRules, all_shells
from entrox.scattering.engine.lone_box import atoms_in_cells
from entrox.scattering.engine.padded_box import quantized
from entrox.scattering.terms.constraint_terms import CoordinationTerm

__all__ = ["coordination_numbers", "shell_rules"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def shell_rules(species: Ints, elements: Sequence[str], terms: Sequence[CoordinationTerm]) -> ShellRules:
    """Coordination terms in the form of the kernels.

    Raises
    ------
    InputError
        If an element is not in the box, or a shell or weight makes no sense.
    """
    for term in terms:
        for name in (term.center, term.neighbor):
            if name not in elements:
                raise InputError(
                    f"coordination of {term.center} by {term.neighbor}: {name!r} is not in {list(elements)}"
                )
        if not 0.0 <= term.low_angstrom < term.high_angstrom:
            raise InputError(
                f"coordination of {term.center} by {term.neighbor} needs 0 <= low < high; "
                f"got {term.low_angstrom} and {term.high_angstrom} angstrom"
            )
        check_positive(term.sigma, "sigma")
    names = list(elements)
    center = np.array([names.index(term.center) for term in terms], dtype=np.int64)
    return ShellRules(
        center,
        np.array([names.index(term.neighbor) for term in terms], dtype=np.int64),
        np.array([term.low_angstrom**2 for term in terms]),
        np.array([term.high_angstrom**2 for term in terms]),
        np.array([-1 if term.neighbors is None else term.neighbors for term in terms], dtype=np.int64),
        np.array([term.target for term in terms]),
        np.array([1.0 / term.sigma**2 for term in terms]),
        np.bincount(species, minlength=len(elements))[center].astype(np.int64),
    )


def coordination_numbers(
    positions: ArrayLike, species: ArrayLike, cell: ArrayLike, elements: Sequence[str], term: CoordinationTerm
) -> Ints:
    """Neighbors of every center of a term, in the order of the atoms, shape ``(centers,)``."""
    places, kinds = quantized(np.asarray(positions, dtype=float)), np.asarray(species, dtype=np.int64)
    shells = shell_rules(kinds, elements, [term])
    vectors = quantized(np.asarray(cell, dtype=float))
    box, runs = atoms_in_cells(places, kinds, vectors, term.high_angstrom)
    counts, _ = all_shells(box, runs, places, kinds, shells)
    return np.asarray(counts[0][kinds == shells.center[0]])

"""What a refinement is about, fixed while it runs; and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from entrox.scattering.operators.bins import Bins
from entrox.scattering.operators.set_operator import SetOperator
from entrox.scattering.terms.constraint_terms import BondValenceTerm, CoordinationTerm, DistanceWindowRule

__all__ = ["MoveRules", "RmcProblem"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class MoveRules:
    """How moves are drawn.

    Parameters
    ----------
    radius_angstrom
        Largest step of each element.
    swap_share
        Share of moves that exchange the species of two sites, by name of the sublattice.
    swap_positions
        Whether a species takes its position relative to the site along.
    """

    radius_angstrom: Mapping[str, float]
    swap_share: Mapping[str, float] = field(default_factory=dict)
    swap_positions: bool = True


@dataclass(frozen=True, eq=False)
class RmcProblem:
    """A refinement.

    Parameters
    ----------
    cell
        Box vectors in rows [angstrom], shape ``(3, 3)``.
    sites_angstrom
        Places of the sites, shape ``(n, 3)``; the positions at the start.
    species
        Number of the element in ``elements`` on each site at the start, shape ``(n,)``.
    elements
        Symbols.
    lengths_fm
        Scattering length of each element; empty with x-rays alone.
    bins
        Bins of distance.
    operators
        Data sets; all with the same channels.
    moves
        How moves are drawn.
    grid
        Cells of a perovskite box with the number of the site kind, or None for the general search.
    site_kind
        Kind of each site: 0 A, 1 B, 2, 3, 4 anions (perovskites); zeros else.
    sublattice
        Name of the sublattice of each site kind, for swaps.
    closest_angstrom
        Closest approach of pairs of elements, shape ``(elements, elements)``.
    windows, bond_valence, coordination
        Constraints.
    early_rejection
        Whether moves that cannot be accepted are refused before the transform; the chain is the same.
    positions_angstrom
        Positions at the start where they differ from the sites.
    margin_angstrom, widest_margin_angstrom
        How far an atom of a perovskite box may be from its site before the table is widened, and at most (moves
        beyond are refused and counted).
    solve_every
        Accepted moves between two solutions of scale and offset, for data sets that ask for it.
    batch
        Moves evaluated side by side, or None for as many as pay; the chain does not depend on it.
    """

    cell: Floats
    sites_angstrom: Floats
    species: Ints
    elements: tuple[str, ...]
    lengths_fm: Mapping[str, float]
    bins: Bins
    operators: tuple[SetOperator, ...]
    moves: MoveRules
    closest_angstrom: Floats
    grid: tuple[int, int, int] | None = None
    site_kind: Ints | None = None
    sublattice: tuple[str, ...] = ("all",)
    windows: tuple[DistanceWindowRule, ...] = ()
    bond_valence: BondValenceTerm | None = None
    coordination: tuple[CoordinationTerm, ...] = ()
    early_rejection: bool = True
    positions_angstrom: Floats | None = None
    margin_angstrom: float = 0.25
    widest_margin_angstrom: float = 1.2
    solve_every: int = 5000
    batch: int | None = None

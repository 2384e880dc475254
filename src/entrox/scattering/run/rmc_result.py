"""What a refinement leaves: the box, how well it fits, and how it got there.

Lengths in angstrom, valences in e; data as their form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity
from entrox.order.pair_distribution import PartialRdf
from entrox.scattering.data.length_check import LengthCheck
from entrox.scattering.engine.element_sensitivity import ElementSensitivity
from entrox.scattering.run.convergence import ChainHealth

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["MoveCount", "RmcHistory", "RmcResult", "SetFit"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class SetFit(Result):
    """One data set beside what the box gives. Points held out count in ``hold_out_chi2_per_point`` alone."""

    name: str
    form: str
    measurement: str
    x: Floats = quantity("angstrom or 1/angstrom", "distance or momentum transfer", axes=("point",))
    observed: Floats = quantity("as form", "observed value", axes=("point",))
    calculated: Floats = quantity("as form", "calculated value", axes=("point",))
    sigma: Floats = quantity("as form", "standard error of a point", axes=("point",))
    held_out: NDArray[np.bool_] = quantity("1", "point kept for testing", axes=("point",))
    scale: float = quantity("1", "scale")
    offset: float = quantity("as form", "offset")
    n_points: int = quantity("1", "points fitted")
    chi2: float = quantity("1", "chi^2 of the points fitted")
    chi2_per_point: float = quantity("1", "chi^2 per point fitted")
    rw: float = quantity("1", "weighted residual over weighted data")
    n_held_out: int = quantity("1", "points kept for testing", default=0)
    hold_out_chi2_per_point: float | None = quantity("1", "chi^2 per point kept for testing", default=None)


@dataclass(frozen=True, kw_only=True)
class MoveCount(Result):
    """Moves of one kind: all, those past the hard limits, and those accepted."""

    kind: str
    generated: int = quantity("1", "moves generated")
    tested: int = quantity("1", "moves within the hard limits")
    accepted: int = quantity("1", "moves accepted")


@dataclass(frozen=True, kw_only=True)
class RmcHistory(Result):
    """The run, one row per move and atom. ``terms`` are the data sets, the constraints, and ``total``."""

    terms: tuple[str, ...]
    cost: Floats = quantity("1", "cost by term", axes=("row", "term"))
    moves_per_atom: Floats = quantity("1", "moves per atom so far", axes=("row",))
    temperature: Floats = quantity("1", "temperature of the acceptance", axes=("row",))
    acceptance: Floats = quantity("1", "share of moves accepted", axes=("row",))
    sampling_start: int = quantity("1", "first row of the sampling: nothing is tuned from there on")
    elements: tuple[str, ...] = ()
    site_variance_angstrom2: Floats | None = quantity(
        "angstrom^2", "variance of each element about its sites, per axis", axes=("row", "element"), default=None
    )


@dataclass(frozen=True, kw_only=True)
class RmcResult(Result):
    """One refined box. Atoms stand near their sites: positions are not wrapped into the box."""

    positions_angstrom: Floats = quantity("angstrom", "positions", axes=("atom", "component"))
    species: tuple[str, ...]
    cell_angstrom: Floats = quantity("angstrom", "box vectors in rows", axes=("vector", "component"))
    sites_angstrom: Floats = quantity("angstrom", "places of the sites", axes=("atom", "component"))
    site_kind: Ints = quantity("1", "number of the site in the unit cell", axes=("atom",))
    cell_index: Ints | None = quantity("1", "unit cell of each atom", axes=("atom", "component"), default=None)
    grid: tuple[int, ...] | None = quantity("1", "unit cells along the vectors; None without a lattice")
    sublattice: tuple[str, ...]
    perovskite: bool
    sets: tuple[SetFit, ...]
    history: RmcHistory
    moves: tuple[MoveCount, ...]
    acceptance_by_species: Mapping[str, float]
    largest_step_by_species: Mapping[str, float]
    """Longest step of the sampling by element [angstrom]."""
    health: ChainHealth
    converged: bool
    stopped_by: str
    seed: int = quantity("1", "seed")
    data_weight: float = quantity("1", "weight of the data in the acceptance; chi^2 is without it", default=1.0)
    bond_valence_on: bool
    partials: PartialRdf | None = None
    valence_e: Floats | None = quantity("e", "bond valence sum of each atom", axes=("atom",), default=None)
    mean_valence_e: Mapping[str, float] = field(default_factory=dict)
    gii_e: float | None = quantity("e", "global instability index", default=None)
    sensitivity: ElementSensitivity | None = None
    lengths_table: str
    lengths: LengthCheck | None = None
    faber_ziman_percent: Mapping[str, float]
    unseen_pairs: tuple[str, ...] = ()
    n_independent_data: float = quantity("1", "independent numbers in the data")
    r_table_angstrom: float = quantity("angstrom", "end of the table of distances")
    histogram_drift: float = quantity("1", "greatest relative difference of the running histogram from a recount")
    refused_beyond_margin: int = quantity("1", "moves refused because they would leave the table of neighbors")
    moves_per_s: float = quantity("1/s", "moves generated per second by the clock, compilation apart")
    wall_s: float = quantity("s", "time by the clock")
    warnings: tuple[str, ...] = ()

    @property
    def n_atoms(self) -> int:
        """Atoms of the box."""
        return len(self.species)

    @property
    def chi2_per_point(self) -> float | None:
        """chi^2 of all data sets over their points; None without data."""
        points = sum(item.n_points for item in self.sets)
        return sum(item.chi2 for item in self.sets) / points if points else None

    @property
    def atoms(self) -> Atoms:
        """The box with its sites: arrays ``site_number``, ``cell_index``; ``info["supercell"]``."""
        from ase import Atoms

        box = Atoms(list(self.species), positions=self.positions_angstrom, cell=self.cell_angstrom, pbc=True)
        if self.cell_index is not None and self.grid is not None:
            box.set_array("site_number", np.asarray(self.site_kind) + 1)
            box.set_array("cell_index", np.array(self.cell_index))
            box.info["supercell"] = tuple(int(n) for n in self.grid)
        return box

    def fit_of(self, name: str) -> SetFit:
        """Data set of a name.

        Raises
        ------
        KeyError
            If there is none.
        """
        return {item.name: item for item in self.sets}[name]

"""Labeled points: the one noun of local statistics, from an atom probe, a simulation box or a crystal.

Positions are in nm here, as in atom-probe work; ``ase.Atoms`` are converted from angstrom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.core.units import NANOMETER_PER_ANGSTROM

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["PointSet"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_BLOCK = 1 << 20


class _RangedCloud(Protocol):
    """What :class:`PointSet` needs of a ranged ion cloud."""

    def points(self, species: Sequence[str] | None = None) -> PointSet: ...


@dataclass(frozen=True, eq=False)
class PointSet:
    """Points with a species each.

    Parameters
    ----------
    positions_nm
        Positions, shape ``(n, 3)``, float32 or float64; kept in the precision given, so that the grid of an atom-probe
        file is that of its stored values.
    labels
        Index of the species of each point, shape ``(n,)``, whole numbers from 0.
    species
        Name of each species.
    event
        Number of the detection event of each point, shape ``(n,)``; points of one event (the atoms of a molecular
        ion) are relabeled together. None where every point is an event of its own.
    cell_nm
        Cell vectors as rows, shape ``(3, 3)``; None for an open cloud.
    pbc
        Which cell vectors repeat.

    Raises
    ------
    InputError
        If shapes disagree, a position is not finite, a label names no species, or a periodic direction has no cell.
    """

    positions_nm: NDArray[np.floating]
    labels: NDArray[np.integer]
    species: tuple[str, ...]
    event: NDArray[np.integer] | None = None
    cell_nm: Floats | None = None
    pbc: tuple[bool, bool, bool] = (False, False, False)

    def __post_init__(self) -> None:
        positions = np.asarray(self.positions_nm)
        if positions.dtype not in (np.float32, np.float64):
            positions = positions.astype(np.float64)
        labels = np.asarray(self.labels)
        if positions.ndim != 2 or positions.shape[1] != 3:
            raise InputError(f"positions_nm must have shape (n, 3); got {positions.shape}.")
        finite = np.isfinite(positions).all(axis=1)
        if not finite.all():
            raise InputError(
                f"positions_nm must be finite; got {int((~finite).sum())} bad of {len(positions)} points, the first "
                f"with index {int(np.argmin(finite))}."
            )
        if labels.shape != (len(positions),) or labels.dtype.kind not in "iu":
            raise InputError(
                f"labels must be whole numbers of shape ({len(positions)},); got {labels.dtype} of {labels.shape}."
            )
        species = tuple(self.species)
        if len(set(species)) != len(species):
            raise InputError(f"species must be distinct; got {', '.join(species)}.")
        if len(labels) and (labels.min() < 0 or labels.max() >= len(species)):
            raise InputError(
                f"labels must lie between 0 and {len(species) - 1} (species {', '.join(species)}); got "
                f"{int(labels.min())} to {int(labels.max())}."
            )
        event = self.event if self.event is None else np.asarray(self.event)
        if event is not None and (event.shape != labels.shape or event.dtype.kind not in "iu"):
            raise InputError(f"event must be whole numbers of shape {labels.shape}; got {event.dtype} {event.shape}.")
        cell = None if self.cell_nm is None else np.array(self.cell_nm, dtype=np.float64)
        pbc = (bool(self.pbc[0]), bool(self.pbc[1]), bool(self.pbc[2]))
        if cell is not None and (cell.shape != (3, 3) or not np.isfinite(cell).all()):
            raise InputError(f"cell_nm must be a finite array of shape (3, 3), vectors as rows; got {cell.shape}.")
        if any(pbc) and (cell is None or abs(np.linalg.det(cell)) < 1e-12):
            raise InputError(
                "a periodic direction needs a cell of finite volume: pass cell_nm=... or pbc=(False,) * 3."
            )
        for name, value in (
            ("positions_nm", positions), ("labels", labels), ("species", species), ("event", event), ("cell_nm", cell),
            ("pbc", pbc),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def totals(self) -> Ints:
        """Number of points of each species, shape ``(n_species,)``."""
        counts = np.zeros(len(self.species), dtype=np.int64)
        for start in range(0, len(self.labels), _BLOCK):  # bincount copies its argument to eight bytes per point
            counts += np.bincount(self.labels[start : start + _BLOCK], minlength=len(self.species))
        return counts

    @classmethod
    def from_atoms(
        cls, atoms: Atoms, species: Sequence[str] | None = None, sublattice: Sequence[str] | None = None
    ) -> PointSet:
        """Return the atoms of the chosen elements, with the cell and its periodic directions.

        Parameters
        ----------
        atoms
            Structure, in angstrom.
        species
            Elements that count, in this order; all elements in alphabetical order if not given. Atoms of other
            elements are left out.
        sublattice
            Elements of one sublattice; the same as ``species`` and given instead of it.

        Raises
        ------
        InputError
            If both are given, or an element is not in the structure.
        """
        if species is not None and sublattice is not None:
            raise InputError("give species or sublattice, not both.")
        chosen = species if species is not None else sublattice
        symbols = np.array(atoms.get_chemical_symbols())
        present = sorted(set(symbols.tolist()))
        names = tuple(present if chosen is None else chosen)
        missing = [name for name in names if name not in present]
        if missing:
            raise InputError(f"the structure has no {', '.join(missing)}; it has {', '.join(present)}.")
        index = {name: number for number, name in enumerate(names)}
        labels = np.array([index.get(symbol, -1) for symbol in symbols], dtype=np.int16)
        kept = labels >= 0
        pbc = tuple(bool(value) for value in atoms.pbc)
        return cls(
            positions_nm=atoms.positions[kept] * NANOMETER_PER_ANGSTROM,
            labels=labels[kept],
            species=names,
            cell_nm=np.asarray(atoms.cell) * NANOMETER_PER_ANGSTROM if atoms.cell.rank == 3 else None,
            pbc=(pbc[0], pbc[1], pbc[2]),
        )

    @classmethod
    def from_ions(cls, ranged: _RangedCloud, species: Sequence[str] | None = None) -> PointSet:
        """Return the counted atoms of a ranged ion cloud; the same as ``ranged.points(species)``."""
        return ranged.points(species)

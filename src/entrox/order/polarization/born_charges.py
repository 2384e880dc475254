r"""Born effective charges: how the polarization of a crystal answers the displacement of one atom.

.. math:: \mathrm{d}P_a = \frac{e}{V} \sum_i \sum_b Z_{i,ab}\, \mathrm{d}u_{i,b}

The row of a tensor is the component of the polarization, its column that of the displacement. Units: charges in e,
lengths in angstrom, dipoles in e angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import FormatError, InputError, Result, check_finite, quantity

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.order.lattice.lattice_map import LatticeMap

__all__ = [
    "MEASURED_CHARGES_E",
    "BondCharge",
    "BornCharges",
    "ChargeTable",
    "atom_charges",
    "mean_charges",
    "neutral_charges",
    "read_born_charges",
    "site_charges",
]

Floats = NDArray[np.float64]

MEASURED_CHARGES_E: dict[str, float] = {"Ba": 2.751, "Ti": 5.395, "O": -2.715}
"""Isotropic means over 59 finite-field snapshots of tetragonal BaTiO3 (135 atoms; data of Nat. Commun. 16 (2025),
s41467-025-59304-1): the default where no charges are given. They sum to 0.001 e per cell, which is spread over O."""
LARGEST_EXCESS_E = 0.5
"""Per formula unit: more is a wrong table, not rounding."""
NEUTRAL_E = 1e-6
"""Total charge of the box below which nothing is spread."""


@dataclass(frozen=True)
class BondCharge:
    """Charge of an anion along its B-X-B line and across it [e]."""

    parallel: float
    perpendicular: float


Charges = Mapping[str, "float | ArrayLike | BondCharge"]


@dataclass(frozen=True, kw_only=True)
class BornCharges(Result):
    """Charge tensors of snapshots of one box, as computed.

    ``dipole_e_angstrom`` is what such files call polarization: the dipole of the whole box on an arbitrary branch,
    defined modulo e times a lattice vector. It is no polarization until it has been unfolded.
    """

    symbols: tuple[str, ...]
    tensors_e: Floats = quantity(
        "e", "charge tensors, row: polarization", axes=("frame", "atom", "polarization", "displacement")
    )
    positions_angstrom: Floats = quantity("angstrom", "positions", axes=("frame", "atom", "component"))
    cells_angstrom: Floats = quantity("angstrom", "cell vectors as rows", axes=("frame", "vector", "component"))
    dipole_e_angstrom: Floats | None = quantity(
        "e angstrom", "dipole of the box, modulo e times a lattice vector", axes=("frame", "component")
    )
    sum_rule_e: Floats = quantity("e", "largest entry of the summed tensors, over atoms", axes=("frame",))


@dataclass(frozen=True, kw_only=True)
class ChargeTable(Result):
    """Mean charges of groups of atoms: elements or sites."""

    groups: tuple[str, ...]
    counts: NDArray[np.int64] = quantity("1", "atoms of the group in a frame", axes=("group",))
    isotropic_e: Floats = quantity("e", "third of the trace, mean", axes=("group",))
    spread_e: Floats = quantity("e", "standard deviation of the isotropic charge, atoms and frames", axes=("group",))
    mean_tensor_e: Floats = quantity("e", "mean tensor", axes=("group", "polarization", "displacement"))


def read_born_charges(path: str | Path, name: str = "born_charge") -> BornCharges:
    """Read charge tensors from a column of nine numbers per atom of an extended xyz file.

    Parameters
    ----------
    path
        Extended xyz file with one or more frames of one composition.
    name
        Name of the column; each three of its nine numbers belong to one component of the polarization.

    Raises
    ------
    FormatError
        If the column is missing or has not nine entries, the frames differ in their atoms, or a cell is missing.
    """
    from ase.io import iread

    frames: list[Atoms] = list(iread(str(path), index=":", format="extxyz"))
    if not frames:
        raise FormatError("expected at least one frame of extended xyz; found none.", path=path)
    symbols = tuple(frames[0].get_chemical_symbols())
    tensors = []
    for number, atoms in enumerate(frames):
        if name not in atoms.arrays:
            known = ", ".join(sorted(atoms.arrays))
            raise FormatError(f"frame {number} has no column {name!r}; it has {known}. Pass name=...", path=path)
        values = np.asarray(atoms.arrays[name], dtype=float)
        if values.shape != (len(symbols), 9) or tuple(atoms.get_chemical_symbols()) != symbols:
            raise FormatError(
                f"frame {number}: column {name!r} must hold nine numbers for each of the {len(symbols)} atoms of the "
                f"first frame, in their order; got shape {values.shape} for {atoms.get_chemical_formula()}.",
                path=path,
            )
        if atoms.cell.rank < 3 or not np.isfinite(values).all():
            raise FormatError(f"frame {number} lacks a cell or has charges that are not finite.", path=path)
        tensors.append(values.reshape(-1, 3, 3))
    stack = np.array(tensors)
    dipoles = [_dipole(atoms) for atoms in frames]
    return BornCharges(
        symbols=symbols,
        tensors_e=stack,
        positions_angstrom=np.array([atoms.positions for atoms in frames]),
        cells_angstrom=np.array([atoms.cell.array for atoms in frames]),
        dipole_e_angstrom=None if any(item is None for item in dipoles) else np.array(dipoles, dtype=float),
        sum_rule_e=np.abs(stack.sum(axis=1)).max(axis=(1, 2)),
    )


def _dipole(atoms: Atoms) -> Floats | None:
    """The field ``polarization`` of a frame: ASE moves it from the comment line into the results of a calculator."""
    results: dict[str, Any] = {} if atoms.calc is None else atoms.calc.results
    value = atoms.info.get("polarization", results.get("polarization"))
    return None if value is None else np.asarray(value, dtype=float).reshape(3)


def mean_charges(charges: BornCharges) -> ChargeTable:
    """Mean tensor and isotropic charge of each element, over atoms and frames."""
    names = np.array(charges.symbols)
    return _table(charges.tensors_e, {str(item): names == item for item in np.unique(names)})


def site_charges(charges: BornCharges, lattice_map: LatticeMap) -> ChargeTable:
    """Mean tensors of the sites A, B and X1, X2, X3, in the pseudo-cubic frame of the map.

    X k lies between two B along axis k: entry (k, k) of its tensor is the charge along the B-X-B line, the other two
    diagonal entries are those across it.
    """
    groups: dict[str, NDArray[np.bool_]] = {}
    sites = {"A": lattice_map.a, "B": lattice_map.b} | {f"X{k + 1}": lattice_map.x[:, k] for k in range(3)}
    for name, atoms in sites.items():
        mask = np.zeros(len(charges.symbols), dtype=bool)
        mask[atoms[atoms >= 0]] = True
        groups[name] = mask
    axes = lattice_map.axes
    return _table(np.einsum("ia,fnab,jb->fnij", axes, charges.tensors_e, axes, optimize=True), groups)


def _table(tensors: Floats, groups: dict[str, NDArray[np.bool_]]) -> ChargeTable:
    groups = {name: mask for name, mask in groups.items() if mask.any()}
    isotropic = np.trace(tensors, axis1=2, axis2=3) / 3.0
    return ChargeTable(
        groups=tuple(groups),
        counts=np.array([int(mask.sum()) for mask in groups.values()]),
        isotropic_e=np.array([isotropic[:, mask].mean() for mask in groups.values()]),
        spread_e=np.array([isotropic[:, mask].std() for mask in groups.values()]),
        mean_tensor_e=np.array([tensors[:, mask].mean(axis=(0, 1)) for mask in groups.values()]),
    )


def atom_charges(charges: Charges | ArrayLike | None, lattice_map: LatticeMap) -> Floats:
    """Charge tensor of each atom, shape ``(n_atoms, 3, 3)`` [e], as given: not yet neutral.

    Parameters
    ----------
    charges
        By element: a number, a 3x3 tensor, or a :class:`BondCharge` for X along and across its B-X-B line. By atom: an
        array of shape ``(n_atoms,)`` or ``(n_atoms, 3, 3)``. None takes the measured means of Ba, Ti and O.
    lattice_map
        Says which atom sits where; the B-X-B line of X k is taken along pseudo-cubic axis k.

    Raises
    ------
    InputError
        If an element has no charge, a shape does not fit, or a bond charge is given to a cation.
    """
    count = lattice_map.n_atoms
    if charges is None:
        charges = MEASURED_CHARGES_E
    if not isinstance(charges, Mapping):
        array = check_finite(charges, "charges")
        if array.shape == (count,):
            return np.asarray(array[:, None, None] * np.eye(3))
        if array.shape != (count, 3, 3):
            raise InputError(
                f"charges by atom must have shape ({count},) or ({count}, 3, 3); got {array.shape}. "
                "Or give a mapping from element to charge."
            )
        return array
    symbols = np.array(lattice_map.symbols)
    missing = [str(item) for item in np.unique(symbols) if item not in charges]
    if missing:
        raise InputError(
            f"charges must name every element; got none for {', '.join(missing)}. Give a number [e], a 3x3 tensor, or "
            f"a BondCharge for an anion. Built in are only {', '.join(MEASURED_CHARGES_E)}."
        )
    tensors = np.zeros((count, 3, 3))
    for element in np.unique(symbols):
        mask = symbols == element
        value = charges[str(element)]
        tensors[mask] = _line_tensors(value, lattice_map, mask) if isinstance(value, BondCharge) else _tensor(value)
    return tensors


def _tensor(value: ArrayLike) -> Floats:
    array = check_finite(value, "charge of an element")
    if array.shape == ():
        return np.asarray(float(array) * np.eye(3))
    if array.shape != (3, 3):
        raise InputError(f"the charge of an element must be a number or a 3x3 tensor; got shape {array.shape}.")
    return array


def _line_tensors(value: BondCharge, lattice_map: LatticeMap, mask: NDArray[np.bool_]) -> Floats:
    """Tensors of anions that differ along and across the line of their two B neighbors."""
    axis = np.full(lattice_map.n_atoms, -1)
    for k in range(3):
        found = lattice_map.x[:, k]
        axis[found[found >= 0]] = k
    if (axis[mask] < 0).any():
        raise InputError(
            "parallel and perpendicular charges belong to atoms on X sites; got one for an atom on another site. "
            "Give a number or a 3x3 tensor there."
        )
    direction = lattice_map.axes[axis[mask]]
    along = np.einsum("na,nb->nab", direction, direction)
    return np.asarray(value.perpendicular * np.eye(3) + (value.parallel - value.perpendicular) * along)


def neutral_charges(tensors: ArrayLike, lattice_map: LatticeMap) -> tuple[Floats, float]:
    """Charges whose sum over the box is zero, and the largest excess per formula unit that was spread over X [e].

    Raises
    ------
    InputError
        If the excess is above 0.5 e per formula unit, or there is an excess and no X to take it.
    """
    array = check_finite(tensors, "charges")
    total = array.sum(axis=0)
    largest = float(np.abs(total).max())
    excess = largest / len(lattice_map)
    if largest < NEUTRAL_E:
        return array, excess
    anions = np.unique(lattice_map.x[lattice_map.x >= 0])
    if excess > LARGEST_EXCESS_E or len(anions) == 0:
        raise InputError(
            f"charges must sum to zero over the box within {LARGEST_EXCESS_E} e per formula unit; got {excess:.3g} e "
            f"with {len(anions)} anions to spread it over. Check the charges of the mixed elements."
        )
    spread = array.copy()
    spread[anions] -= total / len(anions)
    return spread, excess

r"""Local polarization around each B cation, from Born charges.

.. math::
    P_i = \frac{e}{V_i} \Big[ Z_B r_B + \tfrac12 \sum_6 Z_X r_X + \tfrac18 \sum_8 Z_A r_A \Big]

with positions relative to the mean position of the B and its eight A. Units: angstrom, e; polarization in C/m2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, quantity
from entrox.core.units import C_PER_M2_PER_E_PER_ANGSTROM2
from entrox.order.polarization.born_charges import NEUTRAL_E, Charges, atom_charges, neutral_charges

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.order.lattice.lattice_map import LatticeMap

__all__ = ["Polarization", "local_polarization"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALLEST_BOX_CELLS = 1.5
"""Across fewer pseudo-cubic cells an atom meets its own image as a neighbor and minimum images are ambiguous."""


@dataclass(frozen=True, kw_only=True)
class Polarization(Result):
    """Polarization of the cells around B and of the whole box, in the laboratory frame.

    The local charge of a cell of mixed elements is not zero, and its local vector then depends on where positions are
    counted from. The total does not: it counts them from the ideal sites, so that a displacement u of any atom changes
    it by Z u / V exactly. In a box whose cells are all neutral it is the mean of the local vectors.
    """

    vectors_c_per_m2: Floats = quantity(
        "C/m2", "local polarization; NaN where an atom is missing", axes=("frame", "cell", "component")
    )
    total_c_per_m2: Floats = quantity("C/m2", "polarization of the box", axes=("frame", "component"))
    cell_volumes_angstrom3: Floats = quantity("angstrom3", "volume of each cell", axes=("frame", "cell"))
    box_volume_angstrom3: Floats = quantity("angstrom3", "volume of the cells together", axes=("frame",))
    max_local_charge_e: float = quantity("e", "largest entry of the summed charges of a cell")
    excess_charge_e: float = quantity("e", "charge per formula unit that was spread over X")
    n_incomplete_cells: int = quantity("1", "cells without a value: an atom is missing")
    volume: str
    failed_frames: int = quantity("1", "frames with positions that are not finite, left out")
    warnings: tuple[str, ...] = ()


def local_polarization(
    frames: Iterable[Atoms] | Atoms,
    lattice_map: LatticeMap,
    charges: Charges | ArrayLike | None = None,
    volume: Literal["global", "local"] = "global",
) -> Polarization:
    """Polarization of the cell around each B, in the order of the cells of the map.

    Parameters
    ----------
    frames
        One or many frames with the atoms of the map in its order.
    lattice_map
        Sites and neighbors.
    charges
        By element or by atom, as in :func:`~entrox.order.polarization.born_charges.atom_charges`; None takes the
        measured means of Ba, Ti and O. An excess of the box below 0.5 e per formula unit is spread over X and reported.
    volume
        ``"global"`` divides by the volume of the box over the number of cells, ``"local"`` by that of the hexahedron of
        the eight A.

    Raises
    ------
    InputError
        If there is no frame, a frame does not fit the map, the box is thinner than two cells, charges are missing or
        far from neutral, or no frame is finite.

    Notes
    -----
    Resta and Vanderbilt, in Physics of Ferroelectrics (Springer, 2007); Meyer and Vanderbilt, Phys. Rev. B 65, 104111
    (2002), for the division of A and X among cells.
    """
    if volume not in ("global", "local"):
        raise InputError(f'volume must be "global" or "local"; got {volume!r}.')
    if volume == "global" and not all(lattice_map.periodic):
        raise InputError('the box of a film holds vacuum and gives no volume per cell: use volume="local".')
    tensors, excess = neutral_charges(atom_charges(charges, lattice_map), lattice_map)
    plan = _Plan.of(lattice_map, tensors)
    vectors, totals, volumes, boxes, failed = [], [], [], [], 0
    for atoms in _each(frames):
        positions, cell = _frame(atoms, lattice_map)
        if not (np.isfinite(positions).all() and np.isfinite(cell).all()):
            failed += 1
            continue
        local, total, cells = plan.evaluate(positions, cell, local_volume=volume == "local")
        vectors.append(local)
        totals.append(total)
        volumes.append(cells)
        boxes.append(float(np.nansum(cells)))
    if not vectors:
        raise InputError(f"local_polarization needs at least one finite frame; got none, {failed} failed.")
    return Polarization(
        vectors_c_per_m2=np.array(vectors),
        total_c_per_m2=np.array(totals),
        cell_volumes_angstrom3=np.array(volumes),
        box_volume_angstrom3=np.array(boxes),
        max_local_charge_e=plan.max_local_charge,
        excess_charge_e=excess if excess * len(lattice_map) >= NEUTRAL_E else 0.0,
        n_incomplete_cells=int((~plan.complete).sum()),
        volume=volume,
        failed_frames=failed,
        warnings=_warnings(plan, excess * len(lattice_map), excess, failed),
    )


def _each(frames: Iterable[Atoms] | Atoms) -> Iterator[Atoms]:
    """Frames one by one; iterating over ``ase.Atoms`` would give its atoms."""
    from ase import Atoms

    yield from [frames] if isinstance(frames, Atoms) else frames


def _warnings(plan: _Plan, total: float, excess: float, failed: int) -> tuple[str, ...]:
    found = []
    if total >= NEUTRAL_E:
        found.append(f"the charges sum to {excess:.3g} e per formula unit: the excess was spread over X.")
    if plan.max_local_charge > 1e-3:
        found.append(
            f"cells carry up to {plan.max_local_charge:.3g} e: their local vectors depend on the origin, the total "
            "does not."
        )
    if not plan.complete.all():
        found.append(
            f"{int((~plan.complete).sum())} of {len(plan.complete)} cells lack an atom and have no value; the total is "
            "the mean over the others."
        )
    if failed:
        found.append(f"{failed} frames with positions that are not finite were left out.")
    return tuple(found)


def _frame(atoms: Atoms, lattice_map: LatticeMap) -> tuple[Floats, Floats]:
    positions, cell = np.asarray(atoms.positions, dtype=float), np.asarray(atoms.cell.array, dtype=float)
    if len(positions) != lattice_map.n_atoms:
        raise InputError(f"a frame must hold the {lattice_map.n_atoms} atoms of the map; got {len(positions)}.")
    volume = abs(float(np.linalg.det(cell)))
    if volume < 1e-6:
        raise InputError("polarization needs a cell of finite volume; got none. Set the cell of the frame.")
    heights = volume / np.linalg.norm(np.cross(np.roll(cell, -1, axis=0), np.roll(cell, -2, axis=0)), axis=1)
    if heights.min() < SMALLEST_BOX_CELLS * float(lattice_map.lattice_angstrom.min()):
        raise InputError(
            f"the box must be at least two cells thick in each direction; got a height of {heights.min():.3g} angstrom."
            " Repeat the frame and fit the map again."
        )
    return positions, cell


@dataclass(frozen=True, eq=False)
class _Plan:
    """What does not change from frame to frame."""

    lattice_map: LatticeMap
    tensors: Floats
    complete: NDArray[np.bool_]
    cell_charges: Floats
    max_local_charge: float

    @classmethod
    def of(cls, lattice_map: LatticeMap, tensors: Floats) -> _Plan:
        complete = (lattice_map.b >= 0) & (lattice_map.b_a >= 0).all(axis=1) & (lattice_map.b_x >= 0).all(axis=1)
        if not complete.any():
            raise InputError("no cell has its B, eight A and six X: there is no local polarization. Check the map.")
        b, b_a, b_x = (item[complete] for item in (lattice_map.b, lattice_map.b_a, lattice_map.b_x))
        charge = tensors[b] + tensors[b_x].sum(axis=1) / 2.0 + tensors[b_a].sum(axis=1) / 8.0
        return cls(lattice_map, tensors, complete, charge, float(np.abs(charge).max()))

    def evaluate(self, positions: Floats, cell: Floats, *, local_volume: bool) -> tuple[Floats, Floats, Floats]:
        """Local vectors and the total [C/m2] and cell volumes [angstrom3] of one frame."""
        m, inverse = self.lattice_map, _inverse(cell)
        b, b_a, b_x = (item[self.complete] for item in (m.b, m.b_a, m.b_x))
        to_a = _nearest(positions[b_a] - positions[b][:, None], cell, inverse)
        to_x = _nearest(positions[b_x] - positions[b][:, None], cell, inverse)
        origin = to_a.sum(axis=1) / 9.0
        dipole = (
            np.einsum("nkab,nkb->na", self.tensors[b_x], to_x, optimize=True) / 2.0
            + np.einsum("nkab,nkb->na", self.tensors[b_a], to_a, optimize=True) / 8.0
        )
        local = dipole - np.einsum("nab,nb->na", self.cell_charges, origin)
        box = abs(float(np.linalg.det(cell)))
        volumes = np.full(len(m), box / len(m))
        if local_volume:
            volumes = np.full(len(m), np.nan)
            volumes[self.complete] = _hexahedra(to_a, _cubic(m, cell))
        vectors = np.full((len(m), 3), np.nan)
        vectors[self.complete] = local / volumes[self.complete, None] * C_PER_M2_PER_E_PER_ANGSTROM2
        # the dipole of a charged cell, counted from its ideal site instead of from its atoms
        shift = self._off_site(positions[b], cell, inverse)
        whole = (dipole + np.einsum("nab,nb->na", self.cell_charges, shift)).sum(axis=0)
        return vectors, whole / volumes[self.complete].sum() * C_PER_M2_PER_E_PER_ANGSTROM2, volumes

    def _off_site(self, positions: Floats, cell: Floats, inverse: Floats) -> Floats:
        """Vectors from the ideal B sites to the atoms; a common shift does not matter, the charges sum to zero."""
        ideal = self.lattice_map.cells[self.complete] @ _cubic(self.lattice_map, cell)
        raw = positions - ideal
        # relative to the first atom, then to the mean, so that no atom lies near the border of the images
        first = _nearest(raw - raw[0], cell, inverse)
        return _nearest(first - first.mean(axis=0), cell, inverse)


def _cubic(lattice_map: LatticeMap, cell: Floats) -> Floats:
    """Pseudo-cubic vectors as rows; the cell of a film, which holds vacuum, does not tell them."""
    if all(lattice_map.periodic):
        return np.asarray(np.linalg.inv(lattice_map.matrix) @ cell)
    return np.asarray(lattice_map.axes * lattice_map.lattice_angstrom[:, None])


def _inverse(cell: Floats) -> Floats:
    return np.asarray(np.linalg.inv(cell), dtype=np.float64)


def _nearest(differences: Floats, cell: Floats, inverse: Floats) -> Floats:
    """Minimum images of difference vectors, by whole numbers of the scaled coordinates."""
    scaled = differences @ inverse
    return np.asarray((scaled - np.round(scaled)) @ cell)


def _hexahedra(corners: Floats, cubic: Floats) -> Floats:
    """Volumes of hexahedra with bilinear faces, which fill space [angstrom3].

    ``corners`` of shape ``(n, 8, 3)`` in any order; ``cubic`` the pseudo-cubic vectors as rows.
    """
    side = (corners @ np.linalg.inv(cubic) > 0).astype(int)
    order = np.argsort(side @ np.array([4, 2, 1]), axis=1)
    number = np.sort(side @ np.array([4, 2, 1]), axis=1)
    if (number != np.arange(8)).any():
        raise InputError(
            'the eight A around a B do not surround it: there is no local volume. Use volume="global", or average the '
            "frames first."
        )
    sorted_corners = np.take_along_axis(corners, order[:, :, None], axis=1)
    signs = np.array(list(product((-1.0, 1.0), repeat=3)))
    volume = np.zeros(len(corners))
    # the Jacobian of a trilinear map is quadratic in each variable: two Gauss points are exact
    for point in signs / np.sqrt(3.0):
        factor = (1.0 + signs * point) / 2.0
        slopes = np.stack([signs[:, k] / 2.0 * np.delete(factor, k, axis=1).prod(axis=1) for k in range(3)])
        volume += np.linalg.det(np.einsum("kc,ncx->nkx", slopes, sorted_corners))
    return np.abs(volume)

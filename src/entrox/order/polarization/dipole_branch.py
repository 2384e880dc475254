r"""The branch of a dipole: Berry-phase and finite-field dipoles are known modulo e times a lattice vector.

The change that Born charges predict, :math:`\Delta D_a = \sum_i \sum_b \tfrac12 (Z_{i,ab} + Z'_{i,ab}) \Delta u_{i,b}`,
picks the lattice vector. King-Smith and Vanderbilt, Phys. Rev. B 47, 1651 (1993). Units: e angstrom, angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_shape, quantity
from entrox.order.polarization.born_charges import BornCharges

__all__ = ["UnfoldedDipole", "unfold_born_dipole", "unfold_dipole"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DOUBTFUL_RESIDUAL = 0.3
"""Of a quantum: a residual beyond it is nearly as close to the next branch."""


@dataclass(frozen=True, kw_only=True)
class UnfoldedDipole(Result):
    """Dipoles on one branch, that of the first frame; only differences between frames have a meaning."""

    dipole_e_angstrom: Floats = quantity("e angstrom", "dipole of the box, unfolded", axes=("frame", "component"))
    predicted_e_angstrom: Floats = quantity(
        "e angstrom", "dipole that the charges predict", axes=("frame", "component")
    )
    residual_e_angstrom: Floats = quantity(
        "e angstrom", "change of the dipole minus the predicted change", axes=("frame", "component")
    )
    rms_residual_e_angstrom: Floats = quantity(
        "e angstrom", "root mean square of the residual over frames", axes=("component",)
    )
    quanta: Ints = quantity("1", "lattice vectors added", axes=("frame", "vector"))
    largest_residual_quanta: float = quantity("1", "largest residual, in lattice vectors; 0.5 is undecided")
    reference: str
    warnings: tuple[str, ...] = ()


def unfold_dipole(
    dipole_e_angstrom: ArrayLike,
    positions_angstrom: ArrayLike,
    cells_angstrom: ArrayLike,
    charges_e: ArrayLike,
    reference: Literal["first", "previous"] = "first",
) -> UnfoldedDipole:
    """Follow a dipole through frames by the change that Born charges predict.

    Parameters
    ----------
    dipole_e_angstrom
        Dipole of the whole box on any branch, shape ``(frame, 3)``.
    positions_angstrom
        Shape ``(frame, atom, 3)``; displacements are minimum images, so no atom may move by half a box.
    cells_angstrom
        Cell vectors as rows, shape ``(3, 3)`` or ``(frame, 3, 3)``.
    charges_e
        Tensors, row: polarization, shape ``(atom, 3, 3)`` or ``(frame, atom, 3, 3)``; the mean over the two ends of
        each step is used.
    reference
        Predict from the ``"first"`` frame (snapshots in any order) or from the ``"previous"`` one (a path).

    Raises
    ------
    InputError
        If shapes disagree or there are fewer than two frames.
    """
    dipole = check_shape(dipole_e_angstrom, (None, 3), "dipole_e_angstrom")
    count = len(dipole)
    if count < 2:
        raise InputError(f"unfolding needs at least two frames; got {count}.")
    if reference not in ("first", "previous"):
        raise InputError(f'reference must be "first" or "previous"; got {reference!r}.')
    positions = check_shape(positions_angstrom, (count, None, 3), "positions_angstrom")
    atoms = positions.shape[1]
    cells = check_shape(np.broadcast_to(np.asarray(cells_angstrom, float), (count, 3, 3)), (count, 3, 3), "cells")
    tensors = np.asarray(charges_e, dtype=float)
    if tensors.shape == (atoms, 3, 3):
        tensors = np.broadcast_to(tensors, (count, atoms, 3, 3))
    tensors = check_shape(tensors, (count, atoms, 3, 3), "charges_e")

    unfolded, predicted = dipole.copy(), np.zeros_like(dipole)
    predicted[0] = dipole[0]
    quanta = np.zeros((count, 3), dtype=np.int64)
    for k in range(1, count):
        start = 0 if reference == "first" else k - 1
        step = _step(positions[start], positions[k], cells[start], cells[k])
        mean = (tensors[start] + tensors[k]) / 2.0
        predicted[k] = unfolded[start] + np.einsum("nab,nb->a", mean, step)
        quanta[k] = np.round((predicted[k] - dipole[k]) @ np.linalg.inv(cells[k])).astype(np.int64)
        unfolded[k] = dipole[k] + quanta[k] @ cells[k]
    residual = unfolded - predicted
    scaled = np.einsum("fa,fab->fb", residual, np.linalg.inv(cells))
    largest = float(np.abs(scaled).max())
    return UnfoldedDipole(
        dipole_e_angstrom=unfolded,
        predicted_e_angstrom=predicted,
        residual_e_angstrom=residual,
        rms_residual_e_angstrom=np.sqrt((residual[1:] ** 2).mean(axis=0)),
        quanta=quanta,
        largest_residual_quanta=largest,
        reference=reference,
        warnings=()
        if largest < DOUBTFUL_RESIDUAL
        else (
            f"the prediction misses by up to {largest:.2f} of a quantum: the branch is in doubt. Use frames closer to "
            'each other, or reference="previous".',
        ),
    )


def _step(start: Floats, end: Floats, cell_start: Floats, cell_end: Floats) -> Floats:
    """Displacements between two frames; a change of the cell carries the atoms along and does not count."""
    scaled = end @ np.linalg.inv(cell_end) - start @ np.linalg.inv(cell_start)
    return np.asarray((scaled - np.round(scaled)) @ (cell_start + cell_end) / 2.0)


def unfold_born_dipole(charges: BornCharges, reference: Literal["first", "previous"] = "first") -> UnfoldedDipole:
    """Unfold the dipoles that came with a file of Born charges, each frame with its own charges."""
    if charges.dipole_e_angstrom is None:
        raise InputError("the file has no dipole to unfold: its frames carry no field 'polarization'.")
    return unfold_dipole(
        charges.dipole_e_angstrom,
        charges.positions_angstrom,
        charges.cells_angstrom,
        charges.tensors_e,
        reference,
    )

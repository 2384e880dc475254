"""Force of a homogeneous field on fixed effective charges: F = Z^T E. Fields in V/m, charges in e, forces in eV/A."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_shape
from entrox.core.units import VOLT_PER_METER_PER_VOLT_PER_ANGSTROM
from entrox.dynamics.protocols import Field

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["BORN_CHARGES", "effective_charges", "full_field_forces"]

BORN_CHARGES = "born_charges_e"
LARGEST_EXCESS_E = 0.1
"""Mean charge per atom above which the charges are wrong, not rounded."""

Floats = NDArray[np.float64]


def effective_charges(atoms: Atoms, drive: Field) -> Floats:
    """Charge tensors of the atoms, first index the polarization, made neutral, shape ``(n_atoms, 3, 3)`` [e].

    The mean is taken off every tensor, so that the field moves no center of mass.

    Raises
    ------
    InputError
        If charges are missing, or their mean is above 0.1 e per atom.
    """
    count = len(atoms)
    if drive.charges_e is not None:
        symbols = atoms.get_chemical_symbols()
        if missing := sorted(set(symbols) - set(drive.charges_e)):
            raise InputError(
                f"the field needs a charge of every element; got none for {', '.join(missing)}. Add them to charges_e."
            )
        tensors = np.array([drive.charges_e[symbol] * np.eye(3) for symbol in symbols])
    elif BORN_CHARGES in atoms.arrays:
        tensors = check_shape(np.reshape(atoms.arrays[BORN_CHARGES], (count, -1)), (count, 9), BORN_CHARGES)
    else:
        raise InputError(f"a field needs charges: give charges_e by element, or atoms with the array {BORN_CHARGES}.")
    tensors = tensors.reshape(count, 3, 3)
    excess = tensors.mean(axis=0)
    if np.abs(excess).max() > LARGEST_EXCESS_E:
        raise InputError(
            f"the charges must sum to zero within {LARGEST_EXCESS_E} e per atom; got {np.abs(excess).max():.3g} e per "
            "atom. Check the charges of the mixed elements."
        )
    return np.asarray(tensors - excess)


def full_field_forces(atoms: Atoms, drive: Field) -> Floats:
    """Forces of the field at its amplitude, shape ``(n_atoms, 3)`` [eV/angstrom]."""
    amplitude = np.array(drive.amplitude_v_per_m) / VOLT_PER_METER_PER_VOLT_PER_ANGSTROM
    return np.asarray(np.einsum("iab,a->ib", effective_charges(atoms, drive), amplitude))

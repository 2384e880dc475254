"""Piezoelectric coefficient of a crystal at rest, from relaxations in fields and under stresses of both signs.

Fixed effective charges. Units: pC/N, V/m, Pa; inside eV, angstrom, e.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import ConvergenceError, InputError
from entrox.core.units import C_PER_M2_PER_E_PER_ANGSTROM2, EV_PER_ANGSTROM3_PER_BAR, PASCAL_PER_BAR
from entrox.dynamics.crystal.relax import relax
from entrox.dynamics.electric.field import frame_polarization
from entrox.dynamics.electric.piezoelectric import (
    PiezoelectricSlope,
    box_strain,
    piezoelectric_from_field,
    piezoelectric_from_stress,
)
from entrox.dynamics.potential import Potential
from entrox.dynamics.protocols import Field, Minimize

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

__all__ = ["static_d33"]

SHARES = np.linspace(-1.0, 1.0, 5)
"""Fields and stresses, in shares of the largest."""


def static_d33(
    atoms: Atoms,
    potential: Potential,
    charges_e: Mapping[str, float] | None = None,
    *,
    largest_field_v_per_m: float = 1e7,
    largest_stress_pa: float = 1e7,
    protocol: Minimize | None = None,
) -> tuple[PiezoelectricSlope, PiezoelectricSlope]:
    """Coefficient of a crystal at 0 K along z, from relaxations in fields and under stresses.

    Parameters
    ----------
    atoms
        Structure near its minimum; it is relaxed first, and dipole and strain count from what comes out. The cell
        carries the polarization at rest along: the coefficient is the proper one, which electrodes see. Vanderbilt, J.
        Phys. Chem. Solids 61, 147 (2000).
    potential
        Force field; it must have a stress.
    charges_e
        Charge by element [e]; where None, the atoms carry tensors in the array ``born_charges_e``.
    largest_field_v_per_m, largest_stress_pa
        Ends of five fields and five stresses about zero.
    protocol
        Tolerance and steps of each relaxation.

    Returns
    -------
    tuple of PiezoelectricSlope
        From the strain in a field, and from the polarization under a stress.

    Raises
    ------
    ConvergenceError
        If a relaxation does not meet its tolerance.
    """
    chosen = replace(protocol or Minimize(force_tolerance_ev_per_angstrom=1e-5), relax_cell=True)
    rest = _relaxed(atoms, potential, chosen)
    fields, stresses = largest_field_v_per_m * SHARES, largest_stress_pa * SHARES

    def driven(field_v_per_m: float, stress_pa: float) -> Atoms:
        drive = Field(amplitude_v_per_m=(0.0, 0.0, field_v_per_m), charges_e=charges_e)
        stress = np.diag([0.0, 0.0, stress_pa / PASCAL_PER_BAR * EV_PER_ANGSTROM3_PER_BAR])
        return _relaxed(rest, _Driven(potential, rest, drive, stress), chosen)

    in_fields = np.array([driven(value, 0.0).cell.array for value in fields.tolist()])
    dipole, _ = frame_polarization((driven(0.0, value) for value in stresses.tolist()), rest, charges_e)
    polarization = dipole[:, 2] / rest.get_volume() * C_PER_M2_PER_E_PER_ANGSTROM2
    return (
        piezoelectric_from_field(fields, box_strain(in_fields, rest.cell.array)[0][:, 2, 2]),
        piezoelectric_from_stress(stresses, polarization),
    )


@dataclass(frozen=True, eq=False)
class _Driven:
    """A force field under a field and a stress from outside."""

    bare: Potential
    reference: Atoms
    drive: Field
    stress_ev_per_angstrom3: NDArray[np.float64]

    @property
    def name(self) -> str:
        return f"{self.bare.name} in a field"

    @property
    def elements(self) -> tuple[str, ...] | None:
        return self.bare.elements

    def fingerprint(self) -> str:
        return self.bare.fingerprint()

    def lammps_lines(self, elements: Sequence[str], deviation_every: int) -> tuple[str, ...]:
        raise InputError("a static relaxation in a field runs in this process, not in LAMMPS.")

    @contextmanager
    def open_calculator(self) -> Iterator[Calculator]:
        from entrox.dynamics.electric.field_calculator import driven_calculator

        with self.bare.open_calculator() as calculator:
            yield driven_calculator(calculator, self.reference, self.drive, self.stress_ev_per_angstrom3)


def _relaxed(atoms: Atoms, potential: Potential, protocol: Minimize) -> Atoms:
    found = relax(atoms, potential, protocol)
    if not found.converged:
        raise ConvergenceError(
            f"a relaxation for d33 stopped after {found.n_steps} steps at a force of "
            f"{found.largest_force_ev_per_angstrom:.2g} eV/angstrom. Give more max_steps, or a smaller drive.",
            state=found,
        )
    return found.atoms

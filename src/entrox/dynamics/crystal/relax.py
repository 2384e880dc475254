"""Relaxation of a structure to its nearest minimum of the energy. Units: eV, eV/angstrom, eV/angstrom3, bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.core import InputError
from entrox.core.units import EV_PER_ANGSTROM3_PER_BAR
from entrox.dynamics.potential import Potential, check_elements
from entrox.dynamics.protocols import Minimize

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["RelaxedStructure", "relax"]


@dataclass(frozen=True, kw_only=True)
class RelaxedStructure:
    """A relaxed structure and how good it is.

    Parameters
    ----------
    atoms
        Structure, without calculator.
    energy_ev
        Its potential energy.
    largest_force_ev_per_angstrom
        Largest force on an atom.
    largest_stress_ev_per_angstrom3
        Largest component of the stress plus the pressure, where the cell was relaxed; else None.
    n_steps
        Steps of the search.
    converged
        Whether the force tolerance was met.
    """

    atoms: Atoms
    energy_ev: float
    largest_force_ev_per_angstrom: float
    largest_stress_ev_per_angstrom3: float | None
    n_steps: int
    converged: bool


def relax(atoms: Atoms, potential: Potential, protocol: Minimize | None = None) -> RelaxedStructure:
    """Relax positions, and the cell where asked, by a quasi-Newton search of ASE.

    Parameters
    ----------
    atoms
        Starting structure; it is not changed. Symmetry of the start is kept as far as forces keep it.
    potential
        Forces.
    protocol
        Tolerance and steps; the tolerance holds for the forces on the cell as well, which are the derivatives by
        strain over the number of atoms.

    Raises
    ------
    InputError
        If an element is unknown, or the cell shall be relaxed and is not periodic.
    """
    from ase.filters import UnitCellFilter
    from ase.optimize import BFGS

    chosen = protocol or Minimize()
    check_elements(potential, atoms)
    if chosen.relax_cell and not atoms.pbc.all():
        raise InputError("a cell can be relaxed only if it is periodic in all directions. Leave out relax_cell.")
    pressure = chosen.pressure_bar * EV_PER_ANGSTROM3_PER_BAR
    work = atoms.copy()
    with potential.open_calculator() as calculator:
        work.calc = calculator
        target: Any = UnitCellFilter(work, scalar_pressure=pressure) if chosen.relax_cell else work
        search = BFGS(target, logfile=None)
        converged = bool(search.run(fmax=chosen.force_tolerance_ev_per_angstrom, steps=chosen.max_steps))
        energy = float(work.get_potential_energy())
        force = float(np.linalg.norm(work.get_forces(), axis=1).max())
        stress = None
        if chosen.relax_cell:
            stress = float(np.abs(work.get_stress(voigt=False) + pressure * np.eye(3)).max())
        work.calc = None
    return RelaxedStructure(
        atoms=work,
        energy_ev=energy,
        largest_force_ev_per_angstrom=force,
        largest_stress_ev_per_angstrom3=stress,
        n_steps=int(search.get_number_of_steps()),
        converged=converged,
    )

"""What a force field says of a simple perovskite: equation of state, wells, vibrations, conservation of energy.

The numbers that a potential for molecular dynamics lives on, and that errors on test frames do not show. Units:
angstrom, GPa, meV, THz, meV per atom and ps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from entrox.dynamics.crystal.energy_drift import EnergyDrift, run_energy_drift
from entrox.dynamics.crystal.equation_of_state import EquationOfState, equation_of_state
from entrox.dynamics.crystal.phonons import Phonons, phonons
from entrox.dynamics.potential import Potential
from entrox.potentials.validation.wells import WellScan, scan_wells
from entrox.structure.perovskite import build_perovskite

__all__ = ["CrystalChecks", "check_crystal"]

START_EDGE_ANGSTROM = 4.0
DRIFT_CELLS = (2, 2, 2)


@dataclass(frozen=True, kw_only=True)
class CrystalChecks:
    """Checks of one force field on one perovskite; the phonons are those of the cubic cell at its lowest energy."""

    potential: str
    formula: str
    edge_angstrom: float
    equation_of_state: EquationOfState
    wells: WellScan
    phonons: Phonons
    drift: EnergyDrift


def check_crystal(
    a_site: str,
    b_site: str,
    potential: Potential,
    rng: np.random.Generator,
    *,
    edges_angstrom: Sequence[float] = (3.97, 4.00, 4.036, 4.07),
    start_edge_angstrom: float = START_EDGE_ANGSTROM,
) -> CrystalChecks:
    """Run all checks of ABO3.

    Parameters
    ----------
    a_site, b_site
        Elements.
    potential
        Force field.
    rng
        Draws the velocities of the run at constant energy.
    edges_angstrom
        Edges of the cells in which wells are looked for.
    start_edge_angstrom
        Middle of the volumes of the equation of state.

    Raises
    ------
    ConvergenceError
        If the energy has no minimum near the start, or a relaxation does not end.
    """
    with potential.open_calculator() as calculator:
        cell = build_perovskite(a_site, b_site, (1, 1, 1), start_edge_angstrom)
        state = equation_of_state(cell, calculator)
        edge = state.edge_angstrom()
        cubic = build_perovskite(a_site, b_site, (1, 1, 1), edge)
        return CrystalChecks(
            potential=potential.name,
            formula=f"{a_site}{b_site}O3",
            edge_angstrom=edge,
            equation_of_state=state,
            wells=scan_wells(a_site, b_site, calculator, edges_angstrom),
            phonons=phonons(cubic, calculator),
            drift=run_energy_drift(cubic.repeat(DRIFT_CELLS), calculator, rng),
        )

"""Drift of the total energy of a run without thermostat: what the forces and the time step do not conserve.

Units: fs and ps, K; drift in meV per atom and ps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from entrox.core import Result, check_integer, check_positive, check_shape, quantity
from entrox.core.linear_fit import fit_linear
from entrox.dynamics.runs.velocities import draw_momenta

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

__all__ = ["EnergyDrift", "energy_drift", "run_energy_drift"]

MEV_PER_EV = 1000.0
FEMTOSECONDS_PER_PS = 1000.0


@dataclass(frozen=True, kw_only=True)
class EnergyDrift(Result):
    """Slope of the total energy over time, and how far the energies scatter around it."""

    drift_mev_per_atom_ps: float = quantity("meV/(atom ps)", "drift of the total energy")
    error_mev_per_atom_ps: float = quantity("meV/(atom ps)", "standard error, samples taken as independent")
    fluctuation_mev_per_atom: float = quantity("meV/atom", "root mean square of the total energy around its drift")
    length_ps: float = quantity("ps", "length of the run")


def energy_drift(time_ps: ArrayLike, energy_ev: ArrayLike, n_atoms: int) -> EnergyDrift:
    """Fit a straight line to the total energy.

    Parameters
    ----------
    time_ps, energy_ev
        At least three samples, shape ``(n_samples,)``.
    n_atoms
        Number of atoms.
    """
    times = check_shape(time_ps, (None,), "time_ps")
    energies = check_shape(energy_ev, (len(times),), "energy_ev")
    per_atom = MEV_PER_EV * (energies - energies[0]) / check_integer(n_atoms, "n_atoms", low=1)
    fit = fit_linear(np.column_stack([np.ones_like(times), times - times.mean()]), per_atom)
    return EnergyDrift(
        drift_mev_per_atom_ps=float(fit.coefficients[1]),
        error_mev_per_atom_ps=float(fit.standard_errors[1]),
        fluctuation_mev_per_atom=float(np.sqrt((fit.residuals**2).mean())),
        length_ps=float(np.ptp(times)),
    )


def run_energy_drift(
    atoms: Atoms,
    calculator: Calculator,
    rng: np.random.Generator,
    *,
    temperature_k: float = 300.0,
    timestep_fs: float = 1.0,
    n_steps: int = 500,
) -> EnergyDrift:
    """Run at constant energy and cell with velocity Verlet, and fit the drift.

    Parameters
    ----------
    atoms
        Starting structure; it is not changed.
    calculator
        Force field.
    rng
        Draws the velocities.
    temperature_k
        Temperature of the velocities at the start.
    timestep_fs, n_steps
        Time step and number of steps.
    """
    from ase import units
    from ase.md.verlet import VelocityVerlet

    moving = atoms.copy()
    moving.calc = calculator
    moving.set_momenta(draw_momenta(moving.get_masses(), check_positive(temperature_k, "temperature_k", "K"), rng))
    engine = VelocityVerlet(moving, timestep=check_positive(timestep_fs, "timestep_fs", "fs") * units.fs)
    energies = [moving.get_total_energy()]
    for _ in range(check_integer(n_steps, "n_steps", low=3)):
        engine.run(1)
        energies.append(moving.get_total_energy())
    return energy_drift(np.arange(n_steps + 1) * timestep_fs / FEMTOSECONDS_PER_PS, energies, len(atoms))

"""Runs at several volumes that bring a melt or a glass to its pressure. Units: angstrom3, GPa, K, ps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from entrox.core import ConvergenceError
from entrox.dynamics.engine import HOT_FACTOR
from entrox.dynamics.glass.phases import Phase, Phases, phase_settings
from entrox.dynamics.glass.protocols import Bath
from entrox.dynamics.glass.quench_settings import QuenchSettings
from entrox.dynamics.glass.stress_free_volume import StressFreeVolume, fit_stress_free_volume

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["GLASS_STRAINS", "MELT_STRAINS", "at_volume", "rescaled", "run_volume_search"]

MELT_STRAINS = (-0.01, 0.01, 0.03, 0.05, 0.07)
"""Changes of all edges: a crystal's volume is too small for its melt."""
GLASS_STRAINS = (-0.03, -0.015, 0.0, 0.015, 0.03)
LARGEST_STEP = 0.08
"""Change of the edges by which a search may move at once."""
ROUNDS = 3


def run_volume_search(
    phases: Phases,
    name: str,
    atoms: Atoms,
    settings: QuenchSettings,
    temperature_k: float,
    strains: Sequence[float],
) -> tuple[Phase, StressFreeVolume]:
    """Bring a structure to the volume at which it has the pressure of the settings.

    Parameters
    ----------
    phases
        Runs them.
    name
        Folder of the runs.
    atoms
        Structure with momenta; its shape is kept.
    settings
        Pressure, and time at each volume.
    temperature_k
        Temperature of the runs.
    strains
        Changes of all edges of the first round, at least five. Where the solution lies outside them, another round
        goes on around it.

    Returns
    -------
    tuple
        A run at the volume found, which starts from the run nearest to it, and the fit of the last round.

    Raises
    ------
    ConvergenceError
        If the volume is still outside after three rounds.
    """
    center = 1.0 + 0.5 * (max(strains) + min(strains))
    half = 0.5 * (max(strains) - min(strains))
    around = [1.0 + strain for strain in strains]
    bath = _bath(settings, temperature_k)
    starts = [rescaled(atoms, edge) for edge in around]
    for number in range(ROUNDS):
        runs = [phases.run(f"{name}/round_{number}_{k}", start, bath, counts=False) for k, start in enumerate(starts)]
        known = [run.atoms for run in runs]
        volumes = [structure.get_volume() for structure in known]
        found = fit_stress_free_volume(volumes, [run.mean_pressure_gpa() for run in runs], settings.pressure_gpa)
        edge = (found.solution_angstrom3 / atoms.get_volume()) ** (1.0 / 3.0)
        if not found.extrapolated:
            return phases.run(f"{name}/settled", at_volume(known, found.solution_angstrom3), bath), found
        center += float(np.clip(edge - center, -LARGEST_STEP, LARGEST_STEP))
        around = np.linspace(center - half, center + half, len(strains)).tolist()
        # from what was squeezed or stretched already: a jump too far heats a glass up
        starts = [at_volume(known, edge**3 * atoms.get_volume()) for edge in around]
    raise ConvergenceError(
        f"no volume with {settings.pressure_gpa:g} GPa was found in {ROUNDS} rounds at {temperature_k:g} K; the last "
        f"lay at {edge**3:.3g} times that of the start. Run longer (eos_ps), or take "
        "volume = npt or fixed; a liquid that boils has none without pressure.",
        found,
    )


def at_volume(structures: Sequence[Atoms], volume_angstrom3: float) -> Atoms:
    """Return the structure nearest to a volume, brought to it."""
    nearest = min(structures, key=lambda atoms: abs(float(np.log(atoms.get_volume() / volume_angstrom3))))
    return rescaled(nearest, (volume_angstrom3 / nearest.get_volume()) ** (1.0 / 3.0))


def rescaled(atoms: Atoms, factor: float) -> Atoms:
    """Return a structure with all edges times a factor, its momenta kept."""
    scaled: Atoms = atoms.copy()
    scaled.set_cell(atoms.cell.array * factor, scale_atoms=True)
    return scaled


def _bath(settings: QuenchSettings, temperature_k: float) -> Bath:
    return Bath(
        temperature_k=temperature_k,
        length_ps=settings.eos_ps,
        friction_per_fs=settings.friction_per_fs,
        keep_velocities=True,
        # a structure that is squeezed at once heats up before the bath has cooled it
        hot_factor=HOT_FACTOR,
        **phase_settings(settings),
    )

"""Glass by melting a crystal and quenching the melt, with a verdict whether it melted.

Phases: the crystal at the end temperature (if asked), the melt, its volume, more of the melt until it has melted, the
quench, the hold, the volume at the end, and the search for the inherent structure. Units: angstrom, eV, K, ps, GPa,
g/cm3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.core import ConvergenceError, InputError
from entrox.dynamics.engine import Engine
from entrox.dynamics.glass.anion_shells import anion_coordination
from entrox.dynamics.glass.crystal_share import crystal_shares
from entrox.dynamics.glass.density import mass_density
from entrox.dynamics.glass.diffusivity import Diffusivity, diffusivities_of_run
from entrox.dynamics.glass.empty_sphere import largest_empty_sphere
from entrox.dynamics.glass.held_potential import held_open
from entrox.dynamics.glass.inherent import InherentStructure, inherent_structure
from entrox.dynamics.glass.melting import CrystalMemory, MeltCheck
from entrox.dynamics.glass.member_record import open_member
from entrox.dynamics.glass.phases import GIGAPASCAL_PER_BAR, Phase, PhaseFailedError, Phases, phase_settings
from entrox.dynamics.glass.protocols import Bath, GuardedRamp
from entrox.dynamics.glass.quench_result import QuenchResult
from entrox.dynamics.glass.quench_settings import QuenchSettings
from entrox.dynamics.glass.stress_free_volume import StressFreeVolume
from entrox.dynamics.glass.volume_search import GLASS_STRAINS, MELT_STRAINS, run_volume_search
from entrox.dynamics.potential import Potential, check_elements
from entrox.dynamics.runs.velocities import temperature_of

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.order.crystallinity import Crystallinity

__all__ = ["run_melt_quench"]

HOT_FACTOR = 2.0
"""A phase this many times hotter than it should be has exploded."""
LARGEST_VOLUME_ERROR = 0.02
"""A melt whose pressure would change its volume by more than this part is brought to its volume once more."""
LARGEST_VOID_RATIO = 2.0
"""An empty sphere larger than this many mean distances between atoms is called a void."""
LARGEST_GLASS_SHARE = 0.5
"""What is more crystalline than this, by twice the error, is no glass, though its crystal may have turned."""


def run_melt_quench(
    atoms: Atoms,
    engine: Engine,
    potential: Potential,
    settings: QuenchSettings,
    rng: np.random.Generator,
    run_folder: str | Path,
) -> QuenchResult:
    """Melt a structure and quench the melt.

    Parameters
    ----------
    atoms
        Start, periodic in all directions, at least 2 atoms; a crystal, or the verdict says little.
    engine, potential
        What runs the phases, with which forces.
    settings
        The protocol.
    rng
        Draws the seed of velocities and bath; the same generator takes up the same run.
    run_folder
        Folder of the run, made if absent. What has ended there is read, an interrupted phase goes on from its
        checkpoint, bit by bit as if it had not been interrupted where the forces are (ASE engine).

    Returns
    -------
    QuenchResult
        Verdict, inherent structure, energy, density and history. A run that explodes gives the verdict ``failed`` with
        the reason and the last kept structure.

    Raises
    ------
    InputError
        If the structure is not periodic, an element is unknown, or the folder holds a run of another protocol; the
        message lists the settings that differ.
    """
    seed = int(rng.integers(2**31))
    return run_member(Member(atoms, engine, potential, settings, seed, Path(run_folder)))


@dataclass(frozen=True)
class Member:
    """One seed of an ensemble: start, engine, forces, protocol, seed, and the folder of its melt."""

    atoms: Atoms
    engine: Engine
    potential: Potential
    settings: QuenchSettings
    seed: int
    folder: Path
    quench_folder: str = "quench"
    """Where the quench goes; several rates share a melt."""


def run_member(member: Member) -> QuenchResult:
    """Run one member; parameters and errors as for :func:`run_melt_quench`."""
    if not member.atoms.pbc.all() or len(member.atoms) < 2:
        raise InputError(
            f"melt and quench need a periodic box of two atoms or more; got {len(member.atoms)} with pbc = "
            f"{member.atoms.pbc.tolist()}."
        )
    check_elements(member.potential, member.atoms)
    open_member(member.folder, member.atoms, member.engine, member.potential, member.settings, member.seed)
    with held_open(member.potential) as potential:
        return _Run(member, potential).result()


class _Run:
    """One member on its way through the phases."""

    def __init__(self, member: Member, potential: Potential) -> None:
        self.member, self.settings, self.potential = member, member.settings, potential
        self.memory = CrystalMemory(member.atoms)
        self.phases = Phases(member.engine, potential, member.folder, member.seed)
        self.melt: MeltCheck | None = None
        self.diffusivities: Mapping[str, Diffusivity] = {}
        self._melt_ps = 0.0
        self.melt_volume: StressFreeVolume | None = None
        self.glass_volume: StressFreeVolume | None = None
        self.shares: tuple[Crystallinity, ...] = ()
        self.undecided: tuple[str, ...] = ()

    def result(self) -> QuenchResult:
        """Run all phases."""
        crystal, crystal_energy = None, None
        try:
            if self.memory.was_crystal:
                crystal = self._inherent(self.member.atoms, "crystal_inherent")
                crystal_energy = crystal.energy_ev_per_atom
            melt = self._melted()
            if not self._check(melt).melted and self.settings.if_not_melted == "stop":
                reason = f"not melted after {self._melt_ps:.3g} ps; the quench was not run"
                return self._told("crystal memory", melt.atoms, None, crystal_energy, reason)
            glass = self._quenched(melt.atoms)
            inherent = self._inherent(glass.atoms, f"{self.member.quench_folder}/inherent")
            if crystal is not None and self.melt is not None and self.melt.melted:
                molten = self._inherent(melt.atoms, "melt_inherent")
                self.shares, self.undecided = crystal_shares(inherent.atoms, crystal.atoms, molten.atoms)
            return self._told(self._verdict(inherent.atoms), inherent.atoms, inherent, crystal_energy)
        except PhaseFailedError as error:
            return self._told("failed", error.atoms, None, crystal_energy, str(error))
        except ConvergenceError as error:
            last = self.phases.main[-1].atoms if self.phases.main else self.member.atoms
            return self._told("failed", last, None, crystal_energy, str(error))

    def _melted(self) -> Phase:
        """Heat until the start has melted or the time is up."""
        settings, start = self.settings, self.member.atoms
        if settings.crystal_ps > 0.0:
            cold = self._protocol(settings.end_temperature_k, settings.crystal_ps, keep=False)
            start = self.phases.run("crystal", start, cold).atoms
        keep, hot = settings.crystal_ps > 0.0, settings.melt_temperature_k
        if settings.volume == "eos":
            # a crystal is held together by the volume it had when it was cold
            heated = self.phases.run("heat", start, self._protocol(hot, settings.eos_ps, keep=keep))
            start, keep = self._at_volume("heat_volume", heated.atoms, MELT_STRAINS).atoms, True
        phase = self.phases.run("melt_0", start, self._protocol(hot, settings.melt_ps, keep=keep))
        number = 1
        while not self._check(phase).melted and (number + 0.5) * settings.melt_ps < settings.melt_limit_ps:
            phase = self.phases.run(f"melt_{number}", phase.atoms, self._protocol(hot, settings.melt_ps))
            number += 1
        self._melt_ps = number * settings.melt_ps
        if self.melt is not None and self.melt.melted:
            self.diffusivities = diffusivities_of_run(phase.run.frames())
        if self.melt_volume is not None and self._is_strained(phase, self.melt_volume):
            phase = self._at_volume("melt_volume", phase.atoms, GLASS_STRAINS)
            self._check(phase)
        return phase

    def _at_volume(self, name: str, atoms: Atoms, strains: tuple[float, ...]) -> Phase:
        hot = self.settings.melt_temperature_k
        phase, self.melt_volume = run_volume_search(self.phases, name, atoms, self.settings, hot, strains)
        return phase

    def _is_strained(self, phase: Phase, found: StressFreeVolume) -> bool:
        """Return whether the pressure of a melt has left that wanted by more than its volume allows."""
        off = abs(phase.mean_pressure_gpa() - self.settings.pressure_gpa)
        return off > LARGEST_VOLUME_ERROR * found.bulk_modulus_gpa

    def _quenched(self, melt: Atoms) -> Phase:
        """Cool, hold, and find the volume at the end."""
        settings, where = self.settings, self.member.quench_folder
        cooling = self._protocol(settings.melt_temperature_k, settings.quench_ps, settings.end_temperature_k)
        cold = self.phases.run(f"{where}/quench", melt, cooling)
        hold = self._protocol(settings.end_temperature_k, settings.hold_ps)
        # a fast quench ends hotter than its bath
        lag = temperature_of(cold.atoms.get_masses(), cold.atoms.get_momenta()) / settings.end_temperature_k
        hold = replace(hold, hot_factor=max(HOT_FACTOR, HOT_FACTOR * lag))
        phase = self.phases.run(f"{where}/hold", cold.atoms, hold)
        if settings.volume == "eos":
            phase, self.glass_volume = run_volume_search(
                self.phases, f"{where}/glass_volume", phase.atoms, settings, settings.end_temperature_k, GLASS_STRAINS
            )
        return phase

    def _protocol(
        self, start_k: float, length_ps: float, end_k: float | None = None, *, keep: bool = True
    ) -> Bath | GuardedRamp:
        shared: dict[str, Any] = phase_settings(self.settings)
        shared.update(temperature_k=start_k, length_ps=length_ps, end_temperature_k=end_k, keep_velocities=keep)
        if self.settings.volume == "npt":
            pressure = self.settings.pressure_gpa / GIGAPASCAL_PER_BAR
            return GuardedRamp(pressure_bar=pressure, barostat_ps=self.settings.barostat_ps, **shared)
        return Bath(friction_per_fs=self.settings.friction_per_fs, **shared)

    def _check(self, phase: Phase) -> MeltCheck:
        self.melt = self.memory.compared(phase.atoms)
        return self.melt

    def _inherent(self, atoms: Atoms, name: str) -> InherentStructure:
        return inherent_structure(
            atoms, self.potential, self.member.folder / name,
            force_tolerance=self.settings.force_tolerance_ev_per_angstrom, max_steps=self.settings.relax_steps,
        )  # fmt: skip

    def _verdict(self, glass: Atoms) -> str:
        if self.melt is None or not self.melt.melted:
            return "crystal memory"
        crystalline = any(share.fraction - 2.0 * share.error > LARGEST_GLASS_SHARE for share in self.shares)
        # a crystal that has grown anew has other reflections than the one before
        return "glass" if self.memory.compared(glass).disordered and not crystalline else "recrystallized"

    def _told(
        self,
        verdict: str,
        atoms: Atoms,
        inherent: InherentStructure | None,
        crystal_energy: float | None,
        reason: str = "",
    ) -> QuenchResult:
        history = self.phases.history(self.memory, len(atoms))
        return QuenchResult(
            verdict=verdict,
            reason=reason,
            atoms=atoms,
            seed=self.member.seed,
            rate_k_per_ps=self._rate(),
            potential=self.potential.name,
            energy_ev_per_atom=None if inherent is None else inherent.energy_ev_per_atom,
            crystal_energy_ev_per_atom=crystal_energy,
            relaxed=inherent is not None and inherent.converged,
            density_g_per_cm3=mass_density(atoms),
            volume_angstrom3=atoms.get_volume(),
            empty_sphere_angstrom=largest_empty_sphere(atoms),
            coordination=None if inherent is None else anion_coordination(atoms),
            melt_diffusivities=self.diffusivities,
            melt=self.melt,
            end=None if inherent is None else self.memory.compared(atoms),
            crystal_shares=self.shares,
            melt_volume=self.melt_volume,
            glass_volume=self.glass_volume,
            history=history,
            cpu_s=self.phases.cpu_s,
            n_steps=self.phases.n_steps,
            warnings=tuple(self._warnings(atoms, inherent)),
        )

    def _rate(self) -> float:
        """Return the rate of whole frames."""
        settings = self.settings
        length = self._protocol(settings.melt_temperature_k, settings.quench_ps, settings.end_temperature_k).n_steps
        return (settings.melt_temperature_k - settings.end_temperature_k) / (length * settings.timestep_fs / 1000.0)

    def _warnings(self, atoms: Atoms, inherent: InherentStructure | None) -> list[str]:
        told = []
        if not self.memory.was_crystal:
            told.append("the start has no reflections of a crystal: that it melted is judged by displacement alone.")
        if inherent is not None and not inherent.converged:
            told.append(
                f"the inherent structure has a force of {inherent.largest_force_ev_per_angstrom:.3g} eV/angstrom left; "
                "raise relax_steps."
            )
        apart = (atoms.get_volume() / len(atoms)) ** (1.0 / 3.0)
        hole = largest_empty_sphere(atoms)
        if hole > LARGEST_VOID_RATIO * apart:
            told.append(f"the box holds a void of radius {hole:.3g} angstrom: its volume is too large, or it has torn.")
        told += self.undecided
        if inherent is not None and anion_coordination(atoms) is None and (~self.memory.cations).any():
            told.append("a pair of cation and anion has no first shell: no coordination numbers.")
        if self.settings.volume == "fixed":
            told.append("the volume is that of the start: the glass may be under pressure.")
        return told

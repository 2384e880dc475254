"""What a melt and quench leaves: the glass, its history, and whether it is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity
from entrox.dynamics.glass.diffusivity import Diffusivity
from entrox.dynamics.glass.melting import MeltCheck
from entrox.dynamics.glass.stress_free_volume import StressFreeVolume

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.order.coordination import Coordination
    from entrox.order.crystallinity import Crystallinity

__all__ = ["VERDICTS", "QuenchHistory", "QuenchResult"]

Floats = NDArray[np.float64]

VERDICTS = ("glass", "crystal memory", "recrystallized", "failed")


@dataclass(frozen=True, kw_only=True)
class QuenchHistory(Result):
    """A melt and quench over time, the runs that look for a volume left out; displacements and order at its frames."""

    time_ps: Floats = quantity("ps", "time", axes=("row",))
    temperature_k: Floats = quantity("K", "temperature", axes=("row",))
    energy_ev_per_atom: Floats = quantity("eV/atom", "potential energy", axes=("row",))
    pressure_gpa: Floats = quantity("GPa", "pressure", axes=("row",))
    volume_angstrom3: Floats = quantity("angstrom3", "volume", axes=("row",))
    frame_time_ps: Floats = quantity("ps", "time of a frame", axes=("frame",))
    cation_msd: Floats = quantity("angstrom2", "mean-square displacement of the cations", axes=("frame",))
    anion_msd: Floats = quantity("angstrom2", "mean-square displacement of the anions", axes=("frame",))
    largest_order: Floats = quantity("1", "largest order |S|/N of the tracked reflections", axes=("frame",))
    phase_names: tuple[str, ...]
    phase_end_ps: Floats = quantity("ps", "time at the end of a phase", axes=("phase",))

    @property
    def phases(self) -> tuple[tuple[str, float], ...]:
        """Name of each phase and its end [ps]."""
        return tuple(zip(self.phase_names, self.phase_end_ps.tolist(), strict=True))


@dataclass(frozen=True, kw_only=True)
class QuenchResult(Result):
    """One melt and quench.

    ``verdict`` is ``glass``; ``crystal memory`` where the melt did not melt, and the energy is none of a glass;
    ``recrystallized`` where it melted but the end has the reflections of the start, or more than half of a sublattice
    has crystalline neighbors (a crystal may grow turned); ``failed`` with a ``reason`` and
    the last kept structure. ``atoms`` is the inherent structure, in the cell at the end. ``melt_diffusivities`` are
    those of the elements in the last run of a melt that melted, empty where it has fewer than 40 frames.
    ``crystal_shares`` are those of the sublattices of cations by bond order, inherent structures of crystal and melt
    beside it; empty where the start was no crystal, it did not melt, or the two cannot be told apart.
    """

    verdict: str
    reason: str = ""
    atoms: Atoms
    seed: int = quantity("1", "seed of velocities and bath")
    rate_k_per_ps: float = quantity("K/ps", "cooling rate")
    potential: str
    energy_ev_per_atom: float | None = quantity("eV/atom", "energy of the inherent structure; None without one")
    crystal_energy_ev_per_atom: float | None = quantity(
        "eV/atom", "energy of the relaxed start; None where the start was no crystal"
    )
    relaxed: bool
    density_g_per_cm3: float = quantity("g/cm3", "density")
    volume_angstrom3: float = quantity("angstrom3", "volume of the cell")
    empty_sphere_angstrom: float = quantity("angstrom", "radius of the largest sphere without an atom center")
    coordination: Coordination | None = None
    melt_diffusivities: Mapping[str, Diffusivity]
    melt: MeltCheck | None = None
    end: MeltCheck | None = None
    crystal_shares: tuple[Crystallinity, ...] = ()
    melt_volume: StressFreeVolume | None = None
    glass_volume: StressFreeVolume | None = None
    history: QuenchHistory
    cpu_s: float = quantity("s", "processor time of the runs")
    n_steps: int = quantity("1", "time steps of all runs")
    warnings: tuple[str, ...] = ()

    @property
    def crystallinity(self) -> float | None:
        """Largest order |S|/N of the tracked reflections in the inherent structure."""
        return None if self.end is None else self.end.largest_order

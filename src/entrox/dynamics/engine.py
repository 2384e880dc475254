"""What an engine is, and what a run of molecular dynamics leaves behind. Units: eV, angstrom, K, bar, ps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity
from entrox.dynamics.potential import Potential
from entrox.dynamics.protocols import MdProtocol

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["HOT_FACTOR", "Engine", "Trajectory"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOT_FACTOR = 5.0
"""A run hotter than this many times its highest target temperature has exploded."""


@dataclass(frozen=True, kw_only=True)
class Trajectory(Result):
    """One run of molecular dynamics, complete or not.

    ``status`` is ``finished``, or ``diverged`` with a ``reason``: exploded, lost atoms, not finite. A run that diverged
    keeps the rows and frames before that. ``frames()`` reads the kept frames in the orientation and atom order of the
    starting structure.
    """

    folder: Path
    engine: str
    potential: str
    status: str
    reason: str = ""
    seed: int = quantity("1", "seed of the velocities")
    step: Ints = quantity("1", "time step", axes=("row",))
    time_ps: Floats = quantity("ps", "time", axes=("row",))
    temperature_k: Floats = quantity("K", "temperature of 3 N - 3 degrees of freedom", axes=("row",))
    pressure_bar: Floats = quantity("bar", "pressure", axes=("row",))
    stress_ev_per_angstrom3: Floats = quantity(
        "eV/angstrom3", "stress with its kinetic part, tension positive (xx, yy, zz, yz, xz, xy)", axes=("row", "voigt")
    )
    potential_energy_ev: Floats = quantity("eV", "potential energy", axes=("row",))
    conserved_energy_ev: Floats = quantity("eV", "conserved energy of the extended system", axes=("row",))
    cell_angstrom: Floats = quantity("angstrom", "cell vectors in the input's orientation", axes=("row", "i", "xyz"))
    deviation_step: Ints = quantity("1", "time step of the deviations", axes=("deviation_row",))
    force_deviation_ev_per_angstrom: Floats = quantity(
        "eV/angstrom", "largest committee deviation of a force", axes=("deviation_row",)
    )
    frames_file: Path
    frame_step: Ints = quantity("1", "time step of the kept frames", axes=("frame",))
    n_steps: int = quantity("1", "time steps that were run")
    cpu_s: float = quantity("s", "processor time of the engine")
    wall_s: float = quantity("s", "time by the clock")
    warnings: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return self.status == "finished"

    def frames(self) -> Iterator[Atoms]:
        """Yield the kept frames in the order of time, as extended XYZ holds them."""
        from entrox.structure.frames import read_frames

        if len(self.frame_step) == 0:
            return iter(())
        return read_frames(self.frames_file, form="extxyz")


class Engine(Protocol):
    """What runs a protocol: LAMMPS or ASE."""

    @property
    def name(self) -> str:
        """``lammps`` or ``ase``."""
        ...

    def run(
        self,
        atoms: Atoms,
        protocol: MdProtocol,
        potential: Potential,
        folder: Path,
        *,
        seed: int,
        resume: bool = True,
    ) -> Trajectory:
        """Run a protocol in a folder.

        Parameters
        ----------
        atoms
            Starting structure; it is not changed.
        protocol, potential
            What to run, with which forces.
        folder
            Folder of the run, made if absent. A finished run of the same settings is read, not repeated.
        seed
            Seed of the velocities.
        resume
            Continue an interrupted run of the same settings from its last checkpoint; False starts anew.

        Raises
        ------
        InputError
            If an element is unknown, or the folder holds a run of other settings.
        MissingExtraError
            If the engine is not installed.
        EngineError
            If the engine fails for another reason than a diverging run.
        """
        ...

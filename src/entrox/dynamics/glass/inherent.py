"""The inherent structure of a run: the nearest minimum of the energy, kept in a file once it is found.

Units: angstrom, eV, eV/angstrom.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from entrox.core import ConvergenceError, FormatError
from entrox.core.whole_file import write_whole, write_whole_with
from entrox.dynamics.crystal.relax import relax
from entrox.dynamics.potential import Potential
from entrox.dynamics.protocols import Minimize

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["InherentStructure", "inherent_structure"]

RECORD, STRUCTURE = "inherent.json", "inherent.extxyz"


@dataclass(frozen=True, kw_only=True)
class InherentStructure:
    """A minimum of the energy: structure, energy [eV/atom], largest force left, steps of the search."""

    atoms: Atoms
    energy_ev_per_atom: float
    largest_force_ev_per_angstrom: float
    n_steps: int
    converged: bool


def inherent_structure(
    atoms: Atoms, potential: Potential, folder: Path, *, force_tolerance: float, max_steps: int
) -> InherentStructure:
    """Find the minimum that a structure belongs to, in its cell, or read it if it was found before.

    Parameters
    ----------
    atoms
        Structure; it is not changed.
    potential
        Forces.
    folder
        Where the minimum is kept.
    force_tolerance
        Largest force at the end [eV/angstrom].
    max_steps
        Longest search.

    Raises
    ------
    ConvergenceError
        If the energy or a force is not finite.
    """
    record = folder / RECORD
    if record.is_file():
        return _read(record, atoms)
    found = relax(atoms, potential, Minimize(force_tolerance_ev_per_angstrom=force_tolerance, max_steps=max_steps))
    if not np.isfinite([found.energy_ev, found.largest_force_ev_per_angstrom]).all():
        raise ConvergenceError(
            f"no inherent structure: energy or forces are not finite after {found.n_steps} steps of the search.", found
        )
    folder.mkdir(parents=True, exist_ok=True)
    still = atoms.copy()
    still.positions = found.atoms.positions
    # no velocities in a minimum
    still.arrays.pop("momenta", None)
    write_whole_with(folder / STRUCTURE, lambda path: still.write(path, format="extxyz"))
    content = {
        "energy_ev_per_atom": found.energy_ev / len(atoms),
        "largest_force_ev_per_angstrom": found.largest_force_ev_per_angstrom,
        "n_steps": found.n_steps,
        "converged": found.converged,
        "positions_angstrom": still.positions.tolist(),
    }
    write_whole(record, json.dumps(content, indent=1) + "\n")
    return _read(record, atoms)


def _read(record: Path, atoms: Atoms) -> InherentStructure:
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
        still = atoms.copy()
        still.positions = content.pop("positions_angstrom")
        still.arrays.pop("momenta", None)
        return InherentStructure(atoms=still, **content)
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(f"not the record of an inherent structure: {error!r}", path=record) from error

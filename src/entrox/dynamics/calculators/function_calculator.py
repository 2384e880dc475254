"""A calculator of ASE around a function that answers for a structure. Import it where a calculator is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from numpy.typing import NDArray

from entrox.dynamics.calculators.answers import ForceAnswer

__all__ = ["FunctionCalculator"]


class FunctionCalculator(Calculator):
    """Calculator of ASE that asks a function; the answer is kept until the structure changes.

    Parameters
    ----------
    answer
        Function of the structure, which it does not change.
    all_forces
        Forces of all models of a committee for a structure, shape ``(n_models, n_atoms, 3)``; None if there is one.

    Attributes
    ----------
    cpu_s
        Processor time in other processes so far, where the function counts it.
    """

    implemented_properties = ["energy", "free_energy", "forces", "stress"]  # noqa: RUF012 - as ASE declares it

    def __init__(
        self,
        answer: Callable[[Atoms], ForceAnswer],
        all_forces: Callable[[Atoms], NDArray[np.float64]] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._answer = answer
        self.committee_forces = all_forces
        self.cpu_s = 0.0

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """Ask the function and keep what it says."""
        if atoms is None:
            raise TypeError("a structure is needed")
        self.atoms = atoms.copy()
        found = self._answer(atoms)
        results: dict[str, Any] = {
            "energy": found.energy_ev,
            "free_energy": found.energy_ev,
            "forces": found.forces_ev_per_angstrom,
            "converged": found.converged,
        }
        if found.stress_ev_per_angstrom3 is not None:
            results["stress"] = found.stress_ev_per_angstrom3
        self.results = results

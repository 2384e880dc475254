"""Force fields as an engine sees them: elements, a fingerprint, the lines that LAMMPS needs, a calculator for ASE.

Units: eV, angstrom, eV/angstrom.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from entrox.core import InputError, check_all_positive

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

    from entrox.dynamics.calculators.sources import CalculatorSource

__all__ = [
    "CalculatorPotential",
    "DeepmdPotential",
    "LennardJones",
    "Potential",
    "ProcessPotential",
    "check_elements",
]

DEVIATION_FILE = "deviation.out"


class Potential(Protocol):
    """What an engine asks of a force field."""

    @property
    def name(self) -> str:
        """Short name for records."""
        ...

    @property
    def elements(self) -> tuple[str, ...] | None:
        """Elements that the force field knows; None for all."""
        ...

    def fingerprint(self) -> str:
        """Hash of everything that its numbers depend on."""
        ...

    def lammps_lines(self, elements: Sequence[str], deviation_every: int) -> tuple[str, ...]:
        """Lines ``pair_style`` and ``pair_coeff`` for LAMMPS types 1, 2, ... of the given elements.

        Raises
        ------
        InputError
            If LAMMPS cannot compute this force field.
        """
        ...

    def open_calculator(self) -> AbstractContextManager[Calculator]:
        """Open a calculator of ASE for as long as the block runs."""
        ...


@dataclass(frozen=True)
class DeepmdPotential:
    """Deep Potential models of DeePMD-kit: the first one drives, all together give the committee's deviation.

    Parameters
    ----------
    models
        Frozen graphs (.pb) with the same type map.
    type_map
        Elements of the models.
    threads
        Threads of one evaluation.
    """

    models: tuple[Path, ...]
    type_map: tuple[str, ...]
    threads: int = 1

    def __post_init__(self) -> None:
        if not self.models:
            raise InputError("a Deep Potential needs at least one model file; got none.")
        for path in self.models:
            if not Path(path).is_file():
                raise InputError(f"there is no model file {path}. Train one with `entrox train`.")

    @property
    def name(self) -> str:
        """Name of the first model file."""
        return f"deepmd:{Path(self.models[0]).name}"

    @property
    def elements(self) -> tuple[str, ...]:
        """Elements of the models."""
        return self.type_map

    def fingerprint(self) -> str:
        """SHA-256 over the model files in their order."""
        digest = hashlib.sha256()
        for path in self.models:
            with Path(path).open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()

    def lammps_lines(self, elements: Sequence[str], deviation_every: int) -> tuple[str, ...]:
        """Lines for ``pair_style deepmd``; several models write their deviation to a file beside the run."""
        files = " ".join(str(Path(path).resolve()) for path in self.models)
        deviation = f" out_file {DEVIATION_FILE} out_freq {deviation_every}" if len(self.models) > 1 else ""
        return (f"pair_style deepmd {files}{deviation}", f"pair_coeff * * {' '.join(elements)}")

    def open_calculator(self) -> AbstractContextManager[Calculator]:
        """Open the models in a process of their own; the first one drives, the others only judge."""
        from entrox.dynamics.calculators.process import open_process_calculator
        from entrox.dynamics.calculators.sources import DeepmdSource

        return open_process_calculator(DeepmdSource(models=tuple(map(str, self.models)), threads=self.threads))


@dataclass(frozen=True)
class LennardJones:
    """Lennard-Jones 12-6 of one kind of pair, shifted to zero at the cutoff; both engines have it."""

    epsilon_ev: float
    sigma_angstrom: float
    cutoff_angstrom: float

    def __post_init__(self) -> None:
        check_all_positive([self.epsilon_ev, self.sigma_angstrom, self.cutoff_angstrom], "parameters of LennardJones")

    @property
    def name(self) -> str:
        """Name of the law."""
        return "lennard-jones"

    @property
    def elements(self) -> None:
        """All elements, all alike."""
        return

    def fingerprint(self) -> str:
        """Hash of the parameters."""
        return _hash([self.name, self.epsilon_ev, self.sigma_angstrom, self.cutoff_angstrom])

    def lammps_lines(self, elements: Sequence[str], deviation_every: int) -> tuple[str, ...]:
        """Lines for ``pair_style lj/cut`` with shifted energy."""
        return (
            f"pair_style lj/cut {self.cutoff_angstrom!r}",
            "pair_modify shift yes",
            f"pair_coeff * * {self.epsilon_ev!r} {self.sigma_angstrom!r}",
        )

    def open_calculator(self) -> AbstractContextManager[Calculator]:
        """Open ASE's own calculator."""
        from contextlib import nullcontext

        from ase.calculators.lj import LennardJones as AseLennardJones

        return nullcontext(
            AseLennardJones(epsilon=self.epsilon_ev, sigma=self.sigma_angstrom, rc=self.cutoff_angstrom, smooth=False)
        )


@dataclass(frozen=True)
class CalculatorPotential:
    """Any calculator of ASE, made by a function of a module; only the ASE engine can run it.

    Parameters
    ----------
    factory
        ``module:function``; the function returns a calculator.
    arguments
        Keyword arguments of the function, plain data.
    known_elements
        Elements that it knows; None for all.
    """

    factory: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    known_elements: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """The factory."""
        return f"ase:{self.factory}"

    @property
    def elements(self) -> tuple[str, ...] | None:
        """Elements that it knows."""
        return self.known_elements

    def fingerprint(self) -> str:
        """Hash of the factory and its arguments."""
        return _hash([self.factory, dict(self.arguments)])

    def lammps_lines(self, elements: Sequence[str], deviation_every: int) -> tuple[str, ...]:
        """LAMMPS cannot run Python calculators."""
        raise InputError(f"LAMMPS cannot run the calculator {self.factory}; use the ASE engine (--engine ase).")

    def open_calculator(self) -> AbstractContextManager[Calculator]:
        """Make the calculator in this process."""
        from contextlib import nullcontext

        from entrox.dynamics.calculators.sources import call_factory

        return nullcontext(call_factory(self.factory, self.arguments))


@dataclass(frozen=True)
class ProcessPotential:
    """A calculator of ASE that runs in a process of its own; only the ASE engine can run it.

    Parameters
    ----------
    label
        Short name for records.
    source
        Which calculator.
    origin
        What its numbers depend on: versions, checksums, settings; plain data.
    python
        Python that runs it; this one if None.
    threads
        Threads of one evaluation.
    """

    label: str
    source: CalculatorSource
    origin: Mapping[str, Any] = field(default_factory=dict)
    python: str | None = None
    threads: int = 1

    @property
    def name(self) -> str:
        """The label."""
        return self.label

    @property
    def elements(self) -> None:
        """Elements are not known before it runs."""
        return

    def fingerprint(self) -> str:
        """Hash of label and origin."""
        return _hash([self.label, dict(self.origin)])

    def lammps_lines(self, elements: Sequence[str], deviation_every: int) -> tuple[str, ...]:
        """LAMMPS cannot run Python calculators."""
        raise InputError(f"LAMMPS cannot run the calculator {self.label}; use the ASE engine (--engine ase).")

    def open_calculator(self) -> AbstractContextManager[Calculator]:
        """Start the process."""
        from entrox.dynamics.calculators.process import open_process_calculator

        return open_process_calculator(self.source, self.python, self.threads)


def check_elements(potential: Potential, atoms: Atoms) -> None:
    """Raise InputError if the force field lacks an element of the structure."""
    known = potential.elements
    if known is None:
        return
    missing = sorted(set(atoms.get_chemical_symbols()) - set(known))
    if missing:
        raise InputError(
            f"the model {potential.name} knows {', '.join(known)}; the structure also has {', '.join(missing)}. "
            "Give a model that was trained with them."
        )


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()

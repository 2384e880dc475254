"""CP2K as a teacher: density functional theory (PBE, GTH pseudopotentials, Gaussians and plane waves).

Making the input is a pure function; running the program in a scratch folder and reading what it says is another.
VandeVondele et al., Comput. Phys. Commun. 167, 103 (2005). Units: eV, eV/angstrom, eV/angstrom3 (tension positive).
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import constants

from entrox.core import EngineError, FormatError, InputError, MissingExtraError, check_integer, check_positive
from entrox.dynamics.calculators.answers import ForceAnswer

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

__all__ = ["Cp2kSettings", "cp2k_calculator", "cp2k_input", "cp2k_version", "find_cp2k", "read_cp2k_output", "run_cp2k"]

Floats = NDArray[np.float64]

PROGRAMS = ("cp2k.psmp", "cp2k.ssmp", "cp2k")
INPUT, OUTPUT = "job.inp", "job.out"
EV_PER_HARTREE = constants.value("Hartree energy in eV")
EV_PER_ANGSTROM_PER_ATOMIC_UNIT = EV_PER_HARTREE / (constants.value("Bohr radius") / constants.angstrom)
EV_PER_ANGSTROM3_PER_GPA = constants.giga * constants.angstrom**3 / constants.e
TAIL_LINES = 25
NOT_CONVERGED = "SCF run NOT converged"

VALENCE_ELECTRONS = {
    "Ba": 10, "Ca": 10, "Sr": 10, "Ti": 12, "Zr": 12, "Hf": 12, "Sn": 4, "O": 6, "Pb": 4, "Na": 9, "K": 9, "Bi": 5,
    "Nb": 13, "Mg": 10,
}  # fmt: skip
"""Electrons of the pseudopotentials GTH-PBE and of their MOLOPT basis sets."""


@dataclass(frozen=True)
class Cp2kSettings:
    """What the numbers of a calculation depend on.

    Parameters
    ----------
    cutoff_ry, relative_cutoff_ry
        Plane-wave cutoffs of the densities [Ry].
    k_spacing_per_angstrom
        Largest distance of k points [1/angstrom], 2 pi counted; larger than any reciprocal vector is Gamma only.
    eps_scf
        Where the self-consistent field has converged.
    max_scf
        Most iterations; a field that has not converged by then makes an unconverged label.
    smearing_k
        Electronic temperature, for cells without a clear gap; 0 for none [K].
    """

    cutoff_ry: float = 400.0
    relative_cutoff_ry: float = 50.0
    k_spacing_per_angstrom: float = 0.20
    eps_scf: float = 1e-7
    max_scf: int = 60
    smearing_k: float = 0.0

    def __post_init__(self) -> None:
        for name in ("cutoff_ry", "relative_cutoff_ry", "k_spacing_per_angstrom", "eps_scf"):
            check_positive(getattr(self, name), name)
        check_integer(self.max_scf, "max_scf", low=1)


def cp2k_input(atoms: Atoms, settings: Cp2kSettings | None = None) -> str:
    """Input of one calculation of energy, forces and stress.

    Raises
    ------
    InputError
        If an element has no pseudopotential here, or the cell is not periodic.
    """
    chosen = settings or Cp2kSettings()
    symbols = atoms.get_chemical_symbols()
    if unknown := sorted(set(symbols) - set(VALENCE_ELECTRONS)):
        known = ", ".join(VALENCE_ELECTRONS)
        raise InputError(f"the teacher cp2k is set up for {known}; the structure also has {', '.join(unknown)}.")
    if not atoms.pbc.all():
        raise InputError("cp2k needs a cell that is periodic in all directions.")
    mesh = k_mesh(atoms, chosen.k_spacing_per_angstrom)
    kinds = "\n".join(
        f"    &KIND {name}\n      BASIS_SET DZVP-MOLOPT-SR-GTH\n      POTENTIAL GTH-PBE-q{VALENCE_ELECTRONS[name]}\n"
        "    &END KIND"
        for name in dict.fromkeys(symbols)
    )
    vectors = "\n".join(
        f"      {name} " + " ".join(f"{value:.14g}" for value in vector)
        for name, vector in zip("ABC", atoms.cell.array, strict=True)
    )
    places = "\n".join(
        f"      {symbol} " + " ".join(f"{value:.14g}" for value in place)
        for symbol, place in zip(symbols, atoms.positions, strict=True)
    )
    return TEMPLATE.format(
        **asdict(chosen), k_points="" if mesh == (1, 1, 1) else K_POINTS.format(*mesh), kinds=kinds, vectors=vectors,
        places=places, solver=SMEARING.format(chosen.smearing_k) if chosen.smearing_k else "",
    )  # fmt: skip


def k_mesh(atoms: Atoms, spacing_per_angstrom: float) -> tuple[int, int, int]:
    """Numbers of k points along the reciprocal vectors, so that none are further apart than the spacing."""
    lengths = 2.0 * math.pi * np.linalg.norm(np.linalg.inv(atoms.cell.array).T, axis=1)
    first, second, third = (max(1, math.ceil(length / spacing_per_angstrom - 1e-9)) for length in lengths)
    return first, second, third


def find_cp2k(program: str | None = None) -> str:
    """Return the path of the program.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    names = PROGRAMS if program is None else (program,)
    found = next((place for name in names if (place := shutil.which(name))), None)
    if found is None:
        raise MissingExtraError(names[0], "potentials", "the teacher cp2k (a program of its own, apt install cp2k)")
    return found


def cp2k_version(program: str | None = None) -> str:
    """Version of the program, as it says itself."""
    done = subprocess.run([find_cp2k(program), "--version"], capture_output=True, text=True, check=False)
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    return lines[0].removeprefix("CP2K version ") if lines else "unknown"


def run_cp2k(atoms: Atoms, settings: Cp2kSettings | None = None, program: str | None = None) -> ForceAnswer:
    """Run one calculation in a folder that is removed afterwards.

    Raises
    ------
    EngineError
        If the program fails for another reason than the self-consistent field.
    """
    command = [find_cp2k(program), "-i", INPUT, "-o", OUTPUT]
    with tempfile.TemporaryDirectory(prefix="entrox-cp2k-") as name:
        folder = Path(name)
        (folder / INPUT).write_text(cp2k_input(atoms, settings), encoding="ascii")
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        text = (folder / OUTPUT).read_text(encoding="utf-8", errors="replace") if (folder / OUTPUT).exists() else ""
    if done.returncode != 0 and NOT_CONVERGED in text:  # newer versions stop there, older ones go on
        return ForceAnswer(math.nan, np.full((len(atoms), 3), math.nan), np.full(6, math.nan), converged=False)
    if done.returncode != 0:
        tail = "\n".join((text + done.stdout + done.stderr).splitlines()[-TAIL_LINES:])
        raise EngineError(f"cp2k ended with exit code {done.returncode}.", command=" ".join(command), log_tail=tail)
    return read_cp2k_output(text, len(atoms))


def read_cp2k_output(text: str, n_atoms: int) -> ForceAnswer:
    """Read energy, forces, stress and convergence from the output of CP2K.

    Raises
    ------
    FormatError
        If one of them is missing.
    """
    energy = re.findall(r"ENERGY\| Total FORCE_EVAL.*?:\s+(\S+)", text)
    if not energy:
        raise FormatError("the output of cp2k has no total energy", path=OUTPUT)
    forces = _table(text, r"ATOMIC FORCES in \[a\.u\.\]", n_atoms, skipped=3) * EV_PER_ANGSTROM_PER_ATOMIC_UNIT
    # analytic stress of CP2K: minus the derivative by strain, as a pressure
    pressure = np.array(
        [[float(word) for word in row.split()[-3:]] for row in re.findall(r"STRESS\|\s+[xyz]\s+([-+\d].*)", text)[:3]]
    )
    if pressure.shape != (3, 3):
        raise FormatError("the output of cp2k has no stress tensor", path=OUTPUT)
    stress = -0.5 * (pressure + pressure.T) * EV_PER_ANGSTROM3_PER_GPA
    return ForceAnswer(
        energy_ev=float(energy[-1]) * EV_PER_HARTREE,
        forces_ev_per_angstrom=forces,
        stress_ev_per_angstrom3=stress[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]],
        converged=NOT_CONVERGED not in text,
    )


def _table(text: str, head: str, n_rows: int, *, skipped: int) -> Floats:
    found = re.search(head, text)
    rows = text[found.end() :].splitlines()[skipped : skipped + n_rows] if found else []
    try:
        return np.array([[float(word) for word in row.split()[-3:]] for row in rows]).reshape(n_rows, 3)
    except ValueError as error:
        raise FormatError("the output of cp2k has no forces of all atoms", path=OUTPUT) from error


def cp2k_calculator(program: str | None = None, **settings: float) -> Calculator:
    """Return CP2K as a calculator of ASE; settings are those of :class:`Cp2kSettings`."""
    from entrox.dynamics.calculators.function_calculator import FunctionCalculator

    chosen, found = Cp2kSettings(**settings), find_cp2k(program)  # type: ignore[arg-type]
    return FunctionCalculator(lambda atoms: run_cp2k(atoms, chosen, found))


K_POINTS = """    &KPOINTS
      SCHEME MONKHORST-PACK {} {} {}
      FULL_GRID OFF
      SYMMETRY OFF
    &END KPOINTS
"""
SMEARING = """      ADDED_MOS 10
      &SMEAR ON
        METHOD FERMI_DIRAC
        ELECTRONIC_TEMPERATURE [K] {}
      &END SMEAR
"""
TEMPLATE = """&GLOBAL
  PROJECT job
  RUN_TYPE ENERGY_FORCE
  PRINT_LEVEL LOW
&END GLOBAL
&FORCE_EVAL
  METHOD QUICKSTEP
  STRESS_TENSOR ANALYTICAL
  &PRINT
    &FORCES ON
    &END FORCES
    &STRESS_TENSOR ON
    &END STRESS_TENSOR
  &END PRINT
  &DFT
    BASIS_SET_FILE_NAME BASIS_MOLOPT
    POTENTIAL_FILE_NAME GTH_POTENTIALS
    &MGRID
      CUTOFF {cutoff_ry}
      REL_CUTOFF {relative_cutoff_ry}
    &END MGRID
    &QS
      EPS_DEFAULT 1.0E-12
    &END QS
{k_points}    &SCF
      SCF_GUESS ATOMIC
      EPS_SCF {eps_scf}
      MAX_SCF {max_scf}
{solver}      &MIXING
        METHOD BROYDEN_MIXING
        ALPHA 0.4
        NBROYDEN 8
      &END MIXING
    &END SCF
    &XC
      &XC_FUNCTIONAL PBE
      &END XC_FUNCTIONAL
    &END XC
  &END DFT
  &SUBSYS
    &CELL
{vectors}
    &END CELL
    &COORD
{places}
    &END COORD
{kinds}
  &END SUBSYS
&END FORCE_EVAL
"""

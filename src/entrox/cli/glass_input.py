"""What ``entrox glass`` starts from: structures, force field, protocol."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from entrox.core import InputError, generator
from entrox.dynamics.glass.quench_settings import PUBLISHED, QuenchSettings, read_quench_settings
from entrox.dynamics.potential import CalculatorPotential, Potential, check_elements

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.dynamics.engine import Engine

__all__ = ["build_settings", "engine_of", "last_frame", "quench_rates", "read_calculator", "read_starts"]

EMT = "ase.calculators.emt:EMT"
RATE_STEP = 10.0**0.5
STRUCTURE_ENDINGS = (".xyz", ".extxyz", ".traj", ".vasp", ".cif", ".data", ".lmp", ".dump", ".rmc6f")


def last_frame(path: Path) -> Atoms:
    """Return the last structure of a file; CIF too."""
    if not path.exists():
        raise InputError(f"{path}: no such file.")
    if path.suffix == ".cif":
        from ase.io import read

        found: Atoms | list[Atoms] = read(path)
        return found[-1] if isinstance(found, list) else found
    from entrox.structure import read_frames

    return deque(read_frames(path, None, notices=[]), maxlen=1).pop()


def read_starts(text: str, asked: Mapping[str, Any], seeds: int, seed: int) -> list[Atoms]:
    """Return one start for each melt: copies of a file, or a formula arranged anew for each.

    Raises
    ------
    InputError
        If it is neither a file nor a formula that can be built.
    """
    path = Path(text)
    if path.exists():
        if given := [name for name in ("x", "atoms", "density_g_per_cm3") if asked[name] is not None]:
            raise InputError(f"--{given[0].replace('_', '-')} is for a formula; {text} is a file.")
        atoms = last_frame(path)
        return [atoms.copy() for _ in range(seeds)]
    if "/" in text or path.suffix in STRUCTURE_ENDINGS:
        raise InputError(f"{text}: no such file.")
    return [_built(text, asked, seed, number) for number in range(1, seeds + 1)]


def _built(text: str, asked: Mapping[str, Any], seed: int, number: int) -> Atoms:
    from entrox.composition import parse_formula
    from entrox.structure.aurivillius import build_bismuth_titanate, substitution_of
    from entrox.structure.glasses import build_amorphous_start

    formula, x = parse_formula(text), asked["x"]
    if formula.variables:
        if x is None or tuple(formula.variables) != ("x",):
            raise InputError(f"{text} has the variables {', '.join(formula.variables)}; give --x, and no others.")
        composition, x = formula.at(x=x), None
    else:
        composition = formula.at()
    amounts = {name: float(n) for name, n in composition.amounts.items()}
    rng = generator(seed, number)
    if asked["atoms"] is not None or asked["density_g_per_cm3"] is not None:
        if asked["atoms"] is None or asked["density_g_per_cm3"] is None or x is not None:
            raise InputError("a formula without a crystal needs --atoms and --density-g-per-cm3, and no --x.")
        counts = {name: round(n) for name, n in amounts.items()}
        if any(abs(counts[name] - n) > 1e-9 for name, n in amounts.items()):
            raise InputError(f"a formula without a crystal needs whole numbers; got {text}.")
        return build_amorphous_start(counts, asked["atoms"], asked["density_g_per_cm3"], rng=rng)
    if not {"Bi", "Ti", "O"} <= set(amounts):
        raise InputError(f"{text} has no crystal here; give a file, or --atoms and --density-g-per-cm3.")
    share, species = substitution_of(amounts)
    if x is not None and species:
        raise InputError(f"{text} has its lanthanides already; leave out --x, or give Bi4Ti3O12.")
    chosen = share if x is None else x
    return build_bismuth_titanate(chosen, species or asked["lanthanides"], asked["size"], asked["order"], rng=rng)


def read_calculator(name: str, threads: int) -> Potential:
    """Return the force field of a name of ``--calculator``.

    Raises
    ------
    InputError
        If the name is none, or a file is missing.
    """
    if name == "emt":
        return CalculatorPotential(EMT, known_elements=("Al", "Ni", "Cu", "Pd", "Ag", "Pt", "Au", "H", "C", "N", "O"))
    if name.startswith("lammps:"):
        from entrox.dynamics.lammps.pair_file import read_pair_file

        return read_pair_file(name.removeprefix("lammps:"))
    if name == "chgnet" or name.endswith(".pb"):
        from entrox.cli.md_input import read_models

        return read_models([name], trust_model=False, threads=threads)
    if ":" in name:
        return CalculatorPotential(name.removeprefix("ase:"))
    raise InputError(f"--calculator must be emt, chgnet, lammps:FILE, a model FILE.pb or module:attr; got {name!r}.")


def engine_of(potential: Potential, atoms: Atoms, *, threads: int) -> Engine:
    """Return LAMMPS for force fields that are its own, else ASE; check that it is there and knows the elements."""
    check_elements(potential, atoms)
    if potential.name.startswith("lammps:"):
        from entrox.dynamics.lammps.lammps_engine import LammpsEngine
        from entrox.dynamics.lammps.program import find_lammps

        find_lammps()
        return LammpsEngine(threads=threads)
    from entrox.dynamics.ase_md.ase_engine import AseEngine

    return AseEngine()


def build_settings(asked: Mapping[str, Any], preset: str | None, protocol: Path | None) -> QuenchSettings:
    """Return the protocol: preset or file, and over them the options that were given.

    Raises
    ------
    InputError
        If a value is wrong, or preset and file are both given.
    """
    if preset not in (None, "published"):
        raise InputError(f"--preset must be published; got {preset!r}.")
    if preset is not None and protocol is not None:
        raise InputError("--preset and --protocol exclude each other; give one of them.")
    base: dict[str, Any] = dict(PUBLISHED) if preset else {}
    if protocol is not None:
        base = read_quench_settings(protocol).model_dump()
    try:
        return QuenchSettings(**{**base, **{key: value for key, value in asked.items() if value is not None}})
    except ValidationError as error:
        first = error.errors()[0]
        names = ", ".join(f"--{str(part).replace('_', '-')}" for part in first["loc"]) or "the protocol"
        raise InputError(f"{names}: {first['msg']}; got {first['input']!r}.") from error


def quench_rates(slowest_k_per_ps: float, count: int) -> list[float]:
    """Return cooling rates, the slowest first."""
    return [slowest_k_per_ps * RATE_STEP**k for k in range(count)]

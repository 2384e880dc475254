"""From the options of ``entrox breakdown`` to the parameters of the avalanche: of a formula, or of a crystal plane."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from entrox.cli.composition import build_composition, options_named
from entrox.core.errors import InputError

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.breakdown import CrystalPlane, MeanParameters

__all__ = ["Material", "MaterialOptions", "build_material"]

MODEL_PLANES = ("AO", "BO2")


@dataclass(frozen=True, kw_only=True)
class MaterialOptions:
    """What the user said about the material; lengths in angstrom, energies in eV."""

    material: str | None
    x: str | None
    charge: tuple[str, ...]
    site: tuple[str, ...]
    mean_free_path: float | None
    ionization_energy: float | None
    bond_energy: float | None
    published_energies: bool
    plane: str
    structure: Path | None


@dataclass(frozen=True, kw_only=True)
class Material:
    """Name, parameters, and the plane where it is not that of the model crystal."""

    name: str
    parameters: MeanParameters
    plane: CrystalPlane | None


def build_material(options: MaterialOptions, ramp_rate: float) -> Material:
    """Return the parameters of the material.

    Parameters
    ----------
    options
        As typed.
    ramp_rate
        [V/(m s)]; among the planes of a crystal the one that breaks first at this rate is taken.

    Raises
    ------
    InputError
        If options contradict one another, the structure cannot be read, or a value is missing in the tables.
    """
    if options.plane.upper() in MODEL_PLANES:
        return _from_formula(replace(options, plane=options.plane.upper()))
    miller = _miller_indices(options.plane)
    if options.structure is None:
        raise InputError(
            f"--plane {options.plane} needs a crystal: give --structure FILE. Without one, --plane is AO or BO2."
        )
    return _from_structure(options, options.structure, miller, ramp_rate)


def _from_formula(options: MaterialOptions) -> Material:
    from entrox.breakdown import PUBLISHED_BOND_ENERGIES, mean_parameters

    if options.structure is not None:
        raise InputError(
            f"--structure needs --plane h,k,l, for example --plane 0,0,1; got --plane {options.plane}, a plane of the "
            "model crystal."
        )
    if options.material is None:
        raise InputError("give a formula, for example `entrox breakdown BaTiO3`, or --structure FILE --plane h,k,l.")
    if options.published_energies and options.bond_energy is not None:
        raise InputError("--published-energies and --bond-energy-ev exclude each other; give one of them.")
    composition = build_composition(options.material, options.x, charge=options.charge, site=options.site)
    with options_named():
        parameters = mean_parameters(
            composition,
            plane=options.plane,
            host_path=options.mean_free_path,
            ionization_energy=options.ionization_energy,
            bond_energy=options.bond_energy,
            bond_energies=PUBLISHED_BOND_ENERGIES if options.published_energies else None,
        )
    return Material(name=composition.formula, parameters=parameters, plane=None)


def _miller_indices(text: str) -> tuple[int, int, int]:
    try:
        h, k, l = (int(part) for part in text.split(","))  # noqa: E741 - the names of Miller indices
    except ValueError:
        raise InputError(
            f"--plane must be AO, BO2, or three whole Miller indices such as 0,0,1; got {text!r}."
        ) from None
    if not (h or k or l):
        raise InputError("--plane 0,0,0 is no plane: at least one Miller index must differ from zero.")
    return h, k, l


def _from_structure(options: MaterialOptions, path: Path, miller: tuple[int, int, int], ramp_rate: float) -> Material:
    from entrox.breakdown import planes_of_atoms
    from entrox.composition.ionic_charges import is_anion

    if options.published_energies:
        raise InputError("--published-energies belongs to a formula; with --structure give --bond-energy-ev.")
    if options.charge or options.site:
        raise InputError("--charge and --site belong to a formula; the sites of --structure are those of its atoms.")
    atoms = _read_crystal(path)
    name = _formula_of(atoms)
    if options.material is not None:
        _check_same_amounts(options.material, options.x, atoms, path)
    elif options.x is not None:
        raise InputError("--x belongs to a formula; the composition of --structure is that of its atoms.")
    (mean_free_path, low, high), warnings = _mean_free_path(options, name)
    anions = sorted({symbol for symbol in atoms.get_chemical_symbols() if is_anion(symbol)})
    try:
        planes = planes_of_atoms(atoms, miller, anions=anions or ["O"])
    except InputError as error:
        raise InputError(f"{path}: {error} Miller indices refer to the cell in the file.") from error
    with options_named():
        plane, parameters = _weakest_plane(planes, options, mean_free_path, ramp_rate)
    if len(planes) > 1:
        warnings += (f"plane {plane.label}: of {len(planes)} with these indices the one of lowest threshold",)
    named = replace(
        parameters,
        material=name,
        host_mean_free_path_range=(low, high),
        warnings=(*warnings, *parameters.warnings),
    )
    return Material(name=name, parameters=named, plane=plane)


def _read_crystal(path: Path) -> Atoms:
    import ase.io

    if not path.is_file():
        raise InputError(f"there is no structure file {path}. Check the path.")
    try:
        atoms = ase.io.read(path)
    except Exception as error:  # every reader of ase has its own errors
        reason = f"{type(error).__name__}: {error}".rstrip(": .")
        raise InputError(
            f"ase cannot read a structure from {path} ({reason}). Give a CIF, POSCAR, extended XYZ or another format "
            "that ase knows."
        ) from error
    return atoms[-1] if isinstance(atoms, list) else atoms


def _formula_of(atoms: Atoms) -> str:
    return str(atoms.symbols.formula.reduce()[0].format("metal"))


def _check_same_amounts(material: str, x: str | None, atoms: Atoms, path: Path) -> None:
    """Raise InputError unless the formula has the composition of the atoms."""
    from entrox.composition import VACANCY

    amounts = build_composition(material, x).amounts
    wanted = {symbol: float(amount) for symbol, amount in amounts.items() if symbol != VACANCY}
    counts = atoms.symbols.formula.count()
    scale = len(atoms) / sum(wanted.values())
    if any(abs(wanted.get(s, 0.0) * scale - counts.get(s, 0)) > 1e-6 * len(atoms) for s in {*wanted, *counts}):
        raise InputError(
            f"{path} holds {_formula_of(atoms)}, not {material}. Leave the formula out, or give another file."
        )


def _mean_free_path(options: MaterialOptions, name: str) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    """Return the mean free path and the ends of its plausible range [angstrom], and what was assumed in words."""
    from entrox.breakdown.alloy import host_mean_free_path
    from entrox.composition import parse_formula

    if options.mean_free_path is not None:
        return (options.mean_free_path, options.mean_free_path, options.mean_free_path), ()
    try:
        value, low, high = host_mean_free_path(parse_formula(name).at())
    except InputError as error:
        raise InputError(
            f"no mean free path can be assumed for {name}: give --mean-free-path-angstrom. ({error})"
        ) from error
    return (value, low, high), (f"mean free path assumed: {value:g} angstrom, plausible {low:g}-{high:g} angstrom",)


def _weakest_plane(
    planes: tuple[CrystalPlane, ...], options: MaterialOptions, mean_free_path: float, ramp_rate: float
) -> tuple[CrystalPlane, MeanParameters]:
    """Return the plane with the lowest threshold law and its parameters."""
    from entrox.breakdown import bond_forms, calibrated_patterns, plane_parameters
    from entrox.breakdown.calibration import PERMITTIVITY
    from entrox.breakdown.ensemble import onset_law

    def onset(candidate: tuple[CrystalPlane, MeanParameters]) -> float:
        plane, parameters = candidate
        return onset_law(parameters, ramp_rate, bond_forms(plane, calibrated_patterns(), PERMITTIVITY), plane)

    candidates = [
        (
            plane,
            plane_parameters(
                plane,
                mean_free_path=mean_free_path,
                ionization_energy=options.ionization_energy,
                bond_energy=options.bond_energy,
            ),
        )
        for plane in planes
    ]
    return min(candidates, key=onset)

"""From the options of ``entrox breakdown`` to the parameters of the avalanche: of a formula, or of a crystal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from entrox.cli.composition import build_composition, options_named
from entrox.core.checks import check_positive
from entrox.core.errors import InputError

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.breakdown import IonLattice, MeanParameters

__all__ = ["Material", "MaterialOptions", "build_material"]

MODEL_PLANES = ("AO", "BO2")


@dataclass(frozen=True, kw_only=True)
class MaterialOptions:
    """What the user said about the material; lengths in angstrom, energies in eV."""

    material: str | None
    x: str | None
    charge: tuple[str, ...]
    site: tuple[str, ...]
    prototype: str | None
    mean_free_path: float | None
    ionization_energy: float | None
    bond_energy: float | None
    published_energies: bool
    plane: str | None
    structure: Path | None
    dimensions: int


@dataclass(frozen=True, kw_only=True)
class Material:
    """Name, parameters, and the lattice: a plane of the model crystal by its name, or one of a structure."""

    name: str
    parameters: MeanParameters
    lattice: str | IonLattice

    @property
    def own_lattice(self) -> IonLattice | None:
        """The lattice of a structure, None for the model crystal."""
        return None if isinstance(self.lattice, str) else self.lattice


def build_material(options: MaterialOptions) -> Material:
    """Return the parameters of the material.

    Raises
    ------
    InputError
        If options contradict one another, the structure cannot be read, or a value is missing in the tables.
    """
    for value, name, unit in (
        (options.mean_free_path, "--mean-free-path-angstrom", "angstrom"),
        (options.ionization_energy, "--ionization-energy-ev", "eV"),
        (options.bond_energy, "--bond-energy-ev", "eV"),
    ):
        if value is not None:
            check_positive(value, name, unit)
    if options.structure is None:
        return _from_formula(options)
    return _from_structure(options, options.structure, _miller_indices(options))


def _from_formula(options: MaterialOptions) -> Material:
    from entrox.breakdown import PUBLISHED_BOND_ENERGIES, mean_parameters

    plane = _model_plane(options)
    if options.material is None:
        raise InputError("give a formula, for example `entrox breakdown BaTiO3`, or --structure FILE --plane h,k,l.")
    if options.published_energies and options.bond_energy is not None:
        raise InputError("--published-energies and --bond-energy-ev exclude each other; give one of them.")
    composition = build_composition(
        options.material, options.x, prototype=options.prototype, charge=options.charge, site=options.site
    )
    if options.dimensions == 3 and composition.prototype != "perovskite":
        raise InputError(
            f"--dimensions 3 has a model crystal for perovskites only; {composition.formula} was read as "
            f"{composition.prototype}. Give its crystal with --structure FILE, or leave --dimensions 3 out."
        )
    with options_named():
        parameters = mean_parameters(
            composition,
            plane=plane,
            host_path=options.mean_free_path,
            ionization_energy=options.ionization_energy,
            bond_energy=options.bond_energy,
            bond_energies=PUBLISHED_BOND_ENERGIES if options.published_energies else None,
        )
    if options.dimensions == 3 and parameters.overridden:
        given = " and ".join(name.replace("_", " ") for name in parameters.overridden)
        parameters = replace(
            parameters, warnings=(*parameters.warnings, f"the {given} given is that of the A site; B is from tables")
        )
    return Material(name=composition.formula, parameters=parameters, lattice=plane)


def _model_plane(options: MaterialOptions) -> str:
    """Return the plane of the model crystal, whose field along [001] needs none in three dimensions."""
    plane = "AO" if options.plane is None else options.plane.upper()
    if plane not in MODEL_PLANES:
        _read_indices(plane)
        raise InputError(
            f"--plane {options.plane} needs a crystal: give --structure FILE. Without one, --plane is AO or BO2."
        )
    if options.dimensions == 3:
        if options.plane is not None:
            raise InputError(
                f"--plane {options.plane} is a single plane; the model crystal of --dimensions 3 has all of them. "
                "Leave one of them out."
            )
        if options.published_energies:
            raise InputError("--published-energies belongs to the plane of --dimensions 2; leave one of them out.")
    return plane


def _miller_indices(options: MaterialOptions) -> tuple[int, int, int]:
    if options.plane is None and options.dimensions == 3:
        return 0, 0, 1
    if options.plane is None or options.plane.upper() in MODEL_PLANES:
        given = "none" if options.plane is None else f"{options.plane}, a plane of the model crystal"
        raise InputError(f"--structure needs --plane h,k,l, for example --plane 0,0,1; got {given}.")
    return _read_indices(options.plane)


def _read_indices(text: str) -> tuple[int, int, int]:
    try:
        h, k, l = (int(part) for part in text.split(","))  # noqa: E741 - the names of Miller indices
    except ValueError:
        raise InputError(
            f"--plane must be AO, BO2, or three whole Miller indices such as 0,0,1; got {text!r}."
        ) from None
    if not (h or k or l):
        raise InputError("--plane 0,0,0 is no plane: at least one Miller index must differ from zero.")
    return h, k, l


def _from_structure(options: MaterialOptions, path: Path, miller: tuple[int, int, int]) -> Material:
    if options.published_energies:
        raise InputError("--published-energies belongs to a formula; with --structure give --bond-energy-ev.")
    if options.charge or options.site or options.prototype:
        raise InputError(
            "--charge, --site and --prototype belong to a formula; the sites of --structure are those of its atoms."
        )
    atoms = _read_crystal(path)
    name = _formula_of(atoms)
    if options.material is not None:
        _check_same_amounts(options.material, options.x, atoms, path)
    elif options.x is not None:
        raise InputError("--x belongs to a formula; the composition of --structure is that of its atoms.")
    (mean_free_path, low, high), warnings = _mean_free_path(options, name)
    cut = _crystal if options.dimensions == 3 else _plane_of_crystal
    with options_named():
        lattice, parameters, notes = cut(atoms, path, miller, options, mean_free_path)
    named = replace(
        parameters,
        material=name,
        host_mean_free_path_range=(low, high),
        warnings=(*warnings, *notes, *parameters.warnings),
    )
    return Material(name=name, parameters=named, lattice=lattice)


def _plane_of_crystal(
    atoms: Atoms, path: Path, miller: tuple[int, int, int], options: MaterialOptions, mean_free_path: float
) -> tuple[IonLattice, MeanParameters, tuple[str, ...]]:
    """Return the weakest of the planes with these indices, its parameters, and that there were several."""
    from entrox.breakdown import planes_of_atoms, weakest_plane

    try:
        planes = planes_of_atoms(atoms, miller, anions=_anions(atoms, path))
    except InputError as error:
        raise InputError(f"{path}: {error} Miller indices refer to the cell in the file.") from error
    plane, parameters = weakest_plane(
        planes,
        mean_free_path=mean_free_path,
        ionization_energy=options.ionization_energy,
        bond_energy=options.bond_energy,
    )
    several = f"plane {plane.label}: of {len(planes)} with these indices the one of lowest threshold"
    return plane, parameters, (several,) if len(planes) > 1 else ()


def _crystal(
    atoms: Atoms, path: Path, miller: tuple[int, int, int], options: MaterialOptions, mean_free_path: float
) -> tuple[IonLattice, MeanParameters, tuple[str, ...]]:
    """Return the whole crystal between electrodes along the planes, its parameters, and what they average."""
    from entrox.breakdown import crystal_of_atoms, plane_parameters

    crystal = crystal_of_atoms(atoms, miller, anions=_anions(atoms, path))
    parameters = plane_parameters(
        crystal,
        mean_free_path=mean_free_path,
        ionization_energy=options.ionization_energy,
        bond_energy=options.bond_energy,
    )
    cations = {species for species, kind in zip(crystal.species, crystal.kinds, strict=True) if kind == "cation"}
    note = "all cations take the smallest ionization energy and all bonds the mean bond energy of the crystal"
    return crystal, parameters, (note,) if len(cations) > 1 else ()


def _anions(atoms: Atoms, path: Path) -> list[str]:
    from entrox.composition.ionic_charges import ANIONS, is_anion

    anions = sorted({symbol for symbol in atoms.get_chemical_symbols() if is_anion(symbol)})
    if not anions:
        raise InputError(
            f"{path} holds {_formula_of(atoms)}, no anion; known anions: {', '.join(sorted(ANIONS))}. Give an oxide."
        )
    return anions


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

"""What the commands of ``entrox atomprobe`` read: clouds, ranges, spectra, structures, sublattices."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from entrox.cli.atomprobe_options import parse_columns, parse_names
from entrox.core import FormatError, InputError

if TYPE_CHECKING:
    from entrox.atomprobe import Ions, MassSpectrum, RangedIons, RangeTable
    from entrox.order import PointSet, Sublattice

__all__ = ["CloudOptions", "read_cloud", "read_mixture", "read_spectrum", "read_sublattices", "read_table"]

TEXT_SUFFIXES = (".csv", ".txt", ".tsv", ".dat")


@dataclass(frozen=True)
class CloudOptions:
    """How a file of ions is read."""

    file: Path
    ranges: Path | None
    on_overlap: str
    byte_order: str
    columns: str | None
    decimal: str
    drop_invalid: bool

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of the readers."""
        return {
            "byte_order": self.byte_order,
            "columns": parse_columns(self.columns),
            "decimal": self.decimal,
            "drop_invalid": self.drop_invalid,
        }


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"there is no file {path}. Check the path.")


def read_table(options: CloudOptions) -> RangeTable | None:
    """Read the ranges, if any were given."""
    from entrox.atomprobe import read_ranges

    if options.ranges is None:
        return None
    _check_file(options.ranges)
    return read_ranges(options.ranges)


def read_cloud(options: CloudOptions) -> Iterator[Ions]:
    """Yield the cloud in pieces."""
    from entrox.atomprobe import iter_ions

    _check_file(options.file)
    return iter_ions(options.file, **options.arguments())


def is_spectrum(path: Path) -> bool:
    """Whether a text file holds a spectrum and no positions, by its first line."""
    from entrox.atomprobe import holds_spectrum

    return any(suffix.lower() in TEXT_SUFFIXES for suffix in path.suffixes) and holds_spectrum(path)


def read_spectrum(options: CloudOptions, bin_da: float) -> MassSpectrum:
    """Read a spectrum from a table of bins, or make it from the ions of a cloud."""
    from entrox.atomprobe import mass_spectrum, read_spectrum_csv

    _check_file(options.file)
    if is_spectrum(options.file):
        return read_spectrum_csv(options.file)
    return mass_spectrum(
        read_cloud(options), bin_da, table=read_table(options), on_overlap=cast("Any", options.on_overlap)
    )


def read_mixture(options: CloudOptions, isotopes: Sequence[str] | None = None) -> RangedIons | PointSet:
    """Read a ranged cloud, or the atoms of a structure file that ase reads.

    With ``isotopes``, ions in shared ranges are named by natural abundances; it holds further candidates.
    """
    from entrox.atomprobe import name_by_isotopes, read_ranged

    _check_file(options.file)
    suffixes = {suffix.lower() for suffix in options.file.suffixes}
    if suffixes & {".pos", ".epos", ".apt"} or suffixes & set(TEXT_SUFFIXES):
        if is_spectrum(options.file):
            raise InputError(
                f"{options.file} is a mass spectrum: it has no positions, and there is no local entropy without them. "
                "Give the ion cloud (.pos, .epos), or use `entrox atomprobe spectrum`."
            )
        table = read_table(options)
        if table is None:
            raise InputError(f"{options.file} is an ion cloud; give the ranges that name its ions with --ranges.")
        ranged = read_ranged(options.file, table, on_overlap=cast("Any", options.on_overlap), **options.arguments())
        return ranged if isotopes is None else name_by_isotopes(ranged, isotopes)
    return _structure(options)


def _structure(options: CloudOptions) -> PointSet:
    import ase.io
    from ase import Atoms

    from entrox.order import PointSet

    if options.ranges is not None:
        raise InputError(f"{options.file} is read as a structure, whose atoms have names: leave out --ranges.")
    try:
        atoms = ase.io.read(options.file)
    except Exception as error:  # the readers of ase raise what they like
        raise FormatError(
            f"neither an ion cloud (.pos, .epos, .apt, .csv) nor a structure that ase can read: {error}",
            path=options.file,
        ) from error
    if not isinstance(atoms, Atoms):
        raise FormatError("the file holds several structures; give one.", path=options.file)
    return PointSet.from_atoms(atoms)


def read_sublattices(path: Path | None) -> dict[str, Sublattice] | None:
    """Read sublattices: one TOML table each, with ``species`` and ``sites`` per formula unit."""
    from entrox.order import Sublattice

    if path is None:
        return None
    _check_file(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"not valid TOML: {error}", path=path) from error
    found = {}
    for name, table in content.items():
        if not isinstance(table, dict) or set(table) - {"species", "sites", "anion"} or "species" not in table:
            raise FormatError(
                f"sublattice {name!r} must be a table with species = [...], sites = m and perhaps anion = true; "
                f"got {table!r}.",
                path=path,
            )
        species, sites = table["species"], table.get("sites", 1)
        names = parse_names(species) if isinstance(species, str) else tuple(map(str, species))
        if not names or isinstance(sites, bool) or not isinstance(sites, (int, float)) or sites <= 0:
            raise FormatError(
                f"sublattice {name!r} needs at least one species and sites > 0; got {species!r}, {sites!r}.", path=path
            )
        found[name] = Sublattice(names, float(sites), table.get("anion"))
    if not found:
        raise FormatError("no sublattice in the file; give a table for each.", path=path)
    return found

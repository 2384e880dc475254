"""Cells of small-box fits: from CIF files by their own operations, with sites that several elements share.

Units: angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["describe_contents", "mean_composition", "read_small_box", "shortest_distance", "site_contents"]

Floats = NDArray[np.float64]

SAME_PLACE_ANGSTROM = 0.05
OPERATION_KEYS = ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz")


def read_small_box(path: str | Path) -> Atoms:
    """Read a cell; a CIF file is expanded by the operations that stand in it, whatever its space group is called.

    Parameters
    ----------
    path
        CIF file, or any structure that ase reads.

    Returns
    -------
    ase.Atoms
        The cell. Of a site that several elements share, the first of the most frequent ones is named, and
        ``info["occupancy"]`` with the array ``spacegroup_kinds`` holds all, as ase writes them.

    Raises
    ------
    InputError
        If the file does not exist.
    FormatError
        If it holds no structure.
    """
    from ase.io import read

    place = Path(path)
    if not place.is_file():
        raise InputError(f"{place} does not exist.")
    try:
        if place.suffix.lower() == ".cif":
            return _expanded(place)
        atoms = read(place)
    except (FormatError, InputError):
        raise
    except Exception as error:
        raise FormatError(f"no structure can be read: {error}.", path=place) from error
    if isinstance(atoms, list):
        raise FormatError("expected one structure; the file holds several.", path=place)
    return atoms


def _expanded(path: Path) -> Atoms:
    from ase.io import read
    from ase.io.cif import parse_cif
    from ase.spacegroup.spacegroup import parse_sitesym

    block: Any = next((one for one in parse_cif(str(path)) if one.get("_atom_site_fract_x") is not None), None)
    if block is None:
        raise FormatError("no atomic sites in the file.", path=path)
    text = next((block.get(key) for key in OPERATION_KEYS if block.get(key) is not None), None)
    if text is None:
        atoms = read(path)
        return atoms[-1] if isinstance(atoms, list) else atoms
    operations = [text] if isinstance(text, str) else list(text)
    rotations, translations = parse_sitesym(operations)
    asymmetric = block.get_unsymmetrized_structure()
    occupancy = block.get("_atom_site_occupancy")
    shares = [float(x) if isinstance(x, (int, float)) else 1.0 for x in (occupancy or [1.0] * len(asymmetric))]
    return _assembled(asymmetric, shares, np.asarray(rotations), np.asarray(translations))


def _assembled(asymmetric: Atoms, shares: list[float], rotations: Floats, translations: Floats) -> Atoms:
    """All images of the sites; elements on one place become one site."""
    from ase import Atoms

    lattice = np.asarray(asymmetric.cell)
    places: list[Floats] = []
    contents: list[dict[str, float]] = []
    for symbol, place, share in zip(
        asymmetric.get_chemical_symbols(), asymmetric.get_scaled_positions(wrap=False), shares, strict=True
    ):
        own: set[int] = set()
        for number, image in enumerate(rotations @ place + translations):
            difference = np.array(places).reshape(-1, 3) - image
            apart = np.linalg.norm((difference - np.round(difference)) @ lattice, axis=1)
            near = int(np.argmin(apart)) if len(apart) and apart.min() < SAME_PLACE_ANGSTROM else len(places)
            if near == len(places):
                # The site itself keeps the coordinates of the file; its images go into the cell.
                places.append(image if number == 0 else np.mod(image + 1e-9, 1.0) - 1e-9)
                contents.append({})
            if near not in own:
                contents[near][symbol] = contents[near].get(symbol, 0.0) + share
                own.add(near)
    symbols = [max(content, key=lambda name: content[name]) for content in contents]
    atoms = Atoms(symbols, scaled_positions=np.array(places), cell=lattice, pbc=True)
    describe_contents(atoms, contents)
    return atoms


def describe_contents(atoms: Atoms, contents: list[dict[str, float]]) -> None:
    """Write the elements on each site into a cell, as ase does it."""
    kinds: list[dict[str, float]] = []
    for content in contents:
        if content not in kinds:
            kinds.append(content)
    if kinds:
        atoms.info["occupancy"] = {str(number): dict(kind) for number, kind in enumerate(kinds)}
        atoms.set_array("spacegroup_kinds", np.array([kinds.index(content) for content in contents]))


def site_contents(atoms: Atoms, shared: Mapping[str, Mapping[str, float]] | None = None) -> list[dict[str, float]]:
    """Elements on each site with their shares; what is missing to one is vacant.

    Parameters
    ----------
    atoms
        Cell; its ``info["occupancy"]`` is used as ase writes it.
    shared
        What stands on the sites of an element instead, for example ``{"Ba": {"Ba": 0.9, "Ca": 0.1}}``.

    Raises
    ------
    InputError
        If an element of ``shared`` is not in the cell, or the shares of a site are negative or above one in sum.
    """
    symbols = atoms.get_chemical_symbols()
    contents = [{name: 1.0} for name in symbols]
    written = atoms.info.get("occupancy")
    if written and "spacegroup_kinds" in atoms.arrays:
        contents = [dict(written[str(kind)]) for kind in atoms.arrays["spacegroup_kinds"]]
    for name, content in (shared or {}).items():
        if name not in symbols:
            raise InputError(f"shared names {name}, which is not in the structure ({', '.join(sorted(set(symbols)))}).")
        contents = [dict(content) if symbol == name else old for symbol, old in zip(symbols, contents, strict=True)]
    for symbol, content in zip(symbols, contents, strict=True):
        total = sum(content.values())
        if not content or min(content.values()) < 0.0 or not 0.0 < total <= 1.0 + 1e-3:
            raise InputError(f"the shares on a site of {symbol} must be >= 0 and sum to at most one; got {content}.")
    return contents


def mean_composition(contents: list[dict[str, float]]) -> dict[str, float]:
    """Atoms of each element in a cell."""
    amounts: dict[str, float] = {}
    for content in contents:
        for name, share in content.items():
            amounts[name] = amounts.get(name, 0.0) + share
    return amounts


def shortest_distance(atoms: Atoms) -> float:
    """Shortest distance of two sites, images included [angstrom]."""
    from entrox.scattering.small_box.cell import pairs_within

    lattice = np.asarray(atoms.cell, dtype=float)
    positions = np.asarray(atoms.get_scaled_positions())
    reach = float(np.linalg.norm(lattice, axis=1).min()) + 1e-6
    return pairs_within(lattice, positions, np.arange(len(atoms)), reach).shortest

"""Start box of a crystal: its unit cell repeated, and the shared sites occupied. Lengths in angstrom."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.composition.tables import VACANCY
from entrox.core import InputError
from entrox.order.lattice.fit import fit_lattice
from entrox.scattering.setup.rmc_settings import SampleTable
from entrox.scattering.setup.site_box import SUBLATTICES, StartBox, rounding_notes
from entrox.scattering.small_box.structure import read_small_box
from entrox.structure.occupation import occupy_sites

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["read_unit_cell", "repeated_cell"]

Ints = NDArray[np.int64]

OCCUPANCY_TOLERANCE = 0.002
LARGEST_LATTICE_CHANGE = 0.05


def read_unit_cell(path: Path) -> Atoms:
    """Read a crystal structure.

    Raises
    ------
    InputError
        If the file is missing or has no unit cell.
    FormatError
        If it holds no structure.
    """
    found = read_small_box(path)
    if found.cell.rank < 3:
        raise InputError(f"{path} has no unit cell.")
    return found


def repeated_cell(unit: Atoms, sample: SampleTable, rng: np.random.Generator) -> StartBox:
    """Unit cell repeated, its shared sites occupied; the cells become the grid of the box."""
    assert sample.cells is not None
    unit = unit.copy()
    unit.pbc = True
    if sample.lattice_a_angstrom is not None:
        factor = sample.lattice_a_angstrom / float(unit.cell.lengths()[0])
        if abs(factor - 1.0) > LARGEST_LATTICE_CHANGE:
            raise InputError(
                f"lattice_a_angstrom {sample.lattice_a_angstrom:g} is more than {100 * LARGEST_LATTICE_CHANGE:g} % "
                f"from the edge of the structure, {unit.cell.lengths()[0]:g}."
            )
        unit.set_cell(np.asarray(unit.cell) * factor, scale_atoms=True)
    labels, occupation = _site_labels(unit, sample)
    kind_order, perovskite = _kinds_of_unit(unit)
    box = unit.repeat(sample.cells)
    cells = np.stack(np.meshgrid(*[np.arange(n) for n in sample.cells], indexing="ij"), axis=-1).reshape(-1, 3)
    kind = np.tile(kind_order, len(cells))
    box.set_array("site", np.tile(np.array(labels), len(cells)))
    box.set_array("site_number", kind + 1)
    box.set_array("cell_index", np.repeat(cells, len(unit), axis=0))
    box.info = {"supercell": tuple(sample.cells)}
    names = SUBLATTICES if perovskite else _sublattice_names(labels, kind_order)
    kept = np.ones(len(box), dtype=bool)
    if occupation:
        box.set_array("place", np.arange(len(box)))
        box = occupy_sites(box, occupation, rounding="largest-remainder", rng=rng)
        kept[:] = False
        kept[box.get_array("place")] = True
        del box.arrays["place"]
    full = bool(kept.all())
    return StartBox(
        atoms=box,
        sites_angstrom=box.get_positions(),
        # a table of neighbors needs every site filled; else neighbors are searched for
        grid=sample.cells if full else None,
        site_kind=kind[kept],
        sublattice=names,
        perovskite=perovskite and full,
        warnings=rounding_notes(box)
        + (() if full else ("sites are empty: neighbors are searched for, which is slower",)),
    )


def _site_labels(unit: Atoms, sample: SampleTable) -> tuple[list[str], dict[str, dict[str, float]]]:
    """Label of each atom of the unit cell, and the species on the shared labels."""
    symbols = unit.get_chemical_symbols()
    if sample.occupation:
        unknown = sorted(set(sample.occupation) - set(symbols))
        if unknown:
            raise InputError(f"sample.occupation names {unknown}; the structure holds {sorted(set(symbols))}.")
        return symbols, {site: dict(shares) for site, shares in sample.occupation.items()}
    # ASE keeps partial occupancies of a CIF by the kind of site
    partial: Mapping[str, Mapping[str, float]] = unit.info.get("occupancy", {})
    if not partial or not unit.has("spacegroup_kinds"):
        return symbols, {}
    kinds = [str(kind) for kind in unit.get_array("spacegroup_kinds")]
    shared = {}
    for kind in dict.fromkeys(kinds):
        shares = {name: float(x) for name, x in partial.get(kind, {}).items()}
        empty = 1.0 - sum(shares.values())
        if empty > OCCUPANCY_TOLERANCE:
            shares[VACANCY] = empty
        if len(shares) > 1:
            shared[kind] = {name: x / sum(shares.values()) for name, x in shares.items()}
    return [kind if kind in shared else symbols[k] for k, kind in enumerate(kinds)], shared


def _kinds_of_unit(unit: Atoms) -> tuple[Ints, bool]:
    """Number of the site of each atom of the unit cell; A, B and three anions where it is a cubic perovskite cell."""
    plain = np.arange(len(unit), dtype=np.int64)
    if len(unit) != 5:
        return plain, False
    try:
        found = fit_lattice(unit.repeat(2), shape=(2, 2, 2))
    except InputError:
        return plain, False
    order = np.empty(5, dtype=np.int64)
    for number, atom in enumerate((found.a[0], found.b[0], *found.x[0])):
        order[int(atom) % 5] = number
    return order, True


def _sublattice_names(labels: list[str], kinds: Ints) -> tuple[str, ...]:
    return tuple(labels[k] for k in np.argsort(kinds))

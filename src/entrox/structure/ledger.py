"""Published numbers that this room recomputes: the cell of bismuth titanate, its density and its bond lengths."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy import constants

from entrox.core.measure import LedgerRow
from entrox.core.units import METER_PER_ANGSTROM
from entrox.structure.aurivillius import build_bismuth_titanate

__all__ = ["LEDGER"]

SOURCE = "crystal data of Bi4Ti3O12, I4/mmm, a 3.8633, c 33.294 angstrom"
FORMULA_UNITS = 4
BOND_REACH_ANGSTROM = 2.95


def _edge() -> float:
    return float(build_bismuth_titanate().cell.lengths()[0])


def _volume() -> float:
    return float(build_bismuth_titanate().get_volume()) / FORMULA_UNITS


def _density() -> float:
    crystal = build_bismuth_titanate()
    gram = crystal.get_masses().sum() * constants.atomic_mass / constants.gram
    return float(gram / (crystal.get_volume() * (METER_PER_ANGSTROM / constants.centi) ** 3))


def _bond(site: str, number: int) -> float:
    """Length of a bond of a cation to oxygen, counted from the shortest."""
    from ase.neighborlist import neighbor_list

    crystal = build_bismuth_titanate()
    first, second, distance = neighbor_list("ijd", crystal, BOND_REACH_ANGSTROM)
    cation = int(np.flatnonzero(crystal.get_array("site") == site)[0])
    oxygen = np.array(crystal.get_chemical_symbols()) == "O"
    return float(np.sort(distance[(first == cation) & oxygen[second]])[number])


def _bond_row(site: str, number: int, published: float) -> LedgerRow:
    return LedgerRow(
        id=f"structure.{site.lower()}_bond_{number + 1}", room="structure", unit="angstrom", published=published,
        tolerance=0.001, relative=False, source=SOURCE, compute=partial(_bond, site, number),
        quantity=f"{site}-O bond {number + 1} of Bi4Ti3O12, counted from the shortest",
    )  # fmt: skip


LEDGER: tuple[LedgerRow, ...] = (
    LedgerRow(
        id="structure.bismuth_titanate_edge", room="structure", unit="angstrom", published=5.46353, tolerance=1e-4,
        relative=True, quantity="edge of the cell of 76 atoms of Bi4Ti3O12", source=SOURCE, compute=_edge,
    ),
    LedgerRow(
        id="structure.bismuth_titanate_volume", room="structure", unit="angstrom3", published=248.458, tolerance=1e-4,
        relative=True, quantity="volume of a formula unit of Bi4Ti3O12", source=SOURCE, compute=_volume,
    ),
    LedgerRow(
        id="structure.bismuth_titanate_density", room="structure", unit="g/cm3", published=7.8297, tolerance=1e-4,
        relative=True, quantity="density of Bi4Ti3O12", source=SOURCE, compute=_density,
    ),
    _bond_row("Ti1", 0, 1.932),
    _bond_row("Ti1", 4, 1.978),
    _bond_row("Ti2", 0, 1.781),
    _bond_row("Ti2", 1, 1.965),
    _bond_row("Ti2", 5, 2.304),
    _bond_row("Bi1", 0, 2.313),
    _bond_row("Bi1", 4, 2.905),
)  # fmt: skip

"""What chance alone gives: shares of random directions, the widest angle, splitting by sorting, shares by noise."""

from __future__ import annotations

from functools import partial

import numpy as np

from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow
from entrox.core.units import C_PER_M2_PER_E_PER_ANGSTROM2
from entrox.order.bonds.bond_groups import sorting_split
from entrox.order.phases.chance_levels import Rule, chance_levels, largest_axis_angle, random_c_share

__all__ = ["DIRECTION_LEDGER"]

SHARES = "shares of the sphere"
ORDERED = "means of ordered normal numbers"
RULES: dict[Rule, tuple[str, tuple[float, ...], float]] = {
    "nearest_axis": ("nearest axis", (0.274667, 0.443768, 0.281565), 1e-5),
    "cone": ("cones of 15 degrees", (0.1022, 0.2044, 0.1363, 0.5570), 1e-4),
    "components": ("components above a half", (0.385, 0.460, 0.156), 1e-3),
}


def _chance(rule: Rule, index: int, dimension: int = 3) -> float:
    return float(chance_levels(rule, dimension=dimension)[index])


DIRECTION_LEDGER: tuple[LedgerRow, ...] = (
    *(
        ledger_row(f"order.chance_{rule}_{name.lower()}", f"share of random directions called {name}, {words}", "1",
                   value, tolerance, SHARES, partial(_chance, rule, index))
        for rule, (words, values, tolerance) in RULES.items()
        for index, (name, value) in enumerate(zip("TORM", values, strict=False))
    ),
    ledger_row("order.chance_plane", "share of random directions called <10> in a plane", "1", 0.5, 1e-12, SHARES,
               partial(_chance, "nearest_axis", 0, 2)),
    ledger_row("order.largest_axis_angle", "largest angle to the nearest of 26 axes", "degree", 27.5693, 1e-4,
               "corner of the cells of [100], [110] and [111]", largest_axis_angle),
    ledger_row("order.sorting_six", "split by sorting six equal bonds, in their scatter", "1", 2.534, 5e-4, ORDERED,
               partial(sorting_split, 6, 1, 1)),
    ledger_row("order.sorting_twelve", "the same for twelve bonds, four against four", "1", 2.037, 5e-4, ORDERED,
               partial(sorting_split, 12, 4, 4)),
    ledger_row("order.small_by_noise", "share of vectors of noise below 0.05 angstrom, 0.05 angstrom per axis", "1",
               0.19875, 1e-5, "distribution of Maxwell", lambda: float(np.asarray(random_c_share(0.05, 0.05)))),
    ledger_row("order.polarization_unit", "one electron charge per angstrom squared", "C/m2", 16.02176634, 1e-8,
               "definition of the ampere", lambda: C_PER_M2_PER_E_PER_ANGSTROM2),
)  # fmt: skip

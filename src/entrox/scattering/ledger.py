"""Published numbers that this room recomputes, and published results of refinements that cannot be decided.

The sample is Ba0.926Ca0.074Ti0.892Sn0.108O3. Neither its structure factor nor weights, range, moves, number of runs and
chi^2 of the refinement were published, so no box of ours can stand beside the published one. What follows from the
published scattering lengths and bond valence parameters alone is computed, and small-box fits where measured data are
at hand.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from entrox.core.measure import LedgerRow
from entrox.scattering.data.independent_data import independent_data
from entrox.scattering.data.sample import sample_of
from entrox.scattering.data.weights import faber_ziman_weights
from entrox.scattering.fit_ledger import FIT_LEDGER
from entrox.scattering.terms.bond_valence_sets import BOND_VALENCE_SETS, BOND_VALENCE_SOURCES

__all__ = ["LEDGER", "PUBLISHED_ORDER"]

SOURCE = "Ma et al., npj Comput. Mater. 2025, 10.1038/s41524-025-01847-4"
PUBLISHED_ORDER = ("Ca", "Ti", "Ba", "Sn")
"""Elements by falling mean length of their displacement, bond valence constraint on."""
FORMULA, DENSITY = "Ba0.926Ca0.074Ti0.892Sn0.108O3", 5.0 / 4.0**3
EDGE_ANGSTROM, REACH_ANGSTROM = 4.0, 20.0
SEARS = "worked out by hand from the lengths of V. F. Sears, Neutron News 3 (3), 26 (1992)"
TITANATE = "plateau of the G(r) of SrTiO3 at 5 K, GEM, RMCProfile-II tutorial of GSAS-II, its sign changed"
WEIGHTS = (
    ("O-O", "o_o", 75.34), ("O-Ti", "ti_o", -26.54), ("Ca-O", "ca_o", 3.01), ("Ba-O", "ba_o", 40.63),
    ("Ba-Ti", "ba_ti", -7.16), ("O-Sn", "sn_o", 5.82), ("Ba-Ba", "ba_ba", 5.48), ("Ti-Ti", "ti_ti", 2.34),
    ("Ba-Sn", "ba_sn", 1.57), ("Sn-Ti", "ti_sn", -1.02), ("Ba-Ca", "ba_ca", 0.81), ("Ca-Ti", "ca_ti", -0.53),
)  # fmt: skip
"""Faber-Ziman weights of the pairs [%]."""
SHELLS = {"Ba": (12, np.sqrt(0.5)), "Ca": (12, np.sqrt(0.5)), "Ti": (6, 0.5), "Sn": (6, 0.5)}
"""Anions around a cation of the cube, and their distance in edges."""


def _mean_length_squared(formula: str, table: str) -> float:
    return sample_of(formula, DENSITY, table=table).mean_length_squared


def _mean_squared_length(formula: str = FORMULA) -> float:
    return sample_of(formula, DENSITY).mean_squared_length


def _neighbors() -> float:
    """Atoms within 20 angstrom of one, at five in a cube of 4 angstrom."""
    return 4.0 / 3.0 * np.pi * REACH_ANGSTROM**3 * DENSITY


def _weight_percent(pair: str) -> float:
    return faber_ziman_weights(sample_of(FORMULA, DENSITY)).by_pair[pair]


def _valence(element: str, parameters: str) -> float:
    """Bond valence sum of a cation in the undistorted cube [e]."""
    r0, b = BOND_VALENCE_SETS[parameters][element]
    anions, distance = SHELLS[element]
    return float(anions * np.exp((r0 - distance * EDGE_ANGSTROM) / b))


def _weight_row(pair: str, name: str, percent: float) -> LedgerRow:
    return LedgerRow(
        id=f"scattering.weight_{name}", room="scattering", unit="%", published=percent, tolerance=0.01, relative=False,
        quantity=f"Faber-Ziman weight of {pair} in {FORMULA}", source=SEARS, compute=partial(_weight_percent, pair),
    )  # fmt: skip


def _valence_row(element: str, parameters: str, published: float) -> LedgerRow:
    return LedgerRow(
        id=f"scattering.valence_{element.lower()}_{parameters}", room="scattering", unit="e", published=published,
        tolerance=0.001, relative=False, compute=partial(_valence, element, parameters),
        quantity=f"bond valence sum of {element} in a rigid cube of 4.0 angstrom, parameters {parameters}",
        source=f"worked out by hand from R0 and B of {BOND_VALENCE_SOURCES[parameters][element]}",
    )  # fmt: skip


LEDGER: tuple[LedgerRow, ...] = (
    LedgerRow(
        id="scattering.mean_length_squared", room="scattering", unit="barn", published=0.16092, tolerance=1e-5,
        relative=False, quantity=f"<b>^2 of {FORMULA}", source=SEARS,
        compute=partial(_mean_length_squared, FORMULA, "sears1992"),
    ),
    LedgerRow(
        id="scattering.mean_squared_length", room="scattering", unit="barn", published=0.28238, tolerance=1e-5,
        relative=False, quantity=f"<b^2> of {FORMULA}", source=SEARS, compute=_mean_squared_length,
    ),
    LedgerRow(
        id="scattering.titanate_plateau", room="scattering", unit="barn", published=0.176249, tolerance=1e-6,
        relative=False, quantity="<b>^2 of SrTiO3 that the published data were reduced with", source=TITANATE,
        compute=partial(_mean_length_squared, "SrTiO3", "sears1992"),
    ),
    LedgerRow(
        id="scattering.titanate_periodictable", room="scattering", unit="barn", published=0.177428, tolerance=1e-6,
        relative=False, quantity="<b>^2 of SrTiO3 by another table of lengths", source="lengths of periodictable 2.1",
        compute=partial(_mean_length_squared, "SrTiO3", "periodictable"),
    ),
    LedgerRow(
        id="scattering.titanate_squared_length", room="scattering", unit="barn", published=0.324249, tolerance=1e-6,
        relative=False, quantity="<b^2> of SrTiO3", source=SEARS, compute=partial(_mean_squared_length, "SrTiO3"),
    ),
    LedgerRow(
        id="scattering.neighbors", room="scattering", unit="1", published=2618.0, tolerance=0.01,
        quantity="atoms within 20 angstrom of an atom, five in a cube of 4 angstrom", source="mean density",
        compute=_neighbors,
    ),
    *(_weight_row(pair, name, percent) for pair, name, percent in WEIGHTS),
    *(
        _valence_row(element, parameters, value)
        for parameters, values in (
            ("classic", {"Ba": 2.763, "Ca": 1.170, "Ti": 3.639, "Sn": 4.641}),
            ("refit", {"Ba": 2.701, "Ca": 1.261, "Ti": 3.534, "Sn": 4.927}),
        )
        for element, value in values.items()
    ),
    LedgerRow(
        id="scattering.independent_data", room="scattering", unit="1", published=223.0, tolerance=0.01,
        quantity="independent numbers of data to 20 angstrom and 35 1/angstrom",
        source="R Qmax / pi, as for any band-limited function", compute=partial(independent_data, 20.0, 35.0),
    ),
    LedgerRow(
        id="scattering.displacement_order", room="scattering", unit="1", published=1.0, tolerance=0.1, relative=False,
        quantity=f"rank correlation of the mean displacements with the order {' > '.join(PUBLISHED_ORDER)}",
        source=SOURCE, compute=None,
    ),
    *FIT_LEDGER,
)  # fmt: skip

"""Reference numbers of two measured data sets: ions of annealed CoCrNi, and the mass spectrum of alumina.

The files do not come with the package: see the fields ``files`` of the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from entrox.atomprobe.formats.spectrum_csv import read_spectrum_csv
from entrox.atomprobe.ionic_composition import atomic_composition
from entrox.atomprobe.range_counts import RangeCounts, range_counts
from entrox.atomprobe.ranges import read_ranges
from entrox.atomprobe.ranging import apply_ranges
from entrox.atomprobe.readers import read_ions
from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow
from entrox.core.measured_files import measured_file
from entrox.core.random import generator
from entrox.order.local_entropy.entropy_scan import EntropyScan
from entrox.order.local_entropy.neighborhoods import NeighborhoodEntropy, neighborhood_entropy
from entrox.order.local_entropy.scan import limited_area_entropy
from entrox.order.point_set import PointSet
from entrox.order.short_range_order import PairOrder, pair_order

__all__ = ["MEASURED_LEDGER"]

IONS, ION_RANGES = "apt/cocrni_csro/cocrni_real.pos", "apt/cocrni_csro/cocrni.rrng"
SPECTRUM, SPECTRUM_RANGES = "apt/nist_al2o3/R20_28299_S9_MS.csv", "apt/nist_al2o3/R20_28295.RRNG"
ALLOY = "ions of annealed CoCrNi, cubes preselected for Ni-Ni order"
OXIDE = "mass spectrum of alumina with its ranges"
SIZES_NM, RADII_NM = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0), (0.5, 1.0, 1.5)
SCAN: dict[str, tuple[str, str, tuple[float, ...], float]] = {
    "cubes": ("n_areas", "1", (13864, 5886, 3646, 2443, 1210, 600, 338), 5.0),
    "real": ("entropy_weighted", "R", (0.5976, 0.8869, 0.9662, 1.0125, 1.0546, 1.0768, 1.0858), 2e-4),
    "null": ("entropy_null", "R", (0.6072, 0.8920, 0.9721, 1.0150, 1.0576, 1.0778, 1.0860), 2e-4),
    "unweighted": ("entropy_unweighted", "R", (0.384, 0.619, 0.736, 0.830, 0.940, 1.021, 1.038), 6e-4),
    "excess": ("excess_information", "R", (0.0096, 0.0051, 0.0059, 0.0025, 0.0030, 0.0009, 0.0003), 1e-4),
    "sd": ("sd_null", "R", (0.0025, 0.0020, 0.0017, 0.0014, 0.0011, 0.0007, 0.0005), 1.5e-4),
    "z": ("z", "1", (-3.9, -2.7, -3.6, -1.8, -2.9, -1.4, -0.5), 0.3),
}  # fmt: skip
"""Field of the scan, unit, value at every size, tolerance."""
WORDS = {
    "cubes": "occupied cubes", "real": "entropy", "null": "entropy of random labels",
    "unweighted": "unweighted entropy",
    "excess": "excess information", "sd": "scatter of random labels", "z": "deviation from random over its scatter",
}  # fmt: skip
SPHERES = {
    "n_per_area_mean": ("ions in a sphere", "1", (11.615, 33.857, 52.104), 1e-3),
    "entropy": ("entropy of spheres", "R", (0.96485, 1.04484, 1.06011), 1e-4),
    "entropy_null": ("the same with random labels", "R", (0.96951, 1.04789, 1.06229), 1e-4),
}  # fmt: skip
SHELLS_NM = ((0.0, 0.3), (0.0, 0.5), (0.5, 1.0))
PAIRS = {"pairs": (56280, 179562, 376232), "order": (-0.021, -0.025, 0.007)}
COUNTS = {
    ("Al", 3): 3291, ("Al", 2): 26419, ("Al", 1): 4205, ("O", None): 20912, ("AlO", None): 10407,
    ("AlO2", None): 953, ("Al2O", None): 1849, ("O2", None): 8595, ("Al2O2", None): 727, ("Al2O3", None): 333,
}  # fmt: skip
"""Events by ion and charge; all charges where None."""


@cache
def _points() -> PointSet:
    return apply_ranges(read_ions(measured_file(IONS)), read_ranges(measured_file(ION_RANGES))).points()


@cache
def _scan() -> EntropyScan:
    return limited_area_entropy(_points(), SIZES_NM, origins=1, n_bootstrap=200, rng=generator(1))


@cache
def _spheres() -> NeighborhoodEntropy:
    return neighborhood_entropy(_points(), RADII_NM)


@cache
def _pairs() -> PairOrder:
    return pair_order(_points(), SHELLS_NM, n_relabel=0)


def _nickel_pairs(shell: int, what: str) -> float:
    found = _pairs()
    nickel = _points().species.index("Ni")
    return float(found.n_pairs[shell]) / 2 if what == "pairs" else float(found.warren_cowley_row[shell, nickel, nickel])


@cache
def _counts() -> RangeCounts:
    return range_counts(read_spectrum_csv(measured_file(SPECTRUM)), read_ranges(measured_file(SPECTRUM_RANGES)))


def _at(found: Callable[[], object], field: str, index: int) -> float:
    return float(np.asarray(getattr(found(), field))[index])


def _ion_count(ion: str, charge: int | None) -> float:
    found = _counts()
    rows = zip(found.ions, found.charges, found.counts, strict=True)
    return float(sum(n for name, q, n in rows if name == ion and charge in (None, int(q))))


def _oxygen() -> float:
    return float(atomic_composition(_counts(), corrected=False).at_percent["O"])


def _alloy_rows() -> list[LedgerRow]:
    options = {"files": (IONS, ION_RANGES)}
    scan = [
        ledger_row(f"atomprobe.cocrni_{name}_{round(10 * size):02d}", f"{WORDS[name]}, cubes of {size:g} nm, CoCrNi",
                   unit, value, tolerance, ALLOY, partial(_at, _scan, field, k), **options)
        for name, (field, unit, values, tolerance) in SCAN.items()
        for k, (size, value) in enumerate(zip(SIZES_NM, values, strict=True))
    ]  # fmt: skip
    spheres = [
        ledger_row(f"atomprobe.cocrni_sphere_{field}_{round(10 * radius):02d}", f"{words} of {radius:g} nm, CoCrNi",
                   unit, value, tolerance, ALLOY, partial(_at, _spheres, field, k), **options)
        for field, (words, unit, values, tolerance) in SPHERES.items()
        for k, (radius, value) in enumerate(zip(RADII_NM, values, strict=True))
    ]  # fmt: skip
    pairs = [
        ledger_row(f"atomprobe.cocrni_nickel_{name}_{k + 1}",
                   f"{'pairs' if name == 'pairs' else 'Ni-Ni Warren-Cowley parameter'}, {low:g} to {high:g} nm, CoCrNi",
                   "1", PAIRS[name][k], 0.5 if name == "pairs" else 5e-4, ALLOY, partial(_nickel_pairs, k, name),
                   **options)
        for name in PAIRS
        for k, (low, high) in enumerate(SHELLS_NM)
    ]  # fmt: skip
    return [
        ledger_row("atomprobe.cocrni_ranged", "ranged ions, CoCrNi", "1", 33831, 0.5, ALLOY,
                   lambda: float(len(_points())), **options),
        ledger_row("atomprobe.cocrni_bulk", "entropy of all ions, CoCrNi", "R", 1.09622, 5e-6, ALLOY,
                   lambda: float(_scan().entropy_bulk), **options),
        *scan,
        ledger_row("atomprobe.cocrni_family_p", "chance of so large a deviation at any size, CoCrNi", "1", 0.002, 1e-9,
                   ALLOY, lambda: float(_scan().family_p), **options),
        ledger_row("atomprobe.cocrni_critical_z", "largest deviation of random labels, 95 %, CoCrNi", "1", 2.63, 0.1,
                   ALLOY, lambda: float(_scan().critical_z), **options),
        *spheres, *pairs,
    ]  # fmt: skip


def _oxide_rows() -> list[LedgerRow]:
    options = {"files": (SPECTRUM, SPECTRUM_RANGES)}
    return [
        *(
            ledger_row(f"atomprobe.alumina_{ion.lower()}{'' if charge is None else f'_{charge}'}",
                       f"events of {ion}{'' if charge is None else f'{charge}+'}, alumina", "1", count, 0.5, OXIDE,
                       partial(_ion_count, ion, charge), **options)
            for (ion, charge), count in COUNTS.items()
        ),
        ledger_row("atomprobe.alumina_ranged", "ranged events, alumina", "1", 77691, 0.5, OXIDE,
                   lambda: float(np.sum(_counts().counts)), **options),
        ledger_row("atomprobe.alumina_oxygen", "oxygen of alumina, by all events", "at.%", 51.7, 0.05, OXIDE, _oxygen,
                   **options),
        ledger_row("atomprobe.alumina_stoichiometry", "the same against the formula Al2O3", "at.%", 60.0, 0.5, OXIDE,
                   _oxygen, **options),
    ]  # fmt: skip


MEASURED_LEDGER: tuple[LedgerRow, ...] = (*_alloy_rows(), *_oxide_rows())

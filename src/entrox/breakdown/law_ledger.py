"""Published and reference numbers of the laws: threshold law, published regression, reference dielectrics, energies."""

from __future__ import annotations

from functools import cache, partial

import numpy as np

from entrox.breakdown.calibration import ANION_IONIZATION_ENERGY, published_points
from entrox.breakdown.dielectric_fields import DielectricFields, run_dielectrics
from entrox.breakdown.threshold import seitz_field, threshold_field
from entrox.composition.elements import bond_energy_with_oxygen
from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow
from entrox.core.random import generator
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

__all__ = ["LAW_LEDGER", "dielectric_fields"]

PAPER = "published atomic-scale avalanche model of high-entropy BaTiO3 dielectrics (simulated fields, no data set)"
START = "threshold law at 11.5 MV/m per ps and squared amplitudes of 7.8e-4 and 2.7e-3 eV"
START_RATE, START_CATION, START_ANION = 11.5e18, np.sqrt(7.8e-4), np.sqrt(2.7e-3)
START_TOLERANCE = 0.0115
HARD_OXIDES = ("SiO2", "Al2O3", "MgO")
POINTS = ("batio3_lambda16", "batio3_lambda4", "map_wb10", "map_wb2")


@cache
def dielectric_fields() -> DielectricFields:
    """Return the fields of the reference dielectrics at their assumed mean free paths."""
    return run_dielectrics(generator(1), seeds=8, draws=2)


def _law_field(index: int) -> float:
    point = published_points()[index]
    field = threshold_field(
        point.ionization_energy, point.mean_free_path, point.bond_energy, ramp_rate=START_RATE,
        amplitude_cation=START_CATION, amplitude_anion=START_ANION, anion_ionization_energy=ANION_IONIZATION_ENERGY,
    )  # fmt: skip
    return float(field) / MEGA


def _forty_generations() -> float:
    return float(seitz_field(5.21, 16.0, ramp_rate=START_RATE)) / MEGA


def _bond_energy(metal: str) -> float:
    """Tabulated dissociation energy of the diatomic oxide [eV]."""
    return float(bond_energy_with_oxygen(metal).value)


def _extreme_field(which: str) -> float:
    """Highest field of the perovskites, or lowest of the hard oxides [MV/m]."""
    found = dielectric_fields()
    if which == "perovskites":
        return (
            float(max(f for f, c in zip(found.field, found.material_classes, strict=True) if "perovskite" in c)) / MEGA
        )
    return float(min(f for f, n in zip(found.field, found.names, strict=True) if n in HARD_OXIDES)) / MEGA


LAW_LEDGER: tuple[LedgerRow, ...] = (
    *(
        ledger_row(f"breakdown.law_{name}", f"threshold law at starting constants, {point.label}", "MV/m",
                   point.breakdown_field / MEGA, START_TOLERANCE, START, partial(_law_field, index), relative=True,
                   calibration=True)
        for index, (name, point) in enumerate(zip(POINTS, published_points(), strict=True))
    ),
    ledger_row("breakdown.forty_generations", "field of forty generations of electrons, BaTiO3, 16 angstrom", "MV/m",
               1441.0, 5e-3, "criterion of Seitz at 11.5 MV/m per ps", _forty_generations, relative=True),
    ledger_row("breakdown.bond_energy_ba", "energy of a Ba-O bond, printed for 562 kJ/mol", "eV", 5.85, 0.03, PAPER,
               partial(_bond_energy, "Ba")),
    ledger_row("breakdown.bond_energy_ti", "energy of a Ti-O bond, printed for 666.5 kJ/mol", "eV", 6.93, 0.03, PAPER,
               partial(_bond_energy, "Ti")),
    ledger_row("breakdown.fit14_prefactor", "field at permittivity 1 of the fit to 14 dielectrics", "MV/m", 1846.0,
               0.1, PAPER, lambda: dielectric_fields().power_law.prefactor / MEGA, relative=True),
    ledger_row("breakdown.fit14_r_squared", "share of the variance that this fit explains", "1", 0.889, 0.05, PAPER,
               lambda: dielectric_fields().power_law.r_squared),
    ledger_row("breakdown.fit14_perovskites", "highest field of the perovskites among them, published as below this",
               "MV/m", 600.0, 0.1, PAPER, partial(_extreme_field, "perovskites"), relative=True),
    ledger_row("breakdown.fit14_hard_oxides", "lowest field of SiO2, Al2O3, MgO, published as above this", "MV/m",
               1200.0, 0.1, PAPER, partial(_extreme_field, "hard oxides"), relative=True),
)  # fmt: skip

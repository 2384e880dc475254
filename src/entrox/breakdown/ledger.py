"""Published numbers that this room recomputes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from entrox.breakdown.alloy import PUBLISHED_BOND_ENERGIES, MeanParameters, given_parameters, mean_parameters
from entrox.breakdown.calibration import CalibrationPoint, published_points, stored_optical_permittivity
from entrox.breakdown.ensemble import run_ensemble
from entrox.breakdown.law_ledger import LAW_LEDGER, dielectric_fields
from entrox.breakdown.model import AvalancheModel
from entrox.breakdown.permittivity_law import mcpherson_field
from entrox.breakdown.vacancies import Trap
from entrox.composition import parse_formula
from entrox.core import generator
from entrox.core.measure import LedgerRow
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

__all__ = ["LEDGER"]

SOURCE = "published atomic-scale avalanche model of high-entropy BaTiO3 dielectrics (simulated fields, no data set)"
FAMILY = "Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3"


def _field_of_point(point: CalibrationPoint) -> float:
    """Mean breakdown field at given parameters [MV/m]."""
    parameters = given_parameters(
        point.ionization_energy, point.mean_free_path, point.bond_energy, material=point.label
    )
    ensemble = run_ensemble(parameters, generator(1), seeds=64)
    return float("nan") if ensemble.mean is None else ensemble.mean / MEGA


def _parameters(formula: str, plane: str = "AO") -> MeanParameters:
    return mean_parameters(parse_formula(formula).at(), plane=plane, host_path=16.0)


def _mean_free_path_change(formula: str) -> float:
    parameters = _parameters(formula)
    return 100.0 * (parameters.mean_free_path / parameters.host_mean_free_path - 1.0)


def _bond_energy_change(formula: str, plane: str) -> float:
    return 100.0 * (_parameters(formula, plane).bond_energy / _parameters("BaTiO3", plane).bond_energy - 1.0)


def _optimum() -> float:
    """Composition x of the largest simulated breakdown field of the Sm A+B family, on steps of 0.01."""
    family = parse_formula(FAMILY)
    steps = np.arange(0.14, 0.2501, 0.01)
    fields = []
    for x in steps:
        parameters = mean_parameters(
            family.at(round(float(x), 2)), host_path=16.0, bond_energies=PUBLISHED_BOND_ENERGIES
        )
        mean = run_ensemble(parameters, generator(1), seeds=16).mean
        fields.append(-np.inf if mean is None else mean)
    return float(steps[int(np.argmax(fields))])


def _mcpherson(permittivity: float) -> float:
    return float(mcpherson_field(permittivity)) / MEGA


def _permittivity_exponent() -> float:
    """Exponent of field against permittivity of the reference dielectrics, with the sign of the published fit."""
    return -dielectric_fields().power_law.exponent


def _vacancy_field(depth: float) -> float:
    """Mean breakdown field of BaTiO3 at 4 angstrom with the published density of traps [MV/m]."""
    trap = Trap(depth=depth, density=8e24, optical_permittivity=stored_optical_permittivity(), temperature=300.0)
    ensemble = run_ensemble(given_parameters(5.21, 4.0, 5.85), generator(1), seeds=32, model=AvalancheModel(trap=trap))
    return float("nan") if ensemble.mean is None else ensemble.mean / MEGA


def _film_ratio() -> float:
    """Breakdown field of the Sm A+B family at 2.28 R over that of BaTiO3, mean parameters."""
    host, alloy = (
        run_ensemble(mean_parameters(parse_formula(FAMILY).at(x), host_path=16.0), generator(1), seeds=16).mean
        for x in (0.0, 0.2)
    )
    return float("nan") if host is None or alloy is None else alloy / host


def _row(
    name: str, quantity: str, unit: str, published: float, tolerance: float, compute: Callable[[], float],
    *, relative: bool = False, calibration: bool = False,
) -> LedgerRow:  # fmt: skip
    return LedgerRow(
        id=f"breakdown.{name}",
        room="breakdown",
        quantity=quantity,
        unit=unit,
        published=published,
        tolerance=tolerance,
        source=SOURCE,
        compute=compute,
        relative=relative,
        calibration=calibration,
    )


_CALIBRATION_NAMES = ("batio3_lambda16", "batio3_lambda4", "map_wb10", "map_wb2")

LEDGER: tuple[LedgerRow, ...] = (
    *(
        _row(
            name,
            f"breakdown field, {point.label}",
            "MV/m",
            point.breakdown_field / MEGA,
            0.02,
            partial(_field_of_point, point),
            relative=True,
            calibration=True,
        )
        for name, point in zip(_CALIBRATION_NAMES, published_points(), strict=True)
    ),
    _row(
        "lambda_change_b5", "change of the mean free path, BaTi0.5Zr0.1Hf0.1Sn0.1Sc0.1Ta0.1O3", "%", -60.4, 0.3,
        partial(_mean_free_path_change, "BaTi0.5Zr0.1Hf0.1Sn0.1Sc0.1Ta0.1O3"), calibration=True,
    ),
    _row(
        "lambda_change_a3b2", "change of the mean free path, Ba0.4Sr0.2Na0.2Sm0.2Ti0.6Zr0.2Hf0.2O3", "%", -92.9, 0.3,
        partial(_mean_free_path_change, "Ba0.4Sr0.2Na0.2Sm0.2Ti0.6Zr0.2Hf0.2O3"), calibration=True,
    ),
    _row(
        "wb_change_a4", "change of the A-O bond energy, Ba0.2Sr0.2Ca0.2Na0.2Sm0.2TiO3", "%", -21.7, 0.3,
        partial(_bond_energy_change, "Ba0.2Sr0.2Ca0.2Na0.2Sm0.2TiO3", "AO"), calibration=True,
    ),
    _row(
        "wb_change_b5", "change of the B-O bond energy, BaTi(1/6)Zr(1/6)Hf(1/6)Sn(1/6)Sc(1/6)Ta(1/6)O3", "%", 6.3, 0.3,
        partial(_bond_energy_change, "BaTi(1/6)Zr(1/6)Hf(1/6)Sn(1/6)Sc(1/6)Ta(1/6)O3", "BO2"), calibration=True,
    ),
    _row(
        "optimum_x", f"x of the largest breakdown field, {FAMILY}", "1", 0.20, 0.02, _optimum,
        calibration=True,
    ),
    _row(
        "mcpherson_3p9", "breakdown field of the published power law at permittivity 3.9", "MV/m", 1465, 0.5,
        partial(_mcpherson, 3.9),
    ),
    _row(
        "mcpherson_25", "breakdown field of the published power law at permittivity 25", "MV/m", 446, 0.5,
        partial(_mcpherson, 25.0),
    ),
    _row(
        "fit14_exponent", "exponent of breakdown field against permittivity, 14 dielectrics", "1", -0.18, 0.05,
        _permittivity_exponent,
    ),
    _row(
        "vacancy_0p2", "breakdown field of BaTiO3 with vacancies, trap depth 0.2 eV", "MV/m", 381, 0.05,
        partial(_vacancy_field, 0.2), relative=True, calibration=True,
    ),
    _row(
        "vacancy_0p8", "breakdown field of BaTiO3 with vacancies, trap depth 0.8 eV", "MV/m", 1126, 0.05,
        partial(_vacancy_field, 0.8), relative=True,
    ),
    _row("film_ratio", "breakdown field of the Sm family at 2.28 R over BaTiO3, measured", "1", 3.0, 0.3, _film_ratio),
    *LAW_LEDGER,
)  # fmt: skip

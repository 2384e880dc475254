"""Published numbers that need a map or a regression: the coefficients over the box.

The coefficient of ln W_i is a datum of the calibration; the other three are predictions. The published regression is
also held against the published fields it was made from.

The rows belong to the room ``breakdown`` and are recomputed here, where maps are made.
"""

from __future__ import annotations

import functools
from functools import partial

from entrox.breakdown.calibration import published_points
from entrox.core.measure import LedgerRow
from entrox.core.random import generator
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.design.regression import PUBLISHED_COEFFICIENTS, published_point_misses

__all__ = ["LEDGER"]

SEEDS = 2
"""Per point: the scatter over seeds moves no coefficient by more than 1 MV/m on 441 points."""
_SOURCE = "regression over ionization energy, mean free path and bond energy"


@functools.cache
def _coefficients() -> tuple[float, ...]:
    """Coefficients over the default grid, computed once for all rows."""
    from entrox.design.parameter_map import run_parameter_map
    from entrox.design.regression import fit_map

    dataset = run_parameter_map(seeds=SEEDS)
    fit = fit_map(dataset, generator(1), draws=10, calibration_draws=2)
    return tuple(float(value) for value in fit.coefficients)


def _coefficient(index: int) -> float:
    return _coefficients()[index]


def _published_fit(index: int) -> float:
    """Published regression at a published point [MV/m]."""
    return published_points()[index].breakdown_field / MEGA * (1.0 + float(published_point_misses()[index]))


def _fit_row(index: int, name: str) -> LedgerRow:
    point = published_points()[index]
    return LedgerRow(
        id=f"breakdown.published_fit_{name}", room="breakdown", quantity=f"the published regression at {point.label}",
        unit="MV/m", published=point.breakdown_field / MEGA, tolerance=0.02, source=_SOURCE,
        compute=partial(_published_fit, index),
    )  # fmt: skip


def _row(index: int, name: str, quantity: str, unit: str, tolerance: float, *, calibration: bool = False) -> LedgerRow:
    return LedgerRow(
        id=f"breakdown.map_regression_{name}",
        room="breakdown",
        quantity=quantity,
        unit=unit,
        published=PUBLISHED_COEFFICIENTS[index],
        tolerance=tolerance,
        source=_SOURCE,
        compute=partial(_coefficient, index),
        relative=True,
        calibration=calibration,
    )


LEDGER: tuple[LedgerRow, ...] = (
    _row(0, "ionization", "coefficient of ln W_i", "MV/m", 0.10, calibration=True),
    _row(1, "mean_free_path", "coefficient of mean free path^-1/2", "MV/m angstrom^1/2", 0.10),
    _row(2, "bond_energy", "coefficient of bond energy^1/2", "MV/m eV^-1/2", 0.25),
    _row(3, "constant", "constant", "MV/m", 0.10),
    _fit_row(0, "batio3_lambda16"),
    _fit_row(1, "batio3_lambda4"),
    _fit_row(2, "map_wb10"),
    _fit_row(3, "map_wb2"),
)

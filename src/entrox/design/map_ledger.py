"""Published numbers that need a map or a regression: the coefficients over the box.

The coefficient of ln W_i is a datum of the calibration; the other three are predictions.

The rows belong to the room ``breakdown`` and are recomputed here, where maps are made.
"""

from __future__ import annotations

import functools
from functools import partial

from entrox.core.measure import LedgerRow
from entrox.core.random import generator
from entrox.design.regression import PUBLISHED_COEFFICIENTS

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
)

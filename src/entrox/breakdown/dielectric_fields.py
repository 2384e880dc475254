"""Predicted fields of the reference dielectrics, with the mean free path varied over what is plausible for its class.

No mean free path is published per material. Each is assumed at the class's value for the simulation, and drawn
log-uniformly from the class's range, together with the constants of the calibration, for every interval.
Units: V/m, angstrom, eV.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.breakdown.ensemble import BreakdownEnsemble, run_ensemble
from entrox.breakdown.law_draws import threshold_field_draws
from entrox.breakdown.materials import dielectric_parameters, reference_dielectrics
from entrox.breakdown.permittivity_law import PowerLaw, fit_power_law, power_law_exponents
from entrox.core import ConvergenceError, Result, check_integer, quantity, spawn_generators
from entrox.core.bootstrap import percentile_interval

__all__ = ["DielectricFields", "run_dielectrics"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DielectricFields(Result):
    """Predicted fields of the reference dielectrics and their power law in the permittivity.

    ``power_law`` belongs to the assumed mean free paths; its own interval is that of drawing other materials.
    ``exponent_interval`` draws mean free paths, calibration and materials together.
    """

    names: tuple[str, ...]
    material_classes: tuple[str, ...]
    permittivity: Floats = quantity("1", "static relative permittivity", axes=("material",))
    mean_free_path: Floats = quantity("angstrom", "assumed mean free path", axes=("material",))
    field: Floats = quantity("V/m", "breakdown field at the assumed mean free path, mean of seeds", axes=("material",))
    field_interval: Floats = quantity(
        "V/m", "95 % interval over mean free path and calibration", axes=("material", "end")
    )
    draws: Floats = quantity("V/m", "fields for drawn mean free paths and calibrations", axes=("draw", "material"))
    power_law: PowerLaw
    mean_free_path_exponent_interval: tuple[float, float] = quantity(
        "1", "95 % interval of the exponent over mean free path and calibration"
    )
    exponent_interval: tuple[float, float] = quantity(
        "1", "95 % interval of the exponent over mean free path, calibration and choice of materials"
    )
    exponent_median: float = quantity("1", "median exponent over mean free path and calibration")
    r_squared_interval: tuple[float, float] = quantity("1", "95 % interval of R2 over mean free path and calibration")


def run_dielectrics(
    rng: np.random.Generator, *, seeds: int = 8, draws: int = 1000, executor: Executor | None = None
) -> DielectricFields:
    """Simulate the reference dielectrics and fit the power law.

    Parameters
    ----------
    rng
        Source of randomness.
    seeds
        Avalanches per material at its assumed mean free path.
    draws
        Draws of mean free path and calibration.
    executor
        Runs the seeds side by side; None runs them here.

    Notes
    -----
    A draw takes the onset from the threshold law at its mean free path and adds the simulated propagation at the
    assumed one; propagation is 2 to 5 % of the field and hardly depends on the mean free path.
    """
    check_integer(draws, "draws", low=2)
    dielectrics = reference_dielectrics()
    parameters = [dielectric_parameters(item) for item in dielectrics]
    children = spawn_generators(rng, len(dielectrics) + 1)
    ensembles = [
        run_ensemble(item, child, seeds=seeds, executor=executor)
        for item, child in zip(parameters, children, strict=False)
    ]
    fields = np.array([_mean(ensemble) for ensemble in ensembles])
    onsets = np.array([ensemble.threshold_law for ensemble in ensembles])
    random = children[-1]
    low, high = np.log([item.mean_free_path_range for item in dielectrics]).T
    paths = np.exp(low + (high - low) * random.random((draws, len(fields))))
    drawn = fields - onsets + threshold_field_draws(
        np.array([item.ionization_energy for item in parameters]),
        paths,
        np.array([item.bond_energy for item in parameters]),
        random,
        draws,
    )  # fmt: skip
    permittivity = np.array([item.permittivity for item in dielectrics])
    exponents, r_squared = power_law_exponents(permittivity, drawn)
    resampled, _ = power_law_exponents(permittivity, drawn, random)
    return DielectricFields(
        names=tuple(item.name for item in dielectrics),
        material_classes=tuple(item.material_class for item in dielectrics),
        permittivity=permittivity,
        mean_free_path=np.array([item.mean_free_path for item in parameters]),
        field=fields,
        field_interval=percentile_interval(drawn),
        draws=drawn,
        power_law=fit_power_law(permittivity, fields, random),
        mean_free_path_exponent_interval=_pair(exponents),
        exponent_interval=_pair(resampled),
        exponent_median=float(np.median(exponents)),
        r_squared_interval=_pair(r_squared),
    )


def _mean(ensemble: BreakdownEnsemble) -> float:
    if ensemble.mean is None:
        raise ConvergenceError(f"{ensemble.parameters.material}: {ensemble.reason}", ensemble)
    return ensemble.mean


def _pair(draws: Floats) -> tuple[float, float]:
    low, high = percentile_interval(draws)
    return float(low), float(high)

"""Many ramps of one material: breakdown field with spread, Weibull statistics and the error of the calibration.

Units: V/m inside; the names of the quantities say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from entrox.breakdown.alloy import MeanParameters
from entrox.breakdown.avalanche import AvalancheSettings, BreakdownResult, run_avalanche, uniform_properties
from entrox.breakdown.bonds import BondForms, bond_forms
from entrox.breakdown.calibration import (
    PERMITTIVITY,
    amplitudes,
    calibrated_forms,
    calibrated_patterns,
    calibrated_plane,
    calibration_error,
    stored_calibration,
)
from entrox.breakdown.plane import CrystalPlane, build_sample
from entrox.breakdown.threshold import threshold_field
from entrox.core import Result, check_integer, quantity, spawn_generators
from entrox.core.weibull import MINIMUM_SAMPLE, WeibullFit, fit_weibull

__all__ = ["BreakdownEnsemble", "default_settings", "onset_law", "run_ensemble"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class BreakdownEnsemble(Result):
    """Statistics over the seeds of one material.

    ``mean_interval`` is a 95 % interval of the mean that adds the sampling of the seeds and the error of the
    calibration in quadrature; the plausible range of the host's mean free path is the separate ``path_band``.
    """

    parameters: MeanParameters
    onset_field: float | None = quantity("V/m", "field at the first broken bond")
    breakdown_fields: Floats = quantity(
        "V/m", "breakdown field of each seed; NaN where no channel formed", axes=("seed",)
    )
    mean: float | None = quantity("V/m", "mean breakdown field")
    std: float | None = quantity("V/m", "standard deviation over seeds")
    mean_interval: tuple[float, float] | None = quantity("V/m", "95 % interval of the mean, calibration included")
    weibull: WeibullFit | None = None
    threshold_law: float = quantity("V/m", "onset field by the threshold law")
    path_band: tuple[float, float] = quantity("V/m", "threshold law over the plausible range of mean free paths")
    calibration_error: float = quantity("1", "relative standard error of the onset from the calibration")
    first: BreakdownResult
    reason: str = ""


def default_settings(
    ramp_rate: float | None = None, *, conductivity_states: int = 0, maximum_field: float | None = None
) -> AvalancheSettings:
    """Return the published mode's settings.

    Parameters
    ----------
    ramp_rate
        [V/(m s)]; by default the calibrated one.
    conductivity_states
        Number of states at which the network's conductivity is solved.
    maximum_field
        End of the ramp [V/m].
    """
    settings = AvalancheSettings(
        ramp_rate=stored_calibration().ramp_rate if ramp_rate is None else ramp_rate,
        conductivity_states=conductivity_states,
    )
    return settings if maximum_field is None else replace(settings, maximum_field=maximum_field)


def onset_law(
    parameters: MeanParameters, ramp_rate: float, forms: BondForms, plane: CrystalPlane, path: float | None = None
) -> float:
    """Onset field by the threshold law for the weakest bond of a plane [V/m]; ``path`` replaces the mean free path."""
    fields = []
    for bond in range(len(plane.bonds)):
        cation, anion, coupling = amplitudes(forms, plane, bond)
        fields.append(
            threshold_field(
                parameters.ionization_energy,
                parameters.mean_free_path if path is None else path,
                parameters.bond_energy,
                ramp_rate=ramp_rate,
                amplitude_cation=cation,
                amplitude_anion=anion,
                anion_ionization_energy=parameters.anion_ionization_energy,
                coupling=max(coupling, 0.0),
            )
        )
    return float(np.min(fields))


def _run_chunk(
    plane: CrystalPlane,
    forms: BondForms,
    parameters: MeanParameters,
    settings: AvalancheSettings,
    cells: tuple[int, int],
    generators: Sequence[np.random.Generator],
) -> list[BreakdownResult]:
    """Run one avalanche per generator; a module-level function, so that processes can call it."""
    sample = build_sample(plane, cells)
    properties = uniform_properties(
        sample,
        ionization_energy=parameters.ionization_energy,
        anion_ionization_energy=parameters.anion_ionization_energy,
        mean_free_path=parameters.mean_free_path,
        bond_energy=parameters.bond_energy,
    )
    patterns = calibrated_patterns()
    return [run_avalanche(sample, forms, properties, patterns, settings, rng) for rng in generators]


def run_ensemble(
    parameters: MeanParameters,
    rng: np.random.Generator,
    *,
    seeds: int = 32,
    cells: tuple[int, int] = (15, 15),
    settings: AvalancheSettings | None = None,
    plane: CrystalPlane | None = None,
    executor: Executor | None = None,
) -> BreakdownEnsemble:
    """Ramp one material ``seeds`` times.

    Parameters
    ----------
    parameters
        Material, from ``mean_parameters`` or ``plane_parameters``.
    rng
        Source of randomness; each seed draws from its own child, so that workers change nothing.
    seeds
        Number of ramps.
    cells
        Sample size across and along the field.
    settings
        Ramp and front; by default the published mode with the calibrated ramp rate.
    plane
        The crystal plane; by default the model plane of the calibration named in ``parameters``.
    executor
        Runs chunks of seeds side by side; None runs them here.

    Returns
    -------
    BreakdownEnsemble
        ``mean`` is None where no seed formed a channel.
    """
    check_integer(seeds, "seeds", low=1)
    settings = settings or default_settings()
    if plane is None:
        plane, forms = calibrated_plane(parameters.plane), calibrated_forms(parameters.plane)
    else:
        forms = bond_forms(plane, calibrated_patterns(), PERMITTIVITY)
    generators = spawn_generators(rng, seeds)
    if executor is None:
        results = _run_chunk(plane, forms, parameters, settings, cells, generators)
    else:
        chunks = [generators[start : start + 8] for start in range(0, seeds, 8)]
        futures = [executor.submit(_run_chunk, plane, forms, parameters, settings, cells, chunk) for chunk in chunks]
        results = [result for future in futures for result in future.result()]
    return _summary(parameters, results, settings, forms, plane, rng)


def _summary(
    parameters: MeanParameters,
    results: Sequence[BreakdownResult],
    settings: AvalancheSettings,
    forms: BondForms,
    plane: CrystalPlane,
    rng: np.random.Generator,
) -> BreakdownEnsemble:
    fields = np.array([np.nan if r.breakdown_field is None else r.breakdown_field for r in results])
    done = fields[np.isfinite(fields)]
    error = float(
        calibration_error(
            parameters.ionization_energy,
            parameters.mean_free_path,
            parameters.bond_energy,
            anion_ionization_energy=parameters.anion_ionization_energy,
        )
    )
    low, high = parameters.host_mean_free_path_range
    scale = parameters.mean_free_path / parameters.host_mean_free_path
    reasons = [result.reason for result in results if result.reason]
    mean = float(done.mean()) if done.size else None
    return BreakdownEnsemble(
        parameters=parameters,
        onset_field=results[0].onset_field,
        breakdown_fields=fields,
        mean=mean,
        std=float(done.std(ddof=1)) if done.size > 1 else None,
        mean_interval=None if mean is None else _mean_interval(done, error * mean, rng),
        weibull=fit_weibull(done) if done.size >= MINIMUM_SAMPLE and np.ptp(done) > 1e-9 * done.max() else None,
        threshold_law=onset_law(parameters, settings.ramp_rate, forms, plane),
        path_band=(
            onset_law(parameters, settings.ramp_rate, forms, plane, high * scale),
            onset_law(parameters, settings.ramp_rate, forms, plane, low * scale),
        ),
        calibration_error=error,
        first=results[0],
        reason=f"{len(reasons)} of {len(results)} seeds: {reasons[0]}" if reasons else "",
    )


def _mean_interval(fields: Floats, calibration: float, rng: np.random.Generator) -> tuple[float, float]:
    """95 % bootstrap interval of the mean, widened by the calibration's standard error in quadrature [V/m]."""
    mean = float(fields.mean())
    draws = rng.choice(fields, size=(1000, fields.size)).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    wide = 1.96 * calibration
    return mean - float(np.hypot(mean - low, wide)), mean + float(np.hypot(high - mean, wide))

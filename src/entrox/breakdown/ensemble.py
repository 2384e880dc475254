"""Many ramps of one material: breakdown field with spread, Weibull statistics and the error of the calibration.

Units: V/m inside; the names of the quantities say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from entrox.breakdown.alloy import MeanParameters
from entrox.breakdown.avalanche import BreakdownResult, run_avalanche
from entrox.breakdown.bonds import BondForms
from entrox.breakdown.calibration import amplitudes, calibration_error, stored_calibration
from entrox.breakdown.lattice import IonLattice, Sample, build_sample
from entrox.breakdown.model import (
    AvalancheModel,
    explicit_arrangement,
    model_lattice,
    model_patterns,
    sample_properties,
)
from entrox.breakdown.settings import AvalancheSettings
from entrox.breakdown.state import perfect_onset
from entrox.breakdown.threshold import threshold_field
from entrox.core import Result, check_integer, generator, quantity, spawn_generators
from entrox.core.interrupts import deferred_interrupt
from entrox.core.student import student_half_width
from entrox.core.weibull import MINIMUM_SAMPLE, WeibullFit, fit_weibull

__all__ = ["BreakdownEnsemble", "default_settings", "mean_interval", "onset_law", "run_ensemble"]

Floats = NDArray[np.float64]

CALIBRATED_CELLS = 15
"""Cells along and across the sample in the calibration."""


@dataclass(frozen=True, kw_only=True)
class BreakdownEnsemble(Result):
    """Statistics over the seeds of one material.

    ``mean_interval`` adds two errors of the mean in quadrature: the sampling of the seeds (Student's t, 95 %) and 1.96
    standard errors of the calibration, which follow from the errors that it grants the published values. The plausible
    range of the host's mean free path is the separate ``path_band``; the inferred laws and the bond energies are in
    neither. Where any seed formed no channel, there is no mean: one over the survivors would be too low.
    """

    parameters: MeanParameters
    onset_field: float | None = quantity("V/m", "field at the first broken bond, mean over seeds")
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
    warnings: tuple[str, ...] = ()


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
    parameters: MeanParameters, ramp_rate: float, forms: BondForms, lattice: IonLattice, path: float | None = None
) -> float:
    """Onset field by the threshold law for the weakest bond of a plane [V/m]; ``path`` replaces the mean free path."""
    fields = []
    for bond in range(len(lattice.bonds)):
        cation, anion, coupling = amplitudes(forms, lattice, bond)
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


def _law(
    parameters: MeanParameters, model: AvalancheModel, settings: AvalancheSettings, lattice: IonLattice,
    forms: BondForms, path: float,
) -> float:  # fmt: skip
    """Onset of the perfect crystal: closed form in the plane, by root with vacancies and in space."""
    if model.trap is None and model.dimensions == 2 and parameters.plane in ("AO", "BO2"):
        return onset_law(parameters, settings.ramp_rate, forms, lattice, path)
    sample = build_sample(lattice, [2] * lattice.dimension)
    perfect = replace(model, alloy="mean", clustering=0.0, vacancy_fraction=1.0 if model.vacancy_fraction else 0.0)
    properties = sample_properties(sample, replace(parameters, mean_free_path=path), perfect, generator(0))
    with deferred_interrupt():
        return perfect_onset(sample, forms, properties, model_patterns(model.dimensions), settings)


@lru_cache(maxsize=4)
def _sample(lattice: IonLattice, cells: tuple[int, ...]) -> Sample:
    """Sample of a lattice, kept because the Green's function of its network is kept with it."""
    return build_sample(lattice, cells)


def _run_chunk(
    plane: str | IonLattice,
    parameters: MeanParameters,
    model: AvalancheModel,
    settings: AvalancheSettings,
    generators: Sequence[np.random.Generator],
) -> list[BreakdownResult]:
    """Run one avalanche per generator; a module-level function, so that processes can call it.

    A plane that is a name is looked up where the chunk runs: forms and sample are then made once per process.
    """
    lattice, forms = model_lattice(model, plane)
    sample = _sample(lattice, model.sample_cells)
    patterns = model_patterns(model.dimensions)
    results = []
    for rng in generators:
        with deferred_interrupt():
            properties = sample_properties(sample, parameters, model, rng)
            results.append(run_avalanche(sample, forms, properties, patterns, settings, rng))
    return results


def run_ensemble(
    parameters: MeanParameters,
    rng: np.random.Generator,
    *,
    seeds: int = 32,
    model: AvalancheModel | None = None,
    settings: AvalancheSettings | None = None,
    plane: IonLattice | None = None,
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
    model
        What is simulated; by default the published two-dimensional mode.
    settings
        Ramp and front; by default those of the published mode with the calibrated ramp rate. Whether the field is
        enhanced is the model's decision.
    plane
        A lattice of one's own; by default the model plane of the calibration named in ``parameters``, or the model
        perovskite.
    executor
        Runs chunks of seeds side by side; None runs them here.

    Returns
    -------
    BreakdownEnsemble
        ``mean`` and the statistics are None where any seed formed no channel; ``reason`` says how many and why.
    """
    check_integer(seeds, "seeds", low=1)
    model = model or AvalancheModel()
    settings = replace(settings or default_settings(), enhancement=model.distorts_field)
    chosen = parameters.plane if plane is None else plane
    generators = spawn_generators(rng, seeds)
    if executor is None:
        results = _run_chunk(chosen, parameters, model, settings, generators)
    else:
        size = 8 if model.dimensions == 2 else 2
        chunks = [generators[start : start + size] for start in range(0, seeds, size)]
        futures = [executor.submit(_run_chunk, chosen, parameters, model, settings, chunk) for chunk in chunks]
        results = [result for future in futures for result in future.result()]
    lattice, forms = model_lattice(model, chosen)
    short, long = parameters.mean_free_path_range or parameters.host_mean_free_path_range
    lowest, law, highest = (
        _law(parameters, model, settings, lattice, forms, path) for path in (long, parameters.mean_free_path, short)
    )
    return _summary(parameters, results, law, (lowest, highest), _model_warnings(parameters, model, plane))


def _model_warnings(parameters: MeanParameters, model: AvalancheModel, plane: IonLattice | None) -> tuple[str, ...]:
    """What the calibration does not cover."""
    warnings = []
    if set(model.sample_cells) != {CALIBRATED_CELLS}:
        cells = " x ".join(map(str, model.sample_cells))
        warnings.append(
            f"uncalibrated_sample_size: {cells} cells; the calibration holds for {CALIBRATED_CELLS} cells, and the way "
            "from onset to breakdown grows with the sample"
        )
    if plane is not None or (parameters.plane != "AO" and model.dimensions == 2):
        warnings.append(
            f"uncalibrated_plane: {parameters.plane}; permittivity, densities and widths of the charge clouds are "
            "those of the AO plane of BaTiO3"
        )
    if model.trap is not None:
        warnings.append(
            "interval with vacancies: it holds the calibration of the intrinsic onset, not the error of the optical "
            "permittivity"
        )
        if model.vacancy_fraction < 1.0:
            warnings.append("threshold law: that of a crystal with every anion site vacant")
    if model.alloy == "explicit":
        lattice, _ = model_lattice(model, parameters.plane if plane is None else plane)
        share = explicit_arrangement(_sample(lattice, model.sample_cells), parameters, model, generator(0)).floor_share
        if share > 0.0:
            warnings.append(
                f"mean_free_path_floor: active at {100 * share:.0f} % of the cations of an explicit arrangement"
            )
    return tuple(warnings)


def _summary(
    parameters: MeanParameters,
    results: Sequence[BreakdownResult],
    law: float,
    band: tuple[float, float],
    warnings: tuple[str, ...],
) -> BreakdownEnsemble:
    fields = np.array([np.nan if r.breakdown_field is None else r.breakdown_field for r in results])
    done = fields[np.isfinite(fields)]
    onsets = np.array([r.onset_field for r in results if r.onset_field is not None])
    error = float(
        calibration_error(
            parameters.ionization_energy,
            parameters.mean_free_path,
            parameters.bond_energy,
            anion_ionization_energy=parameters.anion_ionization_energy,
        )
    )
    reasons = [result.reason for result in results if result.reason]
    complete = done.size == fields.size
    mean = float(done.mean()) if complete else None
    return BreakdownEnsemble(
        parameters=parameters,
        onset_field=float(onsets.mean()) if onsets.size else None,
        breakdown_fields=fields,
        mean=mean,
        std=float(done.std(ddof=1)) if complete and done.size > 1 else None,
        mean_interval=None if mean is None or done.size < 2 else mean_interval(done, error * mean),
        weibull=fit_weibull(done) if complete and done.size >= MINIMUM_SAMPLE and _scatters(done) else None,
        threshold_law=law,
        path_band=band,
        calibration_error=error,
        first=results[0],
        reason=f"{len(reasons)} of {len(results)} seeds: {reasons[0]}" if reasons else "",
        warnings=(*parameters.warnings, *warnings),
    )


def _scatters(fields: Floats) -> bool:
    return bool(np.ptp(fields) > 1e-9 * fields.max())


def mean_interval(fields: Floats, calibration: float) -> tuple[float, float]:
    """Interval of the mean of a sample, widened by a standard error common to all of it.

    Parameters
    ----------
    fields
        Breakdown fields of at least two seeds [V/m].
    calibration
        Standard error that all share [V/m].

    Returns
    -------
    tuple
        Mean minus and plus the 95 % half width of Student's t and 1.96 times ``calibration``, in quadrature [V/m].
    """
    mean = float(fields.mean())
    half = float(np.hypot(student_half_width(fields), 1.96 * calibration))
    return mean - half, mean + half

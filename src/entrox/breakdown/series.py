r"""Series of ensembles: Weibull statistics against size, thickness, ramp rate or any other condition.

A series is a list of values and a function that runs an ensemble at one of them; size, thickness, ramp rate and
temperature are given here, and any other (a vacancy density, a clustering) is a function that the caller passes to
:func:`run_series`.

The law of the weakest link says how a strength would fall with volume, :math:`E_2 / E_1 = (V_1 / V_2)^{1/m}`. It
holds where flaws decide. In a perfect crystal all bonds reach their threshold together, the scatter comes from the
path alone, and a thicker sample breaks at a *higher* field, since the ramp goes on while the front travels; the series
reports both exponents, so that this is seen and not assumed.
Units: V/m, V/(m s); sizes in cells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.breakdown.alloy import MeanParameters
from entrox.breakdown.ensemble import BreakdownEnsemble, default_settings, run_ensemble
from entrox.breakdown.model import AvalancheModel
from entrox.breakdown.settings import AvalancheSettings
from entrox.core import InputError, Result, check_finite, check_integer, check_positive, quantity, spawn_generators
from entrox.core.bootstrap import percentile_interval, resampling_counts
from entrox.core.linear_fit import fit_linear

__all__ = [
    "BreakdownSeries",
    "EnsembleAt",
    "ramp_rate_series",
    "run_series",
    "size_series",
    "temperature_series",
    "thickness_series",
    "weakest_link_field",
]

Floats = NDArray[np.float64]
EnsembleAt = Callable[[float, np.random.Generator], BreakdownEnsemble]
"""Runs the ensemble of one member: (value, generator) -> ensemble."""


@dataclass(frozen=True, kw_only=True)
class BreakdownSeries(Result):
    """Statistics of each member; NaN where a member formed no channel, or its fields allow no Weibull fit.

    ``size_exponent`` is d ln E / d ln value of the mean field with its bootstrap interval over seeds;
    ``weakest_link_exponent`` is what the law of the weakest link would give where the value is a size, -1 / m per
    unit of ln volume, from the mean modulus; None for a series that is no size.
    """

    variable: str
    unit: str
    values: Floats = quantity("see unit", "value of the member", axes=("member",))
    relative_volume: Floats = quantity("1", "volume over that of the first member", axes=("member",))
    onset: Floats = quantity("V/m", "onset field, mean over seeds", axes=("member",))
    mean: Floats = quantity("V/m", "mean breakdown field", axes=("member",))
    std: Floats = quantity("V/m", "standard deviation over seeds", axes=("member",))
    mean_interval: Floats = quantity("V/m", "95 % bootstrap interval of the mean, seeds alone", axes=("member", "end"))
    modulus: Floats = quantity("1", "Weibull modulus, bias removed", axes=("member",))
    modulus_interval: Floats = quantity("1", "95 % interval of the modulus", axes=("member", "end"))
    scale: Floats = quantity("V/m", "Weibull scale, 63.2 % value", axes=("member",))
    scale_interval: Floats = quantity("V/m", "95 % interval of the scale", axes=("member", "end"))
    weakest_link_scale: Floats = quantity(
        "V/m", "scale of the first member carried to the others by the weakest-link law", axes=("member",)
    )
    exponent: float | None = quantity("1", "d ln mean field / d ln value")
    exponent_interval: tuple[float, float] | None = quantity("1", "95 % bootstrap interval over seeds")
    weakest_link_exponent: float | None = quantity("1", "d ln field / d ln value by the weakest-link law")
    reasons: tuple[str, ...] = ()
    ensembles: tuple[BreakdownEnsemble, ...] = ()


def weakest_link_field(field: ArrayLike, volume_ratio: ArrayLike, modulus: ArrayLike) -> Floats:
    """Field of a sample ``volume_ratio`` times as large by the law of the weakest link [unit of ``field``].

    Parameters
    ----------
    field
        Field of the first sample at the same probability.
    volume_ratio
        V2 / V1 > 0.
    modulus
        Weibull modulus m > 0.

    Examples
    --------
    >>> float(weakest_link_field(100.0, 1024.0, 10.0))
    50.0
    """
    ratio, modulus = check_finite(volume_ratio, "volume_ratio"), check_finite(modulus, "modulus")
    if (ratio <= 0).any() or (modulus <= 0).any():
        raise InputError(f"volume_ratio and modulus must be > 0; got {ratio.min():g} and {modulus.min():g}.")
    return np.asarray(check_finite(field, "field") * ratio ** (-1.0 / modulus))


def run_series(
    variable: str,
    unit: str,
    values: Sequence[float],
    ensemble_at: EnsembleAt,
    rng: np.random.Generator,
    *,
    volume_power: float = 0.0,
    draws: int = 1000,
) -> BreakdownSeries:
    """Run an ensemble at each value.

    Parameters
    ----------
    variable, unit
        What the values are.
    values
        At least one, all > 0.
    ensemble_at
        Runs one member; it gets its own generator, so that members may be added without changing the others.
    rng
        Source of randomness.
    volume_power
        d of volume ~ value^d: 2 for the edge of a square, 3 of a cube, 1 for a thickness, 0 where the volume stays.
    draws
        Bootstrap samples of the seeds.
    """
    members = [check_positive(value, variable, unit) for value in values]
    if not members:
        raise InputError(f"a series needs at least one value of {variable}; got none.")
    children = spawn_generators(rng, len(members) + 1)
    ensembles = [ensemble_at(value, child) for value, child in zip(members, children, strict=False)]
    array = np.array(members)
    volume = (array / array[0]) ** volume_power
    statistics = _statistics(ensembles)
    boots = _bootstrap_means(ensembles, children[-1], draws)
    exponent, interval = _exponent(array, statistics["mean"], boots)
    modulus = float(np.nanmean(statistics["modulus"])) if np.isfinite(statistics["modulus"]).any() else None
    first_modulus, first_scale = float(statistics["modulus"][0]), float(statistics["scale"][0])
    known = np.isfinite(first_modulus)
    return BreakdownSeries(
        variable=variable,
        unit=unit,
        values=array,
        relative_volume=volume,
        mean_interval=percentile_interval(boots),
        weakest_link_scale=(
            weakest_link_field(first_scale, volume, first_modulus) if known else np.full(len(array), np.nan)
        ),
        exponent=exponent,
        exponent_interval=interval,
        weakest_link_exponent=-volume_power / modulus if volume_power and modulus else None,
        reasons=tuple(ensemble.reason for ensemble in ensembles),
        ensembles=tuple(ensembles),
        **statistics,
    )


def size_series(
    parameters: MeanParameters,
    cells: Sequence[int],
    rng: np.random.Generator,
    *,
    seeds: int = 32,
    model: AvalancheModel | None = None,
    settings: AvalancheSettings | None = None,
    executor: Executor | None = None,
) -> BreakdownSeries:
    """Squares or cubes of n cells along each edge.

    Parameters
    ----------
    parameters
        Material.
    cells
        Edges in cells, >= 2.
    rng, seeds, settings, executor
        As in ``run_ensemble``.
    model
        What is simulated; its cells and thickness are replaced.
    """
    base = model or AvalancheModel()

    def at(value: float, child: np.random.Generator) -> BreakdownEnsemble:
        member = replace(base, cells=int(value), thickness=None)
        return run_ensemble(parameters, child, seeds=seeds, model=member, settings=settings, executor=executor)

    return run_series("edge", "cells", _whole(cells, "edge"), at, rng, volume_power=float(base.dimensions))


def thickness_series(
    parameters: MeanParameters,
    cells: Sequence[int],
    rng: np.random.Generator,
    *,
    seeds: int = 32,
    model: AvalancheModel | None = None,
    settings: AvalancheSettings | None = None,
    executor: Executor | None = None,
) -> BreakdownSeries:
    """Samples of one width and several thicknesses along the field; volume ~ thickness.

    Parameters
    ----------
    parameters
        Material.
    cells
        Thicknesses in cells, >= 2.
    rng, seeds, settings, executor
        As in ``run_ensemble``.
    model
        What is simulated; its thickness is replaced, its cells across the field stay.
    """
    base = model or AvalancheModel()

    def at(value: float, child: np.random.Generator) -> BreakdownEnsemble:
        member = replace(base, thickness=int(value))
        return run_ensemble(parameters, child, seeds=seeds, model=member, settings=settings, executor=executor)

    return run_series("thickness", "cells", _whole(cells, "thickness"), at, rng, volume_power=1.0)


def ramp_rate_series(
    parameters: MeanParameters,
    ramp_rates: Sequence[float],
    rng: np.random.Generator,
    *,
    seeds: int = 32,
    model: AvalancheModel | None = None,
    settings: AvalancheSettings | None = None,
    executor: Executor | None = None,
) -> BreakdownSeries:
    """One sample under several ramp rates [V/(m s)]; the onset rises as their root.

    Parameters
    ----------
    parameters
        Material.
    ramp_rates
        [V/(m s)], > 0.
    rng, seeds, model, settings, executor
        As in ``run_ensemble``; the ramp rate of ``settings`` is replaced.
    """
    base = settings or default_settings()

    def at(value: float, child: np.random.Generator) -> BreakdownEnsemble:
        member = replace(base, ramp_rate=value)
        return run_ensemble(parameters, child, seeds=seeds, model=model, settings=member, executor=executor)

    return run_series("ramp rate", "V/(m s)", ramp_rates, at, rng)


def temperature_series(
    parameters: MeanParameters,
    temperatures: Sequence[float],
    rng: np.random.Generator,
    *,
    model: AvalancheModel,
    seeds: int = 32,
    settings: AvalancheSettings | None = None,
    executor: Executor | None = None,
) -> BreakdownSeries:
    """One sample with vacancies at several temperatures [K]; only the vacancies know the temperature.

    Parameters
    ----------
    parameters
        Material.
    temperatures
        [K], > 0.
    rng, seeds, settings, executor
        As in ``run_ensemble``.
    model
        What is simulated, with a trap; its temperature is replaced.

    Raises
    ------
    InputError
        If the model has no trap: nothing in it would depend on temperature.

    Notes
    -----
    The field *rises* with temperature. The density of states, 8e-6 e/angstrom^3, is so small that a release that
    breaks a bond needs a barrier lowered below zero, and exp(+x / kT) falls with T. Thermally activated breakdown,
    which measurements show, needs other physics (phonon scattering, heating): read the trend as a property of the
    Poole-Frenkel form, not as a prediction.
    """
    trap = model.trap
    if trap is None:
        raise InputError("a temperature series needs a model with a trap; without vacancies no field depends on it.")

    def at(value: float, child: np.random.Generator) -> BreakdownEnsemble:
        member = replace(model, trap=replace(trap, temperature=value))
        return run_ensemble(parameters, child, seeds=seeds, model=member, settings=settings, executor=executor)

    return run_series("temperature", "K", temperatures, at, rng)


def _whole(cells: Sequence[int], name: str) -> list[float]:
    return [float(check_integer(value, name, low=2)) for value in cells]


def _statistics(ensembles: Sequence[BreakdownEnsemble]) -> dict[str, Floats]:
    """Arrays over the members; what a member has not is NaN."""
    nan, pair = float("nan"), (float("nan"), float("nan"))
    fits = [ensemble.weibull for ensemble in ensembles]
    return {
        "onset": np.array([nan if item.onset_field is None else item.onset_field for item in ensembles]),
        "mean": np.array([nan if item.mean is None else item.mean for item in ensembles]),
        "std": np.array([nan if item.std is None else item.std for item in ensembles]),
        "modulus": np.array([nan if fit is None else fit.modulus_unbiased for fit in fits]),
        "modulus_interval": np.array([pair if fit is None else fit.modulus_interval for fit in fits]),
        "scale": np.array([nan if fit is None else fit.scale for fit in fits]),
        "scale_interval": np.array([pair if fit is None else fit.scale_interval for fit in fits]),
    }


def _bootstrap_means(ensembles: Sequence[BreakdownEnsemble], rng: np.random.Generator, draws: int) -> Floats:
    """Mean field of each member over seeds drawn with replacement, shape ``(draws, n_members)`` [V/m]."""
    columns = []
    for ensemble in ensembles:
        fields = ensemble.breakdown_fields[np.isfinite(ensemble.breakdown_fields)]
        if fields.size:
            columns.append(resampling_counts(rng, fields.size, draws) @ fields / fields.size)
        else:
            columns.append(np.full(draws, np.nan))
    return np.stack(columns, axis=1)


def _exponent(values: Floats, means: Floats, boots: Floats) -> tuple[float | None, tuple[float, float] | None]:
    """Slope of ln mean field over ln value and its bootstrap interval; None with fewer than three members."""
    good = np.isfinite(means)
    logs = np.log(values[good])
    if good.sum() < 3 or np.ptp(logs) == 0.0:
        return None, None
    columns = np.stack([logs, np.ones(len(logs))], axis=1)
    slopes = np.log(boots[:, good]) @ np.linalg.pinv(columns)[0]
    low, high = percentile_interval(slopes)
    return float(fit_linear(columns, np.log(means[good])).coefficients[0]), (float(low), float(high))

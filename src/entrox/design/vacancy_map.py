r"""Map of the breakdown field over depth and density of oxygen-vacancy traps, and where vacancies begin to rule.

Every point is simulated (mean of a few seeds, the same ones at all points, so that points compare); the onset of the
perfect crystal, all its anion sites with vacancies, stands beside it. Breakdown is called vacancy-driven where the
field has dropped by a stated part, 5 % by default, below that of the same material without vacancies.
Units: MV/m, eV, 1/m^3, densities e/angstrom^3.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

import entrox
from entrox.breakdown import AvalancheModel, MeanParameters, Trap, log_released_density, run_ensemble
from entrox.breakdown.calibration import stored_optical_permittivity
from entrox.core import InputError, check_in_range, check_integer, check_positive, generator
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

__all__ = ["DROP", "boundary_depths", "vacancy_map"]

Floats = NDArray[np.float64]
DROP = 0.05
"""Breakdown is called vacancy-driven where its field lies this part or more below the intrinsic one."""
DEPTHS = tuple(round(0.2 + 0.05 * step, 2) for step in range(17))
DENSITIES = tuple(float(f"{value:.6g}") for value in np.geomspace(1e22, 1e26, 17))


@dataclass(frozen=True, eq=False)
class _Row:
    """One depth, all densities; picklable."""

    parameters: MeanParameters
    model: AvalancheModel
    traps: tuple[Trap, ...]
    seeds: int
    seed: int


def vacancy_map(
    parameters: MeanParameters,
    *,
    depths: Sequence[float] = DEPTHS,
    densities: Sequence[float] = DENSITIES,
    model: AvalancheModel | None = None,
    trap: Trap | None = None,
    seeds: int = 4,
    seed: int = 1,
    drop: float = DROP,
    executor: Executor | None = None,
) -> xr.Dataset:
    """Simulate a material over trap depth and trap density.

    Parameters
    ----------
    parameters
        Material.
    depths, densities
        Trap depths [eV] and densities of states [1/m^3], each rising.
    model
        What is simulated, a plane; its trap is replaced. By default the published mode: every anion site releases.
    trap
        Optical permittivity, temperature and release of the traps; by default the calibrated permittivity, 300 K and
        the published, unlimited release.
    seeds, seed
        Ramps per point, and the seed that all points share.
    drop
        Part of the intrinsic field, in (0, 1), that defines the boundary.
    executor
        Runs the rows side by side; None runs them here.

    Returns
    -------
    xarray.Dataset
        Dimensions ``trap_depth, trap_density``; ``breakdown_field_mv_per_m`` (mean over seeds, NaN where no channel
        formed) with its standard deviation, ``onset_field_mv_per_m``, ``relative_field`` over the intrinsic one,
        ``released_density`` at breakdown, and ``boundary_depth`` per density, NaN where the boundary lies outside the
        given depths; units as attributes, and ``intrinsic_field_mv_per_m``.

    Raises
    ------
    InputError
        If depths or densities do not rise, or the model has three dimensions.
    """
    depth_axis, density_axis = _axis(depths, "depths", "eV"), _axis(densities, "densities", "1/m^3")
    check_in_range(drop, "drop", low=0.0, high=1.0, low_open=True, high_open=True)
    check_integer(seeds, "seeds", low=1)
    trap = trap or Trap(depth=depth_axis[0], optical_permittivity=stored_optical_permittivity())
    model = replace(model or AvalancheModel(), trap=trap)
    intrinsic = run_ensemble(parameters, generator(seed), seeds=seeds, model=replace(model, trap=None))
    if intrinsic.mean is None:
        raise InputError(f"without vacancies the material did not break down: {intrinsic.reason}.")
    rows = [
        _Row(parameters, model, tuple(replace(trap, depth=w, density=n) for n in density_axis), seeds, seed)
        for w in depth_axis
    ]
    found = np.stack(list((executor.map if executor is not None else map)(_run_row, rows)))
    mean, std, onset = np.moveaxis(found, -1, 0)
    released = np.array([
        [np.exp(log_released_density(field, t)) for field, t in zip(fields, row.traps, strict=True)]
        for fields, row in zip(mean, rows, strict=True)
    ])  # fmt: skip
    relative = mean / intrinsic.mean
    settings: dict[str, object] = {
        "drop": drop, "seeds": seeds, "random_seed": seed, "cells": model.cells, "release": trap.release,
        "optical_permittivity": trap.optical_permittivity, "temperature_k": trap.temperature,
        "vacancy_fraction": model.vacancy_fraction, "material": parameters.material,
        "mean_free_path_angstrom": parameters.mean_free_path, "entrox_version": entrox.__version__,
    }  # fmt: skip
    return _dataset(
        depth_axis, density_axis,
        {
            "breakdown_field_mv_per_m": (mean / MEGA, "MV/m", "breakdown field, mean over seeds"),
            "breakdown_field_std_mv_per_m": (std / MEGA, "MV/m", "standard deviation over seeds"),
            "onset_field_mv_per_m": (onset / MEGA, "MV/m", "onset field of the perfect crystal with its vacancies"),
            "relative_field": (relative, "1", "breakdown field over the intrinsic one"),
            "released_density": (released, "e/angstrom^3", "released density at the breakdown field, uncapped"),
        },
        intrinsic.mean / MEGA, boundary_depths(depth_axis, relative, drop), settings,
    )  # fmt: skip


def boundary_depths(depths: ArrayLike, relative_fields: ArrayLike, drop: float = DROP) -> Floats:
    """Trap depth above which the field lies within ``drop`` of the intrinsic one, by linear interpolation [eV].

    Parameters
    ----------
    depths
        Rising, shape ``(n_depths,)`` [eV].
    relative_fields
        Field over the intrinsic one, shape ``(n_depths, n_densities)``.
    drop
        Part of the intrinsic field.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_densities,)``; NaN where all depths lie on one side.

    Examples
    --------
    >>> boundary_depths([0.2, 0.4], [[0.9], [1.0]]).tolist()
    [0.3]
    """
    axis, relative = np.asarray(depths, dtype=float), np.asarray(relative_fields, dtype=float)
    level = 1.0 - drop
    found = np.full(relative.shape[1], np.nan)
    for column, values in enumerate(relative.T):
        driven = np.flatnonzero(values < level)
        # the deepest trap that still drives breakdown: below it all do
        if len(driven) == 0 or driven[-1] == len(axis) - 1 or not np.isfinite(values[driven[-1] + 1]):
            continue
        low = driven[-1]
        share = (level - values[low]) / (values[low + 1] - values[low])
        found[column] = round(float(axis[low] + share * (axis[low + 1] - axis[low])), 12)
    return found


def _run_row(row: _Row) -> Floats:
    """Mean, standard deviation and onset of each density [V/m], shape ``(n_densities, 3)``; NaN where there is none."""
    values = []
    for trap in row.traps:
        model = replace(row.model, trap=trap)
        ensemble = run_ensemble(row.parameters, generator(row.seed), seeds=row.seeds, model=model)
        numbers = (ensemble.mean, ensemble.std, ensemble.threshold_law)
        values.append([np.nan if number is None else number for number in numbers])
    return np.array(values)


def _axis(values: Sequence[float], name: str, unit: str) -> tuple[float, ...]:
    found = tuple(check_positive(value, name, unit) for value in values)
    if not found or list(found) != sorted(set(found)):
        raise InputError(f"the values of {name} must rise from one to the next; got {list(values)}.")
    return found


def _dataset(
    depths: Sequence[float],
    densities: Sequence[float],
    fields: dict[str, tuple[Floats, str, str]],
    intrinsic: float,
    boundary: Floats,
    settings: dict[str, object],
) -> xr.Dataset:
    both = ("trap_depth", "trap_density")
    variables = {
        name: (both, data, {"units": unit, "long_name": meaning}) for name, (data, unit, meaning) in fields.items()
    }
    above = {"units": "eV", "long_name": "trap depth above which breakdown is intrinsic"}
    alone = {"units": "MV/m", "long_name": "breakdown field without vacancies"}
    return xr.Dataset(
        {
            **variables,
            "boundary_depth": ("trap_density", boundary, above),
            "intrinsic_field_mv_per_m": ((), intrinsic, alone),
        },
        coords={
            "trap_depth": ("trap_depth", np.array(depths), {"units": "eV", "long_name": "trap depth"}),
            "trap_density": (
                "trap_density", np.array(densities), {"units": "1/m^3", "long_name": "density of trap states"}
            ),
        },
        attrs={"title": "breakdown field over trap depth and trap density", **settings},
    )  # fmt: skip

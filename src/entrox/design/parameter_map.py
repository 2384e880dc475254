"""Map of the breakdown field over ionization energy, mean free path and bond energy.

Every point is a row of a store: an interrupted map keeps its finished points, and the next run with the same store
computes the rest. Units: eV, angstrom, MV/m.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

import entrox
from entrox.breakdown.alloy import CALIBRATED_BOX
from entrox.breakdown.parameter_point import POINT_MEASURE, ParameterPoint, PointSettings
from entrox.core import InputError, check_integer, check_positive
from entrox.design.identity import code_version
from entrox.design.measures import MeasureRequest
from entrox.design.remarks import join_warnings
from entrox.design.store import Store, StoredRow
from entrox.design.sweep import ProgressCallback, run_sweep

__all__ = ["ParameterGrid", "parameter_grid", "run_parameter_map"]

Floats = NDArray[np.float64]
Spacing = Literal["linear", "regressor"]
DIMENSIONS = ("ionization_energy", "mean_free_path", "bond_energy")
_COORDINATES = {
    "ionization_energy": ("eV", "ionization energy of the cation"),
    "mean_free_path": ("angstrom", "electron mean free path"),
    "bond_energy": ("eV", "bond energy"),
}


@dataclass(frozen=True)
class ParameterGrid:
    """Values along the three axes of the map, each rising.

    Parameters
    ----------
    ionization_energies, mean_free_paths, bond_energies
        [eV], [angstrom], [eV].
    """

    ionization_energies: tuple[float, ...]
    mean_free_paths: tuple[float, ...]
    bond_energies: tuple[float, ...]

    def __post_init__(self) -> None:
        for name, (unit, _), values in zip(DIMENSIONS, _COORDINATES.values(), self.axes, strict=True):
            for value in values:
                check_positive(value, name, unit)
            if not values or list(values) != sorted(set(values)):
                raise InputError(f"the values of {name} must rise from one to the next; got {list(values)}.")

    @property
    def axes(self) -> tuple[tuple[float, ...], ...]:
        """Values of the three axes in their order."""
        return self.ionization_energies, self.mean_free_paths, self.bond_energies

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values along each axis."""
        return tuple(len(axis) for axis in self.axes)

    def points(self) -> tuple[ParameterPoint, ...]:
        """Return all points, the bond energy running fastest."""
        return tuple(
            ParameterPoint(energy, path, bond)
            for energy in self.ionization_energies
            for path in self.mean_free_paths
            for bond in self.bond_energies
        )


def parameter_grid(shape: Sequence[int] = (7, 7, 9), spacing: Spacing = "linear") -> ParameterGrid:
    """Grid over the calibrated box.

    Parameters
    ----------
    shape
        Number of values of W_i, lambda and W_b, each >= 2.
    spacing
        ``"linear"``, or ``"regressor"`` for equal steps in ln W_i, lambda^-1/2 and W_b^1/2.

    Examples
    --------
    >>> parameter_grid((2, 3, 2)).mean_free_paths
    (4.0, 10.0, 16.0)
    """
    if len(shape) != 3:
        raise InputError(f"shape must name three axes ({', '.join(DIMENSIONS)}); got {tuple(shape)}.")
    counts = [check_integer(count, name, low=2) for count, name in zip(shape, DIMENSIONS, strict=True)]
    lows, highs = zip(*(CALIBRATED_BOX[name] for name in DIMENSIONS), strict=True)
    if spacing == "linear":
        axes = [np.linspace(low, high, count) for low, high, count in zip(lows, highs, counts, strict=True)]
    elif spacing == "regressor":
        roots = np.linspace(lows[1] ** -0.5, highs[1] ** -0.5, counts[1])
        squares = np.linspace(lows[2] ** 0.5, highs[2] ** 0.5, counts[2])
        axes = [np.geomspace(lows[0], highs[0], counts[0]), roots**-2.0, squares**2]
    else:
        raise InputError(f"spacing must be 'linear' or 'regressor'; got {spacing!r}.")
    # the last digit of a root squared again is noise that would take a point out of the box
    energies, paths, bonds = (tuple(float(round(value, 12)) for value in axis) for axis in axes)
    return ParameterGrid(energies, paths, bonds)


def run_parameter_map(
    grid: ParameterGrid | None = None,
    *,
    seeds: int = 8,
    seed: int = 1,
    cells: int = 15,
    store: Store | None = None,
    executor: Executor | None = None,
    progress: ProgressCallback | None = None,
) -> xr.Dataset:
    """Simulate every point of a grid.

    Parameters
    ----------
    grid
        By default 7 x 7 x 9 points over the calibrated box in equal steps.
    seeds
        Avalanches per point.
    seed
        Seed of all random numbers; the stream of a point follows from the seed and its three numbers, not from its
        place in the grid, the number of points or the workers.
    cells
        Edge of the square sample in cells.
    store
        Where finished points are kept and found again; if not given, they are kept for this call only.
    executor
        Where the points run; this process, if not given.
    progress
        Called at the start and after every batch.

    Returns
    -------
    xarray.Dataset
        Dimensions ``ionization_energy, mean_free_path, bond_energy, seed``, fields in MV/m (NaN where no channel
        formed), units as attributes; ``write_maps`` writes it as netCDF.
    """
    grid = grid or parameter_grid()
    settings = PointSettings(seeds=check_integer(seeds, "seeds", low=1), cells=check_integer(cells, "cells", low=2))
    request = MeasureRequest(POINT_MEASURE, settings, code_version(POINT_MEASURE))
    if store is None:
        with tempfile.TemporaryDirectory(prefix="entrox-map-") as folder, Store(Path(folder) / "map.sqlite") as kept:
            rows = run_sweep(grid.points(), [request], kept, seed=seed, executor=executor, progress=progress)
    else:
        rows = run_sweep(grid.points(), [request], store, seed=seed, executor=executor, progress=progress)
    return _dataset(grid, [point[POINT_MEASURE.name] for point in rows.points], settings, seed)


def _dataset(grid: ParameterGrid, rows: Sequence[StoredRow], settings: PointSettings, seed: int) -> xr.Dataset:
    values = [row.values for row in rows]
    warnings = dict.fromkeys(text for row in rows for text in row.warnings)
    none = np.full(settings.seeds, np.nan)
    fields = np.stack([none if item["breakdown_fields_mv_per_m"] is None else item["breakdown_fields_mv_per_m"]
                       for item in values]).reshape(*grid.shape, settings.seeds)  # fmt: skip
    counts = np.isfinite(fields).sum(axis=-1)
    total = np.nansum(fields, axis=-1)
    mean = np.divide(total, counts, out=np.full(grid.shape, np.nan), where=counts > 0)
    squares = np.nansum((fields - mean[..., None]) ** 2, axis=-1)
    std = np.sqrt(np.divide(squares, counts - 1, out=np.full(grid.shape, np.nan), where=counts > 1))

    def scalar(name: str) -> Floats:
        numbers = [np.nan if item[name] is None else float(item[name]) for item in values]
        return np.array(numbers).reshape(grid.shape)

    def variable(data: Floats, meaning: str) -> tuple[tuple[str, ...], Floats, dict[str, str]]:
        return DIMENSIONS, data, {"units": "MV/m", "long_name": meaning}

    return xr.Dataset(
        {
            "breakdown_fields_mv_per_m": (
                (*DIMENSIONS, "seed"), fields, {"units": "MV/m", "long_name": "breakdown field of each seed"}
            ),
            "breakdown_field_mv_per_m": variable(mean, "breakdown field, mean over seeds"),
            "breakdown_field_std_mv_per_m": variable(std, "standard deviation of the breakdown field over seeds"),
            "onset_field_mv_per_m": variable(scalar("onset_field_mv_per_m"), "onset field, first broken bond"),
            "threshold_law_mv_per_m": variable(scalar("threshold_law_mv_per_m"), "onset field by the threshold law"),
        },
        coords={
            name: (name, np.array(axis), {"units": unit, "long_name": meaning})
            for (name, (unit, meaning)), axis in zip(_COORDINATES.items(), grid.axes, strict=True)
        },
        attrs={
            "title": "breakdown field over ionization energy, mean free path and bond energy",
            "entrox_version": entrox.__version__,
            "random_seed": seed,
            "cells": settings.cells,
            "warnings": join_warnings(warnings),
        },
    )  # fmt: skip

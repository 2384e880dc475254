"""Maps: quantities over family x point as an xarray Dataset, every variable with its unit; netCDF files of them.

Families of different length are padded with NaN at their end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from entrox.core.errors import FormatError, InputError
from entrox.core.result import Quantity

__all__ = ["build_maps", "family_map", "read_maps", "write_maps"]

ENGINE: Literal["h5netcdf"] = "h5netcdf"


def build_maps(
    points: pd.DataFrame,
    columns: Mapping[str, Quantity],
    arrays: Mapping[str, Sequence[np.ndarray[Any, Any] | None]],
    *,
    title: str = "",
) -> xr.Dataset:
    """Build the Dataset of a study.

    Parameters
    ----------
    points
        The points table.
    columns
        Declared quantities by column.
    arrays
        Array quantities, one entry per line of the table.
    title
        Title, kept as attribute.

    Returns
    -------
    xarray.Dataset
        Dimensions ``family`` and ``point`` (padded), and the axes of array quantities such as ``seed``; coordinates
        ``family``, ``formula``, ``host``, ``x``, ``composition``; attributes ``units`` and ``long_name``.
    """
    names = list(dict.fromkeys(points["family"]))
    row = np.array([names.index(name) for name in points["family"]], dtype=int)
    column = points.groupby("family", sort=False).cumcount().to_numpy()
    shape = (len(names), int(column.max()) + 1 if len(column) else 0)
    where = (row, column)
    first = points.drop_duplicates("family")
    coordinates = {
        "family": ("family", np.array(names, dtype=object)),
        "formula": ("family", first["formula"].to_numpy(dtype=object)),
        "host": ("family", first["host"].to_numpy(dtype=object)),
        "composition": (("family", "point"), _text(points["composition"], where, shape)),
        "x": (("family", "point"), _padded(points["x"], where, shape), {"units": "1", "long_name": "substitution x"}),
    }
    variables: dict[str, Any] = {}
    for name, declared in columns.items():
        attributes = {"units": declared.unit, "long_name": declared.description}
        if declared.axes:
            data = _padded_arrays(arrays[name], len(declared.axes), where, shape)
            variables[name] = (("family", "point", *_axis_names(name, declared, data, variables)), data, attributes)
        else:
            variables[name] = (("family", "point"), _padded(points[name], where, shape), attributes)
    return xr.Dataset(variables, coords=coordinates, attrs={"title": title})


def _padded(values: pd.Series, where: tuple[Any, Any], shape: tuple[int, int]) -> np.ndarray[Any, Any]:
    table = np.full(shape, np.nan)
    table[where] = values.to_numpy(dtype=float)
    return table


def _text(values: pd.Series, where: tuple[Any, Any], shape: tuple[int, int]) -> np.ndarray[Any, Any]:
    table = np.full(shape, "", dtype=object)
    table[where] = values.to_numpy(dtype=object)
    return table


def _padded_arrays(
    values: Sequence[np.ndarray[Any, Any] | None], axes: int, where: tuple[Any, Any], shape: tuple[int, int]
) -> np.ndarray[Any, Any]:
    present = [value.shape for value in values if value is not None]
    inner = tuple(np.max(np.array(present), axis=0)) if present else (0,) * axes
    table = np.full((*shape, *inner), np.nan)
    for family, point, value in zip(*where, values, strict=True):
        if value is not None:
            table[(family, point, *(slice(0, size) for size in value.shape))] = value
    return table


def _axis_names(
    name: str, declared: Quantity, data: np.ndarray[Any, Any], earlier: Mapping[str, Any]
) -> tuple[str, ...]:
    """Names of the axes; one that an earlier variable uses with another length gets the variable's name in front."""
    sizes = {axis: size for dims, values, _ in earlier.values() for axis, size in zip(dims, values.shape, strict=True)}
    return tuple(
        axis if sizes.get(axis, size) == size else f"{name}_{axis}"
        for axis, size in zip(declared.axes, data.shape[2:], strict=True)
    )


def family_map(dataset: xr.Dataset, quantity: str = "breakdown_field_mv_per_m") -> xr.DataArray:
    """Return one quantity over the family grid, dimensions ``(family, point)``, with ``x`` as coordinate."""
    if quantity not in dataset:
        raise InputError(f"the maps hold no {quantity!r}; they hold {', '.join(map(str, dataset.data_vars))}.")
    return dataset[quantity]


def write_maps(dataset: xr.Dataset, path: str | Path) -> None:
    """Write ``dataset`` as netCDF-4."""
    dataset.to_netcdf(Path(path), engine=ENGINE)


def read_maps(path: str | Path) -> xr.Dataset:
    """Read maps written by :func:`write_maps`, all data into memory."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no file {path}; finish the run with --resume.")
    try:
        return xr.load_dataset(path, engine=ENGINE)
    except (OSError, ValueError, KeyError) as error:
        raise FormatError(f"not a netCDF-4 file that can be read: {error}", path=path) from error

"""Everything that an analysis has found in one netCDF file, with units."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from entrox.core import Result
from entrox.core.whole_file import write_whole_with
from entrox.microscopy.analysis.stem_analysis import StemAnalysis

if TYPE_CHECKING:
    import xarray

__all__ = ["analysis_dataset", "write_analysis_dataset"]

ENGINE: Literal["h5netcdf"] = "h5netcdf"
SITE_PARTS = (
    "vectors", "field_mean", "magnitudes", "angles", "classes", "correlation", "connected", "domains", "null",
    "detection",
)  # fmt: skip
PARTS = ("columns", "index", "sublattices", "fit", "halves", "jitter", "drift", "gain", "empirical_gain")
STRAIN_PARTS = ("lattice", "strain", "axis_ratio", "affine")


def analysis_dataset(analysis: StemAnalysis) -> xarray.Dataset:
    """All arrays of an analysis in one data set, with units as attributes.

    Variables are named part and quantity, for example ``fit_position_px``, ``b_vectors_vector_px``, ``b_null_rms_px``
    and ``strain_strain``; ``image_intensity`` is the image that was fitted.
    """
    import xarray as xr

    parts: dict[str, Result | None] = {"image": analysis.analyzed}
    parts |= {name: getattr(analysis, name) for name in PARTS}
    if analysis.strain is not None:
        parts |= {name: getattr(analysis.strain, name) for name in STRAIN_PARTS}
    for item in analysis.sites:
        parts |= {f"{item.site.lower()}_{name}": getattr(item, name) for name in SITE_PARTS}
    variables: dict[str, Any] = {}
    sizes: dict[str, int] = {}
    for part, found in parts.items():
        if found is not None:
            variables |= _variables(part, found, sizes)
    return xr.Dataset(variables, attrs={"source": analysis.label, "settings": analysis.settings.model_dump_json()})


def _variables(part: str, found: Result, sizes: dict[str, int]) -> dict[str, Any]:
    """Numbers of one result; an axis that has another length in another array of it is named after the array."""
    variables = {}
    for declared in found.quantities():
        value = getattr(found, declared.name)
        if value is None or np.asarray(value).dtype.kind not in "fiub":
            continue
        array = np.asarray(value)
        dims = []
        for axis, size in zip(declared.axes, array.shape, strict=True):
            name = f"{part}_{axis}"
            if sizes.setdefault(name, size) != size:
                name = f"{part}_{declared.name}_{axis}"
                sizes[name] = size
            dims.append(name)
        attributes = {"units": declared.unit, "long_name": declared.description}
        # netCDF has no truth values
        variables[f"{part}_{declared.name}"] = (dims, array.astype(np.int8) if array.dtype.kind == "b" else array,
                                                attributes)  # fmt: skip
    return variables


def write_analysis_dataset(analysis: StemAnalysis, path: str | Path) -> Path:
    """Write :func:`analysis_dataset` as netCDF; the file is replaced whole or not at all."""
    path = Path(path)
    write_whole_with(path, lambda draft: analysis_dataset(analysis).to_netcdf(draft, engine=ENGINE))
    return path

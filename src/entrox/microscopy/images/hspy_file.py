"""HyperSpy files (HDF5, ``Experiments/<name>/data``) and other HDF5 files with a plain image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError
from entrox.microscopy.images.raw_image import RawImage, chosen_name, common_scale, gray_frames

__all__ = ["read_hspy", "write_hspy"]

NO_UNIT = frozenset({"", "<undefined>", "undefined", "none", "px", "pixel", "pixels"})


def read_hspy(path: Path, dataset: str | None = None) -> RawImage:
    """Read an image with the scale of its axes; the axes are in the order of the data, (row, column).

    Parameters
    ----------
    path
        HDF5 file.
    dataset
        Name of the experiment, or path of a data set inside the file; needed where there are several.

    Raises
    ------
    FormatError
        If the file is no HDF5 file or cannot be read to its end.
    InputError
        If the data set is not there, or is no image.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            places = _places(file, h5py)
            name = chosen_name(list(places), dataset, str(path))
            data = np.asarray(file[places[name]][()])
            axes = _axes(file[places[name]].parent, data.ndim)
    except FileNotFoundError:
        raise
    except (OSError, RuntimeError) as error:
        raise FormatError(
            f"no readable HDF5 file: {path.stat().st_size} bytes, stopped at {error}", path=path
        ) from error
    frames = gray_frames(data, f"{path}: {name}")
    scale = common_scale([axis[0] for axis in axes], f"{path}: {name}")
    units = {axis[1] for axis in axes}
    unit = units.pop() if len(units) == 1 else None
    return RawImage(frames, scale, unit if scale is not None else None)


def _places(file: Any, h5py: Any) -> dict[str, str]:
    """Data sets by name: the experiments of HyperSpy, otherwise every array with two or three axes."""
    experiments = file.get("Experiments")
    if isinstance(experiments, h5py.Group):
        return {name: f"Experiments/{name}/data" for name, group in experiments.items() if "data" in group}
    found: dict[str, str] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim in (2, 3):
            found[name] = name

    file.visititems(visit)
    return found


def _axes(group: Any, ndim: int) -> list[tuple[float, str | None]]:
    """Scale and unit of the last two axes of the data."""
    axes: list[tuple[float, str | None]] = []
    for number in (ndim - 2, ndim - 1):
        axis = group.get(f"axis-{number}")
        if axis is None or "scale" not in axis.attrs:
            return []
        unit = axis.attrs.get("units", "")
        text = (unit.decode() if isinstance(unit, bytes) else str(unit)).strip()
        axes.append((float(axis.attrs["scale"]), None if text.lower() in NO_UNIT else text))
    return axes


def write_hspy(path: Path, frames: NDArray[np.float64], pixel_size_angstrom: float | None) -> None:
    """Write an image, or a stack if there are several frames, as HyperSpy lays it out; lengths in nm."""
    import h5py

    data = frames[0] if len(frames) == 1 else frames
    with h5py.File(path, "w") as file:
        file.attrs["file_format"] = "HyperSpy"
        file.attrs["file_format_version"] = "3.1"
        experiment = file.create_group("Experiments/image")
        experiment.create_dataset("data", data=data, compression="gzip", shuffle=True)
        for number, size in enumerate(data.shape):
            axis = experiment.create_group(f"axis-{number}")
            image_axis = number >= data.ndim - 2
            axis.attrs["_type"] = "UniformDataAxis"
            axis.attrs["navigate"] = not image_axis
            axis.attrs["size"], axis.attrs["offset"] = size, 0.0
            known = image_axis and pixel_size_angstrom is not None
            axis.attrs["scale"] = pixel_size_angstrom / 10.0 if known and pixel_size_angstrom is not None else 1.0
            if known:
                axis.attrs["units"] = "nm"
        experiment.create_group("metadata/Signal").attrs["signal_type"] = ""
        experiment.create_group("original_metadata")

"""What an image file holds before it is a micrograph: frames, and the scale of its axes as written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, nearest_names

__all__ = ["RawImage", "chosen_name", "common_scale", "gray_frames", "pixel_in_angstrom"]

ANGSTROM_PER_UNIT = {
    "pm": 1e-2, "a": 1.0, "å": 1.0, "ang": 1.0, "angstrom": 1.0, "angstroms": 1.0, "nm": 10.0, "nanometer": 10.0,
    "um": 1e4, "µm": 1e4, "μm": 1e4, "micron": 1e4, "mm": 1e7, "cm": 1e8, "m": 1e10,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class RawImage:
    """Frames of a file.

    Parameters
    ----------
    frames
        Shape ``(frame, row, column)``, of whatever type the file has.
    scale
        Edge of a pixel in ``unit``; None if the file does not tell.
    unit
        Unit of the scale; None if the file does not tell.
    """

    frames: NDArray[Any]
    scale: float | None = None
    unit: str | None = None


def pixel_in_angstrom(raw: RawImage) -> float | None:
    """Edge of a pixel [angstrom], None without scale or with a unit that is no length."""
    if raw.scale is None or raw.unit is None:
        return None
    factor = ANGSTROM_PER_UNIT.get(raw.unit.strip().lower())
    return None if factor is None else raw.scale * factor


def gray_frames(data: NDArray[Any], source: str) -> NDArray[Any]:
    """Frames from an array with two or three axes; refuses colors and what is no image."""
    if data.dtype.kind not in "fiub":
        raise InputError(
            f"{source} holds values of type {data.dtype}; an image needs real numbers, one for each pixel."
        )
    if data.ndim == 3 and data.shape[2] in (3, 4) and data.dtype == np.uint8:
        raise InputError(f"{source} is a color image ({data.shape[2]} channels): {COLOR_REASON}")
    if data.ndim == 2:
        return data[None]
    if data.ndim != 3 or 0 in data.shape:
        raise InputError(
            f"{source} has shape {data.shape}; an image has (rows, columns), a stack (frames, rows, columns)."
        )
    return data


COLOR_REASON = (
    "a screenshot or a figure, whose colors and scale bar are not the signal of the detector. Export the data as "
    "16-bit or float TIFF; a burnt-in scale bar can be left out with a mask."
)


def common_scale(scales: list[float], source: str) -> float | None:
    """Scale of both axes; None where it is one pixel or useless, an error where pixels are not square."""
    usable = [abs(scale) for scale in scales if math.isfinite(scale) and scale != 0.0]
    if len(usable) != 2:
        return None
    if abs(usable[0] / usable[1] - 1.0) > 1e-3:
        raise InputError(
            f"{source} has pixels of {usable[1]:g} x {usable[0]:g}; they must be square. Resample the image."
        )
    return usable[1]


def chosen_name(names: list[str], wanted: str | None, source: str) -> str:
    """Name of the data set to read: the wanted one, or the only one."""
    if not names:
        raise InputError(f"{source} holds no image: no array with two or three axes.")
    if wanted is None:
        if len(names) > 1:
            raise InputError(f"{source} holds several data sets: {', '.join(names)}. Choose one with --dataset.")
        return names[0]
    if wanted not in names:
        raise InputError(f"{source} has no data set {wanted!r}: {nearest_names(wanted, names)}")
    return wanted

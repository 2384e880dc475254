"""A micrograph: one atomic-resolution image, as numbers with the size of its pixel.

Pixel arrays are ``image[row, column]``; positions in an image are (x = column, y = row) in px, y downwards, with the
center of the first pixel at (0, 0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity

__all__ = ["Micrograph"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Micrograph(Result):
    """One image.

    Pixels without a value (NaN in the file, or masked by the user) are NaN. ``pixel_size_angstrom`` is None where the
    file does not tell the unit; ``axis_scale`` is then the bare number of the file, if it has one.
    """

    intensity: Floats = quantity("counts", "intensity", axes=("row", "column"))
    pixel_size_angstrom: float | None = quantity("angstrom", "edge of a pixel", default=None)
    axis_scale: float | None = quantity("as axis_unit", "scale of the axes as the file gives it", default=None)
    axis_unit: str | None = None
    saturated: NDArray[np.bool_] | None = quantity(
        "1", "pixels at the upper end of the detector", axes=("row", "column"), default=None
    )
    frames: Floats | None = quantity("counts", "frames of a stack", axes=("frame", "row", "column"), default=None)
    source: str = ""
    warnings: tuple[str, ...] = ()

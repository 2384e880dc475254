"""A diffraction pattern: intensities with the size of a pixel in reciprocal space, and which pixels count.

Pixel arrays are ``image[row, column]``; positions are (x = column, y = row) in px, y downwards, as in micrographs.
Lengths in reciprocal space are s = 2 sin(theta)/lambda = Q/(2 pi).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity

__all__ = ["Pattern"]


@dataclass(frozen=True, kw_only=True)
class Pattern(Result):
    """One pattern.

    ``pixel_per_angstrom`` is None where neither the file nor the user tells the scale: lengths are then in px.
    """

    intensity: NDArray[np.float64] = quantity("counts", "intensity", axes=("row", "column"))
    usable: NDArray[np.bool_] = quantity("1", "pixels that count", axes=("row", "column"))
    pixel_per_angstrom: float | None = quantity("1/angstrom", "edge of a pixel", default=None)
    source: str = ""
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.intensity.shape != self.usable.shape:
            raise InputError(
                f"usable must have the shape of the pattern, {self.intensity.shape}; got {self.usable.shape}."
            )
        if not self.usable.any():
            raise InputError("the masks leave no pixel of the pattern. Take masks away.")

"""Columns as they truly are: what the simulator draws and the analysis should find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity

__all__ = ["ColumnTruth"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ColumnTruth(Result):
    """Columns of a picture in angstrom, x right and y **up**, origin at the lower left corner of the picture.

    ``displacement_angstrom`` is the vector from the cage center to the cation (zero for oxygen); ``peak`` the height in
    electrons per square angstrom at the given dose, before the background.
    """

    position_angstrom: Floats = quantity("angstrom", "position, x right and y up", axes=("column", "component"))
    displacement_angstrom: Floats = quantity("angstrom", "displacement off the cage", axes=("column", "component"))
    site: Ints = quantity("1", "0 A, 1 B, 2 O", axes=("column",))
    cell: Ints = quantity("1", "number along a1 and a2", axes=("column", "axis"))
    peak: Floats = quantity("e/angstrom^2", "height of the column", axes=("column",))
    sigma_angstrom: Floats = quantity("angstrom", "width of the column", axes=("column",))
    extent_angstrom: Floats = quantity("angstrom", "width and height of the picture", axes=("component",))

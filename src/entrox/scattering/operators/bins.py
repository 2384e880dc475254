"""Bins of distance, centered at whole multiples of their width."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_shape

__all__ = ["Bins", "check_table_radius", "largest_table_radius"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bins:
    """Bins k = 1..count, each from (k - 1/2) to (k + 1/2) steps.

    Parameters
    ----------
    step_angstrom
        Width.
    count
        Number.
    """

    step_angstrom: float
    count: int

    @property
    def centers_angstrom(self) -> Floats:
        """Middles, shape ``(count,)``."""
        return np.asarray(np.arange(1, self.count + 1) * self.step_angstrom, dtype=np.float64)

    @property
    def edges_angstrom(self) -> Floats:
        """Edges, shape ``(count + 1,)``."""
        return np.asarray((np.arange(self.count + 1) + 0.5) * self.step_angstrom, dtype=np.float64)

    @property
    def volumes_angstrom3(self) -> Floats:
        """Volumes of the shells, 4 pi r^2 dr + pi dr^3/3, shape ``(count,)``."""
        return np.asarray(4.0 / 3.0 * np.pi * np.diff(self.edges_angstrom**3))

    @property
    def radius_angstrom(self) -> float:
        """Upper end of the last bin: R of the table."""
        return (self.count + 0.5) * self.step_angstrom


def largest_table_radius(cell: ArrayLike) -> float:
    """Half the shortest perpendicular width of a box [angstrom]: beyond it pairs repeat.

    Parameters
    ----------
    cell
        Box vectors in rows [angstrom], shape ``(3, 3)``.
    """
    return 0.5 / float(np.linalg.norm(np.linalg.inv(check_shape(cell, (3, 3), "cell")), axis=0).max())


def check_table_radius(bins: Bins, cell: ArrayLike) -> None:
    """Raise with the largest radius allowed if the bins reach beyond half the box."""
    largest = largest_table_radius(cell)
    if bins.radius_angstrom > largest * (1.0 + 1e-9):
        raise InputError(
            f"the table of distances ends at R = {bins.radius_angstrom:g} angstrom, beyond half the box; the largest R "
            f"for this box is {largest:.4f} angstrom."
        )

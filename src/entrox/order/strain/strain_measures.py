r"""Measures of a deformation gradient of row vectors, d = d0 J.

.. math:: \eta = \tfrac12 (J J^\mathsf{T} - 1), \qquad
    \eta_\mathrm{vol} = \tfrac13 \operatorname{tr} \eta, \qquad
    \eta_\mathrm{Mises}^2 = \eta_{xy}^2 + \eta_{yz}^2 + \eta_{xz}^2 +
        \tfrac16 [(\eta_{xx}-\eta_{yy})^2 + (\eta_{yy}-\eta_{zz})^2 + (\eta_{xx}-\eta_{zz})^2]

The volumetric strain is a third of the trace, neither the trace nor the change of volume, det J - 1. F. Shimizu,
S. Ogata and J. Li, Mater. Trans. 48, 2923 (2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import Result, check_shape, quantity

__all__ = ["StrainMeasures", "strain_measures"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class StrainMeasures(Result):
    """Measures of one gradient."""

    shear: float = quantity("1", "von Mises shear strain")
    volumetric: float = quantity("1", "volumetric strain, a third of the trace")
    trace: float = quantity("1", "trace of the strain tensor")
    det: float = quantity("1", "determinant of the gradient: volume over that of the reference")
    strain: Floats = quantity("1", "Green-Lagrange strain tensor", axes=("row", "column"))


def strain_measures(gradient: ArrayLike) -> StrainMeasures:
    """Measures of a homogeneous deformation.

    Parameters
    ----------
    gradient
        J of row vectors, shape ``(3, 3)``.

    Raises
    ------
    InputError
        If the shape is wrong or a value not finite.

    Examples
    --------
    A uniaxial strain of 7.5 % with its sides held shows up in every map that keeps it:

    >>> found = strain_measures([[1.075, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    >>> round(found.volumetric, 6), round(found.shear, 6)
    (0.025937, 0.044925)
    """
    j = check_shape(gradient, (3, 3), "gradient")
    off = j - np.eye(3)
    eta = 0.5 * (off + off.T + off @ off.T)
    deviator = eta - np.trace(eta) / 3.0 * np.eye(3)
    return StrainMeasures(
        shear=float(np.sqrt(0.5 * (deviator * deviator).sum())),
        volumetric=float(np.trace(eta)) / 3.0,
        trace=float(np.trace(eta)),
        det=float(np.linalg.det(j)),
        strain=eta,
    )

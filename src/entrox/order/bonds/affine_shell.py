r"""What homogeneous uniaxial strain alone does to bonds and to peaks of the pair distribution.

With strain eps along an axis and lateral contraction nu eps, an isotropic set of bonds of length r gets longer along
the axis by stretch and by rotation in the shares (1 - nu)/2 and (1 + nu)/2; its mean length moves by
r eps (1 - 2 nu)/3 and spreads by

.. math:: r \epsilon (1 + \nu) \sqrt{4/45}

To first order in eps. So bonds rotate in any affine stretch, and a first peak that does not move proves no rotation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import Result, check_all_positive, check_in_range, quantity

__all__ = ["AffineShell", "affine_shares", "affine_shell"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AffineShell(Result):
    """Peaks of an isotropic material under affine uniaxial strain."""

    r_angstrom: Floats = quantity("angstrom", "distance without strain", axes=("shell",))
    mean_shift_angstrom: Floats = quantity("angstrom", "shift of the mean over all directions", axes=("shell",))
    in_plane_shift_angstrom: Floats = quantity(
        "angstrom", "shift of the mean in a plane that holds the axis", axes=("shell",)
    )
    along_shift_angstrom: Floats = quantity("angstrom", "shift along the axis", axes=("shell",))
    across_shift_angstrom: Floats = quantity("angstrom", "shift normal to the axis", axes=("shell",))
    spread_angstrom: Floats = quantity("angstrom", "standard deviation over all directions", axes=("shell",))


def affine_shares(poisson_ratio: float) -> tuple[float, float]:
    """Shares of stretch and rotation in the elongation of an isotropic bond set.

    Parameters
    ----------
    poisson_ratio
        Lateral contraction over elongation; 0 where the sides are held.

    Examples
    --------
    >>> affine_shares(0.24)
    (0.38, 0.62)
    """
    nu = check_in_range(poisson_ratio, "poisson_ratio", low=-1.0, high=1.0)
    return (1.0 - nu) / 2.0, (1.0 + nu) / 2.0


def affine_shell(r_angstrom: ArrayLike, strain: float, poisson_ratio: float) -> AffineShell:
    """Shift and spread of peaks at given distances.

    Parameters
    ----------
    r_angstrom
        Distances, shape ``(n,)``.
    strain
        Elongation along the axis.
    poisson_ratio
        Lateral contraction over elongation.

    Raises
    ------
    InputError
        If a distance is not positive, or strain or ratio out of range.

    Examples
    --------
    >>> found = affine_shell([2.2, 3.7], 0.0408, 0.24)
    >>> float(found.mean_shift_angstrom[0].round(3)), float(found.spread_angstrom[1].round(3))
    (0.016, 0.056)
    """
    r = np.atleast_1d(check_all_positive(r_angstrom, "r_angstrom", "angstrom"))
    eps = check_in_range(strain, "strain", low=-1.0, high=1.0)
    nu = check_in_range(poisson_ratio, "poisson_ratio", low=-1.0, high=1.0)
    return AffineShell(
        r_angstrom=r,
        mean_shift_angstrom=r * eps * (1.0 - 2.0 * nu) / 3.0,
        in_plane_shift_angstrom=r * eps * (1.0 - nu) / 2.0,
        along_shift_angstrom=r * eps,
        across_shift_angstrom=-nu * r * eps,
        spread_angstrom=r * abs(eps) * (1.0 + nu) * np.sqrt(4.0 / 45.0),
    )

r"""How many independent numbers a data set can hold: R Qmax / pi, however fine its points.

Units: angstrom, 1/angstrom.
"""

from __future__ import annotations

import math

from entrox.core import check_integer, check_positive

__all__ = ["independent_data", "independent_data_warnings"]

FEW = 50
"""Below it a set cannot tell the partials of a perovskite apart up to 8 angstrom with Qmax = 20."""


def independent_data(radius_angstrom: float, qmax_per_angstrom: float) -> float:
    r"""Independent numbers in a correlation function known up to R and Qmax.

    .. math:: N = R \, Q_\mathrm{max} / \pi

    Parameters
    ----------
    radius_angstrom
        Largest distance fitted.
    qmax_per_angstrom
        Largest momentum transfer measured.

    Notes
    -----
    The sampling theorem: a function of r that ends at R and whose transform ends at Qmax is fixed by its values at
    steps of pi/Qmax. The transforms of one measurement hold the same numbers, not twice as many.

    Examples
    --------
    >>> round(independent_data(20.0, 35.0))
    223
    """
    radius = check_positive(radius_angstrom, "radius_angstrom", "angstrom")
    return radius * check_positive(qmax_per_angstrom, "qmax_per_angstrom", "1/angstrom") / math.pi


def independent_data_warnings(radius_angstrom: float, qmax_per_angstrom: float, n_atoms: int) -> tuple[str, ...]:
    """Say what the number of independent data means for a box; a warning if they are few.

    Parameters
    ----------
    radius_angstrom, qmax_per_angstrom
        As in :func:`independent_data`.
    n_atoms
        Atoms in the box.
    """
    number = independent_data(radius_angstrom, qmax_per_angstrom)
    coordinates = 3 * check_integer(n_atoms, "n_atoms", low=1)
    if number >= FEW:
        return ()
    return (
        f"too few independent numbers: R Qmax / pi = {number:.0f} for {coordinates} coordinates; only the coarsest "
        "distributions are determined by the data, the rest by start box and constraints",
    )

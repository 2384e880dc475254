r"""Size and strain from the widths of several orders.

.. math:: w(s) = \frac{0.9}{D} + 2 \varepsilon s

Size widens all rings alike, strain the outer ones more. Two orders fix the two numbers and leave nothing to judge them
by; that is said. Widths are intrinsic ones, and of Lorentzian shape where they add like this. In 1/nm and nm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_all_positive, quantity
from entrox.core.linear_fit import fit_linear
from entrox.microscopy.diffraction.crystallite_size import SCHERRER

__all__ = ["WilliamsonHall", "williamson_hall"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class WilliamsonHall(Result):
    """Line through widths; errors are None where two orders leave none."""

    size_nm: float | None = quantity("nm", "size; None where the line starts at or below zero")
    strain: float = quantity("1", "spread of the lattice parameter")
    strain_error: float | None = quantity("1", "standard error of the strain")
    start_inverse_nm: float = quantity("1/nm", "width at s = 0")
    start_error_inverse_nm: float | None = quantity("1/nm", "standard error of the width at s = 0")
    spare_points: int = quantity("1", "orders beyond the two that the line needs")
    warnings: tuple[str, ...] = ()


def williamson_hall(s_inverse_nm: ArrayLike, fwhm_inverse_nm: ArrayLike) -> WilliamsonHall:
    """Fit size and strain to intrinsic widths.

    Parameters
    ----------
    s_inverse_nm
        Radii of two or more rings, shape ``(n,)`` [1/nm].
    fwhm_inverse_nm
        Their intrinsic widths, shape ``(n,)`` [1/nm].

    Raises
    ------
    InputError
        If there are fewer than two rings, or a number is not positive.

    Examples
    --------
    >>> s = np.array([4.0, 8.0, 12.0])
    >>> found = williamson_hall(s, 0.9 / 5.0 + 2 * 0.01 * s)
    >>> round(found.size_nm, 6), round(found.strain, 6)
    (5.0, 0.01)
    """
    s, widths = check_all_positive(s_inverse_nm, "s_inverse_nm"), check_all_positive(fwhm_inverse_nm, "fwhm_inverse_nm")
    errors: tuple[float, float] | None
    if s.ndim != 1 or s.shape != widths.shape or len(s) < 2 or np.ptp(s) == 0.0:
        raise InputError(f"size and strain need the widths of two or more orders; got {s.shape} and {widths.shape}.")
    if len(s) == 2:
        slope = float((widths[1] - widths[0]) / (s[1] - s[0]))
        start, errors = float(widths[0] - slope * s[0]), None
        notes = ["two orders fix size and strain and leave no spare point: there is no error."]
    else:
        fit = fit_linear(np.column_stack([np.ones(len(s)), s]), widths)
        start, slope = (float(value) for value in fit.coefficients)
        errors = (float(fit.standard_errors[0]), float(fit.standard_errors[1]))
        notes = []
    if start <= 0.0:
        notes.append("the widths extrapolate to nothing at s = 0: no size can be told from strain alone.")
    return WilliamsonHall(
        size_nm=SCHERRER / start if start > 0.0 else None,
        strain=0.5 * slope,
        strain_error=None if errors is None else 0.5 * errors[1],
        start_inverse_nm=start,
        start_error_inverse_nm=None if errors is None else errors[0],
        spare_points=len(s) - 2,
        warnings=tuple(notes),
    )

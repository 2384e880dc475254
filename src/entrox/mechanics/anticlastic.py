"""Saddle of a bent strip: how far its width keeps it from contracting sideways, between E and E / (1 - nu^2).

Units: m, Pa.
"""

from __future__ import annotations

import math

from entrox.core import check_in_range, check_positive

__all__ = ["anticlastic_share"]

WIDE = 30.0
"""Width over the length of the edge from which hyperbolic functions are replaced by their limit."""


def anticlastic_share(width: float, thickness: float, radius: float, poisson: float) -> float:
    r"""Share of the strip, by width, that is free to curve across: one if narrow, zero if wide.

    .. math:: f = \frac{3}{2\beta}\,\frac{\cosh\beta - \cos\beta}{\sinh\beta + \sin\beta}
        + \frac{1}{2} \left[ 1 - \frac{\cosh^2\beta - \cos^2\beta}{(\sinh\beta + \sin\beta)^2} \right], \qquad
        \beta = \frac{w\,[3(1 - \nu^2)]^{1/4}}{\sqrt{R t}}

    Parameters
    ----------
    width, thickness, radius
        [m]; the radius of bending.
    poisson
        Poisson's ratio.

    Returns
    -------
    float
        The moment over curvature has the modulus ``E / (1 - nu^2) * (1 - f nu^2)``: E for f = 1.

    Raises
    ------
    InputError
        If a length is not positive or the ratio is out of (-1, 0.5).

    Notes
    -----
    The section across the bend is a beam on the elastic bed that the hoop stress makes, with free edges; the
    saddle stays within :math:`\sqrt{R t}` of them. The moment is the slope of its energy with curvature. Uniform
    bending and R much larger than t are assumed. Searle (1908); Ashwell, J. R. Aeronaut. Soc. 54, 708 (1950).

    Examples
    --------
    >>> round(anticlastic_share(8e-6, 0.4e-6, 4.167e-6, 0.24), 3)
    0.187
    >>> round(anticlastic_share(0.1e-6, 0.4e-6, 1e-3, 0.24), 6)
    1.0
    """
    check_positive(width, "width", "m")
    check_in_range(poisson, "Poisson's ratio", low=-1.0, high=0.5, low_open=True, high_open=True)
    scale = math.sqrt(check_positive(radius, "radius", "m") * check_positive(thickness, "thickness", "m"))
    beta: float = width * (3.0 * (1.0 - poisson**2)) ** 0.25 / scale
    if beta > WIDE:
        return 1.5 / beta
    if beta < 1e-3:  # the difference would cancel; the next term is of fourth order
        return 1.0
    even, odd = math.cosh(beta) - math.cos(beta), math.sinh(beta) + math.sin(beta)
    return 1.5 * even / (beta * odd) + 0.5 * (1.0 - even * (math.cosh(beta) + math.cos(beta)) / odd**2)

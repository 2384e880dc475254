"""Four strains of a bent face, always side by side, and the conversions between them.

Strains are fractions. At 5 % they differ by 2 % of their value: a quoted strain without its measure is no number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from entrox.core import InputError, Result, check_in_range, quantity
from entrox.core.units import PERCENT

__all__ = ["LARGEST_STRAIN", "MEASURES_OF_STRAIN", "FaceStrain", "check_strain", "face_strain", "nominal_strain"]

MEASURES_OF_STRAIN = ("mid_line", "nominal", "logarithmic", "green")
LARGEST_STRAIN = 0.2
"""Theory of thin films is left beyond."""


@dataclass(frozen=True, kw_only=True)
class FaceStrain(Result):
    """Strain of one face at its most strained place, by every definition."""

    mid_line: float = quantity("1", "curvature of the mid-line times the distance of the face")
    nominal: float = quantity("1", "stretch of the outer fiber minus one")
    logarithmic: float = quantity("1", "logarithm of the stretch")
    green: float = quantity("1", "Green's strain")
    gauss_point: float | None = quantity("1", "strain at the integration point next to the face", default=None)


def face_strain(curvature: float, distance: float) -> FaceStrain:
    """Strains of a face of an inextensible film.

    Parameters
    ----------
    curvature
        [1/m]; positive stretches the face.
    distance
        Of the face from the neutral axis [m], negative inside.

    Raises
    ------
    InputError
        If the face is strained by more than 20 %.

    Examples
    --------
    >>> found = face_strain(0.24e6, 0.2e-6)
    >>> print(f"{found.nominal:.4f} {found.logarithmic:.4f} {found.green:.4f}")
    0.0480 0.0469 0.0492
    """
    nominal = curvature * distance
    check_strain(nominal)
    return FaceStrain(
        mid_line=nominal, nominal=nominal, logarithmic=math.log1p(nominal), green=nominal + 0.5 * nominal**2
    )


def nominal_strain(strain: float, measure: str = "mid_line") -> float:
    """Stretch minus one of a strain that is given in another measure.

    Examples
    --------
    >>> round(nominal_strain(0.047, "logarithmic"), 5)
    0.04812
    """
    if measure not in MEASURES_OF_STRAIN:
        raise InputError(f"measure must be one of {', '.join(MEASURES_OF_STRAIN)}; got {measure!r}.")
    check_in_range(strain, "strain", low=0.0, low_open=True)
    if measure == "logarithmic":
        nominal = math.expm1(strain)
    else:
        nominal = math.sqrt(1.0 + 2.0 * strain) - 1.0 if measure == "green" else strain
    check_strain(nominal)
    return nominal


def check_strain(nominal: float) -> None:
    """Raise InputError if a strain lies beyond theory of thin films."""
    if abs(nominal) > LARGEST_STRAIN * (1.0 + 1e-12):
        raise InputError(
            f"a face would be strained by {nominal * PERCENT:.4g} %; theory of thin films holds to "
            f"{LARGEST_STRAIN * PERCENT:g} %. Take a thinner film or a smaller load."
        )

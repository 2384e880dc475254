r"""Sizes of crystals from the widths of rings, and when there is none.

.. math:: D = \frac{0.9}{w_\mathrm{intrinsic}}

What the instrument adds must be known from a reference with large crystals: without it there is no size, only the width
that was seen. How widths add depends on the shape of the lines, which is an uncertainty of its own: Gaussians as
squares, Lorentzians linearly, pseudo-Voigts in between. Strain and lines that overlap widen rings too, so that sizes
are lower bounds in this respect. Widths and s in 1/nm, sizes in nm.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal, get_args

from entrox.core import InputError, Result, check_in_range, check_positive, nearest_names, quantity
from entrox.core.units import NANOMETER_PER_ANGSTROM
from entrox.microscopy.simulation.multislice import electron_wavelength

__all__ = [
    "SCHERRER", "CrystalliteSize", "LineShape", "crystallite_size", "disc_diameter_inverse_nm", "intrinsic_fwhm",
]  # fmt: skip

LineShape = Literal["gaussian", "lorentzian", "pseudo-voigt"]
SCHERRER = 0.9
"""Shape factor of the width at half height."""
BOUND_SIGMA = 1.96
# P. Thompson, D. E. Cox and J. B. Hastings, J. Appl. Cryst. 20, 79 (1987)
WIDTH_TERMS = (1.0, 2.69269, 2.42843, 4.47163, 0.07842, 1.0)
MIXING_TERMS = (1.36603, -0.47719, 0.11116)


@dataclass(frozen=True, kw_only=True)
class CrystalliteSize(Result):
    """What the width of one ring says; ``reason`` where it says no size.

    A width that does not exceed that of the reference gives a lower bound: the size above which the ring, within its
    error, would not be wider.
    """

    fwhm_inverse_nm: float = quantity("1/nm", "observed width")
    reference_inverse_nm: float | None = quantity("1/nm", "width of the reference", default=None)
    shape: str = "gaussian"
    intrinsic_fwhm_inverse_nm: float | None = quantity("1/nm", "width of the sample", default=None)
    size_nm: float | None = quantity("nm", "size", default=None)
    size_low_nm: float | None = quantity("nm", "95 percent interval, low", default=None)
    size_high_nm: float | None = quantity("nm", "95 percent interval, high; None: no upper limit", default=None)
    size_gaussian_nm: float | None = quantity("nm", "size if all lines are Gaussian", default=None)
    size_lorentzian_nm: float | None = quantity("nm", "size if all lines are Lorentzian", default=None)
    reason: str = ""


def disc_diameter_inverse_nm(convergence_mrad: float, energy_kv: float) -> float:
    """Diameter of the discs of a convergent beam, 2 alpha / lambda [1/nm].

    Parameters
    ----------
    convergence_mrad
        Half angle of the cone [mrad].
    energy_kv
        Acceleration [kV].

    Examples
    --------
    >>> round(disc_diameter_inverse_nm(1.2, 300.0), 2)
    1.22
    """
    check_in_range(convergence_mrad, "convergence_mrad", low=0.0, unit="mrad")
    return 2e-3 * convergence_mrad / (electron_wavelength(energy_kv) * NANOMETER_PER_ANGSTROM)


def _check_shape(shape: str) -> None:
    if shape not in get_args(LineShape):
        raise InputError(f"There is no line shape {shape!r}; {nearest_names(shape, get_args(LineShape))}.")


def intrinsic_fwhm(width: float, reference: float, shape: LineShape = "gaussian", mixing: float = 0.5) -> float:
    r"""Width of the sample from that of the ring and that of a reference; zero where the ring is not wider.

    Parameters
    ----------
    width, reference
        Full widths at half height, in one unit.
    shape
        ``"gaussian"`` :math:`\sqrt{w^2 - w_0^2}`, ``"lorentzian"`` :math:`w - w_0`, ``"pseudo-voigt"``: the Gaussian
        and the Lorentzian part are subtracted each in its way.
    mixing
        Share of the Lorentzian of both lines, for the last.

    Raises
    ------
    InputError
        If a width is not positive, or the shape is unknown.

    Notes
    -----
    The parts of a pseudo-Voigt follow P. Thompson, D. E. Cox and J. B. Hastings, J. Appl. Cryst. 20, 79 (1987).

    Examples
    --------
    >>> [round(0.9 / intrinsic_fwhm(0.65, 0.44, shape), 2) for shape in ("gaussian", "lorentzian")]
    [1.88, 4.29]
    """
    wide, base = check_positive(width, "width"), check_positive(reference, "reference")
    _check_shape(shape)
    share = check_in_range(mixing, "mixing", low=0.0, high=1.0)
    if wide <= base:
        return 0.0
    if shape == "gaussian":
        return math.sqrt(wide**2 - base**2)
    if shape == "lorentzian":
        return wide - base
    gauss, lorentz = _parts(share)
    difference = wide - base, math.sqrt(wide**2 - base**2)
    return _voigt_width(gauss * difference[1], lorentz * difference[0])


def _voigt_width(gauss: float, lorentz: float) -> float:
    """Width of the convolution of a Gaussian and a Lorentzian."""
    return float(sum(c * gauss ** (5 - k) * lorentz**k for k, c in enumerate(WIDTH_TERMS)) ** 0.2)


def _parts(mixing: float) -> tuple[float, float]:
    """Widths of Gaussian and Lorentzian of a pseudo-Voigt of width one."""
    from scipy.optimize import brentq

    if mixing in (0.0, 1.0):
        return 1.0 - mixing, mixing

    def excess(lorentz: float) -> float:
        return float(sum(c * lorentz ** (k + 1) for k, c in enumerate(MIXING_TERMS)) - mixing)

    lorentz = min(float(brentq(excess, 0.0, 1.0)), 1.0)
    gauss = brentq(lambda part: _voigt_width(part, lorentz) - 1.0, 0.0, 1.0) if lorentz < 1.0 else 0.0
    return float(gauss), lorentz


def crystallite_size(
    fwhm_inverse_nm: float,
    reference_inverse_nm: float | None,
    *,
    fwhm_error_inverse_nm: float = 0.0,
    reference_error_inverse_nm: float = 0.0,
    shape: LineShape = "gaussian",
    mixing: float = 0.5,
    disc_inverse_nm: float = 0.0,
) -> CrystalliteSize:
    """Size of crystals from the width of a ring.

    Parameters
    ----------
    fwhm_inverse_nm
        Full width at half height of the ring [1/nm].
    reference_inverse_nm
        That of a reference with large crystals under the same conditions; None: no size is given [1/nm].
    fwhm_error_inverse_nm, reference_error_inverse_nm
        Standard errors of both [1/nm].
    shape, mixing
        As of :func:`intrinsic_fwhm`; sizes of the two pure shapes are given beside it.
    disc_inverse_nm
        Diameter of the discs of a convergent beam (:func:`disc_diameter_inverse_nm`); rings are no narrower [1/nm].

    Raises
    ------
    InputError
        If a width is not positive, an error negative, or the shape is unknown.

    Examples
    --------
    >>> crystallite_size(0.44, None).size_nm is None
    True
    >>> round(crystallite_size(0.51, 0.44).size_nm, 2)
    3.49
    """
    width = check_positive(fwhm_inverse_nm, "fwhm_inverse_nm", "1/nm")
    error = check_in_range(fwhm_error_inverse_nm, "fwhm_error_inverse_nm", low=0.0, unit="1/nm")
    base_error = check_in_range(reference_error_inverse_nm, "reference_error_inverse_nm", low=0.0, unit="1/nm")
    _check_shape(shape)
    if reference_inverse_nm is None:
        return CrystalliteSize(fwhm_inverse_nm=width, shape=shape, reason=NO_REFERENCE)
    base = check_positive(reference_inverse_nm, "reference_inverse_nm", "1/nm")
    seen = CrystalliteSize(fwhm_inverse_nm=width, reference_inverse_nm=base, shape=shape)
    if check_in_range(disc_inverse_nm, "disc_inverse_nm", low=0.0, unit="1/nm") > width:
        reason = f"the discs of the convergent beam, {disc_inverse_nm:.3g} 1/nm wide, exceed the width of the ring."
        return dataclasses.replace(seen, reason=reason)
    spread = BOUND_SIGMA * math.hypot(error, base_error)
    narrow, wide = (intrinsic_fwhm(max(width + sign * spread, 1e-12), base, shape, mixing) for sign in (-1.0, 1.0))
    own = intrinsic_fwhm(width, base, shape, mixing)
    low = SCHERRER / wide if wide > 0.0 else None
    if own == 0.0:
        bound = (
            ""
            if low is not None
            else " It is narrower by more than their errors: not even a lower bound follows. Was the "
            "reference taken under the same conditions?"
        )
        return dataclasses.replace(seen, size_low_nm=low, reason=f"the ring is not wider than the reference.{bound}")
    return dataclasses.replace(
        seen,
        intrinsic_fwhm_inverse_nm=own,
        size_nm=SCHERRER / own,
        size_low_nm=low,
        size_high_nm=SCHERRER / narrow if narrow > 0.0 else None,
        size_gaussian_nm=SCHERRER / intrinsic_fwhm(width, base, "gaussian"),
        size_lorentzian_nm=SCHERRER / intrinsic_fwhm(width, base, "lorentzian"),
    )


NO_REFERENCE = (
    "no width of a reference was given, and a width without it is that of the instrument too: give that of a sample "
    "with large crystals (--reference-width-inverse-nm)."
)

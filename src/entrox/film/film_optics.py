r"""Transmittance of an absorbing film on a thick transparent substrate, and its inversion from interference fringes.

.. math:: T = \frac{A x}{B - C x \cos \varphi + D x^2}, \quad A = 16 n^2 s, \; B = (n + 1)^3 (n + s^2), \;
    C = 2 (n^2 - 1)(n^2 - s^2), \; D = (n - 1)^3 (n - s^2)

with :math:`\varphi = 4 \pi n d / \lambda` and :math:`x = e^{-\alpha d}`; light in the substrate adds up without phase.
Swanepoel, J. Phys. E 16, 1214 (1983). Lengths in m.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import find_peaks

from entrox.core.checks import check_all_positive, check_finite, check_in_range, check_positive
from entrox.core.errors import InputError
from entrox.core.result import Result, quantity

__all__ = [
    "Fringes",
    "absorption_of_index",
    "film_absorption",
    "film_transmittance",
    "fit_fringes",
    "fringe_extrema",
    "substrate_index",
    "swanepoel",
]

Floats = NDArray[np.float64]

PROMINENCE = 0.01
"""An extremum stands out of its surroundings by more than this."""
PROMINENCE_OVER_NOISE = 7.0
"""And by more than this times the scatter from point to point, or noise makes extrema."""
FEWEST = 3
_SPAN = 5


def film_transmittance(
    wavelength_m: ArrayLike,
    index: ArrayLike,
    thickness_m: float,
    substrate: ArrayLike = 1.52,
    absorption: ArrayLike = 0.0,
) -> Floats:
    """Transmittance of film and substrate.

    Parameters
    ----------
    wavelength_m
        Shape ``(n,)``.
    index, substrate
        Refractive indices, numbers or one for each wavelength.
    thickness_m
        Of the film.
    absorption
        alpha [1/m], number or one for each wavelength.

    Examples
    --------
    >>> found = film_transmittance([920e-9, 736e-9], 2.3, 400e-9)
    >>> round(float(found[0]), 5), round(float(found[1]), 5)
    (0.91832, 0.67278)
    """
    wavelength = check_all_positive(wavelength_m, "wavelength_m", "m")
    n, s = check_all_positive(index, "index"), check_all_positive(substrate, "substrate")
    depth = check_positive(thickness_m, "thickness_m", "m")
    x = np.exp(-check_finite(absorption, "absorption") * depth)
    return np.asarray(swanepoel(n, s, np.cos(4.0 * np.pi * n * depth / wavelength), x))


def swanepoel(n: Any, s: Any, cosine: Any, x: Any) -> Any:
    """Transmittance from index, substrate index, cosine of the phase and share let through; nothing is checked."""
    a, b = 16.0 * n**2 * s, (n + 1.0) ** 3 * (n + s**2)
    c, d = 2.0 * (n**2 - 1.0) * (n**2 - s**2), (n - 1.0) ** 3 * (n - s**2)
    return a * x / (b - c * x * cosine + d * x**2)


def film_absorption(
    wavelength_m: ArrayLike, transmittance: ArrayLike, fringes: Fringes, substrate: ArrayLike
) -> Floats:
    """Absorption from the whole formula: fringes do not show in it [1/m].

    The index between and beyond the extrema is Cauchy's a + b / lambda^2 through them.

    Parameters
    ----------
    wavelength_m, transmittance
        Shape ``(n,)``; where T is not above zero the absorption is infinite.
    fringes
        Thickness and index at the extrema.
    substrate
        Refractive index of the substrate.

    Returns
    -------
    numpy.ndarray
        alpha, shape ``(n,)``; slightly negative where noise lifts T.
    """
    wavelength, values = (
        check_all_positive(wavelength_m, "wavelength_m", "m"),
        check_finite(transmittance, "transmittance"),
    )
    s = check_all_positive(substrate, "substrate")
    slope, constant = np.polyfit(fringes.extrema**-2.0, fringes.index, 1)
    return absorption_of_index(wavelength, values, constant + slope * wavelength**-2.0, fringes.thickness, s)


def absorption_of_index(
    wavelength_m: ArrayLike, transmittance: ArrayLike, index: ArrayLike, thickness_m: float, substrate: ArrayLike
) -> Floats:
    """Absorption of a film of known index and thickness [1/m].

    Parameters
    ----------
    wavelength_m, transmittance, index
        Shape ``(n,)``; where T is not above zero the absorption is infinite.
    thickness_m
        Of the film.
    substrate
        Refractive index of the substrate.

    Examples
    --------
    >>> measured = film_transmittance([500e-9], 2.3, 400e-9, 1.52, 1e6)
    >>> absorption_of_index([500e-9], measured, [2.3], 400e-9, 1.52).round().tolist()
    [1000000.0]
    """
    wavelength = check_all_positive(wavelength_m, "wavelength_m", "m")
    values = np.maximum(check_finite(transmittance, "transmittance"), 0.0)
    n, s = check_all_positive(index, "index"), check_all_positive(substrate, "substrate")
    depth = check_positive(thickness_m, "thickness_m", "m")
    phase = 4.0 * np.pi * n * depth / wavelength
    a, b = 16.0 * n**2 * s, (n + 1.0) ** 3 * (n + s**2)
    c, d = 2.0 * (n**2 - 1.0) * (n**2 - s**2), (n - 1.0) ** 3 * (n - s**2)
    linear = values * c * np.cos(phase) + a
    root = np.sqrt(np.maximum(linear**2 - 4.0 * values**2 * b * d, 0.0))
    share = 2.0 * values * b / (linear + root)
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log(share) / depth)


def substrate_index(transmittance: ArrayLike) -> Floats:
    """Refractive index of a bare transparent sheet from its transmittance.

    Examples
    --------
    >>> round(float(substrate_index(2.0 * 1.52 / (1.52**2 + 1.0))), 6)
    1.52
    """
    inverse = 1.0 / np.asarray(transmittance, dtype=float)
    return np.asarray(inverse + np.sqrt(np.maximum(inverse**2 - 1.0, 0.0)))


@dataclass(frozen=True, kw_only=True)
class Fringes(Result):
    """What interference says of the film."""

    extrema: Floats = quantity("m", "wavelengths of the extrema, falling", axes=("extremum",))
    order: Floats = quantity("1", "order m of 2 n d = m lambda", axes=("extremum",))
    index: Floats = quantity("1", "refractive index at the extrema", axes=("extremum",))
    upper: Floats = quantity("1", "envelope of the maxima there", axes=("extremum",))
    lower: Floats = quantity("1", "envelope of the minima there", axes=("extremum",))
    thickness: float = quantity("m", "thickness")
    thickness_error: float = quantity("m", "standard deviation over the extrema")


def fringe_extrema(wavelength_m: Floats, transmittance: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Wavelengths and heights of the extrema, rising, and which are maxima; by a parabola through the points around."""
    places: list[tuple[float, float, bool]] = []
    prominence = max(PROMINENCE, PROMINENCE_OVER_NOISE * _noise(transmittance))
    found = [find_peaks(sign * transmittance, prominence=prominence)[0] for sign in (1.0, -1.0)]
    turns = [int(peak) for peaks in found for peak in peaks]
    for peaks, maximum in zip(found, (True, False), strict=True):
        for peak in peaks:
            # narrow fringes: not farther than a third of the way to the next extremum
            near = min((abs(int(other) - int(peak)) for other in turns if other != peak), default=3 * _SPAN)
            span = int(np.clip(near // 3, 1, _SPAN))
            part = slice(max(int(peak) - span, 0), int(peak) + span + 1)
            center = wavelength_m[peak]
            x = (wavelength_m[part] - center) / center
            curve = np.polynomial.Polynomial.fit(x, transmittance[part], 2).convert()
            coefficients = np.pad(curve.coef, (0, max(0, 3 - len(curve.coef))))
            shift = -0.5 * coefficients[1] / coefficients[2] if coefficients[2] != 0.0 else 0.0
            shift = float(np.clip(shift, x[0], x[-1]))
            corner = bool((np.abs(curve(x) - transmittance[part]) > prominence).any())
            if corner and peak == min(turns):
                continue  # where absorption sets in the first fringe has a corner instead of a top
            places.append((float(center * (1.0 + shift)), float(curve(shift)), maximum))
    places.sort()
    if not places:
        return np.array([]), np.array([]), np.array([], dtype=bool)
    wavelengths, heights, maxima = zip(*places, strict=True)
    return np.array(wavelengths), np.array(heights), np.array(maxima)


def _noise(transmittance: Floats) -> float:
    """Scatter from point to point: fourth differences take out what is smooth."""
    if len(transmittance) < 5:
        return 0.0
    return float(np.median(np.abs(np.diff(transmittance, 4))) / (0.6745 * np.sqrt(70.0)))


def fit_fringes(
    wavelength_m: Floats, transmittance: Floats, substrate: float, thickness_m: float | None = None
) -> Fringes:
    """Thickness and refractive index from the extrema of a transparent range.

    Parameters
    ----------
    wavelength_m, transmittance
        Rising wavelengths, shape ``(n,)``.
    substrate
        Refractive index of the substrate.
    thickness_m
        If known; needed with fewer than three extrema.

    Raises
    ------
    InputError
        If there are too few extrema.
    """
    s = check_in_range(substrate, "substrate", low=1.0)
    places, heights, maxima = fringe_extrema(wavelength_m, transmittance)
    if len(places) < FEWEST or maxima.all() or not maxima.any():
        raise InputError(f"{len(places)} extrema: fringes need {FEWEST}, of both kinds. Give the thickness instead.")
    upper = np.interp(places, places[maxima], heights[maxima])
    lower = np.interp(places, places[~maxima], heights[~maxima])
    # without absorption one of the envelopes is that of the bare substrate: the upper one of a denser film
    bare = 2.0 * s / (s**2 + 1.0)
    denser = 0.5 * (upper[-1] + lower[-1]) < bare
    sign = 1.0 if denser else -1.0
    contrast = sign * 2.0 * s * (upper - lower) / (upper * lower) + 0.5 * (s**2 + 1.0)
    index = np.sqrt(contrast + np.sqrt(np.maximum(contrast**2 - s**2, 0.0)))
    places, index, upper, lower = (item[::-1] for item in (places, index, upper, lower))
    maxima = maxima[::-1]
    steps = 0.5 * np.arange(len(places))
    if thickness_m is None:
        slope, _ = np.polyfit(index / places, steps, 1)
        rough = 0.5 * float(slope)
    else:
        rough = thickness_m
    first = float(np.mean(2.0 * rough * index / places - steps))
    # a maximum of a film denser than its substrate has a whole order
    whole = bool(maxima[0]) == denser
    first = round(first) if whole else round(first - 0.5) + 0.5
    order = np.maximum(first, 0.5) + steps
    depths = order * places / (2.0 * index)
    depth = float(depths.mean()) if thickness_m is None else thickness_m
    return Fringes(
        extrema=places, order=order, index=order * places / (2.0 * depth), upper=upper, lower=lower, thickness=depth,
        thickness_error=float(depths.std(ddof=1)) / np.sqrt(len(depths)),
    )  # fmt: skip

r"""Pair distribution of a glass from its electron diffraction.

.. math:: I(s) = N \langle f^2 \rangle + C + N \langle f \rangle^2 \frac{\phi(s)}{2 \pi s}, \qquad
   G(r) = \frac{2}{\pi} \int \phi(Q)\, w(Q) \sin(Qr)\, dQ, \quad Q = 2 \pi s

N and C are fitted where the rings have died away. What is left of the background is slow in s, and so shows in G below
the first distance only; a polynomial with odd powers takes it off. The window :math:`w = e^{-b Q^2}` turns the end of
the data into a width: a peak of G has at least the standard deviation :math:`\sqrt{2b}`. G is ``G_pdf`` of the room
scattering, 4 pi rho r (g - 1) with electron weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_in_range, check_integer, check_positive, nearest_names, quantity
from entrox.microscopy.diffraction.diffraction_curve import DiffractionCurve
from entrox.microscopy.diffraction.mean_factors import mean_factors
from entrox.microscopy.diffraction.pdf_peaks import PdfPeak, find_pdf_peaks, with_errors
from entrox.order.sine_transform import gaussian_window, lorch_window, sine_transform

__all__ = ["PDF_WINDOWS", "ElectronPdf", "PdfSettings", "electron_pdf"]

Floats = NDArray[np.float64]

PDF_WINDOWS = ("gaussian", "lorch", "none")
TAIL_SHARE = 0.5
"""Start of the default tail over its end."""
FEWEST_TAIL = 20
NOISE_POINTS = 15
NOISE_SIGMA = 3.0
SCAN_ENDS = (0.8, 0.9, 1.0)
SCAN_DAMPING = (0.5, 1.0, 2.0)
SCAN_POINTS_PER_PERIOD = 8.0


@dataclass(frozen=True)
class PdfSettings:
    """How a profile becomes a pair distribution.

    Parameters
    ----------
    s_min_per_angstrom, s_max_per_angstrom
        Ends of the integral; those of the data if None [1/angstrom].
    tail_per_angstrom
        Where N and C are fitted; from half of ``s_max`` to ``s_max`` if None [1/angstrom].
    damping_square_angstrom
        b of the window exp(-b Q^2) [angstrom^2].
    window
        ``"gaussian"``, ``"lorch"`` or ``"none"``.
    polynomial_order
        Highest power, odd, of the polynomial that is taken off, up to 5 (6 counts as 5); none at 0.
    factors
        ``"lobato"`` or ``"mott-bethe"``.
    r_max_angstrom, r_step_angstrom
        Grid of G [angstrom].
    """

    s_min_per_angstrom: float | None = None
    s_max_per_angstrom: float | None = None
    tail_per_angstrom: tuple[float, float] | None = None
    damping_square_angstrom: float = 0.02
    window: str = "gaussian"
    polynomial_order: int = 5
    factors: str = "lobato"
    r_max_angstrom: float = 10.0
    r_step_angstrom: float = 0.02

    def __post_init__(self) -> None:
        if self.window not in PDF_WINDOWS:
            raise InputError(f"There is no window {self.window!r}; {nearest_names(self.window, PDF_WINDOWS)}.")
        check_integer(self.polynomial_order, "polynomial_order", low=0, high=6)
        check_in_range(self.damping_square_angstrom, "damping_square_angstrom", low=0.0, unit="angstrom^2")
        check_positive(self.r_step_angstrom, "r_step_angstrom", "angstrom")
        if not self.r_max_angstrom > 10.0 * self.r_step_angstrom:
            raise InputError(f"r_max_angstrom must be more than ten steps; got {self.r_max_angstrom:g}.")


@dataclass(frozen=True, kw_only=True)
class ElectronPdf(Result):
    """Pair distribution, what went into it, and its peaks with the band over the choices of the reduction.

    ``ripple`` is the scatter of G below the first distance, where there are no pairs: what is no larger is no peak.
    """

    r: Floats = quantity("angstrom", "distance", axes=("r",))
    g_pdf: Floats = quantity("1/angstrom^2", "reduced pair distribution", axes=("r",))
    s_per_angstrom: Floats = quantity("1/angstrom", "s", axes=("point",))
    intensity: Floats = quantity("counts", "intensity", axes=("point",))
    atomic: Floats = quantity("counts", "fitted scattering of single atoms and offset", axes=("point",))
    phi: Floats = quantity("1/angstrom", "reduced structure function", axes=("point",))
    scale_n: float = quantity("counts/angstrom^2", "scale N of the atomic scattering")
    offset_c: float = quantity("counts", "offset C")
    tail_per_angstrom: Floats = quantity("1/angstrom", "ends of the tail", axes=("end",))
    ripple: float = quantity("1/angstrom^2", "scatter of G below the first distance")
    settings: PdfSettings = PdfSettings()
    peaks: tuple[PdfPeak, ...] = ()
    warnings: tuple[str, ...] = ()


def electron_pdf(
    curve: DiffractionCurve,
    composition: str | Mapping[str, float],
    settings: PdfSettings | None = None,
    *,
    error_band: bool = True,
) -> ElectronPdf:
    """Turn a profile into a pair distribution.

    Parameters
    ----------
    curve
        Intensity against s.
    composition
        Formula, or amounts by element.
    settings
        Choices of the reduction.
    error_band
        Repeat the reduction with other ends of the data, damping, and without the polynomial, for the errors of the
        peaks.

    Raises
    ------
    InputError
        If the ends or the tail lie outside the data or where there is only noise, or an element has no form factor.
    """
    chosen = settings or PdfSettings()
    s, intensity, noise, notes = _range(curve, chosen)
    square, mean = mean_factors(composition, s, chosen.factors)
    r = chosen.r_step_angstrom * np.arange(
        1, round(chosen.r_max_angstrom / chosen.r_step_angstrom) + 1, dtype=np.float64
    )
    tail = _tail(s, intensity, chosen)
    first = _reduced((s, intensity, noise, square, mean), tail, chosen)
    g = _transformed(s, first.phi, r, chosen)
    peaks, ripple = find_pdf_peaks(r, g)
    if error_band:
        peaks = with_errors(peaks, _band((s, intensity, noise, square, mean), r, chosen))
    if first.scale <= 0.0:
        raise InputError(
            f"the tail from s = {tail[0]:.3g} to {tail[1]:.3g} 1/angstrom does not fall as atoms scatter (N = "
            f"{first.scale:.3g}). Is s = Q/(2 pi)? Check the step of s and the tail."
        )
    return ElectronPdf(
        r=r,
        g_pdf=g,
        s_per_angstrom=s,
        intensity=intensity,
        atomic=first.scale * square + first.offset,
        phi=first.phi,
        scale_n=first.scale,
        offset_c=first.offset,
        tail_per_angstrom=np.array(tail),
        ripple=ripple,
        settings=chosen,
        peaks=tuple(peaks),
        warnings=(*curve.warnings, *notes),
    )


@dataclass(frozen=True)
class _Reduced:
    """Reduced structure function and the fit of the tail."""

    phi: Floats
    scale: float
    offset: float


def _range(curve: DiffractionCurve, settings: PdfSettings) -> tuple[Floats, Floats, Floats, list[str]]:
    """Points of the integral with their weights."""
    s = curve.s_per_angstrom
    low = s[0] if settings.s_min_per_angstrom is None else settings.s_min_per_angstrom
    high = s[-1] if settings.s_max_per_angstrom is None else settings.s_max_per_angstrom
    step = float(np.median(np.diff(s)))
    if low < s[0] - step or high > s[-1] + step or high <= low:
        raise InputError(
            f"the ends of the integral must lie in the data, s = {s[0]:.4g} to {s[-1]:.4g} 1/angstrom; got {low:g} to "
            f"{high:g}."
        )
    used = (s >= low - 1e-9) & (s <= high + 1e-9)
    if used.sum() < 2 * FEWEST_TAIL:
        raise InputError(f"{int(used.sum())} points are too few for a pair distribution; {2 * FEWEST_TAIL} are needed.")
    error = curve.standard_error
    positive = np.maximum(curve.intensity, 1e-6 * float(np.max(curve.intensity)))
    # without errors those of counting: they grow as the root of the intensity
    noise = np.sqrt(positive) if error is None else np.maximum(error, 1e-6 * positive)
    notes = []
    if step * settings.r_max_angstrom > 0.5:
        notes.append(
            f"steps of {step:.3g} 1/angstrom resolve distances up to {0.5 / step:.3g} angstrom only; r_max is beyond."
        )
    return s[used], curve.intensity[used], noise[used], notes


def _tail(s: Floats, intensity: Floats, settings: PdfSettings) -> tuple[float, float]:
    end = _end_of_signal(s, intensity)
    low, high = settings.tail_per_angstrom or (TAIL_SHARE * min(float(s[-1]), end), min(float(s[-1]), end))
    inside = (s >= low) & (s <= high)
    if low < s[0] - 1e-9 or high > s[-1] + 1e-9 or high > end * (1.0 + 1e-9) or inside.sum() < FEWEST_TAIL:
        raise InputError(
            f"the tail must lie between s = {s[0]:.4g} and {min(float(s[-1]), end):.4g} 1/angstrom, where there are "
            f"data above their noise, and hold {FEWEST_TAIL} points; got {low:.4g} to {high:.4g}."
        )
    return float(low), float(high)


def _end_of_signal(s: Floats, intensity: Floats) -> float:
    """Last s at which the intensity exceeds its noise from point to point."""
    kernel = np.ones(NOISE_POINTS) / NOISE_POINTS
    # third differences take smooth curves away; 20 is the sum of the squares of their coefficients
    rough = np.convolve(np.diff(intensity, 3, prepend=intensity[:1], append=intensity[-2:]) ** 2 / 20.0, kernel, "same")
    level = np.convolve(intensity, kernel, "same")
    above = level[NOISE_POINTS:-NOISE_POINTS] > NOISE_SIGMA * np.sqrt(rough[NOISE_POINTS:-NOISE_POINTS])
    if not above.any():
        return float(s[0])
    last = int(np.flatnonzero(above)[-1])
    return float(s[-1]) if last == len(above) - 1 else float(s[last + NOISE_POINTS])


def _reduced(
    data: tuple[Floats, Floats, Floats, Floats, Floats], tail: tuple[float, float], settings: PdfSettings
) -> _Reduced:
    s, intensity, noise, square, mean = data
    inside = (s >= tail[0] - 1e-9) & (s <= tail[1] + 1e-9)
    weight = 1.0 / noise[inside]
    columns = np.column_stack([square[inside], np.ones(int(inside.sum()))])
    found = np.linalg.lstsq(columns * weight[:, None], intensity[inside] * weight, rcond=None)[0]
    scale, offset = float(found[0]), float(found[1])
    phi = 2.0 * np.pi * s * (intensity - scale * square - offset) / (scale * mean)
    return _Reduced(_without_polynomial(s, phi, settings.polynomial_order), scale, offset)


def _without_polynomial(s: Floats, phi: Floats, order: int) -> Floats:
    if order == 0:
        return phi
    powers = (s[:, None] / s[-1]) ** np.arange(1, order + 1, 2)
    return np.asarray(phi - powers @ np.linalg.lstsq(powers, phi, rcond=None)[0])


def _transformed(s: Floats, phi: Floats, r: Floats, settings: PdfSettings) -> Floats:
    q = 2.0 * np.pi * s
    if settings.window == "gaussian":
        phi = phi * gaussian_window(q, settings.damping_square_angstrom)
    elif settings.window == "lorch":
        phi = phi * lorch_window(q, float(q[-1]))
    return np.asarray(2.0 / np.pi * sine_transform(q, phi, r))


def _band(data: tuple[Floats, Floats, Floats, Floats, Floats], r: Floats, settings: PdfSettings) -> list[list[PdfPeak]]:
    """Peaks with other ends of the data and so of the tail, other damping, and with and without the polynomial."""
    s = data[0]
    # eight points in the period of the longest distance are enough for a band
    stride = max(1, int(1.0 / (SCAN_POINTS_PER_PERIOD * r[-1] * float(np.median(np.diff(s))))))
    thin = r[:: max(1, round(0.02 / settings.r_step_angstrom))]
    found = []
    for share in SCAN_ENDS:
        inside = s <= share * s[-1] + 1e-9
        part = tuple(_thinned(values[inside], stride) for values in data)
        tail = (TAIL_SHARE * float(part[0][-1]), float(part[0][-1]))
        for order in sorted({0, settings.polynomial_order}):
            reduced = _reduced(part, tail, settings)  # type: ignore[arg-type]
            phi = reduced.phi if order else _reduced(part, tail, replace(settings, polynomial_order=0)).phi  # type: ignore[arg-type]
            for factor in SCAN_DAMPING if settings.window == "gaussian" else (1.0,):
                damped = replace(settings, damping_square_angstrom=factor * settings.damping_square_angstrom)
                found.append(find_pdf_peaks(thin, _transformed(part[0], phi, thin, damped))[0])
    return found


def _thinned(values: Floats, stride: int) -> Floats:
    """Means of so many points."""
    whole = len(values) // stride * stride
    return np.asarray(values[:whole].reshape(-1, stride).mean(axis=1))

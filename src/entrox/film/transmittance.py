r"""Absorption edge of a film from its transmittance: the fall itself, Tauc's lines, Urbach's tail.

.. math:: \alpha = \ln(T_0 / T) / d, \qquad (\alpha h \nu)^{2} \text{ (direct) or } (\alpha h \nu)^{1/2}
    \text{ (indirect)} \propto h \nu - E_g

T0 is the transmittance without absorption, reflections included; the substrate is divided out. Which wavelengths make
the line decides the gap: all windows are tried and their spread is the error. Tauc, Grigorovici and Vancu, Phys.
Status Solidi 15, 627 (1966). Wavelengths in m, energies in eV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core.checks import check_positive, check_shape
from entrox.core.errors import InputError
from entrox.core.result import Result, quantity
from entrox.core.units import METER_PER_NANOMETER
from entrox.film.film_optics import fringe_extrema
from entrox.film.measured_units import ELECTRONVOLT_NANOMETER

__all__ = ["Edge", "Gap", "absorption_edge", "absorption_spectrum", "mean_transmittance", "tauc_gap", "urbach_energy"]

Floats = NDArray[np.float64]
Kind = Literal["direct", "indirect"]
POWERS = {"direct": 2.0, "indirect": 0.5}
OPAQUE = 3.0
"""Where alpha d is larger, stray light and noise make T."""
FAINTEST = 0.05
SMALLEST_WINDOW = 8
STRAIGHT = 0.995
NOISY = 0.9
FEWEST_SURE, FEWEST_NOISY = 5, 10
"""Noise lowers r^2: where fewer than five windows reach it, those down to 0.9 without a bend count, if ten agree."""
_WINDOWS = 30
VISIBLE_NM = (380.0, 780.0)
FLOOR_SHARE, PLATEAU_SHARE = 0.02, 0.9


@dataclass(frozen=True, kw_only=True)
class Edge(Result):
    """Where the transmittance rises; None where it does not."""

    floor: float = quantity("1", "transmittance below the edge")
    plateau: float = quantity("1", "transmittance above it")
    t10_nm: float | None = quantity("nm", "wavelength of 10 % between floor and plateau")
    t50_nm: float | None = quantity("nm", "wavelength of 50 %")
    t90_nm: float | None = quantity("nm", "wavelength of 90 %")


@dataclass(frozen=True, kw_only=True)
class Gap(Result):
    """Gap of Tauc's construction over all straight windows."""

    kind: str
    gap_ev: float = quantity("eV", "median gap over the windows")
    error_ev: float = quantity("eV", "half the range of 68 % of the windows")
    low_ev: float = quantity("eV", "lower photon energy of the best window")
    high_ev: float = quantity("eV", "upper photon energy of the best window")
    slope: float = quantity("as the ordinate per eV", "slope of the best window")
    r_squared: float = quantity("1", "straightness of the best window")
    windows: int = quantity("1", "number of straight windows")


def absorption_edge(wavelength_m: ArrayLike, transmittance: ArrayLike) -> Edge:
    """Wavelengths at 10, 50 and 90 % between floor and plateau; the first rise from short wavelengths counts.

    The plateau is free of fringes: the root of the envelopes where there are extrema, else the median of the top.

    Parameters
    ----------
    wavelength_m, transmittance
        Rising wavelengths, shape ``(n,)``.
    """
    wavelength, values = _spectrum(wavelength_m, transmittance)
    floor = float(np.quantile(values, FLOOR_SHARE))
    plateau = _plateau(wavelength, values)
    found: list[float | None] = []
    for share in (0.1, 0.5, 0.9):
        level = floor + share * (plateau - floor)
        crossing = np.flatnonzero((values[:-1] < level) & (values[1:] >= level))
        if not len(crossing) or values[0] >= level:
            found.append(None)
            continue
        at = int(crossing[0])
        part = (level - values[at]) / (values[at + 1] - values[at])
        found.append(float(wavelength[at] + part * (wavelength[at + 1] - wavelength[at])) / METER_PER_NANOMETER)
    return Edge(floor=floor, plateau=plateau, t10_nm=found[0], t50_nm=found[1], t90_nm=found[2])


def _spectrum(wavelength_m: ArrayLike, transmittance: ArrayLike) -> tuple[Floats, Floats]:
    wavelength = check_shape(wavelength_m, (None,), "wavelength_m")
    values = check_shape(transmittance, wavelength.shape, "transmittance")
    if len(wavelength) < SMALLEST_WINDOW or (np.diff(wavelength) <= 0.0).any() or wavelength[0] <= 0.0:
        raise InputError(f"wavelengths must be > 0, rise from row to row, and be at least {SMALLEST_WINDOW}.")
    return wavelength, values


def _plateau(wavelength: Floats, values: Floats) -> float:
    top = values >= 0.5 * float(values.max())
    _, heights, maxima = fringe_extrema(wavelength[top], values[top])
    if len(heights) and maxima.any() and not maxima.all():
        return float(np.sqrt(np.median(heights[maxima]) * np.median(heights[~maxima])))
    return float(np.median(values[values >= PLATEAU_SHARE * float(values.max())]))


def absorption_spectrum(
    wavelength_m: ArrayLike, transmittance: ArrayLike, thickness_m: float, clear: ArrayLike | float | None = None
) -> tuple[Floats, Floats]:
    """Photon energies, rising, and absorption.

    Parameters
    ----------
    wavelength_m, transmittance
        Of the film with its substrate divided out, or of both with ``clear`` that of both without absorption.
    thickness_m
        Of the film.
    clear
        T0, number or shape ``(n,)``; the plateau if not given.

    Returns
    -------
    tuple
        Energies [eV] and alpha [1/m], shape ``(n,)``; NaN where T is not above zero.
    """
    wavelength, values = _spectrum(wavelength_m, transmittance)
    without = _plateau(wavelength, values) if clear is None else np.asarray(clear, dtype=float)
    depth = check_positive(thickness_m, "thickness_m", "m")
    alpha = np.full(len(values), np.nan)
    good = values > 0.0
    alpha[good] = (np.log(np.where(good, without, 1.0) / np.where(good, values, 1.0)) / depth)[good]
    return (ELECTRONVOLT_NANOMETER * METER_PER_NANOMETER / wavelength)[::-1], alpha[::-1]


def tauc_gap(energy_ev: ArrayLike, absorption_per_m: ArrayLike, thickness_m: float, kind: Kind = "direct") -> Gap:
    """Gap from every window of photon energies in which Tauc's line is straight.

    Parameters
    ----------
    energy_ev, absorption_per_m
        Rising energies, shape ``(n,)``.
    thickness_m
        Where alpha d is above 3 or below 0.05 nothing is fitted.
    kind
        ``direct`` or ``indirect``.

    Raises
    ------
    InputError
        If no window is straight.
    """
    if kind not in POWERS:
        raise InputError(f"kind must be direct or indirect; got {kind!r}.")
    energy = check_shape(energy_ev, (None,), "energy_ev")
    alpha = np.asarray(absorption_per_m, dtype=float)
    depth = np.where(np.isfinite(alpha), alpha, np.inf) * check_positive(thickness_m, "thickness_m", "m")
    good = (depth > FAINTEST) & (depth < OPAQUE)
    if int(good.sum()) < SMALLEST_WINDOW:
        raise InputError(
            f"{int(good.sum())} wavelengths have alpha d between {FAINTEST:g} and {OPAQUE:g}; a gap needs at least "
            f"{SMALLEST_WINDOW}. Measure the edge more finely, or take a film of another thickness."
        )
    x, y = energy[good], (alpha[good] * energy[good]) ** POWERS[kind]
    found = _windows(x, y / y.max())
    sure = found[:, 2] >= STRAIGHT
    if int(sure.sum()) >= FEWEST_SURE:
        found = found[sure]
    elif len(found) < FEWEST_NOISY and not sure.any():
        raise InputError(
            f"no window makes a straight line of the {kind} kind (r^2 >= {STRAIGHT:g}, or no bend beyond its noise): "
            "no such gap."
        )
    gaps = found[:, 0]
    low, middle, high = np.quantile(gaps, [0.16, 0.5, 0.84])
    best = found[int(np.argmax(found[:, 2] + 0.01 * (found[:, 4] - found[:, 3])))]
    return Gap(
        kind=kind, gap_ev=float(middle), error_ev=0.5 * float(high - low), low_ev=float(best[3]),
        high_ev=float(best[4]),
        slope=float(best[1]) * float(y.max()), r_squared=float(best[2]), windows=len(found),
    )  # fmt: skip


def _windows(x: Floats, y: Floats) -> Floats:
    """Gap, slope, r^2, ends of the straight windows that cover a third of the ordinate."""
    n = len(x)
    marks = np.unique(np.linspace(0, n, min(n, _WINDOWS) + 1).astype(int))
    rows = []
    for first in marks:
        for end in marks:
            if end - first < SMALLEST_WINDOW or np.ptp(y[first:end]) < 1.0 / 3.0:
                continue
            a, b = x[first:end] - x[first:end].mean(), y[first:end] - y[first:end].mean()
            slope = float(a @ b) / float(a @ a)
            r_squared = float(a @ b) ** 2 / (float(a @ a) * float(b @ b))
            straight = r_squared >= STRAIGHT or (r_squared >= NOISY and _is_line(a, b - slope * a))
            if slope > 0.0 and straight:
                gap = float(x[first:end].mean()) - float(y[first:end].mean()) / slope
                rows.append((gap, slope, r_squared, float(x[first]), float(x[end - 1])))
    return np.array(rows).reshape(-1, 5)


def _is_line(x: Floats, residuals: Floats) -> bool:
    """Whether what is left of a line has no bend beyond two standard errors."""
    square = x**2 - float((x**2).mean())
    square = square - float(square @ x) / float(x @ x) * x
    size = float(square @ square)
    bend = float(square @ residuals) / size
    left = residuals - bend * square
    return abs(bend) < 2.0 * float(np.sqrt(left @ left / (len(x) - 3) / size))


def urbach_energy(energy_ev: ArrayLike, absorption_per_m: ArrayLike, thickness_m: float, gap_ev: float) -> float | None:
    """Width of the exponential tail below the gap [eV]; None where fewer than eight points show one.

    Parameters
    ----------
    energy_ev, absorption_per_m
        Shape ``(n,)``.
    thickness_m, gap_ev
        Of the film.
    """
    energy, alpha = np.asarray(energy_ev, dtype=float), np.asarray(absorption_per_m, dtype=float)
    good = (np.where(np.isfinite(alpha), alpha, 0.0) * thickness_m > FAINTEST) & (energy < gap_ev)
    if int(good.sum()) < SMALLEST_WINDOW:
        return None
    slope = float(np.polyfit(energy[good], np.log(alpha[good]), 1)[0])
    return 1.0 / slope if slope > 0.0 else None


def mean_transmittance(
    wavelength_m: ArrayLike, transmittance: ArrayLike, low_nm: float = VISIBLE_NM[0], high_nm: float = VISIBLE_NM[1]
) -> tuple[float, float, float] | None:
    """Mean transmittance of a range, and the 5 and 95 % quantiles in it; None where it is not measured whole.

    Parameters
    ----------
    wavelength_m, transmittance
        Rising wavelengths, shape ``(n,)``.
    low_nm, high_nm
        Ends of the range.
    """
    wavelength, values = _spectrum(wavelength_m, transmittance)
    nm = wavelength / METER_PER_NANOMETER
    if nm[0] > low_nm or nm[-1] < high_nm:
        return None
    grid = np.linspace(low_nm, high_nm, 401)
    inside = np.interp(grid, nm, values)
    low, high = np.quantile(inside, [0.05, 0.95])
    return float(np.trapezoid(inside, grid)) / (high_nm - low_nm), float(low), float(high)

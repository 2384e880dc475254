r"""Index and thickness of a film from its whole clear range, by least squares on the formula of its transmittance.

Extrema use a few points of a spectrum and fail with noise, coarse steps or narrow fringes; the fit uses all. The index
is Cauchy's a + b / lambda^2; a share without wavelength and a tail of absorption towards the edge are fitted beside it.
It starts at the red end, where fringes are widest and their order is plain, and goes towards the edge from there.
Lengths in m.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core.checks import check_in_range, check_positive, check_shape
from entrox.core.errors import InputError
from entrox.core.result import Result, quantity
from entrox.core.units import METER_PER_NANOMETER
from entrox.film.film_optics import Fringes, swanepoel
from entrox.film.measured_units import ELECTRONVOLT_NANOMETER

__all__ = ["ClearFilm", "fit_clear_film"]

Floats = NDArray[np.float64]

FEWEST_TURNS = 3
"""Extrema in the clear range below which index and thickness cannot both be told."""
FEWEST_POINTS = 12
EDGE_ORDERS = 0.2
CAUCHY_UNIT = 1e4 * METER_PER_NANOMETER**2
_INDICES = np.arange(1.2, 3.5, 0.1)
_LOW = np.array([0.5, 1.02, -5.0, 0.0, 0.0, 0.02])
_HIGH = np.array([2.0, 6.0, 60.0, 1.0, 5.0, 1.0])
"""Bounds of thickness over its start, a, b, share lost, depth of the tail at the edge, its width [eV]."""
_FIRST_FRINGES = 2.5
_GROWTH = 1.6
_STARTS = 4
_POINTS = 160


@dataclass(frozen=True, kw_only=True)
class ClearFilm(Result):
    """A film in the range in which it is clear."""

    thickness: float = quantity("m", "thickness; that given, if one was")
    thickness_error: float | None = quantity("m", "standard error; None if the thickness was given")
    cauchy_a: float = quantity("1", "index at long wavelengths")
    cauchy_b: float = quantity("m2", "coefficient of one over the wavelength squared")
    index_error: float = quantity("1", "standard error of the index at the middle of the range")
    absorbed: float = quantity("1", "alpha d that does not depend on the wavelength")
    residual: float = quantity("1", "root mean square of the transmittance around the fit")
    contrast: float = quantity("1", "height of the fringes, largest minus smallest envelope")
    turns: float = quantity("1", "extrema that the range has room for")
    low: float = quantity("m", "shortest wavelength of the fit")
    high: float = quantity("m", "longest wavelength of the fit")

    def index(self, wavelength_m: ArrayLike) -> Floats:
        """Refractive index at wavelengths [m]."""
        return np.asarray(self.cauchy_a + self.cauchy_b * np.asarray(wavelength_m, dtype=float) ** -2.0)

    def fringes(self, substrate: float) -> Fringes | None:
        """Extrema of the fitted film, the longest wavelength first; None where the range has none."""
        wavelength = np.linspace(self.low, self.high, 4000)[::-1]
        order = 2.0 * self.index(wavelength) * self.thickness / wavelength
        half = np.arange(np.ceil(2.0 * order[0]), np.floor(2.0 * order[-1]) + 1.0) / 2.0
        half = half[half < order[-1] - EDGE_ORDERS]  # at the edge absorption moves the first one
        if len(half) == 0 or self.thickness_error is None:
            return None
        places = np.interp(half, order, wavelength)
        n, s = self.index(places), substrate
        top = np.full(len(places), 2.0 * s / (s**2 + 1.0))
        other = 4.0 * n**2 * s / (n**4 + n**2 * (s**2 + 1.0) + s**2)
        return Fringes(
            extrema=places, order=half, index=n, upper=np.maximum(top, other), lower=np.minimum(top, other),
            thickness=self.thickness, thickness_error=self.thickness_error,
        )  # fmt: skip


def fit_clear_film(
    wavelength_m: ArrayLike, transmittance: ArrayLike, substrate: float, thickness_m: float | None = None
) -> ClearFilm:
    """Fit the transmittance of a clear range.

    Parameters
    ----------
    wavelength_m, transmittance
        Rising wavelengths, shape ``(n,)``, n >= 12.
    substrate
        Refractive index of the substrate.
    thickness_m
        If known; needed where the range has fewer than three extrema.

    Raises
    ------
    InputError
        If there are too few points or extrema, or the fringes do not stand out of the noise.

    Examples
    --------
    >>> from entrox.film.film_optics import film_transmittance
    >>> wavelength = np.arange(450e-9, 1000e-9, 5e-9)
    >>> found = fit_clear_film(wavelength, film_transmittance(wavelength, 2.1, 500e-9, 1.46), 1.46)
    >>> round(found.thickness * 1e9, 2), round(found.cauchy_a, 3)
    (500.0, 2.1)
    """
    wavelength = check_shape(wavelength_m, (None,), "wavelength_m")
    values = check_shape(transmittance, wavelength.shape, "transmittance")
    s = check_in_range(substrate, "substrate", low=1.0)
    known = None if thickness_m is None else check_positive(thickness_m, "thickness_m", "m")
    if len(wavelength) < FEWEST_POINTS:
        raise InputError(f"a clear range of {len(wavelength)} points is too short; {FEWEST_POINTS} are needed.")
    optical = _optical_thickness(wavelength, values) if known is None else 2.0 * known
    ranges = _ranges(wavelength, optical)
    tried = _starts(wavelength[ranges[0] :], values[ranges[0] :], s, optical, known)
    for place, first in enumerate(ranges):
        improved = [
            (
                *_improve(
                    start, scale, wavelength[first:], values[first:], s, fixed=known is not None, whole=first == 0
                ),
                scale,
            )
            for start, scale in tried
        ]
        improved.sort(key=lambda item: item[1])
        # what fits the red end badly does not come back
        tried = [(item[0], item[2]) for item in improved[: max(1, _STARTS >> (place + 1))]]
    found = _result(*tried[0], wavelength, values, s, fixed=known is not None)
    if known is None and found.turns < FEWEST_TURNS:
        raise InputError(
            f"the clear range has room for {found.turns:.1f} extrema: fringes need {FEWEST_TURNS}. Give the thickness "
            "instead."
        )
    if known is None and found.contrast < 3.0 * found.residual:
        raise InputError(
            f"no fringes stand out: extrema of height {found.contrast:.2g} in a scatter of {found.residual:.2g}. Give "
            "the thickness instead."
        )
    return found


def _optical_thickness(wavelength: Floats, values: Floats) -> float:
    """Index times thickness of the strongest period over one over the wavelength."""
    inverse = np.linspace(1.0 / wavelength[-1], 1.0 / wavelength[0], 256)
    evenly = np.interp(inverse, 1.0 / wavelength[::-1], values[::-1])
    span = float(np.ptp(inverse))
    slow = np.polynomial.Polynomial.fit(inverse, evenly, 2)(inverse)
    window = np.hanning(len(inverse))
    closest = float(np.median(np.diff(1.0 / wavelength[::-1])))
    optical = np.linspace(0.4 / span, min(0.25 / closest, 60.0 / span), 1000)
    waves = np.exp(2j * np.pi * 2.0 * optical[:, None] * (inverse - inverse[0])[None, :])
    return float(optical[int(np.argmax(np.abs(waves @ (window * (evenly - slow)))))])


def _ranges(wavelength: Floats, optical: float) -> list[int]:
    """First points of ranges that grow from the red end to the whole."""
    inverse, firsts = 1.0 / wavelength, []
    width = _FIRST_FRINGES / (2.0 * optical)
    while True:
        first = int(np.searchsorted(-inverse, -(inverse[-1] + width)))
        first = min(first, len(wavelength) - FEWEST_POINTS)
        firsts.append(first)
        if first <= 0:
            return firsts
        width *= _GROWTH


def _model(parameters: Floats, scale: float, wavelength: Floats, substrate: float) -> Floats:
    """Transmittance; parameters as the bounds are."""
    depth, a, b, lost, tail, width = parameters
    energy = ELECTRONVOLT_NANOMETER * METER_PER_NANOMETER / wavelength
    absorbed = lost + tail * np.exp((energy - energy[0]) / width)
    index = np.maximum(a + b * CAUCHY_UNIT / wavelength**2, 1.0)
    cosine = np.cos(4.0 * np.pi * index * depth * scale / wavelength)
    return np.asarray(swanepoel(index, substrate, cosine, np.exp(-absorbed)))


def _starts(
    wavelength: Floats, values: Floats, substrate: float, optical: float, known: float | None
) -> Sequence[tuple[Floats, float]]:
    """Best places of a grid of indices and thicknesses on the reddest range."""
    step = max(1, len(wavelength) // 60)
    x, y = wavelength[::step], values[::step]
    found: list[tuple[float, float, float]] = []
    for a in _INDICES.tolist():
        scale = optical / a if known is None else known
        depths = scale * (np.linspace(0.6, 1.6, 41) if known is None else np.ones(1))
        cosine = np.cos(4.0 * np.pi * a * depths[:, None] / x)
        costs = np.square(swanepoel(a, substrate, cosine, 1.0) - y).sum(axis=1)
        found += [(cost, a, depth) for cost, depth in zip(costs.tolist(), depths.tolist(), strict=True)]
    found.sort()
    chosen: list[tuple[Floats, float]] = []
    for _, a, depth in found:
        if all(abs(depth / size - 1.0) > 0.04 or abs(a - other[1]) > 0.25 for other, size in chosen):
            chosen.append((np.array([1.0, a, 0.0, 0.0, 0.0, 0.1]), depth))
        if len(chosen) == _STARTS:
            break
    return chosen


def _improve(
    start: Floats, scale: float, wavelength: Floats, values: Floats, substrate: float, *, fixed: bool, whole: bool
) -> tuple[Floats, float]:
    from scipy.optimize import least_squares

    step = 1 if whole else max(1, len(wavelength) // _POINTS)
    x, y = wavelength[::step], values[::step]
    free = np.arange(1 if fixed else 0, len(start))

    def off(part: Floats) -> Floats:
        parameters = start.copy()
        parameters[free] = part
        return _model(parameters, scale, x, substrate) - y

    inside = np.clip(start, _LOW + 1e-6, _HIGH - 1e-6)
    done = least_squares(off, inside[free], bounds=(_LOW[free], _HIGH[free]), x_scale="jac", max_nfev=60)
    parameters = start.copy()
    parameters[free] = done.x
    return parameters, float(2.0 * done.cost / len(x))


def _result(
    parameters: Floats, scale: float, wavelength: Floats, values: Floats, substrate: float, *, fixed: bool
) -> ClearFilm:
    fitted = _model(parameters, scale, wavelength, substrate)
    depth, a, b = float(parameters[0]) * scale, float(parameters[1]), float(parameters[2]) * CAUCHY_UNIT
    residual = float(np.sqrt(np.mean((fitted - values) ** 2)))
    errors = _errors(parameters, scale, wavelength, substrate, residual, fixed=fixed)
    ends = 2.0 * (a + b / wavelength[[0, -1]] ** 2) * depth / wavelength[[0, -1]]
    n = a + b * float(np.median(wavelength)) ** -2.0
    quarter = 4.0 * n**2 * substrate / (n**4 + n**2 * (substrate**2 + 1.0) + substrate**2)
    return ClearFilm(
        thickness=depth, thickness_error=None if fixed else errors[0] * scale, cauchy_a=a, cauchy_b=b,
        index_error=errors[1], absorbed=float(parameters[3]), residual=residual,
        contrast=abs(quarter - 2.0 * substrate / (substrate**2 + 1.0)), turns=2.0 * float(ends[0] - ends[1]),
        low=float(wavelength[0]), high=float(wavelength[-1]),
    )  # fmt: skip


def _errors(
    parameters: Floats, scale: float, wavelength: Floats, substrate: float, residual: float, *, fixed: bool
) -> tuple[float, float]:
    """Standard errors of the thickness over its start and of the index at the middle, parameters at bounds left out."""
    free = [i for i in range(6) if not (fixed and i == 0) and _LOW[i] + 1e-4 < parameters[i] < _HIGH[i] - 1e-4]
    if parameters[4] < 1e-4 and 5 in free:
        free.remove(5)
    columns = []
    for i in free:
        step = 1e-6 * max(1.0, abs(float(parameters[i])))
        up, down = parameters.copy(), parameters.copy()
        up[i] += step
        down[i] -= step
        columns.append(
            (_model(up, scale, wavelength, substrate) - _model(down, scale, wavelength, substrate)) / (2 * step)
        )
    matrix = np.column_stack(columns)
    covariance = np.linalg.pinv(matrix.T @ matrix) * residual**2 * len(wavelength) / max(len(wavelength) - len(free), 1)
    slope = np.array([{1: 1.0, 2: CAUCHY_UNIT * float(np.median(wavelength)) ** -2.0}.get(i, 0.0) for i in free])
    depth = float(np.sqrt(covariance[free.index(0), free.index(0)])) if 0 in free else 0.0
    return depth, float(np.sqrt(slope @ covariance @ slope))

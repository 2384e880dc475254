r"""A peak of a pair distribution through a series of strains: where it goes, how it widens, whether it splits.

In every G(r) one or two Gaussians on a straight line are fitted to the peak; two are taken where the Bayesian
information criterion asks for them. Beside the shift stands the affine one: a shell of radius r of an isotropic glass
under a uniaxial strain :math:`\varepsilon` with Poisson ratio :math:`\nu` moves by

.. math:: \Delta r = r \varepsilon\, \frac{1 - 2\nu}{3}, \qquad
   \Delta r_\mathrm{plane} = r \varepsilon\, \frac{1 - \nu}{2}, \qquad \Delta r_\mathrm{axis} = r \varepsilon

in the mean over all directions, over directions in a plane with the axis (a pattern with the axis in the picture), and
along the axis (a sector); see :func:`entrox.order.affine_shell`. A peak that stays where it is
shows a mechanism only if the affine shift could have been seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_finite, check_in_range, nearest_names, quantity
from entrox.core.linear_fit import fit_linear
from entrox.microscopy.diffraction.bounded_fit import bounded_fit
from entrox.order.bonds.affine_shell import affine_shell

__all__ = ["Directions", "PeakSeries", "affine_slope", "track_peak"]

Floats = NDArray[np.float64]
Directions = Literal["all", "plane", "axis"]
FEWEST_POINTS = 8
TOLERANCE = 1e-7
PERFECT = 1e-4
"""Residual over the height below which one component leaves nothing for a second."""
STRONG = 10.0
"""Difference of the criterion from which the evidence for two components is very strong (Kass and Raftery 1995)."""


@dataclass(frozen=True, kw_only=True)
class PeakSeries(Result):
    """One peak through a series; of a split peak the position is the mean weighted by area.

    ``affine_slope`` is what the slope of the position against strain would be if every distance followed the sample.
    """

    strain: Floats = quantity("1", "strain", axes=("state",))
    position_angstrom: Floats = quantity("angstrom", "position", axes=("state",))
    position_error_angstrom: Floats = quantity("angstrom", "standard error of the position", axes=("state",))
    width_angstrom: Floats = quantity("angstrom", "standard deviation of the peak", axes=("state",))
    splitting_angstrom: Floats = quantity("angstrom", "distance of the components; NaN: one", axes=("state",))
    bic_gain: Floats = quantity("1", "criterion of one component minus that of two", axes=("state",))
    slope_angstrom: float | None = quantity("angstrom", "change of the position per strain", default=None)
    slope_error_angstrom: float | None = quantity(
        "angstrom", "standard error of the slope, by scatter or positions", default=None
    )
    affine_slope_angstrom: float = quantity("angstrom", "slope if distances follow the sample")
    directions: str = "all"
    warnings: tuple[str, ...] = ()


def affine_slope(r_angstrom: float, poisson: float, directions: Directions = "all") -> float:
    """Shift of a shell per strain if every distance follows the sample [angstrom].

    Parameters
    ----------
    r_angstrom
        Radius of the shell without strain.
    poisson
        Poisson ratio, -1 to 0.5.
    directions
        ``"all"``, ``"plane"`` that holds the axis, or ``"axis"``.

    Raises
    ------
    InputError
        If the ratio is impossible or the directions are unknown.

    Examples
    --------
    >>> round(0.0408 * affine_slope(2.2, 0.24), 3)
    0.016
    """
    check_in_range(poisson, "poisson", low=-1.0, high=0.5)
    if directions not in get_args(Directions):
        raise InputError(f"There are no directions {directions!r}; {nearest_names(directions, get_args(Directions))}.")
    shell = affine_shell(r_angstrom, 1.0, poisson)
    shift = {
        "all": shell.mean_shift_angstrom, "plane": shell.in_plane_shift_angstrom, "axis": shell.along_shift_angstrom
    }[directions]  # fmt: skip
    return float(shift[0])


def track_peak(
    r: ArrayLike,
    curves: Sequence[ArrayLike],
    strain: ArrayLike,
    window_angstrom: tuple[float, float],
    *,
    poisson: float = 0.25,
    directions: Directions = "all",
) -> PeakSeries:
    """Follow a peak through a series of pair distributions.

    Parameters
    ----------
    r
        Distances, rising, shape ``(n,)`` [angstrom].
    curves
        G(r) of each state, shape ``(n,)``.
    strain
        Strain of each state, shape ``(n_states,)``.
    window_angstrom
        Range that holds the peak in all states, from the minimum before to the minimum after it [angstrom].
    poisson, directions
        For the affine prediction.

    Raises
    ------
    InputError
        If there is no state, shapes differ, or the window holds too few points.
    """
    at, states = check_finite(r, "r"), check_finite(strain, "strain")
    values = [check_finite(curve, "curves") for curve in curves]
    if states.ndim != 1 or len(values) != len(states) or not len(values) or any(v.shape != at.shape for v in values):
        raise InputError("there must be one strain and one G(r), with as many points as r, for each state.")
    inside = (at >= window_angstrom[0]) & (at <= window_angstrom[1])
    if inside.sum() < FEWEST_POINTS:
        raise InputError(
            f"the window {window_angstrom} holds {int(inside.sum())} points; {FEWEST_POINTS} are needed. Widen it."
        )
    fits = [_peak(at[inside], one[inside]) for one in values]
    table = {name: np.array([getattr(fit, name) for fit in fits]) for name in _Peak.__annotations__}
    slope = slope_error = None
    notes = []
    if len(np.unique(states)) > 2 and len(states) > 2:
        line = fit_linear(np.column_stack([np.ones(len(states)), states]), table["position"])
        slope = float(line.coefficients[1])
        # the scatter of a few points about a line is no error: that of their positions is in it too
        lever = (states - states.mean()) / ((states - states.mean()) ** 2).sum()
        slope_error = max(float(line.standard_errors[1]), float(np.hypot.reduce(lever * table["error"])))
    else:
        notes.append("fewer than three strains: no slope with an error.")
    first = int(np.argmin(np.abs(states)))
    return PeakSeries(
        strain=states,
        position_angstrom=table["position"],
        position_error_angstrom=table["error"],
        width_angstrom=table["width"],
        splitting_angstrom=table["splitting"],
        bic_gain=table["gain"],
        slope_angstrom=slope,
        slope_error_angstrom=slope_error,
        affine_slope_angstrom=affine_slope(float(table["position"][first]), poisson, directions),
        directions=directions,
        warnings=tuple(notes),
    )


@dataclass(frozen=True)
class _Peak:
    position: float
    error: float
    width: float
    splitting: float
    gain: float


def _gaussians(numbers: Floats, r: Floats) -> Floats:
    peaks = numbers[2:].reshape(-1, 3)
    shapes = np.exp(-0.5 * ((r - peaks[:, 1, None]) / peaks[:, 2, None]) ** 2)
    return np.asarray(numbers[0] + numbers[1] * (r - r[0]) + peaks[:, 0] @ shapes)


def _slopes(numbers: Floats, r: Floats) -> Floats:
    """Derivatives of the model, shape ``(n_points, n_numbers)``."""
    peaks = numbers[2:].reshape(-1, 3)
    height, width = peaks[:, 0, None], peaks[:, 2, None]
    x = (r - peaks[:, 1, None]) / width
    shape = np.exp(-0.5 * x**2)
    parts = np.stack([shape, height * shape * x / width, height * shape * x**2 / width], axis=1)
    return np.concatenate([np.ones((len(r), 1)), (r - r[0])[:, None], parts.reshape(-1, len(r)).T], axis=1)


def _peak(r: Floats, values: Floats) -> _Peak:
    top = int(np.argmax(values))
    low = float(values.min())
    height, span = float(values[top] - low), float(r[-1] - r[0])
    one = _fit(r, values, [(height, float(r[top]), 0.2 * span)], low)
    width = one[0][4]
    starts = (0.5, 1.0) if one[2] > (PERFECT * height) ** 2 else ()
    two = min(
        (_fit(r, values, [(0.6 * height, one[0][3] - shift * width, 0.7 * width),
                          (0.6 * height, one[0][3] + shift * width, 0.7 * width)], low) for shift in starts),
        key=lambda item: item[2], default=one,
    )  # fmt: skip
    # points of a transform are correlated: as many count as the peak is resolved into
    independent = max(8.0, 4.0 * span / width)
    gain = independent * math.log(one[2] / two[2]) - 3.0 * math.log(independent)
    split = gain > STRONG and _resolved(two[0])
    numbers, covariance, _ = two if split else one
    peaks = numbers[2:].reshape(-1, 3)
    area = peaks[:, 0] * peaks[:, 2]
    position = float((area * peaks[:, 1]).sum() / area.sum())
    places = 3 + 3 * np.arange(len(peaks))
    share = area / area.sum()
    error = math.sqrt(max(float(share @ covariance[np.ix_(places, places)] @ share), 0.0))
    spread = float((area * (peaks[:, 2] ** 2 + (peaks[:, 1] - position) ** 2)).sum() / area.sum())
    return _Peak(
        position=position,
        error=error,
        width=math.sqrt(spread),
        splitting=float(abs(peaks[1, 1] - peaks[0, 1])) if split else math.nan,
        gain=gain,
    )


def _resolved(numbers: Floats) -> bool:
    """Whether two components are both there and farther apart than half their width."""
    first, second = numbers[2:].reshape(-1, 3)
    smaller = min(first[0], second[0]) / max(first[0], second[0])
    return bool(smaller > 0.1 and abs(first[1] - second[1]) > 0.5 * (first[2] + second[2]))


def _fit(
    r: Floats, values: Floats, peaks: list[tuple[float, float, float]], low: float
) -> tuple[Floats, Floats, float]:
    """Numbers, their covariance and the mean square of the residual."""
    span = float(r[-1] - r[0])
    start = np.array([low, 0.0, *(number for peak in peaks for number in peak)])
    below = np.array([-np.inf, -np.inf, *(number for _ in peaks for number in (0.0, r[0], 0.02 * span))])
    above = np.array([np.inf, np.inf, *(number for _ in peaks for number in (np.inf, r[-1], span))])

    def rest(numbers: Floats) -> Floats:
        return _gaussians(numbers, r) - values

    def slopes(numbers: Floats) -> Floats:
        return _slopes(numbers, r)

    numbers, covariance, total = bounded_fit(rest, start, below, above, slopes=slopes, tolerance=TOLERANCE)
    scale = total / len(r) + 1e-12 * float(np.ptp(values)) ** 2 + 1e-300
    spare = max(len(r) - len(start), 1)
    return numbers, covariance * scale * len(r) / spare, scale

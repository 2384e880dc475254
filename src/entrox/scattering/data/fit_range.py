"""Which points of a data set are fitted, and how well each is known.

Units: angstrom, 1/angstrom, and as the form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_finite
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.operators.bins import Bins

__all__ = ["FitPoints", "fit_points", "largest_fitted_r", "point_errors"]

Floats = NDArray[np.float64]

LEAST_MARGIN_ANGSTROM = 1.0
RIPPLES_OF_MARGIN = 6.0
LOUD_END = 0.05
"""Share of the largest deviation from the mean above which the end of data of Q has not died away."""


@dataclass(frozen=True)
class FitPoints:
    """Points of the data that are fitted.

    Parameters
    ----------
    chosen
        Indices into the data.
    warnings
        What was clamped.
    """

    chosen: NDArray[np.int64]
    warnings: tuple[str, ...]


def largest_fitted_r(bins: Bins, qmax_per_angstrom: float | None) -> float:
    """End of the fit of data of r [angstrom]: short of the table by 1 angstrom or six ripples, whichever is more.

    Parameters
    ----------
    bins
        Table.
    qmax_per_angstrom
        End of the integral behind the data; None: no ripples, and the table serves to its end.
    """
    if qmax_per_angstrom is None:
        return float(bins.centers_angstrom[-1])
    return bins.radius_angstrom - max(LEAST_MARGIN_ANGSTROM, RIPPLES_OF_MARGIN * 2.0 * np.pi / qmax_per_angstrom)


def fit_points(
    data: CorrelationData,
    bins: Bins,
    *,
    real: bool,
    qmax: float | None,
    x_min: float | None,
    x_max: float | None,
    edge: float,
) -> FitPoints:
    """Points from x_min to x_max, clamped to what data and table hold.

    Parameters
    ----------
    data, bins
        Points, and the table of distances.
    real
        Whether x is r.
    qmax
        End of the integral behind data of r.
    x_min, x_max
        Range asked for.
    edge
        Width of the end that a convolution with the box spoils if the data have not died away there.

    Raises
    ------
    InputError
        If a range is asked for that the table cannot serve, or no point is left.
    """
    notes = []
    low, high = float(data.x[0]), float(data.x[-1])
    start = low if x_min is None else x_min
    end = high if x_max is None else x_max
    if start < low * (1.0 - 1e-9) or end > high * (1.0 + 1e-9):
        notes.append(f"the fit range {start:g} to {end:g} passes the data and is clamped to {low:g} to {high:g}")
        start, end = max(start, low), min(end, high)
    if real:
        allowed = largest_fitted_r(bins, qmax)
        if x_max is not None and end > allowed * (1.0 + 1e-9):
            raise InputError(
                f"the fit to {end:g} angstrom needs a longer table: with R = {bins.radius_angstrom:g} it may go to "
                f"{allowed:.4g} angstrom."
            )
        if end > allowed:
            notes.append(f"the fit ends at {allowed:.4g} angstrom, short of the end of the table")
            end = allowed
    elif edge > 0.0 and end > high - edge and _loud_end(data, edge):
        note = f"the data have not died away at {high:g}: the last {edge:.3g} 1/angstrom are spoiled by the convolution"
        if x_max is None:
            end = high - edge
            note += f"; the fit ends at {end:.4g}"
        notes.append(note)
    slack = 1e-9 * high
    chosen = np.flatnonzero((data.x >= start - slack) & (data.x <= end + slack))
    if not len(chosen):
        raise InputError(f"no point lies in the fit range {start:g} to {end:g}; the data go from {low:g} to {high:g}.")
    return FitPoints(chosen=chosen, warnings=tuple(notes))


def _loud_end(data: CorrelationData, edge: float) -> bool:
    last = data.y[data.x >= data.x[-1] - edge]
    return bool(np.std(last) > LOUD_END * np.abs(data.y - data.y.mean()).max())


def point_errors(
    sigma: float | ArrayLike | None, data: CorrelationData, chosen: NDArray[np.int64], name: str
) -> Floats:
    """Standard error of the chosen points, shape ``(n_chosen,)``.

    Raises
    ------
    InputError
        If there is none, or one is not positive.
    """
    given = data.error if sigma is None else sigma
    if given is None:
        raise InputError(f"{name}: the data hold no errors; give sigma, the weight of the set.")
    errors = check_finite(given, "sigma")
    if errors.ndim == 0:
        errors = np.full(len(data.x), float(errors))
    if errors.shape != data.x.shape:
        raise InputError(f"{name}: sigma must be one number or one per point ({len(data.x)}); got {errors.shape}.")
    errors = errors[chosen]
    if not (errors > 0.0).all():
        raise InputError(f"{name}: sigma must be > 0 at every fitted point.")
    return errors

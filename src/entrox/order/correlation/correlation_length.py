"""Length of an exponential decay from shell averages with errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit

__all__ = ["DecayFit", "fit_correlation_length"]

Floats = NDArray[np.float64]

SIGNIFICANT = 2.0
"""Shells count up to the first one that is below so many of its errors."""


@dataclass(frozen=True)
class DecayFit:
    """A exp(-r / length).

    Parameters
    ----------
    length, length_error
        Decay length and its error, in the unit of r; the error is None if two shells fix both numbers.
    amplitude
        A.
    n_shells
        Shells used.
    """

    length: float
    length_error: float | None
    amplitude: float
    n_shells: int


def fit_correlation_length(radius: Floats, values: Floats, errors: Floats) -> DecayFit | None:
    """Fit a decay to the shells before the first that is not significant; None if there are not two, or no decay.

    Examples
    --------
    >>> r = np.arange(1.0, 8.0)
    >>> round(fit_correlation_length(r, 0.8 * np.exp(-r / 2.5), np.full(7, 0.01)).length, 6)
    2.5
    """
    low = ~(values > SIGNIFICANT * errors)
    count = int(low.argmax()) if low.any() else len(values)
    if count < 2:
        return None
    r, c = radius[:count], values[:count]
    slope, start = np.polyfit(r, np.log(c), 1, w=c)
    if slope >= -1e-12:
        return None
    sigma = np.maximum(errors[:count], 1e-9 * c)

    def decay(x: Floats, amplitude: float, rate: float) -> Floats:
        return np.asarray(amplitude * np.exp(-rate * x))

    try:
        if count == 2:
            (amplitude, rate), spread = (np.exp(start), -slope), None
        else:
            (amplitude, rate), matrix = curve_fit(decay, r, c, (np.exp(start), -slope), sigma, maxfev=5000)
            spread = float(np.sqrt(matrix[1, 1]))
    except RuntimeError:
        return None
    if rate <= 0.0:
        return None
    error = None if spread is None or not np.isfinite(spread) else spread / rate**2
    return DecayFit(length=float(1.0 / rate), length_error=error, amplitude=float(amplitude), n_shells=count)

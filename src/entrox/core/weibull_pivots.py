r"""Exact Weibull intervals: quantities whose distribution depends on the size of the sample alone.

With the estimates :math:`\hat m, \hat E_0` of any sample, :math:`\hat m / m` and :math:`\hat m \ln(\hat E_0 / E_0)` are
distributed as for m = 1, E0 = 1, and so is the Anderson-Darling distance of the fitted line. They are drawn once for a
size, complete or censored after r failures, and give intervals of modulus, scale, percentiles and scaled strengths.
Thoman, Bain and Antle, Technometrics 11, 445 (1969).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core.checks import check_finite, check_in_range, check_integer, check_positive
from entrox.core.errors import InputError
from entrox.core.weibull import MINIMUM_SAMPLE, WeibullFit

__all__ = ["WeibullPivots", "anderson_darling", "draw_pivots", "likely_weibull", "size_factor"]

Floats = NDArray[np.float64]

_STEPS = 60
_ACCURACY = 1e-10


@dataclass(frozen=True)
class WeibullPivots:
    """Draws for one size of sample.

    Parameters
    ----------
    modulus
        Estimated over true modulus, shape ``(draws,)``.
    scale
        Estimated modulus times ln of estimated over true scale, shape ``(draws,)``.
    distance
        Anderson-Darling distance of complete samples, shape ``(draws,)``; None for censored ones.
    """

    modulus: Floats
    scale: Floats
    distance: Floats | None

    def modulus_interval(self, fit: WeibullFit, confidence: float = 0.95) -> tuple[float, float]:
        """Interval of the modulus."""
        low, high = np.quantile(self.modulus, [0.5 - 0.5 * confidence, 0.5 + 0.5 * confidence])
        return fit.modulus / float(high), fit.modulus / float(low)

    def scale_interval(self, fit: WeibullFit, confidence: float = 0.95) -> tuple[float, float]:
        """Interval of the scale."""
        return self.strength_interval(fit, 0.0, confidence)

    def strength_interval(self, fit: WeibullFit, log_ratio: float, confidence: float = 0.95) -> tuple[float, float]:
        """Interval of ``scale * exp(log_ratio / modulus)``: a percentile, or the scale of another size.

        Parameters
        ----------
        fit
            The sample.
        log_ratio
            ln(-ln(1 - F)) of a percentile F, or ln of the size of the sample over another size.
        confidence
            Of the two-sided interval; for a lower bound at 0.95 give 0.90.
        """
        pivot = self.scale - self.modulus * log_ratio
        low, high = np.quantile(pivot, [0.5 - 0.5 * confidence, 0.5 + 0.5 * confidence])
        return fit.scale * math.exp(-float(high) / fit.modulus), fit.scale * math.exp(-float(low) / fit.modulus)

    def straightness(self, distance: float) -> float | None:
        """Probability of a larger Anderson-Darling distance of a Weibull sample; None if censored."""
        return None if self.distance is None else float((self.distance >= distance).mean())


def likely_weibull(values: ArrayLike, n_failed: int | None = None) -> tuple[Floats, Floats]:
    """Most likely modulus and scale of many samples at once.

    Parameters
    ----------
    values
        Shape ``(sets, n)``, all > 0, rising along the last axis where they are censored.
    n_failed
        Failures of each set, the first of its values; the others had not failed. All if not given.

    Returns
    -------
    tuple
        Moduli and scales, shape ``(sets,)`` each.
    """
    logs = np.log(check_finite(values, "values"))
    if logs.ndim != 2:
        raise InputError(f"values must have shape (sets, n); got {logs.shape}.")
    failed = logs.shape[1] if n_failed is None else n_failed
    center = logs[:, :failed].mean(axis=1, keepdims=True)
    shifted = logs - center
    modulus = 1.2 / shifted[:, :failed].std(axis=1)
    for _ in range(_STEPS):
        weights = np.exp(modulus[:, None] * (shifted - shifted.max(axis=1, keepdims=True)))
        weights /= weights.sum(axis=1, keepdims=True)
        mean = (weights * shifted).sum(axis=1)
        slope = (weights * shifted**2).sum(axis=1) - mean**2 + modulus**-2.0
        step = (mean - 1.0 / modulus) / slope
        modulus = np.clip(modulus - step, modulus / 3.0, modulus * 3.0)
        if float(np.abs(step / modulus).max()) < _ACCURACY:
            break
    top = shifted.max(axis=1, keepdims=True)
    total = np.exp(modulus[:, None] * (shifted - top)).sum(axis=1)
    log_scale = center[:, 0] + top[:, 0] + np.log(total / failed) / modulus
    return modulus, np.exp(log_scale)


def anderson_darling(values: ArrayLike, modulus: ArrayLike, scale: ArrayLike) -> Floats:
    """Anderson-Darling distance of samples from Weibull lines; values rise along the last axis."""
    ordered = np.asarray(values, dtype=float)
    n = ordered.shape[-1]
    hazard = (ordered / np.asarray(scale)[..., None]) ** np.asarray(modulus)[..., None]
    log_below = np.log(-np.expm1(-np.maximum(hazard, 1e-300)))
    weights = (2.0 * np.arange(1, n + 1) - 1.0) / n
    return np.asarray(-n - ((log_below - hazard[..., ::-1]) * weights).sum(axis=-1))


def draw_pivots(
    sample_size: int, rng: np.random.Generator, *, failures: int | None = None, draws: int = 4000
) -> WeibullPivots:
    """Draw the pivots of a size.

    Parameters
    ----------
    sample_size
        Values of a sample, at least five.
    rng
        Source of randomness.
    failures
        Stop after so many failures; all if not given. Exact for that censoring, close for others.
    draws
        Number of samples.
    """
    n = check_integer(sample_size, "sample_size", low=MINIMUM_SAMPLE)
    r = n if failures is None else check_integer(failures, "failures", low=MINIMUM_SAMPLE, high=n)
    check_integer(draws, "draws", low=100)
    values = np.sort(rng.exponential(size=(draws, n)), axis=1)
    values[:, r:] = values[:, r - 1 : r]
    modulus, scale = likely_weibull(values, r)
    distance = anderson_darling(values, modulus, scale) if r == n else None
    return WeibullPivots(modulus, modulus * np.log(scale), distance)


def size_factor(size: float, target_size: float, modulus: float) -> float:
    """Strength at another area or volume over that of the sample, (A1 / A2)^(1/m).

    Examples
    --------
    >>> round(size_factor(1.0, 10.0, 10.0), 6)
    0.794328
    """
    ratio = check_positive(size, "size") / check_positive(target_size, "target_size")
    return float(ratio ** (1.0 / check_in_range(modulus, "modulus", low=0.0, low_open=True)))

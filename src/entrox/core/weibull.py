r"""Two-parameter Weibull statistics of breakdown strengths.

.. math:: F(E) = 1 - \exp[-(E / E_0)^m]

E0 is the 63.2 % value, m the modulus. The maximum-likelihood modulus of a complete sample is biased upward; the
unbiased value stands beside it. Values that did not break are right-censored. Intervals by profile likelihood; exact
ones are in :mod:`entrox.core.weibull_pivots`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize
from scipy.special import chdtri

from entrox.core.checks import check_finite, check_in_range
from entrox.core.errors import InputError
from entrox.core.result import Result, quantity

__all__ = ["MINIMUM_SAMPLE", "WeibullFit", "fit_weibull", "median_ranks", "modulus_bias"]

Floats = NDArray[np.float64]
MINIMUM_SAMPLE = 5
"""Fewer values than this are not called statistics: no fit."""
_ROUNDS = 100
"""Steps at most; Newton's method takes about six."""


@dataclass(frozen=True, kw_only=True)
class WeibullFit(Result):
    """Weibull modulus and scale of one sample."""

    modulus: float = quantity("1", "Weibull modulus, maximum likelihood")
    modulus_unbiased: float = quantity("1", "Weibull modulus, bias removed")
    scale: float = quantity("as the sample", "63.2 % value")
    modulus_interval: tuple[float, float] = quantity("1", "interval of the modulus")
    scale_interval: tuple[float, float] = quantity("as the sample", "interval of the scale")
    confidence: float = quantity("1", "confidence of the intervals")
    sample_size: int = quantity("1", "number of values")
    censored: int = quantity("1", "number of them that had not failed", default=0)


def median_ranks(sample_size: int) -> Floats:
    """Plotting positions (i - 0.3) / (n + 0.4) of the ordered values, shape ``(sample_size,)``."""
    return np.asarray((np.arange(1.0, sample_size + 1) - 0.3) / (sample_size + 0.4))


def fit_weibull(values: ArrayLike, *, censored: ArrayLike | None = None, confidence: float = 0.95) -> WeibullFit:
    """Fit a sample by maximum likelihood.

    Parameters
    ----------
    values
        Strengths, shape ``(n,)``, all > 0, at least five of them failures.
    censored
        True where the specimen had not failed at its value, shape ``(n,)``; none if not given.
    confidence
        Of the profile-likelihood intervals.

    Returns
    -------
    WeibullFit
        In the unit of the values.

    Raises
    ------
    InputError
        If there are fewer than five failures, one is not positive, or all are equal (the modulus is then infinite).

    Notes
    -----
    The mean of the maximum-likelihood modulus over the true one is close to 1 + 1.346 / n + 3.9 / n^2 (our fit to
    Monte Carlo means: 1.172 at n = 10, 1.076 at 20, 1.029 at 50); ``modulus_unbiased`` divides by it. With r failures
    of n it lies between that of r complete values and r / (r - 2), the limit of heavy censoring: see
    :func:`modulus_bias`.
    """
    sample = check_finite(values, "values").ravel()
    failed = _failures(sample, censored)
    check_in_range(confidence, "confidence", low=0.0, high=1.0, low_open=True, high_open=True)
    logs = np.log(sample)
    center = float(logs[failed].mean())
    shifted, count = logs - center, int(failed.sum())
    modulus = _likely_modulus(shifted, failed)
    scale = math.exp(center) * _scale_at(modulus, shifted, count)
    return WeibullFit(
        modulus=modulus,
        modulus_unbiased=modulus / modulus_bias(sample.size, count),
        scale=scale,
        modulus_interval=_modulus_interval(modulus, shifted, count, confidence),
        scale_interval=_scale_interval(modulus, shifted, count, center, confidence),
        confidence=confidence,
        sample_size=int(sample.size),
        censored=int(sample.size) - count,
    )


def modulus_bias(sample_size: int, failures: int) -> float:
    """Mean of the maximum-likelihood modulus over the true one.

    The weight between the two limits is our fit to Monte Carlo means, good to 1 % from six failures on.

    Examples
    --------
    >>> round(modulus_bias(10, 10), 3), round(modulus_bias(30, 10), 3)
    (1.174, 1.23)
    """
    complete = 1.0 + 1.346 / failures + 3.9 / failures**2
    weight = float((1.0 - failures / sample_size) ** 0.75)
    return complete + weight * (failures / (failures - 2.0) - complete)


def _failures(sample: Floats, censored: ArrayLike | None) -> NDArray[np.bool_]:
    """Return where the specimen failed; InputError for samples that have no fit."""
    failed = np.ones(sample.size, dtype=bool) if censored is None else ~np.asarray(censored, dtype=bool).ravel()
    if failed.size != sample.size:
        raise InputError(f"censored must have one entry for each of {sample.size} values; got {failed.size}.")
    count = int(failed.sum())
    if count < MINIMUM_SAMPLE:
        kind = "values" if count == sample.size else "values that are not censored"
        raise InputError(
            f"a Weibull fit needs at least {MINIMUM_SAMPLE} {kind}; got {count}. Test more specimens, or seeds."
        )
    if (sample <= 0).any():
        raise InputError(f"values must be > 0; got minimum {sample.min():g}.")
    if np.ptp(sample[failed]) <= 1e-12 * sample.max() and sample.max() <= sample[failed][0] * (1.0 + 1e-12):
        raise InputError(f"all {sample.size} values equal {sample[0]:g}: they have no Weibull modulus.")
    return failed


def _likely_modulus(shifted: Floats, failed: NDArray[np.bool_]) -> float:
    """Root of the likelihood equation; ``shifted`` are logs minus the mean of those that failed."""

    def equation(log_modulus: float) -> float:
        weights = np.exp(math.exp(log_modulus) * (shifted - shifted.max()))
        return float((weights * shifted).sum() / weights.sum()) - math.exp(-log_modulus)

    spread = float(shifted[failed].std()) or float(np.ptp(shifted))
    start = math.log(1.2 / spread)
    return math.exp(float(optimize.brentq(equation, start - 8.0, start + 5.0, xtol=1e-13)))


def _scale_at(modulus: float, shifted: Floats, failures: int) -> float:
    """Most likely scale at a given modulus, relative to the geometric mean of the failures."""
    top = float(shifted.max())
    total = float(np.exp(modulus * (shifted - top)).sum())
    return float(math.exp(top) * (total / failures) ** (1.0 / modulus))


def _modulus_interval(modulus: float, shifted: Floats, failures: int, confidence: float) -> tuple[float, float]:
    top = float(shifted.max())
    below = shifted - top

    def profile(log_modulus: float) -> tuple[float, float]:
        m = math.exp(log_modulus)
        weights = np.exp(m * below)
        total = float(weights.sum())
        mean = top + float(weights @ below) / total
        # with the scale at its best the sum of hazards is the number of failures
        return failures * (log_modulus - m * top - math.log(total / failures) - 1.0), failures * (1.0 - m * mean)

    low, high = _profile_ends(profile, math.log(modulus), 0.78 / math.sqrt(failures), confidence)
    return math.exp(low), math.exp(high)


def _scale_interval(
    modulus: float, shifted: Floats, failures: int, center: float, confidence: float
) -> tuple[float, float]:
    near = [modulus]

    def profile(log_scale: float) -> tuple[float, float]:
        ratio = shifted - log_scale
        m = _modulus_at(near[0], ratio, log_scale, failures)
        near[0] = m
        total = float(np.exp(m * ratio).sum())
        return failures * (math.log(m) - m * log_scale) - total, m * (total - failures)

    best = math.log(_scale_at(modulus, shifted, failures))
    low, high = _profile_ends(profile, best, 1.05 / (modulus * math.sqrt(failures)), confidence)
    return math.exp(low + center), math.exp(high + center)


def _modulus_at(start: float, ratio: Floats, log_scale: float, failures: int) -> float:
    """Most likely modulus at a given scale, by Newton's method: the likelihood is concave in the modulus."""
    m = start
    for _ in range(_ROUNDS):
        hazard = ratio * np.exp(m * ratio)
        slope = failures * (1.0 / m - log_scale) - float(hazard.sum())
        step = slope / (failures / m**2 + float(hazard @ ratio))
        m = min(max(m + step, 0.3 * m), 3.0 * m)
        if abs(step) < 1e-11 * m:
            break
    return m


def _profile_ends(
    profile: Callable[[float], tuple[float, float]], best: float, width: float, confidence: float
) -> tuple[float, float]:
    """Return the two places at which a profile log-likelihood has dropped by half a chi-square quantile.

    ``profile`` gives value and slope, ``width`` is a rough standard error. Newton's method, kept between a place
    known to be inside and one known to be outside.
    """
    drop = 0.5 * float(chdtri(1.0, 1.0 - confidence))
    level = profile(best)[0] - drop
    ends = []
    for sign in (-1.0, 1.0):
        inside, outside = best, math.inf * sign
        at = best + sign * width * math.sqrt(2.0 * drop)
        for _ in range(_ROUNDS):
            value, slope = profile(at)
            if value > level:
                inside = at
            else:
                outside = at
            following = at - (value - level) / slope if slope * sign < 0.0 else math.nan
            if not min(inside, outside) < following < max(inside, outside):
                following = 0.5 * (inside + outside) if math.isfinite(outside) else best + 2.0 * (at - best)
            if abs(following - at) < 1e-11 * max(abs(at - best), 1e-300):
                break
            at = following
        ends.append(at)
    return ends[0], ends[1]

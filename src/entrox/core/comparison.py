r"""Do two samples differ in their mean? Welch's test, its interval, and a bootstrap beside it.

Pure functions of arrays; the samples need not have one variance, nor be normal where they are not small. Import this
module where it is needed: ``scipy.stats`` is slow to load.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from entrox.core.bootstrap import percentile_interval, resampling_counts
from entrox.core.checks import check_finite, check_in_range
from entrox.core.errors import InputError
from entrox.core.result import Result, quantity
from entrox.core.student import student_half_width

__all__ = ["MeanComparison", "compare_means", "holm_p_values", "mean_interval"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MeanComparison(Result):
    """Difference of the means of two samples, second minus first, with its significance."""

    first_mean: float = quantity("as the samples", "mean of the first sample")
    second_mean: float = quantity("as the samples", "mean of the second sample")
    difference: float = quantity("as the samples", "second mean minus first")
    interval: tuple[float, float] = quantity("as the samples", "Welch interval of the difference")
    bootstrap_interval: tuple[float, float] = quantity("as the samples", "bootstrap interval of the difference")
    relative_difference: float = quantity("1", "difference over the first mean")
    relative_interval: tuple[float, float] = quantity("1", "bootstrap interval of the ratio of the means, minus one")
    p_value: float = quantity("1", "two-sided p-value of Welch's test that the means are equal")
    degrees_of_freedom: float = quantity("1", "Welch-Satterthwaite degrees of freedom")
    confidence: float = quantity("1", "confidence of the intervals")
    sample_sizes: tuple[int, int] = quantity("1", "numbers of values of the two samples")

    @property
    def is_significant(self) -> bool:
        """Whether the p-value is below one minus the confidence."""
        return self.p_value < 1.0 - self.confidence


def compare_means(
    first: ArrayLike, second: ArrayLike, rng: np.random.Generator, *, confidence: float = 0.95, draws: int = 4000
) -> MeanComparison:
    """Compare the means of two independent samples.

    Parameters
    ----------
    first, second
        Shapes ``(n,)`` and ``(m,)``, both at least 3, in one unit.
    rng
        Draws the bootstrap samples.
    confidence
        Of the intervals, in (0, 1).
    draws
        Number of bootstrap samples.

    Raises
    ------
    InputError
        If a sample holds fewer than three values or both have no scatter: their difference is then exact.

    Notes
    -----
    Welch, Biometrika 34, 28 (1947). For three or more comparisons with one reference use :func:`holm_p_values`.

    Examples
    --------
    >>> found = compare_means([1.0, 2.0, 3.0], [4.0, 5.0, 6.0], np.random.default_rng(1))
    >>> found.difference, round(found.p_value, 4)
    (3.0, 0.0213)
    """
    samples = [_checked(values, name) for values, name in ((first, "first"), (second, "second"))]
    check_in_range(confidence, "confidence", low=0.0, high=1.0, low_open=True, high_open=True)
    if all(np.ptp(sample) == 0.0 for sample in samples):
        raise InputError("both samples hold equal values only: their difference is exact and has no significance.")
    test = stats.ttest_ind(samples[1], samples[0], equal_var=False)
    low, high = test.confidence_interval(confidence)
    means = [float(sample.mean()) for sample in samples]
    one, two = (resampling_counts(rng, len(sample), draws) @ sample / len(sample) for sample in samples)
    return MeanComparison(
        first_mean=means[0],
        second_mean=means[1],
        difference=means[1] - means[0],
        interval=(float(low), float(high)),
        bootstrap_interval=_pair(two - one, confidence),
        relative_difference=means[1] / means[0] - 1.0 if means[0] else float("nan"),
        relative_interval=_pair(two / one - 1.0, confidence) if (one != 0.0).all() else (float("nan"), float("nan")),
        p_value=float(test.pvalue),
        degrees_of_freedom=float(test.df),
        confidence=confidence,
        sample_sizes=(len(samples[0]), len(samples[1])),
    )


def mean_interval(values: ArrayLike, *, confidence: float = 0.95) -> tuple[float, float]:
    """Student's interval of the mean of one sample, in its unit.

    Parameters
    ----------
    values
        Shape ``(n,)``, n >= 3.
    confidence
        In (0, 1).

    Examples
    --------
    >>> [round(end, 3) for end in mean_interval([1.0, 2.0, 3.0])]
    [-0.484, 4.484]
    """
    sample = _checked(values, "values")
    check_in_range(confidence, "confidence", low=0.0, high=1.0, low_open=True, high_open=True)
    reach = student_half_width(sample, confidence)
    return float(sample.mean()) - reach, float(sample.mean()) + reach


def holm_p_values(p_values: ArrayLike) -> Floats:
    """p-values of several comparisons, adjusted so that the chance of any false finding stays that of one.

    Parameters
    ----------
    p_values
        Shape ``(n,)``, each in [0, 1].

    Returns
    -------
    numpy.ndarray
        Adjusted values in the given order, shape ``(n,)``. Holm, Scand. J. Statist. 6, 65 (1979).

    Examples
    --------
    >>> holm_p_values([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values = check_finite(p_values, "p_values").ravel()
    if ((values < 0.0) | (values > 1.0)).any():
        raise InputError(f"p_values must lie in [0, 1]; got {values.min():g} to {values.max():g}.")
    order = np.argsort(values, kind="stable")
    scaled = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted


def _checked(values: ArrayLike, name: str) -> Floats:
    sample = check_finite(values, name).ravel()
    if sample.size < 3:
        raise InputError(f"a comparison needs at least three values; {name} holds {sample.size}. Run more seeds.")
    return sample


def _pair(draws: Floats, confidence: float) -> tuple[float, float]:
    low, high = percentile_interval(draws, confidence)
    return float(low), float(high)

"""Bootstrap: how often each observation is drawn, and percentile intervals of what follows.

Pure functions of arrays; randomness comes as a generator.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core.checks import check_in_range, check_integer

__all__ = ["percentile_interval", "resampling_counts"]

Floats = NDArray[np.float64]


def resampling_counts(rng: np.random.Generator, size: int, draws: int) -> Floats:
    """How often each of ``size`` observations is drawn when ``size`` are drawn with replacement.

    Parameters
    ----------
    rng
        Source of randomness.
    size, draws
        Number of observations and of bootstrap samples.

    Returns
    -------
    numpy.ndarray
        Counts, shape ``(draws, size)``; every row sums to ``size``.
    """
    check_integer(size, "size", low=1)
    check_integer(draws, "draws", low=1)
    return np.asarray(rng.multinomial(size, np.full(size, 1.0 / size), size=draws), dtype=float)


def percentile_interval(draws: ArrayLike, confidence: float = 0.95) -> Floats:
    """Central interval of bootstrap or Monte Carlo draws.

    Parameters
    ----------
    draws
        One draw per entry of the first axis, shape ``(draws, ...)``.
    confidence
        Share of the draws inside, in (0, 1).

    Returns
    -------
    numpy.ndarray
        Lower and upper end along the last axis, shape ``(..., 2)``, in the unit of the draws.

    Examples
    --------
    >>> percentile_interval(np.arange(101.0), 0.9).tolist()
    [5.0, 95.0]
    """
    check_in_range(confidence, "confidence", low=0.0, high=1.0, low_open=True, high_open=True)
    tail = round(0.5 * (1.0 - confidence), 12)
    # rounded, so that 0.95 gives exactly 0.025 and 0.975
    ends = np.quantile(np.asarray(draws, dtype=float), [tail, 1.0 - tail], axis=0)
    return np.moveaxis(ends, 0, -1)

r"""Error of the mean of a correlated series, by doubling the blocks until the estimate no longer grows.

.. math:: \sigma_k^2 = \frac{1}{n_k - 1} \Big[ \overline{x_k^2} - \overline{x_k}^2 \Big]

where level k holds the means of blocks of 2^k samples. The estimate rises while blocks are shorter than the memory of
the series and is constant after: the plateau. Pure functions of arrays.
Flyvbjerg and Petersen, J. Chem. Phys. 91, 461 (1989).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core.checks import check_finite
from entrox.core.errors import InputError
from entrox.core.result import Result, quantity

__all__ = ["BlockAverage", "block_average", "block_errors", "settled_start"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PLATEAU_BLOCKS = 8
"""A plateau needs at least this many blocks: the error of the error is then 27 %."""
FALLBACK_BLOCKS = 4
"""Fewest blocks of the longest length, which gives the error where no plateau is found."""
CUTS = 10
"""Places, in shares of a series up to its half, at which its settled part may begin."""
PLATEAU_RISE = 2.0
"""The next level may lie above the plateau by this many of their combined standard errors."""


@dataclass(frozen=True, kw_only=True)
class BlockAverage(Result):
    """Mean of a time series with the error that its correlation leaves.

    ``error`` is None for a single sample. Where ``converged`` is false, the series is too short to show a plateau and
    ``error`` is that of the longest blocks: a lower bound.
    """

    mean: float = quantity("as the series", "mean")
    error: float | None = quantity("as the series", "standard error of the mean")
    n_eff: float = quantity("1", "number of independent samples of the same worth")
    correlation_steps: float | None = quantity("steps", "integrated correlation time, 0.5 without correlation")
    n_samples: int = quantity("1", "number of samples")
    block_steps: int = quantity("steps", "length of the blocks that give the error")
    converged: bool


def block_average(series: ArrayLike) -> BlockAverage:
    r"""Mean of a series of equally spaced samples with its standard error.

    Parameters
    ----------
    series
        Shape ``(n_samples,)``.

    Returns
    -------
    BlockAverage
        In the unit of the series. The plateau is the shortest block of B samples with B^3 > 2 n (s_B / s_1)^4, s the
        estimate at that length: there the bias of short blocks has fallen below the noise of few (Lee et al., Phys.
        Rev. E 83, 066706 (2011)). It must leave eight blocks, and the next level must not lie above it by more than
        two standard errors.

    Raises
    ------
    InputError
        If the series is empty, not one-dimensional, or not finite.

    Examples
    --------
    >>> block_average([1.0, 3.0] * 64).mean
    2.0
    >>> block_average([1.0]).error is None
    True
    """
    values = check_finite(series, "series")
    if values.ndim != 1 or values.size == 0:
        raise InputError(f"series must have shape (n_samples,) with at least one sample; got {values.shape}.")
    count = values.size
    mean = float(values.mean())
    if count == 1:
        return BlockAverage(
            mean=mean, error=None, n_eff=1.0, correlation_steps=None, n_samples=1, block_steps=1, converged=False
        )
    errors, level, converged = _chosen(values[:, None])
    error = float(errors[0])
    variance = float(values.var(ddof=1))
    n_eff = min(variance / error**2, float(count)) if error > 0 else float(count)
    return BlockAverage(
        mean=mean,
        error=error,
        n_eff=n_eff,
        correlation_steps=0.5 * count / n_eff,
        n_samples=count,
        block_steps=int(2 ** level[0]),
        converged=bool(converged[0]),
    )


def block_errors(series: ArrayLike) -> tuple[Floats, NDArray[np.bool_]] | None:
    """Standard errors of the means of many series at once, by the rule of :func:`block_average`.

    Parameters
    ----------
    series
        Shape ``(n_samples, ...)``: time runs along the first axis.

    Returns
    -------
    tuple or None
        Errors and whether each has a plateau, both of the shape ``(...)``; None for a single sample, which has none.
    """
    values = check_finite(series, "series")
    if values.ndim == 0 or values.shape[0] == 0:
        raise InputError(f"series must have shape (n_samples, ...) with at least one sample; got {values.shape}.")
    if values.shape[0] == 1:
        return None
    errors, _, converged = _chosen(values.reshape(values.shape[0], -1))
    return errors.reshape(values.shape[1:]), converged.reshape(values.shape[1:])


def settled_start(series: Floats) -> int:
    """First sample of the settled part of a series: the cut that leaves most independent samples.

    Cuts up to the half are tried; independent samples are counted by :func:`block_average`, so
    that a drift, which is long memory, costs more than the samples that are dropped with it.
    Chodera, J. Chem. Theory Comput. 12, 1799 (2016).

    Examples
    --------
    >>> drifting = np.concatenate([np.linspace(5.0, 0.0, 60), np.zeros(140)])
    >>> settled_start(drifting + np.random.default_rng(1).normal(scale=0.1, size=200)) in (60, 70, 80)
    True
    """
    cuts = sorted({len(series) * k // (2 * CUTS) for k in range(CUTS + 1)})
    left = [cut for cut in cuts if len(series) - cut >= 2]
    return max(left, key=lambda cut: block_average(series[cut:]).n_eff, default=0)


def _chosen(values: Floats) -> tuple[Floats, Ints, NDArray[np.bool_]]:
    """Errors, levels and plateau flags of series in the columns of ``values``, shape ``(n_samples, n_series)``."""
    estimates, counts = _levels(values)
    last = int(np.flatnonzero(counts >= min(FALLBACK_BLOCKS, counts[0])).max())
    # a spread below the rounding of the mean is that of a constant
    constant = estimates[0] <= 1e-15 * np.abs(values).max(axis=0)
    estimates[:, constant] = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.where(constant, 1.0, (estimates / estimates[0]) ** 4)
    lengths = 2.0 ** np.arange(len(counts))
    plateau = (lengths[:, None] ** 3 > 2.0 * values.shape[0] * growth) & (counts[:, None] >= PLATEAU_BLOCKS)
    spread = estimates / np.sqrt(2.0 * (counts[:, None] - 1.0))
    for k in range(len(counts) - 1):
        if counts[k + 1] >= PLATEAU_BLOCKS:
            limit = PLATEAU_RISE * np.hypot(spread[k], spread[k + 1])
            plateau[k] &= estimates[k + 1] <= estimates[k] + limit
    converged = plateau.any(axis=0)
    level = np.where(converged, plateau.argmax(axis=0), last)
    return estimates[level, np.arange(values.shape[1])], level, converged


def _levels(values: Floats) -> tuple[Floats, Ints]:
    """Estimate of the error at each block length 1, 2, 4, ... and the number of blocks."""
    blocks = values
    estimates, counts = [], []
    while len(blocks) >= 2:
        estimates.append(blocks.std(axis=0, ddof=1) / np.sqrt(len(blocks)))
        counts.append(len(blocks))
        even = 2 * (len(blocks) // 2)
        blocks = 0.5 * (blocks[0:even:2] + blocks[1:even:2])
    return np.array(estimates), np.array(counts, dtype=np.int64)

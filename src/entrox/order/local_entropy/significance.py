"""p values of a family of sizes from relabelings: single, family-wise and step-down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from entrox.core import InputError

__all__ = ["Alternative", "Significance", "check_alternative", "detectable_excess", "significance"]

Floats = NDArray[np.float64]
Alternative = Literal["two-sided", "segregation", "ordering"]

TIE = 1e-9
"""Relative difference below which two statistics are the same: sums in another order differ by rounding."""


@dataclass(frozen=True)
class Significance:
    """Deviations and p values; all arrays have one entry per size."""

    z: Floats
    p: Floats
    p_adjusted: Floats
    family_p: float
    critical: float


def check_alternative(alternative: Alternative) -> Alternative:
    """Return the alternative if it is one."""
    if alternative not in get_args(Alternative):
        raise InputError(f"alternative must be one of {', '.join(get_args(Alternative))}; got {alternative!r}.")
    return alternative


def significance(
    observed: Floats,
    null: Floats,
    sd: Floats,
    relabeled: Floats,
    alternative: Alternative,
    alpha: float,
    exact: NDArray[np.bool_] | bool = True,
) -> Significance:
    r"""Standardized deviations from the null and their p values.

    .. math:: p(L) = \frac{1 + \#\{T_b \ge T\}}{B + 1}

    with T the standardized deviation in the direction of the alternative. What T is standardized by includes the
    observed value: observed and relabeled ones are then treated alike, and the level of the largest of many T is exact
    for any B (with the relabelings alone it is 8 instead of 5 % for thirty statistics and B = 99). The family-wise p
    takes the largest T of all sizes; the adjusted p of one size steps down from the largest (P. H. Westfall and
    S. S. Young, Resampling-Based Multiple Testing, 1993). Neither can be zero: the smallest is 1/(B + 1).

    Parameters
    ----------
    observed, null, sd
        Entropy, its mean and its standard deviation under the null, shape ``(n_sizes,)``.
    relabeled
        Entropies of the relabelings, shape ``(n_relabel, n_sizes)``.
    alternative
        ``"segregation"`` looks for entropies below the null, ``"ordering"`` above it.
    alpha
        The critical value is the 1 - alpha quantile of the largest deviation of the relabelings in units of ``sd``.
    exact
        Whether ``null`` is known exactly, for all sizes or each, shape ``(n_sizes,)``; otherwise it is the mean of the
        relabelings, and T is taken from the mean of observed and relabeled values.

    Raises
    ------
    InputError
        If the alternative is unknown.
    """
    check_alternative(alternative)
    z = (observed - null) / sd
    deviations = (relabeled - null) / sd
    pooled = np.vstack([observed, relabeled])
    spread = pooled.std(axis=0, ddof=1)
    center = np.where(exact, null, pooled.mean(axis=0))
    standardized = _directed((pooled - center) / np.where(spread > 0.0, spread, sd), alternative)
    t, t_null = standardized[0], standardized[1:]
    bound = t - TIE * np.abs(t)
    n_relabel = len(relabeled)
    largest = t_null.max(axis=1)
    adjusted = np.empty_like(t)
    before = 0.0
    order = np.argsort(-t, kind="stable")
    for rank, size in enumerate(order):
        exceed = (t_null[:, order[rank:]].max(axis=1) >= bound[size]).sum()
        before = max(before, (1.0 + exceed) / (n_relabel + 1.0))
        adjusted[size] = before
    return Significance(
        z=z,
        p=(1.0 + (t_null >= bound).sum(axis=0)) / (n_relabel + 1.0),
        p_adjusted=adjusted,
        family_p=float((1.0 + (largest >= bound.max()).sum()) / (n_relabel + 1.0)),
        critical=float(np.quantile(_directed(deviations, alternative).max(axis=1), 1.0 - alpha)),
    )


def _directed(deviations: Floats, alternative: Alternative) -> Floats:
    """Deviations counted in the direction of the alternative."""
    if alternative == "two-sided":
        return np.abs(deviations)
    return -deviations if alternative == "segregation" else deviations


def detectable_excess(critical: float, sd: Floats, n_points: int, power: float) -> Floats:
    r"""Excess information that is found with a given probability [R].

    .. math:: d = c\,\mathrm{SD} + z_\mathrm{power} \sqrt{\mathrm{SD}^2 + 2 d / N}

    The second term under the root is the noise that the excess itself brings: 2 N I is a G statistic, whose variance
    grows by four times the noncentrality 2 N d.

    Parameters
    ----------
    critical
        Critical value of the largest deviation of all sizes.
    sd
        Standard deviation of the null [R], shape ``(n_sizes,)``.
    n_points
        Number of points.
    power
        Probability of detection, in (0, 1).
    """
    quantile = float(ndtri(power))
    threshold, own = critical * np.asarray(sd), quantile**2 / n_points
    root = np.sqrt(own * (2.0 * threshold + own) + (quantile * np.asarray(sd)) ** 2)
    return np.asarray(threshold + own + np.copysign(root, quantile))

"""How far an observed statistic lies outside its random relabelings, for one statistic and for a whole family.

Pure functions of arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from entrox.order.local_entropy.significance import Alternative, significance

__all__ = ["SIDE_OF_ENTROPY", "RelabelingTest", "Side", "compare_with_relabelings"]

Floats = NDArray[np.float64]
Side = Literal["two-sided", "lower", "upper"]

# Entropies fall by segregation and rise by ordering; other statistics only know their two sides.
_ALTERNATIVE: dict[Side, Alternative] = {"two-sided": "two-sided", "lower": "segregation", "upper": "ordering"}
SIDE_OF_ENTROPY: dict[Alternative, Side] = {name: side for side, name in _ALTERNATIVE.items()}


@dataclass(frozen=True, eq=False)
class RelabelingTest:
    """Observed statistics against their relabelings; NaN where the relabelings do not vary.

    Parameters
    ----------
    mean, sd
        Over the relabelings, shape of the statistics.
    z
        Deviation in standard deviations.
    p
        Probability of one statistic, never below 1 / (relabelings + 1).
    p_adjusted
        Probability with all statistics of the family taken into account, by the largest deviation, step by step.
    family_p
        Probability of the largest deviation of the family.
    """

    mean: Floats
    sd: Floats
    z: Floats
    p: Floats
    p_adjusted: Floats
    family_p: float


def compare_with_relabelings(
    observed: Floats,
    relabeled: Floats,
    side: Side = "two-sided",
    *,
    family: NDArray[np.bool_] | None = None,
    exact_mean: Floats | None = None,
) -> RelabelingTest:
    r"""Compare statistics with those of relabeled points.

    .. math:: p = \frac{1 + \#\{b : |T_b| \ge |T_\mathrm{obs}|\}}{B + 1}, \quad T = (x - \bar x) / \mathrm{SD}

    Parameters
    ----------
    observed
        Statistics, any shape.
    relabeled
        The same of B relabelings, shape ``(B, *observed.shape)``.
    side
        ``lower`` and ``upper`` count only deviations to that side.
    family
        Which statistics count for the family; by default all that vary.
    exact_mean
        Mean under relabeling where it is known exactly, NaN elsewhere; by default that of the relabelings.

    Returns
    -------
    RelabelingTest
        All NaN with fewer than two relabelings; with one, its values are the mean.
    """
    shape, count = observed.shape, len(relabeled)
    flat, draws = observed.reshape(-1).astype(float), relabeled.reshape(count, observed.size).astype(float)
    z, p, adjusted, nothing = np.full((4, flat.size), np.nan)
    if count < 2:
        unknown = nothing.reshape(shape)
        mean = draws[0].reshape(shape) if count else unknown
        return RelabelingTest(mean, unknown, unknown, unknown, unknown, float("nan"))
    mean, sd = draws.mean(axis=0), draws.std(axis=0, ddof=1)
    known = np.zeros(flat.size, dtype=bool)
    if exact_mean is not None:
        known = np.isfinite(exact_mean.reshape(-1))
        mean = np.where(known, exact_mean.reshape(-1), mean)
    # Sums of equal numbers in another order differ by rounding: that is no variation.
    varies = np.isfinite(flat) & (sd > 1e-12 * np.abs(draws).max(axis=0, initial=1e-300))
    tested = varies if family is None else varies & family.reshape(-1)
    family_p = float("nan")
    for chosen in (np.flatnonzero(varies), np.flatnonzero(tested)):
        if chosen.size:
            found = significance(
                flat[chosen], mean[chosen], sd[chosen], draws[:, chosen], _ALTERNATIVE[side], 0.05, known[chosen]
            )
            z[chosen], p[chosen] = found.z, found.p
            if chosen.size == np.count_nonzero(tested):
                adjusted[chosen], family_p = found.p_adjusted, found.family_p
    return RelabelingTest(
        mean.reshape(shape), sd.reshape(shape), z.reshape(shape), p.reshape(shape), adjusted.reshape(shape), family_p
    )

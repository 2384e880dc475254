r"""Standard deviation of the entropy of one area whose labels are random: exact if small, by expansion if large.

With :math:`S=\ln N-\frac1N\sum_i n_i\ln n_i` and hypergeometric counts, mean and mean square of the sum follow for
every N at once by adding species after species: the weights of independent binomial counts, kept apart by their sum,
are those of the hypergeometric law. Unit: R per mole of counted atoms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, xlogy

__all__ = ["null_entropy_sd"]

Floats = NDArray[np.float64]

LARGEST_EXACT = 1500
"""Areas of more atoms are handled by the expansion; at this size the two agree to 1e-3."""
_BAND = 1.5


def null_entropy_sd(n_per_area: ArrayLike, species_totals: ArrayLike) -> Floats:
    r"""Standard deviation of the plug-in entropy of an area of N atoms under random relabeling.

    Parameters
    ----------
    n_per_area
        Atoms of each area, from 1 to all, any shape; between whole numbers the value is interpolated.
    species_totals
        Atoms of each species in the whole set, shape ``(n_species,)``.

    Returns
    -------
    ndarray
        Standard deviation [R], shape of ``n_per_area``.

    Notes
    -----
    Above 1500 atoms: variance :math:`f\,(\sum_i p_i\ln^2p_i-S^2)/N+f^2(K-1)/2N^2` with the correction
    :math:`f=(N_\mathrm{tot}-N)/(N_\mathrm{tot}-1)` for drawing without replacement.

    Examples
    --------
    Two atoms of an equal mixture of many: entropy ln 2 or 0, half of the time each.

    >>> round(float(null_entropy_sd(2, [500000, 500000])), 4)
    0.3466
    """
    totals = np.asarray(species_totals, dtype=np.float64)
    totals = totals[totals > 0]
    n = np.asarray(n_per_area, dtype=np.float64)
    flat = n.ravel()
    out = _expansion(flat, totals)
    small = flat <= LARGEST_EXACT
    if small.any():
        largest = int(min(np.ceil(flat[small].max()), totals.sum()))
        smallest = max(int(np.floor(flat[small].min())), 1)
        whole, values = _exact(smallest, largest, totals)
        out[small] = np.interp(flat[small], whole, values)
    return np.asarray(out.reshape(n.shape))[()]


def _expansion(n: Floats, totals: Floats) -> Floats:
    every = totals.sum()
    p = totals / every
    left = np.clip((every - n) / max(every - 1.0, 1.0), 0.0, 1.0)
    logs = np.log(p)
    linear = float((p * logs**2).sum() - (p * logs).sum() ** 2)
    return np.asarray(np.sqrt(left * max(linear, 0.0) / n + left**2 * (len(p) - 1) / (2.0 * n**2)))


def _exact(smallest: int, largest: int, totals: Floats) -> tuple[Floats, Floats]:
    """Whole numbers from ``smallest`` to ``largest`` and the standard deviation for each."""
    values = []
    low = smallest
    while low <= largest:
        high = min(max(int(low * _BAND), low + 8), largest)
        values.append(_band(low, high, totals))
        low = high + 1
    return np.arange(smallest, largest + 1, dtype=np.float64), np.concatenate(values)


def _band(low: int, high: int, totals: Floats) -> Floats:
    """Standard deviations for N from ``low`` to ``high``; one binomial probability keeps all weights in range."""
    counts = np.arange(high + 1, dtype=np.float64)
    chance = min(0.5 * (low + high) / totals.sum(), 0.9)
    amount = xlogy(counts, counts)
    zeroth, first, second = np.zeros(high + 1), np.zeros(high + 1), np.zeros(high + 1)
    zeroth[0] = 1.0
    for total in totals:
        weight = _binomial(counts, total, chance)
        once, twice = weight * amount, weight * amount**2
        second = _folded(second, weight) + 2.0 * _folded(first, once) + _folded(zeroth, twice)
        first = _folded(first, weight) + _folded(zeroth, once)
        zeroth = _folded(zeroth, weight)
    chosen = slice(low, high + 1)
    mean = first[chosen] / zeroth[chosen]
    variance = second[chosen] / zeroth[chosen] - mean**2
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)) / counts[chosen])


def _binomial(counts: Floats, total: float, chance: float) -> Floats:
    held = np.minimum(counts, total)
    log = gammaln(total + 1.0) - gammaln(held + 1.0) - gammaln(total - held + 1.0)
    log += held * np.log(chance) + (total - held) * np.log1p(-chance)
    return np.where(counts <= total, np.exp(log), 0.0)


def _folded(left: Floats, right: Floats) -> Floats:
    return np.convolve(left, right)[: len(left)]

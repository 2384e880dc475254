r"""Entropy of a composition known only from counts, and how biased each estimator is.

Counts :math:`n_i` of K species, :math:`N = \sum_i n_i`. Pure functions of arrays. Unit: R per mole of counted atoms.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, gammaln, xlog1py, xlogy

from entrox.core import InputError
from entrox.core.checks import check_finite, check_integer, check_site_fractions

__all__ = ["Estimator", "bulk_entropy", "entropy_estimate", "expected_entropy", "grassberger_digamma"]

Floats = NDArray[np.float64]
Estimator = Literal[
    "plugin", "miller_madow", "miller_madow_known_k", "psi", "grassberger", "jackknife", "chao_shen"
]  # fmt: skip


def entropy_estimate(counts: ArrayLike, method: Estimator = "grassberger") -> Floats:
    r"""Entropy estimated from counts.

    ==================== =================================================================================
    method               estimate
    ==================== =================================================================================
    plugin               :math:`S = -\sum_i (n_i/N) \ln (n_i/N)`
    miller_madow         S + (K' - 1) / 2N with the K' species seen
    miller_madow_known_k S + (K - 1) / 2N
    psi                  :math:`\psi(N) - \sum_i (n_i/N) \psi(n_i)`
    grassberger          :math:`\psi(N) - \sum_i (n_i/N) G(n_i)`, G of :func:`grassberger_digamma`
    jackknife            N S - (N - 1) times the mean S with one atom left out
    chao_shen            for species not yet seen: coverage and Horvitz-Thompson weights
    ==================== =================================================================================

    Parameters
    ----------
    counts
        Atoms of each species, whole numbers >= 0, shape ``(..., n_species)``.
    method
        Estimator; the default is unbiased to 4e-4 from ten atoms of four species on.

    Returns
    -------
    ndarray
        Entropy [R], shape ``(...)``; NaN where nothing was counted. Corrected values may exceed ln K and must not be
        clipped before they are averaged.

    Raises
    ------
    InputError
        If a count is negative or not whole, or the method is unknown.

    Notes
    -----
    The leading term is psi(N), not ln N, which overshoots by 1/(2N) at given N. P. Grassberger, arXiv:physics/0307138;
    A. Chao and T.-J. Shen, Environ. Ecol. Stat. 10, 429 (2003); G. A. Miller, in Information Theory in Psychology
    (1955).

    Examples
    --------
    >>> round(float(entropy_estimate([5, 5], "plugin")), 4)
    0.6931
    """
    n = _checked_counts(counts)
    if method not in get_args(Estimator):
        raise InputError(f"method must be one of {', '.join(get_args(Estimator))}; got {method!r}.")
    total = n.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        if method == "chao_shen":
            value = _chao_shen(n, total)
        elif method == "jackknife":
            value = _jackknife(n, total)
        elif method in ("psi", "grassberger"):
            terms = grassberger_digamma(n) if method == "grassberger" else np.where(n > 0, digamma(n), 0.0)
            value = digamma(total) - (n * terms).sum(axis=-1) / total
        else:
            value = _plugin(n, total)
            seen = (n > 0).sum(axis=-1) if method == "miller_madow" else n.shape[-1]
            if method != "plugin":
                value = value + (seen - 1) / (2.0 * total)
    return np.asarray(np.where(total > 0, value, np.nan))[()]


def expected_entropy(n_atoms: int, fractions: ArrayLike, method: Estimator = "plugin") -> float:
    r"""Exact mean of an estimator over random draws of ``n_atoms`` atoms from given fractions.

    Every estimator but Chao-Shen is a sum over species, so that binomial probabilities suffice:

    .. math:: E[S] = \sum_i \sum_n \mathrm{Binom}(n; N, p_i) \left(-\frac{n}{N} \ln \frac{n}{N}\right)

    Parameters
    ----------
    n_atoms
        Atoms drawn, >= 1 (>= 2 for the jackknife).
    fractions
        Fractions of the species, shape ``(n_species,)``, sum one.
    method
        Estimator; Chao-Shen has no closed form.

    Returns
    -------
    float
        Mean [R].

    Raises
    ------
    InputError
        If a number is out of range or the method has no closed form.

    Examples
    --------
    >>> round(expected_entropy(12, [0.306, 0.267, 0.219, 0.208]), 4)
    1.2348
    """
    p = check_site_fractions([fractions], "fractions")[0]
    check_integer(n_atoms, "n_atoms", low=2 if method == "jackknife" else 1)
    if method == "chao_shen" or method not in get_args(Estimator):
        raise InputError(f"method must be one of plugin, miller_madow, psi, grassberger, jackknife; got {method!r}.")
    if method == "jackknife":
        fewer = expected_entropy(n_atoms - 1, p)
        return n_atoms * expected_entropy(n_atoms, p) - (n_atoms - 1) * fewer
    n = np.arange(n_atoms + 1)
    ways = gammaln(n_atoms + 1.0) - gammaln(n + 1.0) - gammaln(n_atoms - n + 1.0)
    weights = np.exp(ways + xlogy(n, p[:, None]) + xlog1py(n_atoms - n, -p[:, None]))
    if method in ("psi", "grassberger"):
        terms = grassberger_digamma(n) if method == "grassberger" else np.append(0.0, digamma(n[1:]))
        return float(digamma(n_atoms) - (weights * (n * terms)).sum() / n_atoms)
    plugin = float(-(weights * xlogy(n, n / n_atoms)).sum() / n_atoms)
    if method == "plugin":
        return plugin
    seen = float((1.0 - weights[:, 0]).sum()) if method == "miller_madow" else len(p)
    return plugin + (seen - 1.0) / (2.0 * n_atoms)


def bulk_entropy(totals: ArrayLike) -> float:
    """Plug-in entropy of all atoms together [R].

    Parameters
    ----------
    totals
        Atoms of each species, shape ``(n_species,)``.
    """
    return float(entropy_estimate(totals, "plugin"))


def grassberger_digamma(counts: ArrayLike) -> Floats:
    r"""Grassberger's :math:`G(n) = \psi(n) + (-1)^n [\psi((n+1)/2) - \psi(n/2)]/2`; 0 for n = 0.

    Parameters
    ----------
    counts
        Whole numbers >= 0, any shape.

    Notes
    -----
    G(2m) = G(2m + 1) = psi(m + 1/2) + ln 2, and G(1) = -gamma - ln 2 is the same formula with m = 0.
    """
    n = np.asarray(counts)
    return np.asarray(np.where(n > 0, digamma(n // 2 + 0.5) + np.log(2.0), 0.0))


def _plugin(n: Floats, total: Floats) -> Floats:
    return np.asarray(np.log(total) - xlogy(n, n).sum(axis=-1) / total)


def _jackknife(n: Floats, total: Floats) -> Floats:
    """Bias removed to first order by leaving out one atom at a time."""
    sums = xlogy(n, n).sum(axis=-1)[..., None] - xlogy(n, n) + xlogy(np.maximum(n - 1.0, 0.0), np.maximum(n - 1.0, 0.0))
    without = np.log(total - 1.0)[..., None] - sums / (total - 1.0)[..., None]
    mean = np.where(n > 0, n * without, 0.0).sum(axis=-1) / total
    return np.asarray(np.where(total > 1, total * _plugin(n, total) - (total - 1.0) * mean, 0.0))


def _chao_shen(n: Floats, total: Floats) -> Floats:
    singles = (n == 1).sum(axis=-1)
    # With singletons only, the coverage would be zero and the estimate infinite.
    coverage = 1.0 - np.where(singles == total, total - 1.0, singles) / total
    share = coverage[..., None] * n / total[..., None]
    seen = 1.0 - (1.0 - share) ** total[..., None]
    return np.asarray(-np.where(n > 0, xlogy(share, share) / np.where(seen > 0.0, seen, 1.0), 0.0).sum(axis=-1))


def _checked_counts(counts: ArrayLike) -> Floats:
    n = np.atleast_1d(check_finite(counts, "counts"))
    if (n < 0).any() or (n != np.floor(n)).any():
        bad = n[(n < 0) | (n != np.floor(n))]
        raise InputError(f"counts must be whole numbers >= 0; got {bad[0]:g}.")
    return n

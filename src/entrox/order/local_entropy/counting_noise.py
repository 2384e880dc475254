r"""What counting alone does to the entropy of small cubes of an ideal random alloy: exact means and spreads.

A cube of N ions drawn from fractions p has the plug-in entropy :math:`S = -\sum_i (n_i/N) \ln (n_i/N)`, whose mean lies
below that of the alloy by about (K - 1) / (2 N). Units: nm, entropies in R.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy
from scipy.stats import binom, multinomial, poisson

from entrox.composition.entropy import mixing_entropy_of_site
from entrox.core import check_in_range, check_integer, check_positive, check_site_fractions
from entrox.order.local_entropy.estimators import entropy_estimate, expected_entropy

__all__ = [
    "chance_of_published_cubes",
    "counting_sd",
    "plateau_size_nm",
    "poisson_cube_entropy",
    "poisson_cube_sd",
]

Floats = NDArray[np.float64]
TAIL = 1e-12
"""Numbers of ions less probable than this are left out."""


def counting_sd(n_atoms: int, fractions: ArrayLike) -> float:
    """Return the exact standard deviation of the plug-in entropy of one cube of ``n_atoms`` ions [R].

    Parameters
    ----------
    n_atoms
        Ions, >= 1.
    fractions
        Fractions of the species, shape ``(n_species,)``.

    Examples
    --------
    >>> round(counting_sd(12, [0.306, 0.267, 0.219, 0.208]), 3)
    0.124
    """
    check_integer(n_atoms, "n_atoms", low=1)
    (p,) = check_site_fractions([fractions], "fractions")
    n = np.arange(n_atoms + 1)
    term = -xlogy(n, n / n_atoms) / n_atoms
    means = np.array([binom.pmf(n, n_atoms, value) @ term for value in p])
    second = sum(float(binom.pmf(n, n_atoms, value) @ term**2) for value in p)
    first, other = np.meshgrid(n, n, indexing="ij")
    rest = n_atoms - first - other
    for i in range(len(p)):
        for j in range(i):
            share = np.array([p[i], p[j], max(1.0 - p[i] - p[j], 0.0)])
            counts = np.stack([first, other, np.maximum(rest, 0)], axis=-1)[rest >= 0]
            joint = np.zeros(first.shape)
            joint[rest >= 0] = multinomial.pmf(counts, n_atoms, share / share.sum())
            second += 2.0 * float(term @ joint @ term)
    return math.sqrt(max(second - float(means.sum()) ** 2, 0.0))


@lru_cache(maxsize=512)
def _mean(n_atoms: int, fractions: tuple[float, ...]) -> float:
    return expected_entropy(n_atoms, fractions)


@lru_cache(maxsize=512)
def _sd(n_atoms: int, fractions: tuple[float, ...]) -> float:
    return counting_sd(n_atoms, fractions)


def _occupied(mean_count: float) -> tuple[NDArray[np.int64], Floats]:
    """Numbers of ions in occupied cubes and their probabilities."""
    mean = check_positive(mean_count, "mean_count")
    n = np.arange(max(1, int(poisson.ppf(TAIL, mean))), int(poisson.isf(TAIL, mean)) + 1)
    weight = poisson.pmf(n, mean)
    return n, weight / weight.sum()


def poisson_cube_entropy(mean_count: float, fractions: ArrayLike, *, weighted: bool = False) -> float:
    """Mean entropy of occupied cubes whose number of ions is Poisson.

    Parameters
    ----------
    mean_count
        Mean ions per cube, empty ones included.
    fractions
        Fractions of the species, shape ``(n_species,)``.
    weighted
        Weighted by the ions of the cubes, instead of the plain mean over cubes.

    Returns
    -------
    float
        [R].

    Examples
    --------
    >>> round(poisson_cube_entropy(12, [0.306, 0.267, 0.219, 0.208]), 4)
    1.2173
    """
    (p,) = check_site_fractions([fractions], "fractions")
    n, weight = _occupied(mean_count)
    weight = weight * n if weighted else weight
    return float(weight @ [_mean(int(item), tuple(p.tolist())) for item in n] / weight.sum())


def poisson_cube_sd(mean_count: float, fractions: ArrayLike) -> float:
    """Standard deviation over occupied cubes whose number of ions is Poisson [R]; arguments as for the mean.

    Examples
    --------
    >>> round(poisson_cube_sd(12, [0.306, 0.267, 0.219, 0.208]), 3)
    0.153
    """
    (p,) = check_site_fractions([fractions], "fractions")
    n, weight = _occupied(mean_count)
    key = tuple(p.tolist())
    means = np.array([_mean(int(item), key) for item in n])
    spreads = np.array([_sd(int(item), key) for item in n])
    return math.sqrt(float(weight @ (spreads**2 + (means - weight @ means) ** 2)))


def plateau_size_nm(density_per_nm3: float, tolerance: float, fractions: ArrayLike) -> float:
    r"""Cube size at which counting noise alone lowers the entropy by a share of it.

    .. math:: L = \left( \frac{K - 1}{2 \rho \, \mathrm{tol} \, S} \right)^{1/3}

    Parameters
    ----------
    density_per_nm3
        Counted ions per nm^3.
    tolerance
        Share of the bulk entropy.
    fractions
        Fractions of the species, shape ``(n_species,)``.

    Examples
    --------
    >>> round(plateau_size_nm(25.0, 0.01, [0.306, 0.267, 0.219, 0.208]), 2)
    1.63
    """
    (p,) = check_site_fractions([fractions], "fractions")
    density = check_positive(density_per_nm3, "density_per_nm3", "nm^-3")
    share = check_in_range(tolerance, "tolerance", low=0.0, high=1.0, low_open=True)
    entropy = float(mixing_entropy_of_site(p))
    return float(((len(p) - 1) / (2.0 * density * share * entropy)) ** (1.0 / 3.0))


def chance_of_published_cubes(
    mean_count: float,
    fractions: ArrayLike,
    *,
    entropy: float,
    scatter: float,
    rng: np.random.Generator,
    n_cubes: int = 9,
    n_draws: int = 20_000,
) -> tuple[float, float]:
    """Chances that cubes of an ideal random alloy look at least as far from random as published ones.

    Parameters
    ----------
    mean_count
        Mean ions per cube; Poisson.
    fractions
        Fractions of the species, shape ``(n_species,)``.
    entropy, scatter
        Published mean and standard deviation over the cubes [R].
    rng
        Source of randomness.
    n_cubes, n_draws
        Cubes of one measurement, and how many measurements are simulated.

    Returns
    -------
    tuple
        Share of the measurements whose mean is at most ``entropy``, and whose scatter is at least ``scatter``. Empty
        cubes leave no entropy and are drawn again.
    """
    (p,) = check_site_fractions([fractions], "fractions")
    check_integer(n_cubes, "n_cubes", low=2)
    check_integer(n_draws, "n_draws", low=1)
    mean = check_positive(mean_count, "mean_count")
    count = rng.poisson(mean, size=(n_draws, n_cubes))
    while (empty := count == 0).any():
        count[empty] = rng.poisson(mean, size=int(empty.sum()))
    value = entropy_estimate(rng.multinomial(count, p), "plugin")
    return float(np.mean(value.mean(axis=1) <= entropy)), float(np.mean(value.std(axis=1, ddof=1) >= scatter))

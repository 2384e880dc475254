r"""Entropy of an area whose labels are random: exact, without sampling.

If the labels of a point set trade places at random, the atoms of species i among the N_j of an area follow the
hypergeometric law, whatever the shape of the area.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError
from entrox.core.checks import check_finite
from entrox.order.local_entropy._kernels import hypergeometric_sums

__all__ = ["null_entropy", "random_count_sums"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def null_entropy(n_per_area: ArrayLike, species_totals: ArrayLike) -> Floats:
    r"""Mean plug-in entropy of areas of N_j atoms under random relabeling.

    .. math:: E[S_j] = \sum_i \sum_n \mathrm{Hyp}(n; N, M_i, N_j) \left(-\frac{n}{N_j} \ln \frac{n}{N_j}\right)

    Parameters
    ----------
    n_per_area
        Counted atoms N_j of each area, whole numbers from 1 to N, any shape.
    species_totals
        Atoms M_i of each species in the whole set, shape ``(n_species,)``; N is their sum.

    Returns
    -------
    ndarray
        Entropy [R], shape of ``n_per_area``.

    Raises
    ------
    InputError
        If a number is not whole or out of range.

    Notes
    -----
    Holds for cubes, spheres (the label of the center is random too) and blocks, where every unit carries one atom. The
    probabilities are built up from the mode by their ratios until they no longer count (far beyond 12 standard
    deviations) and are normalized by their sum, which avoids the cancellation in differences of large log-gammas.

    Examples
    --------
    Two atoms of an equal mixture of many: half of the pairs are unlike.

    >>> round(float(null_entropy(2, [500000, 500000])), 4)
    0.3466
    """
    totals = check_finite(species_totals, "species_totals")
    n = check_finite(n_per_area, "n_per_area")
    if totals.ndim != 1 or (totals < 0).any() or (totals != np.floor(totals)).any() or totals.sum() < 1:
        raise InputError(f"species_totals must be whole numbers >= 0 with a sum > 0; got {totals.tolist()}.")
    if n.size and ((n < 1).any() or (n > totals.sum()).any() or (n != np.floor(n)).any()):
        raise InputError(
            f"n_per_area must be whole numbers from 1 to {totals.sum():g}, the number of all atoms; got {n.min():g} "
            f"to {n.max():g}."
        )
    distinct, inverse = np.unique(n, return_inverse=True)
    sums = random_count_sums(distinct.astype(np.int64), totals, float(totals.sum())).sum(axis=1)
    return np.asarray((np.log(distinct) - sums / distinct)[inverse].reshape(n.shape))[()]


def random_count_sums(n_per_area: Ints, species_totals: Floats, n_atoms: float) -> Floats:
    """Mean of n ln n of each species in areas of given size, labels random.

    Parameters
    ----------
    n_per_area
        Distinct numbers of atoms per area, shape ``(n_areas,)``.
    species_totals
        Atoms of each species, shape ``(n_species,)``; broken numbers give the law in between.
    n_atoms
        All atoms.

    Returns
    -------
    ndarray
        Mean of n ln n, shape ``(n_areas, n_species)``.
    """
    return np.asarray(hypergeometric_sums(n_per_area, np.asarray(species_totals, dtype=np.float64), float(n_atoms)))

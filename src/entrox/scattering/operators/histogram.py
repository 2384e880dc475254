"""Histograms of the distances of a box: weighted by scattering lengths, or pair by pair.

The plain count, made by the pair distribution of :mod:`entrox.order`; the refinement keeps its own running one.
Lengths in angstrom and, for scattering, fm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_finite, check_shape
from entrox.scattering.data.sample import Sample
from entrox.scattering.data.weights import pair_names
from entrox.scattering.operators.bins import Bins

__all__ = ["pair_histogram", "total_from_partials", "weighted_histogram"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def pair_histogram(
    positions: ArrayLike, species: ArrayLike, cell: ArrayLike, bins: Bins
) -> tuple[tuple[tuple[int, int], ...], Ints]:
    """Count the pairs i < j of a periodic box in each bin, by species.

    Parameters
    ----------
    positions
        Places [angstrom], shape ``(n, 3)``.
    species
        Number of the element of each atom from 0 up, shape ``(n,)``.
    cell
        Box vectors in rows [angstrom], shape ``(3, 3)``.
    bins
        Bins of distance; beyond half the box pairs are counted at several images.

    Returns
    -------
    pairs, counts
        Unordered pairs of species numbers, and whole numbers of shape ``(n_pairs, n_bins)``.

    Raises
    ------
    InputError
        If shapes differ or species are not whole numbers >= 0.
    """
    from ase import Atoms
    from ase.data import chemical_symbols

    from entrox.order.pair_distribution import partial_rdf

    places = check_shape(positions, (None, 3), "positions")
    kinds = np.asarray(species)
    if kinds.shape != (len(places),) or not np.issubdtype(kinds.dtype, np.integer) or (kinds < 0).any():
        raise InputError("species must hold one whole number >= 0 per position.")
    count = int(kinds.max()) + 1
    # The pair distribution knows elements: any will do as labels.
    labels = chemical_symbols[1 : count + 1]
    present = [kind for kind in range(count) if (kinds == kind).any()]
    pairs = tuple((one, two) for i, one in enumerate(present) for two in present[i:])
    atoms = Atoms([labels[kind] for kind in kinds], places, cell=check_shape(cell, (3, 3), "cell"), pbc=True)
    found = partial_rdf(atoms, [(labels[one], labels[two]) for one, two in pairs], bin_edges=bins.edges_angstrom)
    amounts = np.bincount(kinds, minlength=count).astype(float)
    volume = abs(float(np.linalg.det(np.asarray(atoms.cell))))
    expected = np.array([amounts[one] * amounts[two] for one, two in pairs])[:, None]
    ordered = np.rint(found.g * expected * bins.volumes_angstrom3 / volume).astype(np.int64)
    # Both orders of a like pair are counted among the atoms of its one element.
    like = np.array([one == two for one, two in pairs])
    ordered[like] //= 2
    return pairs, ordered


def weighted_histogram(
    positions: ArrayLike, species: ArrayLike, cell: ArrayLike, bins: Bins, lengths: ArrayLike
) -> Floats:
    """Sum of 2 b_i b_j over the pairs i < j in each bin [fm^2].

    Parameters
    ----------
    positions, species, cell, bins
        As in :func:`pair_histogram`.
    lengths
        Scattering length of each species [fm], shape ``(n_species,)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_bins,)``.

    Examples
    --------
    Six neighbors each for the atoms of a simple cubic lattice, half of them counted:

    >>> bins = Bins(0.5, 7)
    >>> float(weighted_histogram([[0.0, 0, 0]], np.array([0]), np.eye(3) * 3.0, bins, [2.0])[5])
    24.0
    """
    values = check_finite(lengths, "lengths")
    pairs, counts = pair_histogram(positions, species, cell, bins)
    if max(two for _, two in pairs) >= len(values):
        raise InputError(f"lengths has {len(values)} entries; a species has the number {max(p[1] for p in pairs)}.")
    products = np.array([2.0 * values[one] * values[two] for one, two in pairs])
    return np.asarray(products @ counts)


def total_from_partials(partials: ArrayLike, sample: Sample) -> Floats:
    """G_keen [barn] from the partial g(r) of all pairs.

    Parameters
    ----------
    partials
        g_ij, shape ``(n_pairs, n_bins)``, pairs in the order of :func:`entrox.scattering.data.weights.pair_names`.
    sample
        Composition and lengths for neutrons.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_bins,)``.

    Raises
    ------
    InputError
        If the number of pairs differs, or for x-rays.
    """
    names = pair_names(sample)
    g = check_shape(partials, (len(names), None), "partials")
    sample.check_neutrons()
    lengths, fractions = sample.lengths_fm, sample.fractions
    products = [
        (1.0 if one == two else 2.0) * fractions[one] * fractions[two] * lengths[one] * lengths[two] / 100.0
        for one, two in sample.pairs
    ]
    return np.asarray(np.array(products) @ (g - 1.0))

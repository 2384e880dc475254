r"""Occupation of sites by several species: random, clustered or quasirandom, at exact composition.

Clustering is made by an exchange dynamics on the neighbor graph: two sites swap their species with the Metropolis
probability of the energy -J per pair of like neighbors. The composition never changes; J = 0 is the ideal random
solution, J > 0 gathers like species, J < 0 spreads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.composition.tables import VACANCY
from entrox.core import InputError, check_in_range, check_integer, check_site_fractions
from entrox.structure import _kernels
from entrox.structure.site_shells import site_shells
from entrox.structure.sqs import quasirandom_sites

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["occupy_sites", "site_counts", "species_on_sites", "unlike_fraction"]

Ints = NDArray[np.int64]

METHODS = ("random", "clustered", "sqs")
ROUNDINGS = ("error", "largest-remainder")
FRACTION_TOLERANCE = 1e-6
"""A number of sites is whole if the fraction would have to change by no more than this."""

STRONGEST_COUPLING = 2.0
"""Exchange energy per like pair at clustering 1 [k_B T]: beyond the demixing point of lattices with 4-12 neighbors."""


def site_counts(fractions: Mapping[str, float], n_sites: int, rounding: str = "largest-remainder") -> dict[str, int]:
    """Numbers of sites nearest to the fractions; they add up to ``n_sites``.

    Parameters
    ----------
    fractions
        Fraction of each species; they sum to one.
    n_sites
        Number of sites.
    rounding
        ``largest-remainder``, or ``error`` to refuse fractions that do not give whole numbers.

    Raises
    ------
    InputError
        If the fractions are negative or do not sum to one, or a number of sites is not whole where it must be.

    Examples
    --------
    >>> site_counts({"Ba": 0.4, "Na": 0.3, "Sm": 0.3}, 225)
    {'Ba': 90, 'Na': 68, 'Sm': 67}
    """
    check_integer(n_sites, "n_sites", low=1)
    if rounding not in ROUNDINGS:
        raise InputError(f"rounding must be one of {', '.join(ROUNDINGS)}; got {rounding!r}.")
    names = list(fractions)
    (values,) = check_site_fractions([[float(fractions[name]) for name in names]])
    ideal = values * n_sites
    if rounding == "error" and (np.abs(values - np.rint(ideal) / n_sites) > FRACTION_TOLERANCE).any():
        raise InputError(_not_whole(fractions, n_sites))
    counts = np.floor(ideal + 1e-9).astype(np.int64)
    # Ties go to the species named first, so that the result does not depend on the sort.
    order = np.argsort(-(ideal - counts), kind="stable")
    counts[order[: n_sites - int(counts.sum())]] += 1
    return {name: int(count) for name, count in zip(names, counts, strict=True)}


def species_on_sites(
    fractions: Mapping[str, float],
    n_sites: int,
    rng: np.random.Generator,
    *,
    clustering: float = 0.0,
    neighbors: Ints | None = None,
    sweeps: int = 100,
) -> tuple[tuple[str, ...], Ints]:
    """Distribute species over the sites of one sublattice at exact composition.

    Parameters
    ----------
    fractions
        Fraction of each species; they sum to one.
    n_sites
        Number of sites.
    rng
        Source of randomness.
    clustering
        0 is the ideal random solution, 1 separates the species as far as the exchange dynamics gets in ``sweeps``;
        negative values, to -1, order them.
    neighbors
        Pairs of neighboring sites of the sublattice, shape ``(n_pairs, 2)``; needed where ``clustering`` is not 0.
    sweeps
        Attempted exchanges per site.

    Returns
    -------
    tuple
        Names of the species, and the index of the species on each site, shape ``(n_sites,)``.

    Raises
    ------
    InputError
        If the fractions are wrong, clustering is outside [-1, 1], or neighbors are missing.
    """
    check_in_range(clustering, "clustering", low=-1.0, high=1.0)
    counts = site_counts(fractions, n_sites)
    species = np.repeat(np.arange(len(counts)), list(counts.values())).astype(np.int64)
    rng.shuffle(species)
    if clustering != 0.0:
        if neighbors is None:
            raise InputError("clustering needs the neighbor pairs of the sublattice: pass neighbors=...")
        start, other = _neighbor_lists(np.asarray(neighbors, dtype=np.int64), n_sites)
        _kernels.exchange(species, start, other, STRONGEST_COUPLING * clustering, sweeps * n_sites, rng)
    return tuple(counts), species


def unlike_fraction(species: Ints, neighbors: Ints) -> float:
    """Share of neighbor pairs with two different species; 1 minus the sum of squared fractions if random."""
    return float(np.mean(species[neighbors[:, 0]] != species[neighbors[:, 1]]))


def _neighbor_lists(pairs: Ints, n_sites: int) -> tuple[Ints, Ints]:
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    start = np.concatenate([[0], np.cumsum(np.bincount(both[:, 0], minlength=n_sites))])
    return start.astype(np.int64), both[:, 1].copy()


def occupy_sites(
    atoms: Atoms,
    site_fractions: Mapping[str, Mapping[str, float]],
    method: str = "random",
    rounding: str = "error",
    *,
    rng: np.random.Generator,
    clustering: float = 0.5,
    n_shells: int = 4,
    sweeps: int | None = None,
) -> Atoms:
    """Put species on the sites of a crystal at exact composition.

    Parameters
    ----------
    atoms
        Crystal; its array ``site`` names the sites, else its elements do.
    site_fractions
        For each site the fraction of each species, summing to one; ``Va`` leaves sites empty.
    method
        ``random``; ``clustered``, with exchanges between nearest neighbors of a sublattice; ``sqs``, with the pairs of
        ``n_shells`` shells as near to chance as can be found.
    rounding
        ``error`` refuses fractions that do not give whole numbers of sites; ``largest-remainder`` rounds them.
    rng
        Source of randomness.
    clustering
        For ``clustered``: 0 random, to 1 separated, to -1 ordered.
    n_shells
        For ``sqs``: shells of neighbors within each sublattice.
    sweeps
        Attempted exchanges per site; 100 for ``clustered`` and 400 for ``sqs`` if None.

    Returns
    -------
    Atoms
        A new crystal. ``info["occupation"]`` holds the method, the counts of each site, the largest change of a
        fraction by rounding and, for ``sqs``, the largest Warren-Cowley parameter that is left.

    Raises
    ------
    InputError
        If a site or method is unknown, fractions are wrong, or a number of sites is not whole and must be.
    """
    from ase.data import atomic_numbers

    if method not in METHODS:
        raise InputError(f"method must be one of {', '.join(METHODS)}; got {method!r}.")
    labels = atoms.get_array("site") if atoms.has("site") else np.array(atoms.get_chemical_symbols())
    arranger = _Arranger(atoms, method, rng, clustering, n_shells, sweeps)
    numbers, empty = atoms.get_atomic_numbers(), np.zeros(len(atoms), dtype=bool)
    written: dict[str, dict[str, int]] = {}
    shifts = [0.0]
    for label, fractions in site_fractions.items():
        _check_site(label, fractions, labels, atomic_numbers)
        sites = np.flatnonzero(labels == label)
        counts = site_counts(fractions, len(sites), rounding)
        names, species = arranger.arrange(sites, counts)
        numbers[sites] = np.array([atomic_numbers.get(name, 0) for name in names])[species]
        empty[sites] = np.array([name == VACANCY for name in names])[species]
        written[label] = counts
        shifts.extend(abs(counts[name] / len(sites) - float(fractions[name])) for name in counts)
    occupied: Atoms = atoms.copy()
    occupied.arrays.pop("masses", None)
    occupied.numbers[:] = numbers
    occupied.info["occupation"] = {"method": method, "counts": written, "largest_rounding": max(shifts)}
    if method == "sqs":
        occupied.info["occupation"]["largest_warren_cowley"] = arranger.largest_warren_cowley
    if empty.any():
        del occupied[empty]
    return occupied


@dataclass
class _Arranger:
    """How species are spread over the sites of a sublattice."""

    atoms: Atoms
    method: str
    rng: np.random.Generator
    clustering: float
    n_shells: int
    sweeps: int | None
    largest_warren_cowley: float = 0.0

    def arrange(self, sites: Ints, counts: Mapping[str, int]) -> tuple[tuple[str, ...], Ints]:
        """Return names and the index of the name on each of the sites."""
        fractions = {name: count / len(sites) for name, count in counts.items()}
        if self.method == "random" or max(counts.values()) == len(sites):
            return species_on_sites(fractions, len(sites), self.rng)
        x, y, z = (bool(flag) for flag in self.atoms.pbc)
        n_shells = self.n_shells if self.method == "sqs" else 1
        shells = site_shells(self.atoms.positions[sites], self.atoms.cell.array, n_shells, (x, y, z))
        if self.method == "clustered":
            return species_on_sites(
                fractions,
                len(sites),
                self.rng,
                clustering=self.clustering,
                neighbors=shells.pairs(),
                sweeps=self.sweeps or 100,
            )
        result = quasirandom_sites(counts, shells, self.rng, sweeps=self.sweeps or 400)
        left = float(np.nanmax(np.abs(result.warren_cowley), initial=0.0))
        self.largest_warren_cowley = max(left, self.largest_warren_cowley)
        return result.names, result.species


def _check_site(label: str, fractions: Mapping[str, float], labels: NDArray[np.str_], known: Mapping[str, int]) -> None:
    if label not in labels:
        raise InputError(f"The crystal has no site {label!r}; its sites: {', '.join(sorted(set(labels.tolist())))}.")
    unknown = [name for name in fractions if name not in known and name != VACANCY]
    if unknown:
        raise InputError(f"Site {label}: {', '.join(map(repr, unknown))} is no element; a vacancy is {VACANCY!r}.")


def _not_whole(fractions: Mapping[str, float], n_sites: int) -> str:
    """Return the message about numbers of sites that are not whole."""
    parts = [f"{name} {float(x) * n_sites:g}" for name, x in fractions.items()]
    exact = [Fraction(float(x)).limit_denominator(1000) for x in fractions.values()]
    text = f"The fractions give no whole numbers on {n_sites} sites: {', '.join(parts)}."
    if sum(exact) == 1:
        text += f" Boxes with a multiple of {lcm(*(x.denominator for x in exact))} sites are exact."
    return text + " rounding='largest-remainder' takes the nearest whole numbers."

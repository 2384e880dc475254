"""How many atoms of one element lie around one of another: whole distributions, with the cutoff that they depend on.

The cutoff is the first minimum of the partial pair distribution unless it is given; it is part of the answer. Lengths
in angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_positive, check_shape, quantity
from entrox.order.pair_distribution.partial import PartialRdf, partial_rdf
from entrox.order.pair_search import pair_list

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["Coordination", "FirstShell", "coordination", "first_shell"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REACH_ANGSTROM = 6.0
STEP_ANGSTROM = 0.01
SMOOTHING_ANGSTROM = 0.05
"""Width by which a partial is smoothed to find its minimum; the peak is then sought with a width by its own spread."""
FARTHEST_MINIMUM = 1.6
"""The first minimum is sought up to so many times the distance of the peak."""
FLAT = 0.01
"""Points within this part of the peak of the minimum belong to it."""
DEEP = 0.8
"""A minimum of the partial must lie below this part of its peak."""


@dataclass(frozen=True, kw_only=True)
class FirstShell(Result):
    """First peak of a partial pair distribution and the minimum behind it.

    ``depth`` is g there over g at the peak: a shell that is well separated has one near zero.
    """

    peak_angstrom: float = quantity("angstrom", "distance of the first peak")
    minimum_angstrom: float = quantity("angstrom", "first minimum behind it")
    depth: float = quantity("1", "g at the minimum over g at the peak")


@dataclass(frozen=True, kw_only=True)
class Coordination(Result):
    """Coordination of the centers by the neighbors of each pair of elements.

    ``cutoff_given`` says which cutoffs were given. The standard error treats centers as independent.
    """

    pairs: tuple[tuple[str, str], ...]
    cutoff_angstrom: Floats = quantity("angstrom", "longest bond", axes=("pair",))
    cutoff_given: tuple[bool, ...]
    peak_angstrom: Floats = quantity("angstrom", "distance of the first peak; NaN without one", axes=("pair",))
    minimum_depth: Floats = quantity("1", "g at the first minimum over g at the peak", axes=("pair",))
    mean: Floats = quantity("1", "mean coordination number", axes=("pair",))
    error: Floats = quantity("1", "standard error of the mean", axes=("pair",))
    shares: Floats = quantity("1", "share of centers with 0, 1, 2, ... neighbors", axes=("pair", "number"))
    numbers: Ints = quantity("1", "neighbors of each center; -1 for other atoms", axes=("pair", "atom"))
    warnings: tuple[str, ...] = ()


def first_shell(
    r_angstrom: ArrayLike,
    g: ArrayLike,
    n_pairs: int | None = None,
    smoothing_angstrom: float = SMOOTHING_ANGSTROM,
) -> FirstShell:
    """First peak of a partial pair distribution and the minimum behind it.

    Parameters
    ----------
    r_angstrom
        Even distances, shape ``(n,)``.
    g
        Partial pair distribution, shape ``(n,)``.
    n_pairs
        Distances in the first shell, each pair once. If given, the peak is sought with Silverman's width for so many
        distances of their spread, else with the same smoothing.
    smoothing_angstrom
        Standard deviation of the Gaussian that smooths g before the minimum is sought.

    Returns
    -------
    FirstShell
        The peak is the top of a parabola through the smoothed points around it. The minimum is the lowest place up to
        1.6 times that distance, in a flat gap its middle.

    Raises
    ------
    InputError
        If there is no peak above one with a minimum behind it.

    Examples
    --------
    >>> r = np.arange(0.01, 5.0, 0.02)
    >>> g = 8.0 * np.exp(-200.0 * (r - 1.613) ** 2) + 2.0 * np.exp(-20.0 * (r - 3.2) ** 2)
    >>> found = first_shell(r, g)
    >>> round(found.peak_angstrom, 3), 1.9 < found.minimum_angstrom < 2.6
    (1.613, True)
    """
    r = check_shape(r_angstrom, (None,), "r_angstrom")
    values = check_shape(g, (len(r),), "g")
    step = check_positive(float(r[1] - r[0]), "the step of r_angstrom", "angstrom")
    smooth = _smoothed(values, check_positive(smoothing_angstrom, "smoothing_angstrom", "angstrom") / step)
    tops = np.flatnonzero((smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:]) & (smooth[1:-1] > 1.0)) + 1
    for top in tops.tolist():
        end = int(np.searchsorted(r, FARTHEST_MINIMUM * r[top]))
        low = top + int(np.argmin(smooth[top:end])) if end > top else top
        # a higher point before the minimum: the top is one of noise
        if low + 1 >= len(smooth) or smooth[top : low + 1].max() > smooth[top] or smooth[low] > DEEP * smooth[top]:
            continue
        high = np.flatnonzero(smooth > smooth[low] + FLAT * smooth[top])
        after = int(np.searchsorted(high, low))
        behind = int(high[after]) if after < len(high) else end
        low = (int(high[after - 1]) + min(behind, end)) // 2
        if n_pairs is not None:
            smooth = _smoothed(values, _bandwidth(r[:low], (values * r**2)[:low], n_pairs) / step)
        return FirstShell(
            peak_angstrom=_top(r, smooth, low), minimum_angstrom=float(r[low]), depth=float(smooth[low] / smooth[top])
        )
    raise InputError(
        f"there is no first peak with a minimum behind it up to {r[-1]:g} angstrom; give the cutoff, or count farther."
    )


def _smoothed(values: Floats, width: float) -> Floats:
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(values, width))


def _top(r: Floats, smooth: Floats, end: int) -> float:
    """Top of the parabola through the highest point below an end and its neighbors."""
    top = int(np.argmax(smooth[:end]))
    left, middle, right = smooth[top - 1 : top + 2]
    return float(r[top] + 0.5 * (left - right) / (left - 2.0 * middle + right) * (r[1] - r[0]))


def _bandwidth(r: Floats, weights: Floats, n_pairs: int) -> float:
    """Silverman's width of a kernel for a shell of so many distances [angstrom], not below the step."""
    quarter, three = np.interp([0.25, 0.75], np.cumsum(weights) / weights.sum(), r)
    # a quarter is 0.6745 standard deviations from the middle
    spread = (three - quarter) / (2.0 * 0.6745)
    return float(max(1.06 * spread * max(n_pairs, 1) ** -0.2, r[1] - r[0]))


def coordination(
    atoms: Atoms,
    pairs: Sequence[tuple[str, str]],
    cutoffs_angstrom: Mapping[tuple[str, str], float] | None = None,
) -> Coordination:
    """Coordination numbers of a periodic structure.

    Parameters
    ----------
    atoms
        Structure, periodic in three directions.
    pairs
        Centers and neighbors, such as ``[("Si", "O"), ("Na", "O")]``.
    cutoffs_angstrom
        Longest bonds of some or all pairs; for the others the first minimum of their partial.

    Raises
    ------
    InputError
        If an element is absent, a cutoff belongs to no pair, or a partial has no first minimum.

    Examples
    --------
    >>> from ase.build import bulk
    >>> found = coordination(bulk("NaCl", "rocksalt", a=5.64), [("Na", "Cl")])
    >>> found.mean.tolist(), found.shares[0].tolist(), found.cutoff_given
    ([6.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0], (False,))
    """
    wanted = [(str(one), str(two)) for one, two in pairs]
    given = {(str(one), str(two)): value for (one, two), value in (cutoffs_angstrom or {}).items()}
    unknown = [pair for pair in given if pair not in wanted]
    if not wanted or unknown:
        raise InputError(f"cutoffs_angstrom must belong to pairs {wanted}; got {unknown or 'no pairs'}.")
    symbols = np.array(atoms.get_chemical_symbols())
    partials = partial_rdf(atoms, wanted, REACH_ANGSTROM, STEP_ANGSTROM)
    shells = [_shell(partials, k, symbols, pair in given) for k, pair in enumerate(wanted)]
    cutoffs = [given.get(pair, shell.minimum_angstrom) for pair, shell in zip(wanted, shells, strict=True)]
    rows = [_numbers(atoms, symbols, pair, cutoff) for pair, cutoff in zip(wanted, cutoffs, strict=True)]
    numbers = [row[row >= 0] for row in rows]
    most = max(int(one.max()) for one in numbers) + 1
    remarks = [
        f"shallow_minimum: g of {a}-{b} falls only to {shell.depth:.2f} of its peak; the number depends on the cutoff"
        for (a, b), shell in zip(wanted, shells, strict=True)
        if (a, b) not in given and shell.depth > 0.1
    ]
    return Coordination(
        pairs=tuple(wanted),
        cutoff_angstrom=np.array(cutoffs),
        cutoff_given=tuple(pair in given for pair in wanted),
        peak_angstrom=np.array([shell.peak_angstrom for shell in shells]),
        minimum_depth=np.array([shell.depth for shell in shells]),
        mean=np.array([one.mean() for one in numbers]),
        error=np.array([one.std() / np.sqrt(len(one)) for one in numbers]),
        shares=np.array([np.bincount(one, minlength=most) / len(one) for one in numbers]),
        numbers=np.array(rows),
        warnings=tuple(remarks),
    )


def _shell(partials: PartialRdf, place: int, symbols: NDArray[np.str_], given: bool) -> FirstShell:
    r, g = np.array(partials.r_angstrom), np.array(partials.g[place])
    one, two = partials.pairs[place]
    try:
        inside = int(np.searchsorted(r, first_shell(r, g).minimum_angstrom))
        pairs = partials.coordination[place, inside] * (symbols == one).sum() / (2.0 if one == two else 1.0)
        return first_shell(r, g, round(float(pairs)))
    except InputError as error:
        if given:
            return FirstShell(peak_angstrom=np.nan, minimum_angstrom=np.nan, depth=np.nan)
        raise InputError(f"{one}-{two}: {error}") from error


def _numbers(atoms: Atoms, symbols: NDArray[np.str_], pair: tuple[str, str], cutoff: float) -> Ints:
    """Neighbors of every center of a pair, images included; -1 for other atoms."""
    found = pair_list(atoms, {pair: cutoff})
    center, neighbor = pair
    counts = np.zeros(len(symbols), dtype=np.int64)
    for one, two in ((found.first, found.second), (found.second, found.first)):
        counts += np.bincount(one[(symbols[one] == center) & (symbols[two] == neighbor)], minlength=len(symbols))
    return np.where(symbols == center, counts, -1)

r"""How much of a sublattice is crystal, by its bond order held against that of the crystal and the melt.

The threshold is where as many atoms of the crystal fall below it as atoms of the melt above; that share of errors
:math:`\epsilon` is reported, and the share p of atoms above is corrected for it:

.. math:: f = \frac{p - \epsilon}{1 - 2 \epsilon}

Crystal and melt must be of the same temperature as the frame, or thermal motion passes for disorder. Lengths in
angstrom.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_integer, check_shape, quantity
from entrox.core.bootstrap import resampling_counts
from entrox.order.bond_order import bond_order, sublattice_atoms
from entrox.order.coordination import first_shell
from entrox.order.pair_distribution.partial import partial_rdf
from entrox.order.pair_search.search_box import cell_widths

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["Crystallinity", "OrderThreshold", "crystallinity", "order_threshold"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_OVERLAP = 0.25
"""Share of errors above which crystal and melt are not told apart."""
FEWEST_BLOCKS = 8
REACH_ANGSTROM = 8.0


@dataclass(frozen=True, kw_only=True)
class OrderThreshold(Result):
    """Threshold between the bond orders of crystal and melt."""

    threshold: float = quantity("1", "bond order with equal shares of errors on both sides")
    misclassified: float = quantity("1", "share of the atoms on the wrong side")
    crystal_median: float = quantity("1", "median bond order of the crystal")
    melt_median: float = quantity("1", "median bond order of the melt")


@dataclass(frozen=True, kw_only=True)
class Crystallinity(Result):
    """Crystalline share of one sublattice. The error is that of the bootstrap, corrected like the share."""

    elements: tuple[str, ...]
    cutoff_angstrom: float = quantity("angstrom", "longest distance of neighbors on the sublattice")
    order: Floats = quantity("1", "bond order q6 averaged over neighbors", axes=("atom",))
    crystalline: NDArray[np.bool_] = quantity("1", "whether an atom is above the threshold", axes=("atom",))
    limit: OrderThreshold
    share_above: float = quantity("1", "share of atoms above the threshold")
    fraction: float = quantity("1", "crystalline share, corrected for errors")
    error: float = quantity("1", "standard error of the crystalline share")
    warnings: tuple[str, ...] = ()


def order_threshold(crystal: ArrayLike, melt: ArrayLike) -> OrderThreshold:
    """Threshold between two distributions of bond order with equal shares of errors.

    Parameters
    ----------
    crystal, melt
        Bond orders of single atoms, shapes ``(n,)`` and ``(m,)``.

    Raises
    ------
    InputError
        If there are none, or the crystal is not the more ordered of the two.

    Examples
    --------
    >>> found = order_threshold([0.4, 0.5, 0.5, 0.6], [0.1, 0.2, 0.2, 0.45])
    >>> round(found.threshold, 3), found.misclassified
    (0.425, 0.25)
    """
    high, low = np.sort(check_shape(crystal, (None,), "crystal")), np.sort(check_shape(melt, (None,), "melt"))
    if not len(high) or not len(low) or np.median(high) <= np.median(low):
        raise InputError(
            "the bond order of the crystal must be above that of the melt; check the cutoff, the elements, and which "
            "structure is which."
        )
    # rounded: atoms of a perfect crystal differ by the last digit, and a threshold between them would be on them
    values = np.unique(np.concatenate([high, low]).round(9))
    between = 0.5 * (values[:-1] + values[1:])
    lost = np.searchsorted(high, between) / len(high)
    taken = 1.0 - np.searchsorted(low, between) / len(low)
    # where both are equally near, the middle of the gap
    apart = np.abs(lost - taken)
    best = np.flatnonzero(apart <= apart.min() + 1e-12)
    place = best[len(best) // 2]
    return OrderThreshold(
        threshold=float(between[place]),
        misclassified=float(0.5 * (lost[place] + taken[place])),
        crystal_median=float(np.median(high)),
        melt_median=float(np.median(low)),
    )


def crystallinity(
    atoms: Atoms,
    crystal: Iterable[Atoms] | Atoms,
    melt: Iterable[Atoms] | Atoms,
    elements: Sequence[str],
    cutoff_angstrom: float | None = None,
    *,
    rng: np.random.Generator | None = None,
    draws: int = 1000,
) -> Crystallinity:
    """Crystalline share of a sublattice.

    Parameters
    ----------
    atoms
        Frame in question.
    crystal, melt
        Frames of the crystal and of the melt, or glass, at its temperature.
    elements
        Elements of the sublattice, such as ``["Ti"]`` or ``["Bi", "La", "Nd", "Pr", "Sm"]``.
    cutoff_angstrom
        Longest distance of neighbors; by default the first minimum of the sublattice's own pair distribution in the
        crystal, whose first shell is then whole.
    rng, draws
        Source and number of the bootstrap samples, over blocks of the box where it holds enough of them.

    Raises
    ------
    InputError
        If an element is absent, or crystal and melt cannot be told apart.
    """
    check_integer(draws, "draws", low=10)
    crystals, melts = _as_list(crystal), _as_list(melt)
    cutoff = _first_minimum(crystals, elements) if cutoff_angstrom is None else float(cutoff_angstrom)
    ordered, molten = (
        np.concatenate([_known(bond_order(frame, cutoff, elements)) for frame in frames])
        for frames in (crystals, melts)
    )
    limit = order_threshold(ordered, molten)
    if limit.misclassified > MOST_OVERLAP:
        raise InputError(
            f"crystal and melt overlap: {100.0 * limit.misclassified:.0f} % of the atoms lie on the wrong side of any "
            f"threshold with a cutoff of {cutoff:.3g} angstrom. Try another one."
        )
    order = bond_order(atoms, cutoff, elements)
    above = order > limit.threshold
    blocks = _blocks(sublattice_atoms(atoms, elements), cutoff)
    counts = resampling_counts(np.random.default_rng(0) if rng is None else rng, int(blocks.max()) + 1, draws)
    sizes, hits = np.bincount(blocks), np.bincount(blocks, above)
    share = (counts @ hits) / np.maximum(counts @ sizes, 1.0)
    width = 1.0 - 2.0 * limit.misclassified
    remarks = [] if int(blocks.max()) + 1 < len(order) else ["small_box: neighboring atoms count as independent"]
    return Crystallinity(
        elements=tuple(elements),
        cutoff_angstrom=cutoff,
        order=order,
        crystalline=above,
        limit=limit,
        share_above=float(above.mean()),
        fraction=float((above.mean() - limit.misclassified) / width),
        error=float(share.std() / width),
        warnings=tuple(remarks),
    )


def _as_list(frames: Iterable[Atoms] | Atoms) -> list[Atoms]:
    # an Atoms object is iterable, but over its atoms
    return [frames] if hasattr(frames, "positions") else list(frames)  # type: ignore[list-item]


def _known(values: Floats) -> Floats:
    return values[np.isfinite(values)]


def _first_minimum(frames: Sequence[Atoms], elements: Sequence[str]) -> float:
    alone = [sublattice_atoms(frame, elements) for frame in frames]
    partials = partial_rdf(alone, None, REACH_ANGSTROM, 0.02)
    return first_shell(partials.r_angstrom, partials.g[0], smoothing_angstrom=0.1).minimum_angstrom


def _blocks(atoms: Atoms, cutoff: float) -> Ints:
    """Block of the box of every atom, twice as wide as the cutoff; single atoms where there are too few blocks."""
    cell = np.asarray(atoms.cell, dtype=float)
    if not atoms.pbc.all():
        return np.arange(len(atoms))
    across = np.maximum(np.floor(cell_widths(cell) / (2.0 * cutoff)).astype(np.int64), 1)
    if across.prod() < FEWEST_BLOCKS:
        return np.arange(len(atoms))
    scaled = atoms.positions @ np.linalg.inv(cell)
    place = np.minimum(((scaled - np.floor(scaled)) * across).astype(np.int64), across - 1)
    number = (place[:, 0] * across[1] + place[:, 1]) * across[2] + place[:, 2]
    return np.asarray(np.unique(number, return_inverse=True)[1], dtype=np.int64)

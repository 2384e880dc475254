"""Closest approach of pairs and distance windows: which pairs break them, and how to push atoms apart.

Pure functions. Units: angstrom.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import ConvergenceError, InputError, check_integer
from entrox.scattering.engine.constraints._kernels import HardRules, close_pairs
from entrox.scattering.engine.lone_box import atoms_in_cells
from entrox.scattering.engine.padded_box import quantized
from entrox.scattering.terms.constraint_terms import DistanceWindowRule

__all__ = ["check_closest_approach", "hard_rules", "repair", "too_close_pairs"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PUSH_BEYOND = 1.0e-3
SHOWN_PAIRS = 5


def too_close_pairs(
    positions: ArrayLike, species: ArrayLike, cell: ArrayLike, closest_angstrom: ArrayLike
) -> tuple[Ints, Floats]:
    """Pairs nearer than their closest approach.

    Parameters
    ----------
    positions, species, cell
        Atoms: positions [angstrom] ``(n, 3)``, number of the element ``(n,)``, box vectors in rows.
    closest_angstrom
        Closest approach of pairs of elements, shape ``(elements, elements)``.

    Returns
    -------
    pairs
        Numbers of the atoms, shape ``(pairs, 2)``, worst (shortest against its limit) first.
    separations
        From the first to the second [angstrom], shape ``(pairs, 3)``.
    """
    places, kinds = quantized(np.asarray(positions, dtype=float)), np.asarray(species, dtype=np.int64)
    limits = np.asarray(closest_angstrom, dtype=float)
    if limits.max() <= 0.0:
        return np.zeros((0, 2), dtype=np.int64), np.zeros((0, 3))
    box, runs = atoms_in_cells(places, kinds, quantized(np.asarray(cell, dtype=float)), float(limits.max()))
    room = len(places)
    while True:
        pairs, apart = np.empty((room, 2), dtype=np.int64), np.empty((room, 3))
        found = int(close_pairs(box, runs, kinds, limits**2, pairs, apart))
        if found <= room:
            break
        room = found
    pairs, apart = pairs[:found], apart[:found]
    ratio = np.linalg.norm(apart, axis=1) / limits[kinds[pairs[:, 0]], kinds[pairs[:, 1]]]
    order = np.argsort(ratio, kind="stable")
    return pairs[order], apart[order]


def check_closest_approach(
    positions: ArrayLike, species: ArrayLike, cell: ArrayLike, elements: Sequence[str], closest_angstrom: ArrayLike
) -> None:
    """Refuse a box that breaks the closest approach.

    Raises
    ------
    InputError
        With the worst pairs.
    """
    pairs, apart = too_close_pairs(positions, species, cell, closest_angstrom)
    if not len(pairs):
        return
    kinds, limits = np.asarray(species), np.asarray(closest_angstrom, dtype=float)
    worst = [
        f"{elements[kinds[i]]} {i} - {elements[kinds[j]]} {j}: {np.linalg.norm(step):.3f} "
        f"(allowed {limits[kinds[i], kinds[j]]:.3f})"
        for (i, j), step in zip(pairs[:SHOWN_PAIRS], apart[:SHOWN_PAIRS], strict=True)
    ]
    raise InputError(
        f"{len(pairs)} pairs of the start box are nearer than the closest approach [angstrom]; worst: "
        + "; ".join(worst)
        + ". Lower closest_angstrom, give another box, or push the atoms apart first (repair)."
    )


def repair(
    positions: ArrayLike, species: ArrayLike, cell: ArrayLike, closest_angstrom: ArrayLike, *, rounds: int = 500
) -> Floats:
    """Push atoms apart until all pairs keep their closest approach.

    Each pair that is too close is moved apart along its line, half the lack on either side; atoms on one spot part
    along x.

    Parameters
    ----------
    positions, species, cell, closest_angstrom
        As for :func:`too_close_pairs`.
    rounds
        Most rounds.

    Returns
    -------
    numpy.ndarray
        Positions [angstrom], shape ``(n, 3)``.

    Raises
    ------
    ConvergenceError
        If pairs are still too close after all rounds.
    """
    check_integer(rounds, "rounds", low=1)
    places = np.array(positions, dtype=float)
    kinds, limits = np.asarray(species), np.asarray(closest_angstrom, dtype=float)
    for _ in range(rounds):
        pairs, apart = too_close_pairs(places, kinds, cell, limits)
        if not len(pairs):
            return places
        distance = np.linalg.norm(apart, axis=1)
        direction = np.where(
            distance[:, None] > 0.0, apart / np.maximum(distance, 1e-12)[:, None], np.array([1.0, 0.0, 0.0])
        )
        lack = limits[kinds[pairs[:, 0]], kinds[pairs[:, 1]]] + PUSH_BEYOND - distance
        push = 0.5 * lack[:, None] * direction
        np.add.at(places, pairs[:, 0], -push)
        np.add.at(places, pairs[:, 1], push)
    raise ConvergenceError(f"{len(pairs)} pairs are still too close after {rounds} rounds; the box may be too dense")


def hard_rules(
    positions: Floats,
    species: Ints,
    cell: Floats,
    elements: Sequence[str],
    closest_angstrom: Floats,
    windows: tuple[DistanceWindowRule, ...],
) -> HardRules:
    """Hard constraints in the form of the kernels; windows bind the pairs that lie in them at these positions."""
    entries = [_window_pairs(positions, species, cell, elements, rule) for rule in windows]
    if entries:
        atom, other, shift, low, high = (np.concatenate(parts) for parts in zip(*entries, strict=True))
    else:
        atom, other = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        shift, low, high = np.zeros((0, 3)), np.zeros(0), np.zeros(0)
    order = np.argsort(atom, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(atom, minlength=len(positions)))])
    return HardRules(
        np.ascontiguousarray(closest_angstrom, dtype=float) ** 2,
        bool(np.max(closest_angstrom) > 0.0),
        first.astype(np.int64),
        other[order],
        np.ascontiguousarray(shift[order]),
        low[order] ** 2,
        high[order] ** 2,
    )


def _window_pairs(
    positions: Floats, species: Ints, cell: Floats, elements: Sequence[str], rule: DistanceWindowRule
) -> tuple[Ints, Ints, Floats, Floats, Floats]:
    """Both directions of the pairs in a window: atom, partner, box vectors to add to the partner, and the bounds."""
    for name in (rule.first, rule.second):
        if name not in elements:
            raise InputError(f"distance window of {rule.first} and {rule.second}: {name!r} is not in {list(elements)}")
    if not 0.0 <= rule.low_angstrom < rule.high_angstrom:
        raise InputError(
            f"distance window needs 0 <= low < high; got {rule.low_angstrom} and {rule.high_angstrom} angstrom"
        )
    one, two = list(elements).index(rule.first), list(elements).index(rule.second)
    limits = np.zeros((len(elements), len(elements)))
    limits[one, two] = limits[two, one] = rule.high_angstrom
    pairs, apart = too_close_pairs(positions, species, cell, limits)
    inside = np.linalg.norm(apart, axis=1) >= rule.low_angstrom
    pairs, apart = pairs[inside], apart[inside]
    turns = np.rint((apart - positions[pairs[:, 1]] + positions[pairs[:, 0]]) @ np.linalg.inv(cell))
    shift = turns @ cell
    return (
        np.concatenate([pairs[:, 0], pairs[:, 1]]),
        np.concatenate([pairs[:, 1], pairs[:, 0]]),
        np.concatenate([shift, -shift]),
        np.full(2 * len(pairs), rule.low_angstrom),
        np.full(2 * len(pairs), rule.high_angstrom),
    )

"""How many neighbors of each element an atom can have: what ``sel`` of a Deep Potential must hold.

Lengths in angstrom.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.potentials.datasets.dataset import Dataset
from entrox.potentials.teachers.periodic_pairs import periodic_pairs

__all__ = ["NeighborCounts", "check_sel", "choose_sel", "count_neighbors", "interchangeable_elements"]

Ints = NDArray[np.int64]
NeighborCounts = Mapping[str, int]

SPAN_TOLERANCE = 1e-9


def count_neighbors(dataset: Dataset, cutoff_angstrom: float) -> tuple[dict[str, int], dict[str, int]]:
    """Largest number of neighbors of each element around any atom of a data set.

    Returns
    -------
    seen
        What the frames have.
    possible
        What other arrangements of the same solid solutions could have: elements that replace one another in the data
        may fill a whole neighborhood of a larger box, so each gets the neighbors of all of them together.
    """
    elements = dataset.elements
    numbers = {name: index for index, name in enumerate(elements)}
    groups = interchangeable_elements(dataset.element_counts)
    together = (groups[:, None] == groups[None, :]).astype(np.int64)
    seen, possible = np.zeros((2, len(elements)), dtype=np.int64)
    for frame in dataset:
        atoms = frame.atoms
        types = np.array([numbers[symbol] for symbol in atoms.get_chemical_symbols()])
        first, second, _ = periodic_pairs(atoms.positions, atoms.cell.array, atoms.pbc, cutoff_angstrom)
        counts = np.bincount(first * len(elements) + types[second], minlength=len(atoms) * len(elements))
        counts = counts.reshape(len(atoms), len(elements))
        seen = np.maximum(seen, counts.max(axis=0))
        possible = np.maximum(possible, (counts @ together).max(axis=0))
    return dict(zip(elements, seen.tolist(), strict=True)), dict(zip(elements, possible.tolist(), strict=True))


def interchangeable_elements(element_counts: NDArray[np.integer]) -> Ints:
    """Number of the group that each element belongs to: those of one group replace one another in the data.

    Two elements do if one atom of the first for one of the second is a combination of the differences between the
    compositions.

    Parameters
    ----------
    element_counts
        Shape ``(n_frames, n_elements)``.

    Examples
    --------
    Ba for Ca, and Ti for Zr:

    >>> interchangeable_elements(np.array([[8, 0, 8, 0, 24], [7, 1, 8, 0, 24], [8, 0, 7, 1, 24]])).tolist()
    [0, 0, 2, 2, 4]
    """
    fractions = np.unique(element_counts, axis=0).astype(float)
    fractions /= fractions.sum(axis=1, keepdims=True)
    changes = fractions - fractions[0]
    spanned = np.linalg.pinv(changes) @ changes
    n_elements = element_counts.shape[1]
    groups = np.arange(n_elements)
    for first in range(n_elements):
        for second in range(first + 1, n_elements):
            swap = np.zeros(n_elements)
            swap[[first, second]] = -1.0, 1.0
            if np.abs(swap @ spanned - swap).max() < SPAN_TOLERANCE:
                groups[second] = min(groups[first], groups[second])
    return groups


def choose_sel(possible: NeighborCounts, headroom: float) -> dict[str, int]:
    """Return counts with headroom, at least one for each element.

    Examples
    --------
    >>> choose_sel({"Ba": 26, "O": 82, "Sn": 0}, 1.2)
    {'Ba': 32, 'O': 99, 'Sn': 1}
    """
    return {name: max(1, math.ceil(round(count * headroom, 9))) for name, count in possible.items()}


def check_sel(sel: NeighborCounts, seen: NeighborCounts) -> None:
    """Raise InputError if the data have more neighbors than ``sel`` holds: the rest would be cut off unseen."""
    short: Sequence[str] = [name for name, count in seen.items() if count > sel.get(name, 0)]
    if short:
        wanted = ", ".join(f"{name} = {seen[name]} (has {sel.get(name, 0)})" for name in short)
        raise InputError(
            f"sel does not hold the neighbors of the data: it needs {wanted}. Raise sel, or leave it out to have it "
            "counted; a warm start keeps that of its model, so train anew."
        )

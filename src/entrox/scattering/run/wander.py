"""How far the atoms of each element are from their sites, round by round: a box may still change when chi^2 does not.

Where the data hardly hold an element, its atoms spread slowly under a chi^2 that has long settled. A mean displacement
taken then is one of the moment. Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import check_finite
from entrox.core.blocking import block_average

__all__ = ["site_variance", "wander_reasons"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_GROWTH = 0.01
ROUNDS = 10.0
SIGNIFICANT_ERRORS = 3.0
FEWEST_ROUNDS = 20
CONVERGED_PART = 0.4
"""Last part of the run that is looked at: its two halves are compared."""


def site_variance(positions: ArrayLike, sites: ArrayLike, species: ArrayLike, n_elements: int) -> Floats:
    """Mean square distance of each element from its sites, per axis, without the shift of the box as a whole.

    Parameters
    ----------
    positions, sites
        Positions, not wrapped, and places of the sites [angstrom], shape ``(n, 3)``.
    species
        Number of the element of each atom, shape ``(n,)``.
    n_elements
        Number of elements.

    Returns
    -------
    numpy.ndarray
        Variance [angstrom^2], shape ``(n_elements,)``; zero for elements without atoms.

    Examples
    --------
    >>> site_variance([[0.1, 0.0, 0.0], [1.9, 0.0, 0.0]], [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]], [0, 1], 2).round(6)
    array([0.003333, 0.003333])
    """
    away = np.asarray(positions, dtype=float) - np.asarray(sites, dtype=float)
    away = away - away.mean(axis=0)
    numbers = np.asarray(species, dtype=np.int64)
    square = (away**2).sum(axis=1) / 3.0
    total = np.bincount(numbers, weights=square, minlength=n_elements)
    return np.asarray(total / np.maximum(np.bincount(numbers, minlength=n_elements), 1))


def wander_reasons(variances: ArrayLike, elements: Sequence[str], sampling_start: int) -> tuple[str, ...]:
    """Say which elements still spread over their sites, or draw together.

    Two halves of the last part of the run are compared. An element counts that changes by more than 1 % per ten moves
    per atom, and by more than three standard errors of the difference.

    Parameters
    ----------
    variances
        After each move per atom [angstrom^2], shape ``(rounds, elements)``.
    elements
        Their names.
    sampling_start
        First round of the sampling.
    """
    values = check_finite(variances, "variances")
    count = min(int(CONVERGED_PART * len(values)), len(values) - sampling_start)
    if count < FEWEST_ROUNDS:
        return ()
    half = count // 2
    found = []
    for number, name in enumerate(elements):
        first, second = (block_average(part) for part in (values[-2 * half : -half, number], values[-half:, number]))
        if first.error is None or second.error is None or first.mean <= 0.0:
            continue
        change = second.mean - first.mean
        growth = change / (0.5 * (first.mean + second.mean)) * ROUNDS / half
        error = float(np.hypot(first.error, second.error))
        if abs(growth) > LARGEST_GROWTH and abs(change) > SIGNIFICANT_ERRORS * error:
            found.append(
                f"the mean square distance of {name} from its sites changes by {100 * growth:+.2g} % per ten moves per "
                "atom (allowed 1 %)"
            )
    return tuple(found)

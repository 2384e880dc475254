r"""Composition of areas of an element map, and whether two areas differ by more than counting.

Counts of a map are summed over each area; the entropy of the area is that of its counts, with the estimator of the room
``order`` that does not depend on how many there are. A ratio n1 : n2 has the standard error
:math:`\sqrt{1/n_1 + 1/n_2}` of its logarithm. Counts are signal after background; k factors that turn counts into
amounts change a ratio, not its relative error, and drop out of the comparison of two areas of one map.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, quantity
from entrox.order.local_entropy.estimators import entropy_estimate

__all__ = ["AreaComparison", "AreaCounts", "area_counts", "compare_areas"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AreaCounts(Result):
    """Counts of elements in areas, with the entropy of each area."""

    elements: tuple[str, ...]
    counts: NDArray[np.int64] = quantity("counts", "counts", axes=("area", "element"))
    fractions: Floats = quantity("1", "share of the counts", axes=("area", "element"))
    entropy: Floats = quantity("R", "entropy of the counts", axes=("area",))
    entropy_error: Floats = quantity("R", "standard error by counting", axes=("area",))


@dataclass(frozen=True, kw_only=True)
class AreaComparison(Result):
    """Two areas beside one another; ``p_value`` is the chance of such a difference of the ratio by counting alone."""

    ratio: Floats = quantity("1", "second group over first", axes=("area",))
    ratio_low: Floats = quantity("1", "95 percent interval, low", axes=("area",))
    ratio_high: Floats = quantity("1", "95 percent interval, high", axes=("area",))
    log_difference: float = quantity("1", "difference of the logarithms of the ratios")
    log_error: float = quantity("1", "its standard error by counting")
    p_value: float = quantity("1", "chance of such a difference by counting")
    entropy_difference: float = quantity("R", "entropy of the second area minus that of the first")
    entropy_difference_error: float = quantity("R", "its standard error by counting")
    counts_needed: float = quantity("counts", "counts per area that make the difference three standard errors")


def area_counts(maps: Mapping[str, ArrayLike], areas: ArrayLike) -> AreaCounts:
    """Sum element maps over areas.

    Parameters
    ----------
    maps
        Counts of each element, whole numbers, shape ``(rows, columns)``.
    areas
        Number of the area of each pixel from 0; negative: none, shape ``(rows, columns)``.

    Raises
    ------
    InputError
        If shapes differ, counts are no counts, or an area is empty.
    """
    label = np.asarray(areas)
    if label.dtype.kind not in "iu" or not (label >= 0).any():
        raise InputError("areas must be whole numbers, with at least one area 0.")
    planes = {name: np.asarray(plane) for name, plane in maps.items()}
    for name, plane in planes.items():
        if plane.shape != label.shape:
            raise InputError(f"the map of {name} must have the shape of areas, {label.shape}; got {plane.shape}.")
        if (plane < 0).any() or (plane != np.rint(plane)).any():
            raise InputError(f"the map of {name} must hold whole counts >= 0; smoothed maps cannot be counted.")
    inside = label >= 0
    total = np.stack(
        [np.bincount(label[inside], weights=plane[inside].astype(float)) for plane in planes.values()], axis=1
    ).astype(np.int64)
    if (total.sum(axis=1) == 0).any():
        raise InputError(f"areas without a count: {np.flatnonzero(total.sum(axis=1) == 0).tolist()}.")
    fractions = total / total.sum(axis=1, keepdims=True)
    return AreaCounts(
        elements=tuple(planes),
        counts=total,
        fractions=fractions,
        entropy=np.atleast_1d(entropy_estimate(total)),
        entropy_error=np.array([_entropy_error(one) for one in total]),
    )


def _entropy_error(counts: NDArray[np.int64]) -> float:
    """Standard error of the entropy of counts."""
    share = counts[counts > 0] / counts.sum()
    total, mean = float(counts.sum()), -float((share * np.log(share)).sum())
    # the second term remains where all shares are equal, and the first vanishes
    first = max(float((share * np.log(share) ** 2).sum()) - mean**2, 0.0) / total
    return math.sqrt(first + 0.5 * (len(share) - 1) / total**2)


def compare_areas(found: AreaCounts, first: tuple[str, ...], second: tuple[str, ...]) -> AreaComparison:
    """Compare the ratio of two groups of elements in the first two areas.

    Parameters
    ----------
    found
        Counts of two areas.
    first, second
        Elements of the groups, such as ``("Bi",)`` and ``("La", "Nd", "Pr", "Sm")``.

    Raises
    ------
    InputError
        If there are not two areas, an element is unknown, or a group has no counts.
    """
    if len(found.counts) != 2:
        raise InputError(f"two areas are compared; got {len(found.counts)}.")
    places = {name: k for k, name in enumerate(found.elements)}
    unknown = [name for name in (*first, *second) if name not in places]
    if unknown or set(first) & set(second):
        raise InputError(f"groups are of different elements of the maps, {', '.join(places)}; got {first}, {second}.")
    a = found.counts[:, [places[name] for name in first]].sum(axis=1)
    b = found.counts[:, [places[name] for name in second]].sum(axis=1)
    if (a == 0).any() or (b == 0).any():
        raise InputError("a group has no counts in one of the areas: there is no ratio.")
    ratio, error = b / a, np.sqrt(1.0 / a + 1.0 / b)
    difference = float(np.log(ratio[1] / ratio[0]))
    total = float(np.hypot(*error))
    needed = float((found.counts.sum(axis=1).mean()) * (3.0 * total / abs(difference)) ** 2) if difference else math.inf
    return AreaComparison(
        ratio=ratio,
        ratio_low=ratio * np.exp(-1.96 * error),
        ratio_high=ratio * np.exp(1.96 * error),
        log_difference=difference,
        log_error=total,
        p_value=math.erfc(abs(difference) / total / math.sqrt(2.0)),
        entropy_difference=float(found.entropy[1] - found.entropy[0]),
        entropy_difference_error=float(np.hypot(*found.entropy_error)),
        counts_needed=needed,
    )

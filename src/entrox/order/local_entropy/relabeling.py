"""Random relabeling: species trade places among the fixed positions, event by event.

What moves is a *unit*: a detection event with all its counted atoms, or a single point where there are no events. Units
trade only with units of equally many points, so that the number of points in every area stays what it is, and, if
strata are given, only inside their stratum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.core.checks import check_positive
from entrox.order.local_entropy._kernels import Groups, draw_labels
from entrox.order.point_set import PointSet

__all__ = ["Relabeler", "stratum_numbers"]

Ints = NDArray[np.int64]
Strata = float | NDArray[np.integer] | None


class Relabeler:
    """Draws random arrangements of the labels of a point set.

    Parameters
    ----------
    points
        Labeled points; those of one ``event`` are relabeled together.
    strata
        Units trade labels only inside a stratum: None for no strata, the thickness of slabs along z [nm], or the
        stratum number of each point, shape ``(n,)``. An event belongs to the stratum of its first point.
    events
        False treats every point as a unit of its own, whatever its event.

    Raises
    ------
    InputError
        If the strata do not fit the points.

    Notes
    -----
    Labels are drawn one unit after the other from the units that are left, which is a uniform draw of all arrangements
    and needs no memory beyond the labels.
    """

    def __init__(self, points: PointSet, strata: Strata = None, events: bool = True) -> None:
        stratum = stratum_numbers(points, strata)
        event = points.event if events else None
        self._labels_dtype = points.labels.dtype
        self._n_points = len(points)
        if event is None and stratum is None:
            self.groups = _one_group(points)
        else:
            self.groups = _groups(points.labels, event, stratum)

    @property
    def n_units(self) -> int:
        """Number of units that trade labels."""
        return int(self.groups.unit_start[-1])

    @property
    def one_atom_per_unit(self) -> bool:
        """Whether every unit holds one point; then areas follow the hypergeometric law inside each stratum."""
        return bool((self.groups.size == 1).all())

    @property
    def is_simple(self) -> bool:
        """Whether any point may trade with any other: no molecular events, no strata."""
        return len(self.groups.size) == 1 and self.one_atom_per_unit

    def draw(self, rng: np.random.Generator) -> NDArray[np.integer]:
        """Return the labels of one relabeling, shape ``(n,)``, in the type of the points' labels."""
        return self.draw_seeded(int(self.seeds(rng, 1)[0]))

    def draw_seeded(self, seed: int) -> NDArray[np.integer]:
        """Return the labels of the relabeling with this 64-bit seed, shape ``(n,)``."""
        out = np.empty(self._n_points, dtype=self._labels_dtype)
        if self._n_points:
            draw_labels(np.uint64(seed), self.groups, out)
        return out

    @staticmethod
    def seeds(rng: np.random.Generator, count: int) -> NDArray[np.uint64]:
        """Return the seeds of ``count`` relabelings, shape ``(count,)``."""
        return rng.integers(0, 2**64, size=count, dtype=np.uint64)


def stratum_numbers(points: PointSet, strata: Strata) -> Ints | None:
    """Return the stratum of each point, shape ``(n,)``, numbered from 0; None without strata.

    Parameters
    ----------
    points
        The points.
    strata
        Thickness of slabs along z from the lowest point [nm], or one whole number per point.

    Raises
    ------
    InputError
        If the thickness is not positive or the numbers do not fit the points.
    """
    if strata is None:
        return None
    if np.ndim(strata) == 0:
        thickness = check_positive(float(strata), "strata", "nm")
        depth = points.positions_nm[:, 2].astype(np.float64)
        slab = np.floor((depth - depth.min(initial=np.inf)) / thickness).astype(np.int64)
        return np.unique(slab, return_inverse=True)[1]
    numbers = np.asarray(strata)
    if numbers.shape != (len(points),) or numbers.dtype.kind not in "iu":
        raise InputError(
            f"strata must be a thickness in nm or one whole number per point, shape ({len(points)},); got "
            f"{numbers.dtype} of shape {numbers.shape}."
        )
    return np.unique(numbers, return_inverse=True)[1]


def _one_group(points: PointSet) -> Groups:
    """All points in their order; ``members`` stays empty."""
    totals = points.totals
    present = np.flatnonzero(totals)
    return Groups(
        unit_start=np.array([0, len(points)]),
        size=np.array([1]),
        member_start=np.array([0]),
        members=np.empty(0, dtype=np.int32),
        type_start=np.array([0, len(present)]),
        type_count=totals[present],
        label_start=np.arange(len(present)),
        type_labels=present.astype(np.int64),
    )


def _groups(labels: NDArray[np.integer], event: NDArray[np.integer] | None, stratum: Ints | None) -> Groups:
    """Units of equal size and stratum, one group after the other; inside a group in the order of the points."""
    n = len(labels)
    unit = np.arange(n) if event is None else _numbered_by_first_point(event)
    size = np.bincount(unit)
    by_unit = np.argsort(unit, kind="stable")
    first = by_unit[np.concatenate([[0], np.cumsum(size)[:-1]])]
    unit_stratum = np.zeros(len(size), dtype=np.int64) if stratum is None else stratum[first]
    order = np.lexsort((np.arange(len(size)), size, unit_stratum))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    members = np.argsort(place[unit], kind="stable").astype(np.int32 if n < 2**31 else np.int64)
    key = np.column_stack([unit_stratum[order], size[order]])
    starts = np.flatnonzero(np.concatenate([[True], (np.diff(key, axis=0) != 0).any(axis=1)]))
    unit_start = np.append(starts, len(order))
    group_size = size[order][starts]
    member_start = np.concatenate([[0], np.cumsum(np.diff(unit_start) * group_size)])
    type_start, type_count, label_start, type_labels = [0], [], [0], []
    for g, points_per_unit in enumerate(group_size):
        rows = labels[members[member_start[g] : member_start[g + 1]]].reshape(-1, points_per_unit)
        types, counts = np.unique(rows, axis=0, return_counts=True)
        type_count.append(counts)
        type_labels.append(types.ravel().astype(np.int64))
        label_start.extend((label_start[-1] + points_per_unit * np.arange(1, len(types) + 1)).tolist())
        type_start.append(type_start[-1] + len(types))
    return Groups(
        unit_start=unit_start,
        size=group_size,
        member_start=member_start,
        members=members,
        type_start=np.array(type_start),
        type_count=np.concatenate(type_count),
        label_start=np.array(label_start),
        type_labels=np.concatenate(type_labels),
    )


def _numbered_by_first_point(event: NDArray[np.integer]) -> Ints:
    """Events renumbered in the order in which they first occur."""
    _, first, number = np.unique(event, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[number]

"""What a detector would keep of a simulated box, so that simulation and atom probe compare by one number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from entrox.core import InputError, check_in_range
from entrox.order.point_set import PointSet

__all__ = ["smear_points", "thin_points"]


def thin_points(points: PointSet, efficiency: float, rng: np.random.Generator) -> PointSet:
    """Return the points that a detector of the given efficiency keeps; whole events are kept or lost.

    Parameters
    ----------
    points
        Labeled points.
    efficiency
        Probability that an event is detected, in (0, 1].
    rng
        Source of randomness.

    Raises
    ------
    InputError
        If the efficiency is out of range.
    """
    check_in_range(efficiency, "efficiency", low=0.0, high=1.0, low_open=True)
    if points.event is None:
        kept = rng.random(len(points)) < efficiency
    else:
        unit = np.unique(points.event, return_inverse=True)[1]
        kept = (rng.random(int(unit.max(initial=-1)) + 1) < efficiency)[unit]
    event = None if points.event is None else points.event[kept]
    return replace(points, positions_nm=points.positions_nm[kept], labels=points.labels[kept], event=event)


def smear_points(points: PointSet, lateral_nm: float, depth_nm: float, rng: np.random.Generator) -> PointSet:
    """Return the points displaced at random, as by trajectories: Gaussian, x and y lateral, z depth.

    Atoms of one event move together. In periodic directions points may leave the cell, which changes no statistics.

    Parameters
    ----------
    points
        Labeled points.
    lateral_nm, depth_nm
        Standard deviations [nm], >= 0.
    rng
        Source of randomness.

    Raises
    ------
    InputError
        If a width is negative.
    """
    widths = [check_in_range(value, name, low=0.0, unit="nm") for value, name in
              ((lateral_nm, "lateral_nm"), (lateral_nm, "lateral_nm"), (depth_nm, "depth_nm"))]  # fmt: skip
    if not len(points):
        raise InputError("there is no point to displace.")
    unit = np.arange(len(points)) if points.event is None else np.unique(points.event, return_inverse=True)[1]
    moves = rng.normal(size=(int(unit.max()) + 1, 3)) * widths
    return replace(points, positions_nm=points.positions_nm + moves[unit].astype(points.positions_nm.dtype))

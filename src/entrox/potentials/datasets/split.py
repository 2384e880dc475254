"""Holding data out: whole trajectories or compositions, since neighbors in time say almost the same."""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_in_range
from entrox.potentials.datasets.dataset import Dataset

__all__ = ["SplitBy", "split"]

SplitBy = Literal["composition", "trajectory", "block", "frame"]


def split(
    dataset: Dataset, held_out: float = 0.1, *, by: SplitBy = "trajectory", rng: np.random.Generator | None = None
) -> tuple[Dataset, Dataset]:
    """Split a data set into training frames and frames held out.

    Parameters
    ----------
    dataset
        Frames; those of one trajectory share ``group``.
    held_out
        Share of the frames to hold out, in (0, 1). Whole units are drawn until the share is reached, so it is met from
        above, except that at least one unit stays for training.
    by
        ``composition`` or ``trajectory`` hold out whole ones. ``block`` holds out the last stretch of each trajectory,
        where there is only one. ``frame`` draws single frames: for a trajectory that leaks, since neighbors in time are
        nearly the same frame.
    rng
        Draws the units; blocks need none.

    Returns
    -------
    tuple of Dataset
        Training and held out, both with the elements of the whole.

    Raises
    ------
    InputError
        If there is only one unit, or units are drawn without a generator.
    """
    share = check_in_range(held_out, "held_out", low=0.0, high=1.0, low_open=True, high_open=True)
    if by == "block":
        return _without(dataset, _last_stretches(dataset, share))
    units = _units(dataset, by)
    names = list(dict.fromkeys(units))
    if len(names) < 2:
        raise InputError(
            f"holding out by {by} needs at least two of them; the data have one ({names[0]}). Split by another unit, "
            "or give a file of its own for the held-out frames."
        )
    if rng is None:
        raise InputError(f"holding out by {by} draws at random: pass rng=...")
    wanted, chosen, count = math.ceil(share * len(dataset)), set(), 0
    for index in rng.permutation(len(names))[: len(names) - 1]:
        if count >= wanted:
            break
        chosen.add(names[index])
        count += units.count(names[index])
    return _without(dataset, np.array([unit in chosen for unit in units]))


def _without(dataset: Dataset, held: NDArray[np.bool_]) -> tuple[Dataset, Dataset]:
    if held.all():
        raise InputError("nothing is left to train on: the trajectories are too short to hold out a part of each.")
    return dataset.select(np.flatnonzero(~held)), dataset.select(np.flatnonzero(held))


def _last_stretches(dataset: Dataset, share: float) -> NDArray[np.bool_]:
    """Return which frames belong to the last part of their trajectory."""
    units = np.array(_units(dataset, "trajectory"))
    held = np.zeros(len(units), dtype=bool)
    for unit in dict.fromkeys(units.tolist()):
        members = np.flatnonzero(units == unit)
        held[members[len(members) - math.ceil(share * len(members)) :]] = True
    return held


def _units(dataset: Dataset, by: SplitBy) -> list[str]:
    if by == "composition":
        return list(dataset.frame_compositions)
    if by == "trajectory":
        return [f"{frame.source}/{frame.group}" for frame in dataset]
    if by == "frame":
        return [str(index) for index in range(len(dataset))]
    raise InputError(f"by must be one of {', '.join(get_args(SplitBy))}; got {by!r}.")

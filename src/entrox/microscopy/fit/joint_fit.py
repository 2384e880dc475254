"""Joint fit: a column, the columns around it and their background at once, farther columns subtracted.

Slow; it checks the sweep, which solves the same equations column by column.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.microscopy.fit.column_problem import ColumnProblem
from entrox.microscopy.fit.neighbor_lists import NeighborLists

__all__ = ["refit_jointly"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def refit_jointly(
    problem: ColumnProblem, columns: Floats, near: NeighborLists, limits: Floats, noise: Floats, weights: int,
    health: Ints,
) -> Floats:  # fmt: skip
    """Columns after one joint fit of each with its partners, starting from a sweep.

    Parameters
    ----------
    problem, columns, near
        Patches, columns of the sweep ``(column, 9)``, and whose tails reach into them.
    limits, noise
        See :mod:`entrox.microscopy.fit.sweeps`.
    weights
        0 equal, 1 inverse variance of the model of the sweep.
    health
        Evaluations (added to), converged, on a bound; shape ``(column, 3)``.
    """
    from entrox.microscopy.fit.joint._kernels import joint_chunk

    chunk: Any = joint_chunk
    fitted = np.empty_like(columns)
    groups = np.column_stack([np.arange(len(columns)), problem.partners])
    problem.for_chunks(
        lambda a, b: chunk(
            a, b, problem.image, problem.sign, near.arrays, columns, fitted, *problem.patches, limits, noise, weights,
            problem.shape, groups, health,
        )
    )  # fmt: skip
    return fitted

"""Sweeps over all columns of an image: each is refitted with the present model of all others subtracted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.microscopy.fit.column_problem import ColumnProblem
from entrox.microscopy.fit.neighbor_lists import NeighborLists
from entrox.microscopy.fit.noise import NoiseModel

__all__ = [
    "LIKELIHOODS",
    "PatchBackgrounds",
    "kernel_noise",
    "residual_image",
    "start_columns",
    "sweep",
    "weighted_backgrounds",
    "width_limits",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LIKELIHOODS = {"unweighted": 0, "gauss": 1, "poisson": 2}
START_WIDTH = 0.34
"""First guess of sigma as a fraction of the radius of the patches."""
FLAT = 1e10
LEAST_AMPLITUDE = 1e-3
WIDTHS = (0.4, 2.5)
"""Allowed sigma in units of the median of its kind."""


@dataclass(frozen=True, kw_only=True)
class PatchBackgrounds:
    """What each patch alone says about its background, the peak being free: information matrices and vectors.

    Shapes ``(column, 3, 3)`` and ``(column, 3)``; level and slopes about the reference pixel.
    """

    precisions: Floats
    vectors: Floats


def kernel_noise(noise: NoiseModel | None, problem: ColumnProblem, columns: Floats) -> Floats:
    """Slope, zero and least variance of the noise in the sign in which the kernels see the image."""
    if noise is None:
        return np.array([0.0, 1.0, 1.0])
    background = columns[:: max(1, len(columns) // 1000), 6]
    peaks = background + columns[:: max(1, len(columns) // 1000), 2]
    typical = problem.sign * np.concatenate([background, peaks])
    variance = noise.variance(typical)
    mean = float(np.mean(variance[variance > 0.0])) if (variance > 0.0).any() else 1.0
    zero = noise.read_noise**2 - noise.gain * noise.offset
    return np.array([problem.sign * noise.gain, zero, 0.05 * mean])


def start_columns(problem: ColumnProblem) -> Floats:
    """Columns at their starts with a width guessed from the radius; height and background by linear least squares."""
    from entrox.microscopy.fit.sweep._kernels import start_chunk

    chunk: Any = start_chunk
    columns = np.zeros((len(problem.starts), 9))
    columns[:, :2] = problem.starts
    columns[:, 3] = columns[:, 5] = 1.0 / (START_WIDTH * problem.radius) ** 2
    problem.for_chunks(lambda a, b: chunk(a, b, problem.image, problem.sign, columns, *problem.patches))
    positive = columns[:, 2] > 0.0
    typical = float(np.median(columns[positive, 2])) if positive.any() else 1.0
    columns[:, 2] = np.maximum(columns[:, 2], 0.05 * typical)
    return columns


def width_limits(columns: Floats, site: Ints) -> Floats:
    """Least amplitude, least and largest 1/sigma^2 of every column, from the medians of its kind."""
    limits = np.empty((len(columns), 3))
    usable = columns[:, 2] > 0.0
    limits[:, 0] = LEAST_AMPLITUDE * np.median(columns[usable, 2])
    for kind in np.unique(site):
        rows = site == kind
        median = float(np.median(1.0 / np.sqrt(0.5 * (columns[rows, 3] + columns[rows, 5]))))
        limits[rows, 1] = 1.0 / (WIDTHS[1] * median) ** 2
        limits[rows, 2] = 1.0 / (WIDTHS[0] * median) ** 2
    return limits


def sweep(
    problem: ColumnProblem,
    columns: Floats,
    near: NeighborLists,
    limits: Floats,
    health: Ints,
    *,
    noise: Floats,
    likelihood: str,
    backgrounds: PatchBackgrounds | None,
    tolerance: float,
    alone: bool = False,
) -> tuple[Floats, PatchBackgrounds]:
    """Refit all columns once; returns them, and what each patch then knows of its background.

    Parameters
    ----------
    problem, columns
        Patches, and the present columns, shape ``(column, 9)``.
    near
        Columns whose present peaks are subtracted.
    limits
        See :func:`width_limits`.
    health
        Evaluations (added to), converged, on a bound; shape ``(column, 3)``.
    noise
        See :func:`kernel_noise`.
    likelihood
        One of ``LIKELIHOODS``.
    backgrounds
        What the partners know. None keeps each background level and to itself.
    tolerance
        Last movement of a center [px].
    alone
        Nothing is subtracted and the slopes of the background are free.
    """
    from entrox.microscopy.fit.sweep._kernels import sweep_chunk

    chunk: Any = sweep_chunk
    code = LIKELIHOODS[likelihood]
    if backgrounds is None:
        found = PatchBackgrounds(precisions=np.zeros((len(columns), 3, 3)), vectors=np.zeros((len(columns), 3)))
        precisions, vectors, flat = np.zeros((1, 3, 3)), np.zeros((1, 3)), 0.0 if alone else FLAT
    else:
        found = PatchBackgrounds(precisions=backgrounds.precisions.copy(), vectors=backgrounds.vectors.copy())
        precisions, vectors, flat = backgrounds.precisions.copy(), backgrounds.vectors.copy(), 0.0
    present, fitted = columns.copy(), columns.copy()

    def refit(rows: Ints) -> None:
        problem.for_pieces(
            len(rows),
            lambda a, b: chunk(
                a, b, problem.image, problem.sign, near.arrays, present, fitted, rows, *problem.patches[1:], limits,
                noise, min(code, 1), code, problem.shape, problem.partners, precisions, vectors, flat, tolerance, alone,
                health, found.precisions, found.vectors,
            ),
        )  # fmt: skip

    for rows in problem.kinds:
        refit(rows)
        # What was not refitted yet is as it was.
        present[:] = fitted
        if backgrounds is not None:
            precisions[:], vectors[:] = found.precisions, found.vectors
    return fitted, found


def weighted_backgrounds(
    problem: ColumnProblem, found: PatchBackgrounds, columns: Floats, noise: Floats
) -> PatchBackgrounds:
    """What an unweighted sweep has found, in units of the noise: divided by the mean variance of each patch."""
    share = 2.0 / (np.maximum(columns[:, 3], 1e-12) * problem.radius**2)
    variance = np.maximum(noise[0] * (columns[:, 6] + columns[:, 2] * share) + noise[1], noise[2])
    return PatchBackgrounds(
        precisions=found.precisions / variance[:, None, None], vectors=found.vectors / variance[:, None]
    )


def residual_image(problem: ColumnProblem, columns: Floats, near: NeighborLists, residual: Floats, every: int) -> None:
    """Image minus model in the pixels of the patches of every so many columns, into ``residual`` [counts]."""
    from entrox.microscopy.fit.sweep._kernels import residual_chunk

    chunk: Any = residual_chunk
    rows = np.arange(0, len(columns), every)
    problem.for_pieces(
        len(rows),
        lambda a, b: chunk(
            a, b, problem.image, problem.sign, near.arrays, columns, rows, problem.references, problem.spans,
            problem.half, residual,
        ),
    )  # fmt: skip

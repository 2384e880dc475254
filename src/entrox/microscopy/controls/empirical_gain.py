"""Gain of a pipeline, measured: known fields are put into the fitted image and looked for.

The gain is the slope of recovered against injected displacements through the origin; one for an honest pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_integer, check_positive, quantity, spawn_generators
from entrox.microscopy.controls.fitted_image import FittedImage, fitted_image
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.microscopy.simulation.fields import domain_field
from entrox.microscopy.vectors.displacement_map import DisplacementMap

__all__ = ["EmpiricalGain", "empirical_gain"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Measure = Callable[[Micrograph], DisplacementMap]

MAGNITUDE_PERIODS = 0.0375
"""Length of the injected vectors in units of the period: 15 pm at 4 angstrom."""


@dataclass(frozen=True, kw_only=True)
class EmpiricalGain(Result):
    """Slopes of recovered against injected displacements by the edge of the injected domains."""

    domain_cells: Ints = quantity("cells", "edge of the domains; 1 for independent cells", axes=("size",))
    slopes: Floats = quantity("1", "slope of one image", axes=("size", "image"))
    gain: Floats = quantity("1", "mean slope", axes=("size",))
    gain_error: Floats = quantity("1", "standard error of the mean slope; NaN for one image", axes=("size",))
    magnitude_px: float = quantity("px", "length of the injected vectors")
    n_vectors: Ints = quantity("1", "vectors compared", axes=("size", "image"))


def empirical_gain(
    fit: ColumnFit,
    sublattices: Sublattices,
    measure: Measure,
    rng: np.random.Generator,
    domain_cells: Sequence[int] = (1, 2, 4, 8, 16),
    number: int = 2,
    *,
    magnitude_px: float | None = None,
    displaced: Literal["A", "B"] = "B",
    reference: Literal["cation", "oxygen"] = "cation",
    row_jitter_px: float = 0.0,
    fast_axis: Literal["x", "y"] = "x",
    executor: Executor | None = None,
) -> EmpiricalGain:
    """Inject known random and domain fields into the fitted image and measure what comes back.

    Parameters
    ----------
    fit
        Of the image before any filter.
    sublattices
        The same columns.
    measure
        The whole pipeline, from an image to its displacements.
    rng
        One generator is spawned from it for each image: numbers do not depend on the executor.
    domain_cells
        Edges of the domains; one for random directions in every cell.
    number
        Images for each edge.
    magnitude_px
        Length of the injected vectors; 0.0375 periods by default (15 pm at 4 angstrom).
    displaced, reference
        As in the pipeline.
    row_jitter_px, fast_axis
        Jitter of the rows (rms), and the axis along which they shift.
    executor
        Runs the images; one after the other by default.

    Raises
    ------
    InputError
        If no cation has a whole cage, the pipeline leaves no vector, or an argument is out of range.
    """
    check_integer(number, "number", low=1)
    sizes = [check_integer(n, "domain_cells", low=1) for n in domain_cells]
    if not sizes:
        raise InputError("domain_cells must hold at least one edge.")
    period = float(np.linalg.norm(sublattices.basis_px, axis=1).mean())
    length = MAGNITUDE_PERIODS * period if magnitude_px is None else check_positive(magnitude_px, "magnitude_px", "px")
    image = fitted_image(
        fit, sublattices, displaced=displaced, reference=reference, row_jitter_px=row_jitter_px, fast_axis=fast_axis
    )
    cells = np.asarray(sublattices.cell[image.columns])
    cells = cells - cells.min(axis=0)

    def one(task: tuple[int, np.random.Generator]) -> tuple[float, int]:
        size, child = task
        grid = domain_field(cells.max(axis=0) + 1, length, size, child)
        return _slope(image, grid[cells[:, 0], cells[:, 1]] @ sublattices.axes, measure, child)

    tasks = list(zip(np.repeat(sizes, number).tolist(), spawn_generators(rng, len(sizes) * number), strict=True))
    run = map if executor is None else executor.map
    found = list(run(one, tasks))
    slopes = np.array([slope for slope, _ in found]).reshape(len(sizes), number)
    error = slopes.std(axis=1, ddof=1) / np.sqrt(number) if number > 1 else np.full(len(sizes), np.nan)
    return EmpiricalGain(
        domain_cells=np.array(sizes), slopes=slopes, gain=slopes.mean(axis=1), gain_error=error, magnitude_px=length,
        n_vectors=np.array([count for _, count in found]).reshape(len(sizes), number),
    )  # fmt: skip


def _slope(
    image: FittedImage, displacement_px: Floats, measure: Measure, rng: np.random.Generator
) -> tuple[float, int]:
    """Slope through the origin and number of vectors."""
    vectors = measure(image.micrograph(displacement_px, rng))
    true = np.full(image.position_px.shape, np.nan)
    true[image.columns] = displacement_px
    known = true[vectors.column]
    used = vectors.good & np.isfinite(known).all(axis=1)
    if not used.any():
        raise InputError("the pipeline leaves no vector: the filter or the flags throw everything away.")
    return float((vectors.vector_px[used] * known[used]).sum() / (known[used] ** 2).sum()), int(used.sum())

"""The null field: what the analysis finds in an image of the same crystal without any displacement.

The image is drawn again from its fitted columns with every cation at the center of its cage, the same noise and row
jitter, and goes through the same filter, fit and arithmetic. What it shows is made by noise and processing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_integer, quantity, spawn_generators
from entrox.microscopy.controls.fitted_image import FittedImage, fitted_image
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import FEWEST_CAGES, Sublattices
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.image_correlation import image_correlation
from entrox.microscopy.vectors.image_domains import image_domains
from entrox.order.phases.projected_classes import projected_classes

__all__ = ["NullField", "null_field"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Measure = Callable[[Micrograph], DisplacementMap]


@dataclass(frozen=True, kw_only=True)
class NullField(Result):
    """Numbers of images without displacements, one row for each.

    ``axis_shares`` sorts all vectors by their direction, weak or not: one half each, unless the processing prefers a
    direction. NaN stands where
    there is no domain, no correlation, or no good vector.
    """

    classes: tuple[str, ...]
    column: Ints = quantity("1", "row of the column in the fit", axes=("vector",))
    vector_px: Floats = quantity("px", "apparent displacement, y up", axes=("field", "vector", "component"))
    rms_px: Floats = quantity("px", "apparent rms length", axes=("field",))
    mean_length_px: Floats = quantity("px", "apparent mean length", axes=("field",))
    mean_square_px2: Floats = quantity("px^2", "apparent mean square length, noise taken off", axes=("field",))
    class_shares: Floats = quantity("1", "share of each class", axes=("field", "class"))
    axis_shares: Floats = quantity("1", "share of <10> and <11> with the weak ones", axes=("field", "axis"))
    mean_vector_px: Floats = quantity("px", "mean vector, y up", axes=("field", "component"))
    domain_count: Floats = quantity("1", "domains", axes=("field",))
    median_domain_area_px2: Floats = quantity("px^2", "median area of the domains", axes=("field",))
    domain_fraction: Floats = quantity("1", "share of vectors in domains", axes=("field",))
    correlation_length_px: Floats = quantity(
        "px", "distance at which C falls below 1/e, found as in the image; NaN where noise leaves no C", axes=("field",)
    )
    apparent_length_px: Floats = quantity(
        "px", "distance at which C falls below 1/e, no noise taken off", axes=("field",)
    )
    n_vectors: Ints = quantity("1", "good vectors", axes=("field",))
    row_jitter_px: float = quantity("px", "row jitter (rms)")
    scale_pm: float | None = quantity("pm/px", "edge of a pixel", default=None)
    site: str = "B"

    @property
    def scatter_px2(self) -> Floats:
        """Covariance of the apparent displacements over all fields and vectors, shape ``(2, 2)`` [px^2].

        Of a filtered image this is the error of a vector: its pixels are too much alike for one from the fit.
        """
        d = self.vector_px[np.isfinite(self.vector_px[..., 0])]
        return np.asarray(d.T @ d / len(d))

    @property
    def lengths_px(self) -> Floats:
        """Lengths of all vectors, shape ``(field, vector)`` [px]; NaN for those left out."""
        return np.asarray(np.linalg.norm(self.vector_px, axis=2))


@dataclass(frozen=True)
class _Numbers:
    """Numbers of one field, in the words of :class:`NullField`."""

    column: Ints
    vector_px: Floats
    rms_px: float
    mean_length_px: float
    mean_square_px2: float
    class_shares: Floats
    axis_shares: Floats
    mean_vector_px: Floats
    domain_count: float
    median_domain_area_px2: float
    domain_fraction: float
    correlation_length_px: float
    apparent_length_px: float
    n_vectors: int
    scale_pm: float | None


def null_field(
    fit: ColumnFit,
    sublattices: Sublattices,
    measure: Measure,
    rng: np.random.Generator,
    number: int = 20,
    *,
    displaced: Literal["A", "B"] = "B",
    reference: Literal["cation", "oxygen"] = "cation",
    row_jitter_px: float = 0.0,
    fast_axis: Literal["x", "y"] = "x",
    significance: float = 3.0,
    min_cells: int = 4,
    executor: Executor | None = None,
) -> NullField:
    """Analyze images of the fitted columns with every cation at the center of its cage.

    Parameters
    ----------
    fit
        Of the image before any filter.
    sublattices
        The same columns.
    measure
        The whole pipeline, from an image to its displacements: filter, fit from the same starts, displacements.
    rng
        One generator is spawned from it for each field: numbers do not depend on the executor.
    number
        Fields.
    displaced, reference
        As in the pipeline.
    row_jitter_px, fast_axis
        Jitter of the rows (rms), and the axis along which they shift.
    significance, min_cells
        Of weak vectors and of domains.
    executor
        Runs the fields; one after the other by default.

    Raises
    ------
    InputError
        If no cation has a whole cage, the pipeline leaves no vector, or an argument is out of range.
    """
    check_integer(number, "number", low=1)
    image = fitted_image(
        fit, sublattices, displaced=displaced, reference=reference, row_jitter_px=row_jitter_px, fast_axis=fast_axis
    )

    def one(child: np.random.Generator) -> _Numbers:
        return _field_numbers(image, measure, child, significance, min_cells)

    run = map if executor is None else executor.map
    fields = list(run(one, spawn_generators(rng, number)))
    series = {
        name: np.array([getattr(item, name) for item in fields])
        for name in _Numbers.__dataclass_fields__
        if name not in ("column", "scale_pm")
    }
    return NullField(
        classes=("weak", "<10>", "<11>"), column=fields[0].column, row_jitter_px=row_jitter_px,
        scale_pm=fields[0].scale_pm, site=displaced, **series,
    )  # fmt: skip


def _field_numbers(
    image: FittedImage, measure: Measure, rng: np.random.Generator, significance: float, min_cells: int
) -> _Numbers:
    vectors = measure(image.micrograph(np.zeros_like(image.centers_px), rng))
    good = vectors.good
    if not good.any():
        raise InputError("the analysis of the null field leaves no vector: all cages are incomplete or flagged.")
    d, covariance = vectors.vector_px[good], vectors.noise_covariance_px2[good]
    square = (d**2).sum(axis=1)
    found = projected_classes(d, covariance, significance, axes=vectors.axes)
    on_axis = float((found.angle_deg[0] < 22.5).mean())
    count = area = fraction = float("nan")
    if vectors.n_good >= FEWEST_CAGES:
        domains = image_domains(vectors, rng, min_cells=min_cells, significance=significance, shuffles=1)
        count, area, fraction = float(domains.count), domains.median_area_px2, domains.domain_fraction
    connected, length = image_correlation(vectors, connected=True), _apparent_length(vectors)
    own = None if connected is None else connected.one_over_e_px
    return _Numbers(
        column=vectors.column,
        vector_px=np.where(good[:, None], vectors.vector_px, np.nan),
        rms_px=float(np.sqrt(square.mean())),
        mean_length_px=float(np.sqrt(square).mean()),
        mean_square_px2=float((square - np.trace(covariance, axis1=1, axis2=2)).mean()),
        class_shares=found.fractions,
        axis_shares=np.array([on_axis, 1.0 - on_axis]),
        mean_vector_px=d.mean(axis=0),
        domain_count=count,
        median_domain_area_px2=area,
        domain_fraction=fraction,
        correlation_length_px=float("nan") if own is None else own,
        apparent_length_px=float("nan") if length is None else length,
        n_vectors=vectors.n_good,
        scale_pm=vectors.scale_pm,
    )


def _apparent_length(vectors: DisplacementMap) -> float | None:
    """Distance at which C falls below 1/e; noise stays in, for here it is all there is."""
    raw = dataclasses.replace(
        vectors,
        covariance_px2=np.broadcast_to(1e-12 * np.eye(2), vectors.covariance_px2.shape),
        jitter_covariance_px2=None,
        shared_covariance_px2=None,
        offset_cells=None,
        offset_covariance_px2=None,
    )
    found = image_correlation(raw)
    return None if found is None else found.one_over_e_px

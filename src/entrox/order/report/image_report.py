"""The report of an image: columns of a simulated crystal, or of a micrograph, as vectors in the plane.

A displacement of a column is counted from the columns of the other cations around it. Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.order.displacement.block_table import BlockTable
from entrox.order.displacement.projection import projected_displacements
from entrox.order.phases.chance_levels import chance_levels
from entrox.order.phases.phases import CLASSES
from entrox.order.report.image_site import MIN_DOMAIN_CELLS, SIGNIFICANCE, ImageErrors, ImageSite
from entrox.order.report.polar_assembly import neighbor_correlation
from entrox.order.report.polar_report import ElementRow, PhaseRow, PolarReport

if TYPE_CHECKING:
    from entrox.order.displacement.projection import ColumnMap

__all__ = ["report_of_columns", "report_of_vectors"]

Floats = NDArray[np.float64]


def report_of_columns(
    columns: ColumnMap,
    *,
    source: Literal["md", "rmc"],
    composition: dict[str, float],
    window_ps: float | None,
    temperature_k: float | None,
    noise_angstrom: float | None,
    threshold_angstrom: float,
    label: str,
) -> PolarReport:
    """Report of projected columns; see :meth:`entrox.order.report.polar_report.PolarReport.as_image`."""
    vectors = {"A": projected_displacements(columns, "A"), "B": projected_displacements(columns, "B")}
    axes = columns.period_angstrom / np.linalg.norm(columns.period_angstrom, axis=1, keepdims=True)
    turned = {site: np.asarray(field @ _orthonormal(axes).T) for site, field in vectors.items()}
    edges = np.linalg.norm(columns.period_angstrom, axis=1) / np.array(columns.a_angstrom.shape[1:3])
    return report_of_vectors(
        turned, source=source, edges_angstrom=edges, thickness_cells=columns.thickness_cells, window_ps=window_ps,
        composition=composition, temperature_k=temperature_k, noise_angstrom=noise_angstrom,
        threshold_angstrom=threshold_angstrom, n_frames=columns.n_frames, label=label,
        extra={"zone_axis": columns.zone_axis, "weight": columns.weight}, warnings=columns.warnings,
    )  # fmt: skip


def report_of_vectors(
    vectors_angstrom: dict[str, Floats],
    *,
    source: Literal["md", "rmc", "stem"],
    edges_angstrom: ArrayLike,
    thickness_cells: int | None,
    window_ps: float | None = None,
    reference: Literal["oxygen", "cation"] = "cation",
    composition: dict[str, float] | None = None,
    temperature_k: float | None = None,
    noise_angstrom: float | None = None,
    errors: Mapping[str, ImageErrors] | None = None,
    threshold_angstrom: float = 0.0,
    significance: float | None = None,
    min_domain_cells: int | None = None,
    n_frames: int = 1,
    label: str = "",
    extra: dict[str, Any] | None = None,
    warnings: tuple[str, ...] = (),
) -> PolarReport:
    """Report of vectors on the grid of the columns of an image.

    Parameters
    ----------
    vectors_angstrom
        For each kind of column, ``"A"`` and ``"B"``: displacements along the two lattice axes [angstrom], shape
        ``(slab, right, up, 2)`` or ``(right, up, 2)``; NaN where there is none.
    source, thickness_cells, window_ps, reference, composition, temperature_k, n_frames, label, extra, warnings
        As in the report.
    edges_angstrom
        Distances of neighboring columns of one kind along the axes, shape ``(2,)``.
    noise_angstrom
        Standard error of a vector per component: its squares are subtracted, and vectors within three are weak.
    errors
        For each kind of column, the covariance of every vector, and what else is known; it takes the place of
        ``noise_angstrom`` there.
    threshold_angstrom
        Shorter vectors are weak.
    significance
        Vectors within so many standard errors are weak; 3 if None.
    min_domain_cells
        Fewest cells of a domain; 4 if None. What is None here follows the other image in a comparison, which refuses
        choices that differ.

    Raises
    ------
    InputError
        If a shape is wrong or no vector is finite.
    """
    edges = np.asarray(edges_angstrom, dtype=float)
    elements, phases, tables, domains, vectors = [], [], [], [], []
    lengths: dict[str, float | None] = {}
    length_errors: dict[str, float | None] = {}
    # the picture of a simulated box closes on itself, that of a microscope ends
    closed = source != "stem"
    neighbor: dict[str, float] = {}
    neighbor_error: dict[str, float | None] = {}
    count = 0
    for site, field in vectors_angstrom.items():
        known = (errors or {}).get(site, noise_angstrom)
        columns = ImageSite(
            site, np.asarray(field, dtype=float), edges, known, threshold=threshold_angstrom,
            significance=SIGNIFICANCE if significance is None else significance, closed=closed,
        )  # fmt: skip
        count = max(count, columns.grid.shape[1] * columns.grid.shape[2])
        if columns.wide:
            if (found := columns.correlation()) is not None:
                lengths[site] = found.correlation_length_angstrom
                length_errors[site] = found.correlation_length_error_angstrom
            domains.append(columns.domain_row(MIN_DOMAIN_CELLS if min_domain_cells is None else min_domain_cells))
        length = lengths.get(site)
        table, every = columns.tables(None if length is None else length / edges)
        tables.append(table)
        if every is not None:
            vectors.append(replace(every, significance=significance, min_domain_cells=min_domain_cells))
        neighbor[site], neighbor_error[site] = neighbor_correlation(table)
        elements.append(_element_row(columns))
        phases.append(_phase_row(site, table))
    return PolarReport(
        source=source, dimension=2, reference=reference, window_ps=window_ps, thickness_cells=thickness_cells,
        composition=dict(composition or {}), temperature_k=temperature_k, lattice_angstrom=edges, n_frames=n_frames,
        n_cells=count, elements=tuple(elements), phases=tuple(phases), domains=tuple(domains), blocks=tuple(tables),
        vectors=tuple(vectors),
        correlation_length_angstrom=lengths, correlation_length_error_angstrom=length_errors,
        nearest_neighbor_correlation=neighbor, nearest_neighbor_error=neighbor_error, noise_angstrom=noise_angstrom,
        label=label, extra=dict(extra or {}), warnings=warnings,
    )  # fmt: skip


def _orthonormal(axes: Floats) -> Floats:
    """Nearest orthonormal rows."""
    u, _, v = np.linalg.svd(axes)
    return np.asarray(u @ v)


def _element_row(columns: ImageSite) -> ElementRow:
    site, present = columns.site, np.isfinite(columns.grid).all(axis=-1)
    vectors = columns.grid[present]
    mean = vectors.mean(axis=0)
    length = np.linalg.norm(vectors, axis=1)
    root = np.sqrt(len(vectors))
    square = float((length**2).mean() - columns.noise_traces[present].mean())
    error = vectors.std(axis=0, ddof=1) / root if len(vectors) > 1 else None
    along = float(np.linalg.norm(mean))
    return ElementRow(
        symbol=f"{site} columns", site=site, count=len(vectors), mean_vector_angstrom=mean,
        mean_vector_error_angstrom=error, taid_angstrom=along,
        taid_error_angstrom=None if error is None else float(np.linalg.norm(error * mean) / max(along, 1e-300)),
        mean_modulus_angstrom=float(length.mean()),
        mean_modulus_error_angstrom=None if error is None else float(length.std(ddof=1) / root),
        rms_angstrom=float(np.sqrt(max(square, 0.0))),
    )  # fmt: skip


def _phase_row(site: str, table: BlockTable) -> PhaseRow:
    classes = CLASSES[2]
    counts = table.class_counts[:, : len(classes)]
    share = counts.sum(axis=0) / counts.sum()
    blocks = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    expected = np.concatenate([[np.nan], chance_levels(dimension=2) * (1.0 - share[0])])
    return PhaseRow(
        site=site, group=site, count=round(float(counts.sum())), classes=classes, share=share,
        share_error=blocks.std(axis=0, ddof=1) / np.sqrt(len(blocks)) if len(blocks) > 1 else None, chance=expected,
        excess=share - expected,
    )  # fmt: skip

"""The report of an image: columns of a simulated crystal, or of a micrograph, as vectors in the plane.

A displacement of a column is counted from the columns of the other cations around it. Lengths in angstrom.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError
from entrox.order.correlation.correlation import Correlation, correlation
from entrox.order.displacement.block_table import BlockTable, block_counts, table_of_counts
from entrox.order.displacement.projection import projected_displacements
from entrox.order.domains import find_domains
from entrox.order.phases.chance_levels import chance_levels
from entrox.order.phases.phases import CLASSES, class_labels
from entrox.order.report.polar_assembly import domain_row, grid_blocks, neighbor_correlation
from entrox.order.report.polar_report import DomainRow, ElementRow, PhaseRow, PolarReport

if TYPE_CHECKING:
    from entrox.order.displacement.projection import ColumnMap

__all__ = ["image_tables", "report_of_columns", "report_of_vectors"]

Floats = NDArray[np.float64]
CHI2_WEAK = 3.0
"""Standard errors below which a vector is weak."""
JOIN_ANGLE_DEG = 22.5
MIN_DOMAIN_CELLS = 4
"""Domains of an image: neighbors within this angle, at least so many."""


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
    threshold_angstrom: float = 0.0,
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
    threshold_angstrom
        Shorter vectors are weak.

    Raises
    ------
    InputError
        If a shape is wrong or no vector is finite.
    """
    edges = np.asarray(edges_angstrom, dtype=float)
    elements, phases, tables, domains = [], [], [], []
    lengths: dict[str, float | None] = {}
    length_errors: dict[str, float | None] = {}
    # the picture of a simulated box closes on itself, that of a microscope ends
    closed = source != "stem"
    neighbor: dict[str, float] = {}
    neighbor_error: dict[str, float | None] = {}
    count = 0
    for site, field in vectors_angstrom.items():
        grid = np.asarray(field, dtype=float)
        grid = grid[None] if grid.ndim == 3 else grid
        if grid.ndim != 4 or grid.shape[-1] != 2 or not np.isfinite(grid).any():
            raise InputError(
                f"vectors of {site} must have shape (right, up, 2) or (slab, right, up, 2) and hold a number; got "
                f"{grid.shape}."
            )
        count = max(count, grid.shape[1] * grid.shape[2])
        least = max(threshold_angstrom, 0.0 if noise_angstrom is None else CHI2_WEAK * noise_angstrom)
        labels = class_labels(grid, least, "nearest_axis").astype(np.int64)
        if min(grid.shape[1:3]) > 1:
            found = _correlation(grid, edges, noise_angstrom, closed=closed)
            if found is not None:
                lengths[site] = found.correlation_length_angstrom
                length_errors[site] = found.correlation_length_error_angstrom
            domains.append(_domains(site, grid, edges, least, closed=closed))
        length = lengths.get(site)
        table = image_tables(grid, labels, site, noise_angstrom, None if length is None else length / edges, closed)
        tables.append(table)
        neighbor[site], neighbor_error[site] = neighbor_correlation(table)
        elements.append(_element_row(site, grid, noise_angstrom))
        phases.append(_phase_row(site, table))
    return PolarReport(
        source=source, dimension=2, reference=reference, window_ps=window_ps, thickness_cells=thickness_cells,
        composition=dict(composition or {}), temperature_k=temperature_k, lattice_angstrom=edges, n_frames=n_frames,
        n_cells=count, elements=tuple(elements), phases=tuple(phases), domains=tuple(domains), blocks=tuple(tables),
        correlation_length_angstrom=lengths, correlation_length_error_angstrom=length_errors,
        nearest_neighbor_correlation=neighbor, nearest_neighbor_error=neighbor_error, noise_angstrom=noise_angstrom,
        label=label, extra=dict(extra or {}), warnings=warnings,
    )  # fmt: skip


def _orthonormal(axes: Floats) -> Floats:
    """Nearest orthonormal rows."""
    u, _, v = np.linalg.svd(axes)
    return np.asarray(u @ v)


def _correlation(grid: Floats, edges: Floats, noise: float | None, *, closed: bool) -> Correlation | None:
    """Correlation without the common mean; None where noise leaves nothing."""
    covariance = None if noise is None or noise == 0.0 else noise**2 * np.eye(2)
    try:
        return correlation(grid, connected=True, periodic=closed, lattice_angstrom=edges, noise_covariance=covariance)
    except InputError:
        return None


def _domains(site: str, grid: Floats, edges: Floats, least: float, *, closed: bool) -> DomainRow:
    found = find_domains(
        grid, threshold_angstrom=least, join_angle_deg=JOIN_ANGLE_DEG, min_cells=MIN_DOMAIN_CELLS, periodic=closed,
        lattice_angstrom=edges,
    )  # fmt: skip
    return domain_row(site, found)


def image_tables(
    grid: Floats,
    labels: NDArray[np.int64],
    site: str,
    noise: float | None,
    length_cells: Floats | None = None,
    closed: bool = True,
) -> BlockTable:
    """Blocks of an image: slabs and parts of the picture, two correlation lengths wide where they can be."""
    shape = (grid.shape[1], grid.shape[2])
    block = grid_blocks(shape, length_cells)
    flat, classes = grid.reshape(len(grid), -1, 2), labels.reshape(len(grid), -1)
    if not closed:
        # neighbors beyond the edge of an image are none: a border of NaN keeps them apart
        grid = np.pad(grid, ((0, 0), (0, 1), (0, 1), (0, 0)), constant_values=np.nan)
    wide = np.arange(grid.shape[1] * grid.shape[2]).reshape(grid.shape[1:3])
    beside = np.stack([np.roll(wide, -1, axis=k)[: shape[0], : shape[1]].ravel() for k in (0, 1)], axis=1)
    around = grid.reshape(len(grid), -1, 2)
    square = 0.0 if noise is None else 2.0 * noise**2
    counts = []
    for part in range(int(block.max()) + 1):
        inside = block == part
        products = np.einsum("snc,snkc->snk", flat, around[:, beside])[:, inside]
        pairs = np.stack([np.nansum(products, axis=(1, 2)), np.isfinite(products).sum(axis=(1, 2))], axis=1)
        counts.append(block_counts(flat[:, inside], classes[:, inside], pairs, square))
    return table_of_counts(site, site, "space", np.concatenate(counts))


def _element_row(site: str, grid: Floats, noise: float | None) -> ElementRow:
    vectors = grid.reshape(-1, 2)
    vectors = vectors[np.isfinite(vectors).all(axis=1)]
    mean = vectors.mean(axis=0)
    length = np.linalg.norm(vectors, axis=1)
    root = np.sqrt(len(vectors))
    square = float((length**2).mean()) - (0.0 if noise is None else 2.0 * noise**2)
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

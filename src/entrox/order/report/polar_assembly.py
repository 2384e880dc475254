"""The report of a pass: rows of elements, phases, bonds and domains, and blocks for comparisons."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core.blocking import block_errors
from entrox.order.bonds.bonds import BondSplitting
from entrox.order.displacement.block_table import NOTHING_ANGSTROM2, BlockTable
from entrox.order.domains import Domains
from entrox.order.report.polar_report import BondRow, DomainRow, ElementRow, EnvironmentRow, PhaseRow, PolarReport
from entrox.order.report.polar_rows import SITES, RowSums

if TYPE_CHECKING:
    from entrox.order.lattice import LatticeMap
    from entrox.order.report.polar_pass import PolarPass

__all__ = ["assembled_report", "domain_row", "grid_blocks", "neighbor_correlation", "phase_rows", "space_blocks"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_SPACE_BLOCKS = 8
JACKKNIFE_BLOCKS = 2


def assembled_report(run: PolarPass, values: dict[str, Any], edges: Floats, label: str) -> tuple[PolarReport, bool]:
    """Return the report of a pass, and whether all time errors have converged."""
    lengths = {site: found.correlation_length_angstrom for site, found in values.get("correlation", {}).items()}
    errors = {site: found.correlation_length_error_angstrom for site, found in values.get("correlation", {}).items()}
    elements: list[ElementRow] = []
    phases: list[PhaseRow] = []
    tables: list[BlockTable] = []
    converged = True
    neighbor: dict[str, float] = {}
    neighbor_error: dict[str, float | None] = {}
    for site in SITES:
        rows = run.rows[site]
        found, good = rows.element_rows()
        elements += found
        converged &= good
        if "phases" in run.settings.measures:
            phases += phase_rows(rows, run.classes(), run.chance())
        blocks = space_blocks(run.lattice_map, lengths.get(site), edges)
        own = rows.tables(blocks)
        tables += own
        neighbor[site], neighbor_error[site] = neighbor_correlation(own[0])
    report = PolarReport(
        source=run.settings.source, dimension=3, reference=run.settings.reference,
        window_ps=run.window_ps, thickness_cells=None, composition=_composition(run.lattice_map),
        temperature_k=run.settings.temperature_k, lattice_angstrom=edges, n_frames=run.n_frames,
        n_cells=len(run.lattice_map), elements=tuple(elements), phases=tuple(phases),
        bonds=tuple(_bond_row(item) for item in values.get("bonds", ())),
        domains=tuple(domain_row(site, item) for site, item in values.get("domains", {}).items()),
        blocks=tuple(tables), nearest_neighbor_correlation=neighbor, nearest_neighbor_error=neighbor_error,
        correlation_length_angstrom=lengths, correlation_length_error_angstrom=errors, label=label,
        warnings=tuple(dict.fromkeys(run.notices)),
    )  # fmt: skip
    return report, converged


def _composition(lattice_map: LatticeMap) -> dict[str, float]:
    """Atoms per formula unit."""
    counts = Counter(lattice_map.symbols)
    return {name: counts[name] / len(lattice_map) for name in sorted(counts)}


def phase_rows(rows: RowSums, classes: tuple[str, ...], chance: Floats) -> list[PhaseRow]:
    """Shares of the classes of each group, beside chance.

    Chance is that of random directions, times the share that is not C; noise alone has no known share of C.
    """
    series = rows.share_series()
    found = []
    for k, (group, count) in enumerate(zip(rows.groups, rows.group_sizes(), strict=True)):
        share = series[:, k].mean(axis=0)
        errors = block_errors(series[:, k])
        expected = np.concatenate([[np.nan], chance * (1.0 - share[0])])
        found.append(
            PhaseRow(
                site=rows.site, group=group, count=count, classes=classes, share=share,
                share_error=None if errors is None else errors[0], chance=expected, excess=share - expected,
            )
        )  # fmt: skip
    return found


def neighbor_correlation(table: BlockTable) -> tuple[float, float | None]:
    """Mean product of neighbors over the mean square, and its error by leaving out one block at a time."""
    pairs, products = table.neighbor_pairs, table.neighbor_sum_angstrom2
    numbers, squares = table.n_vectors, table.square_sum_angstrom2

    def ratio(keep: NDArray[np.bool_]) -> float:
        square = squares[keep].sum() / max(numbers[keep].sum(), 1.0)
        product = products[keep].sum() / max(pairs[keep].sum(), 1.0)
        return float(product / square) if square > NOTHING_ANGSTROM2 else 0.0

    every = np.ones(table.n_blocks, dtype=bool)
    if table.n_blocks < JACKKNIFE_BLOCKS:
        return ratio(every), None
    without = np.array([ratio(np.arange(table.n_blocks) != k) for k in range(table.n_blocks)])
    spread = (table.n_blocks - 1) / table.n_blocks * ((without - without.mean()) ** 2).sum()
    return ratio(every), float(np.sqrt(spread))


def space_blocks(lattice_map: LatticeMap, length_angstrom: float | None, edges: Floats) -> Ints | None:
    """Number of the block in space of each cell; blocks are at least two correlation lengths wide where they can be.

    None where the supercell has no grid.
    """
    if lattice_map.shape is None:
        return None
    return grid_blocks(lattice_map.shape, None if length_angstrom is None else length_angstrom / edges)


def grid_blocks(shape: tuple[int, ...], length_cells: Floats | None) -> Ints:
    """Number of the block of each cell of a grid, flat in C order.

    Parameters
    ----------
    shape
        Of the grid.
    length_cells
        Correlation length in cells along each axis; None if unknown.
    """
    wanted = np.full(len(shape), 2.0) if length_cells is None else np.maximum(2.0 * length_cells, 1.0)
    counts = np.maximum((np.array(shape) / wanted).astype(np.int64), 1)
    # too few blocks give no error at all: then they are cut smaller, and errors are lower bounds
    while counts.prod() < FEWEST_SPACE_BLOCKS and (counts < np.array(shape)).any():
        free = np.where(counts < np.array(shape), np.array(shape) / counts, 0.0)
        counts[int(free.argmax())] += 1
    number = np.zeros(shape, dtype=np.int64)
    for axis, (n, parts) in enumerate(zip(shape, counts, strict=True)):
        part = (np.arange(n) * parts) // n
        number = number * parts + part.reshape([-1 if k == axis else 1 for k in range(len(shape))])
    return number.ravel()


def _bond_row(bonds: BondSplitting) -> BondRow:
    errors = bonds.errors_angstrom
    slopes = tuple(
        EnvironmentRow(
            subject=fit.subject, term=term, slope_angstrom=float(fit.slopes_angstrom[k]),
            slope_error_angstrom=float(fit.slope_errors_angstrom[k]), intercept_angstrom=fit.intercept_angstrom,
        )
        for fit in bonds.environment
        for k, term in enumerate(fit.terms)
    )  # fmt: skip
    return BondRow(
        element=bonds.element, site=bonds.site, count=bonds.count, short_angstrom=bonds.short_angstrom,
        middle_angstrom=bonds.middle_angstrom, long_angstrom=bonds.long_angstrom, mean_angstrom=bonds.mean_angstrom,
        mean_error_angstrom=None if errors is None else float(errors[3]),
        splitting_angstrom=bonds.splitting_angstrom,
        splitting_error_angstrom=None if errors is None else float(errors[4]),
        noise_floor_angstrom=bonds.noise_floor_angstrom, environment=slopes,
    )  # fmt: skip


def domain_row(site: str, found: Domains) -> DomainRow:
    """Return what a report keeps of domains."""
    faces = found.wall_face_counts.sum(axis=1).astype(float)
    return DomainRow(
        site=site, count=found.count, largest_fraction=found.largest_fraction,
        mean_cells=float(found.domain_cells.mean()) if len(found.domain_cells) else None,
        mean_wall_angle_deg=float(np.average(found.wall_angle_deg, weights=faces)) if faces.sum() > 0 else None,
        wall_area_per_volume=found.wall_area_per_volume, wall_faces=dict(found.wall_faces),
    )  # fmt: skip

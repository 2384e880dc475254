r"""Differences of two reports in units of their combined error, and how unlike their distributions are.

.. math:: z = \frac{a - b}{\sqrt{s_a^2 + s_b^2}}, \qquad
          E = 2 \langle |X - Y| \rangle - \langle |X - X'| \rangle - \langle |Y - Y'| \rangle

E is the energy distance of two distributions, zero only if they are the same (Székely and Rizzo, J. Stat. Plan.
Inference 143, 1249 (2013)). Its p-value comes from drawing the blocks of both reports from one common pool: a block is
independent of the next, the vectors inside it are not. There is no word pass or fail. Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_integer, quantity
from entrox.order.displacement.block_table import NOTHING_ANGSTROM2, BlockTable
from entrox.order.phases.phases import CLASSES
from entrox.order.report.difference import Difference, difference_of, drawn_blocks, drawn_difference
from entrox.order.report.distribution_distance import DistributionDistance, distribution_distances
from entrox.order.report.image_comparison import AT_EQUAL_NOISE, compare_images, site_ratio
from entrox.order.report.polar_report import PolarReport
from entrox.order.report.vector_table import VectorTable

__all__ = ["Difference", "ReportComparison", "compare_reports"]

Floats = NDArray[np.float64]
FEWEST_BLOCKS = 4
STATIC_WINDOW_PS = 10.0
"""Shortest window that may stand beside a micrograph, which averages over much longer."""


@dataclass(frozen=True, kw_only=True)
class ReportComparison(Result):
    """All pairs of reports."""

    names: tuple[str, ...]
    dimension: int = quantity("1", "dimensions of the vectors")
    reference: str
    differences: tuple[Difference, ...]
    distances: tuple[DistributionDistance, ...]
    bootstrap: int = quantity("1", "draws")
    warnings: tuple[str, ...] = ()


def compare_reports(
    reports: Sequence[PolarReport], *, rng: np.random.Generator, bootstrap: int = 500, names: Sequence[str] = ()
) -> ReportComparison:
    """Compare reports pair by pair.

    Parameters
    ----------
    reports
        Two or more of one kind.
    rng
        Draws the blocks.
    bootstrap
        Number of draws; 0 for no intervals and p-values.
    names
        Of the reports; their labels, or numbers, if not given.

    Returns
    -------
    ReportComparison
        For each pair and each group (site or element) that both have: root mean square displacement with the noise
        subtracted, mean length, total displacement of elements, shares of classes, correlation of neighbors,
        correlation length, domains, ratio of the sublattices, bonds; and the distances of the distributions of |d|,
        direction and, in two dimensions, angle folded to 0-45 degrees. Images are compared at equal noise, in pm, with
        errors from blocks for the correlation length, the area of domains and the angles of walls too.

    Raises
    ------
    InputError
        If there are fewer than two reports, or they differ in dimension, reference, thickness or window; the message
        says which conversion makes them alike.
    """
    check_integer(bootstrap, "bootstrap", low=0)
    if len(reports) < 2:
        raise InputError(f"a comparison needs at least two reports; got {len(reports)}.")
    named = _names(reports, names)
    warnings: list[str] = []
    differences: list[Difference] = []
    distances: list[DistributionDistance] = []
    for (first, a), (second, b) in combinations(zip(named, reports, strict=True), 2):
        warnings += _check_alike(a, b, first, second)
        images = _image_tables(a), _image_tables(b)
        for group in _common(a, b):
            pair = (a.table(group), b.table(group))
            if group in images[0] and group in images[1]:
                found = _of_images((a, b), pair, (images[0][group], images[1][group]), (first, second), bootstrap, rng)
                differences += found[0]
                distances += found[1]
                warnings += found[2]
            else:
                differences += _of_blocks(pair, (first, second), a.dimension, bootstrap, rng)
                distances += distribution_distances(pair, (first, second), a.dimension, bootstrap, rng)
            few = min(item.n_blocks for item in pair)
            if few < FEWEST_BLOCKS:
                warnings.append(f"few_blocks: {group} has {few} blocks in one report; its errors are rough")
        differences += _of_tables(a, b, first, second, set(images[0]) & set(images[1]))
        ratio = site_ratio(images, (first, second), bootstrap, rng)
        differences += _plain_ratio(a, b, (first, second)) if ratio is None else [ratio]
    return ReportComparison(
        names=tuple(named), dimension=reports[0].dimension, reference=reports[0].reference,
        differences=tuple(differences), distances=tuple(distances), bootstrap=bootstrap,
        warnings=tuple(dict.fromkeys(warnings)),
    )  # fmt: skip


def _image_tables(report: PolarReport) -> dict[str, VectorTable]:
    return {item.site: item for item in report.vectors} if report.dimension == 2 else {}


def _of_images(
    reports: tuple[PolarReport, PolarReport], pair: tuple[BlockTable, BlockTable],
    tables: tuple[VectorTable, VectorTable], names: tuple[str, str], draws: int, rng: np.random.Generator,
) -> tuple[list[Difference], list[DistributionDistance], list[str]]:  # fmt: skip
    """Quantities of images whose vectors are known one by one; the others come from the counts of blocks."""
    edges = (reports[0].lattice_angstrom, reports[1].lattice_angstrom)
    differences, distances, remarks = compare_images(tables, edges, names, draws, rng)
    # what the vectors tell better is not told twice
    told = {item.quantity_name for item in differences} | {"rms |d|"}
    if any(name.endswith(AT_EQUAL_NOISE) for name in told):
        # as they were counted, shares would tell how noisy the images are
        told |= {f"share {name}" for name in CLASSES[2]}
    counted = [item for item in _of_blocks(pair, names, 2, draws, rng) if item.quantity_name not in told]
    return differences + counted, distances, remarks


def _names(reports: Sequence[PolarReport], names: Sequence[str]) -> list[str]:
    if names and len(names) != len(reports):
        raise InputError(f"names must be one per report, {len(reports)}; got {len(names)}.")
    given = list(names) or [report.label or f"report {k}" for k, report in enumerate(reports, start=1)]
    return [
        name if given.count(name) == 1 else f"{name} ({given[: k + 1].count(name)})" for k, name in enumerate(given)
    ]


def _check_alike(a: PolarReport, b: PolarReport, first: str, second: str) -> list[str]:
    """Refuse reports of unlike kind; return what could not be checked."""
    if a.dimension != b.dimension:
        solid = first if a.dimension == 3 else second
        raise InputError(
            f"{first} has {a.dimension} dimensions and {second} has {b.dimension}. Turn {solid} into an image first: "
            "PolarReport.as_image(project_columns(...)), or entrox polar TRAJ --zone-axis 001 --thickness-cells N, "
            "which writes image_report.json."
        )
    if a.reference != b.reference:
        raise InputError(
            f"{first} counts displacements from the {a.reference} cage and {second} from the {b.reference} cage: even "
            "the signs differ. Analyze both with the same reference (entrox polar --reference cation)."
        )
    if a.thickness_cells is not None and b.thickness_cells is not None and a.thickness_cells != b.thickness_cells:
        raise InputError(
            f"{first} is {a.thickness_cells} cells thick and {second} {b.thickness_cells}: the mean over a column "
            "shrinks with its length. Project both at one thickness (project_columns(..., thickness_cells=N), "
            "--thickness-cells N)."
        )
    remarks = _check_windows(a, b, first, second)
    if a.dimension == 2 and (a.thickness_cells is None or b.thickness_cells is None):
        unknown = first if a.thickness_cells is None else second
        remarks.append(f"thickness: that of {unknown} is not known; displacements shrink with it")
    return remarks


def _check_windows(a: PolarReport, b: PolarReport, first: str, second: str) -> list[str]:
    """Refuse windows that are known to differ; name those that are not known."""
    # a micrograph averages seconds of vibration, a file without time nobody knows what
    unknown = [name for item, name in ((a, first), (b, second)) if item.window_ps is None and item.source != "stem"]
    if unknown:
        return [
            f"window: the time that {name} averages is not known; less of it means more noise and longer displacements"
            for name in unknown
        ]
    windows = (a.window_ps, b.window_ps)
    known = [w for w in windows if w is not None]
    if windows[0] == windows[1] or ((len(known) == 1 or a.dimension == 2) and min(known) >= STATIC_WINDOW_PS):
        return []
    texts = [f"{w:g} ps" if w is not None else "none (no time)" for w in windows]
    raise InputError(
        f"{first} averages over a window of {texts[0]} and {second} of {texts[1]}: noise adds to the shorter one. "
        "Analyze both with one --window-ps and the right --timestep-ps; beside an image use "
        f"{STATIC_WINDOW_PS:g} ps or more. For a file of mean positions say so: --averaged-over-ps."
    )


def _common(a: PolarReport, b: PolarReport) -> list[str]:
    """Groups that both reports have; an element that is alone on its site in both stands for the site."""
    groups = [item.group for item in b.blocks]
    alone = [{item.site for item in r.blocks if sum(o.site == item.site for o in r.blocks) == 2} for r in (a, b)]
    both = alone[0] & alone[1]
    return [
        item.group for item in a.blocks if item.group in groups and not (item.site in both and item.group != item.site)
    ]


Estimator = Callable[[BlockTable, Floats], float]
"""From a table and the weights of its blocks to a number."""


def _over_vectors(name: str) -> Estimator:
    def estimate(table: BlockTable, weights: Floats) -> float:
        return float(weights @ getattr(table, name)) / max(float(weights @ table.n_vectors), 1e-300)

    return estimate


def _root_mean_square(table: BlockTable, weights: Floats) -> float:
    return float(np.sqrt(max(_over_vectors("square_sum_angstrom2")(table, weights), 0.0)))


def _neighbors(table: BlockTable, weights: Floats) -> float:
    square = _over_vectors("square_sum_angstrom2")(table, weights)
    product = float(weights @ table.neighbor_sum_angstrom2) / max(float(weights @ table.neighbor_pairs), 1e-300)
    return product / square if square > NOTHING_ANGSTROM2 else 0.0


def _share(k: int) -> Estimator:
    def estimate(table: BlockTable, weights: Floats) -> float:
        counts = weights @ table.class_counts
        return float(counts[k] / max(counts.sum(), 1e-300))

    return estimate


def _estimators(pair: tuple[BlockTable, BlockTable], dimension: int) -> list[tuple[str, str, Estimator]]:
    found: list[tuple[str, str, Estimator]] = [
        ("rms |d|", "angstrom", _root_mean_square),
        ("mean |d|", "angstrom", _over_vectors("modulus_sum_angstrom")),
    ]
    if all(item.class_counts.sum() > 0 for item in pair):
        found += [(f"share {name}", "1", _share(k)) for k, name in enumerate(CLASSES[dimension])]
    if all(item.neighbor_pairs.sum() > 0 for item in pair):
        found.append(("neighbor correlation", "1", _neighbors))
    return found


def _of_blocks(
    pair: tuple[BlockTable, BlockTable], names: tuple[str, str], dimension: int, draws: int, rng: np.random.Generator
) -> list[Difference]:
    """Quantities that blocks give, with errors from drawing blocks again."""
    weights = [drawn_blocks(item.n_blocks, draws, rng) for item in pair]
    found = []
    for name, unit, estimate in _estimators(pair, dimension):
        values = [estimate(item, np.ones(item.n_blocks)) for item in pair]
        samples = [np.array([estimate(item, w) for w in drawn]) for item, drawn in zip(pair, weights, strict=True)]
        found.append(drawn_difference(names, pair[0].group, name, unit, values, samples))
    return found


def _of_tables(a: PolarReport, b: PolarReport, first: str, second: str, told: set[str]) -> list[Difference]:
    """Quantities that the reports carry with their own errors; those in space only of sites not told before."""
    names = (first, second)
    found = []
    rows = {(row.symbol, row.site): row for row in b.elements}
    for row in a.elements:
        if (other := rows.get((row.symbol, row.site))) is not None:
            found.append(
                difference_of(
                    names, row.symbol, "total displacement", "angstrom", (row.taid_angstrom, other.taid_angstrom),
                    (row.taid_error_angstrom, other.taid_error_angstrom),
                )
            )  # fmt: skip
    lengths = (a.correlation_length_angstrom, b.correlation_length_angstrom)
    errors = (a.correlation_length_error_angstrom, b.correlation_length_error_angstrom)
    for site in lengths[0]:
        values = (lengths[0][site], lengths[1].get(site))
        if site not in told and values[0] is not None and values[1] is not None:
            both = (errors[0].get(site), errors[1].get(site))
            found.append(difference_of(names, site, "correlation length", "angstrom", (values[0], values[1]), both))
    found += [item for item in _of_domains(a, b, names) if item.group not in told]
    return found + _of_bonds(a, b, names)


def _plain_ratio(a: PolarReport, b: PolarReport, names: tuple[str, str]) -> list[Difference]:
    """Ratio of the root mean squares of the sites, without an error."""
    ratios = [_sublattice_ratio(item) for item in (a, b)]
    if ratios[0] is None or ratios[1] is None:
        return []
    return [difference_of(names, "A/B", "ratio of rms |d|", "1", (ratios[0], ratios[1]), (None, None))]


def _of_domains(a: PolarReport, b: PolarReport, names: tuple[str, str]) -> list[Difference]:
    found = []
    others = {row.site: row for row in b.domains}
    area = [float(np.prod(item.lattice_angstrom)) for item in (a, b)]
    unit, word = ("angstrom^2", "domain area") if a.dimension == 2 else ("angstrom^3", "domain volume")
    for row in a.domains:
        if (other := others.get(row.site)) is None:
            continue
        if row.mean_cells is not None and other.mean_cells is not None:
            sizes = (row.mean_cells * area[0], other.mean_cells * area[1])
            found.append(difference_of(names, row.site, word, unit, sizes, (None, None)))
        if row.mean_wall_angle_deg is not None and other.mean_wall_angle_deg is not None:
            walls = (row.mean_wall_angle_deg, other.mean_wall_angle_deg)
            found.append(difference_of(names, row.site, "mean wall angle", "deg", walls, (None, None)))
    return found


def _of_bonds(a: PolarReport, b: PolarReport, names: tuple[str, str]) -> list[Difference]:
    found = []
    others = {row.element: row for row in b.bonds}
    for row in a.bonds:
        if (other := others.get(row.element)) is None:
            continue
        means = (row.mean_angstrom, other.mean_angstrom)
        errors = (row.mean_error_angstrom, other.mean_error_angstrom)
        found.append(difference_of(names, row.element, "mean bond", "angstrom", means, errors))
        if row.splitting_angstrom is not None and other.splitting_angstrom is not None:
            split = (row.splitting_angstrom, other.splitting_angstrom)
            errors = (row.splitting_error_angstrom, other.splitting_error_angstrom)
            found.append(difference_of(names, row.element, "bond splitting", "angstrom", split, errors))
    return found


def _sublattice_ratio(report: PolarReport) -> float | None:
    tables = {item.group: item for item in report.blocks}
    if not {"A", "B"} <= set(tables):
        return None
    a, b = (_root_mean_square(tables[site], np.ones(tables[site].n_blocks)) for site in ("A", "B"))
    return a / b if b > 0.0 else None

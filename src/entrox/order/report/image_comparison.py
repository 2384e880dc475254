"""Images against images: lengths, angles, classes, correlation, domains and walls, each with an error from blocks.

Where the errors of the vectors differ, lengths, angles, classes and domains are compared at equal noise. Lengths in pm,
distances in the picture in angstrom.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from entrox.order.displacement.block_table import direction_centers, folded_angle_deg
from entrox.order.phases.phases import CLASSES
from entrox.order.report.difference import Difference, drawn_blocks, drawn_difference
from entrox.order.report.distribution_distance import DistributionDistance, bin_spacing, distance_of_counts
from entrox.order.report.image_sample import WALL_EDGES_DEG, ImageSample, equal_noise
from entrox.order.report.vector_table import VectorTable

__all__ = ["AT_EQUAL_NOISE", "compare_images", "site_ratio"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

AT_EQUAL_NOISE = " at equal noise"
"""End of the names of shares of vectors that were given noise."""
BINS = 400
FOLDED_EDGES_DEG: Floats = np.linspace(0.0, 45.0, 91)
WALL_CENTERS_DEG: Floats = 0.5 * (WALL_EDGES_DEG[1:] + WALL_EDGES_DEG[:-1])


def compare_images(
    pair: tuple[VectorTable, VectorTable], edges: tuple[Floats, Floats], names: tuple[str, str], draws: int,
    rng: np.random.Generator,
) -> tuple[list[Difference], list[DistributionDistance], list[str]]:  # fmt: skip
    """Compare the vectors of one kind of column in two images.

    Parameters
    ----------
    pair, edges
        Tables of the vectors, and the distances of their columns along the axes [angstrom].
    names
        Of the reports.
    draws
        Of blocks; 0 for no errors.
    rng
        Draws.

    Returns
    -------
    tuple
        Differences: debiased root mean square and mean of |d|, shares of classes at equal noise, correlation length,
        area of domains and mean wall angle. Distances: of |d|, the folded angle, the
        direction, and the angles of walls. Remarks.
    """
    first, second, added = equal_noise(pair, edges, rng)
    samples = (first, second)
    weights = [drawn_blocks(item.n_blocks, draws, rng) for item in pair]
    differences = _ratios(samples, weights, names, shares=max(added) > 0.0)
    lengths = [sample.correlation_lengths(drawn) for sample, drawn in zip(samples, weights, strict=True)]
    group = pair[0].site
    if all(np.isfinite(value) for value, _ in lengths):
        differences.append(
            drawn_difference(
                names, group, "correlation length", "angstrom", [value for value, _ in lengths],
                [drawn for _, drawn in lengths],
            )
        )  # fmt: skip
    distances = _distances(samples, names, draws, rng)
    domains = [sample.domain_sums() for sample in samples]
    differences += _domain_differences(samples, domains, weights, names)
    walls = distance_of_counts(
        [walls for _, walls in domains], bin_spacing(WALL_EDGES_DEG), names, (group, "wall angle", "deg"), draws, rng
    )
    distances += [] if walls is None else [walls]
    return differences, distances, _remarks(pair, edges, lengths, added, names)


def _ratios(
    samples: tuple[ImageSample, ImageSample], weights: list[Floats], names: tuple[str, str], *, shares: bool
) -> list[Difference]:
    """Quantities that are ratios of sums over blocks."""
    group = samples[0].table.site
    found = [
        _of_sums(names, group, "debiased rms |d|", "pm", [s.squares() for s in samples], weights, root=True),
        _of_sums(names, group, "mean |d|", "pm", [_lengths(s) for s in samples], weights),
    ]
    if shares:
        counts = [sample.class_counts() for sample in samples]
        for k, name in enumerate(CLASSES[2][:3]):
            columns = [np.stack([c[:, k], c.sum(axis=1)], axis=1) for c in counts]
            found.append(_of_sums(names, group, f"share {name}{AT_EQUAL_NOISE}", "1", columns, weights))
    return found


def _lengths(sample: ImageSample) -> Floats:
    length = np.linalg.norm(sample.vectors_pm, axis=1)
    return sample.block_sums(np.stack([length, np.ones(len(length))], axis=1))


def _of_sums(
    names: tuple[str, str], group: str, name: str, unit: str, sums: list[Floats], weights: list[Floats], *,
    root: bool = False,
) -> Difference:  # fmt: skip
    """Difference of ratios: first over second column of the sums over blocks."""

    def ratio(table: Floats, drawn: Floats) -> Floats:
        total = drawn @ table
        with np.errstate(invalid="ignore", divide="ignore"):
            value = np.where(total[..., 1] > 0.0, total[..., 0] / total[..., 1], np.nan)
        return np.asarray(np.sqrt(np.maximum(value, 0.0)) if root else value)

    values = [float(ratio(table, np.ones(len(table)))) for table in sums]
    samples = [ratio(table, drawn) for table, drawn in zip(sums, weights, strict=True)]
    return drawn_difference(names, group, name, unit, values, samples)


def _distances(
    samples: tuple[ImageSample, ImageSample], names: tuple[str, str], draws: int, rng: np.random.Generator
) -> list[DistributionDistance]:
    group = samples[0].table.site
    lengths = [np.linalg.norm(sample.vectors_pm, axis=1) for sample in samples]
    longest = max(float(length[s.table.good].max()) for length, s in zip(lengths, samples, strict=True))
    edges = np.linspace(0.0, max(longest, 1e-6) * (1.0 + 1e-9), BINS + 1)
    wanted = [
        ("|d|", "pm", edges, lengths),
        ("folded angle", "deg", FOLDED_EDGES_DEG, [folded_angle_deg(sample.vectors_pm) for sample in samples]),
    ]
    found = []
    for name, unit, bins, values in wanted:
        counts = [sample.histogram(value, bins) for sample, value in zip(samples, values, strict=True)]
        distance = distance_of_counts(counts, bin_spacing(bins), names, (group, name, unit), draws, rng)
        found += [] if distance is None else [distance]
    centers = direction_centers(2)
    turns = np.degrees(np.arccos(np.clip(centers @ centers.T, -1.0, 1.0)))
    directions = distance_of_counts(
        [sample.direction_counts() for sample in samples], turns, names, (group, "direction", "deg"), draws, rng,
        line=False,
    )  # fmt: skip
    return found if directions is None else [*found, directions]


def _domain_differences(
    samples: tuple[ImageSample, ImageSample], domains: list[tuple[Floats, Floats]], weights: list[Floats],
    names: tuple[str, str],
) -> list[Difference]:  # fmt: skip
    group, found = samples[0].table.site, []
    if all(sums[:, 1].sum() > 0 for sums, _ in domains):
        areas = [
            np.stack([sums[:, 0] * float(np.prod(sample.edges_angstrom)), sums[:, 1]], axis=1)
            for (sums, _), sample in zip(domains, samples, strict=True)
        ]
        found.append(_of_sums(names, group, "domain area", "angstrom^2", areas, weights))
    if all(walls.sum() > 0 for _, walls in domains):
        angles = [np.stack([walls @ WALL_CENTERS_DEG, walls.sum(axis=1)], axis=1) for _, walls in domains]
        found.append(_of_sums(names, group, "mean wall angle", "deg", angles, weights))
    return found


def site_ratio(
    tables: tuple[dict[str, VectorTable], dict[str, VectorTable]], names: tuple[str, str], draws: int,
    rng: np.random.Generator,
) -> Difference | None:  # fmt: skip
    """Ratio of the debiased root mean squares of A and B columns; None where an image lacks one of them.

    Columns of both kinds that lie side by side are drawn together; where no place tells which these are, each kind is
    drawn apart, and the error is an upper bound.
    """
    values, samples = [], []
    for report in tables:
        if not {"A", "B"} <= set(report):
            return None
        joint = _blocks_of(report["A"], report["B"])
        pair = (report["A"] if joint is None else replace(report["A"], block=joint), report["B"])
        sums = [ImageSample(table, table.vector_pm, None, np.ones(2)).squares() for table in pair]
        weights = [drawn_blocks(len(item), draws, rng) for item in sums]
        if joint is not None:
            # no A need be nearest to the last blocks of B
            weights[0] = weights[1][:, : len(sums[0])]

        def ratio(drawn: list[Floats], sums: list[Floats] = sums) -> Floats:
            total = [w @ item for w, item in zip(drawn, sums, strict=True)]
            square = [np.maximum(t[..., 0] / np.maximum(t[..., 1], 1e-300), 0.0) for t in total]
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.asarray(np.where(square[1] > 0.0, np.sqrt(square[0] / square[1]), np.nan))

        values.append(float(ratio([np.ones(len(item)) for item in sums])))
        samples.append(ratio(weights))
    if not np.isfinite(values).all():
        return None
    return drawn_difference(names, "A/B", "ratio of rms |d|", "1", values, samples)


def _blocks_of(table: VectorTable, other: VectorTable) -> Ints | None:
    """Block of the other kind of column in which each vector lies; None where that is not known."""
    if table.closed and other.closed:
        # columns of one number belong to one cell of the box
        home = {(*key,): block for *key, block in np.column_stack([other.slab, other.cell, other.block]).tolist()}
        found = [home.get((*key,)) for key in np.column_stack([table.slab, table.cell]).tolist()]
        return None if None in found else np.array(found, dtype=np.int64)
    if table.position_angstrom is None or other.position_angstrom is None:
        return None
    if not (np.isfinite(table.position_angstrom).all() and np.isfinite(other.position_angstrom).all()):
        return None
    nearest = cKDTree(other.position_angstrom).query(table.position_angstrom)[1]
    return np.asarray(other.block[nearest])


def _remarks(
    pair: tuple[VectorTable, VectorTable], edges: tuple[Floats, Floats], lengths: list[tuple[float, Floats]],
    added: tuple[float, float], names: tuple[str, str],
) -> list[str]:  # fmt: skip
    remarks = []
    for name, noise in zip(names, added, strict=True):
        if noise > 0.0:
            remarks.append(
                f"equal_noise: the {pair[0].site} vectors of {name} were given {noise:.2g} pm of noise per component, "
                "which the other image has, before lengths, angles, classes and domains were compared"
            )
    for table, edge, (length, _), name in zip(pair, edges, lengths, names, strict=True):
        width = _block_width(table, edge)
        if np.isfinite(length) and width < 2.0 * length:
            remarks.append(
                f"narrow_blocks: the blocks of {name} are {width:.3g} angstrom wide, less than two correlation lengths "
                f"of {length:.3g}; errors of {table.site} are lower bounds"
            )
    return remarks


def _block_width(table: VectorTable, edges: Floats) -> float:
    """Root of the mean area of a block [angstrom]."""
    places = len(np.unique(np.column_stack([table.slab, table.cell]), axis=0))
    return float(np.sqrt(places / table.n_blocks * np.prod(edges)))

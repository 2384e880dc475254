"""Artifacts of an atom probe made visible: composition over the detector, without its trends, and strata against them.

Crystal poles and zone lines deflect ions and leave streaks of 2 to 5 nm in the composition of a perfectly random alloy;
random relabeling does not know them. Maps show them; strata confine the relabeling to rings and sectors.
Units: nm for positions, mm for detector hits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_integer, check_positive, quantity
from entrox.order.point_set import PointSet

__all__ = ["Coordinates", "DetectorMap", "detector_composition_map", "hit_positions", "remove_trend", "sector_strata"]

Floats = NDArray[np.float64]
Coordinates = Literal["xy", "polar"]


@dataclass(frozen=True, kw_only=True)
class DetectorMap(Result):
    """Composition over the detector, or over the cross-section of the tip; NaN where few ions hit.

    The axes are x and y, or the radius and the angle from -pi to pi.
    """

    species: tuple[str, ...]
    coordinates: Coordinates
    unit: str
    first_edges: Floats = quantity("nm or mm", "edges along x or the radius", axes=("first_edge",))
    second_edges: Floats = quantity("nm, mm or rad", "edges along y or the angle", axes=("second_edge",))
    counts: Floats = quantity("1", "points", axes=("first", "second"))
    fraction: Floats = quantity("1", "share of each species", axes=("species", "first", "second"))
    expected: Floats = quantity("1", "share by the whole set, or by the trend", axes=("species", "first", "second"))
    z_score: Floats = quantity("1", "deviation from expected in counting errors", axes=("species", "first", "second"))
    dispersion: Floats = quantity("1", "variance of the shares over that of counting", axes=("species",))
    trend_degree: int = quantity("1", "degree of the trend that was taken off; 0 for none")
    min_count: int = quantity("1", "fewest points of a cell")


def hit_positions(points: PointSet, detector_mm: NDArray[np.floating] | None) -> tuple[Floats, str]:
    """Where each point hit, shape ``(n, 2)``, and its unit."""
    if detector_mm is None:
        return points.positions_nm[:, :2].astype(np.float64), "nm"
    hits = np.asarray(detector_mm, dtype=np.float64)
    if hits.shape != (len(points), 2) or not np.isfinite(hits).all():
        raise InputError(f"detector_mm must be finite, one x, y per point, shape ({len(points)}, 2); got {hits.shape}.")
    return hits, "mm"


def _polar(hits: Floats, center: tuple[float, float] | None) -> Floats:
    middle = np.median(hits, axis=0) if center is None else np.asarray(center, dtype=float)
    away = hits - middle
    return np.stack([np.hypot(away[:, 0], away[:, 1]), np.arctan2(away[:, 1], away[:, 0])], axis=1)


def detector_composition_map(
    points: PointSet,
    *,
    detector_mm: NDArray[np.floating] | None = None,
    coordinates: Coordinates = "xy",
    n_bins: tuple[int, int] = (32, 32),
    center: tuple[float, float] | None = None,
    min_count: int = 20,
) -> DetectorMap:
    """Composition over the detector, to be looked at for poles, zone lines and gradients.

    Parameters
    ----------
    points
        Labeled points.
    detector_mm
        Where the ion of each point hit the detector, shape ``(n, 2)`` [mm]; by default x and y of the reconstruction
        serve, which show the same structure.
    coordinates
        ``"xy"`` or ``"polar"``, radius and angle. Rings have equal areas.
    n_bins
        Cells along the two axes.
    center
        Center of polar coordinates; by default the median of the hits.
    min_count
        Cells with fewer points are masked.

    Raises
    ------
    InputError
        If the hits do not fit the points, the coordinates are unknown, or no cell has enough points.
    """
    if coordinates not in get_args(Coordinates):
        raise InputError(f"coordinates must be one of {', '.join(get_args(Coordinates))}; got {coordinates!r}.")
    check_integer(min_count, "min_count", low=1)
    shape = (check_integer(n_bins[0], "n_bins[0]", low=1), check_integer(n_bins[1], "n_bins[1]", low=1))
    hits, unit = hit_positions(points, detector_mm)
    if len(points) == 0 or not (np.ptp(hits, axis=0) > 0.0).all():
        raise InputError("a detector map needs points that differ in both coordinates.")
    if coordinates == "polar":
        hits = _polar(hits, center)
        largest = float(hits[:, 0].max())
        edges = [largest * np.sqrt(np.linspace(0.0, 1.0, shape[0] + 1)), np.linspace(-np.pi, np.pi, shape[1] + 1)]
    else:
        edges = [np.linspace(float(hits[:, k].min()), float(hits[:, k].max()), shape[k] + 1) for k in (0, 1)]
    by_species = np.stack([_histogram(hits[points.labels == k], edges) for k in range(len(points.species))])
    counts = by_species.sum(axis=0)
    if not (counts >= min_count).any():
        raise InputError(
            f"no cell of the map has {min_count} points (the fullest {counts.max():.0f}): choose fewer bins."
        )
    whole = by_species.sum(axis=(1, 2)) / counts.sum()
    expected = np.broadcast_to(whole[:, None, None], by_species.shape)
    good = counts >= min_count
    fraction = np.divide(by_species, counts, out=np.full_like(by_species, np.nan), where=good)
    score = _score(fraction, expected, counts)
    return DetectorMap(
        species=points.species,
        coordinates=coordinates,
        unit=unit,
        first_edges=edges[0],
        second_edges=edges[1],
        counts=counts,
        fraction=fraction,
        expected=expected,
        z_score=score,
        dispersion=np.nanmean(score**2, axis=(1, 2)),
        trend_degree=0,
        min_count=min_count,
    )


def _histogram(hits: Floats, edges: Sequence[Floats]) -> Floats:
    """Hits per cell, shape ``(n_first, n_second)``; the last edge belongs to the last cell."""
    place = [np.clip(np.searchsorted(e, hits[:, k], side="right") - 1, 0, len(e) - 2) for k, e in enumerate(edges)]
    counts = np.zeros((len(edges[0]) - 1, len(edges[1]) - 1))
    np.add.at(counts, tuple(place), 1.0)
    return counts


def _score(fraction: Floats, expected: Floats, counts: Floats) -> Floats:
    """Deviation in binomial errors; NaN where masked."""
    likely = np.clip(expected, 1e-12, 1.0 - 1e-12)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((fraction - expected) / np.sqrt(likely * (1.0 - likely) / counts))


def remove_trend(found: DetectorMap, degree: int = 2) -> DetectorMap:
    """Take a smooth trend off a composition map, so that what is left are streaks and spots.

    Parameters
    ----------
    found
        Map of ``detector_composition_map``.
    degree
        Largest total degree of the polynomial in the two coordinates, fitted to the shares with the counts as weights.
        The angle enters by its cosine and sine times the radius, so that the trend has no seam.

    Returns
    -------
    DetectorMap
        The same map with the trend as ``expected`` and deviations from it.

    Raises
    ------
    InputError
        If the degree is below one, or the map has fewer cells than the polynomial has terms.
    """
    check_integer(degree, "degree", low=1)
    first, second = (0.5 * (edges[1:] + edges[:-1]) for edges in (found.first_edges, found.second_edges))
    a, b = np.meshgrid(first, second, indexing="ij")
    if found.coordinates == "polar":
        a, b = a * np.cos(b), a * np.sin(b)
    a, b = ((value - value.mean()) / (np.abs(value - value.mean()).max() or 1.0) for value in (a, b))
    terms = np.stack([a**i * b**j for i in range(degree + 1) for j in range(degree + 1 - i)], axis=-1)
    good = found.counts >= found.min_count
    if good.sum() <= terms.shape[-1]:
        raise InputError(
            f"a trend of degree {degree} has {terms.shape[-1]} terms, the map {int(good.sum())} cells with enough "
            "points: choose a lower degree or more bins."
        )
    weight = np.sqrt(found.counts[good])
    design = terms[good] * weight[:, None]
    fitted = [np.linalg.lstsq(design, share[good] * weight, rcond=None)[0] for share in found.fraction]
    expected = np.stack([terms @ coefficients for coefficients in fitted])
    score = _score(found.fraction, expected, found.counts)
    # The fit takes one degree of freedom per term.
    spent = good.sum() / (good.sum() - terms.shape[-1])
    return DetectorMap(
        species=found.species,
        coordinates=found.coordinates,
        unit=found.unit,
        first_edges=found.first_edges,
        second_edges=found.second_edges,
        counts=found.counts,
        fraction=found.fraction,
        expected=expected,
        z_score=score,
        dispersion=np.nanmean(score**2, axis=(1, 2)) * spent,
        trend_degree=degree,
        min_count=found.min_count,
    )


def sector_strata(
    points: PointSet,
    *,
    n_rings: int = 4,
    n_sectors: int = 8,
    slab_nm: float | None = None,
    detector_mm: NDArray[np.floating] | None = None,
    center: tuple[float, float] | None = None,
) -> NDArray[np.int64]:
    """Number of the ring, sector and slab of each point, for relabeling inside them against lateral trends.

    Parameters
    ----------
    points
        Labeled points.
    n_rings, n_sectors
        Rings of equal numbers of points, and sectors of equal angles.
    slab_nm
        Thickness of slabs along z that cut the sectors further [nm]; not cut by default.
    detector_mm, center
        As in :func:`detector_composition_map`.

    Returns
    -------
    ndarray
        Stratum of each point from 0, shape ``(n,)``.
    """
    check_integer(n_rings, "n_rings", low=1)
    check_integer(n_sectors, "n_sectors", low=1)
    hits, _ = hit_positions(points, detector_mm)
    if len(points) == 0:
        raise InputError("strata need points; got none.")
    radius, angle = _polar(hits, center).T
    bounds = np.quantile(radius, np.linspace(0.0, 1.0, n_rings + 1)[1:-1])
    ring = np.searchsorted(bounds, radius, side="right")
    sector = np.minimum(((angle + np.pi) / (2.0 * np.pi) * n_sectors).astype(np.int64), n_sectors - 1)
    number = ring * n_sectors + sector
    if slab_nm is not None:
        height = points.positions_nm[:, 2].astype(np.float64)
        slab = ((height - height.min()) / check_positive(slab_nm, "slab_nm", "nm")).astype(np.int64)
        number = number + n_rings * n_sectors * slab
    return np.asarray(np.unique(number, return_inverse=True)[1].ravel(), dtype=np.int64)

"""The lattice of all columns of an image: an integer place for each column, whatever its kind.

Places grow from column to column along two neighbor vectors which follow the image; distortion, rotation, walls and
missing columns bend or interrupt the way, but do not miscount it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.microscopy.lattice.columns import Columns
from entrox.microscopy.lattice.lattice_growth import grow_places

__all__ = ["LatticeIndex", "index_lattice"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAMPLE = 1500
"""Columns whose neighbors are looked at."""
HISTOGRAM_RANGE = 2.2
"""Longest neighbor vector that is looked at, in distances of nearest columns."""
COMMON = 0.35
"""Share of columns that must have a neighbor vector for it to be one of the lattice's."""


@dataclass(frozen=True, kw_only=True)
class LatticeIndex(Result):
    """Places of the columns: column = origin + place @ basis, up to distortion.

    The basis holds the two shortest independent neighbor vectors, each a step from one column to the next, of whatever
    kind. ``aspect_ratio`` is the longer over the shorter: 1 for a perovskite along [001], 1.41 along [110].
    """

    place: Ints = quantity("1", "steps along the two neighbor vectors", axes=("column", "axis"))
    placed: NDArray[np.bool_] = quantity("1", "column has a place of its own", axes=("column",))
    collision: NDArray[np.bool_] = quantity("1", "another column claims the same place", axes=("column",))
    basis_px: Floats = quantity("px", "shorter and longer neighbor vector", axes=("axis", "component"))
    origin_px: Floats = quantity("px", "place (0, 0)", axes=("component",))
    residual_px: float = quantity("px", "rms distance of the columns from the straight lattice")
    aspect_ratio: float = quantity("1", "longer over shorter neighbor vector")
    angle_deg: float = quantity("deg", "angle between the neighbor vectors, below 90")
    n_contradictions: int = quantity("1", "neighbors whose places do not agree, as around a dislocation", default=0)
    warnings: tuple[str, ...] = ()


def index_lattice(columns: Columns) -> LatticeIndex:
    """Give every column its place in the lattice of all columns.

    Parameters
    ----------
    columns
        Columns of the image.

    Returns
    -------
    LatticeIndex
        Places; columns that no path reaches have none.

    Raises
    ------
    InputError
        If the columns do not repeat in two directions.
    """
    position = np.asarray(columns.position_px)
    basis = _neighbor_vectors(position)
    place, placed, n_contradictions = grow_places(position, basis)
    if placed.sum() < max(4, 0.2 * len(position)):
        raise InputError(
            f"only {int(placed.sum())} of {len(position)} columns lie on one lattice with neighbor vectors "
            f"{np.round(basis, 1).tolist()} px: crop the image to one crystal, or give the period in px."
        )
    fitted, origin, residual = _straight(position[placed], place[placed])
    place, placed, n_contradictions = grow_places(position, fitted)
    fitted, origin, residual = _straight(position[placed], place[placed])
    collision = _collisions(position, placed, 0.45 * float(np.linalg.norm(fitted, axis=1).min()))
    lengths = np.linalg.norm(fitted, axis=1)
    return LatticeIndex(
        place=place,
        placed=placed,
        collision=collision,
        basis_px=fitted,
        origin_px=origin,
        residual_px=residual,
        aspect_ratio=float(lengths.max() / lengths.min()),
        angle_deg=float(np.degrees(np.arccos(min(1.0, abs(fitted[0] @ fitted[1]) / (lengths[0] * lengths[1]))))),
        n_contradictions=n_contradictions,
        warnings=_warnings(placed, collision, n_contradictions),
    )


def _warnings(placed: NDArray[np.bool_], collision: NDArray[np.bool_], n_contradictions: int) -> tuple[str, ...]:
    texts = []
    lost = int((~placed & ~collision).sum())
    if lost:
        texts.append(f"{lost} of {len(placed)} columns have no place in the lattice.")
    if collision.any():
        texts.append(f"{int(collision.sum())} columns share a place with another one: flagged as collision.")
    if n_contradictions:
        texts.append(f"places of {n_contradictions} pairs of neighbors do not agree: a dislocation or a boundary.")
    return tuple(texts)


def _neighbor_vectors(position: Floats) -> Floats:
    """Two shortest independent vectors that many columns have to a neighbor, the shorter first."""
    from scipy.spatial import cKDTree

    tree = cKDTree(position)
    nearest = float(np.median(np.asarray(tree.query(position, k=2)[0])[:, 1]))
    sample = position[:: max(1, len(position) // SAMPLE)]
    distance, other = tree.query(sample, k=min(13, len(position)), distance_upper_bound=HISTOGRAM_RANGE * nearest)
    known = np.isfinite(distance)
    known[:, 0] = False
    row, column = np.nonzero(known)
    vectors = position[np.asarray(other)[row, column]] - sample[row]
    vectors[vectors[:, 0] < 0] *= -1  # of two opposite vectors one is enough
    peaks = _frequent(vectors, nearest, COMMON * len(sample))
    for i, first in enumerate(peaks):
        for second in peaks[i + 1 :]:
            sine = abs(first[0] * second[1] - first[1] * second[0]) / (np.linalg.norm(first) * np.linalg.norm(second))
            if sine > 0.5:
                return np.array([first, second])
    raise InputError(
        f"{len(position)} columns have no two neighbor vectors in common (nearest neighbors {nearest:.1f} px apart): "
        "no lattice to index. Crop the image to one crystal seen along a zone axis."
    )


def _frequent(vectors: Floats, nearest: float, fewest: float) -> list[Floats]:
    """Means of the clusters of vectors that have enough members, the shortest first.

    Each pair of columns gives its vector twice, so a cluster without gaps has about twice as many members as columns.
    """
    radius = 0.2 * nearest
    left = np.ones(len(vectors), dtype=bool)
    found: list[Floats] = []
    for _ in range(16):
        rest = vectors[left]
        if len(rest) < fewest:
            break
        bins = np.rint(rest / (0.15 * nearest)).astype(np.int64) + 50
        row, column = divmod(int(np.argmax(np.bincount(bins[:, 0] * 100 + bins[:, 1]))), 100)
        center = (np.array([row, column]) - 50) * 0.15 * nearest
        for _ in range(4):
            near, sign = _near(vectors, center, radius)
            near &= left
            if not near.any():
                break
            center = (vectors[near] * sign[near, None]).mean(axis=0)
        near, _ = _near(vectors, center, 1.5 * radius)
        if (near & left).sum() >= fewest:
            found.append(center if center[0] >= 0 else -center)
        left &= ~near
    return sorted(found, key=lambda vector: float(np.linalg.norm(vector)))


def _near(vectors: Floats, center: Floats, radius: float) -> tuple[NDArray[np.bool_], Floats]:
    """Vectors within a radius of a center or of its opposite, and which sign brings them there."""
    forward = np.hypot(*(vectors - center).T)
    backward = np.hypot(*(vectors + center).T)
    return np.minimum(forward, backward) < radius, np.where(forward <= backward, 1.0, -1.0)


def _straight(position: Floats, place: Ints) -> tuple[Floats, Floats, float]:
    """Basis and origin by least squares, and the rms residual."""
    design = np.column_stack([place, np.ones(len(place))])
    solution = np.linalg.lstsq(design, position, rcond=None)[0]
    residual = position - design @ solution
    return (
        np.asarray(solution[:2], dtype=float),
        np.asarray(solution[2], dtype=float),
        float(np.sqrt((residual**2).sum(axis=1).mean())),
    )


def _collisions(position: Floats, placed: NDArray[np.bool_], limit: float) -> NDArray[np.bool_]:
    """Columns without a place that sit beside one with a place, and these."""
    from scipy.spatial import cKDTree

    collision = np.zeros(len(position), dtype=bool)
    lost = np.flatnonzero(~placed)
    if len(lost) and placed.any():
        owners = np.flatnonzero(placed)
        distance, nearest = cKDTree(position[owners]).query(position[lost])
        close = np.asarray(distance) < limit
        collision[lost[close]] = True
        collision[owners[np.asarray(nearest)[close]]] = True
    return collision

"""Domains: neighboring cells displaced along the same axis, and the walls where two of them meet.

Lengths in angstrom; in an image areas stand for volumes and lengths for areas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_in_range, check_integer, check_positive, quantity
from entrox.core.blocking import block_errors
from entrox.order.correlation.grid_steps import cell_edges, cell_steps
from entrox.order.domains._kernels import domain_faces, joined_cells
from entrox.order.domains.walls import wall_type
from entrox.order.phases.chance_levels import axis_families
from entrox.order.phases.phases import CLASSES, THRESHOLD_ANGSTROM, weak_vectors
from entrox.order.phases.vector_field import VectorField, noise_matrices, vector_field

if TYPE_CHECKING:
    from entrox.order.lattice import LatticeMap
    from entrox.order.phases.vector_field import Field

__all__ = ["Domains", "find_domains"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Domains(Result):
    """Domains of every frame, the largest first, and the walls between them.

    Faces of cells in groups too small for a domain belong to no wall. Errors are None for a single frame. In an image
    ``wall_area_per_volume`` is a length per area. ``wall_faces`` are means over the frames.
    """

    labels: Ints = quantity("1", "domain of the cell within its frame; -1 for none", axes=("frame", "cell"))
    domain_frame: Ints = quantity("1", "frame", axes=("domain",))
    domain_cells: Ints = quantity("1", "cells of the domain", axes=("domain",))
    domain_vectors: Floats = quantity("as d", "mean vector along the axes", axes=("domain", "component"))
    domain_classes: tuple[str, ...]
    wall_frame: Ints = quantity("1", "frame", axes=("wall",))
    wall_domains: Ints = quantity("1", "the two domains, within their frame", axes=("wall", "side"))
    wall_face_counts: Ints = quantity("1", "faces of cells normal to each axis", axes=("wall", "axis"))
    wall_angle_deg: Floats = quantity("deg", "angle between the mean directions", axes=("wall",))
    wall_types: tuple[str, ...]
    wall_faces: Mapping[str, float] = field(default_factory=dict)
    count: float = quantity("1", "domains per frame")
    count_error: float | None = quantity("1", "standard error of the count")
    largest_fraction: float = quantity("1", "share of all cells in the largest domain")
    largest_fraction_error: float | None = quantity("1", "standard error of the largest fraction")
    domain_fraction: float = quantity("1", "share of all cells in domains")
    polar_fraction: float = quantity("1", "share of all cells that are polar")
    wall_area_per_volume: float | None = quantity("1/angstrom", "area of walls; None without edges of the cell")
    wall_area_per_volume_error: float | None = quantity("1/angstrom", "standard error of the area of walls")
    min_cells: int = quantity("1", "fewest cells of a domain")


def find_domains(
    d: Field,
    lattice_map: LatticeMap | None = None,
    *,
    threshold_angstrom: float = THRESHOLD_ANGSTROM,
    join_angle_deg: float | None = None,
    min_cells: int = 8,
    axes: ArrayLike | None = None,
    periodic: bool | Sequence[bool] = True,
    lattice_angstrom: ArrayLike | None = None,
    noise_covariance: ArrayLike | None = None,
    significance: float = 3.0,
) -> Domains:
    """Find domains as connected groups of polar cells.

    Parameters
    ----------
    d
        Displacements or polarization on the cells of the map, or an array on a grid, shape ``(p, q, r, 3)`` or
        ``(p, q, 2)``, frames first.
    lattice_map
        Map of the cells; any integer matrix will do.
    threshold_angstrom
        Shorter vectors are not polar; in the unit of ``d``.
    join_angle_deg
        Neighbors join if the angle between them is smaller; by default if the nearest of the 26 axes (8 in an image)
        is the same.
    min_cells
        Smaller groups are no domains.
    axes
        Pseudo-cubic axes of an array.
    periodic
        Whether a grid without a map closes on itself, along all or each of its axes; False for a micrograph.
    lattice_angstrom
        Edges of the cell of an array.
    noise_covariance, significance
        Of each vector: those with d C^-1 d < significance^2 are not polar.

    Raises
    ------
    InputError
        If the cells have no neighbors, an option is out of range, or no cell has a vector.
    """
    vectors = vector_field(d, axes, lattice_map)
    check_integer(min_cells, "min_cells", low=1)
    check_in_range(threshold_angstrom, "threshold_angstrom", low=0.0, unit="angstrom")
    steps = cell_steps(vectors, lattice_map, periodic)
    if not np.isfinite(vectors.vectors).any():
        raise InputError("no cell has a vector: all are NaN.")
    keys = np.stack([_axis_keys(frame, threshold_angstrom) for frame in vectors.vectors])
    if noise_covariance is not None:
        own = axes if axes is not None else getattr(d, "axes", getattr(lattice_map, "axes", None))
        check_positive(significance, "significance")
        keys[weak_vectors(vectors, noise_matrices(noise_covariance, vectors, own), significance)] = -1
    least = 2.0
    if join_angle_deg is not None:
        angle = check_in_range(join_angle_deg, "join_angle_deg", low=0.0, high=180.0, low_open=True, unit="deg")
        least = float(np.cos(np.radians(angle)))
    edges = cell_edges(vectors, lattice_map, lattice_angstrom)
    table = _tabulated(vectors, steps, keys, least, min_cells)
    present = np.isfinite(vectors.vectors[..., 0]).sum(axis=1)
    return _collected(table, present, (keys >= 0).sum(axis=1), edges, min_cells)


def _axis_keys(values: Floats, threshold: float) -> Ints:
    """Number of the nearest signed axis of each polar vector, -1 for the others, shape ``(cell,)``."""
    dimension = values.shape[1]
    length = np.linalg.norm(values, axis=1)
    magnitude = np.abs(values)
    with np.errstate(invalid="ignore"):
        order = np.argsort(-magnitude, axis=1, kind="stable")
        ordered = np.take_along_axis(magnitude, order, axis=1)
        family = (np.cumsum(ordered, axis=1) / np.sqrt(np.arange(1, dimension + 1))).argmax(axis=1)
        rank = np.empty_like(order)
        np.put_along_axis(rank, order, np.arange(dimension)[None, :], axis=1)
        # digits -1, 0, 1 of the components that the axis has
        digits = np.where(rank <= family[:, None], np.sign(values), 0.0)
        polar = (length >= threshold) & (length > 0.0)
    weights = 3 ** np.arange(dimension)
    keys = ((np.nan_to_num(digits) + 1.0) @ weights).astype(np.int64)
    return np.where(polar, keys, -1)


def _domain_class(vector: Floats) -> str:
    """Class of the axis nearest to a mean vector."""
    largest = [float((family @ vector).max()) for family in axis_families(len(vector))]
    return CLASSES[len(vector)][1 + int(np.argmax(largest))]


@dataclass(frozen=True, eq=False)
class _Table:
    """Domains and walls of all frames.

    Parameters
    ----------
    labels
        Domain of each cell, shape ``(frame, cell)``.
    domain_frame, cells, vectors, classes
        Frame, size, mean vector and class of each domain.
    wall_frame, pairs, faces
        Frame, domains and faces of each wall.
    """

    labels: Ints
    domain_frame: Ints
    cells: Ints
    vectors: Floats
    classes: tuple[str, ...]
    wall_frame: Ints
    pairs: Ints
    faces: Ints

    def wall_angles(self) -> tuple[Floats, tuple[str, ...]]:
        """Angle [deg] and type of each wall."""
        starts = np.searchsorted(self.domain_frame, self.wall_frame)
        ends = self.pairs + starts[:, None]
        units = self.vectors / np.maximum(np.linalg.norm(self.vectors, axis=1, keepdims=True), 1e-300)
        cosines = (units[ends[:, 0]] * units[ends[:, 1]]).sum(axis=1)
        angles = np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))
        types = (wall_type(self.classes[i], self.classes[j], a) for (i, j), a in zip(ends, angles, strict=True))
        return np.asarray(angles), tuple(types)


def _tabulated(vectors: VectorField, steps: Ints, keys: Ints, least: float, min_cells: int) -> _Table:
    labels = np.empty_like(keys)
    sizes, means, pairs, faces = [], [], [], []
    for f in range(len(keys)):
        values = np.nan_to_num(vectors.vectors[f])
        norms = np.linalg.norm(values, axis=1, keepdims=True)
        directions = values / np.where(norms > 0.0, norms, 1.0)
        count = joined_cells(steps, keys[f], directions, least, min_cells, labels[f])
        inside = labels[f] >= 0
        sizes.append(np.bincount(labels[f][inside], minlength=count))
        sums = np.stack([np.bincount(labels[f][inside], w, count) for w in values[inside].T], axis=1)
        means.append(sums / sizes[-1][:, None])
        pair, face = _faces_of_pairs(domain_faces(steps, labels[f]), vectors.dimension)
        pairs.append(pair)
        faces.append(face)
    mean_vectors = np.concatenate(means)
    return _Table(
        labels=labels,
        domain_frame=np.repeat(np.arange(len(keys)), [len(s) for s in sizes]),
        cells=np.concatenate(sizes),
        vectors=mean_vectors,
        classes=tuple(_domain_class(v) for v in mean_vectors),
        wall_frame=np.repeat(np.arange(len(keys)), [len(p) for p in pairs]),
        pairs=np.concatenate(pairs),
        faces=np.concatenate(faces),
    )


def _collected(table: _Table, present: Ints, polar: Ints, edges: Floats | None, min_cells: int) -> Domains:
    """Result from the table and the numbers of cells with a vector, and of polar ones, in each frame."""
    frames = len(present)
    angles, types = table.wall_angles()
    faces_of = {name: float(table.faces[[t == name for t in types]].sum() / frames) for name in sorted(set(types))}
    counts = np.bincount(table.domain_frame, minlength=frames).astype(float)
    largest = np.zeros(frames)
    np.maximum.at(largest, table.domain_frame, table.cells)
    largest /= np.maximum(present, 1)
    area = None
    if edges is not None:
        # a face normal to an axis has the volume of the cell over the edge along it
        per_wall = (table.faces / edges).sum(axis=1)
        area = np.bincount(table.wall_frame, per_wall, frames) / np.maximum(present, 1)
    return Domains(
        labels=table.labels,
        domain_frame=table.domain_frame,
        domain_cells=table.cells,
        domain_vectors=table.vectors,
        domain_classes=table.classes,
        wall_frame=table.wall_frame,
        wall_domains=table.pairs,
        wall_face_counts=table.faces,
        wall_angle_deg=angles,
        wall_types=types,
        wall_faces=faces_of,
        count=float(counts.mean()),
        count_error=_error(counts),
        largest_fraction=float(largest.mean()),
        largest_fraction_error=_error(largest),
        domain_fraction=float((table.labels >= 0).sum() / present.sum()),
        polar_fraction=float(polar.sum() / present.sum()),
        wall_area_per_volume=None if area is None else float(area.mean()),
        wall_area_per_volume_error=None if area is None else _error(area),
        min_cells=min_cells,
    )


def _faces_of_pairs(faces: Ints, dimension: int) -> tuple[Ints, Ints]:
    """Distinct pairs of domains, shape ``(n, 2)``, and their faces normal to each axis, shape ``(n, dimension)``."""
    pairs, which = np.unique(faces[:, :2], axis=0, return_inverse=True)
    counts = np.zeros((len(pairs), dimension), dtype=np.int64)
    np.add.at(counts, (which.ravel(), faces[:, 2]), 1)
    return pairs, counts


def _error(series: Floats) -> float | None:
    found = block_errors(series)
    return None if found is None else float(found[0])

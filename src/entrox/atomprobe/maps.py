r"""Maps of the local mixing entropy with their significance, in space, projected, or of a slice.

An area is a sphere around a node of the grid (a disk across the tip or the slab in a plane), or a Gaussian weight. With
weights w the composition is :math:`\sum_{a\in i}w_a/\sum_a w_a` and its counting scatter that of
:math:`N=(\sum w)^2/\sum w^2` atoms, which then stands for the count. Neighboring areas overlap: nodes are no
independent samples. Units: nm, R per mole of counted atoms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from entrox.atomprobe.map_counts import gaussian_sums, grid_axes, sphere_counts
from entrox.core import InputError, Result, check_integer, check_positive, quantity
from entrox.order.local_entropy.area_spread import null_entropy_sd
from entrox.order.local_entropy.estimators import entropy_estimate
from entrox.order.local_entropy.null import null_entropy
from entrox.order.point_set import PointSet

if TYPE_CHECKING:
    import xarray

__all__ = ["EntropyMap", "MapPlane", "entropy_map"]

Floats = NDArray[np.float64]
MapPlane = Literal["xy", "xz", "yz"]

MOST_VALUES = 100_000_000
"""Nodes times species that a map may have."""
SPACINGS_PER_RADIUS, SMALLEST_RADIUS_NM = 2.0, 1.0
"""Radius of the areas of a map where none is given: they overlap, and hold some hundred ions of a usual tip."""
_AXIS = {"x": 0, "y": 1, "z": 2}


@dataclass(frozen=True, kw_only=True)
class EntropyMap(Result):
    """Local entropy at the nodes of a grid; NaN where an area holds fewer atoms than ``min_count``.

    Maps of a plane keep their three axes; the one across the plane has a single node.
    """

    species: tuple[str, ...]
    plane: MapPlane | None
    x_nm: Floats = quantity("nm", "x", axes=("x",))
    y_nm: Floats = quantity("nm", "y", axes=("y",))
    z_nm: Floats = quantity("nm", "z", axes=("z",))
    n_atoms: Floats = quantity("1", "atoms of the area; effective number with Gaussian weights", axes=("x", "y", "z"))
    fraction: Floats = quantity("1", "share of each species", axes=("species", "x", "y", "z"))
    entropy: Floats = quantity("R", "plug-in entropy", axes=("x", "y", "z"))
    entropy_corrected: Floats = quantity("R", "entropy corrected for counting", axes=("x", "y", "z"))
    entropy_null: Floats = quantity("R", "mean entropy of relabeled atoms", axes=("x", "y", "z"))
    sd_null: Floats = quantity("R", "standard deviation of relabeled atoms", axes=("x", "y", "z"))
    z_score: Floats = quantity("1", "deviation from the null; negative is segregation", axes=("x", "y", "z"))
    entropy_bulk: float = quantity("R", "entropy of all atoms together")
    spacing_nm: float = quantity("nm", "distance of nodes")
    radius_nm: float | None = quantity("nm", "radius of an area; None with Gaussian weights")
    sigma_nm: float | None = quantity("nm", "standard deviation of Gaussian weights; None with a radius")
    slab_nm: Floats | None = quantity("nm", "bounds across the plane; None for all", axes=("bound",))
    min_count: int = quantity("1", "fewest atoms of an area")
    n_masked: int = quantity("1", "nodes with fewer atoms, empty ones included")
    notices: tuple[str, ...] = ()

    def to_dataset(self) -> xarray.Dataset:
        """Return the map as an :class:`xarray.Dataset` with coordinates, ready for netCDF."""
        dataset = super().to_dataset()
        for axis in ("x", "y", "z"):
            values = dataset[f"{axis}_nm"]
            dataset = dataset.drop_vars(f"{axis}_nm").assign_coords({axis: (axis, values.values, values.attrs)})
        return dataset.assign_coords(species=list(self.species))


def entropy_map(
    points: PointSet,
    spacing_nm: float,
    radius_nm: float | None = None,
    sigma_nm: float | None = None,
    min_count: int = 10,
    plane: MapPlane | None = None,
    *,
    slab_nm: tuple[float, float] | None = None,
) -> EntropyMap:
    """Map the local entropy and how far it lies from that of randomly labeled atoms.

    Parameters
    ----------
    points
        Labeled points.
    spacing_nm
        Distance of nodes [nm].
    radius_nm
        Radius of a sphere, or of a disk in a plane [nm]; two spacings, at least 1 nm, if neither it nor sigma is given.
    sigma_nm
        Standard deviation of a Gaussian weight, given instead of a radius; at least one spacing [nm].
    min_count
        Areas with fewer atoms are masked.
    plane
        None for a map in space; ``"xy"``, ``"xz"`` or ``"yz"`` for a projection along the third axis.
    slab_nm
        Lower and upper bound along the third axis for a slice instead of a projection; only with a plane [nm].

    Returns
    -------
    EntropyMap
        With a radius, counts are exact and the corrected entropy is Grassberger's. With Gaussian weights N is the
        effective number, null and scatter are interpolated between whole numbers, and the correction is the null's
        distance from the bulk.

    Raises
    ------
    InputError
        If both radius and sigma are given, a length is not positive, sigma is below the spacing, fewer
        than two species have points, no point lies in the slab, or the grid is too large.
    """
    check_positive(spacing_nm, "spacing_nm", "nm")
    check_integer(min_count, "min_count", low=1)
    if radius_nm is None and sigma_nm is None:
        radius_nm = max(SPACINGS_PER_RADIUS * spacing_nm, SMALLEST_RADIUS_NM)
    _check_area(spacing_nm, radius_nm, sigma_nm)
    keep, slab = _plane_axes(plane, slab_nm)
    positions, labels = _inside(points, plane, slab)
    low, high = positions.min(axis=0).astype(float), positions.max(axis=0).astype(float)
    every = grid_axes(low, high, spacing_nm)
    totals = _check_species(points, labels)
    axes = _check_grid([every[axis] for axis in keep], len(points.species), spacing_nm)
    area = (positions[:, keep], labels, len(points.species), axes, spacing_nm)
    if radius_nm is not None:
        weight = sphere_counts(*area, radius_nm).astype(np.float64)
        n_atoms = weight.sum(axis=0)
    else:
        weight, squares = gaussian_sums(*area, float(sigma_nm or 0.0))
        n_atoms = np.divide(weight.sum(axis=0) ** 2, squares, out=np.zeros_like(squares), where=squares > 1e-9)
    values = _entropies(weight, n_atoms, totals, min_count, exact=radius_nm is not None)
    shape = tuple(len(every[axis]) if axis in keep else 1 for axis in range(3))
    centers = [every[axis] if axis in keep else np.array([0.5 * (low[axis] + high[axis])]) for axis in range(3)]
    return EntropyMap(
        species=points.species,
        plane=plane,
        x_nm=centers[0],
        y_nm=centers[1],
        z_nm=centers[2],
        n_atoms=n_atoms.reshape(shape),
        fraction=values.pop("fraction").reshape(-1, *shape),
        **{name: array.reshape(shape) for name, array in values.items()},
        entropy_bulk=_plugin(totals.astype(float)[:, None])[0],
        spacing_nm=spacing_nm,
        radius_nm=radius_nm,
        sigma_nm=sigma_nm,
        slab_nm=None if slab_nm is None else np.array(slab_nm, dtype=np.float64),
        min_count=min_count,
        n_masked=int(np.isnan(values["entropy"]).sum()),
        notices=_notices(points, radius_nm, sigma_nm),
    )


def _check_species(points: PointSet, labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Points of each species; at least two must have some."""
    totals = np.bincount(labels, minlength=len(points.species)).astype(np.int64)
    if np.count_nonzero(totals) < 2:
        given = ", ".join(f"{name} {total}" for name, total in zip(points.species, totals, strict=True))
        raise InputError(f"an entropy map needs at least two species with points; got {given}.")
    return totals


def _check_grid(axes: list[Floats], n_species: int, spacing_nm: float) -> list[Floats]:
    n_values = n_species * float(np.prod([len(axis) for axis in axes], dtype=float))
    if n_values > MOST_VALUES:
        raise InputError(
            f"spacing_nm = {spacing_nm:g} makes a grid of {n_values:.3g} nodes times species; at most "
            f"{MOST_VALUES:.0e} are kept: choose a wider spacing, a plane, or a part of the tip."
        )
    return axes


def _check_area(spacing_nm: float, radius_nm: float | None, sigma_nm: float | None) -> None:
    if radius_nm is not None and sigma_nm is not None:
        raise InputError("give the area of a map by radius_nm or by sigma_nm, not by both.")
    if radius_nm is not None:
        check_positive(radius_nm, "radius_nm", "nm")
    if sigma_nm is not None and check_positive(sigma_nm, "sigma_nm", "nm") < spacing_nm:
        raise InputError(
            f"sigma_nm must be at least the spacing of the grid, {spacing_nm:g} nm; got {sigma_nm:g} nm: a Gaussian "
            "narrower than that falls between the nodes."
        )


def _plane_axes(plane: MapPlane | None, slab_nm: tuple[float, float] | None) -> tuple[list[int], tuple[float, float]]:
    """Axes of the grid, and the bounds across it."""
    if plane is None:
        if slab_nm is not None:
            raise InputError("slab_nm needs a plane: xy, xz or yz.")
        return [0, 1, 2], (-np.inf, np.inf)
    if plane not in get_args(MapPlane):
        raise InputError(f"plane must be None or one of {', '.join(get_args(MapPlane))}; got {plane!r}.")
    if slab_nm is not None and not slab_nm[0] < slab_nm[1]:
        raise InputError(f"slab_nm must be (lower, upper) with lower < upper [nm]; got {slab_nm}.")
    return [_AXIS[letter] for letter in plane], (-np.inf, np.inf) if slab_nm is None else slab_nm


def _inside(
    points: PointSet, plane: MapPlane | None, slab: tuple[float, float]
) -> tuple[NDArray[np.floating], NDArray[np.integer]]:
    if len(points) == 0:
        raise InputError("an entropy map needs points; got none.")
    if plane is None or not np.isfinite(slab).any():
        return points.positions_nm, points.labels
    across = ({0, 1, 2} - {_AXIS[letter] for letter in plane}).pop()
    height = points.positions_nm[:, across]
    inside = (height >= slab[0]) & (height < slab[1])
    if not inside.any():
        raise InputError(
            f"no point lies in the slab from {slab[0]:g} to {slab[1]:g} nm; points go from "
            f"{float(height.min()):g} to {float(height.max()):g} nm."
        )
    return points.positions_nm[inside], points.labels[inside]


def _plugin(weight: Floats) -> Floats:
    """Entropy of weights along the first axis; NaN where there is none."""
    whole = weight.sum(axis=0)
    part = np.divide(weight, whole, out=np.full_like(weight, np.nan), where=whole > 0.0)
    return np.asarray(-xlogy(part, part).sum(axis=0))


def _entropies(
    weight: Floats, n_atoms: Floats, totals: NDArray[np.integer], min_count: int, *, exact: bool
) -> dict[str, Floats]:
    """Values at all nodes, NaN where masked; only nodes with enough atoms are worked on."""
    good = n_atoms >= min_count
    held, n = weight[:, good], np.minimum(n_atoms[good], totals.sum())
    distinct, place = np.unique(n if exact else np.round(n, 2), return_inverse=True)
    below, above = np.floor(distinct), np.ceil(distinct)
    share = distinct - below
    if len(distinct):
        mean = (1.0 - share) * null_entropy(below, totals) + share * null_entropy(above, totals)
        sd = null_entropy_sd(distinct, totals)
    else:
        mean = sd = distinct
    entropy = _plugin(held)
    bulk = float(_plugin(totals.astype(float)[:, None])[0])
    corrected = entropy_estimate(held.T.astype(np.int64)) if exact else entropy + bulk - mean[place]
    deviation = entropy - mean[place]
    score = np.divide(deviation, sd[place], out=np.full_like(deviation, np.nan), where=sd[place] > 0.0)
    names = ("entropy", "entropy_corrected", "entropy_null", "sd_null", "z_score")
    found: dict[str, Floats] = {}
    for name, values in zip(names, (entropy, corrected, mean[place], sd[place], score), strict=True):
        found[name] = np.full(n_atoms.shape, np.nan)
        found[name][good] = values
    found["fraction"] = np.full(weight.shape, np.nan)
    found["fraction"][:, good] = held / held.sum(axis=0)
    return found


def _notices(points: PointSet, radius_nm: float | None, sigma_nm: float | None) -> tuple[str, ...]:
    found = []
    if points.event is not None and len(np.unique(points.event)) < len(points):
        found.append(
            "some points share an event: the null of the map labels points independently, and its scatter is too small"
        )
    if any(points.pbc):
        found.append("periodic images are not counted: areas at the edges of the cell are cut")
    size = 2.0 * (radius_nm if radius_nm is not None else sigma_nm or 0.0)
    if size < 1.0:
        found.append("areas below 1 nm across are finer than an atom probe resolves sideways")
    return tuple(found)

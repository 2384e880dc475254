r"""What is true of a simulated tip: the excess information of its noise-free composition, cube by cube.

.. math:: \Delta I(L) = S(\bar p) - \langle w_j S(p_j) \rangle, \quad p_j = \int_j \rho p \, dx / \int_j \rho \, dx

with the density rho, the composition p, and the weights w of the cubes by the atoms they hold. Nothing is counted, so
there is no counting noise, at any size.

Units: nm, entropies in R.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import entr

from entrox.atomprobe.tip.labels import LabelField
from entrox.atomprobe.tip.settings import DensitySettings, TipSettings
from entrox.atomprobe.tip.sites import material_density, pole_survival
from entrox.core import Result, quantity
from entrox.order.local_entropy.cubes import origin_offsets

__all__ = ["TipTruth", "TrueComposition", "cube_information", "true_composition"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_GRID = 6_000_000
FINEST_STEPS = 6
"""Grid steps along the smallest cube."""
DEFAULT_TOLERANCE = 0.01


@dataclass(frozen=True, kw_only=True)
class TipTruth(Result):
    """The truth behind a simulated tip.

    ``excess_information`` is the mean over eight origins of the grid, as a scan has them, ``excess_first_origin`` that
    of the grid that starts in the corner of the box. ``excess_detected`` holds after smear, background and losses that
    prefer a species: what a measurement without counting noise would find.
    """

    species: tuple[str, ...]
    fractions: Floats = quantity("1", "fractions of the tip before losses", axes=("species",))
    fractions_detected: Floats = quantity("1", "expected fractions of the recorded ions", axes=("species",))
    entropy_bulk: float = quantity("R", "mixing entropy of the tip before losses")
    entropy_bulk_detected: float = quantity("R", "expected mixing entropy of the recorded ions")
    size_nm: Floats = quantity("nm", "cube size", axes=("size",))
    excess_information: Floats = quantity("R", "true excess information, mean of eight origins", axes=("size",))
    excess_first_origin: Floats = quantity("R", "true excess information, grid from the corner", axes=("size",))
    excess_detected: Floats = quantity(
        "R", "excess information of what is detected, mean of eight origins", axes=("size",)
    )
    maximal_size_nm: float | None = quantity(
        "nm", "size above which the true excess is below 1 % of the bulk entropy; None if outside the sizes"
    )
    counts_before_losses: Ints = quantity("1", "atoms of each species before losses", axes=("species",))
    n_sites: int = quantity("1", "atoms of the tip, anions included")
    n_events: int = quantity("1", "ions that left the tip")
    n_recorded: int = quantity("1", "ions in the file")
    n_background: int = quantity("1", "background ions in the file")
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class TrueComposition:
    """Density times fraction of each species on a grid, before losses and as detected.

    Parameters
    ----------
    atoms, detected
        Shape ``(n_species, nx, ny, nz)``, float32, in units of the density of the material.
    box_nm
        Edges of the box.
    """

    atoms: NDArray[np.float32]
    detected: NDArray[np.float32]
    box_nm: Floats


def true_composition(
    settings: TipSettings, field: LabelField, rng: np.random.Generator, background: Floats | None = None
) -> TrueComposition:
    """Tabulate the composition of a tip.

    Parameters
    ----------
    settings
        Settings of the tip.
    field
        Its composition.
    rng
        Places the grid's samples inside their cells (one each), so that no direction of the lattice is preferred.
    background
        Fractions of the recorded ions that are background of each species, shape ``(n_species,)``; none if not given.

    Returns
    -------
    TrueComposition
    """
    box = np.array(settings.box_nm)
    shape = _grid_shape(settings, field)
    step = box / shape
    n_species = len(settings.species)
    atoms = np.empty((n_species, *shape), dtype=np.float32)
    lossy = bool(settings.detection.species_efficiency or settings.density.poles)
    lasting = np.empty_like(atoms) if lossy else atoms
    efficiency = np.array([settings.detection.species_efficiency.get(name, 1.0) for name in settings.species])
    plane = np.stack(np.meshgrid(np.arange(shape[1]), np.arange(shape[2]), indexing="ij"), axis=-1).reshape(-1, 2)
    for index in range(shape[0]):
        cells = np.column_stack([np.full(len(plane), index), plane])
        positions = (cells + rng.random(cells.shape)) * step
        dense = field.fractions_at(positions) * material_density(settings.density, positions)[:, None]
        atoms[:, index] = dense.T.reshape(n_species, *shape[1:])
        if lossy:
            left = pole_survival(settings.density, settings.species, positions)
            kept = dense * efficiency if left is None else dense * left * efficiency
            lasting[:, index] = kept.T.reshape(n_species, *shape[1:])
    return TrueComposition(atoms=atoms, detected=_detected(lasting, step, settings, background), box_nm=box)


def _grid_shape(settings: TipSettings, field: LabelField) -> tuple[int, int, int]:
    box = settings.box_nm
    if field.length_nm is None and settings.density == DensitySettings():
        return 2, 2, 2
    wanted = min(settings.truth.sizes_nm) / FINEST_STEPS
    if field.length_nm is not None:
        wanted = min(wanted, field.length_nm / 3.0)
    wanted = max(wanted, (math.prod(box) / LARGEST_GRID) ** (1.0 / 3.0))
    nx, ny, nz = (max(2, math.ceil(edge / wanted)) for edge in box)
    return nx, ny, nz


def _detected(
    lasting: NDArray[np.float32], step: Floats, settings: TipSettings, background: Floats | None
) -> NDArray[np.float32]:
    from scipy.ndimage import gaussian_filter

    detection = settings.detection
    width = np.array([detection.smear_lateral_nm, detection.smear_lateral_nm, detection.smear_depth_nm]) / step
    if width.any():
        lasting = np.stack([gaussian_filter(item, width, mode="reflect") for item in lasting])
    if background is None or not background.any():
        return lasting
    # Background takes the places of ions, so that it has their density.
    density = lasting.sum(axis=0)
    kept = 1.0 - float(background.sum())
    return np.asarray(kept * lasting + background.astype(np.float32)[:, None, None, None] * density)


def cube_information(
    atoms: NDArray[np.floating], box_nm: ArrayLike, sizes_nm: ArrayLike, *, origins: int = 8
) -> Floats:
    """Excess information of cubes of a tabulated composition.

    Parameters
    ----------
    atoms
        Density times fraction on a grid that fills the box, shape ``(n_species, nx, ny, nz)``.
    box_nm
        Edges of the box, shape ``(3,)``.
    sizes_nm
        Edges of the cubes, shape ``(n_sizes,)``.
    origins
        Grid origins, as in a scan: the first grid starts in the corner of the box; shifted grids count slices thinner
        than half an edge into the cubes beside them.

    Returns
    -------
    ndarray
        Excess information of each size and origin [R], shape ``(n_sizes, origins)``.
    """
    box = np.broadcast_to(np.asarray(box_nm, dtype=float), (3,))
    # What lies below each node, so that the content of any cube follows from its eight corners.
    below = np.zeros((len(atoms), *(nodes + 1 for nodes in atoms.shape[1:])))
    below[:, 1:, 1:, 1:] = atoms
    for axis in (1, 2, 3):
        np.cumsum(below, axis=axis, out=below)
    bulk = _entropy(below[:, -1:, -1, -1])[0]
    offsets = origin_offsets(origins)
    sizes = np.atleast_1d(np.asarray(sizes_nm, dtype=float))
    return np.array([[bulk - _cube_entropy(below, box, float(size), offset) for offset in offsets] for size in sizes])


def _cube_entropy(below: Floats, box: Floats, size: float, offset: Floats) -> float:
    """Entropy of the cubes of one grid, weighted by their atoms [R]."""
    low, share = [], []
    for axis in range(3):
        nodes = below.shape[axis + 1] - 1
        place = _cube_bounds(float(box[axis]), size, float(offset[axis])) / box[axis] * nodes
        low.append(np.minimum(np.floor(place).astype(np.int64), nodes - 1))
        share.append(place - low[-1])
    corners = np.zeros((len(below), *(len(item) for item in low)))
    for dx, dy, dz in itertools.product((0, 1), repeat=3):
        weight = np.einsum(
            "i,j,k->ijk", *(part if upper else 1.0 - part for part, upper in zip(share, (dx, dy, dz), strict=True))
        )
        corners += weight * below[:, (low[0] + dx)[:, None, None], (low[1] + dy)[:, None], low[2] + dz]
    cubes = np.diff(np.diff(np.diff(corners, axis=1), axis=2), axis=3).reshape(len(below), -1)
    held = cubes.sum(axis=0)
    return float((held * _entropy(cubes)).sum() / held.sum())


def _entropy(amounts: Floats) -> Floats:
    total = amounts.sum(axis=0)
    # Differences of large sums leave an empty cube with a trace of rounding.
    share = np.divide(amounts, total, out=np.zeros_like(amounts), where=total > 1e-6)
    return np.asarray(entr(np.clip(share, 0.0, None)).sum(axis=0))


def _cube_bounds(edge: float, size: float, offset: float) -> Floats:
    """Where the cubes of one axis meet, from 0 to the edge of the box."""
    bounds = np.append(np.maximum(np.arange(-offset * size, edge * (1.0 - 1e-9), size), 0.0), edge)
    if offset > 0.0 and len(bounds) > 2:
        thin = np.diff(bounds) < 0.5 * size
        bounds = np.delete(bounds, [1] * bool(thin[0]) + [len(bounds) - 2] * bool(thin[-1]))
    return bounds

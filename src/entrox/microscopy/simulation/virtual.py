"""Virtual microscopy: frames of a simulated crystal as columns and as the image that a microscope would give.

A column is the atoms with the same two site numbers; its position is their mean, weighted by a power of the atomic
number, over so many cells along the view and over all frames. Lengths in angstrom, x right and y up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_integer, quantity
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.simulation.column_truth import ColumnTruth
from entrox.microscopy.simulation.simulate import simulate_micrograph
from entrox.microscopy.simulation.virtual_settings import VirtualSettings
from entrox.order.displacement.frame_chunks import frame_chunks
from entrox.order.displacement.projection import ColumnMap, ColumnSeries, project_columns, projected_displacements
from entrox.order.lattice import LatticeMap

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["ThicknessSeries", "VirtualMicrograph", "thickness_series", "virtual_columns", "virtual_micrograph"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

THICKNESSES = (1, 2, 4, 8)


@dataclass(frozen=True, kw_only=True)
class VirtualMicrograph(Result):
    """A crystal seen in two ways: ``direct`` from its atoms, and ``image`` to be analyzed like any other."""

    direct_angstrom: Floats = quantity(
        "angstrom", "displacement of B off its cage of A, x right and y up", axes=("right", "up", "component")
    )
    direct_a_angstrom: Floats = quantity(
        "angstrom", "displacement of A off its cage of B, x right and y up", axes=("right", "up", "component")
    )
    image: Micrograph
    truth: ColumnTruth
    columns: ColumnMap
    thickness_cells: int = quantity("1", "cells along a column")
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ThicknessSeries(Result):
    """What remains of the displacements as columns grow: random directions shrink as one over the root of n."""

    thickness_cells: Ints = quantity("1", "cells along a column", axes=("thickness",))
    rms_b_angstrom: Floats = quantity("angstrom", "rms length of the displacements of B", axes=("thickness",))
    rms_a_angstrom: Floats = quantity("angstrom", "rms length of the displacements of A", axes=("thickness",))
    mean_length_angstrom: Floats = quantity("angstrom", "mean length of those of B", axes=("thickness",))
    axis_share: Floats = quantity("1", "share of B within 22.5 degrees of <10>", axes=("thickness",))
    n_vectors: Ints = quantity("1", "displacements of B", axes=("thickness",))
    zone_axis: str
    n_frames: int = quantity("1", "frames averaged")
    warnings: tuple[str, ...] = ()


def virtual_micrograph(
    frames: Iterable[Atoms] | Atoms,
    lattice_map: LatticeMap,
    settings: VirtualSettings,
    rng: np.random.Generator,
) -> VirtualMicrograph:
    """Return what a microscope would see of a simulated crystal.

    Parameters
    ----------
    frames
        Trajectory, read once; all its frames are averaged, as a micrograph averages seconds.
    lattice_map
        Its map; the supercell must be p x q x r.
    settings
        View, thickness and microscope.
    rng
        Draws the noise of the image.

    Raises
    ------
    InputError
        If the supercell has no such grid, or the slab does not fit into it.
    """
    columns = project_columns(
        frames, lattice_map, settings.zone_axis, settings.thickness_cells, settings.weight,
        first_cell=settings.first_cell,
    )  # fmt: skip
    truth = virtual_columns(columns, settings)
    image = settings.image
    if image.dose_per_square_angstrom is None:
        image = image.model_copy(update={"dose_per_square_angstrom": settings.dose_per_square_angstrom})
    return VirtualMicrograph(
        direct_angstrom=projected_displacements(columns, "B")[0],
        direct_a_angstrom=projected_displacements(columns, "A")[0],
        image=simulate_micrograph(truth, image, rng),
        truth=truth,
        columns=columns,
        thickness_cells=columns.thickness_cells,
        warnings=columns.warnings + _frame_remarks(columns.n_frames),
    )


def _frame_remarks(n_frames: int) -> tuple[str, ...]:
    if n_frames > 1:
        return ()
    return ("one_frame: a snapshot, unless it was averaged before; a micrograph averages seconds of vibration",)


def virtual_columns(columns: ColumnMap, settings: VirtualSettings) -> ColumnTruth:
    """Return the columns of the first slab as the picture of a simulator; every B has its whole cage.

    Parameters
    ----------
    columns
        From :func:`entrox.order.project_columns`.
    settings
        Widths and dose; heights follow the sums of the weights over the columns. Oxygen in the columns is left out.

    Raises
    ------
    InputError
        If no column is complete.
    """
    diagonal = columns.zone_axis.count("1") == 2
    p, q = columns.b_angstrom.shape[1:3]
    cells_b = _cells(p, q)
    cells_a = _cells(p if diagonal else p + 1, q + 1)
    # the box closes on itself: cages at its far border are made whole by copies
    turns = cells_a // [p, q]
    places = columns.a_angstrom[0][cells_a[:, 0] % p, cells_a[:, 1] % q] + turns @ columns.period_angstrom
    position = np.concatenate([places, columns.b_angstrom[0].reshape(-1, 2)])
    d_a = projected_displacements(columns, "A")[0][cells_a[:, 0] % p, cells_a[:, 1] % q]
    # in the picture an A at the border has no whole cage
    outside = np.asarray((cells_a < 1) | (cells_a >= np.array([p, q])))
    border = np.asarray(outside[:, 1 if diagonal else 0 :].any(axis=1))
    d_a = np.where(border[:, None], np.nan, d_a)
    site = np.repeat([0, 1], [len(cells_a), len(cells_b)])
    sigma = np.where(site == 0, settings.a_sigma_angstrom, settings.b_sigma_angstrom)
    content = np.concatenate([_weights(columns, "a")[cells_a[:, 0] % p, cells_a[:, 1] % q],
                              _weights(columns, "b").ravel()])  # fmt: skip
    peak = content / sigma**2
    there = np.isfinite(position).all(axis=1) & (content > 0.0)
    if not there.any():
        raise InputError("no column of the slab is complete: there is nothing to draw.")
    low_corner, high_corner = position[there].min(axis=0), position[there].max(axis=0)
    margin = 0.5 * float(np.linalg.norm(columns.period_angstrom[1]) / q)
    return ColumnTruth(
        position_angstrom=(position - low_corner + margin)[there],
        displacement_angstrom=np.concatenate([d_a, projected_displacements(columns, "B")[0].reshape(-1, 2)])[there],
        site=site[there],
        cell=np.concatenate([cells_a, cells_b])[there],
        peak=(settings.dose_per_square_angstrom * peak / peak[there].max())[there],
        sigma_angstrom=sigma[there],
        extent_angstrom=high_corner - low_corner + 2.0 * margin,
    )


def _cells(p: int, q: int) -> Ints:
    return np.stack(np.meshgrid(np.arange(p), np.arange(q), indexing="ij"), axis=-1).reshape(-1, 2)


def _weights(columns: ColumnMap, site: str) -> Floats:
    found = columns.a_weight if site == "a" else columns.b_weight
    if found is None:
        raise InputError("the columns carry no weights: make them with project_columns.")
    return np.asarray(found[0])


def thickness_series(
    frames: Iterable[Atoms] | Atoms,
    lattice_map: LatticeMap,
    zone_axis: str = "001",
    thicknesses: Sequence[int] = THICKNESSES,
    *,
    exponent: float = 1.7,
) -> ThicknessSeries:
    """Return how the displacements depend on the length of the columns.

    Parameters
    ----------
    frames
        Trajectory, read once for all thicknesses; its frames are averaged.
    lattice_map
        Its map; the supercell must be p x q x r.
    zone_axis
        Pseudo-cubic direction of view.
    thicknesses
        Cells along a column; the box is cut into as many slabs as it holds, and all of them count. Those that it does
        not hold are left out with a remark.
    exponent
        An atom weighs Z to this power.

    Raises
    ------
    InputError
        If the supercell has no such grid, or holds none of the thicknesses.
    """
    depth = ColumnSeries(lattice_map, zone_axis).thickness
    wanted = [check_integer(n, "thicknesses", low=1) for n in thicknesses]
    kept = [n for n in wanted if n <= depth]
    if not kept:
        raise InputError(f"the box is {depth} cells deep along [{zone_axis}]; got thicknesses {wanted}.")
    series = [ColumnSeries(lattice_map, zone_axis, n, f"Z^{exponent:g}") for n in kept]
    for chunk in frame_chunks(frames, lattice_map):
        for item in series:
            item.add(chunk)
    maps = [item.result() for item in series]
    b, a = ([_vectors(columns, site) for columns in maps] for site in ("B", "A"))
    remarks = _frame_remarks(maps[0].n_frames)
    if len(kept) < len(wanted):
        remarks += (f"thin_box: the box is {depth} cells deep; thicker columns are left out",)
    return ThicknessSeries(
        thickness_cells=np.array(kept),
        rms_b_angstrom=np.array([_rms(d) for d in b]),
        rms_a_angstrom=np.array([_rms(d) for d in a]),
        mean_length_angstrom=np.array([np.linalg.norm(d, axis=1).mean() for d in b]),
        axis_share=np.array([_axis_share(d) for d in b]),
        n_vectors=np.array([len(d) for d in b]),
        zone_axis=zone_axis,
        n_frames=maps[0].n_frames,
        warnings=remarks,
    )


def _vectors(columns: ColumnMap, site: str) -> Floats:
    d = projected_displacements(columns, "B" if site == "B" else "A").reshape(-1, 2)
    return np.asarray(d[np.isfinite(d).all(axis=1)])


def _rms(vectors: Floats) -> float:
    return float(np.sqrt((vectors**2).sum(axis=1).mean()))


def _axis_share(vectors: Floats) -> float:
    azimuth = np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0]))
    return float((np.abs((azimuth + 45.0) % 90.0 - 45.0) < 22.5).mean())

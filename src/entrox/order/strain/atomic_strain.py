r"""Atomic strain: the one linear map that best takes the surroundings of an atom from one frame to another.

.. math:: V = \sum_j d_0^\mathsf{T} d_0, \quad W = \sum_j d_0^\mathsf{T} d, \quad J = V^{-1} W, \qquad
    D^2_\mathrm{min} = \sum_j |d - d_0 J|^2

with row vectors d0 and d to all neighbors within a radius in the reference, images included. A homogeneous strain of
the cell shows in every atom; with the affine part removed, J' = J F^-1, what remains is local. M. L. Falk and
J. S. Langer, Phys. Rev. E 57, 7192 (1998); F. Shimizu, S. Ogata and J. Li, Mater. Trans. 48, 2923 (2007). Lengths in
angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_positive, nearest_names, quantity
from entrox.core.interrupts import deferred_interrupt
from entrox.order.pair_search import pair_list
from entrox.order.pair_search.search_box import cell_widths
from entrox.order.strain._kernels import add_moments, strain_of_moments
from entrox.order.strain.affine import AffinePart, affine_part
from entrox.order.strain.noise_floor import NoiseFloor, closed_form_noise, sigma_of_residuals
from entrox.order.strain.paired_frames import PairedFrames, paired_frames

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["METHODS", "AtomicStrain", "atomic_strain"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

METHODS = ("images", "minimum-image")


@dataclass(frozen=True, kw_only=True)
class AtomicStrain(Result):
    """Strain of the surroundings of every atom; NaN where fewer than four neighbors, or a plane of them, give none.

    ``affine_removed``: gradient, strains, determinant and rotation are what is left without the homogeneous part.
    ``d2min_angstrom2`` is the same with and without. ``above_floor`` marks atoms whose shear exceeds the 95 % quantile
    of the noise of their own surroundings: one atom in twenty does so by chance.
    """

    shear: Floats = quantity("1", "von Mises shear strain", axes=("atom",))
    volumetric: Floats = quantity("1", "volumetric strain, a third of the trace", axes=("atom",))
    det: Floats = quantity("1", "determinant of the gradient: volume over that of the reference", axes=("atom",))
    d2min_angstrom2: Floats = quantity("angstrom^2", "squared non-affine displacement, summed", axes=("atom",))
    rotation_deg: Floats = quantity("deg", "rotation vector of the surroundings", axes=("atom", "component"))
    gradient: Floats = quantity("1", "deformation gradient of row vectors", axes=("atom", "row", "column"))
    neighbors: Ints = quantity("1", "neighbors in the reference", axes=("atom",))
    center_term: Floats = quantity("1", "share of the central atom in the fit, S V^-1 S", axes=("atom",))
    noise_trace_per_angstrom2: Floats = quantity("1/angstrom^2", "trace of the noise matrix C", axes=("atom",))
    floor: Floats = quantity("1", "95 % quantile of the shear that noise gives", axes=("atom",))
    noise_floor: NoiseFloor
    affine: AffinePart
    affine_removed: bool
    cutoff_angstrom: float = quantity("angstrom", "radius of the surroundings")
    n_undetermined: int = quantity("1", "atoms without a strain")
    warnings: tuple[str, ...] = ()

    @property
    def above_floor(self) -> NDArray[np.bool_]:
        """Atoms whose shear is above their floor, shape ``(n,)``."""
        return np.asarray(self.shear > self.floor)

    @property
    def trace(self) -> Floats:
        """Trace of the strain tensor, three times the volumetric strain, shape ``(n,)``."""
        return np.asarray(3.0 * self.volumetric)

    @property
    def d2min_per_neighbor_angstrom2(self) -> Floats:
        """Mean squared non-affine displacement of a neighbor [angstrom^2], shape ``(n,)``."""
        return np.asarray(self.d2min_angstrom2 / np.maximum(self.neighbors, 1))


def atomic_strain(
    reference: Atoms,
    current: Atoms,
    cutoff_angstrom: float = 5.0,
    *,
    remove_affine: bool = True,
    noise: NoiseFloor | float | None = None,
    method: str = "images",
    match: str = "order",
) -> AtomicStrain:
    """Strain of the surroundings of every atom between two frames.

    Parameters
    ----------
    reference, current
        The same atoms before and after, in any cell. Both may be wrapped.
    cutoff_angstrom
        Radius of the surroundings in the reference; it may exceed half the cell, whose images are then counted, each
        pair with its own.
    remove_affine
        Take the homogeneous deformation off: that of the cell, or, in a cell with open directions, that of all atoms.
    noise
        Scatter of an atom per component between two undeformed frames [angstrom], or what
        :func:`~entrox.order.strain.noise_floor.noise_of_frames` found; without it the map itself gives an upper bound.
    method
        ``"images"``, or ``"minimum-image"``, which is refused where the cutoff exceeds half the cell.
    match
        ``"order"``, or ``"id"`` to pair atoms by their array ``id``.

    Raises
    ------
    InputError
        If the frames do not hold the same atoms, or an option is out of range.

    Examples
    --------
    A stretch of the cell is everywhere the same; without it nothing is left:

    >>> from ase.build import bulk
    >>> atoms = bulk("Cu", cubic=True).repeat(3)
    >>> stretched = atoms.copy()
    >>> stretched.set_cell(atoms.cell[:] * [1.075, 1.0, 1.0], scale_atoms=True)
    >>> kept = atomic_strain(atoms, stretched, 4.0, remove_affine=False)
    >>> round(float(kept.shear[0]), 6), bool(atomic_strain(atoms, stretched, 4.0).shear.max() < 1e-14)
    (0.044925, True)
    """
    cutoff = check_positive(cutoff_angstrom, "cutoff_angstrom", "angstrom")
    if isinstance(noise, (int, float)):
        check_positive(noise, "noise", "angstrom")
    frames = paired_frames(reference, current, match)
    _check_method(method, frames, cutoff)
    pairs = pair_list(reference, cutoff)
    n_atoms = len(frames.positions)
    moments = np.zeros((n_atoms, 20))
    gradient, measures, rotation = np.empty((n_atoms, 3, 3)), np.empty((n_atoms, 6)), np.empty((n_atoms, 3))
    with deferred_interrupt():
        add_moments(
            pairs.first, pairs.second, pairs.images, frames.positions, frames.cell, frames.scaled_moves,
            frames.periodic, frames.later_cell, moments,
        )  # fmt: skip
        affine = affine_part(frames, moments)
        strain_of_moments(
            moments, frames.gradient, np.array(affine.gradient), not remove_affine, gradient, measures, rotation
        )
    return _result(moments, gradient, measures, rotation, affine, frames, noise, cutoff, removed=remove_affine)


def _check_method(method: str, frames: PairedFrames, cutoff: float) -> None:
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}; {nearest_names(method, METHODS)}.")
    widths = cell_widths(frames.cell)[frames.periodic]
    if method == "minimum-image" and len(widths) and cutoff > 0.5 * widths.min():
        raise InputError(
            f"the nearest image misses pairs beyond half the cell, {0.5 * widths.min():.4g} angstrom; got a cutoff of "
            f"{cutoff:g} angstrom. Use method='images', which counts them all, or a smaller cutoff."
        )


def _result(
    moments: Floats,
    gradient: Floats,
    measures: Floats,
    rotation: Floats,
    affine: AffinePart,
    frames: PairedFrames,
    noise: NoiseFloor | float | None,
    cutoff: float,
    *,
    removed: bool,
) -> AtomicStrain:
    neighbors, traces = moments[:, 19], measures[:, 4]
    lost = int(np.isnan(measures[:, 0]).sum())
    if noise is None:
        sigma = sigma_of_residuals(measures[:, 3], neighbors, measures[:, 5], robust=True)
        noise = closed_form_noise(sigma, traces, "this map")
    elif not isinstance(noise, NoiseFloor):
        noise = closed_form_noise(float(noise), traces, "given")
    remarks = list(frames.remarks)
    if lost:
        remarks.append(f"undetermined: {lost} atoms have fewer than four neighbors, or all of them in one plane")
    return AtomicStrain(
        shear=measures[:, 0],
        volumetric=measures[:, 1],
        det=measures[:, 2],
        d2min_angstrom2=measures[:, 3],
        rotation_deg=np.degrees(rotation),
        gradient=gradient,
        neighbors=neighbors.astype(np.int64),
        center_term=measures[:, 5],
        noise_trace_per_angstrom2=traces,
        floor=noise.quantile_factor * noise.displacement_sigma_angstrom * np.sqrt(5.0 / 6.0 * traces),
        noise_floor=noise,
        affine=affine,
        affine_removed=removed,
        cutoff_angstrom=cutoff,
        n_undetermined=lost,
        warnings=tuple(remarks),
    )

r"""Electric energy stored at a bond, as a quadratic form of the excited-electron densities.

.. math:: W_b = \int_b \tfrac12 \varepsilon_0 \varepsilon_r |E|^2 dV = \sum_{s s'} N_s N_{s'} M_{b,ss'}

The region of a bond is the part of the plane nearer to it than to any other bond, times the plane's thickness: the
regions tile the crystal, so the energies of all bonds add up to the energy of the field. In space the same holds with
volumes.
Units: eV; densities e/angstrom^2 in a plane, e/angstrom^3 in space; angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from entrox.breakdown.field import ChargePattern, UnitResponse, spherical_response, unit_response
from entrox.breakdown.lattice import IonLattice, cell_grid
from entrox.core import InputError
from entrox.core.units import VACUUM_PERMITTIVITY_E_PER_V_ANGSTROM as EPSILON_0

__all__ = ["BondForms", "bond_forms", "bond_regions", "mie_factor"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class BondForms:
    """Energy of every bond of a lattice as a quadratic form of the densities around it.

    Parameters
    ----------
    sites
        Lattice site of each neighbor in the form, shape ``(n_bonds, n_local)``; -1 pads.
    shifts
        Cell of that neighbor relative to the bond's, shape ``(n_bonds, n_local, d)``.
    matrices
        Shape ``(n_bonds, n_local, n_local)`` [eV per squared density]; zero where padded.
    """

    sites: Ints
    shifts: Ints
    matrices: Floats

    def by_site(self, n_sites: int) -> Floats:
        """Forms in the densities of the lattice's sites, all images alike, shape ``(n_bonds, n_sites, n_sites)``."""
        belongs = np.zeros((*self.sites.shape, n_sites))
        bond, local = np.nonzero(self.sites >= 0)
        belongs[bond, local, self.sites[bond, local]] = 1.0
        return np.asarray(np.einsum("bij,bis,bjt->bst", self.matrices, belongs, belongs))


def bond_regions(lattice: IonLattice, grid_step: float = 0.1) -> tuple[Floats, Ints, Floats]:
    """Sample the regions of all bonds of the lattice's cell.

    Parameters
    ----------
    lattice
        Lattice of dimension d.
    grid_step
        Largest distance of the quadrature points along a cell vector [angstrom].

    Returns
    -------
    points
        Quadrature points moved beside their bond (which starts in cell 0), shape ``(n_points, d)`` [angstrom].
    bond
        Bond that each point belongs to, shape ``(n_points,)``; a point equally near to several appears for each.
    weights
        Area or volume of each point [angstrom^d]; they add up to that of the cell.
    """
    lengths = np.linalg.norm(lattice.cell, axis=1)
    # An even number of midpoints keeps the grid off the symmetry lines and aligned with half cells.
    counts = [2 * int(np.ceil(length / (2 * grid_step))) for length in lengths]
    fractional = (cell_grid(*[range(n) for n in counts]) + 0.5) / counts
    points = fractional @ lattice.cell
    start, vectors = lattice.positions[lattice.bonds[:, 0]], lattice.bond_vectors
    reach = 1.5 * float(np.linalg.norm(vectors, axis=1).max())
    while True:
        chosen, best = _nearest_bonds(lattice, points, start, vectors, reach)
        if np.isfinite(best).all():
            break
        reach *= 1.5
    shares = np.zeros(len(points))
    for _, index, _ in chosen:
        shares[index] += 1.0
    weight = abs(float(np.linalg.det(lattice.cell))) / len(points)
    return (
        np.concatenate([points[index] + image for _, index, image in chosen]),
        np.concatenate([np.full(len(index), bond) for bond, index, _ in chosen]).astype(np.int64),
        np.concatenate([weight / shares[index] for _, index, _ in chosen]),
    )


def _nearest_bonds(
    lattice: IonLattice, points: Floats, start: Floats, vectors: Floats, reach: float
) -> tuple[list[tuple[int, Ints, Floats]], Floats]:
    """Return (bond, points that it is nearest to, image of those points) and the distance of each point."""
    tree = cKDTree(points)
    best = np.full(len(points), np.inf)
    near: list[tuple[int, Ints, Floats, Floats]] = []
    images = cell_grid(*[range(-2, 3)] * lattice.dimension) @ lattice.cell
    low, high = points.min(axis=0) - reach, points.max(axis=0) + reach
    for bond, (origin, vector) in enumerate(zip(start, vectors, strict=True)):
        for image in images:
            middle = origin + vector / 2 - image
            if (middle < low).any() or (middle > high).any():
                continue
            index = np.array(tree.query_ball_point(middle, reach), dtype=np.int64)
            if len(index) == 0:
                continue
            relative = points[index] + image - origin
            along = np.clip(relative @ vector / (vector @ vector), 0.0, 1.0)
            distance = np.linalg.norm(relative - along[:, None] * vector, axis=1)
            best[index] = np.minimum(best[index], distance)
            near.append((bond, index, distance, image))
    chosen = [(bond, index[distance <= best[index] + 1e-9], image) for bond, index, distance, image in near]
    return [(bond, index, image) for bond, index, image in chosen if len(index)], best


def bond_forms(
    lattice: IonLattice,
    patterns: Mapping[str, ChargePattern],
    permittivity: float,
    *,
    grid_step: float | None = None,
    cutoff: float | None = None,
) -> BondForms:
    """Quadratic forms of all bonds of a lattice.

    Parameters
    ----------
    lattice
        The lattice, in a plane or in space.
    patterns
        Patterns of the kinds of its sites: ``"cation"``, ``"anion"`` and, where it has such sites, ``"vacancy"``.
    permittivity
        Uniform relative permittivity.
    grid_step
        Distance of the quadrature points [angstrom]; by default 0.1 in a plane, 0.25 in space.
    cutoff
        A neighbor is left out where its own energy in the bond's region is below this part of the largest; by default
        1e-8 in a plane, 1e-5 in space.

    Raises
    ------
    InputError
        If the lattice has no bond, or a pattern is missing.
    """
    if len(lattice.bonds) == 0:
        raise InputError(f"the lattice {lattice.label} has no cation-anion bond; choose another plane.")
    kinds = sorted(set(lattice.kinds))
    if not set(kinds) <= set(patterns):
        raise InputError(f"patterns must name the kinds {kinds}; got {sorted(patterns)}.")
    flat = lattice.dimension == 2
    respond = unit_response if flat else spherical_response
    responses = {kind: respond(patterns[kind], permittivity, lattice.spacing) for kind in kinds}
    points, owner, weights = bond_regions(lattice, grid_step or (0.1 if flat else 0.25))
    cutoff = cutoff or (1e-8 if flat else 1e-5)
    forms = [
        _one_form(lattice, responses, points[owner == bond], weights[owner == bond], permittivity, cutoff)
        for bond in range(len(lattice.bonds))
    ]
    width = max(len(sites) for sites, _, _ in forms)
    sites = np.full((len(forms), width), -1, dtype=np.int64)
    shifts = np.zeros((len(forms), width, lattice.dimension), dtype=np.int64)
    matrices = np.zeros((len(forms), width, width))
    for bond, (local_sites, local_shifts, matrix) in enumerate(forms):
        n = len(local_sites)
        sites[bond, :n], shifts[bond, :n], matrices[bond, :n, :n] = local_sites, local_shifts, matrix
    return BondForms(sites=sites, shifts=shifts, matrices=matrices)


def _one_form(
    lattice: IonLattice,
    responses: Mapping[str, UnitResponse],
    points: Floats,
    weights: Floats,
    permittivity: float,
    cutoff: float,
) -> tuple[Ints, Ints, Floats]:
    """Return local sites, their cells and the form of the bond whose region is sampled by ``points``."""
    reach = max(response.reach for response in responses.values())
    middle, extent = points.mean(axis=0), float(np.ptp(points, axis=0).max())
    sites, shifts = _sites_around(lattice, middle, reach + extent)
    fields = []
    for site, shift in zip(sites, shifts, strict=True):
        field = responses[lattice.kinds[site]](points - lattice.positions[site] - shift @ lattice.cell)
        fields.append((field * np.sqrt(weights)[:, None]).ravel())
    energies = np.array([field @ field for field in fields])
    keep = np.flatnonzero(energies > cutoff * energies.max())
    stacked = np.stack([fields[index] for index in keep])
    matrix = 0.5 * EPSILON_0 * permittivity * lattice.spacing * stacked @ stacked.T
    return sites[keep], shifts[keep], matrix


def _sites_around(lattice: IonLattice, middle: Floats, radius: float) -> tuple[Ints, Ints]:
    """Return the sites within ``radius`` of a point and their cells, in the order of cells and sites."""
    # Planes of the cell are at least this far apart: as many of them as the radius covers around the point's cell.
    spacing = 1.0 / np.linalg.norm(np.linalg.inv(lattice.cell), axis=0)
    home = np.floor(middle @ np.linalg.inv(lattice.cell)).astype(int)
    size = np.ceil(radius / spacing).astype(int) + 1
    shifts = cell_grid(*[range(h - n, h + n + 1) for h, n in zip(home, size, strict=True)])
    offset = lattice.positions[None] + (shifts @ lattice.cell)[:, None] - middle
    cell, site = np.nonzero(np.linalg.norm(offset, axis=-1) <= radius)
    return site.astype(np.int64), shifts[cell]


def mie_factor(stretch: float | Floats, exponents: tuple[int, int] = (1, 2)) -> Floats:
    r"""Bond energy of a stretched bond over that of the ideal one.

    .. math:: f(s) = \frac{n s^{-m} - m s^{-n}}{n - m}

    Parameters
    ----------
    stretch
        Length over ideal length, s > 0; in the mean-parameter alloy s = 1 + delta.
    exponents
        Mie exponents (m, n), n > m > 0; (1, 2) is the pair inferred from the published drops.

    Raises
    ------
    InputError
        If a stretch is not positive or the exponents are not ordered.
    """
    m, n = exponents
    s = np.asarray(stretch, dtype=float)
    if not 0 < m < n:
        raise InputError(f"exponents must satisfy 0 < m < n; got {exponents}.")
    if not (np.isfinite(s).all() and (s > 0).all()):
        raise InputError(f"stretch must be finite and > 0; got minimum {np.min(s):g}.")
    return np.asarray((n * s**-m - m * s**-n) / (n - m))

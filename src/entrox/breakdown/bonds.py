r"""Electric energy stored at a bond, as a quadratic form of the excited-electron densities.

.. math:: W_b = \int_b \tfrac12 \varepsilon_0 \varepsilon_r |E|^2 dV = \sum_{s s'} N_s N_{s'} M_{b,ss'}

The region of a bond is the part of the plane nearer to it than to any other bond, times the plane's thickness: the
regions tile the crystal, so the energies of all bonds add up to the energy of the field.
Units: eV, e/angstrom^2, angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.breakdown.field import ChargePattern, UnitResponse, unit_response
from entrox.breakdown.plane import CrystalPlane
from entrox.core import InputError
from entrox.core.units import VACUUM_PERMITTIVITY_E_PER_V_ANGSTROM as EPSILON_0

__all__ = ["BondForms", "bond_forms", "bond_regions", "mie_factor"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class BondForms:
    """Energy of every bond of a plane as a quadratic form of the densities around it.

    Parameters
    ----------
    sites
        Plane site of each neighbor in the form, shape ``(n_bonds, n_local)``; -1 pads.
    shifts
        Cell of that neighbor relative to the bond's, shape ``(n_bonds, n_local, 2)``.
    matrices
        Shape ``(n_bonds, n_local, n_local)`` [eV per (e/angstrom^2)^2]; zero where padded.
    """

    sites: Ints
    shifts: Ints
    matrices: Floats

    def by_site(self, n_sites: int) -> Floats:
        """Forms in the densities of the plane's sites, all images alike, shape ``(n_bonds, n_sites, n_sites)``."""
        belongs = np.zeros((*self.sites.shape, n_sites))
        bond, local = np.nonzero(self.sites >= 0)
        belongs[bond, local, self.sites[bond, local]] = 1.0
        return np.asarray(np.einsum("bij,bis,bjt->bst", self.matrices, belongs, belongs))


def bond_regions(plane: CrystalPlane, grid_step: float = 0.1) -> tuple[Floats, Ints, Floats]:
    """Sample the regions of all bonds of the plane's cell.

    Returns
    -------
    points
        Quadrature points moved beside their bond (which starts in cell 0, 0), shape ``(n_points, 2)`` [angstrom].
    bond
        Bond that each point belongs to, shape ``(n_points,)``; a point equally near to several appears for each.
    weights
        Area of each point [angstrom^2]; they add up to the area of the cell.
    """
    lengths = np.linalg.norm(plane.cell, axis=1)
    # An even number of midpoints keeps the grid off the symmetry lines and aligned with half cells.
    counts = [2 * int(np.ceil(length / (2 * grid_step))) for length in lengths]
    u, v = (np.arange(n) + 0.5 for n in counts)
    fractional = np.stack(np.meshgrid(u / counts[0], v / counts[1], indexing="ij"), axis=-1).reshape(-1, 2)
    points = fractional @ plane.cell
    area = abs(float(np.linalg.det(plane.cell))) / len(points)
    span = np.arange(-2, 3)
    images = np.stack(np.meshgrid(span, span, indexing="ij"), axis=-1).reshape(-1, 2) @ plane.cell
    start = plane.positions[plane.bonds[:, 0]]
    vector = plane.bond_vectors
    relative = points[:, None, None, :] + images[None, None] - start[None, :, None, :]
    along = np.clip(np.einsum("pbid,bd->pbi", relative, vector) / (vector**2).sum(-1)[None, :, None], 0.0, 1.0)
    distance = np.linalg.norm(relative - along[..., None] * vector[None, :, None, :], axis=-1)
    nearest = distance <= distance.min(axis=(1, 2), keepdims=True) + 1e-9
    share = 1.0 / nearest.sum(axis=(1, 2))
    point, bond, image = np.nonzero(nearest)
    return points[point] + images[image], bond.astype(np.int64), area * share[point]


def bond_forms(
    plane: CrystalPlane,
    patterns: Mapping[str, ChargePattern],
    permittivity: float,
    *,
    grid_step: float = 0.1,
) -> BondForms:
    """Quadratic forms of all bonds of a plane.

    Parameters
    ----------
    plane
        The crystal plane.
    patterns
        Patterns of the kinds ``"cation"`` and ``"anion"``.
    permittivity
        Uniform relative permittivity.
    grid_step
        Distance of the quadrature points [angstrom].

    Raises
    ------
    InputError
        If the plane has no bond.
    """
    if len(plane.bonds) == 0:
        raise InputError(f"the plane {plane.label} has no cation-anion bond; choose another plane.")
    responses = {kind: unit_response(patterns[kind], permittivity, plane.spacing) for kind in ("cation", "anion")}
    points, owner, weights = bond_regions(plane, grid_step)
    forms = []
    for bond in range(len(plane.bonds)):
        mine = owner == bond
        forms.append(_one_form(plane, responses, points[mine], weights[mine], permittivity))
    width = max(len(sites) for sites, _, _ in forms)
    sites = np.full((len(forms), width), -1, dtype=np.int64)
    shifts = np.zeros((len(forms), width, 2), dtype=np.int64)
    matrices = np.zeros((len(forms), width, width))
    for bond, (local_sites, local_shifts, matrix) in enumerate(forms):
        n = len(local_sites)
        sites[bond, :n], shifts[bond, :n], matrices[bond, :n, :n] = local_sites, local_shifts, matrix
    return BondForms(sites=sites, shifts=shifts, matrices=matrices)


def _one_form(
    plane: CrystalPlane, responses: Mapping[str, UnitResponse], points: Floats, weights: Floats, permittivity: float
) -> tuple[Ints, Ints, Floats]:
    """Return local sites, their cells and the form of the bond whose region is sampled by ``points``."""
    reach = max(response.reach for response in responses.values())
    size = int(np.ceil((reach + np.ptp(points, axis=0).max()) / np.linalg.norm(plane.cell, axis=1).min())) + 1
    span = np.arange(-size, size + 1)
    sites, shifts, fields = [], [], []
    for shift in np.stack(np.meshgrid(span, span, indexing="ij"), axis=-1).reshape(-1, 2):
        for site, position in enumerate(plane.positions):
            kind = "anion" if plane.is_anion[site] else "cation"
            field = responses[kind](points - position - shift @ plane.cell)
            if field.any():
                sites.append(site)
                shifts.append(shift)
                fields.append(field * np.sqrt(weights)[:, None])
    stacked = np.stack(fields).reshape(len(fields), -1)
    matrix = 0.5 * EPSILON_0 * permittivity * plane.spacing * stacked @ stacked.T
    # A neighbor whose own energy in the region is below 1e-8 of the largest changes no digit that matters.
    keep = np.diag(matrix) > 1e-8 * np.diag(matrix).max()
    return np.array(sites)[keep], np.array(shifts)[keep], matrix[np.ix_(keep, keep)]


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

r"""Local field of excited electrons: unit responses of neutral charge patterns.

Each ion carries a neutral pattern: a Gaussian electron cloud and the Gaussian hole that it left, of equal charge.
On a cation the cloud is the diffuse one around a compact core; on an anion the cloud is compact and the hole, shared
with the neighbors, is diffuse. Between them the two fields then point the same way, from cation to anion.
A pattern without its compensating charge would make a field that grows with the sample.

With a uniform permittivity the response is linear, :math:`E(r) = \sum_s N_s e_s(r)`; :math:`e_s` is solved once per
kind of site by a sine transform. Where the permittivity varies, finite elements take over.
Units: angstrom, e, V.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dstn, idstn
from scipy.interpolate import RectBivariateSpline
from scipy.special import erf

from entrox.core import InputError, check_positive
from entrox.core.units import VACUUM_PERMITTIVITY_E_PER_V_ANGSTROM as EPSILON_0

__all__ = [
    "ChargePattern",
    "GridResponse",
    "SphericalResponse",
    "UnitResponse",
    "closed_form_field",
    "pattern_density",
    "solve_poisson",
    "solve_poisson_nonuniform",
    "spherical_response",
    "unit_response",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ChargePattern:
    """Neutral pattern of one kind of ion.

    Parameters
    ----------
    density
        Peak electron density before any field, N0 [e/angstrom^2].
    cloud_width
        Standard deviation of the electron cloud [angstrom].
    hole_width
        Standard deviation of the compensating positive charge [angstrom].
    """

    density: float
    cloud_width: float
    hole_width: float

    def __post_init__(self) -> None:
        check_positive(self.density, "density", "e/angstrom^2")
        check_positive(self.cloud_width, "cloud_width", "angstrom")
        check_positive(self.hole_width, "hole_width", "angstrom")

    @property
    def reach(self) -> float:
        """Distance beyond which the pattern's field is negligible (below 1e-7 of its scale) [angstrom]."""
        return 6.0 * max(self.cloud_width, self.hole_width)


def pattern_density(pattern: ChargePattern, distance: Floats) -> Floats:
    """Charge density per unit peak electron density [1], positive for the hole; any shape of ``distance``."""
    cloud, hole = pattern.cloud_width, pattern.hole_width
    positive = (cloud / hole) ** 2 * np.exp(-(distance**2) / (2 * hole**2))
    return np.asarray(positive - np.exp(-(distance**2) / (2 * cloud**2)))


def closed_form_field(pattern: ChargePattern, distance: Floats, permittivity: float, spacing: float) -> Floats:
    """Outward field of a pattern of unit peak density by Gauss's law [V/angstrom per e/angstrom^2]."""
    cloud, hole = pattern.cloud_width, pattern.hole_width
    r = np.maximum(distance, 1e-12)
    enclosed = cloud**2 * (np.exp(-(r**2) / (2 * cloud**2)) - np.exp(-(r**2) / (2 * hole**2)))
    return np.asarray(enclosed / (EPSILON_0 * permittivity * spacing * r))


def solve_poisson(charge_density: Floats, grid_step: float, permittivity: float) -> Floats:
    """Solve div(eps grad phi) = -rho with phi = 0 on the border, uniform permittivity, five-point Laplacian.

    Parameters
    ----------
    charge_density
        Density on the interior nodes, shape ``(nx, ny)`` [e/angstrom^3].
    grid_step
        Distance of the nodes [angstrom].
    permittivity
        Relative permittivity.

    Returns
    -------
    array
        Potential on the same nodes [V]. Solved exactly by the type-I sine transform.
    """
    nx, ny = charge_density.shape
    eigen_x = 2.0 - 2.0 * np.cos(np.pi * np.arange(1, nx + 1) / (nx + 1))
    eigen_y = 2.0 - 2.0 * np.cos(np.pi * np.arange(1, ny + 1) / (ny + 1))
    spectrum = dstn(charge_density, type=1)
    spectrum *= grid_step**2 / (EPSILON_0 * permittivity * (eigen_x[:, None] + eigen_y[None, :]))
    return np.asarray(idstn(spectrum, type=1))


def solve_poisson_nonuniform(charge_density: Floats, grid_step: float, permittivity: Floats) -> Floats:
    """Solve div(eps grad phi) = -rho with phi = 0 on the border where the permittivity varies.

    Bilinear finite elements on the same nodes as :func:`solve_poisson`, algebraic multigrid.

    Parameters
    ----------
    charge_density
        Density on the interior nodes, shape ``(nx, ny)`` [e/angstrom^3].
    grid_step
        Distance of the nodes [angstrom].
    permittivity
        Relative permittivity on the interior nodes, shape ``(nx, ny)``, > 0.

    Raises
    ------
    InputError
        If the shapes differ or a permittivity is not positive.
    """
    import pyamg
    import skfem
    from skfem.helpers import dot, grad

    if permittivity.shape != charge_density.shape or not (permittivity > 0).all():
        raise InputError(
            f"permittivity must be > 0 and have the shape of charge_density, {charge_density.shape}; "
            f"got shape {permittivity.shape}, minimum {permittivity.min():g}."
        )
    nx, ny = charge_density.shape
    x, y = grid_step * np.arange(nx + 2), grid_step * np.arange(ny + 2)
    mesh = skfem.MeshQuad.init_tensor(x, y)
    basis = skfem.Basis(mesh, skfem.ElementQuad1())
    column = np.rint(mesh.p[0] / grid_step).astype(int)
    row = np.rint(mesh.p[1] / grid_step).astype(int)
    epsilon = EPSILON_0 * np.pad(permittivity, 1, mode="edge")[column, row]
    rho = np.pad(charge_density, 1)[column, row]

    @skfem.BilinearForm
    def stiffness(u, v, w):  # type: ignore[no-untyped-def]
        return w["eps"] * dot(grad(u), grad(v))

    @skfem.LinearForm
    def load(v, w):  # type: ignore[no-untyped-def]
        return w["rho"] * v

    matrix = stiffness.assemble(basis, eps=basis.interpolate(epsilon))
    vector = load.assemble(basis, rho=basis.interpolate(rho))
    inner = basis.complement_dofs(basis.get_dofs())
    reduced = skfem.condense(matrix, vector, I=inner, expand=False)
    solver = pyamg.ruge_stuben_solver(reduced[0].tocsr())
    potential = np.zeros(basis.N)
    potential[inner] = solver.solve(reduced[1], tol=1e-12, accel="cg")
    out = np.zeros((nx + 2, ny + 2))
    out[column, row] = potential
    return out[1:-1, 1:-1]


class UnitResponse(Protocol):
    """Field of one pattern of unit peak density, to be evaluated anywhere around its ion."""

    reach: float

    def __call__(self, offset: Floats, /) -> Floats:
        """Field at ``offset`` from the ion, shape ``(..., d)``; zero out of reach."""


@dataclass(eq=False)
class GridResponse:
    """Field of a pattern in a plane, solved on a grid."""

    reach: float
    field_x: RectBivariateSpline
    field_y: RectBivariateSpline

    def __call__(self, offset: Floats) -> Floats:
        """Field at ``offset`` from the ion, shape ``(..., 2)`` [V/angstrom per e/angstrom^2]; zero out of reach."""
        x, y = offset[..., 0], offset[..., 1]
        inside = (np.abs(x) < self.reach) & (np.abs(y) < self.reach)
        field = np.zeros(offset.shape)
        field[inside, 0] = self.field_x.ev(x[inside], y[inside])
        field[inside, 1] = self.field_y.ev(x[inside], y[inside])
        return field


def unit_response(
    pattern: ChargePattern, permittivity: float, spacing: float, points_per_width: float = 12.0
) -> GridResponse:
    """Solve the field of one pattern of unit peak density in a plane.

    Parameters
    ----------
    pattern
        The charge pattern.
    permittivity
        Relative permittivity, uniform.
    spacing
        Thickness of the plane [angstrom].
    points_per_width
        Grid nodes per standard deviation of the narrower Gaussian; the error falls with its square.
    """
    check_positive(permittivity, "permittivity")
    check_positive(spacing, "spacing", "angstrom")
    step = min(pattern.cloud_width, pattern.hole_width) / points_per_width
    half = int(np.ceil(pattern.reach / step))
    axis = step * np.arange(-half, half + 1)
    distance = np.hypot(axis[:, None], axis[None, :])
    potential = np.pad(solve_poisson(pattern_density(pattern, distance) / spacing, step, permittivity), 1)
    field_x = (potential[:-2, 1:-1] - potential[2:, 1:-1]) / (2 * step)
    field_y = (potential[1:-1, :-2] - potential[1:-1, 2:]) / (2 * step)
    return GridResponse(
        reach=float(axis[-1]),
        field_x=RectBivariateSpline(axis, axis, field_x),
        field_y=RectBivariateSpline(axis, axis, field_y),
    )


@dataclass(eq=False)
class SphericalResponse:
    """Field of a pattern in space, in closed form by Gauss's law."""

    pattern: ChargePattern
    permittivity: float
    reach: float

    def __call__(self, offset: Floats) -> Floats:
        """Field at ``offset`` from the ion, shape ``(..., 3)`` [V/angstrom per e/angstrom^3]; zero out of reach."""
        distance = np.maximum(np.linalg.norm(offset, axis=-1), 1e-9)
        cloud, hole = self.pattern.cloud_width, self.pattern.hole_width
        charge = (2.0 * np.pi) ** 1.5 * cloud**3
        enclosed = charge * (_gaussian_share(distance / hole) - _gaussian_share(distance / cloud))
        radial = enclosed / (4.0 * np.pi * EPSILON_0 * self.permittivity * distance**2)
        return np.where((distance < self.reach)[..., None], offset * (radial / distance)[..., None], 0.0)


def _gaussian_share(distance: Floats) -> Floats:
    """Part of a three-dimensional Gaussian charge within ``distance``, in units of its width."""
    u = distance / np.sqrt(2.0)
    return np.asarray(erf(u) - 2.0 / np.sqrt(np.pi) * u * np.exp(-(u**2)))


def spherical_response(pattern: ChargePattern, permittivity: float, spacing: float = 1.0) -> SphericalResponse:
    """Field of one pattern of unit peak density in space.

    Parameters
    ----------
    pattern
        The charge pattern, its density in e/angstrom^3.
    permittivity
        Relative permittivity, uniform.
    spacing
        Without meaning in space: must be 1.
    """
    check_positive(permittivity, "permittivity")
    if spacing != 1.0:
        raise InputError(f"a lattice in space has spacing 1; got {spacing:g}.")
    return SphericalResponse(pattern, permittivity, pattern.reach)

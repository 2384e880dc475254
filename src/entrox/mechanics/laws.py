r"""Elastic laws of a strained film: Hencky, neo-Hooke, St. Venant; stress and consistent tangent.

Each takes Green's strain in the plane, components (11, 22, 12) along the first axis, and gives the second
Piola-Kirchhoff stress, its derivative and the energy density. At small strain all are Hooke's law; at 5 % St. Venant
is too soft where the film is compressed. Units: Pa, J/m3; strains as fractions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_positive, nearest_names
from entrox.mechanics.layers import POISSON_LIMIT

__all__ = ["LAWS", "ElasticLaw", "Response", "elastic_law"]

Floats = NDArray[np.float64]
NEARLY_EQUAL = 1e-6
"""Difference of principal strains below which a quotient of differences is taken as the derivative."""


@dataclass(frozen=True)
class Response:
    """Answer of a law at many points.

    Parameters
    ----------
    stress
        Second Piola-Kirchhoff stress (11, 22, 12) [Pa], shape ``(3, ...)``.
    tangent
        Its derivative by Green's strain (11, 22, 2 x 12) [Pa], shape ``(3, 3, ...)``.
    energy
        Energy per undeformed volume [J/m3], shape ``(...)``.
    """

    stress: Floats
    tangent: Floats
    energy: Floats


@dataclass(frozen=True)
class ElasticLaw:
    """A law with its constants.

    Parameters
    ----------
    name
        ``hencky``, ``neo-hooke`` or ``st-venant``.
    shear, lame
        Lame's constants [Pa].
    plane_strain
        True for no strain, False for no stress across the plane.
    """

    name: str
    shear: float
    lame: float
    plane_strain: bool

    def __call__(self, strain: Floats) -> Response:
        """Return stress, tangent and energy at Green's strains (11, 22, 12) of shape ``(3, ...)``."""
        return LAWS[self.name](self, strain)

    @property
    def plane_lame(self) -> float:
        """Second constant of a law that is linear in its strain, of the plane [Pa]."""
        return self.lame if self.plane_strain else 2.0 * self.lame * self.shear / (self.lame + 2.0 * self.shear)


def elastic_law(name: str, modulus: float, poisson: float, *, plane_strain: bool = True) -> ElasticLaw:
    """Return a law from Young's modulus and Poisson's ratio.

    Parameters
    ----------
    name
        ``hencky`` (stress linear in the logarithmic strain), ``neo-hooke`` (compressible) or ``st-venant``.
    modulus
        Young's modulus [Pa].
    poisson
        Poisson's ratio in (-1, 0.5).
    plane_strain
        True for a wide strip, False for a narrow one.

    Examples
    --------
    >>> law = elastic_law("st-venant", 1.0, 0.0)
    >>> law(np.array([0.1, 0.0, 0.0])).stress.tolist()
    [0.1, 0.0, 0.0]
    """
    if name not in LAWS:
        raise InputError(f"there is no law {name!r}; {nearest_names(name, LAWS)}")
    check_positive(modulus, "modulus", "Pa")
    if not -1.0 < poisson < POISSON_LIMIT:
        raise InputError(f"Poisson's ratio must lie in (-1, 0.5); got {poisson:g}.")
    shear = modulus / (2.0 * (1.0 + poisson))
    return ElasticLaw(name, shear, modulus * poisson / ((1.0 + poisson) * (1.0 - 2.0 * poisson)), plane_strain)


def _st_venant(law: ElasticLaw, strain: Floats) -> Response:
    trace = strain[0] + strain[1]
    stress = 2.0 * law.shear * strain
    stress[:2] += law.plane_lame * trace
    tangent = np.zeros((3, *strain.shape))
    tangent[:2, :2] = law.plane_lame
    tangent[0, 0] += 2.0 * law.shear
    tangent[1, 1] += 2.0 * law.shear
    tangent[2, 2] = law.shear
    square = strain[0] ** 2 + strain[1] ** 2 + 2.0 * strain[2] ** 2
    return Response(stress, tangent, law.shear * square + 0.5 * law.plane_lame * trace**2)


def _neo_hooke(law: ElasticLaw, strain: Floats) -> Response:
    """Density mu/2 (tr C - 3) - mu ln J + lambda/2 (ln J)^2."""
    area = (1.0 + 2.0 * strain[0]) * (1.0 + 2.0 * strain[1]) - 4.0 * strain[2] ** 2
    log_area = np.log1p(2.0 * (strain[0] + strain[1]) + 4.0 * (strain[0] * strain[1] - strain[2] ** 2))
    inverse = np.stack([1.0 + 2.0 * strain[1], 1.0 + 2.0 * strain[0], -2.0 * strain[2]]) / area
    log_c = np.zeros_like(area) if law.plane_strain else _free_thickness(law, log_area)
    log_j = 0.5 * (log_area + log_c)
    mu, lame = law.shear, law.lame
    stress = (lame * log_j - mu) * inverse
    stress[:2] += mu
    thickness = np.exp(log_c)
    # with no stress across the plane the thickness follows, which takes off its part of the tangent
    stiff = lame if law.plane_strain else lame - lame**2 / (lame + 2.0 * mu * thickness)
    first, second, mixed = inverse
    outer = inverse[:, None] * inverse[None]
    sym = np.empty_like(outer)
    sym[0, 0], sym[1, 1], sym[2, 2] = first**2, second**2, 0.5 * (first * second + mixed**2)
    sym[0, 1] = sym[1, 0] = mixed**2
    sym[0, 2] = sym[2, 0] = first * mixed
    sym[1, 2] = sym[2, 1] = second * mixed
    tangent = stiff * outer + 2.0 * (mu - lame * log_j) * sym
    trace = 2.0 * (strain[0] + strain[1]) + np.expm1(log_c)
    return Response(stress, tangent, 0.5 * mu * trace - mu * log_j + 0.5 * lame * log_j**2)


def _free_thickness(law: ElasticLaw, log_area: Floats) -> Floats:
    """Logarithm c of the square of the thickness ratio without stress: mu (e^c - 1) + lambda/2 (c + ln area) = 0."""
    ratio = 0.5 * law.lame / law.shear
    c = -ratio * log_area / (1.0 + ratio)
    for _ in range(8):  # convex and nearly linear: quadratic from the first step on
        c = c - (np.expm1(c) + ratio * (c + log_area)) / (np.exp(c) + ratio)
    return c


def _hencky(law: ElasticLaw, strain: Floats) -> Response:
    """Kirchhoff stress linear in the logarithmic strain, by the principal strains."""
    mean, half = 0.5 * (strain[0] + strain[1]), 0.5 * (strain[0] - strain[1])
    radius = np.hypot(half, strain[2])
    angle = 0.5 * np.arctan2(strain[2], half)
    principal = np.stack([mean + radius, mean - radius])
    square = 1.0 + 2.0 * principal
    log = 0.5 * np.log1p(2.0 * principal)
    mu, lame = law.shear, law.plane_lame
    kirchhoff = 2.0 * mu * log + lame * (log[0] + log[1])
    stress = kirchhoff / square
    direct = ((2.0 * mu + lame) - 2.0 * kirchhoff) / square**2
    cross = lame / (square[0] * square[1])
    apart = principal[0] - principal[1]
    close = apart < NEARLY_EQUAL
    turning = np.where(
        close, 0.5 * (direct[0] + direct[1]) - cross, (stress[0] - stress[1]) / np.where(close, 1.0, apart)
    )
    tangent = np.zeros((3, *strain.shape))
    tangent[0, 0], tangent[1, 1], tangent[2, 2] = direct[0], direct[1], 0.5 * turning
    tangent[0, 1] = tangent[1, 0] = cross
    energy = mu * (log[0] ** 2 + log[1] ** 2) + 0.5 * lame * (log[0] + log[1]) ** 2
    turn = _turn(np.cos(angle), np.sin(angle))
    whole = np.einsum("ia...,ab...,jb...->ij...", turn, tangent, turn)
    return Response(turn[:, 0] * stress[0] + turn[:, 1] * stress[1], whole, energy)


def _turn(c: Floats, s: Floats) -> Floats:
    """Matrix that takes stresses (11, 22, 12) from the principal axes to those of the film."""
    return np.array([[c * c, s * s, -2.0 * c * s], [s * s, c * c, 2.0 * c * s], [c * s, -c * s, c * c - s * s]])


LAWS: dict[str, Callable[[ElasticLaw, Floats], Response]] = {
    "hencky": _hencky,
    "neo-hooke": _neo_hooke,
    "st-venant": _st_venant,
}

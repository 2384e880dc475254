r"""A bent section of finite thickness: moment and stretch over curvature, exact for a law of finite strain.

A plate bent to a circle keeps its sections plane; its points lie at the radius r(X), and

.. math:: \frac{d P_r}{d X} = \kappa P_\theta, \qquad \lambda_\theta = \kappa r, \quad \lambda_r = r', \qquad
    P_r = 0 \text{ on both faces},

is solved over the thickness. The neutral axis moves, the plate thins outside and swells inside, and the moment leaves
:math:`B \kappa` by the square of the thickness. Rivlin, Proc. R. Soc. A 195, 463 (1949). Units: m, Pa.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import ConvergenceError, Result, check_positive, quantity
from entrox.mechanics.laws import ElasticLaw

__all__ = ["BentSection", "SectionLaw", "bend_section", "section_law"]

Floats = NDArray[np.float64]

DEGREE = 7
POINTS = 10
ITERATIONS = 20
SHEAR_SHARE = 5.0 / 6.0
"""Share of the section that carries shear, of a stress that is a parabola."""


@dataclass(frozen=True, kw_only=True)
class BentSection(Result):
    """A plate bent to a circle without a force along it."""

    curvature: float = quantity("1/m", "turn per length of the straight plate")
    moment: float = quantity("N", "moment per width")
    stretch: float = quantity("1", "length of the middle over that of the straight plate, minus one")
    outer: float = quantity("1", "nominal strain of the stretched face")
    inner: float = quantity("1", "nominal strain of the compressed face")


def bend_section(law: ElasticLaw, thickness: float, curvature: float) -> BentSection:
    """Solve the radial equilibrium of a bent plate.

    Parameters
    ----------
    law
        Elastic law.
    thickness, curvature
        [m] and [1/m]; the product must stay well below one.

    Raises
    ------
    ConvergenceError
        If no equilibrium is found.

    Examples
    --------
    >>> from entrox.mechanics.laws import elastic_law
    >>> bent = bend_section(elastic_law("hencky", 1.0, 0.24), 0.4, 0.24)
    >>> round(bent.outer, 4), round(bent.inner, 4)
    (0.0491, -0.0468)
    """
    t, kappa = check_positive(thickness, "thickness", "m"), check_positive(curvature, "curvature", "1/m")
    nodes, weights = np.polynomial.legendre.leggauss(POINTS)
    # in halves of the thickness: r = 1 / kappa + t (y + w) / 2 with w a polynomial of y from -1 to 1
    value = np.polynomial.legendre.legvander(nodes, DEGREE).T
    slope = np.stack(
        [np.polynomial.legendre.legval(nodes, np.polynomial.legendre.legder(row)) for row in np.eye(DEGREE + 1)]
    )
    step = 0.5 * kappa * t
    w = np.zeros(DEGREE + 1)
    for _ in range(ITERATIONS):
        hoop, radial = 1.0 + step * (nodes + w @ value), 1.0 + w @ slope
        answer = law(np.stack([0.5 * (hoop**2 - 1.0), 0.5 * (radial**2 - 1.0), np.zeros_like(hoop)]))
        force = (radial * answer.stress[1] * weights) @ slope.T + step * (hoop * answer.stress[0] * weights) @ value.T
        rr = (answer.stress[1] + radial**2 * answer.tangent[1, 1]) * weights
        tt = (answer.stress[0] + hoop**2 * answer.tangent[0, 0]) * weights * step**2
        rt = radial * hoop * answer.tangent[0, 1] * weights * step
        mixed = (slope * rt) @ value.T
        change = np.linalg.solve((slope * rr) @ slope.T + (value * tt) @ value.T + mixed + mixed.T, -force)
        w = w + change
        if float(np.abs(step * change).max()) < 1e-14:
            break
    else:
        raise ConvergenceError(f"no radial equilibrium at the curvature {kappa:g} 1/m and the thickness {t:g} m.")
    ends = 1.0 + step * (
        np.array([-1.0, 0.0, 1.0]) + w @ np.polynomial.legendre.legvander(np.array([-1.0, 0.0, 1.0]), DEGREE).T
    )
    hoop = 1.0 + step * (nodes + w @ value)
    pull = hoop * law(np.stack([0.5 * (hoop**2 - 1.0), 0.5 * ((1.0 + w @ slope) ** 2 - 1.0), 0.0 * hoop])).stress[0]
    # without a force along the plate its moment is the same about any axis
    moment = float(pull * (nodes + w @ value) @ weights) * 0.25 * t**2
    return BentSection(
        curvature=kappa, moment=moment, stretch=float(ends[1]) - 1.0, outer=float(ends[2]) - 1.0,
        inner=float(ends[0]) - 1.0,
    )  # fmt: skip


@dataclass(frozen=True)
class SectionLaw:
    """Moment, stretch and shear of a section, as even series in curvature times thickness.

    Parameters
    ----------
    thickness, stiffness, stretching, shearing
        [m]; of bending [N m], stretching and shear [N/m], per width.
    moment_series, stretch_series
        M = B kappa (1 + c0 h^2 + c1 h^4) and strain of the middle d0 h^2 + d1 h^4 at h = kappa t without a force.
    """

    thickness: float
    stiffness: float
    stretching: float
    shearing: float
    moment_series: tuple[float, float]
    stretch_series: tuple[float, float]

    def moment(self, curvature: float, pull: float = 0.0) -> tuple[float, float]:
        """Moment per width [N] and its derivative by the curvature, under a force along the section [N/m]."""
        h2, (c, d), (e, g) = (curvature * self.thickness) ** 2, self.moment_series, self.stretch_series
        bent = self.stiffness * curvature * (1.0 + h2 * (c + h2 * d))
        rigid = self.stiffness * (1.0 + h2 * (3.0 * c + 5.0 * h2 * d))
        # the middle that stretches by bending works against the force
        share = self.thickness**2 * pull
        return bent - share * curvature * (2.0 * e + 4.0 * g * h2), rigid - share * (2.0 * e + 12.0 * g * h2)

    def curvature(self, moment: float, pull: float = 0.0) -> float:
        """Curvature under a moment per width [1/m]."""
        kappa = moment / self.stiffness
        for _ in range(12):
            value, slope = self.moment(kappa, pull)
            step = (moment - value) / slope
            kappa += step
            if abs(step) * self.thickness < 1e-15:
                break
        return kappa

    def stretch(self, curvature: float, pull: float = 0.0) -> float:
        """Nominal strain of the middle."""
        h2, (e, g) = (curvature * self.thickness) ** 2, self.stretch_series
        return h2 * (e + g * h2) + pull / self.stretching


def section_law(law: ElasticLaw, thickness: float, largest_curvature: float) -> SectionLaw:
    """Series of the section up to a curvature.

    Parameters
    ----------
    law
        Elastic law.
    thickness, largest_curvature
        [m] and [1/m].

    Examples
    --------
    >>> from entrox.mechanics.laws import elastic_law
    >>> found = section_law(elastic_law("st-venant", 1.0, 0.0), 1.0, 0.1)
    >>> [round(item, 4) for item in (*found.moment_series, *found.stretch_series)]
    [-0.5, 0.169, -0.125, 0.0208]
    """
    t = check_positive(thickness, "thickness", "m")
    modulus = law.plane_lame + 2.0 * law.shear - law.plane_lame**2 / (law.plane_lame + 2.0 * law.shear)
    stiffness = modulus * t**3 / 12.0
    bent = [bend_section(law, t, share * largest_curvature) for share in (0.5, 0.75, 1.0)]
    h2 = np.array([(item.curvature * t) ** 2 for item in bent])
    columns = np.column_stack([np.ones_like(h2), h2])
    moments = np.array([item.moment / (stiffness * item.curvature) - 1.0 for item in bent]) / h2
    stretches = np.array([item.stretch for item in bent]) / h2
    first, second = (np.linalg.lstsq(columns, values, rcond=None)[0].tolist() for values in (moments, stretches))
    return SectionLaw(
        t, stiffness, modulus * t, SHEAR_SHARE * law.shear * t, (first[0], first[1]), (second[0], second[1])
    )

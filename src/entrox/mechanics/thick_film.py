r"""The elastica of a film of finite thickness: the closed form with what it leaves out, to the square of the thickness.

.. math:: M' = -[(1 + \varepsilon) Q - \gamma N], \quad \theta' = \kappa(M, N), \quad
    x' + i y' = [(1 + \varepsilon) + i \gamma] e^{i \theta}, \quad N + i Q = F e^{i(\alpha - \theta)}

with the exact moment of a bent section of the same law of strain, its middle that is stretched by bending and by the
force, and shear :math:`\gamma = Q / k G t`. Finite elements of the film approach this, not the thin film: what is left
between the two is of the fourth order in the thickness, and of the mesh. Reissner, J. Appl. Math. Phys. 23, 795 (1972).
Units: m, N, Pa.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import ConvergenceError, InputError, Result, quantity
from entrox.mechanics.fe import LoadedPart, loaded_part
from entrox.mechanics.laws import elastic_law
from entrox.mechanics.result import BendingResult
from entrox.mechanics.thick_section import SectionLaw, bend_section, section_law

__all__ = ["ThickFilm", "bend_thick_film"]

Floats = NDArray[np.float64]

STEPS = 200
ITERATIONS = 12
REACH = 1.2
"""Curvature up to which the section is solved, over the largest of the thin film."""


@dataclass(frozen=True, kw_only=True)
class ThickFilm(Result):
    """A film of finite thickness under the load of a closed form."""

    law: str
    force: float = quantity("N", "force at the tip")
    force_per_width: float = quantity("N/m", "force per width")
    force_change: float = quantity("1", "force over that of the thin film, minus one")
    mid_line: float = quantity("1", "curvature of the middle times half the thickness, where it is largest")
    outer: float = quantity("1", "nominal strain of the stretched face there")
    inner: float = quantity("1", "nominal strain of the compressed face there")
    stretch: float = quantity("1", "nominal strain of the middle there")
    tip_angle: float = quantity("radian", "turn of the section at the tip")
    moment_series: tuple[float, float] = quantity("1", "c of M = B kappa (1 + c0 h^2 + c1 h^4), h = kappa t")
    iterations: int = quantity("1", "iterations of the shooting")


def bend_thick_film(bent: BendingResult, law: str = "hencky") -> ThickFilm:
    """Return the film of finite thickness under the load of a closed form.

    Parameters
    ----------
    bent
        Result of plates, hinged ends, or a clamp with a force of given direction.
    law
        ``hencky``, ``neo-hooke`` or ``st-venant``.

    Raises
    ------
    InputError
        If the strip has several layers, or the case has no force of given direction.
    ConvergenceError
        If the shooting does not end.

    Examples
    --------
    >>> from entrox.mechanics import Strip, bend_between_plates
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> found = bend_thick_film(bend_between_plates(strip, 9.984502e-6))
    >>> print(f"{found.force_per_width:.2f} N/m, {100 * found.outer:.2f} %")
    11.38 N/m, 4.87 %
    """
    strip = bent.strip
    if len(strip.layers) > 1:
        raise InputError("a film of finite thickness takes one layer; the closed form takes several.")
    if bent.force_direction is None or bent.case in ("arc", "needle"):
        raise InputError(f"the case {bent.case!r} has no force of a given direction; take plates, hinged or clamped.")
    layer, part = strip.layers[0], loaded_part(bent)
    material = elastic_law(law, layer.modulus, layer.poisson, plane_strain=strip.is_plane_strain)
    section = section_law(material, strip.thickness, REACH * float(np.abs(part.curvature).max()))
    kappa, force, count = _shoot(part, section, bent.force_per_width)
    line = _integrate(part, section, kappa, force)
    at = int(np.argmax(line[4]))
    curvature, pull = float(line[3, at]), float(line[5, at])
    face = bend_section(material, strip.thickness, curvature)
    axial = pull / section.stretching
    return ThickFilm(
        law=law, force=force * strip.width, force_per_width=force, force_change=force / bent.force_per_width - 1.0,
        mid_line=0.5 * strip.thickness * float(line[4, at]), outer=face.outer + axial, inner=face.inner + axial,
        stretch=section.stretch(curvature, pull), tip_angle=float(line[0, -1]), moment_series=section.moment_series,
        iterations=count,
    )  # fmt: skip


def _shoot(part: LoadedPart, section: SectionLaw, force: float) -> tuple[float, float, int]:
    """Curvature at the clamp and force per width for which the tip has no moment and lies where it is held."""
    assert part.force_direction is not None
    along = np.array([math.cos(part.force_direction), math.sin(part.force_direction)])
    target = float(along @ part.tip)
    scale = np.array([float(np.abs(part.curvature).max()), force])

    def miss(unknown: Floats) -> Floats:
        line = _integrate(part, section, float(unknown[0] * scale[0]), float(unknown[1] * scale[1]))
        end = float(along @ line[1:3, -1])
        return np.array([line[3, -1] / scale[0], (end - target) / part.length])

    unknown = np.array([float(part.curvature[0]) / scale[0], 1.0])
    for count in range(1, ITERATIONS + 1):
        off = miss(unknown)
        step = 1e-6
        slope = np.column_stack([(miss(unknown + step * way) - off) / step for way in np.eye(2)])
        change = np.linalg.solve(slope, -off)
        unknown = unknown + change
        if float(np.abs(change).max()) < 1e-10:
            return float(unknown[0] * scale[0]), float(unknown[1] * scale[1]), count
    raise ConvergenceError(
        f"the film of finite thickness found no equilibrium in {ITERATIONS} steps. Take a smaller load.", state=unknown
    )


def _integrate(part: LoadedPart, section: SectionLaw, kappa: float, force: float) -> Floats:
    """Turn, place, curvature of the section and of the middle, and pull along the film, shape ``(6, STEPS + 1)``."""
    alpha = part.force_direction or 0.0
    pull = force * math.cos(alpha)

    def rate(state: Floats) -> tuple[float, float, float, float]:
        theta, moment = float(state[0]), float(state[3])
        n, q = force * math.cos(alpha - theta), force * math.sin(alpha - theta)
        bend = section.curvature(moment, n)
        stretched, sheared = 1.0 + section.stretch(bend, n), q / section.shearing
        c, s = math.cos(theta), math.sin(theta)
        return bend, stretched * c - sheared * s, stretched * s + sheared * c, -(stretched * q - sheared * n)

    step = part.length / STEPS
    state = np.array([0.0, 0.0, 0.0, section.moment(kappa, pull)[0]])
    states = [state]
    for _ in range(STEPS):
        first = np.array(rate(state))
        second = np.array(rate(state + 0.5 * step * first))
        third = np.array(rate(state + 0.5 * step * second))
        fourth = np.array(rate(state + step * third))
        state = state + step / 6.0 * (first + 2.0 * second + 2.0 * third + fourth)
        states.append(state)
    theta, x, y, moments = np.array(states).T
    pulls = force * np.cos(alpha - theta)
    bends = np.array([section.curvature(float(m), float(n)) for m, n in zip(moments, pulls, strict=True)])
    stretched = np.array([1.0 + section.stretch(float(k), float(n)) for k, n in zip(bends, pulls, strict=True)])
    # the middle turns with the section and with the shear, whose rate is that of the force across a turning section
    middle = (bends - pulls * bends / section.shearing) / stretched
    return np.stack([theta, x, y, bends, middle, pulls])

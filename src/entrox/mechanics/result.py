"""What bending gives: shape, strains of both faces, angles, forces, and how a load ended.

SI inside; tables and JSON of the command line turn it into micrometers, gigapascals, degrees and percent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity
from entrox.mechanics.strain import FaceStrain
from entrox.mechanics.strip import Strip

__all__ = ["BendingResult", "FilmSolution", "Unreachable"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class FilmSolution(Result):
    """A film of finite elements in equilibrium; the part that carries load, half of it where the shape is symmetric."""

    law: str
    plane: str
    elements: tuple[int, int] = quantity("1", "elements along and through the film")
    dofs: int = quantity("1", "degrees of freedom")
    iterations: int = quantity("1", "iterations of Newton")
    residual: float = quantity("1", "largest nodal force out of balance over the largest of an element")
    thickness_over_element: float = quantity("1", "thickness over length of an element")
    mesh_error: float = quantity("1", "what the length of the elements adds to the strain of a face, estimated")
    tension: FaceStrain
    compression: FaceStrain
    force: float | None = quantity("N", "force at the tip; None for a pure moment")
    force_direction: float | None = quantity("radian", "direction of the force, from the tangent at the clamp")
    moment: float = quantity("N m", "moment at the clamp")
    energy: float = quantity("J", "strain energy of the whole film")
    contact_length: float = quantity("m", "arc length between clamp and tip, undeformed")
    tip_angle: float = quantity("radian", "tangent angle of the mid-line at the tip")
    reference: Floats = quantity("m", "nodes of the straight film", axes=("node", "component"))
    position: Floats = quantity("m", "nodes of the bent film", axes=("node", "component"))
    correction: Floats = quantity(
        "m", "nodes of the bent film minus those of the closed form", axes=("node", "component")
    )
    face_s: Floats = quantity("m", "arc length of the nodes of a face, undeformed", axes=("column",))
    outer_position: Floats = quantity("m", "outer face", axes=("column", "component"))
    inner_position: Floats = quantity("m", "inner face", axes=("column", "component"))
    outer_strain: Floats = quantity("1", "nominal strain along the outer face", axes=("column",))
    inner_strain: Floats = quantity("1", "nominal strain along the inner face", axes=("column",))


@dataclass(frozen=True, kw_only=True)
class BendingResult(Result):
    """A strip in equilibrium under one load."""

    case: str
    strip: Strip
    verdict: str
    shape: Floats = quantity("m", "mid-line, that of the neutral axis", axes=("point", "component"))
    arc_length: Floats = quantity("m", "arc length", axes=("point",))
    tangent_angle: Floats = quantity("radian", "tangent angle", axes=("point",))
    curvature: Floats = quantity("1/m", "curvature", axes=("point",))
    tension: FaceStrain
    compression: FaceStrain
    strain_position: float = quantity("m", "arc length at the largest strain")
    radius: float = quantity("m", "radius of the neutral axis at the tightest place")
    stress_uniaxial: float = quantity("Pa", "Young's modulus times nominal strain at the outer face")
    stress_plane: float = quantity("Pa", "modulus against bending times nominal strain at the outer face")
    fold_angle: float = quantity("radian", "rotation of the tangent between the two moment-free ends")
    opening_angle: float = quantity("radian", "pi minus the fold angle")
    turn: float = quantity("radian", "rotation of the tangent between the ends of the strip")
    loaded_length: float = quantity("m", "arc length that is bent")
    leg_length: float = quantity("m", "arc length of each straight part")
    height: float = quantity("m", "extent across the gap, or across the tangent of the clamp")
    gap: float | None = quantity("m", "distance between neutral axes of the legs, or between hinged ends")
    tip: Floats = quantity("m", "position of the loaded point", axes=("component",))
    force: float = quantity("N", "force; zero for a pure moment")
    force_per_width: float = quantity("N/m", "force per width")
    force_direction: float | None = quantity("radian", "direction of the force, from the tangent at the clamp")
    moment: float = quantity("N m", "largest moment")
    energy: float = quantity("J", "bending energy")
    stiffness: float = quantity("N m2", "bending stiffness")
    axial_strain: float = quantity("1", "force over stiffness of stretching: what an inextensible film leaves out")
    elliptic_modulus: float | None = quantity("1", "modulus k of the elliptic integrals")
    force_over_critical: float | None = quantity("1", "force over that of Euler's buckling", default=None)
    contact: str = "none"
    contact_offset: float = quantity("m", "distance of the place of a needle from the neutral axis", default=0.0)
    warnings: tuple[str, ...] = ()
    fe: FilmSolution | None = None


@dataclass(frozen=True, kw_only=True)
class Unreachable(Result):
    """A strain that the case cannot give to this strip, and why."""

    case: str
    strip: Strip
    strain: float = quantity("1", "strain asked for")
    measure: str
    largest_strain: float = quantity("1", "largest strain of the case, in the same measure")
    reason: str

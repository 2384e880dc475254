"""What is read from a film of finite elements in equilibrium: strains of the faces, force, moment, energy.

Strains of a face are taken at the nodes on the face. At the integration points inside they are lower, by a fifth with
one element through the film: that value is given beside, as the trap that it is.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.mechanics.film_mesh import Assembly, FilmMesh
from entrox.mechanics.result import BendingResult, FilmSolution
from entrox.mechanics.strain import FaceStrain

__all__ = ["mid_line_curvature", "solution_of"]

Floats = NDArray[np.float64]
MESH_DIVISOR = 12.0
"""A quadratic element of length h that is bent to the curvature k is stretched by (k h)^2 / 12 at its ends."""


def solution_of(
    bent: BendingResult, part: Any, mesh: FilmMesh, u: Floats, state: Assembly, multipliers: Floats, start: Floats, *,
    law: str, iterations: int, residual: float, held: bool,
) -> FilmSolution:  # fmt: skip
    """Return the result of a converged state."""
    position = mesh.reference + u[mesh.dof_of]
    middle = mesh.nodes_at(y=0.0)
    curvature = float(mid_line_curvature(position[middle][::2], is_symmetric=part.is_half).max())
    lower, upper = mesh.face_stretch(u)
    slope = mesh.gradient(u)
    inside = np.hypot(1.0 + slope[0, 0], slope[1, 0]) - 1.0
    width, half = bent.strip.width, 0.5 * bent.strip.thickness
    section = mesh.nodes_at(x=0.0)
    lever = position[section, 1] - position[mesh.nodes_at(x=0.0, y=0.0)[0], 1]
    force, direction = _force(part, multipliers, width, held=held)
    return FilmSolution(
        law=law, plane="strain" if bent.strip.is_plane_strain else "stress", elements=mesh.elements, dofs=mesh.size,
        iterations=iterations, residual=residual,
        thickness_over_element=bent.strip.thickness * mesh.elements[0] / mesh.length,
        mesh_error=(curvature * mesh.length / mesh.elements[0]) ** 2 / MESH_DIVISOR,
        tension=_face(curvature * half, float(lower.max()) - 1.0, float(inside.max())),
        compression=_face(-curvature * half, float(upper.min()) - 1.0, float(inside.min())),
        force=force, force_direction=direction,
        moment=abs(float(state.forces[mesh.dof_of[section, 0]] @ lever)) * width,
        energy=state.energy * width * (2.0 if part.is_half else 1.0), contact_length=mesh.length,
        tip_angle=_tip_angle(position[middle]), reference=mesh.reference, position=position,
        correction=position - start,
        face_s=np.linspace(0.0, mesh.length, 2 * mesh.elements[0] + 1),
        outer_position=position[mesh.nodes_at(y=-half)], inner_position=position[mesh.nodes_at(y=half)],
        outer_strain=lower - 1.0, inner_strain=upper - 1.0,
    )  # fmt: skip


def mid_line_curvature(points: Floats, *, is_symmetric: bool) -> Floats:
    """Curvature at points of a line, by circles through three neighbors [1/m].

    Parameters
    ----------
    points
        Shape ``(n, 2)`` [m].
    is_symmetric
        True where the line begins at a plane of symmetry x = 0; else the first value is extrapolated.

    Returns
    -------
    numpy.ndarray
        Shape ``(n - 1,)``, without the last point; positive where the line turns to the left.

    Examples
    --------
    >>> angle = np.linspace(0.0, 1.0, 5)
    >>> circle = np.column_stack([np.sin(angle), 1 - np.cos(angle)])
    >>> mid_line_curvature(circle, is_symmetric=True).round(6).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    line = np.vstack([points[1] * [-1.0, 1.0], points]) if is_symmetric else points
    a, b = line[1:-1] - line[:-2], line[2:] - line[1:-1]
    doubled = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    sides = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1) * np.linalg.norm(a + b, axis=1)
    curvature: Floats = 2.0 * doubled / sides
    return curvature if is_symmetric else np.append(2.0 * curvature[0] - curvature[1], curvature)


def _force(part: Any, multipliers: Floats, width: float, *, held: bool) -> tuple[float | None, float | None]:
    if held:
        return math.hypot(multipliers[0], multipliers[1]) * width, math.atan2(multipliers[1], multipliers[0])
    if part.force_direction is None:
        return None, None
    return float(multipliers[0]) * width, part.force_direction


def _face(mid_line: float, nominal: float, gauss_point: float) -> FaceStrain:
    return FaceStrain(
        mid_line=mid_line, nominal=nominal, logarithmic=math.log1p(nominal), green=nominal + 0.5 * nominal**2,
        gauss_point=gauss_point,
    )  # fmt: skip


def _tip_angle(line: Floats) -> float:
    """Tangent angle at the end, counted on through half a turn."""
    steps = np.diff(line, axis=0)
    angles = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
    return float(1.5 * angles[-1] - 0.5 * angles[-2])  # the chords lie half a step before

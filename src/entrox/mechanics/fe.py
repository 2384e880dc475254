"""Finite strain of the film: elements that start on the elastica and find the equilibrium in a few iterations.

The straight film has no path into a fold, it buckles; so no load is stepped up. The nodes are put on the closed form,
mid-line and normals, and Newton's method corrects it. At the loaded tip the displacement along the force is prescribed
and the rest is free, so the reaction has the direction of the force. Units: m, N, Pa.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import ConvergenceError, InputError
from entrox.core.units import PERCENT
from entrox.mechanics.film_mesh import Assembly, FilmMesh
from entrox.mechanics.laws import ElasticLaw, elastic_law
from entrox.mechanics.result import BendingResult, FilmSolution
from entrox.mechanics.solution import solution_of

__all__ = ["ELEMENTS", "LoadedPart", "bend_film", "loaded_part", "solve_film"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Row = tuple[Ints, Floats, float]
"""A linear constraint: degrees of freedom, their weights, the value of the weighted sum."""
ELEMENTS = (250, 1)
RESIDUAL = 1e-9
"""Largest nodal force out of balance over the largest of an element, where the equilibrium counts as found."""
LARGEST_STEP = 0.5
"""Longest step of a node over the thickness; Newton's method is held back beyond."""
ITERATIONS = 20
COARSE = 0.01
"""Share of the strain of a face above which what the mesh adds is said."""


@dataclass(frozen=True)
class LoadedPart:
    """The part of a bent strip that carries load: from its clamp or its apex to the loaded point.

    Parameters
    ----------
    length
        [m].
    shape
        Mid-line of the closed form, shape ``(n, 2)`` [m], from the clamp.
    arc_length, angle, curvature
        Along it, shape ``(n,)``.
    force_direction
        [radian]; None for a pure moment.
    is_half
        True where the strip is its mirror image.
    """

    length: float
    shape: Floats
    arc_length: Floats
    angle: Floats
    curvature: Floats
    force_direction: float | None
    is_half: bool

    @property
    def tip(self) -> Floats:
        """Place of the loaded point [m]."""
        tip: Floats = self.shape[-1]
        return tip


def loaded_part(bent: BendingResult) -> LoadedPart:
    """Return the part of a closed-form result that carries load."""
    is_half = bent.case in ("plates", "hinged")
    begin = int(np.argmin(np.hypot(*bent.shape.T))) if is_half else 0
    length = 0.5 * bent.loaded_length if is_half else bent.loaded_length
    s = bent.arc_length[begin:] - bent.arc_length[begin]
    end = int(np.searchsorted(s, length * (1.0 - 1e-9))) + 1
    cut = slice(begin, begin + end)
    return LoadedPart(
        length=length, shape=bent.shape[cut], arc_length=s[:end], angle=bent.tangent_angle[cut],
        curvature=bent.curvature[cut], force_direction=bent.force_direction, is_half=is_half,
    )  # fmt: skip


def bend_film(
    bent: BendingResult, *, law: str = "hencky", elements: tuple[int, int] = ELEMENTS,
    start: FilmSolution | None = None,
) -> BendingResult:  # fmt: skip
    """Return a closed-form result with the film of finite elements under the same load beside it.

    Parameters
    ----------
    bent
        Result of one of the cases.
    law
        ``hencky``, ``neo-hooke`` or ``st-venant``.
    elements
        Elements along and through the loaded part.
    start
        Solution of a neighboring load; its distance from the closed form is added to the start.

    Raises
    ------
    InputError
        If the strip has several layers.
    ConvergenceError
        If no equilibrium is found; its state holds the last positions of the nodes.

    Examples
    --------
    >>> from entrox.mechanics import Strip, bend_between_plates
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> film = bend_film(bend_between_plates(strip, 9.984502e-6)).fe
    >>> print(f"{film.tension.mid_line * 100:.2f} {film.tension.nominal * 100:.2f} {film.iterations}")
    4.80 4.87 3
    """
    if bent.case == "needle":
        from entrox.mechanics.needle_contact import solve_needle

        film = solve_needle(bent, law=law, elements=elements, start=start)
    else:
        film = solve_film(bent, loaded_part(bent), law=law, elements=elements, start=start)
    return replace(bent, fe=film, warnings=(*bent.warnings, *_coarse(film)))


def _coarse(film: FilmSolution) -> tuple[str, ...]:
    """Say so where the elements are too long for the strain of a face."""
    share = film.mesh_error / film.tension.nominal if film.tension.nominal > 0.0 else 0.0
    if share < COARSE:
        return ()
    enough = math.ceil(film.elements[0] * math.sqrt(share / COARSE))
    return (
        f"the elements are too long: about {share * PERCENT:.2g} % of the strain of the face comes from the mesh; "
        f"take at least {enough} along the film",
    )


def solve_film(
    bent: BendingResult, part: LoadedPart, *, law: str = "hencky", elements: tuple[int, int] = ELEMENTS,
    start: FilmSolution | None = None, tip: Floats | None = None,
) -> FilmSolution:  # fmt: skip
    """Return the equilibrium of the loaded part.

    Parameters
    ----------
    bent, part
        Closed form and its loaded part.
    law, elements, start
        As :func:`bend_film`.
    tip
        Place to which the middle of the tip is held in both directions [m]; along the force only, if not given.
    """
    strip = bent.strip
    if len(strip.layers) > 1:
        raise InputError("finite elements take one layer; the closed form takes several. Leave out --fe or --layers.")
    layer = strip.layers[0]
    material = elastic_law(law, layer.modulus, layer.poisson, plane_strain=strip.is_plane_strain)
    mesh = FilmMesh(part.length, strip.thickness, elements)
    closed = start_positions(mesh, part, material.plane_lame, material.shear)
    guess = _displacement(mesh, closed)
    if start is not None and start.correction.shape == closed.shape:
        guess = guess + _displacement(mesh, mesh.reference + start.correction)
    fixed, matrix, values = _constraints(mesh, part, tip)
    guess[fixed] = 0.0
    u, multipliers, final, count, residual = newton(mesh, material, guess, fixed, matrix, values)
    return solution_of(
        bent, part, mesh, u, final, multipliers, closed, law=law, iterations=count, residual=residual,
        held=tip is not None,
    )  # fmt: skip


def newton(
    mesh: FilmMesh, law: ElasticLaw, u: Floats, fixed: Ints, matrix: Any, values: Floats
) -> tuple[Floats, Floats, Assembly, int, float]:
    """Equilibrium under linear constraints ``matrix @ u = values``, with the multipliers [N/m] that hold them."""
    from scipy.sparse import bmat
    from scipy.sparse.linalg import splu

    free = np.setdiff1d(np.arange(mesh.size), fixed)
    held = matrix[:, free]
    rows = held.shape[0]
    multipliers = np.zeros(rows)
    for count in range(1, ITERATIONS + 1):
        state = mesh.assemble(u, law)
        gap = values - matrix @ u
        out = state.forces[free] - held.T @ multipliers
        residual = float(np.abs(out).max() / state.largest) if state.largest > 0.0 else 0.0
        if count > 1 and residual < RESIDUAL and float(np.abs(gap).max(initial=0.0)) < 1e-9 * mesh.thickness:
            return u, multipliers, state, count - 1, residual
        if not math.isfinite(residual):
            break
        tangent = state.stiffness[free][:, free]
        # the scale keeps both blocks alike, for the pivots
        scale = float(tangent.diagonal().max())
        system = bmat([[tangent, -scale * held.T], [-scale * held, None]], format="csc")
        step = splu(system).solve(np.concatenate([-out, -scale * gap]))
        move, change = step[: len(free)], scale * step[len(free) :]
        part = min(1.0, LARGEST_STEP * mesh.thickness / max(float(np.abs(move).max()), 1e-300)) if count > 1 else 1.0
        u = u.copy()
        u[free] += part * move
        multipliers = multipliers + part * change
    raise ConvergenceError(
        f"the film of finite elements found no equilibrium in {ITERATIONS} iterations (force out of balance "
        f"{residual:.1e}). Take more elements along the film, or a smaller increment of the path.",
        state=mesh.reference + u[mesh.dof_of],
    )


def start_positions(mesh: FilmMesh, part: LoadedPart, lame: float, shear: float) -> Floats:
    """Nodes on the closed form, shape ``(n_nodes, 2)`` [m].

    A fiber at the height y above the mid-line is strained by -kappa y; across the film it thins or thickens by
    Poisson's ratio of the plane, which moves it by kappa y^2 / 2 times that ratio.
    """
    s, height = mesh.reference.T
    x, y, theta, kappa = (
        np.interp(s, part.arc_length, values)
        for values in (part.shape[:, 0], part.shape[:, 1], part.angle, part.curvature)
    )
    x, y, theta, kappa = _smooth(part, s, x, y, theta, kappa)
    offset = height + lame / (lame + 2.0 * shear) * 0.5 * kappa * height**2
    return np.column_stack([x - offset * np.sin(theta), y + offset * np.cos(theta)])


def _smooth(part: LoadedPart, s: Floats, *linear: Floats) -> tuple[Floats, ...]:
    """Cubic interpolation of the closed form; linear would leave kinks that cost an iteration."""
    from scipy.interpolate import CubicHermiteSpline, CubicSpline

    if len(part.arc_length) < 4:
        return linear
    at = part.arc_length
    x = CubicHermiteSpline(at, part.shape[:, 0], np.cos(part.angle))(s)
    y = CubicHermiteSpline(at, part.shape[:, 1], np.sin(part.angle))(s)
    return x, y, CubicHermiteSpline(at, part.angle, part.curvature)(s), CubicSpline(at, part.curvature)(s)


def _displacement(mesh: FilmMesh, positions: Floats) -> Floats:
    u = np.empty(mesh.size)
    u[mesh.dof_of] = positions - mesh.reference
    return u


def _constraints(mesh: FilmMesh, part: LoadedPart, tip: Floats | None) -> tuple[Ints, Any, Floats]:
    """Fixed degrees of freedom, and the linear constraints with their values: those of the tip, then the clamp."""
    from scipy.sparse import csr_matrix

    parabola = mesh.section_weights()
    first, last = mesh.nodes_at(x=0.0), mesh.nodes_at(x=mesh.length)
    place = mesh.reference[last].mean(axis=0)
    rows: list[Row] = []
    if tip is not None:
        rows += [(mesh.dof_of[last, axis], parabola, float(tip[axis] - place[axis])) for axis in (0, 1)]
    elif part.force_direction is not None:
        along = np.array([math.cos(part.force_direction), math.sin(part.force_direction)])
        rows.append((mesh.dof_of[last].ravel(), np.outer(parabola, along).ravel(), float(along @ (part.tip - place))))
    else:
        rows += _turned(mesh, last, float(part.angle[-1]))
    # the force across the film is spread over the section at the clamp; at a single node it would have no bound
    rows.append((mesh.dof_of[first, 1], parabola, 0.0))
    index = np.repeat(np.arange(len(rows)), [len(row[0]) for row in rows])
    columns, entries = (np.concatenate([row[kind] for row in rows]) for kind in (0, 1))
    matrix = csr_matrix((entries, (index, columns)), shape=(len(rows), mesh.size))
    return mesh.dof_of[first, 0], matrix, np.array([row[2] for row in rows])


def _turned(mesh: FilmMesh, section: Ints, angle: float) -> list[Row]:
    """Rows that keep a section plane and turned, and free to move: the end of a film under a pure moment."""
    along = np.array([math.cos(angle), math.sin(angle)])
    middle = len(section) // 2
    held = section[middle]
    return [
        (
            np.concatenate([mesh.dof_of[node], mesh.dof_of[held]]),
            np.concatenate([along, -along]),
            -float(along @ (mesh.reference[node] - mesh.reference[held])),
        )
        for node in np.delete(section, middle)
    ]

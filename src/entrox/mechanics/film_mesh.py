"""The straight film as quadratic finite elements: nodes, gradients of the shape functions, forces and stiffness.

Total Lagrangian: everything is counted on the undeformed film. Units: m, Pa, and N per meter of width.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import check_integer
from entrox.mechanics.laws import ElasticLaw

__all__ = ["Assembly", "FilmMesh"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
QUADRATURE = 5
"""Degree that the integration is exact for: three points of Gauss in each direction."""
RIM = np.array([[0.0, 0.5, 1.0, 0.0, 1.0, 0.0, 0.5, 1.0], [0.0, 0.0, 0.0, 0.5, 0.5, 1.0, 1.0, 1.0]])
"""Nodes on the sides of the reference square."""


@dataclass(frozen=True)
class Assembly:
    """Forces and stiffness of one state.

    Parameters
    ----------
    forces
        Internal nodal forces [N/m], shape ``(n_dofs,)``.
    stiffness
        Sparse matrix [N/m2], or None.
    largest
        Largest nodal force of a single element [N/m]: the measure of a residual.
    energy
        Strain energy per width [J/m].
    """

    forces: Floats
    stiffness: Any
    largest: float
    energy: float


class FilmMesh:
    """Rectangle of elements with nine nodes each.

    Parameters
    ----------
    length, thickness
        [m]; the film lies along x from 0, and across y from -thickness/2.
    elements
        Elements along and through the film.
    """

    def __init__(self, length: float, thickness: float, elements: tuple[int, int]) -> None:
        import skfem

        self.length, self.thickness = length, thickness
        self.elements = (
            check_integer(elements[0], "elements along the film", low=2),
            check_integer(elements[1], "elements through the film", low=1),
        )
        x = np.linspace(0.0, length, elements[0] + 1)
        y = np.linspace(-0.5 * thickness, 0.5 * thickness, elements[1] + 1)
        self._mesh = skfem.MeshQuad.init_tensor(x, y)
        self._element = skfem.ElementVector(skfem.ElementQuad2())
        self.basis: Any = skfem.Basis(self._mesh, self._element, intorder=QUADRATURE)
        self.dof_of = _pairs(self.basis)
        self.reference: Floats = self.basis.doflocs[:, self.dof_of[:, 0]].T.copy()
        self.size = int(self.basis.N)
        self.gradients = _gradients(self.basis)
        self.weights: Floats = self.basis.dx
        # scalar shape functions share their nodes with both components of the displacement
        self._dofs: Ints = np.stack([self.basis.element_dofs[0::2].T, self.basis.element_dofs[1::2].T], axis=2)
        flat = self._dofs.reshape(len(self._dofs), -1)
        self._rows = np.repeat(flat[:, :, None], flat.shape[1], axis=2).ravel()
        self._columns = np.repeat(flat[:, None, :], flat.shape[1], axis=1).ravel()

    @cached_property
    def _rim(self) -> tuple[Floats, Floats]:
        """Gradients of the shape functions at the nodes on the sides of the elements, and where these lie."""
        import skfem

        basis = skfem.Basis(self._mesh, self._element, quadrature=(RIM, np.zeros(RIM.shape[1])))
        return _gradients(basis), np.asarray(basis.global_coordinates())

    def nodes_at(self, *, x: float | None = None, y: float | None = None) -> Ints:
        """Nodes of a column or a row, sorted along it."""
        near = 1e-6 * self.thickness / self.elements[1]
        chosen = np.ones(len(self.reference), dtype=bool)
        if x is not None:
            chosen &= np.abs(self.reference[:, 0] - x) < near
        if y is not None:
            chosen &= np.abs(self.reference[:, 1] - y) < near
        found = np.flatnonzero(chosen)
        return found[np.lexsort((self.reference[found, 1], self.reference[found, 0]))]

    def gradient(self, displacement: Floats, gradients: Floats | None = None) -> Floats:
        """Displacement gradient at the points of integration, shape ``(2, 2, n_elements, n_points)``."""
        shape = self.gradients if gradients is None else gradients
        of_elements = displacement[self._dofs].transpose(0, 2, 1)[:, None]
        slope: Floats = (of_elements @ shape).transpose(2, 3, 0, 1)
        return slope

    def assemble(self, displacement: Floats, law: ElasticLaw, *, stiffness: bool = True) -> Assembly:
        """Return internal forces, tangent stiffness and energy of a state."""
        slope = self.gradient(displacement)
        answer = law(green_strain(slope))
        deformation = (slope + np.eye(2)[:, :, None, None]).transpose(2, 3, 0, 1)
        strains = self._strains(deformation)
        weighted = (answer.stress * self.weights).transpose(1, 2, 0)
        elements = len(self._dofs)
        element_forces = (weighted.reshape(elements, 1, -1) @ strains.reshape(elements, -1, strains.shape[-1]))[:, 0]
        summed = np.bincount(self._dofs.ravel(), weights=element_forces.ravel(), minlength=self.size)
        matrix = self._stiffness(strains, answer.tangent, weighted) if stiffness else None
        largest, energy = float(np.abs(element_forces).max()), float((answer.energy * self.weights).sum())
        return Assembly(np.asarray(summed, dtype=float), matrix, largest, energy)

    def _strains(self, deformation: Floats) -> Floats:
        """Change of the strains (11, 22, 2 x 12) with each displacement of a node: ``(n_elements, n_points, 3, n)``."""
        first, second = self.gradients[..., 0, None], self.gradients[..., 1, None]
        along, across = deformation[:, :, None, :, 0], deformation[:, :, None, :, 1]
        strains = np.empty((*first.shape[:2], 3, first.shape[2], 2))
        strains[:, :, 0] = first * along
        strains[:, :, 1] = second * across
        strains[:, :, 2] = second * along + first * across
        return strains.reshape(*first.shape[:2], 3, -1)

    def _stiffness(self, strains: Floats, tangent: Floats, weighted: Floats) -> Any:
        """Material part by the tangent, and that of the stress on turning; shape functions share the latter."""
        from scipy.sparse import csc_matrix

        elements, points, _, count = strains.shape
        loaded = (tangent * self.weights).transpose(2, 3, 0, 1) @ strains
        whole = strains.reshape(elements, -1, count).transpose(0, 2, 1) @ loaded.reshape(elements, -1, count)
        pull = weighted[..., [0, 2, 2, 1]].reshape(elements, points, 2, 2)
        nodes = self.gradients.transpose(0, 2, 1, 3).reshape(elements, count // 2, -1)
        pulled = (self.gradients @ pull).transpose(0, 1, 3, 2).reshape(elements, -1, count // 2)
        turning = nodes @ pulled
        blocks = whole.reshape(elements, count // 2, 2, count // 2, 2)
        blocks[:, :, 0, :, 0] += turning
        blocks[:, :, 1, :, 1] += turning
        return csc_matrix((whole.ravel(), (self._rows, self._columns)), shape=(self.size, self.size))

    def face_stretch(self, displacement: Floats) -> tuple[Floats, Floats]:
        """Stretch along the lower and the upper face at their nodes, each ``(2 n_x + 1,)``."""
        gradients, (x, y) = self._rim
        slope = self.gradient(displacement, gradients)
        stretch = np.hypot(1.0 + slope[0, 0], slope[1, 0])
        column = np.rint(2.0 * self.elements[0] * x / self.length).astype(np.int64)
        half = 0.5 * self.thickness
        lower, upper = (np.abs(y - side) < 1e-6 * self.thickness for side in (-half, half))
        return _mean_of(stretch[lower], column[lower]), _mean_of(stretch[upper], column[upper])

    def section_weights(self) -> Floats:
        """Nodal weights, bottom to top, of a shear stress that is a parabola over a section; they sum to one."""
        n_y = self.elements[1]
        points, weights = np.polynomial.legendre.leggauss(4)
        shape = np.stack([0.5 * points * (points - 1.0), 1.0 - points**2, 0.5 * points * (points + 1.0)])
        found = np.zeros(2 * n_y + 1)
        for row in range(n_y):
            y = -1.0 + (2.0 * row + 1.0 + points) / n_y  # from -1 to 1 over the thickness
            found[2 * row : 2 * row + 3] += shape @ (weights * 0.75 * (1.0 - y**2)) / n_y
        return found


def green_strain(slope: Floats) -> Floats:
    """Green's strain (11, 22, 12) of a displacement gradient ``(2, 2, ...)``; small ones do not cancel."""
    h = slope
    return np.stack(
        [
            h[0, 0] + 0.5 * (h[0, 0] ** 2 + h[1, 0] ** 2),
            h[1, 1] + 0.5 * (h[0, 1] ** 2 + h[1, 1] ** 2),
            0.5 * (h[0, 1] + h[1, 0] + h[0, 0] * h[0, 1] + h[1, 0] * h[1, 1]),
        ]
    )


def _mean_of(values: Floats, places: Ints) -> Floats:
    return np.bincount(places, weights=values) / np.bincount(places)


def _pairs(basis: Any) -> Ints:
    """Degrees of freedom (x, y) of each node, shape ``(n_nodes, 2)``."""
    blocks = [basis.nodal_dofs, basis.facet_dofs, basis.interior_dofs]
    return np.hstack(blocks).T.astype(np.int64)


def _gradients(basis: Any) -> Floats:
    """Gradients of the scalar shape functions, those of the x components: ``(n_elements, n_points, n_nodes, 2)``."""
    shape = [np.broadcast_to(field[0].grad[0], (2, *basis.dx.shape)) for field in basis.basis[0::2]]
    return np.ascontiguousarray(np.array(shape).transpose(2, 3, 0, 1))

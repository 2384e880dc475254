"""Forces and stiffness of the film beside those of felupe, where it is installed, on the same nodes."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.mechanics import Strip, bend_between_plates, bend_film, elastic_law
from entrox.mechanics.film_mesh import FilmMesh

felupe = pytest.importorskip("felupe")


def test_a_folded_film_is_in_equilibrium_for_felupe_too() -> None:
    strip = Strip.single(50.0, 8.0, 0.4, 70.0, 0.24)  # um and GPa
    film = bend_film(bend_between_plates(strip, 9.984502), law="neo-hooke", elements=(40, 1)).fe
    assert film is not None
    law = elastic_law("neo-hooke", 70.0, 0.24)
    rectangle = felupe.Rectangle(b=(film.contact_length, 0.4), n=(41, 2)).add_midpoints_edges().add_midpoints_faces()
    field = felupe.FieldContainer([felupe.FieldPlaneStrain(felupe.RegionBiQuadraticQuad(rectangle), dim=2)])
    places = film.reference + np.array([0.0, 0.2])
    near = np.linalg.norm(rectangle.points[:, None] - places, axis=2).argmin(axis=1)
    field[0].values[:] = (film.position - film.reference)[near]
    body = felupe.SolidBody(felupe.NeoHookeCompressible(mu=law.shear, lmbda=law.lame), field)
    forces = body.assemble.vector().toarray().reshape(-1, 2)
    stiffness = body.assemble.matrix().toarray()

    mesh = FilmMesh(film.contact_length, 0.4, (40, 1))
    u = np.zeros(mesh.size)
    u[mesh.dof_of] = film.position - film.reference
    state = mesh.assemble(u, law)
    np.testing.assert_allclose(forces, state.forces[mesh.dof_of][near], atol=1e-10 * state.largest)
    order = mesh.dof_of[near].ravel()
    ours = state.stiffness.toarray()[np.ix_(order, order)]
    np.testing.assert_allclose(stiffness, ours, atol=1e-10 * np.abs(ours).max())

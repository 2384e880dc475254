"""The film of finite elements: laws and tangents, rigid motion, the closed form as its limit, contact with a needle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_bvp

from entrox.mechanics import (
    Strip,
    bend_arc,
    bend_between_plates,
    bend_clamped,
    bend_film,
    bend_hinged,
    bend_needle,
    elastic_law,
    follow_path,
)
from entrox.mechanics.film_mesh import FilmMesh
from entrox.mechanics.laws import LAWS

STRIP = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
COARSE = (60, 1)


@pytest.mark.parametrize("plane_strain", [True, False])
@pytest.mark.parametrize("name", sorted(LAWS))
def test_stress_and_tangent_are_derivatives_of_the_energy(name: str, plane_strain: bool) -> None:
    law = elastic_law(name, 2.0, 0.3, plane_strain=plane_strain)
    strain = np.array([[0.06, -0.03, 0.02], [0.0, 0.0, 0.0], [1e-8, 1e-8, 0.0], [-0.08, 0.05, -0.04]]).T
    step, factor = 1e-5, np.array([1.0, 1.0, 0.5])  # the third is half of the shear that a stress works on
    answer = law(strain)
    for index in range(3):
        shift = np.zeros((3, 1))
        shift[index] = step
        up, down = law(strain + shift), law(strain - shift)
        slope = factor[index] * (up.energy - down.energy) / (2 * step)
        np.testing.assert_allclose(answer.stress[index], slope, atol=1e-9)
        np.testing.assert_allclose(
            answer.tangent[:, index], factor[index] * (up.stress - down.stress) / (2 * step), atol=1e-8
        )


@pytest.mark.parametrize("plane_strain", [True, False])
def test_all_laws_are_hookes_at_small_strain(plane_strain: bool) -> None:
    strain = 1e-6 * np.array([[1.0], [-0.3], [0.5]])
    stresses = [elastic_law(name, 1.0, 0.25, plane_strain=plane_strain)(strain).stress for name in sorted(LAWS)]
    for stress in stresses[1:]:
        np.testing.assert_allclose(stress, stresses[0], rtol=1e-3)


def test_without_stress_across_the_plane_a_pulled_film_has_youngs_modulus() -> None:
    for name in LAWS:
        law = elastic_law(name, 3.0, 0.3, plane_strain=False)
        stress = law(np.array([[1e-6], [-0.3e-6], [0.0]])).stress
        assert stress[:, 0] == pytest.approx([3e-6, 0.0, 0.0], abs=1e-11)


@pytest.mark.parametrize("name", sorted(LAWS))
def test_a_turned_film_has_no_energy_and_a_uniform_strain_no_inner_force(name: str) -> None:
    mesh, law = FilmMesh(5.0, 0.4, (7, 2)), elastic_law(name, 1.0, 0.24)
    u = np.zeros(mesh.size)
    c, s = math.cos(2.2), math.sin(2.2)
    turned = mesh.reference @ np.array([[c, s], [-s, c]])
    u[mesh.dof_of] = turned - mesh.reference
    state = mesh.assemble(u, law)
    assert abs(state.energy) < 1e-12
    assert np.abs(state.forces).max() < 1e-12
    u[mesh.dof_of] = mesh.reference @ np.array([[0.04, 0.01], [0.02, -0.03]])
    state = mesh.assemble(u, law, stiffness=False)
    x, y = mesh.reference.T
    inside = (x > 1e-9) & (x < 5.0 - 1e-9) & (np.abs(y) < 0.2 - 1e-9)
    assert inside.sum() > 20
    assert np.abs(state.forces[mesh.dof_of[inside]]).max() < 1e-14
    assert state.largest > 1e-4


def test_the_stiffness_matrix_is_the_derivative_of_the_forces() -> None:
    mesh, law = FilmMesh(2.0, 0.4, (3, 1)), elastic_law("hencky", 1.0, 0.24)
    rng = np.random.default_rng(1)
    u, way = 0.02 * rng.standard_normal((2, mesh.size))
    step = 1e-5
    numeric = (mesh.assemble(u + step * way, law).forces - mesh.assemble(u - step * way, law).forces) / (2 * step)
    np.testing.assert_allclose(mesh.assemble(u, law).stiffness @ way, numeric, atol=1e-8)


def finite_bending(curvature: float, thickness: float, modulus: float, poisson: float) -> tuple[float, float]:
    """Nominal strains of outer and inner face of a bent block, plane strain, Hencky, by radial equilibrium."""
    law = elastic_law("hencky", modulus, poisson)
    mu, lame = law.shear, law.lame

    def radial(stress: np.ndarray, hoop: np.ndarray) -> np.ndarray:
        log = -lame * np.log(hoop) / (2 * mu + lame)
        for _ in range(6):
            excess = ((2 * mu + lame) * log + lame * np.log(hoop)) * np.exp(-log) - stress
            log = log - excess / ((2 * mu + lame) * np.exp(-log))
        return log

    def slope(_: np.ndarray, z: np.ndarray) -> np.ndarray:
        hoop = curvature * z[0]
        log = radial(z[1], hoop)
        return np.array([np.exp(log), curvature * ((2 * mu + lame) * np.log(hoop) + lame * log) / hoop])

    x = np.linspace(-thickness / 2, thickness / 2, 21)
    done = solve_bvp(slope, lambda a, b: np.array([a[1], b[1]]), x, np.array([1 / curvature + x, 0 * x]), tol=1e-10)
    assert done.success
    return float(curvature * done.y[0, -1] - 1), float(curvature * done.y[0, 0] - 1)


def test_an_arc_of_elements_is_the_finite_bending_of_a_block() -> None:
    strip = Strip.single(2.5, 10.0, 0.4, 1.0, 0.24)
    film = bend_film(bend_arc(strip, fold_angle=0.6), elements=(60, 2)).fe
    assert film is not None
    outer, inner = finite_bending(0.24, 0.4, 1.0, 0.24)
    assert outer > 0.0485  # not the 4.8 % of the thin film
    assert film.tension.nominal == pytest.approx(outer, abs=2e-5)
    assert film.compression.nominal == pytest.approx(inner, abs=2e-5)


def test_the_fold_between_plates_has_the_strains_of_the_specified_laws() -> None:
    found = {law: bend_film(bend_between_plates(STRIP, 9.984502e-6), law=law).fe for law in ("neo-hooke", "st-venant")}
    neo, venant = found["neo-hooke"], found["st-venant"]
    assert neo is not None and venant is not None
    percent = [100 * value for value in (neo.tension.mid_line, neo.tension.nominal, neo.tension.logarithmic)]
    assert percent == pytest.approx([4.800, 4.815, 4.702], abs=0.005)
    assert 100 * float(neo.tension.gauss_point or 0) == pytest.approx(3.75, abs=0.03)
    assert float(neo.force or 0) / STRIP.width == pytest.approx(11.40, rel=2e-3)
    percent = [100 * value for value in (venant.tension.mid_line, venant.tension.nominal, venant.tension.logarithmic)]
    assert percent == pytest.approx([4.811, 4.645, 4.540], abs=0.005)
    assert float(venant.force or 0) / STRIP.width == pytest.approx(11.36, rel=2e-3)
    assert neo.dofs == 3006


def test_the_elements_approach_the_closed_form_with_the_square_of_the_thickness() -> None:
    away = []
    for thickness in (0.8e-6, 0.4e-6):
        bent = bend_hinged(Strip.single(50e-6, 8e-6, thickness, 70e9, 0.24), 20e-6)
        film = bend_film(bent, elements=(120, 1)).fe
        assert film is not None and film.force is not None
        away.append(film.force / bent.force - 1.0)
    assert abs(away[1]) < 1e-3
    assert math.log2(away[0] / away[1]) == pytest.approx(2.0, abs=0.1)


def test_halving_the_elements_brings_the_force_nearer_by_more_than_four() -> None:
    bent = bend_between_plates(STRIP, 12e-6)
    forces = [float(bend_film(bent, elements=(n, 1)).fe.force or 0) for n in (10, 20, 160)]  # type: ignore[union-attr]
    assert abs(forces[0] - forces[2]) > 4.0 * abs(forces[1] - forces[2])


@pytest.mark.parametrize("angles", [(90.0, 60.0), (250.0, 160.0)])
def test_a_pushed_film_of_elements_has_the_strain_and_force_of_the_closed_form(angles: tuple[float, float]) -> None:
    bent = bend_clamped(STRIP, force_angle=np.radians(angles[0]), tip_angle=np.radians(angles[1]))
    film = bend_film(bent).fe
    assert film is not None
    assert film.tension.mid_line == pytest.approx(bent.tension.mid_line, rel=1e-3)
    assert film.force == pytest.approx(bent.force, rel=1e-3)
    assert film.energy == pytest.approx(bent.energy, rel=1e-3)
    assert np.degrees(film.tip_angle) == pytest.approx(angles[1], abs=0.02)


def test_a_narrow_film_bends_with_youngs_modulus_and_the_same_strain() -> None:
    narrow = Strip.single(50e-6, 1e-6, 0.4e-6, 70e9, 0.24)
    wide, slim = (bend_between_plates(strip, 9.984502e-6) for strip in (STRIP, narrow))
    film = bend_film(slim, elements=(120, 1)).fe
    assert film is not None
    assert wide.force_per_width / slim.force_per_width == pytest.approx(1 / (1 - 0.24**2), rel=1e-12)
    assert film.force == pytest.approx(slim.force, rel=2e-3)
    assert film.tension.mid_line == pytest.approx(wide.tension.mid_line, rel=1e-3)


def test_a_needle_finds_its_place_on_the_film_of_elements_and_pushes_along_the_normal() -> None:
    bent = bend_needle(STRIP, 30e-6, 25e-6)
    film = bend_film(bent, elements=COARSE).fe
    assert film is not None and film.force is not None and film.force_direction is not None
    assert film.contact_length == pytest.approx(bent.loaded_length, rel=1e-3)
    assert film.force == pytest.approx(bent.force, rel=1e-3)
    assert film.force_direction - film.tip_angle == pytest.approx(np.pi / 2, abs=1e-8)


def test_a_needle_path_follows_the_closed_form_and_comes_back_the_way_it_went() -> None:
    way = np.array([[45e-6, 2e-6], [44e-6, 8e-6], [40e-6, 16e-6]])
    path = follow_path(STRIP, "needle", np.vstack([way, way[1::-1]]), law="hencky", elements=COARSE)
    forces = np.array([step.force for step in path.steps])
    np.testing.assert_allclose(path.force, forces, rtol=1e-3)
    np.testing.assert_allclose(path.force[:2], path.force[:2:-1], rtol=1e-7)
    assert path.strain[0] < path.strain[2] > path.strain[4]
    assert path.halvings == 0


def test_a_path_ends_where_the_film_slips_off_the_needle() -> None:
    path = follow_path(STRIP, "needle", [[40e-6, 16e-6], [48e-6, 30e-6], [40e-6, 16e-6]])
    assert path.verdict == "released"
    assert len(path.steps) == 2


@pytest.mark.parametrize(("place", "offset"), [((30e-6, 25e-6), 0.2e-6), ((30e-6, -0.1e-6), 0.2e-6),
                                               ((20e-6, 5e-6), 5.2e-6)])  # fmt: skip
def test_a_needle_at_the_face_stays_where_it_is_put(place: tuple[float, float], offset: float) -> None:
    bent = bend_needle(STRIP, *place, offset=offset)
    film = bend_film(bent, elements=COARSE).fe
    assert film is not None and film.force_direction is not None
    tip = film.position[np.argmin(np.hypot(film.reference[:, 0] - film.contact_length, film.reference[:, 1]))]
    for angle, point in ((bent.fold_angle, bent.tip), (film.tip_angle, tip)):
        beside = point - offset * np.array([-math.sin(angle), math.cos(angle)])
        np.testing.assert_allclose(beside, place, atol=1e-11)
    assert film.force_direction - film.tip_angle == pytest.approx(math.pi / 2, abs=1e-8)
    assert film.force == pytest.approx(bent.force, rel=1e-3)


@pytest.mark.parametrize(("law", "share"), [("hencky", -0.00165), ("neo-hooke", -0.00102), ("st-venant", -0.00446)])
def test_the_force_of_each_law_leaves_the_closed_form_with_the_square_of_the_thickness(law: str, share: float) -> None:
    off = []
    for thickness in (0.4e-6, 0.2e-6):
        bent = bend_between_plates(Strip.single(50e-6, 8e-6, thickness, 70e9, 0.24), 9.984502e-6)
        film = bend_film(bent, law=law, elements=(120, 1)).fe
        assert film is not None and film.force is not None
        off.append(film.force / bent.force - 1.0)
    assert off[0] == pytest.approx(share, abs=2e-5)
    assert math.log2(off[0] / off[1]) == pytest.approx(2.0, abs=0.1)


def test_elements_that_are_too_long_say_how_many_are_enough() -> None:
    bent = bend_between_plates(STRIP, 9.984502e-6)
    film, fine = bend_film(bent, elements=(20, 1)), bend_film(bent, elements=(120, 1))
    assert film.fe is not None and fine.fe is not None
    excess = film.fe.tension.nominal - fine.fe.tension.nominal
    assert film.fe.mesh_error == pytest.approx(excess, rel=0.1)
    assert "at least 34 along the film" in film.warnings[-1]
    assert not any("too long" in words for words in fine.warnings)

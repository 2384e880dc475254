"""Atomic strain: closed forms, invariances, noise."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from scipy.spatial.transform import Rotation

from entrox.core import InputError, generator
from entrox.order import atomic_strain, noise_of_frames, strain_measures, strain_noise

GRADIENT = np.diag([1.075, 0.985, 0.985])
TRICLINIC = np.array([[9.0, 0.0, 0.0], [3.1, 8.0, 0.0], [-2.0, 2.5, 10.0]])


def random_solid(seed=0, count=80, cell=TRICLINIC):
    rng = generator(seed)
    return Atoms(
        rng.choice(["Ti", "O"], count), positions=rng.uniform(0.0, 1.0, (count, 3)) @ cell, cell=cell, pbc=True
    )


def deformed(atoms, gradient, sigma=0.0, seed=1):
    later = atoms.copy()
    later.set_cell(atoms.cell.array @ gradient, scale_atoms=True)
    later.positions += generator(seed).normal(0.0, sigma, later.positions.shape) if sigma else 0.0
    return later


def bismuth_titanate_like():
    """A cell of 76 atoms that is 5.46 angstrom short, filled at random places at least 1.3 angstrom apart."""
    rng, cell = generator(5), np.diag([5.46353, 5.46353, 33.294])
    places = np.empty((0, 3))
    while len(places) < 76:
        place = rng.uniform(0.0, 1.0, 3) @ cell
        apart = (places - place) @ np.linalg.inv(cell)
        apart -= np.rint(apart)
        if not len(places) or np.linalg.norm(apart @ cell, axis=1).min() > 1.3:
            places = np.vstack([places, place])
    return Atoms("Bi16Ti12O48", positions=places, cell=cell, pbc=True)


def test_measures_of_the_published_stretch():
    found = strain_measures(GRADIENT)
    assert found.volumetric == pytest.approx(0.0160125, abs=1e-7)
    assert found.shear == pytest.approx(0.0535204, abs=1e-7)
    assert found.det - 1.0 == pytest.approx(0.0429919, abs=1e-7)
    assert found.trace == pytest.approx(3.0 * found.volumetric)


@pytest.mark.parametrize("gradient", [GRADIENT, np.eye(3) + 0.1 * np.arange(9.0).reshape(3, 3) / 9.0])
def test_any_homogeneous_deformation_is_exact(gradient):
    atoms = random_solid()
    found = atomic_strain(atoms, deformed(atoms, gradient), 5.0, remove_affine=False)
    expected = strain_measures(gradient)
    assert np.abs(found.gradient - gradient).max() < 1e-13
    assert np.abs(found.shear - expected.shear).max() < 1e-13
    assert np.abs(found.volumetric - expected.volumetric).max() < 1e-13
    assert np.abs(found.det - expected.det).max() < 1e-13
    assert found.d2min_angstrom2.max() < 1e-24


def test_nothing_is_left_of_a_homogeneous_deformation_without_its_affine_part():
    atoms = random_solid()
    found = atomic_strain(atoms, deformed(atoms, GRADIENT), 5.0)
    assert found.shear.max() < 1e-14
    assert np.abs(found.volumetric).max() < 1e-14
    assert np.abs(found.affine.gradient - GRADIENT).max() < 1e-14
    assert found.affine.along(np.array([1.0, 0.0, 0.0])) == pytest.approx(0.075)
    assert found.affine.poisson_ratio(np.array([1.0, 0.0, 0.0])) == pytest.approx(0.2)


def test_a_rotation_of_everything_strains_nothing_and_is_found():
    atoms, turn = random_solid(), Rotation.from_rotvec([0.3, -0.5, 0.4])
    later = atoms.copy()
    later.set_cell(turn.apply(atoms.cell.array), scale_atoms=True)
    found = atomic_strain(atoms, later, 5.0, remove_affine=False)
    assert found.shear.max() < 1e-14
    assert np.abs(found.rotation_deg - np.degrees([0.3, -0.5, 0.4])).max() < 1e-10


def test_strain_does_not_see_the_names_of_atoms_the_origin_or_the_image():
    atoms = random_solid()
    later = deformed(atoms, GRADIENT, 0.1)
    plain = atomic_strain(atoms, later, 5.0)
    order = generator(7).permutation(len(atoms))
    moved, moved_later = atoms[order], later[order]
    moved.positions += [3.0, -8.0, 100.0]
    moved_later.positions += [-2.0, 5.0, 7.0]
    moved.wrap()
    moved_later.positions += generator(8).integers(-2, 3, (len(atoms), 3)) @ later.cell.array
    found = atomic_strain(moved, moved_later, 5.0)
    for name in ("shear", "volumetric", "d2min_angstrom2", "rotation_deg"):
        assert np.abs(getattr(found, name) - getattr(plain, name)[order]).max() < 1e-11


def test_a_repeated_cell_has_the_strain_of_the_cell():
    atoms = bismuth_titanate_like()
    later = deformed(atoms, GRADIENT, 0.08)
    small = atomic_strain(atoms, later, 5.0)
    large = atomic_strain(atoms.repeat((3, 3, 1)), later.repeat((3, 3, 1)), 5.0)
    assert np.abs(large.shear.reshape(9, 76) - small.shear).max() < 1e-12
    assert np.abs(large.d2min_angstrom2.reshape(9, 76) - small.d2min_angstrom2).max() < 1e-11
    assert (large.neighbors.reshape(9, 76) == small.neighbors).all()


def test_nearest_images_are_refused_where_they_miss_pairs():
    atoms = bismuth_titanate_like()
    with pytest.raises(InputError, match=r"half the cell, 2\.73"):
        atomic_strain(atoms, atoms, 5.0, method="minimum-image")
    wide = random_solid(cell=3.0 * TRICLINIC, count=400)
    later = deformed(wide, GRADIENT, 0.05)
    nearest = atomic_strain(wide, later, 5.0, method="minimum-image")
    assert np.array_equal(nearest.shear, atomic_strain(wide, later, 5.0).shear, equal_nan=True)


def test_a_flipped_box_of_lammps_is_the_same_lattice():
    atoms = random_solid()
    sheared = np.eye(3)
    sheared[1, 0] = 0.07
    later = deformed(atoms, sheared, 0.05)
    flipped = later.copy()
    flipped.set_cell(later.cell.array + np.array([[0.0] * 3, -later.cell.array[0], [0.0] * 3]))
    flipped.wrap()
    found, plain = atomic_strain(atoms, flipped, 5.0), atomic_strain(atoms, later, 5.0)
    assert "flipped_cell" in found.warnings[0]
    assert np.abs(found.shear - plain.shear).max() < 1e-12
    assert np.abs(found.affine.gradient - sheared).max() < 1e-12


def test_a_cluster_takes_its_affine_part_from_all_its_atoms():
    cluster = bulk("Cu", cubic=True).repeat(3)
    cluster.pbc = False
    later = cluster.copy()
    later.positions = cluster.positions @ GRADIENT + [1.0, 2.0, 3.0]
    found = atomic_strain(cluster, later, 3.0)
    assert found.affine.source == "all atoms"
    assert np.abs(found.affine.gradient - GRADIENT).max() < 1e-12
    assert np.nanmax(found.shear) < 1e-12


def test_atoms_with_few_or_coplanar_neighbors_are_counted_and_not_a_number():
    lonely = Atoms("He6", positions=[[0, 0, 0], [9, 9, 9], [9.9, 9, 9], [9, 9.9, 9], [9, 9, 9.9], [8.3, 8.3, 8.3]],
                   cell=[30.0] * 3, pbc=True)  # fmt: skip
    found = atomic_strain(lonely, lonely, 1.0)
    assert found.neighbors.tolist() == [0, 3, 1, 1, 1, 0]
    assert found.n_undetermined == 6
    assert np.isnan(found.shear).all()
    flat = Atoms("C16", scaled_positions=[[x / 4, y / 4, 0.5] for x in range(4) for y in range(4)],
                 cell=[4.0, 4.0, 20.0], pbc=True)  # fmt: skip
    assert atomic_strain(flat, flat, 1.5).neighbors.tolist() == [8] * 16
    assert atomic_strain(flat, flat, 1.5).n_undetermined == 16
    found = atomic_strain(lonely, lonely, 1.5)
    assert found.n_undetermined == 5
    assert "5 atoms" in found.warnings[0]
    assert found.shear[1] == pytest.approx(0.0, abs=1e-14)


def test_noise_of_an_even_surrounding_is_the_closed_form():
    sigma, rng = 0.05, generator(4)
    reference = Atoms("O4000", positions=rng.uniform(0.0, 37.6, (4000, 3)), cell=[37.6] * 3, pbc=True)
    found = atomic_strain(reference, deformed(reference, GRADIENT, sigma), 5.0, noise=sigma)
    rms = float(np.sqrt((found.shear**2).mean()))
    shear, _ = strain_noise(sigma, found.neighbors.mean(), 5.0)
    # the motion of the central atom is left out there, and doubles the scatter of points without any order
    assert float(shear) < rms < 1.6 * float(shear)
    assert found.noise_floor.shear_rms == pytest.approx(rms, rel=0.02)
    assert found.noise_floor.volumetric_std == pytest.approx(float(found.volumetric.std()), rel=0.03)
    assert found.noise_floor.shear_p95 == pytest.approx(float(np.quantile(found.shear, 0.95)), rel=0.05)
    assert float(found.above_floor.mean()) == pytest.approx(0.05, abs=0.012)


def test_noise_is_measured_between_two_frames_and_bounded_by_the_map_itself():
    atoms = bulk("Cu", cubic=True).repeat(7)
    one, two = deformed(atoms, np.eye(3), 0.05, 1), deformed(atoms, np.eye(3), 0.05, 2)
    noise = noise_of_frames(one, two, 4.5)
    assert noise.displacement_sigma_angstrom == pytest.approx(0.05 * np.sqrt(2.0), rel=0.02)
    stretched = deformed(atoms, GRADIENT, 0.05, 3)
    found = atomic_strain(one, stretched, 4.5, noise=noise)
    assert float(found.above_floor.mean()) == pytest.approx(0.05, abs=0.025)
    own = atomic_strain(one, stretched, 4.5)
    assert own.noise_floor.source == "this map"
    assert own.noise_floor.displacement_sigma_angstrom == pytest.approx(0.05 * np.sqrt(2.0), rel=0.05)


def test_a_slipped_plane_stands_out_of_the_noise_where_it_is():
    atoms = bulk("Cu", cubic=True).repeat((5, 8, 5))
    height = atoms.positions[:, 1]
    later = atoms.copy()
    later.positions[:, 0] += 0.6 * ((height > 8.0) & (height < 20.0))
    later.positions += generator(6).normal(0.0, 0.03, later.positions.shape)
    found = atomic_strain(atoms, later, 4.0, noise=0.03)
    near = np.minimum(np.abs(height - 8.0), np.abs(height - 20.0)) < 2.0
    far = np.minimum(np.abs(height - 8.0), np.abs(height - 20.0)) > 5.0
    assert found.above_floor[near].all()
    assert float(found.above_floor[far].mean()) < 0.12


def test_stretched_glass_has_the_strain_of_its_cell_on_the_mean(external_data):
    from entrox.structure import read_frames

    glass = next(read_frames(external_data("amorphous/NaSiO_glass_25.extxyz"), notices=[]))
    later = deformed(glass, GRADIENT, 0.05)
    kept = atomic_strain(glass, later, 5.0, remove_affine=False)
    assert kept.volumetric.mean() == pytest.approx(0.0160, abs=5e-5)
    assert 0.0535 < kept.shear.mean() < 0.0540
    local = atomic_strain(glass, later, 5.0, noise=0.05)
    rms = float(np.sqrt((local.shear**2).mean()))
    assert rms == pytest.approx(float(strain_noise(0.05, local.neighbors.mean(), 5.0)[0]), rel=0.2)
    assert rms == pytest.approx(local.noise_floor.shear_rms, rel=0.03)

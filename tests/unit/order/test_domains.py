"""Domains, walls, wall profiles and bound charge."""

import numpy as np
import pytest

from entrox.core import InputError
from entrox.order.displacement.displacement import displacements
from entrox.order.domains import bound_charge, find_domains, wall_profile, wall_type
from entrox.order.lattice import fit_lattice
from perovskite_boxes import make_box


def stacked(directions, thickness, width=4):
    """Slabs along x of the given directions, shape ``(p, width, width, 3)``."""
    field = np.zeros((thickness * len(directions), width, width, 3))
    for k, direction in enumerate(directions):
        field[k * thickness : (k + 1) * thickness] = np.array(direction, dtype=float)
    return 0.2 * field


def test_three_stacked_t_domains_have_their_walls_and_areas_exactly():
    field = stacked([(0, 0, 1), (0, 0, -1), (0, 1, 0)], 5)
    found = find_domains(field, lattice_angstrom=(4.0, 3.9, 4.1))
    assert found.domain_cells.tolist() == [80, 80, 80]
    assert found.domain_classes == ("T", "T", "T")
    assert sorted(found.wall_types) == ["T 180", "T 90", "T 90"]
    assert found.wall_faces == {"T 180": 16.0, "T 90": 32.0}
    assert (found.wall_face_counts == [16, 0, 0]).all()
    assert found.wall_area_per_volume == pytest.approx(3 / (15 * 4.0))
    assert found.count_error is None
    open_box = find_domains(field, periodic=(False, True, True))
    assert open_box.wall_faces == {"T 180": 16.0, "T 90": 16.0}
    assert open_box.wall_area_per_volume is None


@pytest.mark.parametrize(("directions", "types"), [
    ([(1, 1, 1), (1, 1, -1)], {"R 71"}), ([(1, 1, 1), (1, -1, -1)], {"R 109"}), ([(1, 1, 1), (-1, -1, -1)], {"R 180"}),
    ([(1, 1, 0), (1, 0, 1)], {"O 60"}), ([(1, 1, 0), (1, -1, 0)], {"O 90"}), ([(1, 1, 0), (-1, 0, 1)], {"O 120"}),
    ([(0, 0, 1), (1, 1, 1)], {"R/T"}),
])  # fmt: skip
def test_walls_are_typed_by_the_angle_of_their_domains(directions, types):
    assert set(find_domains(stacked(directions, 3)).wall_types) == types


def test_domains_of_a_map_are_those_of_its_grid():
    rng = np.random.default_rng(0)
    box = make_box((4, 4, 6), rng, noise=0.03, wall=0.2)
    lattice_map = fit_lattice(box.atoms)
    d = displacements(box.atoms, lattice_map)
    by_map = find_domains(d, lattice_map)
    by_grid = find_domains(lattice_map.grid(d.vectors_angstrom[0]), axes=lattice_map.axes)
    assert np.array_equal(by_map.labels, by_grid.labels)
    assert by_map.wall_types == ("T 180",)
    assert by_map.count == 2


def test_a_rotated_supercell_has_domains_too():
    box = make_box([[4, -4, 0], [4, 4, 0], [0, 0, 4]], shift_b=(0.0, 0.0, 0.2))
    lattice_map = fit_lattice(box.atoms)
    found = find_domains(displacements(box.atoms, lattice_map), lattice_map)
    assert found.count == 1
    assert found.largest_fraction == 1.0
    assert found.wall_types == ()


def test_a_slow_turn_is_one_domain_by_angle_and_many_by_axis():
    turn = np.radians(np.arange(0, 360, 15))
    field = np.stack([np.cos(turn), np.sin(turn)], axis=-1)[:, None, :].repeat(4, axis=1)
    assert find_domains(field, join_angle_deg=22.5, min_cells=4).count == 1
    assert find_domains(field, min_cells=4).count == 8


def test_small_groups_and_weak_cells_are_in_no_domain():
    field = stacked([(0, 0, 1), (1, 0, 0)], 4)
    field[2, 2, 2] = [0.0, 0.2, 0.0]
    field[0, 0, 0] = 0.01
    found = find_domains(field)
    labels = found.labels.reshape(8, 4, 4)
    assert labels[2, 2, 2] == labels[0, 0, 0] == -1
    assert found.polar_fraction == pytest.approx(127 / 128)
    assert found.domain_fraction == pytest.approx(126 / 128)
    assert found.domain_cells.tolist() == [64, 62]
    noise = np.broadcast_to(np.eye(3) * 0.01, (128, 3, 3)).copy()
    noise[:64] *= 1e-4
    assert find_domains(field, noise_covariance=noise).domain_cells.tolist() == [62]


def test_several_frames_give_means_with_errors():
    one, two = stacked([(0, 0, 1)] * 2, 4), stacked([(0, 0, 1), (0, 0, -1)], 4)
    split = np.random.default_rng(1).random(32) < 0.5
    found = find_domains(np.stack([two if s else one for s in split]), lattice_angstrom=4.0)
    assert found.count == pytest.approx(1.0 + split.mean())
    assert found.count_error == pytest.approx(0.5 / np.sqrt(32), rel=0.5)
    assert found.largest_fraction == pytest.approx(1.0 - 0.5 * split.mean())
    assert found.wall_faces == {"T 180": pytest.approx(32 * split.mean())}


def test_a_field_without_polar_cells_has_no_domain():
    found = find_domains(np.zeros((4, 4, 4, 3)))
    assert found.count == 0
    assert found.wall_faces == {}
    with pytest.raises(InputError, match="lattice_map"):
        find_domains(np.ones((10, 3)))
    with pytest.raises(InputError, match="NaN"):
        find_domains(np.full((4, 4, 4, 3), np.nan))


def test_wall_types_of_unlike_classes_are_named_by_both():
    assert wall_type("T", "O", 45.0) == "O/T"
    assert wall_type("<10>", "<10>", 85.0) == "<10> 90"


@pytest.mark.parametrize("width", [3.0, 6.0])
def test_the_profile_of_a_tanh_gives_back_its_numbers(width):
    x = 4.0 * np.arange(40)
    profile = 0.5 * np.tanh((x - 41.0) / width) * (x < 80) - 0.5 * np.tanh((x - 121.0) / width) * (x >= 80)
    field = np.zeros((40, 2, 2, 3))
    field[..., 2] = profile[:, None, None]
    found = wall_profile(field, lattice_angstrom=4.0)
    assert found.component == 2
    assert found.center_angstrom == pytest.approx([41.0, 121.0], abs=1e-3)
    assert found.width_angstrom == pytest.approx([width] * 2, rel=1e-3)
    assert found.amplitude == pytest.approx([0.5, -0.5], rel=1e-4)
    assert found.plateau == pytest.approx(0.5, rel=1e-3)
    assert found.resolved.all()


def test_a_wall_narrower_than_a_plane_is_not_resolved():
    field = stacked([(0, 0, 1), (0, 0, -1)], 6)
    found = wall_profile(field, lattice_angstrom=4.0)
    assert len(found.center_angstrom) == 2
    assert not found.resolved.any()
    with pytest.raises(InputError, match="planes"):
        wall_profile(field[:3], lattice_angstrom=4.0)
    with pytest.raises(InputError, match="lattice_angstrom"):
        wall_profile(field)


def test_bound_charge_is_minus_the_divergence():
    n, edge = 16, 4.0
    x = 2 * np.pi * np.arange(n) / n
    field = np.zeros((n, n, 2, 3))
    field[..., 0] = 0.3 * np.sin(x)[:, None, None]
    field[..., 1] = 0.2 * np.cos(x)[None, :, None]
    found = bound_charge(field, lattice_angstrom=edge)
    slope = np.sin(2 * np.pi / n) / edge
    expected = -(0.3 * np.cos(x)[:, None] - 0.2 * np.sin(x)[None, :]) * slope / 16.02176634
    assert found.density_e_per_angstrom3.reshape(n, n, 2)[..., 0] == pytest.approx(expected)
    assert found.density_e_per_angstrom3.sum() == pytest.approx(0.0, abs=1e-12)
    opened = bound_charge(field, lattice_angstrom=edge, periodic=(False, True, True))
    assert opened.n_cells == (n - 2) * n * 2
    with pytest.raises(InputError, match="lattice_angstrom"):
        bound_charge(field)

"""Partial pair distribution functions."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from entrox.core import InputError
from entrox.order.pair_distribution import RdfSeries, partial_rdf

TRICLINIC = np.array([[12.0, 0.0, 0.0], [4.0, 11.0, 0.0], [-3.0, 5.0, 13.0]])


def random_box(seed, count, cell=TRICLINIC, symbols=("Ba", "O")):
    rng = np.random.default_rng(seed)
    scaled = rng.uniform(-1.0, 2.0, (count, 3))
    return Atoms(rng.choice(symbols, count), positions=scaled @ cell, cell=cell, pbc=True)


def test_random_points_have_unit_pair_distribution():
    frames = [random_box(seed, 600) for seed in range(8)]
    found = partial_rdf(frames, r_max_angstrom=5.0, bin_angstrom=0.5)
    assert found.pairs == (("Ba", "Ba"), ("Ba", "O"), ("O", "O"))
    volumes = 4 / 3 * np.pi * np.diff(found.edges_angstrom**3)
    counts = 8 * 300 * 300 / abs(np.linalg.det(TRICLINIC)) * volumes
    pulls = (found.g - 1.0) / np.sqrt(np.array([[2.0], [1.0], [2.0]]) / counts)
    assert np.abs(pulls).max() < 4.5
    assert 0.6 < pulls.std() < 1.4
    assert found.g_errors.shape == found.g.shape


def test_fcc_shells_have_their_exact_counts():
    atoms = bulk("Cu", "fcc", a=4.0, cubic=True).repeat((3, 3, 3))
    found = partial_rdf(atoms, r_max_angstrom=6.6, bin_angstrom=0.1)
    shells = 4.0 * np.sqrt([0.5, 1.0, 1.5, 2.0, 2.5])
    steps = np.diff(found.coordination[0], prepend=0.0)
    assert steps[steps > 0] == pytest.approx([12, 6, 24, 12, 24])
    assert found.edges_angstrom[:-1][steps > 0] == pytest.approx(np.floor(shells * 10) / 10)


def test_distances_beyond_half_the_box_use_images_and_are_flagged():
    small = bulk("Cu", "fcc", a=4.0)
    small.positions += 0.3
    large = small.repeat((5, 5, 5))
    one = partial_rdf(small, r_max_angstrom=9.03, bin_angstrom=0.07)
    two = partial_rdf(large, r_max_angstrom=9.03, bin_angstrom=0.07)
    assert one.beyond_half_box
    assert "beyond_half_box" in one.warnings[0]
    assert np.abs(one.g - two.g).max() < 1e-9
    assert not partial_rdf(large, r_max_angstrom=4.0).beyond_half_box


def test_the_measure_does_not_see_shifts_wrapping_order_or_rotation():
    atoms = random_box(1, 200)
    plain = partial_rdf(atoms, r_max_angstrom=8.0, bin_angstrom=0.25)
    moved = atoms[np.random.default_rng(2).permutation(200)]
    moved.positions += [3.0, -7.0, 40.0]
    moved.rotate(50.0, (1, 2, 3), rotate_cell=True)
    moved.wrap()
    assert np.abs(partial_rdf(moved, r_max_angstrom=8.0, bin_angstrom=0.25).g - plain.g).max() < 1e-10


def test_coordination_counts_the_second_kind_around_the_first():
    cell = 4.0 * np.eye(3)
    places = [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
    atoms = Atoms("BaTiO3", scaled_positions=places, cell=cell, pbc=True)
    found = partial_rdf(atoms, [("Ti", "O"), ("O", "Ti"), ("Ba", "O")], bin_edges=[0.0, 2.1, 2.9])
    assert found.coordination == pytest.approx(np.array([[6, 6], [2, 2], [0, 12]]))
    assert found.g_errors is None


def test_uneven_edges_count_what_even_ones_count():
    atoms = random_box(3, 300)
    fine = partial_rdf(atoms, bin_edges=np.arange(0, 701) / 100)
    rough = partial_rdf(atoms, bin_edges=[0.0, 0.5, 0.51, 3.2, 7.0])
    assert rough.coordination == pytest.approx(fine.coordination[:, [49, 50, 319, 699]])
    late = partial_rdf(atoms, bin_edges=[3.2, 7.0])
    assert late.coordination[:, 0] == pytest.approx(rough.coordination[:, 3] - rough.coordination[:, 2])


def test_frames_are_averaged_and_bad_ones_counted():
    frames = [random_box(seed, 100) for seed in range(3)]
    broken = frames[0].copy()
    broken.positions[0] = np.nan
    series = RdfSeries(r_max_angstrom=6.0, bin_angstrom=0.5)
    for frame in [*frames, broken]:
        series.add(frame)
    found = series.result()
    assert found.failed_frames == 1
    assert found.n_frames == 3
    mean = np.mean([partial_rdf(f, r_max_angstrom=6.0, bin_angstrom=0.5).g for f in frames], axis=0)
    assert found.g == pytest.approx(mean)
    with pytest.raises(InputError, match="failed"):
        partial_rdf(broken)


def test_bad_input_is_refused():
    atoms = random_box(4, 20)
    for options in ({"r_max_angstrom": -1.0}, {"bin_angstrom": 0.0}, {"bin_edges": [1.0, 0.5]},
                    {"bin_edges": [-1.0, 1.0]}, {"pairs": []},
                    {"pairs": [("Ba",)]}, {"pairs": [("Ti", "O")]}):  # fmt: skip
        with pytest.raises(InputError):
            partial_rdf(atoms, **options)
    atoms.pbc = (True, True, False)
    with pytest.raises(InputError, match="pbc"):
        partial_rdf(atoms)
    with pytest.raises(InputError, match="no frame"):
        partial_rdf([])

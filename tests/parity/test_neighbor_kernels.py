"""The compiled neighbor searches against plain NumPy, scipy's cKDTree and ase's neighbor list: equal numbers."""

import itertools
from dataclasses import replace

import ase
import numpy as np
import pytest
from ase.neighborlist import neighbor_list
from scipy.spatial import cKDTree

from entrox.order.equal_blocks import median_split
from entrox.order.neighbors.cell_lists import TOUCHING_NM, build_reach
from entrox.order.neighbors.listed._kernels import count_listed
from entrox.order.neighbors.neighbor_lists import (
    iter_nearest,
    iter_sphere_counts,
    iter_spheres,
    nearest_cell_list,
    sphere_cell_list,
)
from entrox.order.point_set import PointSet


def counted(points, radii, threads=1):
    """Counts in the order of the points, and the same from the listed neighbors."""
    radii = np.asarray(radii, dtype=float)
    cells = sphere_cell_list(points, radii[-1])
    counts = np.full((len(points), len(radii), len(points.species)), -1, dtype=np.int32)
    listed = counts.copy()
    for piece in iter_sphere_counts(points, cells, radii, threads):
        counts[cells.order[piece.first_row : piece.first_row + len(piece.counts)]] = piece.counts
    for piece in iter_spheres(points, cells, radii, threads=threads):
        rows = cells.order[piece.first_row : piece.first_row + len(piece.start) - 1]
        found = np.empty((len(rows), *counts.shape[1:]), dtype=np.int32)
        count_listed(piece.start, piece.neighbor, piece.ring, points.labels[cells.order], piece.first_row, found)
        listed[rows] = found
    return counts, listed


def image_distances(points, reach):
    """Distances of every point to every image of every point, shape (images, n, n), float64."""
    cell = np.eye(3) if points.cell_nm is None else points.cell_nm
    positions = points.positions_nm.astype(float)
    inside = positions - np.floor(positions @ np.linalg.inv(cell)) * np.array(points.pbc) @ cell
    heights = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    steps = [int(np.ceil(reach / h)) + 1 if periodic else 0 for h, periodic in zip(heights, points.pbc, strict=True)]
    return np.array(
        [
            np.linalg.norm(inside[None] + np.array(image) @ cell - inside[:, None], axis=2)
            for image in itertools.product(*(range(-s, s + 1) for s in steps))
        ]
    )


def twin_counts(points, radii):
    distances = image_distances(points, max(radii))
    counts = np.zeros((len(points), len(radii), len(points.species)), dtype=int)
    for number, radius in enumerate(radii):
        for species in range(len(points.species)):
            inside = distances[:, :, points.labels == species] <= radius + TOUCHING_NM
            counts[:, number, species] = inside.sum(axis=(0, 2))
    return counts


def random_case(seed):
    """Few points in a skewed cell with any periodic directions, some far outside it, some on a coarse grid."""
    rng = np.random.default_rng(seed)
    n, n_species = int(rng.integers(1, 150)), int(rng.integers(1, 4))
    cell = np.eye(3) * rng.uniform(0.6, 3.0) + rng.normal(size=(3, 3)) * 0.3
    positions = rng.random((n, 3)) @ cell + rng.normal(size=3) * 5.0
    radii = np.sort(rng.uniform(0.05, 1.6, int(rng.integers(1, 4))))
    if seed % 3 == 0:
        positions = positions.astype(np.float32)
    if seed % 4 == 0:
        positions, radii = np.round(positions / 0.25) * 0.25, np.array([0.25, 0.5, 1.0])
    pbc = tuple(bool(value) for value in rng.integers(0, 2, 3))
    labels = rng.integers(0, n_species, n)
    return PointSet(positions, labels, tuple("ABC"[:n_species]), cell_nm=cell, pbc=pbc), radii


@pytest.mark.parametrize("seed", range(16))
def test_spheres_in_any_cell_hold_the_points_that_plain_numpy_finds(seed):
    points, radii = random_case(seed)
    counts, listed = counted(points, radii)
    assert np.array_equal(counts, twin_counts(points, radii))
    assert np.array_equal(listed, counts)


@pytest.mark.parametrize("seed", range(12))
def test_nearest_neighbors_are_those_of_plain_numpy_with_all_ties(seed):
    points, _ = random_case(seed)
    points = replace(points, positions_nm=points.positions_nm.astype(float))
    rng = np.random.default_rng(seed)
    k = int(rng.integers(1, 10))
    if len(points) <= k:
        pytest.skip("too few points")
    cell_edge = float(np.linalg.norm(points.cell_nm, axis=1).max())
    distances = image_distances(points, cell_edge)
    center = np.unravel_index(np.argmin(distances.trace(axis1=1, axis2=2)), (len(distances),))[0]
    distances[center, np.arange(len(points)), np.arange(len(points))] = np.inf
    plain = np.sort(np.swapaxes(distances, 0, 1).reshape(len(points), -1), axis=1)
    cells = nearest_cell_list(points, k)
    for piece in iter_nearest(points, cells, k):
        for number, (begin, end) in enumerate(itertools.pairwise(piece.start)):
            row = plain[cells.order[piece.first_row + number]]
            wanted = row[row <= row[k - 1] + TOUCHING_NM]
            assert end - begin == len(wanted)
            assert np.allclose(piece.distance_nm[begin:end], wanted, atol=1e-9)


def test_a_cloud_of_an_atom_probe_counts_as_scipy_does():
    rng = np.random.default_rng(4)
    positions = (rng.random((20000, 3)) * [6.0, 8.0, 14.0] - [3.0, 4.0, 120.0]).astype(np.float32)
    labels = rng.integers(0, 4, len(positions))
    points = PointSet(positions, labels, ("A", "B", "C", "D"))
    radii = (0.3, 0.5, 1.0, 1.3)
    counts, _ = counted(points, radii, threads=2)
    for species in range(4):
        tree = cKDTree(positions[labels == species].astype(float))
        for number, radius in enumerate(radii):
            wanted = tree.query_ball_point(positions.astype(float), radius, return_length=True)
            assert np.array_equal(counts[:, number, species], wanted)


def test_a_periodic_box_counts_as_scipy_does():
    rng = np.random.default_rng(5)
    positions = rng.random((8000, 3)) * [5.0, 6.0, 7.0]
    points = PointSet(positions, np.zeros(8000, int), ("A",), cell_nm=np.diag([5.0, 6.0, 7.0]), pbc=(True,) * 3)
    tree = cKDTree(positions, boxsize=[5.0, 6.0, 7.0])
    counts, _ = counted(points, (0.7, 2.2))
    for number, radius in enumerate((0.7, 2.2)):
        assert np.array_equal(counts[:, number, 0], tree.query_ball_point(positions, radius, return_length=True))


@pytest.mark.parametrize("radius_nm", [0.35, 0.83])
def test_a_small_triclinic_crystal_counts_as_ase_does(radius_nm):
    rng = np.random.default_rng(6)
    cell = np.array([[4.0, 0.0, 0.0], [2.5, 4.5, 0.0], [-1.0, 1.5, 5.0]])
    # ase leaves a pair exactly at the cutoff out; none is there at these radii.
    atoms = ase.Atoms("Ni8", scaled_positions=rng.random((8, 3)) * 3.0 - 1.0, cell=cell, pbc=True)
    first = neighbor_list("i", atoms, radius_nm * 10.0)
    counts, _ = counted(PointSet.from_atoms(atoms), (radius_nm,))
    assert np.array_equal(counts[:, 0, 0] - 1, np.bincount(first, minlength=8))


@pytest.mark.parametrize("spacing", [0.25, 0.36, 0.1])
def test_a_pair_exactly_at_the_radius_is_inside(spacing):
    # 3 * 0.36 - 2 * 0.36 is larger than 0.36 in floating point: rounding must not decide.
    grid = np.array(list(itertools.product(range(9), repeat=3)), dtype=float) * spacing
    points = PointSet(grid, np.zeros(len(grid), int), ("A",), cell_nm=np.eye(3) * 9 * spacing, pbc=(True,) * 3)
    counts, listed = counted(points, (spacing, 2.0 * spacing))
    assert (counts[:, 0, 0] == 7).all()
    assert (counts[:, 1, 0] == 33).all()
    assert np.array_equal(counts, listed)


def test_pairs_a_hair_from_the_radius_are_decided_in_double_precision():
    rng = np.random.default_rng(7)
    centers = np.arange(400.0)[:, None] * [3.0, 0.0, 0.0]
    direction = rng.normal(size=(400, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    off = rng.choice([-1.0, 1.0], 400) * 10.0 ** rng.uniform(-8.0, -5.0, 400)
    partners = centers + direction * (1.0 + off)[:, None]
    points = PointSet(np.vstack([centers, partners]), np.zeros(800, int), ("A",))
    counts, listed = counted(points, (1.0,))
    assert np.array_equal(counts[:400, 0, 0] - 1, (off < 0).astype(int))
    assert np.array_equal(counts, listed)


def test_the_number_of_threads_changes_no_count():
    rng = np.random.default_rng(8)
    points = PointSet(rng.random((60000, 3)) * 12.0, rng.integers(0, 3, 60000), ("A", "B", "C"))
    one, _ = counted(points, (0.5, 0.8), threads=1)
    three, _ = counted(points, (0.5, 0.8), threads=3)
    assert np.array_equal(one, three)


def test_smaller_radii_search_fewer_cells():
    rng = np.random.default_rng(9)
    points = PointSet(rng.random((5000, 3)) * 10.0, np.zeros(5000, int), ("A",))
    reach = build_reach(sphere_cell_list(points, 2.0), [0.5, 1.5, 2.0])
    assert reach.n_cells[0] == 27
    assert (np.diff(reach.n_cells) >= 0).all()


def plain_split(positions, members, n_per_block, blocks):
    """Halve recursively along the longest axis; ties by the next axes."""
    n_blocks = len(members) // n_per_block
    if n_blocks == 1:
        blocks.append(members)
        return
    extent = np.ptp(positions[members], axis=0)
    axis = int(np.argmax(extent))
    keys = [positions[members, (axis + turn) % 3] for turn in (2, 1, 0)]
    ordered = members[np.lexsort(keys)]
    half = n_blocks // 2 * n_per_block
    plain_split(positions, ordered[:half], n_per_block, blocks)
    plain_split(positions, ordered[half:], n_per_block, blocks)


@pytest.mark.parametrize("lattice", [False, True])
def test_blocks_are_those_of_a_plain_median_split(lattice):
    rng = np.random.default_rng(10)
    positions = rng.random((960, 3)) * [3.0, 2.0, 5.0]
    if lattice:
        positions = rng.permutation(np.array(list(itertools.product(range(8), range(10), range(12))), dtype=float))
    points = PointSet(positions, np.zeros(960, int), ("A",))
    wanted = []
    plain_split(positions, np.arange(960), 24, wanted)
    block = median_split(points, 24)
    assert {frozenset(members.tolist()) for members in wanted} == {
        frozenset(np.flatnonzero(block == number).tolist()) for number in range(40)
    }

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.order.local_entropy import cubes
from entrox.order.local_entropy.cubes import cube_grids, cube_shape, frame_of, occupied_cubes, origin_offsets
from entrox.order.point_set import PointSet


def cloud(n: int = 2000, box: float = 6.0, seed: int = 1, dtype: type = np.float32, **more: object) -> PointSet:
    rng = generator(seed)
    place = (rng.random((n, 3)) * box - 2.0).astype(dtype)
    return PointSet(place, rng.integers(0, 2, n), ("A", "B"), **more)  # type: ignore[arg-type]


def edges(size: float) -> np.ndarray:
    return np.full(3, size)


def test_cubes_of_the_first_origin_start_at_the_smallest_coordinates_in_float64() -> None:
    points = cloud()
    grid = cube_grids(frame_of(points), edges(0.7), origin_offsets(1))[0]
    stored = points.positions_nm.astype(np.float64)
    expected = np.floor((stored - stored.min(axis=0)) / 0.7).astype(int)
    number = occupied_cubes(points, grid)
    shape = grid.shape
    cells = (expected[:, 0] * shape[1] + expected[:, 1]) * shape[2] + expected[:, 2]
    assert (number.cells[number.cubes] == cells).all()
    assert len(number) == len(np.unique(cells))


def test_sparse_clouds_are_numbered_without_a_table_of_all_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    points = cloud()
    grid = cube_grids(frame_of(points), edges(0.5), origin_offsets(3))[2]
    dense = occupied_cubes(points, grid)
    monkeypatch.setattr(cubes, "DENSE_CELLS", 10)
    monkeypatch.setattr(PointSet, "__len__", lambda self: len(self.labels))
    small = cube_grids(frame_of(points), edges(0.2), origin_offsets(3))[2]
    sparse = occupied_cubes(points, small)
    assert small.shape.prod() > len(points)
    raw = sparse.cells[sparse.cubes]
    monkeypatch.setattr(cubes, "DENSE_CELLS", 10**7)
    again = occupied_cubes(points, small)
    assert (again.cells[again.cubes] == raw).all()
    assert len(dense) < len(sparse) == len(again)


def test_the_cells_of_shifted_grids_have_the_mean_length_of_the_others() -> None:
    frame = frame_of(cloud(20000, box=6.3))
    offsets = origin_offsets(64)
    grids = cube_grids(frame, edges(1.0), offsets)
    number = np.array([grid.last - grid.first + 1 for grid in grids])[1:].mean()
    assert number == pytest.approx(6.3, abs=0.12)
    assert (cube_grids(frame, edges(1.0), offsets[:1])[0].shape == 7).all()


def test_origins_spread_evenly() -> None:
    offsets = origin_offsets(512)
    assert (offsets[0] == 0).all()
    assert ((offsets >= 0) & (offsets < 1)).all()
    octants = np.unique((offsets * 2).astype(int) @ [4, 2, 1], return_counts=True)[1]
    assert len(octants) == 8
    assert octants == pytest.approx(np.full(8, 64), abs=10)


def test_periodic_cubes_fill_the_cell_and_no_point_is_lost_at_its_border() -> None:
    cell = np.diag([4.0, 4.0, 6.0])
    points = cloud(3000, box=6.0, dtype=np.float64, cell_nm=cell, pbc=(True, True, True))
    frame = frame_of(points)
    edge, size = cube_shape(frame, 0.9, (1, 1, 1))
    assert edge == pytest.approx([1.0, 1.0, 6.0 / 7])
    assert size == pytest.approx(np.cbrt(6.0 / 7))
    for grid in cube_grids(frame, edge, origin_offsets(4)):
        number = occupied_cubes(points, grid)
        assert len(number) <= 4 * 4 * 7
        moved = PointSet(
            points.positions_nm + cell[0] - 2 * cell[2], points.labels, points.species, None, cell, (True,) * 3
        )
        again = occupied_cubes(moved, type(grid)(frame, grid.start_nm, grid.edge_nm, grid.shape, grid.first, grid.last))
        assert (again.cells[again.cubes] == number.cells[number.cubes]).all()


def test_a_skew_cell_is_cut_along_its_vectors() -> None:
    cell = np.array([[4.0, 0.0, 0.0], [2.0, 3.0, 0.0], [0.0, 1.0, 5.0]])
    share = generator(3).random((4000, 3))
    points = PointSet(share @ cell, np.arange(4000) % 2, ("A", "B"), None, cell, (True, True, True))
    frame = frame_of(points)
    edge, size = cube_shape(frame, 1.0, (1, 1, 1))
    grid = cube_grids(frame, edge, origin_offsets(1))[0]
    number = occupied_cubes(points, grid)
    moved = (share - share.min(axis=0)) * grid.shape
    cells = np.floor(moved).astype(int) % grid.shape
    assert (
        number.cells[number.cubes] == (cells[:, 0] * grid.shape[1] + cells[:, 1]) * grid.shape[2] + cells[:, 2]
    ).all()
    assert size**3 * grid.shape.prod() == pytest.approx(abs(np.linalg.det(cell)))


def test_atoms_on_the_faces_of_a_periodic_crystal_all_count_into_the_upper_cube() -> None:
    place = np.stack(np.meshgrid(*[np.arange(10) * 0.36] * 3, indexing="ij"), -1).reshape(-1, 3)
    points = PointSet(place, np.arange(1000) % 2, ("A", "B"), None, np.eye(3) * 3.6, (True, True, True))
    frame = frame_of(points)
    grid = cube_grids(frame, cube_shape(frame, 0.72, (1, 1, 1))[0], origin_offsets(1))[0]
    assert (np.bincount(occupied_cubes(points, grid).cubes) == 8).all()


def test_cubes_longer_than_a_periodic_cell_are_refused() -> None:
    points = cloud(200, dtype=np.float64, cell_nm=np.eye(3) * 4.0, pbc=(True, False, False))
    with pytest.raises(InputError, match="longer than the periodic cell"):
        cube_shape(frame_of(points), 4.5, (1, 1, 1))
    assert cube_shape(frame_of(points), 4.5, (0.5, 1, 1))[0] == pytest.approx([2.0, 4.5, 4.5])

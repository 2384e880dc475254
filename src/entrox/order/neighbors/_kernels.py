"""Compiled kernels of neighbor search: arrays and scalars only.

A cell list holds the points sorted by cell, inside a cell by species. Counting first copies the candidates around one
cell into one row per species, relative to that cell and in float32; every center of the cell then runs over these rows
without a branch. Periodic images need no care there: the displacement between two cells is that of their numbers before
they are wrapped. Only pairs within rounding of a radius are decided in float64.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

ROUNDING_OK = {"reassoc", "contract", "nsz"}


class CellList(NamedTuple):
    """Points sorted by cell, then species.

    ``edges`` are the vectors of one cell as rows, ``inverse`` turns a position into cell numbers, which start at
    ``lower``. ``start`` has one entry per cell and species. ``order`` are the points in their sorted order, ``offset``
    their positions relative to the center of their cell, shape (3, n), float32.
    """

    edges: np.ndarray
    inverse: np.ndarray
    lower: np.ndarray
    shape: np.ndarray
    periodic: np.ndarray
    n_species: int
    start: np.ndarray
    order: np.ndarray
    offset: np.ndarray


class Reach(NamedTuple):
    """Cells around a cell within the largest radius, nearest first; radii ascending.

    ``step`` are the differences of cell numbers, ``shift`` the displacements (float32), ``n_cells`` how many of them
    each radius needs. Squared distances up to ``sure`` are inside, beyond ``unsure`` outside, float64 decides between.
    """

    step: np.ndarray
    shift: np.ndarray
    n_cells: np.ndarray
    sure: np.ndarray
    unsure: np.ndarray
    square: np.ndarray


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _cell_coordinate(position, axis, inverse, lower, shape, periodic):
    """Number of cells between the lower face and a position, inside [0, shape)."""
    place = (
        position[0] * inverse[0, axis] + position[1] * inverse[1, axis] + position[2] * inverse[2, axis] - lower[axis]
    )
    if periodic[axis]:
        place -= np.floor(place / shape[axis]) * shape[axis]
    return place


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _cell_number(place, size):
    """Cell of a coordinate; points on the upper face belong to the last cell."""
    return max(0, min(int(place), size - 1))


@njit(cache=True, nogil=True)
def sort_points(positions, labels, inverse, lower, edges, shape, periodic, n_species, order, offset):
    """Fill ``order`` and ``offset``; returns the start of every cell and species."""
    n = positions.shape[0]
    start = np.zeros(shape[0] * shape[1] * shape[2] * n_species + 1, dtype=np.int64)
    for point in range(n):
        start[_bin_of(positions[point], labels[point], inverse, lower, shape, periodic, n_species) + 1] += 1
    for k in range(1, start.shape[0]):
        start[k] += start[k - 1]
    for point in range(n):
        position = positions[point]
        x = _cell_coordinate(position, 0, inverse, lower, shape, periodic)
        y = _cell_coordinate(position, 1, inverse, lower, shape, periodic)
        z = _cell_coordinate(position, 2, inverse, lower, shape, periodic)
        i, j, k = _cell_number(x, shape[0]), _cell_number(y, shape[1]), _cell_number(z, shape[2])
        place = ((i * shape[1] + j) * shape[2] + k) * n_species + labels[point]
        row = start[place]
        start[place] += 1
        order[row] = point
        x, y, z = x - i - 0.5, y - j - 0.5, z - k - 0.5
        for axis in range(3):
            offset[axis, row] = x * edges[0, axis] + y * edges[1, axis] + z * edges[2, axis]
    for k in range(start.shape[0] - 1, 0, -1):
        start[k] = start[k - 1]
    start[0] = 0
    return start


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _bin_of(position, label, inverse, lower, shape, periodic, n_species):
    """Place of a point in the table of cells and species."""
    i = _cell_number(_cell_coordinate(position, 0, inverse, lower, shape, periodic), shape[0])
    j = _cell_number(_cell_coordinate(position, 1, inverse, lower, shape, periodic), shape[1])
    k = _cell_number(_cell_coordinate(position, 2, inverse, lower, shape, periodic), shape[2])
    return ((i * shape[1] + j) * shape[2] + k) * n_species + label


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _neighbor_cell(cells, i, j, k, step):
    """Number of the cell at a step from (i, j, k), wrapped where periodic; -1 outside an open face."""
    number = 0
    for axis in range(3):
        place = (i if axis == 0 else j if axis == 1 else k) + step[axis]
        size = cells.shape[axis]
        if cells.periodic[axis]:
            place %= size
        elif place < 0 or place >= size:
            return -1
        number = number * size + place
    return number


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _exact_square(cells, positions, a, b, dx, dy, dz):
    """Squared distance in float64 of the points ``a`` and ``b``, in the image next to the displacement d."""
    ux = np.float64(positions[b, 0]) - np.float64(positions[a, 0])
    uy = np.float64(positions[b, 1]) - np.float64(positions[a, 1])
    uz = np.float64(positions[b, 2]) - np.float64(positions[a, 2])
    mx, my, mz = dx - ux, dy - uy, dz - uz
    for axis in range(3):
        if cells.periodic[axis]:
            size = cells.shape[axis]
            images = np.rint(
                (mx * cells.inverse[0, axis] + my * cells.inverse[1, axis] + mz * cells.inverse[2, axis]) / size
            )
            ux += images * size * cells.edges[axis, 0]
            uy += images * size * cells.edges[axis, 1]
            uz += images * size * cells.edges[axis, 2]
    return ux * ux + uy * uy + uz * uz


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _copy_candidates(cells, reach, around, reached, seat, x, y, z):
    """Copy the points around one cell, one row per species; ``reached`` is how many each radius and species needs."""
    n_species = cells.n_species
    filled = np.zeros(n_species, dtype=np.int64)
    radius = 0
    n_radii = reach.n_cells.shape[0]
    for step in range(reach.step.shape[0] + 1):
        while radius < n_radii and reach.n_cells[radius] == step:
            for species in range(n_species):  # an array set to an array takes seconds more to compile
                reached[radius, species] = filled[species]
            radius += 1
        if step == reach.step.shape[0]:
            break
        other = around[step]
        if other < 0:
            continue
        sx, sy, sz = reach.shift[step, 0], reach.shift[step, 1], reach.shift[step, 2]
        for species in range(n_species):
            low, high = cells.start[other * n_species + species], cells.start[other * n_species + species + 1]
            row = filled[species]
            for point in range(low, high):
                x[species, row + point - low] = cells.offset[0, point] + sx
                y[species, row + point - low] = cells.offset[1, point] + sy
                z[species, row + point - low] = cells.offset[2, point] + sz
                seat[species, row + point - low] = point
            filled[species] = row + high - low
    return filled


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _most_candidates(cells, reach, cell, around):
    """Find the cells around one cell; returns the largest number of candidates of one species."""
    k = cell % cells.shape[2]
    j = cell // cells.shape[2] % cells.shape[1]
    i = cell // (cells.shape[1] * cells.shape[2])
    per_species = np.zeros(cells.n_species, dtype=np.int64)
    for step in range(reach.step.shape[0]):
        other = _neighbor_cell(cells, i, j, k, reach.step[step])
        around[step] = other
        if other >= 0:
            for species in range(cells.n_species):
                place = other * cells.n_species + species
                per_species[species] += cells.start[place + 1] - cells.start[place]
    most = 0
    for species in range(cells.n_species):
        most = max(most, per_species[species])
    return most


@njit(nogil=True, fastmath=ROUNDING_OK, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _squares(x, y, z, cx, cy, cz, n, out):
    """Squared distances of the first ``n`` candidates from a center, float32."""
    for row in range(n):
        dx, dy, dz = x[row] - cx, y[row] - cy, z[row] - cz
        out[row] = dx * dx + dy * dy + dz * dz


@njit(nogil=True, fastmath=ROUNDING_OK, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _count_up_to(squares, n, sure, unsure):
    """How many squared distances are at most ``sure`` and at most ``unsure``; float32 holds counts below 2^24."""
    inside, maybe = np.float32(0.0), np.float32(0.0)
    for row in range(n):
        inside += np.float32(1.0) if squares[row] <= sure else np.float32(0.0)
        maybe += np.float32(1.0) if squares[row] <= unsure else np.float32(0.0)
    return int(inside), int(maybe)


@njit(cache=True, nogil=True)
def count_spheres(cells, reach, positions, first, last, counts):
    """Count the points of each species within each radius of every point of the cells ``first`` ... ``last - 1``.

    ``counts`` has one row per center in sorted order, from the first point of cell ``first``: shape (centers, radii,
    species). The center itself is counted.
    """
    n_species = cells.n_species
    n_radii = reach.sure.shape[0]
    base = cells.start[first * n_species]
    capacity = 0
    x, y, z = np.empty((1, 0), np.float32), np.empty((1, 0), np.float32), np.empty((1, 0), np.float32)
    seat = np.empty((1, 0), np.int64)
    squares = np.empty(0, np.float32)
    around = np.empty(reach.step.shape[0], dtype=np.int64)
    reached = np.empty((n_radii, n_species), dtype=np.int64)
    for cell in range(first, last):
        if cells.start[cell * n_species] == cells.start[(cell + 1) * n_species]:
            continue
        most = _most_candidates(cells, reach, cell, around)
        if most > capacity:
            capacity = most + most // 2 + 16
            x, y = np.empty((n_species, capacity), np.float32), np.empty((n_species, capacity), np.float32)
            z, seat = np.empty((n_species, capacity), np.float32), np.empty((n_species, capacity), np.int64)
            squares = np.empty(capacity, np.float32)
        filled = _copy_candidates(cells, reach, around, reached, seat, x, y, z)
        for center in range(cells.start[cell * n_species], cells.start[(cell + 1) * n_species]):
            cx, cy, cz = cells.offset[0, center], cells.offset[1, center], cells.offset[2, center]
            for species in range(n_species):
                _squares(x[species], y[species], z[species], cx, cy, cz, filled[species], squares)
                for radius in range(n_radii):
                    n = reached[radius, species]
                    inside, maybe = _count_up_to(squares, n, reach.sure[radius], reach.unsure[radius])
                    if inside != maybe:
                        for row in range(n):
                            if reach.sure[radius] < squares[row] <= reach.unsure[radius]:
                                exact = _exact_square(
                                    cells, positions, cells.order[center], cells.order[seat[species, row]],
                                    x[species, row] - cx, y[species, row] - cy, z[species, row] - cz,
                                )  # fmt: skip
                                if exact <= reach.square[radius]:
                                    inside += 1
                    counts[center - base, radius, species] = inside


@njit(cache=True, nogil=True)
def list_neighbors(cells, reach, positions, events, first, last, start, neighbor, ring):
    """List the neighbors of every point of the cells ``first`` ... ``last - 1``, itself and its event left out.

    ``start`` (centers + 1) counts them where ``neighbor`` is empty; then call again with the room they need.
    ``neighbor`` are rows of the sorted points, ``ring`` the first radius that holds them. ``events`` are those of the
    sorted points, empty where there are none.
    """
    base = cells.start[first * cells.n_species]
    around = np.empty(reach.step.shape[0], dtype=np.int64)
    last_ring = reach.square.shape[0] - 1
    fill = neighbor.shape[0] > 0
    found = 0
    for cell in range(first, last):
        if cells.start[cell * cells.n_species] == cells.start[(cell + 1) * cells.n_species]:
            continue
        _most_candidates(cells, reach, cell, around)
        for center in range(cells.start[cell * cells.n_species], cells.start[(cell + 1) * cells.n_species]):
            start[center - base] = found
            for step in range(around.shape[0]):
                other = around[step]
                if other < 0:
                    continue
                still = reach.step[step, 0] == 0 and reach.step[step, 1] == 0 and reach.step[step, 2] == 0
                sx = reach.shift[step, 0] - cells.offset[0, center]
                sy = reach.shift[step, 1] - cells.offset[1, center]
                sz = reach.shift[step, 2] - cells.offset[2, center]
                for point in range(cells.start[other * cells.n_species], cells.start[(other + 1) * cells.n_species]):
                    dx, dy, dz = cells.offset[0, point] + sx, cells.offset[1, point] + sy, cells.offset[2, point] + sz
                    if dx * dx + dy * dy + dz * dz > reach.unsure[last_ring] or (still and point == center):
                        continue
                    if events.shape[0] > 0 and events[point] == events[center]:
                        continue
                    exact = _exact_square(cells, positions, cells.order[center], cells.order[point], dx, dy, dz)
                    if exact > reach.square[last_ring]:
                        continue
                    if fill:
                        number = 0
                        while exact > reach.square[number]:
                            number += 1
                        neighbor[found] = point
                        ring[found] = number
                    found += 1
    start[start.shape[0] - 1] = found


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _doubled(values):
    """Copy of an array with room for as much again; concatenation takes seconds to compile."""
    longer = np.empty(2 * values.shape[0], dtype=values.dtype)
    for item in range(values.shape[0]):
        longer[item] = values[item]
    return longer


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _ring_candidates(cells, positions, events, center, home, ring, kind, limit, slack, squares, points):
    """Exact squared distances up to ``limit`` of the points in the cells whose largest step is ``ring``."""
    found = 0
    step = np.empty(3, dtype=np.int64)
    loose = limit + (2.0 * np.sqrt(limit) + slack) * slack
    for a in range(-ring, ring + 1):
        for b in range(-ring, ring + 1):
            stride = 1 if max(abs(a), abs(b)) == ring else max(2 * ring, 1)
            for c in range(-ring, ring + 1, stride):
                step[0], step[1], step[2] = a, b, c
                other = _neighbor_cell(cells, home[0], home[1], home[2], step)
                if other < 0:
                    continue
                sx = a * cells.edges[0, 0] + b * cells.edges[1, 0] + c * cells.edges[2, 0] - cells.offset[0, center]
                sy = a * cells.edges[0, 1] + b * cells.edges[1, 1] + c * cells.edges[2, 1] - cells.offset[1, center]
                sz = a * cells.edges[0, 2] + b * cells.edges[1, 2] + c * cells.edges[2, 2] - cells.offset[2, center]
                low = cells.start[other * cells.n_species + max(kind, 0)]
                high = cells.start[other * cells.n_species + (kind + 1 if kind >= 0 else cells.n_species)]
                for point in range(low, high):
                    if point == center and a == 0 and b == 0 and c == 0:
                        continue
                    if events.shape[0] > 0 and events[point] == events[center]:
                        continue
                    dx, dy, dz = cells.offset[0, point] + sx, cells.offset[1, point] + sy, cells.offset[2, point] + sz
                    if dx * dx + dy * dy + dz * dz > loose:
                        continue
                    exact = _exact_square(cells, positions, cells.order[center], cells.order[point], dx, dy, dz)
                    if exact <= limit:
                        if found == squares.shape[0]:
                            squares, points = _doubled(squares), _doubled(points)
                        squares[found] = exact
                        points[found] = point
                        found += 1
    return found, squares, points


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _searched_distance(cells, heights, place, home, ring):
    """Distance within which no point can be missed after the cells up to ``ring``; infinite if all was searched."""
    safe = np.inf
    for axis in range(3):
        if cells.periodic[axis] or home[axis] - ring > 0:
            safe = min(safe, (place[axis] - home[axis] + ring) * heights[axis])
        if cells.periodic[axis] or home[axis] + ring < cells.shape[axis] - 1:
            safe = min(safe, (home[axis] + 1 + ring - place[axis]) * heights[axis])
    return safe


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _sort_by_square(squares, points, n):
    """Sort the first ``n`` squares and their points by heap: NumPy's sorts take ten seconds to compile."""
    for end in range(n // 2 + n - 1, 0, -1):
        # First the heap is built from its last parent to its root, then the largest goes to the end, n - 1 times.
        size = n if end >= n else end
        parent = end - n if end >= n else 0
        if end < n:
            squares[0], squares[end] = squares[end], squares[0]
            points[0], points[end] = points[end], points[0]
        square, point = squares[parent], points[parent]
        child = 2 * parent + 1
        while child < size:
            if child + 1 < size and squares[child] < squares[child + 1]:
                child += 1
            if squares[child] <= square:
                break
            squares[parent], points[parent] = squares[child], points[child]
            parent = child
            child = 2 * parent + 1
        squares[parent], points[parent] = square, point


@njit(cache=True, nogil=True)
def nearest_neighbors(cells, heights, positions, events, rows, k, kind, touching):
    """List the ``k`` nearest neighbors of each center, with all that are as far as the k-th, nearest first.

    ``rows`` are the centers as rows of the sorted points, ``kind`` the species looked for, -1 for all. Returns start,
    neighbor (rows) and distance. A center with fewer than ``k`` neighbors lists those there are.
    """
    size = 0.0
    for axis in range(3):
        for c in range(3):
            size += abs(cells.edges[axis, c])
    slack = 1e-6 * (1.0 + size)
    start = np.zeros(rows.shape[0] + 1, dtype=np.int64)
    neighbor = np.empty(rows.shape[0] * (k + 1) + 16, dtype=cells.order.dtype)
    distance = np.empty(neighbor.shape[0])
    squares, points = np.empty(64), np.empty(64, dtype=np.int64)
    held, held_points = np.empty(256), np.empty(256, dtype=np.int64)
    home, place = np.empty(3, dtype=np.int64), np.empty(3)
    total = 0
    for c in range(rows.shape[0]):
        center = rows[c]
        position = positions[cells.order[center]]
        for axis in range(3):
            place[axis] = _cell_coordinate(position, axis, cells.inverse, cells.lower, cells.shape, cells.periodic)
            home[axis] = _cell_number(place[axis], cells.shape[axis])
        n_held, ring, limit = 0, 0, np.inf
        while True:
            found, squares, points = _ring_candidates(
                cells, positions, events, center, home, ring, kind, limit, slack, squares, points
            )
            while n_held + found > held.shape[0]:
                held, held_points = _doubled(held), _doubled(held_points)
            for item in range(found):
                held[n_held + item] = squares[item]
                held_points[n_held + item] = points[item]
            n_held += found
            if n_held >= k:
                # Keep the k nearest and their ties; what comes later must be at least as near.
                _sort_by_square(held, held_points, n_held)
                limit = (np.sqrt(held[k - 1]) + touching) ** 2
                while held[n_held - 1] > limit:
                    n_held -= 1
            safe = _searched_distance(cells, heights, place, home, ring)
            if safe == np.inf or (n_held >= k and np.sqrt(limit) <= safe * (1.0 - 1e-9)):
                break
            ring += 1
        while total + n_held > neighbor.shape[0]:
            neighbor, distance = _doubled(neighbor), _doubled(distance)
        _sort_by_square(held, held_points, n_held)
        for item in range(n_held):
            neighbor[total + item] = held_points[item]
            distance[total + item] = np.sqrt(held[item])
        total += n_held
        start[c + 1] = total
    return start, neighbor[:total].copy(), distance[:total].copy()

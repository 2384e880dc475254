"""Compiled kernels of the entropy scan: arrays and scalars only.

Every relabeling has its own 64-bit seed and its own generator (splitmix64), so that neither the number of threads nor
the order of the work changes a number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)

SEQUENTIAL_TYPES = 32
"""Up to this many types, labels are drawn from the remaining counts; beyond, the types are shuffled."""


class Groups(NamedTuple):
    """Units that may trade labels, group by group.

    Group g holds the units ``unit_start[g]`` to ``unit_start[g+1]``, each of ``size[g]`` points. The points of its
    units stand one after the other in ``members`` from ``member_start[g]`` on; ``members`` is empty where one group
    holds all points in their order. A type is the labels of one unit: those of group g are the types
    ``type_start[g]`` to ``type_start[g+1]``, with ``type_count`` units each and labels from ``label_start[type]`` on.
    """

    unit_start: np.ndarray
    size: np.ndarray
    member_start: np.ndarray
    members: np.ndarray
    type_start: np.ndarray
    type_count: np.ndarray
    label_start: np.ndarray
    type_labels: np.ndarray


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _uniform(state):
    """Advance the generator and return a number in [0, 1)."""
    state[0] += _STEP
    mixed = state[0]
    mixed = (mixed ^ (mixed >> _S30)) * _MIX_A
    mixed = (mixed ^ (mixed >> _S27)) * _MIX_B
    mixed = mixed ^ (mixed >> _S31)
    return (mixed >> _S11) * (1.0 / 9007199254740992.0)


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _draw_points(counts, labels, state, out):
    """Label all points, each from what the points before it have left: a uniform draw of all arrangements."""
    n_types = counts.shape[0]
    bound = np.empty(max(n_types - 1, 0), dtype=np.int64)
    total = 0
    for t in range(n_types - 1):
        total += counts[t]
        bound[t] = total
    left = out.shape[0]
    for i in range(out.shape[0]):
        rank = np.int64(_uniform(state) * left)
        chosen = 0
        for t in range(n_types - 1):
            chosen += rank >= bound[t]
        for t in range(n_types - 1):
            bound[t] -= t >= chosen
        out[i] = labels[chosen]
        left -= 1


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _draw_types(counts, state, types):
    """Fill ``types`` with a uniform draw of all arrangements that hold ``counts[t]`` units of type t."""
    n_types, n_units = counts.shape[0], types.shape[0]
    if n_types <= SEQUENTIAL_TYPES:
        left = counts.copy()
        for i in range(n_units):
            rank = np.int64(_uniform(state) * (n_units - i))
            chosen = 0
            while rank >= left[chosen]:
                rank -= left[chosen]
                chosen += 1
            left[chosen] -= 1
            types[i] = chosen
        return
    place = 0
    for t in range(n_types):
        for _ in range(counts[t]):
            types[place] = t
            place += 1
    for i in range(n_units - 1, 0, -1):
        j = np.int64(_uniform(state) * (i + 1))
        types[i], types[j] = types[j], types[i]


@njit(cache=True, nogil=True)
def draw_labels(seed, groups, out):
    """Fill ``out`` with the labels of one relabeling."""
    state = np.empty(1, dtype=np.uint64)
    state[0] = seed
    if groups.members.shape[0] == 0:
        _draw_points(groups.type_count, groups.type_labels, state, out)
        return
    for g in range(groups.size.shape[0]):
        first_type = groups.type_start[g]
        types = np.empty(groups.unit_start[g + 1] - groups.unit_start[g], dtype=np.int32)
        _draw_types(groups.type_count[first_type : groups.type_start[g + 1]], state, types)
        size, place = groups.size[g], groups.member_start[g]
        for unit in range(types.shape[0]):
            start = groups.label_start[first_type + types[unit]]
            for k in range(size):
                out[groups.members[place]] = groups.type_labels[start + k]
                place += 1


TABLE = 65536
"""Length of the tables of n ln n and n G(n); beyond, they are computed."""

_CUT = 1e-22
"""A probability below this share of the sum so far no longer counts (a normal law is there beyond 9.9 SD)."""


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _x_log_x(n):
    return n * np.log(n) if n > 1 else 0.0


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _hypergeometric_mean(drawn, marked, total):
    """Mean of n ln n where n of ``drawn`` atoms are of a species with ``marked`` of ``total``; marked may be broken."""
    low = max(0, int(np.ceil(drawn - (total - marked) - 1e-9)))
    high = min(drawn, int(np.floor(marked + 1e-9)))
    mode = min(max(int((drawn + 1.0) * (marked + 1.0) / (total + 2.0)), low), high)
    weights, mean = 1.0, _x_log_x(mode)
    weight = 1.0
    for n in range(mode, high):
        weight *= (marked - n) * (drawn - n) / ((n + 1.0) * (total - marked - drawn + n + 1.0))
        weights += weight
        mean += weight * _x_log_x(n + 1)
        if weight < _CUT * weights:
            break
    weight = 1.0
    for n in range(mode, low, -1):
        weight *= n * (total - marked - drawn + n) / ((marked - n + 1.0) * (drawn - n + 1.0))
        weights += weight
        mean += weight * _x_log_x(n - 1)
        if weight < _CUT * weights:
            break
    return mean / weights


@njit(cache=True, nogil=True)
def hypergeometric_sums(drawn, marked, total):
    """Mean of n ln n for every number of drawn atoms and every species."""
    out = np.empty((drawn.shape[0], marked.shape[0]))
    for j in range(drawn.shape[0]):
        for i in range(marked.shape[0]):
            out[j, i] = _hypergeometric_mean(drawn[j], marked[i], total)
    return out


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _coordinate(positions, i, axis, matrix, skew):
    """Coordinate of a point along a grid axis [nm], in float64 of the stored values."""
    if not skew:
        return np.float64(positions[i, axis])
    value = 0.0
    for k in range(3):
        value += np.float64(positions[i, k]) * matrix[k, axis]
    return value


@njit(cache=True, nogil=True)
def extent(positions, matrix, skew):
    """Smallest and largest coordinate along each grid axis."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for i in range(positions.shape[0]):
        for axis in range(3):
            value = _coordinate(positions, i, axis, matrix, skew)
            low[axis] = min(low[axis], value)
            high[axis] = max(high[axis], value)
    return low, high


class GridArrays(NamedTuple):
    """A grid of cubes: its axes, where it starts, its edges, its cells per axis.

    Along open axes, cells before ``first`` and after ``last`` belong to these.
    """

    matrix: np.ndarray
    skew: bool
    start: np.ndarray
    edge: np.ndarray
    shape: np.ndarray
    periodic: np.ndarray
    first: np.ndarray
    last: np.ndarray


NUDGE = 1e-9
"""Periodic crystals have atoms on the faces of cubes; the nudge, in cubes, puts them all into the upper cube."""


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _place(positions, i, axis, grid):
    """Coordinate of a point along one axis in edges from the start of the grid, and the cell that it falls into."""
    value = (_coordinate(positions, i, axis, grid.matrix, grid.skew) - grid.start[axis]) / grid.edge[axis]
    if grid.periodic[axis]:
        return value, np.int64(np.floor(value + NUDGE))
    return value, min(max(np.int64(np.floor(value)), grid.first[axis]), grid.last[axis])


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _cell(positions, i, grid):
    """Number of the cell of a point."""
    cell = 0
    for axis in range(3):
        place = _place(positions, i, axis, grid)[1]
        cell = cell * grid.shape[axis] + (place % grid.shape[axis] if grid.periodic[axis] else place)
    return cell


@njit(cache=True, nogil=True)
def cells_of_points(positions, grid, out):
    """Cell number of every point."""
    for i in range(positions.shape[0]):
        out[i] = _cell(positions, i, grid)


@njit(cache=True, nogil=True)
def number_cubes(positions, grid, lookup, cubes, cells):
    """Number the occupied cells in the order in which the points touch them; ``lookup`` starts at -1 everywhere."""
    found = 0
    for i in range(positions.shape[0]):
        cell = _cell(positions, i, grid)
        number = lookup[cell]
        if number < 0:
            number = found
            lookup[cell] = found
            cells[found] = cell
            found += 1
        cubes[i] = number
    return found


@njit(cache=True, nogil=True)
def count_species(cubes, labels, counts):
    """Add the points to ``counts`` (cubes, species)."""
    for i in range(cubes.shape[0]):
        counts[cubes[i], labels[i]] += 1


@njit(cache=True, nogil=True)
def mean_places(positions, grid, cubes, cells, n_points):
    """Mean coordinate of the points of each cube along the grid axes [nm], periodic axes not folded."""
    places = np.zeros((cells.shape[0], 3))
    for i in range(positions.shape[0]):
        for axis in range(3):
            value, place = _place(positions, i, axis, grid)
            places[cubes[i], axis] += value - place
    for j in range(cells.shape[0]):
        rest = cells[j]
        for axis in range(2, -1, -1):
            corner = rest % grid.shape[axis]
            rest //= grid.shape[axis]
            places[j, axis] = grid.start[axis] + (corner + places[j, axis] / n_points[j]) * grid.edge[axis]
    return places


@njit(cache=True, nogil=True)
def cube_sums(counts, table, corrected_table):
    """Points and sum of n ln n of each cube; over all cubes, the sums of n G(n) and, by species, of n_i^2 / N."""
    n_cubes, n_species = counts.shape
    n_points = np.empty(n_cubes, dtype=np.int64)
    plain, corrected = np.empty(n_cubes), 0.0
    squares = np.zeros(n_species)
    for j in range(n_cubes):
        total, first, second = np.int64(0), 0.0, 0.0
        for i in range(n_species):
            n = counts[j, i]
            total += n
            if n < table.shape[0]:
                first += table[n]
                second += corrected_table[n]
            else:
                even = 2.0 * (n // 2)
                first += _x_log_x(n)
                # G(n) by its series; the next term is of order n^-4
                second += n * (np.log(even) + 1.0 / (6.0 * even * even))
        for i in range(n_species):
            squares[i] += np.float64(counts[j, i]) ** 2 / total
        n_points[j], plain[j] = total, first
        corrected += second
    return n_points, plain, corrected, squares


@njit(cache=True, nogil=True)
def add_rows(block, row, values, out):
    """Add row ``row[j]`` of ``values`` to row ``block[j]`` of ``out``."""
    for j in range(block.shape[0]):
        for k in range(values.shape[1]):
            out[block[j], k] += values[row[j], k]


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _sum_and_clear(counts, table):
    """Sum of n ln n over all counts, which are set back to zero."""
    even, odd = 0.0, 0.0
    length, limit = counts.shape[0], table.shape[0]
    for k in range(0, length - 1, 2):
        a, b = counts[k], counts[k + 1]
        even += table[a] if a < limit else _x_log_x(a)
        odd += table[b] if b < limit else _x_log_x(b)
        counts[k] = 0
        counts[k + 1] = 0
    if length % 2:
        a = counts[length - 1]
        even += table[a] if a < limit else _x_log_x(a)
        counts[length - 1] = 0
    return even + odd


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _sum_blocks_and_clear(counts, n_species, table, block, by_block):
    """As above, and add the sum of each cube to that of its block."""
    total = 0.0
    for j in range(block.shape[0]):
        part = 0.0
        for k in range(j * n_species, (j + 1) * n_species):
            n = counts[k]
            part += table[n] if n < table.shape[0] else _x_log_x(n)
            counts[k] = 0
        by_block[block[j]] += part
        total += part
    return total


@njit(cache=True, nogil=True)
def relabeled_sums(seeds, groups, cells, n_cells, n_species, table, labels, counts, blocks, by_block, out):
    """Sum of n ln n over cubes for every relabeling and grid.

    ``cells`` holds, grid by grid, the cube number of each point times the number of species; ``n_cells`` the number of
    cubes times that of species. ``labels`` and ``counts`` are working space, ``counts`` all zero. Where ``by_block``
    has rows, the sums of the cubes are also added up over relabelings in the blocks of ``blocks``.
    """
    for b in range(seeds.shape[0]):
        draw_labels(seeds[b], groups, labels)
        for g in range(cells.shape[0]):
            row = cells[g]
            for i in range(labels.shape[0]):
                counts[row[i] + labels[i]] += 1
            if by_block.shape[0] > 0:
                n_cubes = n_cells[g] // n_species
                out[b, g] = _sum_blocks_and_clear(counts, n_species, table, blocks[g, :n_cubes], by_block[g])
            else:
                out[b, g] = _sum_and_clear(counts[: n_cells[g]], table)


@njit(cache=True, nogil=True)
def area_entropies(counts, x_log_x, digamma, x_grassberger, n_points, entropy, corrected):
    """Plug-in and Grassberger entropy of areas from counts (areas, radii, species), by tables over whole numbers."""
    for area in range(counts.shape[0]):
        for radius in range(counts.shape[1]):
            n, plain, better = 0, 0.0, 0.0
            for species in range(counts.shape[2]):
                count = counts[area, radius, species]
                n += count
                plain += x_log_x[count]
                better += x_grassberger[count]
            n_points[area, radius] = n
            if n > 0:
                entropy[area, radius] = (x_log_x[n] - plain) / n
                corrected[area, radius] = digamma[n] - better / n
            else:
                entropy[area, radius] = np.nan
                corrected[area, radius] = np.nan

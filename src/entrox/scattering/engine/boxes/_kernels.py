"""Compiled kernels of the padded box: atoms in and out, and the bins of the distances to the neighbors."""

# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls, disable-error-code="call-overload"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

FAR_AWAY = 1.0e6


class PairRules(NamedTuple):
    """How a pair enters the histogram.

    ``inverse_step`` of the bins; ``last`` is the bin of all that lies beyond the table. Bins 0 and ``last`` are not
    data. With ``total`` a pair adds 2 b_i b_j to the one channel; else one to the channel that starts at
    ``base[i, j]``. ``active`` is False without data.
    """

    inverse_step: float
    last: int
    total: bool
    active: bool
    lengths: np.ndarray
    base: np.ndarray


@njit(cache=True, nogil=True, _nrt=False)
def write_place(box, place, x, y, z, weight, species, atom):
    """Fill a place inside the box and its images."""
    n0, n1, n2, g0, g1, g2 = box.shape[0], box.shape[1], box.shape[2], box.shape[3], box.shape[4], box.shape[5]
    slots = box.shape[6]
    p0, p1, p2 = n0 + 2 * g0, n1 + 2 * g1, n2 + 2 * g2
    slot = place % slots
    rest = place // slots
    c2 = rest % p2
    c1 = (rest // p2) % p1
    c0 = rest // (p2 * p1)
    for m0 in range(-(c0 // n0), (p0 - 1 - c0) // n0 + 1):
        for m1 in range(-(c1 // n1), (p1 - 1 - c1) // n1 + 1):
            for m2 in range(-(c2 // n2), (p2 - 1 - c2) // n2 + 1):
                at = (((c0 + m0 * n0) * p1 + c1 + m1 * n1) * p2 + c2 + m2 * n2) * slots + slot
                if atom < 0:
                    box.x[at] = FAR_AWAY
                    box.y[at] = FAR_AWAY
                    box.z[at] = FAR_AWAY
                else:
                    box.x[at] = x + (m0 * box.cell[0, 0] + m1 * box.cell[1, 0] + m2 * box.cell[2, 0])
                    box.y[at] = y + (m0 * box.cell[0, 1] + m1 * box.cell[1, 1] + m2 * box.cell[2, 1])
                    box.z[at] = z + (m0 * box.cell[0, 2] + m1 * box.cell[1, 2] + m2 * box.cell[2, 2])
                box.weight[at] = weight
                box.species[at] = species
                box.atom[at] = atom


@njit(cache=True, nogil=True, _nrt=False)
def _cell_along(box, axis, x, y, z):
    """Cell number on the padded grid along an axis, and the box vectors to take off."""
    part = x * box.inverse[0, axis] + y * box.inverse[1, axis] + z * box.inverse[2, axis]
    turns = np.floor(part)
    number = min(int((part - turns) * box.shape[axis]), box.shape[axis] - 1)
    return number + box.shape[3 + axis], int(turns)


@njit(cache=True, nogil=True, _nrt=False)
def cell_of(box, x, y, z):
    """First place of the cell of a position, and the box vectors to take off (boxes whose atoms change cells)."""
    place0, turns0 = _cell_along(box, 0, x, y, z)
    place1, turns1 = _cell_along(box, 1, x, y, z)
    place2, turns2 = _cell_along(box, 2, x, y, z)
    place = place0 * (box.shape[1] + 2 * box.shape[4]) + place1
    place = place * (box.shape[2] + 2 * box.shape[5]) + place2
    return place * box.shape[6], (turns0, turns1, turns2)


@njit(cache=True, nogil=True, _nrt=False)
def free_place(box, atom, x, y, z):
    """Return a free place in the cell of a position, or that of the atom if it stays; -1 if the cell is full."""
    if box.shape[7] == 0:
        return box.home[atom]
    first, _ = cell_of(box, x, y, z)
    slots = box.shape[6]
    if box.home[atom] >= 0 and (box.home[atom] // slots) * slots == first:
        return box.home[atom]
    for slot in range(slots):
        if box.atom[first + slot] < 0:
            return first + slot
    return -1


@njit(cache=True, nogil=True, _nrt=False)
def remove_atom(box, atom):
    """Take an atom out of the box; its home is kept."""
    write_place(box, box.home[atom], 0.0, 0.0, 0.0, 0.0, 0, -1)


@njit(cache=True, nogil=True, _nrt=False)
def insert_atom(box, atom, x, y, z, weight, species):
    """Put an atom that is not in the box at a position; False if its cell is full."""
    place = free_place(box, atom, x, y, z)
    if place < 0:
        return False
    if box.shape[7] == 1:
        _, wrap = cell_of(box, x, y, z)
        box.wrap[atom, 0] = wrap[0]
        box.wrap[atom, 1] = wrap[1]
        box.wrap[atom, 2] = wrap[2]
        box.home[atom] = place
    hx, hy, hz = at_home(box, atom, x, y, z)
    write_place(box, place, hx, hy, hz, weight, species, atom)
    return True


@njit(cache=True, nogil=True, _nrt=False)
def at_home(box, atom, x, y, z):
    """Position in the frame of the home cell."""
    w0, w1, w2 = box.wrap[atom, 0], box.wrap[atom, 1], box.wrap[atom, 2]
    return (
        x - (w0 * box.cell[0, 0] + w1 * box.cell[1, 0] + w2 * box.cell[2, 0]),
        y - (w0 * box.cell[0, 1] + w1 * box.cell[1, 1] + w2 * box.cell[2, 1]),
        z - (w0 * box.cell[0, 2] + w1 * box.cell[1, 2] + w2 * box.cell[2, 2]),
    )


@njit(cache=True, nogil=True, _nrt=False)
def fill_box(box, positions, species, lengths):
    """Insert all atoms; False if a cell is full."""
    for atom in range(len(positions)):
        s = species[atom]
        if not insert_atom(box, atom, positions[atom, 0], positions[atom, 1], positions[atom, 2], lengths[s], s):
            return False
    return True


@njit(cache=True, nogil=True, _nrt=False)
def neighbor_bins(box, runs, atom, old, new, rules, old_bins, new_bins):
    """Bins of the distances from two positions (home frame) of an atom to its neighbors; itself falls out."""
    slots = box.shape[6]
    base = (box.home[atom] // slots) * slots
    kind = box.kind[atom]
    inverse, last = rules.inverse_step, float(rules.last)
    ox, oy, oz = old
    nx, ny, nz = new
    at = 0
    for run in range(runs.number[kind]):
        first = base + runs.start[kind, run]
        length = runs.length[kind, run]
        x, y, z = box.x[first : first + length], box.y[first : first + length], box.z[first : first + length]
        old_part, new_part = old_bins[at : at + length], new_bins[at : at + length]
        for j in range(length):
            ax, ay, az = x[j] - ox, y[j] - oy, z[j] - oz
            bx, by, bz = x[j] - nx, y[j] - ny, z[j] - nz
            old_part[j] = np.uint16(min(np.sqrt(ax * ax + ay * ay + az * az) * inverse + 0.5, last))
            new_part[j] = np.uint16(min(np.sqrt(bx * bx + by * by + bz * bz) * inverse + 0.5, last))
        at += length
    own = runs.self_at[kind] + box.home[atom] - base
    old_bins[own] = 0
    new_bins[own] = 0


@njit(cache=True, nogil=True, _nrt=False)
def histogram_change(box, runs, atom, species, old, new, rules, old_bins, new_bins, change):
    """Change of the histogram as an atom goes from one position (home frame) to another."""
    change[:] = 0.0
    neighbor_bins(box, runs, atom, old, new, rules, old_bins, new_bins)
    slots = box.shape[6]
    base = (box.home[atom] // slots) * slots
    kind = box.kind[atom]
    at = 0
    for run in range(runs.number[kind]):
        first = base + runs.start[kind, run]
        length = runs.length[kind, run]
        if rules.total:
            weight = box.weight[first : first + length]
            for j in range(length):
                # Unsigned numbers: a signed index would be tested for counting from the end.
                change[np.uintp(new_bins[at + j])] += weight[j]
                change[np.uintp(old_bins[at + j])] -= weight[j]
        else:
            for j in range(length):
                if box.atom[first + j] >= 0:
                    channel = rules.base[species, box.species[first + j]]
                    change[channel + new_bins[at + j]] += 1.0
                    change[channel + old_bins[at + j]] -= 1.0
        at += length
    if rules.total:
        for k in range(len(change)):
            change[k] *= 2.0 * rules.lengths[species]
    clear_rest(rules, change)


@njit(cache=True, nogil=True, _nrt=False)
def clear_rest(rules, histogram):
    """Empty the bins that are not data."""
    width = rules.last + 1
    for channel in range(len(histogram) // width):
        histogram[channel * width] = 0.0
        histogram[channel * width + rules.last] = 0.0


@njit(cache=True, nogil=True, _nrt=False)
def add_neighbors(box, runs, atom, species, here, rules, sign, bins, spare, histogram):
    """Add (or take off) the pairs of one atom at a position (home frame)."""
    neighbor_bins(box, runs, atom, here, here, rules, bins, spare)
    slots = box.shape[6]
    base = (box.home[atom] // slots) * slots
    kind = box.kind[atom]
    at = 0
    for run in range(runs.number[kind]):
        first = base + runs.start[kind, run]
        for j in range(runs.length[kind, run]):
            if box.atom[first + j] >= 0:
                if rules.total:
                    histogram[bins[at]] += sign * 2.0 * rules.lengths[species] * box.weight[first + j]
                else:
                    histogram[rules.base[species, box.species[first + j]] + bins[at]] += sign
            at += 1


@njit(cache=True, nogil=True)
def whole_histogram(box, runs, positions, species, rules, size):
    """Histogram of all pairs."""
    histogram = np.zeros(size)
    most = runs.total.max()
    bins, spare = np.empty(most, dtype=np.uint16), np.empty(most, dtype=np.uint16)
    for atom in range(len(positions)):
        here = at_home(box, atom, positions[atom, 0], positions[atom, 1], positions[atom, 2])
        add_neighbors(box, runs, atom, species[atom], here, rules, 0.5, bins, spare, histogram)
    clear_rest(rules, histogram)
    return histogram


@njit(cache=True, nogil=True, _nrt=False)
def pair_bin(box, first, second, rules):
    """Bin of the distance of two positions to the nearest image."""
    d0, d1, d2 = second[0] - first[0], second[1] - first[1], second[2] - first[2]
    n0 = np.rint(d0 * box.inverse[0, 0] + d1 * box.inverse[1, 0] + d2 * box.inverse[2, 0])
    n1 = np.rint(d0 * box.inverse[0, 1] + d1 * box.inverse[1, 1] + d2 * box.inverse[2, 1])
    n2 = np.rint(d0 * box.inverse[0, 2] + d1 * box.inverse[1, 2] + d2 * box.inverse[2, 2])
    d0 -= n0 * box.cell[0, 0] + n1 * box.cell[1, 0] + n2 * box.cell[2, 0]
    d1 -= n0 * box.cell[0, 1] + n1 * box.cell[1, 1] + n2 * box.cell[2, 1]
    d2 -= n0 * box.cell[0, 2] + n1 * box.cell[1, 2] + n2 * box.cell[2, 2]
    return int(min(np.sqrt(d0 * d0 + d1 * d1 + d2 * d2) * rules.inverse_step + 0.5, float(rules.last)))


@njit(cache=True, nogil=True, _nrt=False)
def replace_atom(box, positions, species, atom, new_species, x, y, z, lengths):
    """Make an atom another species at a position for which there is a free place."""
    place = free_place(box, atom, x, y, z)
    remove_atom(box, atom)
    if place != box.home[atom]:
        box.home[atom] = -1
    species[atom] = new_species
    positions[atom, 0] = x
    positions[atom, 1] = y
    positions[atom, 2] = z
    insert_atom(box, atom, x, y, z, lengths[new_species], new_species)

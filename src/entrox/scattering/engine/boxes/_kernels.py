"""Compiled kernels of the padded box: atoms in and out, and the bins of the distances to the neighbors."""

# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls, disable-error-code="call-overload"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

FAR_AWAY = 1.0e6
UNITS_PER_ANGSTROM = 2.0**24
"""Of the short coordinates, which count around: two of them differ by less than 128 angstrom either way."""
SPARE_BINS = 128
"""Bins beyond the table in which far neighbors are counted; many, so that one sum need not wait for the other."""


class PairRules(NamedTuple):
    """How a pair enters the histogram.

    ``inverse_step`` of the bins; from ``last`` on they lie beyond the table, up to ``stride`` of them. Bins 0 and
    ``last`` are not data. ``blur`` is more than the error of a distance from short coordinates, in bins. With ``total``
    a pair adds 2 b_i b_j to the one channel; else one to the channel that starts at ``base[i, j]``. ``active`` is False
    without data.
    """

    inverse_step: float
    last: int
    stride: int
    total: bool
    active: bool
    blur: float
    lengths: np.ndarray
    base: np.ndarray


class Desk(NamedTuple):
    """Room for the work of one thread.

    ``old`` and ``new`` bins of a run; ``counts`` of neighbors, ``stride`` bins for empty places and for each species;
    ``vector`` of the reduced space.
    """

    old: np.ndarray
    new: np.ndarray
    counts: np.ndarray
    vector: np.ndarray


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def short_coordinate(x):
    """Coordinate in short units, around the circle of 256 angstrom."""
    return np.int32(np.int64(np.rint(x * UNITS_PER_ANGSTROM)))


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def write_place(box, place, x, y, z, species, atom, whole):
    """Fill a place inside the box and its images; the coordinates alone unless ``whole``."""
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
                ix, iy, iz = FAR_AWAY, FAR_AWAY, FAR_AWAY
                if atom >= 0:
                    ix = x + (m0 * box.cell[0, 0] + m1 * box.cell[1, 0] + m2 * box.cell[2, 0])
                    iy = y + (m0 * box.cell[0, 1] + m1 * box.cell[1, 1] + m2 * box.cell[2, 1])
                    iz = z + (m0 * box.cell[0, 2] + m1 * box.cell[1, 2] + m2 * box.cell[2, 2])
                box.x[at], box.y[at], box.z[at] = ix, iy, iz
                box.short[0, at] = short_coordinate(ix)
                box.short[1, at] = short_coordinate(iy)
                box.short[2, at] = short_coordinate(iz)
                if whole:
                    box.species[at] = species
                    box.atom[at] = atom
                    box.row[at] = species + 1 if atom >= 0 else 0


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def cell_of(box, x, y, z):
    """First place of the cell of a position, and the box vectors to take off (boxes whose atoms change cells)."""
    place = 0
    turns0, turns1, turns2 = 0, 0, 0
    for axis in range(3):
        part = x * box.inverse[0, axis] + y * box.inverse[1, axis] + z * box.inverse[2, axis]
        turns = np.floor(part)
        number = min(int((part - turns) * box.shape[axis]), box.shape[axis] - 1)
        place = place * (box.shape[axis] + 2 * box.shape[3 + axis]) + number + box.shape[3 + axis]
        turns0, turns1, turns2 = turns1, turns2, int(turns)
    return place * box.shape[6], (turns0, turns1, turns2)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
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


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def insert_atom(box, atom, x, y, z, species):
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
    write_place(box, place, hx, hy, hz, species, atom, True)
    return True


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def at_home(box, atom, x, y, z):
    """Position in the frame of the home cell."""
    w0, w1, w2 = box.wrap[atom, 0], box.wrap[atom, 1], box.wrap[atom, 2]
    return (
        x - (w0 * box.cell[0, 0] + w1 * box.cell[1, 0] + w2 * box.cell[2, 0]),
        y - (w0 * box.cell[0, 1] + w1 * box.cell[1, 1] + w2 * box.cell[2, 1]),
        z - (w0 * box.cell[0, 2] + w1 * box.cell[1, 2] + w2 * box.cell[2, 2]),
    )


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def fill_box(box, positions, species):
    """Insert all atoms; False if a cell is full."""
    for atom in range(len(positions)):
        if not insert_atom(box, atom, positions[atom, 0], positions[atom, 1], positions[atom, 2], species[atom]):
            return False
    return True


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def bin_of(dx, dy, dz, rules):
    """Bin of a distance."""
    return int(min(np.sqrt(dx * dx + dy * dy + dz * dz) * rules.inverse_step + 0.5, rules.stride - 0.5))


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def count_neighbors(box, runs, atom, here, sign, rules, desk):
    """Add a sign for every neighbor of a position (home frame) of an atom, by species and bin; itself falls out."""
    x, y, z = here
    base = (box.home[atom] // box.shape[6]) * box.shape[6]
    kind = box.kind[atom]
    for run in range(runs.number[kind]):
        length = runs.length[kind, run]
        first = np.uintp(base + runs.start[kind, run])
        run_bins(box, first, length, x, y, z, rules, desk.old)
        for j in range(length):
            desk.counts[np.uintp(desk.old[np.uintp(j)])] += sign
    desk.counts[own_bin(box, atom, x, y, z, rules)] -= sign


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def run_bins(box, first, length, x, y, z, rules, bins):
    """Places in the counts of the neighbors of a run."""
    at_x, at_y, at_z, row = box.x, box.y, box.z, box.row
    scale, top, stride = rules.inverse_step, rules.stride - 0.5, np.int32(rules.stride)
    for j in range(length):
        # Unsigned numbers: a signed index would be tested for counting from the end.
        place = first + np.uintp(j)
        dx, dy, dz = at_x[place] - x, at_y[place] - y, at_z[place] - z
        bin_number = np.int32(min(np.sqrt(dx * dx + dy * dy + dz * dz) * scale + 0.5, top))
        bins[np.uintp(j)] = bin_number + np.int32(row[place] * stride)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def own_bin(box, atom, x, y, z, rules):
    """Place in the counts of an atom itself, still at home, as a neighbor of a position."""
    home = box.home[atom]
    own = bin_of(box.x[home] - x, box.y[home] - y, box.z[home] - z, rules)
    return box.row[home] * rules.stride + own


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def count_step(box, runs, atom, old, new, rules, desk):
    """Count the neighbors of the new position of an atom (home frame) and take off those of the old one.

    The bins come from short coordinates in single precision, unless a distance of the run is so near to the end of a
    bin that they could mistake it: then from the exact ones.
    """
    x, y, z = box.short[0], box.short[1], box.short[2]
    ox, oy, oz = short_coordinate(old[0]), short_coordinate(old[1]), short_coordinate(old[2])
    nx, ny, nz = short_coordinate(new[0]), short_coordinate(new[1]), short_coordinate(new[2])
    scale = np.float32(rules.inverse_step / UNITS_PER_ANGSTROM)
    low, high, top = np.float32(0.5 - rules.blur), np.float32(0.5 + rules.blur), np.float32(rules.stride - 0.5)
    row, stride, old_bins, new_bins, counts = box.row, np.int32(rules.stride), desk.old, desk.new, desk.counts
    base = (box.home[atom] // box.shape[6]) * box.shape[6]
    kind = box.kind[atom]
    for run in range(runs.number[kind]):
        length = runs.length[kind, run]
        first = np.uintp(base + runs.start[kind, run])
        doubt = np.int32(0)
        for j in range(length):
            place = first + np.uintp(j)
            px, py, pz = x[place], y[place], z[place]
            dx, dy, dz = np.float32(np.int32(px - ox)), np.float32(np.int32(py - oy)), np.float32(np.int32(pz - oz))
            distance = np.sqrt(dx * dx + dy * dy + dz * dz) * scale
            old_bin, other = np.int32(min(distance + low, top)), np.int32(min(distance + high, top))
            doubt = np.int32(doubt | np.int32(old_bin ^ other))
            dx, dy, dz = np.float32(np.int32(px - nx)), np.float32(np.int32(py - ny)), np.float32(np.int32(pz - nz))
            distance = np.sqrt(dx * dx + dy * dy + dz * dz) * scale
            new_bin, other = np.int32(min(distance + low, top)), np.int32(min(distance + high, top))
            doubt = np.int32(doubt | np.int32(new_bin ^ other))
            channel = np.int32(row[place] * stride)
            old_bins[np.uintp(j)] = np.int32(old_bin + channel)
            new_bins[np.uintp(j)] = np.int32(new_bin + channel)
        if doubt != 0:
            run_bins(box, first, length, old[0], old[1], old[2], rules, old_bins)
            run_bins(box, first, length, new[0], new[1], new[2], rules, new_bins)
        for j in range(length):
            counts[np.uintp(new_bins[np.uintp(j)])] += 1
            counts[np.uintp(old_bins[np.uintp(j)])] -= 1
    counts[own_bin(box, atom, old[0], old[1], old[2], rules)] += 1
    counts[own_bin(box, atom, new[0], new[1], new[2], rules)] -= 1


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def empty_counts(rules, species, desk, change):
    """Add the counts of an atom to a change of the histogram; they are left at zero."""
    for other in range(len(rules.lengths)):
        weight, channel = 1.0, rules.base[species, other]
        if rules.total:
            weight, channel = 2.0 * rules.lengths[species] * rules.lengths[other], 0
        start = (other + 1) * rules.stride
        counts = desk.counts[start : start + rules.last]
        part = change[channel : channel + rules.last]
        for k in range(1, rules.last):
            part[k] += weight * counts[k]
            counts[k] = 0


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def histogram_change(box, runs, atom, species, old, new, rules, desk, change):
    """Change of the histogram as an atom goes from one position (home frame) to another."""
    for k in range(len(change)):
        change[k] = 0.0
    count_step(box, runs, atom, old, new, rules, desk)
    empty_counts(rules, species, desk, change)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def add_neighbors(box, runs, atom, species, here, sign, rules, desk, change):
    """Add (or take off) the pairs of one atom at a position (home frame)."""
    count_neighbors(box, runs, atom, here, sign, rules, desk)
    empty_counts(rules, species, desk, change)


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def whole_histogram(box, runs, positions, species, rules, desk, histogram):
    """Add twice all pairs to a histogram."""
    # Element by element: the sums are whole numbers until the last step.
    for own in range(len(rules.lengths)):
        for atom in range(len(positions)):
            if species[atom] == own:
                here = at_home(box, atom, positions[atom, 0], positions[atom, 1], positions[atom, 2])
                count_neighbors(box, runs, atom, here, 1, rules, desk)
        empty_counts(rules, own, desk, histogram)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def pair_bin(box, first, second, rules):
    """Bin of the distance of two positions to the nearest image."""
    d0, d1, d2 = second[0] - first[0], second[1] - first[1], second[2] - first[2]
    n0 = np.rint(d0 * box.inverse[0, 0] + d1 * box.inverse[1, 0] + d2 * box.inverse[2, 0])
    n1 = np.rint(d0 * box.inverse[0, 1] + d1 * box.inverse[1, 1] + d2 * box.inverse[2, 1])
    n2 = np.rint(d0 * box.inverse[0, 2] + d1 * box.inverse[1, 2] + d2 * box.inverse[2, 2])
    d0 -= n0 * box.cell[0, 0] + n1 * box.cell[1, 0] + n2 * box.cell[2, 0]
    d1 -= n0 * box.cell[0, 1] + n1 * box.cell[1, 1] + n2 * box.cell[2, 1]
    d2 -= n0 * box.cell[0, 2] + n1 * box.cell[1, 2] + n2 * box.cell[2, 2]
    return bin_of(d0, d1, d2, rules)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def replace_atom(box, positions, species, atom, new_species, x, y, z):
    """Make an atom another species at a position for which there is a free place."""
    place = free_place(box, atom, x, y, z)
    stays = place == box.home[atom]
    if not stays:
        write_place(box, box.home[atom], 0.0, 0.0, 0.0, np.int64(0), np.int64(-1), True)
        box.home[atom] = -1
    # Atoms that change cells may come back to their cell from the other side.
    whole = box.shape[7] == 1 or species[atom] != new_species
    species[atom] = new_species
    positions[atom, 0] = x
    positions[atom, 1] = y
    positions[atom, 2] = z
    if whole:
        insert_atom(box, atom, x, y, z, new_species)
    else:
        hx, hy, hz = at_home(box, atom, x, y, z)
        write_place(box, place, hx, hy, hz, new_species, atom, False)


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def restore_places(box, positions, species, home, order):
    """Insert all atoms on the places they had, in the order of the places."""
    slots = box.shape[6]
    for atom in order:
        # A place below that is still empty would be taken: it is blocked while the atom goes in.
        first = (home[atom] // slots) * slots
        for place in range(first, home[atom]):
            if box.atom[place] < 0:
                box.atom[place] = len(home)
        insert_atom(box, atom, positions[atom, 0], positions[atom, 1], positions[atom, 2], species[atom])
        for place in range(first, home[atom]):
            if box.atom[place] == len(home):
                box.atom[place] = -1

"""Compiled kernels of the padded box: atoms in and out, and the bins of the distances to the neighbors."""

# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls, disable-error-code="call-overload"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from entrox.core.prefetch._kernels import prefetch

FAR_AWAY = 1.0e6
GRAINS_PER_ANGSTROM = 2.0**36
"""Of which positions are whole multiples."""
UNITS_PER_ANGSTROM = 2.0**24
"""Units in which distances are counted. Of 32 bits, positions in units go around a circle of 256 angstrom, on which two
neighbors differ by less than 128 either way."""
LINE_OF_CACHE = 16
"""Numbers of 32 bits that memory brings at once."""
RUNS_AHEAD = 2
"""How far ahead of its use the memory of a run is asked for."""
SPARE_BINS = 128
"""Bins beyond the table in which far neighbors are counted; many, so that one sum need not wait for the other."""


class PairRules(NamedTuple):
    """How a pair enters the histogram.

    ``bins_per_unit`` turns a distance into a bin; from ``last`` on they lie beyond the table, up to ``stride`` of
    them. Bins 0 and ``last`` are not data. With ``total`` a pair adds 2 b_i b_j to the one channel; else one to the
    channel that starts at ``base[i, j]``. ``active`` is False without data.
    """

    bins_per_unit: float
    last: int
    stride: int
    total: bool
    active: bool
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
def units(x):
    """Coordinate in units."""
    return np.int64(np.rint(x * UNITS_PER_ANGSTROM))


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def units_at_home(box, atom, x, y, z):
    """Position in units in the frame of the home cell, made from the position as it is: the same in any frame."""
    w0, w1, w2 = box.wrap[atom, 0], box.wrap[atom, 1], box.wrap[atom, 2]
    cell = box.cell_units
    return (
        np.int32(units(x) - (w0 * cell[0, 0] + w1 * cell[1, 0] + w2 * cell[2, 0])),
        np.int32(units(y) - (w0 * cell[0, 1] + w1 * cell[1, 1] + w2 * cell[2, 1])),
        np.int32(units(z) - (w0 * cell[0, 2] + w1 * cell[1, 2] + w2 * cell[2, 2])),
    )


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def write_place(box, place, here, in_units, species, atom, whole):
    """Fill a place inside the box and its images; the coordinates alone unless ``whole``."""
    x, y, z = here
    ux, uy, uz = in_units
    cell = box.cell_units
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
                box.units[0, at] = np.int32(ux + (m0 * cell[0, 0] + m1 * cell[1, 0] + m2 * cell[2, 0]))
                box.units[1, at] = np.int32(uy + (m0 * cell[0, 1] + m1 * cell[1, 1] + m2 * cell[2, 1]))
                box.units[2, at] = np.int32(uz + (m0 * cell[0, 2] + m1 * cell[1, 2] + m2 * cell[2, 2]))
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
    write_place(box, place, at_home(box, atom, x, y, z), units_at_home(box, atom, x, y, z), species, atom, True)
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
    """Bin of a difference of positions [units].

    In single precision, which moves the edges of the bins by 1e-4 of their width. It is one function of three whole
    numbers, the same from either end of a pair and from every image: a pair leaves the bin into which it was counted.
    """
    x, y, z = np.float32(np.int32(dx)), np.float32(np.int32(dy)), np.float32(np.int32(dz))
    scaled = np.sqrt(x * x + y * y + z * z) * np.float32(rules.bins_per_unit) + np.float32(0.5)
    return np.int32(min(scaled, np.float32(rules.stride - 0.5)))


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def row_of_runs(box, runs, atom, here):
    """Row of the runs around an atom at a position (home units): the nearer to its site, the shorter they are."""
    kinds = len(runs.number) // len(box.margin)
    # Differences of whole units: on their circle they are right in boxes of any length.
    dx = np.int32(here[0] - units(box.site[atom, 0])) / UNITS_PER_ANGSTROM
    dy = np.int32(here[1] - units(box.site[atom, 1])) / UNITS_PER_ANGSTROM
    dz = np.int32(here[2] - units(box.site[atom, 2])) / UNITS_PER_ANGSTROM
    square = dx * dx + dy * dy + dz * dz
    row = box.kind[atom]
    for level in range(1, len(box.margin)):
        if square < box.margin[level] ** 2:
            row += kinds
    return row


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def count_neighbors(box, runs, atom, here, sign, rules, desk):
    """Add a sign for every neighbor of a position of an atom (home units), by species and bin; itself falls out."""
    at_x, at_y, at_z, row = box.units[0], box.units[1], box.units[2], box.row
    x, y, z = here
    stride, bins, counts = np.int32(rules.stride), desk.new, desk.counts
    base = (box.home[atom] // box.shape[6]) * box.shape[6]
    kind = row_of_runs(box, runs, atom, here)
    for run in range(runs.number[kind]):
        length = runs.length[kind, run]
        first = np.uintp(base + runs.start[kind, run])
        for j in range(length):
            # Unsigned numbers: a signed index would be tested for counting from the end.
            place = first + np.uintp(j)
            bin_number = bin_of(at_x[place] - x, at_y[place] - y, at_z[place] - z, rules)
            bins[np.uintp(j)] = np.int32(bin_number + np.int32(row[place] * stride))
        for j in range(length):
            counts[np.uintp(bins[np.uintp(j)])] += sign
    counts[own_place(box, atom, here, rules)] -= sign


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def own_place(box, atom, here, rules):
    """Place in the counts of an atom itself, still at home, as a neighbor of a position."""
    home = box.home[atom]
    own = bin_of(box.units[0, home] - here[0], box.units[1, home] - here[1], box.units[2, home] - here[2], rules)
    return box.row[home] * rules.stride + own


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def fetch_run(box, runs, base, kind, run):
    """Ask for the memory of a run."""
    x, y, z, row = box.units[0], box.units[1], box.units[2], box.row
    first = base + runs.start[kind, run]
    last = first + runs.length[kind, run]
    for place in range(first, last + LINE_OF_CACHE - 1, LINE_OF_CACHE):
        at = np.uintp(min(place, last - 1))
        prefetch(x, at)
        prefetch(y, at)
        prefetch(z, at)
        prefetch(row, at)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)
def count_step(box, runs, atom, old, new, rules, desk):
    """Count the neighbors of the new position of an atom (home units) and take off those of the old one."""
    x, y, z, row = box.units[0], box.units[1], box.units[2], box.row
    ox, oy, oz = old
    nx, ny, nz = new
    stride, old_bins, new_bins, counts = np.int32(rules.stride), desk.old, desk.new, desk.counts
    base = (box.home[atom] // box.shape[6]) * box.shape[6]
    kind = min(row_of_runs(box, runs, atom, old), row_of_runs(box, runs, atom, new))
    number = runs.number[kind]
    for run in range(number):
        if run + RUNS_AHEAD < number:
            fetch_run(box, runs, base, kind, run + RUNS_AHEAD)
        length = runs.length[kind, run]
        first = np.uintp(base + runs.start[kind, run])
        for j in range(length):
            place = first + np.uintp(j)
            px, py, pz = x[place], y[place], z[place]
            channel = np.int32(row[place] * stride)
            old_bins[np.uintp(j)] = np.int32(bin_of(px - ox, py - oy, pz - oz, rules) + channel)
            new_bins[np.uintp(j)] = np.int32(bin_of(px - nx, py - ny, pz - nz, rules) + channel)
        for j in range(length):
            counts[np.uintp(new_bins[np.uintp(j)])] += 1
            counts[np.uintp(old_bins[np.uintp(j)])] -= 1
    counts[own_place(box, atom, old, rules)] += 1
    counts[own_place(box, atom, new, rules)] -= 1


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def pair_weight(rules, one, two):
    """What a pair of two species adds to its bin."""
    return 2.0 * rules.lengths[one] * rules.lengths[two] if rules.total else 1.0


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)
def empty_counts(rules, species, desk, change, low, high):
    """Add the counts of an atom in bins ``low`` to ``high`` to a change of the histogram; they are left at zero."""
    for other in range(len(rules.lengths)):
        weight, channel = pair_weight(rules, species, other), rules.base[species, other]
        start = (other + 1) * rules.stride
        counts = desk.counts[start + low : start + high]
        part = change[channel + low : channel + high]
        for k in range(len(part)):
            part[k] += weight * counts[k]
            counts[k] = 0


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def histogram_change(box, runs, atom, species, old, new, rules, desk, change):
    """Change of the histogram as an atom goes from one position (home units) to another."""
    for k in range(len(change)):
        change[k] = 0.0
    count_step(box, runs, atom, old, new, rules, desk)
    empty_counts(rules, species, desk, change, 1, rules.last)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def add_neighbors(box, runs, atom, species, here, sign, rules, desk, change):
    """Add (or take off) the pairs of one atom at a position (home units)."""
    count_neighbors(box, runs, atom, here, sign, rules, desk)
    empty_counts(rules, species, desk, change, 1, rules.last)


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def whole_histogram(box, runs, positions, species, rules, desk, histogram):
    """Add twice all pairs to a histogram."""
    # Element by element: the sums are whole numbers until the last step.
    for own in range(len(rules.lengths)):
        for atom in range(len(positions)):
            if species[atom] == own:
                here = units_at_home(box, atom, positions[atom, 0], positions[atom, 1], positions[atom, 2])
                count_neighbors(box, runs, atom, here, 1, rules, desk)
        empty_counts(rules, own, desk, histogram, 1, rules.last)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def turns_apart(box, d0, d1, d2):
    """Whole box vectors in a difference of positions; without them it is that to the nearest image."""
    inverse = box.inverse
    return (
        np.rint(d0 * inverse[0, 0] + d1 * inverse[1, 0] + d2 * inverse[2, 0]),
        np.rint(d0 * inverse[0, 1] + d1 * inverse[1, 1] + d2 * inverse[2, 1]),
        np.rint(d0 * inverse[0, 2] + d1 * inverse[1, 2] + d2 * inverse[2, 2]),
    )


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def pair_bin(box, first, second, rules):
    """Bin of the distance of two positions to the nearest image."""
    d0, d1, d2 = second[0] - first[0], second[1] - first[1], second[2] - first[2]
    n0, n1, n2 = turns_apart(box, d0, d1, d2)
    cell, n0, n1, n2 = box.cell_units, np.int64(n0), np.int64(n1), np.int64(n2)
    return bin_of(
        units(second[0]) - units(first[0]) - (n0 * cell[0, 0] + n1 * cell[1, 0] + n2 * cell[2, 0]),
        units(second[1]) - units(first[1]) - (n0 * cell[0, 1] + n1 * cell[1, 1] + n2 * cell[2, 1]),
        units(second[2]) - units(first[2]) - (n0 * cell[0, 2] + n1 * cell[1, 2] + n2 * cell[2, 2]),
        rules,
    )


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def replace_atom(box, positions, species, atom, new_species, x, y, z):
    """Make an atom another species at a position for which there is a free place."""
    place = free_place(box, atom, x, y, z)
    stays = place == box.home[atom]
    if not stays:
        nowhere = np.int32(0)
        write_place(box, box.home[atom], (0.0, 0.0, 0.0), (nowhere, nowhere, nowhere), np.int64(0), np.int64(-1), True)
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
        here, in_units = at_home(box, atom, x, y, z), units_at_home(box, atom, x, y, z)
        write_place(box, place, here, in_units, new_species, atom, False)


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

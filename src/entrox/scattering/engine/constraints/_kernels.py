"""Compiled kernels of hard constraints and coordination: closest approach, distance windows, counted neighbors."""

# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls, disable-error-code="call-overload"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit


class HardRules(NamedTuple):
    """What forbids a move.

    ``closest_squared`` (elements, elements); ``first``, ``other``, ``shift``, ``low_squared``, ``high_squared`` are the
    windows of each atom: partners ``first[i]`` to ``first[i + 1]``, their image shifted by ``shift``.
    """

    closest_squared: np.ndarray
    any_closest: bool
    first: np.ndarray
    other: np.ndarray
    shift: np.ndarray
    low_squared: np.ndarray
    high_squared: np.ndarray


class ShellRules(NamedTuple):
    """Counted shells, an entry per rule; ``wanted`` is -1 where the mean counts; ``centers`` is how many there are."""

    center: np.ndarray
    neighbor: np.ndarray
    low_squared: np.ndarray
    high_squared: np.ndarray
    wanted: np.ndarray
    target: np.ndarray
    inverse_variance: np.ndarray
    centers: np.ndarray


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)
def too_close(box, runs, atom, species, here, hard):
    """Whether an atom at a position (home frame) comes too close to a neighbor."""
    if not hard.any_closest:
        return False
    x, y, z = here
    slots = box.shape[6]
    base = (box.home[atom] // slots) * slots
    kind = box.kind[atom]
    limits = hard.closest_squared[species]
    for run in range(runs.number[kind]):
        first = base + runs.start[kind, run]
        for place in range(first, first + runs.length[kind, run]):
            dx, dy, dz = box.x[place] - x, box.y[place] - y, box.z[place] - z
            if dx * dx + dy * dy + dz * dz < limits[box.species[place]] and box.atom[place] != atom:
                return True
    return False


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def leaves_window(positions, atom, x, y, z, hard):
    """Whether an atom at a position (unwrapped) breaks a window with a partner."""
    for entry in range(hard.first[atom], hard.first[atom + 1]):
        other = hard.other[entry]
        dx = positions[other, 0] + hard.shift[entry, 0] - x
        dy = positions[other, 1] + hard.shift[entry, 1] - y
        dz = positions[other, 2] + hard.shift[entry, 2] - z
        square = dx * dx + dy * dy + dz * dz
        if square < hard.low_squared[entry] or square > hard.high_squared[entry]:
            return True
    return False


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _count(shells, rule, atom, change, counts, tally):
    """Change the number of neighbors of a center, and with it what the rule sums."""
    if shells.wanted[rule] < 0:
        tally[rule] += change
    else:
        if counts[rule, atom] == shells.wanted[rule]:
            tally[rule] -= 1
        if counts[rule, atom] + change == shells.wanted[rule]:
            tally[rule] += 1
    counts[rule, atom] += change


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def shift_shells(box, runs, atom, species, here, sign, shells, counts, tally):
    """Put an atom (sign 1) into the shells at a position (home frame), or take it out (sign -1)."""
    x, y, z = here
    slots = box.shape[6]
    base = (box.home[atom] // slots) * slots
    kind = box.kind[atom]
    if sign > 0:
        for rule in range(len(shells.center)):
            if shells.center[rule] == species and shells.wanted[rule] == 0:
                tally[rule] += 1
    for run in range(runs.number[kind]):
        first = base + runs.start[kind, run]
        for place in range(first, first + runs.length[kind, run]):
            other = np.int64(box.atom[place])
            if other < 0 or other == atom:
                continue
            dx, dy, dz = box.x[place] - x, box.y[place] - y, box.z[place] - z
            square = dx * dx + dy * dy + dz * dz
            near = box.species[place]
            for rule in range(len(shells.center)):
                if square < shells.low_squared[rule] or square > shells.high_squared[rule]:
                    continue
                if shells.center[rule] == species and shells.neighbor[rule] == near:
                    _count(shells, rule, atom, sign, counts, tally)
                if shells.center[rule] == near and shells.neighbor[rule] == species:
                    _count(shells, rule, other, sign, counts, tally)
    if sign < 0:
        for rule in range(len(shells.center)):
            if shells.center[rule] == species and shells.wanted[rule] == 0:
                tally[rule] -= 1


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def move_in_shells(box, runs, atom, species, here, there, shells, counts, tally):
    """Move an atom in the shells from one position (home frame) to another."""
    for turn in range(2):
        place = here if turn == 0 else there
        shift_shells(box, runs, atom, species, place, 2 * turn - 1, shells, counts, tally)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def shell_cost(shells, tally):
    """Cost of all rules."""
    cost = 0.0
    for rule in range(len(shells.center)):
        off = tally[rule] / max(shells.centers[rule], 1) - shells.target[rule]
        cost += off * off * shells.inverse_variance[rule]
    return cost


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def all_shells(box, runs, positions, species, shells):
    """Neighbors of every center by rule, and what the rules sum."""
    counts = np.zeros((len(shells.center), len(positions)), dtype=np.int64)
    tally = np.zeros(len(shells.center), dtype=np.int64)
    for atom in range(len(positions)):
        x, y, z = box.x[box.home[atom]], box.y[box.home[atom]], box.z[box.home[atom]]
        slots = box.shape[6]
        base = (box.home[atom] // slots) * slots
        kind = box.kind[atom]
        for run in range(runs.number[kind]):
            first = base + runs.start[kind, run]
            for place in range(first, first + runs.length[kind, run]):
                if box.atom[place] < 0 or box.atom[place] == atom:
                    continue
                dx, dy, dz = box.x[place] - x, box.y[place] - y, box.z[place] - z
                square = dx * dx + dy * dy + dz * dz
                for rule in range(len(shells.center)):
                    if (
                        shells.low_squared[rule] <= square <= shells.high_squared[rule]
                        and shells.center[rule] == species[atom]
                        and shells.neighbor[rule] == box.species[place]
                    ):
                        counts[rule, atom] += 1
    for rule in range(len(shells.center)):
        for atom in range(len(positions)):
            if species[atom] == shells.center[rule]:
                if shells.wanted[rule] < 0:
                    tally[rule] += counts[rule, atom]
                elif counts[rule, atom] == shells.wanted[rule]:
                    tally[rule] += 1
    return counts, tally


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def close_pairs(box, runs, species, closest_squared, pairs, apart):
    """List pairs nearer than allowed, each once, and their separations; returns how many there are."""
    found = 0
    slots = box.shape[6]
    for atom in range(len(species)):
        home = box.home[atom]
        base = (home // slots) * slots
        kind = box.kind[atom]
        for run in range(runs.number[kind]):
            first = base + runs.start[kind, run]
            for place in range(first, first + runs.length[kind, run]):
                other = box.atom[place]
                if other <= atom:
                    continue
                dx, dy, dz = box.x[place] - box.x[home], box.y[place] - box.y[home], box.z[place] - box.z[home]
                if dx * dx + dy * dy + dz * dz < closest_squared[species[atom], species[other]]:
                    if found < len(pairs):
                        pairs[found, 0], pairs[found, 1] = atom, other
                        apart[found, 0], apart[found, 1], apart[found, 2] = dx, dy, dz
                    found += 1
    return found

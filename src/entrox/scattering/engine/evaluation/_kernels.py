"""Compiled kernels: moves of a batch evaluated side by side from one common state, as if each came first."""

# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls, disable-error-code="call-overload"

from __future__ import annotations

import numpy as np
from numba import njit

from entrox.scattering.engine.boxes._kernels import (
    GRAINS_PER_ANGSTROM,
    at_home,
    count_step,
    empty_counts,
    histogram_change,
    units_at_home,
)
from entrox.scattering.engine.constraints._kernels import leaves_window, move_in_shells, too_close
from entrox.scattering.engine.move_tables import FULL, LINEAR, REFUSED
from entrox.scattering.terms.valence._kernels import change_of_cost, valence_changes

BLOCK = 256
"""Bins that are weighed while they are in the nearest cache."""


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def translation(draws, positions, species, radius):
    """Atom and new position, uniform in a sphere and on the grain."""
    atom = min(int(draws[1] * len(positions)), len(positions) - 1)
    length = radius[species[atom]] * draws[2] ** (1.0 / 3.0)
    height = 2.0 * draws[3] - 1.0
    flat = np.sqrt(max(1.0 - height * height, 0.0)) * length
    angle = 2.0 * np.pi * draws[4]
    x = positions[atom, 0] + np.rint(flat * np.cos(angle) * GRAINS_PER_ANGSTROM) / GRAINS_PER_ANGSTROM
    y = positions[atom, 1] + np.rint(flat * np.sin(angle) * GRAINS_PER_ANGSTROM) / GRAINS_PER_ANGSTROM
    z = positions[atom, 2] + np.rint(height * length * GRAINS_PER_ANGSTROM) / GRAINS_PER_ANGSTROM
    return atom, (x, y, z)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def beyond_margin(box, atom, here):
    """Whether a position (home frame) is too far from the site for the table."""
    if box.shape[7] == 1:
        return False
    dx, dy, dz = here[0] - box.site[atom, 0], here[1] - box.site[atom, 1], here[2] - box.site[atom, 2]
    return dx * dx + dy * dy + dz * dz > box.margin[0] ** 2


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, fastmath={"reassoc", "nsz"})
def dot(one, two):
    """Scalar product; its sum runs in as many parts as the processor adds at once."""
    total = 0.0
    for k in range(len(one)):
        total += one[k] * two[k]
    return total


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, fastmath={"reassoc", "nsz"})
def weigh(change, gradient, norms, single, low, high):
    """Linear part of a change and the sum of its sizes times the norms, in one pass; a copy in single precision."""
    change, gradient, norms, single = change[low:high], gradient[low:high], norms[low:high], single[low:high]
    linear, sizes = 0.0, 0.0
    for k in range(len(change)):
        single[k] = np.float32(change[k])
        linear += gradient[k] * change[k]
        sizes += norms[k] * abs(change[k])
    return linear, sizes


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)
def evaluate(box, far, near, rules, hard, bonds, live, moves, batch, reduced, slack, desk, low, high):
    """Evaluate members ``low`` to ``high`` of a batch and mark those to be transformed; returns how many they are."""
    wanted = 0
    for m in range(low, high):
        draws = batch.draws[m]
        atom, place = translation(draws, live.positions, live.species, moves.radius)
        batch.atom[m], batch.goal[m, 0], batch.goal[m, 1], batch.goal[m, 2] = atom, place[0], place[1], place[2]
        batch.state[m] = REFUSED
        batch.listed[m] = -1
        species = live.species[atom]
        new = at_home(box, atom, place[0], place[1], place[2])
        if beyond_margin(box, atom, new) or forbidden(box, near, live, atom, species, place, new, hard):
            continue
        batch.state[m] = FULL
        if not rules.active:
            continue
        measure(box, far, live, atom, species, place, rules, desk, batch, m, reduced)
        if moves.early:
            room = -2.0 * moves.temperature * np.log(draws[5])
            if bonds.active:
                room -= strain(box, near, bonds, live, batch, m, atom, species, place)
            if batch.linear[m] - slack >= room:
                batch.state[m] = LINEAR
                continue
        wanted += 1
    return wanted


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _step_in_units(box, live, atom, place):
    """Where an atom is and a place to which it may go (home units)."""
    return (
        units_at_home(box, atom, live.positions[atom, 0], live.positions[atom, 1], live.positions[atom, 2]),
        units_at_home(box, atom, place[0], place[1], place[2]),
    )


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _histogram_change(box, far, live, atom, species, place, rules, desk, change):
    """Change of the histogram as an atom goes to a place."""
    old, new = _step_in_units(box, live, atom, place)
    histogram_change(box, far, atom, species, old, new, rules, desk, change)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)
def measure(box, far, live, atom, species, place, rules, desk, batch, m, reduced):
    """Change of the histogram by a member, its linear part, and the bound of the error of its transform."""
    change, single = batch.change[m], batch.single[m]
    if not rules.total:
        _histogram_change(box, far, live, atom, species, place, rules, desk, change)
        linear, sizes = weigh(change, reduced.gradient, reduced.norms, single, 0, len(change))
    else:
        old, new = _step_in_units(box, live, atom, place)
        count_step(box, far, atom, old, new, rules, desk)
        linear, sizes = 0.0, 0.0
        for low in range(1, rules.last, BLOCK):
            high = min(low + BLOCK, rules.last)
            for k in range(low, high):
                change[k] = 0.0
            empty_counts(rules, species, desk, change, low, high)
            more, larger = weigh(change, reduced.gradient, reduced.norms, single, low, high)
            linear += more
            sizes += larger
    batch.linear[m] = linear
    batch.error[m] = reduced.rounding[0] * sizes


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def forbidden(box, near, live, atom, species, place, new, hard):
    """Whether hard constraints forbid a position, given as it is and in the home frame."""
    return too_close(box, near, atom, species, new, hard) or leaves_window(
        live.positions, atom, place[0], place[1], place[2], hard
    )


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)
def strain(box, near, bonds, live, batch, m, atom, species, place):
    """Cost of the bond valence sums of a member; what it changes is found again only if something near has moved."""
    known = bonds.fixed and batch.listed[m] >= 0
    if known:
        for entry in range(batch.listed[m]):
            if live.stamp[batch.bonded[m, entry]] == live.numbers[2]:
                known = False
    bonded, shifts = batch.bonded[m], batch.shifts[m]
    if not known:
        batch.listed[m] = valence_changes(
            box, near, bonds, live.positions, live.species, atom, species, place, bonded, shifts
        )
    return change_of_cost(bonds, live.species, live.valence, species, bonded, shifts, batch.listed[m])


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def transform_change(change, transposed, out):
    """Add M dh in the reduced space."""
    for k in range(len(change)):
        if change[k] != 0.0:
            row = transposed[k]
            for j in range(len(out)):
                out[j] += change[k] * row[j]


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def single_changes(box, far, near, rules, bonds, shells, live, desk, members, steps, histogram, valence, tally):
    """Change of histogram, bond valence cost and counts of the shells for single steps; nothing is moved."""
    atoms, values = np.empty(1024, dtype=np.int64), np.empty(1024)
    for m in range(len(members)):
        atom = members[m]
        species = live.species[atom]
        x, y, z = live.positions[atom, 0], live.positions[atom, 1], live.positions[atom, 2]
        place = (x + steps[m, 0], y + steps[m, 1], z + steps[m, 2])
        old, new = at_home(box, atom, x, y, z), at_home(box, atom, place[0], place[1], place[2])
        if rules.active:
            _histogram_change(box, far, live, atom, species, place, rules, desk, histogram[m])
        if bonds.active:
            count = valence_changes(box, near, bonds, live.positions, live.species, atom, species, place, atoms, values)
            valence[m] = change_of_cost(bonds, live.species, live.valence, species, atoms, values, count)
        if len(shells.center) > 0:
            move_in_shells(box, near, atom, species, old, new, shells, live.counts, live.tally)
            for rule in range(len(shells.center)):
                tally[m, rule] = live.tally[rule]
            move_in_shells(box, near, atom, species, new, old, shells, live.counts, live.tally)

"""Compiled kernels of moves: evaluation of a batch from one common state, and its commitment in order.

Members of a batch are evaluated side by side as if each came first. Committing one after the other, a member whose
neighbor has moved since is corrected by that pair alone, so that the chain is the one of single moves.
"""

# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls, disable-error-code="call-overload"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from entrox.scattering.engine.boxes._kernels import (
    at_home,
    free_place,
    histogram_change,
    pair_bin,
    replace_atom,
)
from entrox.scattering.engine.constraints._kernels import leaves_window, move_in_shells, shell_cost, too_close
from entrox.scattering.terms.valence._kernels import valence_change

GRAINS_PER_ANGSTROM = 2.0**36
DRAWS = 8
DONE, WIDEN, GROW, SOLVE = 0, 1, 2, 3
NOT_EVALUATED, LINEAR, FULL = 0, 1, 2


class Live(NamedTuple):
    """What moves change. ``numbers``: accepted since the last solution of scales, moves refused for the margin, stamp.

    ``counters`` (kinds of move, elements, 3): generated, tested, accepted. ``residual`` is the residual in the reduced
    space, ``start`` the same at the start of the batch. ``stamp`` marks the atoms moved in this batch.
    """

    positions: np.ndarray
    species: np.ndarray
    sites: np.ndarray
    histogram: np.ndarray
    residual: np.ndarray
    start: np.ndarray
    valence: np.ndarray
    counts: np.ndarray
    tally: np.ndarray
    counters: np.ndarray
    numbers: np.ndarray
    stamp: np.ndarray


class MoveTable(NamedTuple):
    """How moves are drawn. ``share`` is cumulative over sublattices; ``member`` lists the sites of each from ``first``.

    ``early`` allows rejection without transform; ``may_widen`` a wider table; ``solve_every`` accepted moves (0 never).
    """

    radius: np.ndarray
    share: np.ndarray
    first: np.ndarray
    member: np.ndarray
    swap_positions: bool
    early: bool
    may_widen: bool
    solve_every: int
    temperature: float


class Batch(NamedTuple):
    """Moves under way: random numbers (n, 8), change of the histogram, its transform, linear part, and how far each is.

    ``changed`` lists accepted moves of single sites: atom, species before and after; ``places`` (n, 6) the positions.
    """

    draws: np.ndarray
    change: np.ndarray
    transform: np.ndarray
    linear: np.ndarray
    state: np.ndarray
    changed: np.ndarray
    places: np.ndarray


@njit(cache=True, nogil=True, _nrt=False)
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


@njit(cache=True, nogil=True, _nrt=False)
def beyond_margin(box, atom, here):
    """Whether a position (home frame) is too far from the site for the table."""
    if box.shape[7] == 1:
        return False
    dx, dy, dz = here[0] - box.site[atom, 0], here[1] - box.site[atom, 1], here[2] - box.site[atom, 2]
    return dx * dx + dy * dy + dz * dz > box.margin[0] ** 2


@njit(cache=True, nogil=True)
def evaluate(box, far, near, rules, hard, bonds, live, moves, batch, gradient, slack, low, high):
    """Evaluate members ``low`` to ``high`` of a batch: those that may be accepted are marked for the transform."""
    old_bins = np.empty(far.total.max(), dtype=np.uint16)
    new_bins = np.empty(far.total.max(), dtype=np.uint16)
    atoms, values = np.empty(1024, dtype=np.int64), np.empty(1024)
    for m in range(low, high):
        batch.state[m] = NOT_EVALUATED
        draws = batch.draws[m]
        if not rules.active:
            continue
        atom, place = translation(draws, live.positions, live.species, moves.radius)
        new = at_home(box, atom, place[0], place[1], place[2])
        species = live.species[atom]
        if beyond_margin(box, atom, new) or too_close(box, near, atom, species, new, hard):
            continue
        if leaves_window(live.positions, atom, place[0], place[1], place[2], hard):
            continue
        old = at_home(box, atom, live.positions[atom, 0], live.positions[atom, 1], live.positions[atom, 2])
        change = batch.change[m]
        histogram_change(box, far, atom, species, old, new, rules, old_bins, new_bins, change)
        linear = 0.0
        for k in range(len(change)):
            linear += gradient[k] * change[k]
        batch.linear[m] = linear
        batch.state[m] = FULL
        if moves.early:
            room = -2.0 * moves.temperature * np.log(draws[5])
            if bonds.active:
                room -= valence_change(
                    box, near, bonds, live.positions, live.species, live.valence, atom, species, place, atoms, values
                )[0]
            if linear - slack >= room:
                batch.state[m] = LINEAR


@njit(cache=True, nogil=True, _nrt=False)
def transform_change(change, transposed, out):
    """Compute M dh in the reduced space."""
    out[:] = 0.0
    for k in range(len(change)):
        if change[k] != 0.0:
            row = transposed[k]
            for j in range(len(out)):
                out[j] += change[k] * row[j]


@njit(cache=True, nogil=True, _nrt=False)
def _correct(box, rules, batch, m, n_changed, species, old, new, gradient, transposed):
    """Correct a member for the neighbors that moved since it was evaluated."""
    change = batch.change[m]
    for entry in range(n_changed):
        before, after = batch.places[entry, :3], batch.places[entry, 3:]
        for side in range(4):
            here = old if side % 2 == 0 else new
            there = before if side < 2 else after
            bin_number = pair_bin(box, here, there, rules)
            if bin_number == 0 or bin_number >= rules.last:
                continue
            other = batch.changed[entry, 1] if side < 2 else batch.changed[entry, 2]
            amount = 2.0 * rules.lengths[species] * rules.lengths[other] if rules.total else 1.0
            if side == 1 or side == 2:
                amount = -amount
            k = rules.base[species, other] + bin_number
            change[k] += amount
            batch.linear[m] += amount * gradient[k]
            if batch.state[m] == FULL:
                for j in range(transposed.shape[1]):
                    batch.transform[m, j] += amount * transposed[k, j]


@njit(cache=True, nogil=True, _nrt=False)
def _data_change(live, batch, m, room, early, transposed):
    """Change of chi^2 of the data; infinite where a bound already forbids the move."""
    if batch.state[m] == LINEAR:
        drift = 0.0
        for j in range(len(live.residual)):
            drift += (live.residual[j] - live.start[j]) ** 2
        # 2 s.p + |p|^2 >= -|s|^2, whatever the transform p is; s is how far the residual came in this batch.
        if early and batch.linear[m] - drift >= room:
            return np.inf
        transform_change(batch.change[m], transposed, batch.transform[m])
        batch.state[m] = FULL
    total = 0.0
    for j in range(len(live.residual)):
        p = batch.transform[m, j]
        total += (2.0 * live.residual[j] + p) * p
    return total


@njit(cache=True, nogil=True, _nrt=False)
def _accept(live, batch, m, rules):
    """Take over the change of histogram and residual."""
    if rules.active:
        for k in range(len(live.histogram)):
            live.histogram[k] += batch.change[m, k]
        for j in range(len(live.residual)):
            live.residual[j] += batch.transform[m, j]


@njit(cache=True, nogil=True, _nrt=False)
def _record(live, batch, n_changed, atom, species, old, stamp):
    """Note an accepted change of one site for the later members."""
    batch.changed[n_changed, 0] = atom
    batch.changed[n_changed, 1] = species
    batch.changed[n_changed, 2] = live.species[atom]
    for axis in range(3):
        batch.places[n_changed, axis] = old[axis]
        batch.places[n_changed, 3 + axis] = live.positions[atom, axis]
    live.stamp[atom] = stamp
    return n_changed + 1


@njit(cache=True, nogil=True, _nrt=False)
def _translate(box, far, near, rules, hard, bonds, shells, live, moves, batch, reduced, m, n_changed, work):
    """Decide and perform one translation. Returns a code, whether it was accepted, and the number of changed sites."""
    gradient, transposed = reduced
    old_bins, new_bins, atoms, values = work[0], work[1], work[2], work[3]
    draws = batch.draws[m]
    atom, place = translation(draws, live.positions, live.species, moves.radius)
    species = live.species[atom]
    new = at_home(box, atom, place[0], place[1], place[2])
    counters = live.counters[0, species]
    if beyond_margin(box, atom, new):
        if moves.may_widen:
            return WIDEN, False, n_changed
        live.numbers[1] += 1
        counters[0] += 1
        return DONE, False, n_changed
    if free_place(box, atom, place[0], place[1], place[2]) < 0:
        return GROW, False, n_changed
    counters[0] += 1
    if too_close(box, near, atom, species, new, hard):
        return DONE, False, n_changed
    if leaves_window(live.positions, atom, place[0], place[1], place[2], hard):
        return DONE, False, n_changed
    counters[1] += 1
    old_place = (live.positions[atom, 0], live.positions[atom, 1], live.positions[atom, 2])
    old = at_home(box, atom, old_place[0], old_place[1], old_place[2])
    room = -2.0 * moves.temperature * np.log(draws[5])
    listed = 0
    if bonds.active:
        cost, listed = valence_change(
            box, near, bonds, live.positions, live.species, live.valence, atom, species, place, atoms, values
        )
        room -= cost
    if len(shells.center) > 0:
        before = shell_cost(shells, live.tally)
        move_in_shells(box, near, atom, species, old, new, shells, live.counts, live.tally)
        room -= shell_cost(shells, live.tally) - before
    data = 0.0
    if rules.active:
        if batch.state[m] == NOT_EVALUATED or live.stamp[atom] == live.numbers[2]:
            histogram_change(box, far, atom, species, old, new, rules, old_bins, new_bins, batch.change[m])
            transform_change(batch.change[m], transposed, batch.transform[m])
            batch.state[m] = FULL
        else:
            _correct(box, rules, batch, m, n_changed, species, old_place, place, gradient, transposed)
        data = _data_change(live, batch, m, room, moves.early, transposed)
    if not data < room:
        if len(shells.center) > 0:
            move_in_shells(box, near, atom, species, new, old, shells, live.counts, live.tally)
        return DONE, False, n_changed
    counters[2] += 1
    _accept(live, batch, m, rules)
    replace_atom(box, live.positions, live.species, atom, species, place[0], place[1], place[2], rules.lengths)
    for entry in range(listed):
        live.valence[atoms[entry]] = values[entry]
    return DONE, True, _record(live, batch, n_changed, atom, species, old_place, live.numbers[2])


@njit(cache=True, nogil=True)
def commit(box, far, near, rules, hard, bonds, shells, live, moves, batch, reduced, count):
    """Commit members in order. Returns how many were dealt with, and why it stopped."""
    work = (
        np.empty(far.total.max(), dtype=np.uint16),
        np.empty(far.total.max(), dtype=np.uint16),
        np.empty(1024, dtype=np.int64),
        np.empty(1024),
    )
    n_changed = np.int64(0)
    live.numbers[2] += 1
    for m in range(count):
        code, accepted, n_changed = _translate(
            box, far, near, rules, hard, bonds, shells, live, moves, batch, reduced, m, n_changed, work
        )
        if code != DONE:
            return m, code
        if accepted:
            live.numbers[0] += 1
            if moves.solve_every > 0 and live.numbers[0] >= moves.solve_every:
                live.numbers[0] = 0
                return m + 1, SOLVE
    return count, DONE


@njit(cache=True, nogil=True)
def single_changes(box, far, near, rules, bonds, shells, live, members, steps):
    """Change of histogram, bond valence cost and each shell cost for single steps; nothing is moved."""
    histogram = np.zeros((len(members), len(live.histogram)))
    valence = np.zeros(len(members))
    cost = np.zeros((len(members), len(shells.center)))
    old_bins = np.empty(far.total.max(), dtype=np.uint16)
    new_bins = np.empty(far.total.max(), dtype=np.uint16)
    atoms, values = np.empty(1024, dtype=np.int64), np.empty(1024)
    for m in range(len(members)):
        atom = members[m]
        species = live.species[atom]
        x, y, z = live.positions[atom, 0], live.positions[atom, 1], live.positions[atom, 2]
        place = (x + steps[m, 0], y + steps[m, 1], z + steps[m, 2])
        old, new = at_home(box, atom, x, y, z), at_home(box, atom, place[0], place[1], place[2])
        if rules.active:
            histogram_change(box, far, atom, species, old, new, rules, old_bins, new_bins, histogram[m])
        if bonds.active:
            valence[m] = valence_change(
                box, near, bonds, live.positions, live.species, live.valence, atom, species, place, atoms, values
            )[0]
        if len(shells.center) > 0:
            before = live.tally.copy()
            move_in_shells(box, near, atom, species, old, new, shells, live.counts, live.tally)
            for rule in range(len(shells.center)):
                count = max(shells.centers[rule], 1)
                off = live.tally[rule] / count - shells.target[rule]
                was = before[rule] / count - shells.target[rule]
                cost[m, rule] = (off * off - was * was) * shells.inverse_variance[rule]
            move_in_shells(box, near, atom, species, new, old, shells, live.counts, live.tally)
    return histogram, valence, cost

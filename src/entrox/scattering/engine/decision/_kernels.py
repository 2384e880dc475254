"""Compiled kernels: evaluated moves decided one after the other, so that the chain is the one of single moves.

A member whose neighbor has moved since it was evaluated is corrected by that pair alone.
"""

# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls, disable-error-code="call-overload"

from __future__ import annotations

import numpy as np
from numba import njit

from entrox.core.prefetch._kernels import prefetch
from entrox.scattering.engine.boxes._kernels import (
    LINE_OF_CACHE,
    at_home,
    free_place,
    pair_bin,
    pair_weight,
    replace_atom,
    turns_apart,
)
from entrox.scattering.engine.constraints._kernels import move_in_shells, shell_cost
from entrox.scattering.engine.evaluation._kernels import (
    beyond_margin,
    dot,
    forbidden,
    measure,
    strain,
    transform_change,
    translation,
)
from entrox.scattering.engine.move_tables import DONE, FULL, GROW, LINEAR, PART, REFUSED, SOLVE, WIDEN


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _distances(box, batch, n_changed, here):
    """Square of the distance from a position to where each changed atom was; returns the least."""
    cell, places, apart = box.cell, batch.places, batch.apart
    least = np.inf
    for entry in range(n_changed):
        d0, d1, d2 = places[0, entry] - here[0], places[1, entry] - here[1], places[2, entry] - here[2]
        n0, n1, n2 = turns_apart(box, d0, d1, d2)
        d0 -= n0 * cell[0, 0] + n1 * cell[1, 0] + n2 * cell[2, 0]
        d1 -= n0 * cell[0, 1] + n1 * cell[1, 1] + n2 * cell[2, 1]
        d2 -= n0 * cell[0, 2] + n1 * cell[1, 2] + n2 * cell[2, 2]
        apart[entry] = d0 * d0 + d1 * d1 + d2 * d2
    for entry in range(n_changed):
        least = min(least, apart[entry])
    return least


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _find_pairs(box, rules, batch, m, n_changed, species, old, new, reduced):
    """List the bins of the pairs of a member with neighbors that moved since; asks for the memory that goes with them.

    Returns how many they are; bins stand in ``pair``, what is to be added to them in ``amount``.
    """
    width, rank, found = batch.change.shape[1], batch.transform.shape[1], 0
    for entry in range(n_changed):
        if batch.apart[entry] > batch.reach[0]:
            continue
        before = (batch.places[0, entry], batch.places[1, entry], batch.places[2, entry])
        after = (batch.places[3, entry], batch.places[4, entry], batch.places[5, entry])
        for side in range(4):
            here = old if side % 2 == 0 else new
            there = before if side < 2 else after
            bin_number = pair_bin(box, here, there, rules)
            if bin_number == 0 or bin_number >= rules.last:
                continue
            other = batch.changed[entry, 1] if side < 2 else batch.changed[entry, 2]
            amount = pair_weight(rules, species, other)
            k = rules.base[species, other] + bin_number
            batch.pair[found] = k
            batch.amount[found] = -amount if side == 1 or side == 2 else amount
            found += 1
            prefetch(batch.change, m * width + k)
            for line in range(0, rank, LINE_OF_CACHE):
                prefetch(reduced.single, k * rank + line)
    return found


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _correct(box, rules, batch, m, n_changed, species, old, new, reduced):
    """Correct a member for the neighbors that moved since it was evaluated."""
    change, transform = batch.change[m], batch.transform[m]
    for entry in range(_find_pairs(box, rules, batch, m, n_changed, species, old, new, reduced)):
        k, amount = batch.pair[entry], batch.amount[entry]
        change[k] += amount
        batch.linear[m] += amount * reduced.gradient[k]
        batch.error[m] += reduced.rounding[0] * abs(amount) * reduced.norms[k]
        if batch.state[m] == FULL:
            row, factor = reduced.single[k], np.float32(amount)
            for j in range(len(transform)):
                transform[j] += factor * row[j]


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _data_change(live, batch, m, room, early, reduced, work):
    """Change of chi^2 of the data, exact where it matters; infinite where a bound already forbids the move."""
    drift_error, drift = np.sqrt(batch.doubt[0]), np.sqrt(batch.doubt[1])
    if batch.state[m] == LINEAR:
        # 2 s.p + |p|^2 >= -|s|^2, whatever the transform p is; s is how far the residual came since the base.
        if early and batch.linear[m] - (drift + drift_error) ** 2 >= room:
            return np.inf
        _transform_single(batch, m, reduced, work)
    transform, error = batch.transform[m], batch.error[m]
    square, cross = dot(transform, transform), dot(live.drift, transform)
    total = batch.linear[m] + 2.0 * cross + square
    length = np.sqrt(square)
    doubt = 2.0 * (drift * error + drift_error * (length + error)) + (2.0 * length + error) * error
    if abs(total - room) > doubt:
        return total
    batch.doubt[2] += 1.0
    return _exact_change(batch, m, reduced, work, batch.drift)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _add(one, total):
    """Add a row to another."""
    for k in range(len(total)):
        total[k] += one[k]


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _exact_change(batch, m, reduced, transform, drift):
    """Change of chi^2 of the data in double precision; both vectors from one pass over the operator."""
    change, since = batch.change[m], batch.since
    for k in range(len(since)):
        since[k] = 0.0
    for part in range(len(batch.gained)):
        _add(batch.gained[part], since)
    for other in range(len(batch.accepted)):
        if batch.accepted[other]:
            _add(batch.change[other], since)
    for j in range(len(transform)):
        transform[j] = 0.0
        drift[j] = 0.0
    for k in range(len(change)):
        if change[k] != 0.0 or since[k] != 0.0:
            row = reduced.transposed[k]
            for j in range(len(transform)):
                transform[j] += change[k] * row[j]
                drift[j] += since[k] * row[j]
    return batch.linear[m] + 2.0 * dot(drift, transform) + dot(transform, transform)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _transform_single(batch, m, reduced, work):
    """Transform one member."""
    for j in range(len(work)):
        work[j] = 0.0
    transform_change(batch.change[m], reduced.transposed, work)
    for j in range(len(work)):
        batch.transform[m, j] = work[j]
    batch.state[m] = FULL


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _accept(live, batch, m, rules):
    """Take over the change of residual and sums; that of the histogram is left to the thread that evaluated it."""
    if rules.active:
        transform = batch.transform[m]
        batch.accepted[m] = True
        for j in range(len(live.drift)):
            live.drift[j] += transform[j]
        # Roundings of one transform are as good as independent of those of another.
        batch.doubt[0] += batch.error[m] ** 2
        batch.doubt[1] = dot(live.drift, live.drift)
    for entry in range(batch.listed[m]):
        atom = batch.bonded[m, entry]
        live.valence[atom] += batch.shifts[m, entry]


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _record(live, batch, n_changed, atom, species, old, stamp):
    """Note an accepted change of one site for the later members."""
    batch.changed[n_changed, 0] = atom
    batch.changed[n_changed, 1] = species
    batch.changed[n_changed, 2] = live.species[atom]
    for axis in range(3):
        batch.places[axis, n_changed] = old[axis]
        batch.places[3 + axis, n_changed] = live.positions[atom, axis]
    live.stamp[atom] = stamp
    return n_changed + 1


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)
def _translate(box, far, near, rules, hard, bonds, shells, live, moves, batch, reduced, desk, m, n_changed):
    """Decide and perform one translation. Returns a code and the number of sites that have changed in this batch."""
    draws, atom = batch.draws[m], batch.atom[m]
    moved = live.stamp[atom] == live.numbers[2]
    place = (batch.goal[m, 0], batch.goal[m, 1], batch.goal[m, 2])
    if moved:
        _, place = translation(draws, live.positions, live.species, moves.radius)
    species = live.species[atom]
    new = at_home(box, atom, place[0], place[1], place[2])
    counters = live.counters[0, species]
    if beyond_margin(box, atom, new):
        if moves.may_widen:
            return WIDEN, n_changed
        live.numbers[1] += 1
        counters[0] += 1
        return DONE, n_changed
    if free_place(box, atom, place[0], place[1], place[2]) < 0:
        return GROW, n_changed
    counters[0] += 1
    old_place = (live.positions[atom, 0], live.positions[atom, 1], live.positions[atom, 2])
    least = _distances(box, batch, n_changed, old_place)
    if moved or least < batch.reach[1]:
        if forbidden(box, near, live, atom, species, place, new, hard):
            return DONE, n_changed
    elif batch.state[m] == REFUSED:
        return DONE, n_changed
    counters[1] += 1
    old = at_home(box, atom, old_place[0], old_place[1], old_place[2])
    room = -2.0 * moves.temperature * np.log(draws[5])
    if bonds.active:
        room -= strain(box, near, bonds, live, batch, m, atom, species, place)
    if len(shells.center) > 0:
        before = shell_cost(shells, live.tally)
        move_in_shells(box, near, atom, species, old, new, shells, live.counts, live.tally)
        room -= shell_cost(shells, live.tally) - before
    data = 0.0
    if rules.active:
        if moved or batch.state[m] == REFUSED:
            measure(box, far, live, atom, species, place, rules, desk, batch, m, reduced)
            _transform_single(batch, m, reduced, desk.vector)
        elif least <= batch.reach[0]:
            _correct(box, rules, batch, m, n_changed, species, old_place, place, reduced)
        data = _data_change(live, batch, m, room, moves.early, reduced, desk.vector)
    if not data < room:
        if len(shells.center) > 0:
            move_in_shells(box, near, atom, species, new, old, shells, live.counts, live.tally)
        return DONE, n_changed
    counters[2] += 1
    _accept(live, batch, m, rules)
    replace_atom(box, live.positions, live.species, atom, species, place[0], place[1], place[2])
    return DONE, _record(live, batch, n_changed, atom, species, old_place, live.numbers[2])


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)
def commit(box, far, near, rules, hard, bonds, shells, live, moves, batch, reduced, desk, count):
    """Commit members in order. Returns how many were dealt with, and why it stopped."""
    n_changed, rank = np.int64(0), batch.transform.shape[1]
    live.numbers[2] += 1
    for number in range(count):
        m = batch.turn[number]
        if number + 1 < count:
            following = batch.turn[number + 1]
            for line in range(0, rank, LINE_OF_CACHE):
                prefetch(batch.transform, following * rank + line)
        code, after = _translate(
            box, far, near, rules, hard, bonds, shells, live, moves, batch, reduced, desk, m, n_changed
        )
        if code != DONE:
            return number, code
        if after > n_changed:
            n_changed = after
            live.numbers[0] += 1
            if moves.solve_every > 0 and live.numbers[0] >= moves.solve_every:
                live.numbers[0] = 0
                return number + 1, SOLVE
    return count, DONE


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def gather(batch, low, high):
    """Add the accepted changes among members ``low`` to ``high`` to what the histogram has gained.

    A thread does so for the members that it has evaluated, because their changes are in its cache.
    """
    for m in range(low, high):
        if batch.accepted[m]:
            batch.accepted[m] = False
            _add(batch.change[m], batch.gained[m // PART])

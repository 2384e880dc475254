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
    turns_apart,
    units_at_home,
)
from entrox.scattering.engine.constraints._kernels import leaves_window, move_in_shells, shell_cost, too_close
from entrox.scattering.terms.valence._kernels import valence_change

GRAINS_PER_ANGSTROM = 2.0**36
DRAWS = 8
DONE, WIDEN, GROW, SOLVE = 0, 1, 2, 3
REFUSED, LINEAR, FULL = 0, 1, 2


class Live(NamedTuple):
    """What moves change. ``numbers``: accepted since the last solution of scales, moves refused for the margin, stamp.

    ``counters`` (kinds of move, elements, 3): generated, tested, accepted. ``residual`` is the residual in the reduced
    space where the gradient was taken, ``drift`` how far it came since, in single precision. ``stamp`` marks the atoms
    moved in this batch.
    """

    positions: np.ndarray
    species: np.ndarray
    sites: np.ndarray
    histogram: np.ndarray
    residual: np.ndarray
    drift: np.ndarray
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


class Reduced(NamedTuple):
    """chi^2 of the data: gradient at a ``histogram``, and what turns a histogram into the residual.

    ``single`` is ``transposed`` in single precision, ``norms`` the length of each of its rows; ``rounding`` (1,) times
    the sum of |dh| norms is more than the error of a transform in single precision, whatever the order of its sums.
    """

    gradient: np.ndarray
    histogram: np.ndarray
    single: np.ndarray
    norms: np.ndarray
    rounding: np.ndarray
    transposed: np.ndarray


class Batch(NamedTuple):
    """Moves under way: random numbers (n, 8), change of the histogram, its transform, linear part, and how far each is.

    They stand in the order of their places in the box; ``turn`` is the order in which they are decided.
    ``single`` is the change as it was evaluated, in single precision. ``atom`` and ``goal`` (n, 3) are what moves, and
    where to. ``error`` bounds the length of the error of each transform; ``doubt`` holds the square of that of the
    drift, the squared length of the drift, and how many moves were decided in double precision, for which ``since`` is
    room.
    ``listed`` new bond valence sums of a move (-1: not known) stand in ``bonded`` and ``sums``, and cost ``strain``.
    ``changed`` lists accepted moves of single sites: atom, species before and after; ``places`` (6, n) the positions,
    and ``apart`` the squares of their distances from a member. ``touched`` (atoms) is the stamp of the batch that last
    changed the sum of an atom. ``reach`` is the square of how near an atom must be for its moves to change the
    histogram, and that for its moves to break or mend a hard constraint.
    """

    draws: np.ndarray
    turn: np.ndarray
    change: np.ndarray
    single: np.ndarray
    transform: np.ndarray
    linear: np.ndarray
    atom: np.ndarray
    goal: np.ndarray
    error: np.ndarray
    doubt: np.ndarray
    since: np.ndarray
    state: np.ndarray
    listed: np.ndarray
    bonded: np.ndarray
    sums: np.ndarray
    strain: np.ndarray
    changed: np.ndarray
    places: np.ndarray
    apart: np.ndarray
    touched: np.ndarray
    reach: np.ndarray


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
def weigh(change, gradient, norms, single):
    """Linear part of a change and the sum of its sizes times the norms, in one pass; a copy in single precision."""
    linear, sizes = 0.0, 0.0
    for k in range(len(change)):
        single[k] = np.float32(change[k])
        linear += gradient[k] * change[k]
        sizes += norms[k] * abs(change[k])
    return linear, sizes


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
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
        if beyond_margin(box, atom, new) or _forbidden(box, near, live, atom, species, place, new, hard):
            continue
        batch.state[m] = FULL
        if not rules.active:
            continue
        _measure(box, far, live, atom, species, place, rules, desk, batch, m, reduced)
        if moves.early:
            room = -2.0 * moves.temperature * np.log(draws[5])
            if bonds.active:
                room -= _strain(box, near, bonds, live, batch, m, atom, species, place)
            if batch.linear[m] - slack >= room:
                batch.state[m] = LINEAR
                continue
        wanted += 1
    return wanted


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _histogram_change(box, far, live, atom, species, place, rules, desk, change):
    """Change of the histogram as an atom goes to a place."""
    old = units_at_home(box, atom, live.positions[atom, 0], live.positions[atom, 1], live.positions[atom, 2])
    new = units_at_home(box, atom, place[0], place[1], place[2])
    histogram_change(box, far, atom, species, old, new, rules, desk, change)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _measure(box, far, live, atom, species, place, rules, desk, batch, m, reduced):
    """Change of the histogram by a member, its linear part, and the bound of the error of its transform."""
    _histogram_change(box, far, live, atom, species, place, rules, desk, batch.change[m])
    batch.linear[m], sizes = weigh(batch.change[m], reduced.gradient, reduced.norms, batch.single[m])
    batch.error[m] = reduced.rounding[0] * sizes


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _forbidden(box, near, live, atom, species, place, new, hard):
    """Whether hard constraints forbid a position, given as it is and in the home frame."""
    return too_close(box, near, atom, species, new, hard) or leaves_window(
        live.positions, atom, place[0], place[1], place[2], hard
    )


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _strain(box, near, bonds, live, batch, m, atom, species, place):
    """Cost of the bond valence sums of a member; what is known of it is used if nothing near has moved since."""
    fresh = bonds.fixed and batch.listed[m] >= 0
    if fresh:
        for entry in range(batch.listed[m]):
            if batch.touched[batch.bonded[m, entry]] == live.numbers[2]:
                fresh = False
    if not fresh:
        batch.strain[m], batch.listed[m] = valence_change(
            box,
            near,
            bonds,
            live.positions,
            live.species,
            live.valence,
            atom,
            species,
            place,
            batch.bonded[m],
            batch.sums[m],
        )
    return batch.strain[m]


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def transform_change(change, transposed, out):
    """Add M dh in the reduced space."""
    for k in range(len(change)):
        if change[k] != 0.0:
            row = transposed[k]
            for j in range(len(out)):
                out[j] += change[k] * row[j]


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
def _correct(box, rules, batch, m, n_changed, species, old, new, reduced):
    """Correct a member for the neighbors that moved since it was evaluated."""
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
            amount = 2.0 * rules.lengths[species] * rules.lengths[other] if rules.total else 1.0
            if side == 1 or side == 2:
                amount = -amount
            k = rules.base[species, other] + bin_number
            batch.change[m, k] += amount
            batch.linear[m] += amount * reduced.gradient[k]
            batch.error[m] += reduced.rounding[0] * abs(amount) * reduced.norms[k]
            if batch.state[m] == FULL:
                transform, row, factor = batch.transform[m], reduced.single[k], np.float32(amount)
                for j in range(len(transform)):
                    transform[j] += factor * row[j]


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _data_change(live, batch, m, room, early, reduced, work):
    """Change of chi^2 of the data, exact where it matters; infinite where a bound already forbids the move."""
    drift_error, drift = np.sqrt(batch.doubt[0]), np.sqrt(batch.doubt[1])
    if batch.state[m] == LINEAR:
        # 2 s.p + |p|^2 >= -|s|^2, whatever the transform p is; s is how far the residual came in this batch.
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
    return _exact_change(live, batch.change[m], batch.linear[m], reduced, work, batch.since)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _exact_change(live, change, linear, reduced, transform, drift):
    """Change of chi^2 of the data in double precision; both vectors from one pass over the operator."""
    for j in range(len(transform)):
        transform[j] = 0.0
        drift[j] = 0.0
    for k in range(len(change)):
        now, since = change[k], live.histogram[k] - reduced.histogram[k]
        if now != 0.0 or since != 0.0:
            row = reduced.transposed[k]
            for j in range(len(transform)):
                transform[j] += now * row[j]
                drift[j] += since * row[j]
    return linear + 2.0 * dot(drift, transform) + dot(transform, transform)


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
    """Take over the change of histogram, residual and sums."""
    if rules.active:
        change, transform = batch.change[m], batch.transform[m]
        for k in range(len(live.histogram)):
            live.histogram[k] += change[k]
        for j in range(len(live.drift)):
            live.drift[j] += transform[j]
        # Roundings of one transform are independent of those of another.
        batch.doubt[0] += batch.error[m] ** 2
        batch.doubt[1] = dot(live.drift, live.drift)
    for entry in range(batch.listed[m]):
        atom = batch.bonded[m, entry]
        live.valence[atom] = batch.sums[m, entry]
        batch.touched[atom] = live.numbers[2]


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


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
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
        if _forbidden(box, near, live, atom, species, place, new, hard):
            return DONE, n_changed
    elif batch.state[m] == REFUSED:
        return DONE, n_changed
    counters[1] += 1
    old = at_home(box, atom, old_place[0], old_place[1], old_place[2])
    room = -2.0 * moves.temperature * np.log(draws[5])
    if bonds.active:
        room -= _strain(box, near, bonds, live, batch, m, atom, species, place)
    if len(shells.center) > 0:
        before = shell_cost(shells, live.tally)
        move_in_shells(box, near, atom, species, old, new, shells, live.counts, live.tally)
        room -= shell_cost(shells, live.tally) - before
    data = 0.0
    if rules.active:
        if moved or batch.state[m] == REFUSED:
            _measure(box, far, live, atom, species, place, rules, desk, batch, m, reduced)
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


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def commit(box, far, near, rules, hard, bonds, shells, live, moves, batch, reduced, desk, count):
    """Commit members in order. Returns how many were dealt with, and why it stopped."""
    n_changed = np.int64(0)
    live.numbers[2] += 1
    for number in range(count):
        m = batch.turn[number]
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


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def work(box, far, near, rules, hard, bonds, shells, live, moves, batch, reduced, slack, desk, low, high, deciding):
    """Evaluate members ``low`` to ``high`` of a batch, or decide on those up to ``high`` in order.

    One entry for both, because the passing of so many arrays takes longer to compile than what is done with them.
    Returns how many are to be transformed or were decided, and why it stopped.
    """
    if deciding:
        return commit(box, far, near, rules, hard, bonds, shells, live, moves, batch, reduced, desk, high)
    return evaluate(box, far, near, rules, hard, bonds, live, moves, batch, reduced, slack, desk, low, high), DONE


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
            valence[m] = valence_change(
                box, near, bonds, live.positions, live.species, live.valence, atom, species, place, atoms, values
            )[0]
        if len(shells.center) > 0:
            move_in_shells(box, near, atom, species, old, new, shells, live.counts, live.tally)
            for rule in range(len(shells.center)):
                tally[m, rule] = live.tally[rule]
            move_in_shells(box, near, atom, species, new, old, shells, live.counts, live.tally)

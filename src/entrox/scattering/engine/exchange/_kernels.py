"""Compiled kernels of the exchange of two species: one site after the other, taken back if refused."""

# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls, disable-error-code="call-overload"

from __future__ import annotations

import numpy as np
from numba import njit

from entrox.scattering.engine.boxes._kernels import add_neighbors, at_home, free_place, replace_atom, units_at_home
from entrox.scattering.engine.constraints._kernels import leaves_window, shell_cost, shift_shells, too_close
from entrox.scattering.engine.evaluation._kernels import dot, transform_change
from entrox.scattering.engine.move_tables import DONE, GROW, SOLVE
from entrox.scattering.terms.valence._kernels import change_of_cost, valence_changes


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _home(box, live, atom):
    """Position of an atom in the frame of its home cell."""
    return at_home(box, atom, live.positions[atom, 0], live.positions[atom, 1], live.positions[atom, 2])


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _home_units(box, live, atom):
    """Position of an atom in units in the frame of its home cell."""
    return units_at_home(box, atom, live.positions[atom, 0], live.positions[atom, 1], live.positions[atom, 2])


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _replace(box, near, shells, live, atom, species, x, y, z):
    """Make an atom another species at a place; its shells follow."""
    if len(shells.center) > 0:
        here = _home(box, live, atom)
        shift_shells(box, near, atom, live.species[atom], here, -1, shells, live.counts, live.tally)
    replace_atom(box, live.positions, live.species, atom, species, x, y, z)
    if len(shells.center) > 0:
        here = _home(box, live, atom)
        shift_shells(box, near, atom, live.species[atom], here, 1, shells, live.counts, live.tally)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _new_sums(box, near, bonds, live, atom, species, place, bonded, sums):
    """Set the bond valence sums of a change and keep those before. Returns the cost and how many there are."""
    listed = valence_changes(box, near, bonds, live.positions, live.species, atom, species, place, bonded, sums)
    cost = change_of_cost(bonds, live.species, live.valence, species, bonded, sums, listed)
    for entry in range(listed):
        sums[entry] += live.valence[bonded[entry]]
    _exchange_sums(live, bonded, sums, listed)
    return cost, listed


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _exchange_sums(live, bonded, sums, listed):
    """Exchange sums in use and sums kept."""
    for entry in range(listed):
        kept = live.valence[bonded[entry]]
        live.valence[bonded[entry]] = sums[entry]
        sums[entry] = kept


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _allowed(box, near, live, hard, atoms):
    """Whether the hard limits hold at both sites."""
    for turn in range(2):
        atom = atoms[turn]
        if too_close(box, near, atom, live.species[atom], _home(box, live, atom), hard):
            return False
        x, y, z = live.positions[atom, 0], live.positions[atom, 1], live.positions[atom, 2]
        if leaves_window(live.positions, atom, x, y, z, hard):
            return False
    return True


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def exchange(box, far, near, rules, hard, bonds, shells, live, moves, transposed, desk, atoms, places, room):
    """Exchange the species of two atoms, which go to two ``places``, if their change of chi^2 is below ``room``.

    Returns how many moves were made (0 if the cells must grow first), and why the engine should look up.
    """
    bonded, sums = np.empty((2, 1024), dtype=np.int64), np.empty((2, 1024))
    listed = np.zeros(2, dtype=np.int64)
    change = np.zeros(len(live.histogram))
    old = np.empty((2, 3))
    kinds = (live.species[atoms[0]], live.species[atoms[1]])
    cost = -shell_cost(shells, live.tally)
    done = 0
    for turn in range(2):
        atom = atoms[turn]
        species = kinds[1 - turn]
        place = (places[turn, 0], places[turn, 1], places[turn, 2])
        if free_place(box, atom, place[0], place[1], place[2]) < 0:
            break
        for axis in range(3):
            old[turn, axis] = live.positions[atom, axis]
        if rules.active:
            add_neighbors(box, far, atom, kinds[turn], _home_units(box, live, atom), -1, rules, desk, change)
        if bonds.active:
            part, listed[turn] = _new_sums(box, near, bonds, live, atom, species, place, bonded[turn], sums[turn])
            cost += part
        _replace(box, near, shells, live, atom, species, place[0], place[1], place[2])
        if rules.active:
            add_neighbors(box, far, atom, species, _home_units(box, live, atom), 1, rules, desk, change)
        done += 1
    if done == 2:
        counters = live.counters[1, kinds[0]]
        counters[0] += 1
        if _allowed(box, near, live, hard, atoms):
            counters[1] += 1
            shift = np.zeros(len(live.residual))
            transform_change(change, transposed, shift)
            data = 2.0 * dot(live.residual, shift) + dot(shift, shift)
            if data < room - (cost + shell_cost(shells, live.tally)):
                counters[2] += 1
                for k in range(len(change)):
                    live.histogram[k] += change[k]
                for j in range(len(shift)):
                    live.residual[j] += shift[j]
                live.numbers[0] += 1
                if 0 < moves.solve_every <= live.numbers[0]:
                    live.numbers[0] = 0
                    return 1, SOLVE
                return 1, DONE
    for turn in range(done - 1, -1, -1):
        _replace(box, near, shells, live, atoms[turn], kinds[turn], old[turn, 0], old[turn, 1], old[turn, 2])
        _exchange_sums(live, bonded[turn], sums[turn], listed[turn])
    return (1, DONE) if done == 2 else (0, GROW)

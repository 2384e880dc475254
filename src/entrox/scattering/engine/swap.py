"""Exchange of the species of two sites of one sublattice, one site after the other, taken back if refused."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.scattering.engine.boxes._kernels import add_neighbors, at_home, clear_rest, free_place, replace_atom
from entrox.scattering.engine.constraints._kernels import leaves_window, shell_cost, shift_shells, too_close
from entrox.scattering.engine.moves._kernels import DONE, GROW, SOLVE, MoveTable
from entrox.scattering.engine.state import RmcState
from entrox.scattering.terms.valence._kernels import valence_change

__all__ = ["swap_move"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SWAP = 1
_MOST_BONDS = 1024


def _home(state: RmcState, atom: int) -> tuple[float, float, float]:
    """Position of an atom in the frame of its home cell."""
    x, y, z = at_home(state.box, atom, *state.live.positions[atom])
    return float(x), float(y), float(z)


def _shift_shells(state: RmcState, atom: int, sign: int) -> None:
    if len(state.rules.shells.center):
        live = state.live
        shift_shells(
            state.box,
            state.near,
            atom,
            live.species[atom],
            _home(state, atom),
            sign,
            state.rules.shells,
            live.counts,
            live.tally,
        )


def _count_pairs(state: RmcState, atom: int, sign: float, bins: NDArray[np.uint16], change: Floats) -> None:
    if state.rules.pairs.active:
        species, here = state.live.species[atom], _home(state, atom)
        add_neighbors(state.box, state.far, atom, species, here, state.rules.pairs, sign, bins[0], bins[1], change)


def _replace(state: RmcState, atom: int, species: int, place: Floats) -> None:
    """Make an atom another species at a place; its shells follow."""
    _shift_shells(state, atom, -1)
    replace_atom(state.box, state.live.positions, state.live.species, atom, species, *place, state.rules.pairs.lengths)
    _shift_shells(state, atom, 1)


def _change_valence(state: RmcState, atom: int, species: int, place: Floats) -> tuple[float, Ints, Floats]:
    """Cost of new bond valence sums, which are set; the atoms concerned and the sums before."""
    live = state.live
    if not state.rules.bonds.active:
        return 0.0, np.zeros(0, dtype=np.int64), np.zeros(0)
    atoms, values = np.empty(_MOST_BONDS, dtype=np.int64), np.empty(_MOST_BONDS)
    cost, count = valence_change(
        state.box,
        state.near,
        state.rules.bonds,
        live.positions,
        live.species,
        live.valence,
        atom,
        species,
        (float(place[0]), float(place[1]), float(place[2])),
        atoms,
        values,
    )
    before = live.valence[atoms[:count]].copy()
    live.valence[atoms[:count]] = values[:count]
    return float(cost), atoms[:count], before


def _allowed(state: RmcState, atoms: tuple[int, int]) -> bool:
    """Whether the hard limits hold at both sites."""
    live, hard = state.live, state.rules.hard
    return not any(
        too_close(state.box, state.near, atom, live.species[atom], _home(state, atom), hard)
        or leaves_window(live.positions, atom, *live.positions[atom], hard)
        for atom in atoms
    )


def _drawn_pair(moves: MoveTable, draws: Floats) -> tuple[int, int]:
    """Two sites of the sublattice that the random numbers name."""
    number = int(np.searchsorted(moves.share, draws[0], side="right"))
    members = moves.member[moves.first[number] : moves.first[number + 1]]
    last = len(members) - 1
    one, two = (min(int(draw * len(members)), last) for draw in draws[1:3])
    return int(members[one]), int(members[two])


def swap_move(state: RmcState, moves: MoveTable, draws: Floats) -> tuple[int, int]:
    """Decide and perform one exchange.

    Returns
    -------
    made, code
        Moves made (0 if the cells must grow first), and why the engine should look up, as for translations.
    """
    live, rules = state.live, state.rules
    atoms = _drawn_pair(moves, draws)
    kinds = (int(live.species[atoms[0]]), int(live.species[atoms[1]]))
    counters = live.counters[_SWAP, kinds[0]]
    if kinds[0] == kinds[1]:
        counters[0] += 1
        return 1, DONE
    old = live.positions[list(atoms)].copy()
    apart = live.sites[atoms[0]] - live.sites[atoms[1]]
    new = np.array([old[1] + apart, old[0] - apart]) if moves.swap_positions else old.copy()
    shells_before = shell_cost(rules.shells, live.tally)
    change = np.zeros_like(live.histogram)
    bins = np.empty((2, int(state.far.total.max())), dtype=np.uint16)
    cost = 0.0
    undo: list[tuple[int, int, Floats, Ints, Floats]] = []
    for turn, atom in enumerate(atoms):
        if free_place(state.box, atom, *new[turn]) < 0:
            _take_back(state, undo)
            return 0, GROW
        _count_pairs(state, atom, -1.0, bins, change)
        part, listed, before = _change_valence(state, atom, kinds[1 - turn], new[turn])
        cost += part
        _replace(state, atom, kinds[1 - turn], new[turn])
        _count_pairs(state, atom, 1.0, bins, change)
        undo.append((atom, kinds[turn], old[turn], listed, before))
    clear_rest(rules.pairs, change)
    counters[0] += 1
    if _allowed(state, atoms):
        counters[1] += 1
        room = -2.0 * moves.temperature * np.log(draws[5]) if draws[5] > 0.0 else np.inf
        room -= cost + shell_cost(rules.shells, live.tally) - shells_before
        shift = change @ state.form.transposed
        if float((2.0 * live.residual + shift) @ shift) < room:
            counters[2] += 1
            live.histogram[:] += change
            live.residual[:] += shift
            return 1, _after_acceptance(state, moves)
    _take_back(state, undo)
    return 1, DONE


def _after_acceptance(state: RmcState, moves: MoveTable) -> int:
    """Count the move towards the next solution of scale and offset."""
    numbers = state.live.numbers
    numbers[0] += 1
    if 0 < moves.solve_every <= numbers[0]:
        numbers[0] = 0
        return SOLVE
    return DONE


def _take_back(state: RmcState, undo: list[tuple[int, int, Floats, Ints, Floats]]) -> None:
    """Put the sites back in reverse order."""
    for atom, species, place, listed, before in reversed(undo):
        _replace(state, atom, species, place)
        state.live.valence[listed] = before

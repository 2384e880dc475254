"""Exchange of the species of two sites of one sublattice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.scattering.engine.boxes._kernels import Desk
from entrox.scattering.engine.exchange._kernels import exchange
from entrox.scattering.engine.move_tables import DONE, MoveTable
from entrox.scattering.engine.state import RmcState

__all__ = ["swap_move"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SWAP = 1


def _drawn_pair(moves: MoveTable, draws: Floats) -> Ints:
    """Two sites of the sublattice that the random numbers name."""
    number = int(np.searchsorted(moves.share, draws[0], side="right"))
    members = moves.member[moves.first[number] : moves.first[number + 1]]
    last = len(members) - 1
    return np.asarray(members[[min(int(draw * len(members)), last) for draw in draws[1:3]]], dtype=np.int64)


def swap_move(state: RmcState, moves: MoveTable, draws: Floats, desk: Desk) -> tuple[int, int]:
    """Decide and perform one exchange.

    Returns
    -------
    made, code
        Moves made (0 if the cells must grow first), and why the engine should look up, as for translations.
    """
    live, rules = state.live, state.rules
    atoms = _drawn_pair(moves, draws)
    kinds = live.species[atoms]
    if kinds[0] == kinds[1]:
        live.counters[_SWAP, kinds[0], 0] += 1
        return 1, DONE
    places = live.positions[atoms]
    if moves.swap_positions:
        apart = live.sites[atoms[0]] - live.sites[atoms[1]]
        places = np.array([places[1] + apart, places[0] - apart])
    made, code = exchange(
        state.box,
        state.far,
        state.near,
        rules.pairs,
        rules.hard,
        rules.bonds,
        rules.shells,
        live,
        moves,
        state.form.transposed,
        desk,
        atoms,
        places,
        -2.0 * moves.temperature * np.log(draws[5]) if draws[5] > 0.0 else np.inf,
    )
    return int(made), int(code)

"""What moves change, how they are drawn, and a batch of them under way, in the form of the kernels."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

__all__ = [
    "DONE",
    "DRAWS",
    "FULL",
    "GROW",
    "LINEAR",
    "PART",
    "REFUSED",
    "SOLVE",
    "WIDEN",
    "Batch",
    "Live",
    "MoveTable",
    "Reduced",
]

Array = NDArray[Any]

DRAWS = 8
"""Random numbers of a move."""
PART = 16
"""Members whose accepted changes are added up on their own."""
DONE, WIDEN, GROW, SOLVE = 0, 1, 2, 3
"""Why a decision stopped."""
REFUSED, LINEAR, FULL = 0, 1, 2
"""How far a member is evaluated."""


class Live(NamedTuple):
    """What moves change. ``numbers``: accepted since the last solution of scales, moves refused for the margin, stamp.

    ``counters`` (kinds of move, elements, 3): generated, tested, accepted. ``histogram`` and ``residual`` (in the
    reduced space) are those of the base, where the gradient was taken; ``drift`` is how far the residual came since,
    from transforms in single precision. ``stamp`` marks the atoms moved in this batch.
    """

    positions: Array
    species: Array
    sites: Array
    histogram: Array
    residual: Array
    drift: Array
    valence: Array
    counts: Array
    tally: Array
    counters: Array
    numbers: Array
    stamp: Array


class MoveTable(NamedTuple):
    """How moves are drawn. ``share`` is cumulative over sublattices; ``member`` lists the sites of each from ``first``.

    ``early`` allows rejection without transform; ``may_widen`` a wider table; ``solve_every`` accepted moves (0 never).
    """

    radius: Array
    share: Array
    first: Array
    member: Array
    swap_positions: bool
    early: bool
    may_widen: bool
    solve_every: int
    temperature: float


class Reduced(NamedTuple):
    """chi^2 of the data: its gradient at the base, and what turns a histogram into the residual.

    ``single`` is ``transposed`` in single precision, ``norms`` the length of each of its rows; ``rounding`` (1,) times
    the sum of |dh| norms is more than the error of a transform in two steps of single precision, whatever the order of
    its sums (as sure as ``CERTAINTY`` says).
    """

    gradient: Array
    single: Array
    norms: Array
    rounding: Array
    transposed: Array


class Batch(NamedTuple):
    """Moves under way: random numbers (n, 8), change of the histogram, its transform, linear part, and how far each is.

    They stand in the order of their places in the box; ``turn`` is the order in which they are decided.
    ``single`` is the change as it was evaluated, in single precision. ``atom`` and ``goal`` (n, 3) are what moves, and
    where to. ``error`` bounds the length of the error of each transform; ``doubt`` holds the square of that of the
    drift, the squared length of the drift, and how many moves were decided in double precision, for which ``since``
    (histogram) and ``drift`` (rank) are room.
    ``listed`` atoms (-1: not known) whose bond valence sums a move changes stand in ``bonded``, with ``shifts``.
    ``accepted`` marks members whose change is not yet in ``gained`` (parts, histogram): what the histogram has gained
    since the base, kept apart for every ``PART`` members, so that sums do not depend on who adds.
    ``pair`` lists bins of a member that are to be corrected by ``amount``.
    ``changed`` lists accepted moves of single sites: atom, species before and after; ``places`` (6, n) the positions,
    and ``apart`` the squares of their distances from a member. ``reach`` is the square of how near an atom must be for
    its moves to change the histogram, and that for its moves to break or mend a hard constraint.
    """

    draws: Array
    turn: Array
    change: Array
    single: Array
    transform: Array
    linear: Array
    atom: Array
    goal: Array
    error: Array
    doubt: Array
    since: Array
    drift: Array
    state: Array
    listed: Array
    bonded: Array
    shifts: Array
    accepted: Array
    gained: Array
    pair: Array
    amount: Array
    changed: Array
    places: Array
    apart: Array
    reach: Array

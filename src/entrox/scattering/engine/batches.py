"""Batches of moves: evaluated side by side from one common state, decided in order.

What a move changes in chi^2 is counted from a base: a histogram, its residual and the gradient there. A base serves
several batches, because each of these is a pass over the whole operator; what accepted moves have changed since is the
drift. Changes are transformed in single precision, with a bound of the error; a decision nearer than that is made
again in double precision. The chain is therefore that of single moves.
"""

from __future__ import annotations

from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from entrox.core.interrupts import deferred_interrupt
from entrox.scattering.engine.boxes._kernels import UNITS_PER_ANGSTROM
from entrox.scattering.engine.crew import Crew
from entrox.scattering.engine.desk import desk_of
from entrox.scattering.engine.move_tables import DRAWS, FULL, PART, Batch, MoveTable, Reduced
from entrox.scattering.engine.moves._kernels import DECIDE, EVALUATE, GATHER, Workplace, work, workplace
from entrox.scattering.engine.state import RmcState
from entrox.scattering.engine.swap import swap_move
from entrox.scattering.operators.reduced_operator import CostForm
from entrox.scattering.operators.two_step import LEFT_OUT

__all__ = ["Batches"]

Floats = NDArray[np.float64]

MOST_BONDS = 1024
REACH_MARGIN = 0.01
SLACK_GROWTH = 1.5
BATCHES_OF_A_BASE = 4
SPARED_SHARE = 1.0 / 16.0
"""Of moves that early rejection spares a transform: above it the base is renewed after every batch, because the drift
is what limits early rejection."""
CERTAINTY = 8.0
"""Standard deviations of the rounding of a transform in single precision that a move must be clear of; nearer ones are
decided in double precision. Higham and Mary, SIAM J. Sci. Comput. 41, A2815 (2019): exceeded once in 10^13 sums."""


class Batches:
    """Decide moves of a state, batch by batch; a context, for its threads.

    Parameters
    ----------
    state
        Changed in place. Its residual is that of its histogram at the start, and again after :meth:`renew`.
    size
        Most moves of a batch.

    Attributes
    ----------
    age
        Batches that the base has served; None if it no longer holds.
    count
        Members of the last batch.
    """

    def __init__(self, state: RmcState, size: int) -> None:
        self.state = state
        self.size = size
        self.batch = _empty_batch(state, size)
        self.count = 0
        self._numbers = np.arange(size)
        self._form: CostForm | None = None
        self._workplaces: list[Workplace] = []
        self.age: int | None = None
        self.follow_box()
        self._set_off()
        self.crew = Crew(state.threads)

    def __enter__(self) -> Batches:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.crew.dismiss()
        if kind is not None and self.count:
            # What was accepted has moved atoms already: a state that is left half way must know it.
            with deferred_interrupt():
                work(self._workplaces[0], self.state.slack, 0, self.count, GATHER)
                self._take_over()

    def follow_box(self) -> None:
        """Take note of another padded box."""
        state = self.state
        rank = len(state.live.residual)
        self.desks = [desk_of(state.far, state.rules.pairs, rank) for _ in range(state.threads)]
        self._moves: MoveTable | None = None

    def renew(self) -> None:
        """Make the state of now the base."""
        if self.age == 0:
            return
        self._gather()
        self._take_over()
        self._set_off()

    def decide(self, draws: Floats, moves: MoveTable) -> tuple[int, int]:
        """Decide translations.

        Returns
        -------
        made, code
            Moves decided, and why the engine should look up.
        """
        state, batch, count = self.state, self.batch, len(draws)
        if self.age is None or self.age == BATCHES_OF_A_BASE:
            self.renew()
        elif count != self.count:
            self._gather()
        if self._moves is not moves:
            self._take_places(moves)
        self.count = count
        self._line_up(draws)

        def part(number: int, low: int, high: int) -> int:
            place, slack = self._workplaces[number], state.slack
            wanted, _ = work(place, slack, low, high, EVALUATE)
            if wanted and state.rules.pairs.active:
                self._transform(low, high, wanted)
            return int(wanted)

        wanted = self.crew.share(part, count, PART)
        made, code = work(self._workplaces[0], state.slack, 0, count, DECIDE)
        state.slack = max(0.9 * state.slack, SLACK_GROWTH * float(batch.doubt[1]))
        self.age = None if self.age is None or count - wanted > SPARED_SHARE * count else self.age + 1
        return int(made), int(code)

    def swap(self, draws: Floats, moves: MoveTable) -> tuple[int, int]:
        """Decide one exchange; returns as :meth:`decide` (no move made if the cells must grow first)."""
        self.renew()
        self.age = None
        return swap_move(self.state, moves, draws, self.desks[0])

    def _gather(self) -> None:
        """Add accepted changes of the last batch to what the histogram has gained."""

        def part(number: int, low: int, high: int) -> int:
            work(self._workplaces[number], self.state.slack, low, high, GATHER)
            return 0

        if self.count:
            self.crew.share(part, self.count, PART)

    def _take_over(self) -> None:
        """Add what the histogram has gained to it; the residual follows."""
        live, form, batch = self.state.live, self.state.form, self.batch
        live.histogram[:] += batch.gained.sum(axis=0)
        batch.gained[:] = 0.0
        if self.state.rules.pairs.active:
            live.residual[:] = live.histogram @ form.transposed + form.shift

    def _take_places(self, moves: MoveTable) -> None:
        """Give every thread all that it works with."""
        state, rules = self.state, self.state.rules
        self._moves = moves
        self._workplaces = [
            workplace(
                state.box,
                state.far,
                state.near,
                rules.pairs,
                rules.hard,
                rules.bonds,
                rules.shells,
                state.live,
                moves,
                self.batch,
                self.reduced,
                desk,
            )
            for desk in self.desks
        ]

    def _line_up(self, draws: Floats) -> None:
        """Order members by place: neighbors in the box are then neighbors in time, and find memory in the cache."""
        count, n_atoms = len(draws), len(self.state.species)
        atoms = np.minimum((draws[:, 1] * n_atoms).astype(np.int64), n_atoms - 1)
        # Places and numbers in one: whole numbers are sorted much faster than looked up.
        order = np.sort(self.state.box.home[atoms] * count + self._numbers[:count]) % count
        np.take(draws, order, axis=0, out=self.batch.draws[:count], mode="clip")
        self.batch.turn[order] = self._numbers[:count]

    def _transform(self, low: int, high: int, wanted: int) -> None:
        """Transform the members that may be accepted, ``wanted`` of them."""
        batch, short, room = self.batch, self.state.form.short, self._room[low:high]
        if wanted == high - low:
            short.product(batch.single[low:high], room, batch.transform[low:high])
        else:
            members = low + np.flatnonzero(batch.state[low:high] == FULL)
            found = np.empty((wanted, batch.transform.shape[1]), dtype=np.float32)
            short.product(batch.single[members], room[:wanted], found)
            batch.transform[members] = found

    def _set_off(self) -> None:
        form = self.state.form
        if self._form is not form:
            self._form, self._moves, self.reduced = form, None, _reduced(form, self.size)
            self._room = np.zeros((self.size, len(form.short.right)), dtype=np.float32)
        self.reduced.gradient[:] = 2.0 * (form.transposed @ self.state.live.residual)
        self.state.live.drift[:] = 0.0
        self.batch.doubt[:2] = 0.0
        self.age = 0


def _empty_batch(state: RmcState, size: int) -> Batch:
    width, rank = state.form.transposed.shape
    two_steps, rules = 2.0 * float(state.radius_angstrom.max()), state.rules
    last_edge = rules.pairs.last / (rules.pairs.bins_per_unit * UNITS_PER_ANGSTROM)
    # Rows no longer than needed stay in the cache.
    most_bonds = int(np.diff(rules.bonds.first).max(initial=0)) if rules.bonds.fixed else MOST_BONDS
    hard = max(rules.hard.closest_squared.max(), rules.hard.high_squared.max(initial=0.0)) ** 0.5
    return Batch(
        draws=np.zeros((size, DRAWS)),
        turn=np.zeros(size, dtype=np.int64),
        change=np.zeros((size, width)),
        single=np.zeros((size, width), dtype=np.float32),
        transform=np.zeros((size, rank), dtype=np.float32),
        linear=np.zeros(size),
        atom=np.zeros(size, dtype=np.int64),
        goal=np.zeros((size, 3)),
        error=np.zeros(size),
        doubt=np.zeros(3),
        since=np.zeros(width),
        drift=np.zeros(rank),
        state=np.zeros(size, dtype=np.int8),
        listed=np.full(size, -1, dtype=np.int64),
        bonded=np.zeros((size, most_bonds + 1), dtype=np.int64),
        shifts=np.zeros((size, most_bonds + 1)),
        accepted=np.zeros(size, dtype=np.bool_),
        gained=np.zeros((-(-size // PART), width)),
        pair=np.zeros(4 * size, dtype=np.int64),
        amount=np.zeros(4 * size),
        changed=np.zeros((size, 3), dtype=np.int64),
        places=np.zeros((6, size)),
        apart=np.zeros(size),
        reach=np.array([last_edge + two_steps + REACH_MARGIN, hard + two_steps + REACH_MARGIN]) ** 2,
    )


def _reduced(form: CostForm, size: int) -> Reduced:
    """Return chi^2 of the data in the form of the kernels."""
    # Roundings of either sign add up like a random walk: of two sums of products, and of the corrections to them. The
    # second sum runs over orthonormal rows, where no part of it is longer than what it is made of.
    sums = len(form.transposed) + 2 * len(form.short.right) + 4 * size
    roundings = CERTAINTY * np.sqrt(sums) + 8.0 + LEFT_OUT
    return Reduced(
        gradient=np.zeros(len(form.transposed)),
        single=form.single,
        norms=form.norms,
        rounding=np.array([roundings * float(np.finfo(np.float32).eps) / 2.0]),
        transposed=form.transposed,
    )

"""Compiled entry to the moves: evaluation and decision of a batch by one thread."""

# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls, disable-error-code="call-overload"

from __future__ import annotations

from numba import njit, types
from numba.experimental import structref

from entrox.scattering.engine.decision._kernels import commit, gather
from entrox.scattering.engine.evaluation._kernels import evaluate
from entrox.scattering.engine.move_tables import DONE

GATHER, EVALUATE, DECIDE = 0, 1, 2


@structref.register
class WorkplaceType(types.StructRef):
    """Compiled form of :class:`Workplace`."""

    def preprocess_fields(self, fields):
        """Fields without the values of literals."""
        return tuple((name, types.unliteral(kind)) for name, kind in fields)


class Workplace(structref.StructRefProxy):
    """All arrays that a thread works with. To hand them over one by one takes longer than a move."""


FIELDS = ["box", "far", "near", "rules", "hard", "bonds", "shells", "live", "moves", "batch", "reduced", "desk"]
structref.define_boxing(WorkplaceType, Workplace)
structref.define_constructor(Workplace, WorkplaceType, FIELDS)


@njit(cache=True)
def workplace(box, far, near, rules, hard, bonds, shells, live, moves, batch, reduced, desk):
    """Workplace of a thread; its arrays are not copied."""
    return Workplace(box, far, near, rules, hard, bonds, shells, live, moves, batch, reduced, desk)


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def work(at, slack, low, high, task):
    """Gather what was accepted among members ``low`` to ``high`` of a batch, and evaluate new ones; or decide on them.

    One entry for all, because the arrays take longer to compile than what is done with them. Returns how many are to be
    transformed or were decided, and why it stopped.
    """
    if task == DECIDE:
        return commit(
            at.box,
            at.far,
            at.near,
            at.rules,
            at.hard,
            at.bonds,
            at.shells,
            at.live,
            at.moves,
            at.batch,
            at.reduced,
            at.desk,
            high,
        )
    gather(at.batch, low, high)
    if task == GATHER:
        return 0, DONE
    wanted = evaluate(
        at.box,
        at.far,
        at.near,
        at.rules,
        at.hard,
        at.bonds,
        at.live,
        at.moves,
        at.batch,
        at.reduced,
        slack,
        at.desk,
        low,
        high,
    )
    return wanted, DONE

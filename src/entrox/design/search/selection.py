"""Which candidates of a screen are run again: its Pareto set, its best by the first objective, and a random control."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.design.search.archive import Archive
from entrox.design.search.pareto import evenly_spread

__all__ = ["CONTROL", "FRONT", "LATER", "LEADER", "Selected", "select_candidates"]

FRONT, LEADER, CONTROL, LATER = "front", "leader", "control", "later look"


@dataclass(frozen=True)
class Selected:
    """Candidates to run again.

    Parameters
    ----------
    rows
        Shape ``(n, n_columns)``.
    groups
        Why each was taken: ``front``, ``leader``, ``control`` or ``later look``.
    """

    rows: NDArray[Any]
    groups: tuple[str, ...]


def select_candidates(
    archive: Archive, rerun: int, control: int, rng: np.random.Generator, before: NDArray[Any] | None = None
) -> Selected:
    """Select the candidates that are run again.

    Parameters
    ----------
    archive
        Of the screen.
    rerun
        Half of them at most are spread over the Pareto set, the rest are the best by the first objective.
    control
        Drawn at random from all that fulfil the constraints; those already taken are not drawn.
    rng
        Draws the control.
    before
        Candidates of earlier looks, which are not taken again; all that are taken now are of a later look.
    """
    taken = set() if before is None else {row.tobytes() for row in before}
    fresh = np.array([row.tobytes() not in taken for row in archive.front.rows], dtype=bool)
    front = archive.front.taken(fresh)
    front = front.taken(evenly_spread(front.objectives, max(1, rerun // 2)))
    rows = list(front.rows)
    groups = [FRONT] * len(rows)
    taken |= {row.tobytes() for row in rows}
    order = rng.permutation(len(archive.sample))
    for source, group, most in (
        (archive.leaders.rows, LEADER, rerun - len(rows)),
        (archive.sample.rows[order], CONTROL, control),
    ):
        added = 0
        for row in source:
            if added >= most:
                break
            if row.tobytes() not in taken:
                taken.add(row.tobytes())
                rows.append(row)
                groups.append(group)
                added += 1
    if before is not None:
        groups = [LATER] * len(rows)
    found = np.array(rows, dtype=archive.front.rows.dtype).reshape(len(rows), archive.front.rows.shape[1])
    return Selected(found, tuple(groups))

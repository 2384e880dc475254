"""One line per published number, for the tables of the rooms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from entrox.core.measure import LedgerRow

__all__ = ["ledger_row"]


def ledger_row(
    name: str, quantity: str, unit: str, published: float, tolerance: float, source: str,
    compute: Callable[[], float] | None = None, **options: Any,
) -> LedgerRow:  # fmt: skip
    """Return a row of the reproduction ledger whose tolerance is in the unit of its value.

    Parameters
    ----------
    name
        ``room.what``; the room is read from it.
    quantity, unit, published, tolerance, source, compute
        As in :class:`~entrox.core.measure.LedgerRow`.
    **options
        Its other fields; ``relative`` is False unless given.

    Examples
    --------
    >>> row = ledger_row("film.share", "share of a phase", "1", 0.5, 0.01, "closed form", lambda: 0.5)
    >>> row.room, row.relative
    ('film', False)
    """
    return LedgerRow(
        id=name, room=name.split(".")[0], quantity=quantity, unit=unit, published=published, tolerance=tolerance,
        source=source, compute=compute, **{"relative": False, **options},
    )  # fmt: skip

"""The reproduction ledger: published numbers, ours beside them, and a verdict for each.

A room hands up its rows (published value, tolerance, function) as ``LEDGER``; ``ledger.toml`` keeps the verdict that
is expected of each id and the reason in one line. Rows of rooms that are not built yet stand in ``ledger.toml`` alone.
"""

from __future__ import annotations

import fnmatch
import functools
import importlib.util
import math
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from pydantic import BaseModel, ConfigDict

from entrox.core.errors import EntroxError, InputError, nearest_names
from entrox.core.measure import LedgerRow
from entrox.core.measured_files import DATA_VARIABLE, find_measured_file

__all__ = ["LedgerEntry", "Verdict", "list_ledger", "read_ledger", "reproduce"]

REPRODUCED = "reproduced"
UNDER_CONVENTION = "reproduced under a stated convention"
CONTRADICTED = "contradicted"
NOT_DECIDABLE = "not decidable"
PENDING = "pending"
FAILED = "failed"
NOT_HERE = "not recomputed here"
"""Its measured files or packages are not here, or it takes minutes and was not asked for by its id."""
EXPECTABLE = (REPRODUCED, UNDER_CONVENTION, CONTRADICTED, NOT_DECIDABLE, PENDING)


class LedgerEntry(BaseModel):
    """What ``ledger.toml`` says about one id; the published number only where no room hands it up yet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expected: str = REPRODUCED
    reason: str = ""
    room: str | None = None
    quantity: str | None = None
    unit: str | None = None
    published: float | None = None
    source: str | None = None


@dataclass(frozen=True)
class Verdict:
    """One published number and what came of it.

    Parameters
    ----------
    id, room, quantity, unit, source
        Which number, and where it was published.
    published, ours, difference
        The values, and ours minus published, in ``unit``; ours is None where nothing was computed.
    tolerance, relative
        Largest accepted difference: a fraction of the published value if ``relative``, else in ``unit``.
    verdict, expected
        ``reproduced``, ``reproduced under a stated convention``, ``contradicted``, ``not decidable``, ``pending``;
        ``failed`` if our computation raised an error; ``not recomputed here`` if what it needs is not here or if it
        takes minutes and was not asked for by its id.
    reason
        One line.
    as_expected
        Whether the verdict is the expected one.
    calibration
        True where the number was used to fit the model, so that agreement is no prediction.
    """

    id: str
    room: str
    quantity: str
    unit: str
    published: float
    ours: float | None
    difference: float | None
    tolerance: float | None
    relative: bool
    verdict: str
    expected: str
    reason: str
    as_expected: bool
    calibration: bool
    source: str


@functools.cache
def read_ledger() -> dict[str, LedgerEntry]:
    """Return the expected verdicts by id, from the table that ships with the package.

    A key of the table that holds a ``*`` stands for all ids that it fits and that no key before it stands for.
    """
    text = (resources.files("entrox.design") / "ledger.toml").read_text(encoding="utf-8")
    keys = {f"{room}.{name}": (room, row) for room, rows in tomllib.loads(text).items() for name, row in rows.items()}
    named = {key for key in keys if "*" not in key}
    free = [name for name in _collect_rows() if name not in named]
    entries: dict[str, LedgerEntry] = {}
    for key, (room, row) in keys.items():
        entry = LedgerEntry(**{"room": room, **row})
        if entry.expected not in EXPECTABLE:
            raise InputError(f"ledger.toml, {key}: expected {entry.expected!r} is none of {', '.join(EXPECTABLE)}.")
        fitting = [key] if key in named else [name for name in free if fnmatch.fnmatchcase(name, key)]
        if not fitting:
            raise InputError(f"ledger.toml, {key}: fits no row that a room hands up; take it out or rename it.")
        entries |= {name: entry for name in fitting if name not in entries}
    return entries


def _collect_rows() -> dict[str, LedgerRow]:
    from entrox.atomprobe.ledger import LEDGER as ATOMPROBE
    from entrox.breakdown.ledger import LEDGER as BREAKDOWN
    from entrox.composition.ledger import LEDGER as COMPOSITION
    from entrox.design.map_ledger import LEDGER as MAPS
    from entrox.dynamics.ledger import LEDGER as DYNAMICS
    from entrox.film.ledger import LEDGER as FILM
    from entrox.mechanics.ledger import LEDGER as MECHANICS
    from entrox.microscopy.diffraction.ledger import LEDGER as DIFFRACTION
    from entrox.microscopy.ledger import LEDGER as MICROSCOPY
    from entrox.order.ledger import LEDGER as ORDER
    from entrox.potentials.ledger import LEDGER as POTENTIALS
    from entrox.scattering.ledger import LEDGER as SCATTERING
    from entrox.structure.ledger import LEDGER as STRUCTURE
    from entrox.thermo.ledger import LEDGER as THERMO

    rows: dict[str, LedgerRow] = {}
    collected = (
        *COMPOSITION, *BREAKDOWN, *MAPS, *ATOMPROBE, *FILM, *MECHANICS, *MICROSCOPY, *ORDER, *POTENTIALS,
        *SCATTERING, *THERMO, *DIFFRACTION, *DYNAMICS, *STRUCTURE,
    )  # fmt: skip
    for row in collected:
        if row.id in rows:
            raise InputError(f"two ledger rows are called {row.id!r}; rename one of them.")
        rows[row.id] = row
    return rows


def list_ledger() -> tuple[str, ...]:
    """Return all ids, in the order of the ledger; ids that only a room knows come last."""
    return tuple(dict.fromkeys([*read_ledger(), *_collect_rows()]))


def reproduce(
    ids: Sequence[str] | None = None,
    room: str | None = None,
    *,
    rows: Mapping[str, LedgerRow] | None = None,
    entries: Mapping[str, LedgerEntry] | None = None,
    on_verdict: Callable[[Verdict], None] | None = None,
    slow: bool = False,
    recorded: Mapping[str, float] | None = None,
) -> list[Verdict]:
    """Recompute published numbers.

    Parameters
    ----------
    ids
        Ids to recompute, those that take minutes too; all but these, if not given.
    room
        Only the rows of this room.
    rows, entries
        Rows by id and what is expected of them; those of the rooms and of ``ledger.toml``, if not given.
    on_verdict
        Called with each verdict as it is reached.
    slow
        Whether to recompute those that take minutes though no ids are given.
    recorded
        Our values by id, as :func:`~entrox.design.ledger_record.read_ledger_record` returns them: they are judged and
        nothing is computed.

    Returns
    -------
    list of Verdict
        In the order of the ledger. Where any :attr:`Verdict.as_expected` is False, something has moved.

    Raises
    ------
    InputError
        If an id or the room is unknown; the message names the nearest ones.
    """
    rows = _collect_rows() if rows is None else rows
    entries = read_ledger() if entries is None else entries
    chosen = _choose(ids, room, list(dict.fromkeys([*entries, *rows])))
    verdicts = []
    for name in chosen:
        row, entry = rows.get(name), entries.get(name, LedgerEntry())
        if recorded is None or row is None or row.compute is None:
            verdict = _verdict(name, row, entry, asked=slow or bool(ids))
        elif name in recorded:
            verdict = _build(
                name, row, entry, recorded[name], _judge(recorded[name], row, entry.expected), entry.reason
            )
        else:
            verdict = _build(name, row, entry, None, NOT_HERE, "not in the record")
        if on_verdict is not None:
            on_verdict(verdict)
        verdicts.append(verdict)
    return verdicts


def _choose(ids: Sequence[str] | None, room: str | None, known: Iterable[str]) -> list[str]:
    names = list(known)
    rooms = dict.fromkeys(name.split(".")[0] for name in names)
    if room is not None and room not in rooms:
        raise InputError(f"the ledger has no rows of a room {room!r}; {nearest_names(room, rooms)}.")
    for name in ids or ():
        if name not in names:
            raise InputError(f"the ledger has no row {name!r}; {nearest_names(name, names)}.")
    wanted = set(ids) if ids else set(names)
    return [name for name in names if name in wanted and (room is None or name.split(".")[0] == room)]


def _verdict(name: str, row: LedgerRow | None, entry: LedgerEntry, *, asked: bool = False) -> Verdict:
    unanswered = NOT_DECIDABLE if entry.expected == NOT_DECIDABLE else PENDING
    if row is None:
        reason = entry.reason or "the room that computes it is not built yet"
        return _build(name, row, entry, None, unanswered, reason)
    if row.compute is None:
        return _build(name, row, entry, None, unanswered, entry.reason or "no function computes it yet")
    if missing := _missing(row, asked=asked):
        return _build(name, row, entry, None, NOT_HERE, missing)
    try:
        ours = float(row.compute())
    except EntroxError as error:
        return _build(name, row, entry, None, FAILED, str(error))
    return _build(name, row, entry, ours, _judge(ours, row, entry.expected), entry.reason)


def _missing(row: LedgerRow, *, asked: bool) -> str:
    """Return why a number is not recomputed here; empty if it can be."""
    if files := [name for name in row.files if find_measured_file(name) is None]:
        return f"needs {', '.join(files)} below the folder that {DATA_VARIABLE} names"
    if packages := [name for name in row.packages if importlib.util.find_spec(name) is None]:
        return f"needs the packages {', '.join(packages)}; `entrox doctor` tells how to get them"
    return "" if asked or not row.slow else f"takes minutes: entrox reproduce {row.id}"


def _judge(ours: float, row: LedgerRow, expected: str) -> str:
    """Agreement is decided by the number; under which convention, or whether it can be decided, by the ledger."""
    if expected == NOT_DECIDABLE:
        return NOT_DECIDABLE
    allowed = row.tolerance * abs(row.published) if row.relative else row.tolerance
    rounding = 1e-12 * max(abs(row.published), abs(ours))
    if not (math.isfinite(ours) and abs(ours - row.published) <= allowed + rounding):
        return CONTRADICTED
    return UNDER_CONVENTION if expected == UNDER_CONVENTION else REPRODUCED


def _build(
    name: str, row: LedgerRow | None, entry: LedgerEntry, ours: float | None, verdict: str, reason: str
) -> Verdict:
    published = row.published if row is not None else entry.published
    ours = ours if ours is not None and math.isfinite(ours) else None
    return Verdict(
        id=name,
        room=row.room if row is not None else entry.room or name.split(".")[0],
        quantity=row.quantity if row is not None else entry.quantity or "",
        unit=row.unit if row is not None else entry.unit or "",
        published=math.nan if published is None else published,
        ours=ours,
        difference=None if ours is None or published is None else ours - published,
        tolerance=None if row is None else row.tolerance,
        relative=True if row is None else row.relative,
        verdict=verdict,
        expected=entry.expected,
        reason=reason,
        as_expected=verdict in (entry.expected, NOT_HERE),
        calibration=False if row is None else row.calibration,
        source=row.source if row is not None else entry.source or "",
    )

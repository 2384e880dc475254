"""The store: one row per composition, measure, settings, seed and code version, written once and never changed.

SQLite file by default, PostgreSQL by URL. Rows are inserted in short transactions that ignore rows already there:
a killed process or database loses at most the batch in flight, and several processes can fill one store.
"""

from __future__ import annotations

import base64
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from entrox.core.errors import EngineError
from entrox.core.sqlite_file import BUSY_TIMEOUT_S, SqliteKind, check_sqlite_file, is_disk_full, prepare_sqlite_file
from entrox.design.store_url import database_reason, open_postgresql, read_store_url, shown_url

__all__ = ["Store", "StoredRow", "decode_values", "encode_values"]

DONE, FAILED = "done", "failed"
_KEYS_PER_QUERY = 500
RECONNECT_S = 15.0
"""A database that is restarted within this time is no error."""
RECONNECT_EVERY_S = 0.5

P = ParamSpec("P")
T = TypeVar("T")

_METADATA = sa.MetaData()
_ROWS = sa.Table(
    "entrox_rows",
    _METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("composition", sa.Text, nullable=False),
    sa.Column("measure", sa.Text, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("seed", sa.Text, nullable=False),
    sa.Column("code_version", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("values_json", sa.Text, nullable=False),
    sa.Column("warnings_json", sa.Text, nullable=False),
)
STORE_KIND = SqliteKind("store", "entx", 1, _ROWS.name, frozenset(column.name for column in _ROWS.columns))


@dataclass(frozen=True)
class StoredRow:
    """One evaluation.

    Parameters
    ----------
    key
        Hash of everything the values depend on, 64 hexadecimal digits.
    composition
        Formula with its numbers, for people who read the store.
    measure, settings, seed, code_version
        What was computed, and how; settings as canonical JSON.
    status
        ``done``, or ``failed`` if the measure raised an error; its text is then a warning and the values are None.
    values_json, warnings_json
        What came out; see :attr:`values` and :attr:`warnings`.
    """

    key: str
    composition: str
    measure: str
    settings: str
    seed: str
    code_version: str
    status: str
    values_json: str
    warnings_json: str

    @property
    def values(self) -> dict[str, Any]:
        """Values by quantity: float, None, or an array with its dtype and shape."""
        return decode_values(self.values_json)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings of the evaluation."""
        return tuple(json.loads(self.warnings_json))


def encode_values(values: Mapping[str, Any]) -> str:
    """Return named floats, None and arrays as JSON text; floats and arrays keep every bit.

    Examples
    --------
    >>> decode_values(encode_values({"a": 0.1, "b": np.arange(2)}))
    {'a': 0.1, 'b': array([0, 1])}
    """
    return json.dumps({name: _encode(value) for name, value in values.items()}, sort_keys=True, allow_nan=False)


def _encode(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype != object:
        data = np.ascontiguousarray(value)
        packed = base64.b64encode(data.tobytes()).decode("ascii")
        return {"array": packed, "dtype": data.dtype.str, "shape": list(value.shape)}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    raise TypeError(f"a measure returns floats, None and numeric arrays; got {type(value).__name__}")


def decode_values(text: str) -> dict[str, Any]:
    """Read back what :func:`encode_values` wrote."""
    return {name: _decode(value) for name, value in json.loads(text).items()}


def _decode(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "float" in value:
        return float(value["float"])
    flat = np.frombuffer(base64.b64decode(value["array"]), dtype=np.dtype(value["dtype"]))
    return flat.reshape(value["shape"]).copy()


class Store:
    """Rows by key, in an SQLite file or a PostgreSQL database.

    Parameters
    ----------
    location
        Path of an SQLite file, made if it is not there, or a URL such as ``postgresql://user@host/name``.

    Raises
    ------
    InputError
        If the file or the table is unreadable, damaged, or belongs to another program; it is then left as it was. If
        the URL cannot be read.
    EngineError
        If the database does not answer or does not let us in.
    MissingExtraError
        If a PostgreSQL URL is given and psycopg is not installed.

    Notes
    -----
    The password of a URL is kept in memory only. libpq finds one by itself in ``PGPASSWORD`` or ``~/.pgpass``.
    """

    def __init__(self, location: str | Path) -> None:
        place = read_store_url(location)
        if isinstance(place, Path):
            self._engine, self.location = _open_file(place), str(location)
        else:
            self._engine, self.location = open_postgresql(place, _ROWS), shown_url(place)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def insert(self, rows: Sequence[StoredRow]) -> None:
        """Add ``rows`` in one transaction; a row whose key is there already is left as it is.

        Raises
        ------
        EngineError
            If the disk is full or the database stays away; all earlier rows are kept.
        """
        if not rows:
            return
        dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(_ROWS).on_conflict_do_nothing(index_elements=["key"])
        ordered = sorted(rows, key=lambda row: row.key)  # two processes that lock the same rows must not cross
        self._patiently("write", self._execute, statement, [vars(row) for row in ordered])

    def _execute(self, statement: Any, values: list[dict[str, Any]]) -> None:
        with self._engine.begin() as connection:
            connection.execute(statement, values)

    def existing(self, keys: Iterable[str]) -> set[str]:
        """Return those of ``keys`` that have a row."""
        return {str(record[0]) for record in self._select(sa.select(_ROWS.c.key), keys)}

    def get(self, keys: Iterable[str]) -> dict[str, StoredRow]:
        """Return rows by key; keys without a row are absent."""
        return {str(record[0]): StoredRow(*record) for record in self._select(sa.select(_ROWS), keys)}

    def rows(self) -> Iterator[StoredRow]:
        """Yield all rows, ordered by key."""
        with self._errors_named("read"), self._engine.connect() as connection:
            for record in connection.execute(sa.select(_ROWS).order_by(_ROWS.c.key)):
                yield StoredRow(*record)

    def count(self) -> int:
        """Return the number of rows."""
        with self._errors_named("read"), self._engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(_ROWS)).scalar_one())

    def _select(self, statement: sa.Select[Any], keys: Iterable[str]) -> list[Any]:
        wanted = sorted(set(keys))
        parts = [wanted[start : start + _KEYS_PER_QUERY] for start in range(0, len(wanted), _KEYS_PER_QUERY)]
        return [
            record
            for part in parts
            for record in self._patiently("read", self._fetch, statement.where(_ROWS.c.key.in_(part)))
        ]

    def _fetch(self, statement: sa.Select[Any]) -> list[Any]:
        with self._engine.connect() as connection:
            return list(connection.execute(statement).all())

    def _patiently(self, doing: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call again while the connection to the database is broken, for some seconds: it may be restarted."""
        end = time.monotonic() + RECONNECT_S
        with self._errors_named(doing):
            while True:
                try:
                    return call(*args, **kwargs)
                except sa.exc.OperationalError:
                    if self._engine.dialect.name != "postgresql" or time.monotonic() > end:
                        raise
                    time.sleep(RECONNECT_EVERY_S)

    @contextmanager
    def _errors_named(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DBAPIError, OSError) as error:
            if is_disk_full(error):
                raise EngineError(
                    f"the disk is full: the store {self.location} takes no more rows. Finished rows are kept; "
                    "free space and run again with --resume."
                ) from error
            raise EngineError(
                f"cannot {doing} the store {self.location}: {database_reason(error)}. Finished rows are kept; run "
                "again with --resume when it answers."
            ) from error


def _open_file(path: Path) -> sa.Engine:
    check_sqlite_file(path, STORE_KIND)
    dialect = sqlite.dialect()
    prepare_sqlite_file(path, STORE_KIND, [str(sa.schema.CreateTable(_ROWS).compile(dialect=dialect))])
    url = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})

    @sa.event.listens_for(engine, "connect")
    def _set_durability(connection: Any, _record: Any) -> None:
        # with a write-ahead log this survives the death of the process; only power loss may take the last batch
        connection.execute("PRAGMA synchronous = NORMAL")

    return engine

"""Where a store is: a file, or a PostgreSQL database named by a URL whose password is never shown nor written."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from entrox.core.errors import EngineError, InputError, MissingExtraError
from entrox.design.password import hide_password

__all__ = ["database_reason", "open_postgresql", "read_store_url", "shown_url"]

STORE_LOCK = int.from_bytes(b"entx", "big")
"""Number of the lock under which a table is made; the mark of our SQLite files."""
CONNECT_TIMEOUT_S = 15
_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
_FORM = "postgresql://USER@HOST:PORT/DATABASE"


def shown_url(url: sa.URL) -> str:
    """Return a URL as it may be shown: without its password and the name of its driver."""
    return hide_password(url.set(drivername="postgresql").render_as_string(hide_password=True))


def read_store_url(location: str | Path) -> Path | sa.URL:
    """Return the path of an SQLite file or the URL of a PostgreSQL database.

    Raises
    ------
    InputError
        If it is a URL of another kind, or one that cannot be read. The message holds no password.
    """
    text = str(location)
    if "://" not in text:
        return Path(location)
    scheme, rest = text.split("://", 1)
    if scheme.split("+")[0] == "sqlite":
        return Path(rest.removeprefix("/"))
    if scheme not in _POSTGRESQL:
        raise InputError(f"a store is an SQLite file or a {_FORM} URL; got {scheme}://.")
    try:
        url = sa.make_url(f"postgresql+psycopg://{rest}")
    except (sa.exc.ArgumentError, ValueError) as error:
        raise InputError(
            f"cannot read the URL of the store, {hide_password(text)}; it has the form {_FORM}, with %40 for an @ and "
            "%2F for a / in a name or password."
        ) from error
    if not url.database:
        raise InputError(f"the URL of the store, {shown_url(url)}, names no database; it has the form {_FORM}.")
    return url


def open_postgresql(url: sa.URL, table: sa.Table) -> sa.Engine:
    """Return a database that has ``table``; it is made if it is not there.

    Raises
    ------
    EngineError
        If the database does not answer or does not let us in.
    InputError
        If a table of that name belongs to another program; it is left as it was.
    MissingExtraError
        If psycopg is not installed.
    """
    if importlib.util.find_spec("psycopg") is None:
        raise MissingExtraError("psycopg", "postgres", "a PostgreSQL store")
    limits = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_TIMEOUT_S}
    engine = sa.create_engine(url, connect_args=limits, pool_pre_ping=True)

    @sa.event.listens_for(engine, "connect")
    def _set_durability(connection: Any, _record: Any) -> None:
        # a row that was reported as stored must survive a crash of the database, whatever its settings
        connection.execute("SET synchronous_commit TO on")
        connection.commit()

    try:
        with engine.begin() as connection:
            # two processes that begin at the same time: the second waits and finds the table
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(STORE_LOCK)))
            table.create(connection, checkfirst=True)
            found = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    except (sa.exc.DBAPIError, UnicodeError) as error:
        engine.dispose()
        raise EngineError(
            f"cannot open the store {shown_url(url)}: {database_reason(error)}. Check that the database runs there, "
            "that it has the name of the URL, and that the user may make tables; PGPASSWORD or ~/.pgpass holds the "
            "password."
        ) from error
    if missing := sorted({column.name for column in table.columns} - found):
        engine.dispose()
        raise InputError(
            f"the table {table.name} in {shown_url(url)} is not ours: it lacks {', '.join(missing)}. Give another "
            "database; nothing was changed."
        )
    return engine


def database_reason(error: Exception) -> str:
    """Return in one line what the database said, without the statement, which may hold a thousand rows."""
    return hide_password(" ".join(str(getattr(error, "orig", None) or error).split())).rstrip(".? ")

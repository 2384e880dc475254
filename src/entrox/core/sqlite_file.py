"""SQLite files of ours: recognized by their header before anything is written, created in one transaction.

A file of ours carries the mark of its kind in the field that SQLite reserves for it (bytes 68 to 71 of the header).
"""

from __future__ import annotations

import errno
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from entrox.core.errors import EngineError, InputError

__all__ = ["BUSY_TIMEOUT_S", "SqliteKind", "check_sqlite_file", "is_disk_full", "prepare_sqlite_file"]

BUSY_TIMEOUT_S = 60.0

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_DISK_FULL_TEXTS = ("disk is full", "No space left")
_ADVICE = "Give another path; the file was not changed."


@dataclass(frozen=True)
class SqliteKind:
    """A kind of SQLite file.

    Parameters
    ----------
    noun
        What messages call it, such as ``store``.
    mark
        Four ASCII characters in the header.
    version
        Version of its format, >= 1.
    table, columns
        A table that it has, and the columns of that.
    """

    noun: str
    mark: str
    version: int
    table: str
    columns: frozenset[str]

    @property
    def application_id(self) -> int:
        """The mark as the number that SQLite keeps."""
        return int.from_bytes(self.mark.encode("ascii"), "big")


def check_sqlite_file(path: Path, kind: SqliteKind) -> None:
    """Raise InputError, without writing, unless ``path`` is absent, empty, or a file of the kind that we can use."""
    noun = kind.noun
    if not path.exists():
        return
    if not path.is_file():
        raise InputError(f"the {noun} must be a file; {path} is not one. {_ADVICE}")
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise InputError(f"cannot read the {noun} {path}: {error.strerror}. {_ADVICE}") from error
    if not header:
        return
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise InputError(f"{path} is not an SQLite file, so it cannot be a {noun} of entrox. {_ADVICE}")
    if int.from_bytes(header[68:72], "big") != kind.application_id:
        raise InputError(f"{path} is an SQLite file of another program, not a {noun} of entrox. {_ADVICE}")
    version = int.from_bytes(header[60:64], "big")
    if version != kind.version:
        raise InputError(f"{path} is a {noun} of format {version}; this one reads {kind.version}. {_ADVICE}")
    _check_content(path, kind)


def _check_content(path: Path, kind: SqliteKind) -> None:
    # Not read-only: a process that was killed leaves a log behind that the first reader has to take in.
    try:
        with closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S)
        ) as connection:
            found = {str(row[1]) for row in connection.execute(f"PRAGMA table_info({kind.table})")}
            health = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        raise InputError(f"the {kind.noun} {path} cannot be read: {error}. {_ADVICE}") from error
    if health != "ok":
        raise InputError(f"the {kind.noun} {path} is damaged: {health}. {_ADVICE}")
    if missing := sorted(kind.columns - found):
        raise InputError(f"the {kind.noun} {path} lacks {', '.join(missing)} in its table {kind.table}. {_ADVICE}")


def prepare_sqlite_file(path: Path, kind: SqliteKind, create_statements: list[str]) -> None:
    """Create the tables of a new file in one transaction, then let readers and a writer work side by side.

    Two processes may do so at the same time; a process that is killed here leaves nothing half made.
    """
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("PRAGMA application_id").fetchone()[0] != kind.application_id:
                for statement in create_statements:
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {kind.application_id}")
                connection.execute(f"PRAGMA user_version = {kind.version}")
            connection.execute("COMMIT")
            _switch_to_write_ahead_log(connection)
    except sqlite3.Error as error:
        if is_disk_full(error):
            raise EngineError(
                f"the disk is full: the {kind.noun} {path} cannot be created. Free space and try again."
            ) from error
        raise InputError(
            f"cannot create the {kind.noun} {path}: {error}. Give a folder that can be written."
        ) from error


def _switch_to_write_ahead_log(connection: sqlite3.Connection, attempts: int = 100) -> None:
    """SQLite does not wait for a lock in this one statement; the older journal works as well, only slower."""
    for _ in range(attempts):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            time.sleep(0.02)
        else:
            return


def is_disk_full(error: BaseException | None) -> bool:
    """Return whether ``error``, or one that caused it, says that there is no space left."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if isinstance(error, sqlite3.Error | OSError) and any(text in str(error) for text in _DISK_FULL_TEXTS):
            return True
        original = getattr(error, "orig", None)
        error = original if isinstance(original, BaseException) else error.__cause__
    return False

"""Tables of the journal of a learning loop, one SQLite file. Energies in eV, times in s, run lengths in steps."""

from __future__ import annotations

from entrox.core.sqlite_file import SqliteKind

__all__ = ["CREATE_STATEMENTS", "FRAME_COLUMNS", "JOURNAL_KIND", "LABEL_STATES"]

LABEL_STATES = ("queued", "running", "done", "unconverged", "failed", "quarantined")
"""``failed`` will be tried again, ``quarantined`` will not."""

FRAME_COLUMNS = "composition, temperature_k, generation, role, parent, deviation, numbers, positions, cell, pbc"
"""Columns that make up a frame, in the order in which they are read."""

CREATE_STATEMENTS = (
    """CREATE TABLE frames (
        id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, composition TEXT NOT NULL, temperature_k REAL,
        generation INTEGER NOT NULL, role TEXT NOT NULL, parent TEXT NOT NULL, deviation REAL,
        numbers BLOB NOT NULL, positions BLOB NOT NULL, cell BLOB NOT NULL, pbc INTEGER NOT NULL)""",
    """CREATE TABLE labels (
        frame INTEGER NOT NULL REFERENCES frames (id), fingerprint TEXT NOT NULL, state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, owner TEXT, error TEXT NOT NULL DEFAULT '',
        energy REAL, forces BLOB, virial BLOB, cpu_s REAL NOT NULL DEFAULT 0, wall_s REAL NOT NULL DEFAULT 0,
        PRIMARY KEY (frame, fingerprint)) WITHOUT ROWID""",
    "CREATE INDEX labels_by_state ON labels (fingerprint, state, frame)",
    "CREATE TABLE owners (owner TEXT PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL, alive_until REAL NOT NULL)",
    """CREATE TABLE models (
        generation INTEGER NOT NULL, number INTEGER NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL,
        record TEXT NOT NULL, PRIMARY KEY (generation, number))""",
    """CREATE TABLE explorations (
        run TEXT PRIMARY KEY, generation INTEGER NOT NULL, composition TEXT NOT NULL, temperature_k REAL NOT NULL,
        seed INTEGER NOT NULL, n_steps INTEGER NOT NULL, life_steps INTEGER NOT NULL, status TEXT NOT NULL,
        reason TEXT NOT NULL, cpu_s REAL NOT NULL)""",
    """CREATE TABLE deviations (
        run TEXT NOT NULL REFERENCES explorations (run), step INTEGER NOT NULL, deviation REAL,
        PRIMARY KEY (run, step)) WITHOUT ROWID""",
    """CREATE TABLE stages (
        generation INTEGER NOT NULL, stage TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (generation, stage))""",
    "CREATE TABLE settings (name TEXT PRIMARY KEY, record TEXT NOT NULL)",
    "CREATE TABLE events (id INTEGER PRIMARY KEY, time TEXT NOT NULL, generation INTEGER, text TEXT NOT NULL)",
)

JOURNAL_KIND = SqliteKind("journal", "entj", 1, "labels", frozenset({"frame", "fingerprint", "state", "attempts"}))

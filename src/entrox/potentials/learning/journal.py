"""The journal of a learning loop: frames, labels, models, explorations and finished stages in one SQLite file.

Every result is one transaction, so that a process killed at any moment loses only the work it had in hand. A label is
leased to the process that works on it; once that process shows no sign of life, the label is queued again. One
process writes; the workers never see the file.
Units: eV, eV/angstrom, s.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from entrox.core import EngineError, InputError
from entrox.core.sqlite_file import BUSY_TIMEOUT_S, check_sqlite_file, is_disk_full, prepare_sqlite_file
from entrox.potentials.label import Label
from entrox.potentials.learning.frame_content import FrameContent, bytes_of_array
from entrox.potentials.learning.journal_lease import LEASE_S, is_alive, write_sign_of_life
from entrox.potentials.learning.journal_rows import JournaledLabel, NewFrame, TakenFrame, frame_of_row, label_of_row
from entrox.potentials.learning.journal_tables import CREATE_STATEMENTS, FRAME_COLUMNS, JOURNAL_KIND, LABEL_STATES

__all__ = ["Journal"]


class Journal:
    """One SQLite file that a learning loop continues from.

    Parameters
    ----------
    path
        File, made if it is absent.
    lease_s
        Time without a sign of life after which a process is taken for dead [s].

    Raises
    ------
    InputError
        If the file is damaged, of another program or of another version; it is then left as it was.
    """

    def __init__(self, path: str | Path, *, lease_s: float = LEASE_S) -> None:
        self.path, self.lease_s = Path(path), lease_s
        self.owner = uuid.uuid4().hex
        check_sqlite_file(self.path, JOURNAL_KIND)
        prepare_sqlite_file(self.path, JOURNAL_KIND, list(CREATE_STATEMENTS))
        self._connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        # with a write-ahead log this survives the death of the process; only power loss may take the last results
        self._connection.execute("PRAGMA synchronous = NORMAL")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Say that this process works on the journal no more, and close the file."""
        with self.transaction() as run:
            run("DELETE FROM owners WHERE owner = ?", (self.owner,))
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Give a function that runs a statement; all statements of the block are kept, or none.

        A block inside another belongs to the transaction of the outer one.
        """
        if self._connection.in_transaction:
            yield self._connection.execute
            return
        with self._errors_named():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection.execute
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            advice = "All committed results are kept; "
            if is_disk_full(error):
                raise EngineError(
                    f"the disk is full: the journal {self.path} takes no more. {advice}free space and run again."
                ) from error
            raise EngineError(f"the journal {self.path} cannot be used: {error}. {advice}run again.") from error

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with self._errors_named():
            return self._connection.execute(statement, values).fetchall()

    # who works

    def beat(self) -> None:
        """Give a sign of life: the leases of this process hold for another :attr:`lease_s`."""
        with self.transaction() as run:
            write_sign_of_life(run, self.owner, self.lease_s)

    def take_over(self) -> int:
        """Begin to work on the journal: queue what dead processes had in hand, and return how many labels that were.

        Raises
        ------
        InputError
            If another process works on it.
        """
        with self.transaction() as run:
            for owner, host, pid, alive_until in run("SELECT * FROM owners WHERE owner <> ?", (self.owner,)).fetchall():
                if is_alive(host, pid, alive_until):
                    raise InputError(
                        f"the process {pid} on {host} works on the journal {self.path}. Wait for it, or stop it and "
                        f"run again; a dead one is noticed after {self.lease_s:g} s."
                    )
                run("DELETE FROM owners WHERE owner = ?", (owner,))
            self.beat()
            freed = run(
                "UPDATE labels SET state = 'queued', owner = NULL WHERE state = 'running' "
                "AND owner NOT IN (SELECT owner FROM owners)"
            ).rowcount
        return int(freed)

    # frames and labels

    def add_frames(self, frames: Sequence[NewFrame], generation: int, fingerprint: str) -> int:
        """Keep frames and queue their labels under the fingerprint of a teacher; return how many labels are new.

        A frame that is there already keeps its first record; a label that is there is not queued again.
        """
        added = 0
        with self.transaction() as run:
            for frame in frames:
                content = FrameContent.of(frame.atoms)
                key = content.sha256()
                values = (
                    key, frame.composition, frame.temperature_k, generation, frame.role, frame.parent, frame.deviation,
                    content.numbers, content.positions, content.cell, content.pbc,
                )  # fmt: skip
                run(
                    "INSERT OR IGNORE INTO frames (hash, composition, temperature_k, generation, role, parent, "
                    "deviation, numbers, positions, cell, pbc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    values,
                )
                number = run("SELECT id FROM frames WHERE hash = ?", (key,)).fetchone()[0]
                added += run(
                    "INSERT OR IGNORE INTO labels (frame, fingerprint, state) VALUES (?, ?, 'queued')",
                    (number, fingerprint),
                ).rowcount
        return added

    def take_labels(self, fingerprint: str, limit: int) -> list[TakenFrame]:
        """Lease up to ``limit`` labels that wait, those never tried first, in the order in which they were queued."""
        with self.transaction() as run:
            rows = run(
                "SELECT id, numbers, positions, cell, pbc FROM labels JOIN frames ON id = frame "
                "WHERE fingerprint = ? AND state IN ('queued', 'failed') ORDER BY attempts, frame LIMIT ?",
                (fingerprint, limit),
            ).fetchall()
            for row in rows:
                run(
                    "UPDATE labels SET state = 'running', owner = ? WHERE frame = ? AND fingerprint = ?",
                    (self.owner, row[0], fingerprint),
                )
        return [TakenFrame(row[0], FrameContent(*row[1:]).atoms()) for row in rows]

    def commit_label(self, number: int, fingerprint: str, label: Label, *, retries: int) -> str:
        """Keep what came out for a leased label and return its new state.

        A failed label waits to be tried again, ``retries`` times; then it is quarantined with its reason.
        """
        with self.transaction() as run:
            row = run(
                "SELECT attempts FROM labels WHERE frame = ? AND fingerprint = ? AND state = 'running' AND owner = ?",
                (number, fingerprint, self.owner),
            ).fetchone()
            if row is None:
                raise InputError(f"the label of frame {number} is not leased to this process.")
            attempts = row[0] + 1
            state: str = label.state
            if state == "failed" and attempts > retries:
                state = "quarantined"
            run(
                "UPDATE labels SET state = ?, attempts = ?, owner = NULL, error = ?, energy = ?, forces = ?, "
                "virial = ?, cpu_s = cpu_s + ?, wall_s = wall_s + ? WHERE frame = ? AND fingerprint = ?",
                (
                    state, attempts, label.reason, label.energy_ev, bytes_of_array(label.forces_ev_per_angstrom),
                    bytes_of_array(label.virial_ev), label.cpu_s, label.wall_s, number, fingerprint,
                ),
            )  # fmt: skip
        return state

    def labels(self, fingerprint: str, *, role: str | None = None) -> list[JournaledLabel]:
        """Return the frames whose labels are done, in the order in which they were queued."""
        rows = self._rows(
            f"SELECT {FRAME_COLUMNS}, energy, forces, virial, cpu_s, wall_s FROM labels JOIN frames ON id = frame "
            "WHERE fingerprint = ? AND state = 'done' AND role = coalesce(?, role) ORDER BY frame",
            fingerprint,
            role,
        )
        return [label_of_row(row) for row in rows]

    def frames(self, generation: int | None = None) -> list[NewFrame]:
        """Return all frames, or those of a generation, labeled or not, in the order in which they were queued."""
        rows = self._rows(
            f"SELECT {FRAME_COLUMNS} FROM frames WHERE generation = coalesce(?, generation) ORDER BY id",
            generation,
        )
        return [frame_of_row(row) for row in rows]

    def label_counts(self, fingerprint: str, generation: int | None = None) -> dict[str, int]:
        """Return the number of labels in each of :data:`LABEL_STATES`, of all frames or of those of a generation."""
        rows = self._rows(
            "SELECT state, count(*) FROM labels JOIN frames ON id = frame "
            "WHERE fingerprint = ? AND generation = coalesce(?, generation) GROUP BY state",
            fingerprint,
            generation,
        )
        return {state: dict(rows).get(state, 0) for state in LABEL_STATES}

    def failures(self, fingerprint: str, generation: int | None = None) -> list[tuple[int, str, str]]:
        """Return frame, state and reason of each label that is unconverged, failed or quarantined."""
        return self._rows(
            "SELECT frame, state, error FROM labels JOIN frames ON id = frame WHERE fingerprint = ? "
            "AND generation = coalesce(?, generation) AND state IN ('unconverged', 'failed', 'quarantined') "
            "ORDER BY frame",
            fingerprint,
            generation,
        )

    # explorations, models, stages, events

    def keep_exploration(self, row: Mapping[str, Any], deviations: Sequence[tuple[int, float]]) -> None:
        """Keep a run with its deviations in place of an earlier record of it; a deviation that is no number is NULL."""
        names = (
            "run", "generation", "composition", "temperature_k", "seed", "n_steps", "life_steps", "status", "reason",
            "cpu_s",
        )  # fmt: skip
        with self.transaction() as run:
            run("DELETE FROM deviations WHERE run = ?", (row["run"],))
            run(
                f"INSERT OR REPLACE INTO explorations ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
                [row[name] for name in names],
            )
            for step, deviation in deviations:
                # SQLite keeps NaN as NULL
                run("INSERT INTO deviations VALUES (?, ?, ?)", (row["run"], step, deviation))

    def keep_model(self, generation: int, number: int, path: str, sha256: str, record: Mapping[str, Any]) -> None:
        """Keep a trained model; its path is relative to the folder of the journal."""
        with self.transaction() as run:
            run(
                "INSERT OR REPLACE INTO models VALUES (?, ?, ?, ?, ?)",
                (generation, number, path, sha256, json.dumps(record)),
            )

    def models(self, generation: int) -> list[tuple[str, str, dict[str, Any]]]:
        """Return path, SHA-256 and record of the models of a generation."""
        rows = self._rows("SELECT path, sha256, record FROM models WHERE generation = ? ORDER BY number", generation)
        return [(path, sha256, json.loads(record)) for path, sha256, record in rows]

    def finish_stage(self, generation: int, stage: str, record: Mapping[str, Any]) -> None:
        """Keep that a stage of a generation is finished, with what is to be known of it."""
        with self.transaction() as run:
            run("INSERT OR REPLACE INTO stages VALUES (?, ?, ?)", (generation, stage, json.dumps(record)))

    def stage(self, generation: int, stage: str) -> dict[str, Any] | None:
        """Return the record of a finished stage, None if it is not finished."""
        rows = self._rows("SELECT record FROM stages WHERE generation = ? AND stage = ?", generation, stage)
        return json.loads(rows[0][0]) if rows else None

    def setting(self, name: str) -> Any:
        """Return a setting that the journal was started with, None if it has none of the name."""
        rows = self._rows("SELECT record FROM settings WHERE name = ?", name)
        return json.loads(rows[0][0]) if rows else None

    def keep_setting(self, name: str, value: Any) -> None:
        """Keep a setting that the numbers depend on."""
        with self.transaction() as run:
            run("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))

    def add_event(self, text: str, generation: int | None = None) -> None:
        """Note what happened, with the time."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self.transaction() as run:
            run("INSERT INTO events (time, generation, text) VALUES (?, ?, ?)", (now, generation, text))

    def events(self) -> list[tuple[str, int | None, str]]:
        """Return time, generation and text of all events in their order."""
        return self._rows("SELECT time, generation, text FROM events ORDER BY id")

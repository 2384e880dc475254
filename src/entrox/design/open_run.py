"""A run under way: its folder, its store, the place where it is computed, and a provenance that stays true."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entrox.core.errors import EntroxError
from entrox.design.execution import Execution, check_same_store
from entrox.design.folder import PROVENANCE, STORE, prepare_run_folder, read_json, write_json
from entrox.design.measures import MeasureRequest
from entrox.design.provenance import add_command, build_provenance, now
from entrox.design.store import Store

__all__ = ["OpenRun", "open_run"]


@dataclass(frozen=True)
class OpenRun:
    """A run whose folder, store and executor are open.

    Parameters
    ----------
    folder
        Run folder.
    provenance
        What is written to ``provenance.json`` at the end; who finishes the run sets its status.
    store
        Rows that are computed.
    executor
        Where they are computed.
    """

    folder: Path
    provenance: dict[str, Any]
    store: Store
    executor: Executor


@contextmanager
def open_run(
    folder: Path,
    settings: Mapping[str, Any],
    requests: Sequence[MeasureRequest],
    execution: Execution,
    *,
    inputs: Mapping[str, str],
    resume: bool,
    overwrite: bool,
    command: Sequence[str] | None,
) -> Iterator[OpenRun]:
    """Open a run, new or continued.

    Parameters
    ----------
    folder
        Run folder.
    settings
        Settings as plain data.
    requests
        Measures that are computed: their versions are recorded, their modules loaded by the workers.
    execution
        Where it is computed and where the rows go.
    inputs
        SHA-256 by name of the input files.
    resume, overwrite
        As in :func:`~entrox.design.folder.prepare_run_folder`.
    command
        Command line for the record.

    Raises
    ------
    InputError
        If the folder or the store cannot be used.
    EngineError
        If the disk is full, or the scheduler, the batch system or the database does not answer.
    """
    with contextlib.ExitStack() as stack:
        # A database that does not answer leaves no folder behind.
        store = None if execution.store is None else stack.enter_context(Store(execution.store))
        continued = prepare_run_folder(folder, settings, resume=resume, overwrite=overwrite)
        provenance = build_provenance(
            settings,
            command=command,
            inputs=inputs,
            execution=execution.record(),
            code_versions={request.measure.name: request.version for request in requests},
        )
        if continued:
            before = read_json(folder / PROVENANCE)
            check_same_store(before, execution, folder)
            provenance = add_command(before, provenance)
        stack.enter_context(_recorded(folder, provenance))
        store = store or stack.enter_context(Store(folder / STORE))
        modules = sorted({request.measure.evaluate.__module__ for request in requests} - {"__main__"})
        yield OpenRun(folder, provenance, store, stack.enter_context(execution.open(modules)))


@contextmanager
def _recorded(folder: Path, provenance: dict[str, Any]) -> Iterator[None]:
    """Keep ``provenance.json`` true: running, then finished, interrupted or failed."""
    write_json(folder / PROVENANCE, provenance)
    try:
        yield
    except BaseException as error:
        provenance["status"] = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        provenance["finished"] = now()
        with contextlib.suppress(EntroxError):
            write_json(folder / PROVENANCE, provenance)
        raise
    write_json(folder / PROVENANCE, provenance)

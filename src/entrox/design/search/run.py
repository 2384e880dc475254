"""A search from its settings to a run folder: screen, second run, verdict."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from entrox.core.measure import Measure
from entrox.design.executors import check_scheduler, open_executor
from entrox.design.folder import PROVENANCE, STORE, prepare_run_folder, read_json
from entrox.design.provenance import add_command, build_provenance, now
from entrox.design.run import recorded_run
from entrox.design.search.looks import ProgressOfPart, take_looks
from entrox.design.search.plan import plan_search
from entrox.design.search.result import SearchResult, write_search_run
from entrox.design.search.settings import Search
from entrox.design.search.summary import summarize
from entrox.design.store import Store

__all__ = ["run_search"]


def run_search(
    search: Search | str | Path,
    out: str | Path,
    *,
    seed: int | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: ProgressOfPart | None = None,
    measures: Mapping[str, Measure] | None = None,
    command: Sequence[str] | None = None,
) -> SearchResult:
    """Screen a space, run the best again, and write the run folder.

    Parameters
    ----------
    search
        Settings, or the path of a search file.
    out
        Run folder: ``result.json``, ``candidates.csv``, ``front.csv``, ``published.csv``, tables of the screen,
        ``run.sqlite``, ``provenance.json``.
    seed
        Replaces the seed of the search.
    executor
        Where the second run is computed; if not given, ``workers`` processes or the Dask ``scheduler``.
    workers, scheduler
        As in :func:`open_executor`.
    resume
        Continue an earlier run of the same search: the screen is repeated, of the second run only what is missing.
    overwrite
        Replace an earlier run.
    progress
        Called with the name of the part, what is done of it, and all of it.
    measures
        Known measures by name; :func:`collect_measures` if not given.
    command
        Command line for the record.

    Raises
    ------
    InputError
        If the search, the run folder or the scheduler cannot be used, or no candidate fulfils the constraints.
    MissingExtraError
        If a measure, the method or the scheduler needs a package that is not installed; nothing is computed then.
    EngineError
        If no candidate has a value, the disk is full, a worker died, or the scheduler does not answer.
    """
    plan = plan_search(search, seed, measures)
    if scheduler is not None and executor is None:
        check_scheduler(scheduler)
    folder, clock = Path(out), dict[str, Any]()
    with contextlib.ExitStack() as stack:
        continued = prepare_run_folder(folder, plan.settings, resume=resume, overwrite=overwrite)
        provenance = build_provenance(
            plan.settings,
            command=command,
            inputs=plan.inputs,
            execution={"workers": workers, "scheduler": scheduler, "store": STORE, "screen": clock},
            code_versions={request.measure.name: request.version for request in plan.requests},
        )
        if continued:
            provenance = add_command(read_json(folder / PROVENANCE), provenance)
        stack.enter_context(recorded_run(folder, provenance))
        store = stack.enter_context(Store(folder / STORE))
        if executor is None:
            preload = sorted({item.measure.evaluate.__module__ for item in plan.requests} - {"__main__"})
            executor = stack.enter_context(open_executor(workers, scheduler, preload=preload))
        found = take_looks(plan, store, executor, clock, progress)
        result = summarize(plan, found, provenance, folder)
        provenance["finished"] = now()
        write_search_run(result)
        provenance["status"] = "finished"
        return result

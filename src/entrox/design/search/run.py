"""A search from its settings to a run folder: screen, second run, verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from entrox.core.measure import Measure
from entrox.design.execution import choose_execution
from entrox.design.open_run import open_run
from entrox.design.provenance import now
from entrox.design.search.looks import ProgressOfPart, take_looks
from entrox.design.search.plan import plan_search
from entrox.design.search.result import SearchResult, write_search_run
from entrox.design.search.settings import Search
from entrox.design.search.summary import summarize

__all__ = ["run_search"]


def run_search(
    search: Search | str | Path,
    out: str | Path,
    *,
    seed: int | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    store: str | Path | None = None,
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
        Where the second run is computed; if not given, ``workers`` processes, the Dask ``scheduler``, or the cluster
        of the search.
    workers, scheduler
        As in :func:`open_executor`. With ``workers`` the cluster of the search is not used.
    store
        Where the rows go: an SQLite file or a PostgreSQL URL; the store of the search, or ``run.sqlite`` in the run
        folder, if not given.
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
        If the search, the run folder, the store or the scheduler cannot be used, or no candidate fulfils the
        constraints.
    MissingExtraError
        If a measure, the method, the scheduler, the cluster or the store needs a package that is not installed;
        nothing is computed then.
    EngineError
        If no candidate has a value, the disk is full, a worker died, or the scheduler, the batch system or the
        database does not answer.
    """
    plan = plan_search(search, seed, measures)
    execution = choose_execution(
        plan.search.cluster,
        plan.search.search.store,
        plan.base,
        executor=executor,
        workers=workers,
        scheduler=scheduler,
        store=store,
    )
    clock = dict[str, Any]()
    with open_run(
        Path(out),
        plan.settings,
        plan.requests,
        execution,
        inputs=plan.inputs,
        resume=resume,
        overwrite=overwrite,
        command=command,
    ) as run:
        run.provenance["execution"]["screen"] = clock
        found = take_looks(plan, run.store, run.executor, clock, progress)
        result = summarize(plan, found, run.provenance, run.folder)
        run.provenance["finished"] = now()
        write_search_run(result)
        run.provenance["status"] = "finished"
        return result

"""Where a run is computed and where its rows are kept: chosen and checked before anything is computed."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.core.errors import InputError
from entrox.design.executors import check_scheduler, open_executor
from entrox.design.folder import STORE
from entrox.design.store_url import read_store_url, shown_url

if TYPE_CHECKING:
    from entrox.design.cluster import ClusterSettings

__all__ = ["Execution", "check_same_store", "choose_execution"]

_ELSEWHERE = "external"
"""What earlier versions wrote for a store outside the run folder."""


@dataclass(frozen=True)
class Execution:
    """Where the work runs and where the rows go.

    Parameters
    ----------
    executor
        One that was given; it is left open at the end.
    workers, scheduler
        As in :func:`~entrox.design.open_executor`.
    cluster
        Batch jobs of SLURM.
    store
        File or URL of the store; None for the one in the run folder.
    """

    executor: Executor | None
    workers: int | None
    scheduler: str | None
    cluster: ClusterSettings | None
    store: str | Path | None

    def record(self) -> dict[str, Any]:
        """Return what the provenance says about it, without a password."""
        return {
            "workers": self.workers,
            "scheduler": self.scheduler,
            "cluster": None if self.cluster is None else self.cluster.model_dump(mode="json", exclude_defaults=True),
            "store": _store_name(self.store),
        }

    def open(self, preload: Sequence[str]) -> AbstractContextManager[Executor]:
        """Open the place where the work runs; ``preload`` as in :func:`~entrox.design.open_executor`."""
        if self.executor is not None:
            return contextlib.nullcontext(self.executor)
        if self.cluster is not None:
            from entrox.design.cluster import open_cluster

            return open_cluster(self.cluster)
        return open_executor(self.workers, self.scheduler, preload=preload)


def choose_execution(
    cluster: ClusterSettings | None,
    kept: str | None,
    folder: Path,
    *,
    executor: Executor | None,
    workers: int | None,
    scheduler: str | None,
    store: str | Path | None,
) -> Execution:
    """Choose between what the command says and what its file says, and check it.

    Parameters
    ----------
    cluster, kept
        The ``[cluster]`` table and the store of the file, if it has them.
    folder
        Folder of the file: a store that it names as a file is looked for from there.
    executor, workers, scheduler, store
        What the command says. An executor or a number of workers replaces the cluster of the file, a store its store.

    Raises
    ------
    InputError
        If both a scheduler and a cluster are given, or the scheduler or the store is no address.
    MissingExtraError, EngineError
        If jobs cannot be submitted from here.
    """
    if executor is None and scheduler is not None:
        check_scheduler(scheduler)
        if cluster is not None:
            raise InputError(
                f"the file has a [cluster] table, and --scheduler {scheduler} was given as well. Leave one of them "
                "out: a scheduler has its own workers, a [cluster] table starts jobs of its own."
            )
    if executor is not None or workers is not None:
        cluster = None
    if cluster is not None:
        from entrox.design.cluster import check_cluster

        check_cluster()
    if store is None and kept is not None:
        place = read_store_url(kept)
        store = folder / place if isinstance(place, Path) else kept
    return Execution(executor, workers, scheduler, cluster, store)


def check_same_store(before: Mapping[str, Any], execution: Execution, folder: Path) -> None:
    """Raise InputError if the run in ``folder`` keeps its rows elsewhere: all of them would be computed again.

    Parameters
    ----------
    before
        Provenance of the run so far.
    execution
        Where the run shall be continued.
    folder
        Run folder.
    """
    kept = before.get("execution", {}).get("store", _ELSEWHERE)
    named = _store_name(execution.store)
    if kept not in (_ELSEWHERE, named):
        raise InputError(
            f"the run in {folder} keeps its rows in {kept}, and this command names {named}: all would be computed "
            f"again. {_advice(kept)} Or begin anew with --overwrite; rows that a store has are not computed again."
        )


def _advice(kept: str) -> str:
    return "Leave out --store." if kept == STORE else f"Give --store {kept}."


def _store_name(store: str | Path | None) -> str:
    """Return a name by which the same store is known again."""
    if store is None:
        return STORE
    place = read_store_url(store)
    return str(place.resolve()) if isinstance(place, Path) else shown_url(place)

"""The learning loop in this process, in threads, in processes and on a Dask cluster: the same labels and models."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from entrox.design import SerialExecutor, open_executor
from entrox.potentials.learning.learn import JOURNAL, learn
from toy_learning import toy_parts, toy_recipe


@contextmanager
def place(kind: str) -> Iterator[Executor]:
    """Open one of the executors on which a loop may run."""
    if kind == "threads":
        with ThreadPoolExecutor(3) as executor:
            yield executor
    elif kind == "processes":
        with open_executor(2) as executor:
            yield executor
    else:
        distributed = pytest.importorskip("distributed")
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, protocol="tcp", silence_logs=50
        )
        with cluster, open_executor(scheduler=cluster.scheduler_address) as executor:
            yield executor


def outcome(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return labels, models, explorations and deviations of a finished loop, with every bit."""
    connection = sqlite3.connect(folder / JOURNAL)
    tables = {
        "labels": "SELECT hash, role, deviation, state, hex(forces) FROM labels JOIN frames ON id = frame ORDER BY id",
        "models": "SELECT generation, number, sha256 FROM models ORDER BY 1, 2",
        "explorations": "SELECT run, seed, life_steps FROM explorations ORDER BY run",
        "deviations": "SELECT * FROM deviations ORDER BY run, step",
    }
    found = {name: connection.execute(statement).fetchall() for name, statement in tables.items()}
    connection.close()
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> dict[str, list[tuple[object, ...]]]:
    folder = tmp_path_factory.mktemp("alone") / "run"
    learn(toy_recipe(), folder, parts=toy_parts(), executor=SerialExecutor())
    return outcome(folder)


@pytest.mark.parametrize("kind", ["threads", "processes", "dask"])
def test_a_loop_does_not_depend_on_where_it_runs(kind: str, alone, tmp_path: Path) -> None:
    with place(kind) as executor:
        learn(toy_recipe(), tmp_path / "run", parts=toy_parts(), executor=executor)
    assert outcome(tmp_path / "run") == alone

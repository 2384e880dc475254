"""Calls on a real Dask scheduler end, whatever dies: workers, the scheduler, or the patience of the user."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest
from fake_measures import DEADLY, KNOWN, fake_compositions, requests

from dask_processes import PATIENCE_S, DaskProcesses, dask_processes
from entrox.core.errors import EngineError, InputError
from entrox.design import (
    Progress,
    SerialExecutor,
    Store,
    open_executor,
    parse_study,
    request_measures,
    run_study,
    run_sweep,
)
from entrox.design.dask_executor import WorkerKilledError
from entrox.design.executors import in_flight_limit, remark_of


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    """Return a scheduler that gives a call up when one worker has died of it."""
    with dask_processes(tmp_path_factory.mktemp("dask"), DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0") as running:
        yield running


@pytest.fixture(autouse=True)
def no_worker_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "dask" in request.fixturenames:
        request.getfixturevalue("dask").kill_workers()


def blocked_package(folder: Path) -> dict[str, str]:
    """Return an environment in which entrox cannot be imported."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'entrox':\n"
        "            raise ModuleNotFoundError(\"No module named 'entrox'\")\n"
        "sys.meta_path.insert(0, Absent())\n"
    )
    return {"PYTHONPATH": str(folder)}


def test_without_workers_a_call_waits_and_says_why_and_a_worker_without_entrox_is_named(
    dask: DaskProcesses, tmp_path: Path
) -> None:
    with open_executor(scheduler=dask.address) as executor:
        assert remark_of(executor) == (
            f"waiting for workers: none is connected to the Dask scheduler at {dask.address}"
        )
        assert in_flight_limit(executor) >= 3
        future = executor.submit(in_flight_limit, SerialExecutor())
        dask.add_worker(**blocked_package(tmp_path / "blocked"))
        with pytest.raises(EngineError, match=r"cannot load what it shall compute .*'entrox'.*Install"):
            future.result(timeout=PATIENCE_S)
        assert executor.submit(os.getpid).result(timeout=PATIENCE_S) == dask.workers[-1].pid


def test_a_worker_with_other_code_makes_no_row(dask: DaskProcesses, tmp_path: Path) -> None:
    (tmp_path / "older.py").write_text("import entrox\nentrox.__version__ = '0.0.9'\n")
    dask.add_worker("--preload", str(tmp_path / "older.py"))
    with Store(tmp_path / "s.sqlite") as store:
        with (
            pytest.raises(EngineError, match=r"with entrox 0\.0\.9\+.*; this study has .*restart them"),
            open_executor(scheduler=dask.address) as executor,
        ):
            run_sweep(fake_compositions(4), requests("light"), store, executor=executor)
        assert store.count() == 0


def test_a_point_that_kills_its_workers_is_named_and_all_others_are_kept(dask: DaskProcesses, tmp_path: Path) -> None:
    asked, points = request_measures({"deadly": {}}, {"deadly": DEADLY}), fake_compositions(10)
    for _ in range(3):
        dask.add_worker()
    with Store(tmp_path / "s.sqlite") as store:
        with (
            pytest.raises(EngineError, match=r"died while it computed deadly of Ba\(1/2\)Sr\(1/2\)TiO3, .*--resume"),
            open_executor(scheduler=dask.address) as executor,
        ):
            run_sweep(points, asked, store, executor=executor)
        assert store.count() == 9
    died = [worker.wait(timeout=PATIENCE_S) for worker in dask.workers[-3:] if worker.poll() is not None]
    assert died == [-signal.SIGKILL] * 2, "once among others, once alone"


def test_workers_that_die_of_every_point_end_the_sweep_soon(tmp_path: Path) -> None:
    class Deadly(SerialExecutor):
        calls = 0

        def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
            self.calls += 1
            future = super().submit(int)
            future._exception = WorkerKilledError("dead")
            return future

    with Store(tmp_path / "s.sqlite") as store, pytest.raises(EngineError, match=r"light of BaTiO3|light of Ba\("):
        run_sweep(fake_compositions(100), requests("light"), store, executor=(deadly := Deadly()))
    assert deadly.calls < 20


def test_an_interrupt_cancels_what_runs_and_returns_at_once(dask: DaskProcesses) -> None:
    dask.add_worker()
    start = 0.0
    with pytest.raises(KeyboardInterrupt), open_executor(scheduler=dask.address) as executor:
        executor.submit(os.getpid).result(timeout=PATIENCE_S)
        future = executor.submit(time.sleep, 600)
        start = time.monotonic()
        raise KeyboardInterrupt
    assert time.monotonic() - start < 15
    with pytest.raises(CancelledError):
        future.result(timeout=1)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(os.getpid)


def test_processes_a_local_cluster_and_a_scheduler_give_the_same_bytes(dask: DaskProcesses, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    study = parse_study(STUDY, measures=KNOWN)
    tables = {}

    def table(name: str, **where: object) -> None:
        run_study(study, tmp_path / name, measures=KNOWN, **where)  # type: ignore[arg-type]
        tables[name] = (tmp_path / name / "points.csv").read_bytes()

    table("one", workers=1)
    table("two", workers=2)
    dask.add_worker()
    table("scheduler", scheduler=dask.address)
    with distributed.LocalCluster(
        n_workers=2, processes=False, dashboard_address="127.0.0.1:0", protocol="tcp", silence_logs=50
    ) as cluster:
        table("cluster", scheduler=cluster.scheduler_address)
    assert tables["one"] == tables["two"] == tables["scheduler"] == tables["cluster"]
    record = json.loads((tmp_path / "scheduler" / "provenance.json").read_text())
    assert record["execution"] == {
        "workers": None, "scheduler": dask.address, "cluster": None, "store": "run.sqlite"
    }  # fmt: skip


STUDY = """
[study]
title = "Everywhere"

[[family]]
formula = "Ba(1-x)SrxTiO3"
host = "BaTiO3"
x = { start = 0, stop = 1, steps = 12 }

[measures]
field = { seeds = 3 }
light = {}
"""


def test_a_scheduler_that_freezes_is_given_up(
    dask: DaskProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrox.design.dask_executor.SILENCE_LIMIT_S", 0.5)
    monkeypatch.setattr("entrox.design.dask_executor.ANSWER_TIMEOUT_S", 0.5)
    monkeypatch.setattr("entrox.design.dask_executor.LOOK_EVERY_S", 0.1)
    try:
        with (
            Store(tmp_path / "s.sqlite") as store,
            pytest.raises(EngineError, match=rf"the Dask scheduler at {dask.address} does not answer.*--resume"),
            open_executor(scheduler=dask.address) as executor,
        ):
            dask.scheduler.send_signal(signal.SIGSTOP)
            run_sweep(fake_compositions(4), requests("light"), store, executor=executor)
    finally:
        dask.scheduler.send_signal(signal.SIGCONT)


def test_a_scheduler_that_dies_ends_every_call_with_one_error(tmp_path: Path) -> None:
    seen: list[Progress] = []
    with dask_processes(tmp_path) as dask:
        threading.Timer(0.5, dask.scheduler.kill).start()
        with (
            Store(tmp_path / "s.sqlite") as store,
            pytest.raises(EngineError, match=rf"the connection to the Dask scheduler at {dask.address} was lost"),
            open_executor(scheduler=dask.address) as executor,
        ):
            run_sweep(fake_compositions(4), requests("light"), store, executor=executor, progress=seen.append)
        with pytest.raises((EngineError, RuntimeError)):
            executor.submit(os.getpid).result(timeout=PATIENCE_S)


def test_a_scheduler_and_a_cluster_exclude_each_other(tmp_path: Path) -> None:
    text = STUDY + '[cluster]\ncores = 2\nmemory = "4 GB"\nwalltime = "01:00:00"\njobs = 2\n'
    with pytest.raises(InputError, match=r"\[cluster\] table, and --scheduler tcp://host:8786 was given as well"):
        run_study(parse_study(text, measures=KNOWN), tmp_path / "run", measures=KNOWN, scheduler="tcp://host:8786")
    assert not (tmp_path / "run").exists()

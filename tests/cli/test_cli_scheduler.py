"""A study on a real Dask scheduler survives the death of a worker, of its own process, and of the scheduler."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dask_processes import PATHS, PATIENCE_S, dask_processes
from entrox.cli import main

LOST_WITHIN_S = 30.0
SLOWLY = {"FAKE_SLEEP_S": "0.12"}
POINTS = 30
STUDY = f"""
[study]
title = "Long enough to be killed"

[[family]]
name = "Sr"
formula = "Ba(1-x)SrxTiO3"
host = "BaTiO3"
x = {{ start = 0, stop = 1, steps = {POINTS} }}

[measures]
field = {{ seeds = 3 }}
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a package that adds a measure of our own: it takes as long as a test wants."""
    record = tmp_path / "site" / "fake_measures-1.0.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: fake-measures\nVersion: 1.0\n")
    (record / "entry_points.txt").write_text("[entrox.measures]\nfield = fake_measures:FIELD\n")
    for folder in (*PATHS, str(record.parent)):
        monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr("entrox.cli.study._write_report", lambda result: None)
    return record.parent


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def stored_fields(folder: Path) -> int:
    """Return how many fields a running study has stored."""
    path = folder / "run.sqlite"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            count = store.execute("SELECT COUNT(*) FROM entrox_rows WHERE measure = 'field'").fetchone()[0]
    except sqlite3.OperationalError:  # not there, or just being made
        return 0
    return int(count)


class Client:
    """A running ``entrox study``."""

    def __init__(self, package: Path, folder: Path, *arguments: str) -> None:
        self.folder, self._messages = folder, folder.with_suffix(".err")
        command = [sys.executable, "-m", "entrox", "study", *arguments]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*PATHS, str(package)])}
        with self._messages.open("w") as messages:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=messages, env=environment)

    @property
    def messages(self) -> str:
        return self._messages.read_text()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert self.process.poll() is None, self.messages
            assert time.monotonic() < end, self.messages
            time.sleep(0.02)

    def wait_for_new_rows(self) -> None:
        known = stored_fields(self.folder)
        self.wait_until(lambda: stored_fields(self.folder) > known)


@pytest.fixture
def started() -> Iterator[Callable[..., Client]]:
    """Start clients that end with the test."""
    clients: list[Client] = []

    def start(*arguments: Any) -> Client:
        clients.append(Client(*arguments))
        return clients[-1]

    yield start
    for client in clients:
        client.process.kill()
        client.process.wait()


@pytest.mark.long  # its parts, one at a time, are in tests/unit/design
def test_a_study_whose_worker_client_and_scheduler_are_killed_ends_with_the_table_of_one_process(
    tmp_path: Path, study: Path, package: Path, started: Callable[..., Client]
) -> None:
    folder = tmp_path / "run"
    with dask_processes(tmp_path) as dask:
        arguments = [str(study), "-o", str(folder), "--scheduler", dask.address]
        first = started(package, folder, *arguments)
        first.wait_until(lambda: "waiting for workers: none is connected to the Dask scheduler at" in first.messages)
        doomed = dask.add_worker(**SLOWLY)
        first.wait_for_new_rows()
        doomed.kill()
        dask.add_worker(**SLOWLY)
        first.wait_for_new_rows()
        first.process.kill()
        first.process.wait()
        kept = stored_fields(folder)
        assert 2 <= kept < POINTS

        second = started(package, folder, *arguments, "--resume")
        second.wait_for_new_rows()
        dask.scheduler.kill()
        start = time.monotonic()
        assert second.process.wait(timeout=LOST_WITHIN_S) == 4
        assert time.monotonic() - start < LOST_WITHIN_S
        errors = [line for line in second.messages.splitlines() if "evaluations" not in line]
        assert len(errors) == 1, second.messages
        assert errors[0].startswith(f"Error: the connection to the Dask scheduler at {dask.address} was lost")
        assert "--resume" in errors[0]
        assert kept < stored_fields(folder) < POINTS
    record = json.loads((folder / "provenance.json").read_text())
    assert (record["status"], record["execution"]["scheduler"]) == ("failed", dask.address)
    assert not (folder / "points.csv").exists(), "it was stopped in the middle"

    assert main(["study", str(study), "-o", str(folder), "--workers", "1", "--resume", "--quiet"]) == 0
    assert main(["study", str(study), "-o", str(tmp_path / "whole"), "--workers", "1", "--quiet"]) == 0
    assert (folder / "points.csv").read_bytes() == (tmp_path / "whole" / "points.csv").read_bytes()
    assert stored_fields(folder) == POINTS


def test_a_study_that_waits_for_workers_is_interrupted_at_once(
    tmp_path: Path, study: Path, package: Path, started: Callable[..., Client]
) -> None:
    with dask_processes(tmp_path) as dask:
        client = started(
            package, tmp_path / "run", str(study), "-o", str(tmp_path / "run"), "--scheduler", dask.address
        )
        client.wait_until(lambda: "waiting for workers" in client.messages)
        client.process.send_signal(signal.SIGINT)
        assert client.process.wait(timeout=LOST_WITHIN_S) == 130
        assert client.messages.splitlines()[-1].strip().endswith("--resume")
        assert "Traceback" not in client.messages

"""A study that is stopped or killed in the middle continues to the same table."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from entrox.cli import main

STUDY = """
[study]
title = "Long enough to be stopped"

[[family]]
name = "Sr"
formula = "Ba(1-x)SrxTiO3"
host = "BaTiO3"
x = { start = 0, stop = 1, steps = 10 }

[measures]
breakdown = { seeds = 250, mean_free_path_angstrom = 16 }
"""
PATIENCE_S = 60.0


def stored_fields(folder: Path) -> int:
    """Return how many breakdown fields a running study has stored."""
    path = folder / "run.sqlite"
    if not path.is_file():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            count = store.execute("SELECT COUNT(*) FROM entrox_rows WHERE measure = 'breakdown'").fetchone()[0]
    except sqlite3.OperationalError:  # just being made
        return 0
    return int(count)


def stop_in_the_middle(arguments: list[str], folder: Path, stop: signal.Signals) -> subprocess.CompletedProcess[str]:
    """Run a study and send a signal as soon as a new breakdown field is stored."""
    before = stored_fields(folder)
    command = [sys.executable, "-m", "entrox", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + PATIENCE_S
    while stored_fields(folder) == before and time.monotonic() < end:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.02)
    os.kill(process.pid, stop)
    out, err = process.communicate(timeout=PATIENCE_S)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.long), "2"])
def test_an_interrupted_and_killed_study_continues_to_the_same_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setattr("entrox.cli.study._write_report", lambda result: None)
    study = tmp_path / "study.toml"
    study.write_text(STUDY, encoding="utf-8")
    folder = tmp_path / "stopped"
    arguments = ["study", str(study), "-o", str(folder), "--workers", workers]

    interrupted = stop_in_the_middle(arguments, folder, signal.SIGINT)
    assert interrupted.returncode == 130
    assert interrupted.stderr.splitlines()[-1].strip() == f"entrox {' '.join(arguments)} --resume"
    assert "Traceback" not in interrupted.stderr
    assert json.loads((folder / "provenance.json").read_text())["status"] == "interrupted"
    first = stored_fields(folder)
    assert 0 < first < 10

    killed = stop_in_the_middle([*arguments, "--resume"], folder, signal.SIGKILL)
    assert killed.returncode == -signal.SIGKILL
    second = stored_fields(folder)
    assert first < second
    assert not (folder / "points.csv").exists(), "it was stopped in the middle"

    assert main([*arguments, "--resume", "--quiet"]) == 0
    assert main(["study", str(study), "-o", str(tmp_path / "whole"), "--workers", "1", "--quiet"]) == 0
    assert (folder / "points.csv").read_bytes() == (tmp_path / "whole" / "points.csv").read_bytes()
    assert stored_fields(folder) == 10

"""Where a study is computed and where its rows go, as the command and the study file say it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dask_processes import skip_without_jobqueue
from entrox.cli.progress import progress_shown
from entrox.cli.terminal import resumed_command
from entrox.design import Progress

CLUSTER = """
[cluster]
queue = "standard"
cores = 2
memory = "4 GB"
walltime = "01:00:00"
jobs = 2
"""


@pytest.fixture(autouse=True)
def without_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrox.cli.study._write_report", lambda result: None)


@pytest.fixture
def descriptors(tmp_path: Path) -> Path:
    """Return a study of descriptors alone: done in a moment, and without a breakdown field (exit code 4)."""
    path = tmp_path / "study.toml"
    path.write_text(
        '[study]\ntitle = "Small"\n\n[[family]]\nformula = "Ba(1-x)SrxTiO3"\nhost = "BaTiO3"\n'
        "x = { start = 0, stop = 1, steps = 3 }\n"
    )
    return path


def test_the_job_of_a_cluster_table_is_printed(entrox: Callable, study_file: Path, fails: Callable) -> None:
    assert "has no [cluster] table" in fails("study", study_file, "--job-script")
    skip_without_jobqueue()
    study_file.write_text(study_file.read_text() + CLUSTER)
    answer = entrox("study", study_file, "--job-script")
    assert (answer.code, answer.err) == (0, "")
    assert "#SBATCH -p standard" in answer.out
    assert "distributed.cli.dask_worker" in answer.out


def test_a_scheduler_and_a_cluster_table_exclude_each_other(fails: Callable, study_file: Path, tmp_path: Path) -> None:
    study_file.write_text(study_file.read_text() + CLUSTER)
    message = fails("study", study_file, "-o", tmp_path / "run", "--scheduler", "tcp://host:8786")
    assert "[cluster] table, and --scheduler tcp://host:8786 was given as well" in message
    assert not (tmp_path / "run").exists()


def test_a_store_of_the_command_takes_the_rows_and_is_named_again_to_continue(
    entrox: Callable, fails: Callable, descriptors: Path, tmp_path: Path
) -> None:
    where = ["-o", tmp_path / "run", "--workers", 1]
    entrox("study", descriptors, *where, "--store", tmp_path / "rows.sqlite")
    assert (tmp_path / "rows.sqlite").is_file()
    assert not (tmp_path / "run" / "run.sqlite").exists()
    message = fails("study", descriptors, *where, "--resume")
    assert f"keeps its rows in {tmp_path / 'rows.sqlite'}" in message
    again = entrox("study", descriptors, *where, "--resume", "--store", tmp_path / "rows.sqlite")
    assert "3 from the earlier run" in again.err


def test_a_store_of_the_study_file_lies_beside_it(entrox: Callable, descriptors: Path, tmp_path: Path) -> None:
    text = descriptors.read_text().replace('title = "Small"', 'title = "Small"\nstore = "beside.sqlite"')
    descriptors.write_text(text)
    entrox("study", descriptors, "-o", tmp_path / "deep" / "run", "--workers", 1)
    assert (tmp_path / "beside.sqlite").is_file()
    record = json.loads((tmp_path / "deep" / "run" / "provenance.json").read_text())
    assert record["execution"]["store"] == str(tmp_path / "beside.sqlite")
    assert "store" not in record["settings"]


@pytest.mark.parametrize(
    ("place", "part"),
    [
        ("mysql://ann:secret@host/runs", "got mysql://"),
        ("postgresql://ann:secret@host", "names no database"),
        ("postgresql://ann:secret@host:no/runs", "cannot read the URL"),
    ],
)
def test_a_store_that_is_none_is_refused_without_its_password(
    fails: Callable, descriptors: Path, tmp_path: Path, place: str, part: str
) -> None:
    pytest.importorskip("psycopg")
    message = fails("study", descriptors, "-o", tmp_path / "run", "--store", place)
    assert part in message
    assert "secret" not in message
    assert not (tmp_path / "run").exists()


def test_a_database_that_does_not_answer_ends_with_code_4(entrox: Callable, descriptors: Path, tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    answer = entrox("study", descriptors, "-o", tmp_path / "run", "--store", "postgresql://ann:secret@127.0.0.1:9/runs")
    assert answer.code == 4
    assert "cannot open the store postgresql://ann:***@127.0.0.1:9/runs: connection" in answer.err
    assert not (tmp_path / "run").exists()


def test_the_command_that_continues_shows_no_password() -> None:
    command = ["entrox", "study", "a.toml", "--store", "postgresql://ann:secret@h/r", "--overwrite"]
    assert resumed_command(command) == "entrox study a.toml --store 'postgresql://ann:***@h/r' --resume"


def test_a_pause_of_the_cluster_is_shown_at_once_and_once(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_shown(quiet=False) as show:
        assert show is not None
        for remark in ("", "waiting for workers", "waiting for workers", ""):
            show(Progress(0, 9, 0, 0.0, None, remark))
    assert capsys.readouterr().err.splitlines() == [
        "0 of 9 evaluations",
        "0 of 9 evaluations, waiting for workers",
        "0 of 9 evaluations",
    ]

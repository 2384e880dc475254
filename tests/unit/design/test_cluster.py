"""The [cluster] table: what it may say, the batch job that comes of it, and jobs run by a stand-in for SLURM."""

import json
import os
import signal
import stat
import sys
import time
from pathlib import Path

import pytest
from fake_measures import KNOWN

from dask_processes import PATHS, skip_without_jobqueue
from entrox.core.errors import EngineError, InputError, MissingExtraError
from entrox.design import Progress, parse_study, run_study
from entrox.design.cluster import ClusterSettings, job_script, walltime_s

STUDY = """\
[study]
title = "On a cluster"

[[family]]
formula = "Ba(1-x)SrxTiO3"
host = "BaTiO3"
x = { start = 0, stop = 1, steps = 12 }

[measures]
field = { seeds = 3 }

[cluster]
queue = "standard"
account = "oxides"
cores = 4
memory = "16 GB"
walltime = "02:00:00"
jobs = 3
"""


def cluster(**changes: object) -> ClusterSettings:
    return ClusterSettings(**{"cores": 4, "memory": "16 GB", "walltime": "02:00:00", "jobs": 3, **changes})  # type: ignore[arg-type]


def test_the_table_is_read_with_the_study() -> None:
    found = parse_study(STUDY, measures=KNOWN).cluster
    assert found == cluster(queue="standard", account="oxides")
    assert parse_study(STUDY.split("[cluster]")[0], measures=KNOWN).cluster is None


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("queue =", "que =", r"my.toml, line 13: unknown key 'que' in \[cluster\]; did you mean queue"),
        ("[cluster]", "[clutser]", r"line 12: unknown table or key 'clutser'; did you mean cluster"),
        ("[cluster]", "[[cluster]]", r"line 12: cluster must be a table, written as \[cluster\]"),
        ("cores = 4\n", "", r"line 12: cluster.cores is missing; \[cluster\] needs it"),
        ("cores = 4", "cores = 2.5", r"line 15: cluster.cores: .*integer; got 2.5"),
        (
            "cores = 4",
            "cores = 4\nprocesses = 3",
            r"line 12: cluster: cores \(4\) must be a multiple of",
        ),
        ('"16 GB"', '"16"', r"line 16: cluster.memory: a number with its unit is needed, such as \"16 GB\"; got '16'"),
        ('"02:00:00"', '"two hours"', r"line 17: cluster.walltime: a time of SLURM is needed.*got 'two hours'"),
        ('"02:00:00"', '"00:00:00"', r"line 17: cluster.walltime: a time of SLURM"),
        ("jobs = 3", "jobs = 0", r"line 18: cluster.jobs: .*greater than or equal to 1; got 0"),
        ("jobs = 3", "jobs = 3\nminimum_jobs = 4", r"minimum_jobs \(4\) must not exceed jobs \(3\)"),
        ("jobs = 3", 'jobs = 3\njob_extra = ["qos=long"]', r"line 19: cluster.job_extra: .*begins with - or --"),
        ('"standard"', '"a\\nb"', r"line 13: cluster.queue: a text must be one line"),
        (
            'title = "On a',
            'store = "postgresql://ann:secret@h/r"\ntitle = "On a',
            r"line 2: study.store holds a",
        ),
        (
            'title = "On a',
            'stroe = "x"\ntitle = "On a',
            r"line 2: unknown key 'stroe' .*did you mean store",
        ),
    ],
)
def test_every_mistake_is_named_with_its_line(before: str, after: str, message: str) -> None:
    assert before in STUDY
    with pytest.raises(InputError, match=message) as caught:
        parse_study(STUDY.replace(before, after, 1), path="my.toml", measures=KNOWN)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 1800), ("5:30", 330), ("02:00:00", 7200), ("1-12", 129_600), ("2-01:30", 178_200), ("1-00:00:01", 86_401)],
)
def test_time_limits_are_read_as_slurm_reads_them(text: str, seconds: int) -> None:
    assert walltime_s(text) == seconds


def test_workers_end_before_the_limit_of_their_job() -> None:
    assert cluster().lifetime_s == 7200 - 300
    assert cluster(walltime="00:20:00").lifetime_s == 1200 - 120
    assert cluster(walltime="1").lifetime_s == 30


def test_the_job_asks_for_what_the_table_says() -> None:
    skip_without_jobqueue()
    asked = cluster(
        queue="standard", account="oxides", processes=2, python="/opt/python", interface="ib0",
        local_directory="/scratch", prologue=("module load python",), job_extra=("--qos=long", "--exclusive"),
    )  # fmt: skip
    lines = job_script(asked).splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    directives = [line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH ")]
    assert directives == [
        "-J entrox", "-p standard", "-A oxides", "-n 1", "--cpus-per-task=4", "--mem=15G", "-t 02:00:00", "--qos=long",
        "--exclusive",
    ]  # fmt: skip
    module, worker = lines[-2:] if lines[-1] else lines[-3:-1]
    assert module == "module load python"
    assert worker.startswith("/opt/python -m distributed.cli.dask_worker tcp://SCHEDULER:PORT --name NAME ")
    for option in (
        "--nthreads 2", "--nworkers 2", "--memory-limit 7.45GiB", "--nanny", "--lifetime 6900s",
        "--local-directory /scratch", "--interface ib0",
    ):  # fmt: skip
        assert f" {option}" in worker, option


def test_ctrl_c_is_still_an_interrupt_after_a_job_was_written() -> None:
    skip_without_jobqueue()
    for name in [name for name in sys.modules if name.startswith("dask_jobqueue")]:
        del sys.modules[name]  # the import itself sets a handler that ends the process
    before = signal.getsignal(signal.SIGINT)
    job_script(cluster())
    assert signal.getsignal(signal.SIGINT) is before


def test_a_worker_has_one_processor_if_nothing_is_said() -> None:
    skip_without_jobqueue()
    script = job_script(cluster())
    assert "--nthreads 1 " in script
    assert "--nworkers 4 " in script
    assert "-p " not in script
    assert "#SBATCH -A" not in script


def test_without_dask_jobqueue_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("entrox.design.cluster.importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"\[cluster\] table needs dask-jobqueue.*entrox\[hpc\]"):
        run_study(parse_study(STUDY, measures=KNOWN), tmp_path / "run", measures=KNOWN)
    assert not (tmp_path / "run").exists()


def test_without_slurm_nothing_is_begun(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    skip_without_jobqueue()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=r"sbatch is not found.*login node.*--workers N"):
        run_study(parse_study(STUDY, measures=KNOWN), tmp_path / "run", measures=KNOWN)
    assert not (tmp_path / "run").exists()


def test_workers_asked_for_by_the_command_replace_the_cluster(tmp_path: Path) -> None:
    run_study(parse_study(STUDY, measures=KNOWN), tmp_path / "run", measures=KNOWN, workers=1)
    record = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert record["execution"]["cluster"] is None
    assert "cluster" not in record["settings"]


SBATCH = """#!/bin/sh
if [ -e {folder}/closed ]; then echo "sbatch: error: invalid account or partition" >&2; exit 1; fi
number=$(($(cat {folder}/number) + 1)); echo $number > {folder}/number
cp "$1" {folder}/job-$number.sh
setsid sh {folder}/job-$number.sh > {folder}/job-$number.log 2>&1 &
echo $! > {folder}/job-$number.pid
echo "Submitted batch job $number"
"""
SCANCEL = """#!/bin/bash
echo $1 >> {folder}/cancelled
kill -9 -- -$(cat {folder}/job-$1.pid)
"""


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a stand-in for SLURM that runs every job at once on this machine."""
    skip_without_jobqueue()
    folder = tmp_path / "slurm"
    folder.mkdir()
    (folder / "number").write_text("0")
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (folder / name).write_text(text.format(folder=folder))
        (folder / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(PATHS))
    return folder


def on_slurm(folder: Path, **changes: str) -> str:
    """Return a study whose jobs have one worker each."""
    text = STUDY.replace("cores = 4", f'cores = 1\ninterface = "lo"\nlocal_directory = "{folder}"').replace(
        "16 GB", "2 GB"
    )
    for before, after in changes.items():
        text = text.replace(f"{before} = 3", f"{before} = {after}")
    return text


def test_a_study_on_slurm_has_the_table_of_one_process_and_a_dead_job_is_replaced(
    slurm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrox.design.cluster.LOST_JOB_AFTER", "0.1s")
    monkeypatch.setattr("entrox.design.cluster.CHECK_JOBS_EVERY", "0.2s")
    monkeypatch.setenv("FAKE_SLEEP_S", "0.1")
    study = parse_study(on_slurm(slurm, jobs="1"), measures=KNOWN)
    killed: list[int] = []

    def strike(progress: Progress) -> None:
        if progress.done >= 4 and not killed:
            killed.append(int((slurm / "job-1.pid").read_text()))
            os.killpg(killed[0], signal.SIGKILL)

    run_study(study, tmp_path / "run", measures=KNOWN, progress=strike)
    monkeypatch.setenv("FAKE_SLEEP_S", "0")
    run_study(study, tmp_path / "here", measures=KNOWN, workers=1)
    assert (tmp_path / "run" / "points.csv").read_bytes() == (tmp_path / "here" / "points.csv").read_bytes()
    assert killed
    assert int((slurm / "number").read_text()) == 2, "one job, and the one in its place"
    assert (slurm / "cancelled").read_text().split()[-1] == "2"
    record = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert record["execution"]["cluster"]["queue"] == "standard"


def test_a_job_that_slurm_refuses_ends_the_study_with_its_words(slurm: Path, tmp_path: Path) -> None:
    (slurm / "closed").touch()
    start = time.monotonic()
    with pytest.raises(EngineError, match=r"refused a job .*: sbatch: error: invalid account or partition\. Correct"):
        run_study(parse_study(on_slurm(slurm), measures=KNOWN), tmp_path / "run", measures=KNOWN)
    assert time.monotonic() - start < 30
    assert (slurm / "number").read_text() == "0"

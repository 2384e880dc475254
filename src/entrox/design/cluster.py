"""A SLURM cluster from the ``[cluster]`` table of a study: batch jobs with Dask workers, made by dask-jobqueue.

The scheduler runs in this process, on a node that may submit jobs; every job starts workers that report to it. Jobs
that end before the study (time limit, node failure) are replaced.
"""

from __future__ import annotations

import contextlib
import importlib.util
import re
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, field_validator, model_validator

from entrox.core.errors import EngineError, InputError, MissingExtraError

__all__ = ["ClusterSettings", "check_cluster", "job_script", "open_cluster"]

SUBMIT_COMMAND = "sbatch"
_NAME = "the scheduler of the SLURM jobs"
CONNECT_TIMEOUT_S = 20
CHECK_JOBS_EVERY = "5s"
LOST_JOB_AFTER = "15s"
_MEMORY = re.compile(r"\d+(\.\d+)? ?[KMGT]i?B")
_WALLTIME = re.compile(r"(\d+-)?\d{1,2}:\d{2}:\d{2}|\d+:\d{2}|\d+|\d+-\d{1,2}(:\d{2})?")
"""The forms that sbatch knows: minutes, minutes:seconds, hours:minutes:seconds, and days before any of these."""
_TEXTS = ("queue", "account", "python", "interface", "local_directory", "log_directory", "prologue", "job_extra")
_DIRECTIVE = re.compile(r"--?[A-Za-z]")


class ClusterSettings(BaseModel):
    """The ``[cluster]`` table of a study or a search: what one batch job of SLURM gets, and how many there are.

    Parameters
    ----------
    queue, account
        Partition and account of the jobs; the defaults of the cluster if not given.
    cores
        Processors of one job, >= 1.
    processes
        Worker processes of one job, each with its share of the processors and the memory; one per processor if not
        given, which is best for measures in Python.
    memory
        Memory of one job, such as ``"16 GB"``.
    walltime
        Time limit of one job, such as ``"02:00:00"``. Workers stop taking work some minutes before.
    jobs
        Most jobs at a time, >= 1.
    minimum_jobs
        Fewest jobs at a time; ``jobs`` if not given: all are kept to the end. With fewer, jobs come and go with the
        work that is left.
    interface
        Network interface that scheduler and workers share, such as ``"ib0"``.
    python
        Interpreter on the nodes; that of this process, if not given.
    log_directory
        Where the logs of the jobs go; a folder that the nodes see.
    local_directory
        Scratch folder of the workers on their node.
    prologue
        Lines of shell before the worker starts, such as ``"module load python"``.
    job_extra
        More directives of sbatch, such as ``"--qos=long"``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    queue: str | None = None
    account: str | None = None
    cores: StrictInt = Field(ge=1)
    processes: StrictInt | None = Field(default=None, ge=1)
    memory: str
    walltime: str
    jobs: StrictInt = Field(ge=1)
    minimum_jobs: StrictInt | None = Field(default=None, ge=0)
    interface: str | None = None
    python: str | None = None
    log_directory: str | None = None
    local_directory: str | None = None
    prologue: tuple[str, ...] = ()
    job_extra: tuple[str, ...] = ()

    @field_validator("memory")
    @classmethod
    def _check_memory(cls, memory: str) -> str:
        if _MEMORY.fullmatch(memory) is None:
            raise ValueError('a number with its unit is needed, such as "16 GB"')
        return memory

    @field_validator("walltime")
    @classmethod
    def _check_walltime(cls, walltime: str) -> str:
        if _WALLTIME.fullmatch(walltime) is None or not walltime_s(walltime):
            raise ValueError('a time of SLURM is needed, such as "02:00:00" or "1-12:00:00"')
        return walltime

    @field_validator("job_extra")
    @classmethod
    def _check_directives(cls, directives: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_DIRECTIVE.match(directive) for directive in directives):
            raise ValueError('a directive of sbatch begins with - or --, such as "--qos=long"')
        return directives

    @field_validator(*_TEXTS)
    @classmethod
    def _check_lines(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        lines = (value,) if isinstance(value, str) else value or ()
        if not all(line.strip() and line.isprintable() for line in lines):
            raise ValueError("a text must be one line that is not empty")
        return value

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.processes is not None and self.cores % self.processes:
            raise ValueError(f"cores ({self.cores}) must be a multiple of processes ({self.processes})")
        if self.minimum_jobs is not None and self.minimum_jobs > self.jobs:
            raise ValueError(f"minimum_jobs ({self.minimum_jobs}) must not exceed jobs ({self.jobs})")
        return self

    @property
    def lifetime_s(self) -> int:
        """Time after which a worker ends by itself [s]: so long before the limit that it can hand over its work."""
        limit = walltime_s(self.walltime)
        return max(limit - max(60, min(300, limit // 10)), limit // 2)


def walltime_s(text: str) -> int:
    """Return a time limit of SLURM in seconds.

    Examples
    --------
    >>> walltime_s("02:00:00"), walltime_s("90"), walltime_s("5:30"), walltime_s("1-12"), walltime_s("1-00:30")
    (7200, 5400, 330, 129600, 88200)
    """
    days, _, rest = text.rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    if days:  # days-hours, days-hours:minutes, days-hours:minutes:seconds
        hours, minutes, seconds = [*parts, 0, 0][:3]
        return int(days) * 86_400 + hours * 3600 + minutes * 60 + seconds
    if len(parts) == 3:
        return parts[0] * 3600 + parts[1] * 60 + parts[2]
    return parts[0] * 60 + (parts[1] if len(parts) == 2 else 0)


def check_cluster() -> None:
    """Raise unless jobs can be submitted from here.

    Raises
    ------
    MissingExtraError
        If dask-jobqueue is not installed.
    EngineError
        If SLURM is not.
    """
    _check_installed()
    if shutil.which(SUBMIT_COMMAND) is None:
        raise EngineError(
            f"the file has a [cluster] table, but {SUBMIT_COMMAND} is not found: start it on a login node of the "
            "SLURM cluster, or with --workers N in processes here."
        )


def _check_installed() -> None:
    for module, package in (("dask_jobqueue", "dask-jobqueue"), ("distributed", "distributed")):
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError(package, "hpc", "a [cluster] table")


def _slurm() -> Any:
    """Import dask-jobqueue, whose import makes Ctrl-C end the process without a word: the handler is put back."""
    handler = signal.getsignal(signal.SIGINT)
    module = importlib.import_module("dask_jobqueue.slurm")
    if signal.getsignal(signal.SIGINT) is not handler and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)
    return module


def job_script(settings: ClusterSettings) -> str:
    """Return the batch script of one job, with a placeholder for the address of the scheduler.

    Raises
    ------
    MissingExtraError
        If dask-jobqueue is not installed.
    """
    _check_installed()
    slurm = _slurm()
    job = slurm.SLURMJob("tcp://SCHEDULER:PORT", name="NAME", **_job_options(settings))
    return str(job.job_script())


def _job_options(settings: ClusterSettings) -> dict[str, Any]:
    # what is None is taken from Dask's jobqueue.yaml, if the user has one
    return {
        "queue": settings.queue,
        "account": settings.account,
        "cores": settings.cores,
        "processes": settings.processes or settings.cores,
        "memory": settings.memory,
        "walltime": settings.walltime,
        "interface": settings.interface,
        "python": settings.python or sys.executable,
        "log_directory": settings.log_directory,
        "local_directory": settings.local_directory,
        "job_script_prologue": list(settings.prologue),
        "job_extra_directives": list(settings.job_extra),
        "job_name": "entrox",
        "worker_extra_args": ["--lifetime", f"{settings.lifetime_s}s", "--no-dashboard"],
    }


@contextmanager
def open_cluster(settings: ClusterSettings) -> Iterator[Executor]:
    """Submit the jobs of a cluster, compute on them, and cancel them at the end.

    Raises
    ------
    EngineError
        If SLURM is not installed, or refuses the jobs.
    MissingExtraError
        If dask-jobqueue is not installed.
    """
    check_cluster()
    from entrox.design.dask_executor import connected

    refusals: list[str] = []
    dask: Any = importlib.import_module("dask")
    with dask.config.set({"distributed.deploy.lost-worker-timeout": LOST_JOB_AFTER}):
        cluster = _started(settings, refusals)
        try:
            _submit(cluster, settings)
            trouble = _trouble(refusals)
            if text := trouble():
                raise EngineError(text)
            with connected(cluster, _NAME, timeout_s=CONNECT_TIMEOUT_S, trouble=trouble) as executor:
                yield executor
        finally:
            with contextlib.suppress(Exception):  # jobs that cannot be cancelled end without their scheduler
                cluster.close()


def _started(settings: ClusterSettings, refusals: list[str]) -> Any:
    """Start the scheduler in this process; what SLURM says to a refused job goes to ``refusals``."""
    slurm = _slurm()
    failed = importlib.import_module("distributed.core").Status.failed

    async def start(self: Any) -> None:
        try:
            await slurm.SLURMJob.start(self)
        except Exception as error:
            refusals.append(str(error))
            self.status = failed
            raise
        refusals.clear()

    job = type("EntroxJob", (slurm.SLURMJob,), {"start": start})
    try:
        return slurm.SLURMCluster(
            job_cls=job,
            scheduler_options={"dashboard_address": ":0"},
            silence_logs="critical",
            **_job_options(settings),
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"the scheduler of the [cluster] table cannot be started: {error}") from error


def _submit(cluster: Any, settings: ClusterSettings) -> None:
    """Submit the first jobs and wait until SLURM has taken or refused them; from then on, as many as are needed."""
    fewest = settings.jobs if settings.minimum_jobs is None else settings.minimum_jobs
    cluster.scale(jobs=max(fewest, 1))
    cluster.sync(lambda: cluster)
    cluster.adapt(minimum_jobs=fewest, maximum_jobs=settings.jobs, interval=CHECK_JOBS_EVERY)


def _trouble(refusals: list[str]) -> Callable[[], str]:
    def tell() -> str:
        if not refusals:
            return ""
        said = " ".join(refusals[0].split("stderr:")[-1].split())
        return (
            f"{SUBMIT_COMMAND} refused a job of the [cluster] table: {said}. Correct the table and run again with "
            "--resume; `entrox study FILE --job-script` prints the job."
        )

    return tell

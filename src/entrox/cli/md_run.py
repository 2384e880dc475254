"""The work of ``entrox md``: run, average, write."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entrox.cli.md_folder import ENGINE_FOLDER, begin_md, finish_md
from entrox.cli.md_input import Subject, open_engine
from entrox.cli.md_result import md_content
from entrox.cli.progress import parts_shown
from entrox.cli.terminal import print_message
from entrox.core import InputError, to_jsonable
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.potential import DeepmdPotential, Potential
from entrox.dynamics.protocols import MdProtocol
from entrox.dynamics.runs.run_averages import run_averages
from entrox.dynamics.runs.run_remarks import run_remarks

__all__ = ["MdJob", "run_job"]


@dataclass(frozen=True, kw_only=True)
class MdJob:
    """One run: what moves, how, under which forces, on which engine; the settings and inputs of its record."""

    subject: Subject
    protocol: MdProtocol
    potential: Potential
    settings: Mapping[str, Any]
    inputs: Sequence[Path]
    engine: str | None
    threads: int
    launcher: str
    seed: int


def run_job(
    job: MdJob, out: Path | None, command: Sequence[str], *, resume: bool, overwrite: bool, quiet: bool
) -> dict[str, Any]:
    """Run, write the run folder if there is one, and return the content of the answer."""
    if out is None and (resume or overwrite):
        raise InputError("--resume and --overwrite need --out.")
    with _folder(out) as folder, parts_shown(quiet=quiet) as show:
        progress = None if show is None else (lambda done, total: show("the run", done, total))
        engine = open_engine(
            job.engine, job.subject.atoms, job.protocol, job.potential, threads=job.threads, launcher=job.launcher,
            progress=progress,
        )  # fmt: skip
        settings: dict[str, Any] = to_jsonable(dict(job.settings))
        record = begin_md(folder, settings, job.inputs, command, resume=resume, overwrite=overwrite)
        try:
            trajectory = engine.run(
                job.subject.atoms, job.protocol, job.potential, folder / ENGINE_FOLDER, seed=job.seed
            )
        except KeyboardInterrupt:
            if out is not None:
                print_message("The same command with --resume goes on from the last checkpoint.")
            raise
        content = _content(job, trajectory)
        if out is not None:
            finish_md(folder, record, content, trajectory)
    return content


def _content(job: MdJob, trajectory: Trajectory) -> dict[str, Any]:
    n_atoms = len(job.subject.atoms)
    stages = run_averages(trajectory, job.protocol, n_atoms, job.subject.shape)
    remarks = run_remarks(
        trajectory, job.protocol, stages, n_atoms, mixed=job.subject.mixed,
        learned=isinstance(job.potential, DeepmdPotential),
    )  # fmt: skip
    return md_content(trajectory, stages, n_atoms, remarks)


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    """Give the run folder, or one that lasts as long as the block."""
    if out is not None:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="entrox_md_") as scratch:
        yield Path(scratch)

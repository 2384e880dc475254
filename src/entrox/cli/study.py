"""``entrox study``: the main job, from a study file to a run folder with its report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from entrox.cli.progress import progress_shown
from entrox.cli.show import has_answer, print_study, study_summary
from entrox.cli.terminal import ExitCode, command_line, print_json, print_message, resumed_command

if TYPE_CHECKING:
    from entrox.design import StudyResult

__all__ = ["study"]

RUNS = Path("runs")


def study(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Study file, TOML; --example prints one.")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder; runs/<name of FILE> if not given.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; all processors if not given.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler to compute on, tcp://HOST:8786.")
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="Keep the rows in an SQLite file or postgresql://USER@HOST/DATABASE."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what entrox wrote in RUN before.")] = False,
    example: Annotated[bool, typer.Option("--example", help="Print a commented study file and exit.")] = False,
    job_script: Annotated[
        bool, typer.Option("--job-script", help="Print the SLURM job of FILE's [cluster] table and exit.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Run a study and write its report.

    What mixing does, where the best composition is, and how sure we are. Writes a run folder with report.html,
    figures, points.csv, maps.nc, result.json, run.sqlite and provenance.json.

    Start with: entrox study --example > my.toml
    """
    if example:
        _print_example()
        return
    if file is None:
        raise typer.BadParameter("give a study file; `entrox study --example > my.toml` writes one.")
    if job_script:
        _print_job_script(file)
        return
    folder = RUNS / file.stem if out is None else out
    command = command_line(context)
    try:
        result = _run(file, folder, workers, scheduler, store, resume, overwrite, command, quiet=quiet)
    except KeyboardInterrupt:
        print_message(
            f"Interrupted. Finished points are kept in {folder}; continue with:\n  {resumed_command(command)}"
        )
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    _report(result, json=json, quiet=quiet)


def _print_example() -> None:
    from entrox.design import example_study

    typer.echo(example_study(), nl=False)


def _print_job_script(file: Path) -> None:
    from entrox.core import InputError
    from entrox.design import read_study
    from entrox.design.cluster import job_script

    cluster = read_study(file).cluster
    if cluster is None:
        raise InputError(f"{file} has no [cluster] table (cores, memory, walltime, jobs), so that there is no job.")
    typer.echo(job_script(cluster), nl=False)


def _run(
    file: Path,
    folder: Path,
    workers: int | None,
    scheduler: str | None,
    store: str | None,
    resume: bool,
    overwrite: bool,
    command: Sequence[str],
    *,
    quiet: bool,
) -> StudyResult:
    from entrox.design import run_study

    with progress_shown(quiet=quiet) as progress:
        result = run_study(
            file,
            folder,
            workers=workers,
            scheduler=scheduler,
            store=store,
            resume=resume,
            overwrite=overwrite,
            progress=progress,
            command=command,
        )
    if not quiet:
        print_message("Writing figures and the report.")
    _write_report(result)
    return result


def _write_report(result: StudyResult) -> None:
    from entrox.design.folder import disk_errors_named
    from entrox.plots import write_figures, write_report

    with disk_errors_named(result.folder):
        write_figures(result, result.folder)
        write_report(result, result.folder)


def _report(result: StudyResult, *, json: bool, quiet: bool) -> None:
    if json:
        print_json(study_summary(result))
    elif not quiet:
        print_study(result)
    if not has_answer(result):
        print_message("no point has a breakdown field; the warnings say why.", error=True)
        raise typer.Exit(ExitCode.NO_ANSWER)

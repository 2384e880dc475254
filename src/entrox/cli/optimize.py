"""``entrox optimize``: from a search file to the best compositions of a space, with their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from entrox.cli.optimize_result import print_search, search_summary
from entrox.cli.progress import parts_shown
from entrox.cli.terminal import ExitCode, command_line, print_json, print_message, resumed_command

if TYPE_CHECKING:
    from entrox.design.search import SearchResult

__all__ = ["optimize"]

RUNS = Path("runs")


def optimize(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Search file, TOML; --example prints one.")] = None,
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
    seed: Annotated[int | None, typer.Option(min=0, help="Replaces the seed of the file.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what entrox wrote in RUN before.")] = False,
    example: Annotated[bool, typer.Option("--example", help="Print a commented search file and exit.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Search a space for its best compositions.

    Screens every charge-balanced composition, runs the best again with the measures themselves, and says how much of
    the ranking survives. Writes a run folder with report.html, figures, candidates.csv, front.csv, published.csv,
    result.json, run.sqlite and provenance.json.

    Start with: entrox optimize --example > my.toml
    """
    if example:
        from entrox.design.search import example_search

        typer.echo(example_search(), nl=False)
        return
    if file is None:
        raise typer.BadParameter("give a search file; `entrox optimize --example > my.toml` writes one.")
    folder = RUNS / file.stem if out is None else out
    command = command_line(context)
    try:
        result = _run(file, folder, workers, scheduler, store, seed, resume, overwrite, command, quiet=quiet)
    except KeyboardInterrupt:
        print_message(
            f"Interrupted. Finished candidates are kept in {folder}; continue with:\n  {resumed_command(command)}"
        )
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    if json:
        print_json(search_summary(result))
    elif not quiet:
        print_search(result)


def _run(
    file: Path,
    folder: Path,
    workers: int | None,
    scheduler: str | None,
    store: str | None,
    seed: int | None,
    resume: bool,
    overwrite: bool,
    command: Sequence[str],
    *,
    quiet: bool,
) -> SearchResult:
    from entrox.design.search import run_search

    with parts_shown(quiet=quiet) as progress:
        result = run_search(
            file,
            folder,
            seed=seed,
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


def _write_report(result: SearchResult) -> None:
    from entrox.design.folder import disk_errors_named
    from entrox.plots.optimize_page import write_search_page

    with disk_errors_named(result.folder):
        write_search_page(result, result.folder)

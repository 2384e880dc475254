"""The application: its commands, and the one place where errors of entrox become messages and exit codes.

A command imports its room when it runs, so that help answers at once. An error that is not ours keeps its traceback.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from entrox import __version__
from entrox.cli.atomprobe import atomprobe
from entrox.cli.bend import bend
from entrox.cli.breakdown import breakdown
from entrox.cli.composition import describe
from entrox.cli.diffraction import diffraction
from entrox.cli.doctor import doctor
from entrox.cli.film import film
from entrox.cli.free_energy import free_energy
from entrox.cli.glass import glass
from entrox.cli.label import label
from entrox.cli.learn import learn
from entrox.cli.md import md
from entrox.cli.nucleation import nucleation
from entrox.cli.optimize import optimize
from entrox.cli.phase_diagram import phase_diagram
from entrox.cli.polar import hysteresis, polar, polar_compare, transitions
from entrox.cli.reproduce import reproduce
from entrox.cli.rmc import rmc
from entrox.cli.scattering import scattering
from entrox.cli.show import show
from entrox.cli.stem import stem
from entrox.cli.study import study
from entrox.cli.terminal import ExitCode, print_message
from entrox.cli.train import train

__all__ = ["app", "exit_code_of", "main"]

EXIT_CODES = """Exit codes: 0 done; 1 a published number left its expected verdict; 2 bad input; 3 an extra is not
installed; 4 no answer (not converged, a program failed, no breakdown), what there is, is written; 130 interrupted."""


def exit_code_of(error: Exception) -> ExitCode | None:
    """Return the exit code of an error of entrox, None for any other exception."""
    from entrox.core.errors import EntroxError, FormatError, InputError, MissingExtraError

    if isinstance(error, (InputError, FormatError)):
        return ExitCode.BAD_INPUT
    if isinstance(error, MissingExtraError):
        return ExitCode.MISSING_EXTRA
    return ExitCode.NO_ANSWER if isinstance(error, EntroxError) else None


class _Commands(TyperGroup):
    """Commands whose errors of entrox end in a message and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands in the order in which they were added, not that of the alphabet."""
        return list(self.commands)

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            print_message("Interrupted.")
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except Exception as error:
            code = exit_code_of(error)
            if code is None:
                raise
            print_message(str(error), error=True)
            raise typer.Exit(code) from None


app = typer.Typer(
    cls=_Commands,
    help="High-entropy functional oxides: what mixing does, where the best composition is, and how sure we are.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (
    describe, breakdown, study, optimize, polar, polar_compare, transitions, hysteresis, label, train, learn, md,
    phase_diagram, nucleation, show, reproduce,
    doctor,
):  # fmt: skip
    app.command()(_command)
app.add_typer(atomprobe, name="atomprobe")
app.add_typer(free_energy, name="free-energy")
app.add_typer(stem, name="stem")
app.add_typer(diffraction, name="diffraction")
app.add_typer(scattering, name="scattering")
app.add_typer(rmc, name="rmc")
app.add_typer(glass, name="glass")
app.add_typer(bend, name="bend")
app.add_typer(film, name="film")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"entrox {__version__}")
        raise typer.Exit


@app.callback()
def _entrox(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@cache
def _built() -> Any:
    """Return the tree of all commands, built once in a process: it takes longer than many a command."""
    return typer.main.get_command(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments
        What follows the name of the program; that of this process, if not given.
    """
    typed = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a character of a title must not end the run
            stream.reconfigure(errors="backslashreplace")
    try:
        _built()(args=typed, prog_name="entrox", obj=["entrox", *typed])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return ExitCode.DONE

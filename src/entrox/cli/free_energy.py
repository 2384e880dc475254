"""``entrox free-energy``: a glass against its crystal in five terms, and the vibrations that one of them needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from entrox.cli import free_energy_options as options
from entrox.cli.terminal import ExitCode, command_line, print_json, print_message

__all__ = ["free_energy"]

free_energy = typer.Typer(
    help="Free energy of a glass and its crystal, vibrations.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@free_energy.command()
def difference(
    context: typer.Context,
    settings: options.SettingsArgument = None,
    temperature_k: options.TemperatureOption = None,
    seed: options.SeedOption = 1,
    example: options.ExampleOption = False,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Free energy of a glass minus that of its crystal.

    Five terms, each with its statistical and systematic error: inherent energy, vibrations, substitution, residual
    entropy, pressure; and the probability that the glass lies lower. Energies of different calculators are refused.
    With --out: terms.csv, figure, record; `entrox nucleation --free-energy RUN` goes on from there.

    Example: entrox free-energy difference examples/thermo/free_energy.toml -o runs/df
    """
    if example:
        from entrox.thermo.free_energy_settings import example_free_energy

        typer.echo(example_free_energy(), nl=False)
        return
    if settings is None:
        raise typer.BadParameter("give settings; `entrox free-energy difference --example` prints some.")
    content = _difference(settings, temperature_k, seed, out, command_line(context), overwrite=overwrite)
    if not json and not quiet:
        from entrox.cli.free_energy_result import print_difference

        print_difference(content)
    _finish(content, out, json=json, quiet=quiet)


def _difference(
    path: Path, temperature_k: float | None, seed: int, out: Path | None, command: list[str], *, overwrite: bool
) -> dict[str, Any]:
    from entrox.cli.free_energy_folder import DIFFERENCE_FILES, write_difference
    from entrox.cli.free_energy_result import difference_content
    from entrox.cli.run_folder import prepare_folder
    from entrox.core import generator, to_jsonable
    from entrox.thermo.free_energy_run import free_energy_of_settings
    from entrox.thermo.free_energy_settings import read_free_energy_settings

    asked = read_free_energy_settings(path)
    record = {**to_jsonable(asked), "asked_temperature_k": temperature_k, "seed": seed}
    found = free_energy_of_settings(asked, generator(seed), temperature_k)
    content = difference_content(found)
    if out is not None:
        prepare_folder(out, record, overwrite=overwrite, files=DIFFERENCE_FILES)
        write_difference(out, content, record, found, [path, *asked.files()], command)
    return content


@free_energy.command()
def vibrations(
    context: typer.Context,
    structure: options.StructureArgument,
    model: options.ModelOption,
    temperature_k: options.VibrationTemperatureOption = 300.0,
    relax: options.RelaxOption = True,
    force_tolerance_ev_per_angstrom: options.ForceOption = 1e-3,
    max_steps: options.StepsOption = 2000,
    displacement_angstrom: options.DisplacementOption = 0.01,
    imaginary: options.ImaginaryOption = "refuse",
    trust_model: options.TrustOption = False,
    threads: options.ThreadsOption = 1,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Frequencies of a box, its energy and volume.

    What `entrox free-energy difference` needs of each member: inherent energy, volume, and frequencies.csv by finite
    displacements, six force calls for each atom. Exit code 4: the box did not relax, or its imaginary modes are
    refused; what there is, is written.

    Example: entrox free-energy vibrations glass.vasp --model chgnet -o runs/glass-1
    """
    asked = {
        "structure": str(structure), "model": model, "temperature_k": temperature_k, "relax": relax,
        "force_tolerance_ev_per_angstrom": force_tolerance_ev_per_angstrom, "max_steps": max_steps,
        "displacement_angstrom": displacement_angstrom, "imaginary": imaginary, "trust_model": trust_model,
        "threads": threads, "seed": None,
    }  # fmt: skip
    content = _vibrations(structure, asked, out, command_line(context), overwrite=overwrite, quiet=quiet or json)
    if not json and not quiet:
        from entrox.cli.free_energy_result import print_vibrations

        print_vibrations(content)
    _finish(content, out, json=json, quiet=quiet)
    if not content["relaxed"] or content["vibrational_ev_per_atom"] is None:
        raise typer.Exit(ExitCode.NO_ANSWER)


def _vibrations(
    path: Path, asked: dict[str, Any], out: Path | None, command: list[str], *, overwrite: bool, quiet: bool
) -> dict[str, Any]:
    from entrox.cli.free_energy_folder import VIBRATION_FILES, write_vibrations
    from entrox.cli.free_energy_input import check_vibrations, vibrations_of
    from entrox.cli.run_folder import prepare_folder

    atoms, potential = check_vibrations(path, asked)
    if out is not None:
        prepare_folder(out, asked, overwrite=overwrite, files=VIBRATION_FILES)
    if not quiet:
        print_message(f"{len(atoms)} atoms: {6 * len(atoms)} force calls after the relaxation.")
    content, frequencies, relaxed = vibrations_of(atoms, potential, asked)
    if out is not None:
        write_vibrations(out, content, asked, frequencies, relaxed, [path], command)
    return content


@free_energy.command()
def spectrum(
    context: typer.Context,
    trajectory: options.TrajectoryArgument,
    sample_interval_fs: options.IntervalOption,
    temperature_k: options.VibrationTemperatureOption = 300.0,
    segments: options.SegmentsOption = 4,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Density of vibrational states of a run.

    From velocities, weighted by mass, and the quantum free energy of that spectrum: `spectrum_file` of `entrox
    free-energy difference`. Store velocities of a run at 300 K at least every few fs.

    Example: entrox free-energy spectrum frames.extxyz --sample-interval-fs 4 -o runs/vdos
    """
    from entrox.cli.free_energy_folder import SPECTRUM_FILES, write_spectrum
    from entrox.cli.free_energy_input import check_spectrum, spectrum_of
    from entrox.cli.run_folder import prepare_folder

    asked = {
        "trajectory": str(trajectory), "sample_interval_fs": sample_interval_fs, "temperature_k": temperature_k,
        "segments": segments, "seed": None,
    }  # fmt: skip
    check_spectrum(asked)
    if out is not None:
        prepare_folder(out, asked, overwrite=overwrite, files=SPECTRUM_FILES)
    content, found = spectrum_of(trajectory, asked)
    if out is not None:
        write_spectrum(out, content, asked, found, [trajectory], command_line(context))
    if not json and not quiet:
        from entrox.cli.free_energy_result import print_spectrum

        print_spectrum(content)
    _finish(content, out, json=json, quiet=quiet)


def _finish(content: dict[str, Any], out: Path | None, *, json: bool, quiet: bool) -> None:
    if json:
        print_json(content)
    elif out is not None and not quiet:
        print_message(f"Written: {out}")

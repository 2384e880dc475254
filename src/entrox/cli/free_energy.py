"""``entrox free-energy``: a glass against its crystal in five terms, and the vibrations that one of them needs."""

from __future__ import annotations

import typer

from entrox.cli import free_energy_options as options
from entrox.cli.terminal import ExitCode, command_line, print_message

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
    from entrox.cli.free_energy_folder import DIFFERENCE_FILES, ROOMS, difference_outcome
    from entrox.cli.measurement import run_measurement
    from entrox.core import generator, to_jsonable
    from entrox.thermo.free_energy_run import free_energy_of_settings
    from entrox.thermo.free_energy_settings import read_free_energy_settings

    asked = read_free_energy_settings(settings)
    run_measurement(
        lambda: difference_outcome(free_energy_of_settings(asked, generator(seed), temperature_k)),
        {**to_jsonable(asked), "asked_temperature_k": temperature_k, "seed": seed}, [settings, *asked.files()], out,
        command_line(context), DIFFERENCE_FILES, ROOMS, overwrite=overwrite, json=json, quiet=quiet,
    )  # fmt: skip


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
    from entrox.cli.free_energy_folder import ROOMS, VIBRATION_FILES, vibrations_outcome
    from entrox.cli.free_energy_input import check_vibrations, vibrations_of
    from entrox.cli.measurement import run_measurement

    atoms, potential = check_vibrations(structure, asked)
    if not quiet and not json:
        print_message(f"{len(atoms)} atoms: {6 * len(atoms)} force calls after the relaxation.")
    content = run_measurement(
        lambda: vibrations_outcome(*vibrations_of(atoms, potential, asked)), asked, [structure], out,
        command_line(context), VIBRATION_FILES, ROOMS, overwrite=overwrite, json=json, quiet=quiet,
    )  # fmt: skip
    if not content["relaxed"] or content["vibrational_ev_per_atom"] is None:
        raise typer.Exit(ExitCode.NO_ANSWER)


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
    from entrox.cli.free_energy_folder import ROOMS, SPECTRUM_FILES, spectrum_outcome
    from entrox.cli.free_energy_input import check_spectrum, spectrum_of
    from entrox.cli.measurement import run_measurement

    asked = {
        "trajectory": str(trajectory), "sample_interval_fs": sample_interval_fs, "temperature_k": temperature_k,
        "segments": segments, "seed": None,
    }  # fmt: skip
    check_spectrum(asked)
    run_measurement(
        lambda: spectrum_outcome(*spectrum_of(trajectory, asked)), asked, [trajectory], out, command_line(context),
        SPECTRUM_FILES, ROOMS, overwrite=overwrite, json=json, quiet=quiet,
    )  # fmt: skip

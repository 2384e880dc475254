"""``entrox breakdown``: the field at which one material breaks down, with its spread over seeds."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entrox.cli import breakdown_options as options
from entrox.cli.breakdown_result import breakdown_content, print_breakdown
from entrox.cli.composition import CHARGE_OPTION, SITE_OPTION, X_OPTION
from entrox.cli.terminal import ExitCode, command_line, print_json, print_message, print_text

if TYPE_CHECKING:
    from entrox.breakdown import AvalancheSettings
    from entrox.cli.breakdown_material import MaterialOptions
    from entrox.cli.breakdown_model import ModelOptions

__all__ = ["breakdown"]


def breakdown(
    context: typer.Context,
    material: options.FormulaArgument = None,
    x: Annotated[str | None, X_OPTION] = None,
    charge: Annotated[list[str] | None, CHARGE_OPTION] = None,
    site: Annotated[list[str] | None, SITE_OPTION] = None,
    prototype: options.PrototypeOption = None,
    mean_free_path: options.MeanFreePathOption = None,
    ionization_energy: options.IonizationEnergyOption = None,
    bond_energy: options.BondEnergyOption = None,
    published_energies: options.PublishedEnergiesOption = False,
    plane: options.PlaneOption = None,
    structure: options.StructureOption = None,
    dimensions: options.DimensionsOption = 2,
    cells: options.CellsOption = 15,
    thickness: options.ThicknessOption = None,
    alloy: options.AlloyOption = "mean",
    clustering: options.ClusteringOption = None,
    enhancement: options.EnhancementOption = None,
    trap_depth: options.TrapDepthOption = None,
    trap_density: options.TrapDensityOption = None,
    optical_permittivity: options.OpticalPermittivityOption = None,
    temperature: options.TemperatureOption = None,
    trap_release: options.TrapReleaseOption = None,
    vacancy_fraction: options.VacancyFractionOption = None,
    vacancy_clustering: options.VacancyClusteringOption = None,
    vacancy_profile: options.VacancyProfileOption = None,
    ramp: options.RampOption = None,
    exponent: options.ExponentOption = 1.0,
    maximum_field: options.MaximumFieldOption = 20_000.0,
    seeds: options.SeedsOption = 32,
    seed: options.SeedOption = 1,
    workers: options.WorkersOption = 1,
    out: options.OutOption = None,
    movie: options.MovieOption = False,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Breakdown field of one material.

    Simulated electron avalanches on the atomic scale, one per seed: mean, scatter, statistics.

    Example: entrox breakdown BaTiO3 --mean-free-path-angstrom 16
    """
    from entrox.cli.breakdown_material import MaterialOptions
    from entrox.cli.breakdown_model import ModelOptions

    material_options = MaterialOptions(
        material=material,
        x=x,
        charge=tuple(charge or ()),
        site=tuple(site or ()),
        prototype=prototype,
        mean_free_path=mean_free_path,
        ionization_energy=ionization_energy,
        bond_energy=bond_energy,
        published_energies=published_energies,
        plane=plane,
        structure=structure,
        dimensions=dimensions,
    )
    model_options = ModelOptions(
        dimensions=dimensions,
        cells=cells,
        thickness=thickness,
        alloy=alloy,
        clustering=clustering,
        enhancement=enhancement,
        trap_depth=trap_depth,
        trap_density=trap_density,
        optical_permittivity=optical_permittivity,
        temperature=temperature,
        trap_release=trap_release,
        vacancy_fraction=vacancy_fraction,
        vacancy_clustering=vacancy_clustering,
        vacancy_profile=vacancy_profile,
    )
    _check_movie(out, dimensions, movie=movie)
    settings = _avalanche_settings(ramp, exponent, maximum_field)
    content = _simulate(
        context, material_options, model_options, settings, seeds, seed, workers, out,
        movie=movie, overwrite=overwrite, quiet=quiet,
    )  # fmt: skip
    _report(content, out, json=json, quiet=quiet)


def _check_movie(out: Path | None, dimensions: int, *, movie: bool) -> None:
    from entrox.core.errors import InputError

    if movie and out is None:
        raise InputError("--movie writes a file into the run folder: give --out RUN.")
    if movie and dimensions == 3:
        raise InputError("--movie shows a plane: use it with --dimensions 2. Figures in RUN show a channel in space.")


def _avalanche_settings(ramp: float | None, exponent: float, maximum_field: float) -> AvalancheSettings:
    """Return the settings of the ramp from the options, fields in MV/m and times in ps there."""
    from entrox.breakdown import default_settings
    from entrox.core import check_in_range, check_positive
    from entrox.core.units import SECOND_PER_PICOSECOND
    from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

    check_positive(maximum_field, "--maximum-field-mv-per-m", "MV/m")
    check_in_range(exponent, "--exponent", low=0.0)
    rate = None
    if ramp is not None:
        rate = check_positive(ramp, "--ramp-mv-per-m-per-ps", "MV/m per ps") * MEGA / SECOND_PER_PICOSECOND
    return replace(default_settings(rate, maximum_field=maximum_field * MEGA), exponent=exponent)


def _simulate(
    context: typer.Context,
    material_options: MaterialOptions,
    model_options: ModelOptions,
    settings: AvalancheSettings,
    seeds: int,
    seed: int,
    workers: int,
    out: Path | None,
    *,
    movie: bool,
    overwrite: bool,
    quiet: bool,
) -> dict[str, Any]:
    """Run the ramps, write the run folder if asked to, and return the content of the JSON."""
    from entrox.breakdown.model import model_lattice
    from entrox.cli.breakdown_material import build_material
    from entrox.cli.breakdown_model import build_model, check_alloy_of, check_options_together
    from entrox.cli.breakdown_run import run_both_enhancements

    model = build_model(model_options)
    check_options_together(model_options, material_options)
    material = build_material(material_options)
    check_alloy_of(material, model_options)
    record = {
        **{name: str(v) if isinstance(v, Path) else v for name, v in asdict(material_options).items()},
        "seeds": seeds,
        "seed": seed,
        "model": asdict(model),
        "avalanche": asdict(settings),
    }
    if out is not None:
        from entrox.cli.breakdown_folder import write_breakdown
        from entrox.cli.run_folder import prepare_folder

        prepare_folder(out, record, overwrite=overwrite)
    ensemble, other = run_both_enhancements(material, model, settings, seeds, seed, workers, quiet=quiet)
    lattice, _ = model_lattice(model, material.lattice)
    content = breakdown_content(material.name, ensemble, other, model, lattice, seeds=seeds, seed=seed)
    if out is not None:
        write_breakdown(
            out, content, record, material, model, ensemble, settings,
            movie=movie, workers=workers, structure=material_options.structure, command=command_line(context),
        )  # fmt: skip
    return content


def _report(content: dict[str, Any], out: Path | None, *, json: bool, quiet: bool) -> None:
    """Print the result, and end with the code for no answer where there is none."""
    if json:
        print_json(content)
    elif not quiet:
        print_breakdown(content)
        if out is not None:
            print_text()
            print_text(f"Written to {out}")
    if content["breakdown_field_mv_per_m"]["mean"] is None:
        print_message(f"no breakdown: {content['reason']}. Raise --maximum-field-mv-per-m to look further.", error=True)
        raise typer.Exit(ExitCode.NO_ANSWER)

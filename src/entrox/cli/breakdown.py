"""``entrox breakdown``: the field at which one material breaks down, with its spread over seeds."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entrox.cli.composition import CHARGE_OPTION, SITE_OPTION, X_OPTION
from entrox.cli.terminal import (
    ExitCode,
    command_line,
    print_heading,
    print_json,
    print_message,
    print_table,
    print_text,
    print_warnings,
    rounded,
)

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from entrox.breakdown import AvalancheSettings, BreakdownEnsemble
    from entrox.cli.breakdown_material import Material, MaterialOptions

__all__ = ["breakdown", "breakdown_content", "print_breakdown"]


def breakdown(
    context: typer.Context,
    material: Annotated[
        str | None, typer.Argument(help="Formula; may be left out where --structure gives the crystal.")
    ] = None,
    x: Annotated[str | None, X_OPTION] = None,
    charge: Annotated[list[str] | None, CHARGE_OPTION] = None,
    site: Annotated[list[str] | None, SITE_OPTION] = None,
    mean_free_path: Annotated[
        float | None,
        typer.Option(
            "--mean-free-path-angstrom",
            help="Electron mean free path of the undistorted host; assumed, and said so, if not given.",
        ),
    ] = None,
    ionization_energy: Annotated[
        float | None,
        typer.Option("--ionization-energy-ev", help="Instead of the smallest one of the cations in the plane."),
    ] = None,
    bond_energy: Annotated[
        float | None, typer.Option("--bond-energy-ev", help="Instead of the tables and the strain of the site.")
    ] = None,
    published_energies: Annotated[
        bool, typer.Option("--published-energies", help="Rounded Ba-O and Ti-O energies of the published work.")
    ] = False,
    plane: Annotated[
        str, typer.Option(help="AO or BO2 of the model crystal, or Miller indices h,k,l of --structure.")
    ] = "AO",
    structure: Annotated[
        Path | None, typer.Option(help="Crystal in any format that ase reads; needs --plane h,k,l.")
    ] = None,
    cells: Annotated[int, typer.Option(min=2, max=1000, help="Cells of the sample across and along the field.")] = 15,
    ramp: Annotated[
        float | None, typer.Option("--ramp-mv-per-m-per-ps", help="Ramp rate; the calibrated one if not given.")
    ] = None,
    exponent: Annotated[float, typer.Option(help="Weight of the energy ratio in the choice of the next bond.")] = 1.0,
    maximum_field: Annotated[float, typer.Option("--maximum-field-mv-per-m", help="The ramp ends here.")] = 20_000.0,
    seeds: Annotated[int, typer.Option(min=1, max=100_000, help="Number of simulated ramps.")] = 32,
    seed: Annotated[int, typer.Option(min=0, help="Start of the random numbers: same seed, same paths.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Processes; they change no number.")] = 1,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="RUN", help="Write tables, figures and the record here.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what entrox wrote in RUN before.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Breakdown field of one material.

    Simulated electron avalanches on the atomic scale, one per seed: mean, scatter, statistics.

    Example: entrox breakdown BaTiO3 --mean-free-path-angstrom 16
    """
    from entrox.cli.breakdown_material import MaterialOptions, build_material

    options = MaterialOptions(
        material=material,
        x=x,
        charge=tuple(charge or ()),
        site=tuple(site or ()),
        mean_free_path=mean_free_path,
        ionization_energy=ionization_energy,
        bond_energy=bond_energy,
        published_energies=published_energies,
        plane=plane,
        structure=structure,
    )
    _check_energies(options)
    settings = _avalanche_settings(ramp, exponent, maximum_field)
    built = build_material(options, settings.ramp_rate)
    record = {
        **{name: str(value) if isinstance(value, Path) else value for name, value in asdict(options).items()},
        "cells": cells,
        "seeds": seeds,
        "seed": seed,
        "avalanche": asdict(settings),
    }
    if out is not None:
        from entrox.cli.breakdown_folder import prepare_folder, write_breakdown

        prepare_folder(out, record, overwrite=overwrite)
    ensemble = _run(built, settings, cells, seeds, seed, workers)
    content = breakdown_content(built.name, ensemble, seeds=seeds, seed=seed)
    if out is not None:
        write_breakdown(
            out,
            content,
            record,
            built,
            ensemble,
            settings,
            structure=structure,
            workers=workers,
            command=command_line(context),
        )
    _report(content, out, json=json, quiet=quiet)


def _check_energies(options: MaterialOptions) -> None:
    from entrox.core import check_positive

    for value, name, unit in (
        (options.mean_free_path, "--mean-free-path-angstrom", "angstrom"),
        (options.ionization_energy, "--ionization-energy-ev", "eV"),
        (options.bond_energy, "--bond-energy-ev", "eV"),
    ):
        if value is not None:
            check_positive(value, name, unit)


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


def _run(
    material: Material, settings: AvalancheSettings, cells: int, seeds: int, seed: int, workers: int
) -> BreakdownEnsemble:
    from entrox.breakdown import run_ensemble
    from entrox.core import generator

    with _open_workers(workers) as executor:
        return run_ensemble(
            material.parameters,
            generator(seed),
            seeds=seeds,
            cells=(cells, cells),
            settings=settings,
            plane=material.plane,
            executor=executor,
        )


def _open_workers(workers: int) -> AbstractContextManager[Executor | None]:
    if workers == 1:
        return nullcontext()
    from entrox.design import open_executor

    return open_executor(workers, preload=("entrox.breakdown",))


def breakdown_content(name: str, ensemble: BreakdownEnsemble, *, seeds: int, seed: int) -> dict[str, Any]:
    """Return the result with the keys of ``--json`` and ``result.json``; fields in MV/m."""
    from entrox.core import to_jsonable
    from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

    def mega(value: float | None) -> float | None:
        return None if value is None else value / MEGA

    parameters, weibull = ensemble.parameters, ensemble.weibull
    interval = None if ensemble.mean_interval is None else [mega(end) for end in ensemble.mean_interval]
    content = {
        "material": name,
        "plane": parameters.plane,
        "onset_field_mv_per_m": mega(ensemble.onset_field),
        "breakdown_field_mv_per_m": {
            "mean": mega(ensemble.mean),
            "std": mega(ensemble.std),
            "weibull_modulus": None if weibull is None else weibull.modulus_unbiased,
            "weibull_scale": None if weibull is None else mega(weibull.scale),
        },
        "mean_interval_mv_per_m": interval,
        "threshold_law_mv_per_m": mega(ensemble.threshold_law),
        "path_band_mv_per_m": [mega(end) for end in ensemble.path_band],
        "calibration_error": ensemble.calibration_error,
        "ionization_energy_ev": parameters.ionization_energy,
        "bond_energy_ev": parameters.bond_energy,
        "mean_free_path_angstrom": parameters.mean_free_path,
        "lattice_distortion": parameters.lattice_distortion,
        "n_seeds": seeds,
        "seed": seed,
        "reason": ensemble.reason,
        "warnings": list(parameters.warnings),
    }
    return {key: to_jsonable(value) for key, value in content.items()}


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


def print_breakdown(content: dict[str, Any]) -> None:
    """Print the result of ``entrox breakdown`` as a table."""
    field = content["breakdown_field_mv_per_m"]
    rows = [
        ("breakdown field, mean over seeds", rounded(field["mean"]), "MV/m"),
        ("95 % interval of the mean, calibration included", _interval(content["mean_interval_mv_per_m"]), "MV/m"),
        ("standard deviation over seeds", rounded(field["std"], 2), "MV/m"),
        ("Weibull scale", rounded(field["weibull_scale"]), "MV/m"),
        ("Weibull modulus", rounded(field["weibull_modulus"], 3), ""),
        ("onset field, first broken bond", rounded(content["onset_field_mv_per_m"]), "MV/m"),
        ("onset field by the threshold law", rounded(content["threshold_law_mv_per_m"]), "MV/m"),
        ("the same over plausible mean free paths", _interval(content["path_band_mv_per_m"]), "MV/m"),
        ("relative standard error by the calibration", rounded(100 * content["calibration_error"], 2), "%"),
        ("smallest ionization energy in the plane", rounded(content["ionization_energy_ev"]), "eV"),
        ("bond energy", rounded(content["bond_energy_ev"]), "eV"),
        ("electron mean free path", rounded(content["mean_free_path_angstrom"]), "angstrom"),
        ("lattice distortion", rounded(100 * content["lattice_distortion"]), "%"),
    ]
    seeds = content["n_seeds"]
    print_heading(f"{content['material']}  (plane {content['plane']}, {seeds} seed{'s' if seeds > 1 else ''})")
    print_text()
    print_table(("Quantity", "Value", "Unit"), rows, right=(1,))
    notes = [content["reason"]] if content["reason"] and field["mean"] is not None else []
    print_warnings([*notes, *content["warnings"]])


def _interval(ends: list[float] | None) -> str:
    return "-" if ends is None else f"{rounded(ends[0])} to {rounded(ends[1])}"

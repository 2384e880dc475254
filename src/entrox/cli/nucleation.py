"""``entrox nucleation``: critical radius, barrier and rate of a nucleus, with their uncertainty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from entrox.cli import nucleation_options as options
from entrox.cli.terminal import command_line, print_json, print_message

__all__ = ["nucleation"]


def nucleation(
    context: typer.Context,
    df_j_per_m3: options.DfOption = None,
    df_error_j_per_m3: options.DfErrorOption = None,
    gamma_j_per_m2: options.GammaOption = None,
    gamma_error_j_per_m2: options.GammaErrorOption = 0.0,
    temperature_k: options.TemperatureOption = None,
    direction: options.DirectionOption = "amorphous-in-crystal",
    contact_angle_deg: options.AngleOption = 180.0,
    table: options.TableOption = None,
    free_energy: options.FreeEnergyOption = None,
    fit: options.FitOption = "power",
    predict_at_r: options.PredictOption = None,
    entropy_per: options.EntropyOption = "not-stated",
    diffusivity_m2_per_s: options.DiffusivityOption = None,
    site_density_per_m3: options.DensityOption = None,
    jump_nm: options.JumpOption = None,
    diffusivity_ratio: options.RatioOption = None,
    draws: options.DrawsOption = 100_000,
    seed: options.SeedOption = 1,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Critical radius, barrier and rate of a nucleus.

    From the free-energy density of the amorphous phase minus that of the crystal and an interface energy. Without a
    driving force there is no barrier: that is an answer, exit code 0. With --table: barriers of many compositions over
    their entropy, and the laws they may follow. With --out: tables, figures, record.

    Example: entrox nucleation --df-j-per-m3 -1e9 --df-error-j-per-m3 2e8 --temperature-k 300
    """
    from entrox.cli.nucleation_input import Asked, check_asked

    asked = check_asked(
        Asked(
            df_j_per_m3=df_j_per_m3, df_error_j_per_m3=df_error_j_per_m3, gamma_j_per_m2=gamma_j_per_m2,
            gamma_error_j_per_m2=gamma_error_j_per_m2, temperature_k=temperature_k, direction=direction,
            contact_angle_deg=contact_angle_deg, table=table, free_energy=free_energy, fit=fit,
            predict_at_r=options.parse_numbers(predict_at_r, "--predict-at-r"), entropy_per=entropy_per,
            diffusivity_m2_per_s=diffusivity_m2_per_s, site_density_per_m3=site_density_per_m3, jump_nm=jump_nm,
            diffusivity_ratio=diffusivity_ratio, draws=draws, seed=seed,
        )
    )  # fmt: skip
    content = _run(asked, out, command_line(context), overwrite=overwrite)
    if json:
        print_json(content)
    elif not quiet:
        from entrox.cli.nucleation_result import print_nucleation

        print_nucleation(content)
    if out is not None and not quiet and not json:
        print_message(f"Written: {out}")


def _run(asked: Any, out: Path | None, command: list[str], *, overwrite: bool) -> dict[str, Any]:
    from entrox.cli.nucleation_folder import NUCLEATION_FILES, write_nucleation, write_series
    from entrox.cli.nucleation_input import barrier_rows, nucleation_keywords
    from entrox.cli.nucleation_result import nucleation_content, series_content
    from entrox.cli.run_folder import prepare_folder
    from entrox.core import generator
    from entrox.thermo.barriers_over_entropy import barrier_series
    from entrox.thermo.uncertain_barrier import nucleation_result

    settings = asked.settings()
    rows = barrier_rows(asked)
    if out is not None:
        prepare_folder(out, settings, overwrite=overwrite, files=NUCLEATION_FILES)
    keywords, rng = nucleation_keywords(asked), generator(asked.seed)
    if rows is None:
        found = nucleation_result(
            asked.df_j_per_m3, asked.temperature_k, df_error_j_per_m3=asked.df_error_j_per_m3, rng=rng, **keywords
        )
        content = nucleation_content(found)
        if out is not None:
            write_nucleation(out, content, settings, found, asked.inputs(), command)
        return content
    series = barrier_series(
        rows, asked.temperature_k, law=asked.fit, predict_at_r=asked.predict_at_r, entropy_per=asked.entropy_per,
        rng=rng, **keywords,
    )  # fmt: skip
    content = series_content(series)
    if out is not None:
        write_series(out, content, settings, series, asked.inputs(), command)
    return content

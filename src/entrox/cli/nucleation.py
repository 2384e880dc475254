"""``entrox nucleation``: critical radius, barrier and rate of a nucleus, with their uncertainty."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from entrox.cli import nucleation_options as options
from entrox.cli.terminal import command_line

if TYPE_CHECKING:
    from entrox.cli.measurement import Outcome
    from entrox.cli.nucleation_input import Asked

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
    from entrox.cli.measurement import run_measurement
    from entrox.cli.nucleation_folder import NUCLEATION_FILES
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
    run_measurement(
        measuring(asked), asked.settings(), asked.inputs(), out, command_line(context), NUCLEATION_FILES,
        ("core", "thermo"), overwrite=overwrite, json=json, quiet=quiet,
    )  # fmt: skip


def measuring(asked: Asked) -> Callable[[], Outcome]:
    """Return what computes; a table is read, and checked, at once."""
    from entrox.cli.nucleation_folder import nucleation_outcome, series_outcome
    from entrox.cli.nucleation_input import barrier_rows, nucleation_keywords
    from entrox.core import generator
    from entrox.thermo.barriers_over_entropy import barrier_series
    from entrox.thermo.uncertain_barrier import nucleation_result

    rows = barrier_rows(asked)
    keywords: dict[str, Any] = {
        "temperature_k": asked.temperature_k, **nucleation_keywords(asked), "rng": generator(asked.seed),
    }  # fmt: skip
    if rows is None:
        keywords |= {"df_j_per_m3": asked.df_j_per_m3, "df_error_j_per_m3": asked.df_error_j_per_m3}
        return lambda: nucleation_outcome(nucleation_result(**keywords))
    keywords |= {"law": asked.fit, "predict_at_r": asked.predict_at_r, "entropy_per": asked.entropy_per}
    return lambda: series_outcome(barrier_series(rows, **keywords))

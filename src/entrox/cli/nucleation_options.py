"""The options of ``entrox nucleation``: type, name and help of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["parse_numbers"]

DfOption = Annotated[float | None, typer.Option("--df-j-per-m3", help="Free-energy density, amorphous minus crystal.")]
DfErrorOption = Annotated[float | None, typer.Option("--df-error-j-per-m3", help="Its standard error; 0.")]
TableOption = Annotated[
    Path | None,
    typer.Option("--table", metavar="FILE", help="CSV s_config_r, df_j_per_m3, df_error_j_per_m3: many compositions."),
]
FreeEnergyOption = Annotated[
    Path | None,
    typer.Option("--free-energy", metavar="RUN", help="Take df, its error and temperature from `entrox free-energy`."),
]
TemperatureOption = Annotated[float | None, typer.Option("--temperature-k", help="Temperature; there is no default.")]
GammaOption = Annotated[
    float | None, typer.Option("--gamma-j-per-m2", help="Interface energy; 1.0, labeled as assumed, if not given.")
]
GammaErrorOption = Annotated[float, typer.Option("--gamma-error-j-per-m2", help="Its standard error.")]
DirectionOption = Annotated[
    str,
    typer.Option("--direction", metavar="amorphous-in-crystal|crystal-in-amorphous", help="What appears in what."),
]
AngleOption = Annotated[float, typer.Option("--contact-angle-deg", help="At a wall or boundary; 180 is none.")]
DiffusivityOption = Annotated[
    float | None,
    typer.Option("--diffusivity-m2-per-s", help="Of the slowest atom: nuclei per volume and time, growth."),
]
DensityOption = Annotated[
    float | None, typer.Option("--site-density-per-m3", help="Formula units per volume, with the diffusivity.")
]
JumpOption = Annotated[
    float | None, typer.Option("--jump-nm", help="Jump of the diffusing atom; the size of a formula unit.")
]
RatioOption = Annotated[
    float | None,
    typer.Option("--diffusivity-ratio", help="Over that of a reference composition: slows rate and growth alike."),
]
FitOption = Annotated[
    str, typer.Option("--fit", metavar="power|exponential|linear|constant|monotone", help="Law of --predict-at-r.")
]
PredictOption = Annotated[
    str | None, typer.Option("--predict-at-r", metavar="NUMBERS", help="Entropies at which the law is evaluated.")
]
EntropyOption = Annotated[
    str,
    typer.Option(
        "--entropy-per", metavar="A-site|formula-unit|cation|atom", help="Normalization of the entropies of FILE."
    ),
]
DrawsOption = Annotated[int, typer.Option("--draws", min=100, help="Draws of the Monte Carlo errors.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of the draws.")]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder with tables, figures and the record.")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


def parse_numbers(text: str | None, option: str) -> tuple[float, ...]:
    """Return numbers that commas or blanks separate."""
    from entrox.core import InputError

    try:
        return tuple(float(part) for part in (text or "").replace(",", " ").split())
    except ValueError as error:
        raise InputError(f"{option} takes numbers such as 0.9,1.6; got {text!r}.") from error

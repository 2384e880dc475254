"""The options of ``entrox breakdown``: type, name and help of each, in the order of its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FormulaArgument = Annotated[
    str | None, typer.Argument(help="Formula; may be left out where --structure gives the crystal.")
]
PrototypeOption = Annotated[
    str | None, typer.Option(help="Structure type, such as perovskite or 'rock salt'; guessed if not given.")
]
MeanFreePathOption = Annotated[
    float | None,
    typer.Option(
        "--mean-free-path-angstrom",
        help="Electron mean free path of the undistorted host; assumed, and said so, if not given.",
    ),
]
IonizationEnergyOption = Annotated[
    float | None,
    typer.Option("--ionization-energy-ev", help="Instead of the smallest one of the cations in the plane."),
]
BondEnergyOption = Annotated[
    float | None, typer.Option("--bond-energy-ev", help="Instead of the tables and the strain of the site.")
]
PublishedEnergiesOption = Annotated[
    bool, typer.Option("--published-energies", help="Rounded Ba-O and Ti-O energies of the published work.")
]
PlaneOption = Annotated[
    str | None,
    typer.Option(
        help="AO or BO2 of the model crystal, or Miller indices h,k,l of --structure; AO, in 3 dimensions 0,0,1."
    ),
]
StructureOption = Annotated[
    Path | None, typer.Option(help="Crystal in any format that ase reads; needs --plane h,k,l.")
]
DimensionsOption = Annotated[int, typer.Option(help="2, one plane, or 3, the whole crystal.")]
CellsOption = Annotated[int, typer.Option(min=2, max=1000, help="Cells of the sample across the field.")]
ThicknessOption = Annotated[
    int | None, typer.Option(min=1, max=1000, help="Cells along the field; as many as across if not given.")
]
AlloyOption = Annotated[
    str, typer.Option(metavar="mean|explicit", help="Mean parameters, or every ion and bond its own, drawn per seed.")
]
ClusteringOption = Annotated[
    float | None,
    typer.Option(help="Cations of an explicit alloy: 0 random, to 1 gathered, to -1 ordered; 0 if not given."),
]
EnhancementOption = Annotated[
    bool | None,
    typer.Option(
        "--enhancement/--no-enhancement",
        help="Whether the broken bonds distort the field; yes in 3 dimensions and for explicit alloys if not given.",
    ),
]
TrapDepthOption = Annotated[
    float | None, typer.Option("--trap-depth-ev", help="Oxygen vacancies with traps this deep; none if not given.")
]
TrapDensityOption = Annotated[
    float | None, typer.Option("--trap-density-per-m3", help="Density of trap states; 8e24 if not given.")
]
OpticalPermittivityOption = Annotated[
    float | None,
    typer.Option("--optical-permittivity", help="Of the electrons alone; the calibrated one if not given."),
]
TemperatureOption = Annotated[float | None, typer.Option("--temperature-k", help="Of the traps; 300 if not given.")]
TrapReleaseOption = Annotated[
    str | None,
    typer.Option(
        "--trap-release",
        metavar="unlimited|full",
        help="The published form, unlimited, or at most two electrons per vacancy, which multiply, full.",
    ),
]
VacancyFractionOption = Annotated[
    float | None, typer.Option("--vacancy-fraction", help="Vacant part of the anion sites; 1 if not given.")
]
VacancyClusteringOption = Annotated[
    float | None,
    typer.Option("--vacancy-clustering", help="0 random, to 1 gathered, to -1 ordered; 0 if not given."),
]
VacancyProfileOption = Annotated[
    str | None,
    typer.Option(
        "--vacancy-profile",
        metavar="uniform|bottom|top",
        help="Uniform if not given, or gathered at one electrode.",
    ),
]
RampOption = Annotated[
    float | None, typer.Option("--ramp-mv-per-m-per-ps", help="Ramp rate; the calibrated one if not given.")
]
ExponentOption = Annotated[float, typer.Option(help="Weight of the energy ratio in the choice of the next bond.")]
MaximumFieldOption = Annotated[float, typer.Option("--maximum-field-mv-per-m", help="The ramp ends here.")]
SeedsOption = Annotated[int, typer.Option(min=1, max=100_000, help="Number of simulated ramps.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Start of the random numbers: same seed, same paths.")]
WorkersOption = Annotated[int, typer.Option(min=1, help="Processes; they change no number.")]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="RUN", help="Write tables, figures and the record here.")
]
MovieOption = Annotated[bool, typer.Option("--movie", help="Write the growth of the first seed into RUN as GIF.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what entrox wrote in RUN before.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]

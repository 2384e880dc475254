"""The options of ``entrox film``: type, name and help of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

TableArgument = Annotated[Path, typer.Argument(metavar="TABLE", help="CSV or text, units in the header.")]
ThicknessNmOption = Annotated[float, typer.Option("--thickness-nm", help="Thickness of the film.")]
MaybeThicknessNmOption = Annotated[float | None, typer.Option("--thickness-nm", help="Thickness of the film.")]
DiameterOption = Annotated[float, typer.Option("--diameter-um", help="Diameter of the electrode.")]
MaybeDiameterOption = Annotated[
    float | None, typer.Option("--diameter-um", help="Diameter of the electrode; turns currents into densities.")
]
FieldUnitOption = Annotated[
    str | None, typer.Option("--field-unit", metavar="UNIT", help="Unit of a field whose header states none.")
]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder with tables, figures and the record.")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of the draws.")]
ConfidenceOption = Annotated[float, typer.Option("--confidence-percent", help="Of the intervals.")]

TemperatureOption = Annotated[float, typer.Option("--temperature-k", help="Temperature of the film.")]
CurrentUnitOption = Annotated[
    str | None, typer.Option("--current-unit", metavar="UNIT", help="Unit of a current density without one.")
]
StaticOption = Annotated[
    float | None, typer.Option("--static-permittivity", help="An optical permittivity above it is no physics.")
]
IndexOption = Annotated[
    float | None, typer.Option("--refractive-index", help="Its square is what an optical permittivity must be near.")
]
GapOption = Annotated[float | None, typer.Option("--gap-ev", help="A barrier above it is no physics.")]
MassOption = Annotated[float, typer.Option("--effective-mass", help="Over the electron's.")]
ModelsOption = Annotated[
    str | None, typer.Option("--models", metavar="NAMES", help="Laws, separated by commas; also trap-filling.")
]
FloorOption = Annotated[float, typer.Option("--floor-a-per-m2", help="Smaller currents are left out.")]
BuiltInOption = Annotated[float, typer.Option("--built-in-v", help="Voltage without one from outside.")]

AreaOption = Annotated[float | None, typer.Option("--area-mm2", help="Area of the specimens.")]
TargetAreaOption = Annotated[
    float | None, typer.Option("--target-area-mm2", help="Area for which the scale is asked; needs --area-mm2.")
]
PercentileOption = Annotated[float, typer.Option("--percentile", help="Share of failures of the design strength [%].")]
GroupOption = Annotated[
    str | None, typer.Option("--group-by", metavar="COLUMNS", help="Columns whose values are kept apart.")
]
TargetThicknessOption = Annotated[
    float | None, typer.Option("--target-thickness-nm", help="Thickness for which the scale is asked.")
]
ForceOption = Annotated[bool, typer.Option("--extrapolate", help="Also more than a decade from the thicknesses.")]
DrawsOption = Annotated[int, typer.Option("--draws", min=100, help="Samples of the exact intervals.")]

FrequencyOption = Annotated[
    float | None, typer.Option("--frequency-hz", help="Of the loop, where the table has no time.")
]
ConductivityOption = Annotated[
    float | None, typer.Option("--conductivity-s-per-m", help="Of the film; tells how much charge leaks.")
]
RemoveLeakageOption = Annotated[bool, typer.Option("--remove-leakage", help="Subtract the leaked charge.")]
RemoveDriftOption = Annotated[bool, typer.Option("--remove-drift", help="Subtract a line so that the loop closes.")]
CyclesColumnOption = Annotated[
    str | None, typer.Option("--cycles-column", metavar="N", help="Column that tells loops apart.")
]
BreakdownOption = Annotated[
    Path | None, typer.Option("--breakdown", metavar="FIELDS", help="Breakdown fields: the energy that they allow.")
]

SubstrateOption = Annotated[
    Path | None, typer.Option("--substrate", metavar="S", help="Transmittance of the bare substrate.")
]
SubstrateIndexOption = Annotated[
    float | None, typer.Option("--substrate-index", help="Refractive index of the substrate; else 1.52, or from S.")
]
KindOption = Annotated[str, typer.Option("--kind", metavar="direct|indirect|both", help="Kind of gap.")]
SortOption = Annotated[bool, typer.Option("--sort", help="Sort the wavelengths.")]

MatrixOption = Annotated[float, typer.Option("--matrix", help="Permittivity of the matrix.")]
InclusionOption = Annotated[float | None, typer.Option("--inclusion", help="Permittivity of the inclusion.")]
MatrixLossOption = Annotated[float, typer.Option("--matrix-loss", help="tan d of the matrix.")]
InclusionLossOption = Annotated[float, typer.Option("--inclusion-loss", help="tan d of the inclusion.")]
FractionOption = Annotated[float | None, typer.Option("--fraction", help="Volume share of the inclusion.")]
MeasuredOption = Annotated[float | None, typer.Option("--measured", help="Permittivity of the mixture.")]
DimensionOption = Annotated[int, typer.Option("--dimension", min=2, max=3, help="3, or 2 for columns.")]
VoxelsOption = Annotated[
    Path | None, typer.Option("--voxels", metavar="FILE", help="Mosaic of 0 and 1, numpy .npy; periodic.")
]

CyclesFlag = Annotated[bool, typer.Option("--cycles", help="Change over the column cycles, for each frequency.")]
StableOption = Annotated[float, typer.Option("--stable-percent", help="Largest change that counts as stable.")]
ReproducibilityOption = Annotated[
    float, typer.Option("--reproducibility-percent", help="Change that a new contact makes.")
]
LossLimitOption = Annotated[float, typer.Option("--loss-limit", help="Largest tan d of the window.")]
ResistanceOption = Annotated[
    bool, typer.Option("--remove-resistance/--keep-resistance", help="Take a series resistance out where it is seen.")
]

LengthOption = Annotated[float, typer.Option("--length-um", help="Length of the strip between its grips.")]
WidthOption = Annotated[float, typer.Option("--width-um", help="Width of the strip.")]
ThicknessUmOption = Annotated[float, typer.Option("--thickness-um", help="Thickness of the strip.")]
ComplianceOption = Annotated[float, typer.Option("--compliance-um-per-un", help="Of machine and grips.")]
WindowOption = Annotated[
    str | None, typer.Option("--window-percent", metavar="LOW,HIGH", help="Strains of the modulus.")
]
